//! A01 to A04: secrets, session tokens, time, and what must be signed.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sigv4::{AccessKeyId, Timestamp};
use sts::session::AnySession;
use sts::token::KeyRing;
use testkit::clock::{amz_date, http_date, now};
use testkit::signed::{Credentials, Prepared};

use crate::harness::{DATA_HOST, OTHER_RING, Plan, RING, World, request};

pub(crate) const KEY: &str = "/data/alice/a.txt";

pub(crate) async fn world() -> (World, Credentials) {
    let (world, alice) = World::with_alice().await;
    world.store.put(KEY, b"alice's text", &[]);
    (world, alice)
}

pub(crate) fn get(keys: &Credentials) -> Prepared {
    request("GET", KEY).sign(keys)
}

pub(crate) fn appended(mut request: Prepared, text: &str) -> Prepared {
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
    let AnySession::Role(session) = session else { panic!("{session:?}") };
    let until = |seconds: i64| {
        let mut session = session.clone();
        session.issued_at = Timestamp::from_unix(now() - 3600);
        session.began = session.issued_at;
        session.expires_at = Timestamp::from_unix(now() + seconds);
        let sealed = ring.seal(&AnySession::Role(session), &access_key, [3; 32], 0).unwrap();
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
    // Never, or for too long.
    for expires in ["604801", "0", "-1", "18446744073709551616", "9223372036854775807"] {
        world.denied(&at(0, expires)).await;
    }
    for expires in ["abc", "", "1e3", "+60", " 60", "60.0", "0x60"] {
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
        ("if-match", "*"),
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
