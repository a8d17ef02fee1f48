//! Answers that begin before the store knows how they end.
//!
//! While it copies or assembles, a store sends `200`, white space, and at last the document: the
//! result, or an error in spite of the 200.

use super::StoreError;
use crate::checksum::Algorithm;
use crate::name::{Bucket, Key};
use crate::xml::{Cursor, DECLARATION, Reading, Writer, XmlError};

/// What such an answer turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The result.
    Done(T),
    /// An error inside a 200.
    Failed(StoreError),
    /// Neither: the connection ended early, or something in between spoke.
    Unreadable,
}

/// The document of CompleteMultipartUpload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompleteResult {
    /// The ETag. Some stores leave it empty.
    pub etag: Option<String>,
    /// Checksums: element name and value.
    pub checksums: Vec<(&'static str, String)>,
}

const MAX_TEXT: usize = 4096;

/// Reads the answer to CompleteMultipartUpload, white space and all.
#[must_use]
pub fn complete_outcome(body: &[u8]) -> Outcome<CompleteResult> {
    outcome(body, "CompleteMultipartUploadResult", |mut cursor| {
        let (mut etag, mut checksums) = (None, Vec::<(&'static str, String)>::new());
        while let Some(element) = cursor.next()? {
            let mut names = Algorithm::ALL.into_iter().map(Algorithm::element_name);
            let kind = (element == "ChecksumType").then_some("ChecksumType");
            let known = names.find(|known| *known == element).or(kind);
            match (element.as_str(), known) {
                ("ETag", _) => cursor.text_once(&mut etag, "ETag", MAX_TEXT)?,
                (_, Some(known)) if checksums.iter().all(|(seen, _)| *seen != known) => {
                    checksums.push((known, cursor.text(known, MAX_TEXT)?));
                }
                _ => cursor.skip()?,
            }
        }
        cursor.finish()?;
        Ok(CompleteResult { etag, checksums })
    })
}

/// Tells success from failure in the answer to CopyObject or UploadPartCopy. On success the answer
/// may pass as it is: nothing in it names the store.
#[must_use]
pub fn copy_outcome(body: &[u8]) -> Outcome<()> {
    let read = |mut cursor: Cursor<'_>| {
        while cursor.next()?.is_some() {
            cursor.skip()?;
        }
        cursor.finish()
    };
    match outcome(body, "CopyObjectResult", read) {
        Outcome::Unreadable => outcome(body, "CopyPartResult", read),
        outcome => outcome,
    }
}

/// Whether what has come of such an answer so far says nothing yet: an XML declaration, white
/// space, or both. A gateway that must keep its client waiting sends [`DECLARATION`] and white
/// space of its own meanwhile, and later the document [`without_declaration`].
#[must_use]
pub fn says_nothing_yet(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    if body.is_empty() || b"<?xml".starts_with(body) {
        return true;
    }
    let Some(declaration) = body.strip_prefix(b"<?xml") else { return false };
    match declaration.windows(2).position(|end| end == b"?>") {
        None => declaration.len() < 256,
        Some(end) => {
            declaration.get(end + 2..).is_none_or(|rest| rest.trim_ascii_start().is_empty())
        }
    }
}

/// A document of ours without the declaration at its beginning, which XML allows nowhere else.
#[must_use]
pub fn without_declaration(document: &str) -> &str {
    document.strip_prefix(DECLARATION).unwrap_or(document)
}

fn outcome<T>(
    body: &[u8],
    root: &str,
    read: impl FnOnce(Cursor<'_>) -> Result<T, XmlError>,
) -> Outcome<T> {
    let Ok((cursor, found)) = Cursor::open(body, Reading::Lenient) else {
        return Outcome::Unreadable;
    };
    if found == "Error" {
        return match StoreError::read(cursor) {
            Ok(Some(error)) => Outcome::Failed(error),
            Ok(None) | Err(_) => Outcome::Unreadable,
        };
    }
    if found != root {
        return Outcome::Unreadable;
    }
    read(cursor).map_or(Outcome::Unreadable, Outcome::Done)
}

impl CompleteResult {
    /// The document for the client. `location`: the URL of the object at the gateway.
    #[must_use]
    pub fn render(&self, location: &str, bucket: &Bucket, key: &Key) -> String {
        let mut writer = Writer::document("CompleteMultipartUploadResult");
        writer.leaf("Location", location);
        writer.leaf("Bucket", bucket.as_str());
        writer.leaf("Key", key.as_str());
        writer.leaf_if("ETag", self.etag.as_deref());
        for (name, value) in &self.checksums {
            writer.leaf(name, value);
        }
        writer.close("CompleteMultipartUploadResult");
        writer.finish()
    }
}
