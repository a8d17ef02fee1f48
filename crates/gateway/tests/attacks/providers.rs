//! A31, A32 and A62: identity providers in trouble, in motion, and in disguise.

use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use testkit::answer::Answer;
use testkit::issuer::{FakeIssuer, Key, Kind};
use testkit::store::FakeStore;
use testkit::tls::Authority;

use crate::harness::{Plan, World};
use crate::tokens::INVALID;

#[tokio::test]
async fn a31_a_flood_of_unknown_keys_fetches_once() {
    let world = World::start().await;
    world.login("alice").await;
    let stranger = Key::new("stranger", Kind::Ed25519);
    let claims = world.issuer.claims("alice");
    // Let the first fetch be long ago, so that one more is due.
    let later = Duration::from_secs(31);
    tokio::time::pause();
    tokio::time::advance(later).await;
    tokio::time::resume();
    let (mut retryable, mut asked) = (0, 0);
    for n in 0..100 {
        let kid = json!({ "kid": format!("kid-{n}") });
        let response = world.assume(&stranger.token_with_header(&kid, &claims)).await;
        assert_eq!(response.status, 400, "{}", response.text());
        match response.code().unwrap() {
            INVALID => assert_eq!(n, 0, "an answer that nobody looked up"),
            "IDPCommunicationError" => retryable += 1,
            other => panic!("{other}"),
        }
        if n == 0 {
            asked = world.issuer.jwks_fetches();
        }
    }
    assert!(retryable >= 99, "{retryable}");
    // The first, one for a login that may have come while it was under way, one for the flood.
    assert!((2..=3).contains(&asked), "{asked}");
    assert_eq!(world.issuer.jwks_fetches(), asked);
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
