//! What the gateway does for stores that lack something (`capabilities` of a store).

use serde_json::json;
use testkit::answer::Answer;
use testkit::client::Connection;
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

/// Of `a+b`, most clients read `a b` where it is said to be encoded and is not.
#[tokio::test]
async fn names_are_encoded_before_a_store_that_does_not() {
    let plain = "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
                 <Contents><Key>alice/a+b</Key></Contents>";
    for capabilities in [
        json!({ "encoded_listings": false }),
        json!({ "encoded_listings": false, "list_objects_v2": false }),
    ] {
        let is_v1 = capabilities.get("list_objects_v2").is_some();
        let plan = Plan::new().with(|config| {
            config["stores"][0]["capabilities"] = capabilities.clone();
        });
        let world = plan.start().await;
        let alice = world.login("alice").await;
        for version in ["", "list-type=2&"] {
            let target = format!("/data?{version}prefix=alice%2F");
            let url = request("GET", &format!("{target}&encoding-type=url"));
            world.store.push(listing(plain));
            let (response, _) = world.passed(&url.sign(&alice)).await;
            assert_eq!(response.xml("Key"), Some("alice/a%2Bb"), "{}", response.text());
            assert_eq!(response.xml("EncodingType"), Some("url"), "{}", response.text());
            if is_v1 && !version.is_empty() {
                let token = response.xml("NextContinuationToken").map(ToOwned::to_owned).unwrap();
                let next = format!("{target}&continuation-token={token}");
                world.store.push(listing(""));
                let (_, arrived) = world.passed(&request("GET", &next).sign(&alice)).await;
                assert_eq!(arrived.target, "/data?marker=alice%2Fa%2Bb&prefix=alice%2F");
            }
            // Who does not ask for it gets the names as they are.
            world.store.push(listing("<Contents><Key>alice/a+b</Key></Contents>"));
            let (response, _) = world.passed(&request("GET", &target).sign(&alice)).await;
            assert_eq!(response.xml("Key"), Some("alice/a+b"), "{}", response.text());
            assert_eq!(response.xml("EncodingType"), None, "{}", response.text());
        }
    }
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
    for (head, status) in [
        (Answer::status(403), 403),
        (Answer::status(503), 503),
        (Answer::ok().header("last-modified", SEEN), 500),
        (Answer::ok().header("etag", "\"e\""), 500),
        (Answer::ok().header("etag", "\"e\"").header("last-modified", "yesterday"), 500),
        (Answer::redirect(307, "http://127.0.0.1:1/"), 500),
    ] {
        answers(&world, &head);
        let before = world.store.requests().len();
        let response = world.send(&conditional(when, "\"e\"")).await;
        assert_eq!(response.status, status, "{}", response.text());
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

/// A store that loses tags of copies whose metadata is replaced must not be given one that has some.
#[tokio::test]
async fn a58_tags_are_not_lost_by_a_copy() {
    let world = without("copied_tags").await;
    let tags =
        |inside: &str| Answer::ok().body(format!("<Tagging><TagSet>{inside}</TagSet></Tagging>"));
    let some = tags("<Tag><Key>a</Key><Value>b</Value></Tag>");
    let replaced = request("PUT", "/data/b")
        .header("x-amz-copy-source", "data/a%2Bb?versionId=v")
        .header("x-amz-metadata-directive", "REPLACE");
    for (answer, status) in [
        (some.clone(), 501),
        (tags(""), 200),
        (Answer::error(404, "NoSuchTagSet"), 200),
        (Answer::error(403, "AccessDenied"), 500),
    ] {
        world.store.forget_script();
        world.store.push_for(|sent| sent.query().contains("tagging"), answer);
        world.store.push_for(|sent| sent.method == "PUT", Answer::ok().body(COPIED));
        let before = world.store.requests().len();
        let response = world.send(&replaced.clone().sign(&world.loader)).await;
        assert_eq!(response.status, status, "{}", response.text());
        world.fence().await;
        let arrived = world.since(before);
        assert_eq!(arrived[0].target, "/data/a%2Bb?tagging=&versionId=v");
        let copied = arrived.iter().any(|sent| sent.method == "PUT");
        assert_eq!(copied, status == 200, "{status}");
    }
    // Nobody asks where nothing is lost.
    world.store.forget_script();
    for copy in [
        request("PUT", "/data/b").header("x-amz-copy-source", "data/a"),
        replaced.clone().header("x-amz-tagging-directive", "REPLACE"),
    ] {
        world.store.push_for(|sent| sent.method == "PUT", Answer::ok().body(COPIED));
        world.passed(&copy.sign(&world.loader)).await;
    }
}

/// Who decides about a stranger also says whether the stranger's bytes are wanted.
#[tokio::test]
async fn a_store_that_decides_is_asked_before_a_stranger_sends() {
    let plan = Plan::new().with(|config| config["stores"][0]["authorization"] = json!("store"));
    let world = plan.start().await;
    let body = b"0123456789";
    let head = |expect: &str| {
        let length = body.len();
        format!(
            "PUT /data/k HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n{expect}\r\n"
        )
    };
    let expecting = head("Expect: 100-continue\r\n");
    let denied = Answer::error(403, "AccessDenied");
    for answer in [denied.clone().without_reading(), denied.reading_only(0)] {
        world.store.push(answer);
        let mut connection = Connection::open(world.s3).await;
        connection.send(expecting.as_bytes()).await;
        let refused = connection.response("PUT").await;
        assert_eq!((refused.status, refused.interim.len()), (403, 0), "{}", refused.text());
    }
    // Wanted, at once or after a while, by a store that knows how to say so and by one that does not.
    for answer in [Answer::ok(), Answer::ok().without_continue()] {
        world.store.push(answer);
        let mut connection = Connection::open(world.s3).await;
        connection.send(expecting.as_bytes()).await;
        assert_eq!(connection.status_line().await, Some(100));
        connection.send(body).await;
        assert_eq!(connection.response("PUT").await.status, 200);
        let arrived = world.store.requests();
        assert_eq!(arrived.last().unwrap().body, body);
    }
    // There is nothing to wait for.
    let mut connection = Connection::open(world.s3).await;
    connection.send(expecting.replace("Length: 10", "Length: 0").as_bytes()).await;
    assert_eq!(connection.response("PUT").await.status, 200);
    // Nobody is asked for a client that sends without waiting.
    let mut connection = Connection::open(world.s3).await;
    connection.send(head("").as_bytes()).await;
    connection.send(body).await;
    assert_eq!(connection.response("PUT").await.status, 200);
    assert_eq!(world.store.requests().last().unwrap().header("expect"), None);
}

/// Query names of Ceph RGW that its users send.
#[tokio::test]
async fn what_ceph_rgw_has_beside_s3() {
    let world = World::start().await;
    let alice = world.login("alice").await;
    for target in [
        "/data?allow-unordered=true&prefix=alice%2F",
        "/data?allow-unordered=true&list-type=2&prefix=alice%2F",
        "/data?allow-unordered=true&prefix=alice%2F&versions=",
    ] {
        let (_, arrived) = world.passed(&request("GET", target).sign(&alice)).await;
        assert_eq!(arrived.target, target);
        let bobs = target.replace("alice", "bob");
        world.denied(&request("GET", &bobs).sign(&alice)).await;
    }
    let head = Answer::ok()
        .header("x-rgw-object-count", "3")
        .header("x-rgw-quota-max-objects", "-1")
        .header("x-rgw-object-type", "Normal");
    world.store.push(head);
    let stats = request("HEAD", "/data?read-stats=true").sign(&world.loader);
    let (response, _) = world.passed(&stats).await;
    assert_eq!(response.header("x-rgw-object-count"), Some("3"));
    assert_eq!(response.header("x-rgw-quota-max-objects"), Some("-1"));
    assert_eq!(response.header("x-rgw-object-type"), None);
    world.denied(&request("HEAD", "/data?read-stats=true").sign(&alice)).await;
}

/// It names the buckets of an account, all of them.
#[tokio::test]
async fn a55_the_usage_of_an_account_is_told_where_all_of_it_is_shown() {
    let usage = request("GET", "/?usage");
    for (authorization, list_buckets, told) in [
        ("store", "all", true),
        ("store", "visible", false),
        ("gateway", "all", false),
        ("gateway", "visible", false),
    ] {
        let plan = Plan::new().with(|config| {
            config["stores"][0]["authorization"] = json!(authorization);
            config["list_buckets"] = json!(list_buckets);
        });
        let world = plan.start().await;
        let document = "<Usage><Summary><QuotaMaxBytes>-1</QuotaMaxBytes></Summary></Usage>";
        world.store.push_for(|sent| sent.query() == "usage=", Answer::ok().body(document));
        let usage = usage.clone().sign(&world.loader);
        if told {
            let (response, arrived) = world.passed(&usage).await;
            assert_eq!(response.text(), document);
            assert_eq!(arrived.query(), "usage=");
        } else {
            world.refused(&usage, 501, "NotImplemented").await;
        }
    }
}

/// What a store calls its location counts if clients may sign for it.
#[tokio::test]
async fn the_location_of_a_bucket_is_a_region_of_the_gateway() {
    let plan = Plan::new().with(|config| {
        config["stores"][0]["regions"] = json!(["us-east-1", "eu-west-1", "default"]);
    });
    let world = plan.start().await;
    for (stores, told) in [
        ("default", "default"),
        ("eu-west-1", "eu-west-1"),
        ("EU", "eu-west-1"),
        ("", ""),
        ("zone-of-the-store", ""),
    ] {
        let document = format!("<LocationConstraint>{stores}</LocationConstraint>");
        world.store.push(Answer::ok().body(document));
        let (response, _) =
            world.passed(&request("GET", "/data?location").sign(&world.loader)).await;
        let expected = format!(">{told}</LocationConstraint>");
        assert!(response.text().ends_with(&expected), "{stores}: {}", response.text());
    }
}

/// To say how an object is encrypted is for those who write it.
#[tokio::test]
async fn encryption_is_not_for_reading() {
    let world = World::start().await;
    for method in ["GET", "HEAD"] {
        let read = request(method, "/data/k").header("x-amz-server-side-encryption", "aws:kms");
        let response = world.send(&read.sign(&world.loader)).await;
        assert_eq!(response.status, 400, "{}", response.text());
    }
    let part = request("PUT", "/data/k?partNumber=1&uploadId=u")
        .header("x-amz-server-side-encryption", "aws:kms");
    let (_, arrived) = world.passed(&part.sign(&world.loader)).await;
    assert_eq!(arrived.header("x-amz-server-side-encryption"), Some("aws:kms"));
}
