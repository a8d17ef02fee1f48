//! Presigned URLs: the SDK's, and those of both kinds and both addressing styles, opened raw.

use std::time::Duration;

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use testkit::clock::now;
use testkit::logs::Secrets;
use testkit::signed::{Credentials, Payload, Prepared, SignedRequest};

use crate::fixture::{BUCKET, Demo, SECRET, User, get, put};

fn minute() -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_secs(60)).unwrap()
}

/// The SDK's URL as a request on the wire.
fn raw(presigned: &PresignedRequest, body: &[u8]) -> Prepared {
    let (_, rest) = presigned.uri().split_once("://").unwrap();
    let (host, target) = rest.split_at(rest.find('/').unwrap());
    let mut headers = vec![("host".to_owned(), host.to_owned())];
    headers.extend(presigned.headers().map(|(n, v)| (n.to_owned(), v.to_owned())));
    headers.retain(|(name, _)| name != "content-length");
    if presigned.method() == "PUT" {
        headers.push(("content-length".to_owned(), body.len().to_string()));
    }
    Prepared {
        method: presigned.method().to_owned(),
        target: target.to_owned(),
        headers,
        body: vec![body.to_vec()],
        canonical_request: String::new(),
    }
}

#[tokio::test]
async fn what_the_sdk_presigns_opens() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    let none = Secrets::new();
    let key = "alice/for everybody+ü";
    let url = s3.put_object().bucket(BUCKET).key(key).presigned(minute()).await.unwrap();
    assert_eq!(demo.send(&raw(&url, b"hello"), &none).await.status, 200);
    let url = s3.get_object().bucket(BUCKET).key(key).presigned(minute()).await.unwrap();
    assert_eq!(demo.send(&raw(&url, b""), &none).await.text(), "hello");
    let url = s3.head_object().bucket(BUCKET).key(key).presigned(minute()).await.unwrap();
    assert_eq!(demo.send(&raw(&url, b""), &none).await.header("content-length"), Some("5"));
    let url = s3.delete_object().bucket(BUCKET).key(key).presigned(minute()).await.unwrap();
    assert_eq!(demo.send(&raw(&url, b""), &none).await.status, 204);
    demo.stop().await;
}

/// A URL of one kind (`hmacv1` or SigV4) and one addressing style, as a request.
fn url(
    demo: &Demo,
    keys: &Credentials,
    (method, key): (&str, &str),
    (hmacv1, virtual_host): (bool, bool),
) -> Prepared {
    let port = demo.address().port();
    let (target, host) = if virtual_host {
        (format!("/{key}"), format!("{BUCKET}.localhost:{port}"))
    } else {
        (format!("/{BUCKET}/{key}"), format!("localhost:{port}"))
    };
    let mut request = SignedRequest::new(method, &target).host(host).payload(Payload::Unsigned);
    if method == "PUT" {
        request = request.body("alice was here");
    }
    if hmacv1 {
        let bucket = if virtual_host { format!("/{BUCKET}") } else { String::new() };
        request.presign_hmacv1(keys, now() + 60, &bucket)
    } else {
        request.presign(keys, 60)
    }
}

const WAYS: [(bool, bool); 4] = [(false, false), (false, true), (true, false), (true, true)];

#[tokio::test]
async fn both_kinds_in_both_styles_open_what_is_alices() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    let keys = demo.raw_keys(User::Alice).await;
    let secrets = Secrets::new().with("the secret key", &keys.secret_key);
    put(&s3, "alice/shared", b"shared").await;
    for way in WAYS {
        let got = demo.send(&url(&demo, &keys, ("GET", "alice/shared"), way), &secrets).await;
        assert_eq!((got.status, got.text()), (200, "shared"), "{way:?}");
        let head = demo.send(&url(&demo, &keys, ("HEAD", "alice/shared"), way), &secrets).await;
        assert_eq!(head.status, 200, "{way:?}");
        let put = demo.send(&url(&demo, &keys, ("PUT", "alice/new"), way), &secrets).await;
        assert_eq!(put.status, 200, "{way:?}: {put:?}");
        assert_eq!(get(&s3, "alice/new").await, b"alice was here");
        let gone = demo.send(&url(&demo, &keys, ("DELETE", "alice/new"), way), &secrets).await;
        assert_eq!(gone.status, 204, "{way:?}");
    }
    demo.stop().await;
}

#[tokio::test]
async fn both_kinds_in_both_styles_open_nothing_of_bobs() {
    let demo = Demo::start().await;
    let keys = demo.raw_keys(User::Alice).await;
    let secrets = Secrets::new().with("the secret key", &keys.secret_key);
    for way in WAYS {
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
            let answer = demo.send(&url(&demo, &keys, (method, SECRET), way), &secrets).await;
            assert_eq!(answer.status, 403, "{method} {way:?}: {answer:?}");
            if method != "HEAD" {
                assert_eq!(answer.code(), Some("AccessDenied"), "{method} {way:?}");
            }
        }
    }
    demo.assert_secret_is_untouched().await;
    demo.stop().await;
}

#[tokio::test]
async fn a_url_is_for_one_method_one_key_and_one_minute() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    let keys = demo.raw_keys(User::Alice).await;
    let none = Secrets::new();
    put(&s3, "alice/shared", b"shared").await;
    for way in WAYS {
        let good = url(&demo, &keys, ("GET", "alice/shared"), way);
        for (wrong, codes) in [
            (good.clone().with_method("DELETE"), ["SignatureDoesNotMatch", "AccessDenied"]),
            (good.clone().with_target("shared", "snared"), ["SignatureDoesNotMatch", ""]),
        ] {
            let answer = demo.send(&wrong, &none).await;
            assert_eq!(answer.status, 403, "{way:?}");
            assert!(codes.contains(&answer.code().unwrap()), "{way:?}: {answer:?}");
        }
    }
    let target = format!("/{BUCKET}/alice/shared");
    let request = || SignedRequest::new("GET", &target).host(demo.address());
    for late in [
        request().at(now() - 61).presign(&keys, 60),
        request().presign_hmacv1(&keys, now() - 1, ""),
    ] {
        let answer = demo.send(&late, &none).await;
        assert_eq!((answer.status, answer.code()), (403, Some("AccessDenied")), "{late:?}");
    }
    assert_eq!(get(&s3, "alice/shared").await, b"shared");
    demo.stop().await;
}
