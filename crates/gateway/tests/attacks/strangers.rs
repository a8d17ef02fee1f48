//! What a client without keys, one that leaves, or one of another age can bring about.

use std::time::Duration;

use testkit::answer::Answer;
use testkit::client::Connection;

use crate::harness::{Plan, World, request};

/// The head of an anonymous bulk delete that announces `length` bytes.
fn bulk_delete(length: usize) -> Vec<u8> {
    format!(
        "POST /data?delete HTTP/1.1\r\nhost: s3.example.org\r\ncontent-length: {length}\r\n\
         content-md5: 1B2M2Y8AsgTpgAmY7PhCfg==\r\n\r\n"
    )
    .into_bytes()
}

/// Nobody's body is read before it is known that somebody may do something: a stranger holds
/// neither memory nor a place.
#[tokio::test]
async fn a42_a_strangers_document_is_refused_before_its_first_byte() {
    let world = World::start().await;
    let mut connection = Connection::open(world.s3).await;
    connection.send(&bulk_delete(8_000_000)).await;
    let response = connection.response("POST").await;
    world.check("POST", &response);
    assert_eq!((response.status, response.code()), (403, Some("AccessDenied")));
    let mut connection = Connection::open(world.s3).await;
    let head =
        b"GET /data/k HTTP/1.1\r\nhost: s3.example.org\r\ntransfer-encoding: chunked\r\n\r\n";
    connection.send(head).await;
    let response = connection.response("GET").await;
    assert_eq!((response.status, response.header("connection")), (403, Some("close")));
}

/// Bytes that are announced and not sent take no memory from others.
#[tokio::test]
async fn a42_a_document_takes_memory_as_it_comes() {
    let world = World::with_alice().await.0;
    let alice = world.login("alice").await;
    let md5 = s3::checksum::ContentMd5::of(b"").to_base64();
    let mut held = Vec::new();
    for _ in 0..40 {
        let sent = request("POST", "/data?delete")
            .header("content-md5", &md5)
            .body(vec![b' '; 8_000_000])
            .sign(&alice);
        let mut connection = Connection::open(world.s3).await;
        connection.send(&sent.head()).await;
        held.push(connection);
    }
    let document = "<Delete><Object><Key>alice/k</Key></Object></Delete>";
    let digest = s3::checksum::ContentMd5::of(document.as_bytes()).to_base64();
    let delete = request("POST", "/data?delete").header("content-md5", &digest).body(document);
    let done = "<DeleteResult><Deleted><Key>alice/k</Key></Deleted></DeleteResult>";
    world.store.push_for(|request| request.method == "POST", Answer::ok().body(done));
    let (response, _) = world.passed(&delete.sign(&alice)).await;
    assert!(response.text().contains("<Deleted>"), "{}", response.text());
    drop(held);
}

/// Whoever leaves before the answer is in the log all the same: the store may have done it.
#[tokio::test]
async fn a50_what_was_done_for_a_client_that_left_is_logged() {
    let (world, alice) = World::with_alice().await;
    world.store.put("/data/alice/k", b"x", &[]);
    let slow = Answer::status(204).after(Duration::from_secs(30));
    world.store.push_for(|request| request.method == "DELETE", slow);
    let mut connection = Connection::open(world.s3).await;
    connection.send(&request("DELETE", "/data/alice/k").sign(&alice).bytes()).await;
    world.store.wait_for_requests(1).await;
    drop(connection);
    let lines = world.lines("\"DeleteObject\"", 1).await;
    let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!((&line["aborted"], &line["status"]), (&true.into(), &499.into()), "{line}");
    assert_eq!(line["key"], "alice/k");
}

/// A client of HTTP/1.0 cannot tell a body that ended from one that broke off.
#[tokio::test]
async fn a41_http_1_0_is_refused() {
    let world = World::start().await;
    let mut connection = Connection::open(world.s3).await;
    connection.send(b"GET /data/k HTTP/1.0\r\nhost: s3.example.org\r\n\r\n").await;
    let response = connection.response("GET").await;
    assert_eq!((response.status, response.code()), (400, Some("InvalidRequest")));
}

/// What nobody wrote down about a store is taken for the worse: keys that many stores fold.
#[tokio::test]
async fn a56_dot_segments_are_refused_unless_a_store_is_said_to_keep_them() {
    let plan = Plan::new().with(|config| {
        config["stores"][0].as_object_mut().unwrap().remove("key_rules");
    });
    let world = plan.start().await;
    let alice = world.login("alice").await;
    for key in ["/data/alice/../bob/secret.txt", "/data/alice/%2e%2e/bob/secret.txt"] {
        world.refused(&request("GET", key).sign(&alice), 400, "InvalidArgument").await;
    }
}
