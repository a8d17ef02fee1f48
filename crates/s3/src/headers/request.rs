//! The headers of a request, sorted by the table of the operation.

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::checksum::{Algorithm, Hasher};
use crate::operation::{Spec, Verb};

/// What was found in the headers of a request.
#[derive(Debug, Default, Clone)]
pub(crate) struct Collected {
    /// Headers that mean something, one value a name: those that may be forwarded, and those that
    /// are ours to read (signature and body framing).
    pub(crate) headers: HeaderMap,
    /// Headers of other vendors, which are dropped.
    pub(crate) dropped: Vec<HeaderName>,
    /// The first header for which the request has to be refused.
    pub(crate) refusal: Option<HeaderError>,
}

/// Why a header makes a request be refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// An `x-amz-*` header that the operation does not have.
    #[error("the header `{0}` implies something that is not implemented")]
    Unknown(String),
    /// How to encrypt, in a request that writes nothing: AWS answers 400 (API reference of GetObject).
    #[error("the header `{0}` is not supported for this operation")]
    Encryption(String),
    /// A header that may stand there once only.
    #[error("the header `{0}` is repeated")]
    Repeated(HeaderName),
    /// A header and the query parameter of its name that differ.
    #[error("the header `{0}` and the query parameter of that name differ")]
    Contradiction(HeaderName),
    /// `x-amz-copy-source` in a query string: a link that copies is nobody's intention.
    #[error("the query string holds a copy source")]
    HoistedCopySource,
    /// A value that the header cannot have.
    #[error("the header `{0}` has a value that is not valid")]
    Value(HeaderName),
}

impl HeaderError {
    /// For a header that the operation does not have.
    fn unknown(name: String) -> Self {
        if name.to_ascii_lowercase().starts_with("x-amz-server-side-encryption") {
            Self::Encryption(name)
        } else {
            Self::Unknown(name)
        }
    }
}

/// The version of the S3 API, the only one there is.
const API_VERSION: &str = "2006-03-01";

/// Headers that the gateway reads itself: signature, body framing, and notes of SDKs.
const OURS: &[&str] = &[
    // The C++ SDK's, and so of everything that reads by Apache Arrow.
    "x-amz-api-version",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-region-set",
    "x-amz-security-token",
    // Java's older request for a checksum behind the object, which is never given.
    "x-amz-te",
    "x-amz-trailer",
    "x-amz-user-agent",
];

/// Headers whose values are secrets: `Debug` does not show them.
const SECRETS: &[&str] = &[
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-mfa",
    "x-amz-security-token",
    "x-amz-server-side-encryption-customer-key",
];

/// Whether the value of a header or a form's field of that name is a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name)
}

/// Prefixes of headers that other stores and vendors gave a meaning to.
const VENDORS: &[&str] = &[
    "x-minio-",
    "x-rgw-",
    "x-ceph-",
    "x-emc-",
    "x-goog-",
    "x-obs-",
    "x-oss-",
    "x-cos-",
    "x-ibm-",
    "x-wasabi-",
    "x-ntap-",
    "x-isi-",
];

/// Headers whose values, when they stand on several lines, are one list. S3 joins metadata the same
/// way.
fn is_list(name: &str) -> bool {
    name.starts_with("x-amz-meta-")
        || matches!(
            name,
            "accept-encoding"
                | "cache-control"
                | "content-encoding"
                | "content-language"
                | "x-amz-object-attributes"
                | "x-amz-optional-object-attributes"
                | "x-amz-trailer"
        )
}

/// Sorts the headers of the wire and those that were moved into the query string.
pub(crate) fn collect(
    spec: &Spec,
    wire: &HeaderMap,
    hoisted: &[(String, String)],
    harmless: &[HeaderName],
) -> Collected {
    let mut collected = Collected::default();
    for name in wire.keys() {
        match classify(spec, name.as_str(), harmless) {
            Class::Kept => match single_value(name, wire) {
                Ok(value) => collected.insert(name.clone(), value),
                Err(error) => collected.refuse(error),
            },
            Class::Vendor => collected.dropped.push(name.clone()),
            Class::Unknown => {
                collected.refuse(HeaderError::unknown(name.as_str().to_owned()));
                // Not to be forwarded, but what the request would require can still be told.
                if let Ok(value) = single_value(name, wire) {
                    collected.insert(name.clone(), value);
                }
            }
            Class::Ignored => {}
        }
    }
    for (name, value) in hoisted {
        if let Err(error) = collected.hoist(spec, name, value, harmless) {
            collected.refuse(error);
        }
    }
    let invalid = collected.headers.iter().find(|(name, value)| {
        let of_nothing = digest_of_nothing(spec, name.as_str());
        !is_valid(name.as_str(), value) || of_nothing.is_some_and(|digest| **value != *digest)
    });
    if let Some(name) = invalid.map(|(name, _)| name.clone()) {
        collected.refuse(HeaderError::Value(name));
    }
    collected
}

impl Collected {
    fn insert(&mut self, name: HeaderName, mut value: HeaderValue) {
        value.set_sensitive(is_secret(name.as_str()));
        self.headers.insert(name, value);
    }

    fn refuse(&mut self, error: HeaderError) {
        self.refusal.get_or_insert(error);
    }

    /// Takes a query parameter as the header of its name.
    fn hoist(
        &mut self,
        spec: &Spec,
        name: &str,
        value: &str,
        harmless: &[HeaderName],
    ) -> Result<(), HeaderError> {
        if name == "x-amz-copy-source" {
            return Err(HeaderError::HoistedCopySource);
        }
        let unknown = || HeaderError::unknown(crate::resolve::shown(name));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unknown())?;
        match classify(spec, name.as_str(), harmless) {
            Class::Kept => {
                let value = HeaderValue::from_str(value.trim_matches([' ', '\t']))
                    .map_err(|_| HeaderError::Value(name.clone()))?;
                match self.headers.get(&name) {
                    Some(other) if *other != value => return Err(HeaderError::Contradiction(name)),
                    Some(_) => {}
                    None => self.insert(name, value),
                }
                Ok(())
            }
            Class::Ignored | Class::Vendor => Ok(()),
            Class::Unknown => Err(unknown()),
        }
    }
}

enum Class {
    Kept,
    Vendor,
    Unknown,
    Ignored,
}

fn classify(spec: &Spec, name: &str, harmless: &[HeaderName]) -> Class {
    if spec.knows_header(name) || OURS.contains(&name) || digest_of_nothing(spec, name).is_some() {
        Class::Kept
    } else if name.starts_with("x-amz-") {
        if harmless.iter().any(|known| known == name) { Class::Ignored } else { Class::Unknown }
    } else if VENDORS.iter().any(|prefix| name.starts_with(prefix)) {
        Class::Vendor
    } else {
        Class::Ignored
    }
}

/// The AWS SDK for Java sends the checksum of its body with a request that has none, too: it is verified, and
/// says nothing to the store.
fn digest_of_nothing(spec: &Spec, name: &str) -> Option<String> {
    let without_body = matches!(spec.verb, Verb::Get | Verb::Head | Verb::Delete);
    if !without_body || spec.knows_header(name) {
        return None;
    }
    let algorithm = Algorithm::from_header_name(name)?;
    Some(Hasher::new(algorithm).finish().to_base64())
}

fn single_value(name: &HeaderName, wire: &HeaderMap) -> Result<HeaderValue, HeaderError> {
    let mut values = wire.get_all(name).iter();
    let first = values.next().cloned().unwrap_or_else(|| HeaderValue::from_static(""));
    let Some(second) = values.next() else { return Ok(first) };
    if !is_list(name.as_str()) {
        return Err(HeaderError::Repeated(name.clone()));
    }
    let mut joined = first.as_bytes().to_vec();
    for value in std::iter::once(second).chain(values) {
        joined.push(b',');
        joined.extend_from_slice(value.as_bytes());
    }
    HeaderValue::from_bytes(&joined).map_err(|_| HeaderError::Value(name.clone()))
}

/// Whether a value is one that the header may have, as far as all operations agree.
fn is_valid(name: &str, value: &HeaderValue) -> bool {
    has_text_value(name, value) && (name != "x-amz-api-version" || value == API_VERSION)
}

/// Whether policies can read the value. Only free text of the user's own may hold other bytes than
/// ASCII.
fn has_text_value(name: &str, value: &HeaderValue) -> bool {
    let free = name.starts_with("x-amz-meta-")
        || matches!(
            name,
            "cache-control"
                | "content-disposition"
                | "content-language"
                | "content-type"
                | "expires"
        );
    free || value.to_str().is_ok()
}

/// `Content-Encoding` without `aws-chunked`, which is framing of one transfer and no property of
/// the object. `None` when nothing else is left.
pub(crate) fn without_aws_chunked(value: &HeaderValue) -> Option<HeaderValue> {
    let Ok(text) = value.to_str() else { return Some(value.clone()) };
    let kept: Vec<_> = text
        .split(',')
        .map(str::trim)
        .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    if kept.is_empty() { None } else { HeaderValue::from_str(&kept.join(",")).ok() }
}
