use http::HeaderValue;

use super::*;
use crate::signature::sha256;

const KINDS: [(&str, Payload); 4] = [
    ("UNSIGNED-PAYLOAD", Payload::Unsigned),
    ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", Payload::StreamingUnsignedTrailer),
    ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", Payload::StreamingSigned),
    ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", Payload::StreamingSignedTrailer),
];

#[test]
fn every_kind_reads_and_writes() {
    let hex = hex::encode(sha256(b"body"));
    let mut all = KINDS.to_vec();
    all.push((&hex, Payload::Hash(sha256(b"body"))));
    for (text, payload) in all {
        assert_eq!(Payload::parse(text.as_bytes()), Ok(payload));
        let mut out = Vec::new();
        payload.push_text(&mut out);
        assert_eq!(out, text.as_bytes());
        assert_eq!(payload.is_chunked(), text.starts_with("STREAMING-"));
        assert_eq!(payload.is_signed_stream(), text.starts_with("STREAMING-AWS4-HMAC-SHA256"));
    }
    assert_eq!(EMPTY_SHA256, sha256(b""));
}

#[test]
fn what_is_no_payload() {
    let hex = hex::encode(EMPTY_SHA256);
    for text in ["", "unsigned-payload", "UNSIGNED-PAYLOAD ", &hex[1..], &hex.to_uppercase()] {
        assert_eq!(Payload::parse(text.as_bytes()), Err(PayloadError::Invalid), "{text}");
    }
    assert_eq!(Payload::parse(b"\xff"), Err(PayloadError::Invalid));
    for ecdsa in [ECDSA, ECDSA_TRAILER] {
        assert_eq!(Payload::parse(ecdsa.as_bytes()), Err(PayloadError::Unsupported));
    }
}

#[test]
fn one_header_or_none() {
    let mut headers = HeaderMap::new();
    assert_eq!(Payload::from_headers(&headers), Ok(None));
    headers.insert(HEADER, HeaderValue::from_static(UNSIGNED));
    assert_eq!(Payload::from_headers(&headers), Ok(Some(Payload::Unsigned)));
    headers.append(HEADER, HeaderValue::from_static(UNSIGNED));
    assert_eq!(Payload::from_headers(&headers), Err(PayloadError::Repeated));
}
