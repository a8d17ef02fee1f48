//! Rules between documents and configuration.

use super::*;

const TWO_STORES: &str = "
  - name: b
    endpoint: http://127.0.0.1:9001
    region: eu-west-1
    buckets: [data, 'proj-*']
    default: true
    credentials: [{ name: main, access_key: AK, secret_key: { file: store-secret } }]
providers:";

fn with_policy(effect: &str, condition: &str) -> Setup {
    let text = role_with("a", "{}", effect, "s3:GetObject", "arn:aws:s3:::data/*", condition);
    Setup::least().file("roles/a.json", &text)
}

fn with_trust(condition: &str) -> Setup {
    let text = role_with("a", condition, "Allow", "s3:GetObject", "arn:aws:s3:::data/*", "{}");
    Setup::least().file("roles/a.json", &text)
}

#[test]
fn a16_keys_that_depend_on_proxies_need_trusted_proxies() {
    for (key, operator, value) in [
        ("aws:SourceIp", "IpAddress", "10.0.0.0/8"),
        ("aws:sourceip", "NotIpAddress", "10.0.0.0/8"),
        ("aws:SecureTransport", "Bool", "false"),
        ("s3:TlsVersion", "NumericLessThan", "1.3"),
    ] {
        let condition = format!(r#"{{"{operator}": {{"{key}": "{value}"}}}}"#);
        for effect in ["Allow", "Deny"] {
            let setup = with_policy(effect, &condition);
            setup.fails_with("which depends on the proxies in front: set `trusted_proxies`");
            setup.clone().and("trusted_proxies: []\n").config();
            setup.and("trusted_proxies: [10.1.0.0/16]\n").config();
        }
        let setup = with_trust(&condition);
        setup.fails_with("roles/a.json: AssumeRolePolicyDocument: uses");
        setup.and("trusted_proxies: []\n").config();
        let when = format!("secret_key: {{ file: store-secret }}, when: {condition} }}");
        let store = Setup::least().with("secret_key: { file: store-secret } }", &when);
        let mistakes = store.mistakes();
        assert!(mistakes[0].contains("set `trusted_proxies`"), "{mistakes:?}");
    }
    // A variable uses the key as well.
    let resource = "arn:aws:s3:::data/${aws:SourceIp}/*";
    Setup::least()
        .file("roles/a.json", &role("a", "s3:GetObject", resource, "{}"))
        .fails_with("set `trusted_proxies`");
}

#[test]
fn a60_a_deny_on_a_key_that_is_never_filled_does_not_load() {
    for condition in [
        r#"{"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}"#,
        r#"{"StringEquals": {"aws:SourceOrgID": "o-1"}}"#,
        r#"{"Null": {"aws:MultiFactorAuthAge": "true"}}"#,
        r#"{"StringEquals": {"idp.corp.net/realm:email": "x"}}"#,
        r#"{"StringEquals": {"claims:email": "x"}}"#,
        r#"{"StringEquals": {"aws:SourceVpce": "x"}}"#,
    ] {
        let setup = with_policy("Deny", condition);
        setup.fails_with("which the gateway never fills here: a positive");
        setup.fails_with("roles/a.json: Policies[0].PolicyDocument: has a Deny on `");
        // In an Allow it is told.
        with_policy("Allow", condition).warns("which the gateway never fills here");
    }
    // Also through a variable, and in a boundary.
    let resource = "arn:aws:s3:::data/${aws:SourceVpc}/*";
    let text = role_with("a", "{}", "Deny", "s3:GetObject", resource, "{}");
    Setup::least().file("roles/a.json", &text).fails_with("has a Deny on `aws:SourceVpc`");
    let boundary = r#""PermissionsBoundary": {"Version": "2012-10-17", "Statement": {"Effect": "Deny",
        "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthAge": "false"}}}},
        "Policies""#;
    let text =
        role("a", "s3:GetObject", "arn:aws:s3:::data/*", "{}").replace("\"Policies\"", boundary);
    Setup::least()
        .file("roles/a.json", &text)
        .fails_with("roles/a.json: PermissionsBoundary: has a Deny");
}

#[test]
fn a60_a_claim_is_filled_if_the_provider_lists_it() {
    let condition = r#"{"StringNotEquals": {"idp.corp.net/realm:email": "x"}}"#;
    with_policy("Deny", condition).fails_with("add `email` to the `claims` of the provider");
    with_policy("Deny", condition)
        .with("audiences: [fakes3pp]", "audiences: [fakes3pp], claims: { email: {} }")
        .config();
    let amr = r#"{"ForAnyValue:StringEquals": {"idp.corp.net/realm:amr": "x"}}"#;
    with_policy("Deny", amr).config();
}

#[test]
fn a_trust_policy_names_a_provider_that_is_there() {
    let role = role("a", "s3:GetObject", "arn:aws:s3:::data/*", "{}");
    for other in ["idp.corp.net/other", "idp.corp.net/realm/", "idp.corp.net", "IDP.corp.net/realm"]
    {
        let text = role.replace("idp.corp.net/realm", other);
        Setup::least().file("roles/a.json", &text).fails_with(
            "is no identity provider here: for a role of account 000000000000 there are \
             `arn:aws:iam::000000000000:oidc-provider/idp.corp.net/realm`",
        );
    }
    let other_account = role.replace("000000000000:oidc", "111111111111:oidc");
    Setup::least().file("roles/a.json", &other_account).fails_with("is no identity provider here");
}

#[test]
fn a63_a_shared_issuer_needs_its_condition() {
    let issuer = "token.actions.githubusercontent.com";
    let setup = |condition| {
        let text = role_with("a", condition, "Allow", "s3:GetObject", "arn:aws:s3:::data/*", "{}");
        Setup::least()
            .with("idp.corp.net/realm", issuer)
            .file("roles/a.json", &text.replace("idp.corp.net/realm", issuer))
    };
    let mistakes = setup("{}").mistakes();
    assert!(
        mistakes.len() == 1 && mistakes[0].contains("AssumeRolePolicyDocument"),
        "{mistakes:?}"
    );
    setup(r#"{"StringLike": {"token.actions.githubusercontent.com:sub": "repo:corp/app:*"}}"#)
        .config();
}

#[test]
fn a_grant_that_reaches_a_name_in_two_stores_is_told() {
    let two = |resource: &str, condition: &str| {
        Setup::least()
            .with("\nproviders:", TWO_STORES)
            .file("roles/a.json", &role("a", "s3:GetObject", resource, condition))
    };
    for open in [
        "*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::other/*",
        "arn:aws:s3:::proj/*",
        "arn:aws:s3:::pro*/x",
        "arn:aws:s3:::${aws:PrincipalTag/team}/*",
        "arn:aws:s3:::${aws:PrincipalTag/team}-data/*",
    ] {
        two(open, "{}").warns("roles/a.json: Policies[0].PolicyDocument.Statement[0]: reaches");
        two(open, r#"{"StringNotEquals": {"aws:RequestedRegion": "x"}}"#).warns("reaches");
        two(open, r#"{"StringLike": {"aws:RequestedRegion": "*"}}"#).warns("reaches");
        two(open, r#"{"StringEqualsIfExists": {"aws:RequestedRegion": "x"}}"#).warns("reaches");
        let bound = r#"{"StringEquals": {"aws:requestedRegion": ["eu-west-1"]}}"#;
        assert_eq!(two(open, bound).warnings(), [""; 0], "{open}");
    }
    for claimed in ["arn:aws:s3:::data/*", "arn:aws:s3:::proj-a/*", "arn:aws:s3:::proj-*/x"] {
        assert_eq!(two(claimed, "{}").warnings(), [""; 0], "{claimed}");
    }
    let tagged = "arn:aws:s3:::proj-${aws:PrincipalTag/team}/*";
    assert_eq!(two(tagged, "{}").warnings(), [""; 0]);
    // A Deny everywhere is meant so, and listing buckets is no matter of one bucket.
    let deny = role_with("a", "{}", "Deny", "s3:GetObject", "*", "{}");
    let setup = Setup::least().with("\nproviders:", TWO_STORES);
    assert_eq!(setup.clone().file("roles/a.json", &deny).warnings(), [""; 0]);
    let list = role("a", "s3:ListAllMyBuckets", "*", "{}");
    assert_eq!(setup.file("roles/a.json", &list).warnings(), [""; 0]);
    // With one store there is nothing to tell apart.
    let one = Setup::least().file("roles/a.json", &role("a", "s3:GetObject", "*", "{}"));
    assert_eq!(one.warnings(), [""; 0]);
}

#[test]
fn every_mistake_of_every_document_is_told() {
    let mistakes = Setup::least()
        .file("roles/a.json", "{")
        .file("roles/b.json", r#"{"Arn": "x", "Unknown": 1}"#)
        .file("roles/c.json", &role_with("c", "{}", "Maybe", "s3:GetObject", "data", "{}"))
        .mistakes();
    for expected in [
        "roles/a.json: document",
        "roles/b.json: Arn",
        "roles/b.json: document: unknown member",
        "roles/b.json: AssumeRolePolicyDocument: is missing",
        "roles/c.json: Policies[0].PolicyDocument.Statement[0].Effect",
        "roles/c.json: Policies[0].PolicyDocument.Statement[0].Resource",
    ] {
        assert!(
            mistakes.iter().any(|mistake| mistake.starts_with(expected)),
            "{expected}: {mistakes:#?}"
        );
    }
}

#[test]
fn a60_a_member_that_stands_twice_is_refused() {
    let text = role("a", "s3:GetObject", "arn:aws:s3:::data/*", "{}");
    let twice = text.replace(
        r#""Effect": "Allow", "Action": "s3"#,
        r#""Effect": "Deny", "Effect": "Allow", "Action": "s3"#,
    );
    assert_ne!(text, twice);
    Setup::least().file("roles/a.json", &twice).fails_with("Effect` appears twice");
}

#[test]
fn the_roles_folder() {
    let role = |name| role(name, "s3:GetObject", "arn:aws:s3:::data/*", "{}");
    // Kubernetes' own names are no roles.
    let mounted = Setup::least().file("roles/..data", "x").file("roles/b.json", &role("b"));
    assert_eq!(mounted.config().live.roles.len(), 2);
    Setup::least().file("roles/README", "x").warns("roles/README: is not read");
    Setup::least()
        .file("roles/b.json", &role("a"))
        .fails_with("roles/b.json: Arn: `arn:aws:iam::000000000000:role/a` is in another file");
    Setup::least()
        .with("roles: roles", "roles: nowhere")
        .fails_with("there is no `/etc/f/nowhere`");
}

#[test]
fn two_roles_whose_sessions_would_look_alike_are_refused() {
    let other = role("x/a", "s3:GetObject", "arn:aws:s3:::data/*", "{}");
    Setup::least().file("roles/b.json", &other).fails_with(
        "roles/b.json: Arn: has the name of `arn:aws:iam::000000000000:role/a`, but for its path",
    );
}

/// What AWS would take and what does nothing: told in an Allow, refused in a Deny.
#[test]
fn a60_what_can_have_no_effect_is_told() {
    let with = |effect: &str, action: &str| {
        Setup::least().file(
            "roles/a.json",
            &role_with("a", "{}", effect, action, "arn:aws:s3:::data/*", "{}"),
        )
    };
    with("Allow", "s3:GetObjekt").warns("did you mean `s3:GetObject`?");
    with("Deny", "s3:GetObjekt").fails_with("did you mean `s3:GetObject`?");
    with("Deny", "s3:ListBucket")
        .fails_with("meets none of the resources beside it and denies nothing");
}

/// A configuration whose policies do not decide as their owner expects does not load.
#[test]
fn tests_beside_the_roles_are_run() {
    let text = role("a", "s3:GetObject", "arn:aws:s3:::data/*", "{}");
    let with = |expected: &str| {
        let tests = format!(
            r#"{{"tests": [{{"name": "reads", "role": "a.json", "expected": "{expected}", "request":
            {{"action": "s3:GetObject", "resource": "arn:aws:s3:::data/x",
            "principal": "arn:aws:sts::000000000000:assumed-role/a/s"}}}}]}}"#
        );
        Setup::least().file("roles/a.json", &text).file("roles/a.test.json", &tests)
    };
    assert_eq!(with("allow").config().live.roles.len(), 1);
    with("implicitDeny").fails_with("the test `reads` fails: expected implicitDeny, is allow");
    Setup::least()
        .file("roles/a.json", &text)
        .file("roles/a.test.json", "[]")
        .fails_with("is no file of tests");
}

/// All mistakes at once: what is wrong with a store hides nothing in the documents.
#[test]
fn bucket_policies_are_judged_beside_broken_stores() {
    let setup = Setup::least()
        .and("bucket_policies: buckets\n")
        .file("buckets/data.json", "{")
        .with("region: us-east-1", "region: '!'");
    let mistakes = setup.mistakes();
    assert!(mistakes.iter().any(|one| one.starts_with("stores[0].region")), "{mistakes:?}");
    assert!(mistakes.iter().any(|one| one.starts_with("buckets/data.json")), "{mistakes:?}");
}
