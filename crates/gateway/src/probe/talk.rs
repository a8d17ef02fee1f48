//! Talking to the store that is asked: signed requests of all kinds, right ones and broken ones.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use http_body_util::{BodyExt as _, Limited};
use rustls::pki_types::ServerName;
use s3::Outgoing;
use sigv4::Payload;
use sigv4::chunked::encode::{CRLF, Encoder};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::ProbeError;
use crate::clock;
use crate::config::{Addressing, Scheme, Store};
use crate::snapshot::{StoreHandle, StoreSigner};
use crate::upstream::body::OutgoingBody;
use crate::upstream::client::Patience;
use crate::upstream::tls;

/// Most of an answer that is read: no answer to what is asked here has a hundredth of it.
const MAX_ANSWER: usize = 1024 * 1024;

/// For an answer, and for a piece of it.
const PATIENCE: Patience =
    Patience { first_byte: Duration::from_secs(30), body_idle: Duration::from_secs(30) };

/// One request.
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    /// Nothing for the bucket.
    pub(super) key: &'a str,
    /// Encoded, without `?`.
    pub(super) query: &'a str,
    pub(super) headers: &'a [(&'static str, &'a str)],
    pub(super) payload: Payload,
    pub(super) body: Bytes,
    /// Where the bucket stands.
    pub(super) addressing: Addressing,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The text of the first element of this name.
    pub(super) fn element(&self, name: &str) -> Option<String> {
        let text = self.text();
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once("</").map(|(value, _)| value.to_owned())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Status and code, for people.
    pub(super) fn shown(&self) -> String {
        let code: String = self.element("Code").unwrap_or_default();
        let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
        format!("{} {code}", self.status).trim_end().to_owned()
    }
}

/// A store and the keys to it.
pub(super) struct Talk<'a> {
    pub(super) store: &'a Arc<Store>,
    pub(super) handle: &'a StoreHandle,
    pub(super) signer: &'a StoreSigner,
    pub(super) bucket: String,
}

/// A key as it stands in a path.
pub(super) fn encoded(key: &str) -> String {
    let text: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
    text.replace('+', "%20").replace("%2F", "/")
}

/// The query that names an upload.
pub(super) fn upload_query(id: &str) -> String {
    format!("uploadId={}", encoded(id).replace('/', "%2F"))
}

/// The query of its first part.
pub(super) fn part_query(id: &str) -> String {
    format!("partNumber=1&{}", upload_query(id))
}

impl Talk<'_> {
    pub(super) async fn ask(&self, ask: Ask<'_>) -> Result<Answer, ProbeError> {
        let body = OutgoingBody::whole(ask.body.clone());
        let outgoing = self.outgoing(&ask)?;
        self.send(self.signer.request(outgoing, body, &ask.payload, clock::now())?).await
    }

    async fn send(&self, request: Request<OutgoingBody>) -> Result<Answer, ProbeError> {
        let (parts, body) = self.handle.pool.send(request, PATIENCE).await?.into_parts();
        let read =
            tokio::time::timeout(PATIENCE.body_idle, Limited::new(body, MAX_ANSWER).collect());
        let body = match read.await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) => return Err(ProbeError::Answer(error.to_string())),
            Err(_) => return Err(ProbeError::Answer("it does not end".to_owned())),
        };
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    /// A PUT of one signed chunk.
    pub(super) async fn put_signed_chunk(
        &self,
        key: &str,
        payload: &[u8],
    ) -> Result<Answer, ProbeError> {
        let length = payload.len().to_string();
        let headers =
            [("content-encoding", "aws-chunked"), ("x-amz-decoded-content-length", &*length)];
        let outgoing = self.outgoing(&Ask {
            method: Method::PUT,
            key,
            query: "",
            headers: &headers,
            payload: Payload::StreamingSigned,
            body: Bytes::new(),
            addressing: self.store.addressing,
        })?;
        let body = |seed| {
            let mut encoder = Encoder::signed(seed);
            let line = encoder.chunk(payload);
            OutgoingBody::whole([&line, payload, &CRLF, &encoder.finish(&[])].concat().into())
        };
        self.send(self.signer.chunked_request(outgoing, body, clock::now())?).await
    }

    fn outgoing(&self, ask: &Ask<'_>) -> Result<Outgoing, ProbeError> {
        let authority = self.store.endpoint.authority();
        let key = encoded(ask.key);
        let (host, path) = match ask.addressing {
            Addressing::Path if key.is_empty() => (authority, format!("/{}", self.bucket)),
            Addressing::Path => (authority, format!("/{}/{key}", self.bucket)),
            Addressing::Virtual => (format!("{}.{authority}", self.bucket), format!("/{key}")),
        };
        let mut headers = HeaderMap::new();
        let value = |text: &str| HeaderValue::from_str(text).map_err(|_| ProbeError::Request);
        headers.insert(header::HOST, value(&host)?);
        for (name, text) in ask.headers {
            headers.insert(HeaderName::from_static(name), value(text)?);
        }
        let (method, query) = (ask.method.clone(), ask.query.to_owned());
        Ok(Outgoing { method, path, query, headers })
    }

    /// Sends a request whose body is a byte short, closes the connection, and gives the status that came back, if
    /// one did.
    pub(super) async fn cut(&self, ask: Ask<'_>) -> Result<Option<u16>, ProbeError> {
        let cut = tokio::time::timeout(PATIENCE.first_byte, self.cut_in_time(ask));
        cut.await.map_err(|_| ProbeError::Answer("the store does not read".to_owned()))?
    }

    async fn cut_in_time(&self, ask: Ask<'_>) -> Result<Option<u16>, ProbeError> {
        let mut outgoing = self.outgoing(&ask)?;
        outgoing.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(ask.body.len()));
        let body = OutgoingBody::empty();
        let request = self.signer.request(outgoing, body, &ask.payload, clock::now())?;
        let mut wire = format!("{} {} HTTP/1.1\r\n", request.method(), request.uri()).into_bytes();
        for (name, value) in request.headers() {
            // A body that is empty says so by itself.
            let value = match *name {
                header::CONTENT_LENGTH => HeaderValue::from(ask.body.len()),
                _ => value.clone(),
            };
            wire.extend_from_slice(name.as_str().as_bytes());
            wire.extend_from_slice(b": ");
            wire.extend_from_slice(value.as_bytes());
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b"\r\n");
        wire.extend_from_slice(
            ask.body.get(..ask.body.len().saturating_sub(1)).unwrap_or_default(),
        );
        let endpoint = &self.store.endpoint;
        let tcp = TcpStream::connect((endpoint.host(), endpoint.port()));
        let tcp = tcp.await.map_err(ProbeError::Connection)?;
        match endpoint.scheme() {
            Scheme::Http => send_and_close(tcp, &wire).await,
            Scheme::Https => {
                let config = tls::client_config(self.store)
                    .map_err(|error| ProbeError::Answer(error.to_string()))?;
                let name = ServerName::try_from(endpoint.host().to_owned())
                    .map_err(|_| ProbeError::Request)?;
                let stream = TlsConnector::from(config).connect(name, tcp).await;
                send_and_close(stream.map_err(ProbeError::Connection)?, &wire).await
            }
        }
    }
}

/// The store sees the end of the stream where a byte is missing, and has time to do with that what it does.
async fn send_and_close<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    wire: &[u8],
) -> Result<Option<u16>, ProbeError> {
    // A store that refuses at once may close before it has all.
    let sent = stream.write_all(wire).await;
    let sent = match sent {
        Ok(()) => stream.shutdown().await,
        Err(error) => Err(error),
    };
    // It may answer, close, or wait: whatever it does with the upload is done by then.
    let mut answer = Vec::new();
    let mut reading = stream.take(MAX_ANSWER as u64);
    let _ = tokio::time::timeout(CUT_PATIENCE, reading.read_to_end(&mut answer)).await;
    let status = std::str::from_utf8(answer.get(9..12).unwrap_or_default()).ok();
    match status.and_then(|digits| digits.parse().ok()) {
        Some(status) => Ok(Some(status)),
        None => sent.map(|()| None).map_err(ProbeError::Connection),
    }
}

/// A store that waits longer for a byte that is missing is asked before it has decided; it would have had to
/// keep what came for that long, and nobody's client waits longer either.
const CUT_PATIENCE: Duration = Duration::from_secs(5);
