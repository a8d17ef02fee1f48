//! The condition keys that speak of the request itself. What is filled here, by
//! `sts::session::Session::context` and by `s3::requirement` is what SEMANTICS.md lists.

use http::header;
use policy::{AccountId, Context};
use sigv4::{Region, Timestamp};

use super::client::Client;
use super::received::Head;
use crate::config::Store;

/// Longest header value that becomes a condition value; a longer one counts as absent.
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
    for (key, name) in [("aws:UserAgent", header::USER_AGENT), ("aws:Referer", header::REFERER)] {
        let value = head.headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(value) = value.filter(|value| value.len() <= MAX_HEADER_VALUE) {
            context.insert(key, value);
        }
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
