//! Bodies that decide what is asked: read whole, parsed, and written anew for the store.
//!
//! A document that says more than we understand is refused: an element that we passed over might be
//! one that the store acts on. What the store reads is [`Document::render`] of what was decided
//! about.

mod complete;
mod configuration;
mod create_bucket;
mod delete_objects;
mod object_settings;
#[cfg(test)]
mod tests;

pub use complete::CompleteRequest;
pub use configuration::{Configuration, PolicyText};
pub use create_bucket::CreateBucketRequest;
pub use delete_objects::{DeleteRequest, ObjectIdentifier};
pub use object_settings::{HoldDuration, LegalHold, Retention, Tagging};

use crate::code::AwsCode;
use crate::name::NameError;
use crate::operation::{BodyRule, OperationKind};
use crate::tagging::TaggingError;
use crate::xml::XmlError;

/// The parsed body of an operation whose body is a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// DeleteObjects.
    Delete(DeleteRequest),
    /// CompleteMultipartUpload.
    Complete(CompleteRequest),
    /// CreateBucket.
    CreateBucket(CreateBucketRequest),
    /// PutObjectTagging.
    Tagging(Tagging),
    /// PutObjectRetention.
    Retention(Retention),
    /// PutObjectLegalHold.
    LegalHold(LegalHold),
    /// A configuration that is the store's to understand.
    Configuration(Configuration),
    /// PutBucketPolicy.
    Policy(PolicyText),
}

/// Why a document was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// More bytes than the operation allows.
    #[error("the document is longer than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// It is not the XML that it has to be.
    #[error("{0}")]
    Xml(#[from] XmlError),
    /// A key or version in it is not one.
    #[error("the document holds {0}")]
    Name(#[from] NameError),
    /// Tags in it are none.
    #[error("{0}")]
    Tagging(#[from] TaggingError),
    /// It asks for something that a gateway to ordinary stores does not have (a directory bucket).
    #[error("the element `{0}` implies something that is not implemented")]
    NotImplemented(&'static str),
    /// Parts of an upload that are not in the order of their numbers: a store that sorts them would make another
    /// object than it was told to.
    #[error("the parts are not in ascending order")]
    PartOrder,
    /// It is no JSON object, as a policy is.
    #[error("policies must be valid JSON and the first byte must be '{{'")]
    Policy,
    /// The operation has no document that is read here.
    #[error("the operation has no document")]
    NoDocument,
}

impl DocumentError {
    /// The code that the client reads.
    #[must_use]
    pub fn code(&self) -> AwsCode {
        match self {
            Self::TooLarge { .. } => AwsCode::MaxMessageLengthExceeded,
            Self::Name(NameError::LongKey) => AwsCode::KeyTooLongError,
            Self::Xml(_)
            | Self::Name(
                NameError::Bucket
                | NameError::ReservedBucket
                | NameError::EmptyKey
                | NameError::NulInKey
                | NameError::VersionId
                | NameError::UploadId,
            )
            | Self::Tagging(TaggingError::Malformed) => AwsCode::MalformedXML,
            Self::Policy => AwsCode::MalformedPolicy,
            Self::PartOrder => AwsCode::InvalidPartOrder,
            Self::Tagging(TaggingError::TooMany | TaggingError::Repeated(_)) => AwsCode::InvalidTag,
            Self::NotImplemented(_) | Self::NoDocument => AwsCode::NotImplemented,
        }
    }
}

impl Document {
    /// Reads the body of an operation.
    ///
    /// # Errors
    /// [`DocumentError`] when it is too long, not XML, not the document that the operation has, or says
    /// something that is not understood.
    pub fn parse(operation: OperationKind, body: &[u8]) -> Result<Self, DocumentError> {
        if let BodyRule::Document { limit } = operation.body()
            && body.len() > limit
        {
            return Err(DocumentError::TooLarge { limit });
        }
        match operation {
            OperationKind::DeleteObjects => DeleteRequest::parse(body).map(Self::Delete),
            OperationKind::CompleteMultipartUpload => {
                CompleteRequest::parse(body).map(Self::Complete)
            }
            OperationKind::CreateBucket => CreateBucketRequest::parse(body).map(Self::CreateBucket),
            OperationKind::PutObjectTagging => Tagging::parse(body).map(Self::Tagging),
            OperationKind::PutObjectRetention => Retention::parse(body).map(Self::Retention),
            OperationKind::PutObjectLegalHold => LegalHold::parse(body).map(Self::LegalHold),
            OperationKind::PutBucketPolicy => PolicyText::parse(body).map(Self::Policy),
            other => match other.spec().and_then(|spec| spec.root) {
                Some(root) => Configuration::parse(root, body).map(Self::Configuration),
                None => Err(DocumentError::NoDocument),
            },
        }
    }

    /// The document for the store. Empty only for a CreateBucket that asks for nothing, and for an
    /// access control list that stands in headers.
    #[must_use]
    pub fn render(&self) -> Vec<u8> {
        match self {
            Self::Delete(request) => request.render(),
            Self::Complete(request) => request.render(),
            Self::CreateBucket(request) => request.render(),
            Self::Tagging(tagging) => tagging.render(),
            Self::Retention(retention) => retention.render(),
            Self::LegalHold(hold) => hold.render(),
            Self::Configuration(configuration) => configuration.render(),
            Self::Policy(policy) => policy.render(),
        }
        .into_bytes()
    }
}
