//! A41: a store that breaks, lies or sends elsewhere. What it does wrong ends at the gateway.

use std::time::Duration;

use serde_json::json;
use testkit::answer::Answer;
use testkit::client::{Connection, Ended, Response};
use testkit::server::closed_port;
use testkit::signed::{Credentials, Prepared};
use testkit::store::FakeStore;

use crate::harness::{Plan, World, noise, request};

pub(crate) fn get(keys: &Credentials) -> Prepared {
    request("GET", "/data/k").sign(keys)
}

/// Sends a request whose answer may break off before its head.
pub(crate) async fn broken(world: &World, request: &Prepared) -> Response {
    let mut connection = Connection::open(world.s3).await;
    connection.send(&request.bytes()).await;
    let response = connection.response(&request.method).await;
    if response.status != 0 {
        world.check(&request.method, &response);
    }
    response
}

pub(crate) fn push(world: &World, answer: Answer) {
    world.store.push_for(|request| request.path() != "/fence/fence", answer);
}

#[tokio::test]
async fn a41_a_store_that_dies_breaks_the_transfer() {
    let world = World::start().await;
    let body = noise(300_000);
    let whole = Answer::ok().header("etag", "\"e\"").body(body.clone());
    let mut deaths = 0;
    for dying in [
        whole.clone().cut_after(100_000),
        whole.clone().cut_after(299_999),
        whole.clone().cut_after(100_000).reset(),
        whole.clone().cut_after(0),
        whole.clone().chunked(&[]).cut_after(100_000),
        whole.clone().chunked(&[]).cut_after(300_000),
        whole.clone().declaring(300_001).close(),
    ] {
        push(&world, dying);
        let response = broken(&world, &get(&world.loader)).await;
        let cut = matches!(response.ended, Ended::Cut | Ended::Reset);
        assert!(cut, "{:?} after {} bytes", response.ended, response.body.len());
        assert!(body.starts_with(&response.body));
        deaths += 1;
        for line in world.lines("\"aborted\":true", deaths).await {
            assert!(line.contains("\"reason\":"), "{line}");
        }
    }
    // The next one is not a rest of the last one.
    push(&world, whole);
    let (response, _) = world.passed(&get(&world.loader)).await;
    assert_eq!(response.body, body);
}

#[tokio::test]
async fn a41_a_body_without_an_end_of_its_own_is_not_taken_for_whole() {
    let world = World::start().await;
    // Nobody can tell whether the store was done or died.
    push(&world, Answer::ok().header("etag", "\"e\"").body("half of it").until_close());
    let response = world.send(&get(&world.loader)).await;
    let clean = response.status == 200 && response.ended == Ended::Whole;
    assert!(!clean, "a clean answer: {:?}", response.text());
}

#[tokio::test]
async fn a41_encoded_objects_arrive_untouched() {
    let world = World::start().await;
    let zipped = [b"\x1f\x8b\x08\0".as_slice(), &noise(5000)].concat();
    for encoding in ["gzip", "br", "aws-chunked,gzip", "identity", "x-own"] {
        let headers = [("content-encoding", encoding), ("content-type", "text/plain")];
        world.store.put("/data/k", &zipped, &headers);
        for accept in ["gzip", "identity", "", "*;q=0"] {
            let sent = request("GET", "/data/k").unsigned_header("accept-encoding", accept);
            let (response, _) = world.passed(&sent.sign(&world.loader)).await;
            assert_eq!(response.body, zipped);
            assert_eq!(response.header("content-encoding"), Some(encoding));
            assert_eq!(response.header("content-length"), Some("5004"));
        }
    }
    let put = request("PUT", "/data/z").header("content-encoding", "gzip").body(zipped.clone());
    world.passed(&put.sign(&world.loader)).await;
    let stored = world.store.object("/data/z").unwrap();
    assert_eq!(stored.body, zipped);
    assert!(stored.headers.contains(&("content-encoding".to_owned(), "gzip".to_owned())));
}

#[tokio::test]
async fn a41_a_redirect_is_neither_followed_nor_passed_on() {
    let world = World::start().await;
    let elsewhere = FakeStore::start();
    let target = format!("{}/data/k", elsewhere.url());
    let requests = [
        request("GET", "/data/k"),
        request("HEAD", "/data/k"),
        request("PUT", "/data/k").body("x"),
        request("PUT", "/data/k").body(noise(300_000)),
        request("DELETE", "/data/k"),
        request("GET", "/data?list-type=2"),
        request("GET", "/data?location"),
        request("HEAD", "/data"),
        request("GET", "/"),
        request("PUT", "/data/k").header("x-amz-copy-source", "data/a"),
    ];
    for status in [300, 301, 302, 303, 305, 307, 308, 399] {
        for sent in &requests {
            let sent = sent.clone().sign(&world.loader);
            let moved = Answer::redirect(status, &target)
                .header("x-amz-bucket-region", "eu-central-1")
                .body(if sent.method == "HEAD" {
                    ""
                } else {
                    "<Error><Code>PermanentRedirect</Code><Endpoint>internal.store</Endpoint>\
                     </Error>"
                });
            push(&world, moved);
            let response = world.send(&sent).await;
            world.is_refusal(&sent.method, &response, 500, "InternalError").await;
            assert_eq!(response.header("location"), None);
            assert!(!String::from_utf8_lossy(&response.body).contains("internal.store"));
            let line = world.line_of(&response).await;
            assert!(line["reason"].as_str().unwrap().contains(&status.to_string()), "{line}");
        }
    }
    assert!(elsewhere.requests().is_empty() && elsewhere.connections().is_empty());
}

#[tokio::test]
async fn a41_not_modified_passes() {
    let world = World::start().await;
    for method in ["GET", "HEAD"] {
        let plain = request(method, "/data/k").unsigned_header("if-none-match", "\"e\"");
        let sent = plain.sign(&world.loader);
        push(&world, Answer::status(304).header("etag", "\"e\"").header("location", "http://x/"));
        let mut connection = Connection::open(world.s3).await;
        connection.send(&sent.bytes()).await;
        let response = connection.response(method).await;
        world.check(method, &response);
        assert_eq!((response.status, response.header("etag")), (304, Some("\"e\"")));
        // The connection goes on: nothing follows that could be taken for a body.
        push(&world, Answer::error(412, "PreconditionFailed"));
        connection.send(&sent.bytes()).await;
        let response = connection.response(method).await;
        world.check(method, &response);
        assert_eq!(response.status, 412);
    }
    push(&world, Answer::error(416, "InvalidRange").header("content-range", "bytes */5"));
    let range = request("GET", "/data/k").unsigned_header("range", "bytes=9-").sign(&world.loader);
    let response = world.send(&range).await;
    assert_eq!((response.status, response.code()), (416, Some("InvalidRange")));
}

#[tokio::test]
async fn a41_statuses_that_nobody_has() {
    let world = World::start().await;
    for status in [101, 199, 204, 205, 226, 299, 600, 700, 999] {
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
            let mut sent = request(method, "/data/k");
            if method == "PUT" {
                sent = sent.body("x");
            }
            let sent = sent.sign(&world.loader);
            push(&world, Answer::status(status).header("upgrade", "x").close());
            let mut connection = Connection::open(world.s3).await;
            connection.send(&sent.bytes()).await;
            let response = connection.response(method).await;
            world.check(method, &response);
            let fine = (200..300).contains(&response.status) || response.status >= 400;
            assert!(fine && response.status < 600, "{method} {status}: {}", response.status);
        }
    }
}

#[tokio::test]
async fn a41_what_the_store_says_of_itself_stays_there() {
    let plan = Plan::new().with(|config| config["stores"][0]["regions"] = json!(["ours"]));
    let world = plan.start().await;
    let chatty = Answer::ok()
        .header("x-amz-request-id", "tx-of-the-store")
        .header("x-amz-id-2", "host-of-the-store")
        .header("server", "store/1.0")
        .header("x-powered-by", "store")
        .header("set-cookie", "a=b")
        .header("location", "http://internal.store/data/k")
        .header("www-authenticate", "Basic")
        .header("access-control-allow-origin", "*")
        .header("strict-transport-security", "max-age=1")
        .header("connection", "x-amz-meta-a")
        .header("keep-alive", "timeout=5")
        .header("trailer", "x-amz-meta-late")
        .header("via", "1.1 internal.proxy")
        .header("link", "<http://internal.store>")
        .header("x-amz-bucket-region", "store-region")
        .header("x-minio-deployment-id", "id")
        .header("x-amz-meta-a", "kept");
    for sent in [
        request("GET", "/data/k"),
        request("HEAD", "/data/k"),
        request("PUT", "/data/k").body("x"),
        request("DELETE", "/data/k"),
        request("PUT", "/data").body(""),
        request("HEAD", "/data"),
        request("GET", "/data?list-type=2"),
        request("GET", "/data/k?uploadId=u"),
    ] {
        push(&world, chatty.clone());
        // What is on no list fails in here.
        let (response, _) = world.passed(&sent.sign(&world.loader)).await;
        let text = String::from_utf8_lossy(&response.head).to_ascii_lowercase();
        for own in
            ["internal.", "tx-of-the-store", "host-of-the-store", "store/1.0", "store-region"]
        {
            assert!(!text.contains(own), "{own}: {text}");
        }
    }
    for (status, code) in [(404, "NoSuchKey"), (409, "BucketNotEmpty"), (503, "SlowDown")] {
        push(&world, Answer::error(status, code).header("retry-after", "3").header("server", "x"));
        let response = world.send(&get(&world.loader)).await;
        assert_eq!((response.status, response.code()), (status, Some(code)));
        assert!(!response.text().contains("of-the-store"), "{}", response.text());
        assert!(!response.text().contains("/store/own/name"), "{}", response.text());
    }
}

#[tokio::test]
async fn a41_the_stores_trouble_with_our_keys_is_ours() {
    let world = World::start().await;
    for code in [
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId",
        "RequestTimeTooSkewed",
        "AuthorizationHeaderMalformed",
        "InvalidToken",
        "ExpiredToken",
    ] {
        let document = format!(
            "<Error><Code>{code}</Code><Message>m</Message><AWSAccessKeyId>STOREACCESSKEY000001\
             </AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256 inner</StringToSign>\
             <SignatureProvided>abcdef</SignatureProvided></Error>"
        );
        push(&world, Answer::status(403).body(document.clone()));
        let response = world.send(&get(&world.loader)).await;
        world.is_refusal("GET", &response, 500, "InternalError").await;
        assert!(!response.text().contains("inner"), "{}", response.text());
        // The same elements beside another code are not shown either.
        push(&world, Answer::status(403).body(document.replace(code, "AccessDenied")));
        let response = world.send(&get(&world.loader)).await;
        assert_eq!((response.status, response.code()), (403, Some("AccessDenied")));
        assert!(!response.text().contains("SignatureProvided"), "{}", response.text());
    }
}

#[tokio::test]
async fn a41_errors_that_are_no_documents() {
    let world = World::start().await;
    let bomb =
        "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Error><Code>&b;</Code></Error>";
    for (status, body, code) in [
        (403, String::new(), "AccessDenied"),
        (404, "<html>not here</html>".to_owned(), "NoSuchKey"),
        (500, "x".repeat(200_000), "InternalError"),
        (503, bomb.to_owned(), "ServiceUnavailable"),
        (400, "<Error><Code>".to_owned(), "InvalidRequest"),
    ] {
        push(&world, Answer::status(status).header("content-type", "text/html").body(body.clone()));
        let response = world.send(&get(&world.loader)).await;
        assert_eq!(response.status, status, "{}", response.text());
        assert_eq!(response.header("content-type"), Some("application/xml"));
        assert!(response.text().len() < 2000, "{}", response.text().len());
        assert!(code.len() > 3 && !response.text().contains("not here"), "{}", response.text());
    }
    // Markup in it stays text.
    let hostile = "<Error><Code>No&lt;x&gt;Such</Code><Message>&lt;/Message&gt;&lt;Code&gt;Ok\
                   </Message></Error>";
    push(&world, Answer::status(404).body(hostile));
    let response = world.send(&get(&world.loader)).await;
    assert!(!response.text().contains("<x>"), "{}", response.text());
    push(
        &world,
        Answer::status(404)
            .body("<Error><Code>a</Code><Message>b</Message></Error>")
            .declaring(900)
            .close(),
    );
    let response = world.send(&get(&world.loader)).await;
    assert_eq!(response.status, 404);
}

#[tokio::test]
async fn a41_a_store_that_is_not_there() {
    let mut plan = Plan::new();
    plan.config["stores"][0]["endpoint"] = json!(format!("http://{}", closed_port()));
    let world = plan.start().await;
    for sent in [
        request("GET", "/data/k"),
        request("PUT", "/data/k").body("x"),
        request("PUT", "/data/k").body(noise(300_000)),
    ] {
        let sent = sent.sign(&world.loader);
        let response = world.send(&sent).await;
        world.is_refusal(&sent.method, &response, 503, "ServiceUnavailable").await;
    }
}

#[tokio::test]
async fn a41_a_store_that_is_silent() {
    let plan = Plan::new().with(|config| {
        config["limits"] = json!({
            "store_first_byte_timeout": "1s",
            "store_body_idle_timeout": "1s",
        });
    });
    let world = plan.start().await;
    push(&world, Answer::ok().after(Duration::from_secs(30)));
    let response = world.send(&get(&world.loader)).await;
    world.is_refusal("GET", &response, 503, "ServiceUnavailable").await;
    push(&world, Answer::ok().body(noise(100)).drip(50, Duration::from_secs(30)));
    let response = broken(&world, &get(&world.loader)).await;
    assert!(matches!(response.ended, Ended::Cut | Ended::Reset), "{:?}", response.ended);
}

#[tokio::test]
async fn a51_a_denial_of_the_store_does_not_name_our_principal() {
    let world = World::start().await;
    let denial = "<Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::999999999999:user/gw \
                  is not authorized</Message></Error>";
    push(&world, Answer::status(403).body(denial));
    let response = world.send(&get(&world.loader)).await;
    assert_eq!((response.status, response.code()), (403, Some("AccessDenied")));
    assert_eq!(response.xml("Message"), Some("Access Denied"));
    let line = world.line_of(&response).await;
    assert!(line["reason"].as_str().unwrap().contains("user/gw"), "{line}");
    // Ceph RGW says nothing at all, and the AWS CLI cannot do without.
    push(&world, Answer::status(409).body("<Error><Code>BucketNotEmpty</Code></Error>"));
    let response = world.send(&get(&world.loader)).await;
    assert_eq!(response.xml("Message"), Some("The bucket you tried to delete is not empty."));
}
