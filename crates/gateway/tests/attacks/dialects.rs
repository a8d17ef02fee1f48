//! What the gateway does for stores that lack something (`capabilities` of a store).

use serde_json::json;
use testkit::answer::Answer;
use testkit::signed::{SignedRequest, encode};

use crate::harness::{Plan, World, request};

async fn without(capability: &str) -> World {
    let plan = Plan::new().with(|config| {
        config["stores"][0]["capabilities"] = json!({ capability: false });
    });
    plan.start().await
}

fn listing(inside: &str) -> Answer {
    let name = "<Name>data</Name><Prefix>alice/</Prefix><MaxKeys>1000</MaxKeys>";
    Answer::ok().body(format!("<ListBucketResult>{name}{inside}</ListBucketResult>"))
}

#[tokio::test]
async fn list_objects_v2_before_a_store_that_has_list_objects() {
    let world = without("list_objects_v2").await;
    let alice = world.login("alice").await;
    let pages = [
        "<IsTruncated>true</IsTruncated><Contents><Key>alice/1 &amp; 2</Key><Owner><ID>o</ID></Owner></Contents>",
        "<IsTruncated>false</IsTruncated><Contents><Key>alice/3</Key></Contents>",
    ];
    let mut target = "/data?list-type=2&prefix=alice%2F&start-after=alice%2F0".to_owned();
    let mut sent = vec![];
    for page in pages {
        world.store.push_for(|sent| sent.query().contains("prefix"), listing(page));
        let (response, arrived) = world.passed(&request("GET", &target).sign(&alice)).await;
        sent.push(arrived.target);
        assert_eq!(response.xml("KeyCount"), Some("1"), "{}", response.text());
        assert_eq!(response.xml("ID"), None, "{}", response.text());
        assert_eq!(response.xml("StartAfter"), Some("alice/0"), "{}", response.text());
        if let Some(token) = response.xml("NextContinuationToken") {
            target.push_str("&continuation-token=");
            target.push_str(&encode(token.as_bytes()));
        }
    }
    assert_eq!(
        sent,
        [
            "/data?marker=alice%2F0&prefix=alice%2F",
            "/data?marker=alice%2F1%20%26%202&prefix=alice%2F"
        ]
    );
    // What is asked is what is decided.
    world.denied(&request("GET", "/data?list-type=2&prefix=bob%2F").sign(&alice)).await;
    let foreign = "/data?list-type=2&prefix=alice%2F&continuation-token=elsewhere!";
    world.refused(&request("GET", foreign).sign(&alice), 400, "InvalidArgument").await;
    // An answer that is none, and errors of the store.
    world.store.push_for(|sent| sent.query().contains("prefix"), Answer::ok().body("<Error/>"));
    let list = request("GET", "/data?list-type=2&prefix=alice%2F").sign(&alice);
    assert_eq!(world.send(&list).await.status, 500);
    world
        .store
        .push_for(|sent| sent.query().contains("prefix"), Answer::error(404, "NoSuchBucket"));
    let missing = world.send(&list).await;
    assert_eq!(missing.code(), Some("NoSuchBucket"), "{}", missing.text());
}

const COPIED: &str = "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>";
const SEEN: &str = "Sat, 02 Jan 2016 00:00:00 GMT";

fn copy(target: &str) -> SignedRequest {
    request("PUT", target)
        .header("x-amz-copy-source", "data/alice/a%2Bb")
        .header("x-amz-tagging-directive", "REPLACE")
}

fn answers(world: &World, head: &Answer) {
    world.store.forget_script();
    world.store.push_for(|sent| sent.method == "HEAD", head.clone());
    world
        .store
        .push_for(|sent| sent.header("x-amz-copy-source").is_some(), Answer::ok().body(COPIED));
}

#[tokio::test]
async fn a58_conditions_on_the_source_of_a_copy_hold_before_a_store_that_ignores_them() {
    let world = without("copy_source_conditions").await;
    let head = Answer::ok().header("etag", "\"e\"").header("last-modified", SEEN);
    let long_ago = "Fri, 01 Jan 2016 00:00:00 GMT";
    for (condition, value, holds) in [
        ("x-amz-copy-source-if-match", "\"e\"", true),
        ("x-amz-copy-source-if-match", "\"other\"", false),
        ("x-amz-copy-source-if-none-match", "\"other\"", true),
        ("x-amz-copy-source-if-none-match", "\"e\"", false),
        ("x-amz-copy-source-if-modified-since", long_ago, true),
        ("x-amz-copy-source-if-modified-since", SEEN, false),
        ("x-amz-copy-source-if-unmodified-since", SEEN, true),
        ("x-amz-copy-source-if-unmodified-since", long_ago, false),
    ] {
        for target in ["/data/alice/b", "/data/alice/b?partNumber=1&uploadId=u"] {
            answers(&world, &head);
            let before = world.store.requests().len();
            let mut copy = copy(target).header(condition, value);
            if target.contains('?') {
                copy = request("PUT", target)
                    .header("x-amz-copy-source", "data/alice/a%2Bb")
                    .header(condition, value);
            }
            let response = world.send(&copy.sign(&world.loader)).await;
            let expected = if holds { 200 } else { 412 };
            assert_eq!(response.status, expected, "{condition} {value}: {}", response.text());
            if !holds {
                assert_eq!(response.code(), Some("PreconditionFailed"));
                assert_eq!(response.xml("Condition"), Some(condition));
            }
            world.fence().await;
            let arrived = world.since(before);
            assert_eq!(arrived[0].target, "/data/alice/a%2Bb");
            assert_eq!(arrived.len(), if holds { 2 } else { 1 }, "{condition} {value}");
        }
    }
    // Without a condition nobody looks.
    answers(&world, &head);
    world.passed(&copy("/data/alice/b").sign(&world.loader)).await;
}

/// What was looked at is what is copied.
#[tokio::test]
async fn a58_the_version_that_was_looked_at_is_the_one_that_is_copied() {
    let world = without("copy_source_conditions").await;
    let head = Answer::ok()
        .header("etag", "\"e\"")
        .header("last-modified", SEEN)
        .header("x-amz-version-id", "v/1");
    answers(&world, &head);
    let before = world.store.requests().len();
    let copy = copy("/data/alice/b")
        .header("x-amz-copy-source-if-match", "e")
        .header("x-amz-copy-source-server-side-encryption-customer-algorithm", "AES256")
        .header("x-amz-copy-source-server-side-encryption-customer-key", "a2V5")
        .header("x-amz-copy-source-server-side-encryption-customer-key-md5", "bWQ1");
    assert_eq!(world.send(&copy.sign(&world.loader)).await.status, 200);
    let arrived = world.since(before);
    assert_eq!(arrived[1].header("x-amz-copy-source"), Some("data/alice/a%2Bb?versionId=v%2F1"));
    let key = arrived[0].header("x-amz-server-side-encryption-customer-key");
    assert_eq!(key, Some("a2V5"), "an encrypted source is looked at with its key");
}

#[tokio::test]
async fn a58_a_source_that_cannot_be_looked_at_is_not_copied() {
    let world = without("copy_source_conditions").await;
    let conditional =
        |name: &str, value: &str| copy("/data/alice/b").header(name, value).sign(&world.loader);
    let when = "x-amz-copy-source-if-match";
    for head in [
        Answer::status(403),
        Answer::status(503),
        Answer::ok().header("last-modified", SEEN),
        Answer::ok().header("etag", "\"e\""),
        Answer::ok().header("etag", "\"e\"").header("last-modified", "yesterday"),
        Answer::redirect(307, "http://127.0.0.1:1/"),
    ] {
        answers(&world, &head);
        let before = world.store.requests().len();
        let response = world.send(&conditional(when, "\"e\"")).await;
        assert_eq!(response.status, 500, "{}", response.text());
        world.fence().await;
        assert_eq!(world.since(before).len(), 1);
    }
    let date = conditional("x-amz-copy-source-if-modified-since", "yesterday");
    world.refused(&date, 400, "InvalidArgument").await;
    // The store says that there is none.
    answers(&world, &Answer::status(404));
    assert_eq!(world.send(&conditional(when, "\"e\"")).await.status, 200);
}

/// A store without tags of objects is not asked for them.
#[tokio::test]
async fn a14_a_store_without_tags_of_objects() {
    let world = without("object_tags").await;
    let alice = world.login("alice").await;
    world
        .store
        .push_for(|sent| sent.header("x-amz-copy-source").is_some(), Answer::ok().body(COPIED));
    let plain = request("PUT", "/data/alice/b").header("x-amz-copy-source", "data/alice/a");
    world.passed(&plain.sign(&alice)).await;
}
