//! A30 to A32 and A62: tokens of identity providers, and the providers themselves.

use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::answer::Answer;
use testkit::clock::now;
use testkit::issuer::{FakeIssuer, Key, Kind, token, unsigned_token};
use testkit::store::FakeStore;
use testkit::tls::Authority;

use crate::harness::{Plan, World};

const INVALID: &str = "InvalidIdentityToken";

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

#[tokio::test]
async fn a31_a_flood_of_unknown_keys_fetches_once() {
    let world = World::start().await;
    world.login("alice").await;
    let before = world.issuer.jwks_fetches();
    let stranger = Key::new("stranger", Kind::Ed25519);
    let claims = world.issuer.claims("alice");
    // Let the first fetch be long ago, so that one more is due.
    let later = Duration::from_secs(31);
    tokio::time::pause();
    tokio::time::advance(later).await;
    tokio::time::resume();
    let mut retryable = 0;
    for n in 0..100 {
        let kid = json!({ "kid": format!("kid-{n}") });
        let response = world.assume(&stranger.token_with_header(&kid, &claims)).await;
        assert_eq!(response.status, 400, "{}", response.text());
        match response.code().unwrap() {
            INVALID => assert_eq!(n, 0, "an answer that nobody looked up"),
            "IDPCommunicationError" => retryable += 1,
            other => panic!("{other}"),
        }
    }
    assert!(retryable >= 99, "{retryable}");
    assert_eq!(world.issuer.jwks_fetches(), before + 1);
    world.login("alice").await;
}

#[tokio::test]
async fn a31_a_provider_in_trouble_does_not_matter_to_known_keys() {
    let world = World::start().await;
    let elsewhere = FakeStore::start();
    world.login("alice").await;
    let huge = Answer::ok().body_of(b' ', 50_000_000);
    for trouble in [
        Answer::status(503),
        Answer::redirect(302, &format!("{}/keys", elsewhere.url())),
        huge,
        Answer::ok().body("{\"keys\":[]}"),
        Answer::ok().body("not json"),
        Answer::ok().body("{\"keys\":[").close(),
        Answer::ok().body("{}").after(Duration::from_secs(600)),
        Answer::ok().body(vec![b'['; 100_000]),
    ] {
        world.issuer.fail_jwks(Some(trouble));
        let before = world.issuer.jwks_fetches();
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(61)).await;
        tokio::time::resume();
        let stranger = Key::new("stranger", Kind::Ed25519);
        let unknown = stranger.token(&world.issuer.claims("alice"));
        let response = world.assume(&unknown).await;
        let code = response.code().unwrap();
        assert!([INVALID, "IDPCommunicationError"].contains(&code), "{}", response.text());
        assert!(world.issuer.jwks_fetches() > before, "nothing was fetched");
        world.login("alice").await;
    }
    assert!(elsewhere.connections().is_empty(), "a redirect was followed");
}

#[tokio::test]
async fn a31_a_provider_that_never_was_there() {
    let plan = Plan::new();
    plan.issuer.fail_discovery(Some(Answer::status(500)));
    let world = plan.start().await;
    world.login_refused(&world.issuer.token("alice"), 400, "IDPCommunicationError").await;
    // Everybody else goes on working.
    world.store.put("/data/k", b"x", &[]);
    world.passed(&world.get("/data/k").sign(&world.loader)).await;
    // A document that names another issuer is not this provider's.
    world.issuer.fail_discovery(None);
    world.issuer.pretend_issuer(Some("https://elsewhere.example.net"));
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    world.login_refused(&world.issuer.token("alice"), 400, "IDPCommunicationError").await;
}

#[tokio::test]
async fn a32_keys_rotate_without_a_restart() {
    let world = World::start().await;
    world.login("alice").await;
    let old = world.issuer.key();
    let new = Key::new("key-2", Kind::P256);
    world.issuer.set_keys(vec![new.clone(), old.clone()]);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    let claims = world.issuer.claims("alice");
    world.login_with(&new.token(&claims)).await;
    world.login_with(&old.token(&claims)).await;
    // In the background, too, with nobody asking: what was taken back is gone.
    world.issuer.set_keys(vec![new.clone()]);
    let before = world.issuer.jwks_fetches();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(301)).await;
    tokio::time::resume();
    let fetches = |requests: &[testkit::server::Request]| {
        requests.iter().filter(|request| request.path().ends_with("/keys")).count()
    };
    world.issuer.wait_until("a refresh", |requests, _| fetches(requests) > before).await;
    for _ in 0..100 {
        if world.assume(&old.token(&claims)).await.status != 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_ne!(world.assume(&old.token(&claims)).await.status, 200);
    world.login_with(&new.token(&claims)).await;
}

/// A plan whose provider is trusted as far as that authority's certificates go. The gateway reads
/// the file again at each fetch, so it is a real one.
fn trusting(authority: &Authority, folder: &TempDir, issuer: FakeIssuer) -> Plan {
    let path = authority.write_pem(folder.path()).display().to_string();
    Plan::around(FakeStore::start(), issuer)
        .with_file(&path, authority.pem())
        .with(|config| config["providers"][0]["ca_file"] = path.into())
}

#[tokio::test]
async fn a62_the_providers_certificate_is_for_its_name() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    for (names, host, fine) in [
        (&["localhost"][..], "localhost", true),
        (&["127.0.0.1"], "127.0.0.1", true),
        (&["elsewhere.example.net"], "localhost", false),
        (&["localhost"], "127.0.0.1", false),
        (&["127.0.0.1"], "localhost", false),
        (&["127.0.0.2"], "127.0.0.1", false),
        (&["*.localhost"], "localhost", false),
    ] {
        let issuer = FakeIssuer::start_tls(authority.server_config(names), host);
        let world = trusting(&authority, &folder, issuer).start().await;
        let response = world.assume(&world.issuer.token("alice")).await;
        assert_eq!(response.status == 200, fine, "{names:?} {host}: {}", response.text());
        if !fine {
            assert_eq!(response.code(), Some("IDPCommunicationError"));
            assert!(world.issuer.requests().is_empty(), "{names:?} {host}");
        }
    }
    // Another authority's, one that has ended, and one of nobody we know.
    let stranger = Authority::new();
    let started = |config| FakeIssuer::start_tls(config, "localhost");
    let good = || authority.server_config(&["localhost"]);
    for plan in [
        trusting(&authority, &folder, started(stranger.server_config(&["localhost"]))),
        trusting(
            &authority,
            &folder,
            started(authority.issue_expired(&["localhost"]).server_config()),
        ),
        Plan::around(FakeStore::start(), started(good())),
    ] {
        let world = plan.start().await;
        world.login_refused(&world.issuer.token("alice"), 400, "IDPCommunicationError").await;
        assert!(world.issuer.requests().is_empty());
    }
}

#[tokio::test]
async fn a62_keys_that_are_not_for_signing_or_too_weak() {
    let plan = Plan::new();
    let weak = Key::new("weak", Kind::Rsa1024);
    let sealing = Key::new("sealing", Kind::P256).with_jwk(&json!({ "use": "enc" }));
    let deriving = Key::new("deriving", Kind::P256).with_jwk(&json!({ "key_ops": ["deriveKey"] }));
    let other = Key::new("other", Kind::Rsa2048).with_jwk(&json!({ "alg": "RS512" }));
    let good = Key::new("good", Kind::Ed25519);
    plan.issuer.set_keys(vec![
        good.clone(),
        weak.clone(),
        sealing.clone(),
        deriving.clone(),
        other.clone(),
    ]);
    let world = plan.start().await;
    let claims = world.issuer.claims("alice");
    world.login_with(&good.token(&claims)).await;
    for key in [&weak, &sealing, &deriving, &other] {
        let response = world.assume(&key.token(&claims)).await;
        let code = response.code().unwrap_or_default();
        let refused = code == INVALID || code == "IDPCommunicationError";
        assert!(response.status == 400 && refused, "{}: {}", key.kid(), response.text());
    }
}
