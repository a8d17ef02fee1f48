//! Examples of payloads that are not what they were said to be.

use s3::checksum::{Algorithm, ChecksumError};
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
        BodyError::Stalled => [BodyError::Stalled],
        BodyError::Broken(_) => [BodyError::Broken("WHY".to_owned())],
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
