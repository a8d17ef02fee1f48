//! Requests out of files: raw HTTP, or lines of JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use s3::Presigned;
use serde::Deserialize;
use serde_json::Value as Json;

/// Most headers of a raw request: as many as the gateway takes of a client.
const MAX_HEADERS: usize = 100;

/// A request that nobody sent.
pub(crate) struct Request {
    /// What the line calls itself, or its number.
    pub(crate) id: Option<Json>,
    pub(crate) method: Method,
    /// As on the wire.
    pub(crate) path: String,
    /// As on the wire, without `?`.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// The line's own `host`, before the header.
    host: Option<String>,
    /// A line that was written by hand leaves the signature out, and means one.
    by_hand: bool,
}

/// Why something is no request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    /// Not the JSON of a request.
    #[error("not a request: {0}")]
    Json(#[from] serde_json::Error),
    /// Not the head of an HTTP request.
    #[error("not an HTTP request: {0}")]
    Http(String),
    /// A part that no request can have.
    #[error("not a request: {0}")]
    Part(String),
}

#[derive(Deserialize)]
struct Line {
    id: Option<Json>,
    variant: Option<String>,
    method: String,
    host: Option<String>,
    path: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body_base64: String,
}

impl Request {
    /// A line of JSON: `{id, method, host, path, query, headers, body_base64}`.
    pub(crate) fn of_line(text: &str) -> Result<Self, RequestError> {
        let line: Line = serde_json::from_str(text)?;
        let part = |what: &str| RequestError::Part(what.to_owned());
        let mut headers = HeaderMap::new();
        for (name, value) in &line.headers {
            let name =
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| part("a header name"))?;
            let value = HeaderValue::from_bytes(value.as_bytes());
            headers.append(name, value.map_err(|_| part("a header value"))?);
        }
        Ok(Self {
            id: line.id,
            method: line.method.parse().map_err(|_| part("the method"))?,
            path: line.path,
            query: line.query,
            headers,
            body: STANDARD.decode(&line.body_base64).map_err(|_| part("body_base64"))?,
            host: line.host,
            by_hand: line.variant.as_deref() == Some("hand"),
        })
    }

    /// A request as on the wire, head and body.
    pub(crate) fn of_http(bytes: &[u8]) -> Result<Self, RequestError> {
        let bytes = with_crlf(bytes);
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut head = httparse::Request::new(&mut headers);
        let parsed = head.parse(&bytes).map_err(|error| RequestError::Http(error.to_string()))?;
        let httparse::Status::Complete(length) = parsed else {
            return Err(RequestError::Http("the empty line behind the head is missing".to_owned()));
        };
        let part = |what: &str| RequestError::Part(what.to_owned());
        let target = head.path.unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut map = HeaderMap::new();
        for header in head.headers.iter() {
            let name = HeaderName::from_bytes(header.name.as_bytes());
            let value = HeaderValue::from_bytes(header.value);
            map.append(
                name.map_err(|_| part("a header name"))?,
                value.map_err(|_| part("a header value"))?,
            );
        }
        Ok(Self {
            id: None,
            method: head.method.unwrap_or_default().parse().map_err(|_| part("the method"))?,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: map,
            body: bytes.get(length..).unwrap_or_default().to_vec(),
            host: None,
            by_hand: false,
        })
    }

    /// The host that it is for.
    pub(crate) fn host(&self) -> &str {
        self.host.as_deref().or_else(|| self.header("host")).unwrap_or_default()
    }

    /// Whether the line says so itself, whatever the headers say.
    pub(crate) fn names_host(&self) -> bool {
        self.host.is_some()
    }

    /// A header's first value, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether there is a signature in the headers, or meant to be one.
    pub(crate) fn says_signed(&self) -> bool {
        self.by_hand || self.headers.contains_key(http::header::AUTHORIZATION)
    }

    /// Whether that one is of this scheme.
    pub(crate) fn says_signed_with(&self, scheme: &str) -> bool {
        let said = self.header("authorization").and_then(|value| value.split(' ').next());
        said == Some(scheme)
    }

    /// Whether the query says that it is SigV4a.
    pub(crate) fn presigned_with_sigv4a(&self) -> bool {
        form_urlencoded::parse(self.query.as_bytes())
            .any(|(name, value)| name == "X-Amz-Algorithm" && value == "AWS4-ECDSA-P256-SHA256")
    }

    /// Whether there is a signature in the query.
    pub(crate) fn presigned(&self) -> Presigned {
        let has = |wanted: &str| {
            form_urlencoded::parse(self.query.as_bytes()).any(|(name, _)| name == wanted)
        };
        if has("X-Amz-Algorithm") || has("X-Amz-Signature") {
            Presigned::V4
        } else if has("AWSAccessKeyId") {
            Presigned::HmacV1
        } else {
            Presigned::No
        }
    }
}

/// A head that an editor wrote ends its lines in LF alone, and perhaps without an empty line.
fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let wire = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    if wire.is_some_and(|wire| end.is_none_or(|end| wire < end)) {
        return bytes.to_vec();
    }
    let (head, body) = match end {
        Some(end) => bytes.split_at(end + 2),
        None => (bytes, &[][..]),
    };
    let head = String::from_utf8_lossy(head);
    let mut whole: Vec<u8> = Vec::new();
    for line in head.trim_end().lines() {
        whole.extend_from_slice(line.as_bytes());
        whole.extend_from_slice(b"\r\n");
    }
    whole.extend_from_slice(b"\r\n");
    whole.extend_from_slice(body);
    whole
}
