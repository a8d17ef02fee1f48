//! The query string of a request, name by name.
//!
//! Every name is one of: a name of S3's, which is kept; a name of the signature's, or `x-id`, which
//! is dropped; a header that an SDK moved into a presigned URL; or unknown, and then the request is
//! refused, because what a name means that is newer than us cannot be authorised (A10).

use std::borrow::Cow;

use crate::encoding::{EncodingError, Plus, decode};
use crate::operation::{PARAMETERS, SUBRESOURCES};

/// The most `name=value` pairs in a query string. The longest real one (a presigned UploadPart of
/// the JavaScript SDK, every header moved into it) has about thirty.
const MAX_PAIRS: usize = 128;

/// How a request was signed, as far as the names of its query are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presigned {
    /// By header, or not at all: the query holds nothing of a signature.
    No,
    /// By SigV4 or SigV4a in the query.
    V4,
    /// By the older HMAC-SHA1 scheme in the query.
    HmacV1,
}

/// A query string, sorted into what it is made of.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    /// Names of S3's with their decoded values, in the order of the wire.
    pub(crate) parameters: Vec<(&'static str, String)>,
    /// Headers that were moved into a presigned URL: lower-case name and decoded value.
    pub(crate) hoisted: Vec<(String, String)>,
    /// The first name that is none of all these.
    pub(crate) unknown: Option<String>,
    /// Whether it is nothing but what a redirect appends ([`REDIRECTED`]).
    pub(crate) redirected: bool,
}

/// What S3 appends to the URL that a form's `success_action_redirect` names: whoever is redirected to an object, or
/// to a bucket, asks for it so. To whatever is read there it means nothing.
const REDIRECTED: [&str; 3] = ["bucket", "etag", "key"];

/// Why a query string was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A name or value does not decode.
    #[error("the query string holds {0}")]
    Encoding(#[from] EncodingError),
    /// A name stands there twice.
    #[error("the query name `{0}` is repeated")]
    Repeated(String),
    /// More than 128 pairs.
    #[error("too many query parameters")]
    TooMany,
}

impl Query {
    pub(crate) fn parse(query: &str, presigned: Presigned) -> Result<Self, QueryError> {
        let mut seen: Vec<String> = Vec::new();
        let mut parsed = Self::default();
        let mut unknown = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = canonical_name(decode(name, Plus::Space)?);
            let value = decode(value, Plus::Space)?;
            if seen.contains(&name) {
                return Err(QueryError::Repeated(name));
            }
            if seen.len() == MAX_PAIRS {
                return Err(QueryError::TooMany);
            }
            match classify(&name, presigned) {
                Class::Parameter(known) => parsed.parameters.push((known, value)),
                Class::Hoisted => parsed.hoisted.push((name.to_ascii_lowercase(), value)),
                Class::Dropped => {}
                Class::Unknown => unknown.push(name.clone()),
            }
            seen.push(name);
        }
        parsed.redirected = parsed.parameters.is_empty()
            && unknown.len() == REDIRECTED.len()
            && REDIRECTED.iter().all(|name| unknown.iter().any(|known| known == name));
        parsed.unknown = unknown.into_iter().next().filter(|_| !parsed.redirected);
        Ok(parsed)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn subresources(&self) -> impl Iterator<Item = &'static str> {
        self.parameters.iter().map(|(name, _)| *name).filter(|name| SUBRESOURCES.contains(name))
    }
}

/// Whether AWS gives a meaning to a query name, in whatever case: such a name may never be taken out
/// of a URL.
#[must_use]
pub fn is_query_name_of_aws(name: &str) -> bool {
    let known = |known: &&str| known.eq_ignore_ascii_case(name);
    let lower = name.to_ascii_lowercase();
    has_amz_prefix(name)
        || lower.starts_with("response-")
        || matches!(lower.as_str(), "x-id" | "content-type" | "content-md5" | "action" | "version")
        || SUBRESOURCES.iter().chain(PARAMETERS).chain(&HMACV1_NAMES).any(known)
}

/// A query string without the pairs of certain names, compared as they decode. What remains is as it
/// was, byte for byte.
#[must_use]
pub fn without_query_names<'q>(query: &'q str, names: &[String]) -> Cow<'q, str> {
    let listed = |pair: &&str| {
        let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
        decode(name, Plus::Space).is_ok_and(|name| names.contains(&name))
    };
    if names.is_empty() || !query.split('&').any(|pair| listed(&pair)) {
        return Cow::Borrowed(query);
    }
    let kept: Vec<&str> = query.split('&').filter(|pair| !listed(pair)).collect();
    Cow::Owned(kept.join("&"))
}

/// Whether a query string holds a signature, of either scheme.
#[must_use]
pub fn is_presigned(query: &str) -> bool {
    query.split('&').any(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        decode(name, Plus::Space).is_ok_and(|name| {
            name == "AWSAccessKeyId" || name.eq_ignore_ascii_case("x-amz-signature")
        })
    })
}

/// Names of the `x-amz-` family are the same in any case, as header names are; the rest is
/// case-sensitive.
fn canonical_name(name: String) -> String {
    if has_amz_prefix(&name) { name.to_ascii_lowercase() } else { name }
}

fn has_amz_prefix(name: &str) -> bool {
    name.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case("x-amz-"))
}

enum Class {
    Parameter(&'static str),
    Hoisted,
    Dropped,
    Unknown,
}

const V4_NAMES: [&str; 8] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-region-set",
    "x-amz-signedheaders",
    "x-amz-signature",
    "x-amz-security-token",
];
const HMACV1_NAMES: [&str; 4] = ["AWSAccessKeyId", "Signature", "Expires", "x-amz-security-token"];

fn classify(name: &str, presigned: Presigned) -> Class {
    if let Some(known) = SUBRESOURCES.iter().chain(PARAMETERS).find(|known| **known == name) {
        return Class::Parameter(known);
    }
    // `x-id` is the SDKs' own note of what they meant. It takes no part in what a request is.
    if name == "x-id" {
        return Class::Dropped;
    }
    match presigned {
        Presigned::No => Class::Unknown,
        Presigned::V4 if V4_NAMES.contains(&name) => Class::Dropped,
        Presigned::HmacV1 if HMACV1_NAMES.contains(&name) => Class::Dropped,
        Presigned::HmacV1
            if name.eq_ignore_ascii_case("content-type")
                || name.eq_ignore_ascii_case("content-md5") =>
        {
            Class::Hoisted
        }
        Presigned::V4 | Presigned::HmacV1 if has_amz_prefix(name) => Class::Hoisted,
        Presigned::V4 | Presigned::HmacV1 => Class::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(query: &str, presigned: Presigned) -> Query {
        Query::parse(query, presigned).unwrap_or_else(|e| panic!("{query}: {e}"))
    }

    #[test]
    fn a10_names_are_sorted_into_what_they_are() {
        let query = parse("list-type=2&prefix=a%2Bb+c&&x-id=ListObjectsV2", Presigned::No);
        assert_eq!(
            query.parameters,
            [("list-type", "2".to_owned()), ("prefix", "a+b c".to_owned())]
        );
        assert_eq!(query.unknown, None);
        let query = parse(
            "X-Amz-Algorithm=x&X-Amz-Signature=y&X-Amz-Acl=private&versionId=1",
            Presigned::V4,
        );
        assert_eq!(query.parameters, [("versionId", "1".to_owned())]);
        assert_eq!(query.hoisted, [("x-amz-acl".to_owned(), "private".to_owned())]);
        let query = parse(
            "AWSAccessKeyId=a&Signature=b&Expires=1&content-type=text%2Fplain",
            Presigned::HmacV1,
        );
        assert_eq!(query.hoisted, [("content-type".to_owned(), "text/plain".to_owned())]);
    }

    #[test]
    fn a10_unknown_names_are_found() {
        for (query, presigned, name) in [
            ("annotations", Presigned::No, "annotations"),
            ("x;list-type=2", Presigned::No, "x;list-type"),
            ("Prefix=a", Presigned::No, "Prefix"),
            ("ACL", Presigned::No, "ACL"),
            ("s3:prefix=a", Presigned::No, "s3:prefix"),
            ("x-amz-acl=private", Presigned::No, "x-amz-acl"),
            ("X-Amz-Signature=y", Presigned::No, "x-amz-signature"),
            ("content-type=a", Presigned::V4, "content-type"),
            ("Signature=a", Presigned::V4, "Signature"),
            ("foo=bar", Presigned::HmacV1, "foo"),
            ("=a", Presigned::No, ""),
        ] {
            assert_eq!(parse(query, presigned).unknown.as_deref(), Some(name), "{query}");
        }
    }

    #[test]
    fn a10_repeated_names_are_refused() {
        for query in
            ["uploadId=u&uploadId=v", "prefix=a&prefix=a", "acl&acl=", "pref%69x=a&prefix=b", "x&x"]
        {
            assert!(
                matches!(Query::parse(query, Presigned::No), Err(QueryError::Repeated(_))),
                "{query}"
            );
        }
        for query in ["x-amz-acl=a&X-Amz-Acl=b", "X-Amz-Date=1&x-amz-date=1"] {
            assert!(
                matches!(Query::parse(query, Presigned::V4), Err(QueryError::Repeated(_))),
                "{query}"
            );
        }
        let many = (0..200).map(|n| format!("a{n}")).collect::<Vec<_>>().join("&");
        assert_eq!(Query::parse(&many, Presigned::No), Err(QueryError::TooMany));
    }

    #[test]
    fn a11_query_that_does_not_decode_is_refused() {
        for query in ["prefix=%zz", "prefix=%FF", "prefix=%00", "%F=a"] {
            assert!(
                matches!(Query::parse(query, Presigned::No), Err(QueryError::Encoding(_))),
                "{query}"
            );
        }
    }

    #[test]
    fn names_that_aws_gives_a_meaning_to_are_known_in_any_case() {
        for name in [
            "X-Amz-Signature",
            "x-amz-something-new",
            "response-content-type",
            "Response-Something-New",
            "x-id",
            "Content-Type",
            "content-md5",
            "Action",
            "Version",
            "ACL",
            "uploadid",
            "versionId",
            "awsaccesskeyid",
            "Signature",
            "expires",
        ] {
            assert!(is_query_name_of_aws(name), "{name}");
        }
        for name in ["", "utm_source", "x-amz", "response", "acls", "content-length"] {
            assert!(!is_query_name_of_aws(name), "{name}");
        }
    }

    #[test]
    fn names_are_taken_out_and_the_rest_is_kept_as_it_is() {
        let names = ["utm".to_owned(), "a b".to_owned()];
        for (query, rest) in [
            ("utm=1", ""),
            ("utm", ""),
            ("prefix=%61+b&utm=1&&x=%zz", "prefix=%61+b&&x=%zz"),
            ("a+b=1&u%74m=2&utm=3&a%20b", ""),
            ("UTM=1&utm=2", "UTM=1"),
        ] {
            assert_eq!(without_query_names(query, &names), rest, "{query}");
        }
        // As it came: whether anything was taken out is told by this.
        for query in ["", "prefix=a", "UTM=1&utmx=2", "prefix=utm", "%zz=utm"] {
            let kept = without_query_names(query, &names);
            assert!(matches!(kept, Cow::Borrowed(same) if same == query), "{query}");
        }
        assert!(matches!(without_query_names("utm=1", &[]), Cow::Borrowed("utm=1")));
    }

    #[test]
    fn queries_that_hold_a_signature_are_known() {
        for query in [
            "AWSAccessKeyId=a&Signature=b&Expires=1",
            "prefix=a&AWSAccessKeyId",
            "X-Amz-Signature=a",
            "prefix=a&x-amz-signature=b",
            "X-Amz-%53ignature=a",
        ] {
            assert!(is_presigned(query), "{query}");
        }
        for query in ["", "prefix=X-Amz-Signature", "awsaccesskeyid=a", "Signature=a", "%zz=a"] {
            assert!(!is_presigned(query), "{query}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(query in any::<String>()) {
            for presigned in [Presigned::No, Presigned::V4, Presigned::HmacV1] {
                let _ = Query::parse(&query, presigned);
            }
        }
    }
}
