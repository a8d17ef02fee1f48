//! The names in a request: bucket, key, version, upload. Each is validated once, at the edge, and
//! is a type from then on.

use std::fmt;

/// Why a name was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A bucket name that AWS would not have.
    #[error("not a valid bucket name")]
    Bucket,
    /// A bucket name that AWS reserves for something that is not a bucket (an access point's
    /// alias).
    #[error("the name of something that is not a bucket")]
    ReservedBucket,
    /// A key of no bytes.
    #[error("an empty key")]
    EmptyKey,
    /// A key of more than 1,024 bytes.
    #[error("a key of more than 1024 bytes")]
    LongKey,
    /// A NUL in a key.
    #[error("a NUL character in a key")]
    NulInKey,
    /// A version id that is empty, long, or holds anything but visible ASCII.
    #[error("not a valid version id")]
    VersionId,
    /// An upload id that is empty, long, or holds anything but visible ASCII.
    #[error("not a valid upload id")]
    UploadId,
}

macro_rules! text_newtype {
    ($name:ident) => {
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

/// A bucket name by AWS's rules for general-purpose buckets: 3 to 63 of `a-z 0-9 . -`, beginning
/// and ending with a letter or digit, no two dots together, not of the form of an IPv4 address.
///
/// Upper case and `_`, which the oldest buckets of some stores have, are refused: they cannot be a
/// host name, and a store that folds case would make two names of one bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(String);

text_newtype!(Bucket);

impl Bucket {
    /// Validates a name. See [`Bucket`] for the rules.
    ///
    /// # Errors
    /// [`NameError::Bucket`], or [`NameError::ReservedBucket`] for suffixes that AWS gives to access points and
    /// other things that answer in a bucket's place: a policy about the bucket would not see them.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        let ends =
            |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let valid = (3..=63).contains(&name.len())
            && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'))
            && ends(name.bytes().next())
            && ends(name.bytes().last())
            && !name.contains("..")
            && name.parse::<std::net::Ipv4Addr>().is_err();
        if !valid {
            return Err(NameError::Bucket);
        }
        if RESERVED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix)) {
            return Err(NameError::ReservedBucket);
        }
        Ok(Self(name.to_owned()))
    }
}

/// Suffixes that AWS reserves: access point alias, Object Lambda alias, multi-region access point,
/// directory bucket, table bucket.
const RESERVED_SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// An object key: 1 to 1,024 bytes of UTF-8 without NUL, kept as they are. Dot segments, repeated
/// and leading slashes are part of the name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

text_newtype!(Key);

impl Key {
    /// The most bytes that S3 allows a key.
    pub const MAX_BYTES: usize = 1024;

    /// Validates a decoded key.
    ///
    /// # Errors
    /// [`NameError`] when it is empty, too long or holds a NUL.
    pub fn parse(key: impl Into<String>) -> Result<Self, NameError> {
        let key = key.into();
        if key.is_empty() {
            Err(NameError::EmptyKey)
        } else if key.len() > Self::MAX_BYTES {
            Err(NameError::LongKey)
        } else if key.contains('\0') {
            Err(NameError::NulInKey)
        } else {
            Ok(Self(key))
        }
    }
}

/// The id of a version of an object, `null` included: opaque visible ASCII, at most 1,024 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionId(String);

text_newtype!(VersionId);

impl VersionId {
    /// Validates a decoded version id.
    ///
    /// # Errors
    /// [`NameError::VersionId`].
    pub fn parse(id: impl Into<String>) -> Result<Self, NameError> {
        opaque(id.into(), 1024).map(Self).ok_or(NameError::VersionId)
    }
}

/// The id of a multipart upload: opaque visible ASCII, at most 2,048 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId(String);

text_newtype!(UploadId);

impl UploadId {
    /// Validates a decoded upload id.
    ///
    /// # Errors
    /// [`NameError::UploadId`].
    pub fn parse(id: impl Into<String>) -> Result<Self, NameError> {
        opaque(id.into(), 2048).map(Self).ok_or(NameError::UploadId)
    }
}

fn opaque(id: String, most: usize) -> Option<String> {
    let valid = !id.is_empty() && id.len() <= most && id.bytes().all(|b| b.is_ascii_graphic());
    valid.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_are_those_of_aws() {
        for good in ["abc", "a-b.c", "123", "my.bucket-1", &"a".repeat(63), "xn--abc"] {
            assert!(Bucket::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "ab",
            &"a".repeat(64),
            "Abc",
            "a_b",
            "-abc",
            "abc-",
            ".abc",
            "abc.",
            "a..b",
            "192.168.5.4",
            "a/b",
            "a b",
            "bücket",
            "a%2fb",
            "a\0b",
            "abc\n",
        ] {
            assert_eq!(Bucket::parse(bad), Err(NameError::Bucket), "{bad}");
        }
        assert_eq!(
            Bucket::parse("ap-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias"),
            Err(NameError::ReservedBucket)
        );
    }

    #[test]
    fn keys_are_kept_as_they_are() {
        for good in ["/", "//a", "a/../b", ".", "..", "a\nb", "é", &"x".repeat(1024)] {
            assert_eq!(Key::parse(good).as_ref().map(Key::as_str), Ok(good));
        }
        assert_eq!(Key::parse(""), Err(NameError::EmptyKey));
        assert_eq!(Key::parse("x".repeat(1025)), Err(NameError::LongKey));
        assert_eq!(Key::parse("é".repeat(513)), Err(NameError::LongKey));
        assert_eq!(Key::parse("a\0b"), Err(NameError::NulInKey));
    }

    #[test]
    fn ids_are_visible_ascii() {
        assert!(VersionId::parse("v+1/=").is_ok());
        assert!(VersionId::parse("null").is_ok());
        for bad in ["", "a b", "a\n", "é"] {
            assert_eq!(VersionId::parse(bad), Err(NameError::VersionId));
            assert_eq!(UploadId::parse(bad), Err(NameError::UploadId));
        }
        assert_eq!(UploadId::parse("u".repeat(2049)), Err(NameError::UploadId));
    }
}
