//! The condition keys that speak of the request itself. What is filled here, by
//! `sts::session::Session::context` and by `s3::requirement` is what SEMANTICS.md lists.

use http::{HeaderMap, header};
use policy::{AccountId, Context, Value};
use sigv4::{Region, Timestamp};

use super::client::Client;
use super::received::Head;
use crate::config::Store;

/// Longest header that becomes a condition value, in bytes.
const MAX_HEADER_VALUE: usize = 2048;

/// Fills everything that is known before the operation's own keys.
pub(super) fn fill(
    context: &mut Context,
    head: &Head,
    client: &Client,
    store: &Store,
    signed: Option<&Region>,
    account: &AccountId,
    now: Timestamp,
) {
    client.fill(context);
    context.insert("aws:ViaAWSService", false);
    // Caller and bucket are of one account here.
    for key in ["aws:ResourceAccount", "s3:ResourceAccount"] {
        context.insert(key, account.as_str());
    }
    context.insert("aws:CurrentTime", now.rfc3339());
    context.insert("aws:EpochTime", now.unix().to_string());
    context.insert("aws:RequestedRegion", requested_region(store, signed).as_str());
    fill_headers(context, &head.headers);
}

/// What a request says of who sends it and from where. Sent twice, too long or no text, it is not known:
/// what is there does not count as absent.
pub(crate) fn fill_headers(context: &mut Context, headers: &HeaderMap) {
    for (key, name) in [("aws:UserAgent", header::USER_AGENT), ("aws:Referer", header::REFERER)] {
        let mut values = headers.get_all(name).iter();
        let Some(value) = values.next() else { continue };
        let text = value.to_str().ok().filter(|text| text.len() <= MAX_HEADER_VALUE);
        let known = text.filter(|_| values.next().is_none());
        context.insert(key, known.map_or(Value::Unknown, Value::from));
    }
}

/// A region that means the store which is asked: the signed one if it does, else the store's first.
/// A client that signs for a region nobody configured reaches the default store, and must not get
/// round a condition on that store's region by doing so (A16).
#[must_use]
pub(super) fn requested_region<'a>(store: &'a Store, signed: Option<&'a Region>) -> &'a Region {
    signed
        .filter(|region| store.regions.contains(region))
        .or(store.regions.first())
        .unwrap_or(&store.region)
}
