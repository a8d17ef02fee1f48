//! A05 to A09: whose signature it is, and for what.

use testkit::clock::{amz_date, now};
use testkit::signed::{Payload, Prepared};
use testkit::store::FakeStore;

use crate::credentials::{KEY, appended, get, world};
use crate::harness::{Plan, request};

#[tokio::test]
async fn a05_one_request_one_identity() {
    let (world, alice) = world().await;
    let bob = world.login("bob").await;
    let (header, bobs) = (get(&alice), get(&bob));
    let authorization = |request: &Prepared| {
        let found = request.headers.iter().find(|(name, _)| name == "authorization");
        found.unwrap().1.clone()
    };
    let url = request("GET", KEY).presign(&alice, 300);
    let old = request("GET", KEY).presign_hmacv1(&alice, now() + 300, "");
    let query = |request: &Prepared| request.target.split_once('?').unwrap().1.to_owned();
    let mut both = Vec::new();
    for mut request in [url.clone(), old.clone()] {
        request.headers.push(("authorization".to_owned(), authorization(&header)));
        both.push(request);
    }
    both.push(appended(url.clone(), &format!("&{}", query(&old))));
    let mut two = header.clone();
    two.headers.push(("authorization".to_owned(), authorization(&bobs)));
    both.push(two);
    let mut basic = header.clone();
    basic.headers.push(("authorization".to_owned(), "Basic YTpi".to_owned()));
    both.push(basic);
    for request in both {
        world.refused(&request, 400, "InvalidArgument").await;
    }
    let token = alice.session_token.clone().unwrap();
    let second = url.clone().with_header("x-amz-security-token", &token);
    world.refused(&second, 400, "InvalidArgument").await;
    let mut tokens = header.clone();
    tokens.headers.push(("x-amz-security-token".to_owned(), token));
    let response = world.send(&tokens).await;
    assert_eq!(response.status, 400, "{}", response.text());
    for name in [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
    ] {
        let value = query(&url);
        let pair = value.split('&').find(|pair| pair.starts_with(name)).unwrap();
        for again in [pair.to_owned(), pair.replace("X-Amz", "x-amz"), format!("{name}=")] {
            let response = world.send(&appended(url.clone(), &format!("&{again}"))).await;
            assert_eq!(response.status, 400, "{again}: {}", response.text());
        }
    }
    assert!(world.since(0).is_empty(), "{:?}", world.since(0));
}

#[tokio::test]
async fn a06_a_scope_is_whole_and_right() {
    let (world, alice) = world().await;
    let today = amz_date(now())[..8].to_owned();
    let wrong = [
        format!("{today}/us-east-1/sts/aws4_request"),
        format!("{today}/us-east-1/S3/aws4_request"),
        format!("{today}/us-east-1/s3/aws4_reques"),
        format!("{today}/us-east-1/s3/AWS4_REQUEST"),
        format!("{today}/us-east-1/s3"),
        format!("{today}//s3/aws4_request"),
        format!("{today}/us east/s3/aws4_request"),
        format!("{today}/{}/s3/aws4_request", "r".repeat(65)),
        format!("{today}/us-east-1/s3/aws4_request/aws4_request"),
        "20200102/us-east-1/s3/aws4_request".to_owned(),
        "2020/us-east-1/s3/aws4_request".to_owned(),
        "today/us-east-1/s3/aws4_request".to_owned(),
        "/us-east-1/s3/aws4_request".to_owned(),
        "us-east-1/s3/aws4_request".to_owned(),
        "////".to_owned(),
        "x".to_owned(),
        String::new(),
    ];
    for scope in &wrong {
        let header = request("GET", KEY).scope(scope).sign(&alice);
        world.refused(&header, 400, "AuthorizationHeaderMalformed").await;
        let url = request("GET", KEY).scope(scope).presign(&alice, 300);
        world.refused(&url, 400, "AuthorizationQueryParametersError").await;
    }
}

#[tokio::test]
async fn a06_authorization_headers_that_are_none() {
    let (world, alice) = world().await;
    let good = get(&alice);
    for (value, code) in [
        ("", "InvalidArgument"),
        ("AWS4-HMAC-SHA256", "AuthorizationHeaderMalformed"),
        ("AWS4-HMAC-SHA256 ", "AuthorizationHeaderMalformed"),
        ("AWS4-HMAC-SHA256 Credential=", "AuthorizationHeaderMalformed"),
        (
            "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c",
            "AuthorizationHeaderMalformed",
        ),
        ("AWS4-HMAC-SHA256 ,,,,,,,,=,=,=", "AuthorizationHeaderMalformed"),
        ("AWS AKIALOADER0000000001:c2lnbmF0dXJl", "InvalidRequest"),
        (
            "AWS4-ECDSA-P256-SHA256 Credential=a, SignedHeaders=b, Signature=c",
            "AuthorizationHeaderMalformed",
        ),
        ("Bearer abc", "InvalidArgument"),
        ("Basic YTpi", "InvalidArgument"),
        ("aws4-hmac-sha256 Credential=a", "InvalidArgument"),
    ] {
        let bad = good.clone().with_header("authorization", value);
        world.refused(&bad, 400, code).await;
    }
    let long = format!("AWS4-HMAC-SHA256 {}", "Credential=a/b/c/d/e,".repeat(2000));
    let bad = good.clone().with_header("authorization", &long);
    world.refused(&bad, 400, "AuthorizationHeaderMalformed").await;
    // A signature that names a header which is not there.
    let (_, value) = good.headers.iter().find(|(name, _)| name == "authorization").unwrap();
    let more = value.replace("SignedHeaders=host", "SignedHeaders=a;host");
    let bad = good.clone().with_header("authorization", &more);
    world.refused(&bad, 403, "SignatureDoesNotMatch").await;
}

#[tokio::test]
async fn a06_the_signed_region_selects_the_store() {
    let other = FakeStore::start();
    let plan = Plan::new().with(|config| config["stores"][0]["regions"] = vec!["here"].into());
    let plan = plan.with_second_store(&other, &["fixed"]);
    let world = plan.start().await;
    let keys = &world.loader;
    other.put("/data/k", b"there", &[]);
    other.put("/fixed/k", b"there", &[]);
    world.store.put("/data/k", b"here", &[]);
    for (region, body) in [("here", "here"), ("there", "there"), ("nowhere", "here")] {
        for signed in [
            request("GET", "/data/k").region(region).sign(keys),
            request("GET", "/data/k").region(region).presign(keys, 300),
        ] {
            let response = world.send(&signed).await;
            assert_eq!((response.status, response.text()), (200, body), "{region}");
        }
    }
    let asked = other.requests().len();
    // The region that is written must be the one that was signed.
    let moved = request("GET", "/data/k").region("here").presign(keys, 300);
    let moved = moved.with_target("%2Fhere%2F", "%2Fthere%2F");
    world.refused(&moved, 403, "SignatureDoesNotMatch").await;
    // A bucket that is elsewhere by rule.
    let wrong = request("GET", "/fixed/k").region("here").sign(keys);
    let response = world.refused(&wrong, 400, "AuthorizationHeaderMalformed").await;
    assert_eq!(response.xml("Region"), Some("there"));
    let wrong = request("GET", "/fixed/k").region("here").presign(keys, 300);
    let response = world.refused(&wrong, 400, "AuthorizationQueryParametersError").await;
    assert_eq!(response.xml("Region"), Some("there"));
    assert_eq!(other.requests().len(), asked, "the second store was asked");
}

#[tokio::test]
async fn a07_a_wrong_signature_says_nothing_of_the_right_one() {
    let (world, alice) = world().await;
    for good in [get(&alice), request("GET", KEY).presign(&alice, 300)] {
        let in_query = good.target.contains("X-Amz-Signature=");
        let place = if in_query {
            good.target.clone()
        } else {
            good.headers.iter().find(|(name, _)| name == "authorization").unwrap().1.clone()
        };
        let right = place.rsplit_once("Signature=").unwrap().1.to_owned();
        world.keep_secret("the right signature", &right);
        let mut near = right.clone().into_bytes();
        let last = near.len() - 1;
        near[last] = if near[last] == b'0' { b'1' } else { b'0' };
        let near = String::from_utf8(near).unwrap();
        world.keep_secret("a near signature", &near);
        let upper = right.to_ascii_uppercase();
        for wrong in [
            near.as_str(),
            &right[..63],
            &right[1..],
            &format!("{right}0"),
            &"0".repeat(64),
            &"z".repeat(64),
            "",
            upper.as_str(),
            "é",
        ] {
            let replaced = if in_query {
                good.clone().with_target(&right, wrong)
            } else {
                let (front, _) = place.rsplit_once("Signature=").unwrap();
                good.clone().with_header("authorization", &format!("{front}Signature={wrong}"))
            };
            let response = world.send(&replaced).await;
            assert!(matches!(response.status, 400 | 403), "{wrong}: {}", response.status);
        }
    }
    assert!(world.since(0).is_empty(), "{:?}", world.since(0));
}

#[tokio::test]
async fn a08_a_url_for_one_method_is_for_no_other() {
    let (world, alice) = world().await;
    let methods = ["GET", "HEAD", "PUT", "POST", "DELETE"];
    for signed in methods {
        let plain = request(signed, KEY);
        for url in [
            plain.clone().presign(&alice, 300),
            plain.clone().presign_hmacv1(&alice, now() + 300, ""),
            plain.clone().sign(&alice),
        ] {
            for used in methods.iter().filter(|used| **used != signed) {
                let swapped = url.clone().with_method(used);
                world.refused(&swapped, 403, "SignatureDoesNotMatch").await;
            }
        }
    }
    for odd in ["PATCH", "OPTIONS", "TRACE", "get", "COPY", "LIST", "X"] {
        let url = request("GET", KEY).presign(&alice, 300).with_method(odd);
        let response = world.send(&url).await;
        assert!((400..500).contains(&response.status), "{odd}: {}", response.status);
        let own = request(odd, KEY).sign(&alice);
        let response = world.send(&own).await;
        assert!((400..500).contains(&response.status), "{odd}: {}", response.status);
    }
    // Nor does a header that some frameworks take for the method.
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let sent = request("GET", KEY).unsigned_header(name, "DELETE").sign(&alice);
        let (response, arrived) = world.passed(&sent).await;
        assert_eq!((response.status, arrived.method.as_str()), (200, "GET"));
        assert_eq!(arrived.header(name), None);
    }
    assert_eq!(world.store.object(KEY).unwrap().body, b"alice's text");
}

#[tokio::test]
async fn a09_a_presigned_upload_takes_what_it_was_signed_for() {
    let (world, alice) = world().await;
    let put = request("PUT", "/data/alice/up").body("uploaded");
    for url in [
        put.clone().presign(&alice, 300),
        put.clone().presign_hmacv1(&alice, now() + 300, ""),
        put.clone()
            .payload(Payload::Claim(testkit::signed::sha256(b"uploaded")))
            .presign(&alice, 300),
    ] {
        let (_, arrived) = world.passed(&url).await;
        assert_eq!(arrived.body, b"uploaded");
    }
    let typed = put
        .header("content-type", "text/plain")
        .header("x-amz-meta-who", "alice")
        .presign(&alice, 300);
    let (_, arrived) = world.passed(&typed).await;
    assert_eq!(arrived.header("x-amz-meta-who"), Some("alice"));
    assert_eq!(arrived.header("content-type"), Some("text/plain"));
    for other in [
        typed.clone().with_header("content-type", "text/html"),
        typed.clone().with_header("x-amz-meta-who", "bob"),
        typed.clone().without_header("content-type"),
        typed.clone().without_header("x-amz-meta-who"),
    ] {
        world.refused(&other, 403, "SignatureDoesNotMatch").await;
    }
    let hash = testkit::signed::sha256(b"uploaded");
    let bound = request("PUT", "/data/alice/up").body("uploaded").payload(Payload::Claim(hash));
    let bound = bound.presign(&alice, 300).with_body("tampered");
    let before = world.store.requests().len();
    let response = world.send(&bound).await;
    world.is_refusal("PUT", &response, 400, "XAmzContentSHA256Mismatch").await;
    world.nothing_but_cut_since(before).await;
}

#[tokio::test]
async fn a09_what_a_url_carries_as_query_counts_as_header() {
    let (world, alice) = world().await;
    let hoisted = "/data/alice/up?x-amz-meta-who=alice&x-amz-storage-class=STANDARD";
    let url = request("PUT", hoisted).body("x").presign(&alice, 300);
    let (_, arrived) = world.passed(&url).await;
    assert_eq!(arrived.header("x-amz-meta-who"), Some("alice"));
    assert_eq!(arrived.header("x-amz-storage-class"), Some("STANDARD"));
    assert_eq!(arrived.query(), "");
    for (query, code, status) in [
        ("x-amz-copy-source=data%2Fbob%2Fsecret.txt", "InvalidArgument", 400),
        ("x-amz-unheard-of=1", "NotImplemented", 501),
        ("x-amz-acl=public-read", "AccessDenied", 403),
        ("x-amz-meta-a=1%0d%0ax-amz-acl:public-read", "InvalidArgument", 400),
        ("x-amz-meta-%0d%0aa=1", "NotImplemented", 501),
        ("X-Amz-Acl=public-read", "AccessDenied", 403),
        ("x-amz-meta-a=1&x-amz-meta-a=2", "InvalidArgument", 400),
        ("x-amz-meta-a=1&X-Amz-Meta-A=2", "InvalidArgument", 400),
        ("x-amz-security-token2=1", "NotImplemented", 501),
    ] {
        let url = request("PUT", &format!("/data/alice/up?{query}")).body("x");
        let url = url.presign(&alice, 300);
        let before = world.store.requests().len();
        let response = world.send(&url).await;
        assert_eq!((response.status, response.code()), (status, Some(code)), "{query}");
        world.untouched_since(before).await;
    }
    // Header and query that contradict each other.
    let url = request("PUT", "/data/alice/up?x-amz-meta-a=1").header("x-amz-meta-a", "2").body("x");
    world.refused(&url.presign(&alice, 300), 400, "InvalidArgument").await;
    // Without a signature in the query, a name is only a name.
    let header = request("PUT", "/data/alice/up?x-amz-meta-a=1").body("x").sign(&alice);
    let response = world.send(&header).await;
    assert_eq!(response.status, 400, "{}", response.text());
}

#[tokio::test]
async fn a05_a_name_in_disguise_is_the_same_name() {
    let (world, alice) = world().await;
    let url = request("GET", KEY).presign(&alice, 300);
    for extra in [
        "X-Amz-Signatur%65=00",
        "%58-Amz-Signature=00",
        "%58-Amz-Expires=604800",
        "X-Amz-Expire%73=604800",
        "x-amz-expires=604800",
        "X-Amz-Credential2=x",
        "X-Amz-SignedHeaders%20=host",
        "X%2DAmz%2DSecurity%2DToken=AQ",
        "Signature=x&AWSAccessKeyId=y&Expires=99999999999",
        "AWSAccessKeyId=AKIALOADER0000000001",
    ] {
        for disguised in [appended(url.clone(), &format!("&{extra}")), front(&url, extra)] {
            let before = world.store.requests().len();
            let response = world.send(&disguised).await;
            assert!(matches!(response.status, 400 | 403 | 501), "{extra}: {}", response.text());
            world.untouched_since(before).await;
        }
    }
}

/// The same before everything else in the query.
fn front(url: &Prepared, extra: &str) -> Prepared {
    let mut front = url.clone();
    front.target = front.target.replacen('?', &format!("?{extra}&"), 1);
    front
}

#[tokio::test]
async fn a09_what_a_url_says_of_its_payload_holds() {
    let (world, alice) = world().await;
    let put = |claim: &str| {
        let target = format!("/data/alice/up?X-Amz-Content-Sha256={claim}");
        request("PUT", &target).body("uploaded")
    };
    // As the JavaScript SDK writes it.
    let (_, arrived) = world.passed(&put("UNSIGNED-PAYLOAD").presign(&alice, 300)).await;
    assert_eq!((arrived.body.as_slice(), arrived.query()), (&b"uploaded"[..], ""));
    // A hash there is a promise, however the signature was made; so is a framing.
    for claim in ["0".repeat(64), "STREAMING-UNSIGNED-PAYLOAD-TRAILER".to_owned(), "x".to_owned()] {
        let before = world.store.requests().len();
        let response = world.send(&put(&claim).presign(&alice, 300)).await;
        assert!((400..=501).contains(&response.status), "{claim}: {}", response.text());
        world.nothing_but_cut_since(before).await;
    }
    for claim in ["0".repeat(64), "STREAMING-AWS4-HMAC-SHA256-PAYLOAD".to_owned()] {
        let put = request("PUT", "/data/alice/up").header("x-amz-content-sha256", &claim);
        let url = put.body("uploaded").presign_hmacv1(&alice, now() + 300, "");
        let before = world.store.requests().len();
        let response = world.send(&url).await;
        assert!((400..=501).contains(&response.status), "{claim}: {}", response.text());
        world.nothing_but_cut_since(before).await;
    }
}
