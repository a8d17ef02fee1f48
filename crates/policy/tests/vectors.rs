//! Every case of `vectors/policy` has the decision that it should have.

#![cfg(test)]

use std::path::Path;
use std::sync::Arc;

use policy::{
    Context, Decision, Kind, Policy, PolicySet, Principal, Request, Strictness, Value, evaluate,
    evaluate_trust,
};
use serde_json::Value as Json;

fn lines(file: &str) -> Vec<Json> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/policy");
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn load(kind: Kind, name: &str, document: &Json) -> Policy {
    Policy::load_with(kind, name, &document.to_string(), Strictness::Language)
        .unwrap_or_else(|errors| panic!("{errors}\n{document}"))
}

/// One document, or several, or none.
fn load_all(kind: &Kind, name: &str, documents: &Json) -> Vec<Arc<Policy>> {
    match documents {
        Json::Null => Vec::new(),
        Json::Array(documents) => {
            documents.iter().map(|document| Arc::new(load(kind.clone(), name, document))).collect()
        }
        document => vec![Arc::new(load(kind.clone(), name, document))],
    }
}

fn load_some(kind: Kind, name: &str, document: &Json) -> Option<Policy> {
    (!document.is_null()).then(|| load(kind, name, document))
}

fn context(members: &Json) -> Context {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    members
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| {
            let value = match value {
                Json::Array(values) => Value::Many(values.iter().map(text).collect()),
                value => Value::One(text(value)),
            };
            (key.clone(), value)
        })
        .collect()
}

fn decide(case: &Json) -> Decision {
    let asked = &case["request"];
    let principal = match asked["principal"].as_str() {
        Some(arn) => Principal::from_arn(arn).unwrap(),
        None => Principal::Anonymous,
    };
    let context = context(&asked["context"]);
    let request = Request {
        action: asked["action"].as_str().unwrap(),
        resource: asked["resource"].as_str().unwrap(),
        principal: &principal,
        context: &[&context],
    };
    let session = case.get("sessionPolicy").map(|json| load_all(&Kind::Session, "session", json));
    let boundary = load_some(Kind::Boundary, "boundary", &case["boundary"]);
    let bucket = load_some(Kind::Bucket { bucket: String::new() }, "bucket", &case["bucketPolicy"]);
    let identity = load_all(&Kind::Identity, "identity", &case["policies"]);
    let set = PolicySet {
        identity: &identity,
        boundary: boundary.as_ref(),
        session: session.as_deref(),
        bucket: bucket.as_ref(),
    };
    match case["kind"].as_str() {
        Some("trust") => {
            let trust = load(Kind::Trust, "trust", &case["trustPolicy"]);
            evaluate_trust(&trust, &set, &request)
        }
        Some("identity" | "session" | "bucket") => evaluate(&set, &request),
        other => panic!("{other:?}"),
    }
}

fn check(file: &str, counts: impl Fn(&Json) -> bool) -> usize {
    let cases: Vec<Json> = lines(file).into_iter().filter(counts).collect();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let decision = decide(case);
            (Some(decision.as_str()) != case["expected"].as_str())
                .then(|| format!("{decision:?} for {case}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    cases.len()
}

#[test]
fn cases() {
    assert!(check("policy-cases.jsonl", |_| true) > 2500);
}

#[test]
fn cases_by_documentation() {
    assert!(check("policy-cases-doc.jsonl", |_| true) > 60);
}

#[test]
fn cases_of_bucket_policies() {
    assert!(check("policy-cases-bucket.jsonl", |_| true) > 300);
}

#[test]
fn validation_cases() {
    let mut wrong = Vec::new();
    for case in lines("policy-validation-cases.jsonl") {
        let document = case["document"].as_str().unwrap();
        let loaded = Policy::load_with(Kind::Identity, "new", document, Strictness::Managed);
        let message = loaded.as_ref().err().map(|errors| errors.aws_message().into_owned());
        if Some(loaded.is_ok()) != case["valid"].as_bool()
            || message.as_deref() != case["message"].as_str()
        {
            wrong.push(format!("{message:?} for {case}: {:?}", loaded.err()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
