//! Choosing the row of the table.

use http::HeaderMap;

use super::{Reason, shown};
use crate::addressing::Target;
use crate::operation::{Level, OperationKind, Spec, Verb, specs};
use crate::query::Query;

/// The one path of Object Lambda, which is no bucket. A request without the two headers of a
/// Lambda's answer is not taken for it.
pub(super) fn is_object_lambda(verb: Verb, path: &str, headers: &HeaderMap) -> bool {
    verb == Verb::Post
        && path == "/WriteGetObjectResponse"
        && headers.contains_key("x-amz-request-route")
        && headers.contains_key("x-amz-request-token")
}

pub(super) fn select(
    verb: Verb,
    target: &Target,
    query: &Query,
    headers: &HeaderMap,
) -> Result<&'static Spec, Reason> {
    let subresource = subresource(query)?;
    let copies = headers.contains_key("x-amz-copy-source");
    let level = match target {
        Target::Service => Level::Service,
        Target::Bucket(_) => Level::Bucket,
        Target::Object(..) => Level::Object,
    };
    let candidates = || {
        specs().filter(|spec| {
            spec.verb == verb && spec.level == level && spec.subresource == subresource
        })
    };
    // Operations of one shape are told apart by what they must have: the one that asks for most of
    // what is there. Whatever is there beyond that belongs to it or is refused below.
    let spec = candidates()
        .filter(|spec| spec.required.iter().all(|name| query.get(name).is_some()))
        .filter(|spec| copies || !spec.copies)
        .max_by_key(|spec| spec.required.len() + usize::from(spec.copies));
    let Some(spec) = spec else {
        let missing =
            candidates().flat_map(|spec| spec.required).find(|name| query.get(name).is_none());
        return Err(match (subresource, missing) {
            (Some(_), Some(name)) => Reason::Missing(name),
            _ => Reason::NoOperation,
        });
    };
    if copies && !spec.copies {
        return Err(Reason::UnexpectedCopySource);
    }
    if spec.kind == OperationKind::PostObject && !is_form(headers) {
        return Err(Reason::NoOperation);
    }
    if let Some((name, _)) = query.parameters.iter().find(|(name, _)| !spec.knows_query(name)) {
        return Err(Reason::Unexpected(name));
    }
    match spec.fixed {
        Some((name, value)) if query.get(name) != Some(value) => Err(Reason::Value(name)),
        _ => Ok(spec),
    }
}

/// The query name that selects the operation, if there is one.
///
/// Beside it an unknown name makes the request be refused later, as one that is identified. Without
/// it the unknown name may itself be what selects, so that nothing can be told.
fn subresource(query: &Query) -> Result<Option<&'static str>, Reason> {
    let mut names = query.subresources();
    let first = names.next();
    match (first, names.next(), query.unknown.as_deref()) {
        (Some(first), Some(second), _) => Err(Reason::Conflict(first, second)),
        (None, _, Some(name)) => Err(Reason::UnknownQuery(shown(name))),
        _ => Ok(first),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("multipart/form-data")
}
