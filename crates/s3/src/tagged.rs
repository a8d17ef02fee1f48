//! An object whose tags decide: `s3:ExistingObjectTag/KEY` is a matter of the store, not of the request.

use http::{HeaderMap, Method};

use crate::encoding::{encode_path, encode_query};
use crate::name::{Bucket, Key, VersionId};
use crate::resolve::{Addressing, Outgoing};

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedObject {
    /// Its bucket.
    pub bucket: Bucket,
    /// Its key.
    pub key: Key,
    /// Its version; None: the current one.
    pub version: Option<VersionId>,
}

/// Which object of a request a requirement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The one in the path.
    Target,
    /// The one that is copied.
    Source,
}

impl TaggedObject {
    /// The request for its tags: GetObjectTagging, to be completed with host and signature.
    #[must_use]
    pub fn tagging_request(&self, addressing: Addressing) -> Outgoing {
        self.request(Method::GET, "tagging=", addressing)
    }

    /// The request for what it is: HeadObject, to be completed with host and signature.
    #[must_use]
    pub fn head_request(&self, addressing: Addressing) -> Outgoing {
        self.request(Method::HEAD, "", addressing)
    }

    fn request(&self, method: Method, subresource: &str, addressing: Addressing) -> Outgoing {
        let key = encode_path(self.key.as_str());
        let path = match addressing {
            Addressing::Path => format!("/{}/{key}", self.bucket),
            Addressing::Virtual => format!("/{key}"),
        };
        let mut query = subresource.to_owned();
        if let Some(version) = &self.version {
            query.push_str(if query.is_empty() { "versionId=" } else { "&versionId=" });
            query.push_str(&encode_query(version.as_str()));
        }
        Outgoing { method, path, query, headers: HeaderMap::new() }
    }
}

/// The actions that have the key (Service Authorization Reference, *Actions defined by Amazon S3*).
pub(crate) const ACTIONS: &[&str] = &[
    "s3:DeleteObjectAnnotation",
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersionAnnotation",
    "s3:DeleteObjectVersionTagging",
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:GetObjectAnnotation",
    "s3:GetObjectAttributes",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionAnnotation",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectVersionTagging",
    "s3:ListObjectAnnotations",
    "s3:ListObjectVersionAnnotations",
    "s3:PutObjectAcl",
    "s3:PutObjectAnnotation",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectVersionAnnotation",
    "s3:PutObjectVersionTagging",
    "s3:UpdateObjectEncryption",
];
