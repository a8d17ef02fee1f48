//! The pure part: wire bytes in, payload bytes out, and a verdict at the end.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use s3::FormError;
use s3::checksum::{Algorithm, Checksum, ContentMd5, Hasher, Md5Hasher};
use sigv4::ChunkError;
use sigv4::chunked::{Decoder, Event, Framing};

#[cfg(test)]
mod tests;

/// Why a payload was refused. Nothing of it was committed to a store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BodyError {
    /// The payload's SHA-256 is not the signed one.
    #[error("the payload does not have the signed SHA-256")]
    Sha256,
    /// `Content-MD5` does not match.
    #[error("the payload does not have the MD5 of `Content-MD5`")]
    Md5,
    /// A checksum header or trailer does not match.
    #[error("the payload does not have the value of `{}`", .0.header_name())]
    Checksum(Algorithm),
    /// The payload ended early.
    #[error("the payload ended after {seen} of {length} bytes")]
    Incomplete {
        /// Bytes that arrived.
        seen: u64,
        /// Bytes that were announced.
        length: u64,
    },
    /// More payload than announced, or than allowed.
    #[error("the payload has more than the {length} bytes that were announced or are allowed")]
    TooLong {
        /// Bytes that were announced or are allowed.
        length: u64,
    },
    /// The aws-chunked framing is wrong.
    #[error("aws-chunked: {0}")]
    Chunk(#[from] ChunkError),
    /// A declared trailer did not come, or its value cannot be read.
    #[error("the trailer `{0}` is missing or malformed")]
    Trailer(&'static str),
    /// The memory that all documents share is used up.
    #[error("the memory for documents is used up")]
    NoMemory,
    /// The form ends in another way than it must.
    #[error("form: {0}")]
    Form(FormError),
    /// No byte came for the time that the limit allows.
    #[error("the payload stood still for too long")]
    Stalled,
    /// The client's connection broke.
    #[error("the client's connection broke: {0}")]
    Broken(String),
}

/// What a payload has to be.
#[derive(Debug, Default)]
pub struct Expectations {
    /// Payload length in bytes, without framing. `None` only for documents sent in HTTP chunks,
    /// where `limit` bounds it.
    pub length: Option<u64>,
    /// Most bytes of payload that are taken.
    pub limit: u64,
    /// SHA-256 that the signature covers.
    pub sha256: Option<[u8; 32]>,
    /// `Content-MD5`.
    pub md5: Option<ContentMd5>,
    /// `x-amz-checksum-*` in the head.
    pub checksum: Option<Checksum>,
    /// aws-chunked framing with the trailers that the head declares.
    pub framing: Option<(Framing, Vec<HeaderName>)>,
}

impl Expectations {
    /// Whether there is anything but a length to judge it by.
    pub fn verifies(&self) -> bool {
        self.sha256.is_some()
            || self.md5.is_some()
            || self.checksum.is_some()
            || self.framing.is_some()
    }

    /// The checksum that comes behind the payload.
    #[must_use]
    pub fn trailer(&self) -> Option<Algorithm> {
        let (_, declared) = self.framing.as_ref()?;
        declared.iter().find_map(|name| Algorithm::from_header_name(name.as_str()))
    }
}

/// A checksum that was verified, as header name and value.
pub type Trailers = Vec<(HeaderName, HeaderValue)>;

/// Decodes and judges one payload. Sans-I/O.
pub struct Inspector {
    decoder: Option<Decoder>,
    length: Option<u64>,
    limit: u64,
    seen: u64,
    sha256: Option<([u8; 32], aws_lc_rs::digest::Context)>,
    md5: Option<(ContentMd5, Md5Hasher)>,
    header_checksum: Option<(Checksum, Hasher)>,
    trailer_checksums: Vec<(Algorithm, Hasher)>,
    trailers: Option<Trailers>,
    held: Option<Bytes>,
    out: VecDeque<Bytes>,
}

impl std::fmt::Debug for Inspector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inspector")
            .field("length", &self.length)
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

impl Inspector {
    /// Ready for the first byte.
    #[must_use]
    pub fn new(expect: Expectations) -> Self {
        let Expectations { length, limit, sha256, md5, checksum, framing } = expect;
        let declared = framing.as_ref().map(|(_, declared)| declared.as_slice()).unwrap_or(&[]);
        let trailer_checksums = declared
            .iter()
            .filter_map(|name| Algorithm::from_header_name(name.as_str()))
            .map(|algorithm| (algorithm, Hasher::new(algorithm)))
            .collect();
        let sha256 =
            sha256.map(|sum| (sum, aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256)));
        Self {
            decoder: framing.map(|(framing, declared)| {
                Decoder::new(framing, length.unwrap_or(limit), declared)
            }),
            length,
            limit,
            seen: 0,
            sha256,
            md5: md5.map(|sum| (sum, Md5Hasher::new())),
            header_checksum: checksum.map(|sum| {
                let hasher = Hasher::new(sum.algorithm());
                (sum, hasher)
            }),
            trailer_checksums,
            trailers: None,
            held: None,
            out: VecDeque::new(),
        }
    }

    /// Takes bytes from the wire.
    ///
    /// # Errors
    /// As soon as it is certain that the payload is not what it has to be.
    pub fn push(&mut self, mut wire: Bytes) -> Result<(), BodyError> {
        let Some(mut decoder) = self.decoder.take() else {
            return self.payload(wire);
        };
        let pushed = loop {
            match decoder.decode(&mut wire) {
                Ok(None) => break Ok(()),
                Ok(Some(Event::Data(data))) => {
                    if let Err(error) = self.payload(data) {
                        break Err(error);
                    }
                }
                Ok(Some(Event::Done(trailers))) => self.trailers = Some(trailers),
                Err(error) => break Err(error.into()),
            }
        };
        self.decoder = Some(decoder);
        pushed
    }

    fn payload(&mut self, data: Bytes) -> Result<(), BodyError> {
        if data.is_empty() {
            return Ok(());
        }
        let most = self.length.unwrap_or(self.limit).min(self.limit);
        let seen = self.seen.saturating_add(data.len() as u64);
        if seen > most {
            return Err(BodyError::TooLong { length: most });
        }
        if let Some((_, context)) = &mut self.sha256 {
            context.update(&data);
        }
        if let Some((_, hasher)) = &mut self.md5 {
            hasher.update(&data);
        }
        if let Some((_, hasher)) = &mut self.header_checksum {
            hasher.update(&data);
        }
        for (_, hasher) in &mut self.trailer_checksums {
            hasher.update(&data);
        }
        self.seen = seen;
        self.hold_back(data);
        Ok(())
    }

    /// Everything goes on but the last byte of the announced length. A payload of unknown length is
    /// only ever read whole (`collect`), where nothing goes on before [`Inspector::end`] anyway.
    fn hold_back(&mut self, mut data: Bytes) {
        if self.length == Some(self.seen) {
            // `data` is not empty.
            self.held = Some(data.split_off(data.len().saturating_sub(1)));
        }
        if !data.is_empty() {
            self.out.push_back(data);
        }
    }

    /// The next bytes that may go on.
    pub fn pop(&mut self) -> Option<Bytes> {
        self.out.pop_front()
    }

    /// The wire has ended: judges the whole, and only then lets the last byte go.
    ///
    /// # Errors
    /// When anything that was announced, signed or declared does not hold.
    pub fn end(&mut self) -> Result<Trailers, BodyError> {
        if let Some(decoder) = &self.decoder {
            decoder.finish()?;
        }
        if let Some(length) = self.length
            && self.seen != length
        {
            return Err(BodyError::Incomplete { seen: self.seen, length });
        }
        if let Some((expected, context)) = self.sha256.take()
            && context.finish().as_ref() != expected
        {
            return Err(BodyError::Sha256);
        }
        if let Some((expected, hasher)) = self.md5.take()
            && hasher.finish() != expected
        {
            return Err(BodyError::Md5);
        }
        if let Some((expected, hasher)) = self.header_checksum.take()
            && hasher.finish() != expected
        {
            return Err(BodyError::Checksum(expected.algorithm()));
        }
        let trailers = self.trailers.take().unwrap_or_default();
        for (algorithm, hasher) in self.trailer_checksums.drain(..) {
            verify_trailer(algorithm, hasher, &trailers)?;
        }
        self.out.extend(self.held.take());
        Ok(trailers)
    }

    /// Payload bytes that came so far.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }
}

fn verify_trailer(
    algorithm: Algorithm,
    hasher: Hasher,
    trailers: &Trailers,
) -> Result<(), BodyError> {
    let name = algorithm.header_name();
    let value = trailers.iter().find(|(trailer, _)| *trailer == name).map(|(_, value)| value);
    let expected = value
        .and_then(|value| value.to_str().ok())
        .and_then(|value| Checksum::parse(algorithm, value).ok())
        .ok_or(BodyError::Trailer(name))?;
    if hasher.finish() == expected { Ok(()) } else { Err(BodyError::Checksum(algorithm)) }
}
