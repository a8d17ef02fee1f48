//! Stores that do not want to hear an upload to its end.

use testkit::answer::Answer;
use testkit::client::Connection;
use testkit::signed::{Payload, SignedRequest};

use crate::harness::{World, noise, request};

fn upload(body: &[u8]) -> SignedRequest {
    request("PUT", "/data/k").body(body)
}

/// A store that refuses an upload may do so before it has read it. What it says is what the client hears.
#[tokio::test]
async fn a41_a_store_that_refuses_and_closes_is_heard() {
    let world = World::start().await;
    let body = noise(8 * 1024 * 1024);
    for _ in 0..8 {
        let request = upload(&body).payload(Payload::Unsigned).sign(&world.loader);
        world.store.push(Answer::error(400, "EntityTooSmall").reading_only(70_000).close());
        let response = world.send(&request).await;
        assert_eq!(response.status, 400, "{}", response.text());
        assert_eq!(response.code(), Some("EntityTooSmall"));
        // Whoever says that all is well has not read it.
        world.store.push(Answer::ok().reading_only(70_000).close());
        let response = world.send(&request).await;
        assert!(response.status >= 500, "{}", response.text());
    }
    world.passed(&upload(b"small").sign(&world.loader)).await;
}

/// Once it has answered, nothing more is sent to it, whatever the client still sends: the connection is over.
#[tokio::test]
async fn a42_an_upload_ends_with_the_answer_to_it() {
    let world = World::start().await;
    let body = noise(8 * 1024 * 1024);
    let request = upload(&body).payload(Payload::Unsigned).sign(&world.loader);
    world.store.push(Answer::error(403, "AccessDenied").reading_only(0));
    let mut connection = Connection::open(world.s3).await;
    connection.send(&request.head()).await;
    connection.send(&body[..100_000]).await;
    let refused = connection.response("PUT").await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    // The client holds its connection, and sends no more.
    world
        .store
        .wait_until("a connection that is given up", |_, connections| {
            connections.iter().all(|one| one.ended.is_some())
        })
        .await;
    drop(connection);
}
