//! The endpoint with a real configuration and a provider on a socket of its own.

mod keys;
mod socket;
mod tokens;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use http::Method;
use http_body_util::Full;
use serde_json::{Value, json};
use sts::token::KeyRing;
use testkit::issuer::{FakeIssuer, Key, Kind};

use super::*;
use crate::clock;
use crate::config::{self, MemoryFiles, Samples};
use crate::pipeline::Connection;
use crate::shutdown::{self, Signal, Trigger};

const ROLE: &str = "arn:aws:iam::111122223333:role/team/reader";
/// A role that trusts the provider from one address only.
const NEAR: &str = "arn:aws:iam::111122223333:role/near";
const USER_KEY: &str = "AKIDEXAMPLE1234567890";
const USER_SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// Everything that a call needs.
struct World {
    issuer: FakeIssuer,
    key: Key,
    snapshot: Snapshot,
    /// What the next calls come from.
    peer: IpAddr,
    /// Their instant; `None`: the real one.
    at: Option<Timestamp>,
    stop: Trigger,
}

fn role(arn: &str, provider: &str, condition: &Value) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "Login", "Effect": "Allow", "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition,
    }]});
    let read = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::demo/*",
    }]});
    json!({
        "Arn": arn, "MaxSessionDuration": 7200, "AssumeRolePolicyDocument": trust,
        "Policies": [{"PolicyName": "read", "PolicyDocument": read}],
    })
    .to_string()
}

impl World {
    async fn new() -> Self {
        let issuer = FakeIssuer::start();
        let key = Key::new("k1", Kind::Ed25519);
        issuer.set_keys(vec![key.clone()]);
        let (stop, shutdown) = shutdown::channel();
        let snapshot = snapshot(&issuer, true, &shutdown);
        snapshot.providers.tried(testkit::PATIENCE).await;
        let peer = IpAddr::from([192, 0, 2, 1]);
        Self { issuer, key, snapshot, peer, at: None, stop }
    }

    /// A good token for a subject, with further claims; a `null` removes one.
    fn token(&self, subject: &str, more: &Value) -> String {
        let mut claims = self.issuer.claims(subject);
        testkit::issuer::merge(&mut claims, more);
        self.key.token(&claims)
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> StsAnswer {
        let connection = Connection { peer: Some(self.peer), tls: None };
        let client = Client::new(connection, request.headers(), &[]);
        let inputs = Inputs {
            snapshot: &self.snapshot,
            providers: &self.snapshot.providers,
            client: &client,
            now: self.at.unwrap_or_else(clock::now),
            request_id: "0123456789ABCDEF",
        };
        handle(inputs, request).await
    }

    async fn post(&self, form: impl Into<Bytes>) -> StsAnswer {
        self.send(post(form)).await
    }

    async fn login(&self, token: &str) -> StsAnswer {
        self.post(form(&[("WebIdentityToken", token)])).await
    }
}

/// Listens for nothing, trusts the issuer; `with_role`: has the role of the tests.
fn snapshot(issuer: &FakeIssuer, with_role: bool, shutdown: &Signal) -> Snapshot {
    let url = issuer.issuer();
    let text = format!(
        "account_id: \"111122223333\"
listen: {{ sts: \"127.0.0.1:1\" }}
trusted_proxies: []
keys: {{ file: keys.ring }}
providers: [{{ issuer: \"{url}\", audiences: [fakes3pp], claims: {{ groups: {{}} }} }}]
roles: roles
users: [{{ name: loader, access_key: {USER_KEY}, secret_key: {{ env: SECRET }}, policies: [p] }}]
"
    );
    let provider = format!("arn:aws:iam::111122223333:oidc-provider/{}", issuer.arn_part());
    let near = json!({"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}});
    let ring = KeyRing::init("k1", *b"an example of thirty-two bytes!!").unwrap();
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "s3:*", "Resource": "*",
    }]});
    let mut files = MemoryFiles::default()
        .with("/etc/keys.ring", ring.render().as_bytes())
        .with("/etc/p", policy.to_string())
        .with("/etc/roles/near.json", role(NEAR, &provider, &near));
    if with_role {
        files = files.with("/etc/roles/reader.json", role(ROLE, &provider, &json!({})));
    }
    let environment = BTreeMap::from([("SECRET".to_owned(), USER_SECRET.to_owned())]);
    let config =
        config::load_with(&text, &environment, Path::new("/etc"), &files, Samples::Accept).unwrap();
    Snapshot::new(1, config.live, &config.startup.limits, None, shutdown).unwrap()
}

/// The form of a login; the given parameters replace the usual ones or join them.
fn form(parameters: &[(&str, &str)]) -> String {
    let mut all = BTreeMap::from([
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", ROLE),
        ("RoleSessionName", "laptop"),
    ]);
    all.extend(parameters.iter().copied());
    form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish()
}

fn post(form: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::post("/")
        .header("host", "127.0.0.1")
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .body(Full::new(form.into()))
        .unwrap()
}

impl StsAnswer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The first element of that name, without unescaping.
    fn xml(&self, element: &str) -> Option<&str> {
        let (_, rest) = self.text().split_once(&format!("<{element}>"))?;
        rest.split_once(&format!("</{element}>")).map(|(inner, _)| inner)
    }

    /// Status and code of an error, after the checks that hold for every error.
    fn refused(&self) -> (u16, &str) {
        assert_eq!(self.xml("RequestId"), Some("0123456789ABCDEF"), "{}", self.text());
        let code = self.xml("Code").unwrap_or_else(|| panic!("no error: {}", self.text()));
        assert_eq!(self.facts.error.map(Code::as_str), Some(code));
        assert!(self.facts.reason.as_ref().is_some_and(|reason| !reason.is_empty()));
        (self.status.as_u16(), code)
    }
}

#[tokio::test]
async fn a_login_gives_keys_that_open_with_the_ring() {
    let world = World::new().await;
    let token = world.token("alice", &json!({"groups": ["s3-team"]}));
    let answer = world.login(&token).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let key = answer.xml("AccessKeyId").unwrap();
    assert!(key.starts_with("ASIA") && key.len() == 20, "{key}");
    let id = sigv4::AccessKeyId::parse(key).unwrap();
    let sealed = answer.xml("SessionToken").unwrap();
    let (session, secret) = world.snapshot.live.keys.open(sealed, &id).unwrap();
    assert_eq!(answer.xml("SecretAccessKey"), Some(secret.expose()));
    assert_eq!(secret.expose().len(), 40);
    assert!(sealed.len() < 1024);
    assert_eq!(answer.xml("Expiration"), Some(session.expires_at().rfc3339().as_str()));
    let seconds = session.expires_at().unix() - clock::now().unix();
    assert!((3590..=3600).contains(&seconds), "{seconds}");
    let arn = "arn:aws:sts::111122223333:assumed-role/reader/laptop";
    assert_eq!(answer.xml("Arn"), Some(arn));
    assert_eq!(answer.xml("SubjectFromWebIdentityToken"), Some("alice"));
    assert_eq!(answer.xml("Audience"), Some("fakes3pp"));
    assert_eq!(answer.xml("Provider"), Some(world.issuer.issuer().as_str()));
    let facts = Facts {
        operation: Some("AssumeRoleWithWebIdentity"),
        access_key_id: Some(key.to_owned()),
        subject: Some("alice".to_owned()),
        issuer: Some(world.issuer.issuer()),
        role: Some(ROLE.to_owned()),
        session: Some("laptop".to_owned()),
        decision: Some("allow"),
        decided_by: answer.facts.decided_by.clone(),
        ..Facts::default()
    };
    assert_eq!(answer.facts, facts);
    assert!(answer.facts.decided_by.unwrap().ends_with("[0] (Login)"));
}

#[tokio::test]
async fn a_login_may_be_a_query_and_a_form_together() {
    let world = World::new().await;
    let token = world.token("alice", &json!({}));
    let query = form(&[("WebIdentityToken", &token)]);
    let get = Request::get(format!("/?{query}")).body(Full::default()).unwrap();
    assert_eq!(world.send(get).await.status, StatusCode::OK);
    let mut both = post(form(&[]));
    *both.uri_mut() = format!("/?WebIdentityToken={token}").parse().unwrap();
    assert_eq!(world.send(both).await.status, StatusCode::OK);
    let mut twice = post(query.clone());
    *twice.uri_mut() = format!("/?WebIdentityToken={token}").parse().unwrap();
    assert_eq!(world.send(twice).await.refused(), (400, "InvalidQueryParameter"));
    let empty = Request::post(format!("/?{query}")).body(Full::default()).unwrap();
    assert_eq!(world.send(empty).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_from_a_file_may_end_in_a_newline() {
    let world = World::new().await;
    let token = world.token("alice", &json!({}));
    for (end, status) in [("\n", 200), ("\r\n", 200), (" \n", 200), ("\u{a0}", 400), ("\nx", 400)] {
        let answer = world.login(&format!("{token}{end}")).await;
        assert_eq!(answer.status.as_u16(), status, "{end:?}: {}", answer.text());
    }
}

#[tokio::test]
async fn what_is_no_call_is_refused() {
    let world = World::new().await;
    let token = world.token("alice", &json!({}));
    let good = form(&[("WebIdentityToken", &token)]);
    let request = |method: Method, uri: &str, kind: &str| {
        Request::builder()
            .method(method)
            .uri(uri)
            .header("content-type", kind)
            .body(Full::new(Bytes::from(good.clone())))
            .unwrap()
    };
    let kind = "application/x-www-form-urlencoded";
    let mut encoded = request(Method::POST, "/", kind);
    encoded.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    for (request, code) in [
        (request(Method::PUT, "/", kind), "InvalidAction"),
        (request(Method::DELETE, "/", kind), "InvalidAction"),
        (request(Method::POST, "/x", kind), "InvalidAction"),
        (request(Method::POST, "//", kind), "InvalidAction"),
        (request(Method::POST, "http://elsewhere/", kind), "InvalidAction"),
        (request(Method::POST, "/", "application/json"), "InvalidQueryParameter"),
        (request(Method::GET, "/", kind), "InvalidQueryParameter"),
        (encoded, "InvalidQueryParameter"),
        (post(""), "MissingAction"),
        (post("Action=AssumeRoot&Version=2011-06-15"), "InvalidAction"),
        (post("Action=Nothing&Version=2011-06-15"), "InvalidAction"),
        (post("Action=GetCallerIdentity"), "InvalidAction"),
        (post("Action=GetCallerIdentity&Version=2011-06-15&X=y"), "InvalidQueryParameter"),
        (
            post(form(&[("WebIdentityToken", &token), ("RoleSessionName", "a/b")])),
            "ValidationError",
        ),
        (post("x".repeat(90_000)), "InvalidQueryParameter"),
    ] {
        let what = format!("{request:?}");
        let answer = world.send(request).await;
        assert_eq!(answer.refused(), (400, code), "{what:.300}");
    }
}

#[tokio::test]
async fn a24_a_session_policy_is_sealed_or_refused() {
    let world = World::new().await;
    let token = world.token("alice", &json!({}));
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    let answer = world.post(form(&[("WebIdentityToken", &token), ("Policy", policy)])).await;
    let id = sigv4::AccessKeyId::parse(answer.xml("AccessKeyId").unwrap()).unwrap();
    let sealed = answer.xml("SessionToken").unwrap();
    let (session, _) = world.snapshot.live.keys.open(sealed, &id).unwrap();
    let sts::session::AnySession::Role(session) = session else { panic!("{session:?}") };
    assert_eq!(session.policies.inline.as_deref(), Some(policy));
    let arn = ("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
    let answer = world.post(form(&[("WebIdentityToken", &token), arn])).await;
    assert_eq!(answer.refused(), (400, "ValidationError"));
    let empty = world.post(form(&[("WebIdentityToken", &token), ("PolicyArns", "")])).await;
    assert_eq!(empty.status, StatusCode::OK);
}

#[tokio::test]
async fn a_missing_role_and_one_that_does_not_trust_look_the_same() {
    let mut world = World::new().await;
    let token = world.token("alice", &json!({}));
    let ask = |role: &str| form(&[("WebIdentityToken", &token), ("RoleArn", role)]);
    let missing = world.post(ask("arn:aws:iam::111122223333:role/missing")).await;
    assert_eq!(missing.refused(), (403, "AccessDenied"));
    let denied = world.post(ask(NEAR)).await;
    assert_eq!(denied.text(), missing.text());
    assert_ne!(denied.facts.reason, missing.facts.reason);
    assert_eq!(denied.facts.subject.as_deref(), Some("alice"));
    world.peer = IpAddr::from([198, 51, 100, 7]);
    assert_eq!(world.post(ask(NEAR)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a16_a_forwarding_header_of_a_stranger_opens_no_trust_policy() {
    let mut world = World::new().await;
    let token = world.token("alice", &json!({}));
    let ask = form(&[("WebIdentityToken", &token), ("RoleArn", NEAR)]);
    for peer in [[192, 0, 2, 1], [198, 51, 100, 7]] {
        world.peer = IpAddr::from(peer);
        let mut request = post(ask.clone());
        request.headers_mut().insert("x-forwarded-for", "198.51.100.7".parse().unwrap());
        assert_eq!(world.send(request).await.refused(), (403, "AccessDenied"), "{peer:?}");
    }
    // Nor does a claim or a parameter that is called like a condition key.
    world.peer = IpAddr::from([192, 0, 2, 1]);
    let token = world.token("alice", &json!({"aws:SourceIp": "198.51.100.7"}));
    let ask = form(&[("WebIdentityToken", &token), ("RoleArn", NEAR)]);
    assert_eq!(world.post(ask).await.refused(), (403, "AccessDenied"));
}

#[tokio::test]
async fn a_session_is_no_longer_than_its_role_allows() {
    let world = World::new().await;
    let token = world.token("alice", &json!({}));
    for (seconds, status) in [("900", 200), ("7200", 200), ("7201", 400), ("899", 400), ("", 400)] {
        let ask = form(&[("WebIdentityToken", &token), ("DurationSeconds", seconds)]);
        let answer = world.post(ask).await;
        assert_eq!(answer.status.as_u16(), status, "{seconds}: {}", answer.text());
    }
}

#[tokio::test]
async fn a61_a_thousand_logins_leave_nothing_behind() {
    let world = World::new().await;
    let mallory = world.token("mallory", &json!({}));
    for _ in 0..1_000 {
        assert_eq!(world.login(&mallory).await.status, StatusCode::OK);
    }
    let alice = world.token("alice", &json!({}));
    let (first, second) = (world.login(&alice).await, world.login(&alice).await);
    assert_eq!((first.status, second.status), (StatusCode::OK, StatusCode::OK));
    assert_ne!(first.xml("AccessKeyId"), second.xml("AccessKeyId"));
    assert_ne!(first.xml("SecretAccessKey"), second.xml("SecretAccessKey"));
    assert_eq!(world.issuer.jwks_fetches(), 1);
}
