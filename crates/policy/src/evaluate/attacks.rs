//! Attacks that must fail, by their numbers.

use std::sync::Arc;

use super::tests::{PROVIDER, ROLE, SESSION, bucket, decide, identity, load, session};
use super::{authorize_trust, evaluate};
use crate::{
    Context, Decision, Failed, Kind, Layer, Nearest, PolicySet, Principal, Request, Value,
};

fn answer(
    statements: &str,
    action: &str,
    resource: &str,
    context: &[(&str, Value)],
) -> &'static str {
    let context = context.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    decide(statements, action, resource, &context).as_str()
}

#[test]
fn a20_patterns_are_anchored() {
    let team = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::team"}"#;
    assert_eq!(answer(team, "s3:GetObject", "arn:aws:s3:::team", &[]), "allow");
    assert_eq!(answer(team, "s3:GetObject", "arn:aws:s3:::team-secret", &[]), "implicitDeny");
    assert_eq!(answer(team, "s3:GetObject", "arn:aws:s3:::team/x", &[]), "implicitDeny");
    assert_eq!(answer(team, "s3:GetObjectAcl", "arn:aws:s3:::team", &[]), "implicitDeny");
    let admin = r#"{"Effect":"Allow","Action":"*","Resource":"*",
        "Condition":{"StringEquals":{"aws:PrincipalTag/role":"admin"}}}"#;
    let tag = |text: &str| [("aws:PrincipalTag/role", Value::from(text))];
    assert_eq!(answer(admin, "s3:GetObject", "arn:aws:s3:::x", &tag("admin")), "allow");
    for text in ["not-admin", "admin2", "Admin", "admin\n", " admin", ""] {
        assert_eq!(answer(admin, "s3:GetObject", "arn:aws:s3:::x", &tag(text)), "implicitDeny");
    }
}

#[test]
fn a20_wildcards_in_a_key_are_characters() {
    let vault = r#"[{"Effect":"Allow","Action":"s3:*","Resource":"*"},
        {"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/vault/*"}]"#;
    for key in ["vault/*a", "vault/?", "vault/\n", "vault/\u{2028}x", "vault/é😀", "vault/${*}"]
    {
        let resource = format!("arn:aws:s3:::b/{key}");
        assert_eq!(answer(vault, "s3:GetObject", &resource, &[]), "explicitDeny", "{key}");
    }
    let exact = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/abc"}"#;
    for key in ["a*c", "a?c", "*"] {
        let resource = format!("arn:aws:s3:::b/{key}");
        assert_eq!(answer(exact, "s3:GetObject", &resource, &[]), "implicitDeny", "{key}");
    }
    let one = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/a?c"}"#;
    for character in ["x", "é", "日", "😀", "\n"] {
        let resource = format!("arn:aws:s3:::b/a{character}c");
        assert_eq!(answer(one, "s3:GetObject", &resource, &[]), "allow", "{character}");
    }
}

#[test]
fn a20_wildcards_stay_in_their_part_of_an_arn() {
    let all = r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:iam::*:role/x"}"#;
    assert_eq!(answer(all, "sts:AssumeRole", "arn:aws:iam::1:role/x", &[]), "allow");
    assert_eq!(answer(all, "sts:AssumeRole", "arn:aws:iam::1:y:role/x", &[]), "implicitDeny");
    let key = r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/x*y"}"#;
    assert_eq!(answer(key, "s3:GetObject", "arn:aws:s3:::b/x:1:y", &[]), "allow");
}

#[test]
fn a21_negations_mean_all_but() {
    let actions = r#"{"Effect":"Allow","NotAction":["s3:Delete*","s3:Put*"],"Resource":"*"}"#;
    assert_eq!(answer(actions, "s3:GetObject", "arn:aws:s3:::b/k", &[]), "allow");
    assert_eq!(answer(actions, "s3:deleteobject", "arn:aws:s3:::b/k", &[]), "implicitDeny");
    let resources = r#"[{"Effect":"Allow","Action":"*","Resource":"*"},
        {"Effect":"Deny","Action":"s3:*","NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}]"#;
    assert_eq!(answer(resources, "s3:GetObject", "arn:aws:s3:::b/k", &[]), "allow");
    assert_eq!(answer(resources, "s3:GetObject", "arn:aws:s3:::c/k", &[]), "explicitDeny");
}

#[test]
fn a21_an_exception_that_hangs_on_a_missing_variable_helps_nobody() {
    let exception = r#""NotResource":"arn:aws:s3:::b/${aws:PrincipalTag/team}/*""#;
    let allow = format!(r#"{{"Effect":"Allow","Action":"s3:*",{exception}}}"#);
    let deny = format!(
        r#"[{{"Effect":"Allow","Action":"*","Resource":"*"}},{{"Effect":"Deny","Action":"*",{exception}}}]"#
    );
    assert_eq!(answer(&allow, "s3:GetObject", "arn:aws:s3:::b/x/k", &[]), "implicitDeny");
    assert_eq!(answer(&deny, "s3:GetObject", "arn:aws:s3:::b/x/k", &[]), "explicitDeny");
    let blue = [("aws:PrincipalTag/team", Value::from("blue"))];
    assert_eq!(answer(&allow, "s3:GetObject", "arn:aws:s3:::b/x/k", &blue), "allow");
    assert_eq!(answer(&deny, "s3:GetObject", "arn:aws:s3:::b/blue/k", &blue), "allow");
}

#[test]
fn a22_values_are_never_policy() {
    let home = r#"{"Effect":"Allow","Action":"s3:*",
        "Resource":"arn:aws:s3:::home/${claims:sub}/*",
        "Condition":{"StringLike":{"s3:prefix":["${claims:sub}/*","${claims:sub}"]}}}"#;
    let evil = [
        "*",
        "?",
        "${aws:username}",
        "${*}",
        "}",
        "\"",
        "a\nb",
        "', '",
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
        "../bob",
        ":",
    ];
    for sub in evil {
        let context =
            |prefix: &str| [("claims:sub", Value::from(sub)), ("s3:prefix", Value::from(prefix))];
        let own = format!("arn:aws:s3:::home/{sub}/k");
        assert_eq!(answer(home, "s3:GetObject", &own, &context(sub)), "allow", "{sub}");
        let other = "arn:aws:s3:::home/bob/k";
        assert_eq!(answer(home, "s3:GetObject", other, &context(sub)), "implicitDeny", "{sub}");
        assert_eq!(answer(home, "s3:GetObject", &own, &context("bob/")), "implicitDeny", "{sub}");
    }
    let long = "x".repeat(10_000);
    let context = [("claims:sub", Value::from(&*long)), ("s3:prefix", Value::from(&*long))];
    let own = format!("arn:aws:s3:::home/{long}/k");
    assert_eq!(answer(home, "s3:GetObject", &own, &context), "allow");
    assert_eq!(answer(home, "s3:GetObject", "arn:aws:s3:::home//k", &[]), "implicitDeny");
}

#[test]
fn a22_a_missing_variable_matches_nothing() {
    let statements = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*",
        "Condition":{"StringEquals":{"s3:ExistingObjectTag/team":"${aws:PrincipalTag/team}"}}}"#;
    let tag = ("s3:ExistingObjectTag/team", Value::from(""));
    assert_eq!(answer(statements, "s3:GetObject", "arn:aws:s3:::b/k", &[tag]), "implicitDeny");
}

#[test]
fn a23_deny_wins_wherever_it_stands() {
    let everything = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let nothing = r#"{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}"#;
    let open =
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::data/*"}"#;
    let shut =
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::data/*"}"#;
    let context = Context::new();
    let principal = session();
    let request = Request {
        action: "s3:GetObject",
        resource: "arn:aws:s3:::data/k",
        principal: &principal,
        context: &[&context],
    };
    for denying in [Layer::Identity, Layer::Boundary, Layer::Session, Layer::Bucket] {
        let text = |layer| if layer == denying { nothing } else { everything };
        let all = [identity(everything), identity(text(Layer::Identity))].concat();
        let boundary = load(Kind::Boundary, text(Layer::Boundary));
        let limits = [Arc::new(load(Kind::Session, text(Layer::Session)))];
        let bucket = bucket(if denying == Layer::Bucket { shut } else { open });
        let set = PolicySet {
            identity: &all,
            boundary: Some(&boundary),
            session: Some(&limits),
            bucket: Some(&bucket),
        };
        let decision = evaluate(&set, &request);
        assert_eq!(decision.as_str(), "explicitDeny");
        assert_eq!(decision.reason().unwrap().layer, denying);
    }
}

#[test]
fn a23_what_cannot_be_evaluated_denies() {
    let open = r#"[{"Effect":"Allow","Action":"*","Resource":"*"}]"#;
    for resource in ["", "b/k", "arn:aws:s3", "arn:aws:s3:::", "arn:"] {
        let decision = decide(open, "s3:GetObject", resource, &Context::new());
        let allowed = resource == "arn:aws:s3:::";
        assert_eq!(decision.is_allow(), allowed, "{resource}");
        if !allowed {
            let failed = Failed::InvalidResource;
            let nearest = Nearest { layer: Layer::Identity, statement: None, failed };
            assert_eq!(decision, Decision::ImplicitDeny(nearest));
        }
    }
    let inside = r#"[{"Effect":"Allow","Action":"*","Resource":"*"},
        {"Effect":"Deny","Action":"*","Resource":"*",
         "Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]"#;
    let address = |value| [("aws:SourceIp", value)];
    let get = |value| answer(inside, "s3:GetObject", "arn:aws:s3:::b/k", &address(value));
    assert_eq!(get("10.1.2.3".into()), "allow");
    assert_eq!(get("nonsense".into()), "explicitDeny");
    assert_eq!(get(Value::Unknown), "explicitDeny");
    assert_eq!(get(Value::Many(vec!["10.1.2.3".into()])), "explicitDeny");
}

#[test]
fn a16_an_unknown_address_helps_nobody() {
    for operator in ["IpAddress", "NotIpAddress", "IpAddressIfExists", "ForAnyValue:NotIpAddress"] {
        let condition = format!(r#""Condition":{{"{operator}":{{"aws:SourceIp":"10.0.0.0/8"}}}}"#);
        let allow = format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*",{condition}}}"#);
        let deny = format!(
            r#"[{{"Effect":"Allow","Action":"*","Resource":"*"}},
               {{"Effect":"Deny","Action":"*","Resource":"*",{condition}}}]"#
        );
        let unknown = [("aws:SourceIp", Value::Unknown)];
        assert_eq!(answer(&allow, "s3:GetObject", "arn:aws:s3:::b/k", &unknown), "implicitDeny");
        assert_eq!(answer(&deny, "s3:GetObject", "arn:aws:s3:::b/k", &unknown), "explicitDeny");
    }
}

/// A claim may be a list where the policy's author thought of one value, and the caller may have a say in it.
#[test]
fn a22_a_variable_with_several_values_loses_no_deny() {
    let several = || Value::Many(vec!["red".into(), "blue".into()]);
    let one = || Value::from("red");
    let resource = r#""Resource":"arn:aws:s3:::data/${claims:team}/*""#;
    let not_resource = r#""NotResource":"arn:aws:s3:::data/${claims:team}/*""#;
    let condition = |operator: &str, value: &str| {
        format!(r#""Resource":"*","Condition":{{"{operator}":{{"s3:prefix":"{value}"}}}}"#)
    };
    let like = condition("StringLike", "${claims:team}/*");
    let not_like = condition("StringNotLike", "${claims:team}/*");
    let equals = condition("StringEqualsIgnoreCase", "RED/${claims:team}");
    let rows = [
        (resource, "data/red/k", true),
        (resource, "data/k", false),
        (not_resource, "data/red/k", false),
        (&*like, "data/k", true),
        (&*not_like, "data/k", false),
        (&*equals, "data/k", false),
    ];
    for (statement, key, matches_one) in rows {
        let allow = format!(r#"{{"Effect":"Allow","Action":"*",{statement}}}"#);
        let deny = format!(
            r#"[{{"Effect":"Allow","Action":"*","Resource":"*"}},
               {{"Effect":"Deny","Action":"*",{statement}}}]"#
        );
        let decide = |text: &str, team: Value| {
            let context = [("claims:team", team), ("s3:prefix", "red/x".into())];
            answer(text, "s3:GetObject", &format!("arn:aws:s3:::{key}"), &context)
        };
        let (allowed, denied) =
            if matches_one { ("allow", "explicitDeny") } else { ("implicitDeny", "allow") };
        assert_eq!(decide(&allow, one()), allowed, "{statement} {key}");
        assert_eq!(decide(&deny, one()), denied, "{statement} {key}");
        // No value whatever makes `data/TEAM/*` of `data/k`.
        let hopeless = statement == resource && key == "data/k";
        for unclear in [several(), Value::Unknown] {
            let denied = if hopeless { "allow" } else { "explicitDeny" };
            assert_eq!(decide(&allow, unclear.clone()), "implicitDeny", "{statement} {key}");
            assert_eq!(decide(&deny, unclear), denied, "{statement} {key}");
        }
    }
}

#[test]
fn a24_a_session_policy_only_narrows() {
    let narrow = |identity_text: &str, session_text: &[&str]| {
        let identity = identity(identity_text);
        let limits: Vec<_> =
            session_text.iter().map(|text| Arc::new(load(Kind::Session, text))).collect();
        let set = PolicySet { identity: &identity, session: Some(&limits), ..PolicySet::default() };
        let context = Context::new();
        let principal = session();
        let decide = |action: &str| {
            let resource = "arn:aws:s3:::b/k";
            evaluate(
                &set,
                &Request { action, resource, principal: &principal, context: &[&context] },
            )
            .as_str()
        };
        (decide("s3:GetObject"), decide("s3:PutObject"))
    };
    let get = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#;
    let put = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}"#;
    let all = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    assert_eq!(narrow(all, &[get]), ("allow", "implicitDeny"));
    assert_eq!(narrow(get, &[all]), ("allow", "implicitDeny"));
    assert_eq!(narrow(get, &[put]), ("implicitDeny", "implicitDeny"));
    assert_eq!(narrow(all, &[get, put]), ("allow", "allow"));
    assert_eq!(narrow(all, &[]), ("implicitDeny", "implicitDeny"));
}

#[test]
fn a24_what_a_bucket_grants_beside_it() {
    let grant = |principal: &str, limited: bool| {
        let none = identity(r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*"}"#);
        let bucket = bucket(&format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}}"#
        ));
        let session_policy = limited.then_some(none.as_slice());
        let set = PolicySet {
            identity: &none,
            session: session_policy,
            bucket: Some(&bucket),
            ..PolicySet::default()
        };
        let context = Context::new();
        let principal = session();
        let request = Request {
            action: "s3:GetObject",
            resource: "arn:aws:s3:::data/k",
            principal: &principal,
            context: &[&context],
        };
        evaluate(&set, &request).as_str()
    };
    let aws = |name: &str| format!(r#"{{"AWS":"{name}"}}"#);
    assert_eq!(grant(r#""*""#, true), "allow");
    assert_eq!(grant(&aws(SESSION), true), "allow");
    assert_eq!(grant(&aws(ROLE), false), "allow");
    assert_eq!(grant(&aws(ROLE), true), "implicitDeny");
    assert_eq!(grant(&aws("111122223333"), false), "implicitDeny");
    assert_eq!(grant(&aws("arn:aws:iam::111122223333:role/writer"), false), "implicitDeny");
}

#[test]
fn a25_providers_are_matched_exactly() {
    let trust = load(
        Kind::Trust,
        &format!(
            r#"{{"Effect":"Allow","Principal":{{"Federated":"{PROVIDER}"}},
                "Action":"sts:AssumeRoleWithWebIdentity",
                "Condition":{{"StringEquals":{{"kc.example.com/realms/main:aud":"app"}}}}}}"#
        ),
    );
    let decide = |provider: &str, key: &'static str| {
        let context = Context::from_iter([(key, "app")]);
        let principal = Principal::Federated { provider_arn: provider.to_owned() };
        let request = Request {
            action: "sts:AssumeRoleWithWebIdentity",
            resource: ROLE,
            principal: &principal,
            context: &[&context],
        };
        authorize_trust(&trust, [request]).is_ok()
    };
    assert!(decide(PROVIDER, "kc.example.com/realms/main:aud"));
    assert!(decide(PROVIDER, "KC.example.com/realms/MAIN:aud"));
    assert!(!decide(PROVIDER, "kc.example.com/realms/other:aud"));
    for other in [
        format!("{PROVIDER}/"),
        format!("{PROVIDER}2"),
        PROVIDER.replace("/realms/main", ""),
        PROVIDER.replace("main", "Main"),
        PROVIDER.replace("111122223333", "444455556666"),
        "kc.example.com/realms/main".to_owned(),
        String::new(),
    ] {
        assert!(!decide(&other, "kc.example.com/realms/main:aud"), "{other}");
    }
}
