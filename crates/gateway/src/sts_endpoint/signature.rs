//! What AWS STS answers to a signature that does not hold. The codes differ from S3's.

use sigv4::{MAX_SKEW_SECONDS, PayloadError, PresentError, Timestamp, VerifyError};
use sts::error::{Code, StsError};

use crate::caller::LookupError;

const MISMATCH: &str = "The request signature we calculated does not match the signature you \
provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for \
details.";
const INVALID_TOKEN: &str = "The security token included in the request is invalid.";

/// A signature that lacks a part, or has one too many.
pub(super) fn incomplete(detail: &str) -> StsError {
    let message = format!("The signature of the request is incomplete or malformed: {detail}.");
    StsError::new(Code::IncompleteSignature, message, detail)
}

/// Claims that cannot be read.
pub(super) fn present(error: &PresentError) -> StsError {
    match error {
        PresentError::SessionToken(_) | PresentError::HmacV1AccessKeyId => {
            StsError::new(Code::InvalidClientTokenId, INVALID_TOKEN, error.to_string())
        }
        PresentError::SeveralIdentities
        | PresentError::SeveralTokens
        | PresentError::RepeatedQueryName(_)
        | PresentError::Unsupported(_)
        | PresentError::Malformed { .. }
        | PresentError::NoDate
        | PresentError::HmacV1Incomplete
        | PresentError::HmacV1Expires
        | PresentError::HmacV1Header
        | PresentError::HmacV1Signature => incomplete(&error.to_string()),
    }
}

/// Keys that are nobody's, or not any more.
pub(super) fn lookup(error: &LookupError) -> StsError {
    let detail = error.to_string();
    match error {
        LookupError::UnknownKey | LookupError::Token(_) | LookupError::TokenWithUser => {
            StsError::new(Code::InvalidClientTokenId, INVALID_TOKEN, detail)
        }
        // Whose role is gone must log in again, and is then told.
        LookupError::Expired(_)
        | LookupError::RoleGone(_)
        | LookupError::UserGone(_)
        | LookupError::NotBefore
        | LookupError::PolicyGone(_)
        | LookupError::Revoked(_) => StsError::expired_session(detail),
    }
}

/// A signature that does not hold. The texts on time are AWS's: some SDKs correct their clock by
/// them.
pub(super) fn verify(error: &VerifyError) -> StsError {
    let detail = error.to_string();
    let mismatch = |message: String| (Code::SignatureDoesNotMatch, message);
    let (code, message) = match error {
        VerifyError::Skewed { signed_at, now } if signed_at < now => {
            mismatch(expired(*signed_at, *now, MAX_SKEW_SECONDS))
        }
        VerifyError::Skewed { signed_at, now } | VerifyError::NotYetValid { signed_at, now } => {
            mismatch(not_yet(*signed_at, *now))
        }
        VerifyError::Expired { expires_at, now, .. } => mismatch(expired(*expires_at, *now, 0)),
        VerifyError::HeadersNotSigned(_) => (Code::AccessDenied, format!("There are {detail}.")),
        VerifyError::WrongService { .. } => {
            mismatch("Credential should be scoped to correct service: 'sts'.".to_owned())
        }
        VerifyError::Payload(PayloadError::Mismatch)
        | VerifyError::SignedHeaderMissing(_)
        | VerifyError::QueryNameNotSigned(_)
        | VerifyError::AmbiguousQuery(_)
        | VerifyError::HeaderConflict(_)
        | VerifyError::Mismatch(_) => mismatch(MISMATCH.to_owned()),
        VerifyError::Payload(_) | VerifyError::Encoding(_) => {
            (Code::IncompleteSignature, format!("The request cannot be verified: {detail}."))
        }
    };
    StsError::new(code, message, detail)
}

fn expired(at: Timestamp, now: Timestamp, skew: i64) -> String {
    let (limit, minutes) = (now.plus_seconds(-skew).basic(), skew / 60);
    format!(
        "Signature expired: {} is now earlier than {limit} ({} - {minutes} min.)",
        at.basic(),
        now.basic()
    )
}

fn not_yet(signed_at: Timestamp, now: Timestamp) -> String {
    let (limit, minutes) = (now.plus_seconds(MAX_SKEW_SECONDS).basic(), MAX_SKEW_SECONDS / 60);
    format!(
        "Signature not yet current: {} is still later than {limit} ({} + {minutes} min.)",
        signed_at.basic(),
        now.basic()
    )
}
