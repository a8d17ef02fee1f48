//! Keys that a store does not tell apart.
//!
//! A policy decides about a key byte by byte. A store that takes two keys for one undoes an exact
//! Deny: MinIO drops a leading slash, so that `GET /b//secret.txt` reads `secret.txt`; stores on a
//! file system fold dot segments, and some fold case. For such a store the keys that it would
//! change are refused (A56).

use crate::copy_source::CopySource;
use crate::document::Document;
use crate::name::Key;
use crate::operation::OperationKind;
use crate::resolve::Operation;

/// Which keys a store changes. Everything `false`: it keeps keys as they are, as S3 does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent properties of a store, each a configuration key"
)]
pub struct KeyRules {
    /// It drops or adds leading slashes of keys.
    pub folds_leading_slash: bool,
    /// It does so with the prefix of a listing, too.
    pub folds_leading_slash_of_prefix: bool,
    /// It takes `//` for `/`.
    pub folds_double_slash: bool,
    /// It resolves `.` and `..` segments, or takes `\` for `/`.
    pub folds_dot_segments: bool,
    /// It drops a trailing slash, or cannot hold `a` and `a/` both.
    pub folds_trailing_slash: bool,
    /// It takes upper and lower case for the same. Only keys that are lower case as a whole are let
    /// through.
    pub folds_case: bool,
    /// It decodes the copy source of UploadPartCopy before it looks for `?versionId=`, and then again (Ceph RGW
    /// 16, which even ends its process over some): a `%` or a `?versionId=` in the source's key would name another object.
    pub decodes_part_source_twice: bool,
}

/// Why a key is refused for a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRuleError {
    /// It begins with a slash.
    #[error("this store does not keep a leading slash in a key")]
    LeadingSlash,
    /// It has two slashes together.
    #[error("this store does not keep repeated slashes in a key")]
    DoubleSlash,
    /// It has a segment `.` or `..`, or a backslash.
    #[error("this store does not keep dot segments or backslashes in a key")]
    DotSegment,
    /// It ends with a slash.
    #[error("this store does not keep a trailing slash in a key")]
    TrailingSlash,
    /// It has an upper-case letter.
    #[error("this store does not keep upper case in a key")]
    Case,
    /// It has a percent sign or `?versionId=`, in the source of UploadPartCopy.
    #[error(
        "this store does not read a percent sign, or what looks like a version, in the source of a part"
    )]
    PartSource,
}

impl KeyRules {
    /// Keys are kept as they are: S3 itself.
    pub const EXACT: Self = Self {
        folds_leading_slash: false,
        folds_leading_slash_of_prefix: false,
        folds_double_slash: false,
        folds_dot_segments: false,
        folds_trailing_slash: false,
        folds_case: false,
        decodes_part_source_twice: false,
    };

    /// Ceph RADOS Gateway 16.
    pub const RGW: Self = Self { decodes_part_source_twice: true, ..Self::EXACT };

    /// MinIO. Of prefixes it drops the slash where it lists uploads.
    pub const MINIO: Self = Self {
        folds_leading_slash: true,
        folds_leading_slash_of_prefix: true,
        folds_double_slash: true,
        folds_dot_segments: true,
        ..Self::EXACT
    };

    /// A store that keeps objects as files of a POSIX file system.
    pub const FILES: Self = Self { folds_trailing_slash: true, ..Self::MINIO };

    /// Whether the store keeps this key.
    ///
    /// # Errors
    /// [`KeyRuleError`], the first rule that it breaks.
    pub fn check(&self, key: &Key) -> Result<(), KeyRuleError> {
        let key = key.as_str();
        if self.folds_leading_slash && key.starts_with('/') {
            return Err(KeyRuleError::LeadingSlash);
        }
        self.check_text(key)?;
        if self.folds_trailing_slash && key.ends_with('/') {
            return Err(KeyRuleError::TrailingSlash);
        }
        Ok(())
    }

    fn check_prefix(&self, prefix: &str) -> Result<(), KeyRuleError> {
        if self.folds_leading_slash_of_prefix && prefix.starts_with('/') {
            return Err(KeyRuleError::LeadingSlash);
        }
        self.check_text(prefix)
    }

    /// What holds for keys and prefixes.
    fn check_text(&self, text: &str) -> Result<(), KeyRuleError> {
        let folds = |segment: &str| matches!(segment, "." | "..") || segment.contains('\\');
        if self.folds_double_slash && text.contains("//") {
            Err(KeyRuleError::DoubleSlash)
        } else if self.folds_dot_segments && text.split('/').any(folds) {
            Err(KeyRuleError::DotSegment)
        } else if self.folds_case && text.chars().any(|c| c.to_lowercase().next() != Some(c)) {
            Err(KeyRuleError::Case)
        } else {
            Ok(())
        }
    }

    /// Whether the store keeps every key that an operation names: in the path, as copy source, in
    /// the document, and as the prefix of a listing.
    ///
    /// # Errors
    /// [`KeyRuleError`] for the first key that it would change.
    pub fn check_operation(
        &self,
        operation: &Operation,
        document: Option<&Document>,
    ) -> Result<(), KeyRuleError> {
        if let Some(key) = operation.key() {
            self.check(key)?;
        }
        if let Some(source) = operation.copy_source() {
            self.check_source(operation.kind(), source)?;
        }
        if let Some(Document::Delete(request)) = document {
            request.objects().iter().try_for_each(|object| self.check(&object.key))?;
        }
        operation.query("prefix").map_or(Ok(()), |prefix| self.check_prefix(prefix))
    }

    fn check_source(&self, kind: OperationKind, source: &CopySource) -> Result<(), KeyRuleError> {
        let twice = self.decodes_part_source_twice && kind == OperationKind::UploadPartCopy;
        let key = source.key().as_str();
        if twice && (key.contains('%') || key.contains("?versionId=")) {
            return Err(KeyRuleError::PartSource);
        }
        self.check(source.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addressing::HostStyle;
    use crate::query::Presigned;
    use crate::resolve::{RawRequest, resolve};
    use http::{HeaderMap, HeaderValue, Method};

    fn check(rules: KeyRules, key: &str) -> Result<(), KeyRuleError> {
        rules.check(&Key::parse(key).unwrap())
    }

    fn operation(
        method: Method,
        path: &str,
        query: &str,
        copy_source: Option<&'static str>,
    ) -> Operation {
        let mut headers = HeaderMap::new();
        if let Some(source) = copy_source {
            headers.insert("x-amz-copy-source", HeaderValue::from_static(source));
        }
        let raw = RawRequest {
            method: &method,
            path,
            query,
            headers: &headers,
            host: HostStyle::Path,
            presigned: Presigned::No,
            harmless: &[],
        };
        resolve(&raw).unwrap()
    }

    #[test]
    fn a56_an_exact_store_keeps_every_key() {
        for key in ["/a", "a//b", "a/../b", ".", "A", "a/", "a\\b", "%41"] {
            assert_eq!(check(KeyRules::EXACT, key), Ok(()), "{key}");
        }
    }

    #[test]
    fn a56_keys_that_a_store_folds_are_refused() {
        for (key, error) in [
            ("/secret.txt", KeyRuleError::LeadingSlash),
            ("a//secret.txt", KeyRuleError::DoubleSlash),
            ("a/../secret.txt", KeyRuleError::DotSegment),
            ("./secret.txt", KeyRuleError::DotSegment),
            ("a/..", KeyRuleError::DotSegment),
            ("a\\..\\secret.txt", KeyRuleError::DotSegment),
        ] {
            assert_eq!(check(KeyRules::MINIO, key), Err(error), "{key}");
        }
        for key in ["a", "a/b", "a/", "...", "a..b/.c", "%2F"] {
            assert_eq!(check(KeyRules::MINIO, key), Ok(()), "{key}");
        }
        assert_eq!(check(KeyRules::FILES, "a/"), Err(KeyRuleError::TrailingSlash));
        let folds_case = KeyRules { folds_case: true, ..KeyRules::EXACT };
        assert_eq!(check(folds_case, "Secret.txt"), Err(KeyRuleError::Case));
        assert_eq!(check(folds_case, "É"), Err(KeyRuleError::Case));
        assert_eq!(check(folds_case, "secret-é.txt"), Ok(()));
    }

    #[test]
    fn a56_every_key_of_an_operation_is_looked_at() {
        let minio = KeyRules::MINIO;
        let bad = [
            operation(Method::GET, "/abc//secret.txt", "", None),
            operation(Method::PUT, "/abc/k", "", Some("abc//secret.txt")),
            operation(Method::GET, "/abc", "list-type=2&prefix=%2Fsecret", None),
            operation(Method::GET, "/abc", "versions&prefix=a/../secret", None),
        ];
        for operation in bad {
            assert!(minio.check_operation(&operation, None).is_err(), "{operation:?}");
            assert_eq!(KeyRules::EXACT.check_operation(&operation, None), Ok(()));
        }
        let delete = operation(Method::POST, "/abc", "delete", None);
        let document =
            Document::parse(delete.kind(), b"<Delete><Object><Key>/a</Key></Object></Delete>")
                .unwrap();
        assert_eq!(
            minio.check_operation(&delete, Some(&document)),
            Err(KeyRuleError::LeadingSlash)
        );
        let good = operation(Method::GET, "/abc", "prefix=dir/", None);
        assert_eq!(KeyRules::FILES.check_operation(&good, None), Ok(()));
        // A prefix that no key can have lists nothing, where the store does not change it.
        let slash = operation(Method::GET, "/abc", "prefix=/secret", None);
        let keys_alone = KeyRules { folds_leading_slash: true, ..KeyRules::EXACT };
        assert_eq!(keys_alone.check_operation(&slash, None), Ok(()));
        assert_eq!(minio.check_operation(&slash, None), Err(KeyRuleError::LeadingSlash));
        let key = operation(Method::GET, "/abc//secret", "", None);
        assert_eq!(keys_alone.check_operation(&key, None), Err(KeyRuleError::LeadingSlash));
    }

    #[test]
    fn a14_part_source_that_a_store_decodes_twice_is_refused() {
        let part = operation(Method::PUT, "/abc/k", "partNumber=1&uploadId=u", Some("abc/a%2541"));
        let copy = operation(Method::PUT, "/abc/k", "", Some("abc/a%2541"));
        assert_eq!(KeyRules::RGW.check_operation(&part, None), Err(KeyRuleError::PartSource));
        assert_eq!(KeyRules::RGW.check_operation(&copy, None), Ok(()));
        // Decoded before the version is looked for, it is another object: `a`, of whose key nobody was asked.
        for source in ["abc/a%3FversionId%3Dnull", "abc/a%3FversionId%3Dnull?versionId=v"] {
            let part = operation(Method::PUT, "/abc/k", "partNumber=1&uploadId=u", Some(source));
            let refused = KeyRules::RGW.check_operation(&part, None);
            assert_eq!(refused, Err(KeyRuleError::PartSource), "{source}");
            assert_eq!(KeyRules::EXACT.check_operation(&part, None), Ok(()));
        }
        for source in ["abc/a?versionId=null", "abc/a%3F", "abc/a%3FversionId", "abc/a%3Fb%3Dc"] {
            let part = operation(Method::PUT, "/abc/k", "partNumber=1&uploadId=u", Some(source));
            assert_eq!(KeyRules::RGW.check_operation(&part, None), Ok(()), "{source}");
        }
    }
}
