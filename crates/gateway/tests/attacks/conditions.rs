//! A16: what a request says of itself does not stand in for what is known of it.

use serde_json::{Value, json};
use testkit::client::Connection;
use testkit::store::FakeStore;
use testkit::tls::Authority;

use crate::harness::{Plan, World, allow, request};

fn deny(condition: &Value) -> Value {
    json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": condition })
}

fn everything_if(condition: Value) -> Value {
    let mut statement = allow(&["s3:*"], &["*"]);
    statement["Condition"] = condition;
    statement
}

async fn with_user_policy(statements: &[Value], proxies: Option<Value>) -> World {
    let plan = Plan::new().with_user_policy(statements);
    let plan = plan.with(|config| {
        if let Some(proxies) = proxies {
            config["trusted_proxies"] = proxies;
        }
    });
    let world = plan.start().await;
    world.store.put("/data/k", b"x", &[]);
    world.store.put("/fence/fence", b"", &[]);
    world
}

/// The status of a GET with these headers, and whether the store was asked.
async fn get(world: &World, headers: &[(&str, &str)]) -> (u16, bool) {
    let before = world.store.requests().len();
    let plain = request("GET", "/data/k");
    let sent = headers.iter().fold(plain, |r, (name, value)| r.unsigned_header(name, value));
    let response = world.send(&sent.sign(&world.loader)).await;
    (response.status, world.store.requests().len() > before)
}

#[tokio::test]
async fn a16_a_name_like_a_condition_key_has_no_effect() {
    let (world, alice) = World::with_alice().await;
    for (name, value) in [
        ("s3:prefix", "alice/"),
        ("claims:sub", "bob"),
        ("sub", "bob"),
        ("aws:PrincipalTag/team", "admin"),
    ] {
        // Not even HTTP, where the name has a colon: then it is another header's value.
        let sent = request("GET", "/data/bob/k").sign(&alice);
        let mut bytes = sent.head();
        bytes.truncate(bytes.len() - 2);
        bytes.extend_from_slice(format!("{name}: {value}\r\n\r\n").as_bytes());
        let response = world.send_bytes_loosely(&bytes).await;
        assert!(matches!(response.status, 400 | 403), "{name}: {}", response.status);
        let query = format!("/data/alice/k?{}={value}", name.replace(':', "%3A"));
        let response = world.send(&request("GET", &query).sign(&alice)).await;
        assert_eq!(response.status, 400, "{name}: {}", response.text());
    }
    let list = request("GET", "/data?list-type=2&prefix=bob%2F")
        .header("x-amz-prefix", "alice/")
        .sign(&alice);
    let response = world.send(&list).await;
    assert!(matches!(response.status, 403 | 501), "{}", response.text());
    world.untouched_since(0).await;
}

#[tokio::test]
async fn a16_a_prefix_given_twice_or_not_at_all() {
    let (world, alice) = World::with_alice().await;
    world.store.put("/data", b"", &[]);
    world.passed(&request("GET", "/data?prefix=alice%2F").sign(&alice)).await;
    world.passed(&request("GET", "/data?prefix=alice%2Fdeep%2F").sign(&alice)).await;
    for query in [
        "prefix=alice%2F&prefix=bob%2F",
        "prefix=bob%2F&prefix=alice%2F",
        "prefix=alice%2F&prefix=alice%2F",
        "prefix=alice%2F&prefi%78=",
    ] {
        let sent = request("GET", &format!("/data?{query}")).sign(&alice);
        world.refused(&sent, 400, "InvalidArgument").await;
    }
    for query in [
        "",
        "?prefix",
        "?prefix=",
        "?prefix=alice",
        "?prefix=%2Falice%2F",
        "?prefix=a",
        "?prefix=*",
        "?marker=alice%2F",
        "?delimiter=alice%2F",
        "?list-type=2&start-after=alice%2F",
        "?prefix=ALICE%2F",
        "?prefix=bob%2Falice%2F",
        "?versions&key-marker=alice%2F",
    ] {
        world.denied(&request("GET", &format!("/data{query}")).sign(&alice)).await;
    }
}

#[tokio::test]
async fn a16_the_address_is_the_peers_unless_a_known_proxy_says_otherwise() {
    let condition = json!({ "IpAddress": { "aws:SourceIp": "127.0.0.0/8" } });
    let world = with_user_policy(&[everything_if(condition)], Some(json!([]))).await;
    assert_eq!(get(&world, &[]).await, (200, true));
    for spoof in [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-for", ""),
        ("forwarded", "for=127.0.0.1"),
        ("x-real-ip", "127.0.0.1"),
    ] {
        // From nobody we know it makes the address unknown, whatever it says.
        assert_eq!(get(&world, &[spoof]).await, (403, false), "{spoof:?}");
    }
    for other in
        [("x-client-ip", "10.0.0.1"), ("true-client-ip", "10.0.0.1"), ("aws-sourceip", "1.1.1.1")]
    {
        assert_eq!(get(&world, &[other]).await, (200, true), "{other:?}");
    }
}

#[tokio::test]
async fn a16_an_unknown_address_meets_every_deny() {
    let denied = deny(&json!({ "IpAddress": { "aws:SourceIp": "10.66.0.0/16" } }));
    let world = with_user_policy(&[allow(&["s3:*"], &["*"]), denied], Some(json!([]))).await;
    assert_eq!(get(&world, &[]).await, (200, true));
    assert_eq!(get(&world, &[("x-forwarded-for", "10.1.1.1")]).await, (403, false));
    assert_eq!(get(&world, &[("forwarded", "for=unknown")]).await, (403, false));
    let only = deny(&json!({ "NotIpAddress": { "aws:SourceIp": "127.0.0.1" } }));
    let world = with_user_policy(&[allow(&["s3:*"], &["*"]), only], Some(json!([]))).await;
    assert_eq!(get(&world, &[]).await, (200, true));
    assert_eq!(get(&world, &[("x-forwarded-for", "127.0.0.1")]).await, (403, false));
}

#[tokio::test]
async fn a16_behind_a_proxy_the_right_most_stranger_counts() {
    let condition = json!({ "IpAddress": { "aws:SourceIp": "192.0.2.7/32" } });
    let proxies = json!(["127.0.0.1/32", "10.0.0.0/8"]);
    let world = with_user_policy(&[everything_if(condition)], Some(proxies)).await;
    for (value, status) in [
        ("192.0.2.7", 200),
        ("192.0.2.7, 10.0.0.2", 200),
        ("6.6.6.6, 192.0.2.7", 200),
        ("192.0.2.7, 6.6.6.6", 403),
        ("192.0.2.7, 6.6.6.6, 10.0.0.2", 403),
        ("192.0.2.7, unknown", 403),
        ("192.0.2.7,", 403),
        ("10.0.0.2", 403),
        ("", 403),
        ("192.0.2.7 192.0.2.7", 403),
        ("::ffff:192.0.2.7", 200),
    ] {
        let (found, asked) = get(&world, &[("x-forwarded-for", value)]).await;
        assert_eq!((found, asked), (status, status == 200), "{value}");
    }
    assert_eq!(get(&world, &[]).await, (403, false));
    let two = [("x-forwarded-for", "192.0.2.7"), ("x-forwarded-for", "6.6.6.6")];
    assert_eq!(get(&world, &two).await, (403, false));
}

#[tokio::test]
async fn a16_secure_transport_is_what_the_listener_or_a_proxy_knows() {
    let insecure = || deny(&json!({ "Bool": { "aws:SecureTransport": "false" } }));
    let statements = [allow(&["s3:*"], &["*"]), insecure()];
    let world = with_user_policy(&statements, Some(json!([]))).await;
    assert_eq!(get(&world, &[("x-forwarded-proto", "https")]).await, (403, false));
    let world = with_user_policy(&statements, Some(json!(["127.0.0.1"]))).await;
    assert_eq!(get(&world, &[("x-forwarded-proto", "https")]).await, (200, true));
    for lie in [&[("x-forwarded-proto", "http")][..], &[], &[("x-forwarded-proto", "https,http")]] {
        assert_eq!(get(&world, lie).await, (403, false), "{lie:?}");
    }
    let both = [("x-forwarded-proto", "https"), ("x-forwarded-proto", "http")];
    assert_eq!(get(&world, &both).await, (403, false));
}

#[test]
fn a16_policies_on_the_connection_need_to_know_the_proxies() {
    for condition in [
        json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }),
        json!({ "Bool": { "AWS:SecureTransport": "true" } }),
        json!({ "NumericLessThan": { "s3:TlsVersion": "1.3" } }),
    ] {
        let plan = Plan::new().with_user_policy(&[everything_if(condition.clone())]);
        assert!(plan.complaint().contains("trusted_proxies"), "{condition}: {}", plan.complaint());
        let plan = plan.with(|config| config["trusted_proxies"] = json!([]));
        assert_eq!(plan.complaint(), "", "{condition}");
    }
}

#[tokio::test]
async fn a16_a_region_nobody_configured_is_not_a_way_round() {
    let other = FakeStore::start();
    let here = everything_if(json!({ "StringEquals": { "aws:RequestedRegion": "there" } }));
    let plan = Plan::new().with_user_policy(&[here]).with_second_store(&other, &[]);
    let plan = plan.with(|config| config["stores"][0]["regions"] = json!(["here"]));
    let world = plan.start().await;
    other.put("/data/k", b"x", &[]);
    world.store.put("/data/k", b"x", &[]);
    let of = |region: &str| request("GET", "/data/k").region(region).sign(&world.loader);
    assert_eq!(world.send(&of("there")).await.status, 200);
    for region in ["here", "nowhere", "us-east-1", "There", "there2"] {
        assert_eq!(world.send(&of(region)).await.status, 403, "{region}");
    }
    // HMACv1 signs no region: it is the default store's.
    let old = request("GET", "/data/k");
    let old = old.presign_hmacv1(&world.loader, testkit::clock::now() + 60, "");
    assert_eq!(world.send(&old).await.status, 403);
    assert!(world.store.requests().is_empty());
}

#[tokio::test]
async fn a16_the_default_store_keeps_its_region_whatever_is_signed() {
    let closed = deny(&json!({ "StringEquals": { "aws:RequestedRegion": "here" } }));
    let elsewhere =
        everything_if(json!({ "StringEquals": { "aws:RequestedRegion": ["nowhere", "here2"] } }));
    for statements in [vec![allow(&["s3:*"], &["*"]), closed], vec![elsewhere]] {
        let plan = Plan::new().with_user_policy(&statements);
        let plan = plan.with(|config| config["stores"][0]["regions"] = json!(["here", "near"]));
        let world = plan.start().await;
        for region in ["here", "nowhere", "here2", "us-east-1"] {
            world.denied(&request("GET", "/data/k").region(region).sign(&world.loader)).await;
            world
                .denied(&request("GET", "/data/k").region(region).presign(&world.loader, 60))
                .await;
        }
    }
}

/// A Deny on what a variable stands for is not lost where a client makes that unknown.
#[tokio::test]
async fn a16_a_variable_that_nobody_knows_loses_no_deny() {
    let denied = |resource: &str, condition: Value| json!({ "Effect": "Deny", "Action": "s3:*", "Resource": resource, "Condition": condition });
    let statements = [
        allow(&["s3:*"], &["*"]),
        denied("arn:aws:s3:::data/${aws:SourceIp}*", json!({})),
        denied(
            "arn:aws:s3:::fence/*",
            json!({ "StringEquals": { "aws:UserAgent": "${aws:SourceIp}" } }),
        ),
    ];
    let world = with_user_policy(&statements, Some(json!(["127.0.0.1/32"]))).await;
    for (forwarded, expected) in [("10.1.2.3", 200), ("k", 403), ("10.1.2.3, nonsense", 403)] {
        assert_eq!(get(&world, &[("x-forwarded-for", forwarded)]).await.0, expected, "{forwarded}");
        let fence = request("GET", "/fence/fence")
            .unsigned_header("user-agent", "curl")
            .unsigned_header("x-forwarded-for", forwarded);
        let response = world.send(&fence.sign(&world.loader)).await;
        assert_eq!(response.status, expected, "{forwarded}");
    }
}

/// A header that is too long or sent twice does not count as absent.
#[tokio::test]
async fn a16_who_sends_a_header_that_cannot_be_read_meets_every_deny() {
    let condition = json!({ "StringLike": { "aws:UserAgent": "*scraper*" } });
    let statements = [allow(&["s3:*"], &["*"]), deny(&condition)];
    let world = with_user_policy(&statements, None).await;
    let (short, long) = ("x".repeat(2048), "x".repeat(2049));
    for (agents, expected) in [
        (&[][..], 200),
        (&["a scraper"], 403),
        (&[&*short], 200),
        (&[&*long], 403),
        (&["browser", "browser"], 403),
    ] {
        let sent: Vec<_> = agents.iter().map(|agent| ("user-agent", *agent)).collect();
        assert_eq!(get(&world, &sent).await.0, expected, "{agents:?}");
    }
}

/// A claim is a list where the token has one, which its owner may be able to bring about.
#[tokio::test]
async fn a22_a_claim_that_is_a_list_loses_no_deny() {
    let statements = [
        allow(&["s3:*"], &["*"]),
        json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::data/${claims:team}/*" }),
    ];
    let world = Plan::new().with_policy(&statements).start().await;
    for key in ["/data/red/k", "/data/blue/k", "/data/k"] {
        world.store.put(key, b"x", &[]);
    }
    for (team, red, blue) in [
        (json!("red"), 403, 200),
        (json!(["red"]), 403, 403),
        (json!(["red", "blue"]), 403, 403),
        (json!([]), 200, 200),
    ] {
        let token = world.issuer.token_with("alice", &json!({ "team": team }));
        let alice = world.login_with(&token).await;
        for (key, expected) in [("/data/red/k", red), ("/data/blue/k", blue), ("/data/k", 200)] {
            let response = world.send(&request("GET", key).sign(&alice)).await;
            assert_eq!(response.status, expected, "{team} {key}: {}", response.text());
        }
    }
}

#[tokio::test]
async fn a16_tls_is_what_was_spoken_here() {
    let authority = Authority::new();
    let certificate = authority.issue(&["s3.example.org"]);
    let needs = |condition: Value| deny(&condition);
    let statements = [
        allow(&["s3:*"], &["*"]),
        needs(json!({ "Bool": { "aws:SecureTransport": "false" } })),
        needs(json!({ "NumericLessThan": { "s3:TlsVersion": "1.3" } })),
    ];
    let plan = Plan::new()
        .with_user_policy(&statements)
        .with(|config| {
            config["trusted_proxies"] = json!([]);
            config["listen"]["tls"] = json!({ "cert": "cert.pem", "key": "key.pem" });
        })
        .with_file("cert.pem", certificate.certificate)
        .with_file("key.pem", certificate.key);
    let world = plan.start().await;
    world.store.put("/data/k", b"x", &[]);
    for headers in [&[][..], &[("x-forwarded-proto", "http")], &[("x-forwarded-for", "10.0.0.1")]] {
        let plain = request("GET", "/data/k");
        let sent = headers.iter().fold(plain, |r, (name, value)| r.unsigned_header(name, value));
        let sent = sent.sign(&world.loader);
        let config = authority.client_config();
        let mut connection =
            Connection::open_tls(world.s3, "s3.example.org", config).await.unwrap();
        connection.send(&sent.bytes()).await;
        let response = connection.response("GET").await;
        world.check("GET", &response);
        assert_eq!(response.status, 200, "{headers:?}: {}", response.text());
    }
    // Plain HTTP is not spoken there at all.
    let sent = request("GET", "/data/k").sign(&world.loader);
    let response = world.send_bytes_loosely(&sent.bytes()).await;
    assert_eq!(response.status, 0);
    assert_eq!(world.store.requests().len(), 3);
}

#[tokio::test]
async fn a16_a_stores_credential_is_for_whom_its_condition_says() {
    let plan = Plan::new().with(|config| {
        let main = config["stores"][0]["credentials"][0].clone();
        let (mut team, mut nobody) = (main.clone(), main);
        team["name"] = "team".into();
        team["access_key"] = "STORETEAMKEY00000001".into();
        team["when"] = json!({ "StringEquals": { "claims:team": "blue" } });
        nobody["name"] = "user".into();
        nobody["access_key"] = "STOREUSERKEY00000001".into();
        nobody["when"] = json!({ "StringEquals": { "aws:username": "loader" } });
        config["stores"][0]["credentials"] = json!([team, nobody]);
    });
    let world = plan.start().await;
    let blue =
        world.login_with(&world.issuer.token_with("alice", &json!({ "team": "blue" }))).await;
    let red = world.login_with(&world.issuer.token_with("alice", &json!({ "team": "red" }))).await;
    let put = || request("PUT", "/data/alice/k").body("x");
    for (keys, used) in [(&blue, "STORETEAMKEY"), (&world.loader, "STOREUSERKEY")] {
        let (_, arrived) = world.passed(&put().sign(keys)).await;
        assert!(arrived.header("authorization").unwrap().contains(used));
    }
    // Nobody else falls to one of them, whatever the request says.
    let before = world.store.requests().len();
    for sent in [
        put().sign(&red),
        put().header("x-team", "blue").header("claims-team", "blue").sign(&red),
        put().presign(&red, 60),
    ] {
        let response = world.send(&sent).await;
        world.is_refusal("PUT", &response, 403, "AccessDenied").await;
    }
    assert_eq!(world.store.requests().len(), before);
}

/// Policies that demand what is the same in every request here are put to use unchanged.
#[tokio::test]
async fn keys_that_aws_always_fills_are_filled() {
    let always = json!({
        "StringEquals": {
            "aws:ResourceAccount": "000000000000",
            "s3:ResourceAccount": "${aws:PrincipalAccount}",
        },
        "Bool": { "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false" },
        "NumericLessThan": { "s3:signatureAge": "600000" },
    });
    let foreign =
        json!({ "StringNotEquals": { "aws:ResourceAccount": "${aws:PrincipalAccount}" } });
    let world = with_user_policy(&[everything_if(always), deny(&foreign)], None).await;
    assert_eq!(get(&world, &[]).await, (200, true));

    let presigned = json!({ "StringEquals": { "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD" } });
    let no_presigned = with_user_policy(&[allow(&["s3:*"], &["*"]), deny(&presigned)], None).await;
    assert_eq!(get(&no_presigned, &[]).await, (200, true));
    no_presigned.denied(&request("GET", "/data/k").presign(&no_presigned.loader, 60)).await;
    assert_eq!(world.send(&request("GET", "/data/k").presign(&world.loader, 60)).await.status, 200);
}
