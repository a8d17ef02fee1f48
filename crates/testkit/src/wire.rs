//! HTTP/1.1 bytes, read without judging them: both the server double and the client use this.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::{client, server};

/// A socket, plain or TLS.
pub(crate) enum Io {
    Plain(TcpStream),
    Server(Box<server::TlsStream<TcpStream>>),
    Client(Box<client::TlsStream<TcpStream>>),
}

macro_rules! each {
    ($self:expr, $io:ident => $call:expr) => {
        match $self.get_mut() {
            Io::Plain($io) => $call,
            Io::Server($io) => $call,
            Io::Client($io) => $call,
        }
    };
}

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(self, io => Pin::new(io).poll_read(cx, buf))
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        each!(self, io => Pin::new(io).poll_write(cx, buf))
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, io => Pin::new(io).poll_flush(cx))
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, io => Pin::new(io).poll_shutdown(cx))
    }
}

/// Why reading stopped before what was wanted had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// An orderly end.
    Eof,
    /// A reset, a TLS error, or a TLS stream without its closing message.
    Reset,
    /// Bytes that are not HTTP/1.1.
    Nonsense,
}

/// A socket and what was received from it but not yet used.
pub(crate) struct Wire {
    pub(crate) io: Io,
    buffer: BytesMut,
    resets: bool,
}

impl Wire {
    pub(crate) fn new(io: Io) -> Self {
        Self { io, buffer: BytesMut::new(), resets: false }
    }

    /// Makes the coming end a reset instead of an orderly one.
    pub(crate) fn reset(&mut self) {
        self.resets = true;
        let tcp = match &self.io {
            Io::Plain(tcp) => tcp,
            Io::Server(tls) => tls.get_ref().0,
            Io::Client(tls) => tls.get_ref().0,
        };
        // A socket that is gone already needs no reset.
        let _ = tcp.set_zero_linger();
    }

    /// Ends what we send in order, with the closing message of TLS, unless a reset is wanted.
    pub(crate) async fn end(&mut self) {
        if !self.resets {
            let _ = self.io.shutdown().await;
        }
    }

    /// Waits for more bytes.
    pub(crate) async fn fill(&mut self) -> Result<(), Cut> {
        match self.io.read_buf(&mut self.buffer).await {
            Ok(0) => Err(Cut::Eof),
            Ok(_) => Ok(()),
            Err(_) => Err(Cut::Reset),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Everything up to and with the empty line. `Ok(None)` is an orderly end before the first byte.
    pub(crate) async fn head(&mut self) -> Result<Option<Vec<u8>>, Cut> {
        let mut searched = 0;
        loop {
            let from = searched.min(self.buffer.len());
            if let Some(at) = find(&self.buffer[from..], b"\r\n\r\n") {
                return Ok(Some(self.buffer.split_to(from + at + 4).to_vec()));
            }
            searched = self.buffer.len().saturating_sub(3);
            match self.fill().await {
                Err(Cut::Eof) if self.buffer.is_empty() => return Ok(None),
                other => other?,
            }
        }
    }

    /// A line with its CRLF.
    async fn line(&mut self) -> Result<Vec<u8>, Cut> {
        loop {
            if let Some(at) = find(&self.buffer, b"\r\n") {
                return Ok(self.buffer.split_to(at + 2).to_vec());
            }
            self.fill().await?;
        }
    }

    /// The next piece of at most `left` bytes, at least one.
    pub(crate) async fn piece(&mut self, left: u64) -> Result<Vec<u8>, Cut> {
        if self.buffer.is_empty() {
            self.buffer.reserve(64 * 1024);
            self.fill().await?;
        }
        let take = usize::try_from(left).unwrap_or(usize::MAX).min(self.buffer.len());
        let piece = self.buffer[..take].to_vec();
        self.buffer.advance(take);
        Ok(piece)
    }

    /// The next line of a chunked body, which is a chunk's head.
    pub(crate) async fn chunk_head(&mut self) -> Result<(Vec<u8>, u64), Cut> {
        let line = self.line().await?;
        let text = std::str::from_utf8(&line).map_err(|_| Cut::Nonsense)?;
        let digits = text.trim_end().split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(digits, 16).map_err(|_| Cut::Nonsense)?;
        Ok((line, size))
    }

    /// The CRLF after a chunk.
    pub(crate) async fn chunk_end(&mut self) -> Result<Vec<u8>, Cut> {
        let line = self.line().await?;
        if line == b"\r\n" { Ok(line) } else { Err(Cut::Nonsense) }
    }

    /// Trailer lines up to and with the empty line: their bytes, and what they say.
    pub(crate) async fn trailers(&mut self) -> Result<(Vec<u8>, Vec<(String, String)>), Cut> {
        let mut bytes = Vec::new();
        let mut fields = Vec::new();
        loop {
            let line = self.line().await?;
            bytes.extend_from_slice(&line);
            if line == b"\r\n" {
                return Ok((bytes, fields));
            }
            fields.extend(field(&line[..line.len() - 2]));
        }
    }
}

/// A start line and the header fields of a head. Names keep their case, values their bytes
/// (as Latin-1, so that nothing is lost).
pub(crate) fn parse_head(head: &[u8]) -> (String, Vec<(String, String)>) {
    let mut lines =
        head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let start = latin1(lines.next().unwrap_or_default());
    (start, lines.filter_map(field).collect())
}

fn field(line: &[u8]) -> Option<(String, String)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let value = latin1(&line[colon + 1..]);
    Some((latin1(&line[..colon]), value.trim_matches([' ', '\t']).to_owned()))
}

/// One character for each byte.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The values of a header, by name without regard to case.
pub(crate) fn values<'h>(
    headers: &'h [(String, String)],
    name: &str,
) -> impl Iterator<Item = &'h str> {
    headers.iter().filter(move |(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
