use proptest::prelude::*;

use super::*;

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    sum.copy_from_slice(digest.as_ref());
    sum
}

const LIMIT: u64 = 1 << 20;

fn of_length(payload: &[u8]) -> Expectations {
    Expectations { length: Some(payload.len() as u64), limit: LIMIT, ..Expectations::default() }
}

/// Feeds `wire` in pieces; gives what went on before the end, then what the end let go.
fn feed(
    expect: Expectations,
    wire: &[u8],
    pieces: &[usize],
) -> (Vec<u8>, Result<Vec<u8>, BodyError>) {
    let mut inspector = Inspector::new(expect);
    let mut early = Vec::new();
    let mut rest = Bytes::copy_from_slice(wire);
    let mut sizes = pieces.iter().copied().cycle();
    while !rest.is_empty() {
        let size = sizes.next().unwrap_or(1).clamp(1, rest.len());
        if let Err(error) = inspector.push(rest.split_to(size)) {
            return (early, Err(error));
        }
        while let Some(data) = inspector.pop() {
            early.extend_from_slice(&data);
        }
    }
    let ended = inspector.end().map(|_| {
        let mut late = Vec::new();
        while let Some(data) = inspector.pop() {
            late.extend_from_slice(&data);
        }
        late
    });
    (early, ended)
}

fn trailer_body(payload: &[u8], checksum: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    if !payload.is_empty() {
        wire.extend_from_slice(format!("{:x}\r\n", payload.len()).as_bytes());
        wire.extend_from_slice(payload);
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(format!("0\r\nx-amz-checksum-crc32:{checksum}\r\n\r\n").as_bytes());
    wire
}

fn crc32(payload: &[u8]) -> String {
    let mut hasher = Hasher::new(Algorithm::Crc32);
    hasher.update(payload);
    hasher.finish().to_base64()
}

fn with_trailer(payload: &[u8]) -> Expectations {
    let name = HeaderName::from_static(Algorithm::Crc32.header_name());
    Expectations { framing: Some((Framing::UnsignedTrailer, vec![name])), ..of_length(payload) }
}

proptest! {
    #[test]
    fn a40_the_last_byte_waits_for_the_verdict(
        payload in proptest::collection::vec(any::<u8>(), 1..2000),
        pieces in proptest::collection::vec(1usize..300, 1..20),
        framed in any::<bool>(),
    ) {
        let (expect, wire) = if framed {
            (with_trailer(&payload), trailer_body(&payload, &crc32(&payload)))
        } else {
            let sha256 = Some(sha256(&payload));
            (Expectations { sha256, ..of_length(&payload) }, payload.clone())
        };
        let (early, late) = feed(expect, &wire, &pieces);
        let (last, before) = payload.split_last().unwrap();
        prop_assert_eq!(early.as_slice(), before);
        prop_assert_eq!(late.unwrap(), vec![*last]);
    }

    #[test]
    fn a40_one_flipped_byte_anywhere_never_lets_the_last_byte_go(
        payload in proptest::collection::vec(any::<u8>(), 1..500),
        at in any::<proptest::sample::Index>(),
        bit in 0u8..8,
        framed in any::<bool>(),
    ) {
        let (expect, mut wire) = if framed {
            (with_trailer(&payload), trailer_body(&payload, &crc32(&payload)))
        } else {
            let sha256 = Some(sha256(&payload));
            (Expectations { sha256, ..of_length(&payload) }, payload.clone())
        };
        let at = at.index(wire.len());
        wire[at] ^= 1 << bit;
        let (early, late) = feed(expect, &wire, &[64]);
        prop_assert!(early.len() < payload.len());
        // A trailer's name has no case and may have white space around its value; everything else
        // that is flipped must be noticed.
        if let Ok(late) = late {
            let sent = [early, late].concat();
            prop_assert!(framed && sent == payload, "byte {at} of {wire:?}");
        }
    }
}

#[test]
fn a40_each_promise_is_kept_or_the_payload_is_refused() {
    let payload = b"hello world".as_slice();
    let md5 = ContentMd5::of(b"other");
    let mut other = Hasher::new(Algorithm::Sha256);
    other.update(b"other");
    type Check = fn(&BodyError) -> bool;
    let cases: [(&str, Expectations, Check); 4] = [
        ("sha256", Expectations { sha256: Some([7; 32]), ..of_length(payload) }, |error| {
            matches!(error, BodyError::Sha256)
        }),
        ("md5", Expectations { md5: Some(md5), ..of_length(payload) }, |error| {
            matches!(error, BodyError::Md5)
        }),
        (
            "checksum",
            Expectations { checksum: Some(other.finish()), ..of_length(payload) },
            |error| matches!(error, BodyError::Checksum(Algorithm::Sha256)),
        ),
        (
            "length",
            Expectations { length: Some(12), limit: LIMIT, ..Expectations::default() },
            |error| matches!(error, BodyError::Incomplete { seen: 11, length: 12 }),
        ),
    ];
    for (what, expect, check) in cases {
        let (_, late) = feed(expect, payload, &[4]);
        let error = late.unwrap_err();
        assert!(check(&error), "{what}: {error}");
    }
}

#[test]
fn a40_more_than_was_said_is_refused_before_it_goes_on() {
    let expect = Expectations { length: Some(4), limit: LIMIT, ..Expectations::default() };
    let (early, late) = feed(expect, b"hello", &[5]);
    assert!(early.is_empty());
    assert!(matches!(late, Err(BodyError::TooLong { length: 4 })));
    let expect = Expectations { length: None, limit: 4, ..Expectations::default() };
    let (_, late) = feed(expect, b"hello", &[1]);
    assert!(matches!(late, Err(BodyError::TooLong { length: 4 })));
}

#[test]
fn a40_a_trailer_that_is_declared_must_come_and_hold() {
    let payload = b"hello".as_slice();
    for (wire, why) in [
        (trailer_body(payload, &crc32(b"other")), "checksum"),
        (trailer_body(payload, "!!"), "no base64"),
        (b"5\r\nhello\r\n0\r\n\r\n".to_vec(), "missing"),
        (b"5\r\nhello\r\n".to_vec(), "cut"),
    ] {
        let (_, late) = feed(with_trailer(payload), &wire, &[3]);
        assert!(late.is_err(), "{why}");
    }
}

#[test]
fn an_empty_payload_is_verified_too() {
    let (_, late) = feed(Expectations { sha256: Some(sha256(b"")), ..of_length(b"") }, b"", &[1]);
    assert_eq!(late.unwrap(), b"");
    let (_, late) = feed(Expectations { sha256: Some([0; 32]), ..of_length(b"") }, b"", &[1]);
    assert!(matches!(late, Err(BodyError::Sha256)));
}
