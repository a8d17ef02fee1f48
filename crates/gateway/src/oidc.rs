//! The keys of the identity providers, always at hand.
//!
//! A **provider** is one configured issuer. Its **source** says where its key set is and how it
//! may be fetched; its **feed** is a cache plus the one task that refreshes it. Requests
//! read the cache; only the task goes to the network. A configuration that keeps a source keeps
//! its feed, keys and all, unless the source is a file.
//!
//! What callers may rely on: a key that was fetched once works on when the provider is down; an
//! unknown key never costs the provider more than one fetch in 30 seconds; and the answer "there
//! is no such key" is given only after a fetch that is younger than the token.

mod cache;
mod discovery;
mod fetch;
mod refresh;
#[cfg(test)]
pub(crate) mod testing;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use sigv4::Timestamp;
use sts::jwt::{Rules, Token, TokenError};
use sts::keyset::KeySet;
use tokio::sync::watch;

use crate::config::{KeySource, Provider};
use crate::shutdown::Signal;
use cache::{Cache, Miss};

/// Where a provider's key set is, and how it may be fetched. Two configurations with equal sources
/// share one feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    issuer: String,
    location: Location,
    ca_file: Option<PathBuf>,
    bearer_token_file: Option<PathBuf>,
    allow_http: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Location {
    /// A file, for a gateway that cannot reach the provider.
    File(PathBuf),
    /// The key set itself; no discovery document is read.
    Jwks(String),
    /// The discovery document, which names the key set.
    Discovery(String),
}

impl Location {
    fn url(&self) -> Option<&str> {
        match self {
            Self::File(_) => None,
            Self::Jwks(url) | Self::Discovery(url) => Some(url),
        }
    }
}

impl Source {
    fn new(provider: &Provider) -> Self {
        Self {
            issuer: provider.issuer.clone(),
            location: match &provider.keys {
                KeySource::Discovery(url) => Location::Discovery(url.to_string()),
                KeySource::Uri(url) => Location::Jwks(url.to_string()),
                KeySource::File(path, _) => Location::File(path.clone()),
            },
            ca_file: provider.ca.as_ref().map(|ca| ca.path.clone()),
            bearer_token_file: provider.bearer_token_file.clone(),
            allow_http: provider.allow_http,
        }
    }

    /// Whether a reload may leave its feed alone. A file is part of the configuration: what the new
    /// one does not have is out of use at once, whenever the feed would have looked next.
    fn may_be_kept(&self) -> bool {
        !matches!(self.location, Location::File(_))
    }

    fn needs_roots(&self) -> bool {
        self.ca_file.is_none() && self.location.url().is_some_and(|url| url.starts_with("https:"))
    }

    fn warn_of_plain_http(&self) {
        let url = self.location.url().and_then(|url| fetch::parse_url(url).ok());
        let plain =
            url.is_some_and(|url| url.scheme_str() == Some("http") && !fetch::is_loopback(&url));
        if self.allow_http && plain {
            tracing::warn!(
                issuer = self.issuer,
                "`allow_http` is set: this provider's keys come over plain http, and whoever is on \
                 the way can log in as anybody. Never do this in production"
            );
        } else if self.allow_http {
            tracing::warn!(issuer = self.issuer, "`allow_http` is set and not needed");
        }
    }
}

/// A cache and the task that fills it. The task ends with the last `Feed` of its source.
struct Feed {
    source: Arc<Source>,
    cache: Arc<Cache>,
    _stop: watch::Sender<bool>,
}

impl Feed {
    #[expect(
        clippy::disallowed_methods,
        reason = "one task per provider, ended by the gateway's shutdown or by dropping the feed"
    )]
    fn start(
        source: Source,
        known: Option<Arc<KeySet>>,
        roots: &Arc<RootCertStore>,
        shutdown: Signal,
    ) -> Self {
        source.warn_of_plain_http();
        let (source, cache) = (Arc::new(source), Arc::new(Cache::new(known)));
        let (stop, stopped) = watch::channel(false);
        let task = refresh::run(source.clone(), roots.clone(), cache.clone(), stopped, shutdown);
        tokio::spawn(task);
        Self { source, cache, _stop: stop }
    }
}

struct Entry {
    provider: Arc<Provider>,
    feed: Arc<Feed>,
}

/// All configured providers, by issuer. Cheap to read; made anew when the configuration changes.
pub struct Providers {
    by_issuer: BTreeMap<String, Entry>,
    roots: Arc<RootCertStore>,
}

/// Why a token cannot be verified now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// No provider is configured for this issuer: `InvalidIdentityToken`.
    #[error("no provider has the issuer `{0}`")]
    UnknownIssuer(String),
    /// The provider's newest keys do not have the one that the token names, and they are newer
    /// than the token's arrival: `InvalidIdentityToken`.
    #[error("the provider `{issuer}` has no key for this token")]
    UnknownKey {
        /// The issuer, as configured.
        issuer: String,
    },
    /// It could not be found out; the client may try again: `IDPCommunicationError`.
    #[error("the keys of `{issuer}` {reason}")]
    Communication {
        /// The issuer, as configured.
        issuer: String,
        /// What went wrong, for the log.
        reason: &'static str,
    },
}

/// The state of one provider, for readiness and the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The issuer, as configured.
    pub issuer: String,
    /// Keys at hand. `None`: the provider was never reached.
    pub keys: Option<usize>,
    /// Fetches that brought keys, since the start.
    pub fetched: u64,
    /// Fetches that failed, since the start.
    pub failed: u64,
    /// When keys came last.
    pub last_success: Option<Timestamp>,
    /// When and why the newest fetch failed; `None` if it succeeded.
    pub failing: Option<(Timestamp, String)>,
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "provider `{}`: ", self.issuer)?;
        match (&self.keys, &self.failing) {
            (None, None) => write!(formatter, "not reached yet"),
            (None, Some((_, reason))) => write!(formatter, "never reached: {reason}"),
            (Some(keys), None) => write!(formatter, "{keys} keys"),
            (Some(keys), Some((since, reason))) => {
                write!(formatter, "{keys} keys, not renewed at {}: {reason}", since.rfc3339())
            }
        }
    }
}

impl fmt::Debug for Providers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.by_issuer.keys()).finish()
    }
}

impl Providers {
    /// Starts to fetch the keys of `providers`, one task each, on the current tokio runtime. Those
    /// whose source is the same in `previous`, and no file, keep its keys and its task. All tasks end on
    /// `shutdown`, and each when no `Providers` has it any more.
    ///
    /// Nothing here waits for the network: see [`Providers::tried`].
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn start<'a>(
        providers: impl IntoIterator<Item = &'a Provider>,
        previous: Option<&Self>,
        shutdown: &Signal,
    ) -> Self {
        let sources: Vec<_> =
            providers.into_iter().map(|provider| (provider, Source::new(provider))).collect();
        let roots = match previous {
            Some(old) => old.roots.clone(),
            None => Arc::new(system_roots(sources.iter().any(|(_, source)| source.needs_roots()))),
        };
        let by_issuer = sources.into_iter().map(|(provider, source)| {
            let kept = previous
                .and_then(|old| old.by_issuer.get(&source.issuer))
                .filter(|entry| *entry.feed.source == source && source.may_be_kept())
                .map(|entry| entry.feed.clone());
            let feed = kept.unwrap_or_else(|| {
                let known = match &provider.keys {
                    KeySource::File(_, keys) => Some(keys.clone()),
                    KeySource::Discovery(_) | KeySource::Uri(_) => None,
                };
                Arc::new(Feed::start(source, known, &roots, shutdown.clone()))
            });
            (provider.issuer.clone(), Entry { provider: Arc::new(provider.clone()), feed })
        });
        Self { by_issuer: by_issuer.collect(), roots }
    }

    /// None, for a configuration that is not served.
    #[must_use]
    pub fn none() -> Self {
        Self { by_issuer: BTreeMap::new(), roots: Arc::new(RootCertStore::empty()) }
    }

    /// The provider of a token that is not verified yet, and a key set that has the key which the
    /// token names. Waits only if the key is unknown, ten seconds at most.
    ///
    /// # Errors
    /// [`OidcError`]; the comment on each of its variants says what the client should be told.
    pub async fn resolve(
        &self,
        token: &Token,
        now: Timestamp,
    ) -> Result<(Arc<Provider>, Arc<KeySet>), OidcError> {
        let Some(entry) = self.by_issuer.get(token.issuer()) else {
            // Anybody may send a token, and its issuer may be long: enough of it for the log.
            return Err(OidcError::UnknownIssuer(fetch::clip(token.issuer())));
        };
        let issuer = || entry.provider.issuer.clone();
        let rules = entry.provider.rules.token_rules(now);
        let found = entry.feed.cache.find(|keys| has_key(keys, token, &rules)).await;
        let reason = match found {
            Ok(keys) => return Ok((entry.provider.clone(), keys)),
            Err(Miss::Absent) => return Err(OidcError::UnknownKey { issuer: issuer() }),
            Err(Miss::Limited) => {
                "were asked for less than 30 seconds ago, and this token's is not among them"
            }
            Err(Miss::Failed) => "could not be fetched",
            Err(Miss::Slow) => "did not arrive in time",
            Err(Miss::Crowded) => "are being fetched, and too many requests wait for them",
        };
        Err(OidcError::Communication { issuer: issuer(), reason })
    }

    /// The state of each provider, in the order of the issuers.
    #[must_use]
    pub fn status(&self) -> Vec<Status> {
        let state = |(issuer, entry): (&String, &Entry)| {
            let history = entry.feed.cache.history();
            Status {
                issuer: issuer.clone(),
                keys: entry.feed.cache.keys().map(|keys| keys.keys().len()),
                fetched: history.succeeded,
                failed: history.failed,
                last_success: history.last_success,
                failing: history.failing.clone(),
            }
        };
        self.by_issuer.iter().map(state).collect()
    }

    /// Waits until every provider was tried once, well or not, but no longer than `limit`: then the
    /// gateway is as ready as it can be. A provider that is down must not keep the others' users
    /// out, so this has no result; [`Providers::status`] tells.
    pub async fn tried(&self, limit: Duration) {
        let all = async {
            for entry in self.by_issuer.values() {
                entry.feed.cache.tried().await;
            }
        };
        let _ = tokio::time::timeout(limit, all).await;
    }
}

/// Whether `keys` has the key that `token` names. A token that names none (OpenID Connect Core
/// section 10.1 allows that to a provider with one key) has it if some key made its signature:
/// otherwise a rotation could not be told from a forgery.
fn has_key(keys: &KeySet, token: &Token, rules: &Rules<'_>) -> bool {
    match token.key_id() {
        Some(id) => keys.keys().iter().any(|key| key.id() == Some(id)),
        None => !matches!(
            token.verify(keys, rules),
            Err(TokenError::UnknownKey(_) | TokenError::Signature)
        ),
    }
}

/// The certificate authorities of the machine. None is not an error yet: a provider may have its
/// own `ca_file`, and one without says in its failure that the issuer is unknown.
fn system_roots(needed: bool) -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 && needed {
        let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        tracing::warn!(?errors, "this machine has no certificate authorities: set `ca_file`");
    }
    roots
}

#[cfg(test)]
mod tests;
