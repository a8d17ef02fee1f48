//! One small document over HTTP, from a host that we do not trust with more than the document.
//!
//! What holds for every fetch:
//! - `https` everywhere; `http` only to loopback, or where the provider says `allow_http`;
//! - the certificate is checked against the name in the URL, IP literals included, and must come
//!   from the provider's `ca_file` or, without one, from the system's authorities; there is no
//!   switch that turns this off;
//! - a redirect is an answer like any other that is not `200`: it is refused, not followed;
//! - the bearer token goes to the origin (scheme, host, port) that the configuration names, never
//!   to one that a document named;
//! - time and size have limits before the first byte is read.
//!
//! `ca_file` and `bearer_token_file` are read anew by each [`Fetcher::open`], because Kubernetes
//! replaces both while we run.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AGE, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, USER_AGENT};
use http::uri::Scheme;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::AsyncReadExt;

use super::Source;

/// How long a provider may take to accept a connection (TCP only). A healthy one needs
/// milliseconds; people wait for the login that caused the fetch.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one document may take from the name look-up to its last byte, so that a provider that
/// sends a byte now and then cannot hold the refresh.
const DOCUMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// The head of an answer, in bytes. Providers send 1 to 2 KiB.
const MAX_HEAD: usize = 32 * 1024;
/// A `ca_file`, in bytes: the bundle of a whole Linux distribution is about 230 KiB.
const MAX_CA_FILE: u64 = 1024 * 1024;
/// A bearer token, in bytes: Kubernetes' service account tokens are about 1 KiB.
const MAX_BEARER_FILE: u64 = 16 * 1024;

/// Why a document could not be had. The texts are for the log and the readiness page: they name
/// files and origins from the configuration, never the bearer token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("`{url}` is not an absolute http or https URL without user name and fragment")]
    BadUrl { url: String },
    #[error("`{url}` is plain http to another machine, and `allow_http` is not set")]
    PlainHttp { url: String },
    #[error("`{path}`: {reason}")]
    File { path: String, reason: String },
    #[error("TLS could not be set up: {0}")]
    Tls(String),
    #[error("`{url}` did not answer within {} s", DOCUMENT_TIMEOUT.as_secs())]
    Timeout { url: String },
    #[error("`{url}` could not be reached: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("`{url}` answered {status}, a redirect, which is not followed")]
    Redirect { url: String, status: u16 },
    #[error("`{url}` answered {status}{hint}")]
    Status { url: String, status: u16, hint: &'static str },
    #[error("`{url}` answered with a content encoding that was not asked for")]
    Encoded { url: String },
    #[error("`{url}` sent more than {limit} bytes")]
    TooLarge { url: String, limit: usize },
}

/// A document and how long its sender says that it stays fresh.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) bytes: Bytes,
    /// `max-age` less `Age`; `None` without one, or with `no-store` or `no-cache`.
    pub(crate) max_age: Option<Duration>,
}

/// Fetches the documents of one refresh of one provider.
pub(crate) struct Fetcher {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    allow_http: bool,
    bearer: Option<Bearer>,
}

struct Bearer {
    origin: Uri,
    value: HeaderValue,
}

impl Fetcher {
    /// Reads the provider's `ca_file` and `bearer_token_file` as they are now.
    pub(crate) async fn open(source: &Source, system: &RootCertStore) -> Result<Self, FetchError> {
        let roots = match &source.ca_file {
            Some(path) => read_roots(path).await?,
            None => system.clone(),
        };
        let bearer = match (&source.bearer_token_file, source.location.url()) {
            (Some(path), Some(url)) => {
                Some(Bearer { origin: parse_url(url)?, value: read_bearer(path).await? })
            }
            (Some(_) | None, _) => None,
        };
        Ok(Self { client: client(roots)?, allow_http: source.allow_http, bearer })
    }

    /// Fetches `url`, at most `limit` bytes.
    pub(crate) async fn get(&self, url: &str, limit: usize) -> Result<Document, FetchError> {
        let uri = parse_url(url)?;
        if uri.scheme() == Some(&Scheme::HTTP) && !is_loopback(&uri) && !self.allow_http {
            return Err(FetchError::PlainHttp { url: shown(&uri) });
        }
        let answer = tokio::time::timeout(DOCUMENT_TIMEOUT, self.exchange(&uri, limit)).await;
        answer.unwrap_or_else(|_| Err(FetchError::Timeout { url: shown(&uri) }))
    }

    async fn exchange(&self, uri: &Uri, limit: usize) -> Result<Document, FetchError> {
        let bearer = self.bearer.as_ref().filter(|bearer| same_origin(&bearer.origin, uri));
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = uri.clone();
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"));
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("fakes3pp/", env!("CARGO_PKG_VERSION"))),
        );
        if let Some(bearer) = bearer {
            headers.insert(AUTHORIZATION, bearer.value.clone());
        }
        let response = self.client.request(request).await.map_err(|error| {
            FetchError::Unreachable { url: shown(uri), reason: with_causes(&error) }
        })?;
        let withheld = self.bearer.is_some() && bearer.is_none();
        judge_head(uri, &response, limit, withheld)?;
        let max_age = max_age(response.headers());
        let body = Limited::new(response.into_body(), limit).collect().await;
        match body {
            Ok(body) => Ok(Document { bytes: body.to_bytes(), max_age }),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(FetchError::TooLarge { url: shown(uri), limit })
            }
            Err(error) => {
                let reason = with_causes(error.as_ref());
                Err(FetchError::Unreachable { url: shown(uri), reason })
            }
        }
    }
}

/// Only `200` with a plain body of an acceptable declared size goes on.
fn judge_head(
    uri: &Uri,
    response: &Response<Incoming>,
    limit: usize,
    bearer_withheld: bool,
) -> Result<(), FetchError> {
    let (url, status) = (shown(uri), response.status());
    if status.is_redirection() {
        return Err(FetchError::Redirect { url, status: status.as_u16() });
    }
    if status != StatusCode::OK {
        let hint = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if bearer_withheld => {
                "; the bearer token is sent only to the host that the configuration names: set \
                 `jwks_uri`"
            }
            _ => "",
        };
        return Err(FetchError::Status { url, status: status.as_u16(), hint });
    }
    if response.headers().get(CONTENT_ENCODING).is_some_and(|value| value != "identity") {
        return Err(FetchError::Encoded { url });
    }
    let declared = response.body().size_hint().lower();
    if usize::try_from(declared).map_or(true, |declared| declared > limit) {
        return Err(FetchError::TooLarge { url, limit });
    }
    Ok(())
}

fn client(
    roots: RootCertStore,
) -> Result<Client<HttpsConnector<HttpConnector>, Empty<Bytes>>, FetchError> {
    let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()
        .map_err(|error| FetchError::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        // Minutes lie between two fetches: a kept connection would be closed by then.
        .pool_max_idle_per_host(0)
        .retry_canceled_requests(false)
        .http1_max_buf_size(MAX_HEAD)
        .build(connector))
}

async fn read_roots(path: &Path) -> Result<RootCertStore, FetchError> {
    let pem = read_file(path, MAX_CA_FILE).await?;
    let problem = |reason: String| FetchError::File { path: path.display().to_string(), reason };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| problem(error.to_string()))?;
        roots.add(certificate).map_err(|error| problem(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(problem("holds no certificate in PEM form".to_owned()));
    }
    Ok(roots)
}

async fn read_bearer(path: &Path) -> Result<HeaderValue, FetchError> {
    let problem = |reason: &str| FetchError::File {
        path: path.display().to_string(),
        reason: reason.to_owned(),
    };
    let bytes = zeroize::Zeroizing::new(read_file(path, MAX_BEARER_FILE).await?);
    let token = bytes.trim_ascii();
    if token.is_empty() || !token.iter().all(u8::is_ascii_graphic) {
        return Err(problem("is not a bearer token: one word of visible ASCII"));
    }
    let line = zeroize::Zeroizing::new([b"Bearer ", token].concat());
    let mut value = HeaderValue::from_bytes(&line).map_err(|_| problem("is not a bearer token"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Reads a whole file of at most `limit` bytes.
pub(crate) async fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, FetchError> {
    let problem = |reason: String| FetchError::File { path: path.display().to_string(), reason };
    let file = tokio::fs::File::open(path).await.map_err(|error| problem(error.to_string()))?;
    let mut bytes = Vec::new();
    let mut file = file.take(limit.saturating_add(1));
    file.read_to_end(&mut bytes).await.map_err(|error| problem(error.to_string()))?;
    if u64::try_from(bytes.len()).map_or(true, |length| length > limit) {
        return Err(problem(format!("is larger than {limit} bytes")));
    }
    Ok(bytes)
}

/// An absolute `http` or `https` URL. A user name in it would end in logs, so it is refused.
pub(crate) fn parse_url(url: &str) -> Result<Uri, FetchError> {
    let bad = || FetchError::BadUrl { url: without_secrets(url) };
    if url.contains('#') {
        return Err(bad());
    }
    let uri: Uri = url.parse().map_err(|_| bad())?;
    let known = uri.scheme() == Some(&Scheme::HTTPS) || uri.scheme() == Some(&Scheme::HTTP);
    let authority = uri.authority().ok_or_else(bad)?;
    if !known || authority.as_str().contains('@') || authority.host().is_empty() {
        return Err(bad());
    }
    Ok(uri)
}

/// Whether a URL stays on this machine: a loopback address, or the name `localhost`, which
/// RFC 6761 section 6.3 keeps for it.
pub(crate) fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Same scheme, host and port (RFC 6454 section 4).
fn same_origin(a: &Uri, b: &Uri) -> bool {
    let host = |uri: &Uri| uri.host().unwrap_or_default().to_ascii_lowercase();
    a.scheme() == b.scheme() && host(a) == host(b) && port(a) == port(b)
}

fn port(uri: &Uri) -> u16 {
    let default = if uri.scheme() == Some(&Scheme::HTTP) { 80 } else { 443 };
    uri.port_u16().unwrap_or(default)
}

/// A URL for a message: without its query, which may hold a key.
fn shown(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    clip(&format!("{scheme}://{authority}{}", uri.path()))
}

/// The same for text that is not a URL: what stands before a query and outside a user name.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.rsplit_once('@') {
        Some((_, rest)) => clip(&format!("...@{rest}")),
        None => clip(url),
    }
}

/// Longest piece of a provider's text in a message, in characters.
const MAX_QUOTED: usize = 200;

/// Text from a document, for a message: on one line and not longer than [`MAX_QUOTED`].
pub(crate) fn clip(text: &str) -> String {
    text.chars().take(MAX_QUOTED).flat_map(char::escape_debug).collect()
}

/// `error: cause: cause`: hyper's own text says only that something failed.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

/// RFC 9111 section 5.2.2 as far as a private cache of one document needs it.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let mut seconds = None;
    for value in headers.get_all(CACHE_CONTROL) {
        for directive in value.to_str().unwrap_or_default().split(',') {
            let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "no-store" | "no-cache" => return None,
                "max-age" => seconds = argument.trim().trim_matches('"').parse::<u64>().ok(),
                _ => {}
            }
        }
    }
    let age = headers.get(AGE).and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
    seconds.map(|seconds| Duration::from_secs(seconds.saturating_sub(age.unwrap_or(0))))
}

#[cfg(test)]
mod tests;
