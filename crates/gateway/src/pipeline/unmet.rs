//! What the head of a store's answer shows that it did not hold to. A store that ignores a condition on a read, or
//! the number of a part, answers with the whole object: what is wanted instead is known before a byte has passed on. One
//! that did not encrypt what it was to has stored it, and all that is left is to say so.

use http::{HeaderMap, HeaderName, StatusCode, header, response};
use s3::{Operation, OperationKind};
use sigv4::Timestamp;

use super::conditions::{Conditions, Failed, OF_READ};
use crate::reject::Reject;

/// What the client gets instead.
#[derive(Debug)]
pub(super) enum Unmet {
    /// 304, with the head of the object.
    NotModified,
    /// An error.
    Refused(Reject),
}

/// Compares a request with what came of it.
pub(super) fn unmet(operation: &Operation, answer: &response::Parts) -> Option<Unmet> {
    if !answer.status.is_success() {
        return None;
    }
    match operation.kind() {
        OperationKind::GetObject | OperationKind::HeadObject => unmet_read(operation, answer),
        OperationKind::CreateMultipartUpload
        | OperationKind::PutObject
        | OperationKind::UploadPart => {
            // Whoever encrypts with the client's key says so (API reference of the three).
            let clear = operation.header(SSE_C).is_some() && !answer.headers.contains_key(SSE_C);
            clear.then_some(Unmet::Refused(Reject::StoredInClear))
        }
        _ => None,
    }
}

const SSE_C: &str = "x-amz-server-side-encryption-customer-algorithm";

fn unmet_read(operation: &Operation, answer: &response::Parts) -> Option<Unmet> {
    let conditions = Conditions::readable(operation, &OF_READ);
    let text = |name| answer.headers.get(name).and_then(|value| value.to_str().ok());
    let modified = text(header::LAST_MODIFIED)
        .and_then(|modified| Timestamp::parse_date_header(modified).ok());
    match conditions.failed(text(header::ETAG), modified, &OF_READ) {
        Some(Failed::NotModified(_)) => return Some(Unmet::NotModified),
        Some(Failed::Precondition(name)) => return Some(Unmet::Refused(Reject::Condition(name))),
        None => {}
    }
    // A range of another object than the one that the client has the rest of.
    let partial = answer.status == StatusCode::PARTIAL_CONTENT;
    let same = operation.header(IF_RANGE).and_then(|value| value.to_str().ok());
    if partial && same.is_some_and(|same| !is_same(same, text(header::ETAG), modified)) {
        return Some(Unmet::Refused(Reject::Condition(IF_RANGE)));
    }
    // The first part may be all of the object; clients see that nobody counts its parts.
    let further = operation.query("partNumber").is_some_and(|number| number != "1");
    (further && is_whole(answer)).then_some(Unmet::Refused(Reject::PartNumberIgnored))
}

const IF_RANGE: &str = "if-range";

/// Whether an object is the one that `If-Range` names, by ETag or time (RFC 9110, 13.1.5), as far as is known of it.
fn is_same(named: &str, etag: Option<&str>, modified: Option<Timestamp>) -> bool {
    match Timestamp::parse_date_header(named) {
        Ok(time) => modified.is_none_or(|modified| modified == time),
        Err(_) => etag.is_none_or(|etag| etag.trim_matches('"') == named.trim_matches('"')),
    }
}

/// Whether the answer says nothing of a part.
fn is_whole(answer: &response::Parts) -> bool {
    answer.status == StatusCode::OK
        && !answer.headers.contains_key(header::CONTENT_RANGE)
        && !answer.headers.contains_key("x-amz-mp-parts-count")
}

/// The head of a 304, of that of the object (RFC 9110, 15.4.5). What describes bytes is not in it: botocore reads a
/// checksum as one of the empty body.
pub(super) fn without_content(headers: &HeaderMap) -> HeaderMap {
    [
        header::CACHE_CONTROL,
        header::ETAG,
        header::EXPIRES,
        header::LAST_MODIFIED,
        header::VARY,
        HeaderName::from_static("x-amz-version-id"),
    ]
    .into_iter()
    .filter_map(|name| headers.get(&name).map(|value| (name, value.clone())))
    .collect()
}
