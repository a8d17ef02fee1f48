//! A01 to A09: secrets, session tokens and signatures.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sigv4::{AccessKeyId, Timestamp};
use sts::token::KeyRing;
use testkit::clock::{amz_date, http_date, now};
use testkit::signed::{Credentials, Payload, Prepared};
use testkit::store::FakeStore;

use crate::harness::{DATA_HOST, OTHER_RING, Plan, RING, World, request};

const KEY: &str = "/data/alice/a.txt";

async fn world() -> (World, Credentials) {
    let (world, alice) = World::with_alice().await;
    world.store.put(KEY, b"alice's text", &[]);
    (world, alice)
}

fn get(keys: &Credentials) -> Prepared {
    request("GET", KEY).sign(keys)
}

fn appended(mut request: Prepared, text: &str) -> Prepared {
    request.target.push_str(text);
    request
}

#[tokio::test]
async fn a01_another_deployment_takes_neither_token_nor_secret() {
    let (here, alice) = world().await;
    here.passed(&get(&alice)).await;
    let there = Plan::new().with_file("keys.ring", OTHER_RING).start().await;
    there.refused(&get(&alice), 400, "InvalidToken").await;
    // Not even under the same access key id: the secret comes out differently.
    let ring = KeyRing::parse(RING).unwrap();
    let access_key = AccessKeyId::parse(&alice.access_key).unwrap();
    let token = alice.session_token.as_ref().unwrap();
    let (session, _) = ring.open(token, &access_key).unwrap();
    let sealed = KeyRing::parse(OTHER_RING).unwrap();
    let sealed = sealed.seal(&session, &access_key, [7; 32], 0).unwrap();
    let mixed = Credentials::temporary(&alice.access_key, &alice.secret_key, sealed.token.as_str());
    there.refused(&get(&mixed), 403, "SignatureDoesNotMatch").await;
    here.refused(&get(&mixed), 400, "InvalidToken").await;
}

#[tokio::test]
async fn a01_what_a_client_shows_does_not_open_anything() {
    let (world, alice) = world().await;
    let token = alice.session_token.clone().unwrap();
    let raw = BASE64_URL_SAFE_NO_PAD.decode(&token).unwrap();
    let guesses = [
        alice.access_key.clone(),
        token.clone(),
        token[..40].to_owned(),
        hex::encode(&raw[4..36]),
        testkit::signed::sha256(alice.access_key.as_bytes()),
        testkit::signed::sha256(token.as_bytes()),
        "alice".to_owned(),
        String::new(),
    ];
    for guess in guesses {
        let keys = Credentials::temporary(&alice.access_key, &guess, &token);
        world.refused(&get(&keys), 403, "SignatureDoesNotMatch").await;
    }
    assert!(!raw.windows(5).any(|part| part == b"alice"), "claims can be read in the token");
    assert_eq!(alice.secret_key.len(), 40);
    assert!(alice.access_key.starts_with("ASIA") && alice.access_key.len() == 20);
}

#[tokio::test]
async fn a01_a_presigned_url_gives_no_more_than_itself() {
    let (world, alice) = world().await;
    world.store.put("/data/alice/b.txt", b"other", &[]);
    let url = request("GET", KEY).presign(&alice, 300);
    world.passed(&url).await;
    for (from, to) in [
        ("a.txt", "b.txt"),
        ("a.txt", "a.txt/"),
        ("X-Amz-Expires=300", "X-Amz-Expires=3000"),
        ("SignedHeaders=host", "SignedHeaders=host%3Brange"),
        ("us-east-1", "eu-west-1"),
    ] {
        world.refused(&url.clone().with_target(from, to), 403, "SignatureDoesNotMatch").await;
    }
    let wider = appended(url.clone(), "&versionId=1");
    world.refused(&wider, 403, "SignatureDoesNotMatch").await;
    let elsewhere = url.with_header("host", DATA_HOST);
    world.refused(&elsewhere, 403, "SignatureDoesNotMatch").await;
}

#[tokio::test]
async fn a02_a_token_opens_only_beside_its_own_key() {
    let (world, alice) = world().await;
    let bob = world.login("bob").await;
    let swap = |keys: &Credentials, other: &Credentials| Credentials {
        session_token: other.session_token.clone(),
        ..keys.clone()
    };
    world.refused(&get(&swap(&alice, &bob)), 400, "InvalidToken").await;
    world.refused(&get(&swap(&bob, &alice)), 400, "InvalidToken").await;
    world.refused(&get(&swap(&world.loader, &alice)), 400, "InvalidToken").await;
    let bare = Credentials { session_token: None, ..alice.clone() };
    world.refused(&get(&bare), 403, "InvalidAccessKeyId").await;
    for nobody in ["AKIANOBODYNOBODYNOBO", "AKIALOADER000000000", "akialoader0000000001"] {
        world.refused(&get(&Credentials::new(nobody, "x")), 403, "InvalidAccessKeyId").await;
    }
    for presigned in [
        request("GET", KEY).presign(&swap(&alice, &bob), 300),
        request("GET", KEY).presign_hmacv1(&swap(&alice, &bob), now() + 300, ""),
    ] {
        world.refused(&presigned, 400, "InvalidToken").await;
    }
}

#[tokio::test]
async fn a02_a_changed_token_is_no_token() {
    let (world, alice) = world().await;
    let token = alice.session_token.clone().unwrap();
    let with = |token: String| Credentials { session_token: Some(token), ..alice.clone() };
    for at in (0..token.len()).step_by(9).chain([token.len() - 1]) {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let keys = with(String::from_utf8(changed).unwrap());
        world.refused(&get(&keys), 400, "InvalidToken").await;
    }
    for other in [
        token[..token.len() - 1].to_owned(),
        format!("{token}="),
        format!("{token}AAAA"),
        "A".repeat(4097),
        "AQ".to_owned(),
        "\u{40}".to_owned(),
    ] {
        world.refused(&get(&with(other)), 400, "InvalidToken").await;
    }
}

#[tokio::test]
async fn a02_a_session_ends_with_its_token() {
    let (world, alice) = world().await;
    let ring = KeyRing::parse(RING).unwrap();
    let access_key = AccessKeyId::parse(&alice.access_key).unwrap();
    let (session, _) = ring.open(alice.session_token.as_ref().unwrap(), &access_key).unwrap();
    let until = |seconds: i64| {
        let mut session = session.clone();
        session.issued_at = Timestamp::from_unix(now() - 3600);
        session.expires_at = Timestamp::from_unix(now() + seconds);
        let sealed = ring.seal(&session, &access_key, [3; 32], 0).unwrap();
        Credentials::temporary(&alice.access_key, sealed.secret.expose(), sealed.token.as_str())
    };
    world.passed(&get(&until(60))).await;
    let over = until(-1);
    world.refused(&get(&over), 400, "ExpiredToken").await;
    world.refused(&request("GET", KEY).presign(&over, 604_800), 400, "ExpiredToken").await;
    let old = request("GET", KEY).presign_hmacv1(&over, now() + 3600, "");
    world.refused(&old, 400, "ExpiredToken").await;
    // A role that was made anew under its old name is another role.
    let mut plan = Plan::new();
    plan.role["RoleId"] = "AROAMADEANEW00000001".into();
    let anew = plan.start().await;
    anew.refused(&get(&alice), 400, "ExpiredToken").await;
}

#[tokio::test]
async fn a03_a_signature_has_its_time() {
    let (world, alice) = world().await;
    for off in [-3600 * 24 * 400, -16 * 60, 16 * 60, 3600 * 24 * 400] {
        let request = request("GET", KEY).at(now() + off).sign(&alice);
        world.refused(&request, 403, "RequestTimeTooSkewed").await;
    }
    for off in [-13 * 60, 13 * 60] {
        world.passed(&request("GET", KEY).at(now() + off).sign(&alice)).await;
    }
    // `Date` does not rescue an old `X-Amz-Date`, and cannot be slipped in beside it.
    let old = request("GET", KEY).at(now() - 3600).sign(&alice);
    let fresh = old.with_header("date", &http_date(now()));
    world.refused(&fresh, 403, "RequestTimeTooSkewed").await;
    let restamped = request("GET", KEY)
        .at(now() - 3600)
        .sign(&alice)
        .with_header("x-amz-date", &amz_date(now()));
    let response = world.send(&restamped).await;
    assert!((400..404).contains(&response.status), "{}", response.text());
    for date in ["", "now", "20260102", "20260102T030405", "99999999T999999Z"] {
        let bad = get(&alice).with_header("x-amz-date", date);
        let response = world.send(&bad).await;
        assert!((400..404).contains(&response.status), "{date}: {}", response.text());
    }
    let twice = request("GET", KEY).header("x-amz-date", &amz_date(now())).sign(&alice);
    let response = world.send(&twice).await;
    assert!((400..404).contains(&response.status), "{}", response.text());
}

#[tokio::test]
async fn a03_a_presigned_url_has_its_time() {
    let (world, alice) = world().await;
    let at = |off: i64, expires: &str| request("GET", KEY).at(now() + off).presign(&alice, expires);
    world.passed(&at(-3000, "3600")).await;
    world.passed(&at(0, "604800")).await;
    for (off, expires) in [(-3600, "3500"), (-2, "1"), (16 * 60, "3600"), (86_400 * 30, "3600")] {
        world.denied(&at(off, expires)).await;
    }
    for expires in [
        "604801",
        "0",
        "-1",
        "abc",
        "",
        "1e3",
        "+60",
        " 60",
        "60.0",
        "0x60",
        "18446744073709551616",
        "9223372036854775807",
    ] {
        world.refused(&at(0, expires), 400, "AuthorizationQueryParametersError").await;
    }
    for expires in [(now() - 1).to_string(), "0".to_owned(), "-5".to_owned(), "soon".to_owned()] {
        let old = request("GET", KEY).presign_hmacv1(&alice, expires, "");
        world.denied(&old).await;
    }
    world.passed(&request("GET", KEY).presign_hmacv1(&alice, now() + 60, "")).await;
}

#[tokio::test]
async fn a04_what_means_something_must_be_signed() {
    let (world, alice) = world().await;
    for (name, value) in [
        ("x-amz-acl", "public-read"),
        ("x-amz-copy-source", "data/bob/secret.txt"),
        ("x-amz-meta-a", "b"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-storage-class", "GLACIER"),
        ("x-amz-server-side-encryption-customer-key", "eA=="),
        ("x-amz-security-token", "eA"),
        ("x-amz-unknown", "x"),
        ("X-AMZ-ACL", "private"),
    ] {
        let put = request("PUT", KEY).body("x");
        let late = put.clone().unsigned_header(name, value).sign(&alice);
        let response = world.send(&late).await;
        assert!(matches!(response.status, 400 | 403), "{name}: {}", response.text());
        let left = put.clone().header(name, value).leave_unsigned(name).sign(&alice);
        if name != "x-amz-security-token" {
            let response = world.denied(&left).await;
            let lower = name.to_ascii_lowercase();
            assert_eq!(response.xml("HeadersNotSigned"), Some(lower.as_str()), "{name}");
        }
        let url = put.unsigned_header(name, value).presign(&alice, 300);
        let response = world.send(&url).await;
        assert!(matches!(response.status, 400 | 403), "{name}: {}", response.text());
        assert_eq!(world.store.object(KEY).unwrap().body, b"alice's text");
    }
    let hostless = request("GET", KEY).leave_unsigned("host").sign(&alice);
    let response = world.denied(&hostless).await;
    assert_eq!(response.xml("HeadersNotSigned"), Some("host"));
    let hostless = request("GET", KEY).header("range", "bytes=0-").leave_unsigned("host");
    world.denied(&hostless.presign(&alice, 300)).await;
    let hostless = request("GET", KEY).leave_unsigned("host").presign(&alice, 300);
    world.refused(&hostless, 400, "AuthorizationQueryParametersError").await;
    for name in ["x-amz-date", "x-amz-security-token"] {
        world.denied(&request("GET", KEY).leave_unsigned(name).sign(&alice)).await;
    }
}

#[tokio::test]
async fn a04_what_proxies_and_browsers_add_is_fine_and_arrives() {
    let (world, alice) = world().await;
    let harmless = [
        ("range", "bytes=0-3"),
        ("if-match", "\"x\""),
        ("if-none-match", "\"y\""),
        ("if-modified-since", "Fri, 02 Jan 2026 03:04:05 GMT"),
        ("if-unmodified-since", "Fri, 02 Jan 2026 03:04:05 GMT"),
        ("accept-encoding", "gzip, br"),
    ];
    let plain = request("GET", KEY);
    let request = harmless.iter().fold(plain, |r, (name, value)| r.unsigned_header(name, value));
    for sent in [
        request.clone().sign(&alice),
        request.clone().presign(&alice, 300),
        request.clone().presign_hmacv1(&alice, now() + 300, ""),
    ] {
        let (response, arrived) = world.passed(&sent).await;
        assert_eq!((response.status, response.body.as_slice()), (206, &b"alic"[..]));
        for (name, value) in harmless {
            assert_eq!(arrived.header(name), Some(value), "{name}");
        }
    }
}

#[tokio::test]
async fn a04_hmacv1_covers_few_query_names() {
    let (world, alice) = world().await;
    let url = request("GET", KEY).presign_hmacv1(&alice, now() + 300, "");
    world.passed(&url).await;
    for extra in [
        "retention",
        "annotation",
        "prefix=bob%2F",
        "list-type=2",
        "attributes",
        "x-id=GetObject",
        "encoding-type=url",
        "anything=x",
        "ACL",
        "Uploads",
    ] {
        world.denied(&appended(url.clone(), &format!("&{extra}"))).await;
    }
    for signed in ["acl", "tagging", "versionId=1", "uploads", "response-content-type=text%2Fhtml"]
    {
        let wider = appended(url.clone(), &format!("&{signed}"));
        world.refused(&wider, 403, "SignatureDoesNotMatch").await;
    }
    for (name, value) in [("x-amz-meta-a", "b"), ("x-amz-acl", "public-read")] {
        let added = url.clone().with_header(name, value);
        world.refused(&added, 403, "SignatureDoesNotMatch").await;
    }
    let typed = request("PUT", KEY).header("content-type", "text/plain").body("x");
    let typed = typed.presign_hmacv1(&alice, now() + 300, "");
    let other = typed.with_header("content-type", "text/html");
    let response = world.send(&other).await;
    assert_eq!(response.status, 403, "{}", response.text());
}

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
        ("AWS4-ECDSA-P256-SHA256 Credential=a, SignedHeaders=b, Signature=c", "InvalidRequest"),
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
    let mut plan = Plan::new().with(|config| config["stores"][0]["regions"] = vec!["here"].into());
    let mut second = plan.config["stores"][0].clone();
    second["name"] = "second".into();
    second["endpoint"] = other.url().into();
    second["regions"] = vec!["there"].into();
    second["default"] = false.into();
    second["buckets"] = vec!["fixed"].into();
    plan.config["stores"].as_array_mut().unwrap().push(second);
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
