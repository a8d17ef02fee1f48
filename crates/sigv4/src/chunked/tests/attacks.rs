//! Attacks that must fail, by number.

use super::*;

fn outcome(kind: Kind, wire: &[u8], length: u64, declared: &[&str]) -> Outcome {
    let declared = declared.iter().map(|name| HeaderName::from_bytes(name.as_bytes()).unwrap());
    let mut decoder = Decoder::new(framing(kind), length, declared.collect());
    decode(&mut decoder, std::iter::once(wire))
}

fn unsigned(wire: &str, length: u64) -> Outcome {
    outcome(Kind::UnsignedTrailer, wire.as_bytes(), length, &[])
}

#[test]
fn a40_a_good_body() {
    assert_eq!(unsigned("3\r\nabc\r\n0\r\n\r\n", 3).unwrap().0, b"abc");
    assert_eq!(unsigned("0000000000000003\r\nabc\r\n000\r\n\r\n", 3).unwrap().0, b"abc");
    assert_eq!(unsigned("A\r\n0123456789\r\n1\r\nx\r\n0\r\n\r\n", 11).unwrap().0.len(), 11);
    assert_eq!(unsigned("0\r\n\r\n", 0).unwrap().0, b"");
}

#[test]
fn a40_a_length_that_is_not_the_one_that_was_declared() {
    assert_eq!(unsigned("3\r\nabc\r\n0\r\n\r\n", 2), Err(ChunkError::TooLong));
    assert_eq!(unsigned("3\r\nabc\r\n0\r\n\r\n", 4), Err(ChunkError::TooShort));
    assert_eq!(unsigned("2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", 3), Err(ChunkError::TooLong));
}

/// The declared size is judged before a byte of the chunk is taken.
#[test]
fn a40_a_chunk_of_two_to_the_63() {
    for size in ["8000000000000000", "ffffffffffffffff", "7fffffffffffffff"] {
        let wire = format!("{size}\r\nabc");
        let mut decoder = Decoder::new(Framing::UnsignedTrailer, 5 << 30, Vec::new());
        let mut input = Bytes::from(wire);
        assert_eq!(decoder.decode(&mut input).unwrap_err(), ChunkError::TooLong);
        assert_eq!(input, "abc");
        // And it stays refused.
        assert_eq!(decoder.decode(&mut input).unwrap_err(), ChunkError::TooLong);
        assert_eq!(decoder.finish(), Err(ChunkError::TooLong));
    }
    assert_eq!(unsigned("10000000000000000\r\nabc", 3), Err(ChunkError::Framing));
}

#[test]
fn a40_a_stream_that_is_cut_anywhere() {
    let trailers = trailers(&[("x-amz-checksum-crc32", "AAAAAA==")]);
    for kind in [Kind::UnsignedTrailer, Kind::Signed, Kind::SignedTrailer] {
        let trailers = if kind == Kind::Signed { Trailers::new() } else { trailers.clone() };
        let wire = encoded(encoder(kind), b"0123456789", 4, &trailers);
        for cut in 0..wire.len() {
            let mut decoder = Decoder::new(framing(kind), 10, names(&trailers));
            let outcome = decode(&mut decoder, std::iter::once(&wire[..cut]));
            assert_eq!(outcome, Err(ChunkError::Incomplete), "{kind:?} at {cut}");
        }
        let mut decoder = Decoder::new(framing(kind), 10, names(&trailers));
        decode(&mut decoder, std::iter::once(wire.as_slice())).unwrap();
    }
}

#[test]
fn a40_bytes_behind_the_end() {
    assert_eq!(unsigned("0\r\n\r\nx", 0), Err(ChunkError::AfterEnd));
    let mut decoder = Decoder::new(Framing::UnsignedTrailer, 0, Vec::new());
    let pieces = ["0\r\n\r\n", "0\r\n\r\n"].map(str::as_bytes);
    assert_eq!(decode(&mut decoder, pieces.into_iter()), Err(ChunkError::AfterEnd));
    // At once, for whoever reads no further than the end.
    let mut decoder = Decoder::new(Framing::UnsignedTrailer, 0, Vec::new());
    let mut input = Bytes::from_static(b"0\r\n\r\nx");
    assert_eq!(decoder.decode(&mut input).unwrap_err(), ChunkError::AfterEnd);
    // A request within a request.
    let smuggled = "0\r\n\r\nGET / HTTP/1.1\r\n\r\n";
    assert_eq!(unsigned(smuggled, 0), Err(ChunkError::AfterEnd));
}

#[test]
fn a40_endless_trailers() {
    let line = format!("a:{}\r\n", "x".repeat(1000));
    assert!(line.len() * 4 < MAX_TRAILER_BYTES);
    // One that is declared, once, fits.
    let wire = format!("0\r\n{line}\r\n");
    outcome(Kind::UnsignedTrailer, wire.as_bytes(), 0, &["a"]).unwrap();
    let wire = format!("0\r\n{}", line.repeat(2));
    assert_eq!(
        outcome(Kind::UnsignedTrailer, wire.as_bytes(), 0, &["a"]),
        Err(ChunkError::Trailer)
    );
    // Declaring many does not help.
    let declared = ["a", "b", "c", "d", "e"];
    let lines: Vec<String> = declared.iter().map(|name| line.replace('a', name)).collect();
    let wire = format!("0\r\n{}\r\n", lines.concat());
    assert_eq!(
        outcome(Kind::UnsignedTrailer, wire.as_bytes(), 0, &declared),
        Err(ChunkError::Trailer)
    );
    // Nor does a line without an end.
    let endless = format!("0\r\na:{}", "x".repeat(2000));
    assert_eq!(
        outcome(Kind::UnsignedTrailer, endless.as_bytes(), 0, &["a"]),
        Err(ChunkError::LineTooLong)
    );
    let endless = "0".repeat(2000);
    assert_eq!(unsigned(&endless, 0), Err(ChunkError::LineTooLong));
}

#[test]
fn a40_trailers_that_are_not_the_declared_ones() {
    let cases = [
        ("a:1\r\n", &["a"][..], true),
        ("A: 1 \r\n", &["a"], true),
        ("a:\r\n", &["a"], true),
        ("b:1\r\na:1\r\n", &["a", "b"], true),
        // As minio-go writes them.
        ("a:1\n\r\n", &["a"], true),
        ("a:1\nb:1\n\r\n", &["a", "b"], true),
        ("", &["a"], false),
        ("a:1\r\n", &[], false),
        ("a:1\r\na:1\r\n", &["a"], false),
        ("a:1\r\nb:1\r\n", &["a"], false),
        ("a\r\n", &["a"], false),
        ("a :1\r\n", &["a"], false),
        (":1\r\n", &["a"], false),
        ("a:\u{1}\r\n", &["a"], false),
        (" a:1\r\n", &["a"], false),
        ("a:1\r\n x\r\n", &["a"], false),
        // A signature has no meaning where nothing is signed.
        ("a:1\r\nx-amz-trailer-signature:00\r\n", &["a"], false),
    ];
    for (lines, declared, fine) in cases {
        let wire = format!("0\r\n{lines}\r\n");
        let outcome = outcome(Kind::UnsignedTrailer, wire.as_bytes(), 0, declared);
        if fine {
            assert_eq!(names(&outcome.unwrap().1).len(), declared.len(), "{lines:?}");
        } else {
            assert_eq!(outcome, Err(ChunkError::Trailer), "{lines:?}");
        }
    }
}

/// Line ends of trailers are those of AWS's page, or of HTTP, and no mixture.
#[test]
fn a13_line_ends_of_trailers() {
    for wire in ["0\r\na:1\r\nb:1\n\r\n\r\n", "0\r\na:1\n\r\nb:1\r\n\r\n"] {
        outcome(Kind::UnsignedTrailer, wire.as_bytes(), 0, &["a", "b"]).unwrap();
    }
    for wire in
        ["0\r\na:1\nb:1\r\n\r\n", "0\r\na:1\n\nb:1\n\r\n\r\n", "0\r\na:1\r\nb:1\r\n\n", "0\n"]
    {
        let outcome = outcome(Kind::UnsignedTrailer, wire.as_bytes(), 0, &["a", "b"]);
        assert_eq!(outcome, Err(ChunkError::Framing), "{wire:?}");
    }
    for wire in ["0\r\na:1\n", "0\r\na:1\n\r\n", "0\r\na:1\n\r"] {
        let outcome = outcome(Kind::UnsignedTrailer, wire.as_bytes(), 0, &["a"]);
        assert_eq!(outcome, Err(ChunkError::Incomplete), "{wire:?}");
    }
}

/// A13 in the framing of the body: one way to read it, or none.
#[test]
fn a13_framing_that_two_readers_could_read_differently() {
    for wire in [
        "3\nabc\r\n0\r\n\r\n",
        "3\r\nabc\n0\r\n\r\n",
        "3\r\nabc0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3 \r\nabc\r\n0\r\n\r\n",
        " 3\r\nabc\r\n0\r\n\r\n",
        "+3\r\nabc\r\n0\r\n\r\n",
        "-3\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "3;a=b\r\nabc\r\n0\r\n\r\n",
        "3;\r\nabc\r\n0\r\n\r\n",
        "\r\n3\r\nabc\r\n0\r\n\r\n",
        "3\r\r\nabc\r\n0\r\n\r\n",
        "\u{663}\r\nabc\r\n0\r\n\r\n",
    ] {
        assert_eq!(unsigned(wire, 3), Err(ChunkError::Framing), "{wire:?}");
    }
}

fn signed_wire(kind: Kind, trailers: &Trailers) -> String {
    String::from_utf8(encoded(encoder(kind), b"0123456789", 4, trailers)).unwrap()
}

#[test]
fn a59_a_late_wrong_signature() {
    let wire = signed_wire(Kind::Signed, &Trailers::new());
    assert_eq!(outcome(Kind::Signed, wire.as_bytes(), 10, &[]).unwrap().0, b"0123456789");
    // Four chunks, the last one empty: a wrong digit in each.
    let positions: Vec<usize> =
        wire.match_indices("chunk-signature=").map(|(at, text)| at + text.len()).collect();
    assert_eq!(positions.len(), 4);
    for at in positions {
        let mut wire = wire.clone().into_bytes();
        wire[at] = if wire[at] == b'0' { b'1' } else { b'0' };
        assert_eq!(outcome(Kind::Signed, &wire, 10, &[]), Err(ChunkError::Signature));
    }
    // Chunks in another order, each with its own signature.
    let lines: Vec<&str> = wire.split_inclusive("\r\n").collect();
    let swapped = [&lines[2..4], &lines[0..2], &lines[4..]].concat().concat();
    assert_eq!(swapped.len(), wire.len());
    assert_eq!(outcome(Kind::Signed, swapped.as_bytes(), 10, &[]), Err(ChunkError::Signature));
}

/// The payload of a chunk whose signature is wrong never comes out whole.
#[test]
fn a59_the_end_of_a_bad_chunk_is_held_back() {
    let wire = signed_wire(Kind::Signed, &Trailers::new()).replace("89\r\n", "8x\r\n");
    let mut decoder = Decoder::new(framing(Kind::Signed), 10, Vec::new());
    let mut input = Bytes::from(wire);
    let mut payload = Vec::new();
    let error = loop {
        match decoder.decode(&mut input) {
            Ok(Some(Event::Data(data))) => payload.extend_from_slice(&data),
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!((error, payload.as_slice()), (ChunkError::Signature, &b"01234567"[..]));
}

#[test]
fn a59_trailer_signatures() {
    let trailers = trailers(&[("x-amz-checksum-crc32", "AAAAAA==")]);
    let wire = signed_wire(Kind::SignedTrailer, &trailers);
    let declared = ["x-amz-checksum-crc32"];
    outcome(Kind::SignedTrailer, wire.as_bytes(), 10, &declared).unwrap();

    let changed = wire.replace("AAAAAA==", "AAAABA==");
    let lines: Vec<&str> = wire.split_inclusive("\r\n").collect();
    let [checksum, signature, end] = lines[lines.len() - 3..] else { panic!("{wire}") };
    let start = lines[..lines.len() - 3].concat();
    for (wire, error) in [
        (changed, ChunkError::TrailerSignature),
        (format!("{start}{checksum}{end}"), ChunkError::Trailer),
        (format!("{start}{signature}{end}"), ChunkError::Trailer),
        (format!("{start}{signature}{checksum}{end}"), ChunkError::Trailer),
        (format!("{start}{checksum}{signature}{signature}{end}"), ChunkError::Trailer),
        (format!("{start}{checksum}x-amz-trailer-signature:00\r\n{end}"), ChunkError::Trailer),
    ] {
        assert_ne!(wire, signed_wire(Kind::SignedTrailer, &trailers));
        assert_eq!(outcome(Kind::SignedTrailer, wire.as_bytes(), 10, &declared), Err(error));
    }
    // The kind without trailers takes none.
    let wire = signed_wire(Kind::Signed, &Trailers::new());
    let with = format!("{}{checksum}\r\n", wire.strip_suffix("\r\n").unwrap());
    assert_eq!(outcome(Kind::Signed, with.as_bytes(), 10, &declared), Err(ChunkError::Trailer));
}

#[test]
fn a59_signed_chunks_cannot_pass_as_unsigned_nor_the_other_way() {
    let signed = signed_wire(Kind::Signed, &Trailers::new());
    assert_eq!(unsigned(&signed, 10), Err(ChunkError::Framing));
    let wire = signed_wire(Kind::UnsignedTrailer, &Trailers::new());
    for kind in [Kind::Signed, Kind::SignedTrailer] {
        assert_eq!(outcome(kind, wire.as_bytes(), 10, &[]), Err(ChunkError::Framing));
    }
    for extension in ["", "chunk-signature", "chunk_signature=", "Chunk-Signature="] {
        let wire = signed.replace("chunk-signature=", extension);
        assert_eq!(
            outcome(Kind::Signed, wire.as_bytes(), 10, &[]),
            Err(ChunkError::Framing),
            "{extension}"
        );
    }
}

#[test]
fn lengths_that_do_not_fit() {
    assert_eq!(encoded_length(Kind::Signed, u64::MAX, 1, &[]), None);
    assert_eq!(encoded_length(Kind::Signed, 10, 0, &[]), None);
    assert_eq!(encoded_length(Kind::UnsignedTrailer, 0, 1, &[]), Some(5));
    assert_eq!(encode::CRLF, "\r\n");
    // An empty payload makes no chunk: it would end the body.
    assert!(Encoder::unsigned_trailer().chunk(b"").is_empty());
}
