use std::sync::Arc;

use super::could_allow;
use crate::{Context, Kind, Policy, PolicySet, Principal, Request, Value};

fn sees(statements: &str, context: &Context) -> bool {
    let json = format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#);
    let policy = Arc::new(Policy::load(Kind::Identity, "p", &json).unwrap());
    let principal = Principal::User {
        arn: "arn:aws:iam::000000000000:user/u".to_owned(),
        account: "000000000000".to_owned(),
    };
    let request = Request {
        action: "s3:ListBucket",
        resource: "arn:aws:s3:::data",
        principal: &principal,
        context: &[context],
    };
    let set = PolicySet { identity: &[policy], ..PolicySet::default() };
    could_allow(&set, &request, &["s3:prefix"])
}

const ALLOW: &str = r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::data"}"#;

#[test]
fn an_open_key_neither_hides_nor_denies() {
    let nothing = Context::new();
    for (statements, expected) in [
        (ALLOW.to_owned(), true),
        (r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::other"}"#.into(), false),
        (r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*",
            "Condition":{"StringLike":{"s3:prefix":"alice/*"}}}"#.into(), true),
        (r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*",
            "Condition":{"StringLike":{"s3:prefix":"alice/*"},"StringEquals":{"aws:PrincipalTag/t":"x"}}}"#
            .into(), false),
        (format!(r#"[{ALLOW},{{"Effect":"Deny","Action":"s3:*","Resource":"*",
            "Condition":{{"StringNotLike":{{"s3:prefix":"alice/*"}}}}}}]"#), true),
        (format!(r#"[{ALLOW},{{"Effect":"Deny","Action":"s3:*","Resource":"*"}}]"#), false),
    ] {
        assert_eq!(sees(&statements, &nothing), expected, "{statements}");
    }
}

#[test]
fn what_is_merely_unknown_is_not_open() {
    let mut context = Context::new();
    context.insert("aws:SourceIp", Value::Unknown);
    let inside = r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*",
        "Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}"#;
    assert!(!sees(inside, &context));
    let outside = format!(
        r#"[{ALLOW},{{"Effect":"Deny","Action":"s3:*","Resource":"*",
        "Condition":{{"IpAddress":{{"aws:SourceIp":"10.0.0.0/8"}}}}}}]"#
    );
    assert!(!sees(&outside, &context));
}

#[test]
fn every_limit_must_let_it_through() {
    let load = |kind, text: &str| Policy::load(kind, "p", text).unwrap();
    let lists = r#"{"Statement":{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}}"#;
    let gets = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
    let own = [Arc::new(load(Kind::Identity, lists))];
    let principal = Principal::from_arn("arn:aws:iam::000000000000:user/u").unwrap();
    let request = Request {
        action: "s3:ListBucket",
        resource: "arn:aws:s3:::data",
        principal: &principal,
        context: &[],
    };
    for (boundary, session, expected) in
        [(lists, lists, true), (lists, gets, false), (gets, lists, false), (gets, gets, false)]
    {
        let boundary = load(Kind::Boundary, boundary);
        let session = [Arc::new(load(Kind::Session, session))];
        let set = PolicySet {
            identity: &own,
            boundary: Some(&boundary),
            session: Some(&session),
            bucket: None,
        };
        assert_eq!(could_allow(&set, &request, &["s3:prefix"]), expected);
    }
}
