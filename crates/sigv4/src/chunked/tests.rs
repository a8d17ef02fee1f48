use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};

use super::decode::{Decoder, Event, Framing};
use super::encode::{self, CRLF, Encoder, Kind, encoded_length};
use super::trailer::{MAX_TRAILER_BYTES, Trailers, canonical};
use crate::error::ChunkError;
use crate::key::derive;
use crate::payload::Payload;
use crate::scope::{Region, Scope, Service};
use crate::signature::{ChunkSeed, Signature, sha256};
use crate::testing::{DOCS_SECRET, SECRET, secret, time};

mod attacks;
mod reference;
mod vectors;

fn seed() -> ChunkSeed {
    let scope = Scope {
        date: time("20260102T030405Z").scope_date(),
        region: Region::parse("us-east-1").unwrap(),
        service: Service::S3,
    };
    let key = derive(&secret(SECRET), &scope);
    let head = Signature::parse("5a".repeat(32).as_bytes()).unwrap();
    ChunkSeed::new(&key, time("20260102T030405Z"), &scope, &head)
}

fn framing(kind: Kind) -> Framing {
    match kind {
        Kind::UnsignedTrailer => Framing::UnsignedTrailer,
        Kind::Signed => Framing::Signed(seed()),
        Kind::SignedTrailer => Framing::SignedTrailer(seed()),
    }
}

fn encoder(kind: Kind) -> Encoder {
    match kind {
        Kind::UnsignedTrailer => Encoder::unsigned_trailer(),
        Kind::Signed => Encoder::signed(seed()),
        Kind::SignedTrailer => Encoder::signed_trailer(seed()),
    }
}

fn trailers(pairs: &[(&str, &str)]) -> Trailers {
    pairs
        .iter()
        .map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        })
        .collect()
}

fn names(trailers: &Trailers) -> Vec<HeaderName> {
    trailers.iter().map(|(name, _)| name.clone()).collect()
}

/// A whole body in chunks of this size.
fn encoded(mut encoder: Encoder, payload: &[u8], size: usize, trailers: &Trailers) -> Vec<u8> {
    let mut wire = Vec::new();
    for chunk in payload.chunks(size) {
        wire.extend_from_slice(&encoder.chunk(chunk));
        wire.extend_from_slice(chunk);
        wire.extend_from_slice(&CRLF);
    }
    wire.extend_from_slice(&encoder.finish(trailers));
    wire
}

/// What came out of a body, or why it was refused.
type Outcome = Result<(Vec<u8>, Trailers), ChunkError>;

/// Decodes pieces of a body as they come from a connection.
fn decode<'a>(decoder: &mut Decoder, pieces: impl Iterator<Item = &'a [u8]>) -> Outcome {
    let mut payload = Vec::new();
    let mut done = None;
    for piece in pieces {
        let mut input = Bytes::copy_from_slice(piece);
        let range = input.as_ptr_range();
        while let Some(event) = decoder.decode(&mut input)? {
            match event {
                Event::Data(data) => {
                    assert!(!data.is_empty());
                    // A slice of what was put in, not a copy of it.
                    assert!(range.contains(&data.as_ptr()));
                    payload.extend_from_slice(&data);
                }
                Event::Done(trailers) => assert!(done.replace(trailers).is_none()),
            }
        }
        assert!(input.is_empty());
    }
    decoder.finish()?;
    Ok((payload, done.unwrap()))
}
