//! A13: where one request ends and the next begins, and who hears what.

use std::time::Duration;

use serde_json::json;
use testkit::answer::Answer;
use testkit::client::Connection;
use testkit::clock::now;
use testkit::signed::{Payload, Prepared};

use crate::harness::{Plan, World, lines, request};

const SMUGGLED: &str = "/data/smuggled";

/// A request of a user who may do it, to be hidden in another.
fn smuggled(world: &World) -> Vec<u8> {
    request("DELETE", SMUGGLED).sign(&world.loader).bytes()
}

/// A signed PUT whose framing is the test's: everything but `content-length`.
fn unframed(world: &World, payload: Payload) -> Prepared {
    request("PUT", "/data/k").payload(payload).sign(&world.loader).without_header("content-length")
}

fn head_with(request: &Prepared, lines: &str) -> Vec<u8> {
    let mut head = request.head();
    head.truncate(head.len() - 2);
    head.extend_from_slice(lines.as_bytes());
    head.extend_from_slice(b"\r\n");
    head
}

/// Sends bytes and reads until the gateway ends the connection, or is silent for long.
async fn until_closed(world: &World, bytes: &[u8]) -> (String, bool) {
    let mut connection = Connection::open(world.s3).await;
    connection.set_patience(Duration::from_secs(5));
    connection.send(bytes).await;
    let mut all = Vec::new();
    while let Some(piece) = connection.some_body(65_536).await {
        all.extend_from_slice(&piece);
    }
    let closed = connection.is_closed().await;
    (String::from_utf8_lossy(&all).into_owned(), closed)
}

/// Whatever was sent, the store was asked at most once and for nothing that was hidden.
async fn nothing_smuggled(world: &World, before: usize, what: &str) {
    world.fence().await;
    let arrived = world.since(before);
    assert!(arrived.len() <= 1, "{what}: {:?}", lines(&arrived));
    let hidden = arrived.iter().any(|request| request.path() == SMUGGLED);
    assert!(!hidden, "{what}: {:?}", lines(&arrived));
}

#[tokio::test]
async fn a13_two_lengths_are_no_length() {
    let world = World::start().await;
    let hidden = smuggled(&world);
    let plain = unframed(&world, Payload::Unsigned);
    for framing in [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5, 6\r\n",
        "content-length: 5, 5\r\n",
        "content-length: +5\r\n",
        "content-length: -5\r\n",
        "content-length: 0x5\r\n",
        "content-length: 5 5\r\n",
        "content-length: \r\n",
        "content-length: 18446744073709551616\r\n",
        "content-length:5\u{b}\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
        "transfer-encoding: identity\r\ncontent-length: 5\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding: chunked, gzip\r\n",
        "transfer-encoding: \"chunked\"\r\n",
        "transfer-encoding: chunked;q=1\r\ncontent-length: 5\r\n",
        "transfer-encoding:\r\ncontent-length: 5\r\n",
        "transfer_encoding: chunked\r\ncontent-length: 5\r\ncontent-length : 6\r\n",
    ] {
        for end in ["5\r\nhello\r\n0\r\n\r\n", "0\r\n\r\n", "hello"] {
            let before = world.store.requests().len();
            let bytes = [&head_with(&plain, framing), end.as_bytes(), &hidden].concat();
            let (answer, closed) = until_closed(&world, &bytes).await;
            assert!(!answer.contains("HTTP/1.1 2"), "{framing:?}: {answer}");
            assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{framing:?}: {answer}");
            assert!(closed, "{framing:?}");
            nothing_smuggled(&world, before, framing).await;
        }
    }
}

#[tokio::test]
async fn a13_chunks_win_over_a_length_and_end_the_connection() {
    let world = World::start().await;
    let hidden = smuggled(&world);
    // Here the payload's length is known from elsewhere, so that the upload itself is good.
    let stream = request("PUT", "/data/k").body("hello");
    let trailers =
        vec![("x-amz-checksum-sha256".to_owned(), testkit::signed::sha256_base64(b"hello"))];
    let stream = stream.payload(Payload::UnsignedTrailer { chunk: 5, trailers });
    let stream = stream.sign(&world.loader).without_header("content-length");
    let body = stream.body.concat();
    let chunked = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
    for framing in [
        "content-length: 3\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 3\r\n",
    ] {
        let before = world.store.requests().len();
        let bytes = [&head_with(&stream, framing), chunked.as_slice(), &hidden].concat();
        let (answer, closed) = until_closed(&world, &bytes).await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert!(closed, "{framing:?}");
        nothing_smuggled(&world, before, framing).await;
        for request in world.since(before) {
            assert_eq!((request.body.as_slice(), request.is_whole()), (&b"hello"[..], true));
            assert_eq!(request.header("content-length"), Some("5"));
            assert_eq!(request.header("transfer-encoding"), None);
        }
    }
}

#[tokio::test]
async fn a13_chunks_that_are_none() {
    let world = World::start().await;
    let hidden = smuggled(&world);
    let document = "<CreateBucketConfiguration/>";
    let create = request("PUT", "/newbucket").payload(Payload::Unsigned).sign(&world.loader);
    let create = create.without_header("content-length");
    let head = head_with(&create, "transfer-encoding: chunked\r\n");
    let size = format!("{:x}", document.len());
    for wrong in [
        format!("g\r\n{document}\r\n0\r\n\r\n"),
        format!("-1c\r\n{document}\r\n0\r\n\r\n"),
        format!("+{size}\r\n{document}\r\n0\r\n\r\n"),
        format!("0x{size}\r\n{document}\r\n0\r\n\r\n"),
        format!("{size}\n{document}\n0\n\n"),
        format!("{size}\r\n{document}0\r\n\r\n"),
        format!("{size}\r\n{document}\r\n0\r\n"),
        format!("fffffffffffffffff\r\n{document}\r\n0\r\n\r\n"),
        format!("8000000000000000\r\n{document}\r\n0\r\n\r\n"),
        format!("{size};{}\r\n{document}\r\n0\r\n\r\n", "x".repeat(40_000)),
        format!("{size}\r\n{document}\r\n0\r\n{}\r\n", "a: b\r\n".repeat(20_000)),
        format!("{size}\r\n{document}\r\n\r\n"),
        "\r\n\r\n".to_owned(),
    ] {
        let before = world.store.requests().len();
        let bytes = [&head, wrong.as_bytes(), &hidden].concat();
        let (answer, _) = until_closed(&world, &bytes).await;
        let what: String = wrong.chars().take(60).collect();
        assert!(!answer.contains("HTTP/1.1 2"), "{what:?}: {answer}");
        nothing_smuggled(&world, before, &what).await;
        assert!(world.since(before).is_empty(), "{what:?}");
    }
}

#[tokio::test]
async fn a13_heads_that_are_none() {
    let world = World::start().await;
    let hidden = smuggled(&world);
    let get = request("GET", "/data/k").sign(&world.loader);
    for line in [
        "x-folded: a\r\n b\r\n",
        " leading: a\r\n",
        "no-colon\r\n",
        "space : a\r\n",
        "tab\t: a\r\n",
        ": empty\r\n",
        "nul: a\0b\r\n",
        "cr: a\rb\r\n",
        "nu\u{0}l: a\r\n",
        "x\u{e9}: a\r\n",
        "(x): a\r\n",
        "content-length : 5\r\n",
        "host: s3.example.org\r\n evil\r\n",
    ] {
        let before = world.store.requests().len();
        let bytes = [&head_with(&get, line), hidden.as_slice()].concat();
        let (answer, closed) = until_closed(&world, &bytes).await;
        assert!(!answer.contains("HTTP/1.1 2"), "{line:?}: {answer}");
        assert!(closed, "{line:?}");
        nothing_smuggled(&world, before, line).await;
        assert!(world.since(before).is_empty(), "{line:?}");
    }
    for bytes in [
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
        b"GET /data/k HTTP/3.0\r\nhost: s3.example.org\r\n\r\n",
        b"GET /data/k\r\n\r\n",
        b"GET  /data/k HTTP/1.1\r\nhost: s3.example.org\r\n\r\n",
        b"GET /data/a b HTTP/1.1\r\nhost: s3.example.org\r\n\r\n",
        b"GET\t/data/k\tHTTP/1.1\r\nhost: s3.example.org\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\0\0\0\0\r\n\r\n",
    ] {
        let before = world.store.requests().len();
        let (answer, _) = until_closed(&world, &[bytes, &hidden].concat()).await;
        assert!(!answer.contains("HTTP/1.1 2"), "{answer}");
        nothing_smuggled(&world, before, &String::from_utf8_lossy(bytes)).await;
    }
    // More and longer than any client sends.
    let many: String = (0..300).map(|n| format!("x-h{n}: v\r\n")).collect();
    let long = format!("x-long: {}\r\n", "v".repeat(100_000));
    let deep = format!("/data/k?{}", "a".repeat(70_000));
    let mut far = get.clone();
    far.target = deep;
    for bytes in [head_with(&get, &many), head_with(&get, &long), far.head()] {
        let before = world.store.requests().len();
        let (answer, _) = until_closed(&world, &bytes).await;
        let start = &answer[..answer.len().min(20)];
        nothing_smuggled(&world, before, start).await;
        let sent = String::from_utf8_lossy(&bytes[..60]);
        assert!(world.since(before).is_empty(), "{sent} {}: {start}", bytes.len());
    }
    world.untouched_since(0).await;
}

#[tokio::test]
async fn a13_hop_by_hop_headers_take_nothing_away() {
    let (world, alice) = World::with_alice().await;
    world.store.put("/data/alice/k", b"x", &[]);
    for named in [
        "authorization",
        "x-amz-date, x-amz-content-sha256",
        "x-amz-security-token",
        "host",
        "keep-alive, x-forwarded-for",
        "close, range",
    ] {
        let sent = request("GET", "/data/alice/k")
            .unsigned_header("range", "bytes=0-0")
            .unsigned_header("connection", named)
            .unsigned_header("keep-alive", "timeout=9999")
            .unsigned_header("proxy-authorization", "Basic YTpi")
            .unsigned_header("proxy-connection", "keep-alive")
            .unsigned_header("te", "trailers, deflate")
            .unsigned_header("trailer", "x-amz-acl");
        let (_, arrived) = world.passed(&sent.clone().sign(&alice)).await;
        assert_eq!(arrived.header("range"), Some("bytes=0-0"));
        for name in ["connection", "keep-alive", "te", "trailer", "proxy-authorization"] {
            assert_eq!(arrived.header(name), None, "{name}");
        }
        // What is named there is not less required.
        let bobs = request("GET", "/data/bob/k").unsigned_header("connection", named);
        world.denied(&bobs.sign(&alice)).await;
        let unsigned = sent.sign(&alice).without_header("authorization");
        let response = world.send(&unsigned).await;
        assert!(matches!(response.status, 400 | 403), "{}", response.text());
    }
    for (upgrade, extra) in
        [("websocket", "sec-websocket-key"), ("h2c", "http2-settings"), ("TLS/1.0", "x-a")]
    {
        let sent = request("GET", "/data/alice/k")
            .unsigned_header("connection", "upgrade, http2-settings")
            .unsigned_header("upgrade", upgrade)
            .unsigned_header(extra, "AAAA");
        let (response, arrived) = world.passed(&sent.sign(&alice)).await;
        assert_eq!(response.status, 200);
        assert_eq!(arrived.header("upgrade"), None);
        assert_eq!(arrived.header(extra), None);
    }
}

#[tokio::test]
async fn a13_each_request_of_a_connection_is_its_own() {
    let (world, alice) = World::with_alice().await;
    world.store.put("/data/alice/k", b"x", &[]);
    let good = request("GET", "/data/alice/k").sign(&alice);
    let bare = good.clone().without_header("authorization");
    let bobs = request("GET", "/data/bob/k").sign(&alice);
    let mut connection = Connection::open(world.s3).await;
    let all = [good.bytes(), bobs.bytes(), good.bytes(), bare.bytes(), good.bytes()].concat();
    connection.send(&all).await;
    for (request, passes) in [(&good, true), (&bobs, false), (&good, true)] {
        let response = connection.response(&request.method).await;
        world.check("GET", &response);
        assert_eq!(response.status == 200, passes, "{}", response.text());
    }
    let response = connection.response("GET").await;
    world.check("GET", &response);
    assert!(matches!(response.status, 400 | 403), "{}", response.text());
    assert_eq!(connection.response("GET").await.status, 200);
}

#[tokio::test]
async fn a13_a_refused_body_is_never_read_as_a_request() {
    let (world, alice) = World::with_alice().await;
    let hidden = smuggled(&world);
    world.store.put("/data/alice/next", b"next", &[]);
    let next = request("GET", "/data/alice/next").sign(&alice);
    let refused = [
        request("PUT", "/data/bob/k").body(hidden.clone()).sign(&alice),
        request("PUT", "/data/bob/k").body(hidden.clone()).presign(&alice, 60),
        request("PUT", "/data/k").body(hidden.clone()).sign(&alice).without_header("authorization"),
        request("GET", "/data/alice/k").body(hidden.clone()).sign(&alice),
        request("POST", "/data?delete").body(hidden.clone()).sign(&alice),
        request("PUT", "/data/alice/k")
            .body(hidden.clone())
            .payload(Payload::Claim("0".repeat(64)))
            .sign(&alice),
    ];
    for request in &refused {
        for padding in [0, 200_000] {
            let before = world.store.requests().len();
            let padded = [vec![b'x'; padding], hidden.clone()].concat();
            let body = if padding == 0 { request.body.concat() } else { padded };
            let length = body.len().to_string();
            let sent = request.clone().with_header("content-length", &length).with_body(body);
            let mut connection = Connection::open(world.s3).await;
            connection.send(&sent.bytes()).await;
            let response = connection.response(&sent.method).await;
            world.check(&sent.method, &response);
            assert!((400..500).contains(&response.status), "{}", response.text());
            // The next answer, if there is one, is to the next request and not to the body.
            connection.send(&next.bytes()).await;
            let response = connection.response("GET").await;
            assert!(response.status == 0 || response.text() == "next", "{}", response.text());
            world.fence().await;
            let arrived = world.since(before);
            let hidden = arrived.iter().any(|request| request.path() == SMUGGLED);
            assert!(!hidden, "{:?}", lines(&arrived));
        }
    }
}

#[tokio::test]
async fn a13_a_failed_upload_leaves_no_connection_behind() {
    let (world, alice) = World::with_alice().await;
    let (big, larger) = (crate::harness::noise(400_000), crate::harness::noise(4_000_000));
    for _ in 0..3 {
        let wrong = request("PUT", "/data/alice/big").body(big.clone());
        let wrong = wrong.payload(Payload::Claim("0".repeat(64))).sign(&alice);
        let before = world.store.requests().len();
        let response = world.send(&wrong).await;
        world.is_refusal("PUT", &response, 400, "XAmzContentSHA256Mismatch").await;
        world.nothing_but_cut_since(before).await;
        // The store said yes before it had everything: that connection is done with, too.
        world.store.push_for(
            |request| request.path() == "/data/alice/early",
            // The head is there at once, the end of the connection only later.
            Answer::ok()
                .header("etag", "\"e\"")
                .body("done")
                .reading_only(10)
                .drip(1, Duration::from_millis(200)),
        );
        let early = request("PUT", "/data/alice/early").body(larger.clone()).sign(&alice);
        let mut connection = Connection::open(world.s3).await;
        let bytes = early.bytes();
        // Not all of it: the gateway has to answer before it has had everything.
        connection.send(&bytes[..200_000]).await;
        let response = connection.response("PUT").await;
        world.check("PUT", &response);
        world.is_refusal("PUT", &response, 500, "InternalError").await;
        let ok = request("PUT", "/data/alice/ok").body("fine").sign(&alice);
        let (_, arrived) = world.passed(&ok).await;
        assert_eq!(arrived.body, b"fine");
    }
    for request in world.store.requests() {
        assert!(["PUT", "GET"].contains(&request.method.as_str()), "{:?}", request.method);
    }
}

#[tokio::test]
async fn a13_who_sends_slowly_is_cut_off() {
    let plan = Plan::new().with(|config| {
        config["limits"] = json!({ "header_read_timeout": "1s", "body_idle_timeout": "1s" });
    });
    let world = plan.start().await;
    for start in ["", "G", "GET /data/k HTTP/1.1\r\n", "GET /data/k HTTP/1.1\r\nhost: s3.exam"] {
        let mut connection = Connection::open(world.s3).await;
        connection.send(start.as_bytes()).await;
        if start.is_empty() {
            continue;
        }
        let response = connection.response("GET").await;
        assert!(response.status == 0 || response.status >= 400, "{start:?}: {response:?}");
        assert!(connection.is_closed().await, "{start:?}");
    }
    for size in [1000, 400_000] {
        let before = world.store.requests().len();
        let body = crate::harness::noise(size);
        let mut slow = request("PUT", "/data/slow").body(body.clone()).sign(&world.loader);
        slow.body = vec![body[..size / 2].to_vec()];
        let response = world.send(&slow).await;
        world.is_refusal("PUT", &response, 400, "RequestTimeout").await;
        world.nothing_but_cut_since(before).await;
        assert!(world.store.object("/data/slow").is_none());
    }
    let stalled = request("POST", "/data?delete").body("<Delete>").sign(&world.loader);
    let stalled = stalled.with_header("content-length", "500");
    let response = world.send(&stalled).await;
    assert!(matches!(response.status, 400..500), "{}", response.text());
}

#[tokio::test]
async fn a13_answers_cannot_be_split() {
    let (world, alice) = World::with_alice().await;
    let split = "%0d%0aSet-Cookie:%20a=b%0d%0a%0d%0aHTTP/1.1%20200%20OK";
    for sent in [
        request("GET", &format!("/data/bob/{split}")).sign(&alice),
        request("GET", &format!("/data/alice/k?response-content-type={split}")).sign(&alice),
        request("GET", &format!("/data/alice/k?{split}")).sign(&alice),
        request("GET", &format!("/data/alice/k?versionId={split}")).sign(&alice),
        request("PUT", &format!("/data/alice/{split}?acl")).sign(&alice),
        request("GET", "/data/alice/k").presign_hmacv1(&alice, format!("{}\r\nx: y", now()), ""),
    ] {
        let response = world.send(&sent).await;
        assert!(response.status >= 400, "{}", sent.target);
        assert_eq!(response.header("set-cookie"), None);
        assert!(!response.text().contains('\r'), "{}", response.text());
    }
    let complete = "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>";
    world.store.push_for(|request| request.method == "POST", Answer::ok().body(complete));
    let parts = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>e</ETag></Part>\
                 </CompleteMultipartUpload>";
    let path =
        testkit::signed::encode_path("data/alice/\r\nSet-Cookie: a=b\r\n\r\nHTTP/1.1 200 OK");
    let canonical = request("POST", &format!("/{path}?uploadId=u")).body(parts);
    let (response, _) = world.passed(&canonical.sign(&alice)).await;
    let location = response.xml("Location").unwrap();
    assert_eq!(location, format!("http://s3.example.org/{path}"));
    assert!(response.xml("Key").unwrap().contains("&#13;"), "{}", response.text());
}
