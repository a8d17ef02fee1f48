//! The small HTTP/1.1 server under the embedded store and the embedded issuer. Both are for one
//! machine's loopback.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::StartError;

/// Connections at once; more wait in the listener's queue. The gateway and one user's tools are all
/// that comes.
const MAX_CONNECTIONS: usize = 512;

/// A request head that takes longer is cut off, so that half-open connections cannot use up the
/// permits.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How long answers under way may take once the demo stops; then they are cut off.
const GRACE: Duration = Duration::from_secs(2);

/// A running server. Dropping it cuts everything off; [`Server::stop`] lets answers end first.
pub(crate) struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    acceptor: JoinSet<()>,
}

impl Server {
    /// A listener on a free loopback port.
    pub(crate) async fn listen() -> Result<TcpListener, StartError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
    }

    /// Serves what comes in on `listener` with `service`.
    pub(crate) fn start<S, B>(listener: TcpListener, service: S) -> Result<Self, StartError>
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let unknown = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let address = listener
            .local_addr()
            .map_err(|source| StartError::Listen { address: unknown, source })?;
        let (stop, stopping) = watch::channel(false);
        let mut acceptor = JoinSet::new();
        acceptor.spawn(accept(listener, service, stopping));
        Ok(Self { address, stop, acceptor })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections, lets answers end for a moment, then returns with every task gone.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.acceptor.join_next().await.is_some() {}
    }
}

async fn accept<S, B>(listener: TcpListener, service: S, mut stopping: watch::Receiver<bool>)
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (listener.accept().await, permit)
        };
        tokio::select! {
            _ = stopping.changed() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            (accepted, permit) = next => match accepted {
                Ok((socket, _)) => {
                    let connection = serve(socket, service.clone(), stopping.clone());
                    connections.spawn(async move {
                        connection.await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    // Out of file descriptors, most likely: it passes, and must not spin meanwhile.
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    drop(listener);
    // What is left after the grace ends with the set.
    let _cut_off =
        tokio::time::timeout(GRACE, async { while connections.join_next().await.is_some() {} })
            .await;
}

async fn serve<S, B>(socket: TcpStream, service: S, mut stopping: watch::Receiver<bool>)
where
    S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // Small answers go out at once instead of waiting for the peer's delayed acknowledgement.
    let _best_effort = socket.set_nodelay(true);
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_READ_TIMEOUT)
            .serve_connection(TokioIo::new(socket), service)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body_util::Full;
    use hyper::service::service_fn;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::client::Client;

    async fn slow() -> Server {
        let service = service_fn(|_request| async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"done"))))
        });
        Server::start(Server::listen().await.unwrap(), service).unwrap()
    }

    fn request() -> Request<Full<Bytes>> {
        Request::get("/").header("host", "127.0.0.1").body(Full::default()).unwrap()
    }

    #[tokio::test]
    async fn stopping_lets_an_answer_end_and_ends_the_rest() {
        let server = slow().await;
        let address = server.address();
        assert!(address.ip().is_loopback());
        let mut idle = TcpStream::connect(address).await.unwrap();
        let client = Client::new(address, None).unwrap();
        let stopping = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            server.stop().await;
        };
        let (answer, ()) = tokio::join!(client.send(request()), stopping);
        assert_eq!(answer.unwrap().body().as_ref(), b"done");
        assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0);
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn dropping_cuts_off() {
        let server = slow().await;
        let address = server.address();
        let mut asked = TcpStream::connect(address).await.unwrap();
        asked.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(server);
        // A clean end or a reset, but no answer.
        let mut answer = Vec::new();
        let _either = asked.read_to_end(&mut answer).await;
        assert!(answer.is_empty());
    }
}
