//! The key ring and the service accounts.

use std::path::Path;
use std::sync::Arc;

use policy::{Kind, Policy};

use super::credentials::access_key;
use super::{Check, shown};
use crate::config::error::Place;
use crate::config::raw::{RawConfig, RawUser};
use crate::config::rules::{Facts, judge_permissions, run_tests};
use crate::config::samples;
use crate::config::shape::Value;
use crate::config::users::User;

/// The largest policy file. AWS allows a user 2 KiB in all; our limit is the policy crate's, this
/// one only keeps a wrong file from being read.
const MAX_POLICY_BYTES: usize = 256 * 1024;

/// The shortest secret key of a user: AWS's have 40 characters; 16 random ones cannot be guessed.
const LEAST_SECRET: usize = 16;

/// The longest secret key of a user.
const MOST_SECRET: usize = 128;

pub(super) fn key_ring(raw: &RawConfig, check: &mut Check<'_>) -> Option<sts::token::KeyRing> {
    let advice = "make a ring with `fakes3pp keys init --file keys.ring` and set `keys: { file: keys.ring }`";
    let found = raw.keys.required(&Place::absent(""), "keys", advice, &mut check.findings)?;
    let text = found.value.load(&found.place, &check.sources, &mut check.findings)?;
    samples::judge_ring(&text, &found.place, check);
    match sts::token::KeyRing::parse(text.expose()) {
        Ok(ring) => Some(ring),
        Err(error) => {
            check.findings.mistake(&found.place, format!("is no key ring: {error}"));
            None
        }
    }
}

pub(super) fn users(
    raw: &RawConfig,
    account: Option<&policy::AccountId>,
    facts: &Facts<'_>,
    check: &mut Check<'_>,
) -> Option<Vec<User>> {
    let items = raw.users.items();
    let users: Vec<_> = items.iter().map(|item| user(item, account, facts, check)).collect();
    let names = items.iter().filter_map(|item| item.value.name.get());
    check.unique("the name", names.map(|name| (&name.value, &name.place)));
    let keys = users.iter().zip(items).filter_map(|(user, item)| {
        Some((user.as_ref()?.access_key.as_str().to_owned(), &item.place))
    });
    check.unique("the access key", keys);
    run_tests_beside(raw, check);
    if raw.users.is_bad() { None } else { users.into_iter().collect() }
}

/// Runs the tests that lie beside the users' policies, in folders whose tests are not run anyhow.
fn run_tests_beside(raw: &RawConfig, check: &mut Check<'_>) {
    let others = [raw.roles.get(), raw.managed_policies.get()];
    let others = others.into_iter().flatten().map(|folder| check.sources.path(&folder.value));
    let mut done: Vec<_> = others.collect();
    let files: Vec<&str> = raw
        .users
        .items()
        .iter()
        .filter_map(|user| user.value.policies.get())
        .flat_map(|list| &list.value)
        .map(|file| file.value.as_str())
        .collect();
    for file in files {
        let shown = Path::new(file).parent().unwrap_or(Path::new("")).display().to_string();
        let folder = check.sources.path(&shown);
        // What cannot be listed is said where its files are read.
        let Ok(names) = check.sources.files.list(&folder) else { continue };
        if !done.contains(&folder) {
            run_tests(&names, &folder, &shown, &check.sources, &mut check.findings);
            done.push(folder);
        }
    }
}

fn user(
    item: &Value<RawUser>,
    account: Option<&policy::AccountId>,
    facts: &Facts<'_>,
    check: &mut Check<'_>,
) -> Option<User> {
    let (raw, place) = (&item.value, &item.place);
    let name = check.parse_required(&raw.name, place, "name", "a short name", name);
    let access_key = access_key(&raw.access_key, place, check);
    if let (Some(key), Some(found)) = (&access_key, raw.access_key.get())
        && key.as_str().starts_with("ASIA")
    {
        let message =
            "begins with `ASIA`, as the keys of sessions do: choose another, such as `AKIA...`";
        check.findings.mistake(&found.place, message);
    }
    let secret = secret(raw, place, check);
    let policies = policies(raw, place, facts, check);
    let (name, account) = (name?, account?);
    Some(User {
        arn: format!("arn:aws:iam::{account}:user/{name}"),
        name,
        access_key: access_key?,
        secret: secret?,
        policies: policies?,
    })
}

/// A user name as IAM has it.
fn name(text: &str) -> Result<String, &'static str> {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if (1..=64).contains(&text.len()) && text.bytes().all(fine) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 64 letters, digits or `_+=,.@-`")
    }
}

fn secret(raw: &RawUser, place: &Place, check: &mut Check<'_>) -> Option<sigv4::SecretKey> {
    let advice = "`{ file: PATH }` or `{ env: VARIABLE }`";
    let found = raw.secret_key.required(place, "secret_key", advice, &mut check.findings)?;
    let secret = found.value.load(&found.place, &check.sources, &mut check.findings)?;
    let visible = secret.expose().bytes().all(|byte| byte.is_ascii_graphic());
    samples::judge_own_secret(&secret, &found.place, check);
    if !(LEAST_SECRET..=MOST_SECRET).contains(&secret.expose().len()) || !visible {
        let message = format!(
            "must be {LEAST_SECRET} to {MOST_SECRET} visible ASCII characters without blanks"
        );
        check.findings.mistake(&found.place, message);
        return None;
    }
    Some(sigv4::SecretKey::new(secret.expose().to_owned()))
}

fn policies(
    raw: &RawUser,
    place: &Place,
    facts: &Facts<'_>,
    check: &mut Check<'_>,
) -> Option<Vec<Arc<Policy>>> {
    let advice = "files with policies in AWS's JSON: without one the user may do nothing";
    let list = raw.policies.required(place, "policies", advice, &mut check.findings)?;
    if list.value.is_empty() {
        check.findings.mistake(&list.place, format!("is empty: {advice}"));
        return None;
    }
    let read: Vec<_> = list.value.iter().map(|file| policy_file(file, facts, check)).collect();
    read.into_iter().collect()
}

fn policy_file(
    file: &Value<String>,
    facts: &Facts<'_>,
    check: &mut Check<'_>,
) -> Option<Arc<Policy>> {
    let loaded = check.sources.read(file, MAX_POLICY_BYTES, &mut check.findings)?;
    let Ok(text) = String::from_utf8(loaded.bytes) else {
        let message = format!("`{}` is not text in UTF-8", file.value);
        check.findings.mistake(&file.place, message);
        return None;
    };
    match Policy::load(Kind::Identity, &file.value, &text) {
        Ok(policy) => {
            let place = Place::absent(file.value.clone());
            judge_permissions(&policy, &place, facts, &mut check.findings);
            Some(Arc::new(policy))
        }
        Err(errors) => {
            for error in errors.errors() {
                let place = Place::absent(format!("{}: {}", file.value, error.path));
                check.findings.mistake(&place, shown(&error.problem.to_string()));
            }
            None
        }
    }
}
