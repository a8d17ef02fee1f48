use policy::Value;

use super::*;
use crate::testing::{ISSUER, ROLE, now};

/// An ordinary person: some groups, an e-mail address, a tag.
pub(crate) fn ordinary() -> Session {
    let text = |value: &str| ClaimValue::One(value.to_owned());
    let claim = |key: &str, value| Claim { key: key.to_owned(), value };
    Session {
        role: RoleArn::parse(ROLE).unwrap(),
        role_id: "AROAABCDEFGHIJKLMNOPQ".into(),
        session_name: "alice@example.org".into(),
        issued_at: now(),
        expires_at: now().plus_seconds(3600),
        origin: Origin::WebIdentity(WebIdentitySubject {
            issuer: ISSUER.into(),
            subject: "f:8a5e7f2c-7c9a-4c0e-9a3e-d1f2a3b4c5d6:alice".into(),
            audience: "s3-gateway".into(),
            claims: vec![
                claim("email", text("alice@example.org")),
                claim("azp", text("s3-gateway")),
                claim("preferred_username", text("alice")),
                claim("amr", ClaimValue::Many(vec!["pwd".into(), "mfa".into()])),
                claim(
                    "groups",
                    ClaimValue::Many((0..8).map(|n| format!("s3-project-{n}")).collect()),
                ),
            ],
        }),
        began: now(),
        chained: false,
        policies: SessionPolicies::default(),
        tags: vec![Tag { key: "Team".into(), value: "blue".into() }],
        transitive_tag_keys: vec!["Team".into()],
        source_identity: Some("alice".into()),
    }
}

fn one(text: &str) -> Option<Value> {
    Some(Value::One(text.to_owned()))
}

#[test]
fn the_caller_in_the_words_of_policies() {
    let session = ordinary();
    let context = session.context(&[]);
    for (key, expected) in [
        ("aws:PrincipalArn", ROLE),
        ("aws:PrincipalAccount", "000000000000"),
        ("aws:PrincipalType", "AssumedRole"),
        ("aws:userid", "AROAABCDEFGHIJKLMNOPQ:alice@example.org"),
        (
            "aws:FederatedProvider",
            "arn:aws:iam::000000000000:oidc-provider/kc.example.com/realms/main",
        ),
        ("aws:TokenIssueTime", "2026-01-02T03:04:05Z"),
        ("aws:MultiFactorAuthPresent", "false"),
        ("aws:SourceIdentity", "alice"),
        ("aws:PrincipalTag/Team", "blue"),
        ("kc.example.com/realms/main:email", "alice@example.org"),
        ("claims:iss", ISSUER),
    ] {
        assert_eq!(context.get(key).cloned(), one(expected), "{key}");
    }
    for absent in ["aws:username", "sts:RoleSessionName", "aws:RequestTag/Team", "aws:TagKeys"] {
        assert_eq!(context.get(absent), None, "{absent}");
    }
    assert_eq!(
        session.principal(),
        Principal::Session {
            session_arn: "arn:aws:sts::000000000000:assumed-role/reader/alice@example.org".into(),
            role_arn: ROLE.into(),
            account: "000000000000".into(),
        }
    );
}

/// The lists that a table of filled keys is made from say what is filled.
#[test]
fn the_lists_of_keys_are_true() {
    let context = ordinary().context(&[]);
    for key in SESSION_KEYS {
        assert!(context.get(key).is_some(), "{key}");
    }
    let listed = |key: &str| {
        SESSION_KEYS.contains(&key)
            || OPTIONAL_SESSION_KEYS
                .iter()
                .any(|listed| key == *listed || (listed.ends_with('/') && key.starts_with(listed)))
            || key.starts_with("claims:")
            || key.starts_with("kc.example.com/realms/main:")
    };
    assert!(context.iter().all(|(key, _)| listed(key)));
}

#[test]
fn session_tags_override_the_roles_whatever_the_case() {
    let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
    let context = ordinary().context(&[tag("TEAM", "red"), tag("Site", "north")]);
    assert_eq!(context.get("aws:PrincipalTag/team").cloned(), one("blue"));
    assert_eq!(context.get("aws:PrincipalTag/site").cloned(), one("north"));
}

/// What AWS gives to a session that was assumed with the token itself, and to no other.
#[test]
fn claims_and_provider_do_not_go_along_a_chain() {
    let direct = ordinary().context(&[]);
    let chained = Session { chained: true, ..ordinary() }.context(&[]);
    for key in ["claims:sub", "kc.example.com/realms/main:groups", "aws:FederatedProvider"] {
        assert!(direct.get(key).is_some() && chained.get(key).is_none(), "{key}");
    }
    assert!(chained.get("aws:PrincipalTag/Team").is_some());
}

/// A claim or tag cannot stand in for what the gateway says about the caller.
#[test]
fn a22_nothing_replaces_the_keys_of_the_caller() {
    let mut session = ordinary();
    let Origin::WebIdentity(subject) = &mut session.origin else { panic!("no web identity") };
    subject.issuer = "https://aws".into();
    subject.claims = vec![Claim {
        key: "PrincipalArn".into(),
        value: ClaimValue::One("arn:aws:iam::000000000000:role/admin".into()),
    }];
    session.tags = vec![Tag { key: "x".into(), value: "${aws:userid}*".into() }];
    let context = session.context(&[]);
    assert_eq!(context.get("aws:PrincipalArn").cloned(), one(ROLE));
    assert_eq!(context.get("aws:PrincipalTag/x").cloned(), one("${aws:userid}*"));
}

#[test]
fn a_session_ends_at_its_second() {
    let session = ordinary();
    assert!(!session.is_expired(session.expires_at.plus_seconds(-1)));
    assert!(session.is_expired(session.expires_at));
}
