use std::time::Duration;

use super::*;
use crate::client::{self, Connection as Client};
use crate::store::FakeStore;
use crate::tls::Authority;

const PUT: &[u8] = b"PUT /b/k HTTP/1.1\r\nHost: x\r\ncontent-length: 5\r\n\r\nhello";

#[tokio::test]
async fn a_request_is_recorded_byte_for_byte() {
    let store = FakeStore::start();
    let answer = client::exchange(store.address(), PUT).await;
    assert_eq!((answer.status, answer.ended), (200, client::Ended::Whole));
    let request = store.only_request();
    assert_eq!([request.head.as_slice(), &request.wire_body].concat(), PUT);
    assert_eq!(request.headers[0], ("Host".to_owned(), "x".to_owned()));
    assert_eq!((request.arrival, request.body_length), (Arrival::Whole, 5));
    assert_eq!(store.object("/b/k").unwrap().body, b"hello");
    let get =
        client::exchange(store.address(), b"GET /b/k HTTP/1.1\r\nRange: bytes=1-2\r\n\r\n").await;
    assert_eq!((get.status, get.text()), (206, "el"));
}

#[tokio::test]
async fn chunks_and_trailers_are_recorded_both_ways() {
    let store = FakeStore::start();
    let body = b"2;x=1\r\nhe\r\n3\r\nllo\r\n0\r\nx-sum: 1\r\n\r\n";
    let head = b"PUT /b/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    client::exchange(store.address(), &[head.as_slice(), body].concat()).await;
    let request = store.only_request();
    assert_eq!((request.body.as_slice(), request.wire_body.as_slice()), (&b"hello"[..], &body[..]));
    assert_eq!(request.trailers, [("x-sum".to_owned(), "1".to_owned())]);
    store.push(Answer::ok().body("abc").chunked(&[("x-end", "yes")]));
    let answer = client::exchange(store.address(), b"GET /b/k HTTP/1.1\r\n\r\n").await;
    assert_eq!((answer.text(), answer.ended), ("abc", client::Ended::Whole));
    assert_eq!(answer.trailers, [("x-end".to_owned(), "yes".to_owned())]);
}

#[tokio::test]
async fn broken_uploads_are_told_apart_and_store_nothing() {
    let store = FakeStore::start();
    let mut cut = Client::open(store.address()).await;
    cut.send(&PUT[..PUT.len() - 2]).await;
    cut.finish_sending().await;
    store.wait_until("cut", |requests, _| requests.iter().any(|r| r.arrival == Arrival::Cut)).await;
    let mut reset = Client::open(store.address()).await;
    reset.send(&PUT[..PUT.len() - 2]).await;
    store.wait_until("second head", |requests, _| requests.len() == 2).await;
    reset.reset();
    store.wait_until("reset", |requests, _| requests[1].arrival == Arrival::Reset).await;
    assert_eq!(store.connections()[0].ended, Some(Ended::InRequest));
    assert!(store.object("/b/k").is_none());
}

#[tokio::test]
async fn answers_misbehave_as_told() {
    let store = FakeStore::start();
    let get = b"GET /b/k HTTP/1.1\r\n\r\n";
    store.push(Answer::ok().body("0123456789").cut_after(4));
    let torn = client::exchange(store.address(), get).await;
    assert_eq!((torn.body.as_slice(), torn.ended), (&b"0123"[..], client::Ended::Cut));
    store.push(Answer::ok().body("0123456789").cut_after(4).reset());
    assert_eq!(client::exchange(store.address(), get).await.ended, client::Ended::Reset);
    store.push(Answer::ok().declaring(20).body("short").close());
    assert_eq!(client::exchange(store.address(), get).await.ended, client::Ended::Cut);
    store.push(Answer::ok().body("end").until_close());
    assert_eq!(client::exchange(store.address(), get).await.ended, client::Ended::WithConnection);
    store.push(Answer::error(503, "SlowDown").without_reading());
    let refused = client::exchange(store.address(), b"PUT / HTTP/1.1\r\ncontent-length: 9\r\n\r\n");
    assert_eq!(refused.await.code(), Some("SlowDown"));
    store.push(Answer::raw("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx"));
    assert_eq!(client::exchange(store.address(), get).await.headers.len(), 2);
}

#[tokio::test]
async fn a_client_that_leaves_early_is_noticed() {
    let store = FakeStore::start();
    store.push(Answer::ok().after(Duration::from_secs(60)));
    let mut client = Client::open(store.address()).await;
    client.send(b"GET /b/k HTTP/1.1\r\n\r\n").await;
    store.wait_for_requests(1).await;
    drop(client);
    let left = |_: &[Request], c: &[Connection]| c[0].ended == Some(Ended::InAnswer);
    store.wait_until("the client's end", left).await;
}

#[tokio::test]
async fn connections_are_kept_and_counted() {
    let store = FakeStore::start();
    let mut client = Client::open(store.address()).await;
    for _ in 0..3 {
        client.send(b"HEAD /b/none HTTP/1.1\r\n\r\n").await;
        assert_eq!(client.response("HEAD").await.status, 404);
    }
    assert_eq!(store.connections().len(), 1);
    assert_eq!(store.requests()[2].nth, 2);
    drop(client);
    store.wait_until("end", |_, c| c[0].ended == Some(Ended::Closed)).await;
}

#[tokio::test]
async fn a_continue_is_sent_only_when_told() {
    let store = FakeStore::start();
    let head = b"PUT /b/k HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    let mut client = Client::open(store.address()).await;
    client.send(head).await;
    assert_eq!(client.status_line().await, Some(100));
    client.send(b"hello").await;
    assert_eq!(client.response("PUT").await.status, 200);
    store.push(Answer::error(403, "AccessDenied").without_reading());
    client.send(head).await;
    let refused = client.response("PUT").await;
    assert_eq!((refused.status, refused.interim.len()), (403, 0));
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn tls_needs_the_right_name() {
    let authority = Authority::new();
    let store = FakeStore::start_tls(authority.server_config(&["127.0.0.1", "store.example.org"]));
    for (name, good) in [("127.0.0.1", true), ("store.example.org", true), ("other.org", false)] {
        let opened = Client::open_tls(store.address(), name, authority.client_config()).await;
        assert_eq!(opened.is_ok(), good, "{name}");
        if let Ok(mut client) = opened {
            client.send(PUT).await;
            assert_eq!(client.response("PUT").await.status, 200);
        }
    }
    assert_eq!(store.requests().len(), 2);
}
