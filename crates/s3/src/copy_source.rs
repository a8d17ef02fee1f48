//! `x-amz-copy-source`: which object is read by CopyObject and UploadPartCopy.
//!
//! The header is parsed once and written anew, so that the store reads the object that was decided
//! about (A14). In its key `+` is a space, as S3 has it (aws/aws-sdk-js#1821, aws/aws-sdk-php#236);
//! in its version id a plus.

use crate::encoding::{EncodingError, Plus, decode, encode_path, encode_query};
use crate::name::{Bucket, Key, NameError, VersionId};
use crate::tagged::TaggedObject;

/// The object that a copy reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopySource {
    bucket: Bucket,
    key: Key,
    version: Option<VersionId>,
}

/// Why a copy source was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CopySourceError {
    /// An ARN, of an access point or an Outposts object: we have neither.
    #[error("an access point as copy source")]
    Arn,
    /// Not `bucket/key`.
    #[error("a copy source without bucket or key")]
    Shape,
    /// A `?` that `versionId=` and a version id do not follow. A question mark in a key is written
    /// `%3F`.
    #[error("a query in a copy source that is not a version id")]
    Query,
    /// It does not decode.
    #[error("a copy source with {0}")]
    Encoding(#[from] EncodingError),
    /// Bucket, key or version id is not one.
    #[error("a copy source with {0}")]
    Name(#[from] NameError),
}

impl CopySource {
    /// Parses the value of the header.
    ///
    /// # Errors
    /// [`CopySourceError`] when it does not name one object by bucket, key and possibly version.
    pub fn parse(value: &str) -> Result<Self, CopySourceError> {
        // The question mark is looked for before anything is decoded, so that `%3F` is part of the
        // key.
        let (name, query) = match value.split_once('?') {
            Some((name, query)) => (name, Some(query)),
            None => (value, None),
        };
        let name = decode(name, Plus::Space)?;
        let name = name.strip_prefix('/').unwrap_or(&name);
        if name.starts_with("arn:") {
            return Err(CopySourceError::Arn);
        }
        let (bucket, key) = name.split_once('/').ok_or(CopySourceError::Shape)?;
        let version = match query {
            None => None,
            Some(query) => {
                let id = query.strip_prefix("versionId=").ok_or(CopySourceError::Query)?;
                if id.contains(['?', '&']) {
                    return Err(CopySourceError::Query);
                }
                Some(VersionId::parse(decode(id, Plus::Literal)?)?)
            }
        };
        Ok(Self { bucket: Bucket::parse(bucket)?, key: Key::parse(key)?, version })
    }

    /// The bucket that is read.
    #[must_use]
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// The key that is read.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The version that is read, if one is named.
    #[must_use]
    pub fn version(&self) -> Option<&VersionId> {
        self.version.as_ref()
    }

    /// `bucket/key`, decoded: what the condition key `s3:x-amz-copy-source` compares with.
    #[must_use]
    pub fn bucket_and_key(&self) -> String {
        format!("{}/{}", self.bucket, self.key)
    }

    /// The object that is copied.
    #[must_use]
    pub fn object(&self) -> TaggedObject {
        TaggedObject {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            version: self.version.clone(),
        }
    }

    /// This version of the object.
    #[must_use]
    pub fn at_version(&self, version: VersionId) -> Self {
        Self { version: Some(version), ..self.clone() }
    }

    /// The header value for the store: without a leading slash, every reserved character escaped.
    #[must_use]
    pub fn encoded(&self) -> String {
        let mut value = format!("{}/{}", self.bucket, encode_path(self.key.as_str()));
        if let Some(version) = &self.version {
            value.push_str("?versionId=");
            value.push_str(&encode_query(version.as_str()));
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(value: &str) -> (String, String, Option<String>) {
        let source = CopySource::parse(value).unwrap_or_else(|e| panic!("{value}: {e}"));
        (source.bucket.to_string(), source.key.to_string(), source.version.map(|v| v.to_string()))
    }

    #[test]
    fn a14_copy_source_spellings_of_one_object() {
        for value in ["src/dir/k", "/src/dir/k", "%2Fsrc%2Fdir%2Fk", "src%2Fdir/k", "src/dir/%6B"] {
            assert_eq!(parts(value), ("src".into(), "dir/k".into(), None), "{value}");
        }
        for (value, key, version) in [
            ("src/a+b", "a b", None),
            ("src/a%2Bb", "a+b", None),
            ("src//a", "/a", None),
            ("/src//a", "/a", None),
            ("src/../a", "../a", None),
            ("src/a%3Fb", "a?b", None),
            ("src/a%3FversionId%3Dx", "a?versionId=x", None),
            ("src/a%2541", "a%41", None),
            ("src/a?versionId=v+1/=", "a", Some("v+1/=")),
            ("src/a?versionId=null", "a", Some("null")),
            ("src/a?versionId=v%2B1", "a", Some("v+1")),
        ] {
            assert_eq!(
                parts(value),
                ("src".into(), key.into(), version.map(String::from)),
                "{value}"
            );
        }
    }

    #[test]
    fn a14_copy_source_that_is_not_one_object_is_refused() {
        for (value, error) in [
            ("", CopySourceError::Shape),
            ("src", CopySourceError::Shape),
            ("/src", CopySourceError::Shape),
            ("src/", CopySourceError::Name(NameError::EmptyKey)),
            ("//src/k", CopySourceError::Name(NameError::Bucket)),
            ("SRC/k", CopySourceError::Name(NameError::Bucket)),
            ("../src/k", CopySourceError::Name(NameError::Bucket)),
            ("arn:aws:s3:us-west-2:123456789012:accesspoint/ap/object/k", CopySourceError::Arn),
            ("/arn%3Aaws:s3-outposts:x", CopySourceError::Arn),
            ("src/a?b", CopySourceError::Query),
            ("src/a?", CopySourceError::Query),
            ("src/a?versionid=1", CopySourceError::Query),
            ("src/a?versionId=1&x", CopySourceError::Query),
            ("src/a?versionId=1?versionId=2", CopySourceError::Query),
            ("src/a?versionId=", CopySourceError::Name(NameError::VersionId)),
            ("src/a%", CopySourceError::Encoding(EncodingError::Escape)),
            ("src/%FF", CopySourceError::Encoding(EncodingError::NotUtf8)),
            ("src/%00", CopySourceError::Encoding(EncodingError::Nul)),
        ] {
            assert_eq!(CopySource::parse(value), Err(error), "{value}");
        }
    }

    proptest! {
        #[test]
        fn a14_what_is_sent_is_what_was_decided(
            key in "[^\0]{1,100}",
            version in proptest::option::of("[!-~]{1,40}"),
        ) {
            let source = CopySource {
                bucket: Bucket::parse("src").unwrap(),
                key: Key::parse(key).unwrap(),
                version: version.map(|v| VersionId::parse(v).unwrap()),
            };
            prop_assert_eq!(CopySource::parse(&source.encoded()), Ok(source));
        }

        #[test]
        fn parsing_never_panics(value in any::<String>()) {
            let _ = CopySource::parse(&value);
        }
    }
}
