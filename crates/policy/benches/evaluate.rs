//! How long a decision takes: a role with 50 statements and 20 conditions, compiled once, asked
//! warm; and the slow reference of the tests beside it.

#[path = "../tests/model/mod.rs"]
#[expect(dead_code, reason = "the reference knows more than is measured")]
#[expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "the reference of the tests, where these are allowed"
)]
mod model;

use std::fmt::Write as _;
use std::sync::Arc;

use divan::{Bencher, black_box};
use model::{Asked, Caller, Documents, Seen};
use policy::{Context, Decision, Kind, Policy, PolicySet, Principal, Request, Value, evaluate};

fn main() {
    divan::main();
}

/// 40 Allows and 10 Denies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// 20 have a condition, 13 a variable in the resource; each names resources of its own.
    Usual,
    /// The same, but those with a condition are about every resource and action: none of the 20
    /// conditions holds, and all must be looked at.
    Conditional,
    /// All 50 are, and have a condition.
    Worst,
}

fn document(role: Role) -> String {
    let mut text = r#"{"Version":"2012-10-17","Statement":["#.to_owned();
    for index in 0..50 {
        let effect = if index % 5 == 4 { "Deny" } else { "Allow" };
        let everywhere = match role {
            Role::Usual => false,
            Role::Conditional => matches!(index % 10, 1 | 4 | 7 | 9),
            Role::Worst => true,
        };
        let action = match index % 3 {
            _ if everywhere && role == Role::Conditional => r#""s3:*""#,
            0 => r#"["s3:GetObject*","s3:ListBucket"]"#,
            1 => r#"["s3:PutObject","s3:DeleteObject","s3:AbortMultipartUpload"]"#,
            _ => r#""s3:*""#,
        };
        let resource = if everywhere {
            "arn:aws:s3:::*/blue/*".to_owned()
        } else if index % 4 == 0 {
            format!("arn:aws:s3:::data-{index}/${{aws:PrincipalTag/team}}/*")
        } else {
            format!("arn:aws:s3:::data-{index}/*.parquet")
        };
        let condition = match index % 10 {
            1 => r#","Condition":{"StringLike":{"s3:prefix":["home/${aws:userid}/*","public/*"]}}"#,
            4 if everywhere => {
                r#","Condition":{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}}"#
            }
            4 => r#","Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}}"#,
            7 => {
                r#","Condition":{"ForAnyValue:StringEquals":{"kc.example.org/realms/main:groups":["/a","/b"]}}"#
            }
            9 => r#","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2020-01-01T00:00:00Z"}}"#,
            0 | 2 | 3 | 5 | 6 | 8 if everywhere => {
                r#","Condition":{"StringEquals":{"aws:PrincipalTag/team":["red","green"]}}"#
            }
            _ => "",
        };
        let comma = if index == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            r#"{comma}{{"Effect":"{effect}","Action":{action},"Resource":"{resource}"{condition}}}"#
        );
    }
    text.push_str("]}");
    text
}

const PAIRS: [(&str, &str); 20] = [
    ("aws:CurrentTime", "2026-01-02T03:04:05Z"),
    ("aws:EpochTime", "1767323045"),
    ("aws:FederatedProvider", "arn:aws:iam::111122223333:oidc-provider/kc.example.org/realms/main"),
    ("aws:MultiFactorAuthPresent", "false"),
    ("aws:PrincipalAccount", "111122223333"),
    ("aws:PrincipalArn", "arn:aws:iam::111122223333:role/reader"),
    ("aws:PrincipalTag/team", "blue"),
    ("aws:PrincipalTag/user", "alice"),
    ("aws:Referer", "https://app.example.com/x?y=1"),
    ("aws:RequestedRegion", "eu-west-1"),
    ("aws:SecureTransport", "true"),
    ("aws:SourceIp", "10.1.2.3"),
    ("aws:TokenIssueTime", "2026-01-02T02:00:00Z"),
    ("aws:UserAgent", "Botocore/1.43.11 (x+y)"),
    ("aws:userid", "AROAEXAMPLEID:alice"),
    ("kc.example.org/realms/main:sub", "f:1a2b:alice"),
    ("s3:authType", "REST-HEADER"),
    ("s3:signatureversion", "AWS4-HMAC-SHA256"),
    ("s3:TlsVersion", "1.3"),
    ("s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
];

fn decide(bencher: Bencher<'_, '_>, role: Role, resource: &str, expected: &str) {
    let identity = match Policy::load(Kind::Identity, "bench", &document(role)) {
        Ok(policy) => [Arc::new(policy)],
        Err(errors) => unreachable!("{errors}"),
    };
    let set = PolicySet { identity: &identity, ..PolicySet::default() };
    let principal = Principal::Session {
        session_arn: "arn:aws:sts::111122223333:assumed-role/reader/alice".to_owned(),
        role_arn: "arn:aws:iam::111122223333:role/reader".to_owned(),
        account: "111122223333".to_owned(),
    };
    let (one, two) = PAIRS.split_at(10);
    let mut session: Context = one.iter().copied().collect();
    let groups = Value::Many(["/x", "/y"].map(str::to_owned).to_vec());
    session.insert("kc.example.org/realms/main:groups", groups);
    let request: Context = two.iter().copied().collect();
    let layers = [&request, &session];
    let asked =
        Request { action: "s3:GetObject", resource, principal: &principal, context: &layers };
    let decision: Decision = evaluate(&set, &asked);
    assert_eq!(decision.as_str(), expected);
    bencher.bench(|| evaluate(black_box(&set), black_box(&asked)));
}

#[divan::bench]
fn allowed_by_a_late_statement(bencher: Bencher<'_, '_>) {
    decide(bencher, Role::Usual, "arn:aws:s3:::data-48/blue/2026/01/part-0000.parquet", "allow");
}

#[divan::bench]
fn denied_by_a_late_statement(bencher: Bencher<'_, '_>) {
    decide(
        bencher,
        Role::Usual,
        "arn:aws:s3:::data-44/blue/2026/01/part-0000.parquet",
        "explicitDeny",
    );
}

#[divan::bench]
fn named_by_nothing(bencher: Bencher<'_, '_>) {
    decide(bencher, Role::Usual, "arn:aws:s3:::elsewhere/blue/part-0000.parquet", "implicitDeny");
}

#[divan::bench]
fn all_20_conditions_looked_at(bencher: Bencher<'_, '_>) {
    decide(
        bencher,
        Role::Conditional,
        "arn:aws:s3:::data-47/blue/part-0000.parquet",
        "implicitDeny",
    );
}

#[divan::bench]
fn all_50_of_the_worst_looked_at(bencher: Bencher<'_, '_>) {
    decide(bencher, Role::Worst, "arn:aws:s3:::data-47/blue/part-0000.parquet", "implicitDeny");
}

#[divan::bench]
fn reference(bencher: Bencher<'_, '_>) {
    let Ok(document) = serde_json::from_str(&document(Role::Usual)) else { unreachable!() };
    let documents = Documents { identity: Vec::from([document]), ..Documents::default() };
    let asked = Asked {
        caller: Caller::Session,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::data-48/blue/2026/01/part-0000.parquet",
        context: PAIRS.iter().map(|(key, value)| (*key, Seen::One((*value).to_owned()))).collect(),
    };
    bencher.bench(|| model::decide(black_box(&documents), black_box(&asked)));
}

/// What a catalogue hands on for one table; a session brings it along with every request.
#[divan::bench]
fn loading_a_session_policy(bencher: Bencher<'_, '_>) {
    let text = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject"],
         "Resource":"arn:aws:s3:::lake/warehouse/sales/orders/*"},
        {"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::lake",
         "Condition":{"StringLike":{"s3:prefix":"warehouse/sales/orders/*"}}}]}"#;
    bencher.bench(|| Policy::load(Kind::Session, "session policy", black_box(text)));
}

#[divan::bench]
fn loading(bencher: Bencher<'_, '_>) {
    let text = document(Role::Usual);
    bencher.bench(|| Policy::load(Kind::Identity, "bench", black_box(&text)));
}
