//! A client that sends exact bytes and says exactly what came back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::PATIENCE;
use crate::wire::{Cut, Io, Wire, parse_head, values};

/// A response as it came.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status of the final head; 0 if none came.
    pub status: u16,
    /// Header fields in order; names keep their case.
    pub headers: Vec<(String, String)>,
    /// The bytes of the final head.
    pub head: Vec<u8>,
    /// The payload without the transfer framing.
    pub body: Vec<u8>,
    /// Trailer fields.
    pub trailers: Vec<(String, String)>,
    /// Statuses of the interim heads before it, `100` among them.
    pub interim: Vec<u16>,
    /// How it ended.
    pub ended: Ended,
}

/// How a response ended. Only [`Ended::Whole`] is what a careful client takes for success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As its framing announced.
    Whole,
    /// With the connection, since it had no framing: a client cannot tell whether it is whole.
    WithConnection,
    /// The connection ended in order before the response was whole.
    Cut,
    /// The connection was reset before the response was whole.
    Reset,
    /// Its framing was not HTTP/1.1.
    Nonsense,
    /// Nothing more came for [`PATIENCE`], or for the time the test gave.
    Silence,
}

impl Response {
    /// The only value of a header.
    ///
    /// # Panics
    ///
    /// If there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = values(&self.headers, name);
        let first = found.next();
        assert!(found.next().is_none(), "several `{name}` headers in {:?}", self.headers);
        first
    }

    /// The body as text.
    ///
    /// # Panics
    ///
    /// If it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    /// The first element of that name in an XML body, without unescaping.
    pub fn xml(&self, element: &str) -> Option<&str> {
        let (_, rest) = self.text().split_once(&format!("<{element}>"))?;
        rest.split_once(&format!("</{element}>")).map(|(inner, _)| inner)
    }

    /// The `Code` of an error body.
    pub fn code(&self) -> Option<&str> {
        self.xml("Code")
    }
}

/// A connection to the gateway.
pub struct Connection {
    wire: Wire,
    patience: Duration,
}

impl Connection {
    /// Opens it with plain HTTP.
    pub async fn open(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        Self { wire: Wire::new(Io::Plain(socket)), patience: PATIENCE }
    }

    /// Opens it with TLS, as that host name.
    ///
    /// # Errors
    ///
    /// What the handshake says, e.g. of a certificate for another name.
    pub async fn open_tls(
        address: SocketAddr,
        host: &str,
        config: Arc<rustls::ClientConfig>,
    ) -> std::io::Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let tls = TlsConnector::from(config).connect(name, socket).await?;
        Ok(Self { wire: Wire::new(Io::Client(Box::new(tls))), patience: PATIENCE })
    }

    /// How long to wait for bytes before a response counts as [`Ended::Silence`].
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Sends bytes. A peer that has closed is no failure: its response says why.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        self.wire.io.write_all(bytes).await.is_ok() && self.wire.io.flush().await.is_ok()
    }

    /// Says that no more will be sent, while still reading.
    pub async fn finish_sending(&mut self) {
        self.wire.end().await;
    }

    /// Ends the connection with a reset.
    pub fn reset(mut self) {
        self.wire.reset();
    }

    /// Whether the gateway ends the connection in order, sending nothing more.
    pub async fn is_closed(&mut self) -> bool {
        self.wire.is_empty()
            && matches!(tokio::time::timeout(self.patience, self.wire.fill()).await, Ok(Err(_)))
    }

    /// Waits for an interim head (`100 Continue`) or a final one, and gives its status without
    /// taking a body.
    pub async fn status_line(&mut self) -> Option<u16> {
        let head = tokio::time::timeout(self.patience, self.wire.head()).await.ok()?.ok()??;
        Some(status_of(&parse_head(&head).0))
    }

    /// The response to a request that was sent with `method`.
    pub async fn response(&mut self, method: &str) -> Response {
        let (mut response, bodiless) = self.response_head(method).await;
        if response.status != 0 && !bodiless {
            self.body(&mut response).await;
        }
        response
    }

    /// The response's head alone, and whether no body follows. The body is then for
    /// [`Connection::some_body`].
    pub async fn response_head(&mut self, method: &str) -> (Response, bool) {
        let mut response = Response {
            status: 0,
            headers: Vec::new(),
            head: Vec::new(),
            body: Vec::new(),
            trailers: Vec::new(),
            interim: Vec::new(),
            ended: Ended::Whole,
        };
        loop {
            let head = match tokio::time::timeout(self.patience, self.wire.head()).await {
                Ok(Ok(Some(head))) => head,
                Ok(Ok(None)) => {
                    response.ended = Ended::Cut;
                    return (response, true);
                }
                Ok(Err(cut)) => {
                    response.ended = cut.into();
                    return (response, true);
                }
                Err(_) => {
                    response.ended = Ended::Silence;
                    return (response, true);
                }
            };
            let (start, headers) = parse_head(&head);
            let status = status_of(&start);
            if (100..200).contains(&status) && status != 101 {
                response.interim.push(status);
                continue;
            }
            (response.status, response.headers, response.head) = (status, headers, head);
            return (response, method == "HEAD" || matches!(status, 204 | 304));
        }
    }

    /// The next bytes of the wire, whatever they are, at most `limit`: a slow reader's way.
    pub async fn some_body(&mut self, limit: u64) -> Option<Vec<u8>> {
        tokio::time::timeout(self.patience, self.wire.piece(limit)).await.ok()?.ok()
    }

    async fn body(&mut self, response: &mut Response) {
        let chunked = values(&response.headers, "transfer-encoding")
            .any(|v| v.to_ascii_lowercase().contains("chunked"));
        let length = values(&response.headers, "content-length").next().map(str::parse::<u64>);
        response.ended = if chunked {
            self.chunks(response).await.err().unwrap_or(Ended::Whole)
        } else {
            match length {
                Some(Ok(length)) => {
                    self.exactly(length, response).await.err().unwrap_or(Ended::Whole)
                }
                Some(Err(_)) => Ended::Nonsense,
                None => match self.exactly(u64::MAX, response).await {
                    Err(Ended::Cut) => Ended::WithConnection,
                    other => other.err().unwrap_or(Ended::Whole),
                },
            }
        };
    }

    async fn exactly(&mut self, length: u64, response: &mut Response) -> Result<(), Ended> {
        let mut left = length;
        while left > 0 {
            let piece = within(self.patience, self.wire.piece(left)).await?;
            left -= piece.len() as u64;
            response.body.extend_from_slice(&piece);
        }
        Ok(())
    }

    async fn chunks(&mut self, response: &mut Response) -> Result<(), Ended> {
        loop {
            let (_, size) = within(self.patience, self.wire.chunk_head()).await?;
            if size == 0 {
                response.trailers = within(self.patience, self.wire.trailers()).await?.1;
                return Ok(());
            }
            self.exactly(size, response).await?;
            within(self.patience, self.wire.chunk_end()).await?;
        }
    }
}

/// Sends bytes on a connection of their own and reads one response.
pub async fn exchange(address: SocketAddr, bytes: &[u8]) -> Response {
    let mut connection = Connection::open(address).await;
    connection.send(bytes).await;
    let method = bytes.split(|byte| *byte == b' ').next().unwrap_or_default();
    connection.response(&String::from_utf8_lossy(method)).await
}

async fn within<T>(
    patience: Duration,
    read: impl Future<Output = Result<T, Cut>>,
) -> Result<T, Ended> {
    match tokio::time::timeout(patience, read).await {
        Ok(read) => read.map_err(Ended::from),
        Err(_) => Err(Ended::Silence),
    }
}

impl From<Cut> for Ended {
    fn from(cut: Cut) -> Self {
        match cut {
            Cut::Eof => Self::Cut,
            Cut::Reset => Self::Reset,
            Cut::Nonsense => Self::Nonsense,
        }
    }
}

fn status_of(start: &str) -> u16 {
    start.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_default()
}
