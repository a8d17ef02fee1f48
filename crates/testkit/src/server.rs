//! A scripted HTTP/1.1 server on loopback that writes down everything it receives.
//!
//! [`FakeStore`](crate::store::FakeStore) and [`FakeIssuer`](crate::issuer::FakeIssuer) are this
//! server with a default behaviour; a test may also use it as it is.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use crate::PATIENCE;
use crate::answer::Answer;
use crate::wire::values;

mod connection;

/// How much of a body is kept; beyond it only length and digest go on.
pub const KEPT: usize = 8 * 1024 * 1024;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which connection it came on, counted from 0.
    pub connection: usize,
    /// Which request of that connection it was, counted from 0: above 0 the connection was reused.
    pub nth: usize,
    /// The head's bytes, with the empty line.
    pub head: Vec<u8>,
    /// The first word of the head.
    pub method: String,
    /// The second word of the head.
    pub target: String,
    /// Header fields in order; names keep their case.
    pub headers: Vec<(String, String)>,
    /// The body's bytes with their transfer framing, the first [`KEPT`] of them.
    pub wire_body: Vec<u8>,
    /// The payload without the transfer framing, the first [`KEPT`] bytes of it.
    pub body: Vec<u8>,
    /// Length of the payload that came, in bytes.
    pub body_length: u64,
    /// SHA-256 of the payload that came, in hex. Empty until the body has ended.
    pub body_sha256: String,
    /// Trailer fields of a chunked body.
    pub trailers: Vec<(String, String)>,
    /// How the body ended.
    pub arrival: Arrival,
}

/// How the body of a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is still coming.
    Arriving,
    /// As its framing announced: the only end that a store takes for a stored object.
    Whole,
    /// The connection ended in order, but too early.
    Cut,
    /// The connection was reset (or its TLS ended without notice).
    Reset,
    /// The framing was not HTTP/1.1.
    Nonsense,
    /// The script did not read it to its end.
    Unread,
}

/// How a connection ended, seen from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client closed it between two requests.
    Closed,
    /// The client closed or reset it in the middle of a request.
    InRequest,
    /// The client closed or reset it before it had the whole answer.
    InAnswer,
    /// The client reset it between two requests.
    Reset,
    /// The script ended it.
    ByServer,
    /// TLS did not come about.
    NoTls,
}

/// A connection as it went.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Requests whose head came on it.
    pub requests: usize,
    /// How it ended; `None` while it is open.
    pub ended: Option<Ended>,
}

impl Request {
    /// The only value of a header; `None` if there is none.
    ///
    /// # Panics
    ///
    /// If there are several: a test that does not expect that should hear of it.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = values(&self.headers, name);
        let first = found.next();
        assert!(found.next().is_none(), "several `{name}` headers in {:?}", self.headers);
        first
    }

    /// All header names, lower case, sorted.
    pub fn header_names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            self.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        names.sort();
        names
    }

    /// The target up to its `?`.
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The target after its `?`, empty if there is none.
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// Whether the request arrived as a store needs it to act on it.
    pub fn is_whole(&self) -> bool {
        self.arrival == Arrival::Whole
    }
}

type Handler = Box<dyn Fn(&Request) -> Answer + Send + Sync>;
type Matcher = Box<dyn Fn(&Request) -> bool + Send>;

#[derive(Default)]
struct Seen {
    requests: Vec<Request>,
    connections: Vec<Connection>,
    script: VecDeque<(Matcher, Answer)>,
}

struct Shared {
    seen: Mutex<Seen>,
    changed: watch::Sender<u64>,
    handler: Handler,
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update<R>(&self, change: impl FnOnce(&mut Seen) -> R) -> R {
        let result = change(&mut self.seen());
        self.changed.send_modify(|version| *version += 1);
        result
    }
}

/// A server on a loopback port of its own. Dropping it ends it and every connection.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts it, with TLS if a configuration is given. `handler` answers what no script answers; it
    /// sees the request with its body.
    pub fn start(
        tls: Option<Arc<rustls::ServerConfig>>,
        handler: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            seen: Mutex::default(),
            changed: watch::Sender::new(0),
            handler: Box::new(handler),
        });
        let (stop, stopped) = oneshot::channel();
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = connection::accept(&listener, tls, &of_thread) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next request that no earlier script takes gets this answer.
    pub fn push(&self, answer: Answer) {
        self.push_for(|_| true, answer);
    }

    /// The next request that `matches` (it sees the head, not the body) gets this answer.
    pub fn push_for(&self, matches: impl Fn(&Request) -> bool + Send + 'static, answer: Answer) {
        self.shared.seen().script.push_back((Box::new(matches), answer));
    }

    /// Drops every answer that was pushed and not used yet.
    pub fn forget_script(&self) {
        self.shared.seen().script.clear();
    }

    /// Everything received so far, in the order of arrival of the heads.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.seen().requests.clone()
    }

    /// The only request so far.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one.
    pub fn only_request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{:?}", lines(&requests));
        requests.into_iter().next().unwrap()
    }

    /// Every connection so far.
    pub fn connections(&self) -> Vec<Connection> {
        self.shared.seen().connections.clone()
    }

    /// Forgets what was received. Connections stay counted.
    pub fn forget_requests(&self) {
        self.shared.update(|seen| seen.requests.clear());
    }

    /// Waits until what was received is as wanted.
    ///
    /// # Panics
    ///
    /// After [`PATIENCE`], with what was received instead.
    pub async fn wait_until(&self, what: &str, wanted: impl Fn(&[Request], &[Connection]) -> bool) {
        let mut changed = self.shared.changed.subscribe();
        let reached = async {
            loop {
                changed.borrow_and_update();
                {
                    let seen = self.shared.seen();
                    if wanted(&seen.requests, &seen.connections) {
                        return;
                    }
                }
                changed.changed().await.unwrap();
            }
        };
        if tokio::time::timeout(PATIENCE, reached).await.is_err() {
            let requests = lines(&self.requests());
            panic!("waited in vain for {what}: {requests:?}, {:?}", self.connections());
        }
    }

    /// Waits for that many requests whose bodies have ended, one way or another.
    pub async fn wait_for_requests(&self, count: usize) -> Vec<Request> {
        self.wait_until(&format!("{count} requests"), |requests, _| {
            requests.iter().filter(|r| r.arrival != Arrival::Arriving).count() >= count
        })
        .await;
        self.requests()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                ended.expect("the server double panicked");
            }
        }
    }
}

fn lines(requests: &[Request]) -> Vec<String> {
    requests.iter().map(|r| format!("{} {} ({:?})", r.method, r.target, r.arrival)).collect()
}

/// An address of loopback where nothing listens.
pub fn closed_port() -> SocketAddr {
    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

#[cfg(test)]
mod tests;
