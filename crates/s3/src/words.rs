//! Closed sets of values, exactly as AWS spells them (API reference of PutObject, CopyObject, CreateBucket,
//! PutObjectRetention, PutObjectLegalHold). Policies speak of them: a store that reads `Public-Read` as
//! `public-read` would undo a Deny on the latter.

/// How an object is retained.
pub(crate) const LOCK_MODES: &[&str] = &["GOVERNANCE", "COMPLIANCE"];

/// Whether something holds.
pub(crate) const ON_OFF: &[&str] = &["ON", "OFF"];

/// What happens to the metadata or the tags of a copy.
const DIRECTIVES: &[&str] = &["COPY", "REPLACE"];

/// Headers that have one.
pub(crate) const HEADERS: &[(&str, &[&str])] = &[
    (
        "x-amz-acl",
        &[
            "private",
            "public-read",
            "public-read-write",
            "authenticated-read",
            "aws-exec-read",
            "bucket-owner-read",
            "bucket-owner-full-control",
            "log-delivery-write",
        ],
    ),
    ("x-amz-metadata-directive", DIRECTIVES),
    ("x-amz-tagging-directive", DIRECTIVES),
    ("x-amz-object-annotation-directive", &["COPY", "EXCLUDE"]),
    ("x-amz-object-lock-mode", LOCK_MODES),
    ("x-amz-object-lock-legal-hold", ON_OFF),
    ("x-amz-object-lock-event-hold", ON_OFF),
    ("x-amz-server-side-encryption", &["AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"]),
    ("x-amz-server-side-encryption-customer-algorithm", &["AES256"]),
    ("x-amz-object-ownership", &["BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"]),
    ("x-amz-bucket-namespace", &["account-regional", "global"]),
];

/// The storage classes of S3 (API reference of PutObject). Stores have others of their own, in a spelling of
/// their own; these have one.
const STORAGE_CLASSES: &[&str] = &[
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "OUTPOSTS",
    "GLACIER_IR",
    "SNOW",
    "EXPRESS_ONEZONE",
    "FSX_OPENZFS",
    "FSX_ONTAP",
];

/// Whether a storage class is one of S3's in another case: a store that reads it as that one would undo
/// a Deny on it.
pub(crate) fn is_misspelt_storage_class(class: &str) -> bool {
    !STORAGE_CLASSES.contains(&class)
        && STORAGE_CLASSES.iter().any(|known| known.eq_ignore_ascii_case(class))
}

/// The values that a request header can have, exactly so; `None` where they are not a closed set.
#[must_use]
pub fn words_of_header(name: &str) -> Option<&'static [&'static str]> {
    HEADERS.iter().find(|(known, _)| *known == name).map(|(_, words)| *words)
}

/// Most days of an event hold.
pub(crate) const MAX_HOLD_DAYS: u32 = 36_500;

/// Most years of an event hold.
pub(crate) const MAX_HOLD_YEARS: u32 = 100;

/// A number as every store reads it: decimal digits and no more than fits 31 bits.
pub(crate) fn number(value: &str) -> Option<u32> {
    let digits =
        !value.is_empty() && value.len() <= 10 && value.bytes().all(|b| b.is_ascii_digit());
    value.parse().ok().filter(|n| digits && *n <= i32::MAX.unsigned_abs())
}

/// A number between one and `most`.
pub(crate) fn number_to(most: u32, value: &str) -> Option<u32> {
    number(value).filter(|n| (1..=most).contains(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_words_are_those_of_their_header() {
        assert_eq!(words_of_header("x-amz-object-lock-mode"), Some(LOCK_MODES));
        assert_eq!(words_of_header("x-amz-object-lock-legal-hold"), Some(ON_OFF));
        assert_eq!(words_of_header("x-amz-storage-class"), None);
    }
}
