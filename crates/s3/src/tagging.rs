//! Object tags in `x-amz-tagging`: `key=value&key=value`, escaped as in a query string.

use crate::encoding::{Plus, decode, encode_query};

/// The most tags that S3 allows an object.
pub(crate) const MAX_OBJECT_TAGS: usize = 10;
/// The most tags that S3 allows a bucket.
pub(crate) const MAX_BUCKET_TAGS: usize = 50;

/// Why tags were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaggingError {
    /// Not pairs of key and value, or not escaped.
    #[error("the header `x-amz-tagging` does not hold tags as query parameters")]
    Malformed,
    /// More than ten on an object, or fifty on a bucket.
    #[error("too many tags")]
    TooMany,
    /// A key twice, or two keys that differ only in case: a condition on one of them, whose name
    /// has no case, could be met by the other.
    #[error("the tag key `{0}` is repeated")]
    Repeated(String),
}

pub(crate) fn parse(header: &str) -> Result<Vec<(String, String)>, TaggingError> {
    let mut tags = Vec::new();
    for pair in header.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let text = |text| decode(text, Plus::Space).map_err(|_| TaggingError::Malformed);
        push(&mut tags, text(key)?, text(value)?, MAX_OBJECT_TAGS)?;
    }
    Ok(tags)
}

/// Adds a tag, if it is one and the set stays one.
pub(crate) fn push(
    tags: &mut Vec<(String, String)>,
    key: String,
    value: String,
    most: usize,
) -> Result<(), TaggingError> {
    if key.is_empty() {
        return Err(TaggingError::Malformed);
    }
    if tags.len() == most {
        return Err(TaggingError::TooMany);
    }
    if tags.iter().any(|(other, _)| other.eq_ignore_ascii_case(&key)) {
        return Err(TaggingError::Repeated(crate::resolve::shown(&key)));
    }
    tags.push((key, value));
    Ok(())
}

pub(crate) fn encode(tags: &[(String, String)]) -> String {
    let pairs: Vec<_> = tags
        .iter()
        .map(|(key, value)| format!("{}={}", encode_query(key), encode_query(value)))
        .collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_are_decoded_and_written_anew() {
        let tags = parse("k1=v1&k%32=a+b%2B&empty=&bare").unwrap();
        assert_eq!(encode(&tags), "k1=v1&k2=a%20b%2B&empty=&bare=");
        assert_eq!(parse(""), Ok(vec![]));
    }

    #[test]
    fn a16_tags_that_a_condition_could_confuse_are_refused() {
        for repeated in ["k=1&k=2", "Team=a&team=b", "k=1&%6B=2"] {
            assert!(matches!(parse(repeated), Err(TaggingError::Repeated(_))), "{repeated}");
        }
        for malformed in ["=v", "k=%", "k=%FF", "%00=1"] {
            assert_eq!(parse(malformed), Err(TaggingError::Malformed), "{malformed}");
        }
        let many: Vec<_> = (0..11).map(|n| format!("k{n}=v")).collect();
        assert_eq!(parse(&many.join("&")), Err(TaggingError::TooMany));
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_was_decided(header in "[a-zA-Z0-9%+=&._-]{0,60}") {
            if let Ok(tags) = parse(&header) {
                prop_assert_eq!(parse(&encode(&tags)), Ok(tags));
            }
        }
    }
}
