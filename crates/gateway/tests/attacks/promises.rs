//! A56 and A58: keys that a store folds, and headers with a promise.

use serde_json::json;
use testkit::answer::Answer;
use testkit::signed::encode;

use crate::harness::{Plan, World, allow, request};

/// A condition on a write that the store does not look at would be a lost update.
#[tokio::test]
async fn a58_a_header_that_the_store_ignores_is_refused() {
    let world = Plan::new().with(|config| {
        config["stores"][0]["preset"] = json!("garage");
        config["stores"][0]["capabilities"] = json!({ "checksum_headers": false });
    });
    let world = world.start().await;
    let put = |name: &str, value: &str| {
        request("PUT", "/data/k").header(name, value).body("x").sign(&world.loader)
    };
    for (name, value) in [("if-none-match", "*"), ("if-match", "\"e\"")] {
        let refused = world.refused(&put(name, value), 501, "NotImplemented").await;
        assert_eq!(refused.xml("Header"), Some(name), "{}", refused.text());
    }
    let delete = request("DELETE", "/data/k").header("if-match", "\"e\"").sign(&world.loader);
    world.refused(&delete, 501, "NotImplemented").await;
    // The same of many at once.
    let of = |condition: &str| {
        let body = format!("<Delete><Object><Key>k</Key>{condition}</Object></Delete>");
        let md5 = s3::checksum::ContentMd5::of(body.as_bytes()).to_base64();
        let many = request("POST", "/data?delete").header("content-md5", &md5);
        many.body(body).sign(&world.loader)
    };
    for condition in
        ["<ETag>\"e\"</ETag>", "<Size>1</Size>", "<LastModifiedTime>x</LastModifiedTime>"]
    {
        world.refused(&of(condition), 501, "NotImplemented").await;
    }
    let copy = request("PUT", "/data/k").header("x-amz-copy-source", "data/a");
    world
        .refused(&copy.header("if-none-match", "*").sign(&world.loader), 501, "NotImplemented")
        .await;
    world.passed(&put("x-amz-meta-a", "b")).await;
    let get = request("GET", "/data/k").header("if-none-match", "\"e\"").sign(&world.loader);
    let (_, arrived) = world.passed(&get).await;
    assert_eq!(arrived.header("if-none-match"), Some("\"e\""));
}

/// Ceph RGW compares `If-Match` of a PutObject with the bare ETag.
#[tokio::test]
async fn an_if_match_is_sent_as_the_store_reads_it() {
    for (preset, quoted) in [("ceph-rgw", false), ("generic", true)] {
        let plan = Plan::new().with(|config| config["stores"][0]["preset"] = json!(preset));
        let world = plan.start().await;
        for (sent, bare) in [
            ("\"e\"", "e"),
            ("e", "e"),
            ("*", "*"),
            ("\"*\"", "\"*\""),
            ("\"\"", "\"\""),
            ("\"a\", \"b\"", "\"a\", \"b\""),
        ] {
            let put = request("PUT", "/data/k").header("if-match", sent).body("x");
            let (_, arrived) = world.passed(&put.sign(&world.loader)).await;
            let expected = if quoted { sent } else { bare };
            assert_eq!(arrived.header("if-match"), Some(expected), "{preset} {sent}");
            let get = request("GET", "/data/k").header("if-match", sent).sign(&world.loader);
            world.store.push(Answer::ok());
            let (_, arrived) = world.passed(&get).await;
            assert_eq!(arrived.header("if-match"), Some(sent), "{preset} {sent}");
        }
    }
}

/// What a store would store in the clear is not stored.
#[tokio::test]
async fn a58_encryption_that_a_store_does_not_do_is_refused() {
    let name = "x-amz-server-side-encryption";
    for (preset, value, passes) in [
        ("ceph-rgw", "AES256", false),
        ("ceph-rgw", "aws:kms", true),
        ("garage", "AES256", false),
        ("garage", "aws:kms", false),
        ("generic", "AES256", true),
    ] {
        let plan = Plan::new().with(|config| config["stores"][0]["preset"] = json!(preset));
        let world = plan.start().await;
        let put = request("PUT", "/data/k").header(name, value);
        let begin = request("POST", "/data/k?uploads").header(name, value);
        if passes {
            for sent in [put, begin] {
                world.store.push(Answer::ok());
                let (_, arrived) = world.passed(&sent.sign(&world.loader)).await;
                assert_eq!(arrived.header(name), Some(value), "{preset}");
            }
            continue;
        }
        let copy = put.clone().header("x-amz-copy-source", "data/source");
        for sent in [put, begin, copy] {
            let response = world.refused(&sent.sign(&world.loader), 501, "NotImplemented").await;
            assert_eq!(response.xml("Header"), Some(name), "{preset}");
        }
    }
}

/// Of what a copy or an upload in parts is to be kept with, Ceph RGW keeps less than of what a PutObject is.
#[tokio::test]
async fn a58_what_ceph_loses_is_refused() {
    let plan = Plan::new().with(|config| config["stores"][0]["preset"] = json!("ceph-rgw"));
    let world = plan.start().await;
    let hold = ("x-amz-object-lock-legal-hold", "ON");
    let tagging = ("x-amz-tagging", "a=b");
    let replace = ("x-amz-tagging-directive", "REPLACE");
    let kms = ("x-amz-server-side-encryption", "aws:kms");
    let website = ("x-amz-website-redirect-location", "/there");
    let source = ("x-amz-copy-source", "data/source");
    let with = |more: &[(&'static str, &'static str)]| [&[source], more].concat();
    let rows = [
        ("PUT", "/data/k", with(&[hold]), hold.0),
        ("PUT", "/data/k", with(&[replace]), replace.0),
        ("PUT", "/data/k", with(&[replace, tagging]), tagging.0),
        ("PUT", "/data/k", with(&[kms]), kms.0),
        ("PUT", "/data/k", with(&[website]), website.0),
        ("PUT", "/data/k", with(SSE_C), SSE_C[0].0),
        ("PUT", "/data/k?partNumber=1&uploadId=u", with(SSE_C), SSE_C[0].0),
        ("POST", "/data/k?uploads", vec![hold], hold.0),
        ("POST", "/data/k?uploads", vec![tagging], tagging.0),
    ];
    for (method, target, headers, named) in rows {
        let plain = request(method, target);
        let sent = headers.iter().fold(plain, |sent, (name, value)| sent.header(name, value));
        let response = world.refused(&sent.sign(&world.loader), 501, "NotImplemented").await;
        assert_eq!(response.xml("Header"), Some(named), "{target}");
    }
}

/// A store that passes over `versionId` would read or delete the object whatever version was meant.
#[tokio::test]
async fn a10_a_version_that_the_store_does_not_look_for() {
    for preset in ["garage", "s3s-fs", "generic"] {
        let plan = Plan::new().with(|config| config["stores"][0]["preset"] = json!(preset));
        let world = plan.start().await;
        for method in ["GET", "HEAD", "DELETE"] {
            for version in ["null", "v"] {
                let sent = request(method, &format!("/data/k?versionId={version}"));
                let sent = sent.sign(&world.loader);
                if preset == "generic" {
                    world.store.push(Answer::ok());
                    world.passed(&sent).await;
                } else {
                    world.refused(&sent, 501, "NotImplemented").await;
                }
            }
        }
        if preset == "generic" {
            continue;
        }
        for target in ["/data/k", "/data/k?partNumber=1&uploadId=u"] {
            let copy = request("PUT", target).header("x-amz-copy-source", "data/a?versionId=v");
            world.refused(&copy.sign(&world.loader), 501, "NotImplemented").await;
        }
        let document = "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key>\
                        <VersionId>v</VersionId></Object></Delete>";
        let delete = request("POST", "/data?delete")
            .header("content-md5", &s3::checksum::ContentMd5::of(document.as_bytes()).to_base64())
            .body(document);
        world.refused(&delete.sign(&world.loader), 501, "NotImplemented").await;
    }
}

#[tokio::test]
async fn a58_the_range_of_a_part_that_is_copied_has_one_form() {
    let world = World::start().await;
    for range in ["bytes=-2", "bytes=2-", "bytes=2-1", "bytes=0-1,3-4", "0-2"] {
        let copy = request("PUT", "/data/k?partNumber=1&uploadId=u")
            .header("x-amz-copy-source", "data/source")
            .header("x-amz-copy-source-range", range);
        world.refused(&copy.sign(&world.loader), 400, "InvalidArgument").await;
    }
}

/// Ceph RGW 16 would read `secret`, which is denied, from `secret?versionId=null`, which is another key.
#[tokio::test]
async fn a56_a_source_that_the_store_would_read_otherwise() {
    let all = allow(&["s3:*"], &["arn:aws:s3:::data/*"]);
    let deny =
        json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::data/secret" });
    let world = Plan::new()
        .with_policy(&[all, deny])
        .with(|config| config["stores"][0]["preset"] = json!("ceph-rgw"))
        .with(|config| {
            config["stores"][0].as_object_mut().unwrap().remove("key_rules");
            // The tags of the source are not what this is about.
            config["stores"][0]["ignored_headers"] = json!([]);
        })
        .start()
        .await;
    let alice = world.login("alice").await;
    let copy = |target: &str, source: &str| {
        request("PUT", target)
            .header("x-amz-copy-source", source)
            .header("x-amz-metadata-directive", "REPLACE")
    };
    let part = |source: &str| {
        request("PUT", "/data/k?partNumber=1&uploadId=u")
            .header("x-amz-copy-source", source)
            .sign(&alice)
    };
    world.denied(&part("data/secret")).await;
    world.denied(&part("data/secret?versionId=null")).await;
    for source in [
        "data/secret%3FversionId%3Dnull",
        "data/secret%3FversionId%3Dnull?versionId=v",
        "data/%2573ecret",
        "data/secret%253FversionId%253Dnull",
    ] {
        world.refused(&part(source), 400, "InvalidArgument").await;
    }
    // A copy of the whole is read as it is written.
    let whole = copy("/data/k", "data/secret%3FversionId%3Dnull")
        .header("x-amz-tagging-directive", "REPLACE")
        .sign(&alice);
    world.store.push(Answer::ok().body("<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>"));
    let (_, arrived) = world.passed(&whole).await;
    assert_eq!(arrived.header("x-amz-copy-source"), Some("data/secret%3FversionId%3Dnull"));
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

type Headers = &'static [(&'static str, &'static str)];

/// What an object may be written with, and what becomes of it: it reaches the store, or an error says that it does not.
const PROMISES: &[(Headers, Option<&str>)] = &[
    (
        &[
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", "key-id"),
            ("x-amz-server-side-encryption-context", "e30="),
            ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
        ],
        None,
    ),
    (SSE_C, None),
    (&[SSE_C[0]], Some("InvalidArgument")),
    (&[SSE_C[1], SSE_C[2]], Some("InvalidArgument")),
    (&[("x-amz-server-side-encryption-aws-kms-key-id", "key-id")], Some("InvalidArgument")),
    (&[("x-amz-storage-class", "GLACIER")], None),
    (
        &[
            ("x-amz-object-lock-mode", "COMPLIANCE"),
            ("x-amz-object-lock-retain-until-date", "2030-01-01T00:00:00Z"),
        ],
        None,
    ),
    (&[("x-amz-object-lock-mode", "COMPLIANCE")], Some("InvalidArgument")),
    (&[("x-amz-object-lock-retain-until-date", "2030-01-01T00:00:00Z")], Some("InvalidArgument")),
    (&[("x-amz-object-lock-event-hold-duration-days", "1")], Some("InvalidArgument")),
    (&[("x-amz-object-lock-legal-hold", "ON")], None),
    (&[("x-amz-acl", "private")], None),
    (&[("x-amz-grant-read", "id=\"x\"")], Some("AccessControlListNotSupported")),
    (&[("x-amz-tagging", "a=b")], None),
    (&[("x-amz-website-redirect-location", "/there")], None),
    (&[("x-amz-expected-bucket-owner", "000000000000")], None),
    (&[("x-amz-request-payer", "requester")], None),
    (&[("x-amz-meta-a", "b")], None),
    (&[("cache-control", "no-store")], None),
    (&[("content-disposition", "attachment")], None),
    (&[("content-language", "de")], None),
    (&[("expires", "Fri, 02 Jan 2026 03:04:05 GMT")], None),
];

const SSE_C: Headers = &[
    ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
    ("x-amz-server-side-encryption-customer-key", "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U="),
    ("x-amz-server-side-encryption-customer-key-md5", "AAAAAAAAAAAAAAAAAAAAAA=="),
];

#[tokio::test]
async fn a58_what_is_promised_reaches_the_store() {
    let world = World::start().await;
    let once: &[(Headers, Option<&str>)] = &[(&[("if-none-match", "*")], None)];
    for (target, method, promises) in [
        ("/data/k", "PUT", PROMISES),
        ("/data/k?uploads", "POST", PROMISES),
        // On a multipart upload it is a condition of its end, and no header of its beginning.
        ("/data/k", "PUT", once),
    ] {
        for (headers, refused) in promises {
            let plain = request(method, target);
            let sent = headers.iter().fold(plain, |sent, (name, value)| sent.header(name, value));
            let sent = sent.sign(&world.loader);
            world.store.forget_requests();
            match refused {
                Some(code) => {
                    world.refused(&sent, 400, code).await;
                }
                None => {
                    world.send(&sent).await;
                    let arrived = world.store.only_request();
                    for (name, value) in *headers {
                        assert_eq!(arrived.header(name), Some(*value), "{name}");
                    }
                }
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

/// What was to be encrypted and may not be is no success.
#[tokio::test]
async fn a58_a_store_says_that_it_used_the_key_of_the_client() {
    let world = World::start().await;
    for (method, target) in [
        ("PUT", "/data/k"),
        ("POST", "/data/k?uploads"),
        ("PUT", "/data/k?partNumber=1&uploadId=u"),
    ] {
        let plain = request(method, target);
        let keyed =
            SSE_C.iter().fold(plain.clone(), |sent, (name, value)| sent.header(name, value));
        for (sent, says_so, status) in
            [(&keyed, false, 501), (&keyed, true, 200), (&plain, false, 200)]
        {
            let answer = Answer::ok().header("etag", "\"e\"");
            world.store.push(if says_so { answer.header(SSE_C[0].0, "AES256") } else { answer });
            let response = world.send(&sent.clone().sign(&world.loader)).await;
            assert_eq!(response.status, status, "{method} {target}: {}", response.text());
        }
    }
}
