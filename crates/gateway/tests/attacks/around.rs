//! A51 to A61: secrets, certificates, samples, keys that a store folds, headers with a promise.

use std::collections::BTreeMap;
use std::path::Path;

use gateway::config::{MemoryFiles, load};
use serde_json::{Value, json};
use testkit::answer::Answer;
use testkit::client::Connection;
use testkit::clock::now;
use testkit::signed::{Credentials, Payload, encode};
use testkit::store::FakeStore;
use testkit::tls::Authority;

use crate::harness::{Plan, World, login_form, noise, request, sts_post};

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

#[tokio::test]
async fn a56_keys_that_the_store_would_fold() {
    let plan = Plan::new().with(|config| config["stores"][0]["key_rules"] = json!(["minio"]));
    let world = plan.start().await;
    let keys = &world.loader;
    for key in [
        "/secret.txt",
        "%2Fsecret.txt",
        "a//b",
        "a%2F%2Fb",
        "./a",
        "../a",
        "a/./b",
        "a/../b",
        "a/..",
        "a/%2e%2e/b",
        "a%5C..%5Cb",
        ".",
        "..",
    ] {
        let canonical = |key: &str| {
            let decoded = key.replace("%2F", "/").replace("%2e", ".").replace("%5C", "\\");
            testkit::signed::encode_path(&decoded)
        };
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
            let mut sent = request(method, &format!("/data/{}", canonical(key)));
            if method == "PUT" {
                sent = sent.body("x");
            }
            let mut sent = sent.sign(keys);
            sent.target = format!("/data/{key}");
            world.refused(&sent, 400, "InvalidArgument").await;
        }
        let source = format!("data/{}", canonical(key));
        let copy = request("PUT", "/data/k").header("x-amz-copy-source", &source);
        world.refused(&copy.sign(keys), 400, "InvalidArgument").await;
        let query = encode(canonical(key).replace("%5C", "\\").as_bytes());
        let list = request("GET", &format!("/data?prefix={query}"));
        let response = world.send(&list.sign(keys)).await;
        assert_eq!(response.status, 400, "{key}: {}", response.text());
    }
    for key in ["/a", "a//b", "a/../b"] {
        let document = format!(
            "<Delete><Object><Key>ok</Key></Object><Object><Key>{key}</Key></Object></Delete>"
        );
        let delete = request("POST", "/data?delete")
            .header("content-md5", &s3::checksum::ContentMd5::of(document.as_bytes()).to_base64())
            .body(document);
        world.refused(&delete.sign(keys), 400, "InvalidArgument").await;
    }
    world.passed(&request("PUT", "/data/a.b/..c/d..").body("x").sign(keys)).await;
}

#[tokio::test]
async fn a58_what_is_promised_reaches_the_store() {
    let world = World::start().await;
    let promises = [
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "key-id"),
        ("x-amz-server-side-encryption-context", "e30="),
        ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        (
            "x-amz-server-side-encryption-customer-key",
            "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U=",
        ),
        ("x-amz-server-side-encryption-customer-key-md5", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ("x-amz-storage-class", "GLACIER"),
        ("x-amz-object-lock-mode", "COMPLIANCE"),
        ("x-amz-object-lock-retain-until-date", "2030-01-01T00:00:00Z"),
        ("x-amz-object-lock-legal-hold", "ON"),
        ("x-amz-acl", "private"),
        ("x-amz-grant-read", "id=\"x\""),
        ("x-amz-tagging", "a=b"),
        ("x-amz-website-redirect-location", "/there"),
        ("x-amz-expected-bucket-owner", "000000000000"),
        ("x-amz-request-payer", "requester"),
        ("x-amz-meta-a", "b"),
        ("if-none-match", "*"),
        ("cache-control", "no-store"),
        ("content-disposition", "attachment"),
        ("content-language", "de"),
        ("expires", "Fri, 02 Jan 2026 03:04:05 GMT"),
    ];
    for (target, method) in [("/data/k", "PUT"), ("/data/k?uploads", "POST")] {
        for (name, value) in promises {
            // On a multipart upload it is a condition of its end, and no header of its beginning.
            if method == "POST" && name == "if-none-match" {
                continue;
            }
            let sent = request(method, target).header(name, value).sign(&world.loader);
            let before = world.store.requests().len();
            let response = world.send(&sent).await;
            if response.status == 200 {
                let arrived = world.store.wait_for_requests(before + 1).await;
                assert_eq!(arrived[before].header(name), Some(value), "{name}");
            } else {
                assert!(response.status >= 400, "{name}");
            }
        }
    }
    let sse_c = request("GET", "/data/k")
        .header("x-amz-server-side-encryption-customer-algorithm", "AES256")
        .header(
            "x-amz-server-side-encryption-customer-key",
            "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U=",
        )
        .header("x-amz-server-side-encryption-customer-key-md5", "AAAAAAAAAAAAAAAAAAAAAA==");
    let before = world.store.requests().len();
    world.send(&sse_c.sign(&world.loader)).await;
    let arrived = world.store.requests()[before].clone();
    assert_eq!(arrived.header("x-amz-server-side-encryption-customer-algorithm"), Some("AES256"));
}

#[tokio::test]
async fn a58_what_nobody_knows_is_named() {
    let plan = Plan::new().with(|config| {
        config["listen"]["admin"] = "127.0.0.1:0".into();
        config["harmless_headers"] = json!(["x-amz-harmless"]);
    });
    let world = plan.start().await;
    world.store.put("/data/k", b"x", &[]);
    for name in ["x-amz-unheard-of", "x-amz-object-event-lock", "x-amz-acl2", "x-amz-", "X-Amz-New"]
    {
        let sent = request("GET", "/data/k").header(name, "x").sign(&world.loader);
        let response = world.refused(&sent, 501, "NotImplemented").await;
        assert_eq!(response.xml("Header"), Some(name.to_ascii_lowercase().as_str()));
    }
    for (method, name) in
        [("GET", "x-amz-acl"), ("DELETE", "x-amz-storage-class"), ("GET", "x-amz-meta-a")]
    {
        let sent = request(method, "/data/k").header(name, "x").sign(&world.loader);
        let response = world.refused(&sent, 501, "NotImplemented").await;
        assert_eq!(response.xml("Header"), Some(name));
    }
    let harmless = request("GET", "/data/k").header("x-amz-harmless", "x").sign(&world.loader);
    let (_, arrived) = world.passed(&harmless).await;
    assert_eq!(arrived.header("x-amz-harmless"), None);
    let vendor = request("GET", "/data/k")
        .header("x-minio-source-etag", "x")
        .header("x-rgw-quota", "x")
        .header("x-goog-acl", "public-read");
    let (_, arrived) = world.passed(&vendor.sign(&world.loader)).await;
    for name in ["x-minio-source-etag", "x-rgw-quota", "x-goog-acl"] {
        assert_eq!(arrived.header(name), None);
    }
    let scrape = b"GET /metrics HTTP/1.1\r\nhost: admin\r\n\r\n";
    let metrics = testkit::client::exchange(world.admin.unwrap(), scrape).await;
    let counted =
        metrics.text().lines().any(|line| line.contains("vendor") && line.ends_with(" 3"));
    assert!(counted, "{}", metrics.text());
}

#[tokio::test]
async fn a61_a_thousand_logins_crowd_nobody_out() {
    let world = World::start().await;
    let first = world.login("alice").await;
    let bob = world.issuer.token("bob");
    let post = sts_post(&login_form(&world.issuer.token("alice"), "crowd"));
    let mut connections = Vec::new();
    for _ in 0..4 {
        connections.push(Connection::open(world.sts).await);
    }
    let mut last = None;
    for n in 0..1000 {
        let connection = &mut connections[n % 4];
        connection.send(&post).await;
        let response = connection.response("POST").await;
        assert_eq!(response.status, 200, "{n}: {}", response.text());
        last = Some(response);
    }
    let last = last.unwrap();
    let part = |name: &str| last.xml(name).unwrap().to_owned();
    let newest = Credentials::temporary(
        &part("AccessKeyId"),
        &part("SecretAccessKey"),
        &part("SessionToken"),
    );
    let bob = world.login_with(&bob).await;
    for (keys, who) in [(&first, "alice"), (&newest, "alice"), (&bob, "bob")] {
        let own = request("PUT", &format!("/data/{who}/k")).body("x").sign(keys);
        world.passed(&own).await;
    }
}

/// One port for both.
fn shared_port() -> Plan {
    let free = testkit::server::closed_port();
    Plan::new().with(|config| {
        config["listen"]["s3"] = free.to_string().into();
        config["listen"]["sts"] = free.to_string().into();
    })
}

#[tokio::test]
async fn a10_on_a_shared_port_each_gets_its_own() {
    let world = shared_port().start().await;
    assert_eq!(world.s3, world.sts);
    let alice = world.login("alice").await;
    world.store.put("/data/alice/k", b"x", &[]);
    world.passed(&request("GET", "/data/alice/k").sign(&alice)).await;
    // A bulk delete of a bucket in the host is posted to `/`, too.
    let document =
        "<Delete><Object><Key>alice/k</Key></Object><Object><Key>bob/k</Key></Object></Delete>";
    let digest = s3::checksum::ContentMd5::of(document.as_bytes()).to_base64();
    let delete = |host: &str, path: &str| {
        request("POST", path).host(host).header("content-md5", &digest).body(document).sign(&alice)
    };
    for sent in
        [delete("s3.example.org", "/data?delete"), delete("data.s3.example.org", "/?delete")]
    {
        let done = "<DeleteResult><Deleted><Key>alice/k</Key></Deleted></DeleteResult>";
        world.store.push_for(|request| request.method == "POST", Answer::ok().body(done));
        let (response, arrived) = world.passed(&sent).await;
        assert!(!String::from_utf8(arrived.body).unwrap().contains("bob"));
        assert!(response.text().contains("<DeleteResult"), "{}", response.text());
    }
    // What looks like both is one of them, and never more than it should be.
    for (method, target, host) in [
        ("GET", "/?Action=GetCallerIdentity", "s3.example.org"),
        ("GET", "/?Action=GetCallerIdentity&list-type=2", "data.s3.example.org"),
        ("GET", "/?list-type=2&Action=x", "data.s3.example.org"),
        ("POST", "/?Action=GetCallerIdentity&delete", "data.s3.example.org"),
        ("GET", "/?%41ction=GetCallerIdentity", "s3.example.org"),
        ("HEAD", "/?Action=GetCallerIdentity", "s3.example.org"),
        ("PUT", "/?Action=GetCallerIdentity", "s3.example.org"),
    ] {
        let before = world.store.requests().len();
        let sent = request(method, target).host(host).sign(&world.loader);
        let response = testkit::client::exchange(world.s3, &sent.bytes()).await;
        assert!(response.status >= 400, "{method} {target}: {}", response.text());
        assert_eq!(world.store.requests().len(), before, "{method} {target}");
    }
    // A signature for one service is none for the other.
    let for_sts = request("GET", "/data/alice/k").service("sts").sign(&alice);
    world.refused(&for_sts, 400, "AuthorizationHeaderMalformed").await;
    let identity = "Action=GetCallerIdentity&Version=2011-06-15";
    for (service, status) in [("sts", 200), ("s3", 403)] {
        let call = request("POST", "/")
            .host("sts.example.org")
            .service(service)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(identity)
            .sign(&alice);
        let response = testkit::client::exchange(world.sts, &call.bytes()).await;
        assert_eq!(response.status, status, "{service}: {}", response.text());
    }
}

#[tokio::test]
async fn a10_the_sts_takes_calls_and_nothing_else() {
    let world = World::start().await;
    let good = login_form(&world.issuer.token("alice"), "tests");
    for form in [
        String::new(),
        "Action=".to_owned(),
        "Action=AssumeRole".to_owned(),
        "Action=assumerolewithwebidentity".to_owned(),
        "action=AssumeRoleWithWebIdentity".to_owned(),
        format!("{good}&Action=GetCallerIdentity"),
        format!("{good}&RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fother"),
        format!("{good}&rolearn=x"),
        format!("{good}&DurationSeconds=899"),
        format!("{good}&DurationSeconds=43201"),
        format!("{good}&DurationSeconds=3600&DurationSeconds=900"),
        format!("{good}&DurationSeconds=1e4"),
        format!("{good}&ProviderId=www.amazon.com"),
        format!("{good}&x=y"),
        good.replace("2011-06-15", "2010-01-01"),
        format!("{good}&pad={}", "x".repeat(100_000)),
        "a&".repeat(5000),
        "%FF=%FF".to_owned(),
        "Action=%00".to_owned(),
        "{\"Action\":\"AssumeRoleWithWebIdentity\"}".to_owned(),
        "<xml/>".to_owned(),
    ] {
        let response = world.sts_form(&form).await;
        let start: String = form.chars().rev().take(60).collect();
        assert!((400..500).contains(&response.status), "{start}: {}", response.text());
        assert!(!response.text().contains("SecretAccessKey"), "{start}");
    }
    let whole = String::from_utf8(sts_post(&good)).unwrap();
    for odd in [
        whole.replace("POST /", "POST /data"),
        whole.replace("POST /", "POST //"),
        whole.replace("POST /", "PUT /"),
        whole.replace("POST /", "DELETE /"),
        whole.replace("POST /", "GET /"),
        whole.replace("POST /", "POST http://elsewhere/"),
        whole.replace("POST /", "POST /?Action=GetCallerIdentity"),
        whole.replace("POST /", "POST /?RoleSessionName=other"),
        whole.replace("x-www-form-urlencoded", "json"),
        whole.replace("x-www-form-urlencoded", "x-www-form-urlencoded; charset=utf-7"),
        whole.replace("content-type:", "x-content-type:"),
        whole.replace("host:", "content-encoding: gzip\r\nhost:"),
        whole.replace("host:", "content-type: text/plain\r\nhost:"),
    ] {
        let response = testkit::client::exchange(world.sts, odd.as_bytes()).await;
        let head: String = odd.chars().take(60).collect();
        assert!((400..500).contains(&response.status), "{head}: {}", response.text());
        assert!(!response.text().contains("SecretAccessKey"), "{head}");
    }
    // The S3 listener is no STS, and the other way round.
    let response = testkit::client::exchange(world.s3, &sts_post(&good)).await;
    assert!((400..500).contains(&response.status));
    let s3 = request("GET", "/data/k").sign(&world.loader);
    let response = testkit::client::exchange(world.sts, &s3.bytes()).await;
    assert!((400..500).contains(&response.status));
    assert!(world.store.requests().is_empty());
}

#[tokio::test]
async fn a04_nobody_in_particular_gets_nothing() {
    let world = World::start().await;
    world.store.put("/data/k", b"x", &[]);
    for (method, target) in [
        ("GET", "/"),
        ("GET", "/data"),
        ("GET", "/data/k"),
        ("HEAD", "/data/k"),
        ("PUT", "/data/k"),
        ("DELETE", "/data/k"),
        ("POST", "/data/k?uploads"),
    ] {
        for (name, value) in
            [("x-a", "b"), ("x-amz-security-token", "AQ"), ("x-amz-date", "20260102T030405Z")]
        {
            let bytes = format!(
                "{method} {target} HTTP/1.1\r\nhost: s3.example.org\r\ncontent-length: 0\r\n{name}: {value}\r\n\r\n"
            );
            world.bytes_refused(bytes.as_bytes(), 403, "AccessDenied").await;
        }
    }
    // Least of all HTML from somebody else's bucket.
    let html =
        b"GET /data/k?response-content-type=text%2Fhtml HTTP/1.1\r\nhost: s3.example.org\r\n\r\n";
    world.bytes_refused(html, 400, "InvalidRequest").await;
    let form = "--x\r\ncontent-disposition: form-data; name=\"key\"\r\n\r\nk\r\n--x--\r\n";
    let post = format!(
        "POST /data HTTP/1.1\r\nhost: s3.example.org\r\ncontent-type: multipart/form-data; boundary=x\r\n\
         content-length: {}\r\n\r\n{form}",
        form.len()
    );
    let response = world.send_bytes("POST", post.as_bytes()).await;
    assert!(response.status >= 400, "{}", response.text());
    world.untouched_since(0).await;
}

#[tokio::test]
async fn a04_more_parameters_and_headers_than_anybody_sends() {
    let (world, alice) = World::with_alice().await;
    let many: Vec<String> = (0..2000).map(|n| format!("p{n}=v")).collect();
    let same: Vec<String> = (0..2000).map(|_| "prefix=v".to_owned()).collect();
    let hoisted: Vec<String> = (0..500).map(|n| format!("x-amz-meta-{n}=v")).collect();
    for query in [many.join("&"), same.join("&"), "&".repeat(30_000), "=".repeat(30_000)] {
        for sent in [
            request("GET", &format!("/data?{query}")).sign(&alice),
            request("GET", &format!("/data/alice/k?{query}")).presign(&alice, 60),
        ] {
            let response = world.send(&sent).await;
            assert!(response.status >= 400, "{}", response.status);
        }
    }
    let url = request("PUT", &format!("/data/alice/k?{}", hoisted.join("&"))).body("x");
    let response = world.send(&url.presign(&alice, 60)).await;
    assert_eq!(response.status, 400, "{}", response.text());
    let meta: Value = json!("m".repeat(30_000));
    let large =
        request("PUT", "/data/alice/k").header("x-amz-meta-a", meta.as_str().unwrap()).body("x");
    let response = world.send(&large.sign(&alice)).await;
    assert!(response.status == 200 || response.status >= 400);
    let deep = "a/".repeat(500);
    world.passed(&request("PUT", &format!("/data/alice/{deep}")).body("x").sign(&alice)).await;
}

#[tokio::test]
async fn a10_stopping_lets_nothing_half_done_pass() {
    let (mut world, alice) = World::with_alice().await;
    let body = noise(400_000);
    let upload = request("PUT", "/data/alice/half").body(body).sign(&alice);
    let bytes = upload.bytes();
    let mut connection = Connection::open(world.s3).await;
    connection.send(&bytes[..bytes.len() / 2]).await;
    world
        .store
        .wait_until("the upload to begin", |requests, _| {
            requests.iter().any(|request| request.path() == "/data/alice/half")
        })
        .await;
    connection.reset();
    world.stop().await;
    world
        .store
        .wait_until("the end of it", |requests, _| {
            requests.iter().all(|request| request.arrival != testkit::server::Arrival::Arriving)
        })
        .await;
    assert!(world.store.object("/data/alice/half").is_none());
}
