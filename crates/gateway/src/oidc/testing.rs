//! What the tests of the providers share, beside the testkit.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sts::jwt::Token;
use sts::web_identity::ProviderRules;
use testkit::answer::Answer;
use testkit::issuer::{FakeIssuer, Key, Kind};

use crate::config::{HttpUrl, KeySource, Provider};

/// An issuer with these keys.
pub(crate) fn issuer(keys: &[&Key]) -> FakeIssuer {
    let issuer = FakeIssuer::start();
    publish(&issuer, keys);
    issuer
}

/// Rotates the keys.
pub(crate) fn publish(issuer: &FakeIssuer, keys: &[&Key]) {
    issuer.set_keys(keys.iter().map(|key| (*key).clone()).collect());
}

/// A key of the kind that is made fastest.
pub(crate) fn key(kid: &str) -> Key {
    Key::new(kid, Kind::Ed25519)
}

/// A key set as a document.
pub(crate) fn jwks(keys: &[&Key]) -> String {
    json!({"keys": keys.iter().filter_map(|key| key.jwk()).collect::<Vec<_>>()}).to_string()
}

/// A discovery document.
pub(crate) fn discovery(issuer: &str, jwks_uri: &str) -> Option<Answer> {
    let document = json!({"issuer": issuer, "jwks_uri": jwks_uri, "more": [1, {}]});
    Some(Answer::ok().body(document.to_string()))
}

/// A token as `issuer` would make it, with a key called `kid` and a signature of nobody.
pub(crate) fn token(issuer: &str, kid: &str) -> Token {
    signed(issuer, &key(kid))
}

/// A token of `issuer`, signed with `key`.
pub(crate) fn signed(issuer: &str, key: &Key) -> Token {
    let nameless = key.jwk().is_some_and(|jwk| jwk.get("kid").is_none());
    let header = if nameless { json!({"kid": null}) } else { json!({}) };
    let claims =
        json!({"iss": issuer, "sub": "alice", "aud": "fakes3pp", "exp": 4_000_000_000_u32});
    Token::parse(&key.token_with_header(&header, &claims)).unwrap()
}

/// The configuration of a provider that is found by discovery, with nothing optional.
pub(crate) fn by_discovery(issuer: &FakeIssuer) -> Provider {
    let document = format!("{}{}", issuer.issuer(), testkit::issuer::DISCOVERY);
    provider(&issuer.issuer(), KeySource::Discovery(url(&document)))
}

/// The same for other sources of keys.
pub(crate) fn provider(issuer: &str, keys: KeySource) -> Provider {
    let audiences = vec![testkit::issuer::AUDIENCE.to_owned()];
    let rules = ProviderRules::new(issuer, audiences, 30, Vec::new()).unwrap();
    Provider {
        issuer: issuer.to_owned(),
        rules: Arc::new(rules),
        keys,
        ca: None,
        bearer_token_file: None,
        allow_http: false,
    }
}

pub(crate) fn url(text: &str) -> HttpUrl {
    HttpUrl::parse(text).unwrap()
}

/// A file in `folder`.
pub(crate) fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
pub(crate) fn start<F>(task: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(task)
}

/// Lets `duration` pass at once for every timer here, and none of it for the sockets.
pub(crate) async fn skip(duration: Duration) {
    tokio::time::pause();
    tokio::time::advance(duration).await;
    tokio::time::resume();
}

/// Waits (in real time) until `holds`.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !holds() {
        assert!(start.elapsed() < testkit::PATIENCE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
