//! A10 to A12: which operation a request is, which key, and which bucket.

use testkit::client::Ended;
use testkit::signed::encode;

use crate::harness::{HOST, World, request};

/// Requests that are no single operation, whoever sends them.
const NO_OPERATION: &[(&str, &str)] = &[
    ("GET", "/data/alice/k?list-type=2"),
    ("GET", "/data/alice/k?x;list-type=2"),
    ("GET", "/data/alice/k?uploads"),
    ("GET", "/data/alice/k?versions"),
    ("GET", "/data/alice/k?delete"),
    ("GET", "/data/alice/k?foo"),
    ("GET", "/data/alice/k?foo=bar"),
    ("GET", "/data/alice/k?versionid=1"),
    ("GET", "/data/alice/k?VersionId=1"),
    ("GET", "/data/alice/k?versionId="),
    ("GET", "/data/alice/k?versionId=1&versionId=2"),
    ("GET", "/data/alice/k?versionId=1&version%49d=1"),
    ("GET", "/data/alice/k?uploadId=1&uploadId=2"),
    ("GET", "/data/alice/k?uploadId="),
    ("GET", "/data/alice/k?partNumber=0"),
    ("GET", "/data/alice/k?partNumber=-1"),
    ("GET", "/data/alice/k?partNumber=99999999999999999999"),
    ("GET", "/data/alice/k?acl&tagging"),
    ("GET", "/data/alice/k?response-content-type=a%0d%0ab"),
    ("GET", "/data/alice/k?response-location=http%3A%2F%2Fx"),
    ("GET", "/data/alice/k?=x"),
    ("GET", "/data/alice/k?prefix=x"),
    ("GET", "/data/alice/k?%00"),
    ("GET", "/data/alice/k?%FF"),
    ("GET", "/data/alice/k?a=%zz"),
    ("GET", "/data/alice/k?x-amz-acl=private"),
    ("GET", "/data/alice/k?X-Amz-Meta-A=b"),
    ("HEAD", "/data/alice/k?uploadId=u"),
    ("HEAD", "/data?versions"),
    ("HEAD", "/data?list-type=2"),
    ("HEAD", "/"),
    ("DELETE", "/data/alice/k?x;uploadId=1"),
    ("DELETE", "/data/alice/k?uploads"),
    ("DELETE", "/data/alice/k?partNumber=1&uploadId=u"),
    ("DELETE", "/data?delete"),
    ("DELETE", "/data?uploadId=u"),
    ("DELETE", "/"),
    ("POST", "/data/?delete&x;uploads="),
    ("POST", "/data/?delete&uploads"),
    ("POST", "/data/alice/k"),
    ("POST", "/data/alice/k?delete"),
    ("POST", "/data/alice/k?uploads&uploadId=u"),
    ("POST", "/data?uploads"),
    ("POST", "/data"),
    ("POST", "/"),
    ("PUT", "/data/alice/k?policy"),
    ("PUT", "/data/alice/k?partNumber=1"),
    ("PUT", "/data/alice/k?uploadId=u"),
    ("PUT", "/data/alice/k?partNumber=0&uploadId=u"),
    ("PUT", "/data/alice/k?partNumber=10001&uploadId=u"),
    ("PUT", "/data/alice/k?partNumber=%2B1&uploadId=u"),
    ("PUT", "/data/alice/k?partNumber=1&uploadId=u&versionId=1"),
    ("PUT", "/data/alice/k?versionId=1"),
    ("PUT", "/data/alice/k?uploads"),
    ("PUT", "/data?versionId=1"),
    ("PUT", "/data?x"),
    ("PUT", "/"),
    ("GET", "/data?list-type=1"),
    ("GET", "/data?list-type"),
    ("GET", "/data?list-type=2&versions"),
    ("GET", "/data?uploads&versions"),
    ("GET", "/data?location&policy"),
    ("GET", "/data?delete"),
    ("GET", "/data?uploadId=u"),
    ("GET", "/data?max-keys=-1"),
    ("GET", "/data?max-keys=1e3"),
    ("GET", "/data?max-keys=4294967297"),
    ("GET", "/data?encoding-type=xml"),
    ("GET", "/data?prefix=alice%2F&prefix=bob%2F"),
    ("GET", "/data?prefix=alice%2F&Prefix=bob%2F"),
    ("GET", "/data?prefix=alice%2F&pref%69x=bob%2F"),
    ("GET", "/data?prefix=alice%2F;prefix=bob%2F&list-type=2&x;y"),
    ("GET", "/?delete"),
    ("GET", "/?uploads"),
    ("GET", "/?location"),
    ("GET", "/?list-type=2"),
];

/// Operations of S3 that are known and that no store behind a gateway can have.
const NOT_IMPLEMENTED: &[(&str, &str)] = &[
    ("PUT", "/data/alice/k?renameObject"),
    ("GET", "/data?session"),
    ("GET", "/?max-directory-buckets=1"),
];

#[tokio::test]
async fn a10_what_is_no_single_operation_is_refused() {
    let (world, alice) = World::with_alice().await;
    for keys in [&world.loader, &alice] {
        for (method, target) in NO_OPERATION {
            let before = world.store.requests().len();
            let sent = request(method, target).sign(keys);
            let response = world.send(&sent).await;
            let status = response.status;
            assert!(matches!(status, 400 | 405 | 501), "{method} {target}: {status}");
            let line = world.line_of(&response).await;
            assert!(line["reason"].is_string(), "{method} {target}: {line}");
            assert!(world.since(before).is_empty(), "{method} {target}");
        }
    }
    world.untouched_since(0).await;
}

#[tokio::test]
async fn a10_what_no_store_can_do_is_said_so() {
    let (world, _) = World::with_alice().await;
    for (method, target) in NOT_IMPLEMENTED {
        let sent = request(method, target).sign(&world.loader);
        let response = world.refused(&sent, 501, "NotImplemented").await;
        assert!(response.text().contains("directory buckets"), "{}", response.text());
    }
}

#[tokio::test]
async fn a10_the_store_sees_only_what_was_authorised() {
    let world = World::start().await;
    world.store.put("/data/alice/k", b"x", &[]);
    world.store.put("/data", b"x", &[]);
    for (method, wire, forwarded) in [
        ("GET", "/data/alice/k?x-id=GetObject", "/data/alice/k"),
        ("GET", "/data/alice/k?", "/data/alice/k"),
        ("GET", "/data/alice/k?&&", "/data/alice/k"),
        ("GET", "/data/alice/k?versionId=a%2Bb", "/data/alice/k?versionId=a%2Bb"),
        ("GET", "/data/", "/data"),
        ("GET", "/data?list-type=2&prefix=a/b", "/data?list-type=2&prefix=a%2Fb"),
        ("GET", "/data/?prefix=a%2fb&list-type=2&", "/data?list-type=2&prefix=a%2Fb"),
        ("GET", "/data?list-type=2&pref%69x=a%20b", "/data?list-type=2&prefix=a%20b"),
        ("GET", "/data?versions=anything", "/data?versions="),
        ("GET", "/data?uploads=x&prefix", "/data?prefix=&uploads="),
        ("PUT", "/data/alice/k?x-id=PutObject", "/data/alice/k"),
        ("DELETE", "/data/alice/k?uploadId=%3D%26acl", "/data/alice/k?uploadId=%3D%26acl"),
    ] {
        let mut sent = request(method, wire)
            .header("x-forwarded-host", "evil.example.com")
            .header("x-original-url", "/data/bob/secret.txt")
            .header("x-rewrite-url", "/data/bob/secret.txt")
            .header("forwarded", "host=evil.example.com")
            .header("cookie", "a=b")
            .header("via", "1.1 x")
            .header("te", "trailers")
            .header("user-agent", "tests")
            .unsigned_header("x-minio-extract", "true")
            .unsigned_header("x-rgw-quota", "1");
        if method == "PUT" {
            sent = sent.body("body");
        }
        let (_, arrived) = world.passed(&sent.sign(&world.loader)).await;
        assert_eq!((arrived.method.as_str(), arrived.target.as_str()), (method, forwarded));
        let mut names = arrived.header_names();
        names.retain(|name| name != "content-length");
        let expected = ["authorization", "host", "x-amz-content-sha256", "x-amz-date"];
        assert_eq!(names, expected, "{wire}");
        let host = world.store.address().to_string();
        assert_eq!(arrived.header("host"), Some(host.as_str()));
        let authorization = arrived.header("authorization").unwrap();
        assert!(authorization.contains("/store-region/s3/aws4_request"), "{authorization}");
        assert!(authorization.contains("STOREACCESSKEY000001"), "{authorization}");
        world.store.put("/data/alice/k", b"x", &[]);
    }
}

#[tokio::test]
async fn a10_an_operation_without_a_body_takes_none() {
    let world = World::start().await;
    world.store.put("/data/alice/k", b"x", &[]);
    let before = world.store.requests().len();
    for (method, target) in [
        ("GET", "/data/alice/k"),
        ("DELETE", "/data/alice/k"),
        ("GET", "/data?list-type=2"),
        ("POST", "/data/alice/k?uploads"),
        ("DELETE", "/data"),
    ] {
        let sent = request(method, target).body("surprise").sign(&world.loader);
        let response = world.send(&sent).await;
        assert_eq!(response.code(), Some("UnexpectedContent"), "{method} {target}");
        let mut chunked =
            request(method, target).sign(&world.loader).without_header("content-length");
        chunked.headers.push(("transfer-encoding".to_owned(), "chunked".to_owned()));
        chunked.body = vec![b"8\r\nsurprise\r\n0\r\n\r\n".to_vec()];
        let response = world.send(&chunked).await;
        assert_eq!(response.code(), Some("UnexpectedContent"), "{method} {target} in chunks");
    }
    let copy = request("PUT", "/data/alice/k")
        .header("x-amz-copy-source", "data/alice/k")
        .body("surprise")
        .sign(&world.loader);
    world.send(&copy).await;
    world.untouched_since(before).await;
}

#[tokio::test]
async fn a11_one_decoding_one_meaning() {
    let (world, alice) = World::with_alice().await;
    for (wire, key, hers) in [
        ("/data/alice/k", "alice/k", true),
        ("/data/alice%2Fk", "alice/k", true),
        ("/data/%61lice/k", "alice/k", true),
        ("/%64ata/alice/k", "alice/k", true),
        ("/data/alice//k", "alice//k", true),
        ("/data/alice/", "alice/", true),
        ("/data/alice/../bob/s", "alice/../bob/s", true),
        ("/data/alice/%2e%2E/bob/s", "alice/../bob/s", true),
        ("/data/alice/%2e%2E%2fbob/s", "alice/../bob/s", true),
        ("/data/alice/./k", "alice/./k", true),
        ("/data/alice/%252e%252e/bob", "alice/%2e%2e/bob", true),
        ("/data/alice/a%2bb;c=d,e", "alice/a+b;c=d,e", true),
        ("/data/alice/%3Facl", "alice/?acl", true),
        ("/data/alice/%23", "alice/#", true),
        ("/data/alice/%0d%0aX-Amz-Acl:%20public", "alice/\r\nX-Amz-Acl: public", true),
        ("/data/alice/%C3%A9", "alice/\u{e9}", true),
        ("/data/alice/e%CC%81", "alice/e\u{301}", true),
        ("/data/alice/%E2%80%AEtxt", "alice/\u{202e}txt", true),
        ("/data/alice/%7F%1B%5B2J", "alice/\u{7f}\u{1b}[2J", true),
        ("/data/alice/%22%3E%3C%2FError%3E", "alice/\"></Error>", true),
        ("/data/alice\\..\\bob", "alice\\..\\bob", false),
        ("/data/./alice/k", "./alice/k", false),
        ("/data//alice/k", "/alice/k", false),
        ("/data/../data/alice/k", "../data/alice/k", false),
        ("/data/ALICE/k", "ALICE/k", false),
        ("/data/alice", "alice", false),
        ("/data/alice%20/k", "alice /k", false),
        ("/data/al%69ce%5Ck", "alice\\k", false),
        ("/data/%2Falice/k", "/alice/k", false),
        ("/data/%E2%80%8Balice/k", "\u{200b}alice/k", false),
        ("/data/\u{430}lice/k", "\u{430}lice/k", false),
    ] {
        // What is signed, decided about and asked for is, decoded once, the same key.
        let canonical = format!("/data/{}", testkit::signed::encode_path(key));
        let spelled = |keys| {
            let mut sent = request("PUT", &canonical).body("x").sign(keys);
            wire.clone_into(&mut sent.target);
            sent
        };
        let (_, arrived) = world.passed(&spelled(&world.loader)).await;
        assert_eq!(arrived.target, canonical, "{wire}");
        let line = world.access.wait_for(&serde_json::to_string(key).unwrap()).await;
        assert!(!line.contains('\u{1b}'), "{wire}");
        if hers {
            world.passed(&spelled(&alice)).await;
        } else {
            world.denied(&spelled(&alice)).await;
        }
    }
}

#[tokio::test]
async fn a11_paths_that_are_none() {
    let (world, _) = World::with_alice().await;
    for (path, status, code) in [
        ("/data%2Falice/k", 400, "InvalidBucketName"),
        ("/data%2Falice%2Fk", 400, "InvalidBucketName"),
        ("//data/alice/k", 400, "InvalidBucketName"),
        ("/./data/alice/k", 400, "InvalidBucketName"),
        ("/../data/alice/k", 400, "InvalidBucketName"),
        ("/DATA/alice/k", 400, "InvalidBucketName"),
        ("/da_ta/alice/k", 400, "InvalidBucketName"),
        ("/data%00/alice/k", 400, "InvalidURI"),
        ("/data/alice/%00", 400, "InvalidURI"),
        ("/data/alice/%FF", 400, "InvalidURI"),
        ("/data/alice/%C3", 400, "InvalidURI"),
        ("/data/alice/%ED%A0%80", 400, "InvalidURI"),
        ("/data/alice/%C0%AF", 400, "InvalidURI"),
        ("/data/alice/%zz", 400, "InvalidURI"),
        ("/data/alice/%", 400, "InvalidURI"),
        ("/data/alice/%2", 400, "InvalidURI"),
    ] {
        for sent in [
            request("GET", path).sign(&world.loader),
            request("GET", path).presign(&world.loader, 300),
        ] {
            let before = world.store.requests().len();
            let response = world.send(&sent).await;
            // A path that does not decode has no canonical form either.
            let found = (response.status, response.code().unwrap());
            let unsigned = (403, "SignatureDoesNotMatch");
            assert!(found == (status, code) || found == unsigned, "{path}: {found:?}");
            world.untouched_since(before).await;
        }
    }
    for length in [1024, 1025, 8000] {
        let key = "k".repeat(length);
        let sent = request("PUT", &format!("/data/{key}")).body("x").sign(&world.loader);
        if length == 1024 {
            world.passed(&sent).await;
        } else {
            world.refused(&sent, 400, "KeyTooLongError").await;
        }
        // Percent signs count for nothing, characters for their bytes.
        let wide = "\u{e9}".repeat(length / 2);
        let target = format!("/data/{}", encode(wide.as_bytes()));
        let response = world.send(&request("PUT", &target).body("x").sign(&world.loader)).await;
        assert_eq!(response.status == 200, length <= 1025, "{length}");
    }
}

#[tokio::test]
async fn a11_targets_in_other_forms() {
    let (world, _) = World::with_alice().await;
    let good = request("GET", "/data/alice/k").sign(&world.loader);
    let before = world.store.requests().len();
    for target in [
        "http://elsewhere/data/alice/k",
        "http://s3.example.org/data/alice/k",
        "http://s3.example.org@elsewhere/data/alice/k",
        "https://s3.example.org/data/alice/k",
        "x.attacker:/data/alice/k",
        "x.attacker:80",
        "s3.example.org:80",
        "data/alice/k",
        "*",
        "?list-type=2",
        "",
    ] {
        for method in ["GET", "OPTIONS", "CONNECT"] {
            let mut sent = good.clone().with_method(method);
            target.clone_into(&mut sent.target);
            let head = sent.head();
            let mut connection = testkit::client::Connection::open(world.s3).await;
            connection.send(&head).await;
            let response = connection.response(method).await;
            // Some are no HTTP at all and get no document.
            assert!((400..500).contains(&response.status), "{method} {target}: {response:?}");
            assert_eq!(response.ended, Ended::Whole, "{method} {target}");
        }
    }
    world.untouched_since(before).await;
}

#[tokio::test]
async fn a12_only_our_hosts() {
    let (world, alice) = World::with_alice().await;
    world.store.put("/data/alice/k", b"x", &[]);
    for host in [
        "example.org",
        "evil.com",
        "s3.example.org.",
        "s3.example.org.evil.com",
        "xs3.example.org",
        "s3.example.org@evil.com",
        "evil.com@s3.example.org",
        "s3.example.org:",
        "s3.example.org:x",
        "s3.example.org:80:80",
        "s3.example.org/data",
        "s3.example.org, evil.com",
        "localhost",
        "10.0.0.1",
        "data.127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "127.1",
        "*",
    ] {
        let sent = request("GET", "/data/alice/k").host(host).sign(&alice);
        world.refused(&sent, 400, "InvalidRequest").await;
    }
    for host in
        [".s3.example.org", "a.s3.example.org", "da_ta.s3.example.org", "a..b.s3.example.org"]
    {
        let sent = request("GET", "/alice/k").host(host).sign(&alice);
        let response = world.send(&sent).await;
        assert_eq!(response.status, 400, "{host}: {}", response.text());
    }
    let good = request("GET", "/data/alice/k").sign(&alice);
    let mut two = good.clone();
    two.headers.push(("host".to_owned(), HOST.to_owned()));
    let response = world.send(&two).await;
    assert_eq!((response.status, response.code()), (400, Some("InvalidRequest")));
    let mut other = good.clone();
    other.headers.push(("host".to_owned(), "evil.com".to_owned()));
    world.refused(&other, 400, "InvalidRequest").await;
    world.refused(&good.clone().without_header("host"), 400, "InvalidRequest").await;
    world.refused(&good.clone().with_header("host", ""), 400, "InvalidRequest").await;
    world.passed(&good).await;
}

#[tokio::test]
async fn a12_bucket_and_host_cannot_disagree() {
    let (world, alice) = World::with_alice().await;
    for (host, path, forwarded, hers) in [
        ("data.s3.example.org", "/alice/k", "/data/alice/k", true),
        ("DATA.S3.Example.ORG:8443", "/alice/k", "/data/alice/k", true),
        ("data.eu.s3.example.org", "/alice/k", "/data/alice/k", true),
        ("eu.s3.example.org", "/data/alice/k", "/data/alice/k", true),
        ("127.0.0.1:1", "/data/alice/k", "/data/alice/k", true),
        ("data.s3.example.org", "/data/alice/k", "/data/data/alice/k", false),
        ("other.s3.example.org", "/data/alice/k", "/other/data/alice/k", false),
        ("data.s3.example.org", "//alice/k", "/data//alice/k", false),
    ] {
        let sent = request("PUT", path).host(host).body("x");
        let (_, arrived) = world.passed(&sent.clone().sign(&world.loader)).await;
        assert_eq!(arrived.target, forwarded, "{host} {path}");
        if hers {
            world.passed(&sent.clone().sign(&alice)).await;
        } else {
            world.denied(&sent.clone().sign(&alice)).await;
        }
        // Nobody else's word on the host counts.
        let told = sent.unsigned_header("x-forwarded-host", "data.s3.example.org");
        let (_, arrived) = world.passed(&told.sign(&world.loader)).await;
        assert_eq!(arrived.target, forwarded, "{host} {path}");
    }
    // A presigned URL for one bucket's host is not one for another's.
    let url = request("GET", "/alice/k").host("data.s3.example.org").presign(&alice, 300);
    let moved = url.with_header("host", "other.s3.example.org");
    world.refused(&moved, 403, "SignatureDoesNotMatch").await;
    let expires = testkit::clock::now() + 300;
    let url = request("GET", "/alice/k").host("data.s3.example.org");
    let url = url.presign_hmacv1(&alice, expires, "/data");
    let moved = url.with_header("host", "other.s3.example.org");
    world.refused(&moved, 403, "SignatureDoesNotMatch").await;
}
