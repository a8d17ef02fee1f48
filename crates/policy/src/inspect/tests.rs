use crate::{Kind, Policy};

fn bucket() -> Kind {
    Kind::Bucket { bucket: "data".into() }
}

#[test]
fn policies_know_their_keys() {
    let text = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:PrincipalTag/Team}",
         "Condition":{"StringEquals":{"AWS:Userid":"x"}}},
        {"Effect":"Deny","Action":"*","Resource":"*",
         "Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"StringLike":{"aws:userid":"${aws:username}"}}}]}"#;
    let policy = Policy::load(Kind::Identity, "test", text).unwrap();
    let uses: Vec<_> = policy
        .key_uses()
        .iter()
        .map(|used| {
            let places = (used.in_variable, used.as_one_value, used.statements.clone());
            (&*used.key, used.in_allow, used.in_deny, places)
        })
        .collect();
    assert_eq!(
        uses,
        [
            ("aws:principaltag/team", true, false, (true, false, vec![0])),
            ("aws:sourceip", false, true, (false, true, vec![1])),
            ("aws:userid", true, true, (false, true, vec![0, 1])),
            ("aws:username", false, true, (true, false, vec![1])),
        ]
    );
    assert!(policy.uses_key("AWS:sourceIP") && !policy.uses_key("aws:Source"));
    assert_eq!((policy.name(), policy.statements(), policy.text()), ("test", 2, text));
    assert_eq!(
        format!("{policy:?}"),
        r#"Policy { name: "test", kind: Identity, statements: 2, .. }"#
    );
}

#[test]
fn a63_grants_to_issuers_know_what_restricts_them() {
    let issuer = "token.actions.githubusercontent.com";
    let provider = format!("arn:aws:iam::111122223333:oidc-provider/{issuer}");
    let restricts = |condition: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"Federated":"{provider}"}},
                "Action":"sts:AssumeRoleWithWebIdentity"{condition}}}}}"#
        );
        let policy = Policy::load(Kind::Trust, "test", &text).unwrap();
        let grants: Vec<_> = policy.federated_grants().collect();
        let [grant] = grants.as_slice() else { panic!() };
        assert_eq!((grant.provider(), grant.issuer(), grant.statement()), (&*provider, issuer, 0));
        (grant.restricts_claim("sub"), grant.restricts_claim("AUD"))
    };
    let with = |operator: &str, key: &str, value: &str| {
        restricts(&format!(r#","Condition":{{"{operator}":{{"{key}":{value}}}}}"#))
    };
    let sub = format!("{issuer}:sub");
    assert_eq!(restricts(""), (false, false));
    assert_eq!(with("StringEquals", &sub, r#""repo:a/b:ref:refs/heads/main""#), (true, false));
    assert_eq!(with("StringLike", &sub.to_uppercase(), r#""repo:a/*""#), (true, false));
    assert_eq!(with("ForAnyValue:StringLike", &sub, r#"["repo:a/*","repo:b/*"]"#), (true, false));
    assert_eq!(
        with("StringEquals", &format!("{issuer}:aud"), r#""sts.amazonaws.com""#),
        (false, true)
    );
    for (operator, value) in [
        ("StringLike", r#""*""#),
        ("StringLike", r#"["repo:a/*","*"]"#),
        ("StringLike", r#""*:*""#),
        ("StringLike", r#""?*""#),
        ("StringNotEquals", r#""repo:a/b""#),
        ("StringEqualsIfExists", r#""repo:a/b""#),
        ("ForAllValues:StringEquals", r#""repo:a/b""#),
        ("Null", r#""false""#),
    ] {
        assert_eq!(with(operator, &sub, value), (false, false), "{operator} {value}");
    }
    assert_eq!(with("StringEquals", "other.example.com:sub", r#""x""#), (false, false));
}

#[test]
fn principals_can_be_listed() {
    let text = r#"{"Statement":[
        {"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/b","111122223333"]},"Action":"s3:*","Resource":"arn:aws:s3:::data"},
        {"Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::111122223333:role/a","arn:aws:iam::111122223333:user/u"]},"Action":"s3:*","Resource":"arn:aws:s3:::data"}]}"#;
    let policy = Policy::load(bucket(), "test", text).unwrap();
    assert_eq!(
        policy.role_principals(),
        ["arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/b"]
    );
    assert_eq!(policy.caller_principals(), ["arn:aws:iam::111122223333:user/u"]);
    assert!(!policy.allows_everybody());
    let text = r#"{"Statement":{"Effect":"Allow","Principal":{"Federated":["accounts.google.com",
        "arn:aws:iam::111122223333:oidc-provider/x"]},"Action":"sts:AssumeRoleWithWebIdentity"}}"#;
    let policy = Policy::load(Kind::Trust, "test", text).unwrap();
    assert_eq!(
        policy.federated_principals(),
        ["accounts.google.com", "arn:aws:iam::111122223333:oidc-provider/x"]
    );
    assert_eq!(policy.federated_grants().count(), 2);
}
