use serde_json::{Value, json};

use super::*;
use crate::jwt::{Algorithm, Token};
use crate::role::Role;
use crate::testing::{
    ISSUER, ROLE, call, claims, entropy, id_token, now, provider, ring, role, role_with, signer,
};

const LOGIN: &str = "sts:AssumeRoleWithWebIdentity";
const NONE: Allowed<'static> = Allowed(&|_| false);
const TAGS: &str = "https://aws.amazon.com/tags";

/// A login with this role, these more parameters and these claims.
fn login(role: Option<&Role>, more: &[(&str, &str)], claims: Value) -> Result<Issued, StsError> {
    login_from(role, more, claims, &[])
}

fn login_from(
    role: Option<&Role>,
    more: &[(&str, &str)],
    claims: Value,
    environment: &[&Context],
) -> Result<Issued, StsError> {
    assume_role_with_web_identity(Login {
        call: &call(more),
        token: &id_token(claims),
        provider: &provider(),
        role,
        managed: NONE,
        environment,
        ring: &ring(),
        now: now(),
        entropy: entropy(7),
    })
}

fn denied(result: Result<Issued, StsError>) -> StsError {
    let error = result.unwrap_err();
    assert_eq!(error.code(), Code::AccessDenied, "{error}");
    assert_eq!(error.client_message(), "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    error
}

#[test]
fn a_login() {
    let issued = login(Some(&role()), &[], json!({"groups": ["s3-a", "b"]})).unwrap();
    assert_eq!(issued.access_key_id.as_str(), "ASIAA4DQOBYHA4DQOBYH");
    assert_eq!(issued.secret.expose().len(), 40);
    assert_eq!(issued.session.expires_at, now().plus_seconds(3600));
    assert_eq!(issued.session.arn(), "arn:aws:sts::000000000000:assumed-role/reader/alice-1");
    assert_eq!(issued.session.origin.issuer(), Some(ISSUER));
    assert_eq!(issued.permit.reasons()[0].sid.as_deref(), Some("Login"));
    let (opened, secret) = ring().open(issued.token.as_str(), &issued.access_key_id).unwrap();
    assert_eq!(opened, AnySession::Role(Box::new(issued.session)));
    assert_eq!(secret.expose(), issued.secret.expose());
}

/// A replica with the same ring and nothing else opens it, another deployment does not.
#[test]
fn a01_two_deployments_with_the_same_entropy_give_different_secrets() {
    let issued = login(Some(&role()), &[], json!({})).unwrap();
    let other = KeyRing::init("2026-01", std::array::from_fn(|index| index as u8 + 1)).unwrap();
    let elsewhere = assume_role_with_web_identity(Login {
        call: &call(&[]),
        token: &id_token(json!({})),
        provider: &provider(),
        role: Some(&role()),
        managed: NONE,
        environment: &[],
        ring: &other,
        now: now(),
        entropy: entropy(7),
    })
    .unwrap();
    assert_eq!(issued.access_key_id, elsewhere.access_key_id);
    assert_ne!(issued.secret.expose(), elsewhere.secret.expose());
    assert!(other.open(issued.token.as_str(), &issued.access_key_id).is_err());
}

#[test]
fn a_missing_role_and_a_denial_are_one_answer() {
    let missing = denied(login(None, &[], json!({})));
    let other_role = [("RoleArn", "arn:aws:iam::000000000000:role/other")];
    let mixed_up = denied(login(Some(&role()), &other_role, json!({})));
    let condition = json!({"StringEquals": {"claims:sub": "bob"}});
    let refused = denied(login(Some(&role_with(json!(LOGIN), condition)), &[], json!({})));
    let answer = |error: &StsError| crate::response::error(error, "id");
    assert_eq!(answer(&missing), answer(&refused));
    assert_eq!(answer(&missing), answer(&mixed_up));
    // The log tells them apart.
    assert!(missing.detail().contains("there is no role `arn:aws:iam"), "{missing}");
    assert!(refused.detail().contains("StringEquals on claims:sub: it is \"alice\""), "{refused}");
    assert!(refused.denial().is_some() && missing.denial().is_none());
}

#[test]
fn a25_the_provider_is_matched_exactly() {
    let trusting = |provider: &str| {
        let file = json!({"Arn": ROLE, "AssumeRolePolicyDocument": {"Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": LOGIN}}});
        Role::load("x", &file.to_string()).unwrap()
    };
    let arn = "arn:aws:iam::000000000000:oidc-provider/";
    let good = format!("{arn}kc.example.com/realms/main");
    assert!(login(Some(&trusting(&good)), &[], json!({})).is_ok());
    for other in [
        "kc.example.com/realms/mai",
        "kc.example.com/realms/main2",
        "kc.example.com",
        "kc.example.com/realms/main/",
        "kc.example.com/realms/MAIN",
        "kc.example.com/realms/other",
    ] {
        denied(login(Some(&trusting(&format!("{arn}{other}"))), &[], json!({})));
    }
    denied(login(Some(&trusting(&good.replace("000000000000", "111122223333"))), &[], json!({})));
}

#[test]
fn tags_and_source_identity_need_the_trust_policys_word() {
    let tags = json!({TAGS: {"principal_tags": {"Team": ["blue"]}}});
    let identity = json!({"https://aws.amazon.com/source_identity": "alice"});
    let only_login = role();
    assert!(
        denied(login(Some(&only_login), &[], tags.clone())).detail().contains("sts:TagSession")
    );
    let error = denied(login(Some(&only_login), &[], identity.clone()));
    assert!(error.detail().contains("sts:SetSourceIdentity"), "{error}");
    let with_tags = role_with(json!([LOGIN, "sts:TagSession"]), json!({}));
    let issued = login(Some(&with_tags), &[], tags.clone()).unwrap();
    assert_eq!(issued.permit.reasons().len(), 2);
    assert_eq!(issued.session.tags.len(), 1);
    denied(login(Some(&with_tags), &[], identity.clone()));
    let all = role_with(json!("sts:*"), json!({}));
    let issued = login(Some(&all), &[], identity).unwrap();
    assert_eq!(issued.session.source_identity.as_deref(), Some("alice"));
    // Conditions on tags are evaluated for the login itself, too.
    let red = json!({"StringEquals": {"aws:RequestTag/team": "red"}});
    denied(login(Some(&role_with(json!("sts:*"), red)), &[], tags.clone()));
    let blue = json!({"StringEquals": {"aws:RequestTag/team": "blue"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["Team"]}});
    assert!(login(Some(&role_with(json!("sts:*"), blue.clone())), &[], tags).is_ok());
    denied(login(Some(&role_with(json!("sts:*"), blue)), &[], json!({})));
}

#[test]
fn the_request_comes_before_the_claims() {
    let condition = json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}});
    let role = role_with(json!(LOGIN), condition);
    let address = |ip: &str| Context::from_iter([("aws:SourceIp", ip)]);
    assert!(login_from(Some(&role), &[], json!({}), &[&address("192.0.2.7")]).is_ok());
    denied(login_from(Some(&role), &[], json!({}), &[&address("198.51.100.7")]));
    denied(login_from(Some(&role), &[], json!({}), &[]));
    // A layer of the request hides a claim of the same key, never the other way round.
    let alice = role_with(json!(LOGIN), json!({"StringEquals": {"claims:sub": "alice"}}));
    let known = Context::from_iter([("claims:sub", "bob")]);
    denied(login_from(Some(&alice), &[], json!({}), &[&known]));
    let name = json!({"StringEquals": {"sts:RoleSessionName": "alice-1"}});
    let named = role_with(json!(LOGIN), name);
    assert!(login(Some(&named), &[], json!({})).is_ok());
    denied(login(Some(&named), &[("RoleSessionName", "mallory")], json!({})));
}

/// A22: a claim is a value; a `*` or a variable in it opens nothing.
#[test]
fn a22_claims_cannot_be_patterns() {
    let condition = json!({"StringEquals": {"claims:sub": "admin"}});
    let role = role_with(json!(LOGIN), condition);
    for sub in [
        "*",
        "?????",
        "adm*",
        "${claims:sub}",
        "admin\u{0}",
        "admin\n",
        "\"admin\"",
        "Admin",
        "admin}",
        "{\"Effect\":\"Allow\"}",
    ] {
        denied(login(Some(&role), &[], json!({"sub": sub})));
    }
    assert!(login(Some(&role), &[], json!({"sub": "admin"})).is_ok());
    let variable = json!({"StringLike": {"sts:RoleSessionName": "${claims:sub}-*"}});
    let role = role_with(json!(LOGIN), variable);
    assert!(login(Some(&role), &[], json!({})).is_ok());
    denied(login(Some(&role), &[], json!({"sub": "*"})));
    denied(login(Some(&role), &[], json!({"sub": "${aws:username}"})));
}

#[test]
fn a22_a_claim_of_ten_kilobytes_does_not_fit() {
    let error = login(Some(&role()), &[], json!({"sub": "x".repeat(10_000)})).unwrap_err();
    assert_eq!(error.code(), Code::PackedPolicyTooLarge);
    assert!(error.detail().contains("the claim `sub` with 10000 bytes"), "{error}");
    assert!(error.client_message().starts_with("Packed size of the session consumes"), "{error}");
}

#[test]
fn a24_session_policies_are_sealed_or_refused() {
    let document = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
    let issued = login(Some(&role()), &[("Policy", document)], json!({})).unwrap();
    assert_eq!(issued.session.policies.inline.as_deref(), Some(document));
    let (opened, _) = ring().open(issued.token.as_str(), &issued.access_key_id).unwrap();
    assert_eq!(opened, AnySession::Role(Box::new(issued.session)));
    let arn = ("PolicyArns.member.1.arn", "arn:aws:iam::000000000000:policy/a");
    let error = login(Some(&role()), &[arn], json!({})).unwrap_err();
    assert_eq!(error.code(), Code::ValidationError);
    assert!(error.client_message().contains("does not exist"), "{error}");
    let long = format!("arn:aws:iam::000000000000:policy/{}", "a".repeat(2010));
    let error = login(
        Some(&role()),
        &[("Policy", document), ("PolicyArns.member.1.arn", &long)],
        json!({}),
    );
    assert_eq!(error.unwrap_err().code(), Code::PackedPolicyTooLarge);
}

#[test]
fn durations() {
    let seconds = |more: &[(&str, &str)]| {
        login(Some(&role()), more, json!({}))
            .map(|issued| issued.session.expires_at.unix() - issued.session.issued_at.unix())
    };
    assert_eq!(seconds(&[]).unwrap(), 3600);
    assert_eq!(seconds(&[("DurationSeconds", "900")]).unwrap(), 900);
    assert_eq!(seconds(&[("DurationSeconds", "7200")]).unwrap(), 7200);
    let error = seconds(&[("DurationSeconds", "7201")]).unwrap_err();
    assert_eq!(error.code(), Code::ValidationError);
    assert_eq!(
        error.client_message(),
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    );
    // Who is not trusted does not learn what the role allows.
    let bob = role_with(json!(LOGIN), json!({"StringEquals": {"claims:sub": "bob"}}));
    denied(login(Some(&bob), &[("DurationSeconds", "43200")], json!({})));
}

#[test]
fn the_session_token_can_be_asked_to_be_longer() {
    let issued = login(Some(&role()), &[("MinimumSessionTokenSize", "2048")], json!({})).unwrap();
    assert_eq!(issued.token.as_str().len(), 2048);
    assert_eq!(issued.utilization(), 50);
}

/// The rules and a token of another provider.
fn elsewhere(issuer: &str) -> (ProviderRules, IdToken) {
    let rules = ProviderRules::new(issuer, vec!["app".into()], 0, vec![]).unwrap();
    let token = signer().token(Algorithm::EdDsa, &claims(json!({"iss": issuer, "aud": "app"})));
    let token = Token::parse(&token).unwrap();
    let token = token.verify(&signer().keys(), &rules.token_rules(now())).unwrap();
    (rules, token)
}

#[test]
fn a_provider_on_a_port_has_keys_with_two_colons() {
    let (provider, token) = elsewhere("http://localhost:8080/realms/main");
    for (sub, expected) in [("alice", true), ("bob", false)] {
        let file = json!({"Arn": ROLE, "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": LOGIN,
            "Principal": {"Federated": "arn:aws:iam::000000000000:oidc-provider/localhost:8080/realms/main"},
            "Condition": {"StringEquals": {"localhost:8080/realms/main:sub": sub}},
        }}});
        let role = Role::load("x", &file.to_string()).unwrap();
        let login = Login {
            call: &call(&[]),
            token: &token,
            provider: &provider,
            role: Some(&role),
            managed: NONE,
            environment: &[],
            ring: &ring(),
            now: now(),
            entropy: entropy(1),
        };
        assert_eq!(assume_role_with_web_identity(login).is_ok(), expected, "{file}");
    }
}

#[test]
fn well_known_providers_have_two_names() {
    let (google, token) = elsewhere("https://accounts.google.com");
    let statement = |effect: &str, name: &str| {
        json!({"Effect": effect, "Principal": {"Federated": name}, "Action": LOGIN,
            "Condition": {"StringEquals": {"accounts.google.com:aud": "app"}}})
    };
    let arn = "arn:aws:iam::000000000000:oidc-provider/accounts.google.com";
    let name = "accounts.google.com";
    for (statements, expected) in [
        (vec![statement("Allow", name)], true),
        (vec![statement("Allow", arn)], true),
        (vec![statement("Allow", name), statement("Deny", arn)], false),
        (vec![statement("Allow", arn), statement("Deny", name)], false),
    ] {
        let file = json!({"Arn": ROLE, "AssumeRolePolicyDocument":
            {"Version": "2012-10-17", "Statement": statements}});
        let role = Role::load("x", &file.to_string()).unwrap();
        let login = Login {
            call: &call(&[]),
            token: &token,
            provider: &google,
            role: Some(&role),
            managed: NONE,
            environment: &[],
            ring: &ring(),
            now: now(),
            entropy: entropy(1),
        };
        assert_eq!(assume_role_with_web_identity(login).is_ok(), expected, "{file}");
    }
}

#[test]
fn a51_no_secret_in_debug() {
    let issued = login(Some(&role()), &[], json!({})).unwrap();
    let shown = format!("{issued:?} {:?}", entropy(3));
    for secret in [issued.secret.expose(), issued.token.as_str()] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn who_am_i() {
    let issued = login(Some(&role()), &[], json!({})).unwrap();
    let me = CallerIdentity::of_session(&issued.session);
    assert_eq!(me.account, "000000000000");
    assert_eq!(me.arn, "arn:aws:sts::000000000000:assumed-role/reader/alice-1");
    assert_eq!(me.user_id, format!("{}:alice-1", role().id()));
    let user = CallerIdentity::of_user("arn:aws:iam::000000000000:user/loader", "000000000000");
    assert!(user.user_id.starts_with("AIDA") && user.user_id.len() == 21);
}
