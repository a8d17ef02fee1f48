//! The binary against every vector that it has a command for, as anybody can repeat by hand.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code: a panic is how it reports"
)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

/// The lines of a vector file, and what the command answers to each of them.
fn answers(file: &str, args: &[&str]) -> Vec<(Json, Json)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors").join(file);
    let text = std::fs::read(path).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_fakes3pp"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let cases = text.clone();
    // Both pipes would fill up if the whole input were written first.
    let writer = std::thread::spawn(move || input.write_all(&text));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    let parse = |bytes: &[u8]| -> Vec<Json> {
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
    };
    let (cases, answers) = (parse(&cases), parse(&output.stdout));
    assert_eq!(cases.len(), answers.len(), "one line a line");
    cases.into_iter().zip(answers).collect()
}

fn all_right(
    file: &str,
    pairs: &[(Json, Json)],
    least: usize,
    right: impl Fn(&Json, &Json) -> bool,
) {
    assert!(pairs.len() >= least, "{file}: {} cases", pairs.len());
    let wrong: Vec<_> = pairs.iter().filter(|(case, answer)| !right(case, answer)).collect();
    assert!(wrong.is_empty(), "{file}: {} wrong, first {:?}", wrong.len(), wrong[0]);
}

#[test]
fn simulate_decides_every_policy_case() {
    for (file, least) in [
        ("policy/policy-cases.jsonl", 2500),
        ("policy/policy-cases-doc.jsonl", 60),
        ("policy/policy-cases-bucket.jsonl", 300),
    ] {
        let pairs = answers(file, &["simulate"]);
        all_right(file, &pairs, least, |case, answer| {
            let because = answer["because"].as_array().expect("a list");
            let decided = answer["decision"] != "implicitDeny";
            case["id"] == answer["id"]
                && case["expected"] == answer["decision"]
                && decided != because.is_empty()
        });
    }
}

#[test]
fn validate_takes_and_refuses_as_iam_does() {
    let file = "policy/policy-validation-cases.jsonl";
    let pairs = answers(file, &["policy", "validate"]);
    all_right(file, &pairs, 60, |case, answer| {
        ["id", "valid", "error", "message"].iter().all(|member| case[member] == answer[member])
    });
}

/// Where a request is one of two operations byte for byte, it has the newer name.
fn known_as(operation: &str) -> &str {
    match operation {
        "GetBucketLifecycle" => "GetBucketLifecycleConfiguration",
        "GetBucketNotification" => "GetBucketNotificationConfiguration",
        "PutBucketLifecycle" => "PutBucketLifecycleConfiguration",
        "PutBucketNotification" => "PutBucketNotificationConfiguration",
        other => other,
    }
}

const EXPLAIN: [&str; 6] =
    ["explain", "--request", "-", "--json", "--domain=s3.gateway.test", "--domain=127.0.0.1"];

#[test]
fn explain_tells_every_request() {
    for (file, least) in
        [("resolve/s3-requests.jsonl", 200), ("resolve/s3-requests-extra.jsonl", 600)]
    {
        let mut line = 0;
        let pairs = answers(file, &EXPLAIN);
        for (_, answer) in &pairs {
            line += 1;
            assert_eq!(answer["line"], line);
        }
        all_right(file, &pairs, least, |case, answer| {
            let operation = known_as(case["operation"].as_str().unwrap());
            // `GET /` is both, and only the host tells them apart on AWS.
            let bare = !case["query"].as_str().unwrap().contains("max-directory-buckets");
            let operation = match operation {
                "ListDirectoryBuckets" if bare => "ListBuckets",
                other => other,
            };
            answer["operation"] == operation
        });
    }
}

#[test]
fn explain_lists_what_every_request_needs() {
    let file = "resolve/s3-iam-cases.jsonl";
    let pairs = answers(file, &EXPLAIN);
    all_right(file, &pairs, 280, |case, answer| {
        case["id"] == answer["id"] && case["checks"] == answer["checks"]
    });
}

#[test]
fn explain_is_not_led_astray() {
    let file = "resolve/s3-adversarial.jsonl";
    let pairs = answers(file, &EXPLAIN);
    all_right(file, &pairs, 40, |case, answer| {
        let expected = case["expected"].as_str().unwrap();
        match expected.starts_with("reject:") {
            true => answer["reject"].is_string(),
            false => answer["operation"] == expected,
        }
    });
}
