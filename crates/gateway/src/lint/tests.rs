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
fn keys_that_are_never_there() {
    use Severity::{Error, Warning};
    let on = |effect: &str, action: Json, operator: &str, key: &str| {
        permission(effect, action, json!("*"), json!({ operator: { key: "x" } }))
    };
    for key in ["aws:SourceVpc", "AWS:sourcevpce", "aws:PrincipalOrgID", "s3:unheard", "sts:x"] {
        for operator in ["StringEquals", "StringNotEqualsIfExists"] {
            let deny = on("Deny", json!("s3:*"), operator, key);
            assert_eq!(deny, [("key-never-filled", Error)], "{key} {operator}");
            let allow = on("Allow", json!("*"), operator, key);
            assert_eq!(allow, [("key-never-filled", Warning)], "{key} {operator}");
        }
    }
    for key in ["ec2:Region", "claims:x", "host.example.org/path:sub"] {
        assert_eq!(on("Deny", json!("s3:*"), "StringEquals", key), NOTHING, "{key}");
    }
    let elsewhere = on("Deny", json!("ec2:RunInstances"), "StringEquals", "aws:SourceVpc");
    assert_eq!(elsewhere, [("other-service", Severity::Note)]);
    // Keys of other actions than those that are named.
    for key in ["aws:RequestTag/team", "AWS:TagKeys", "sts:ExternalId", "s3:ExistingObjectTag/x"] {
        let put = on("Deny", json!("s3:PutObject"), "StringEquals", key);
        assert_eq!(put, [("condition-never-matches", Error)], "{key}");
    }
    let tag = on("Deny", json!("s3:CreateBucket"), "StringEquals", "aws:RequestTag/team");
    assert_eq!(tag, NOTHING);
    let assume = on("Deny", json!("sts:AssumeRole"), "StringEquals", "sts:ExternalId");
    assert_eq!(assume, NOTHING);
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

/// One action without effect does not undo the others, as on AWS; a Deny that does nothing at all is a hole.
#[test]
fn an_action_without_effect_beside_one_with() {
    use Severity::{Error, Warning};
    let objects = json!("arn:aws:s3:::data/*");
    for (actions, code) in [
        (json!(["s3:GetObject", "s3:GetObjekt"]), "unknown-action"),
        (json!(["s3:GetObject", "s3:ListBucket"]), "action-never-matches-resource"),
        (json!(["ec2:RunInstances", "s3:ListBucket"]), "action-never-matches-resource"),
    ] {
        for effect in ["Allow", "Deny"] {
            let found = permission(effect, actions.clone(), objects.clone(), json!({}));
            assert!(found.contains(&(code, Warning)), "{found:?}");
            assert!(found.iter().all(|(_, severity)| *severity != Error), "{found:?}");
        }
    }
    let nothing = json!(["s3:GetObjekt", "s3:ListBucket"]);
    let errors = [("unknown-action", Error), ("action-never-matches-resource", Error)];
    assert_eq!(permission("Deny", nothing, objects, json!({})), errors);
}

#[test]
fn a_statement_that_excepts_everything_does_nothing() {
    for (effect, severity) in [("Allow", Severity::Warning), ("Deny", Severity::Error)] {
        let without_effect = [("statement-without-effect", severity)];
        let not = json!({"Effect": effect, "NotAction": "*", "Resource": "*"});
        assert_eq!(codes(not, DocumentKind::Permission), without_effect);
        let not =
            json!({"Effect": effect, "Action": "s3:*", "NotResource": ["arn:aws:s3:::a", "*"]});
        assert_eq!(codes(not, DocumentKind::Permission), without_effect);
    }
}

#[test]
fn resources_that_are_not_here_are_not_judged() {
    let point = "arn:aws:s3:eu-west-1:000000000000:accesspoint/x";
    for resource in [point, "arn:aws:s3:::?"] {
        let action = if resource == point { "s3:ListBucket" } else { "s3:ListAllMyBuckets" };
        let found = permission("Deny", json!(action), json!(resource), json!({}));
        assert_eq!(found, NOTHING, "{resource}");
    }
    let document = json!({"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "arn:aws:s3:::b"}});
    let found = policy(&document, DocumentKind::Permission);
    assert!(found[0].message.ends_with("name `*`"), "{}", found[0]);
}

#[test]
fn conditions_on_values_that_a_key_never_has() {
    use Severity::{Error, Warning};
    let never = "condition-never-matches";
    let of = |effect: &str, operator: &str, key: &str, value: Json| {
        permission(effect, json!("s3:*"), json!("*"), json!({ operator: { key: value } }))
    };
    for (operator, key, value) in [
        ("NumericEquals", "aws:PrincipalType", json!("1")),
        ("NumericLessThan", "aws:CurrentTime", json!("5")),
        ("DateLessThan", "aws:SourceIp", json!("2026-01-01T00:00:00Z")),
        ("Bool", "aws:PrincipalArn", json!("true")),
        ("Bool", "s3:max-keys", json!(true)),
        ("IpAddress", "aws:PrincipalArn", json!("10.0.0.0/8")),
        ("IpAddress", "s3:authType", json!("10.0.0.0/8")),
        ("ArnLike", "aws:SourceIp", json!("arn:aws:iam::*:role/*")),
        ("ArnEquals", "aws:PrincipalType", json!("arn:aws:iam::1:role/a")),
        ("StringEquals", "aws:PrincipalType", json!("assumedrole")),
        ("StringEquals", "AWS:principaltype", json!(["assumedrole", "anonymous"])),
        ("StringLike", "aws:PrincipalType", json!("assumed*")),
        ("ForAnyValue:StringEquals", "s3:authType", json!("rest-header")),
        ("StringEquals", "s3:x-amz-acl", json!("Public-Read")),
        ("StringEquals", "s3:object-lock-mode", json!("governance")),
        ("StringEquals", "aws:SecureTransport", json!("False")),
        ("StringEquals", "s3:max-keys", json!("many")),
        ("StringEquals", "aws:SourceIp", json!("10.0.0.0/8")),
        ("StringEquals", "aws:PrincipalArn", json!("arn:aws:iam::000000000000:role/*")),
        ("StringEquals", "aws:PrincipalArn", json!("alice")),
        ("StringEquals", "aws:CurrentTime", json!("yesterday")),
    ] {
        for (effect, severity) in [("Allow", Warning), ("Deny", Error)] {
            let found = of(effect, operator, key, value.clone());
            assert_eq!(found, [(never, severity)], "{effect} {operator} {key} {value}");
        }
    }
    for (operator, key, value) in [
        ("NumericEquals", "aws:EpochTime", json!(5)),
        ("DateLessThan", "aws:EpochTime", json!("2026-01-01T00:00:00Z")),
        ("NumericEquals", "aws:PrincipalTag/level", json!("5")),
        ("Bool", "aws:PrincipalTag/admin", json!("true")),
        ("IpAddress", "aws:SourceIp", json!("10.0.0.0/8")),
        ("ArnLike", "aws:PrincipalArn", json!("arn:aws:iam::*:role/*")),
        ("StringLike", "aws:PrincipalArn", json!("arn:aws:iam::*:role/*")),
        ("StringLike", "aws:SourceIp", json!("10.*")),
        ("StringEqualsIgnoreCase", "aws:PrincipalArn", json!("ARN:aws:iam::000000000000:role/r")),
        ("StringEquals", "aws:SourceIp", json!("10.0.0.1")),
        ("StringEquals", "aws:PrincipalType", json!(["Account", "AssumedRole"])),
        ("StringEqualsIgnoreCase", "aws:PrincipalType", json!("assumedrole")),
        ("StringLike", "aws:PrincipalType", json!("Assumed*")),
        ("StringEquals", "s3:x-amz-acl", json!("public-read")),
        ("StringEquals", "s3:x-amz-acl", json!("${aws:PrincipalTag/acl}")),
        ("StringEquals", "s3:x-amz-storage-class", json!("OWN_CLASS")),
        ("StringEquals", "aws:SecureTransport", json!(false)),
        ("StringEquals", "s3:TlsVersion", json!("1.2")),
        ("StringNotEquals", "aws:PrincipalType", json!("nobody")),
        ("StringEqualsIfExists", "aws:PrincipalType", json!("nobody")),
        ("ForAllValues:StringEquals", "aws:PrincipalType", json!("nobody")),
        ("NumericNotEquals", "aws:PrincipalType", json!("1")),
        ("Null", "aws:PrincipalType", json!("false")),
    ] {
        for effect in ["Allow", "Deny"] {
            let found = of(effect, operator, key, value.clone());
            assert_eq!(found, NOTHING, "{effect} {operator} {key} {value}");
        }
    }
    let some = of("Deny", "StringEquals", "s3:x-amz-acl", json!(["public-read", "Public-Read"]));
    assert_eq!(some, [("value-never-matches", Warning)]);
    let literal = [("wildcard-is-literal", Warning)];
    assert_eq!(of("Deny", "StringEquals", "s3:prefix", json!("home/*")), literal);
    assert_eq!(of("Deny", "StringEquals", "s3:prefix", json!("home/${*}")), NOTHING);
    assert_eq!(of("Deny", "StringNotEquals", "s3:prefix", json!("home/*")), NOTHING);
    assert_eq!(of("Deny", "StringLike", "s3:prefix", json!("home/*")), NOTHING);
}

#[test]
fn conditions_that_exclude_each_other() {
    let excluded = [("condition-never-matches", Severity::Error)];
    let of = |condition: Json| permission("Deny", json!("s3:*"), json!("*"), condition);
    for condition in [
        json!({"NumericLessThan": {"s3:max-keys": 5}, "NumericGreaterThan": {"s3:MAX-keys": 10}}),
        json!({"NumericLessThan": {"s3:max-keys": 5}, "NumericGreaterThanEquals": {"s3:max-keys": 5}}),
        json!({"NumericEquals": {"s3:max-keys": [5, 6]}, "NumericGreaterThan": {"s3:max-keys": "6"}}),
        json!({"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
               "DateGreaterThan": {"aws:CurrentTime": "2026-06-01T00:00:00Z"}}),
        json!({"StringEquals": {"s3:prefix": ["a", "b"]}, "StringLike": {"s3:prefix": "c*"}}),
        json!({"StringEquals": {"s3:prefix": "a"}, "StringEqualsIgnoreCase": {"s3:prefix": "B"}}),
        json!({"Null": {"s3:prefix": "true"}, "StringLike": {"s3:prefix": "c*"}}),
    ] {
        assert_eq!(of(condition.clone()), excluded, "{condition}");
    }
    for condition in [
        json!({"NumericLessThanEquals": {"s3:max-keys": 5}, "NumericGreaterThanEquals": {"s3:max-keys": 5}}),
        json!({"NumericLessThan": {"s3:max-keys": [5, 20]}, "NumericGreaterThan": {"s3:max-keys": 10}}),
        json!({"NumericLessThan": {"s3:max-keys": 10}, "NumericGreaterThan": {"s3:signatureAge": 20}}),
        json!({"DateLessThan": {"aws:CurrentTime": "2026-06-01T00:00:00Z"},
               "DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}),
        json!({"StringEquals": {"s3:prefix": ["a", "cd"]}, "StringLike": {"s3:prefix": "c*"}}),
        json!({"StringEquals": {"s3:prefix": "${aws:username}"}, "StringLike": {"s3:prefix": "c*"}}),
        json!({"Null": {"s3:prefix": "false"}, "StringLike": {"s3:prefix": "c*"}}),
        json!({"ForAnyValue:NumericGreaterThan": {"claims:levels": 5},
               "ForAnyValue:NumericLessThan": {"claims:levels": 3}}),
        json!({"ForAnyValue:StringEquals": {"claims:groups": "a"}, "StringNotEquals": {"claims:groups": "a"}}),
        json!({"NumericGreaterThan": {"s3:signatureAge": "9007199254740992"},
               "NumericLessThanEquals": {"s3:signatureAge": "9007199254740993"}}),
        json!({"NumericLessThanIfExists": {"s3:max-keys": 5}, "NumericGreaterThan": {"s3:max-keys": 10}}),
    ] {
        assert_eq!(of(condition.clone()), NOTHING, "{condition}");
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
    let role = r#"{"Arn": "arn:aws:iam::000000000000:role/x", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow",
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

/// A pipeline with `lint` alone is not told that all is well of what would not be served.
#[test]
fn what_does_not_load_is_said_so() {
    let paths = |text: &str| {
        let found = file(text).unwrap();
        assert!(found.iter().all(|lint| lint.severity == Severity::Error), "{found:?}");
        assert!(found.iter().all(|lint| lint.code == "does-not-load"), "{found:?}");
        found.into_iter().map(|lint| lint.path).collect::<Vec<_>>()
    };
    let allow = r#""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*""#;
    let twice = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny",ALLOW}]}"#;
    assert_eq!(paths(&twice.replace("ALLOW", allow)).len(), 1);
    assert!(!paths(r#"{"Version":"2012-10-17","Statement":[]}"#).is_empty());
    assert!(
        !paths(r#"{"Statement":{"Effect":"allow","Action":"s3:*","Resource":"data/*"}}"#)
            .is_empty()
    );
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/*"},"Action":"sts:AssumeRole"}}"#;
    assert_eq!(paths(trust), ["Statement.Principal.AWS"]);
    let bucket = r#"{"Version":"2012-10-17","Statement":{"Principal":"*",ALLOW,"Color":"red"}}"#;
    assert!(!paths(&bucket.replace("ALLOW", allow)).is_empty());
    let role = format!(
        r#"{{"Arn":"arn:aws:iam::000000000000:role/r","AssumeRolePolicyDocument":{},"Polices":[]}}"#,
        trust.replace("user/*", "user/a")
    );
    assert_eq!(paths(&role).len(), 1);
    assert_eq!(file(&role.replace(r#","Polices":[]"#, "")).unwrap(), []);
}
