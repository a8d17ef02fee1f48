//! What each kind of policy must and may not have.

use super::tests::{bucket, mistakes, serve};
use crate::{Kind, Policy, Strictness};

#[test]
fn trust_policies_are_about_their_role() {
    let role = r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole""#;
    assert_eq!(serve(Kind::Trust, &format!("{role}}}")), [""; 0]);
    assert_eq!(
        serve(Kind::Trust, &format!(r#"{role},"Resource":"*"}}"#)),
        ["Statement: `Resource` is not allowed in trust policies"]
    );
    assert_eq!(
        serve(Kind::Trust, r#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#),
        ["Statement: missing element `Principal`"]
    );
    assert_eq!(
        serve(
            Kind::Trust,
            r#"{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}"#
        ),
        ["Statement: `NotPrincipal` is not allowed in trust policies"]
    );
    assert_eq!(
        serve(
            Kind::Trust,
            r#"{"Effect":"Allow","Principal":"*","Action":["sts:AssumeRole","s3:*"]}"#
        ),
        [
            "Statement.Action[1]: action `s3:*` is not an action of `sts`, the only service in trust policies"
        ]
    );
    let text =
        r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:*","Resource":"*"}}"#;
    let errors = Policy::load(Kind::Trust, "test", text).unwrap_err();
    assert_eq!(errors.aws_message(), "Has prohibited field Resource.");
}

#[test]
fn principals_exist() {
    let principal = |kind: Kind, principal: &str| {
        let resource = if kind == Kind::Trust { "" } else { r#","Resource":"arn:aws:s3:::data""# };
        serve(
            kind,
            &format!(r#"{{"Effect":"Deny","Principal":{principal},"Action":"*"{resource}}}"#),
        )
    };
    for good in [
        r#""*""#,
        r#"{"AWS":"*"}"#,
        r#"{"AWS":["111122223333","arn:aws:iam::111122223333:role/a/b"]}"#,
        r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/reader/alice"}"#,
    ] {
        assert_eq!(principal(Kind::Trust, good), [""; 0]);
        assert_eq!(principal(bucket(), good), [""; 0]);
    }
    for only_trust in [
        r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/kc.example.com/realms/main"}"#,
        r#"{"Federated":"accounts.google.com"}"#,
        r#"{"Service":"ec2.amazonaws.com"}"#,
    ] {
        assert_eq!(principal(Kind::Trust, only_trust), [""; 0]);
        assert_eq!(principal(bucket(), only_trust).len(), 1);
    }
    for bad in [
        r#""alice""#,
        r#"["*"]"#,
        r#"{}"#,
        r#"{"AWS":[]}"#,
        r#"{"AWS":1}"#,
        r#"{"aws":"*"}"#,
        r#"{"AWS":"alice"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:role/*"}"#,
        r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/reader"}"#,
        r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/reader/*"}"#,
        r#"{"Federated":"*"}"#,
        r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/*"}"#,
        r#"{"Federated":"kc.example.com/realms/main"}"#,
        r#"{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}"#,
        r#"{"Service":"ec2"}"#,
    ] {
        assert_eq!(principal(Kind::Trust, bad).len(), 1, "{bad}");
        assert_eq!(principal(bucket(), bad).len(), 1, "{bad}");
    }
}

#[test]
fn bucket_policies_are_about_their_bucket() {
    let resource = |text: &str| {
        serve(
            bucket(),
            &format!(r#"{{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"{text}"}}"#),
        )
    };
    for own in ["arn:aws:s3:::data", "arn:aws:s3:::data/*", "arn:aws:s3:::data/${aws:userid}"] {
        assert_eq!(resource(own), [""; 0]);
    }
    for foreign in
        ["*", "arn:aws:s3:::data2", "arn:aws:s3:::data*", "arn:aws:s3:::*", "arn:aws:sqs:::data"]
    {
        assert_eq!(resource(foreign).len(), 1, "{foreign}");
    }
    for (statement, expected) in [
        (
            r#"{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"arn:aws:s3:::data"}"#,
            "Statement.NotPrincipal: `NotPrincipal` with `Allow` would allow everybody else",
        ),
        (
            r#"{"Effect":"Deny","NotPrincipal":"*","Action":"s3:*","Resource":"arn:aws:s3:::data"}"#,
            "Statement.NotPrincipal: `*` is no principal",
        ),
        (
            r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::data"}"#,
            "Statement: missing element `Principal`",
        ),
        (
            r#"{"Effect":"Deny","Principal":"*","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"arn:aws:s3:::data"}"#,
            "Statement: has both `Principal` and `NotPrincipal`",
        ),
        (
            r#"{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"arn:aws:s3:::data"}"#,
            "Statement.Action: action `sqs:*` is not an action of `s3`, the only service in bucket policies",
        ),
    ] {
        assert_eq!(serve(bucket(), statement), [expected]);
    }
}

#[test]
fn what_a_language_takes_a_server_may_not() {
    for statement in [
        r#"{"Effect":"Allow","Principal":{"Federated":"kc.example.com/realms/main"},"Action":"*"}"#,
        r#"{"Effect":"Allow","Principal":"*","Action":"*","Condition":{"ArnLike":{"aws:x":"arn:aws:s3"}}}"#,
        r#"{"Effect":"Allow","Principal":"*","Action":"*","Condition":{"StringEquals":{"plain":"x"}}}"#,
    ] {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
        assert_eq!(mistakes(Kind::Trust, Strictness::Serve, &text).len(), 1, "{statement}");
        assert_eq!(mistakes(Kind::Trust, Strictness::Language, &text), [""; 0]);
    }
    for principal in ["arn:aws:iam::111122223333:role/*", "11112222333?", "arn:aws:iam::*:root"] {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Principal":{{"AWS":"{principal}"}},"Action":"*"}}}}"#
        );
        for strictness in [Strictness::Serve, Strictness::Language] {
            let found = mistakes(Kind::Trust, strictness, &text);
            assert!(found.len() == 1 && found[0].contains("has a wildcard in it"), "{found:?}");
        }
    }
}

#[test]
fn what_has_no_meaning_is_taken_where_iam_takes_it() {
    for rest in [
        r#""Action":"*:Get*","Resource":"*""#,
        r#""Action":"s3:*","Resource":["*",null]"#,
        r#""Action":"s3:*","Resource":"arn:aws:s3""#,
        r#""Action":"s3:*","Resource":"*","Condition":{"Bool":{}}"#,
        r#""Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:x":[]}}"#,
        r#""Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:TagKeys":"a"}}"#,
    ] {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{rest}}}}}"#);
        assert_eq!(mistakes(Kind::Identity, Strictness::Managed, &text), [""; 0]);
        for strictness in [Strictness::Serve, Strictness::Language] {
            assert_eq!(mistakes(Kind::Identity, strictness, &text).len(), 1, "{rest}");
        }
    }
}

#[test]
fn a_wildcard_is_not_a_misspelt_name() {
    for (name, expected) in [
        ("alice", "Statement.Principal.AWS: `alice` is no principal"),
        (
            "alice*",
            "Statement.Principal.AWS: principal `alice*` has a wildcard in it; only `*` alone is one",
        ),
    ] {
        let statement = format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{name}"}},"Action":"sts:AssumeRole"}}"#
        );
        assert_eq!(serve(Kind::Trust, &statement), [expected]);
    }
}
