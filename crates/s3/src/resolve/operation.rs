//! A request whose meaning is known, and the request that is made of it for the store.

use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::{Reason, ResolveError};
use crate::addressing::Target;
use crate::copy_source::CopySource;
use crate::encoding::{encode_path, encode_query};
use crate::headers::request::without_aws_chunked;
use crate::name::{Bucket, Key, VersionId};
use crate::operation::{BodyRule, Digest, OperationKind, Spec};

/// What was parsed, the same for a request that is refused and one that is not.
#[derive(Debug, Clone)]
pub(crate) struct Parsed {
    pub(crate) spec: &'static Spec,
    pub(crate) target: Target,
    /// Decoded, in the order of names.
    pub(crate) query: Vec<(&'static str, String)>,
    /// One value a name. See [`collect`](crate::headers::request::collect).
    pub(crate) headers: HeaderMap,
    /// Present iff the operation copies.
    pub(crate) copy_source: Option<CopySource>,
    /// The tags in `x-amz-tagging`.
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) dropped: Vec<HeaderName>,
}

impl Parsed {
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text_header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A request that is known to be a certain operation, whether or not it may be forwarded.
#[derive(Debug, Clone)]
pub struct Identified {
    parsed: Parsed,
    refusal: Option<Reason>,
}

impl Identified {
    pub(super) fn new(parsed: Parsed, refusal: Option<Reason>) -> Self {
        Self { parsed, refusal }
    }

    pub(crate) fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    /// The operation.
    #[must_use]
    pub fn kind(&self) -> OperationKind {
        self.parsed.spec.kind
    }

    /// What it is about.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.parsed.target
    }

    /// Why it is not forwarded, if it is not.
    #[must_use]
    pub fn refusal(&self) -> Option<&Reason> {
        self.refusal.as_ref()
    }

    /// The operation, if nothing speaks against forwarding it.
    ///
    /// # Errors
    /// The refusal.
    pub fn admit(self) -> Result<Operation, ResolveError> {
        match self.refusal {
            None => Ok(Operation { parsed: self.parsed }),
            Some(reason) => Err(ResolveError {
                operation: Some(self.parsed.spec.kind),
                target: Some(self.parsed.target),
                reason,
            }),
        }
    }
}

/// A request that may be forwarded once its requirements are allowed. Made by
/// [`resolve()`](super::resolve()) only.
#[derive(Debug, Clone)]
pub struct Operation {
    parsed: Parsed,
}

impl Operation {
    pub(crate) fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    /// The operation.
    #[must_use]
    pub fn kind(&self) -> OperationKind {
        self.parsed.spec.kind
    }

    /// What it is about.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.parsed.target
    }

    /// The bucket, unless it is ListBuckets.
    #[must_use]
    pub fn bucket(&self) -> Option<&Bucket> {
        self.parsed.target.bucket()
    }

    /// The key, if the operation is about one.
    #[must_use]
    pub fn key(&self) -> Option<&Key> {
        self.parsed.target.key()
    }

    /// The version that is addressed, if one is named.
    #[must_use]
    pub fn version(&self) -> Option<VersionId> {
        self.query("versionId").and_then(|id| VersionId::parse(id).ok())
    }

    /// A query parameter of S3's, decoded. Names of the signature are not kept.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.parsed.query(name)
    }

    /// A header that the operation has, or that the gateway reads itself (`x-amz-content-sha256`,
    /// `x-amz-trailer` ...), by its lower-case name; also when it stood in the query string of a
    /// presigned URL.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&HeaderValue> {
        self.parsed.headers.get(name)
    }

    /// All that [`header`](Self::header) knows.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.parsed.headers
    }

    /// The object that is copied, for CopyObject and UploadPartCopy.
    #[must_use]
    pub fn copy_source(&self) -> Option<&CopySource> {
        self.parsed.copy_source.as_ref()
    }

    /// How the body is treated.
    #[must_use]
    pub fn body(&self) -> BodyRule {
        self.parsed.spec.body
    }

    /// Whether `x-amz-checksum-*` speaks of the body. In CompleteMultipartUpload it speaks of the
    /// whole object, and must not be compared with the document.
    #[must_use]
    pub fn checksums_are_of_the_body(&self) -> bool {
        matches!(self.parsed.spec.digest, Digest::Forwarded | Digest::Consumed)
    }

    /// Headers of other vendors that the client sent and the store will not see, to be counted.
    #[must_use]
    pub fn dropped_headers(&self) -> &[HeaderName] {
        &self.parsed.dropped
    }

    /// Whether the request sets headers of the answer (`response-content-type` ...), which S3 does
    /// not do for anonymous callers: an open bucket would let anybody serve HTML from it.
    #[must_use]
    pub fn overrides_response(&self) -> bool {
        self.overrides().next().is_some()
    }

    /// Those headers, with their values.
    pub(crate) fn overrides(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.parsed
            .query
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("response-")?, value.as_str())))
    }

    /// Whether it asks for what the store's account has, in place of its buckets: Ceph RGW's `GET /?usage`.
    #[must_use]
    pub fn asks_for_usage(&self) -> bool {
        self.query("usage").is_some()
    }

    /// The request for the store, without host, signature and body framing.
    ///
    /// Built from parsed values only, and canonically: `resolve` of it gives the same operation
    /// again.
    #[must_use]
    pub fn outgoing(&self, addressing: Addressing) -> Outgoing {
        Outgoing {
            method: self.parsed.spec.verb.method(),
            path: self.outgoing_path(addressing),
            query: self.outgoing_query(),
            headers: self.outgoing_headers(),
        }
    }

    fn outgoing_path(&self, addressing: Addressing) -> String {
        let key = self.key().map(|key| encode_path(key.as_str()));
        match (addressing, self.bucket(), key) {
            (_, None, _) | (Addressing::Virtual, Some(_), None) => "/".to_owned(),
            (Addressing::Path, Some(bucket), None) => format!("/{bucket}"),
            (Addressing::Path, Some(bucket), Some(key)) => format!("/{bucket}/{key}"),
            (Addressing::Virtual, Some(_), Some(key)) => format!("/{key}"),
        }
    }

    /// `name=value` in the order of names, which is the canonical order of SigV4: no name here
    /// needs escaping.
    fn outgoing_query(&self) -> String {
        let mut query = String::new();
        for (name, value) in &self.parsed.query {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(name);
            query.push('=');
            // What a subresource is set to means nothing to S3, so that it is not passed on.
            if self.parsed.spec.subresource != Some(name) || self.parsed.spec.fixed.is_some() {
                query.push_str(&encode_query(value));
            }
        }
        query
    }

    fn outgoing_headers(&self) -> HeaderMap {
        let spec = self.parsed.spec;
        let mut headers = HeaderMap::with_capacity(self.parsed.headers.len());
        for (name, value) in &self.parsed.headers {
            if !spec.knows_header(name.as_str()) || is_consumed(spec, name.as_str()) {
                continue;
            }
            let value = match name.as_str() {
                "content-encoding" => without_aws_chunked(value),
                "x-amz-copy-source" => self
                    .copy_source()
                    .and_then(|source| HeaderValue::from_str(&source.encoded()).ok()),
                _ => Some(value.clone()),
            };
            if let Some(value) = value {
                headers.insert(name.clone(), value);
            }
        }
        headers
    }
}

/// Whether a header speaks of the body as the client sent it, which the store does not see.
fn is_consumed(spec: &Spec, name: &str) -> bool {
    let digest = name == "content-md5"
        || name == "x-amz-sdk-checksum-algorithm"
        || name.starts_with("x-amz-checksum-");
    match spec.digest {
        Digest::None => false,
        // The choice of an algorithm is a hint beside the checksum, and wrong without it: the body
        // may reach the store framed in another way than it came.
        Digest::Forwarded => {
            name == "x-amz-sdk-checksum-algorithm" || name == "x-amz-checksum-algorithm"
        }
        Digest::Consumed => digest,
        Digest::WholeObject => name == "content-md5",
    }
}

/// How the store is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Addressing {
    /// The bucket is in the path.
    #[default]
    Path,
    /// The bucket is in the host, which is the gateway's to set.
    Virtual,
}

/// A request for the store, to be completed with host, signature and body framing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The method.
    pub method: Method,
    /// The path, encoded.
    pub path: String,
    /// The query, encoded and in canonical order; empty if there is none.
    pub query: String,
    /// The headers that the operation has and the client sent.
    pub headers: HeaderMap,
}
