//! Headers that mean something only together, and those of which one form alone is right. Stores take half of them, and
//! do half of what was asked or nothing.

use http::HeaderName;
use s3::checksum::OfObject;
use s3::{Operation, OperationKind};

use crate::reject::Reject;

/// What needs what.
const TOGETHER: &[(&str, &[&str])] = &[
    // "Server-side encryption with customer-provided keys", S3 user guide: each request has all three.
    ("x-amz-server-side-encryption-customer-algorithm", KEY_OF_CLIENT),
    ("x-amz-server-side-encryption-customer-key", KEY_OF_CLIENT),
    ("x-amz-server-side-encryption-customer-key-md5", KEY_OF_CLIENT),
    ("x-amz-copy-source-server-side-encryption-customer-algorithm", KEY_OF_SOURCE),
    ("x-amz-copy-source-server-side-encryption-customer-key", KEY_OF_SOURCE),
    ("x-amz-copy-source-server-side-encryption-customer-key-md5", KEY_OF_SOURCE),
    ("x-amz-server-side-encryption-aws-kms-key-id", &["x-amz-server-side-encryption"]),
    ("x-amz-object-lock-mode", &["x-amz-object-lock-retain-until-date"]),
    ("x-amz-object-lock-retain-until-date", &["x-amz-object-lock-mode"]),
    ("x-amz-object-lock-event-hold-duration-days", &["x-amz-object-lock-event-hold"]),
    ("x-amz-object-lock-event-hold-duration-years", &["x-amz-object-lock-event-hold"]),
];

const KEY_OF_CLIENT: &[&str] = &[
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
];

const KEY_OF_SOURCE: &[&str] = &[
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key-md5",
];

const COPY_RANGE: &str = "x-amz-copy-source-range";

/// Looks at all of them.
///
/// # Errors
/// [`Reject::HalfOf`], [`Reject::CopyRange`], [`Reject::Checksum`].
pub(super) fn check(operation: &Operation) -> Result<(), Reject> {
    let has = |name: &str| operation.header(name).is_some();
    for (name, needed) in TOGETHER.iter().filter(|(name, _)| has(name)) {
        if let Some(missing) = needed.iter().find(|needed| !has(needed)) {
            return Err(Reject::HalfOf {
                header: HeaderName::from_static(name),
                missing: HeaderName::from_static(missing),
            });
        }
    }
    let range = operation.header(COPY_RANGE).map(|value| value.to_str().unwrap_or_default());
    if range.is_some_and(|range| !is_copy_range(range)) {
        return Err(Reject::CopyRange);
    }
    if operation.kind() == OperationKind::CompleteMultipartUpload {
        OfObject::read(operation.headers())?;
    }
    Ok(())
}

/// `bytes=first-last` and nothing else (API reference of UploadPartCopy).
fn is_copy_range(text: &str) -> bool {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse::<u64>().ok() } else { None }
    };
    let ends = text.strip_prefix("bytes=").and_then(|range| range.split_once('-'));
    let ends = ends.and_then(|(first, last)| Some((number(first)?, number(last)?)));
    ends.is_some_and(|(first, last)| first <= last)
}

#[cfg(test)]
mod tests {
    use super::is_copy_range;

    #[test]
    fn one_form_of_a_range_is_copied() {
        for right in ["bytes=0-0", "bytes=5-18446744073709551615"] {
            assert!(is_copy_range(right), "{right}");
        }
        for wrong in [
            "",
            "bytes=",
            "bytes=-",
            "bytes=-2",
            "bytes=2-",
            "bytes=2-1",
            "0-2",
            "bytes=0-1,3-4",
            "bytes=+0-1",
            "bytes=0-18446744073709551616",
            "bytes= 0-1",
            "Bytes=0-1",
        ] {
            assert!(!is_copy_range(wrong), "{wrong}");
        }
    }
}
