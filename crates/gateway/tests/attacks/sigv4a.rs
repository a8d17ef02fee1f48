//! A03 to A09, A16 and A40 for SigV4a.

use serde_json::json;
use testkit::clock::now;
use testkit::signed::{Credentials, Payload, Prepared};
use testkit::store::FakeStore;

use crate::credentials::{KEY, appended, world};
use crate::harness::{Plan, allow, request};

/// The region of the usual store.
const HERE: &str = "store-region";

fn both(method: &str, target: &str, keys: &Credentials, regions: &str) -> [Prepared; 2] {
    let plain = request(method, target);
    [plain.clone().sign_v4a(keys, regions), plain.presign_v4a(keys, regions, 60)]
}

#[tokio::test]
async fn what_is_signed_for_a_region_of_the_store_works() {
    let (world, alice) = world().await;
    for keys in [&alice, &world.loader] {
        for regions in [HERE, "*", "us-east-1,store-*", "*-region"] {
            for sent in both("GET", KEY, keys, regions) {
                let (response, arrived) = world.passed(&sent).await;
                assert_eq!(response.text(), "alice's text");
                assert!(arrived.header("x-amz-region-set").is_none());
                assert!(!arrived.target.contains("Region-Set"), "{}", arrived.target);
                let authorization = arrived.header("authorization").unwrap();
                assert!(authorization.starts_with("AWS4-HMAC-SHA256 "), "{authorization}");
            }
        }
    }
    let (_, arrived) = world.passed(&request("PUT", KEY).body("new").sign_v4a(&alice, "*")).await;
    assert_eq!(arrived.body, b"new");
    for sent in both("GET", "/data/bob/k", &alice, "*") {
        world.denied(&sent).await;
    }
}

#[tokio::test]
async fn a06_a_set_of_other_regions_is_refused() {
    let (world, alice) = world().await;
    for regions in ["us-east-1", "store-region-1", "store", "eu-*,us-*"] {
        let [header, url] = both("GET", KEY, &alice, regions);
        let response = world.refused(&header, 400, "AuthorizationHeaderMalformed").await;
        assert!(response.text().contains("<Region>store-region</Region>"), "{}", response.text());
        world.refused(&url, 400, "AuthorizationQueryParametersError").await;
    }
    for regions in ["", ",", "us east"] {
        let [header, url] = both("GET", KEY, &alice, regions);
        world.refused(&header, 400, "AuthorizationHeaderMalformed").await;
        world.refused(&url, 400, "AuthorizationQueryParametersError").await;
    }
    let [header, url] = both("GET", KEY, &alice, HERE);
    world
        .refused(
            &header.clone().without_header("x-amz-region-set"),
            400,
            "AuthorizationHeaderMalformed",
        )
        .await;
    let wider = header.with_header("x-amz-region-set", "*");
    world.refused(&wider, 403, "SignatureDoesNotMatch").await;
    world
        .refused(
            &url.clone().with_header("x-amz-region-set", "*"),
            400,
            "AuthorizationQueryParametersError",
        )
        .await;
    let wider = url.with_target("Region-Set=store-region", "Region-Set=%2A");
    world.refused(&wider, 403, "SignatureDoesNotMatch").await;
}

#[tokio::test]
async fn a16_each_store_wants_a_region_of_its_own() {
    let other = FakeStore::start();
    let world = Plan::new().with_second_store(&other, &["far"]).start().await;
    world.store.put("/data/k", b"x", &[]);
    other.put("/far/k", b"x", &[]);
    let loader = &world.loader;
    for (target, regions, status) in [
        ("/data/k", HERE, 200),
        ("/data/k", "there", 400),
        ("/data/k", "*", 200),
        ("/far/k", "there", 200),
        ("/far/k", HERE, 400),
        ("/far/k", "*", 200),
    ] {
        for sent in both("GET", target, loader, regions) {
            let response = world.send(&sent).await;
            assert_eq!(response.status, status, "{target} {regions} {}", response.text());
        }
    }
}

#[tokio::test]
async fn a04_what_is_signed_cannot_be_changed() {
    let (world, alice) = world().await;
    let bob = world.login("bob").await;
    for sent in both("GET", KEY, &alice, "*") {
        for wrong in [
            sent.clone().with_method("DELETE"),
            sent.clone().with_target("a.txt", "b.txt"),
            sent.clone().with_header("host", "eu.s3.example.org"),
        ] {
            world.refused(&wrong, 403, "SignatureDoesNotMatch").await;
        }
        world.denied(&sent.clone().with_header("x-amz-acl", "private")).await;
    }
    let other = Credentials::new(&world.loader.access_key, "another secret");
    for sent in both("GET", KEY, &other, "*") {
        world.refused(&sent, 403, "SignatureDoesNotMatch").await;
    }
    let token = bob.session_token.clone().unwrap();
    let swapped = Credentials::temporary(&alice.access_key, &alice.secret_key, &token);
    for sent in both("GET", KEY, &swapped, "*") {
        world.refused(&sent, 400, "InvalidToken").await;
    }
}

#[tokio::test]
async fn a05_one_identity_and_a03_its_time() {
    let (world, alice) = world().await;
    let [header, url] = both("GET", KEY, &alice, "*");
    let authorization = header.headers.iter().find(|(name, _)| name == "authorization").unwrap();
    let mut two = url.clone();
    two.headers.push(authorization.clone());
    world.refused(&two, 400, "InvalidArgument").await;
    let (_, query) = url.target.split_once('?').unwrap();
    world.refused(&appended(header.clone(), &format!("?{query}")), 400, "InvalidArgument").await;
    let region_set = appended(url, "&x-amz-region-set=there");
    world.refused(&region_set, 400, "InvalidArgument").await;
    for seconds in [-920, 920] {
        let old = request("GET", KEY).at(now() + seconds).sign_v4a(&alice, "*");
        world.refused(&old, 403, "RequestTimeTooSkewed").await;
    }
    world.denied(&request("GET", KEY).at(now() - 61).presign_v4a(&alice, "*", 60)).await;
    let long = request("GET", KEY).presign_v4a(&alice, "*", 604_801);
    world.denied(&long).await;
}

#[tokio::test]
async fn a40_signed_chunks_are_not_taken() {
    let (world, alice) = world().await;
    for kind in [
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    ] {
        let upload = request("PUT", KEY).body("new").payload(Payload::Claim(kind.to_owned()));
        let upload = upload.header("x-amz-decoded-content-length", "3").sign_v4a(&alice, "*");
        world.refused(&upload, 501, "NotImplemented").await;
    }
    let wrong = testkit::signed::sha256(b"old");
    let wrong = request("PUT", KEY).body("new").payload(Payload::Claim(wrong));
    world.refused(&wrong.sign_v4a(&alice, "*"), 400, "XAmzContentSHA256Mismatch").await;
}

#[tokio::test]
async fn a16_policies_see_how_it_was_signed() {
    let mut statement = allow(&["s3:*"], &["*"]);
    statement["Condition"] =
        json!({ "StringEquals": { "s3:signatureversion": "AWS4-ECDSA-P256-SHA256" } });
    let world = Plan::new().with_user_policy(&[statement]).start().await;
    world.store.put("/data/k", b"x", &[]);
    for sent in both("GET", "/data/k", &world.loader, "*") {
        world.passed(&sent).await;
    }
    world.denied(&request("GET", "/data/k").sign(&world.loader)).await;
}

#[tokio::test]
async fn a06_the_sts_has_no_sigv4a() {
    let (world, _) = world().await;
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let call = request("POST", "/").header("content-type", "application/x-www-form-urlencoded");
    let call = call.service("sts").body(body).sign_v4a(&world.loader, "*");
    let response = testkit::client::exchange(world.sts, &call.bytes()).await;
    assert_eq!((response.status, response.code()), (400, Some("IncompleteSignature")));
}
