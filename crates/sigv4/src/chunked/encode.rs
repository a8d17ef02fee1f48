//! Encoding a body as `aws-chunked` for a store.
//!
//! The encoder makes what goes between the payload's pieces; the payload itself is never copied. A
//! chunk is [`Encoder::chunk`]'s bytes, the payload, and [`CRLF`]; the body ends with
//! [`Encoder::finish`]'s bytes.

use std::fmt;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};

use super::trailer::{SIGNATURE_NAME, canonical};
use crate::signature::{ChunkSeed, sha256};

/// Follows the payload of each chunk.
pub const CRLF: Bytes = Bytes::from_static(b"\r\n");

/// `;chunk-signature=` and 64 hex digits.
const SIGNATURE_LENGTH: u64 = 81;

/// The kind of framing, without what signs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`
    UnsignedTrailer,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`
    Signed,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`
    SignedTrailer,
}

impl Kind {
    const fn is_signed(self) -> bool {
        match self {
            Self::UnsignedTrailer => false,
            Self::Signed | Self::SignedTrailer => true,
        }
    }

    const fn has_trailer(self) -> bool {
        match self {
            Self::Signed => false,
            Self::UnsignedTrailer | Self::SignedTrailer => true,
        }
    }
}

/// The `Content-Length` of a body of `decoded_length` bytes in chunks of `chunk_size` (the last one
/// shorter), with trailers of these names and value lengths (without white space around). `None` if it does not fit 64 bits or
/// `chunk_size` is zero.
#[must_use]
pub fn encoded_length(
    kind: Kind,
    decoded_length: u64,
    chunk_size: u64,
    trailers: &[(&HeaderName, usize)],
) -> Option<u64> {
    let signature = if kind.is_signed() { SIGNATURE_LENGTH } else { 0 };
    // Size, signature, line end, payload, line end; the final chunk has no payload and no second end.
    let line = |size: u64| hex_digits(size).checked_add(signature)?.checked_add(2);
    let chunk = |size: u64| line(size)?.checked_add(size)?.checked_add(2);
    let full = decoded_length.checked_div(chunk_size)?;
    let rest = decoded_length.checked_rem(chunk_size)?;
    let mut length = match full {
        0 => 0,
        full => full.checked_mul(chunk(chunk_size)?)?,
    };
    if rest > 0 {
        length = length.checked_add(chunk(rest)?)?;
    }
    length = length.checked_add(line(0)?)?;
    if kind.has_trailer() {
        for (name, value) in trailers {
            let name = u64::try_from(name.as_str().len()).ok()?;
            let value = u64::try_from(*value).ok()?;
            length = length.checked_add(name)?.checked_add(value)?.checked_add(3)?;
        }
        if kind.is_signed() {
            let name = u64::try_from(SIGNATURE_NAME.len()).ok()?;
            length = length.checked_add(name)?.checked_add(1 + 64 + 2)?;
        }
    }
    length.checked_add(2)
}

const fn hex_digits(size: u64) -> u64 {
    let mut digits = 1;
    let mut rest = size >> 4;
    while rest > 0 {
        digits += 1;
        rest >>= 4;
    }
    digits
}

/// The line before an unsigned chunk of this size, of which the payload need not be there yet. Not for a
/// size of zero, which would end the body.
#[must_use]
pub fn unsigned_line(size: u64) -> Bytes {
    format!("{size:x}\r\n").into()
}

/// Makes the framing of one body.
pub struct Encoder {
    kind: Kind,
    seed: Option<ChunkSeed>,
}

impl Encoder {
    /// Chunks without signatures, with trailers.
    #[must_use]
    pub fn unsigned_trailer() -> Self {
        Self { kind: Kind::UnsignedTrailer, seed: None }
    }

    /// Signed chunks.
    #[must_use]
    pub fn signed(seed: ChunkSeed) -> Self {
        Self { kind: Kind::Signed, seed: Some(seed) }
    }

    /// Signed chunks and signed trailers.
    #[must_use]
    pub fn signed_trailer(seed: ChunkSeed) -> Self {
        Self { kind: Kind::SignedTrailer, seed: Some(seed) }
    }

    /// The kind of framing.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The line before a chunk with this payload; nothing for an empty payload, whose chunk would end
    /// the body.
    pub fn chunk(&mut self, payload: &[u8]) -> Bytes {
        if payload.is_empty() { Bytes::new() } else { self.line(payload) }
    }

    /// The final chunk, the trailers (for the kinds that have them) and the end of the body.
    #[must_use]
    pub fn finish(mut self, trailers: &[(HeaderName, HeaderValue)]) -> Bytes {
        let mut out = self.line(b"").to_vec();
        if self.kind.has_trailer() {
            for (name, value) in trailers {
                out.extend_from_slice(name.as_str().as_bytes());
                out.push(b':');
                out.extend_from_slice(value.as_bytes().trim_ascii());
                out.extend_from_slice(b"\r\n");
            }
            if let Some(seed) = &mut self.seed {
                let signature = seed.next_trailer(&sha256(&canonical(trailers)));
                out.extend_from_slice(SIGNATURE_NAME.as_bytes());
                out.push(b':');
                out.extend_from_slice(&signature.hex());
                out.extend_from_slice(b"\r\n");
            }
        }
        out.extend_from_slice(b"\r\n");
        out.into()
    }

    fn line(&mut self, payload: &[u8]) -> Bytes {
        let mut line = format!("{:x}", payload.len()).into_bytes();
        if let Some(seed) = &mut self.seed {
            line.extend_from_slice(b";chunk-signature=");
            line.extend_from_slice(&seed.next_chunk(&sha256(payload)).hex());
        }
        line.extend_from_slice(b"\r\n");
        line.into()
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_its_payload_is_the_same_line() {
        for size in [1, 15, 16, 65_536] {
            let line = Encoder::unsigned_trailer().chunk(&vec![0; size]);
            assert_eq!(unsigned_line(size as u64), line);
        }
    }
}
