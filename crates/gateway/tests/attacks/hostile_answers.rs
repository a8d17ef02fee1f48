//! A13 and A41: answers of a store that are no HTTP, and documents that are none.

use std::time::Duration;

use testkit::answer::Answer;
use testkit::client::Ended;

use crate::harness::{World, request};
use crate::hostile_store::{broken, get, push};

#[tokio::test]
async fn a13_an_answer_too_many_is_nobodys() {
    let (world, alice) = World::with_alice().await;
    let poison = "xHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison";
    for _ in 0..5 {
        push(&world, Answer::ok().body(poison).declaring(1));
        let (response, _) = world.passed(&get(&world.loader)).await;
        assert_eq!(response.body, b"x");
        // The next request does not get the answer that was left behind.
        let mine = request("GET", "/data/alice/none").sign(&alice);
        let response = world.send(&mine).await;
        assert_ne!(response.status, 200, "{}", response.text());
        assert!(!response.text().contains("poison"), "{}", response.text());
    }
    push(&world, Answer::status(204).body(poison).declaring(5));
    let response = world.send(&request("DELETE", "/data/k").sign(&world.loader)).await;
    assert_eq!(response.status, 204);
    world.fence().await;
}

#[tokio::test]
async fn a13_answers_that_are_no_http() {
    let world = World::start().await;
    let long = format!("HTTP/1.1 200 OK\r\nx-long: {}\r\n\r\n", "v".repeat(300_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-many: v\r\n".repeat(5000));
    for raw in [
        "",
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\ncontent-length: 1x\r\n\r\nx",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8000000000000001\r\nx",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nbad header: x\r\ncontent-length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nx-a: b\r\n folded\r\ncontent-length: 1\r\n\r\nx",
        "HTTP/1.1 99999 OK\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nraw bytes",
        "HTTP/1.0 200 OK\r\n\r\nwithout an end",
        "HTTP/2 200\r\n\r\n",
        long.as_str(),
        many.as_str(),
    ] {
        push(&world, Answer::raw(raw.to_owned()));
        let response = broken(&world, &get(&world.loader)).await;
        let start: String = raw.chars().take(90).collect();
        let clean = response.status < 400 && response.ended == Ended::Whole;
        assert!(!clean, "{start:?}: {} {:?}", response.status, response.body);
        assert_ne!(response.status, 101, "{start:?}");
        world.fence().await;
    }
    for framing in [
        "content-length: 3\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 3",
        "transfer-encoding: chunked\r\ncontent-length: 500",
    ] {
        push(
            &world,
            Answer::raw(format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n5\r\nhello\r\n0\r\n\r\n")),
        );
        let response = world.send(&get(&world.loader)).await;
        world.is_refusal("GET", &response, 500, "InternalError").await;
    }
    let twice = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nhello";
    push(&world, Answer::raw(twice));
    let response = world.send(&get(&world.loader)).await;
    assert!(response.status >= 400 || response.body == b"hello");
}

const PARTS: &str = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>e</ETag></Part>\
                     </CompleteMultipartUpload>";

#[tokio::test]
async fn a41_an_error_inside_a_200_is_an_error() {
    let world = World::start().await;
    let complete = request("POST", "/data/k?uploadId=u").body(PARTS).sign(&world.loader);
    let copy = request("PUT", "/data/k").header("x-amz-copy-source", "data/a").sign(&world.loader);
    let part = request("PUT", "/data/k?partNumber=1&uploadId=u")
        .header("x-amz-copy-source", "data/a")
        .sign(&world.loader);
    for sent in [&complete, &copy, &part] {
        let late = "<?xml version=\"1.0\"?>\n\n   <Error><Code>InternalError</Code><Message>no\
                    </Message><RequestId>tx-of-the-store</RequestId><HostId>h</HostId></Error>";
        push(&world, Answer::ok().body(late).chunked(&[]).drip(10, Duration::from_millis(5)));
        let (response, _) = world.passed(sent).await;
        assert_eq!((response.status, response.code()), (200, Some("InternalError")));
        assert!(!response.text().contains("of-the-store"), "{}", response.text());
        let line = world.line_of(&response).await;
        assert_eq!(line["error"], "InternalError", "{line}");
        for unreadable in [
            Answer::ok().body("  <CopyObjectResult><ETag>").chunked(&[]),
            Answer::ok().body("<html>hello</html>"),
            Answer::ok().body("   ").chunked(&[]),
            Answer::ok(),
        ] {
            push(&world, unreadable);
            let (response, _) = world.passed(sent).await;
            assert_eq!((response.status, response.code()), (200, Some("InternalError")));
            let line = world.line_of(&response).await;
            assert_eq!(line["error"], "InternalError", "{line}");
            let reason = line["reason"].as_str().unwrap();
            assert!(reason.contains("cannot be read"), "{line}");
        }
        for useless in [
            Answer::ok().body("   ").chunked(&[]).cut_after(2),
            Answer::ok().body(" ".repeat(200_000)),
            Answer::ok().body("<CompleteMultipartUploadResult>".repeat(9000)),
        ] {
            push(&world, useless);
            let response = broken(&world, sent).await;
            let clean = response.ended == Ended::Whole && response.status == 200;
            assert!(!clean, "{:?}", response.text());
        }
    }
    let done = "<CompleteMultipartUploadResult><Location>http://internal.store/data/k</Location>\
                <Bucket>inner</Bucket><Key>inner</Key><ETag>e</ETag></CompleteMultipartUploadResult>";
    push(&world, Answer::ok().body(done));
    let (response, _) = world.passed(&complete).await;
    assert!(!response.text().contains("inner") && !response.text().contains("internal"));
    assert_eq!(response.xml("Location"), Some("http://s3.example.org/data/k"));
}

#[tokio::test]
async fn a41_nothing_has_changed_is_no_answer_to_what_did_not_ask() {
    let world = World::start().await;
    let put = request("PUT", "/data/k").body("x").sign(&world.loader);
    let get = request("GET", "/data/k").sign(&world.loader);
    let matching = request("GET", "/data/k").header("if-match", "\"e\"").sign(&world.loader);
    for sent in [&put, &get, &matching] {
        push(&world, Answer::status(304).header("etag", "\"e\""));
        let response = world.send(sent).await;
        world.is_refusal(&sent.method, &response, 500, "InternalError").await;
    }
}

/// MinIO goes on saying so on such a connection, so that every later request would meet it.
#[tokio::test]
async fn a_connection_on_which_the_store_takes_us_for_gone_is_not_kept() {
    let world = World::start().await;
    let get = request("GET", "/data/k").sign(&world.loader);
    world.store.put("/data/k", b"x", &[]);
    world.passed(&get).await;
    let before = world.store.connections().len();
    push(&world, Answer::status(499));
    let response = world.send(&get).await;
    world.is_refusal("GET", &response, 503, "ServiceUnavailable").await;
    world.passed(&get).await;
    assert_eq!(world.store.connections().len(), before + 1);
}

#[tokio::test]
async fn a41_documents_of_the_store_that_cannot_be_used() {
    let world = World::start().await;
    let document = "<Delete><Object><Key>k</Key></Object></Delete>";
    let delete = request("POST", "/data?delete")
        .header("content-md5", &s3::checksum::ContentMd5::of(document.as_bytes()).to_base64())
        .body(document)
        .sign(&world.loader);
    let list = request("GET", "/").sign(&world.loader);
    let entity = "<!DOCTYPE x [<!ENTITY a \"b\">]>";
    for sent in [&delete, &list] {
        for body in [
            String::new(),
            "<html></html>".to_owned(),
            "<DeleteResult>".to_owned(),
            format!("{entity}<DeleteResult><Deleted><Key>&a;</Key></Deleted></DeleteResult>"),
            format!(
                "{entity}<ListAllMyBucketsResult><Buckets><Bucket><Name>&a;</Name></Bucket>\
                 </Buckets></ListAllMyBucketsResult>"
            ),
        ] {
            push(&world, Answer::ok().body(body));
            let response = world.send(sent).await;
            world.is_refusal(&sent.method, &response, 500, "InternalError").await;
        }
        push(&world, Answer::ok().body_of(b' ', 20_000_000));
        let response = world.send(sent).await;
        world.is_refusal(&sent.method, &response, 500, "InternalError").await;
        push(&world, Answer::ok().body("<DeleteResult>").declaring(100).close());
        let response = world.send(sent).await;
        world.is_refusal(&sent.method, &response, 500, "InternalError").await;
    }
}
