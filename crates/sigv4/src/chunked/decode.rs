//! Decoding an `aws-chunked` body as it comes in, in pieces of any size.

use std::fmt;

use aws_lc_rs::digest;
use bytes::{Buf, Bytes};
use http::header::HeaderName;

use super::trailer::{Collector, Trailers};
use crate::error::ChunkError;
use crate::signature::{ChunkSeed, Signature, bytes32};

/// The longest line: a trailer's name and value. A chunk's own line is at most 97 bytes
/// (`<16 hex digits>;chunk-signature=<64 hex digits>`).
pub const MAX_LINE: usize = 1024;

/// A length in hex has at most so many digits: 64 bits.
const MAX_SIZE_DIGITS: usize = 16;

/// How the body is framed, after [`crate::Payload`].
#[derive(Debug)]
pub enum Framing {
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`
    UnsignedTrailer,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`
    Signed(ChunkSeed),
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`
    SignedTrailer(ChunkSeed),
}

/// What the decoder found.
#[derive(Debug)]
pub enum Event {
    /// Payload, a slice of what was put in, never empty. Nothing is proven about it yet: a chunk's
    /// signature and the whole body's length are known later. Whoever passes it on holds back at least
    /// the last byte until [`Event::Done`], so that a body that turns out wrong ends short.
    Data(Bytes),
    /// The body is complete: final chunk, every signature, the decoded length, and every declared
    /// trailer once. The only clean end.
    Done(Trailers),
}

/// A decoder of one body. Sans I/O: [`Decoder::decode`] as bytes arrive, [`Decoder::finish`] when no
/// more will. Memory is one line and the trailers, whatever the chunks claim.
pub struct Decoder {
    signing: Option<Signing>,
    trailer: bool,
    /// Payload that is still to come, by `x-amz-decoded-content-length`.
    left: u64,
    line: Vec<u8>,
    /// The last trailer ended in LF alone, so a CR LF is still to come.
    bare_lf: bool,
    collector: Collector,
    state: State,
}

/// What signed chunks need.
struct Signing {
    seed: ChunkSeed,
    hash: digest::Context,
    /// The signature in the header of the chunk that is being read.
    claimed: Option<Signature>,
}

#[derive(Clone, Copy)]
enum State {
    /// In the line before a chunk.
    Header,
    /// So much of the chunk is still to come, at least one byte.
    Data(u64),
    /// In the line end after a chunk's payload.
    DataEnd,
    /// In the lines after the final chunk.
    Trailer,
    Done,
    Failed(ChunkError),
}

impl Decoder {
    /// `decoded_length` is `x-amz-decoded-content-length`, which is required; `declared_trailers` are
    /// the names in `x-amz-trailer`. [`Framing::Signed`] has no trailers, so a declared one is missed.
    #[must_use]
    pub fn new(framing: Framing, decoded_length: u64, declared_trailers: Vec<HeaderName>) -> Self {
        let (seed, trailer) = match framing {
            Framing::UnsignedTrailer => (None, true),
            Framing::Signed(seed) => (Some(seed), false),
            Framing::SignedTrailer(seed) => (Some(seed), true),
        };
        let signing = seed.map(|seed| Signing {
            seed,
            hash: digest::Context::new(&digest::SHA256),
            claimed: None,
        });
        Self {
            signing,
            trailer,
            left: decoded_length,
            line: Vec::with_capacity(128),
            bare_lf: false,
            collector: Collector::new(declared_trailers),
            state: State::Header,
        }
    }

    /// Takes from the front of `input` until there is an event, or until all of it is taken
    /// (`Ok(None)`: more is needed). Call again with the same `input` after an event. Bytes behind the
    /// end are an error, in the same `input` or in a later one.
    ///
    /// # Errors
    /// The body is refused, now and at every later call.
    pub fn decode(&mut self, input: &mut Bytes) -> Result<Option<Event>, ChunkError> {
        let result = self.step(input);
        if let Err(error) = result {
            self.state = State::Failed(error);
        }
        result
    }

    /// The wire ended.
    ///
    /// # Errors
    /// [`ChunkError::Incomplete`] unless [`Event::Done`] was given; the earlier error if there was one.
    pub fn finish(&self) -> Result<(), ChunkError> {
        match self.state {
            State::Done => Ok(()),
            State::Failed(error) => Err(error),
            State::Header | State::Data(_) | State::DataEnd | State::Trailer => {
                Err(ChunkError::Incomplete)
            }
        }
    }

    fn step(&mut self, input: &mut Bytes) -> Result<Option<Event>, ChunkError> {
        loop {
            match self.state {
                State::Failed(error) => return Err(error),
                _ if input.is_empty() => return Ok(None),
                State::Done => return Err(ChunkError::AfterEnd),
                State::Data(size) => return self.data(size, input).map(Some),
                State::Header | State::DataEnd | State::Trailer => {
                    if !self.take_line(input)? {
                        return Ok(None);
                    }
                    let line = std::mem::take(&mut self.line);
                    let event = self.on_line(&line);
                    self.line = line;
                    self.line.clear();
                    match event? {
                        Some(Event::Done(_)) if !input.is_empty() => {
                            return Err(ChunkError::AfterEnd);
                        }
                        Some(event) => return Ok(Some(event)),
                        None => {}
                    }
                }
            }
        }
    }

    /// Moves bytes up to a line end into `self.line`; whether the line is complete, its end removed.
    fn take_line(&mut self, input: &mut Bytes) -> Result<bool, ChunkError> {
        let end = input.iter().position(|b| *b == b'\n');
        let taken = end.map_or(input.len(), |end| end + 1);
        if self.line.len() + taken > MAX_LINE {
            return Err(ChunkError::LineTooLong);
        }
        self.line.extend_from_slice(input.get(..taken).unwrap_or_default());
        input.advance(taken);
        if end.is_none() {
            return Ok(false);
        }
        let length = match self.line.as_slice() {
            [line @ .., b'\r', b'\n'] => {
                if self.bare_lf && !line.is_empty() {
                    return Err(ChunkError::Framing);
                }
                line.len()
            }
            // AWS's page on trailing headers ends a trailer in LF CR LF, and minio-go does so.
            [line @ .., b'\n'] if matches!(self.state, State::Trailer) && !line.is_empty() => {
                self.bare_lf = true;
                line.len()
            }
            // Nothing else ends a line: two readers must not disagree on where.
            _ => return Err(ChunkError::Framing),
        };
        self.line.truncate(length);
        Ok(true)
    }

    fn on_line(&mut self, line: &[u8]) -> Result<Option<Event>, ChunkError> {
        match self.state {
            State::Header => self.on_header(line).map(|()| None),
            State::DataEnd if line.is_empty() => {
                self.state = State::Header;
                Ok(None)
            }
            State::DataEnd => Err(ChunkError::Framing),
            State::Trailer => self.on_trailer(line),
            State::Data(_) | State::Done | State::Failed(_) => Err(ChunkError::Framing),
        }
    }

    /// `1a2b` or `1a2b;chunk-signature=...`
    fn on_header(&mut self, line: &[u8]) -> Result<(), ChunkError> {
        let mut parts = line.splitn(2, |b| *b == b';');
        let size = chunk_size(parts.next().unwrap_or_default())?;
        match (&mut self.signing, parts.next()) {
            (None, None) => {}
            (Some(signing), Some(extension)) => {
                let hex = extension.strip_prefix(b"chunk-signature=").ok_or(ChunkError::Framing)?;
                signing.claimed = Some(Signature::parse(hex).ok_or(ChunkError::Signature)?);
            }
            (None, Some(_)) | (Some(_), None) => return Err(ChunkError::Framing),
        }
        // Before a byte of it is taken.
        self.left = self.left.checked_sub(size).ok_or(ChunkError::TooLong)?;
        if size > 0 {
            self.state = State::Data(size);
            return Ok(());
        }
        if self.left > 0 {
            return Err(ChunkError::TooShort);
        }
        self.check_chunk()?;
        self.state = State::Trailer;
        Ok(())
    }

    fn data(&mut self, size: u64, input: &mut Bytes) -> Result<Event, ChunkError> {
        let here = usize::try_from(size).unwrap_or(usize::MAX).min(input.len());
        let data = input.split_to(here);
        if let Some(signing) = &mut self.signing {
            signing.hash.update(&data);
        }
        let rest = size.saturating_sub(here as u64);
        if rest > 0 {
            self.state = State::Data(rest);
        } else {
            self.check_chunk()?;
            self.state = State::DataEnd;
        }
        Ok(Event::Data(data))
    }

    /// The payload of a chunk has been read: does its signature hold?
    fn check_chunk(&mut self) -> Result<(), ChunkError> {
        let Some(signing) = &mut self.signing else { return Ok(()) };
        let fresh = digest::Context::new(&digest::SHA256);
        let hash = bytes32(std::mem::replace(&mut signing.hash, fresh).finish().as_ref());
        let claimed = signing.claimed.take().ok_or(ChunkError::Framing)?;
        if signing.seed.next_chunk(&hash).matches(&claimed) {
            Ok(())
        } else {
            Err(ChunkError::Signature)
        }
    }

    fn on_trailer(&mut self, line: &[u8]) -> Result<Option<Event>, ChunkError> {
        if line.is_empty() && self.bare_lf {
            self.bare_lf = false;
            return Ok(None);
        }
        if !line.is_empty() {
            if !self.trailer {
                return Err(ChunkError::Trailer);
            }
            self.collector.line(line, self.signing.is_some())?;
            return Ok(None);
        }
        let signing = self.signing.as_mut().filter(|_| self.trailer);
        let expected = signing.map(|signing| |hash: &[u8; 32]| signing.seed.next_trailer(hash));
        let trailers = self.collector.finish(expected)?;
        self.state = State::Done;
        Ok(Some(Event::Done(trailers)))
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").field("left", &self.left).finish_non_exhaustive()
    }
}

fn chunk_size(digits: &[u8]) -> Result<u64, ChunkError> {
    if digits.is_empty() || digits.len() > MAX_SIZE_DIGITS {
        return Err(ChunkError::Framing);
    }
    digits.iter().try_fold(0_u64, |size, digit| {
        let digit = char::from(*digit).to_digit(16).ok_or(ChunkError::Framing)?;
        Ok(size << 4 | u64::from(digit))
    })
}
