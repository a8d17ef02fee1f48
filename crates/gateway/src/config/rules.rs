//! What must hold between documents and configuration. The language itself, and what AWS demands
//! of every document, is checked where it is loaded (`policy`, `sts::role`).

use std::path::Path;

use policy::Policy;
use sts::role::Role;
use sts::web_identity::ProviderRules;

use super::error::{Findings, Place};
use super::files::Sources;
use super::filled::{NEED_TRUSTED_PROXIES, Reader, is_filled};
use super::providers::Provider;
use super::shape::{Free, Value};
use super::stores::Stores;

use crate::lint::{self, DocumentKind, Severity};
use crate::policy_tests;

mod reach;

/// What the documents are judged against.
pub(super) struct Facts<'a> {
    /// The account that everything belongs to; None if it is broken.
    pub(super) account: Option<&'a policy::AccountId>,
    /// Whether `trusted_proxies` is set, possibly to nothing.
    pub(super) proxies_set: bool,
    /// The providers; None if they are broken: what depends on them is not judged then.
    pub(super) providers: Option<&'a [Provider]>,
    /// The stores; None if they are broken.
    pub(super) stores: Option<&'a Stores>,
}

/// What loads and is not what it seems. A Deny that denies nothing is a mistake here, as AWS would take
/// it; the rest is told.
pub(super) fn lint(policy: &Policy, kind: DocumentKind, place: &Place, findings: &mut Findings) {
    // It was loaded: it is JSON.
    let Ok(document) = serde_json::from_str(policy.text()) else { return };
    // Of keys that are never filled `judge_keys` knows more.
    let known = |found: &lint::Lint| found.code == lint::NEVER_FILLED;
    for found in lint::policy(&document, kind).into_iter().filter(|found| !known(found)) {
        let place = Place::absent(format!("{}: {}", place.path, found.path));
        match found.severity {
            Severity::Error => findings.mistake(&place, found.message),
            Severity::Warning => findings.warn(&place, found.message),
            // For `policy lint` only: they would hide what matters.
            Severity::Note => {}
        }
    }
}

/// Runs the tests that lie in a folder: a configuration whose policies do not decide as their owner
/// expects does not come into force.
pub(super) fn run_tests(
    names: &[String],
    folder: &Path,
    shown: &str,
    sources: &Sources<'_>,
    findings: &mut Findings,
) {
    for name in names.iter().filter(|name| name.ends_with(policy_tests::SUFFIX)) {
        let place = Place::absent(Path::new(shown).join(name).display().to_string());
        match policy_tests::run(sources.files, folder, name) {
            Ok(outcome) => {
                for (test, why) in outcome.failures {
                    findings.mistake(&place, format!("the test `{test}` fails: {why}"));
                }
            }
            Err(why) => findings.mistake(&place, format!("is no file of tests: {why}")),
        }
    }
}

/// Judges everything in a role's file.
pub(super) fn judge_role(file: &str, role: &Role, facts: &Facts<'_>, findings: &mut Findings) {
    let at = |part: &str| Place::absent(format!("{file}: {part}"));
    let trust = at("AssumeRolePolicyDocument");
    judge_keys(role.trust(), Reader::Trust, &trust, facts, findings);
    lint(role.trust(), DocumentKind::Trust, &trust, findings);
    judge_trusted(role, &trust, facts, findings);
    for (index, policy) in role.policies().iter().enumerate() {
        let place = at(&format!("Policies[{index}].PolicyDocument"));
        judge_permissions(policy, &place, facts, findings);
    }
    if let Some(boundary) = role.boundary() {
        let place = at("PermissionsBoundary");
        judge_keys(boundary, Reader::Permission, &place, facts, findings);
        lint(boundary, DocumentKind::Permission, &place, findings);
    }
}

/// Judges a policy that grants something.
pub(super) fn judge_permissions(
    policy: &Policy,
    place: &Place,
    facts: &Facts<'_>,
    findings: &mut Findings,
) {
    judge_keys(policy, Reader::Permission, place, facts, findings);
    lint(policy, DocumentKind::Permission, place, findings);
    if let Some(stores) = facts.stores {
        reach::judge(policy, place, stores, findings);
    }
}

/// Judges a bucket's policy.
pub(super) fn judge_bucket(
    policy: &Policy,
    place: &Place,
    facts: &Facts<'_>,
    findings: &mut Findings,
) {
    judge_keys(policy, Reader::Permission, place, facts, findings);
    lint(policy, DocumentKind::Bucket, place, findings);
}

/// A Deny on a key that is never filled is refused, an Allow is told; keys that depend on proxies
/// need `trusted_proxies`. Statements about other services alone concern nobody here.
fn judge_keys(
    policy: &Policy,
    reader: Reader,
    place: &Place,
    facts: &Facts<'_>,
    findings: &mut Findings,
) {
    for used in policy.key_uses(&["s3", "sts"]) {
        if needs_proxies(&used.key) && !facts.proxies_set {
            findings.mistake(place, proxies_message(&used.key));
        }
        let Some(providers) = facts.providers else {
            continue;
        };
        if is_filled(&used.key, reader, providers.iter().map(|provider| &*provider.rules)) {
            continue;
        }
        let key = &used.key;
        if used.in_deny {
            let message = format!(
                "has a Deny on `{key}`, which the gateway never fills here: a positive condition on it never holds, a negated one always, so that it denies nothing or everything{}",
                claim_advice(key, providers)
            );
            findings.mistake(place, message);
        } else {
            let message = format!(
                "names `{key}`, which the gateway never fills here: a positive condition on it never holds, a negated one always{}",
                claim_advice(key, providers)
            );
            findings.warn(place, message);
        }
    }
}

/// What to do about a key that looks like a provider's claim.
fn claim_advice(key: &str, providers: &[Provider]) -> String {
    let Some((prefix, claim)) = key.rsplit_once(':') else {
        return String::new();
    };
    let known = |rules: &ProviderRules| {
        prefix.eq_ignore_ascii_case(rules.key_prefix()) || prefix.eq_ignore_ascii_case("claims")
    };
    if providers.iter().any(|provider| known(&provider.rules)) {
        format!(
            "; sessions keep only claims that are listed: add `{claim}` to the `claims` of the provider"
        )
    } else {
        String::new()
    }
}

fn needs_proxies(key: &str) -> bool {
    NEED_TRUSTED_PROXIES.iter().any(|known| known.eq_ignore_ascii_case(key))
}

fn proxies_message(key: &str) -> String {
    format!(
        "uses `{key}`, which depends on the proxies in front: set `trusted_proxies`, to `[]` if clients connect directly"
    )
}

/// A role trusts providers that are configured, in its own account.
fn judge_trusted(role: &Role, place: &Place, facts: &Facts<'_>, findings: &mut Findings) {
    let Some(providers) = facts.providers else {
        return;
    };
    let (partition, account) = (role.arn().partition(), role.arn().account());
    let arn = |provider: &Provider| {
        format!("arn:{partition}:iam::{account}:oidc-provider/{}", provider.rules.key_prefix())
    };
    let known: Vec<String> = providers.iter().map(arn).collect();
    for named in role.trust().federated_principals() {
        if !known.iter().any(|arn| arn == named) {
            let known = known.iter().map(|arn| format!("`{arn}`")).collect::<Vec<_>>().join(", ");
            let message = format!(
                "trusts `{named}`, which is no identity provider here: for a role of account {account} there are {}",
                if known.is_empty() { "none" } else { &known }
            );
            findings.mistake(place, message);
        }
    }
}

/// The `when` of a store's credential.
pub(super) fn judge_store_condition(
    condition: &policy::Condition,
    found: &Value<Free>,
    facts: &Facts<'_>,
    findings: &mut Findings,
) {
    let mut keys: Vec<&str> = condition.keys().collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        if needs_proxies(key) && !facts.proxies_set {
            findings.mistake(&found.place, proxies_message(key));
        }
        let Some(providers) = facts.providers else {
            continue;
        };
        let rules = providers.iter().map(|provider| &*provider.rules);
        if !is_filled(key, Reader::StoreCredential, rules) {
            let message = format!(
                "names `{key}`, which is not known of a caller: the credential would not go to whom it is meant for{}",
                claim_advice(key, providers)
            );
            findings.mistake(&found.place, message);
        }
    }
}
