//! What AWS S3 answers to a body that does not verify, or does not come.

use s3::AwsCode;
use sigv4::ChunkError;

use super::{Reject, Rejection, form};
use crate::pipeline::body::BodyError;

/// A body that is not what was said of it.
pub(super) fn failed(reject: &Reject, error: &BodyError) -> Rejection {
    match error {
        BodyError::Sha256 => Rejection::new(AwsCode::XAmzContentSHA256Mismatch, reject),
        BodyError::Md5 => Rejection::new(AwsCode::BadDigest, reject)
            .say("The Content-MD5 you specified did not match what we received."),
        BodyError::Checksum(algorithm) => Rejection::new(AwsCode::BadDigest, reject)
            .say("The checksum you specified did not match the calculated checksum.")
            .extra("Header", algorithm.header_name()),
        BodyError::Incomplete { .. } | BodyError::Broken(_) => {
            Rejection::new(AwsCode::IncompleteBody, reject)
        }
        BodyError::Form(error) => form::malformed(error),
        BodyError::TooLong { .. } => Rejection::new(AwsCode::IncompleteBody, reject)
            .say("The request body is longer than it was said to be."),
        BodyError::Trailer(_) => Rejection::new(AwsCode::MalformedTrailerError, reject),
        BodyError::NoMemory => Rejection::new(AwsCode::SlowDown, reject),
        BodyError::Stalled => Rejection::new(AwsCode::RequestTimeout, reject),
        BodyError::Chunk(chunk) => match chunk {
            ChunkError::Framing | ChunkError::LineTooLong => {
                Rejection::new(AwsCode::InvalidRequest, reject)
                    .say("The chunks of the body are malformed.")
            }
            ChunkError::TooLong
            | ChunkError::TooShort
            | ChunkError::Incomplete
            | ChunkError::AfterEnd => Rejection::new(AwsCode::IncompleteBody, reject),
            ChunkError::Signature | ChunkError::TrailerSignature => {
                Rejection::new(AwsCode::SignatureDoesNotMatch, reject)
            }
            ChunkError::Trailer => Rejection::new(AwsCode::MalformedTrailerError, reject),
        },
    }
}
