//! Answers that a store begins before it knows how they end.
//!
//! CopyObject, UploadPartCopy and CompleteMultipartUpload may take minutes. S3 sends the head with
//! 200 at once, then white space to keep the connection alive, then the document, which may be an
//! `<Error>` all the same (AWS API reference, *CompleteMultipartUpload*). The white space passes on
//! as it comes; the document is read whole, because it has to be rewritten and judged.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::Body;
use s3::answer::{
    DECLARATION, Outcome, StoreError, complete_outcome, copy_outcome, says_nothing_yet,
};
use s3::operation::{AnswerClass, OperationKind};
use s3::{AwsCode, Operation};

use crate::upstream::client::StoreBody;

/// Largest document of these operations that is read: an ETag, a location, checksums.
const MAX_DOCUMENT: usize = 64 * 1024;

/// What the document becomes.
pub struct Rewritten {
    /// For the client.
    pub document: String,
    /// If it is one.
    pub error: Option<StoreError>,
}

/// Makes the client's document of the store's.
pub type Rewrite = Box<dyn FnOnce(&[u8]) -> Rewritten + Send + Sync>;

/// What has come so far, and what the client was told meanwhile.
#[derive(Debug, Default)]
struct Waiting {
    document: BytesMut,
    begun: bool,
}

impl Waiting {
    /// Takes bytes of the store, gives what may pass before the document is complete. `Err` when
    /// the document is too long.
    fn push(&mut self, data: &[u8]) -> Result<Bytes, LateError> {
        if self.document.len().saturating_add(data.len()) > MAX_DOCUMENT {
            return Err(LateError::TooLong);
        }
        self.document.extend_from_slice(data);
        if !says_nothing_yet(&self.document) {
            return Ok(Bytes::new());
        }
        // A sign of life for a sign of life. XML wants its declaration before everything else.
        let sign = if self.begun { " " } else { DECLARATION };
        self.begun = true;
        Ok(Bytes::from_static(sign.as_bytes()))
    }

    /// The end of the answer.
    fn end(&self, document: &str) -> Bytes {
        let rest = match (self.begun, document.split_once("?>")) {
            (true, Some((declaration, rest))) if declaration.starts_with("<?xml") => rest,
            _ => document,
        };
        Bytes::copy_from_slice(rest.as_bytes())
    }
}

/// The body of such an answer.
pub struct Late {
    body: StoreBody,
    waiting: Waiting,
    rewrite: Option<Rewrite>,
    error: Option<StoreError>,
}

impl std::fmt::Debug for Late {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Late").field("body", &self.body).finish_non_exhaustive()
    }
}

/// The answer broke off, or does not end: the client's connection is cut.
#[derive(Debug, thiserror::Error)]
pub enum LateError {
    /// The connection to the store broke.
    #[error("the store broke off: {0}")]
    Store(#[from] hyper::Error),
    /// The document is longer than any of these operations.
    #[error("the store's document is too long")]
    TooLong,
}

impl Late {
    /// Passes on white space of `body`, and the rewritten document at its end.
    #[must_use]
    pub fn new(body: StoreBody, rewrite: Rewrite) -> Self {
        Self { body, waiting: Waiting::default(), rewrite: Some(rewrite), error: None }
    }

    /// The `<Error>` inside a 200, once it has come.
    #[must_use]
    pub fn error(&self) -> Option<&StoreError> {
        self.error.as_ref()
    }

    /// Whether the rewritten document has been handed over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.rewrite.is_none()
    }

    /// The next bytes for the client.
    pub fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, LateError>>> {
        loop {
            if self.rewrite.is_none() {
                return Poll::Ready(None);
            }
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error.into()))),
                Poll::Ready(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else { continue };
                    match self.waiting.push(&data) {
                        Ok(passed) if passed.is_empty() => {}
                        Ok(passed) => return Poll::Ready(Some(Ok(passed))),
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    }
                }
                Poll::Ready(None) => return Poll::Ready(self.finish()),
            }
        }
    }

    fn finish(&mut self) -> Option<Result<Bytes, LateError>> {
        let rewrite = self.rewrite.take()?;
        let Rewritten { document, error } = rewrite(&self.waiting.document);
        self.error = error;
        Some(Ok(self.waiting.end(&document)))
    }
}

/// What the document of a late answer is rewritten with.
pub(super) struct Rewriting {
    pub(super) kind: OperationKind,
    pub(super) location: String,
    /// Whether a missing source is to look like a forbidden one.
    pub(super) hides_absence: bool,
    pub(super) operation: Operation,
    pub(super) request_id: String,
}

impl Rewriting {
    /// A document that is none of this operation's says nothing of what the store did: that is an error of its own,
    /// inside the 200, as S3 has them there.
    pub(super) fn apply(self, document: &[u8]) -> Rewritten {
        let failed = |mut error: StoreError| {
            if self.hides_absence && error.is_absence() {
                let code = AwsCode::AccessDenied;
                error.code = code.as_str().to_owned();
                error.message = code.default_message().to_owned();
                error.extra.clear();
            }
            Rewritten {
                document: error.render(&self.resource(), &self.request_id),
                error: Some(error),
            }
        };
        if self.kind.answer() == AnswerClass::Complete {
            return match (complete_outcome(document), self.operation.bucket(), self.operation.key())
            {
                (Outcome::Done(result), Some(bucket), Some(key)) => {
                    let document = result.render(&self.location, bucket, key);
                    Rewritten { document, error: None }
                }
                (Outcome::Failed(error), ..) => failed(error),
                _ => failed(unreadable()),
            };
        }
        match copy_outcome(document) {
            Outcome::Done(()) => match String::from_utf8(document.to_vec()) {
                Ok(document) => Rewritten { document, error: None },
                Err(_) => failed(unreadable()),
            },
            Outcome::Failed(error) => failed(error),
            Outcome::Unreadable => failed(unreadable()),
        }
    }

    fn resource(&self) -> String {
        self.operation.outgoing(s3::Addressing::Path).path
    }
}

fn unreadable() -> StoreError {
    let code = AwsCode::InternalError;
    StoreError {
        code: code.as_str().to_owned(),
        message: "The store's answer cannot be read: it may have done what was asked, or not."
            .to_owned(),
        extra: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the client reads when the store's answer comes in pieces of `step` bytes.
    fn answer(input: &str, step: usize) -> String {
        let mut waiting = Waiting::default();
        let mut passed = String::new();
        for piece in input.as_bytes().chunks(step) {
            passed.push_str(std::str::from_utf8(&waiting.push(piece).unwrap()).unwrap());
        }
        let document = String::from_utf8(waiting.document.to_vec()).unwrap();
        passed + std::str::from_utf8(&waiting.end(document.trim_start())).unwrap()
    }

    #[test]
    fn signs_of_life_pass_and_the_whole_stays_one_document_however_it_is_cut() {
        for input in [
            "<A/>",
            "  \n <A> </A>",
            "<?xml version=\"1.0\"?>\n\n  <A/>",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><A><B>x</B></A>",
        ] {
            for step in 1..=input.len() {
                let got = answer(input, step);
                assert_eq!(got.matches("<?xml").count(), usize::from(got.starts_with("<?xml")));
                let root = got.split_once("?>").map_or(got.as_str(), |(_, root)| root);
                let expected = input.split_once("?>").map_or(input, |(_, root)| root);
                assert_eq!(root.trim(), expected.trim(), "{input:?} in pieces of {step}");
            }
        }
        assert!(answer("   <A/>", 1).starts_with("<?xml"));
    }

    #[test]
    fn a_document_without_end_is_given_up() {
        let mut waiting = Waiting::default();
        waiting.push(b"<A>").unwrap();
        assert!(waiting.push(&vec![b'x'; MAX_DOCUMENT]).is_err());
    }
}
