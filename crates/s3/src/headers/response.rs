//! What passes from the store to the client.

use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::operation::{AnswerClass, OperationKind};
use crate::resolve::Operation;

/// Headers that S3 shows only to a caller who may ask for them by their own operation: a policy
/// that denies GetObjectRetention must not be undone by a GetObject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protected {
    /// `x-amz-tagging-count`: needs `s3:GetObjectTagging` (or `GetObjectVersionTagging`).
    Tagging,
    /// `x-amz-object-lock-mode` and `-retain-until-date`: needs `s3:GetObjectRetention`.
    Retention,
    /// `x-amz-object-lock-legal-hold`: needs `s3:GetObjectLegalHold`.
    LegalHold,
}

impl Protected {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Tagging, Self::Retention, Self::LegalHold];

    /// The class of a (lower-case) response header, if it is withheld by default.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "x-amz-tagging-count" => Some(Self::Tagging),
            "x-amz-object-lock-legal-hold" => Some(Self::LegalHold),
            _ if name.starts_with("x-amz-object-lock-") => Some(Self::Retention),
            _ => None,
        }
    }

    /// The classes that an answer holds headers of. Only those need to be decided about.
    pub fn in_answer(headers: &HeaderMap) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(|class| headers.keys().any(|name| Self::of(name.as_str()) == Some(*class)))
    }
}

/// Which [`Protected`] headers the caller may see. Empty by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProtectedSet(u8);

impl ProtectedSet {
    /// Nothing is shown.
    pub const NONE: Self = Self(0);

    /// The set with one class more.
    #[must_use]
    pub fn with(self, class: Protected) -> Self {
        Self(self.0 | Self::bit(class))
    }

    /// Whether the class is shown.
    #[must_use]
    pub fn shows(self, class: Protected) -> bool {
        self.0 & Self::bit(class) != 0
    }

    fn bit(class: Protected) -> u8 {
        match class {
            Protected::Tagging => 1,
            Protected::Retention => 2,
            Protected::LegalHold => 4,
        }
    }
}

impl FromIterator<Protected> for ProtectedSet {
    fn from_iter<I: IntoIterator<Item = Protected>>(classes: I) -> Self {
        classes.into_iter().fold(Self::NONE, Self::with)
    }
}

/// The headers of the store's answer that the client sees.
///
/// Never passed: `x-amz-request-id`, `x-amz-id-2`, `server`, `date`, `connection` and other
/// hop-by-hop headers, `location`, `x-amz-bucket-region`, `access-control-*`, and whatever is not
/// in the lists below; request id, location and region are the gateway's to set, and what the store
/// says to pages of other origins is [`cors_headers`](crate::cors_headers). `content-length`
/// passes for the bytes or the headers of an object only; for everything else the gateway knows the
/// length of what it sends.
#[must_use]
pub fn response_headers(
    kind: OperationKind,
    status: StatusCode,
    store: &HeaderMap,
    shown: ProtectedSet,
) -> HeaderMap {
    let error = status.as_u16() >= 300 && status != StatusCode::NOT_MODIFIED;
    let mut passed = HeaderMap::with_capacity(store.len());
    for (name, value) in store {
        let allowed = if error { passes_on_error(name) } else { passes(kind, name.as_str()) };
        let visible = Protected::of(name.as_str()).is_none_or(|class| shown.shows(class));
        if allowed && visible {
            passed.append(name.clone(), value.clone());
        }
    }
    passed
}

/// Sets the headers that a read asks for by `response-content-type` and the like (API reference of GetObject), whatever the
/// store made of them.
pub fn override_headers(operation: &Operation, headers: &mut HeaderMap) {
    for (name, value) in operation.overrides() {
        // Other characters than those of headers were refused, or are the store's to refuse.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// Whether a header passes on an error: what says when to come back, how long the object is (416),
/// or that the key is a delete marker (404 and 405).
#[must_use]
pub fn passes_on_error(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "content-range"
            | "etag"
            | "last-modified"
            | "retry-after"
            | "x-amz-delete-marker"
            | "x-amz-version-id"
    )
}

fn passes(kind: OperationKind, name: &str) -> bool {
    // Ceph RGW's: how much is in the bucket, for whom asks for it (`read-stats`).
    let stats = matches!(name, "x-rgw-bytes-used" | "x-rgw-object-count")
        || name.starts_with("x-rgw-quota-");
    if kind == OperationKind::HeadBucket && stats {
        return true;
    }
    match kind.answer() {
        AnswerClass::Object | AnswerClass::Head => describes_object(name) || describes_write(name),
        AnswerClass::Written | AnswerClass::Created | AnswerClass::Empty => describes_write(name),
        AnswerClass::Copy | AnswerClass::Complete | AnswerClass::Listing => {
            name == "content-type" || describes_write(name)
        }
        AnswerClass::Acl | AnswerClass::Xml => {
            describes_write(name)
                || matches!(
                    name,
                    "content-type"
                        | "last-modified"
                        | "x-amz-restore-output-path"
                        | "x-amz-transition-default-minimum-object-size"
                )
        }
        // These bodies are written by us, with our content type.
        AnswerClass::Buckets | AnswerClass::Deleted | AnswerClass::Location => {
            name == "x-amz-request-charged"
        }
    }
}

fn describes_object(name: &str) -> bool {
    name.starts_with("x-amz-meta-")
        || name.starts_with("x-amz-object-lock-")
        || matches!(
            name,
            "accept-ranges"
                | "cache-control"
                | "content-disposition"
                | "content-encoding"
                | "content-language"
                | "content-length"
                | "content-range"
                | "content-type"
                | "expires"
                | "last-modified"
                | "vary"
                | "x-amz-missing-meta"
                | "x-amz-mp-parts-count"
                | "x-amz-replication-status"
                | "x-amz-restore"
                | "x-amz-storage-class"
                | "x-amz-tagging-count"
                | "x-amz-website-redirect-location"
        )
}

fn describes_write(name: &str) -> bool {
    name.starts_with("x-amz-checksum-")
        || name.starts_with("x-amz-server-side-encryption")
        || matches!(
            name,
            "etag"
                | "x-amz-abort-date"
                | "x-amz-abort-rule-id"
                | "x-amz-copy-source-version-id"
                | "x-amz-delete-marker"
                | "x-amz-expiration"
                | "x-amz-object-size"
                | "x-amz-request-charged"
                | "x-amz-version-id"
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn store(names: &[&'static str]) -> HeaderMap {
        names
            .iter()
            .map(|name| (HeaderName::from_static(name), HeaderValue::from_static("v")))
            .collect()
    }

    fn passed(
        kind: OperationKind,
        status: u16,
        names: &[&'static str],
        shown: ProtectedSet,
    ) -> Vec<String> {
        let headers =
            response_headers(kind, StatusCode::from_u16(status).unwrap(), &store(names), shown);
        let mut names: Vec<_> = headers.keys().map(|name| name.as_str().to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_store_itself_is_never_shown() {
        let names = [
            "x-amz-request-id",
            "x-amz-id-2",
            "server",
            "date",
            "connection",
            "transfer-encoding",
            "location",
            "x-amz-bucket-region",
            "x-rgw-object-type",
            "x-minio-deployment-id",
            "access-control-allow-origin",
            "set-cookie",
            "www-authenticate",
            "strict-transport-security",
            "x-amz-something-new",
            "via",
        ];
        for kind in OperationKind::ALL {
            for status in [200, 206, 304, 307, 404, 500] {
                let all = ProtectedSet::from_iter(Protected::ALL);
                assert!(passed(*kind, status, &names, all).is_empty(), "{kind:?} {status}");
            }
        }
    }

    #[test]
    fn what_ceph_rgw_says_of_a_bucket_passes_with_the_bucket() {
        let names =
            ["x-rgw-bytes-used", "x-rgw-object-count", "x-rgw-quota-max-objects", "x-rgw-x"];
        let of = |kind| passed(kind, 200, &names, ProtectedSet::NONE);
        assert_eq!(of(OperationKind::HeadBucket), names[..3]);
        assert!(of(OperationKind::HeadObject).is_empty());
    }

    #[test]
    fn tags_and_locks_are_withheld_unless_permitted() {
        let names = [
            "etag",
            "x-amz-tagging-count",
            "x-amz-object-lock-mode",
            "x-amz-object-lock-retain-until-date",
            "x-amz-object-lock-legal-hold",
        ];
        let seen = |shown| passed(OperationKind::GetObject, 200, &names, shown);
        assert_eq!(seen(ProtectedSet::NONE), ["etag"]);
        assert_eq!(
            seen(ProtectedSet::NONE.with(Protected::Tagging)),
            ["etag", "x-amz-tagging-count"]
        );
        assert_eq!(
            seen(ProtectedSet::NONE.with(Protected::Retention)),
            ["etag", "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"]
        );
        let twice = [Protected::LegalHold, Protected::LegalHold];
        assert_eq!(seen(ProtectedSet::from_iter(twice)), ["etag", "x-amz-object-lock-legal-hold"]);
        assert_eq!(seen(ProtectedSet::from_iter(Protected::ALL)).len(), 5);
        assert_eq!(
            Protected::in_answer(&store(&names[..2])).collect::<Vec<_>>(),
            [Protected::Tagging]
        );
    }

    #[test]
    fn answers_show_what_their_operation_tells() {
        let names = [
            "content-type",
            "content-length",
            "etag",
            "last-modified",
            "x-amz-checksum-crc32",
            "x-amz-meta-a",
            "x-amz-request-charged",
            "x-amz-restore-output-path",
            "x-amz-server-side-encryption",
            "x-amz-version-id",
        ];
        let write = [
            "etag",
            "x-amz-checksum-crc32",
            "x-amz-request-charged",
            "x-amz-server-side-encryption",
            "x-amz-version-id",
        ];
        for (kind, more) in [
            (
                OperationKind::GetObject,
                &["content-length", "content-type", "last-modified", "x-amz-meta-a"][..],
            ),
            (OperationKind::PutObject, &[]),
            (OperationKind::DeleteObject, &[]),
            (OperationKind::CreateBucket, &[]),
            (OperationKind::CopyObject, &["content-type"]),
            (OperationKind::CompleteMultipartUpload, &["content-type"]),
            (OperationKind::ListObjectsV2, &["content-type"]),
            (
                OperationKind::GetObjectTagging,
                &["content-type", "last-modified", "x-amz-restore-output-path"],
            ),
        ] {
            let mut expected = [&write, more].concat();
            expected.sort_unstable();
            assert_eq!(passed(kind, 200, &names, ProtectedSet::NONE), expected, "{kind:?}");
        }
        for kind in [OperationKind::ListBuckets, OperationKind::DeleteObjects] {
            let seen = passed(kind, 200, &names, ProtectedSet::NONE);
            assert_eq!(seen, ["x-amz-request-charged"], "{kind:?}");
        }
    }

    #[test]
    fn errors_show_little() {
        let names = [
            "etag",
            "content-type",
            "content-length",
            "x-amz-meta-a",
            "retry-after",
            "x-amz-delete-marker",
        ];
        let seen = passed(OperationKind::GetObject, 404, &names, ProtectedSet::NONE);
        assert_eq!(seen, ["etag", "retry-after", "x-amz-delete-marker"]);
        let seen = passed(OperationKind::GetObject, 304, &names, ProtectedSet::NONE);
        assert!(seen.contains(&"x-amz-meta-a".to_owned()));
    }

    #[test]
    fn repeated_values_all_pass() {
        let mut headers = HeaderMap::new();
        headers.append("vary", HeaderValue::from_static("a"));
        headers.append("vary", HeaderValue::from_static("b"));
        let seen = response_headers(
            OperationKind::GetObject,
            StatusCode::OK,
            &headers,
            ProtectedSet::NONE,
        );
        assert_eq!(seen.get_all("vary").iter().count(), 2);
    }
}
