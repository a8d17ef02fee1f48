//! A03 to A09 and A40 for HMACv1 in the `Authorization` header, which is taken where it is switched on.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::json;
use testkit::clock::{http_date, now};
use testkit::signed::{Credentials, Prepared, SignedRequest};

use crate::credentials::{KEY, appended};
use crate::harness::{DATA_HOST, Plan, World, allow, request};

fn switched_on() -> Plan {
    Plan::new().with(|config| config["hmac_v1_header"] = true.into())
}

async fn world() -> (World, Credentials) {
    let world = switched_on().start().await;
    let alice = world.login("alice").await;
    world.store.put(KEY, b"alice's text", &[]);
    (world, alice)
}

fn get(keys: &Credentials) -> Prepared {
    request("GET", KEY).sign_hmacv1(keys, "")
}

fn put(keys: &Credentials) -> Prepared {
    request("PUT", KEY).header("content-type", "text/plain").body("new").sign_hmacv1(keys, "")
}

#[tokio::test]
async fn a06_what_is_off_is_refused_whoever_signed() {
    let off = Plan::new().with(|config| config["hmac_v1_header"] = false.into());
    for plan in [Plan::new(), off] {
        let world = plan.start().await;
        let alice = world.login("alice").await;
        let nobody = Credentials::new("AKIANOBODY0000000001", "secret");
        for keys in [&alice, &world.loader, &nobody] {
            for sent in [get(keys), put(keys), request("GET", "/").sign_hmacv1(keys, "")] {
                let response = world.refused(&sent, 400, "InvalidRequest").await;
                let text = response.text();
                assert!(text.contains("Please use AWS4-HMAC-SHA256."), "{text}");
                let reason = world.line_of(&response).await["reason"].to_string();
                assert!(reason.contains("hmac_v1_header"), "{reason}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_on_works_in_both_styles_and_is_signed_anew() {
    let (world, alice) = world().await;
    let in_host = request("GET", "/alice/a.txt").host(DATA_HOST).sign_hmacv1(&alice, "/data");
    for sent in [get(&alice), in_host, get(&world.loader)] {
        let (response, arrived) = world.passed(&sent).await;
        assert_eq!(response.text(), "alice's text");
        let authorization = arrived.header("authorization").unwrap();
        assert!(authorization.starts_with("AWS4-HMAC-SHA256 "), "{authorization}");
        assert_eq!(world.line_of(&response).await["auth"], "REST-HEADER");
    }
    let (_, arrived) = world.passed(&put(&alice)).await;
    assert_eq!(
        (arrived.body.as_slice(), arrived.header("content-type")),
        (&b"new"[..], Some("text/plain"))
    );
    let list = "/data?prefix=alice%2F&max-keys=5&delimiter=%2F&encoding-type=url&list-type=2";
    let (_, arrived) = world.passed(&request("GET", list).sign_hmacv1(&alice, "")).await;
    assert!(arrived.target.contains("prefix=alice"), "{}", arrived.target);
    // botocore signs `/data/` when it asks for `/data`.
    let target = list.strip_prefix("/data").unwrap();
    let bucket = request("GET", &format!("/{target}")).sign_hmacv1(&alice, "/data");
    world.passed(&bucket.with_target("/?", "/data?")).await;
    world.passed(&request("DELETE", KEY).sign_hmacv1(&alice, "")).await;
    // It is alice all the same.
    world.denied(&request("GET", "/data/bob/k").sign_hmacv1(&alice, "")).await;
    let list = request("GET", "/data?prefix=bob%2F").sign_hmacv1(&alice, "");
    world.denied(&list).await;
}

#[tokio::test]
async fn a04_what_is_signed_cannot_be_changed() {
    let (world, alice) = world().await;
    let md5 = BASE64_STANDARD.encode([7; 16]);
    let sent = request("PUT", KEY).header("content-type", "text/plain").body("new");
    let sent = sent.header("x-amz-meta-a", "b").sign_hmacv1(&alice, "");
    let wrong = [
        sent.clone().with_header("content-type", "text/html"),
        sent.clone().without_header("content-type"),
        sent.clone().with_header("content-md5", &md5),
        sent.clone().with_header("x-amz-meta-a", "c"),
        sent.clone().without_header("x-amz-meta-a"),
        sent.clone().with_header("x-amz-meta-b", "b"),
        sent.clone().with_header("x-amz-acl", "public-read"),
        sent.clone().with_header("x-amz-copy-source", "/data/alice/other"),
        sent.clone().with_header("date", &http_date(now() + 1)),
        sent.clone().with_header("x-amz-date", &http_date(now())),
        sent.clone().with_method("DELETE"),
        sent.clone().with_target("a.txt", "b.txt"),
        sent.clone().with_target("a.txt", "%61.txt"),
        appended(sent.clone(), "?acl"),
        appended(sent.clone(), "?tagging"),
        appended(sent.clone(), "?uploadId=1&partNumber=1"),
        appended(sent.clone(), "?versionId=1"),
    ];
    for request in wrong {
        world.refused(&request, 403, "SignatureDoesNotMatch").await;
    }
    for name in
        ["retention", "legal-hold", "encryption", "annotation=x", "x-amz-acl=private", "foo"]
    {
        world.denied(&appended(sent.clone(), &format!("?{name}"))).await;
    }
    // Names of lists mean nothing on an upload.
    let response = world.send(&appended(sent.clone(), "?prefix=x")).await;
    assert_eq!(response.status, 400, "{}", response.text());
    let elsewhere = sent.clone().with_header("host", "eu.s3.example.org");
    world.passed(&elsewhere).await;
    world.passed(&sent).await;
}

#[tokio::test]
async fn a04_what_chooses_an_operation_is_signed() {
    let (world, _) = world().await;
    let loader = world.loader.clone();
    for (method, target) in [
        ("GET", "/data/k?retention"),
        ("PUT", "/data/k?retention"),
        ("PUT", "/data/k?legal-hold"),
        ("GET", "/data/k?attributes"),
        ("GET", "/data?encryption"),
        ("DELETE", "/data?encryption"),
        ("PUT", "/data?publicAccessBlock"),
        ("PUT", "/data?ownershipControls"),
        ("GET", "/data?inventory&id=x"),
    ] {
        world.denied(&request(method, target).sign_hmacv1(&loader, "")).await;
    }
    for target in ["/data?acl", "/data?versions&prefix=a", "/data/k?tagging", "/data?uploads", "/"]
    {
        let response = world.send(&request("GET", target).sign_hmacv1(&loader, "")).await;
        assert!(!matches!(response.status, 400 | 403), "{target}: {}", response.text());
    }
}

#[tokio::test]
async fn a03_fifteen_minutes_and_no_more() {
    let (world, alice) = world().await;
    let at = |unix: i64| request("GET", KEY).at(unix).sign_hmacv1(&alice, "");
    let dated = |text: &str| request("GET", KEY).header("x-amz-date", text).sign_hmacv1(&alice, "");
    for seconds in [-880, 0, 880] {
        world.passed(&at(now() + seconds)).await;
        let text = http_date(now() + seconds);
        world.passed(&dated(&text)).await;
        world.passed(&dated(&text.replace("GMT", "+0000"))).await;
    }
    for seconds in [-86_400, -920, 920, 86_400] {
        world.refused(&at(now() + seconds), 403, "RequestTimeTooSkewed").await;
        let text = http_date(now() + seconds);
        world.refused(&dated(&text), 403, "RequestTimeTooSkewed").await;
        // `x-amz-date` is the date that counts, whatever `Date` says.
        let fresh = dated(&text).with_header("date", &http_date(now()));
        world.refused(&fresh, 403, "RequestTimeTooSkewed").await;
    }
    world.denied(&get(&alice).without_header("date")).await;
    for text in ["", "now", "1767326645", "Fri, 02 Jan 2026 03:04:05 +0100"] {
        world.denied(&dated(text)).await;
    }
}

#[tokio::test]
async fn a05_one_request_one_identity() {
    let (world, alice) = world().await;
    let header = get(&alice);
    let authorization = header.headers.iter().find(|(name, _)| name == "authorization").unwrap();
    let v4 = request("GET", KEY).sign(&alice);
    let mut both = Vec::new();
    for other in [
        v4,
        header.clone(),
        request("GET", KEY).presign(&alice, 300),
        request("GET", KEY).presign_hmacv1(&alice, now() + 300, ""),
    ] {
        let mut other = other;
        other.headers.push(authorization.clone());
        both.push(other);
    }
    for name in ["AWSAccessKeyId=x", "Signature=x", "Expires=1", "X-Amz-Signature=x"] {
        both.push(appended(header.clone(), &format!("?{name}")));
    }
    let token = alice.session_token.clone().unwrap();
    both.push(appended(header, &format!("?x-amz-security-token={token}")));
    for request in both {
        world.refused(&request, 400, "InvalidArgument").await;
    }
}

#[tokio::test]
async fn a02_a_session_token_is_signed_and_fits_its_key() {
    let (world, alice) = world().await;
    let bob = world.login("bob").await;
    world.passed(&get(&alice)).await;
    let token = bob.session_token.clone().unwrap();
    let swapped = Credentials::temporary(&alice.access_key, &alice.secret_key, &token);
    world.refused(&get(&swapped), 400, "InvalidToken").await;
    let changed = get(&alice).with_header("x-amz-security-token", &token);
    world.refused(&changed, 400, "InvalidToken").await;
    let without = get(&alice).without_header("x-amz-security-token");
    world.refused(&without, 403, "InvalidAccessKeyId").await;
    // A token that nobody signed, with a key that needs none.
    let added = get(&world.loader).with_header("x-amz-security-token", &token);
    let response = world.send(&added).await;
    assert!(matches!(response.status, 400 | 403), "{}", response.text());
}

#[tokio::test]
async fn a06_keys_and_headers_that_are_none() {
    let (world, alice) = world().await;
    let nobody = Credentials::new("AKIANOBODY0000000001", &alice.secret_key);
    world.refused(&get(&nobody), 403, "InvalidAccessKeyId").await;
    let other = Credentials::new(&world.loader.access_key, "another secret");
    let response = world.refused(&get(&other), 403, "SignatureDoesNotMatch").await;
    assert!(response.text().contains("<StringToSign>GET&#10;&#10;&#10;"), "{}", response.text());
    let loader = &world.loader.access_key;
    for (value, status, code) in [
        ("AWS".to_owned(), 400, "InvalidArgument"),
        (format!("AWS {loader}"), 400, "InvalidArgument"),
        (format!("AWS {loader}:"), 403, "SignatureDoesNotMatch"),
        (format!("AWS {loader}:c2hvcnQ="), 403, "SignatureDoesNotMatch"),
        (format!("AWS {loader}:AAAAAAAAAAAAAAAAAAAAAAAAAAA="), 403, "SignatureDoesNotMatch"),
        ("AWS a/b:AAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(), 403, "InvalidAccessKeyId"),
        (format!("aws {loader}:AAAAAAAAAAAAAAAAAAAAAAAAAAA="), 400, "InvalidArgument"),
    ] {
        let sent = get(&world.loader).with_header("authorization", &value);
        world.refused(&sent, status, code).await;
    }
}

#[tokio::test]
async fn a40_what_is_said_of_the_body_is_held_to() {
    let (world, alice) = world().await;
    let upload = |headers: &[(&str, &str)]| {
        let plain: SignedRequest = request("PUT", KEY).body("new");
        headers.iter().fold(plain, |r, (name, value)| r.header(name, value)).sign_hmacv1(&alice, "")
    };
    for kind in [
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    ] {
        let headers = [("x-amz-content-sha256", kind), ("x-amz-decoded-content-length", "3")];
        world.refused(&upload(&headers), 501, "NotImplemented").await;
    }
    let coded = upload(&[("content-encoding", "aws-chunked")]);
    world.refused(&coded, 501, "NotImplemented").await;
    let trailer = upload(&[("x-amz-trailer", "x-amz-checksum-crc32")]);
    let response = world.send(&trailer).await;
    assert_eq!(response.status, 400, "{}", response.text());

    let hash = testkit::signed::sha256(b"new");
    let sum = testkit::signed::sha256_base64(b"new");
    world.passed(&upload(&[("x-amz-content-sha256", &hash)])).await;
    world.passed(&upload(&[("x-amz-checksum-sha256", &sum)])).await;
    let wrong = testkit::signed::sha256(b"old");
    let wrong_hash = upload(&[("x-amz-content-sha256", &wrong)]);
    world.refused(&wrong_hash, 400, "XAmzContentSHA256Mismatch").await;
    let wrong_md5 = upload(&[("content-md5", &BASE64_STANDARD.encode([7; 16]))]);
    world.refused(&wrong_md5, 400, "BadDigest").await;
    let wrong_sum = testkit::signed::sha256_base64(b"old");
    let response = world.send(&upload(&[("x-amz-checksum-sha256", &wrong_sum)])).await;
    assert_eq!(response.status, 400, "{}", response.text());
}

#[tokio::test]
async fn a16_policies_see_how_it_was_signed() {
    let says = |condition: serde_json::Value| {
        let mut statement = allow(&["s3:*"], &["*"]);
        statement["Condition"] = condition;
        statement
    };
    for (condition, old, new) in [
        (json!({ "StringEquals": { "s3:signatureversion": "AWS" } }), true, false),
        (json!({ "StringEquals": { "s3:signatureversion": "AWS4-HMAC-SHA256" } }), false, true),
        (json!({ "StringEquals": { "s3:authType": "REST-HEADER" } }), true, true),
        (json!({ "StringEquals": { "s3:authType": "REST-QUERY-STRING" } }), false, false),
        (json!({ "Null": { "s3:x-amz-content-sha256": "true" } }), true, false),
        (json!({ "NumericGreaterThan": { "s3:signatureAge": "60000" } }), true, true),
    ] {
        let plan = switched_on().with_user_policy(&[says(condition.clone())]);
        let world = plan.start().await;
        world.store.put("/data/k", b"x", &[]);
        let loader = &world.loader;
        let signed = || request("GET", "/data/k").at(now() - 120);
        for (sent, allowed) in
            [(signed().sign_hmacv1(loader, ""), old), (signed().sign(loader), new)]
        {
            let status = world.send(&sent).await.status;
            assert_eq!(status, if allowed { 200 } else { 403 }, "{condition} {sent:?}");
        }
    }
}

#[tokio::test]
async fn a06_the_sts_has_no_hmac_v1() {
    let (world, _) = world().await;
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let call = request("POST", "/").header("content-type", "application/x-www-form-urlencoded");
    let call = call.body(body).sign_hmacv1(&world.loader, "");
    let response = testkit::client::exchange(world.sts, &call.bytes()).await;
    assert_eq!((response.status, response.code()), (400, Some("IncompleteSignature")));
}
