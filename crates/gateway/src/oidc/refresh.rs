//! The task that keeps one provider's keys fresh. It is the only one that fetches.
//!
//! Two things start a fetch: the clock (five minutes, or what the provider's `max-age` says), and
//! a ticket of the cache (an unknown key). They run one after the other in one task, so there is
//! at most one fetch per provider at a time, but neither moves the other's schedule: a flood of
//! tickets cannot postpone the refresh by the clock, nor can the refresh take the ticket that a
//! rotation needs.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use sts::keyset::{KeySet, MAX_JWKS_BYTES};
use tokio::sync::watch;
use tokio::time::Instant;

use super::cache::Cache;
use super::discovery::{self, DiscoveryError, MAX_DISCOVERY};
use super::fetch::{self, FetchError, Fetcher};
use super::{Location, Source};
use crate::clock;
use crate::shutdown::Signal;

/// Between two refreshes when the provider does not say: a key that was withdrawn works for this
/// long at most, as long as the provider answers.
const INTERVAL: Duration = Duration::from_secs(300);
/// A provider that says `max-age=0` still gets no more than one refresh a minute from us.
const MIN_INTERVAL: Duration = Duration::from_secs(60);
/// One that says a year still has a withdrawn key dropped within a day.
const MAX_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
/// After the first failure; doubled by each further one, up to [`INTERVAL`]. Short, because a
/// gateway is often started together with its provider.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
/// How many keys of a set one log line names.
const LOGGED_KEYS: usize = 16;

/// Why a round brought no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    #[error("the discovery document came over https but names a `jwks_uri` over plain http")]
    Downgrade,
    #[error("the key set of `{place}` cannot be used: {reason}")]
    Keys { place: String, reason: String },
}

/// Keys and the time until they should be looked at again.
#[derive(Debug)]
struct Loaded {
    keys: KeySet,
    max_age: Option<Duration>,
}

/// Runs until one of the two says `true` or loses its sender.
pub(crate) async fn run(
    source: Arc<Source>,
    roots: Arc<RootCertStore>,
    cache: Arc<Cache>,
    mut dropped: watch::Receiver<bool>,
    mut shutdown: Signal,
) {
    tokio::select! {
        () = keep_fresh(&source, &roots, &cache) => {}
        _ = dropped.wait_for(|stop| *stop) => {}
        () = shutdown.wait() => {}
    }
}

async fn keep_fresh(source: &Source, roots: &RootCertStore, cache: &Cache) {
    let mut failures = 0_u32;
    loop {
        let pause = match round(source, roots, cache).await {
            Some(max_age) => {
                failures = 0;
                interval(max_age)
            }
            None => {
                failures = failures.saturating_add(1);
                backoff(failures)
            }
        };
        let due = Instant::now() + pause;
        loop {
            tokio::select! {
                // The clock first: a flood that always has a ticket ready must not starve it.
                biased;
                () = tokio::time::sleep_until(due) => break,
                () = cache.asked() => {
                    round(source, roots, cache).await;
                }
            }
        }
    }
}

/// One fetch, told to the cache and to the log. `Some(max_age)` if it succeeded.
async fn round(source: &Source, roots: &RootCertStore, cache: &Cache) -> Option<Option<Duration>> {
    let ticket = cache.newest_ticket();
    let loaded = load(source, roots).await;
    let now = clock::now();
    let issuer = source.issuer.as_str();
    match loaded {
        Ok(Loaded { keys, max_age }) => {
            let before = cache.keys();
            if before.as_deref().is_none_or(|before| !same_keys(before, &keys)) {
                let skipped = skipped(&keys);
                let keys = key_names(&keys);
                tracing::info!(issuer, keys, skipped, "the provider's keys are new");
            }
            cache.succeeded(ticket, Arc::new(keys), now);
            Some(max_age)
        }
        Err(error) => {
            let stale = cache.keys().is_some();
            tracing::warn!(issuer, %error, stale, "the provider's keys could not be fetched");
            cache.failed(ticket, error.to_string(), now);
            None
        }
    }
}

async fn load(source: &Source, roots: &RootCertStore) -> Result<Loaded, RefreshError> {
    let (place, bytes, max_age) = match &source.location {
        Location::File(path) => {
            let limit = u64::try_from(MAX_JWKS_BYTES).unwrap_or(u64::MAX);
            let bytes = fetch::read_file(path, limit).await?;
            (path.display().to_string(), bytes.into(), None)
        }
        Location::Jwks(url) => {
            let document = Fetcher::open(source, roots).await?.get(url, MAX_JWKS_BYTES).await?;
            (url.clone(), document.bytes, document.max_age)
        }
        Location::Discovery(url) => {
            let fetcher = Fetcher::open(source, roots).await?;
            let document = fetcher.get(url, MAX_DISCOVERY).await?;
            let jwks_uri = discovery::jwks_uri(&document.bytes, &source.issuer)?;
            refuse_downgrade(url, &jwks_uri, source.allow_http)?;
            let document = fetcher.get(&jwks_uri, MAX_JWKS_BYTES).await?;
            (jwks_uri, document.bytes, document.max_age)
        }
    };
    let keys = KeySet::parse(&bytes)
        .map_err(|error| RefreshError::Keys { place, reason: error.to_string() })?;
    Ok(Loaded { keys, max_age })
}

/// The names of the keys, for the log. The provider chooses them, so they have a limit.
fn key_names(keys: &KeySet) -> String {
    let names = keys.keys().iter().take(LOGGED_KEYS);
    let names: Vec<String> = names.map(|key| fetch::clip(key.id().unwrap_or("unnamed"))).collect();
    names.join(" ")
}

/// Why keys were left out.
fn skipped(keys: &KeySet) -> String {
    let reasons = keys.skipped().iter().take(LOGGED_KEYS);
    let reasons: Vec<&str> = reasons.map(|skipped| skipped.reason.as_str()).collect();
    reasons.join("; ")
}

fn same_keys(a: &KeySet, b: &KeySet) -> bool {
    let ids = |keys: &KeySet| keys.keys().iter().map(|key| key.id().map(str::to_owned)).collect();
    let (a, b): (Vec<_>, Vec<_>) = (ids(a), ids(b));
    a == b
}

/// What came over TLS may not point to what does not, not even on loopback: that would let a
/// provider on the network choose one of our own ports.
fn refuse_downgrade(from: &str, to: &str, allow_http: bool) -> Result<(), RefreshError> {
    let secure = |url| fetch::parse_url(url).map(|url| url.scheme_str() == Some("https"));
    if secure(from)? && !secure(to)? && !allow_http {
        return Err(RefreshError::Downgrade);
    }
    Ok(())
}

/// Up to a tenth earlier than asked, so that replicas do not call together.
fn interval(max_age: Option<Duration>) -> Duration {
    let asked = max_age.unwrap_or(INTERVAL).clamp(MIN_INTERVAL, MAX_INTERVAL);
    asked.mul_f64(0.9 + 0.1 * unit_random()).max(MIN_INTERVAL)
}

/// Between half and the whole of the doubled pause.
fn backoff(failures: u32) -> Duration {
    let doubled = FIRST_BACKOFF.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(INTERVAL).mul_f64(0.5 + 0.5 * unit_random())
}

/// Something in `0.0..1.0` that differs between processes and calls. Nothing secret hangs on it.
fn unit_random() -> f64 {
    let [a, b, ..] = RandomState::new().hash_one(0_u8).to_le_bytes();
    f64::from(u16::from_le_bytes([a, b])) / 65_536.0
}

#[cfg(test)]
mod tests;
