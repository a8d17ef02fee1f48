//! What the tests of several modules share: the vectors as owned requests, and the keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use serde::Deserialize;

use crate::error::{PresentError, VerifyError};
use crate::key::{AccessKeyId, SecretKey};
use crate::payload::Payload;
use crate::presented::{Accept, Claims, Presented, RequestHead, present};
use crate::scope::{Region, Service};
use crate::sign::Signer;
use crate::time::Timestamp;
use crate::verify::{Expect, Verified, verify};

/// The key of AWS's published examples.
pub(crate) const DOCS_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// The key of the other vectors.
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// The clock of the other vectors.
pub(crate) const NOW: &str = "20260102T030405Z";

pub(crate) fn secret(text: &str) -> SecretKey {
    SecretKey::new(text.to_owned())
}

pub(crate) fn time(text: &str) -> Timestamp {
    Timestamp::parse_basic(text).unwrap()
}

pub(crate) fn expect(service: Service, now: &str) -> Expect {
    Expect { service, now: time(now), body_sha256: None }
}

/// A request that owns its parts.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) bucket_in_host: Option<String>,
    pub(crate) accept: Accept,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str, query: &str, headers: &[(&str, &str)]) -> Self {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        Self {
            method: Method::from_bytes(method.as_bytes()).unwrap(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: map,
            bucket_in_host: None,
            accept: Accept::default(),
        }
    }

    pub(crate) fn head(&self) -> RequestHead<'_> {
        RequestHead {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            bucket_in_host: self.bucket_in_host.as_deref(),
        }
    }

    pub(crate) fn claims(&self) -> Result<Claims, PresentError> {
        match present(&self.head(), self.accept)? {
            Presented::Signed(claims) => Ok(claims),
            Presented::Anonymous => panic!("no signature in {self:?}"),
        }
    }

    /// Claims that must be well-formed, verified.
    pub(crate) fn verify(&self, key: &str, expect: &Expect) -> Result<Verified, VerifyError> {
        let claims = self.claims().unwrap_or_else(|error| panic!("{error} in {self:?}"));
        verify(&self.head(), claims, &secret(key), expect)
    }

    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
    }

    pub(crate) fn add(&mut self, name: &'static str, value: &str) {
        self.headers.append(name, HeaderValue::from_str(value).unwrap());
    }
}

/// A line of a vector file that is a request, whatever else it says.
#[derive(Debug, Deserialize)]
pub(crate) struct Row {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) operation: String,
    #[serde(default)]
    pub(crate) variant: String,
    #[serde(default)]
    pub(crate) style: String,
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default)]
    pub(crate) body_base64: Option<String>,
    #[serde(default)]
    pub(crate) now: Option<String>,
    #[serde(default)]
    pub(crate) expect: Option<String>,
    #[serde(default)]
    pub(crate) expected: Option<String>,
    #[serde(default)]
    pub(crate) signature_version: Option<String>,
    #[serde(default)]
    pub(crate) canonical_request: Option<String>,
    #[serde(default)]
    pub(crate) string_to_sign: Option<String>,
    #[serde(default)]
    pub(crate) signature: Option<String>,
    #[serde(default)]
    pub(crate) chunk_signatures: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) trailer_signature: Option<String>,
    #[serde(default)]
    pub(crate) body_gen: Option<BodyGen>,
    #[serde(default)]
    pub(crate) decoded_length: Option<u64>,
    #[serde(default)]
    pub(crate) decoded_sha256: Option<String>,
    #[serde(default)]
    pub(crate) wire_length: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct BodyGen {
    pub(crate) chunk_size: usize,
}

impl Row {
    pub(crate) fn request(&self) -> Request {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Request::new(&self.method, &self.path, &self.query, &headers)
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        STANDARD.decode(self.body_base64.as_deref().unwrap_or_default()).unwrap()
    }
}

/// The lines of `vectors/<file>`, of which there must be `count`.
pub(crate) fn rows<T: serde::de::DeserializeOwned>(file: &str, count: usize) -> Vec<T> {
    let path = format!("{}/../../vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let rows: Vec<T> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), count, "{path}");
    rows
}

/// The key of the other vectors, as a signer.
pub(crate) fn signer(service: Service) -> Signer {
    Signer {
        access_key_id: AccessKeyId::parse("AKIDEXAMPLE1234567890").unwrap(),
        secret: secret(SECRET),
        session_token: None,
        region: Region::parse("eu-central-1").unwrap(),
        service,
    }
}

/// A request signed in its header at [`NOW`].
pub(crate) fn signed(method: &str, path: &str, query: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::new(method, path, query, headers);
    request.set("host", "s3.gateway.test");
    let Request { method, path, query, headers, .. } = &mut request;
    let payload = Payload::Unsigned;
    signer(Service::S3).sign(method, path, query, headers, &payload, time(NOW), None).unwrap();
    request
}

/// A presigned request, good for an hour from [`NOW`], with the headers that it signs.
pub(crate) fn presigned(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(&str, &str)],
) -> Request {
    let mut request = Request::new(method, path, query, headers);
    request.set("host", "s3.gateway.test");
    request.query = signer(Service::S3)
        .presign(&request.method, path, query, "s3.gateway.test", headers, 3600, time(NOW))
        .unwrap();
    request
}
