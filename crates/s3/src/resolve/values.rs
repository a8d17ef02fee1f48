//! Values that decide something are checked here, so that the store cannot read them differently.

use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::Reason;
use super::operation::Parsed;
use crate::date::parse_iso8601;
use crate::headers::request::HeaderError;
use crate::name::{UploadId, VersionId};
use crate::tagging;
use crate::words::{self, number, number_to};

pub(super) fn check(parsed: &mut Parsed) -> Result<(), Reason> {
    for (name, value) in &parsed.query {
        if !is_valid(name, value) {
            return Err(Reason::Value(name));
        }
    }
    for name in ["x-amz-bypass-governance-retention", "x-amz-bucket-object-lock-enabled"] {
        canonical_flag(&mut parsed.headers, name)?;
    }
    for (name, words) in words::HEADERS {
        if let Some(value) = parsed.headers.get(*name)
            && !words.iter().any(|word| value.as_bytes() == word.as_bytes())
        {
            return Err(invalid(name));
        }
    }
    if parsed.text_header("x-amz-storage-class").is_some_and(words::is_misspelt_storage_class) {
        return Err(invalid("x-amz-storage-class"));
    }
    for (name, most) in [
        ("x-amz-object-lock-event-hold-duration-days", words::MAX_HOLD_DAYS),
        ("x-amz-object-lock-event-hold-duration-years", words::MAX_HOLD_YEARS),
    ] {
        if parsed.headers.contains_key(name)
            && parsed.text_header(name).and_then(|value| number_to(most, value)).is_none()
        {
            return Err(invalid(name));
        }
    }
    if let Some(date) = parsed.text_header("x-amz-object-lock-retain-until-date")
        && parse_iso8601(date).is_none()
    {
        return Err(invalid("x-amz-object-lock-retain-until-date"));
    }
    if let Some(tags) = parsed.text_header("x-amz-tagging") {
        parsed.tags = tagging::parse(tags)?;
        let encoded = HeaderValue::from_str(&tagging::encode(&parsed.tags))
            .map_err(|_| invalid("x-amz-tagging"))?;
        parsed.headers.insert("x-amz-tagging", encoded);
    }
    Ok(())
}

fn is_valid(name: &str, value: &str) -> bool {
    match name {
        "versionId" => VersionId::parse(value).is_ok(),
        "uploadId" => UploadId::parse(value).is_ok(),
        "partNumber" | "max-buckets" | "max-directory-buckets" => {
            number_to(10_000, value).is_some()
        }
        "max-keys"
        | "max-parts"
        | "max-uploads"
        | "part-number-marker"
        | "max-annotation-results" => number(value).is_some(),
        "encoding-type" => value == "url",
        "id" | "annotationName" => !value.is_empty(),
        // These become headers of the answer.
        _ if name.starts_with("response-") => !value.chars().any(char::is_control),
        _ => true,
    }
}

/// A header that a policy reads as true or false must be one of the two, in whatever case, and is
/// sent on in lower case: otherwise a store might take for true what we took for false.
fn canonical_flag(headers: &mut HeaderMap, name: &'static str) -> Result<(), Reason> {
    let Some(value) = headers.get(name) else { return Ok(()) };
    let flag = match value.as_bytes() {
        text if text.eq_ignore_ascii_case(b"true") => "true",
        text if text.eq_ignore_ascii_case(b"false") => "false",
        _ => return Err(invalid(name)),
    };
    headers.insert(name, HeaderValue::from_static(flag));
    Ok(())
}

fn invalid(name: &'static str) -> Reason {
    HeaderError::Value(HeaderName::from_static(name)).into()
}
