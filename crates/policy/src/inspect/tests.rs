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
         "Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"StringLike":{"aws:userid":"${aws:username}"}}},
        {"Effect":"Deny","Action":["ec2:*","sqs:SendMessage"],"Resource":"*",
         "Condition":{"StringEquals":{"ec2:Region":"x"}}}]}"#;
    let policy = Policy::load(Kind::Identity, "test", text).unwrap();
    let all = policy.key_uses(&["s3"]);
    let uses: Vec<_> = all
        .iter()
        .map(|used| (&*used.key, used.in_allow, used.in_deny, used.statements.clone()))
        .collect();
    assert_eq!(
        uses,
        [
            ("aws:PrincipalTag/Team", true, false, vec![0]),
            ("aws:SourceIp", false, true, vec![1]),
            ("AWS:Userid", true, true, vec![0, 1]),
            ("aws:username", false, true, vec![1]),
        ]
    );
    assert!(policy.uses_key("AWS:sourceIP") && !policy.uses_key("aws:Source"));
    assert!(policy.uses_key("ec2:Region") && policy.key_uses(&["ec2"]).len() == 5);
    assert_eq!((policy.name(), policy.statements(), policy.text()), ("test", 3, text));
    assert_eq!(
        format!("{policy:?}"),
        r#"Policy { name: "test", kind: Identity, statements: 3, .. }"#
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
    assert_eq!(with("StringEquals", &sub, r#"["",":"]"#), (true, false));
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

#[test]
fn grants_to_issuers_say_where_they_stand() {
    let text = r#"{"Statement":[
        {"Effect":"Allow","Principal":{"Federated":"www.amazon.com"},"Action":"sts:*"},
        {"Sid":"Google","Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:*"}]}"#;
    let policy = Policy::load(Kind::Trust, "test", text).unwrap();
    let places: Vec<_> =
        policy.federated_grants().map(|grant| (grant.statement(), grant.sid())).collect();
    assert_eq!(places, [(0, None), (1, Some("Google"))]);
}

/// A bucket policy with one statement for reading.
fn reading(effect: &str, principal: &str, condition: &str) -> Policy {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Principal":{principal},
            "Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*","Condition":{condition}}}}}"#
    );
    Policy::load(bucket(), "test", &text).unwrap()
}

#[test]
fn everybody_is_who_is_not_named() {
    let tls = r#"{"Bool":{"aws:SecureTransport":"true"}}"#;
    assert!(reading("Allow", r#""*""#, tls).allows_everybody());
    assert!(reading("Allow", r#"{"AWS":"*"}"#, "{}").allows_everybody());
    assert!(!reading("Deny", r#""*""#, "{}").allows_everybody());
    assert!(!reading("Allow", r#"{"AWS":"111122223333"}"#, "{}").allows_everybody());
}

#[test]
fn a_bucket_is_public_unless_fixed_values_say_to_whom() {
    assert!(reading("Allow", r#""*""#, "{}").is_public());
    assert!(!reading("Deny", r#""*""#, "{}").is_public());
    assert!(!reading("Allow", r#"{"AWS":"111122223333"}"#, "{}").is_public());
    let public = |operator: &str, key: &str, values: &str| {
        reading("Allow", r#""*""#, &format!(r#"{{"{operator}":{{"{key}":{values}}}}}"#)).is_public()
    };
    for (operator, key, values) in [
        ("StringEquals", "aws:PrincipalAccount", r#""111122223333""#),
        ("StringLike", "AWS:UserName", r#"["alice","bob"]"#),
        ("StringEqualsIgnoreCase", "aws:username", r#""alice""#),
        ("ForAnyValue:StringEquals", "aws:userid", r#""AROAEXAMPLE:alice""#),
        ("ArnLike", "aws:PrincipalArn", r#""arn:aws:iam::111122223333:role/reader""#),
        ("IpAddress", "aws:SourceIp", r#"["10.0.0.0/8","192.0.2.1"]"#),
        ("IpAddress", "aws:SourceIp", r#""2001:db8::/32""#),
    ] {
        assert!(!public(operator, key, values), "{operator} {key} {values}");
    }
    for (operator, key, values) in [
        ("StringEquals", "aws:PrincipalTag/team", r#""blue""#),
        ("StringEquals", "aws:PrincipalAccount", r#"["111122223333","anonymous"]"#),
        ("StringEquals", "aws:userid", r#""anonymous""#),
        ("StringEqualsIgnoreCase", "aws:userid", r#""Anonymous""#),
        ("StringNotEquals", "aws:username", r#""alice""#),
        ("StringEqualsIfExists", "aws:username", r#""alice""#),
        ("ForAllValues:StringEquals", "aws:username", r#""alice""#),
        ("StringLike", "aws:username", r#"["alice","*"]"#),
        ("StringLike", "aws:userid", r#""AROAEXAMPLE:*""#),
        ("StringLike", "aws:username", r#""alic?""#),
        ("StringEquals", "aws:username", r#""${aws:PrincipalTag/name}""#),
        ("ArnLike", "aws:PrincipalArn", r#""*""#),
        ("ArnLike", "aws:PrincipalArn", r#""arn:aws:iam::111122223333:role/*""#),
        ("ArnLike", "aws:PrincipalArn", r#""arn:aws:iam::*:role/reader""#),
        ("IpAddress", "aws:SourceIp", r#"["10.0.0.0/8","192.0.0.0/7"]"#),
        ("IpAddress", "aws:SourceIp", r#""2001:db8::/31""#),
        ("NotIpAddress", "aws:SourceIp", r#""10.0.0.0/8""#),
    ] {
        assert!(public(operator, key, values), "{operator} {key} {values}");
    }
}
