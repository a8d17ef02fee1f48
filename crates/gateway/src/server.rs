//! Listeners: sockets in, requests to the pipeline, answers out, everything bounded.

pub mod io;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::app::App;
use crate::pipeline::budget::{Place, Places};
use crate::pipeline::{self, Connection};
use crate::shutdown::{self, Signal, Trigger};
use io::{Busy, BusyGuard, StallGuard};

/// What a listener serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serves {
    /// The S3 API only.
    S3,
    /// The STS API only.
    Sts,
    /// Both on one port: STS is `POST /`, and `GET /` with an `Action`.
    Both,
    /// The admin endpoints.
    Admin,
}

/// A socket that accepts.
#[derive(Debug)]
pub enum Socket {
    /// TCP, with TLS where an acceptor is given to [`start`].
    Tcp(TcpListener),
    /// A unix socket and the path to remove at the end.
    Unix(UnixListener, PathBuf),
}

/// A listener's side of TLS, which a reload replaces for new connections.
pub type TlsSide = ArcSwap<rustls::ServerConfig>;

/// A bound listener that is not accepting yet.
pub struct Listener {
    /// What it serves.
    pub serves: Serves,
    /// Where.
    pub socket: Socket,
    /// What it speaks TLS with at a time, if it speaks TLS.
    pub tls: Option<Arc<TlsSide>>,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener")
            .field("serves", &self.serves)
            .field("socket", &self.socket)
            .field("tls", &self.tls.is_some())
            .finish()
    }
}

/// A running gateway. Dropping it stops accepting; [`Running::shutdown`] also waits.
#[derive(Debug)]
pub struct Running {
    addresses: Vec<(Serves, SocketAddr)>,
    trigger: Trigger,
    tasks: JoinSet<()>,
    sockets: Vec<PathBuf>,
}

impl Running {
    /// What is answered on which TCP address.
    #[must_use]
    pub fn addresses(&self) -> &[(Serves, SocketAddr)] {
        &self.addresses
    }

    /// The address on which `serves` is answered, with the port that the system chose for port 0.
    #[must_use]
    pub fn address(&self, serves: Serves) -> Option<SocketAddr> {
        self.addresses
            .iter()
            .find(|(what, _)| {
                *what == serves
                    || (*what == Serves::Both && matches!(serves, Serves::S3 | Serves::Sts))
            })
            .map(|(_, address)| *address)
    }

    /// Stops accepting, lets requests in flight finish for `grace`, then cuts them.
    pub async fn shutdown(mut self, grace: Duration) {
        self.trigger.stop();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_err() {
            tracing::warn!(?grace, "requests were cut: they did not end in time");
            self.tasks.shutdown().await;
        }
        for path in &self.sockets {
            // Somebody may have removed it already; that is what we want.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Starts accepting on all listeners.
///
/// # Errors
/// When a listener's own address cannot be read.
pub fn start(app: &Arc<App>, listeners: Vec<Listener>) -> std::io::Result<Running> {
    let (trigger, signal) = shutdown::channel();
    let mut running =
        Running { addresses: Vec::new(), trigger, tasks: JoinSet::new(), sockets: Vec::new() };
    for listener in listeners {
        match &listener.socket {
            Socket::Tcp(tcp) => running.addresses.push((listener.serves, tcp.local_addr()?)),
            Socket::Unix(_, path) => running.sockets.push(path.clone()),
        }
        let accepting = Accepting {
            app: Arc::clone(app),
            serves: listener.serves,
            tls: listener.tls,
            // Probes and scrapes must get through when clients use up all connections.
            slots: if listener.serves == Serves::Admin {
                Some(Places::new(ADMIN_CONNECTIONS))
            } else {
                None
            },
        };
        running.tasks.spawn(accepting.run(listener.socket, signal.clone()));
    }
    Ok(running)
}

/// Enough for every probe and scraper there is; few enough to be no resource.
const ADMIN_CONNECTIONS: usize = 64;

/// After a failed `accept` (out of file descriptors, mostly) the next try waits this long, so that
/// the loop does not spin while connections end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

struct Accepting {
    app: Arc<App>,
    serves: Serves,
    tls: Option<Arc<TlsSide>>,
    /// None: those that all clients share.
    slots: Option<Places>,
}

impl Accepting {
    async fn run(self, socket: Socket, signal: Signal) {
        let this = Arc::new(self);
        let mut connections = JoinSet::new();
        let mut stop = signal.clone();
        loop {
            tokio::select! {
                () = stop.wait() => break,
                Some(_ended) = connections.join_next(), if !connections.is_empty() => {}
                accepted = accept(&socket) => match accepted {
                    Ok(Accepted::Tcp(stream, peer)) => {
                        if let Some(slot) = this.slot(&stream) {
                            let this = Arc::clone(&this);
                            connections.spawn(this.tcp(stream, peer, slot, signal.clone()));
                        }
                    }
                    Ok(Accepted::Unix(stream)) => {
                        if let Some(slot) = this.places().take() {
                            let connection = Connection { peer: None, tls: None };
                            let this = Arc::clone(&this);
                            connections.spawn(this.http(stream, connection, slot, signal.clone()));
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(socket);
        while connections.join_next().await.is_some() {}
    }

    fn places(&self) -> &Places {
        self.slots.as_ref().unwrap_or(&self.app.connections)
    }

    fn slot(&self, stream: &TcpStream) -> Option<Place> {
        let slot = self.places().take();
        if slot.is_none() {
            self.app.metrics.shed.inc();
            if self.tls.is_none() {
                // The send buffer of a new connection is empty; what does not fit is not waited for.
                let _ = stream.try_write(match self.serves {
                    Serves::S3 | Serves::Both | Serves::Admin => pipeline::SHED_S3,
                    Serves::Sts => pipeline::SHED_STS,
                });
            }
        }
        slot
    }

    async fn tcp(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        slot: Place,
        signal: Signal,
    ) {
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let peer = Some(peer.ip());
        let Some(tls) = &self.tls else {
            return self.http(stream, Connection { peer, tls: None }, slot, signal).await;
        };
        let handshake = TlsAcceptor::from(tls.load_full()).accept(stream);
        match tokio::time::timeout(self.app.limits().tls_handshake_timeout, handshake).await {
            Ok(Ok(stream)) => {
                let tls = stream.get_ref().1.protocol_version();
                self.http(stream, Connection { peer, tls }, slot, signal).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
            Err(_elapsed) => tracing::debug!("TLS handshake took too long"),
        }
    }

    async fn http<T>(
        self: Arc<Self>,
        stream: T,
        connection: Connection,
        _slot: Place,
        mut signal: Signal,
    ) where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let limits = Arc::clone(&*self.app.limits());
        self.app.metrics.connections.inc();
        let busy = Busy::default();
        let (stall, head) = (limits.body_idle_timeout, limits.header_read_timeout);
        let io = TokioIo::new(StallGuard::new(stream, stall, head, busy.clone()));
        let service = service_fn(|request| self.answer(connection, busy.begin(), request));
        let mut served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.idle_timeout)
            // The buffer may grow past its limit by what is read at once; the head may not.
            .max_buf_size(limits.max_header_bytes.as_usize())
            .max_header_size(limits.max_header_bytes.as_usize())
            .max_headers(MAX_HEADERS)
            .serve_connection(io, service);
        let ended = tokio::select! {
            ended = std::future::poll_fn(|cx| served.poll_without_shutdown(cx)) => ended,
            () = signal.wait() => {
                Pin::new(&mut served).graceful_shutdown();
                std::future::poll_fn(|cx| served.poll_without_shutdown(cx)).await
            }
        };
        if let Err(error) = ended {
            // A head that cannot be read is nobody's request: there is no id, no operation and no
            // host to log, and hyper has answered it with a bare status. It is counted.
            if error.is_parse() {
                self.app.metrics.malformed.inc();
            }
            tracing::debug!(%error, peer = ?connection.peer, "connection ended");
        }
        linger(served.into_parts().io.into_inner()).await;
        self.app.metrics.connections.dec();
    }

    fn answer(
        &self,
        connection: Connection,
        busy: BusyGuard,
        request: Request<Incoming>,
    ) -> Pin<
        Box<
            dyn Future<Output = Result<Response<pipeline::Answer>, std::convert::Infallible>>
                + Send,
        >,
    > {
        let app = Arc::clone(&self.app);
        let serves = self.serves;
        Box::pin(async move {
            Ok(pipeline::answer(app, serves, connection, request)
                .await
                .map(|body| body.keeping(busy)))
        })
    }
}

/// S3 allows 2 KiB of user metadata and at most a few dozen other headers; this leaves room for
/// proxies that add their own.
pub(crate) const MAX_HEADERS: usize = 200;

/// How long and how much we read from a client after the last answer, so that it can read that
/// answer: closing a socket with unread bytes resets it, and a reset takes the answer with it.
/// 256 KiB covers what a client has in flight when it sees a refusal; more is cut.
const LINGER_TIME: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 256 * 1024;

async fn linger<T: AsyncRead + AsyncWrite + Unpin>(mut stream: T) {
    let drained = async {
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(LINGER_BYTES), &mut tokio::io::sink()).await
    };
    // Whatever happens here, the connection is closed next.
    let _ = tokio::time::timeout(LINGER_TIME, drained).await;
}

enum Accepted {
    Tcp(TcpStream, SocketAddr),
    Unix(tokio::net::UnixStream),
}

async fn accept(socket: &Socket) -> std::io::Result<Accepted> {
    match socket {
        Socket::Tcp(listener) => {
            let (stream, peer) = listener.accept().await?;
            Ok(Accepted::Tcp(stream, peer))
        }
        Socket::Unix(listener, _) => Ok(Accepted::Unix(listener.accept().await?.0)),
    }
}
