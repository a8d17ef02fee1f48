//! A payload on its way to a store in `aws-chunked` framing, with the checksum that came as a trailer as a
//! trailer again: the only way to give a store a checksum that is not known before the payload has gone.

use std::collections::VecDeque;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderName;
use s3::checksum::Algorithm;
use sigv4::chunked::encode::{CRLF, Encoder, Kind, encoded_length, unsigned_line};

use super::VerifiedStream;
use crate::upstream::body::Unverified;

/// Payload of a chunk. AWS demands 8 KiB or more of all but the last; of 64 KiB the framing is one in 6,000.
const CHUNK: u64 = 64 * 1024;

/// A [`VerifiedStream`], framed.
#[derive(Debug)]
pub struct FramedStream {
    stream: VerifiedStream,
    trailer: Algorithm,
    /// Payload that is not framed yet.
    payload: u64,
    /// Payload that belongs to the chunk whose line has gone.
    chunk: u64,
    /// Bytes that have not been handed over yet, framing included.
    remaining: u64,
    out: VecDeque<Bytes>,
    ended: bool,
}

impl FramedStream {
    /// Frames `length` bytes of payload, whose trailer the stream has verified when it ends. None if
    /// the framed length does not fit 64 bits.
    #[must_use]
    pub fn new(stream: VerifiedStream, length: u64, trailer: Algorithm) -> Option<Self> {
        let name = HeaderName::from_static(trailer.header_name());
        let trailers = [(&name, trailer.base64_length())];
        let remaining = encoded_length(Kind::UnsignedTrailer, length, CHUNK, &trailers)?;
        let (payload, chunk, out) = (length, 0, VecDeque::new());
        Some(Self { stream, trailer, payload, chunk, remaining, out, ended: false })
    }

    /// Bytes that have not been handed over yet, framing included.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    /// Whether everything was verified and handed over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.ended && self.remaining == 0
    }

    /// The next framed bytes.
    pub fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Unverified>>> {
        loop {
            if let Some(data) = self.out.pop_front() {
                self.remaining = self.remaining.saturating_sub(data.len() as u64);
                return Poll::Ready(Some(Ok(data)));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match self.stream.poll_data(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(data))) => self.frame(data),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => {
                    if !self.end() {
                        return Poll::Ready(Some(Err(Unverified)));
                    }
                }
            }
        }
    }

    fn frame(&mut self, mut data: Bytes) {
        // More than was announced the stream refuses; here it would end nothing.
        while !data.is_empty() && self.payload > 0 {
            if self.chunk == 0 {
                self.chunk = self.payload.min(CHUNK);
                self.out.push_back(unsigned_line(self.chunk));
            }
            let fits = usize::try_from(self.chunk).unwrap_or(usize::MAX).min(data.len());
            let piece = data.split_to(fits);
            self.chunk = self.chunk.saturating_sub(piece.len() as u64);
            self.payload = self.payload.saturating_sub(piece.len() as u64);
            self.out.push_back(piece);
            if self.chunk == 0 {
                self.out.push_back(CRLF);
            }
        }
    }

    /// The verified trailer and nothing else of what the client sent behind its payload.
    fn end(&mut self) -> bool {
        let name = self.trailer.header_name();
        let trailers = self.stream.verdict().trailers().unwrap_or_default();
        let Some(trailer) = trailers.into_iter().find(|(known, _)| *known == name) else {
            return false;
        };
        if trailer.1.as_bytes().trim_ascii().len() != self.trailer.base64_length() {
            return false;
        }
        self.out.push_back(Encoder::unsigned_trailer().finish(&[trailer]));
        self.ended = true;
        true
    }
}
