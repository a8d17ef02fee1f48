//! What a reader may say beside the key: ranges, parts, conditions, headers of the answer, whose bucket it
//! expects ("GetObject", "HeadObject", S3 API reference). Each reaches the store as it was said, and its answer
//! the client.

use serde_json::json;
use testkit::answer::Answer;
use testkit::signed::{Prepared, SignedRequest, encode};

use crate::harness::{Plan, World, request};

const SINCE: &str = "Fri, 02 Jan 2026 03:04:05 GMT";
const BEFORE: &str = "Thu, 01 Jan 2026 00:00:00 GMT";

/// A request in each way that it can be signed.
fn signed(world: &World, plain: &SignedRequest) -> [Prepared; 3] {
    let expires = testkit::clock::now() + 300;
    [
        plain.clone().sign(&world.loader),
        plain.clone().presign(&world.loader, 300),
        plain.clone().presign_hmacv1(&world.loader, expires, ""),
    ]
}

fn answer_next(world: &World, answer: Answer) {
    world.store.forget_script();
    world.store.forget_requests();
    world.store.push(answer);
}

type Headers = &'static [(&'static str, &'static str)];

/// Headers of a read, and what a store answers to it.
const READS: &[(Headers, u16, Headers)] = &[
    (&[("range", "bytes=0-0")], 206, &[("content-range", "bytes 0-0/7")]),
    (&[("range", "bytes=-7")], 206, &[("content-range", "bytes 0-6/7")]),
    (&[("range", "bytes=3-")], 206, &[("content-range", "bytes 3-6/7")]),
    (&[("range", "bytes=0-1,4-5")], 206, &[("content-type", "multipart/byteranges; boundary=x")]),
    (&[("range", "bytes=7-")], 416, &[("content-range", "bytes */7")]),
    // What is no range is none to S3, which answers with all of the object.
    (&[("range", "lines=1-2")], 200, &[("accept-ranges", "bytes")]),
    (&[("range", "bytes=3-"), ("if-range", "\"e\"")], 206, &[("content-range", "bytes 3-6/7")]),
    (&[("range", "bytes=3-"), ("if-range", SINCE)], 200, &[]),
    (&[("if-match", "\"e\"")], 200, &[("etag", "\"e\"")]),
    (&[("if-match", "\"other\"")], 412, &[]),
    (&[("if-match", "\"a\", \"b\"")], 412, &[]),
    (&[("if-match", "*")], 200, &[]),
    (&[("if-none-match", "\"e\"")], 304, &[("etag", "\"e\""), ("last-modified", SINCE)]),
    (&[("if-none-match", "W/\"e\"")], 304, &[("etag", "\"e\"")]),
    (&[("if-none-match", "*")], 304, &[("cache-control", "max-age=1"), ("expires", SINCE)]),
    (&[("if-modified-since", SINCE)], 304, &[("last-modified", SINCE)]),
    (&[("if-unmodified-since", SINCE)], 412, &[]),
    (&[("if-match", "\"e\""), ("if-unmodified-since", SINCE)], 200, &[]),
    (&[("if-none-match", "\"e\""), ("if-modified-since", SINCE)], 304, &[("etag", "\"e\"")]),
];

#[tokio::test]
async fn ranges_and_conditions_are_the_stores_to_hold() {
    let world = World::start().await;
    for method in ["GET", "HEAD"] {
        for (headers, status, answered) in READS {
            // Nobody need sign them.
            for late in [false, true] {
                let plain = request(method, "/data/k");
                let plain = headers.iter().fold(plain, |sent, (name, value)| match late {
                    true => sent.unsigned_header(name, value),
                    false => sent.header(name, value),
                });
                for sent in signed(&world, &plain) {
                    let mut answer = match status {
                        412 => Answer::error(412, "PreconditionFailed"),
                        416 => Answer::error(416, "InvalidRange"),
                        304 => Answer::status(304),
                        status => Answer::status(*status).body("content"),
                    };
                    for (name, value) in *answered {
                        answer = answer.header(name, value);
                    }
                    answer_next(&world, answer);
                    let response = world.send(&sent).await;
                    let arrived = world.store.only_request();
                    assert_eq!(
                        (arrived.method.as_str(), arrived.target.as_str()),
                        (method, "/data/k")
                    );
                    for (name, value) in *headers {
                        assert_eq!(arrived.header(name), Some(*value), "{method}");
                    }
                    assert_eq!(response.status, *status, "{method} {headers:?}");
                    for (name, value) in *answered {
                        assert_eq!(response.header(name), Some(*value), "{method} {headers:?}");
                    }
                    let whole = method == "GET" && *status < 300;
                    assert_eq!(response.body == b"content", whole, "{method} {headers:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_part_of_an_object_is_read_by_its_number() {
    let world = World::start().await;
    for method in ["GET", "HEAD"] {
        for query in ["partNumber=1", "partNumber=10000", "partNumber=2&versionId=v"] {
            for sent in signed(&world, &request(method, &format!("/data/k?{query}"))) {
                answer_next(
                    &world,
                    Answer::status(206)
                        .header("content-range", "bytes 0-6/70")
                        .header("x-amz-mp-parts-count", "10")
                        .body("content"),
                );
                let response = world.send(&sent).await;
                assert_eq!(world.store.only_request().query(), query);
                assert_eq!(response.status, 206);
                assert_eq!(response.header("x-amz-mp-parts-count"), Some("10"));
                assert_eq!(response.header("content-range"), Some("bytes 0-6/70"));
            }
        }
        world.store.forget_requests();
        for none in ["0", "10001", "-1", "+1", "1.0", "one", ""] {
            let target = format!("/data/k?partNumber={}", encode(none.as_bytes()));
            world
                .refused(&request(method, &target).sign(&world.loader), 400, "InvalidArgument")
                .await;
        }
    }
}

/// Stores that ignore what a reader says answer with the whole object. The client gets what it asked for all the same:
/// 304, 412, or an error.
#[tokio::test]
async fn what_a_store_ignores_of_a_read_is_held_to() {
    let world = World::start().await;
    let rows: &[(Headers, u16)] = &[
        (&[("if-match", "\"e\"")], 200),
        (&[("if-match", "e")], 200),
        (&[("if-match", "\"other\", \"e\"")], 200),
        (&[("if-match", "*")], 200),
        (&[("if-match", "\"other\"")], 412),
        (&[("if-match", "\"other\""), ("range", "bytes=0-1")], 412),
        (&[("if-match", "\"e\""), ("if-unmodified-since", BEFORE)], 200),
        (&[("if-unmodified-since", SINCE)], 200),
        (&[("if-unmodified-since", BEFORE)], 412),
        (&[("if-none-match", "\"e\"")], 304),
        (&[("if-none-match", "*")], 304),
        (&[("if-none-match", "W/\"e\"")], 304),
        (&[("if-none-match", "\"other\"")], 200),
        (&[("if-none-match", "\"other\""), ("if-modified-since", SINCE)], 200),
        (&[("if-modified-since", SINCE)], 304),
        (&[("if-modified-since", BEFORE)], 200),
        (&[("if-modified-since", "yesterday")], 200),
        (&[("if-match", "\"other\""), ("if-modified-since", "yesterday")], 412),
        (&[("if-none-match", "\"e\""), ("if-unmodified-since", "yesterday")], 304),
    ];
    for method in ["GET", "HEAD"] {
        for (headers, status) in rows {
            let plain = request(method, "/data/k");
            let plain = headers.iter().fold(plain, |sent, (name, value)| sent.header(name, value));
            for sent in signed(&world, &plain) {
                let answer = Answer::ok().body("content").header("etag", "\"e\"");
                let answer = answer.header("last-modified", SINCE).header("content-type", "text/x");
                let answer = answer.header("cache-control", "max-age=1");
                answer_next(&world, answer.header("x-amz-checksum-crc32", "AAAAAA=="));
                let response = world.send(&sent).await;
                assert_eq!(response.status, *status, "{method} {headers:?}");
                match status {
                    200 => assert_eq!(response.body == b"content", method == "GET"),
                    304 => {
                        assert_eq!(response.body, b"");
                        assert_eq!(response.header("etag"), Some("\"e\""));
                        assert_eq!(response.header("last-modified"), Some(SINCE));
                        assert_eq!(response.header("cache-control"), Some("max-age=1"));
                        assert_eq!(response.header("content-type"), None);
                        assert_eq!(response.header("x-amz-checksum-crc32"), None);
                        assert_eq!(response.header("content-length"), None);
                    }
                    _ => {
                        let code = (method == "GET").then_some("PreconditionFailed");
                        assert_eq!(response.code(), code, "{method} {headers:?}");
                    }
                }
            }
        }
        for (same, status) in
            [("\"e\"", 206), ("e", 206), ("\"other\"", 412), (SINCE, 206), (BEFORE, 412)]
        {
            let sent = request(method, "/data/k").header("range", "bytes=3-");
            let answer = Answer::status(206).body("tent").header("content-range", "bytes 3-6/7");
            let answer = answer.header("etag", "\"e\"").header("last-modified", SINCE);
            answer_next(&world, answer);
            let response = world.send(&sent.header("if-range", same).sign(&world.loader)).await;
            assert_eq!(response.status, status, "{method} {same}");
        }
        // The first part is all that there is of an object which was not uploaded in parts.
        for (number, status) in [("1", 200), ("2", 501), ("10000", 501)] {
            answer_next(&world, Answer::ok().body("content").header("etag", "\"e-3\""));
            let sent = request(method, &format!("/data/k?partNumber={number}"));
            assert_eq!(world.send(&sent.sign(&world.loader)).await.status, status, "{number}");
        }
    }
}

/// `response-*` of whoever signed, in every kind of signature, whether or not the store writes them into its answer.
#[tokio::test]
async fn headers_of_the_answer_are_those_that_were_asked_for() {
    let world = World::start().await;
    let overrides = [
        ("content-type", "text/x-a; charset=utf-8"),
        ("content-disposition", "attachment; filename=\"a b+c.txt\"; filename*=UTF-8''%E2%82%AC"),
        ("content-encoding", "gzip"),
        ("content-language", "de-DE, en"),
        ("cache-control", "no-store, max-age=0"),
        ("expires", SINCE),
    ];
    let one =
        |(name, value): &(&str, &str)| format!("response-{name}={}", encode(value.as_bytes()));
    let mut queries: Vec<Vec<_>> = overrides.iter().map(|it| vec![*it]).collect();
    queries.push(overrides.to_vec());
    for (method, ignores) in [("GET", false), ("GET", true), ("HEAD", false), ("HEAD", true)] {
        for asked in &queries {
            let query: Vec<_> = asked.iter().map(one).collect();
            for sent in signed(&world, &request(method, &format!("/data/k?{}", query.join("&")))) {
                let answer = Answer::ok().body("content");
                let answer = asked.iter().fold(answer, |answer, (name, value)| {
                    answer.header(name, if ignores { "its-own" } else { value })
                });
                answer_next(&world, answer);
                let response = world.send(&sent).await;
                let arrived = world.store.only_request();
                let mut got: Vec<_> = arrived.query().split('&').map(str::to_owned).collect();
                let mut expected = query.clone();
                got.sort_unstable();
                expected.sort_unstable();
                assert_eq!((arrived.path(), got), ("/data/k", expected), "{method}");
                for (name, value) in asked {
                    assert_eq!(response.header(name), Some(*value), "{method}");
                }
            }
        }
    }
    // A URL that was signed for one is not for another.
    let url =
        request("GET", "/data/k?response-content-type=text%2Fplain").presign(&world.loader, 300);
    world.refused(&url.with_target("plain", "html"), 403, "SignatureDoesNotMatch").await;
    world.store.forget_requests();
    for name in ["location", "set-cookie", "content-length", "content-typ", "etag"] {
        let target = format!("/data/k?response-{name}=x");
        world.refused(&request("GET", &target).sign(&world.loader), 400, "InvalidArgument").await;
    }
    for (method, target) in
        [("PUT", "/data/k"), ("DELETE", "/data/k"), ("GET", "/data"), ("GET", "/data/k?tagging")]
    {
        let mark = if target.contains('?') { '&' } else { '?' };
        let target = format!("{target}{mark}response-content-type=text%2Fplain");
        world.refused(&request(method, &target).sign(&world.loader), 400, "InvalidArgument").await;
    }
}

/// Operations that say whose bucket they expect.
const OWNED: &[(&str, &str)] = &[
    ("GET", "/data/k"),
    ("HEAD", "/data/k"),
    ("PUT", "/data/k"),
    ("DELETE", "/data/k"),
    ("GET", "/data/k?tagging"),
    ("GET", "/data/k?attributes"),
    ("POST", "/data/k?uploads"),
    ("PUT", "/data/k?partNumber=1&uploadId=u"),
    ("GET", "/data/k?uploadId=u"),
    ("DELETE", "/data/k?uploadId=u"),
    ("GET", "/data"),
    ("GET", "/data?list-type=2"),
    ("GET", "/data?versions"),
    ("GET", "/data?uploads"),
    ("HEAD", "/data"),
    ("DELETE", "/data"),
    ("GET", "/data?location"),
    ("GET", "/data?versioning"),
    ("GET", "/data?cors"),
];

/// "Verifying bucket ownership with bucket owner condition", S3 user guide: the store compares, and its refusal is
/// the client's.
#[tokio::test]
async fn a58_the_owner_that_is_expected_is_the_stores_to_compare() {
    let world = World::start().await;
    let name = "x-amz-expected-bucket-owner";
    let sent = |method: &str, target: &str| {
        let plain = request(method, target).header(name, "111122223333");
        match target.contains("attributes") {
            true => plain.header("x-amz-object-attributes", "ETag"),
            false => plain,
        }
    };
    for (method, target) in OWNED {
        for sent in [
            sent(method, target).sign(&world.loader),
            sent(method, target).presign(&world.loader, 300),
        ] {
            answer_next(&world, Answer::error(403, "AccessDenied"));
            let response = world.send(&sent).await;
            assert_eq!(
                world.store.only_request().header(name),
                Some("111122223333"),
                "{method} {target}"
            );
            let code = (*method != "HEAD").then_some("AccessDenied");
            assert_eq!((response.status, response.code()), (403, code), "{method} {target}");
        }
        // What must be signed: without it somebody on the way could take it off, or put it on.
        world.store.forget_requests();
        let bare = request(method, target).unsigned_header(name, "111122223333");
        world.refused(&bare.sign(&world.loader), 403, "AccessDenied").await;
    }
    let source = "x-amz-source-expected-bucket-owner";
    for target in ["/data/k", "/data/k?partNumber=1&uploadId=u"] {
        let copy = request("PUT", target)
            .header("x-amz-copy-source", "data/a")
            .header(name, "111122223333")
            .header(source, "444455556666");
        let copy = if target.contains('?') {
            copy
        } else {
            copy.header("x-amz-tagging-directive", "REPLACE")
        };
        answer_next(&world, Answer::error(403, "AccessDenied"));
        assert_eq!(world.send(&copy.sign(&world.loader)).await.status, 403);
        let arrived = world.store.only_request();
        assert_eq!(arrived.header(name), Some("111122223333"));
        assert_eq!(arrived.header(source), Some("444455556666"));
    }
}

/// "UploadPartCopy": which bytes of the source, and under which conditions.
#[tokio::test]
async fn a_range_of_the_source_of_a_part_arrives() {
    let world = World::start().await;
    let copied = || Answer::ok().body("<CopyPartResult><ETag>\"e\"</ETag></CopyPartResult>");
    let copy = |name: &str, value: &str| {
        request("PUT", "/data/k?partNumber=1&uploadId=u")
            .header("x-amz-copy-source", "data/a")
            .header(name, value)
            .sign(&world.loader)
    };
    for (name, value) in [
        ("x-amz-copy-source-range", "bytes=0-0"),
        ("x-amz-copy-source-range", "bytes=5242880-10485759"),
        ("x-amz-copy-source-if-match", "\"e\""),
        ("x-amz-copy-source-if-none-match", "\"e\""),
        ("x-amz-copy-source-if-modified-since", SINCE),
        ("x-amz-copy-source-if-unmodified-since", SINCE),
    ] {
        answer_next(&world, copied());
        let (_, arrived) = world.passed(&copy(name, value)).await;
        assert_eq!(arrived.header(name), Some(value));
        answer_next(&world, Answer::error(412, "PreconditionFailed"));
        let response = world.send(&copy(name, value)).await;
        assert_eq!((response.status, response.code()), (412, Some("PreconditionFailed")), "{name}");
    }
}

/// A store that is said to ignore a condition gets none, whatever of it the client relies on.
#[tokio::test]
async fn a58_a_condition_that_a_store_ignores_is_refused() {
    let ignored =
        ["GetObject:if-match", "HeadObject:range", "ListObjectsV2:x-amz-expected-bucket-owner"];
    let world = Plan::new()
        .with(|config| config["stores"][0]["ignored_headers"] = json!(ignored))
        .start()
        .await;
    for (method, target, name, value) in [
        ("GET", "/data/k", "if-match", "\"e\""),
        ("HEAD", "/data/k", "range", "bytes=0-1"),
        ("GET", "/data?list-type=2", "x-amz-expected-bucket-owner", "111122223333"),
    ] {
        let sent = request(method, target).header(name, value).sign(&world.loader);
        world.refused(&sent, 501, "NotImplemented").await;
    }
}

/// Where the store compares no owner, we do, with the one that GetBucketAcl shows: nobody writes into a bucket
/// that is not whose they think.
#[tokio::test]
async fn a58_an_owner_that_the_store_does_not_compare_is_compared_here() {
    let plan = |authorization: &str| {
        Plan::new().with(|config| {
            config["stores"][0]["authorization"] = json!(authorization);
            config["stores"][0]["capabilities"] = json!({ "bucket_owner": false });
        })
    };
    let [ours, other] = ["000000000000", "111122223333"];
    let [name, source] = ["x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"];
    let asked = |method: &str, target: &str, name: &str, owner: &str| {
        let plain = request(method, target).header(name, owner);
        let plain = match name == source {
            true => plain.header("x-amz-copy-source", "data/a"),
            false => plain,
        };
        match target.contains("attributes") {
            true => plain.header("x-amz-object-attributes", "ETag"),
            false => plain,
        }
    };
    let copies = [("PUT", "/data/k", source), ("PUT", "/data/k?partNumber=1&uploadId=u", source)];
    let all = OWNED.iter().map(|(method, target)| (*method, *target, name)).chain(copies);
    let world = plan("gateway").start().await;
    let storeside = plan("store").start().await;
    for (method, target, name) in all {
        for wrong in [other, "", "0", "000000000000 000000000000"] {
            world.denied(&asked(method, target, name, wrong).sign(&world.loader)).await;
        }
        let root = if target.contains('?') { "CopyPartResult" } else { "CopyObjectResult" };
        answer_next(&world, Answer::ok().body(format!("<{root}><ETag>\"e\"</ETag></{root}>")));
        world.send(&asked(method, target, name, ours).sign(&world.loader)).await;
        let arrived = world.store.requests();
        let arrived = arrived.last().unwrap();
        assert_eq!((arrived.method.as_str(), arrived.header(name)), (method, None), "{target}");
        // Whose buckets are the store's: nobody here knows the owner.
        for owner in [ours, other] {
            let asked = asked(method, target, name, owner).sign(&storeside.loader);
            let refused = storeside.refused(&asked, 501, "NotImplemented").await;
            let header = (method != "HEAD").then_some(name);
            assert_eq!(refused.xml("Header"), header, "{method} {target}");
        }
    }
}
