//! A double of an S3 store: records everything, keeps small objects, and misbehaves as told.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest;

use crate::answer::Answer;
use crate::server::{Request, Server};

/// An object that the double keeps.
#[derive(Clone, Debug, Default)]
pub struct Object {
    /// Its bytes.
    pub body: Vec<u8>,
    /// The headers it came with that an object keeps: content-type and its kin, user metadata.
    pub headers: Vec<(String, String)>,
}

type Objects = Arc<Mutex<BTreeMap<String, Object>>>;

/// A store on a loopback port. Without a script it does what a store would do to a whole `PUT`, `GET`,
/// `HEAD` and `DELETE` of a path, taken literally, without checking a signature; anything else is an
/// empty `200`. A `PUT` that arrived broken stores nothing.
///
/// It is a [`Server`]: scripts, requests and connections are there.
pub struct FakeStore {
    server: Server,
    objects: Objects,
    tls: bool,
}

impl FakeStore {
    /// Starts it with plain HTTP.
    pub fn start() -> Self {
        Self::build(None)
    }

    /// Starts it with TLS; see [`Authority::server_config`](crate::tls::Authority::server_config).
    pub fn start_tls(config: Arc<rustls::ServerConfig>) -> Self {
        Self::build(Some(config))
    }

    fn build(config: Option<Arc<rustls::ServerConfig>>) -> Self {
        let objects = Objects::default();
        let of_handler = Arc::clone(&objects);
        let tls = config.is_some();
        let server = Server::start(config, move |request| behave(&of_handler, request));
        Self { server, objects, tls }
    }

    /// `http://127.0.0.1:PORT`, or with `https`.
    pub fn url(&self) -> String {
        format!("http{}://{}", if self.tls { "s" } else { "" }, self.server.address())
    }

    /// What is stored at a path (as the gateway wrote it, without query).
    pub fn object(&self, path: &str) -> Option<Object> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }

    /// Stores an object without a request.
    pub fn put(&self, path: &str, body: &[u8], headers: &[(&str, &str)]) {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let object = Object { body: body.to_vec(), headers };
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), object);
    }
}

impl Deref for FakeStore {
    type Target = Server;
    fn deref(&self) -> &Server {
        &self.server
    }
}

fn behave(objects: &Objects, request: &Request) -> Answer {
    if !request.query().is_empty() && request.query() != "x-id=PutObject" {
        return Answer::ok();
    }
    let mut objects = objects.lock().unwrap_or_else(PoisonError::into_inner);
    match request.method.as_str() {
        "PUT" if request.is_whole() && request.header("x-amz-copy-source").is_none() => {
            let headers = request.headers.iter().filter(|(name, _)| kept(name)).cloned().collect();
            let object = Object { body: request.body.clone(), headers };
            let etag = etag(&object.body);
            objects.insert(request.path().to_owned(), object);
            Answer::ok().header("etag", &etag)
        }
        "GET" | "HEAD" => objects
            .get(request.path())
            .map_or_else(|| Answer::error(404, "NoSuchKey"), |object| found(object, request)),
        "DELETE" => {
            objects.remove(request.path());
            Answer::status(204)
        }
        _ => Answer::ok(),
    }
}

fn found(object: &Object, request: &Request) -> Answer {
    let mut answer = Answer::ok()
        .header("etag", &etag(&object.body))
        .header("last-modified", "Fri, 02 Jan 2026 03:04:05 GMT")
        .header("accept-ranges", "bytes");
    for (name, value) in &object.headers {
        answer = answer.header(name, value);
    }
    let range = request.header("range").and_then(|range| {
        let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
        let from = from.parse::<usize>().ok()?;
        Some((from, to.parse::<usize>().map_or(object.body.len(), |to| to + 1)))
    });
    match range {
        Some((from, to)) if from < to && to <= object.body.len() => {
            let span = format!("bytes {from}-{}/{}", to - 1, object.body.len());
            let body = object.body[from..to].to_vec();
            Answer { status: 206, ..answer }.header("content-range", &span).body(body)
        }
        _ => answer.body(object.body.clone()),
    }
}

fn kept(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("x-amz-meta-")
        || matches!(
            name.as_str(),
            "content-type"
                | "content-encoding"
                | "content-language"
                | "content-disposition"
                | "cache-control"
                | "expires"
        )
}

/// Not MD5, but as long as one and different for different bytes.
fn etag(body: &[u8]) -> String {
    let hash = hex::encode(digest::digest(&digest::SHA256, body));
    format!("\"{}\"", &hash[..32])
}
