//! Whether a grant reaches buckets of one name in several stores.
//!
//! A bucket is the pair (store, name), but AWS's ARNs have only the name. A bucket that no rule of
//! a store claims is looked for where the signed region says: a grant on it is a grant on that name
//! in every store, unless `aws:RequestedRegion` binds it. That may be meant, so it is a warning.

use policy::Policy;
use serde_json::Value;

use crate::config::error::{Findings, Place};
use crate::config::glob::Glob;
use crate::config::stores::{BucketPattern, Stores};

/// What the ARN of a bucket or object begins with.
const BUCKET_ARN: &str = "arn:aws:s3:::";

pub(super) fn judge(policy: &Policy, place: &Place, stores: &Stores, findings: &mut Findings) {
    if stores.all().len() < 2 {
        return;
    }
    // It has been loaded: whatever does not look like a policy here is none.
    let Ok(document) = serde_json::from_str::<Value>(policy.text()) else {
        return;
    };
    for (index, statement) in many(document.get("Statement")).enumerate() {
        if !allows_in_buckets(statement) || is_bound(statement) {
            continue;
        }
        let reached = reached(statement, stores);
        if !reached.is_empty() {
            let place = Place::absent(format!("{}.Statement[{index}]", place.path));
            let message = format!(
                "reaches {} in every store, for no store claims these names: bind it by `aws:RequestedRegion`, or name them in a store's `buckets`",
                reached.join(", ")
            );
            findings.warn(&place, message);
        }
    }
}

/// One or a list of them.
fn many(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let items = match value {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    items.iter()
}

/// An Allow of something that is done in a bucket: ListAllMyBuckets is not.
fn allows_in_buckets(statement: &Value) -> bool {
    let in_bucket = |action: &Value| {
        let action = action.as_str().unwrap_or_default().to_ascii_lowercase();
        action == "*" || (action.starts_with("s3:") && action != "s3:listallmybuckets")
    };
    let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
    let action = statement.get("Action");
    allows && (action.is_none() || many(action).any(in_bucket))
}

/// Whether some condition allows only some regions.
fn is_bound(statement: &Value) -> bool {
    let Some(Value::Object(operators)) = statement.get("Condition") else {
        return false;
    };
    operators.iter().any(|(operator, keys)| {
        let operator = operator.strip_prefix("ForAnyValue:").unwrap_or(operator);
        let positive = matches!(operator, "StringEquals" | "StringEqualsIgnoreCase" | "StringLike");
        let Value::Object(keys) = keys else {
            return false;
        };
        let some = |value: &Value| {
            value.as_str().is_some_and(|text| text.chars().any(|letter| letter != '*'))
        };
        positive
            && keys.iter().any(|(key, values)| {
                key.eq_ignore_ascii_case("aws:RequestedRegion") && many(Some(values)).all(some)
            })
    })
}

/// The buckets that a statement is about and that no store claims, as they stand in it.
fn reached(statement: &Value, stores: &Stores) -> Vec<String> {
    let Some(resources) = statement.get("Resource") else {
        return vec!["buckets".to_owned()];
    };
    let resources = many(Some(resources)).filter_map(Value::as_str);
    let open = resources.filter(|resource| {
        bucket_of(resource).is_some_and(|bucket| !is_claimed(&Glob::new(&bucket), stores))
    });
    open.map(|resource| format!("`{resource}`")).collect()
}

/// The bucket part of a resource, with `*` for a variable. None if it is no bucket's.
fn bucket_of(resource: &str) -> Option<String> {
    if resource == "*" {
        return Some("*".to_owned());
    }
    let bucket = resource.strip_prefix(BUCKET_ARN)?.split('/').next()?;
    let mut pattern = String::new();
    let mut rest = bucket;
    while let Some((before, after)) = rest.split_once("${") {
        pattern.push_str(before);
        pattern.push('*');
        // A variable may hold a slash; then everything behind it is cut off, and it ends here.
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    pattern.push_str(rest);
    Some(pattern)
}

fn is_claimed(bucket: &Glob, stores: &Stores) -> bool {
    let mut rules = stores.all().iter().flat_map(|store| &store.buckets);
    rules.any(|rule| match rule {
        BucketPattern::Exact(name) => name == bucket.as_str(),
        BucketPattern::Glob(glob) => glob.covers(bucket),
    })
}
