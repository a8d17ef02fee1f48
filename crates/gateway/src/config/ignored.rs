//! Headers that are promises, and that a store ignores all the same.

use std::fmt;
use std::str::FromStr;

use http::HeaderName;
use s3::{Operation, OperationKind};

/// An entry of `ignored_headers`: an operation, one of its headers, and the value if it ignores one value alone
/// (`PutObject:x-amz-server-side-encryption=AES256`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredHeader {
    /// The operation.
    pub kind: OperationKind,
    /// The header.
    pub name: HeaderName,
    /// The value that is ignored; None: all.
    pub value: Option<String>,
}

impl IgnoredHeader {
    /// One that the project knows: `text` is a header in lower case, with `=` and a value or without.
    ///
    /// # Panics
    /// If it is no name of a header.
    #[must_use]
    pub fn known(kind: OperationKind, text: &'static str) -> Self {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        Self { kind, name: HeaderName::from_static(name), value }
    }

    /// Whether a request has it.
    #[must_use]
    pub fn is_in(&self, operation: &Operation) -> bool {
        let said = || operation.header(self.name.as_str());
        self.kind == operation.kind()
            && match &self.value {
                None => said().is_some(),
                Some(value) => said().is_some_and(|said| said.as_bytes() == value.as_bytes()),
            }
    }
}

impl FromStr for IgnoredHeader {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let advice =
            "must be an operation, a colon and one of its headers, as `DeleteObject:If-Match`";
        let (kind, header) = text.split_once(':').ok_or(advice)?;
        let kind = OperationKind::parse(kind).ok_or("is no operation of S3")?;
        let (name, value) = match header.split_once('=') {
            Some((_, "")) => return Err("names no value after its `=`"),
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (header, None),
        };
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| advice)?;
        if kind.takes_header(name.as_str()) {
            Ok(Self { kind, name, value })
        } else {
            Err("is no header of that operation")
        }
    }
}

impl fmt::Display for IgnoredHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.name)?;
        self.value.as_ref().map_or(Ok(()), |value| write!(f, "={value}"))
    }
}
