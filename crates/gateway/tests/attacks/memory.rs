//! A42: nothing grows with what clients send or leave unread.

use std::time::Duration;

use serde_json::json;
use testkit::answer::Answer;
use testkit::client::Connection;
use testkit::signed::{Credentials, Payload, SignedRequest, sha256_base64};

use crate::bytes::SIZES;
use crate::harness::{Plan, World, noise, request};

fn expecting(upload: SignedRequest, keys: &Credentials) -> Vec<u8> {
    upload.unsigned_header("expect", "100-continue").sign(keys).head()
}

#[tokio::test]
async fn a42_a_refused_upload_is_not_asked_for_its_body() {
    let plan = Plan::new().with(|config| config["limits"] = json!({ "max_object_size": "5MiB" }));
    let world = plan.start().await;
    let alice = world.login("alice").await;
    for size in SIZES {
        let up = |target: &str| request("PUT", target).body(noise(size));
        let nobody = Credentials::new("AKIANOBODYNOBODYNOBO", "none");
        let wrong = Credentials { secret_key: "wrong".to_owned(), ..alice.clone() };
        for head in [
            expecting(up("/data/bob/k"), &alice),
            expecting(up("/data/alice/k"), &nobody),
            expecting(up("/data/alice/k"), &wrong),
            expecting(up("/data/alice/k?foo"), &alice),
            expecting(up("/data/alice/k").header("x-amz-unheard-of", "x"), &alice),
            expecting(up("/data/alice/k").host("elsewhere"), &alice),
            expecting(up("/data/alice/k").header("content-md5", "x"), &alice),
            expecting(up("/data/alice/k").at(testkit::clock::now() - 4000), &alice),
            expecting(request("PUT", "/data/alice/k").body(noise(5_242_881)), &alice),
        ] {
            let before = world.store.requests().len();
            let mut connection = Connection::open(world.s3).await;
            connection.send(&head).await;
            let response = connection.response("PUT").await;
            world.check("PUT", &response);
            assert_eq!(response.interim, [0u16; 0], "the body was asked for");
            assert!((400..=501).contains(&response.status), "{}", response.text());
            world.untouched_since(before).await;
        }
        let good = up("/data/alice/k").unsigned_header("expect", "100-continue").sign(&alice);
        let mut connection = Connection::open(world.s3).await;
        connection.send(&good.head()).await;
        assert_eq!(connection.status_line().await, Some(100));
        connection.send(&good.body.concat()).await;
        assert_eq!(connection.response("PUT").await.status, 200);
    }
}

#[tokio::test]
async fn a42_a_slow_reader_holds_up_the_store_and_not_the_memory() {
    let world = World::start().await;
    world.store.push(Answer::ok().header("etag", "\"e\"").body_of(b'x', 256 * 1024 * 1024));
    let mut connection = Connection::open(world.s3).await;
    connection.send(&request("GET", "/data/k").sign(&world.loader).bytes()).await;
    let (response, _) = connection.response_head("GET").await;
    assert_eq!(response.status, 200);
    connection.some_body(1000).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    connection.reset();
    // The store could not get rid of its answer meanwhile: it notices that nobody wants it.
    world
        .store
        .wait_until("an answer that nobody took", |_, connections| {
            connections.iter().any(|c| c.ended == Some(testkit::server::Ended::InAnswer))
        })
        .await;
    world.fence().await;
}

#[tokio::test]
async fn a42_a_slow_store_holds_up_the_client() {
    let world = World::start().await;
    for payload in [
        Payload::Unsigned,
        Payload::UnsignedTrailer { chunk: usize::MAX, trailers: Vec::new() },
        Payload::Signed { chunk: 1_000_000_000, trailers: Vec::new() },
    ] {
        let slow = Answer::ok().reading_slowly(1000, Duration::from_secs(600));
        world.store.push_for(|request| request.method == "PUT", slow);
        let body = vec![b'x'; 64 * 1024 * 1024];
        let upload = request("PUT", "/data/k").body(body).payload(payload).sign(&world.loader);
        let bytes = upload.bytes();
        let mut connection = Connection::open(world.s3).await;
        let sent = tokio::time::timeout(Duration::from_secs(2), connection.send(&bytes)).await;
        assert!(sent.is_err(), "64 MiB went somewhere");
        connection.reset();
    }
    world.fence().await;
}

#[tokio::test]
async fn a42_a_chunk_is_not_waited_for() {
    let world = World::start().await;
    let body = noise(4_000_000);
    for payload in [
        Payload::UnsignedTrailer { chunk: usize::MAX, trailers: Vec::new() },
        Payload::Signed { chunk: usize::MAX, trailers: Vec::new() },
    ] {
        let upload = request("PUT", "/data/big").body(body.clone()).payload(payload);
        let bytes = upload.sign(&world.loader).bytes();
        world.store.forget_requests();
        let slow = Answer::ok().reading_only(2_000_000).close();
        world.store.push_for(|request| request.method == "PUT", slow);
        let mut connection = Connection::open(world.s3).await;
        connection.send(&bytes[..3_000_000]).await;
        // Two of four megabytes of one chunk have gone on before it has ended.
        world
            .store
            .wait_until("half of a chunk", |requests, _| {
                requests.iter().any(|request| request.body_length == 2_000_000)
            })
            .await;
        connection.reset();
    }
    world.fence().await;
}

/// What has no room to be held, and may not stream to a store that keeps what is cut short, may come again.
#[tokio::test]
async fn a42_without_memory_nothing_unverified_leaves() {
    let plan = Plan::new().with(|config| {
        config["limits"] = json!({ "small_bodies_total": "1MiB" });
        config["stores"][0]["capabilities"] = json!({ "discards_short_objects": false });
    });
    let world = plan.start().await;
    let put = || request("PUT", "/data/s").body(noise(250_000));
    let mut stalled = Vec::new();
    for _ in 0..4 {
        let mut connection = Connection::open(world.s3).await;
        connection.send(&expecting(put(), &world.loader)).await;
        assert_eq!(connection.status_line().await, Some(100));
        stalled.push(connection);
    }
    world.refused(&put().sign(&world.loader), 503, "SlowDown").await;
    world.passed(&put().payload(Payload::Unsigned).sign(&world.loader)).await;
}

#[tokio::test]
async fn a42_memory_for_small_bodies_and_documents_is_shared_and_bounded() {
    let plan = Plan::new().with(|config| {
        config["limits"] = json!({ "small_bodies_total": "1MiB", "document_total": "24MiB" });
    });
    let world = plan.start().await;
    let body = noise(250_000);
    let mut stalled = Vec::new();
    for n in 0..4 {
        let upload = request("PUT", &format!("/data/s{n}")).body(body.clone());
        let mut connection = Connection::open(world.s3).await;
        connection.send(&expecting(upload, &world.loader)).await;
        assert_eq!(connection.status_line().await, Some(100));
        stalled.push(connection);
    }
    // There is no room to hold another one whole: it streams.
    let upload = request("PUT", "/data/more").body(body.clone()).sign(&world.loader);
    let before = world.store.requests().len();
    assert_eq!(world.send(&upload).await.status, 200);
    let wrong = request("PUT", "/data/more").body(body.clone());
    let wrong = wrong.payload(Payload::Claim("0".repeat(64))).sign(&world.loader);
    let response = world.send(&wrong).await;
    world.is_refusal("PUT", &response, 400, "XAmzContentSHA256Mismatch").await;
    let whole =
        world.since(before).into_iter().filter(|r| r.is_whole() && r.path() == "/data/more");
    assert_eq!(whole.count(), 1);

    let document = "<Delete><Object><Key>k</Key></Object></Delete>";
    let delete = request("POST", "/data?delete")
        .header("x-amz-checksum-sha256", &sha256_base64(document.as_bytes()))
        .body(document)
        .sign(&world.loader);
    // A document takes room as it comes, three times what has come.
    let spaces = |length: usize| {
        let sum = sha256_base64(&vec![b' '; length]);
        let request = request("POST", "/data?delete").header("x-amz-checksum-sha256", &sum);
        request.body(vec![b' '; length]).sign(&world.loader)
    };
    let mut large = spaces(8_000_000).bytes();
    large.truncate(large.len() - 100_000);
    let mut connection = Connection::open(world.s3).await;
    connection.send(&large).await;
    stalled.push(connection);
    // More than what is left, by less than what is read of it after the answer: no reset can take
    // that answer away.
    let another = spaces(600_000);
    let mut response = world.send(&another).await;
    for _ in 0..500 {
        if response.status == 503 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        response = world.send(&another).await;
    }
    world.is_refusal("POST", &response, 503, "SlowDown").await;
    // What was stalled gives its room back.
    drop(stalled.drain(..));
    world.store.push_for(
        |request| request.method == "POST",
        Answer::ok().body("<DeleteResult></DeleteResult>"),
    );
    let mut response = world.send(&delete).await;
    for _ in 0..50 {
        if response.status != 503 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        response = world.send(&delete).await;
    }
    assert_eq!(response.status, 200, "{}", response.text());
}

/// What is written anew for a client counts until the client has it, however slow it reads.
#[tokio::test]
async fn a42_answers_that_nobody_reads_are_counted() {
    let plan = Plan::new().with(|config| {
        config["limits"] = json!({ "document_total": "40MiB" });
        config["stores"][0]["capabilities"] = json!({ "list_objects_v2": false });
    });
    let world = plan.start().await;
    // Escaped, each quote takes six bytes: 12 MB, more than what kernels hold between two ends.
    let key = "\"".repeat(1000);
    let entries = format!("<Contents><Key>{key}</Key></Contents>").repeat(2000);
    let page =
        format!("<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>");
    let list = request("GET", "/data?list-type=2").sign(&world.loader);
    let answer = || Answer::ok().body(page.clone());
    let mut stalled = Vec::new();
    for _ in 0..3 {
        world.store.push(answer());
        let mut connection = Connection::open(world.s3).await;
        connection.send(&list.bytes()).await;
        let (response, _) = connection.response_head("GET").await;
        assert_eq!(response.status, 200);
        stalled.push(connection);
    }
    world.store.push(answer());
    let response = world.send(&list).await;
    assert_eq!((response.status, response.code()), (503, Some("SlowDown")), "no room for it");
    drop(stalled);
    for _ in 0..100 {
        world.store.push(answer());
        if world.send(&list).await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the memory of answers that are gone does not come back");
}
