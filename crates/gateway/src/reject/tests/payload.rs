//! Examples of payloads that are not what they were said to be.

use s3::checksum::{Algorithm, ChecksumError};
use s3::form::PostPolicyError;
use s3::name::NameError;
use s3::{FormError, TaggingError};
use sigv4::ChunkError;

use super::examples::every;
use crate::pipeline::body::BodyError;

pub(super) fn checksums() -> Vec<ChecksumError> {
    every!(ChecksumError {
        ChecksumError::Value(_) => ["content-md5", "x-amz-checksum-crc32"].map(ChecksumError::Value),
        ChecksumError::Several => [ChecksumError::Several],
        ChecksumError::Algorithm => [ChecksumError::Algorithm],
        ChecksumError::Absent => [ChecksumError::Absent],
        ChecksumError::Required => [ChecksumError::Required],
        ChecksumError::Trailer => [ChecksumError::Trailer],
    })
}

pub(super) fn bodies() -> Vec<BodyError> {
    every!(BodyError {
        BodyError::Sha256 => [BodyError::Sha256],
        BodyError::NoMemory => [BodyError::NoMemory],
        BodyError::Md5 => [BodyError::Md5],
        BodyError::Checksum(_) => [BodyError::Checksum(Algorithm::Crc32)],
        BodyError::Incomplete { .. } => [BodyError::Incomplete { seen: 1, length: 2 }],
        BodyError::TooLong { .. } => [BodyError::TooLong { length: 2 }],
        BodyError::Chunk(_) => chunks().into_iter().map(BodyError::Chunk),
        BodyError::Trailer(_) => [BodyError::Trailer("x-amz-checksum-crc32")],
        // The two that show at the end of a file.
        BodyError::Form(_) => [FormError::AfterFile, FormError::Malformed].map(BodyError::Form),
        BodyError::Stalled => [BodyError::Stalled],
        BodyError::Broken(_) => [BodyError::Broken("WHY".to_owned())],
    })
}

pub(super) fn forms() -> Vec<FormError> {
    let field = || "FIELD".to_owned();
    every!(FormError {
        FormError::Boundary => [FormError::Boundary],
        FormError::Malformed => [FormError::Malformed],
        FormError::TooLarge => [FormError::TooLarge],
        FormError::Files => [FormError::Files],
        FormError::Repeated(_) => [FormError::Repeated(field())],
        FormError::Missing(_) => [FormError::Missing("key")],
        FormError::Unexpected(_) => [FormError::Unexpected(field())],
        FormError::Value(_) => [FormError::Value(field())],
        FormError::Bucket => [FormError::Bucket],
        FormError::Key(_) => [NameError::EmptyKey, NameError::LongKey].map(FormError::Key),
        FormError::Tagging(_) =>
            [TaggingError::Malformed, TaggingError::TooMany].map(FormError::Tagging),
        FormError::AfterFile => [FormError::AfterFile],
    })
}

pub(super) fn post_policies() -> Vec<PostPolicyError> {
    every!(PostPolicyError {
        PostPolicyError::Malformed => [PostPolicyError::Malformed],
        PostPolicyError::Expired => [PostPolicyError::Expired],
        PostPolicyError::Condition { .. } => [PostPolicyError::Condition {
            operator: "eq",
            field: "FIELD".to_owned(),
            value: "VALUE".to_owned(),
        }],
        PostPolicyError::ExtraField(_) => [PostPolicyError::ExtraField("FIELD".to_owned())],
    })
}

fn chunks() -> Vec<ChunkError> {
    every!(ChunkError {
        ChunkError::Framing => [ChunkError::Framing],
        ChunkError::LineTooLong => [ChunkError::LineTooLong],
        ChunkError::TooLong => [ChunkError::TooLong],
        ChunkError::TooShort => [ChunkError::TooShort],
        ChunkError::Signature => [ChunkError::Signature],
        ChunkError::TrailerSignature => [ChunkError::TrailerSignature],
        ChunkError::Trailer => [ChunkError::Trailer],
        ChunkError::Incomplete => [ChunkError::Incomplete],
        ChunkError::AfterEnd => [ChunkError::AfterEnd],
    })
}
