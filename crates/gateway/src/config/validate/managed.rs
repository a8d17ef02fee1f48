//! The folder of managed policies: one JSON file a policy.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use policy::{Kind, Policy};

use super::{Check, shown};
use crate::config::error::Place;
use crate::config::files::why;
use crate::config::raw::RawConfig;
use crate::config::rules::{Facts, judge_permissions, run_tests};
use crate::config::shape::Field;
use crate::policy_tests;

/// Largest file that is read; the policy itself has AWS's limit.
const MAX_FILE: usize = 256 * 1024;

/// The most files: far more than an account of AWS may have managed policies (5,000).
const MAX_FILES: usize = 20_000;

/// Managed policies by their ARN.
pub(super) type Managed = BTreeMap<String, Arc<Policy>>;

pub(super) fn managed(
    raw: &RawConfig,
    account: Option<&policy::AccountId>,
    facts: &Facts<'_>,
    check: &mut Check<'_>,
) -> Option<Managed> {
    let folder = match &raw.managed_policies {
        Field::Absent => return Some(Managed::new()),
        Field::Bad => return None,
        Field::Set(folder) => folder,
    };
    let path = check.sources.path(&folder.value);
    let mut names = match check.sources.files.list(&path) {
        Ok(names) => names,
        Err(error) => {
            check.findings.mistake(&folder.place, why(&path, &error, 0));
            return None;
        }
    };
    names.retain(|name| !name.starts_with('.'));
    run_tests(&names, &path, &folder.value, &check.sources, &mut check.findings);
    names.retain(|name| !name.ends_with(policy_tests::SUFFIX));
    names.sort();
    if names.len() > MAX_FILES {
        let message = format!("`{}` has more than {MAX_FILES} files", path.display());
        check.findings.mistake(&folder.place, message);
        return None;
    }
    let before = check.findings.mistakes().len();
    let mut policies = Managed::new();
    for name in names {
        let place = Place::absent(Path::new(&folder.value).join(&name).display().to_string());
        let Some(stem) = name.strip_suffix(".json") else {
            check.findings.warn(&place, "is not read: the file of a policy ends in `.json`");
            continue;
        };
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        if !(1..=128).contains(&stem.len()) || !stem.bytes().all(fine) {
            check
                .findings
                .mistake(&place, "a policy's name is 1 to 128 letters, digits or `_+=,.@-`");
            continue;
        }
        let bytes = check.sources.read_at(&path.join(&name), &place, MAX_FILE, &mut check.findings);
        let Some(policy) = bytes.and_then(|bytes| load(&place, bytes, check)) else { continue };
        judge_permissions(&policy, &place, facts, &mut check.findings);
        policies.insert(format!("arn:aws:iam::{}:policy/{stem}", account?), Arc::new(policy));
    }
    (check.findings.mistakes().len() == before).then_some(policies)
}

fn load(place: &Place, bytes: Vec<u8>, check: &mut Check<'_>) -> Option<Policy> {
    let Ok(text) = String::from_utf8(bytes) else {
        check.findings.mistake(place, "is not text in UTF-8");
        return None;
    };
    match Policy::load(Kind::Identity, &place.path, &text) {
        Ok(policy) => Some(policy),
        Err(errors) => {
            for error in errors.errors() {
                let place = Place::absent(format!("{}: {}", place.path, error.path));
                check.findings.mistake(&place, shown(&error.problem.to_string()));
            }
            None
        }
    }
}
