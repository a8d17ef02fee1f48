//! Golden bodies, with the signature of every chunk and of the trailers.

use super::*;
use crate::testing::{Row, expect, rows};

const WORDS: &[u8] = b"hello chunked world ";

fn requests() -> Vec<Row> {
    let rows: Vec<serde_json::Value> = rows("chunked/chunked.jsonl", 18);
    let requests = rows.into_iter().filter(|row| row.get("method").is_some());
    let requests: Vec<Row> = requests.map(|row| serde_json::from_value(row).unwrap()).collect();
    assert_eq!(requests.len(), 17);
    requests
}

fn header<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    let mut found = row.headers.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.as_str())
}

fn declared(row: &Row) -> Vec<HeaderName> {
    header(row, "x-amz-trailer")
        .into_iter()
        .flat_map(|list| list.split(','))
        .map(|name| HeaderName::from_bytes(name.trim().as_bytes()).unwrap())
        .collect()
}

/// What the payload was before anybody tampered with it.
fn payload(row: &Row) -> Vec<u8> {
    let length = usize::try_from(row.decoded_length.unwrap()).unwrap();
    let payload = match length {
        66560 => vec![b'a'; length],
        _ => WORDS.iter().copied().cycle().take(length).collect(),
    };
    assert_eq!(hex::encode(sha256(&payload)), *row.decoded_sha256.as_ref().unwrap());
    payload
}

/// The framing that the head asks for, with the seed that its signature gives.
fn framing(row: &Row) -> (Payload, Framing) {
    let request = row.request();
    let expect = expect(Service::S3, "20130524T000000Z");
    let verified = request.verify(DOCS_SECRET, &expect).unwrap();
    let framing = match (verified.payload(), verified.chunk_seed()) {
        (Payload::StreamingUnsignedTrailer, None) => Framing::UnsignedTrailer,
        (Payload::StreamingSigned, Some(seed)) => Framing::Signed(seed),
        (Payload::StreamingSignedTrailer, Some(seed)) => Framing::SignedTrailer(seed),
        other => panic!("{}: {other:?}", row.name),
    };
    (verified.payload(), framing)
}

fn wire(row: &Row) -> Vec<u8> {
    match &row.body_gen {
        None => row.body(),
        Some(body) => {
            let Framing::Signed(seed) = framing(row).1 else { panic!("{}", row.name) };
            encoded(Encoder::signed(seed), &payload(row), body.chunk_size, &Trailers::new())
        }
    }
}

fn outcome(row: &Row, wire: &[u8], piece: usize) -> Outcome {
    let length = header(row, "x-amz-decoded-content-length").unwrap().parse().unwrap();
    let mut decoder = Decoder::new(framing(row).1, length, declared(row));
    decode(&mut decoder, wire.chunks(piece))
}

#[test]
fn chunked_vectors_end_as_they_must() {
    let mut seen = Vec::new();
    for row in requests() {
        if row.name == "bad-signed-decoded-length" {
            // Refused by the head; see the vectors of `verify`.
            continue;
        }
        let wire = wire(&row);
        let length = wire.len() as u64;
        let tampered = row.name.starts_with("bad-");
        assert!(tampered || length == row.wire_length.unwrap(), "{}", row.name);
        for piece in [1, 2, 7, 64, wire.len()] {
            let outcome = outcome(&row, &wire, piece);
            match row.name.as_str() {
                "bad-signed-chunk-signature"
                | "bad-signed-payload-bit"
                | "bad-signed-trailer-payload-bit" => {
                    assert_eq!(row.expect.as_deref(), Some("SignatureDoesNotMatch"));
                    assert_eq!(outcome, Err(ChunkError::Signature), "{}", row.name);
                }
                "bad-signed-trailer-trailer-signature" | "bad-signed-trailer-trailer-checksum" => {
                    assert_eq!(row.expect.as_deref(), Some("SignatureDoesNotMatch"));
                    assert_eq!(outcome, Err(ChunkError::TrailerSignature), "{}", row.name);
                }
                "bad-signed-truncated-no-final-chunk" => {
                    assert_eq!(row.expect.as_deref(), Some("IncompleteBody"));
                    assert_eq!(outcome, Err(ChunkError::Incomplete), "{}", row.name);
                }
                "bad-signed-trailer-no-trailer-signature"
                | "bad-signed-trailer-trailer-undeclared" => {
                    assert_eq!(row.expect.as_deref(), Some("reject (MalformedTrailerError)"));
                    assert_eq!(outcome, Err(ChunkError::Trailer), "{}", row.name);
                }
                "bad-unsigned-trailer-trailer-checksum" => {
                    // The framing is right; whoever sums the payload sees that the sum is not.
                    assert_eq!(row.expect.as_deref(), Some("BadDigest"));
                    let (data, trailers) = outcome.unwrap();
                    assert_eq!(data, payload(&row));
                    assert_eq!(trailers[0].1, "AAAAAA==");
                }
                _ => {
                    assert_eq!(row.expect.as_deref(), Some("ok"), "{}", row.name);
                    let (data, trailers) = outcome.unwrap();
                    assert_eq!(data, payload(&row), "{}", row.name);
                    assert_eq!(names(&trailers), declared(&row), "{}", row.name);
                }
            }
        }
        seen.push(row.name);
    }
    assert_eq!(seen.len(), 16);
}

#[test]
fn chunk_and_trailer_signatures_agree_one_by_one() {
    let (mut bodies, mut signatures, mut trailer_signatures) = (0, 0, 0);
    for row in requests() {
        let Some(chunks) = &row.chunk_signatures else { continue };
        if row.name.starts_with("bad-") {
            continue;
        }
        let (payload_kind, framing) = framing(&row);
        let (Framing::Signed(mut seed) | Framing::SignedTrailer(mut seed)) = framing else {
            panic!("{}", row.name);
        };
        let payload = payload(&row);
        // The two examples with a body on the wire have chunks of 64 and of 200 bytes.
        let size = match (&row.body_gen, row.name.as_str()) {
            (Some(body), _) => body.chunk_size,
            (None, "signed-size200") => 200,
            (None, _) => 64,
        };
        let mut parts: Vec<&[u8]> = payload.chunks(size).collect();
        parts.push(b"");
        assert_eq!(parts.len(), chunks.len(), "{}", row.name);
        for (part, expected) in parts.iter().zip(chunks) {
            let signature = seed.next_chunk(&sha256(part)).hex();
            assert_eq!(std::str::from_utf8(&signature), Ok(expected.as_str()), "{}", row.name);
            signatures += 1;
        }
        let trailers = outcome(&row, &wire(&row), 4096).unwrap().1;
        if let Some(expected) = &row.trailer_signature {
            let signature = seed.next_trailer(&sha256(&canonical(&trailers))).hex();
            assert_eq!(std::str::from_utf8(&signature), Ok(expected.as_str()), "{}", row.name);
            trailer_signatures += 1;
        }
        assert!(payload_kind.is_signed_stream());
        bodies += 1;
    }
    assert_eq!((bodies, signatures, trailer_signatures), (5, 3 + 101 + 2 + 3 + 1, 2));
}

/// The bodies that others wrote are what we write, byte for byte, and as long as we say.
#[test]
fn the_encoder_writes_the_same_bodies() {
    let mut compared = 0;
    for row in requests() {
        if row.name.starts_with("bad-") {
            continue;
        }
        let wire = wire(&row);
        let trailers = outcome(&row, &wire, 4096).unwrap().1;
        let size = match (&row.body_gen, row.name.as_str()) {
            (Some(body), _) => body.chunk_size,
            (None, "signed-size200") => 200,
            (None, _) => 64,
        };
        let encoder = match framing(&row).1 {
            Framing::UnsignedTrailer => Encoder::unsigned_trailer(),
            Framing::Signed(seed) => Encoder::signed(seed),
            Framing::SignedTrailer(seed) => Encoder::signed_trailer(seed),
        };
        let kind = encoder.kind();
        let ours = encoded(encoder, &payload(&row), size, &trailers);
        assert_eq!(ours, wire, "{}", row.name);
        let lengths: Vec<(&HeaderName, usize)> =
            trailers.iter().map(|(name, value)| (name, value.len())).collect();
        let length = encoded_length(kind, row.decoded_length.unwrap(), size as u64, &lengths);
        assert_eq!(length, row.wire_length, "{}", row.name);
        compared += 1;
    }
    assert_eq!(compared, 7);
}

/// A published trailer signature on its own.
#[test]
fn the_trailer_signature_of_aws_c_auth() {
    let rows: Vec<serde_json::Value> = rows("chunked/chunked.jsonl", 18);
    let row = rows.iter().find(|row| row["name"] == "aws-c-auth-trailer-signature").unwrap();
    let scope = Scope {
        date: time("20130524T000000Z").scope_date(),
        region: Region::parse("us-east-1").unwrap(),
        service: Service::S3,
    };
    let key = derive(&secret(DOCS_SECRET), &scope);
    let previous =
        Signature::parse(row["previous_signature"].as_str().unwrap().as_bytes()).unwrap();
    // The order on the wire does not matter.
    let trailers = trailers(&[("third", "3rd"), ("first", "1st"), ("second", "2nd")]);
    let canonical = canonical(&trailers);
    assert_eq!(std::str::from_utf8(&canonical).ok(), row["canonical_trailers"].as_str());
    let mut seed = ChunkSeed::new(&key, time("20130524T000000Z"), &scope, &previous);
    let signature = seed.next_trailer(&sha256(&canonical)).hex();
    assert_eq!(std::str::from_utf8(&signature).ok(), row["trailer_signature"].as_str());
}

/// What botocore sends over https: unsigned chunks with a checksum behind them.
#[test]
fn trailer_bodies_of_botocore() {
    let rows: Vec<Row> = rows("resolve/s3-requests-extra.jsonl", 695);
    let mut decoded = 0;
    for row in rows.iter().filter(|row| row.variant == "https-trailer") {
        let length = header(row, "x-amz-decoded-content-length").unwrap().parse().unwrap();
        let mut decoder = Decoder::new(Framing::UnsignedTrailer, length, declared(row));
        let (payload, trailers) = decode(&mut decoder, row.body().chunks(5)).unwrap();
        assert_eq!(payload.len() as u64, length);
        assert_eq!(trailers.len(), 1);
        decoded += 1;
    }
    assert_eq!(decoded, 10);
}
