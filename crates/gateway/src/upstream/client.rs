//! A small pool of HTTP/1.1 connections to one store.
//!
//! A connection is lent to one exchange at a time. It comes back only when the answer was read to
//! its end *and* the request body was sent to its end: whatever was cut short closes the
//! connection, so that the bytes of one request can never be read as part of another.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::AbortHandle;
use tokio_rustls::TlsConnector;

use super::acknowledged::{Acknowledged, Awaited};
use super::body::OutgoingBody;
// As many as clients may send: what was written with an object comes back with it.
use crate::server::MAX_HEADERS;

/// Where a store listens and how to reach it.
#[derive(Clone)]
pub struct Address {
    /// Host name or IP literal (without brackets).
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// TLS settings; `None` for plain HTTP.
    pub tls: Option<Arc<rustls::ClientConfig>>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

/// What bounds the pool. Durations and counts come from the configuration's `limits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// TCP connect and TLS handshake together.
    pub connect_timeout: Duration,
    /// Connections to this store at one time, lent or idle.
    pub max_connections: usize,
    /// Connections that may be kept without an exchange.
    pub idle_connections: usize,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    /// How long a request waits for a free connection before it is shed.
    pub queue_timeout: Duration,
}

/// Why an exchange with the store did not give an answer.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// All connections are lent; the caller answers `SlowDown`.
    #[error("no connection to the store came free in time")]
    Saturated,
    /// No TCP connection or no TLS handshake in time.
    #[error("connecting to the store took too long")]
    ConnectTimeout,
    /// TCP connect failed.
    #[error("cannot connect to the store: {0}")]
    Connect(std::io::Error),
    /// The TLS handshake failed, for example because the certificate is not trusted.
    #[error("TLS handshake with the store failed: {0}")]
    Tls(std::io::Error),
    /// The host is neither a DNS name nor an IP address.
    #[error("the store's host is not a valid server name")]
    ServerName,
    /// HTTP went wrong before an answer's head was read.
    #[error("the exchange with the store failed: {0}")]
    Exchange(hyper::Error),
    /// The store did not begin to answer in time.
    #[error("the store did not answer in time")]
    FirstByteTimeout,
    /// The store closed while it was being sent something, and answered as if it had all of it.
    #[error("the store answered that all is well without reading all of the request")]
    Deaf,
    /// The store answered 499: it took us for gone. MinIO says so on a connection for ever, once a request on it took
    /// longer than its patience with a silent peer.
    #[error("the store takes the connection for closed")]
    TakenForGone,
    /// The store stopped taking the request's body.
    #[error("the store stopped taking the upload")]
    BodyTimeout,
}

/// What a server logs, and MinIO answers, when its peer has closed the connection (nginx's number).
const TAKEN_FOR_GONE: u16 = 499;

/// One connection to the store.
struct Connection {
    sender: SendRequest<OutgoingBody>,
    awaited: Awaited,
    /// Ends what drives it, with whatever is still being sent.
    _driver: Driver,
}

/// The task that reads and writes a connection. It ends with this: a request whose answer was read, or given up,
/// sends no more, and its connection is not there beyond the pool's limit.
struct Driver(AbortHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Idle {
    connection: Connection,
    since: Instant,
}

struct Shared {
    address: Address,
    limits: PoolLimits,
    // One permit an exchange; idle connections hold none, so a waiter is never kept waiting by a
    // connection that nobody uses.
    exchanges: Arc<Semaphore>,
    // Held for a push or a pop only, never across an await.
    idle: Mutex<Vec<Idle>>,
}

/// Connections to one store. Cheap to clone.
#[derive(Clone)]
pub struct Pool(Arc<Shared>);

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pool").field(&self.0.address).finish()
    }
}

impl Pool {
    /// What bounds it.
    #[must_use]
    pub fn limits(&self) -> PoolLimits {
        self.0.limits
    }

    /// An empty pool; connections are made when they are needed.
    #[must_use]
    pub fn new(address: Address, limits: PoolLimits) -> Self {
        Self(Arc::new(Shared {
            address,
            limits,
            exchanges: Arc::new(Semaphore::new(limits.max_connections)),
            idle: Mutex::new(Vec::new()),
        }))
    }

    /// Sends one request and waits for the head of the answer, as long as `patience` allows.
    ///
    /// A kept connection that the store closed meanwhile is replaced, as long as nothing of the
    /// request was written to it; a request is never sent twice.
    ///
    /// # Errors
    /// Every variant of [`UpstreamError`].
    pub async fn send(
        &self,
        mut request: Request<OutgoingBody>,
        patience: Patience,
    ) -> Result<Response<StoreBody>, UpstreamError> {
        let waiting = Arc::clone(&self.0.exchanges).acquire_owned();
        let permit = tokio::time::timeout(self.0.limits.queue_timeout, waiting)
            .await
            .map_err(|_elapsed| UpstreamError::Saturated)?
            .map_err(|_closed| UpstreamError::Saturated)?;
        loop {
            let (mut connection, reused) = match self.take_idle().await {
                Some(kept) => (kept, true),
                None => (self.connect_in_time().await?, false),
            };
            let progress = request.body().progress();
            connection.awaited.set(true);
            let exchange = connection.sender.try_send_request(request);
            match answer_in_time(exchange, &progress, patience).await? {
                Ok(response) if response.status().is_success() && connection.awaited.is_deaf() => {
                    return Err(UpstreamError::Deaf);
                }
                Ok(response) if response.status().as_u16() == TAKEN_FOR_GONE => {
                    return Err(UpstreamError::TakenForGone);
                }
                Ok(response) => {
                    let sent = progress.ended();
                    let lent = Lent { pool: self.clone(), connection, sent, _permit: permit };
                    return Ok(response.map(|body| StoreBody { body, lent: Some(lent) }));
                }
                Err(mut failed) => match failed.take_message() {
                    Some(unsent) if reused => request = unsent,
                    _ => return Err(UpstreamError::Exchange(failed.into_error())),
                },
            }
        }
    }

    /// The same, with a body that is held until the store wants it, as `Expect: 100-continue` asks it to say.
    ///
    /// # Errors
    /// As [`Pool::send`].
    pub async fn send_expecting(
        &self,
        request: Request<OutgoingBody>,
        patience: Patience,
    ) -> Result<Response<StoreBody>, UpstreamError> {
        let (tell, told) = oneshot::channel();
        let tell = Mutex::new(Some(tell));
        let mut request = request.map(|body| body.awaiting(told));
        request.headers_mut().insert(header::EXPECT, HeaderValue::from_static("100-continue"));
        hyper::ext::on_informational(&mut request, move |answer| {
            if answer.status() == StatusCode::CONTINUE
                && let Some(tell) = tell.lock().unwrap_or_else(PoisonError::into_inner).take()
            {
                // Nobody listens to a request that is over.
                let _ = tell.send(());
            }
        });
        self.send(request, patience).await
    }

    /// The most recently used connection that is still open. Older ones are closed as they expire.
    async fn take_idle(&self) -> Option<Connection> {
        loop {
            let mut candidate = self.pop_idle()?;
            // The answer before was read to its end, so the connection's task is about to say so.
            let ready = candidate.sender.ready();
            let ready = tokio::time::timeout(self.0.limits.connect_timeout, ready);
            if matches!(ready.await, Ok(Ok(()))) {
                return Some(candidate);
            }
        }
    }

    fn pop_idle(&self) -> Option<Connection> {
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let keep = self.0.limits.idle_timeout;
        idle.retain(|entry| {
            !entry.connection.sender.is_closed() && now.duration_since(entry.since) < keep
        });
        let ready = idle.iter().rposition(|entry| entry.connection.sender.is_ready());
        match ready {
            Some(index) => Some(idle.swap_remove(index).connection),
            None => idle.pop().map(|entry| entry.connection),
        }
    }

    fn give_back(&self, connection: Connection) {
        connection.awaited.set(false);
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.0.limits.idle_connections {
            idle.push(Idle { connection, since: Instant::now() });
        }
    }

    async fn connect_in_time(&self) -> Result<Connection, UpstreamError> {
        tokio::time::timeout(self.0.limits.connect_timeout, self.connect())
            .await
            .map_err(|_elapsed| UpstreamError::ConnectTimeout)?
    }

    async fn connect(&self) -> Result<Connection, UpstreamError> {
        let Address { host, port, tls } = &self.0.address;
        let tcp =
            TcpStream::connect((host.as_str(), *port)).await.map_err(UpstreamError::Connect)?;
        tcp.set_nodelay(true).map_err(UpstreamError::Connect)?;
        let awaited = Awaited::default();
        let tcp = Acknowledged::new(tcp, awaited.clone());
        let (sender, driver) = match tls {
            None => handshake(TokioIo::new(tcp)).await?,
            Some(config) => {
                let name = ServerName::try_from(host.clone())
                    .map_err(|_invalid| UpstreamError::ServerName)?;
                let connector = TlsConnector::from(Arc::clone(config));
                let stream = connector.connect(name, tcp).await.map_err(UpstreamError::Tls)?;
                handshake(TokioIo::new(stream)).await?
            }
        };
        Ok(Connection { sender, awaited, _driver: driver })
    }
}

/// How long a store may keep us waiting.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From the request's last byte to the answer's first.
    pub first_byte: Duration,
    /// Without taking a byte of the request's body.
    pub body_idle: Duration,
}

/// Waits for `exchange` as long as the request body moves, or the client is waited for (whose own
/// limit ends that), and for the answer no longer than the operation may take.
async fn answer_in_time<T>(
    exchange: impl Future<Output = T>,
    progress: &Progress,
    patience: Patience,
) -> Result<T, UpstreamError> {
    let mut exchange = std::pin::pin!(exchange);
    loop {
        let (seen, ended) = (progress.frames(), progress.ended());
        let limit = if ended { patience.first_byte } else { patience.body_idle };
        match tokio::time::timeout(limit, exchange.as_mut()).await {
            Ok(done) => return Ok(done),
            // A body that ended meanwhile starts the wait for the answer.
            Err(_elapsed) if ended == progress.ended() && progress.stands_still_since(seen) => {
                return Err(if ended {
                    UpstreamError::FirstByteTimeout
                } else {
                    UpstreamError::BodyTimeout
                });
            }
            Err(_elapsed) => {}
        }
    }
}

/// Larger than any answer head of a store that we know; bounds what a store can make us hold.
const MAX_ANSWER_HEAD: usize = 64 * 1024;

async fn handshake<T>(io: T) -> Result<(SendRequest<OutgoingBody>, Driver), UpstreamError>
where
    T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_ANSWER_HEAD)
        .max_headers(MAX_HEADERS)
        .handshake(io)
        .await
        .map_err(UpstreamError::Exchange)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "drives one connection; ends with it, or when the store closes"
    )]
    let driver = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection to the store ended");
        }
    });
    Ok((sender, Driver(driver.abort_handle())))
}

/// How far a request body has got: shared between the body and the exchange that carries it.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<ProgressInner>);

#[derive(Debug, Default)]
struct ProgressInner {
    frames: AtomicU64,
    waiting: AtomicBool,
    ended: AtomicBool,
}

impl Progress {
    /// A frame was handed over.
    pub fn moved(&self) {
        self.0.waiting.store(false, Ordering::Relaxed);
        self.0.frames.fetch_add(1, Ordering::Relaxed);
    }

    /// The store would take more, and the client has not sent it yet.
    pub fn waits(&self) {
        self.0.waiting.store(true, Ordering::Relaxed);
    }

    /// The body ended cleanly: everything was verified and handed over.
    pub fn end(&self) {
        self.0.ended.store(true, Ordering::Release);
    }

    /// Whether [`Progress::end`] was called.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.0.ended.load(Ordering::Acquire)
    }

    /// What changes while an upload lives: frames that went, or a client that is waited for (whose
    /// own stall limit ends it).
    fn stands_still_since(&self, frames: u64) -> bool {
        self.frames() == frames && (self.ended() || !self.0.waiting.load(Ordering::Relaxed))
    }

    fn frames(&self) -> u64 {
        self.0.frames.load(Ordering::Relaxed)
    }
}

struct Lent {
    pool: Pool,
    connection: Connection,
    /// Whether the request was sent to its end before the answer came: what was sent after it, the store may not have
    /// read as part of it.
    sent: bool,
    _permit: OwnedSemaphorePermit,
}

/// The body of a store's answer. Holds the connection until it was read to its end.
pub struct StoreBody {
    body: Incoming,
    lent: Option<Lent>,
}

impl std::fmt::Debug for StoreBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreBody").field("body", &self.body).finish_non_exhaustive()
    }
}

impl StoreBody {
    fn finished(&mut self) {
        if let Some(Lent { pool, connection, sent, _permit }) = self.lent.take()
            && sent
            && !connection.awaited.is_deaf()
            && !connection.sender.is_closed()
        {
            pool.give_back(connection);
        }
    }
}

impl Body for StoreBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(None) => self.finished(),
            Poll::Ready(Some(Ok(_))) if self.body.is_end_stream() => self.finished(),
            Poll::Ready(Some(Err(_))) => self.lent = None,
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for StoreBody {
    fn drop(&mut self) {
        // An answer without a body (HEAD, 204, 304) is at its end without ever being polled.
        if self.body.is_end_stream() {
            self.finished();
        }
    }
}
