//! A client's request body, and whether it was read to its end.
//!
//! A body that was not must end the connection with the answer (RFC 9112, section 9.3: what is left
//! of it would be read as the next request). A client that was told 403 instead of `100 Continue`
//! never sends it at all and goes on with its next request, whose first bytes would be taken for
//! the body (A13).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use s3::FormError;
use s3::form::FilePart;

/// The body as hyper hands it over, or the file of a form in it.
#[derive(Debug)]
pub struct ClientBody {
    incoming: Incoming,
    ended: Ended,
    file: Option<Box<File>>,
    awaits_continue: bool,
}

/// The file that a form uploads.
#[derive(Debug)]
struct File {
    part: FilePart,
    /// What came of it with the form's fields.
    ready: Bytes,
}

/// What ends a body before its end.
#[derive(Debug, thiserror::Error)]
pub enum ClientBodyError {
    /// The connection broke.
    #[error("{0}")]
    Connection(#[from] hyper::Error),
    /// The form does.
    #[error("{0}")]
    Form(#[from] FormError),
}

/// Tells whether a [`ClientBody`] ended, also after it is gone.
#[derive(Debug, Clone, Default)]
pub struct Ended(Arc<AtomicBool>);

impl Ended {
    /// Whether nothing of the body is left on the connection.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn reach(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl ClientBody {
    /// A body without bytes has ended from the start.
    #[must_use]
    pub fn new(incoming: Incoming, head: &HeaderMap) -> Self {
        let expect = head.get(header::EXPECT).map(HeaderValue::as_bytes);
        let awaits_continue = expect.is_some_and(|e| e.eq_ignore_ascii_case(b"100-continue"));
        let body = Self { incoming, ended: Ended::default(), file: None, awaits_continue };
        if body.incoming.is_end_stream() {
            body.ended.reach();
        }
        body
    }

    /// Whether the client sends it only when it is told to, which the first look at it does (RFC 9110, 10.1.1).
    #[must_use]
    pub fn awaits_continue(&self) -> bool {
        self.awaits_continue
    }

    /// Only the file of the form that the body is, of which `rest` has come already.
    ///
    /// # Errors
    /// [`FormError`], if the form is none right behind the file.
    pub fn into_file(self, mut part: FilePart, rest: Bytes) -> Result<Self, FormError> {
        let ready = part.push(rest)?;
        Ok(Self { file: Some(Box::new(File { part, ready })), ..self })
    }

    /// From now on anything is an error from which the file, the last of its form, would not have this length.
    ///
    /// # Errors
    /// [`FormError`], if it has another already.
    pub fn file_must_be_last(&mut self, length: u64) -> Result<(), FormError> {
        self.file.as_mut().map_or(Ok(()), |file| file.part.must_be_last(length))
    }

    fn poll_incoming(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.incoming).poll_frame(cx);
        if matches!(polled, Poll::Ready(None)) || self.incoming.is_end_stream() {
            self.ended.reach();
        }
        polled
    }

    /// A handle that outlives the body.
    #[must_use]
    pub fn ended(&self) -> Ended {
        self.ended.clone()
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = ClientBodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientBodyError>>> {
        loop {
            if let Some(file) = self.file.as_mut().filter(|file| !file.ready.is_empty()) {
                let ready = std::mem::take(&mut file.ready);
                return Poll::Ready(Some(Ok(Frame::data(ready))));
            }
            let frame = match ready!(self.poll_incoming(cx)) {
                Some(frame) => frame?,
                None => {
                    let ended = self.file.as_ref().map_or(Ok(()), |file| file.part.end());
                    return Poll::Ready(ended.err().map(|error| Err(error.into())));
                }
            };
            let Some(file) = self.file.as_mut() else { return Poll::Ready(Some(Ok(frame))) };
            // Trailers belong to no part.
            if let Ok(data) = frame.into_data() {
                file.ready = file.part.push(data)?;
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.file.is_none() && self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.file {
            None => self.incoming.size_hint(),
            Some(_) => SizeHint::default(),
        }
    }
}
