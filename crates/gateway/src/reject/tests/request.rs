//! Examples of requests that mean nothing, or something that is not forwarded.

use http::HeaderName;
use s3::addressing::{HostError, PathError};
use s3::copy_source::CopySourceError;
use s3::document::DocumentError;
use s3::headers::HeaderError;
use s3::key_rules::KeyRuleError;
use s3::name::NameError;
use s3::resolve::Reason;
use s3::{
    EncodingError, OperationKind, PreflightError, QueryError, ResolveError, TaggingError, XmlError,
};

use super::examples::every;

fn name() -> String {
    "NAME".to_owned()
}

fn header() -> HeaderName {
    HeaderName::from_static("x-amz-acl")
}

pub(super) fn hosts() -> Vec<HostError> {
    every!(HostError {
        HostError::Unknown => [HostError::Unknown],
        HostError::Bucket(_) => [HostError::Bucket(NameError::Bucket)],
    })
}

fn encodings() -> Vec<EncodingError> {
    every!(EncodingError {
        EncodingError::Escape => [EncodingError::Escape],
        EncodingError::NotUtf8 => [EncodingError::NotUtf8],
        EncodingError::Nul => [EncodingError::Nul],
    })
}

fn names() -> Vec<NameError> {
    every!(NameError {
        NameError::Bucket => [NameError::Bucket],
        NameError::ReservedBucket => [NameError::ReservedBucket],
        NameError::EmptyKey => [NameError::EmptyKey],
        NameError::LongKey => [NameError::LongKey],
        NameError::NulInKey => [NameError::NulInKey],
        NameError::VersionId => [NameError::VersionId],
        NameError::UploadId => [NameError::UploadId],
    })
}

/// The names that a path holds.
fn paths() -> Vec<PathError> {
    let in_path = |name: &NameError| match name {
        NameError::Bucket | NameError::ReservedBucket | NameError::LongKey => true,
        // An empty key is the bucket, a NUL does not decode, and ids are in the query.
        NameError::EmptyKey | NameError::NulInKey | NameError::VersionId | NameError::UploadId => {
            false
        }
    };
    every!(PathError {
        PathError::NotAPath => [PathError::NotAPath],
        PathError::Character => [PathError::Character],
        PathError::Encoding(_) => encodings().into_iter().map(PathError::Encoding),
        PathError::Name(_) => names().into_iter().filter(in_path).map(PathError::Name),
    })
}

fn queries() -> Vec<QueryError> {
    every!(QueryError {
        QueryError::Encoding(_) => encodings().into_iter().map(QueryError::Encoding),
        QueryError::Repeated(_) => [QueryError::Repeated(name())],
        QueryError::TooMany => [QueryError::TooMany],
    })
}

/// A copy source holds a key and a version, but no upload.
fn copy_sources() -> Vec<CopySourceError> {
    let names = names().into_iter().filter(|name| *name != NameError::UploadId);
    every!(CopySourceError {
        CopySourceError::Arn => [CopySourceError::Arn],
        CopySourceError::Shape => [CopySourceError::Shape],
        CopySourceError::Query => [CopySourceError::Query],
        CopySourceError::Encoding(_) => encodings().into_iter().map(CopySourceError::Encoding),
        CopySourceError::Name(_) => names.map(CopySourceError::Name),
    })
}

fn taggings() -> Vec<TaggingError> {
    every!(TaggingError {
        TaggingError::Malformed => [TaggingError::Malformed],
        TaggingError::TooMany => [TaggingError::TooMany],
        TaggingError::Repeated(_) => [TaggingError::Repeated(name())],
    })
}

fn headers() -> Vec<HeaderError> {
    every!(HeaderError {
        HeaderError::Unknown(_) => [HeaderError::Unknown(name())],
        HeaderError::Encryption(_) => [HeaderError::Encryption(name())],
        HeaderError::Repeated(_) => [HeaderError::Repeated(header())],
        HeaderError::Contradiction(_) => [HeaderError::Contradiction(header())],
        HeaderError::HoistedCopySource => [HeaderError::HoistedCopySource],
        HeaderError::Value(_) => [HeaderError::Value(header())],
    })
}

fn reasons() -> Vec<Reason> {
    every!(Reason {
        Reason::Method => [Reason::Method],
        Reason::Host(_) => hosts().into_iter().map(Reason::Host),
        Reason::Path(_) => paths().into_iter().map(Reason::Path),
        Reason::Query(_) => queries().into_iter().map(Reason::Query),
        Reason::UnknownQuery(_) => [Reason::UnknownQuery(name())],
        Reason::Conflict(..) => [Reason::Conflict("acl", "policy")],
        Reason::NoOperation => [Reason::NoOperation],
        Reason::Missing(_) => [Reason::Missing("uploadId")],
        Reason::Unexpected(_) => [Reason::Unexpected("prefix")],
        Reason::Value(_) => [Reason::Value("max-keys")],
        Reason::UnexpectedCopySource => [Reason::UnexpectedCopySource],
        Reason::CopySource(_) => copy_sources().into_iter().map(Reason::CopySource),
        Reason::Tagging(_) => taggings().into_iter().map(Reason::Tagging),
        Reason::Header(_) => headers().into_iter().map(Reason::Header),
        Reason::NotImplemented { .. } => [
            Reason::NotImplemented { operation: OperationKind::CreateSession, why: "of the example" },
        ],
    })
}

/// All but a host, which is refused before the operation is looked for.
pub(super) fn resolves() -> Vec<ResolveError> {
    let reasons = reasons().into_iter().filter(|reason| !matches!(reason, Reason::Host(_)));
    reasons.map(|reason| ResolveError { operation: None, target: None, reason }).collect()
}

pub(super) fn preflights() -> Vec<PreflightError> {
    every!(PreflightError {
        PreflightError::Path(_) => paths().into_iter().map(PreflightError::Path),
        PreflightError::NoBucket => [PreflightError::NoBucket],
        PreflightError::Header(_) => [PreflightError::Header(http::header::ORIGIN)],
    })
}

pub(super) fn key_rules() -> Vec<KeyRuleError> {
    every!(KeyRuleError {
        KeyRuleError::LeadingSlash => [KeyRuleError::LeadingSlash],
        KeyRuleError::DoubleSlash => [KeyRuleError::DoubleSlash],
        KeyRuleError::DotSegment => [KeyRuleError::DotSegment],
        KeyRuleError::TrailingSlash => [KeyRuleError::TrailingSlash],
        KeyRuleError::Case => [KeyRuleError::Case],
        KeyRuleError::PartSource => [KeyRuleError::PartSource],
    })
}

/// The names that a document holds: keys and versions.
pub(super) fn documents() -> Vec<DocumentError> {
    let in_document = |name: &NameError| match name {
        NameError::EmptyKey | NameError::LongKey | NameError::NulInKey | NameError::VersionId => {
            true
        }
        NameError::Bucket | NameError::ReservedBucket | NameError::UploadId => false,
    };
    every!(DocumentError {
        DocumentError::TooLarge { .. } => [DocumentError::TooLarge { limit: 8_388_608 }],
        DocumentError::Xml(_) => xml().into_iter().map(DocumentError::Xml),
        DocumentError::Name(_) => names().into_iter().filter(in_document).map(DocumentError::Name),
        DocumentError::Tagging(_) => taggings().into_iter().map(DocumentError::Tagging),
        DocumentError::Policy => [DocumentError::Policy],
        DocumentError::PartOrder => [DocumentError::PartOrder],
        DocumentError::NotImplemented(_) => [DocumentError::NotImplemented("Location")],
        DocumentError::NoDocument => [DocumentError::NoDocument],
    })
}

fn xml() -> Vec<XmlError> {
    every!(XmlError {
        XmlError::Malformed => [XmlError::Malformed],
        XmlError::Forbidden => [XmlError::Forbidden],
        XmlError::Root(_) => [XmlError::Root("Delete")],
        XmlError::Unexpected(_) => [XmlError::Unexpected("ELEMENT".to_owned())],
        XmlError::Missing(_) => [XmlError::Missing("Key")],
        XmlError::Value(_) => [XmlError::Value("PartNumber")],
        XmlError::TooMany(_) => [XmlError::TooMany("Object")],
    })
}
