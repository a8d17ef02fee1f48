//! Errors of the store.

use crate::render::render_error;
use crate::xml::{Cursor, Reading, XmlError};

/// What a store says went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError {
    /// Its code, as it stands there: stores have codes of their own.
    pub code: String,
    /// Its message.
    pub message: String,
    /// What it says besides and a client may read.
    pub extra: Vec<(&'static str, String)>,
}

/// The longest text that is kept of an element.
const MAX_TEXT: usize = 4096;
/// The longest code that is taken for one.
const MAX_CODE: usize = 128;

/// Elements that describe the client's request. Everything else stays behind: request and host ids,
/// endpoints, and what a `SignatureDoesNotMatch` of the store would tell of the store's
/// credentials.
const DESCRIBES_REQUEST: &[&str] = &[
    "ActualObjectSize",
    "ArgumentName",
    "ArgumentValue",
    "BucketName",
    "Condition",
    "ETag",
    "Header",
    "Key",
    "MaxSizeAllowed",
    "MinSizeAllowed",
    "Method",
    "PartNumber",
    "ProposedSize",
    "RangeRequested",
    "ResourceType",
    "UploadId",
    "VersionId",
];

/// Codes by which a store says that it does not accept the gateway's own signature. They would tell
/// the client that its credentials are wrong, which they are not.
const ABOUT_OUR_SIGNATURE: &[&str] = &[
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidSecurity",
    "InvalidToken",
    "MissingAuthenticationToken",
    "NotSignedUp",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "XAmzContentSHA256Mismatch",
];

/// Codes of a 404 that say that the object is there, or nothing about it.
const NOT_THE_OBJECT: &[&str] = &[
    "NoSuchAnnotation",
    "NoSuchObjectLockConfiguration",
    "NoSuchTagSet",
    "NoSuchUpload",
    "ObjectLockConfigurationNotFoundError",
];

impl StoreError {
    /// Reads the body of an answer as an error document. `None`: it is something else.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let (cursor, root) = Cursor::open(body, Reading::Lenient).ok()?;
        if root == "Error" { Self::read(cursor).ok().flatten() } else { None }
    }

    /// Reads the rest of a document whose root `Error` was entered.
    pub(super) fn read(mut cursor: Cursor<'_>) -> Result<Option<Self>, XmlError> {
        let (mut code, mut message, mut extra) = (None, None, Vec::<(&'static str, String)>::new());
        while let Some(element) = cursor.next()? {
            let known = DESCRIBES_REQUEST.iter().find(|known| **known == element);
            match (element.as_str(), known) {
                ("Code", _) => cursor.text_once(&mut code, "Code", MAX_CODE)?,
                ("Message", _) => cursor.text_once(&mut message, "Message", MAX_TEXT)?,
                (_, Some(known)) if extra.iter().all(|(seen, _)| seen != known) => {
                    extra.push((known, cursor.text(known, MAX_TEXT)?));
                }
                _ => cursor.skip()?,
            }
        }
        cursor.finish()?;
        let is_code = |code: &String| {
            !code.is_empty()
                && code
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        };
        Ok(code.filter(is_code).map(|code| Self {
            code,
            message: message.unwrap_or_default(),
            extra,
        }))
    }

    /// Whether the store complains of the gateway's own signature: a fault of the installation,
    /// which the client should read as `InternalError`.
    #[must_use]
    pub fn is_about_our_signature(&self) -> bool {
        ABOUT_OUR_SIGNATURE.contains(&self.code.as_str())
    }

    /// Whether something else is missing than the object that was asked for.
    #[must_use]
    pub fn is_about_something_else(&self) -> bool {
        NOT_THE_OBJECT.contains(&self.code.as_str())
    }

    /// Whether the object that was asked for is missing, or its bucket, by the code alone: some
    /// answers have no status of their own.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        ["NoSuchBucket", "NoSuchKey", "NoSuchVersion", "NotFound"].contains(&self.code.as_str())
    }

    /// The error document for the client.
    #[must_use]
    pub fn render(&self, resource: &str, request_id: &str) -> String {
        let extra: Vec<_> = self.extra.iter().map(|(name, text)| (*name, text.as_str())).collect();
        render_error(&self.code, &self.message, resource, request_id, &extra)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_by_the_code() {
        let error = |code: &str| StoreError {
            code: code.to_owned(),
            message: String::new(),
            extra: Vec::new(),
        };
        for (code, absent, something_else) in [
            ("NoSuchKey", true, false),
            ("NoSuchVersion", true, false),
            ("NoSuchBucket", true, false),
            ("NoSuchUpload", false, true),
            ("NoSuchObjectLockConfiguration", false, true),
            ("AccessDenied", false, false),
        ] {
            assert_eq!(error(code).is_absence(), absent, "{code}");
            assert_eq!(error(code).is_about_something_else(), something_else, "{code}");
        }
    }
}
