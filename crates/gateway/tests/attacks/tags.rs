//! Policies that hang on the tags of an object.

use serde_json::json;
use testkit::answer::Answer;

use crate::harness::{Plan, World, allow, request};

fn tags(pairs: &[(&str, &str)]) -> String {
    let tags = pairs
        .iter()
        .map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"));
    format!("<Tagging><TagSet>{}</TagSet></Tagging>", tags.collect::<String>())
}

/// The store answers each question for tags like this.
fn tagged(world: &World, answer: &Answer) {
    world.store.forget_script();
    for _ in 0..4 {
        world.store.push_for(|sent| sent.query().starts_with("tagging="), answer.clone());
    }
}

/// Who may read what is public, and nothing that is secret.
async fn world() -> World {
    let mut public = allow(&["s3:GetObject", "s3:GetObjectVersion"], &["arn:aws:s3:::data/*"]);
    public["Condition"] = json!({ "StringEquals": { "s3:ExistingObjectTag/class": "public" } });
    let mut secret = allow(&["s3:*"], &["*"]);
    secret["Effect"] = json!("Deny");
    secret["Condition"] = json!({ "StringEquals": { "s3:ExistingObjectTag/secret": "yes" } });
    let write = allow(&["s3:PutObject", "s3:PutObjectTagging", "s3:GetObjectTagging"], &["*"]);
    let world = Plan::new().with_policy(&[public, secret, write]).start().await;
    world.store.put("/data/a", b"a", &[]);
    world
}

#[tokio::test]
async fn a16_the_tags_of_the_object_decide() {
    let world = world().await;
    let alice = world.login("alice").await;
    let get = |target: &str| request("GET", target).sign(&alice);
    tagged(&world, &Answer::ok().body(tags(&[("class", "public")])));
    let before = world.store.requests().len();
    assert_eq!(world.send(&get("/data/a")).await.status, 200);
    let arrived = world.since(before);
    let targets: Vec<&str> = arrived.iter().map(|sent| sent.target.as_str()).collect();
    assert_eq!(
        targets,
        ["/data/a?tagging=", "/data/a"],
        "asked once, though two statements name tags"
    );
    tagged(&world, &Answer::ok().body(tags(&[("class", "public")])));
    let before = world.store.requests().len();
    assert_eq!(world.send(&get("/data/a?versionId=v%2F1")).await.status, 200);
    assert_eq!(
        world.since(before)[0].target,
        "/data/a?tagging=&versionId=v%2F1",
        "of that version"
    );
    for answer in [
        Answer::ok().body(tags(&[("class", "internal")])),
        Answer::ok().body(tags(&[("Class", "public"), ("class", "x")])),
        Answer::ok().body(tags(&[])),
        Answer::ok().body(tags(&[("class", "public"), ("secret", "yes")])),
        Answer::ok().body("nonsense"),
        Answer::error(403, "AccessDenied"),
        Answer::error(503, "SlowDown"),
        Answer::error(404, "NoSuchKey"),
    ] {
        tagged(&world, &answer);
        let before = world.store.requests().len();
        let response = world.send(&get("/data/a")).await;
        assert_eq!((response.status, response.code()), (403, Some("AccessDenied")), "{answer:?}");
        assert!(world.since(before).iter().all(|sent| sent.query().starts_with("tagging=")));
    }
}

/// A variable may stand for a tag, in an exception, too, and its default decides nothing before it is known.
#[tokio::test]
async fn a22_a_tag_in_a_variable_is_asked_for() {
    for element in ["Resource", "NotResource"] {
        let mut deny = json!({ "Effect": "Deny", "Action": "s3:GetObject" });
        deny[element] = json!("arn:aws:s3:::data/${s3:ExistingObjectTag/class, 'pub'}/*");
        let world = Plan::new().with_policy(&[allow(&["s3:*"], &["*"]), deny]).start().await;
        world.store.put("/data/pub/k", b"a", &[]);
        let alice = world.login("alice").await;
        for (class, named) in [(Some("secret"), false), (Some("pub"), true), (None, true)] {
            let pairs: Vec<_> = class.map(|class| ("class", class)).into_iter().collect();
            tagged(&world, &Answer::ok().body(tags(&pairs)));
            let response = world.send(&request("GET", "/data/pub/k").sign(&alice)).await;
            let denied = named == (element == "Resource");
            assert_eq!(response.status, if denied { 403 } else { 200 }, "{element} {class:?}");
        }
    }
}

#[tokio::test]
async fn a14_the_tags_of_a_copys_source_decide() {
    let world = world().await;
    let alice = world.login("alice").await;
    let copy = request("PUT", "/data/b").header("x-amz-copy-source", "data/a").sign(&alice);
    tagged(&world, &Answer::ok().body(tags(&[("class", "public"), ("secret", "yes")])));
    let response = world.send(&copy).await;
    assert_eq!(response.status, 403, "{}", response.text());
    tagged(&world, &Answer::ok().body(tags(&[("class", "public")])));
    let done = "<CopyObjectResult><ETag>&quot;x&quot;</ETag></CopyObjectResult>";
    world.store.push_for(|sent| sent.method == "PUT", Answer::ok().body(done));
    let before = world.store.requests().len();
    world.send(&copy).await;
    let copied = world.since(before).into_iter().filter(|sent| sent.method == "PUT").count();
    assert_eq!(copied, 1);
}

#[tokio::test]
async fn a42_nobody_asks_for_tags_that_no_statement_names() {
    let (world, alice) = World::with_alice().await;
    world.store.put("/data/alice/a", b"a", &[]);
    world.passed(&request("GET", "/data/alice/a").sign(&alice)).await;
}
