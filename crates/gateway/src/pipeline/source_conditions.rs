//! Conditions on the source of a copy (`x-amz-copy-source-if-*`), for stores that ignore them.
//!
//! The source is looked at first (HeadObject), and a copy whose conditions do not hold is never sent. Where the
//! bucket keeps versions, what was looked at is what is copied, by its version id. Elsewhere the source may be
//! overwritten between the two requests, and then the copy is of what came after.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use s3::{CopySource, Operation, VersionId};
use sigv4::Timestamp;

use super::asking::Asking;
use super::conditions::{Conditions, OF_SOURCE};
use crate::reject::Reject;

/// Lets a copy go on whose conditions hold. The header that names the source then names its version, if it has one.
///
/// # Errors
/// [`Reject::Condition`]; [`Reject::CopySourceDenied`], [`Reject::Busy`] and [`Reject::StoreAnswer`] when the
/// source cannot be looked at.
pub(super) async fn check(
    asking: &Asking<'_>,
    operation: &Operation,
    headers: &mut HeaderMap,
) -> Result<(), Reject> {
    let Some(source) = operation.copy_source() else { return Ok(()) };
    let conditions = Conditions::of(operation, &OF_SOURCE).map_err(Reject::CopyConditionValue)?;
    if conditions == Conditions::default() {
        return Ok(());
    }
    let object = source.object();
    let head = |addressing| {
        let mut request = object.head_request(addressing);
        request.headers.extend(keys_of_source(operation));
        request
    };
    let answer = asking.ask(&object.bucket, head).await?;
    match answer.status() {
        StatusCode::OK => {}
        // Then the copy fails as well, in the store's words.
        StatusCode::NOT_FOUND => return Ok(()),
        StatusCode::FORBIDDEN => return Err(Reject::CopySourceDenied),
        StatusCode::SERVICE_UNAVAILABLE => return Err(Reject::Busy),
        status => {
            return Err(Reject::StoreAnswer(format!("status {status} for the source of a copy")));
        }
    }
    let text = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let missing = || Reject::StoreAnswer("an object without ETag or Last-Modified".to_owned());
    let etag = text(header::ETAG.as_str()).ok_or_else(missing)?;
    let modified = text(header::LAST_MODIFIED.as_str()).ok_or_else(missing)?;
    let modified = Timestamp::parse_date_header(modified).map_err(|_| missing())?;
    if let Some(failed) = conditions.failed(Some(etag), Some(modified), &OF_SOURCE) {
        return Err(Reject::Condition(failed.name()));
    }
    let version = text("x-amz-version-id").and_then(|id| VersionId::parse(id).ok());
    if let Some(pinned) = version.and_then(|version| pinned(source, version)) {
        headers.insert("x-amz-copy-source", pinned);
    }
    Ok(())
}

/// The client's key of an encrypted source (SSE-C), as HeadObject has it.
fn keys_of_source(operation: &Operation) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    ["algorithm", "key", "key-md5"].into_iter().filter_map(|part| {
        let name = format!("x-amz-server-side-encryption-customer-{part}");
        let of_source = name.replace("x-amz-", "x-amz-copy-source-");
        let value = operation.header(&of_source)?.clone();
        Some((HeaderName::try_from(name).ok()?, value))
    })
}

/// A copy that the store alone decides about goes to it unsigned, and nobody looks at its source.
///
/// # Errors
/// [`Reject::IgnoredHeader`]
pub(super) fn refuse(operation: &Operation) -> Result<(), Reject> {
    match OF_SOURCE.all().into_iter().find(|name| operation.header(name).is_some()) {
        None => Ok(()),
        Some(name) => Err(Reject::IgnoredHeader(HeaderName::from_static(name))),
    }
}

fn pinned(source: &CopySource, version: VersionId) -> Option<HeaderValue> {
    HeaderValue::from_str(&source.at_version(version).encoded()).ok()
}
