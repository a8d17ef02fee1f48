//! Pages of other origins: their preflights, and what the store says to them.

use serde_json::{Value, json};
use testkit::answer::Answer;
use testkit::client::Response;
use testkit::server::Request;

use crate::harness::{DATA_HOST, HOST, Plan, World, request};
use crate::hostile_store::push;

const ASKED: &str = "Origin: https://app.test\r\nAccess-Control-Request-Method: PUT\r\n";

fn options(host: &str, target: &str, headers: &str) -> Vec<u8> {
    format!("OPTIONS {target} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n").into_bytes()
}

fn allows() -> Answer {
    Answer::ok()
        .header("access-control-allow-origin", "https://app.test")
        .header("access-control-allow-methods", "PUT, GET")
        .header("access-control-max-age", "3000")
        .header("vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
        .header("server", "store/1.0")
        .header("x-amz-meta-a", "b")
}

async fn asked(world: &World, bytes: &[u8]) -> (Response, Request) {
    let before = world.store.requests().len();
    let response = world.send_bytes("OPTIONS", bytes).await;
    let arrived = world.store.wait_for_requests(before + 1).await;
    (response, arrived[before].clone())
}

#[tokio::test]
async fn a_preflight_reaches_the_store_as_a_preflight_and_nothing_else() {
    let (world, alice) = World::with_alice().await;
    let secret = alice.session_token.unwrap();
    let listed = "Access-Control-Request-Headers: authorization,x-amz-date\r\n";
    let more = format!(
        "{ASKED}{listed}Authorization: AWS4-HMAC-SHA256 Credential=a/b\r\nCookie: a=b\r\n\
         X-Amz-Security-Token: {secret}\r\nX-Amz-Content-Sha256: UNSIGNED-PAYLOAD\r\n"
    );
    for (host, target) in [
        (HOST, "/data/alice/a%20b?X-Amz-Signature=0000&X-Amz-Security-Token=token&acl"),
        (DATA_HOST, "/alice/a%20b"),
    ] {
        push(&world, allows());
        let (response, arrived) = asked(&world, &options(host, target, &more)).await;
        assert_eq!(response.status, 200, "{}", response.text());
        let cors = [
            ("access-control-allow-origin", Some("https://app.test")),
            ("access-control-allow-methods", Some("PUT, GET")),
            ("access-control-max-age", Some("3000")),
            ("x-amz-meta-a", None),
        ];
        for (name, value) in cors {
            assert_eq!(response.header(name), value, "{name}");
        }
        assert!(response.body.is_empty());
        assert_eq!(
            (arrived.method.as_str(), arrived.target.as_str()),
            ("OPTIONS", "/data/alice/a%20b")
        );
        let mut names: Vec<&str> = arrived.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.retain(|name| *name != "content-length");
        names.sort_unstable();
        assert_eq!(
            names,
            ["access-control-request-headers", "access-control-request-method", "host", "origin"]
        );
        let line = world.line(response.header("x-amz-request-id").unwrap()).await;
        assert_eq!(
            (&line["operation"], &line["key"], &line["subject"], &line["auth"]),
            (&json!("OptionsPreflight"), &json!("alice/a b"), &Value::Null, &Value::Null)
        );
    }
}

#[tokio::test]
async fn what_the_store_does_not_allow_is_forbidden() {
    let world = World::start().await;
    let bytes = options(HOST, "/data/k", ASKED);
    for answer in [
        Answer::error(403, "AccessForbidden"),
        Answer::error(405, "MethodNotAllowed"),
        Answer::error(404, "NoSuchBucket"),
        Answer::error(501, "NotImplemented"),
        Answer::ok(),
        Answer::error(403, "AccessForbidden").header("access-control-allow-origin", "*"),
    ] {
        push(&world, answer);
        let (response, _) = asked(&world, &bytes).await;
        world.is_refusal("OPTIONS", &response, 403, "AccessForbidden").await;
        assert_eq!(response.header("access-control-allow-origin"), None);
    }
    push(&world, Answer::error(500, "InternalError"));
    let (response, _) = asked(&world, &bytes).await;
    world.is_refusal("OPTIONS", &response, 500, "InternalError").await;
    push(&world, Answer::redirect(307, "http://elsewhere.test/"));
    let (response, _) = asked(&world, &bytes).await;
    assert!(response.status >= 400 && response.header("location").is_none());
}

#[tokio::test]
async fn what_is_no_preflight_does_not_reach_the_store() {
    let world = World::start().await;
    let twice = format!("{ASKED}Origin: https://other.test\r\n");
    let patch = ASKED.replace("PUT", "PATCH");
    for (host, target, headers, status, code) in [
        (HOST, "/data/k", "", 400, "BadRequest"),
        (HOST, "/data/k", "Origin: https://app.test\r\n", 400, "BadRequest"),
        (HOST, "/data/k", "Access-Control-Request-Method: GET\r\n", 400, "BadRequest"),
        (HOST, "/data/k", &twice, 400, "BadRequest"),
        (HOST, "/data/k", &patch, 400, "BadRequest"),
        (HOST, "/", ASKED, 403, "AccessForbidden"),
        (HOST, "/../data/k", ASKED, 400, "InvalidBucketName"),
        (HOST, "/DATA/k", ASKED, 400, "InvalidBucketName"),
        (HOST, "/data/%zz", ASKED, 400, "InvalidURI"),
        ("other.test", "/data/k", ASKED, 400, "InvalidRequest"),
    ] {
        world.bytes_refused(&options(host, target, headers), status, code).await;
    }
    let body = [&options(HOST, "/data/k", &format!("{ASKED}Content-Length: 4\r\n"))[..], b"body"];
    world.bytes_refused(&body.concat(), 400, "UnexpectedContent").await;
}

#[tokio::test]
async fn a10_a_preflight_of_a_key_that_the_store_would_fold_is_refused() {
    let world = Plan::new()
        .with(|config| config["stores"][0]["key_rules"] = json!(["files"]))
        .start()
        .await;
    for target in ["/data/../other/k", "/data/%2e%2e/other/k", "/data/a//b"] {
        world.bytes_refused(&options(HOST, target, ASKED), 400, "InvalidArgument").await;
    }
}

#[tokio::test]
async fn the_store_is_told_the_origin_and_heard() {
    let (world, alice) = World::with_alice().await;
    let of_page =
        |method: &str, target: &str| request(method, target).header("origin", "https://app.test");
    for (sent, answer) in [
        (of_page("GET", "/data/alice/a.txt"), allows()),
        (of_page("HEAD", "/data/alice/a.txt"), allows()),
        (of_page("PUT", "/data/alice/b").body("b"), allows()),
        (of_page("GET", "/data/alice/none"), {
            Answer::error(404, "NoSuchKey")
                .header("access-control-allow-origin", "https://app.test")
        }),
        (of_page("GET", "/data?list-type=2&prefix=alice/"), {
            let xml = "<ListBucketResult><Name>data</Name></ListBucketResult>";
            allows().body(xml).header("content-type", "application/xml")
        }),
    ] {
        push(&world, answer);
        let before = world.store.requests().len();
        let response = world.send(&sent.sign(&alice)).await;
        let arrived = world.store.requests()[before].clone();
        assert_eq!(arrived.header("origin"), Some("https://app.test"));
        let name = "access-control-allow-origin";
        assert_eq!(response.header(name), Some("https://app.test"), "{}", arrived.target);
    }
    // Nobody on a page asked.
    push(&world, allows());
    let (response, _) = world.passed(&request("GET", "/data/alice/a.txt").sign(&alice)).await;
    assert_eq!(response.header("access-control-allow-origin"), None);
    // What the gateway refuses, the store never hears of.
    let denied = world.denied(&of_page("GET", "/data/bob/a.txt").sign(&alice)).await;
    assert_eq!(denied.header("access-control-allow-origin"), None);
}

/// In which account of the store a bucket is may hang on who asks.
#[tokio::test]
async fn a_preflight_of_a_presigned_url_is_asked_with_the_keys_of_whoever_signed_it() {
    let plan = Plan::new().with(|config| config["stores"][0]["authorization"] = json!("store"));
    let world = plan.start().await;
    let url = request("PUT", "/data/k").presign(&world.loader, 60);
    let ask = async |target: &str| {
        push(&world, allows());
        asked(&world, &options(HOST, target, ASKED)).await.1
    };
    let query = |arrived: &Request| arrived.query().to_owned();
    let arrived = ask(&url.target).await;
    assert_eq!(arrived.method, "OPTIONS");
    assert!(query(&arrived).contains("X-Amz-Signature="), "{}", query(&arrived));
    assert!(query(&arrived).contains("store-region"), "{}", query(&arrived));
    let ours = world.loader.access_key.as_str();
    assert!(!query(&arrived).contains(ours), "not with what the client signed");
    // For another method, another key, or with nothing that holds, nobody's keys are used.
    let get = request("GET", "/data/k").presign(&world.loader, 60);
    let stranger = testkit::signed::Credentials::new("AKIANOBODY0000000001", "no-secret");
    let unknown = request("PUT", "/data/k").presign(&stranger, 60);
    let edited = url.target.replace("/data/k", "/data/other");
    for target in [&get.target, &unknown.target, &edited, "/data/k"] {
        assert_eq!(query(&ask(target).await), "", "{target}");
    }
}
