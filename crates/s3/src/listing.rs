//! Listings of stores that lack something.
//!
//! For one that does not encode names see [`with_encoded_names`]. For one that has ListObjects alone the request becomes one of ListObjects ([`as_list_objects`]), its answer one of ListObjectsV2
//! ([`as_list_objects_v2`]). What a page of ListObjectsV2 begins after is a token that only its maker can read: here
//! it is the marker of ListObjects, in base64. It gives nobody anything: whoever may list a page may list it from any
//! marker.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use crate::encoding::{Plus, decode, encode_path, encode_query};
use crate::operation::{OperationKind, Verb};
use crate::resolve::{Addressing, Operation, Outgoing};
use crate::xml::{Cursor, Piece, Reading, Writer, XmlError};

mod encoded;

pub use encoded::with_encoded_names;

const ROOT: &str = "ListBucketResult";

/// The longest text of an element: a key of 1,024 bytes, each of which may be escaped.
const MAX_TEXT: usize = 4096;

/// The most parts of a document: a page has at most 1,000 entries, an entry about ten elements of three parts. Some
/// stores give larger pages.
const MAX_PIECES: usize = 400_000;

/// A continuation token that is none of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the continuation token is not one that was given out")]
pub struct ContinuationTokenError;

/// The request of ListObjects for one of ListObjectsV2.
///
/// # Errors
/// [`ContinuationTokenError`]
pub fn as_list_objects(
    operation: &Operation,
    addressing: Addressing,
) -> Result<Outgoing, ContinuationTokenError> {
    let marker = match operation.query("continuation-token") {
        Some(token) => Some(marker_of(token)?),
        None => operation.query("start-after").map(str::to_owned),
    };
    let mut query = Vec::new();
    for name in ["delimiter", "encoding-type", "marker", "max-keys", "prefix"] {
        let value = if name == "marker" { marker.as_deref() } else { operation.query(name) };
        if let Some(value) = value {
            query.push(format!("{name}={}", encode_query(value)));
        }
    }
    debug_assert_eq!(operation.kind(), OperationKind::ListObjectsV2);
    Ok(Outgoing {
        method: Verb::Get.method(),
        query: query.join("&"),
        ..operation.outgoing(addressing)
    })
}

fn marker_of(token: &str) -> Result<String, ContinuationTokenError> {
    let bytes = BASE64.decode(token).map_err(|_| ContinuationTokenError)?;
    let marker = String::from_utf8(bytes).map_err(|_| ContinuationTokenError)?;
    // What no key can be, no store gave us.
    let fine = (1..=MAX_TEXT).contains(&marker.len()) && !marker.contains('\0');
    fine.then_some(marker).ok_or(ContinuationTokenError)
}

/// What a page says beside its entries.
#[derive(Default)]
struct Page {
    truncated: Option<String>,
    next_marker: Option<String>,
    encoding: Option<String>,
    last_key: Option<String>,
    last_prefix: Option<String>,
    count: usize,
}

/// The document of ListObjectsV2 for one of ListObjects. Elements that are not known here stay as they are.
///
/// `asked`: the request of ListObjectsV2.
///
/// # Errors
/// [`XmlError`] when it is something else, or does not say where the next page begins.
pub fn as_list_objects_v2(body: &[u8], asked: &Operation) -> Result<String, XmlError> {
    let with_owner = asked.query("fetch-owner") == Some("true");
    let mut cursor = Cursor::root(body, Reading::Lenient, ROOT)?;
    let mut pieces = vec![Piece::Open(ROOT.to_owned(), None)];
    let mut page = Page::default();
    while let Some(element) = cursor.next()? {
        match element.as_str() {
            "Marker" => cursor.skip()?,
            "IsTruncated" => cursor.text_once(&mut page.truncated, "IsTruncated", MAX_TEXT)?,
            "NextMarker" => cursor.text_once(&mut page.next_marker, "NextMarker", MAX_TEXT)?,
            "EncodingType" => cursor.text_once(&mut page.encoding, "EncodingType", MAX_TEXT)?,
            "Contents" => {
                page.count += 1;
                page.last_key = copy(&mut cursor, &mut pieces, element, with_owner)?;
            }
            "CommonPrefixes" => {
                page.count += 1;
                page.last_prefix = copy(&mut cursor, &mut pieces, element, true)?;
            }
            _ => {
                copy(&mut cursor, &mut pieces, element, true)?;
            }
        }
    }
    cursor.finish()?;
    page.write(asked, &mut pieces)?;
    pieces.push(Piece::Close);
    Ok(Writer::pieces(ROOT, &pieces))
}

impl Page {
    /// What the next page begins after. Without a delimiter ListObjects may say no more than the last key (API
    /// reference of ListObjects).
    fn next(&self, url: bool) -> Result<String, XmlError> {
        let plain = |name: &String| {
            if url { decode(name, Plus::Space).ok() } else { Some(name.clone()) }
        };
        let said = self.next_marker.as_ref().filter(|next| !next.is_empty());
        let next = match said {
            Some(next) => plain(next),
            None => {
                let last = |name: &Option<String>| name.as_ref().and_then(plain);
                last(&self.last_key).max(last(&self.last_prefix))
            }
        };
        next.ok_or(XmlError::Missing("NextMarker"))
    }

    fn write(self, asked: &Operation, pieces: &mut Vec<Piece>) -> Result<(), XmlError> {
        let url = self.encoding.as_deref() == Some("url");
        let mut leaf = |name: &str, text: String| {
            pieces.extend([Piece::Open(name.to_owned(), None), Piece::Text(text), Piece::Close]);
        };
        let truncated = match self.truncated.as_deref() {
            Some("true") => true,
            Some("false") | None => false,
            Some(_) => return Err(XmlError::Value("IsTruncated")),
        };
        leaf("IsTruncated", truncated.to_string());
        leaf("KeyCount", self.count.to_string());
        if let Some(encoding) = &self.encoding {
            leaf("EncodingType", encoding.clone());
        }
        if let Some(token) = asked.query("continuation-token") {
            leaf("ContinuationToken", token.to_owned());
        }
        if let Some(after) = asked.query("start-after") {
            leaf("StartAfter", if url { encode_path(after) } else { after.to_owned() });
        }
        if truncated {
            leaf("NextContinuationToken", BASE64.encode(self.next(url)?));
        }
        Ok(())
    }
}

/// Copies the element that was entered last, without its `Owner` if that was not asked for, and tells what it says
/// of itself: its `Key`, or its `Prefix`.
fn copy(
    cursor: &mut Cursor<'_>,
    pieces: &mut Vec<Piece>,
    element: String,
    with_owner: bool,
) -> Result<Option<String>, XmlError> {
    push(pieces, Piece::Open(element, None))?;
    let (mut path, mut name, mut hidden) = (Vec::new(), None, None);
    loop {
        let piece = cursor.piece(MAX_TEXT)?;
        let mut shown = hidden.is_none();
        match &piece {
            Piece::Open(element, _) => {
                path.push(element.clone());
                if shown && !with_owner && path == ["Owner"] {
                    hidden = Some(path.len());
                    shown = false;
                }
            }
            Piece::Text(text) => {
                if path == ["Key"] || path == ["Prefix"] {
                    name = Some(text.clone());
                }
            }
            Piece::Close => {
                if hidden == Some(path.len()) {
                    hidden = None;
                }
                if path.pop().is_none() {
                    push(pieces, piece)?;
                    return Ok(name);
                }
            }
        }
        if path.len() > MAX_DEPTH {
            return Err(XmlError::TooMany(ROOT));
        }
        if shown {
            push(pieces, piece)?;
        }
    }
}

fn push(pieces: &mut Vec<Piece>, piece: Piece) -> Result<(), XmlError> {
    if pieces.len() == MAX_PIECES {
        return Err(XmlError::TooMany(ROOT));
    }
    pieces.push(piece);
    Ok(())
}

/// The deepest element: an `Owner` has an `ID`, and there is room for what is newer.
const MAX_DEPTH: usize = 16;

#[cfg(test)]
mod tests;
