//! Requests out of `vectors/resolve`, for tests.

use base64::Engine as _;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;

use crate::addressing::{Domains, HostStyle};
use crate::query::Presigned;
use crate::resolve::RawRequest;

/// A line of a vector file, as far as all of them are alike.
#[derive(Debug, Deserialize)]
pub(crate) struct Line {
    #[serde(default)]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) operation: String,
    #[serde(default)]
    pub(crate) expected: String,
    #[serde(default)]
    pub(crate) variant: String,
    #[serde(default)]
    pub(crate) key: Option<String>,
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) host: Option<String>,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body_base64: String,
    #[serde(default)]
    pub(crate) checks: Vec<ExpectedCheck>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ExpectedCheck {
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) context: serde_json::Map<String, serde_json::Value>,
}

/// A request that owns its parts.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) host: HostStyle,
    pub(crate) presigned: Presigned,
}

impl Request {
    /// A path-style request without signature.
    pub(crate) fn new(method: &str, path: &str, query: &str, headers: &[(&str, &str)]) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_bytes(name.as_bytes()).unwrap(),
                    HeaderValue::from_bytes(value.as_bytes()).unwrap(),
                )
            })
            .collect::<Vec<_>>();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value);
        }
        Self {
            method: method.parse().unwrap(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: map,
            host: HostStyle::Path,
            presigned: Presigned::No,
        }
    }

    pub(crate) fn presigned(mut self, presigned: Presigned) -> Self {
        self.presigned = presigned;
        self
    }

    pub(crate) fn raw(&self) -> RawRequest<'_> {
        RawRequest {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            host: self.host.clone(),
            presigned: self.presigned,
            harmless: &[],
        }
    }
}

impl Line {
    pub(crate) fn request(&self) -> Request {
        let headers: Vec<_> = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let mut request = Request::new(&self.method, &self.path, &self.query, &headers);
        let domains = Domains::new(["127.0.0.1".to_owned(), "s3.gateway.test".to_owned()]);
        let in_header = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        let host = self.host.as_ref().or(in_header.map(|(_, value)| value)).expect("a host");
        // `route1.127.0.0.1` is no host of ours: what is tested is what the rest of the request
        // says.
        request.host = domains.resolve_host(host).unwrap_or(HostStyle::Path);
        request.presigned = self.signed_in_query();
        request
    }

    pub(crate) fn signed_in_query(&self) -> Presigned {
        if self.query.contains("X-Amz-Algorithm=") {
            Presigned::V4
        } else if self.query.contains("AWSAccessKeyId=") {
            Presigned::HmacV1
        } else {
            Presigned::No
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        base64::engine::general_purpose::STANDARD.decode(&self.body_base64).expect("base64")
    }

    /// The name that the gateway has for the operation: of requests that are the same byte for
    /// byte, the newer.
    pub(crate) fn known_as(&self) -> &str {
        match self.operation.as_str() {
            "GetBucketLifecycle" => "GetBucketLifecycleConfiguration",
            "GetBucketNotification" => "GetBucketNotificationConfiguration",
            "PutBucketLifecycle" => "PutBucketLifecycleConfiguration",
            "PutBucketNotification" => "PutBucketNotificationConfiguration",
            "ListDirectoryBuckets" if !self.query.contains("max-directory-buckets") => {
                "ListBuckets"
            }
            other => other,
        }
    }
}

pub(crate) fn lines(file: &str) -> Vec<Line> {
    let path = format!("{}/../../vectors/resolve/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect()
}
