//! Tokens that must not get in.

use testkit::issuer::{token as raw_token, unsigned_token};

use super::*;
use crate::oidc::testing::skip;

#[tokio::test]
async fn a30_forged_and_foreign_tokens_are_refused() {
    let world = World::new().await;
    let rsa = Key::new("rsa", Kind::Rsa2048);
    world.issuer.set_keys(vec![world.key.clone(), rsa.clone()]);
    // Fetches the second key.
    let claims = world.issuer.claims("alice");
    assert_eq!(world.login(&rsa.token(&claims)).await.status, StatusCode::OK);

    let text = claims.to_string();
    let stranger = Key::new("k1", Kind::Ed25519);
    let confused = Key::secret("rsa", &rsa.rsa_public_der());
    let header = |more: &Value| world.key.token_with_header(more, &claims);
    let twice = text.replacen("\"sub\"", "\"sub\":\"bob\",\"sub\"", 1);
    let now = clock::now().unix();
    let invalid = "InvalidIdentityToken";
    let cases = [
        ("alg none", unsigned_token(r#"{"alg":"none"}"#, &text), invalid),
        ("no signature", unsigned_token(r#"{"alg":"EdDSA","kid":"k1"}"#, &text), invalid),
        ("HS256 with the public key", confused.token(&claims), invalid),
        ("another's key", stranger.token(&claims), invalid),
        ("a key of another kind", header(&json!({"kid": "rsa"})), invalid),
        ("jku", header(&json!({"jku": "https://evil.example/keys"})), invalid),
        ("x5u", header(&json!({"x5u": "https://evil.example/cert"})), invalid),
        ("jwk", header(&json!({"jwk": stranger.jwk()})), invalid),
        ("typ", header(&json!({"typ": "logout+jwt"})), invalid),
        ("crit", header(&json!({"crit": ["exp"]})), invalid),
        ("no exp", world.token("alice", &json!({"exp": null})), invalid),
        ("expired", world.token("alice", &json!({"exp": now - 31})), "ExpiredTokenException"),
        ("nbf", world.token("alice", &json!({"nbf": now + 60})), invalid),
        ("iat", world.token("alice", &json!({"iat": now + 60})), invalid),
        ("no aud", world.token("alice", &json!({"aud": null})), invalid),
        ("aud", world.token("alice", &json!({"aud": "other"})), invalid),
        ("audience", world.token("alice", &json!({"aud": ["Fakes3pp", "fakes3pp/"]})), invalid),
        ("no sub", world.token("alice", &json!({"sub": null})), invalid),
        ("empty sub", world.token("", &json!({})), invalid),
        ("no iss", world.token("alice", &json!({"iss": null})), invalid),
        ("iss/", world.token("alice", &json!({"iss": world.issuer.issuer() + "/"})), invalid),
        (
            "ISS",
            world.token("alice", &json!({"iss": world.issuer.issuer().to_uppercase()})),
            invalid,
        ),
        (
            "duplicate",
            raw_token(r#"{"alg":"EdDSA","kid":"k1"}"#, &twice, &world.key, "EdDSA"),
            invalid,
        ),
        ("nested", raw_token(&"[".repeat(9_000), &text, &world.key, "EdDSA"), invalid),
        ("not a token", "abcd".to_owned(), invalid),
        ("dots", "....".to_owned(), invalid),
        ("too long", world.token(&"x".repeat(20_000), &json!({})), "ValidationError"),
        ("100 kB", world.token(&"x".repeat(100_000), &json!({})), "InvalidQueryParameter"),
    ];
    for (what, token, code) in cases {
        let answer = world.login(&token).await;
        assert_eq!(answer.refused(), (400, code), "{what}: {:?}", answer.facts.reason);
        assert_eq!(answer.facts.subject, None, "{what}: nothing is proven");
        assert_eq!(answer.facts.access_key_id, None, "{what}");
    }
    assert_eq!(world.issuer.jwks_fetches(), 2, "no forgery caused a fetch");
    assert_eq!(world.login(&world.token("alice", &json!({}))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a31_an_unknown_key_is_a_wrong_token_once_and_then_to_be_tried_again() {
    let world = World::new().await;
    let unknown = Key::new("unknown", Kind::Ed25519).token(&world.issuer.claims("alice"));
    assert_eq!(world.login(&unknown).await.refused(), (400, "InvalidIdentityToken"));
    for _ in 0..20 {
        assert_eq!(world.login(&unknown).await.refused(), (400, "IDPCommunicationError"));
    }
    assert_eq!(world.issuer.jwks_fetches(), 2);
    skip(Duration::from_secs(31)).await;
    world.issuer.fail_jwks(Some(testkit::answer::Answer::status(503)));
    assert_eq!(world.login(&unknown).await.refused(), (400, "IDPCommunicationError"));
    assert_eq!(world.login(&world.token("alice", &json!({}))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a32_the_first_login_with_a_new_key_gets_in() {
    let world = World::new().await;
    let new = Key::new("new", Kind::P256);
    world.issuer.add_key(new.clone());
    let token = new.token(&world.issuer.claims("alice"));
    assert_eq!(world.login(&token).await.status, StatusCode::OK);
    assert_eq!(world.login(&world.token("alice", &json!({}))).await.status, StatusCode::OK);
    assert_eq!(world.issuer.jwks_fetches(), 2);
}

#[tokio::test]
async fn a62_weak_and_misplaced_keys_verify_nothing() {
    let world = World::new().await;
    let weak = Key::new("weak", Kind::Rsa1024);
    let encryption = Key::new("enc", Kind::P256).with_jwk(&json!({"use": "enc"}));
    world.issuer.add_key(weak.clone());
    world.issuer.add_key(encryption.clone());
    for key in [weak, encryption] {
        let token = key.token(&world.issuer.claims("alice"));
        assert_eq!(
            world.login(&token).await.refused(),
            (400, "InvalidIdentityToken"),
            "{}",
            key.kid()
        );
        skip(Duration::from_secs(31)).await;
    }
    assert_eq!(world.login(&world.token("alice", &json!({}))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_kind_of_key_that_providers_use_gets_in() {
    let world = World::new().await;
    let kinds = [Kind::Rsa2048, Kind::P256, Kind::P384, Kind::P521, Kind::Ed25519];
    let name = |kind: Kind| format!("{kind:?}");
    let keys: Vec<Key> = kinds.iter().map(|kind| Key::new(&name(*kind), *kind)).collect();
    world.issuer.set_keys(keys.clone());
    for key in &keys {
        let answer = world.login(&key.token(&world.issuer.claims("alice"))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}: {}", key.kid(), answer.text());
    }
    let claims = world.issuer.claims("alice");
    for alg in ["RS384", "RS512", "PS256", "PS384", "PS512"] {
        let rsa = keys[0].clone().with_jwk(&json!({"alg": null, "kid": alg}));
        world.issuer.set_keys(vec![rsa.clone()]);
        skip(Duration::from_secs(31)).await;
        let token = rsa.token_with_header(&json!({"alg": alg, "kid": alg}), &claims);
        let answer = world.login(&token).await;
        assert_eq!(answer.status, StatusCode::OK, "{alg}: {}", answer.text());
    }
}

#[tokio::test]
async fn groups_that_entra_left_out_are_an_error_of_their_own() {
    let world = World::new().await;
    let token = world.token("alice", &json!({"_claim_names": {"groups": "src1"}}));
    let answer = world.login(&token).await;
    assert_eq!(answer.refused(), (400, "InvalidIdentityToken"));
    assert!(answer.text().contains("_claim_names"), "{}", answer.text());
}

#[tokio::test]
async fn a22_hostile_claims_are_values() {
    let world = World::new().await;
    for subject in
        ["a\"*?${aws:username}}\n<x>&", "</SubjectFromWebIdentityToken>", "\u{0}\u{1F600}"]
    {
        let answer = world.login(&world.token(subject, &json!({}))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        testkit::check::elements(&answer.body).unwrap();
        let id = sigv4::AccessKeyId::parse(answer.xml("AccessKeyId").unwrap()).unwrap();
        let sealed = answer.xml("SessionToken").unwrap();
        let (session, _) = world.snapshot.live.keys.open(sealed, &id).unwrap();
        let sts::session::AnySession::Role(session) = session else { panic!("{session:?}") };
        assert_eq!(session.origin.subject(), subject);
    }
    let large = world.token(&"x".repeat(10_000), &json!({}));
    assert_eq!(world.login(&large).await.refused(), (400, "PackedPolicyTooLarge"));
}
