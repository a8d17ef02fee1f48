//! The identity providers.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sts::web_identity::{ClaimRule, ProviderRules};

use super::Check;
use crate::config::error::Place;
use crate::config::http_url::{HttpUrl, Scheme};
use crate::config::pem;
use crate::config::providers::{KeySource, Provider};
use crate::config::raw::{RawClaim, RawConfig, RawProvider};
use crate::config::samples;
use crate::config::shape::{Field, Value};

/// What discovery appends to an issuer (OpenID Connect Discovery 1.0, section 4).
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Clocks that are kept by NTP differ by less than a second; a virtual machine that was paused
/// may be off for some. More than this would keep ended tokens alive for no reason.
const DEFAULT_LEEWAY: Duration = Duration::from_secs(30);

/// The largest JWKS that is read from a file: a provider has a handful of keys of 1 KiB each.
const MAX_JWKS_BYTES: usize = 256 * 1024;

/// The largest bearer token file.
const MAX_TOKEN_BYTES: usize = 64 * 1024;

pub(super) fn providers(raw: &RawConfig, check: &mut Check<'_>) -> Option<Vec<Provider>> {
    let serves_sts = raw.listen.get().is_some_and(|listen| listen.value.sts.is_written());
    let items = raw.providers.items();
    // Users have keys already: an STS for them alone assumes roles and logs nobody in.
    let nobody = items.is_empty() && raw.users.items().is_empty();
    if serves_sts && nobody && !raw.providers.is_bad() {
        let message = "is missing: name at least one identity provider, or leave out `listen.sts`";
        check.findings.mistake(&Place::absent("providers"), message);
    }
    let providers: Vec<_> = items.iter().map(|item| provider(item, check)).collect();
    // Condition keys have no case and no scheme: what differs in these only cannot be told apart.
    let issuers = items.iter().filter_map(|item| item.value.issuer.get());
    check.unique(
        "the issuer",
        issuers.map(|issuer| {
            (sts::session::key_prefix(&issuer.value).to_ascii_lowercase(), &issuer.place)
        }),
    );
    if raw.providers.is_bad() {
        return None;
    }
    providers.into_iter().collect()
}

fn provider(item: &Value<RawProvider>, check: &mut Check<'_>) -> Option<Provider> {
    let (raw, place) = (&item.value, &item.place);
    let allow_http = raw.allow_http.or(false);
    if let Some(found) = raw.allow_http.get().filter(|found| found.value) {
        let message = "INSECURE: keys come by plain HTTP, whoever stands between can log in as anybody: set `ca_file` instead";
        check.findings.warn(&found.place, message);
    }
    let advice = "the `iss` of its tokens, such as `https://kc.example.org/realms/main`";
    let issuer = raw.issuer.required(place, "issuer", advice, &mut check.findings);
    let url = issuer.and_then(|issuer| web_url(issuer, allow_http, check));
    if let Some(issuer) = issuer {
        samples::judge_issuer(issuer, check);
    }
    let rules = rules(raw, place, url.is_some(), check);
    let keys = keys(raw, place, url.as_ref(), allow_http, check);
    let ca = ca(raw, check);
    let bearer_token_file = bearer_token_file(raw, check);
    let issuer = issuer?.value.clone();
    Some(Provider {
        issuer,
        rules: Arc::new(rules?),
        keys: keys?,
        ca: ca?,
        bearer_token_file: bearer_token_file?,
        allow_http,
    })
}

/// A URL that is fetched from, or that could be.
fn web_url(text: &Value<String>, allow_http: bool, check: &mut Check<'_>) -> Option<HttpUrl> {
    let url = check.url(text)?;
    if url.scheme() == Scheme::Http && !url.is_loopback() && !allow_http {
        let message = format!(
            "`{url}` must be `https`: whoever stands between could give out tokens; `allow_http: true` takes that risk"
        );
        check.findings.mistake(&text.place, message);
        return None;
    }
    Some(url)
}

fn rules(
    raw: &RawProvider,
    place: &Place,
    issuer_is_fine: bool,
    check: &mut Check<'_>,
) -> Option<ProviderRules> {
    let advice = "the audiences that mean this gateway: tokens for others must not be taken";
    let audiences = raw.audiences.required(place, "audiences", advice, &mut check.findings);
    let claims = claims(raw, check);
    let leeway = raw.leeway.or(DEFAULT_LEEWAY).as_secs();
    let leeway_place =
        raw.leeway.get().map_or_else(|| place.key("leeway"), |found| found.place.clone());
    if raw.leeway.get().is_some_and(|found| found.value.subsec_nanos() != 0) {
        check.findings.mistake(&leeway_place, "must be whole seconds");
    }
    // Its mistakes have been told.
    let issuer = raw.issuer.get().filter(|_| issuer_is_fine)?;
    let audiences: Vec<_> = audiences?.value.iter().map(|item| item.value.clone()).collect();
    let leeway = u32::try_from(leeway).unwrap_or(u32::MAX);
    let claims = claims?;
    match ProviderRules::new(issuer.value.clone(), audiences, leeway, claims) {
        Ok(rules) => Some(rules),
        Err(errors) => {
            for error in errors {
                check.findings.mistake(&rule_place(&error, raw, place), error.to_string());
            }
            None
        }
    }
}

/// The key that a mistake in the rules is about.
fn rule_place(error: &sts::web_identity::RuleError, raw: &RawProvider, place: &Place) -> Place {
    use sts::web_identity::RuleError;
    fn at<T>(field: &Field<T>, name: &str, place: &Place) -> Place {
        field.get().map_or_else(|| place.key(name), |found| found.place.clone())
    }
    match error {
        RuleError::Issuer(_) | RuleError::ReservedIssuer(_) => at(&raw.issuer, "issuer", place),
        RuleError::Audiences => at(&raw.audiences, "audiences", place),
        RuleError::Leeway(_) => at(&raw.leeway, "leeway", place),
        RuleError::ClaimKey(_) | RuleError::DuplicateKey(_) | RuleError::Implicit(_) => {
            at(&raw.claims, "claims", place)
        }
    }
}

fn claims(raw: &RawProvider, check: &mut Check<'_>) -> Option<Vec<ClaimRule>> {
    let named = match &raw.claims {
        Field::Absent => return Some(Vec::new()),
        Field::Bad => return None,
        Field::Set(named) => &named.value,
    };
    named.iter().map(|(name, found)| claim(name, found, check)).collect()
}

fn claim(name: &str, found: &Value<RawClaim>, check: &mut Check<'_>) -> Option<ClaimRule> {
    let raw = &found.value;
    if raw.keep.is_bad() || raw.called.is_bad() {
        return None;
    }
    let mut rule = ClaimRule::new(name);
    if let Some(called) = raw.called.get() {
        rule = rule.called(called.value.clone());
    }
    if let Some(keep) = raw.keep.get() {
        if keep.value.is_empty() {
            let message =
                "keeps no value: leave out the claim, or leave out `keep` for every value";
            check.findings.mistake(&keep.place, message);
            return None;
        }
        rule = rule.keeping(keep.value.iter().map(|item| item.value.clone()));
    }
    Some(rule)
}

fn keys(
    raw: &RawProvider,
    place: &Place,
    issuer: Option<&HttpUrl>,
    allow_http: bool,
    check: &mut Check<'_>,
) -> Option<KeySource> {
    let written: Vec<_> = [
        ("discovery_url", raw.discovery_url.is_written()),
        ("jwks_uri", raw.jwks_uri.is_written()),
        ("jwks_file", raw.jwks_file.is_written()),
    ]
    .into_iter()
    .filter_map(|(name, written)| written.then_some(name))
    .collect();
    if let [first, second, ..] = written.as_slice() {
        let message = format!("has both `{first}` and `{second}`: the keys come from one place");
        check.findings.mistake(place, message);
        return None;
    }
    if let Some(file) = raw.jwks_file.get() {
        return jwks_file(file, check);
    }
    if let Some(text) = raw.jwks_uri.get() {
        return web_url(text, allow_http, check).map(KeySource::Uri);
    }
    if let Some(text) = raw.discovery_url.get() {
        return web_url(text, allow_http, check).map(KeySource::Discovery);
    }
    if !written.is_empty() {
        return None;
    }
    // A slash at the end of an issuer is not doubled (OpenID Connect Discovery 1.0, section 4.1).
    Some(KeySource::Discovery(issuer?.below(DISCOVERY)))
}

fn jwks_file(file: &Value<String>, check: &mut Check<'_>) -> Option<KeySource> {
    let loaded = check.sources.read(file, MAX_JWKS_BYTES, &mut check.findings)?;
    match sts::keyset::KeySet::parse(&loaded.bytes) {
        Ok(keys) if keys.keys().is_empty() => {
            let message = format!("`{}` holds no key that can verify a token", file.value);
            check.findings.mistake(&file.place, message);
            None
        }
        Ok(keys) => Some(KeySource::File(loaded.path, Arc::new(keys))),
        Err(error) => {
            check.findings.mistake(&file.place, format!("`{}`: {error}", file.value));
            None
        }
    }
}

/// The outer Option: whether it could be read.
#[expect(clippy::option_option, reason = "not written and broken are two things")]
fn ca(raw: &RawProvider, check: &mut Check<'_>) -> Option<Option<pem::CaBundle>> {
    match &raw.ca_file {
        Field::Absent => Some(None),
        Field::Bad => None,
        Field::Set(file) => pem::ca_bundle(file, &check.sources, &mut check.findings).map(Some),
    }
}

/// The file is read each time it is needed, for Kubernetes replaces it; now it must be there.
#[expect(clippy::option_option, reason = "not written and broken are two things")]
fn bearer_token_file(raw: &RawProvider, check: &mut Check<'_>) -> Option<Option<PathBuf>> {
    match &raw.bearer_token_file {
        Field::Absent => Some(None),
        Field::Bad => None,
        Field::Set(file) => {
            let loaded = check.sources.read(file, MAX_TOKEN_BYTES, &mut check.findings)?;
            Some(Some(loaded.path))
        }
    }
}
