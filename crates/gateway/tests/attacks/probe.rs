//! What `fakes3pp probe` says of a store whose ways are known.

use std::collections::BTreeMap;

use clap::Parser as _;
use gateway::cli::{Cli, Outcome, Surroundings};
use testkit::answer::Answer;

use crate::harness::Plan;

/// The exit code is in the outcome's debug form alone.
fn probe(folder: &std::path::Path, args: &[&str]) -> (String, String, String) {
    let config = folder.join("fakes3pp.yaml");
    let command = ["fakes3pp", "probe", "--config", config.to_str().unwrap()];
    let args = command.iter().chain(args);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let surroundings = Surroundings {
        environment: &BTreeMap::new(),
        out: &mut out,
        err: &mut err,
        input: &mut std::io::empty(),
    };
    let outcome = Cli::try_parse_from(args).unwrap().command.run(surroundings).unwrap();
    let Outcome::Done(code) = outcome else { panic!("it does not serve") };
    (format!("{code:?}"), String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

/// The double takes everything: keys as they are, and no condition seriously.
#[test]
fn a_store_that_takes_everything_is_found_out() {
    let plan = Plan::new();
    let folder = tempfile::tempdir().unwrap();
    plan.write(folder.path());
    let (_, out, err) = probe(folder.path(), &["--store", "main"]);
    assert_eq!(err, "");
    for expected in [
        "key_rules: []",
        "- PutObject:if-none-match",
        "- PutObject:if-match",
        "- PutObject:x-amz-server-side-encryption-customer-algorithm",
        "- PutObject:x-amz-tagging",
        "- DeleteObject:if-match",
        "CopyObject:x-amz-copy-source-if-match                      IGNORED",
        "list_objects_v2: false",
        "encoded_listings: false",
        "object_tags: false",
        "copy_source_conditions: false",
        "versions: false",
        "- PutObject:x-amz-object-lock-legal-hold",
        "- CopyObject:x-amz-object-lock-mode",
        "- CreateBucket:x-amz-bucket-object-lock-enabled",
        "checksum_headers: true",
        "trailers: false",
        "discards_short_objects: true",
        "discards_short_parts: false",
        "answered without an UploadId",
        "quoted_if_match: true",
        "bucket_owner: false",
        "taken, neither verified nor kept",
        "taken with their framing for the object",
    ] {
        assert!(out.contains(expected), "{expected}:\n{out}");
    }
    assert!(!out.contains("left behind"), "{out}");
    // What was made is deleted: every object, and the bucket last.
    let requests = plan.store.requests();
    let of = |method: &str| {
        let all = requests.iter().filter(|one| one.method == method);
        all.map(|one| one.path().to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    let (made, deleted) = (of("PUT"), of("DELETE"));
    assert!(made.is_subset(&deleted), "{:?}", made.difference(&deleted).collect::<Vec<_>>());
    let last = requests.last().unwrap();
    assert!(last.method == "DELETE" && last.path().matches('/').count() == 1, "{}", last.target);
    // Whose answers are checked is signed for the store, with its keys.
    assert!(requests.iter().all(|one| one.header("authorization").is_some()));
}

#[test]
fn a_store_that_cannot_be_asked_is_told() {
    let plan = Plan::new();
    let folder = tempfile::tempdir().unwrap();
    plan.write(folder.path());
    let (code, out, err) = probe(folder.path(), &["--store", "other"]);
    assert!(err.contains("no store `other`; it has `main`"), "{err}");
    assert_eq!((code, out), (format!("{:?}", std::process::ExitCode::FAILURE), String::new()));
    let (_, _, err) = probe(folder.path(), &["--store", "main", "--credential", "x"]);
    assert!(err.contains("no credential `x`; name one with --credential: `main`"), "{err}");
    plan.store.push(Answer::error(403, "AccessDenied"));
    let (_, _, err) = probe(folder.path(), &["--store", "main"]);
    assert!(err.contains("making a bucket") && err.contains("403 AccessDenied"), "{err}");
    let (_, _, err) = probe(folder.path(), &["--store", "main", "--bucket", "a/../b"]);
    assert!(err.contains("no name of a bucket"), "{err}");
    let versions = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    plan.store.push_for(|sent| sent.query() == "versioning=", Answer::ok().body(versions));
    let (_, _, err) = probe(folder.path(), &["--store", "main", "--bucket", "data"]);
    assert!(err.contains("keeps versions"), "{err}");
    // In a bucket that is there nothing is made but objects, below one prefix.
    let before = plan.store.requests().len();
    let (_, out, err) = probe(folder.path(), &["--store", "main", "--bucket", "data"]);
    assert!(err.is_empty() && out.contains("capabilities:"), "{err}");
    let requests = plan.store.requests();
    let outside = requests[before..].iter().filter(|one| one.method != "GET").find(|one| {
        !one.path().starts_with("/data/fakes3pp-probe-")
            && !one.path().starts_with("/data//fakes3pp-probe-")
    });
    assert_eq!(outside.map(|one| &one.target), None);
}
