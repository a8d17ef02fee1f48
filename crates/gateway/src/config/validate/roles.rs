//! The roles folder: one JSON file a role.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sts::role::{MAX_ROLE_BYTES, Role};

use super::managed::Managed;
use super::{Check, shown};
use crate::config::error::Place;
use crate::config::files::why;
use crate::config::raw::RawConfig;
use crate::config::rules::{Facts, judge_role, run_tests};
use crate::config::shape::{Field, Value};
use crate::policy_tests;

/// The most files of a roles folder: far more than an account of AWS may have roles (5,000).
const MAX_ROLES: usize = 20_000;

/// The roles by their ARN.
type Roles = BTreeMap<String, Arc<Role>>;

pub(super) fn roles(
    raw: &RawConfig,
    facts: &Facts<'_>,
    managed: Option<&Managed>,
    check: &mut Check<'_>,
) -> Option<Roles> {
    let folder = match &raw.roles {
        Field::Absent => {
            if raw.listen.get().is_some_and(|listen| listen.value.sts.is_written()) {
                let message = "is missing: without a role nobody can log in";
                check.findings.warn(&Place::absent("roles"), message);
            }
            return Some(BTreeMap::new());
        }
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
    // Names with a dot in front are Kubernetes' own (`..data`), or an editor's.
    names.retain(|name| !name.starts_with('.'));
    run_tests(&names, &path, &folder.value, &check.sources, &mut check.findings);
    names.retain(|name| !name.ends_with(policy_tests::SUFFIX));
    names.sort();
    if names.len() > MAX_ROLES {
        let message = format!("`{}` has more than {MAX_ROLES} files", path.display());
        check.findings.mistake(&folder.place, message);
        return None;
    }
    let (files, others): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| name.ends_with(".json"));
    for name in others {
        let place = Place::absent(path.join(name).display().to_string());
        check.findings.warn(&place, "is not read: the file of a role ends in `.json`");
    }
    if files.is_empty() {
        let message = format!("`{}` has no file that ends in `.json`", path.display());
        check.findings.warn(&folder.place, message);
    }
    read_all(&files, folder, facts, managed, check)
}

fn read_all(
    files: &[String],
    folder: &Value<String>,
    facts: &Facts<'_>,
    managed: Option<&Managed>,
    check: &mut Check<'_>,
) -> Option<Roles> {
    let mut roles = BTreeMap::new();
    let mut owners = BTreeMap::new();
    let mut complete = true;
    for name in files {
        let shown = Path::new(&folder.value).join(name);
        let file = check.sources.path(&folder.value).join(name);
        let place = Place::absent(shown.display().to_string());
        let bytes = check.sources.read_at(&file, &place, MAX_ROLE_BYTES, &mut check.findings);
        let Some(mut role) = bytes.and_then(|bytes| role_file(&place, bytes, check)) else {
            complete = false;
            continue;
        };
        judge_role(&place.path, &role, facts, &mut check.findings);
        attach(&mut role, &place, managed, check);
        if let Some(account) = facts.account
            && role.arn().account() != account.as_str()
        {
            let place = Place::absent(format!("{}: Arn", place.path));
            let message = format!(
                "is in the account {}, and this gateway is {} (`account_id`): one gateway is one account",
                role.arn().account(),
                account.as_str()
            );
            check.findings.mistake(&place, message);
        }
        // Session ARNs have the role's name without its path: two roles of one name would have
        // the same sessions (IAM User Guide, *IAM identifiers*: names are unique in an account).
        let name = role.arn().name().to_ascii_lowercase();
        if let Some(other) = owners.insert(name, role.arn().as_str().to_owned())
            && other != role.arn().as_str()
        {
            let place = Place::absent(format!("{}: Arn", place.path));
            let message =
                format!("has the name of `{other}`, but for its path: rename one of them");
            check.findings.mistake(&place, message);
        }
        let arn = role.arn().as_str().to_owned();
        if roles.insert(arn.clone(), Arc::new(role)).is_some() {
            let place = Place::absent(format!("{}: Arn", place.path));
            let message =
                format!("`{arn}` is in another file of the folder, too: keep one of them");
            check.findings.mistake(&place, message);
        }
    }
    complete.then_some(roles)
}

/// Gives the role its managed policies.
fn attach(role: &mut Role, place: &Place, managed: Option<&Managed>, check: &mut Check<'_>) {
    let Some(managed) = managed else { return };
    for arn in role.managed_policies().to_vec() {
        match managed.get(&arn) {
            Some(policy) => role.attach(Arc::clone(policy)),
            None => {
                let place = Place::absent(format!("{}: AttachedManagedPolicies", place.path));
                let message = format!("`{}` is not in the folder `managed_policies`", shown(&arn));
                check.findings.mistake(&place, message);
            }
        }
    }
}

fn role_file(place: &Place, bytes: Vec<u8>, check: &mut Check<'_>) -> Option<Role> {
    let Ok(text) = String::from_utf8(bytes) else {
        check.findings.mistake(place, "is not text in UTF-8");
        return None;
    };
    match Role::load(&place.path, &text) {
        Ok(role) => Some(role),
        Err(errors) => {
            for error in errors.errors() {
                let place = Place::absent(format!("{}: {}", place.path, error.path));
                check.findings.mistake(&place, shown(&error.message));
            }
            None
        }
    }
}
