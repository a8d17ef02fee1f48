//! A51, A52 and A54: secrets, certificates and samples.

use std::collections::BTreeMap;
use std::path::Path;

use gateway::config::{MemoryFiles, load};
use serde_json::json;
use testkit::client::Connection;
use testkit::clock::now;
use testkit::signed::{Payload, encode};
use testkit::store::FakeStore;
use testkit::tls::Authority;

use crate::harness::{Plan, World, login_form, noise, request};

async fn admin_shows_nothing(world: &World) {
    let admin = world.admin.unwrap();
    for path in ["/metrics", "/readyz", "/livez", "/config", "/debug", "/"] {
        let page = testkit::client::exchange(
            admin,
            format!("GET {path} HTTP/1.1\r\nhost: admin\r\n\r\n").as_bytes(),
        )
        .await;
        world.assert_no_secret("the admin listener", &String::from_utf8_lossy(&page.body));
    }
}

#[tokio::test]
async fn a51_no_secret_in_logs_metrics_and_errors() {
    let plan = Plan::new().with(|config| {
        config["listen"]["admin"] = "127.0.0.1:0".into();
        config["log"] = json!({ "format": "json", "level": "trace" });
    });
    let world = plan.start().await;
    let token = world.issuer.token("alice");
    world.keep_out_of_logs("the identity token", &token);
    let alice = world.login_with(&token).await;
    world.store.put("/data/alice/k", b"x", &[]);
    let urls = [
        request("GET", "/data/alice/k").presign(&alice, 60),
        request("GET", "/data/alice/k").presign_hmacv1(&alice, now() + 60, ""),
        request("GET", "/data/bob/k").presign(&alice, 60),
        request("GET", "/data/alice/k?acl").presign(&alice, 60),
        request("GET", "/data/alice/k?nonsense").presign(&alice, 60),
        request("PUT", "/data/bob/k").body("x").sign(&alice),
        request("PUT", "/data/alice/k").body(noise(300_000)).sign(&alice),
        request("PUT", "/data/alice/k")
            .body(noise(300_000))
            .payload(Payload::Claim("0".repeat(64)))
            .sign(&alice),
    ];
    for sent in &urls {
        for part in sent.target.split('&').chain(sent.headers.iter().map(|(_, v)| v.as_str())) {
            if let Some((_, signature)) = part.rsplit_once("Signature=") {
                world.keep_out_of_logs("a signature", signature);
            }
        }
        world.send(sent).await;
        for odd in ["X-Amz-Signature", "Signature=", "AWSAccessKeyId"] {
            if sent.target.contains(odd) {
                world.send(&sent.clone().with_target(odd, &odd.replace('S', "s"))).await;
            }
        }
    }
    // Tokens where they do not belong, and calls that fail in every way.
    for form in [
        login_form(&token, "bad name"),
        login_form(&token[1..], "tests"),
        format!("{}&Policy=%7B%7D", login_form(&token, "tests")),
        format!("Action={}", encode(token.as_bytes())),
        format!("WebIdentityToken={}", encode(token.as_bytes())),
        format!("{}&WebIdentityToken=x", login_form(&token, "tests")),
        format!("{}&{}=1", login_form(&token, "tests"), encode(token.as_bytes())),
    ] {
        world.sts_form(&form).await;
    }
    let mut get = Connection::open(world.sts).await;
    let query = format!("GET /?{} HTTP/1.1\r\nhost: sts\r\n\r\n", login_form(&token, "tests"));
    get.send(query.as_bytes()).await;
    let response = get.response("GET").await;
    assert!(response.status == 200 || response.status >= 400);
    if let Some(secret) = response.xml("SecretAccessKey") {
        world.keep_out_of_logs("the other session's secret", secret);
    }
    let with_password = world
        .get("/data/alice/k")
        .unsigned_header("authorization", "Basic dXNlcjpwYXNzd29yZDEyMzQ=");
    world.keep_out_of_logs("a password", "dXNlcjpwYXNzd29yZDEyMzQ=");
    world.send(&with_password.presign(&alice, 60)).await;
    for key in ["x-amz-server-side-encryption-customer-key", "x-amz-mfa"] {
        let secret = "c2VjcmV0LWtleS1vZi10aGUtY3VzdG9tZXI=";
        world.keep_out_of_logs("a customer's key", secret);
        world
            .send(&request("PUT", "/data/alice/k").header(key, secret).body("x").sign(&alice))
            .await;
    }
    admin_shows_nothing(&world).await;
    world.fence().await;
}

#[test]
fn a51_the_configuration_shows_no_secret() {
    let plan = Plan::new();
    let config = plan.load().unwrap();
    let text = format!("{config:?} {config:#?}");
    for secret in [
        "store-secret-vX2pQ8nR5tY1wZ4m",
        "loader-secret-kB7dF3hJ9mN2sV6x",
        "0Th03xVIwSU0a1eUw27",
        "\"AWS4",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
    // Nor do complaints about it.
    for broken in [
        Plan::new().with(|config| {
            config["users"][0]["secret_key"] = "plain-secret-in-the-config".into();
        }),
        Plan::new().with(|config| {
            config["stores"][0]["credentials"][0]["secret_key"] =
                json!({ "file": "store.secret", "plain": "plain-secret-in-the-config" });
        }),
        Plan::new().with_file("keys.ring", "k1 active plain-secret-in-the-config\n"),
        Plan::new().with_file("keys.ring", "plain-secret-in-the-config"),
        Plan::new().with_file("loader.secret", "plain-secret-in-the-config \u{0} x"),
    ] {
        let complaint = broken.complaint();
        assert!(!complaint.contains("plain-secret"), "{complaint}");
    }
}

fn with_store(authority: &Authority, names: &[&str]) -> Plan {
    let store = FakeStore::start_tls(authority.server_config(names));
    Plan::around(store, testkit::issuer::FakeIssuer::start())
        .with(|config| config["stores"][0]["ca_file"] = "ca.pem".into())
        .with_file("ca.pem", authority.pem())
}

#[tokio::test]
async fn a52_a_store_without_a_good_certificate_is_not_asked() {
    let authority = Authority::new();
    let good = with_store(&authority, &["127.0.0.1"]).start().await;
    good.store.put("/data/k", b"x", &[]);
    good.passed(&request("GET", "/data/k").sign(&good.loader)).await;
    let expired = FakeStore::start_tls(authority.issue_expired(&["127.0.0.1"]).server_config());
    let expired = Plan::around(expired, testkit::issuer::FakeIssuer::start())
        .with(|config| config["stores"][0]["ca_file"] = "ca.pem".into())
        .with_file("ca.pem", authority.pem());
    for plan in [
        with_store(&authority, &["elsewhere.example.net"]),
        with_store(&authority, &["127.0.0.2"]),
        with_store(&authority, &["127.0.0.1"]).with_file("ca.pem", Authority::new().pem()),
        with_store(&authority, &["127.0.0.1"]).with(|config| {
            config["stores"][0].as_object_mut().unwrap().remove("ca_file");
        }),
        expired,
    ] {
        let world = plan.start().await;
        for sent in [request("GET", "/data/k"), request("PUT", "/data/k").body(noise(300_000))] {
            let sent = sent.sign(&world.loader);
            let response = world.send(&sent).await;
            assert_eq!((response.status, response.code()), (500, Some("InternalError")));
            let line = world.line_of(&response).await;
            assert!(line["reason"].as_str().unwrap().contains("TLS"), "{line}");
        }
        assert!(world.store.requests().is_empty());
    }
}

#[tokio::test]
async fn a52_the_only_way_round_is_said_aloud() {
    let authority = Authority::new();
    let plan = with_store(&authority, &["elsewhere.example.net"]).with(|config| {
        let store = config["stores"][0].as_object_mut().unwrap();
        store.remove("ca_file");
        store.insert("insecure_skip_tls_verify".to_owned(), true.into());
    });
    let world = plan.start().await;
    world.store.put("/data/k", b"x", &[]);
    world.passed(&request("GET", "/data/k").sign(&world.loader)).await;
    let warnings = world.trace.lines_with("WARN");
    assert!(warnings.iter().any(|line| line.contains("NOT verified")), "{warnings:?}");
    for (name, value) in
        [("insecure", json!(true)), ("tls_verify", json!(false)), ("verify", json!(false))]
    {
        let plan = Plan::new().with(|config| config["stores"][0][name] = value);
        assert!(plan.complaint().contains(name), "{}", plan.complaint());
    }
}

/// What production says to a plan.
fn in_production(plan: &Plan, replaced: &[(&str, &str)]) -> String {
    let mut files = MemoryFiles::default()
        .with("/cfg/keys.ring", crate::harness::RING)
        .with("/cfg/store.secret", "store-secret-vX2pQ8nR5tY1wZ4m")
        .with("/cfg/loader.secret", "loader-secret-kB7dF3hJ9mN2sV6x")
        .with("/cfg/fence.secret", "fence-secret-pL4rT8wQ2zC6yM1b")
        .with(
            "/cfg/loader.json",
            crate::harness::policy(&[crate::harness::allow(&["s3:*"], &["*"])]).to_string(),
        )
        .with(
            "/cfg/fence.json",
            crate::harness::policy(&[crate::harness::allow(&["s3:*"], &["*"])]).to_string(),
        )
        .with("/cfg/roles/people.json", plan.role.to_string());
    for (path, content) in replaced {
        files = files.with(Path::new("/cfg").join(path), *content);
    }
    let loaded = load(&plan.config.to_string(), &BTreeMap::new(), Path::new("/cfg"), &files);
    loaded.err().map(|errors| errors.to_string()).unwrap_or_default()
}

#[test]
fn a54_samples_open_nothing_in_production() {
    let plan = Plan::new();
    assert_eq!(in_production(&plan, &[]), "");
    for public in
        ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "minioadmin", "password", "changeme", "secret"]
    {
        let complaint = in_production(&plan, &[("loader.secret", public)]);
        assert!(complaint.contains("users[0].secret_key"), "{public}: {complaint}");
        assert!(!complaint.contains(public) || public == "secret", "{complaint}");
    }
    for ring in [
        "",
        "k1 accept 0Th03xVIwSU0a1eUw27+FXd/2tMTzxwbJDa8aW2+pzY=\n",
        "k1 active AAAA\n",
        "k1 active AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
    ] {
        assert!(in_production(&plan, &[("keys.ring", ring)]).contains("keys"), "{ring:?}");
    }
    for issuer in
        ["https://kc.example.org/realms/main", "https://idp.example.com", "https://x.invalid"]
    {
        let plan = Plan::new().with(|config| config["providers"][0]["issuer"] = issuer.into());
        assert!(in_production(&plan, &[]).contains("documentation"), "{issuer}");
    }
    // The sample in the repository starts as little.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sample = std::fs::read_to_string(root.join("fakes3pp.sample.yaml")).unwrap();
    assert!(load(&sample, &BTreeMap::new(), &root, &gateway::config::Disk).is_err());
}
