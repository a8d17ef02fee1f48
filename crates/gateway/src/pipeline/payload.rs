//! What a request says about its payload, made into what the payload has to be.

use http::{HeaderMap, HeaderName, HeaderValue};
use s3::Operation;
use s3::checksum::{Algorithm, Declared};
use sigv4::Payload;
use sigv4::chunked::Framing;

use super::authenticated::Signature;
use super::body::Expectations;
use crate::reject::Reject;

/// How long a framed body is without its frames.
const DECODED_LENGTH: &str = "x-amz-decoded-content-length";

/// Reads the headers that speak of the payload. `limit` is the most that is taken.
///
/// # Errors
/// When a header is malformed, contradicts another, or a length is missing or too large.
pub(super) fn expectations(
    operation: &Operation,
    signature: &Signature,
    content_length: Option<u64>,
    limit: u64,
) -> Result<Expectations, Reject> {
    let payload = signature.payload();
    let declared = if operation.checksums_are_of_the_body() {
        Declared::read(operation.headers())?
    } else {
        Declared::read(&only_md5(operation.headers()))?
    };
    if declared.is_empty() && s3::checksum::is_required(operation.kind()) {
        return Err(s3::checksum::ChecksumError::Required.into());
    }
    let trails =
        matches!(payload, Payload::StreamingUnsignedTrailer | Payload::StreamingSignedTrailer);
    if declared.trailer.is_some() && !trails {
        // It cannot come, so it would be a checksum that nobody verifies (A15, A40).
        return Err(s3::checksum::ChecksumError::Trailer.into());
    }
    let trailers = declared.trailer.map(|sum| HeaderName::from_static(sum.header_name()));
    let framing = framing(signature, payload, trailers.into_iter().collect())?;
    let length = match &framing {
        None if operation.header(DECODED_LENGTH).is_some() => {
            // Else what was framed by a client that does not say so would be stored with its frames.
            let decoded = Some(decoded_length(operation)?);
            if decoded != content_length {
                return Err(Reject::DecodedLength);
            }
            decoded
        }
        None => content_length,
        Some(_) => Some(decoded_length(operation)?),
    };
    if length.is_some_and(|length| length > limit) {
        return Err(Reject::TooLarge { limit });
    }
    let sha256 = match payload {
        Payload::Hash(hash) => Some(hash),
        Payload::Unsigned
        | Payload::StreamingUnsignedTrailer
        | Payload::StreamingSigned
        | Payload::StreamingSignedTrailer => None,
    };
    let (md5, checksum) = (declared.md5, declared.header);
    Ok(Expectations { length, limit, sha256, md5, checksum, framing })
}

/// Of the checksums, the one that is always of the body.
fn only_md5(headers: &HeaderMap) -> HeaderMap {
    let name = HeaderName::from_static("content-md5");
    headers.get(&name).into_iter().map(|value| (name.clone(), value.clone())).collect()
}

/// What tells a store of a framed body. `Content-Encoding: aws-chunked` is not among it: some stores keep that with
/// the object, and none needs it (older AWS SDKs for Java do not send it).
pub(super) fn framing_headers(length: u64, trailer: Algorithm) -> [(HeaderName, HeaderValue); 2] {
    [
        (HeaderName::from_static(DECODED_LENGTH), HeaderValue::from(length)),
        (HeaderName::from_static("x-amz-trailer"), HeaderValue::from_static(trailer.header_name())),
    ]
}

fn framing(
    signature: &Signature,
    payload: Payload,
    trailers: Vec<HeaderName>,
) -> Result<Option<(Framing, Vec<HeaderName>)>, Reject> {
    let seed = || match signature {
        Signature::Verified(verified) => verified.chunk_seed().ok_or(Reject::NoChunkSeed),
        Signature::None(_) | Signature::Supposed(_) => Err(Reject::NoChunkSeed),
    };
    Ok(match payload {
        Payload::Hash(_) | Payload::Unsigned => None,
        Payload::StreamingUnsignedTrailer => Some((Framing::UnsignedTrailer, trailers)),
        Payload::StreamingSigned => Some((Framing::Signed(seed()?), Vec::new())),
        Payload::StreamingSignedTrailer => Some((Framing::SignedTrailer(seed()?), trailers)),
    })
}

fn decoded_length(operation: &Operation) -> Result<u64, Reject> {
    let value = operation.header(DECODED_LENGTH).ok_or(Reject::NoLength)?;
    value
        .to_str()
        .ok()
        .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .ok_or(Reject::ContentLength)
}
