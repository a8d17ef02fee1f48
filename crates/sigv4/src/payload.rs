//! What the signer said about the body: `x-amz-content-sha256`.

use http::HeaderMap;
use http::header::HeaderName;

use crate::error::PayloadError;
use crate::signature::{hex32, unhex32};

/// SHA-256 of no bytes.
pub const EMPTY_SHA256: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The header that carries it.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-amz-content-sha256");

const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const SIGNED_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const ECDSA: &str = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD";
const ECDSA_TRAILER: &str = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER";

/// The closed set of what `x-amz-content-sha256` may say ("Signature calculations for the
/// Authorization header", S3 API reference). The two ECDSA kinds are an error: they belong to SigV4a.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// SHA-256 of the whole body. Who reads the body must compare.
    Hash([u8; 32]),
    /// Nothing is known about the body.
    Unsigned,
    /// `aws-chunked` without chunk signatures, with trailers (today's SDKs over https).
    StreamingUnsignedTrailer,
    /// `aws-chunked`, each chunk signed.
    StreamingSigned,
    /// `aws-chunked`, each chunk and the trailers signed.
    StreamingSignedTrailer,
}

impl Payload {
    /// Reads the value of `x-amz-content-sha256`. A hash is 64 lower-case hex digits: the canonical
    /// request repeats the text, so it has one spelling here.
    ///
    /// # Errors
    /// [`PayloadError::Unsupported`] for the ECDSA kinds, [`PayloadError::Invalid`] for anything else.
    pub fn parse(value: &[u8]) -> Result<Self, PayloadError> {
        match std::str::from_utf8(value).map_err(|_| PayloadError::Invalid)? {
            UNSIGNED => Ok(Self::Unsigned),
            UNSIGNED_TRAILER => Ok(Self::StreamingUnsignedTrailer),
            SIGNED => Ok(Self::StreamingSigned),
            SIGNED_TRAILER => Ok(Self::StreamingSignedTrailer),
            ECDSA | ECDSA_TRAILER => Err(PayloadError::Unsupported),
            hash => unhex32(hash.as_bytes()).map(Self::Hash).ok_or(PayloadError::Invalid),
        }
    }

    /// What the headers say, `None` if they do not. For anonymous requests, whose framing must be
    /// known too.
    ///
    /// # Errors
    /// As [`Payload::parse`], and [`PayloadError::Repeated`] for a second header.
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, PayloadError> {
        let mut values = headers.get_all(HEADER).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => Self::parse(value.as_bytes()).map(Some),
            (Some(_), Some(_)) => Err(PayloadError::Repeated),
        }
    }

    /// Whether the body is in `aws-chunked` framing.
    #[must_use]
    pub const fn is_chunked(&self) -> bool {
        match self {
            Self::Hash(_) | Self::Unsigned => false,
            Self::StreamingUnsignedTrailer
            | Self::StreamingSigned
            | Self::StreamingSignedTrailer => true,
        }
    }

    /// Whether the chunks are signed.
    #[must_use]
    pub const fn is_signed_stream(&self) -> bool {
        match self {
            Self::Hash(_) | Self::Unsigned | Self::StreamingUnsignedTrailer => false,
            Self::StreamingSigned | Self::StreamingSignedTrailer => true,
        }
    }

    /// Appends the header's text, which is also the last line of the canonical request.
    pub(crate) fn push_text(&self, out: &mut Vec<u8>) {
        match self {
            Self::Hash(hash) => out.extend_from_slice(&hex32(hash)),
            Self::Unsigned => out.extend_from_slice(UNSIGNED.as_bytes()),
            Self::StreamingUnsignedTrailer => out.extend_from_slice(UNSIGNED_TRAILER.as_bytes()),
            Self::StreamingSigned => out.extend_from_slice(SIGNED.as_bytes()),
            Self::StreamingSignedTrailer => out.extend_from_slice(SIGNED_TRAILER.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests;
