//! PostObject: the form of a browser upload ("Browser-Based Uploads Using POST", S3 API reference).
//!
//! A form is read up to its file ([`FormReader`]), and says who signed it, where the file goes and
//! with which headers ([`Form`]); its policy says whether it may ([`PostPolicy`]). What is left is a
//! PutObject ([`resolve_form`](crate::resolve_form)), and the bytes of the file ([`FilePart`]).

mod disposition;
mod escapes;
mod file;
mod policy;
mod reader;
mod upload;

#[cfg(test)]
mod tests;

pub use file::FilePart;
pub use policy::{Exceeds, LengthRange, PostPolicy, PostPolicyError};
pub use reader::{Boundary, FormReader, Head, MAX_HEAD};
pub use upload::{Success, posted};

use crate::code::AwsCode;
use crate::name::NameError;
use crate::tagging::TaggingError;

/// A field of a form by its lower-case name: names have no case.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The fields of a form before its file, each name once. They hold a signature and a token, hence no
/// `Debug`.
#[derive(Clone)]
pub struct Form {
    fields: Vec<Field>,
    /// The last part of the file's name, if it has one.
    filename: String,
}

/// Why a form was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// `Content-Type` is not `multipart/form-data` with a boundary of RFC 2046.
    #[error("the content type has no valid boundary")]
    Boundary,
    /// Not parts between boundaries, each with a `Content-Disposition` that names it.
    #[error("the body is not well-formed multipart/form-data")]
    Malformed,
    /// More than [`MAX_HEAD`] bytes before the file.
    #[error("the fields before the file are too large")]
    TooLarge,
    /// The form ended without a file, or has two.
    #[error("not exactly one file")]
    Files,
    /// The name of a field twice.
    #[error("the field `{0}` is repeated")]
    Repeated(String),
    /// A field without which there is no upload.
    #[error("the field `{0}` is missing")]
    Missing(&'static str),
    /// A field that speaks of something that a form does not have.
    #[error("the field `{0}` does not belong into a form")]
    Unexpected(String),
    /// A value that cannot be what the field is for.
    #[error("the field `{0}` has a value that is not valid")]
    Value(String),
    /// The field `bucket` names another bucket than the one that the form is sent to.
    #[error("the field `bucket` names another bucket")]
    Bucket,
    /// The key is none.
    #[error("the field `key` holds {0}")]
    Key(#[from] NameError),
    /// The field `tagging` holds no tags.
    #[error("the field `tagging`: {0}")]
    Tagging(#[from] TaggingError),
    /// Fields, or another end of the form than browsers make, behind a file whose length must be known before
    /// it is read.
    #[error(
        "the form does not end behind its file as browsers end it, and the file is too large to be read whole"
    )]
    AfterFile,
}

impl FormError {
    /// The code that the client reads.
    #[must_use]
    pub fn code(&self) -> AwsCode {
        match self {
            Self::Boundary | Self::Malformed => AwsCode::MalformedPOSTRequest,
            Self::TooLarge => AwsCode::MaxPostPreDataLengthExceededError,
            Self::Bucket => AwsCode::AccessDenied,
            Self::Files => AwsCode::IncorrectNumberOfFilesInPostRequest,
            Self::Key(NameError::LongKey) => AwsCode::KeyTooLongError,
            Self::Tagging(TaggingError::TooMany | TaggingError::Repeated(_)) => AwsCode::InvalidTag,
            Self::Repeated(_)
            | Self::Missing(_)
            | Self::Unexpected(_)
            | Self::Value(_)
            | Self::Key(
                NameError::Bucket
                | NameError::ReservedBucket
                | NameError::EmptyKey
                | NameError::NulInKey
                | NameError::VersionId
                | NameError::UploadId,
            )
            | Self::Tagging(TaggingError::Malformed)
            | Self::AfterFile => AwsCode::InvalidArgument,
        }
    }
}

impl Form {
    /// A field by its lower-case name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value.as_str())
    }
}
