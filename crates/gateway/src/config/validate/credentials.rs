//! The keys of a store, and access key ids in general.

use super::stores::name;
use super::{Check, shown};
use crate::config::error::Place;
use crate::config::raw::{RawCredential, RawStore};
use crate::config::rules::{Facts, judge_store_condition};
use crate::config::samples;
use crate::config::secret::{SecretRef, TextOrRef};
use crate::config::shape::{Field, Free, Value};
use crate::config::stores::Credential;

pub(super) fn credentials(
    raw: &RawStore,
    place: &Place,
    facts: &Facts<'_>,
    check: &mut Check<'_>,
) -> Option<Vec<Credential>> {
    let advice = "at least one pair of `access_key` and `secret_key`";
    let list = raw.credentials.required(place, "credentials", advice, &mut check.findings)?;
    let items = &list.value;
    let read: Vec<_> = items.iter().map(|item| credential(item, facts, check)).collect();
    let named = items.iter().filter_map(|item| Some((&item.value.name.get()?.value, &item.place)));
    check.unique("the name", named);
    let without = |item: &&Value<RawCredential>| !item.value.when.is_written();
    match items.iter().filter(without).count() {
        0 if items.is_empty() => {
            check.findings.mistake(&list.place, format!("is empty: {advice}"));
            return None;
        }
        0 => {
            let message = "all have a `when`: callers that none of them names are denied";
            check.findings.warn(&list.place, message);
        }
        1 => {
            if let Some(early) = items.iter().rev().skip(1).find(without) {
                let message = "has no `when` and takes every caller: it must be the last";
                check.findings.mistake(&early.place, message);
                return None;
            }
        }
        _ => {
            for second in items.iter().filter(without).skip(1) {
                let message =
                    "has no `when`, as another one before: only one can be for everybody else";
                check.findings.mistake(&second.place, message);
            }
            return None;
        }
    }
    read.into_iter().collect()
}

fn credential(
    item: &Value<RawCredential>,
    facts: &Facts<'_>,
    check: &mut Check<'_>,
) -> Option<Credential> {
    let (raw, place) = (&item.value, &item.place);
    let credential_name = check.parse_required(&raw.name, place, "name", "a short name", name);
    let access_key = access_key(&raw.access_key, place, check);
    let advice = "`{ file: PATH }` or `{ env: VARIABLE }`";
    let secret_key = raw.secret_key.required(place, "secret_key", advice, &mut check.findings);
    let secret_key = secret_key.and_then(|found| {
        let secret = found.value.load(&found.place, &check.sources, &mut check.findings)?;
        samples::judge_store_secret(&secret, &found.place, check);
        Some(sigv4::SecretKey::new(secret.expose().to_owned()))
    });
    let session_token = match &raw.session_token {
        Field::Absent => Some(None),
        Field::Bad => None,
        Field::Set(found) => session_token(found, check).map(Some),
    };
    let when = match &raw.when {
        Field::Absent => Some(None),
        Field::Bad => None,
        Field::Set(found) => {
            let name = credential_name.as_deref().unwrap_or_default();
            condition(name, found, facts, check).map(Some)
        }
    };
    Some(Credential {
        name: credential_name?,
        access_key: access_key?,
        secret_key: secret_key?,
        session_token: session_token?,
        when: when?,
    })
}

fn session_token(found: &Value<SecretRef>, check: &mut Check<'_>) -> Option<sigv4::SessionToken> {
    let text = found.value.load(&found.place, &check.sources, &mut check.findings)?;
    let token = sigv4::SessionToken::parse(text.expose().to_owned());
    if token.is_err() {
        check.findings.mistake(&found.place, "is no session token: it has blanks, or is too long");
    }
    token.ok()
}

/// Reads an access key id, of a store or of a user.
pub(super) fn access_key(
    field: &Field<TextOrRef>,
    section: &Place,
    check: &mut Check<'_>,
) -> Option<sigv4::AccessKeyId> {
    let advice = "the id that belongs to the secret key";
    let found = field.required(section, "access_key", advice, &mut check.findings)?;
    let text = found.value.load(&found.place, &check.sources, &mut check.findings)?;
    let key = sigv4::AccessKeyId::parse(&text);
    if key.is_err() {
        // Not shown: the secret key may have got here by mistake.
        let message =
            "is no access key id: it must be 1 to 128 visible ASCII characters without `,` and `/`";
        check.findings.mistake(&found.place, message);
    }
    key.ok()
}

fn condition(
    name: &str,
    found: &Value<Free>,
    facts: &Facts<'_>,
    check: &mut Check<'_>,
) -> Option<policy::Condition> {
    match policy::Condition::load(name, &found.value.0) {
        Ok(condition) => {
            judge_store_condition(&condition, found, facts, &mut check.findings);
            Some(condition)
        }
        Err(errors) => {
            for error in errors.errors() {
                let place = Place {
                    path: format!("{}: {}", found.place.path, error.path),
                    ..found.place.clone()
                };
                check.findings.mistake(&place, shown(&error.problem.to_string()));
            }
            None
        }
    }
}
