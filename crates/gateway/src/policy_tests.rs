//! Expectations beside policies: files `NAME.test.json` that say what must be decided.
//!
//! ```json
//! {"tests": [{"name": "alice reads her own", "role": "people.json",
//!   "request": {"action": "s3:GetObject", "resource": "arn:aws:s3:::data/alice/a",
//!     "principal": "arn:aws:sts::000000000000:assumed-role/people/alice", "context": {"claims:sub": "alice"}},
//!   "expected": "allow"}]}
//! ```
//!
//! Documents are named by their files, from the folder of the test; a document may stand there itself. Roles
//! that have managed policies need their folder beside `tests`: `"managedPolicies": "../policies"`.

use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};

use crate::config::Files;
use crate::simulation;

/// What the file of a test ends in.
pub const SUFFIX: &str = ".test.json";

/// Largest file that is read.
const MAX_FILE: usize = 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tests: Vec<Test>,
    /// The folder of the managed policies that roles name.
    #[serde(rename = "managedPolicies")]
    managed: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    name: String,
    /// A role's file: its policies and boundary; for the kind `trust` its trust policy.
    role: Option<String>,
    kind: Option<String>,
    #[serde(default)]
    policies: Vec<Json>,
    boundary: Option<Json>,
    #[serde(rename = "sessionPolicy")]
    session_policy: Option<Json>,
    #[serde(rename = "bucketPolicy")]
    bucket_policy: Option<Json>,
    #[serde(rename = "trustPolicy")]
    trust_policy: Option<Json>,
    request: Json,
    expected: String,
}

/// The parts of a role's file; documents stay text.
#[derive(Deserialize)]
struct RoleFile {
    #[serde(rename = "AssumeRolePolicyDocument")]
    trust: Option<Box<RawValue>>,
    #[serde(rename = "Policies", default)]
    policies: Vec<RolePolicy>,
    #[serde(rename = "AttachedManagedPolicies", default)]
    attached: Vec<Attached>,
    #[serde(rename = "PermissionsBoundary")]
    boundary: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Attached {
    #[serde(rename = "PolicyArn")]
    arn: String,
}

#[derive(Deserialize)]
struct RolePolicy {
    #[serde(rename = "PolicyDocument")]
    document: Option<Box<RawValue>>,
}

/// How the tests of a file went.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many there are.
    pub tests: usize,
    /// What is wrong: the test's name and why.
    pub failures: Vec<(String, String)>,
}

/// Runs the tests of a file of a folder.
///
/// # Errors
/// When the file is none of tests.
pub fn run(files: &dyn Files, folder: &Path, name: &str) -> Result<Outcome, String> {
    let text = read(files, &folder.join(name))?;
    let file: File = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let mut outcome = Outcome { tests: file.tests.len(), failures: Vec::new() };
    for test in &file.tests {
        let managed = file.managed.as_ref().map(|managed| folder.join(managed));
        if let Err(why) = check(files, (folder, managed.as_deref()), test) {
            outcome.failures.push((test.name.clone(), why));
        }
    }
    Ok(outcome)
}

fn read(files: &dyn Files, path: &Path) -> Result<String, String> {
    let bytes =
        files.read(path, MAX_FILE).map_err(|error| format!("{}: {error}", path.display()))?;
    String::from_utf8(bytes).map_err(|_| format!("{}: is not text in UTF-8", path.display()))
}

fn check(files: &dyn Files, folders: (&Path, Option<&Path>), test: &Test) -> Result<(), String> {
    let case = case(files, folders, test)?;
    let answer = simulation::answer(&Json::Object(case).to_string(), 0)?;
    let decision = answer.get("decision").and_then(Json::as_str).unwrap_or_default();
    if decision == test.expected {
        return Ok(());
    }
    Err(format!("expected {}, is {decision}: {}", test.expected, in_words(&answer)))
}

/// Why it was decided so.
fn in_words(answer: &Json) -> String {
    let text = |value: &Json, name: &str| value.get(name).and_then(Json::as_str).map(str::to_owned);
    let statement = |value: &Json| {
        let place = value.get("statement").and_then(Json::as_u64).unwrap_or_default();
        let sid = text(value, "sid").map(|sid| format!(" ({sid})")).unwrap_or_default();
        format!("{}[{place}]{sid}", text(value, "policy").unwrap_or_default())
    };
    if let Some(message) = text(answer, "message") {
        return message;
    }
    if let Some(nearest) = answer.get("nearest") {
        let failed = text(nearest, "failed").unwrap_or_default();
        return match nearest.get("statement").filter(|statement| statement.is_object()) {
            Some(found) => format!("nearest is {}: {failed}", statement(found)),
            None => failed,
        };
    }
    let because = answer.get("because").and_then(Json::as_array).into_iter().flatten();
    format!("by {}", because.map(statement).collect::<Vec<_>>().join(", "))
}

/// The test as a case of `fakes3pp simulate`.
fn case(
    files: &dyn Files,
    (folder, managed): (&Path, Option<&Path>),
    test: &Test,
) -> Result<Map<String, Json>, String> {
    let document = |document: &Json| match document {
        Json::String(file) => read(files, &folder.join(file)).map(Json::String),
        inline => Ok(inline.clone()),
    };
    let mut case = Map::new();
    let mut policies = test.policies.iter().map(document).collect::<Result<Vec<_>, _>>()?;
    for (name, part) in [
        ("boundary", &test.boundary),
        ("sessionPolicy", &test.session_policy),
        ("bucketPolicy", &test.bucket_policy),
        ("trustPolicy", &test.trust_policy),
    ] {
        if let Some(part) = part {
            case.insert(name.to_owned(), document(part)?);
        }
    }
    let trusts = test.kind.as_deref() == Some("trust");
    if let Some(file) = &test.role {
        let text = read(files, &folder.join(file))?;
        let role: RoleFile =
            serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
        let text = |raw: Box<RawValue>| Json::String(raw.get().to_owned());
        if trusts {
            case.extend(role.trust.map(|trust| ("trustPolicy".to_owned(), text(trust))));
        } else {
            policies.extend(role.policies.into_iter().filter_map(|one| one.document).map(text));
            for Attached { arn } in &role.attached {
                let managed = managed.ok_or_else(|| {
                    format!("{file} has managed policies: name their folder in `managedPolicies`")
                })?;
                let (_, name) = arn.rsplit_once(":policy/").ok_or(format!("{file}: `{arn}`"))?;
                policies.push(Json::String(read(files, &managed.join(format!("{name}.json")))?));
            }
            case.extend(role.boundary.map(|one| ("boundary".to_owned(), text(one))));
        }
    }
    case.insert("policies".to_owned(), Json::Array(policies));
    case.insert("request".to_owned(), test.request.clone());
    let kind = test.kind.clone().unwrap_or_else(|| "identity".to_owned());
    case.insert("kind".to_owned(), json!(kind));
    Ok(case)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MemoryFiles;

    const ROLE: &str = r#"{"Arn": "x", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/a"}, "Action": "sts:AssumeRole"}},
        "Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": {"Sid": "Own",
        "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/${claims:sub}/*"}}}]}"#;

    fn outcome(tests: &Json) -> Outcome {
        outcome_of(&json!({ "tests": tests }))
    }

    fn outcome_of(file: &Json) -> Outcome {
        let all = ROLE.replace(
            "\"Policies\"",
            r#""AttachedManagedPolicies": [{"PolicyName": "deny", "PolicyArn": "arn:aws:iam::000000000000:policy/deny"}],
               "Policies""#,
        );
        let files = MemoryFiles::default()
            .with("/p/people.json", ROLE)
            .with("/p/all.json", all)
            .with(
                "/p/deny.json",
                r#"{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#,
            )
            .with("/p/a.test.json", file.to_string());
        run(&files, Path::new("/p"), "a.test.json").unwrap()
    }

    fn read_by(who: &str, more: &Json, expected: &str) -> Json {
        let mut test = json!({
            "name": who, "role": "people.json", "expected": expected,
            "request": { "action": "s3:GetObject", "resource": "arn:aws:s3:::data/alice/a",
                "principal": "arn:aws:sts::000000000000:assumed-role/people/x", "context": { "claims:sub": who } },
        });
        test.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        test
    }

    #[test]
    fn what_is_expected_is_compared() {
        let fine = outcome(&json!([
            read_by("alice", &json!({}), "allow"),
            read_by("bob", &json!({}), "implicitDeny"),
            read_by("alice", &json!({ "policies": ["deny.json"] }), "explicitDeny"),
            { "name": "trust", "role": "people.json", "kind": "trust", "expected": "allow", "request": {
                "action": "sts:AssumeRole", "resource": "arn:aws:iam::000000000000:role/x",
                "principal": "arn:aws:iam::000000000000:user/a" } },
        ]));
        assert_eq!(fine, Outcome { tests: 4, failures: Vec::new() });
        let wrong = outcome(&json!([read_by("bob", &json!({}), "allow")]));
        assert_eq!(wrong.failures[0].0, "bob");
        assert!(wrong.failures[0].1.starts_with("expected allow, is implicitDeny"), "{wrong:?}");
        let missing =
            outcome(&json!([read_by("alice", &json!({ "policies": ["none.json"] }), "allow")]));
        assert!(missing.failures[0].1.contains("none.json"), "{missing:?}");
    }

    #[test]
    fn managed_policies_are_part_of_a_role() {
        let tests = json!([read_by("alice", &json!({ "role": "all.json" }), "explicitDeny")]);
        let fine = outcome_of(&json!({ "managedPolicies": ".", "tests": tests }));
        assert_eq!(fine, Outcome { tests: 1, failures: Vec::new() });
        let nowhere = outcome(&tests);
        assert!(nowhere.failures[0].1.contains("`managedPolicies`"), "{nowhere:?}");
        let elsewhere = outcome_of(&json!({ "managedPolicies": "other", "tests": tests }));
        assert!(elsewhere.failures[0].1.contains("/p/other/deny.json"), "{elsewhere:?}");
    }

    #[test]
    fn failures_are_told_in_words() {
        let failures = outcome(&json!([
            read_by("bob", &json!({}), "allow"),
            read_by("alice", &json!({}), "implicitDeny"),
            read_by("alice", &json!({ "policies": [{ "Statement": [] }] }), "allow"),
        ]))
        .failures;
        let why: Vec<&str> = failures.iter().map(|(_, why)| why.as_str()).collect();
        assert_eq!(
            why[0],
            "expected allow, is implicitDeny: nearest is policies[0][0] (Own): the resource does not match"
        );
        assert_eq!(why[1], "expected implicitDeny, is allow: by policies[0][0] (Own)");
        assert!(why[2].starts_with("expected allow, is invalid: "), "{}", why[2]);
    }

    #[test]
    fn what_is_no_test_is_said_so() {
        for text in ["", "[]", r#"{"tests": [{"name": "x"}]}"#, r#"{"tests": [], "more": 1}"#] {
            let files = MemoryFiles::default().with("/p/a.test.json", text);
            assert!(run(&files, Path::new("/p"), "a.test.json").is_err(), "{text}");
        }
    }
}
