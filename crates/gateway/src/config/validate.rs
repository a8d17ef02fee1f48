//! From what the user wrote to what the gateway runs with: all mistakes at once.
//!
//! Every part is looked at, whatever was wrong in another. A part that cannot be made is `None`,
//! and its reason is among the findings; only at the end, if nothing keeps the gateway from
//! starting, the parts are put together.

use std::collections::HashMap;
use std::fmt::Display;

use super::error::{ConfigErrors, Findings, Place};
use super::files::Sources;
use super::http_url::HttpUrl;
use super::limits::Limits;
use super::raw::RawConfig;
use super::rules::Facts;
use super::shape::{Field, Value};
use super::{Config, Live, Samples};

mod bucket_policies;
mod credentials;
mod listen;
mod managed;
mod network;
mod principals;
mod providers;
mod revoked;
mod roles;
mod stores;
mod users;

/// What every part needs while it is looked at.
pub(super) struct Check<'a> {
    pub(super) sources: Sources<'a>,
    pub(super) samples: Samples,
    pub(super) findings: Findings,
}

impl Check<'_> {
    /// Reads a value by its own parser; a mistake is told as the end of a sentence.
    fn parse<T, E: Display>(
        &mut self,
        text: &Value<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(&text.value) {
            Ok(value) => Some(value),
            Err(why) => {
                self.findings.mistake(&text.place, format!("`{}` {why}", shown(&text.value)));
                None
            }
        }
    }

    /// Reads a URL. One with a user may have a password: it is not shown.
    fn url(&mut self, text: &Value<String>) -> Option<HttpUrl> {
        if text.value.contains('@') {
            let message = "must have no user: nothing of a URL is a secret here";
            self.findings.mistake(&text.place, message);
            return None;
        }
        self.parse(text, HttpUrl::parse)
    }

    /// A value that must be there, by its own parser.
    fn parse_required<T, E: Display>(
        &mut self,
        field: &Field<String>,
        section: &Place,
        name: &str,
        advice: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = field.required(section, name, advice, &mut self.findings)?;
        self.parse(text, parse)
    }

    /// Reports values that stand twice among `items`, told apart by `key`.
    fn unique<'v, K: Eq + std::hash::Hash + Display>(
        &mut self,
        what: &str,
        items: impl Iterator<Item = (K, &'v Place)>,
    ) {
        let mut seen: HashMap<K, &Place> = HashMap::new();
        for (key, place) in items {
            if let Some(first) = seen.get(&key) {
                let message = format!("{what} `{key}` is taken by `{}`", first.path);
                self.findings.mistake(place, message);
            } else {
                seen.insert(key, place);
            }
        }
    }
}

/// Text of the user for a message: not longer than a line.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 100;
    let clean = text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter });
    let mut clean: String = clean.take(MOST).collect();
    if text.chars().count() > MOST {
        clean.push('…');
    }
    clean
}

/// Puts the parts together.
pub(super) fn validate(
    raw: &RawConfig,
    sources: Sources<'_>,
    samples: Samples,
    findings: Findings,
) -> Result<Config, ConfigErrors> {
    let mut check = Check { sources, samples, findings };
    let limits = section(&raw.limits, |limits| Limits::from_raw(limits, &mut check.findings));
    let startup = listen::startup(raw, limits, &mut check);
    let live = live(raw, &mut check);
    let warnings = check.findings.finish()?;
    match (startup, live) {
        (Some(startup), Some(live)) => Ok(Config { startup, live, warnings }),
        // A part that is missing without a mistake would be a mistake of ours: nothing starts.
        (Some(_) | None, Some(_) | None) => {
            let message = "could not be put together, and no reason was found".to_owned();
            Err(ConfigErrors::one(Place::absent(""), message))
        }
    }
}

/// A section that applies with all its defaults when nobody wrote it.
fn section<R: Default, T>(field: &Field<R>, read: impl FnOnce(&R) -> T) -> T {
    match field.get() {
        Some(section) => read(&section.value),
        None => read(&R::default()),
    }
}

fn live(raw: &RawConfig, check: &mut Check<'_>) -> Option<Live> {
    let account_id = network::account_id(raw, check);
    let domains = network::domains(raw, check);
    let trusted_proxies = network::trusted_proxies(raw, check);
    let harmless_headers = network::harmless_headers(raw, check);
    let keys = users::key_ring(raw, check);
    let providers = providers::providers(raw, check);
    let proxies_set = raw.trusted_proxies.is_written();
    let facts = Facts {
        account: account_id.as_ref(),
        proxies_set,
        providers: providers.as_deref(),
        stores: None,
    };
    let stores = stores::stores(raw, &facts, check);
    let facts = Facts { stores: stores.as_ref(), ..facts };
    let managed_policies = managed::managed(raw, account_id.as_ref(), &facts, check);
    let roles = roles::roles(raw, &facts, managed_policies.as_ref(), check);
    let users = users::users(raw, account_id.as_ref(), &facts, check);
    let revoked = revoked::revoked(raw, account_id.as_ref(), check);
    let known = principals::Known { roles: roles.as_ref(), users: users.as_deref() };
    principals::judge_trusts(&known, account_id.as_ref(), check);
    let bucket_policies = bucket_policies::bucket_policies(raw, &known, &facts, check);
    let list_buckets = network::list_buckets(raw, check);
    let accept = sigv4::Accept { hmac_v1_header: raw.hmac_v1_header.or(false), sigv4a: true };
    let removable_query = network::removable_query(raw, check);
    Some(Live {
        account_id: account_id?,
        domains: domains?,
        trusted_proxies: trusted_proxies?,
        keys: keys?,
        stores: stores?,
        providers: providers?,
        roles: roles?,
        managed_policies: managed_policies?,
        revoked: revoked?,
        bucket_policies: bucket_policies?,
        list_buckets: list_buckets?,
        accept,
        removable_query: removable_query?,
        users: users?,
        harmless_headers: harmless_headers?,
    })
}

impl ConfigErrors {
    /// A single mistake.
    pub(super) fn one(place: Place, message: String) -> Self {
        let mut findings = Findings::default();
        findings.mistake(&place, message);
        Self::from(findings)
    }
}
