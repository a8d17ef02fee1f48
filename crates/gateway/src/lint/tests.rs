use serde_json::json;

use super::*;

fn codes(statement: Json, kind: DocumentKind) -> Vec<(&'static str, Severity)> {
    let document = json!({ "Version": "2012-10-17", "Statement": statement });
    policy(&document, kind).iter().map(|lint| (lint.code, lint.severity)).collect()
}

fn permission(
    effect: &str,
    action: Json,
    resource: Json,
    condition: Json,
) -> Vec<(&'static str, Severity)> {
    let mut statement = json!({ "Effect": effect, "Action": action, "Resource": resource });
    if condition != json!({}) {
        statement["Condition"] = condition;
    }
    codes(statement, DocumentKind::Permission)
}

const NOTHING: [(&str, Severity); 0] = [];

#[test]
fn what_is_fine_has_no_findings() {
    for (action, resource) in [
        (json!("s3:GetObject"), json!("arn:aws:s3:::data/*")),
        (json!("s3:*"), json!("*")),
        (json!("*"), json!("*")),
        (
            json!(["s3:GetObject", "s3:ListBucket"]),
            json!(["arn:aws:s3:::data", "arn:aws:s3:::data/*"]),
        ),
        (json!("s3:ListBucket"), json!("arn:aws:s3:::data*")),
        (json!("s3:GetObject"), json!("arn:aws:s3:::data*")),
        (json!("s3:GetObject"), json!("arn:aws:s3:::${aws:PrincipalTag/home}")),
        (json!("s3:ListAllMyBuckets"), json!("arn:aws:s3:::*")),
        (json!("sts:AssumeRole"), json!("arn:aws:iam::000000000000:role/a")),
        (json!("S3:getobject"), json!("arn:aws:s3:::data/*")),
    ] {
        assert_eq!(permission("Allow", action.clone(), resource, json!({})), NOTHING, "{action}");
    }
}

#[test]
fn actions_that_do_nothing() {
    use Severity::{Error, Note, Warning};
    for (action, resource, expected) in [
        ("s3:GetObjekt", "*", ("unknown-action", Warning)),
        ("s3:Frobnicate*", "*", ("unknown-action", Warning)),
        ("sts:Nothing", "*", ("unknown-action", Warning)),
        ("ec2:RunInstances", "*", ("other-service", Note)),
        ("s3:GetObject", "arn:aws:s3:::data", ("action-never-matches-resource", Warning)),
        ("s3:ListBucket", "arn:aws:s3:::data/*", ("action-never-matches-resource", Warning)),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::data", ("action-never-matches-resource", Warning)),
    ] {
        assert_eq!(permission("Allow", json!(action), json!(resource), json!({})), [expected]);
        let (code, severity) = expected;
        let in_deny = if severity == Note { Note } else { Error };
        let denied = permission("Deny", json!(action), json!(resource), json!({}));
        assert_eq!(denied, [(code, in_deny)], "a Deny that denies nothing");
    }
    let document = json!({"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}});
    let found = policy(&document, DocumentKind::Permission);
    assert!(found[0].message.contains("did you mean `s3:GetObject`?"), "{}", found[0]);
    assert_eq!(found[0].path, "Statement.Action");
}

#[test]
fn conditions_that_never_hold() {
    let prefix = json!({"StringLike": {"s3:prefix": "a/*"}});
    assert_eq!(permission("Allow", json!("s3:ListBucket"), json!("*"), prefix.clone()), NOTHING);
    let never = [("condition-never-matches", Severity::Warning)];
    assert_eq!(permission("Allow", json!("s3:GetObject"), json!("*"), prefix), never);
    let open = json!({"StringNotLike": {"s3:prefix": "a/*"}});
    assert_eq!(permission("Allow", json!("s3:GetObject"), json!("*"), open), NOTHING);
    let tag = json!({"StringEquals": {"s3:ExistingObjectTag/class": "public"}});
    assert_eq!(permission("Allow", json!("s3:GetObject"), json!("*"), tag), NOTHING);
    for condition in [
        json!({"StringEquals": {"aws:username": "a"}, "StringNotEquals": {"AWS:username": ["a", "b"]}}),
        json!({"StringEquals": {"aws:username": "a"}, "Null": {"aws:username": "true"}}),
    ] {
        assert_eq!(permission("Allow", json!("s3:*"), json!("*"), condition), never);
    }
}

#[test]
fn statements_that_others_make_pointless() {
    let allow = |action: &str, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    let deny = |action: &str, resource: &str| json!({"Effect": "Deny", "Action": action, "Resource": resource});
    let shadowed = |statements: Json| {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        let found = policy(&document, DocumentKind::Permission);
        let shadowed = found.iter().filter(|lint| lint.code == "shadowed-statement");
        shadowed.map(|lint| lint.path.clone()).collect::<Vec<_>>()
    };
    let objects = "arn:aws:s3:::data/*";
    let a = "arn:aws:s3:::data/a/*";
    assert_eq!(
        shadowed(json!([allow("s3:GetObject", a), allow("s3:*", objects)])),
        ["Statement[0]"]
    );
    assert_eq!(
        shadowed(json!([allow("s3:GetObject", a), allow("s3:GetObject", a)])),
        ["Statement[1]"]
    );
    assert_eq!(
        shadowed(json!([allow("s3:GetObject", a), deny("s3:Get*", objects)])),
        ["Statement[0]"]
    );
    assert_eq!(shadowed(json!([deny("s3:GetObject", a), deny("*", "*")])), ["Statement[0]"]);
    let none: [&str; 0] = [];
    assert_eq!(shadowed(json!([deny("s3:GetObject", a), allow("*", "*")])), none);
    assert_eq!(
        shadowed(json!([allow("s3:GetObject", objects), allow("s3:GetObject", a)])),
        ["Statement[1]"]
    );
    assert_eq!(
        shadowed(json!([allow("s3:Get?bject", a), allow("s3:Get*", "arn:aws:s3:::data/b/*")])),
        none
    );
    let mut sometimes = deny("*", "*");
    sometimes["Condition"] = json!({"Bool": {"aws:SecureTransport": "false"}});
    assert_eq!(shadowed(json!([allow("s3:GetObject", a), sometimes])), none);
}

#[test]
fn what_is_wider_than_it_looks() {
    let not = json!({"Effect": "Allow", "NotAction": "s3:DeleteObject", "Resource": "*"});
    assert_eq!(codes(not, DocumentKind::Permission), [("allow-not-action", Severity::Warning)]);
    let not = json!({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::a/*"});
    assert_eq!(codes(not, DocumentKind::Permission), [("allow-not-resource", Severity::Warning)]);
    let trust = |principal: Json| json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
    for principal in [json!("*"), json!({"AWS": "*"}), json!({"AWS": ["*"]})] {
        let found = codes(trust(principal), DocumentKind::Trust);
        assert_eq!(found, [("wildcard-trust", Severity::Error)]);
    }
    assert_eq!(
        codes(trust(json!({"AWS": "arn:aws:iam::000000000000:user/a"})), DocumentKind::Trust),
        NOTHING
    );
}

#[test]
fn versions_and_files() {
    let old = r#"{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/${aws:username}/*"}}"#;
    let found = file(old).unwrap();
    assert_eq!(found[0].code, "variables-in-old-version");
    let role = r#"{"Arn": "x", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Principal": "*", "Action": "sts:AssumeRole"}}, "Policies": [{"PolicyName": "p", "PolicyDocument":
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:Nothing", "Resource": "*"}]}}]}"#;
    let paths: Vec<String> = file(role).unwrap().into_iter().map(|lint| lint.path).collect();
    assert_eq!(
        paths,
        [
            "AssumeRolePolicyDocument.Statement.Principal",
            "Policies[0].PolicyDocument.Statement[0].Action"
        ]
    );
    assert!(file("{}").is_err() && file("nonsense").is_err());
}

#[test]
fn the_table_of_actions_is_whole() {
    assert!(
        matches!(super::actions::named("s3:*"), super::actions::Named::S3(all) if all.len() == 180)
    );
}
