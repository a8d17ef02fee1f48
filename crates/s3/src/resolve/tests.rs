mod attacks;
mod headers;
mod round_trip;

use super::*;
use crate::vectors::{Line, Request, lines};

fn request(method: &str, path: &str, query: &str, headers: &[(&str, &str)]) -> Request {
    Request::new(method, path, query, headers)
}

fn operation(request: &Request) -> Operation {
    resolve(&request.raw()).unwrap_or_else(|e| panic!("{request:?}: {e}"))
}

fn refusal(request: &Request) -> ResolveError {
    match resolve(&request.raw()) {
        Err(error) => error,
        Ok(operation) => panic!("{request:?}: {:?}", operation.kind()),
    }
}

fn code(method: &str, path: &str, query: &str, headers: &[(&str, &str)]) -> AwsCode {
    refusal(&request(method, path, query, headers)).reason.code()
}

fn name_of(line: &Line) -> Result<&'static str, ResolveError> {
    let request = line.request();
    identify(&request.raw()).map(|identified| identified.kind().name())
}

/// The expected operation, and what the outcome must be for it: forwarded if it is one of ours,
/// else refused as not implemented, but known.
fn check(line: &Line) -> Result<(), String> {
    let request = line.request();
    let identified = identify(&request.raw()).map_err(|e| format!("{e} ({:?})", e.reason))?;
    if identified.kind().name() != line.known_as() {
        return Err(format!("is {}", identified.kind().name()));
    }
    let forwarded = identified.kind().unsupported().is_none();
    match (identified.refusal(), forwarded) {
        (None, true) | (Some(_), false) => Ok(()),
        (refusal, _) => Err(format!("refusal {refusal:?}")),
    }
}

fn check_all(file: &str, count: usize) {
    let lines = lines(file);
    assert_eq!(lines.len(), count);
    let wrong: Vec<_> = lines
        .iter()
        .filter_map(|line| {
            let wrong = check(line).err()?;
            Some(format!(
                "{} {} {} {}?{}: {wrong}",
                line.operation, line.variant, line.method, line.path, line.query
            ))
        })
        .collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn vectors_requests() {
    check_all("s3-requests.jsonl", 222);
}

#[test]
fn vectors_requests_extra() {
    check_all("s3-requests-extra.jsonl", 695);
}

#[test]
fn vectors_awkward_keys_are_kept() {
    let lines = lines("s3-requests-extra.jsonl");
    let with_key = lines.iter().filter(|line| line.key.is_some() && line.path.len() > 1);
    let mut seen = 0;
    for line in with_key {
        let request = line.request();
        let identified = identify(&request.raw()).unwrap();
        let Some(key) = identified.target().key() else { continue };
        assert_eq!(Some(key.as_str()), line.key.as_deref(), "{}", line.path);
        seen += 1;
    }
    assert!(seen > 150, "{seen}");
}

#[test]
fn vectors_adversarial() {
    let lines = lines("s3-adversarial.jsonl");
    assert_eq!(lines.len(), 46);
    for line in &lines {
        match (line.expected.strip_prefix("reject:"), name_of(line)) {
            (Some(_), Err(_)) => {}
            (None, Ok(name)) => assert_eq!(name, line.expected, "{}", line.id),
            (expected, found) => panic!("{}: {expected:?} {found:?}", line.id),
        }
    }
}
