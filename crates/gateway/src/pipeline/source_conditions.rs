//! Conditions on the source of a copy (`x-amz-copy-source-if-*`), for stores that ignore them.
//!
//! The source is looked at first (HeadObject), and a copy whose conditions do not hold is never sent. Where the
//! bucket keeps versions, what was looked at is what is copied, by its version id. Elsewhere the source may be
//! overwritten between the two requests, and then the copy is of what came after.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use s3::{CopySource, Operation, TaggedObject, VersionId};
use sigv4::Timestamp;

use super::asking::Asking;
use crate::reject::Reject;

/// The headers, and what is answered of them (API reference of CopyObject).
const MATCH: &str = "x-amz-copy-source-if-match";
const NONE_MATCH: &str = "x-amz-copy-source-if-none-match";
const MODIFIED: &str = "x-amz-copy-source-if-modified-since";
const UNMODIFIED: &str = "x-amz-copy-source-if-unmodified-since";

/// What a request wants of the source.
#[derive(Debug, Default, PartialEq, Eq)]
struct Conditions<'r> {
    is: Option<&'r str>,
    is_not: Option<&'r str>,
    modified_since: Option<Timestamp>,
    unmodified_since: Option<Timestamp>,
}

impl<'r> Conditions<'r> {
    fn of(operation: &'r Operation) -> Result<Self, Reject> {
        let text = |name: &'static str| match operation.header(name) {
            None => Ok(None),
            Some(value) => value.to_str().map(Some).map_err(|_| Reject::CopyConditionValue(name)),
        };
        let time = |name: &'static str| {
            let parse = |text| {
                Timestamp::parse_date_header(text).map_err(|_| Reject::CopyConditionValue(name))
            };
            text(name)?.map(parse).transpose()
        };
        Ok(Self {
            is: text(MATCH)?,
            is_not: text(NONE_MATCH)?,
            modified_since: time(MODIFIED)?,
            unmodified_since: time(UNMODIFIED)?,
        })
    }

    /// The first condition that does not hold. Of a condition on the ETag and one on the time of the same sense,
    /// the one on the ETag counts (API reference of CopyObject; RFC 9110, 13.2.2).
    fn failed(&self, etag: &str, modified: Timestamp) -> Option<&'static str> {
        let later = |since: Timestamp| modified.unix() > since.unix();
        if let Some(is) = self.is {
            if !names(is, etag) {
                return Some(MATCH);
            }
        } else if self.unmodified_since.is_some_and(later) {
            return Some(UNMODIFIED);
        }
        if let Some(is_not) = self.is_not {
            names(is_not, etag).then_some(NONE_MATCH)
        } else {
            self.modified_since.is_some_and(|since| !later(since)).then_some(MODIFIED)
        }
    }
}

/// Whether a list of ETags, with or without quotes, has this one.
fn names(list: &str, etag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    list.trim() == "*" || list.split(',').any(|tag| bare(tag) == bare(etag))
}

/// Lets a copy go on whose conditions hold. The header that names the source then names its version, if it has one.
///
/// # Errors
/// [`Reject::CopyCondition`]; [`Reject::CopySourceDenied`], [`Reject::Busy`] and [`Reject::StoreAnswer`] when the
/// source cannot be looked at.
pub(super) async fn check(
    asking: &Asking<'_>,
    operation: &Operation,
    headers: &mut HeaderMap,
) -> Result<(), Reject> {
    let Some(source) = operation.copy_source() else { return Ok(()) };
    let conditions = Conditions::of(operation)?;
    if conditions == Conditions::default() {
        return Ok(());
    }
    let head = |object: &TaggedObject, addressing| {
        let mut request = object.head_request(addressing);
        request.headers.extend(keys_of_source(operation));
        request
    };
    let answer = asking.ask(&source.object(), head).await?;
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
    if let Some(name) = conditions.failed(etag, modified) {
        return Err(Reject::CopyCondition(name));
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
    let names = [MATCH, NONE_MATCH, MODIFIED, UNMODIFIED];
    match names.into_iter().find(|name| operation.header(name).is_some()) {
        None => Ok(()),
        Some(name) => Err(Reject::IgnoredHeader(HeaderName::from_static(name))),
    }
}

fn pinned(source: &CopySource, version: VersionId) -> Option<HeaderValue> {
    HeaderValue::from_str(&source.at_version(version).encoded()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETAG: &str = "\"e\"";

    fn failed(conditions: &Conditions<'_>) -> Option<&'static str> {
        conditions.failed(ETAG, Timestamp::from_unix(100))
    }

    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp::from_unix(seconds))
    }

    #[test]
    fn etags() {
        for (list, has) in [
            ("\"e\"", true),
            ("e", true),
            ("*", true),
            ("\"a\", \"e\"", true),
            ("\"E\"", false),
            ("", false),
        ] {
            let is = Conditions { is: Some(list), ..Conditions::default() };
            assert_eq!(failed(&is), (!has).then_some(MATCH), "{list}");
            let is_not = Conditions { is_not: Some(list), ..Conditions::default() };
            assert_eq!(failed(&is_not), has.then_some(NONE_MATCH), "{list}");
        }
    }

    #[test]
    fn times() {
        for (since, modified) in [(99, true), (100, false), (101, false)] {
            let unmodified = Conditions { unmodified_since: at(since), ..Conditions::default() };
            assert_eq!(failed(&unmodified), modified.then_some(UNMODIFIED), "{since}");
            let conditions = Conditions { modified_since: at(since), ..Conditions::default() };
            assert_eq!(failed(&conditions), (!modified).then_some(MODIFIED), "{since}");
        }
    }

    /// "If both ... the If-Match evaluates to true and the If-Unmodified-Since to false, 200."
    #[test]
    fn the_etag_counts_more_than_the_time() {
        let both = Conditions { is: Some("e"), unmodified_since: at(1), ..Conditions::default() };
        assert_eq!(failed(&both), None);
        let both = Conditions { is_not: Some("e"), modified_since: at(1), ..Conditions::default() };
        assert_eq!(failed(&both), Some(NONE_MATCH));
        let both =
            Conditions { is_not: Some("a"), modified_since: at(999), ..Conditions::default() };
        assert_eq!(failed(&both), None);
        let both = Conditions { is: Some("e"), is_not: Some("*"), ..Conditions::default() };
        assert_eq!(failed(&both), Some(NONE_MATCH));
    }
}
