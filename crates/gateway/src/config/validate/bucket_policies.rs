//! The folder of bucket policies: `BUCKET.json`, or `STORE/BUCKET.json` where a name is in two stores.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use policy::{Context, Kind, Policy};

use super::principals::Known;
use super::{Check, shown};
use crate::config::bucket_policies::BucketPolicies;
use crate::config::error::Place;
use crate::config::files::why;
use crate::config::raw::RawConfig;
use crate::config::rules::{Facts, judge_bucket, run_tests};
use crate::config::shape::{Field, Value};
use crate::config::stores::{Authorization, Store, Stores};
use crate::policy_tests;

/// Largest file that is read: AWS allows 20 KiB of policy, white space not counted.
const MAX_FILE: usize = 1024 * 1024;

/// The most files in one folder: far more than an account of AWS may have buckets (10,000).
const MAX_FILES: usize = 100_000;

pub(super) fn bucket_policies(
    raw: &RawConfig,
    known: &Known<'_>,
    facts: &Facts<'_>,
    check: &mut Check<'_>,
) -> Option<BucketPolicies> {
    let folder = match &raw.bucket_policies {
        Field::Absent => return Some(BucketPolicies::default()),
        Field::Bad => return None,
        Field::Set(folder) => folder,
    };
    let before = check.findings.mistakes().len();
    let path = check.sources.path(&folder.value);
    let names = listed(&path, &folder.place, folder, check)?;
    let Some(stores) = facts.stores else {
        // They are broken, which is told; so is what is wrong with the documents, once for all.
        for name in names.iter().filter(|name| name.ends_with(".json")) {
            let place = Place::absent(Path::new(&folder.value).join(name).display().to_string());
            let bucket = name.strip_suffix(".json").unwrap_or(name);
            document(bucket, &path.join(name), &place, (known, facts), check);
        }
        return None;
    };
    let mut reading = Reading { stores, known, facts, policies: BucketPolicies::default() };
    for name in names {
        let file = path.join(&name);
        let shown = Path::new(&folder.value).join(&name);
        if let Some(bucket) = name.strip_suffix(".json") {
            reading.read(None, bucket, &file, &shown, check);
        } else if let Some(store) = stores.all().iter().find(|store| store.name == name) {
            reading.read_store(store, &file, &shown, folder, check);
        } else {
            let place = Place::absent(shown.display().to_string());
            let message = "is no bucket policy, whose Deny would not be in force: here are `BUCKET.json` and folders with the name of a store";
            check.findings.mistake(&place, message);
        }
    }
    let fine = check.findings.mistakes().len() == before;
    fine.then_some(reading.policies)
}

/// The names in a folder that count, in order.
fn listed(
    path: &Path,
    place: &Place,
    folder: &Value<String>,
    check: &mut Check<'_>,
) -> Option<Vec<String>> {
    let mut names = match check.sources.files.list(path) {
        Ok(names) => names,
        Err(error) => {
            check.findings.mistake(place, why(path, &error, 0));
            return None;
        }
    };
    // Names with a dot in front are Kubernetes' own (`..data`), or an editor's.
    names.retain(|name| !name.starts_with('.') && !name.ends_with('~'));
    names.sort();
    run_tests(&names, path, &place.path, &check.sources, &mut check.findings);
    names.retain(|name| !name.ends_with(policy_tests::SUFFIX));
    if names.len() > MAX_FILES {
        let message = format!("`{}` has more than {MAX_FILES} files", path.display());
        check.findings.mistake(&folder.place, message);
        return None;
    }
    Some(names)
}

struct Reading<'a> {
    stores: &'a Stores,
    known: &'a Known<'a>,
    facts: &'a Facts<'a>,
    policies: BucketPolicies,
}

impl Reading<'_> {
    fn read_store(
        &mut self,
        store: &Arc<Store>,
        path: &Path,
        shown: &Path,
        folder: &Value<String>,
        check: &mut Check<'_>,
    ) {
        let place = Place::absent(shown.display().to_string());
        for name in listed(path, &place, folder, check).unwrap_or_default() {
            let (file, shown): (PathBuf, PathBuf) = (path.join(&name), shown.join(&name));
            match name.strip_suffix(".json") {
                Some(bucket) => self.read(Some(store), bucket, &file, &shown, check),
                None => {
                    let place = Place::absent(shown.display().to_string());
                    let message = "is no bucket policy, whose Deny would not be in force: they are `BUCKET.json`";
                    check.findings.mistake(&place, message);
                }
            }
        }
    }

    /// Reads one document. Without a store, the bucket's is the one that its name gives.
    fn read(
        &mut self,
        store: Option<&Arc<Store>>,
        bucket: &str,
        file: &Path,
        shown_path: &Path,
        check: &mut Check<'_>,
    ) {
        let place = Place::absent(shown_path.display().to_string());
        let Ok(name) = s3::Bucket::parse(bucket) else {
            let message = format!("`{}` is no name of a bucket", shown(bucket));
            return check.findings.mistake(&place, message);
        };
        let Ok(routed) = self.stores.route(Some(&name), None) else { return };
        let store = store.unwrap_or(routed);
        let ruled = self
            .stores
            .route(Some(&name), store.regions.first())
            .is_ok_and(|found| Arc::ptr_eq(found, store));
        if !ruled {
            let message = format!(
                "the bucket `{name}` is in the store `{}` by its rules: nobody reaches it in `{}`",
                routed.name, store.name
            );
            check.findings.mistake(&place, message);
        }
        if store.authorization == Authorization::Store {
            let message = format!(
                "the store `{}` has `authorization: store`: its bucket policies are its own",
                store.name
            );
            check.findings.mistake(&place, message);
        }
        let Some(policy) = document(bucket, file, &place, (self.known, self.facts), check) else {
            return;
        };
        warn_about_anonymous(&policy, store, &place, check);
        if self.policies.insert(&store.name, bucket, Arc::new(policy)).is_some() {
            let message = format!(
                "the bucket `{name}` of the store `{}` has another document, too: keep one of them",
                store.name
            );
            check.findings.mistake(&place, message);
        }
    }
}

/// Reads and judges one document for itself.
fn document(
    bucket: &str,
    file: &Path,
    place: &Place,
    (known, facts): (&Known<'_>, &Facts<'_>),
    check: &mut Check<'_>,
) -> Option<Policy> {
    let bytes = check.sources.read_at(file, place, MAX_FILE, &mut check.findings)?;
    let policy = load(bucket, place, bytes, check)?;
    judge_bucket(&policy, place, facts, &mut check.findings);
    for missing in known.missing(&policy) {
        check.findings.mistake(place, missing);
    }
    Some(policy)
}

fn load(bucket: &str, place: &Place, bytes: Vec<u8>, check: &mut Check<'_>) -> Option<Policy> {
    let Ok(text) = String::from_utf8(bytes) else {
        check.findings.mistake(place, "is not text in UTF-8");
        return None;
    };
    let kind = Kind::Bucket { bucket: bucket.to_owned() };
    match Policy::load(kind, &place.path, &text) {
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

/// Anonymous callers never fall to the keys that have no `when`: a bucket that is opened to everybody
/// also needs keys to open it with.
fn warn_about_anonymous(policy: &Policy, store: &Store, place: &Place, check: &mut Check<'_>) {
    let anonymous = Context::from_iter([("aws:PrincipalType", "Anonymous")]);
    if policy.allows_everybody() && store.credentials_for(&[&anonymous], true).is_none() {
        let message = format!(
            "opens the bucket to everybody, and the store `{}` has no credentials for anonymous callers: add keys with `when: {{StringEquals: {{\"aws:PrincipalType\": Anonymous}}}}`, or only those who sign get in",
            store.name
        );
        check.findings.warn(place, message);
    }
}
