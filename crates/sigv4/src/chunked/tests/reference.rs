//! A decoder that has the whole body, and the claim that the streaming one is the same.

use proptest::prelude::*;

use super::*;

/// Reads a body from front to back as the specification has it, with plain strings.
struct Reference<'a> {
    rest: &'a [u8],
    signing: Option<(String, ChunkKey)>,
}

/// Signs strings for the reference by an implementation of its own.
struct ChunkKey(aws_lc_rs::hmac::Key);

const TIME_AND_SCOPE: &str = "20260102T030405Z\n20260102/us-east-1/s3/aws4_request";

impl ChunkKey {
    fn new() -> Self {
        let mut key = format!("AWS4{SECRET}").into_bytes();
        for part in ["20260102", "us-east-1", "s3", "aws4_request"] {
            let hmac = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
            key = aws_lc_rs::hmac::sign(&hmac, part.as_bytes()).as_ref().to_vec();
        }
        Self(aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key))
    }

    fn sign(&self, text: &str) -> String {
        hex::encode(aws_lc_rs::hmac::sign(&self.0, text.as_bytes()))
    }
}

impl<'a> Reference<'a> {
    fn line(&mut self) -> Result<&'a [u8], ChunkError> {
        self.raw_line()?.strip_suffix(b"\r\n").ok_or(ChunkError::Framing)
    }

    fn raw_line(&mut self) -> Result<&'a [u8], ChunkError> {
        let end = self.rest.iter().position(|b| *b == b'\n');
        let length = end.map_or(self.rest.len(), |end| end + 1);
        if length > 1024 {
            return Err(ChunkError::LineTooLong);
        }
        let (line, rest) = self.rest.split_at(length);
        if end.is_none() {
            return Err(ChunkError::Incomplete);
        }
        self.rest = rest;
        Ok(line)
    }

    fn check(&mut self, payload: &[u8], claimed: &str) -> Result<(), ChunkError> {
        let Some((previous, key)) = &mut self.signing else { return Ok(()) };
        let ours = key.sign(&format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{TIME_AND_SCOPE}\n{previous}\n{}\n{}",
            hex::encode(sha256(b"")),
            hex::encode(sha256(payload))
        ));
        *previous = ours.clone();
        if ours == claimed { Ok(()) } else { Err(ChunkError::Signature) }
    }

    /// The payload of one chunk; empty for the last.
    fn chunk(&mut self, left: usize) -> Result<&'a [u8], ChunkError> {
        let line = String::from_utf8_lossy(self.line()?).into_owned();
        let (size, signature) = match line.split_once(';') {
            Some((size, extension)) => (size.to_owned(), Some(extension.to_owned())),
            None => (line, None),
        };
        let hex = |c: char| c.is_ascii_hexdigit();
        if size.is_empty() || size.len() > 16 || !size.chars().all(hex) {
            return Err(ChunkError::Framing);
        }
        let claimed = match (&self.signing, signature) {
            (Some(_), Some(extension)) => {
                let Some(signature) = extension.strip_prefix("chunk-signature=") else {
                    return Err(ChunkError::Framing);
                };
                if signature.len() != 64
                    || !signature.bytes().all(|b| b"0123456789abcdef".contains(&b))
                {
                    return Err(ChunkError::Signature);
                }
                signature.to_owned()
            }
            (None, None) => String::new(),
            _ => return Err(ChunkError::Framing),
        };
        let size = u128::from_str_radix(&size, 16).unwrap();
        if size > left as u128 {
            return Err(ChunkError::TooLong);
        }
        let size = usize::try_from(size).unwrap();
        if size == 0 && left > 0 {
            return Err(ChunkError::TooShort);
        }
        if self.rest.len() < size {
            return Err(ChunkError::Incomplete);
        }
        let (payload, rest) = self.rest.split_at(size);
        self.rest = rest;
        self.check(payload, &claimed)?;
        if size > 0 && !self.line()?.is_empty() {
            return Err(ChunkError::Framing);
        }
        Ok(payload)
    }

    fn trailers(&mut self, with: bool, declared: &[HeaderName]) -> Result<Trailers, ChunkError> {
        let (mut trailers, mut signature) = (Trailers::new(), None);
        // A line ended in LF, which CR LF must follow after the last of such lines.
        let mut pending = false;
        loop {
            let raw = self.raw_line()?;
            let (line, bare) = match raw.strip_suffix(b"\r\n") {
                Some(line) => (line, false),
                None => (&raw[..raw.len() - 1], true),
            };
            match (line.is_empty(), bare, pending) {
                (true, false, false) => break,
                (true, false, true) => {
                    pending = false;
                    continue;
                }
                (true, true, _) | (false, false, true) => return Err(ChunkError::Framing),
                (false, bare, _) => pending = bare,
            }
            let colon = line.iter().position(|b| *b == b':').ok_or(ChunkError::Trailer)?;
            let name = HeaderName::from_bytes(&line[..colon]).map_err(|_| ChunkError::Trailer)?;
            let value = line[colon + 1..].trim_ascii();
            if !with || signature.is_some() {
                return Err(ChunkError::Trailer);
            }
            if name == "x-amz-trailer-signature" && self.signing.is_some() {
                let value = String::from_utf8_lossy(value).into_owned();
                if value.len() != 64 || !value.bytes().all(|b| b"0123456789abcdef".contains(&b)) {
                    return Err(ChunkError::Trailer);
                }
                signature = Some(value);
                continue;
            }
            let value = HeaderValue::from_bytes(value).map_err(|_| ChunkError::Trailer)?;
            if !declared.contains(&name) || trailers.iter().any(|(it, _)| *it == name) {
                return Err(ChunkError::Trailer);
            }
            trailers.push((name, value));
        }
        if declared.len() != trailers.len() {
            return Err(ChunkError::Trailer);
        }
        if let Some((previous, key)) = &self.signing
            && with
        {
            let hash = hex::encode(sha256(&canonical(&trailers)));
            let text = format!("AWS4-HMAC-SHA256-TRAILER\n{TIME_AND_SCOPE}\n{previous}\n{hash}");
            let claimed = signature.ok_or(ChunkError::Trailer)?;
            if key.sign(&text) != claimed {
                return Err(ChunkError::TrailerSignature);
            }
        }
        Ok(trailers)
    }
}

fn reference(kind: Kind, wire: &[u8], length: usize, declared: &[HeaderName]) -> Outcome {
    let signed = kind != Kind::UnsignedTrailer;
    let mut body =
        Reference { rest: wire, signing: signed.then(|| ("5a".repeat(32), ChunkKey::new())) };
    let mut payload = Vec::new();
    loop {
        let chunk = body.chunk(length - payload.len())?;
        if chunk.is_empty() {
            break;
        }
        payload.extend_from_slice(chunk);
    }
    let trailers = body.trailers(kind != Kind::Signed, declared)?;
    if body.rest.is_empty() { Ok((payload, trailers)) } else { Err(ChunkError::AfterEnd) }
}

/// The trailers of a body as AWS's page shows them and minio-go writes them: each ends in LF, and one
/// CR LF comes behind the last, before the signature.
fn with_bare_lf(wire: &[u8], trailers: &Trailers) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in trailers {
        block.extend_from_slice(name.as_str().as_bytes());
        block.push(b':');
        block.extend_from_slice(value.as_bytes().trim_ascii());
        block.extend_from_slice(b"\r\n");
    }
    let at = wire.windows(block.len()).rposition(|window| window == block).unwrap();
    let bare = String::from_utf8(block.clone()).unwrap().replace("\r\n", "\n");
    let end = &wire[at + block.len()..];
    [&wire[..at], bare.as_bytes(), b"\r\n", end].concat()
}

/// What happens to a body on its way.
#[derive(Clone, Debug)]
enum Damage {
    None,
    Cut(usize),
    Change(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
}

impl Damage {
    fn apply(&self, wire: &mut Vec<u8>) {
        let length = wire.len();
        match self {
            Self::None => {}
            Self::Cut(at) => wire.truncate(at % length),
            Self::Change(at, byte) => wire[at % length] = *byte,
            Self::Insert(at, bytes) => {
                let at = at % (length + 1);
                wire.splice(at..at, bytes.iter().copied());
            }
            Self::Remove(at, count) => {
                let at = at % length;
                wire.drain(at..(at + count).min(length));
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let byte = prop_oneof![any::<u8>(), Just(b'\n'), Just(b'\r'), Just(b'0'), Just(b';')];
    prop_oneof![
        Just(Damage::None),
        any::<usize>().prop_map(Damage::Cut),
        (any::<usize>(), byte).prop_map(|(at, byte)| Damage::Change(at, byte)),
        (any::<usize>(), prop::collection::vec(any::<u8>(), 1..8))
            .prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (any::<usize>(), 1..90_usize).prop_map(|(at, count)| Damage::Remove(at, count)),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::UnsignedTrailer), Just(Kind::Signed), Just(Kind::SignedTrailer)]
}

fn all_trailers(count: usize) -> Trailers {
    trailers(&[("x-amz-checksum-crc32", "AAAAAA=="), ("b", ""), ("a", " x  y ")][..count])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn streaming_equals_the_reference(
        kind in kind(),
        payload in prop::collection::vec(any::<u8>(), 0..300),
        size in 1..120_usize,
        count in 0..=3_usize,
        bare_lf in any::<bool>(),
        damage in damage(),
        pieces in prop::collection::vec(1..40_usize, 1..20),
    ) {
        let trailers = if kind == Kind::Signed { Trailers::new() } else { all_trailers(count) };
        let declared = names(&trailers);
        let mut wire = encoded(encoder(kind), &payload, size, &trailers);
        if bare_lf && !trailers.is_empty() {
            wire = with_bare_lf(&wire, &trailers);
        }
        let original = wire.clone();
        damage.apply(&mut wire);

        let expected = reference(kind, &wire, payload.len(), &declared);
        let mut decoder = Decoder::new(framing(kind), payload.len() as u64, declared);
        let actual = decode(&mut decoder, split(&wire, &pieces));
        prop_assert_eq!(&actual, &expected);
        if wire == original {
            prop_assert_eq!(actual.map(|(data, _)| data), Ok(payload));
        } else if kind != Kind::UnsignedTrailer {
            // Signed bodies allow nothing: not a byte of the payload changes.
            if let Ok((data, _)) = actual {
                prop_assert_eq!(data, payload);
            }
        }
    }

    #[test]
    fn the_decoder_is_total(
        kind in kind(),
        wire in prop::collection::vec(any::<u8>(), 0..400),
        length in any::<u64>(),
    ) {
        let mut decoder = Decoder::new(framing(kind), length, Vec::new());
        let outcome = decode(&mut decoder, wire.chunks(17));
        if outcome.is_ok() {
            prop_assert_eq!(kind, Kind::UnsignedTrailer);
        }
    }

    #[test]
    fn the_length_is_known_before(
        kind in kind(),
        payload in prop::collection::vec(any::<u8>(), 0..500),
        size in 1..300_usize,
        count in 0..=2_usize,
    ) {
        let trailers = all_trailers(count);
        let lengths: Vec<_> = trailers.iter().map(|(name, value)| (name, value.len())).collect();
        let wire = encoded(encoder(kind), &payload, size, &trailers);
        let length = encoded_length(kind, payload.len() as u64, size as u64, &lengths);
        prop_assert_eq!(length, Some(wire.len() as u64));
    }
}

fn split<'a>(wire: &'a [u8], sizes: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = wire;
    let mut sizes = sizes.iter().cycle();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = rest.split_at((*sizes.next()?).min(rest.len()));
        rest = after;
        Some(piece)
    })
}
