//! A14 and A15: copy sources and bulk deletes, where one request is about several objects.

use s3::checksum::ContentMd5;
use testkit::answer::Answer;
use testkit::client::Response;
use testkit::signed::{Credentials, Payload, Prepared, SignedRequest, sha256_base64};
use testkit::store::FakeStore;

use crate::harness::{Plan, World, allow, request};

/// The two operations that copy: where to, and what the store says.
const COPIES: [(&str, &str); 2] = [
    ("/data/alice/dst", "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>"),
    (
        "/data/alice/dst?partNumber=1&uploadId=u",
        "<CopyPartResult><ETag>\"e\"</ETag></CopyPartResult>",
    ),
];

fn copy(target: &str, source: &str) -> SignedRequest {
    let request = request("PUT", target).header("x-amz-copy-source", source);
    // Without the tags of the source, which are a question of their own.
    match target.contains('?') {
        true => request,
        false => request.header("x-amz-tagging-directive", "REPLACE"),
    }
}

fn answer_next(world: &World, body: &str) {
    let body = body.to_owned();
    world.store.push_for(|request| request.path() != "/fence/fence", Answer::ok().body(body));
}

#[tokio::test]
async fn a14_the_source_that_is_decided_is_the_source_that_is_sent() {
    let (world, alice) = World::with_alice().await;
    for (source, sent, hers) in [
        ("data/alice/a", "data/alice/a", true),
        ("/data/alice/a", "data/alice/a", true),
        ("%2Fdata%2Falice%2Fa", "data/alice/a", true),
        ("data/%61lice/a", "data/alice/a", true),
        ("data/alice/a+b", "data/alice/a%20b", true),
        ("data/alice/a%2Bb", "data/alice/a%2Bb", true),
        ("data/alice//a", "data/alice//a", true),
        ("data/alice/../bob/secret.txt", "data/alice/../bob/secret.txt", true),
        ("data/alice/a%2541", "data/alice/a%2541", true),
        ("data/alice/a?versionId=v1", "data/alice/a?versionId=v1", true),
        ("data/alice/a?versionId=null", "data/alice/a?versionId=null", true),
        ("data/alice/a?versionId=v%2B1", "data/alice/a?versionId=v%2B1", true),
        ("data/alice/a?versionId=v+1", "data/alice/a?versionId=v%2B1", true),
        ("data/alice/a%3FversionId%3Dv1", "data/alice/a%3FversionId%3Dv1", true),
        ("data/bob/secret.txt", "data/bob/secret.txt", false),
        ("/data/bob/secret.txt", "data/bob/secret.txt", false),
        ("data%2Fbob%2Fsecret.txt", "data/bob/secret.txt", false),
        ("data/%62ob/secret.txt", "data/bob/secret.txt", false),
        ("data/bob/secret.txt?versionId=null", "data/bob/secret.txt?versionId=null", false),
        ("data//alice/a", "data//alice/a", false),
        ("/data//alice/a", "data//alice/a", false),
        ("data/./alice/a", "data/./alice/a", false),
        ("other/alice/a", "other/alice/a", false),
        ("data/alice%20/a", "data/alice%20/a", false),
    ] {
        for (target, answer) in COPIES {
            answer_next(&world, answer);
            let (response, arrived) = world.passed(&copy(target, source).sign(&world.loader)).await;
            assert_eq!(arrived.header("x-amz-copy-source"), Some(sent), "{source}");
            assert_eq!(response.xml("ETag"), Some("\"e\""));
            if hers {
                answer_next(&world, answer);
                world.passed(&copy(target, source).sign(&alice)).await;
            } else {
                world.denied(&copy(target, source).sign(&alice)).await;
            }
        }
    }
}

#[tokio::test]
async fn a14_sources_that_name_no_object() {
    let (world, alice) = World::with_alice().await;
    for (source, status, code) in [
        ("", 400, "InvalidArgument"),
        ("/", 400, "InvalidArgument"),
        ("data", 400, "InvalidArgument"),
        ("data/", 400, "InvalidArgument"),
        ("//data/alice/a", 400, "InvalidArgument"),
        ("DATA/alice/a", 400, "InvalidArgument"),
        ("../data/alice/a", 400, "InvalidArgument"),
        ("data/alice/a?versionId=", 400, "InvalidArgument"),
        ("data/alice/a?versionid=1", 400, "InvalidArgument"),
        ("data/alice/a?versionId=1&versionId=2", 400, "InvalidArgument"),
        ("data/alice/a?acl", 400, "InvalidArgument"),
        ("data/alice/a?", 400, "InvalidArgument"),
        ("data/alice/a%", 400, "InvalidArgument"),
        ("data/alice/a%FF", 400, "InvalidArgument"),
        ("data/alice/a%00", 400, "InvalidArgument"),
        ("http://elsewhere/data/alice/a", 400, "InvalidArgument"),
        ("arn:aws:s3:us-east-1:000000000000:accesspoint/ap/object/a", 501, "NotImplemented"),
        ("arn%3Aaws%3As3:::data/alice/a", 501, "NotImplemented"),
    ] {
        for (target, _) in COPIES {
            for keys in [&alice, &world.loader] {
                world.refused(&copy(target, source).sign(keys), status, code).await;
            }
        }
    }
    for (target, _) in COPIES {
        for second in ["data/alice/a", "data/bob/secret.txt"] {
            let twice = copy(target, "data/alice/a").header("x-amz-copy-source", second);
            world.refused(&twice.sign(&world.loader), 400, "InvalidArgument").await;
        }
        let both = request(
            "PUT",
            &format!("{target}{}x-amz-copy-source=data%2Falice%2Fb", {
                if target.contains('?') { "&" } else { "?" }
            }),
        );
        let both = both.header("x-amz-copy-source", "data/alice/a").presign(&world.loader, 60);
        world.refused(&both, 400, "InvalidArgument").await;
    }
    for (method, target) in [
        ("GET", "/data/alice/a"),
        ("DELETE", "/data/alice/a"),
        ("HEAD", "/data/alice/a"),
        ("PUT", "/data"),
        ("POST", "/data/alice/a?uploads"),
    ] {
        let odd = request(method, target).header("x-amz-copy-source", "data/alice/a");
        let response = world.send(&odd.sign(&world.loader)).await;
        assert!(matches!(response.status, 400 | 501), "{method} {target}: {}", response.status);
    }
    world.untouched_since(0).await;
}

#[tokio::test]
async fn a14_a_version_of_the_source_needs_its_own_action() {
    let objects = allow(&["s3:GetObject", "s3:PutObject"], &["arn:aws:s3:::data/${claims:sub}/*"]);
    let world = Plan::new().with_policy(&[objects]).start().await;
    let alice = world.login("alice").await;
    for (target, answer) in COPIES {
        answer_next(&world, answer);
        world.passed(&copy(target, "data/alice/a").sign(&alice)).await;
        for version in ["v1", "null", "%6Eull"] {
            let source = format!("data/alice/a?versionId={version}");
            world.denied(&copy(target, &source).sign(&alice)).await;
        }
    }
    world.denied(&world.get("/data/alice/a?versionId=null").sign(&alice)).await;
}

#[tokio::test]
async fn a14_tags_travel_only_with_permission() {
    let (world, alice) = World::with_alice().await;
    let tagged = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    let untagged = "<Tagging><TagSet></TagSet></Tagging>";
    for source in ["data/alice/a", "data/alice/a?versionId=v1"] {
        let plain = request("PUT", "/data/alice/dst").header("x-amz-copy-source", source);
        for (tags, passes) in [
            (Answer::ok().body(untagged), true),
            (Answer::error(404, "NoSuchTagSet"), true),
            (Answer::ok().body(tagged), false),
            (Answer::ok(), false),
            (Answer::ok().body("<Tagging/>"), false),
            (Answer::ok().body(untagged).declaring(9999).close(), false),
            (Answer::error(403, "AccessDenied"), false),
            (Answer::error(503, "SlowDown"), false),
            (Answer::redirect(307, "http://127.0.0.1:1/"), false),
        ] {
            world.store.forget_script();
            world.store.push_for(|request| request.query().contains("tagging"), tags);
            world.store.push_for(
                |request| request.header("x-amz-copy-source").is_some(),
                Answer::ok().body(COPIES[0].1),
            );
            let before = world.store.requests().len();
            let response = world.send(&plain.clone().sign(&alice)).await;
            assert_eq!(response.status == 200, passes, "{}", response.text());
            world.fence().await;
            let arrived = world.since(before);
            assert_eq!(arrived[0].query().contains("versionId=v1"), source.contains('?'));
            assert_eq!(arrived.len(), if passes { 2 } else { 1 });
        }
        // Nobody else's tags are asked for.
        world.store.forget_script();
        let bobs = request("PUT", "/data/alice/dst")
            .header("x-amz-copy-source", &source.replace("alice", "bob"));
        world.denied(&bobs.sign(&alice)).await;
    }
}

#[tokio::test]
async fn a14_a_source_in_another_store() {
    let other = FakeStore::start();
    let world = Plan::new().with_second_store(&other, &["elsewhere"]).start().await;
    for (target, _) in COPIES {
        let attempt = copy(target, "elsewhere/alice/a").sign(&world.loader);
        world.refused(&attempt, 501, "NotImplemented").await;
    }
    assert!(other.requests().is_empty());
}

/// A bulk delete of that document, with the digest that AWS wants.
fn delete(document: &str) -> SignedRequest {
    request("POST", "/data?delete")
        .header("content-md5", &ContentMd5::of(document.as_bytes()).to_base64())
        .body(document)
}

fn keys(keys: &[&str]) -> String {
    let objects: String =
        keys.iter().map(|key| format!("<Object><Key>{key}</Key></Object>")).collect();
    format!("<Delete>{objects}</Delete>")
}

const DELETED: &str = "<DeleteResult><Deleted><Key>alice/a</Key></Deleted></DeleteResult>";

async fn bulk(world: &World, document: &str, by: &Credentials) -> (Response, String) {
    answer_next(world, DELETED);
    let (response, arrived) = world.passed(&delete(document).sign(by)).await;
    let sent = String::from_utf8(arrived.body.clone()).unwrap();
    let md5 = ContentMd5::of(&arrived.body).to_base64();
    assert_eq!(arrived.header("content-md5"), Some(md5.as_str()));
    (response, sent)
}

#[tokio::test]
async fn a15_every_key_is_decided() {
    let (world, alice) = World::with_alice().await;
    let mixed = keys(&["alice/a", "bob/secret.txt", "alice/b", "alice", "/alice/c", "alice/../d"]);
    let (response, sent) = bulk(&world, &mixed, &alice).await;
    for key in ["alice/a", "alice/b", "alice/../d"] {
        assert!(sent.contains(&format!("<Key>{key}</Key>")), "{sent}");
    }
    for key in ["bob/secret.txt", "alice", "/alice/c"] {
        assert!(!sent.contains(&format!("<Key>{key}</Key>")), "{sent}");
        assert!(response.text().contains(&format!("<Key>{key}</Key>")), "{}", response.text());
    }
    assert_eq!(response.text().matches("<Code>AccessDenied</Code>").count(), 3);
    assert_eq!(response.text().matches("<Deleted>").count(), 1);
    let line = world.line_of(&response).await;
    assert_eq!(line["decision"], "implicitDeny", "{line}");

    let double = keys(&["bob/x", "alice/a", "bob/x", "alice/a"]);
    let (response, sent) = bulk(&world, &double, &alice).await;
    assert_eq!(sent.matches("<Key>").count(), 2, "{sent}");
    assert_eq!(response.text().matches("<Code>AccessDenied</Code>").count(), 2);

    let before = world.store.requests().len();
    let all = delete(&keys(&["bob/x", "bob/y"])).sign(&alice);
    world.store.forget_script();
    let response = world.send(&all).await;
    assert_eq!((response.status, response.text().matches("<Error>").count()), (200, 2));
    world.untouched_since(before).await;
}

#[tokio::test]
async fn a15_a_version_needs_its_own_action() {
    let own = allow(&["s3:DeleteObject"], &["arn:aws:s3:::data/${claims:sub}/*"]);
    let world = Plan::new().with_policy(&[own]).start().await;
    let alice = world.login("alice").await;
    let document = "<Delete><Object><Key>alice/a</Key></Object><Object><Key>alice/a</Key>\
                    <VersionId>v1</VersionId></Object><Object><Key>alice/a</Key>\
                    <VersionId>null</VersionId></Object></Delete>";
    let (response, sent) = bulk(&world, document, &alice).await;
    assert!(!sent.contains("VersionId"), "{sent}");
    assert_eq!(response.text().matches("<Error>").count(), 2, "{}", response.text());
    // Past a governance lock only with the action for that.
    let bypass = delete(&keys(&["alice/a"])).header("x-amz-bypass-governance-retention", "true");
    let before = world.store.requests().len();
    let response = world.send(&bypass.sign(&alice)).await;
    assert_eq!((response.status, response.code()), (200, Some("AccessDenied")));
    world.untouched_since(before).await;
}

#[tokio::test]
async fn a15_one_reading_of_a_document() {
    let (world, alice) = World::with_alice().await;
    // Spellings of XML that say bob: read or refused, never passed on.
    for key in [
        "&#98;ob/secret.txt",
        "&#x62;ob/secret.txt",
        "<![CDATA[bob/secret.txt]]>",
        "bob<!-- alice -->/secret.txt",
        "<!-- alice/ -->bob/secret.txt",
        "alice/a</Key><Key>bob/secret.txt",
        "alice/a</Key></Object><Object><Key>bob/secret.txt",
        "<?x alice/?>bob/secret.txt",
    ] {
        world.store.forget_script();
        answer_next(&world, DELETED);
        let before = world.store.requests().len();
        let response = world.send(&delete(&keys(&[key])).sign(&alice)).await;
        let text = response.text();
        assert!(text.contains("AccessDenied") || text.contains("MalformedXML"), "{key}: {text}");
        for request in world.since(before) {
            let sent = String::from_utf8(request.body).unwrap();
            assert!(!sent.contains("bob") && !sent.contains('&'), "{key}: {sent}");
        }
    }
    world.store.forget_script();
    let with_namespace = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object>\
                          <Key>alice/a</Key></Object><Quiet>false</Quiet></Delete>";
    bulk(&world, with_namespace, &alice).await;
}

#[tokio::test]
async fn a15_documents_that_are_none() {
    let (world, alice) = World::with_alice().await;
    let many: Vec<_> = (0..1001).map(|n| format!("alice/{n}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let bomb = "<!DOCTYPE d [<!ENTITY a \"bob\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
    let one = keys(&["alice/a"]);
    for document in [
        keys(&many),
        format!("{bomb}{}", keys(&["&b;/secret.txt"])),
        format!("<!DOCTYPE d SYSTEM \"file:///etc/passwd\">{one}"),
        keys(&["&b;"]),
        keys(&["&lt;", "&undefined;"]),
        keys(&["&#0;"]),
        keys(&["&#xD800;"]),
        keys(&[""]),
        keys(&[]),
        "<Delete><Object></Object></Delete>".to_owned(),
        "<Delete><Object><Key>alice/a</Key><Key>alice/b</Key></Object></Delete>".to_owned(),
        "<Delete><Object><key>alice/a</key></Object></Delete>".to_owned(),
        "<Delete><Object Key=\"bob/x\"/></Delete>".to_owned(),
        "<Delete><Key>alice/a</Key></Delete>".to_owned(),
        "<Delete><Object><Key><Key>alice/a</Key></Key></Object></Delete>".to_owned(),
        "<delete><Object><Key>alice/a</Key></Object></delete>".to_owned(),
        format!("{one}{one}"),
        format!("{one}x"),
        format!("x{one}"),
        one[..one.len() - 1].to_owned(),
        "<Delete><Object><Key>alice/a</Key></Delete></Object>".to_owned(),
        "\u{0}".to_owned(),
        "{}".to_owned(),
        " ".to_owned(),
        format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>{one}"),
        "<Delete><Quiet>maybe</Quiet><Object><Key>alice/a</Key></Object></Delete>".to_owned(),
        format!("{}{}", "<Delete>".repeat(20_000), "</Delete>".repeat(20_000)),
    ] {
        let before = world.store.requests().len();
        let response = world.send(&delete(&document).sign(&alice)).await;
        let start: String = document.chars().take(80).collect();
        assert_eq!(response.status, 400, "{start}: {}", response.text());
        assert!(world.since(before).is_empty(), "{start}");
    }
    let long = keys(&["k".repeat(1025).as_str()]);
    world.refused(&delete(&long).sign(&alice), 400, "KeyTooLongError").await;
    let mut broken = delete(&one).sign(&alice);
    broken = broken.with_body(one.replace("alice", "al\u{fffd}ce"));
    let response = world.send(&broken).await;
    assert_eq!(response.status, 400, "{}", response.text());
    world.untouched_since(0).await;
}

#[tokio::test]
async fn a15_too_long_a_document_is_not_read() {
    let (world, alice) = World::with_alice().await;
    // Ten megabytes are announced and never sent: the answer does not wait for them.
    let mut huge = delete("").sign(&alice).with_header("content-length", "10485760");
    huge.body.clear();
    world.refused(&huge, 400, "EntityTooLarge").await;
}

fn with_digest(document: &str, header: Option<(&str, &str)>) -> SignedRequest {
    let request = request("POST", "/data?delete").body(document);
    match header {
        Some((name, value)) => request.header(name, value),
        None => request,
    }
}

#[tokio::test]
async fn a15_a_document_has_a_digest_that_holds() {
    let (world, alice) = World::with_alice().await;
    let document = keys(&["alice/a"]);
    let right = sha256_base64(document.as_bytes());
    let other = sha256_base64(b"other");
    let md5 = ContentMd5::of(b"other").to_base64();
    for (header, code) in [
        (None, "InvalidRequest"),
        (Some(("content-md5", md5.as_str())), "BadDigest"),
        (Some(("content-md5", "x")), "InvalidDigest"),
        (Some(("content-md5", "")), "InvalidDigest"),
        (Some(("x-amz-checksum-sha256", other.as_str())), "BadDigest"),
        (Some(("x-amz-checksum-sha256", "eA==")), "InvalidRequest"),
        (Some(("x-amz-checksum-crc32", right.as_str())), "InvalidRequest"),
        (Some(("x-amz-sdk-checksum-algorithm", "SHA256")), "InvalidRequest"),
    ] {
        for payload in [Payload::Hash, Payload::Unsigned] {
            let attempt = with_digest(&document, header).payload(payload).sign(&alice);
            world.refused(&attempt, 400, code).await;
        }
    }
    // A trailer that is announced and cannot come is no digest.
    for payload in
        [Payload::Hash, Payload::Unsigned, Payload::Signed { chunk: 8192, trailers: vec![] }]
    {
        let promise = with_digest(&document, Some(("x-amz-trailer", "x-amz-checksum-crc32")));
        let attempt = promise.payload(payload).sign(&alice);
        let before = world.store.requests().len();
        let response = world.send(&attempt).await;
        assert_eq!(response.status, 400, "{}", response.text());
        world.untouched_since(before).await;
    }
    let good = with_digest(&document, Some(("x-amz-checksum-sha256", &right)));
    answer_next(&world, DELETED);
    world.passed(&good.clone().sign(&alice)).await;
    world.store.forget_script();
    let tampered: Prepared = good.sign(&alice).with_body(document.replace("alice/a", "alice/z"));
    world.refused(&tampered, 400, "XAmzContentSHA256Mismatch").await;
}
