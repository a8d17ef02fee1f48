//! Strings to sign and signatures.
//!
//! A signature has no `==` and no readable `Debug`: comparing is [`Signature::matches`], in constant
//! time, and there is no other way.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{digest, hmac};

use crate::payload::EMPTY_SHA256;
use crate::scope::Scope;
use crate::time::Timestamp;

/// The one algorithm.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

const DIGITS: [u8; 16] = *b"0123456789abcdef";

/// HMAC-SHA256 over a string to sign.
#[derive(Clone)]
pub(crate) struct Signature([u8; 32]);

impl Signature {
    pub(crate) fn new(key: &hmac::Key, string_to_sign: &[u8]) -> Self {
        Self(bytes32(hmac::sign(key, string_to_sign).as_ref()))
    }

    /// 64 lower-case hex digits.
    pub(crate) fn parse(digits: &[u8]) -> Option<Self> {
        unhex32(digits).map(Self)
    }

    pub(crate) fn matches(&self, other: &Self) -> bool {
        verify_slices_are_equal(&self.0, &other.0).is_ok()
    }

    pub(crate) fn hex(&self) -> [u8; 64] {
        hex32(&self.0)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(redacted)")
    }
}

/// The string to sign of a request head.
pub(crate) fn string_to_sign(at: Timestamp, scope: &Scope, canonical_request: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(192);
    out.extend_from_slice(ALGORITHM.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(&at.basic_bytes());
    out.push(b'\n');
    push_scope(&mut out, scope);
    out.push(b'\n');
    out.extend_from_slice(&hex32(&sha256(canonical_request)));
    out
}

fn push_scope(out: &mut Vec<u8>, scope: &Scope) {
    out.extend_from_slice(scope.date.as_str().as_bytes());
    out.push(b'/');
    out.extend_from_slice(scope.region.as_str().as_bytes());
    out.push(b'/');
    out.extend_from_slice(scope.service.as_str().as_bytes());
    out.push(b'/');
    out.extend_from_slice(crate::scope::TERMINATOR.as_bytes());
}

/// Where the signatures of a signed stream start: the key, the scope and the signature of the head,
/// which the first chunk continues.
#[derive(Clone)]
pub struct ChunkSeed {
    key: hmac::Key,
    /// `\nTIME\nSCOPE\n`, the same in every string to sign of the body.
    middle: Vec<u8>,
    previous: Signature,
}

impl ChunkSeed {
    pub(crate) fn new(key: &hmac::Key, at: Timestamp, scope: &Scope, head: &Signature) -> Self {
        let mut middle = Vec::with_capacity(96);
        middle.push(b'\n');
        middle.extend_from_slice(&at.basic_bytes());
        middle.push(b'\n');
        push_scope(&mut middle, scope);
        middle.push(b'\n');
        Self { key: key.clone(), middle, previous: head.clone() }
    }

    /// The signature of the next chunk, whose payload has this hash; it becomes the one that the
    /// chunk after it continues ("Signature calculations: transferring payload in multiple chunks",
    /// S3 API reference).
    pub(crate) fn next_chunk(&mut self, sha256: &[u8; 32]) -> Signature {
        self.next("AWS4-HMAC-SHA256-PAYLOAD", Some(&EMPTY_SHA256), sha256)
    }

    /// The signature of the trailers, whose canonical form has this hash ("including trailing
    /// headers", S3 API reference).
    pub(crate) fn next_trailer(&mut self, sha256: &[u8; 32]) -> Signature {
        self.next("AWS4-HMAC-SHA256-TRAILER", None, sha256)
    }

    fn next(&mut self, kind: &str, head: Option<&[u8; 32]>, sha256: &[u8; 32]) -> Signature {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(kind.as_bytes());
        context.update(&self.middle);
        context.update(&self.previous.hex());
        context.update(b"\n");
        if let Some(head) = head {
            context.update(&hex32(head));
            context.update(b"\n");
        }
        context.update(&hex32(sha256));
        let signature = Signature(bytes32(context.sign().as_ref()));
        self.previous = signature.clone();
        signature
    }
}

impl fmt::Debug for ChunkSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChunkSeed(redacted)")
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    bytes32(digest::digest(&digest::SHA256, bytes).as_ref())
}

pub(crate) fn bytes32(bytes: &[u8]) -> [u8; 32] {
    // SHA-256 and HMAC-SHA256 give 32 bytes.
    bytes.try_into().unwrap_or_default()
}

pub(crate) fn hex32(bytes: &[u8; 32]) -> [u8; 64] {
    let mut out = [b'0'; 64];
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        if let [high, low] = pair {
            *high = digit(byte >> 4);
            *low = digit(byte & 15);
        }
    }
    out
}

fn digit(nibble: u8) -> u8 {
    DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0')
}

/// 64 lower-case hex digits.
pub(crate) fn unhex32(digits: &[u8]) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = digits.try_into().ok()?;
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(out)
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
