//! What AWS S3 answers to the form of a browser upload.

use s3::form::{Exceeds, PostPolicyError};
use s3::{AwsCode, FormError};

use super::Rejection;

const MISSING: &str = "Bucket POST must contain a field named 'key'. If it is specified, please \
check the order of the fields.";

/// A form that is none, or that asks for what a form cannot.
pub(super) fn malformed(error: &FormError) -> Rejection {
    let rejection = Rejection::new(error.code(), error);
    match error {
        FormError::Boundary | FormError::Malformed | FormError::TooLarge | FormError::Files => {
            rejection
        }
        FormError::Missing(name) => rejection.say(MISSING).extra("ArgumentName", name),
        FormError::Repeated(name) | FormError::Unexpected(name) | FormError::Value(name) => {
            rejection
                .say("A field of the form is repeated, misplaced, or has no valid value.")
                .extra("ArgumentName", name)
        }
        FormError::Bucket => rejection
            .say("The form is for another bucket than the one that it was sent to.")
            .extra("ArgumentName", "bucket"),
        FormError::Key(_) => rejection.extra("ArgumentName", "key"),
        FormError::Tagging(_) => rejection.extra("ArgumentName", "tagging"),
        FormError::AfterFile => rejection
            .say("The file must be the last field of the form, which must end in a line break."),
    }
}

/// A policy that cannot be read, or that does not allow the form.
pub(super) fn policy(error: &PostPolicyError) -> Rejection {
    let rejection = Rejection::new(error.code(), error);
    match error.aws_message() {
        Some(message) => rejection.tell(message),
        None => rejection,
    }
}

/// A file of a length that the policy does not allow.
pub(super) fn length(length: u64, exceeds: Exceeds) -> Rejection {
    let (code, name, bound) = match exceeds {
        Exceeds::Below(least) => (AwsCode::EntityTooSmall, "MinSizeAllowed", least),
        Exceeds::Above(most) => (AwsCode::EntityTooLarge, "MaxSizeAllowed", most),
    };
    Rejection::new(code, format!("the file of the form has {length} bytes"))
        .extra("ProposedSize", &length.to_string())
        .extra(name, &bound.to_string())
}
