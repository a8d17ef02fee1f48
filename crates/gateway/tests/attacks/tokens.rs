//! A30: tokens that must not be taken.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::{Value, json};
use testkit::clock::now;
use testkit::issuer::{Key, Kind, token, unsigned_token};
use testkit::store::FakeStore;

use crate::harness::World;

pub(crate) const INVALID: &str = "InvalidIdentityToken";

/// A good header with changes.
fn header(key: &Key, more: &Value) -> String {
    let mut header = json!({ "alg": key.alg(), "typ": "JWT", "kid": key.kid() });
    testkit::issuer::merge(&mut header, more);
    header.to_string()
}

/// A good token, changed after it was signed.
fn mutilated(good: &str, claims: &str) -> Vec<String> {
    let parts: Vec<&str> = good.split('.').collect();
    vec![
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], &parts[2][..parts[2].len() - 2]),
        format!("{}.{}.{}AA", parts[0], parts[1], parts[2]),
        format!("{}.{}.{}==", parts[0], parts[1], parts[2]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{good}.{}", parts[2]),
        format!(
            "{}.{}.{}",
            parts[0],
            BASE64_URL_SAFE_NO_PAD.encode(claims.replace("alice", "bob")),
            parts[2]
        ),
        format!(" {good}"),
        good.replace('.', " "),
        good.replace('.', ".."),
        "eyJ".to_owned() + &"x".repeat(60),
        "....".to_owned(),
        "not a token at all".to_owned(),
        parts[1].to_owned(),
    ]
}

#[tokio::test]
async fn a30_signatures_that_are_none() {
    let world = World::start().await;
    world.login("alice").await;
    let key = world.issuer.key();
    let claims = world.issuer.claims("alice").to_string();
    let good = world.issuer.token("alice");
    let der = key.rsa_public_der();
    let jwk = key.jwk().unwrap();
    let modulus = BASE64_URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    let pem = format!(
        "-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n",
        BASE64_STANDARD.encode(&der)
    );
    let mut bad = Vec::new();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        bad.push(unsigned_token(&header(&key, &json!({ "alg": alg })), &claims));
        bad.push(token(&header(&key, &json!({ "alg": alg })), &claims, &key, "RS256"));
    }
    bad.push(unsigned_token(&header(&key, &json!({})), &claims));
    bad.push(token(&header(&key, &json!({ "alg": null })), &claims, &key, "RS256"));
    for secret in
        [der.as_slice(), pem.as_bytes(), &modulus, jwk["n"].as_str().unwrap().as_bytes(), b""]
    {
        let shared = Key::secret(key.kid(), secret);
        for alg in ["HS256", "RS256", "HS512"] {
            bad.push(token(&header(&key, &json!({ "alg": alg })), &claims, &shared, "HS256"));
        }
    }
    // Right key, other algorithm than the header says; wrong key under the right id.
    for (says, signs) in [
        ("PS256", "RS256"),
        ("RS256", "PS256"),
        ("RS512", "RS256"),
        ("ES256", "RS256"),
        ("EdDSA", "RS256"),
        ("rs256", "RS256"),
        ("RS1", "RS256"),
    ] {
        bad.push(token(&header(&key, &json!({ "alg": says })), &claims, &key, signs));
    }
    for kind in [Kind::Rsa2048, Kind::P256, Kind::Ed25519] {
        let other = Key::new(key.kid(), kind);
        bad.push(token(&header(&other, &json!({})), &claims, &other, other.alg()));
        bad.push(token(&header(&key, &json!({})), &claims, &other, other.alg()));
    }
    bad.extend(mutilated(&good, &claims));
    for bad in bad {
        world.login_refused(&bad, 400, INVALID).await;
    }
    // The first one, and one for the login that came while it was under way.
    let fetches = world.issuer.jwks_fetches();
    assert!(fetches <= 2, "forged tokens made the gateway fetch {fetches} times");
}

#[tokio::test]
async fn a30_headers_that_lead_elsewhere() {
    let world = World::start().await;
    let elsewhere = FakeStore::start();
    world.login("alice").await;
    let (key, mine) = (world.issuer.key(), Key::new("key-1", Kind::Rsa2048));
    let claims = world.issuer.claims("alice");
    let url = format!("{}/keys", elsewhere.url());
    for more in [
        json!({ "jku": url }),
        json!({ "x5u": url }),
        json!({ "jwk": mine.jwk() }),
        json!({ "x5c": ["MIIB"] }),
        json!({ "crit": ["exp"] }),
        json!({ "crit": [] }),
        json!({ "crit": ["b64"], "b64": false }),
        json!({ "typ": "logout+jwt" }),
        json!({ "typ": "secevent+jwt" }),
        json!({ "typ": 7 }),
        json!({ "cty": "JWT" }),
        json!({ "kid": 7 }),
        json!({ "kid": "../../key-1" }),
        json!({ "zip": "DEF" }),
        json!({ "enc": "A256GCM" }),
    ] {
        for signer in [&key, &mine] {
            let forged = signer.token_with_header(&more, &claims);
            let response = world.assume(&forged).await;
            let unknown =
                more["kid"].is_string() && response.code() == Some("IDPCommunicationError");
            assert!(
                unknown || (response.status, response.code()) == (400, Some(INVALID)),
                "{more}: {}",
                response.text()
            );
        }
    }
    assert!(elsewhere.connections().is_empty());
    for typ in ["JWT", "jwt", "application/jwt", "at+jwt"] {
        let fine = key.token_with_header(&json!({ "typ": typ }), &claims);
        assert_eq!(world.assume(&fine).await.status, 200, "{typ}");
    }
}

#[tokio::test]
async fn a30_claims_that_do_not_hold() {
    let world = World::start().await;
    let with = |more: Value| world.issuer.token_with("alice", &more);
    let issuer = world.issuer.issuer();
    for more in [
        json!({ "exp": null }),
        json!({ "exp": (now() + 600).to_string() }),
        json!({ "exp": true }),
        json!({ "exp": -1 }),
        json!({ "exp": 1e300 }),
        json!({ "nbf": now() + 600 }),
        json!({ "nbf": "now" }),
        json!({ "iat": now() + 600 }),
        json!({ "iat": "now" }),
        json!({ "aud": null }),
        json!({ "aud": "other" }),
        json!({ "aud": "" }),
        json!({ "aud": [] }),
        json!({ "aud": ["other", "fakes3pp2"] }),
        json!({ "aud": "FAKES3PP" }),
        json!({ "aud": "fakes3pp other" }),
        json!({ "aud": { "fakes3pp": true } }),
        json!({ "aud": [["fakes3pp"]] }),
        json!({ "iss": null }),
        json!({ "iss": format!("{issuer}/") }),
        json!({ "iss": issuer.to_ascii_uppercase() }),
        json!({ "iss": issuer.replace("http:", "https:") }),
        json!({ "iss": format!("{issuer}#") }),
        json!({ "iss": [issuer] }),
        json!({ "iss": "https://elsewhere.example.net" }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": 7 }),
        json!({ "_claim_names": { "groups": "src1" } }),
    ] {
        let response = world.assume(&with(more.clone())).await;
        let code = response.code().unwrap_or_default().to_owned();
        let fine = [INVALID, "IDPRejectedClaim", "ExpiredTokenException"].contains(&code.as_str());
        assert!(fine && response.status != 200, "{more}: {}", response.text());
        assert!(!response.text().contains("SecretAccessKey"));
    }
    world.login_refused(&with(json!({ "exp": now() - 600 })), 400, "ExpiredTokenException").await;
    world.login_refused(&with(json!({ "exp": 1 })), 400, "ExpiredTokenException").await;
    // Within the leeway, and with an audience among others.
    for fine in [
        json!({ "exp": now() - 5 }),
        json!({ "nbf": now() + 5, "iat": now() + 5 }),
        json!({ "aud": ["other", "fakes3pp"] }),
    ] {
        assert_eq!(world.assume(&with(fine.clone())).await.status, 200, "{fine}");
    }
}

#[tokio::test]
async fn a30_documents_that_are_none() {
    let world = World::start().await;
    let key = world.issuer.key();
    let (head, claims) = (header(&key, &json!({})), world.issuer.claims("alice").to_string());
    let open = &claims[..claims.len() - 1];
    let sign = |head: &str, claims: &str| token(head, claims, &key, "RS256");
    for bad in [
        sign(&head, &format!("{open},\"sub\":\"bob\"}}")),
        sign(&head, &format!("{open},\"\\u0073ub\":\"bob\"}}")),
        sign(&head, &format!("{open},\"aud\":\"fakes3pp\"}}")),
        sign(&head, &format!("{open},\"groups\":{{\"a\":1,\"a\":2}}}}")),
        sign(&head, &claims.replace("\"sub\":", "\"sub\":\"bob\",\"sub\":")),
        sign(&head.replace("{", "{\"alg\":\"none\","), &claims),
        sign(&head.replace("{", "{\"kid\":\"key-1\","), &claims),
        sign(&head, "[]"),
        sign(&head, "\"alice\""),
        sign(&head, "null"),
        sign(&head, ""),
        sign(&head, &format!("{claims}{claims}")),
        sign(&head, &format!("{claims} x")),
        sign(&head, open),
        sign("[]", &claims),
        sign("", &claims),
        sign(&format!("{head}{head}"), &claims),
        sign(&head, &format!("{}{}", "[".repeat(3000), "]".repeat(3000))),
        sign(&head, &format!("{open},\"x\":{}{}}}", "[".repeat(3000), "]".repeat(3000))),
        // A token in a token.
        sign(&header(&key, &json!({ "cty": "JWT" })), &world.issuer.token("alice")),
        sign(&head, &world.issuer.token("alice")),
    ] {
        world.login_refused(&bad, 400, INVALID).await;
    }
    let long = world.issuer.token_with("alice", &json!({ "x": "y".repeat(100_000) }));
    let response = world.assume(&long).await;
    assert!((400..500).contains(&response.status), "{}", response.text());
    let near = world.issuer.token_with("alice", &json!({ "x": "y".repeat(14_000) }));
    assert_eq!(world.assume(&near).await.status, 200);
    assert_eq!(world.sts_form("Action=AssumeRoleWithWebIdentity").await.status, 400);
}

#[tokio::test]
async fn a30_too_much_for_a_session_token_is_said() {
    let world = World::start().await;
    for (more, code) in [
        (json!({ "team": "t".repeat(9_000) }), "PackedPolicyTooLarge"),
        (
            json!({ "groups": (0..800).map(|n| format!("s3-{n:04}")).collect::<Vec<_>>() }),
            "PackedPolicyTooLarge",
        ),
    ] {
        let token = world.issuer.token_with("alice", &more);
        world.login_refused(&token, 400, code).await;
    }
    // What is not listed takes no room.
    let many: Vec<_> = (0..700).map(|n| format!("group-{n}")).collect();
    let keys =
        world.login_with(&world.issuer.token_with("alice", &json!({ "groups": many }))).await;
    assert!(keys.session_token.unwrap().len() < 1024);
}
