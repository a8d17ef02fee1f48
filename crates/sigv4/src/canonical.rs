//! The canonical request of SigV4, step by step ("Signature calculations for the Authorization
//! header", S3 API reference).
//!
//! Every function appends to one buffer, which is hashed at the end and, if the signature does not
//! match, becomes the answer's `CanonicalRequest`.

use std::borrow::Cow;

use http::{HeaderMap, Method};

use crate::error::BadEncoding;
use crate::payload::Payload;

/// The parts of a canonical request. `signed_headers` is the text with `;`, in the signer's order.
pub(crate) struct Parts<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) signed_headers: &'a str,
    pub(crate) payload: &'a Payload,
}

/// A signed header that the request does not have.
pub(crate) enum Missing<'a> {
    Header(&'a str),
    Encoding(BadEncoding),
}

impl<'a> Parts<'a> {
    /// The whole canonical request.
    pub(crate) fn request(&self) -> Result<Vec<u8>, Missing<'a>> {
        let mut out = Vec::with_capacity(512 + self.path.len() + self.query.len());
        push_start(&mut out, self.method, self.path, self.query).map_err(Missing::Encoding)?;
        for name in self.signed_headers.split(';') {
            let mut values = self.headers.get_all(name).iter().map(http::HeaderValue::as_bytes);
            let first = values.next().ok_or(Missing::Header(name))?;
            push_header(&mut out, name, first, values);
        }
        push_end(&mut out, self.signed_headers.as_bytes(), self.payload);
        Ok(out)
    }
}

/// Method, path and query, a line each.
pub(crate) fn push_start(
    out: &mut Vec<u8>,
    method: &Method,
    path: &str,
    query: &str,
) -> Result<(), BadEncoding> {
    out.extend_from_slice(method.as_str().as_bytes());
    out.push(b'\n');
    push_path(out, path)?;
    out.push(b'\n');
    push_query(out, query)?;
    out.push(b'\n');
    Ok(())
}

/// `name:value,value\n`, each value without white space around it and with single spaces in it.
pub(crate) fn push_header<'a>(
    out: &mut Vec<u8>,
    name: &str,
    first: &'a [u8],
    rest: impl Iterator<Item = &'a [u8]>,
) {
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    push_trimmed(out, first);
    for value in rest {
        out.push(b',');
        push_trimmed(out, value);
    }
    out.push(b'\n');
}

/// The empty line after the headers, their names, and what is said about the payload.
pub(crate) fn push_end(out: &mut Vec<u8>, signed_headers: &[u8], payload: &Payload) {
    out.push(b'\n');
    out.extend_from_slice(signed_headers);
    out.push(b'\n');
    payload.push_text(out);
}

fn push_trimmed(out: &mut Vec<u8>, value: &[u8]) {
    let words = value.split(|b| matches!(b, b' ' | b'\t')).filter(|word| !word.is_empty());
    for (position, word) in words.enumerate() {
        if position > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

fn push_path(out: &mut Vec<u8>, path: &str) -> Result<(), BadEncoding> {
    if path.is_empty() {
        out.push(b'/');
        return Ok(());
    }
    out.extend_from_slice(&encode(path, Slash::Stays)?);
    Ok(())
}

/// Names and values encoded anew, in the order of the encoded names and then values. Of the names,
/// `X-Amz-Signature` alone is left out.
fn push_query(out: &mut Vec<u8>, query: &str) -> Result<(), BadEncoding> {
    let mut pairs = Vec::new();
    for (name, value) in query_pairs(query) {
        let name = encode(name, Slash::Encoded)?;
        if name.as_ref() != b"X-Amz-Signature" {
            pairs.push((name, encode(value, Slash::Encoded)?));
        }
    }
    pairs.sort_unstable();
    for (position, (name, value)) in pairs.iter().enumerate() {
        if position > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(name);
        out.push(b'=');
        out.extend_from_slice(value);
    }
    Ok(())
}

/// The pairs of a query as they stand on the wire; a name without `=` has an empty value.
pub(crate) fn query_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slash {
    /// In a path.
    Stays,
    /// In a name or a value of the query.
    Encoded,
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Whether a byte, once decoded, stands for itself.
fn is_plain(byte: u8, slash: Slash) -> bool {
    is_unreserved(byte) || (byte == b'/' && slash == Slash::Stays)
}

/// Decodes once and encodes again. Borrows when that changes nothing, which is the rule.
pub(crate) fn encode(raw: &str, slash: Slash) -> Result<Cow<'_, [u8]>, BadEncoding> {
    if is_encoded(raw, slash) {
        return Ok(Cow::Borrowed(raw.as_bytes()));
    }
    let mut out = Vec::with_capacity(raw.len() + 32);
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            // See the crate's documentation: neither `%2B` nor `%20`.
            b'+' => out.push(b'+'),
            b'%' => {
                let high = bytes.next().and_then(hex_value).ok_or(BadEncoding)?;
                let low = bytes.next().and_then(hex_value).ok_or(BadEncoding)?;
                push_encoded(&mut out, high << 4 | low, slash);
            }
            other => push_encoded(&mut out, other, slash),
        }
    }
    Ok(Cow::Owned(out))
}

fn push_encoded(out: &mut Vec<u8>, byte: u8, slash: Slash) {
    if is_plain(byte, slash) {
        out.push(byte);
    } else {
        let digit = |nibble: u8| match nibble {
            0..=9 => b'0' + nibble,
            _ => b'A' + nibble - 10,
        };
        out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
    }
}

fn is_encoded(raw: &str, slash: Slash) -> bool {
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        let fine = match byte {
            b'+' => true,
            b'%' => {
                let upper = |digit: u8| !digit.is_ascii_lowercase();
                match (bytes.next(), bytes.next()) {
                    (Some(high), Some(low)) if upper(high) && upper(low) => {
                        match (hex_value(high), hex_value(low)) {
                            (Some(high), Some(low)) => !is_plain(high << 4 | low, slash),
                            _ => false,
                        }
                    }
                    _ => false,
                }
            }
            other => is_plain(other, slash),
        };
        if !fine {
            return false;
        }
    }
    true
}

const fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
