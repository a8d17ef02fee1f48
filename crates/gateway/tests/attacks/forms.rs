//! Forms of browsers (PostObject): who signed them, what their policy allows, what reaches the store.

use serde_json::json;
use testkit::answer::Answer;
use testkit::client::Connection;

use crate::form::Form;
use crate::harness::{HOST, Plan, World, allow, policy, request};

#[tokio::test]
async fn a_form_is_stored_as_the_object_that_it_names() {
    let (world, alice) = World::with_alice().await;
    let large = vec![b'x'; 700_000];
    for (file, status) in [(&b"content"[..], "204"), (b"", "200"), (&large, "201")] {
        let mut form = Form::to("alice/${filename}")
            .field("Content-Type", "text/plain")
            .field("x-amz-meta-a", "b")
            .field("success_action_status", status)
            .field("x-ignore-me", "1");
        form.file = file.to_vec();
        let form = form.sign(&alice);
        let before = world.store.requests().len();
        let response = form.post(&world).await;
        assert_eq!(response.status.to_string(), status, "{}", response.text());
        let stored = world.store.object("/data/alice/f.txt").unwrap();
        assert_eq!(stored.body.len(), file.len());
        assert_eq!(&stored.body[..], file);
        assert_eq!(
            response.header("location"),
            Some(format!("http://{HOST}/data/alice/f.txt").as_str())
        );
        assert!(response.header("etag").is_some());
        let arrived = world.store.requests()[before].clone();
        assert_eq!((arrived.method.as_str(), arrived.path()), ("PUT", "/data/alice/f.txt"));
        assert_eq!(arrived.header("content-type"), Some("text/plain"));
        assert_eq!(arrived.header("x-amz-meta-a"), Some("b"));
        for gone in ["policy", "x-amz-signature", "x-ignore-me", "key", "success_action_status"] {
            assert_eq!(arrived.header(gone), None, "{gone}");
        }
        assert_ne!(arrived.header("x-amz-security-token"), alice.session_token.as_deref());
        if status == "201" {
            assert_eq!(response.xml("Bucket"), Some("data"));
            assert_eq!(response.xml("Key"), Some("alice/f.txt"));
        } else {
            assert!(response.body.is_empty());
        }
        let line = world.line(response.header("x-amz-request-id").unwrap()).await;
        assert_eq!(
            (&line["operation"], &line["auth"], &line["key"], &line["subject"], &line["decision"]),
            (
                &json!("PostObject"),
                &json!("POST"),
                &json!("alice/f.txt"),
                &json!("alice"),
                &json!("allow")
            )
        );
    }
}

#[tokio::test]
async fn a_browser_is_sent_on() {
    let (world, alice) = World::with_alice().await;
    let form = Form::to("alice/a b")
        .field("success_action_redirect", "https://app.test/done?x=y")
        .sign(&alice);
    // Any other redirect would be the store's.
    let response = world.send_bytes_loosely(&form.bytes()).await;
    assert_eq!(response.status, 303);
    let location = response.header("location").unwrap();
    assert!(
        location.starts_with("https://app.test/done?x=y&bucket=data&key=alice%2Fa%20b&etag=%22"),
        "{location}"
    );
}

#[tokio::test]
async fn a08_what_the_policy_does_not_allow_is_not_stored() {
    let (world, alice) = World::with_alice().await;
    let signed = |form: Form| form.sign(&alice);
    let mut expired = Form::to("alice/a");
    expired.expires_in = -1;
    signed(expired).refused(&world, 403, "AccessDenied").await;
    signed(Form::to("bob/a")).refused(&world, 403, "AccessDenied").await;
    let mut extra = signed(Form::to("alice/a"));
    extra.fields.push(("acl".to_owned(), "private".to_owned()));
    extra.refused(&world, 403, "AccessDenied").await;
    let mut anywhere = Form::to("alice/a");
    anywhere.conditions.remove(0);
    let answer = signed(anywhere).refused(&world, 403, "AccessDenied").await;
    assert!(answer.text().contains("Extra input fields: bucket"), "{}", answer.text());
    let range = |least: u64, most: u64| {
        Form::to("alice/a").allowing(json!(["content-length-range", least, most]))
    };
    signed(range(8, 9)).refused(&world, 400, "EntityTooSmall").await;
    signed(range(0, 6)).refused(&world, 400, "EntityTooLarge").await;
    assert_eq!(signed(range(7, 7)).post(&world).await.status, 204);
    let mut large = range(0, 600_000);
    large.file = vec![b'x'; 700_000];
    signed(large).refused(&world, 400, "EntityTooLarge").await;
}

#[tokio::test]
async fn a03_a_form_that_was_changed_is_nobodys() {
    let (world, alice) = World::with_alice().await;
    let good = Form::to("alice/a").sign(&alice);
    let changed = |name: &str, value: Option<&str>| {
        let mut form = good.clone();
        form.fields.retain(|(field, _)| field != name);
        form.fields.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        form
    };
    let other = Form::to("alice/a").allowing(json!(["starts-with", "$acl", ""])).policy();
    for (name, value, status, code) in [
        ("policy", Some(other.as_str()), 403, "SignatureDoesNotMatch"),
        ("policy", None, 400, "InvalidArgument"),
        ("x-amz-signature", None, 400, "InvalidArgument"),
        ("x-amz-signature", Some(&*"0".repeat(64)), 403, "SignatureDoesNotMatch"),
        ("x-amz-security-token", None, 403, "InvalidAccessKeyId"),
        ("x-amz-security-token", Some("other"), 400, "InvalidToken"),
        ("key", None, 400, "InvalidArgument"),
        ("AWSAccessKeyId", Some("AKIAOTHER"), 400, "InvalidArgument"),
    ] {
        changed(name, value).refused(&world, status, code).await;
    }
    let two = good.bytes_with("Authorization: AWS4-HMAC-SHA256 Credential=a/b\r\n");
    assert!(world.send_bytes("POST", &two).await.status >= 400);
    let hashed = good.bytes_with("x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n");
    assert_eq!(world.send_bytes("POST", &hashed).await.status, 204, "it says nothing");
    for header in ["If-None-Match: *", "If-Match: \"a\"", "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg=="] {
        let conditional = good.bytes_with(&format!("{header}\r\n"));
        world.bytes_refused(&conditional, 400, "InvalidArgument").await;
    }
    let sum = format!("x-amz-content-sha256: {}\r\n", "0".repeat(64));
    world.bytes_refused(&good.bytes_with(&sum), 400, "InvalidArgument").await;
}

#[tokio::test]
async fn a24_policies_decide_about_forms_as_about_any_upload() {
    let plan = Plan::new()
        .with_policy(&[
            allow(&["s3:PutObject", "s3:PutObjectAcl"], &["arn:aws:s3:::data/alice/*"]),
            json!({ "Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::data/alice/browser/*",
                "Condition": { "StringEquals": { "s3:authType": "POST" } } }),
        ]);
    let world = plan.start().await;
    let alice = world.login("alice").await;
    let mut foreign = Form::to("bob/a");
    foreign.conditions = vec![json!({ "bucket": "data" }), json!(["starts-with", "$key", ""])];
    foreign.sign(&alice).refused(&world, 403, "AccessDenied").await;
    Form::to("alice/browser/a").sign(&alice).refused(&world, 403, "AccessDenied").await;
    let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
    let tagged = Form::to("alice/a").field("tagging", tags).sign(&alice);
    let denied = tagged.refused(&world, 403, "AccessDenied").await;
    let line = world.line(denied.header("x-amz-request-id").unwrap()).await;
    assert_eq!(line["denial"]["action"], "s3:PutObjectTagging");
    let public = Form::to("alice/a").field("acl", "public-read").sign(&alice);
    public.refused(&world, 400, "AccessControlListNotSupported").await;
    assert_eq!(Form::to("alice/a").sign(&alice).post(&world).await.status, 204);
}

/// On its way a header loses the blanks around its value: what is judged must be what arrives.
#[tokio::test]
async fn a24_blanks_around_a_value_do_not_hide_it() {
    let deny = json!({
        "Effect": "Deny", "Action": "s3:PutObject", "Resource": "*",
        "Condition": { "StringEquals": { "s3:x-amz-storage-class": "GLACIER" } },
    });
    let all = allow(&["s3:*"], &["arn:aws:s3:::data/*"]);
    let world = Plan::new().with_policy(&[all, deny]).start().await;
    let alice = world.login("alice").await;
    for value in ["GLACIER", "GLACIER ", "\tGLACIER", "  GLACIER\t "] {
        let form = Form::to("alice/a").field("x-amz-storage-class", value).sign(&alice);
        form.refused(&world, 403, "AccessDenied").await;
    }
    let form = Form::to("alice/a").field("x-amz-storage-class", " STANDARD\t").sign(&alice);
    let before = world.store.requests().len();
    assert_eq!(form.post(&world).await.status, 204);
    let arrived = world.store.requests()[before].clone();
    assert_eq!(arrived.header("x-amz-storage-class"), Some("STANDARD"));
}

#[tokio::test]
async fn a51_a_refused_form_is_its_signers_and_the_log_does_not_have_its_values() {
    let (world, alice) = World::with_alice().await;
    let key = "U1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1M=";
    world.keep_secret("customer key", key);
    let name = "x-amz-server-side-encryption-customer-key";
    let form = Form::to("alice/a").allowing(json!({ name: key })).field(name, "other").sign(&alice);
    let response = form.refused(&world, 403, "AccessDenied").await;
    assert!(response.text().contains(name), "{}", response.text());
    let line = world.line(response.header("x-amz-request-id").unwrap()).await;
    assert_eq!(line["access_key_id"], alice.access_key, "{line}");
    assert!(line["reason"].as_str().unwrap().contains(name), "{line}");
    world.assert_no_secret("log", &line.to_string());
    let form = Form::to("alice/a").field("if-none-match", "*").sign(&alice);
    let response = form.refused(&world, 400, "InvalidArgument").await;
    let line = world.line(response.header("x-amz-request-id").unwrap()).await;
    assert_eq!((&line["role"], &line["auth"]), (&json!(crate::harness::ROLE), &json!("POST")));
}

#[tokio::test]
async fn a_store_that_takes_no_forms_gets_none() {
    let world = Plan::new()
        .with(|config| config["stores"][0]["refused_operations"] = json!(["PostObject"]))
        .start()
        .await;
    let alice = world.login("alice").await;
    Form::to("alice/a").sign(&alice).refused(&world, 501, "NotImplemented").await;
    world.passed(&request("PUT", "/data/alice/a").body("x").sign(&alice)).await;
}

/// Whoever has no keys can begin forms and not go on: that must not take what others need.
#[tokio::test]
async fn a42_forms_that_do_not_go_on_take_nothing_from_others() {
    let world = Plan::new()
        .with(|config| config["limits"] = json!({ "requests_in_flight": 16 }))
        .start()
        .await;
    let alice = world.login("alice").await;
    let begun = format!(
        "POST /data HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: multipart/form-data; boundary=B\r\n\
         Content-Length: 1000000\r\n\r\n--B\r\n"
    );
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mut connection = Connection::open(world.s3).await;
        connection.send(begun.as_bytes()).await;
        slow.push(connection);
    }
    // A quarter of the places are for forms; when the four have theirs, one more is refused.
    let form = Form::to("alice/a").sign(&alice);
    let mut answers = Vec::new();
    while !answers.contains(&503) && answers.len() < 200 {
        answers.push(form.post(&world).await.status);
    }
    assert_eq!(answers.pop(), Some(503), "{answers:?}");
    let put = request("PUT", "/data/alice/a").body("x").sign(&alice);
    assert_eq!(world.send(&put).await.status, 200);
    drop(slow);
}

#[tokio::test]
async fn a23_a_form_that_nobody_signed_needs_an_open_bucket() {
    let world = World::start().await;
    Form::to("alice/a").refused(&world, 403, "AccessDenied").await;
    let open = json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::data/drop/*" });
    let plan = Plan::new()
        .with(|config| {
            config["bucket_policies"] = json!("buckets");
            let anonymous = json!({
                "name": "everybody",
                "access_key": "STOREACCESSKEY000001",
                "secret_key": { "file": "store.secret" },
                "when": { "StringEquals": { "aws:PrincipalType": "Anonymous" } },
            });
            config["stores"][0]["credentials"].as_array_mut().unwrap().insert(0, anonymous);
        })
        .with_file("buckets/data.json", policy(&[open]).to_string());
    let world = plan.start().await;
    Form::to("alice/a").refused(&world, 403, "AccessDenied").await;
    assert_eq!(Form::to("drop/a").post(&world).await.status, 204);
}

#[tokio::test]
async fn a40_a_form_that_ends_otherwise_is_not_stored() {
    let (world, alice) = World::with_alice().await;
    // What S3 passes over behind a file, and what it passes over is not stored.
    let submit = vec![("submit".to_owned(), "Upload".to_owned())];
    for (after, end) in [
        (submit, "--B--\r\n"),
        (Vec::new(), "--B--"),
        (Vec::new(), "--B--\r\n\r\n"),
        (Vec::new(), "--B--\r\nepilogue"),
        (Vec::new(), "--B\r\n"),
    ] {
        let mut small = Form::to("alice/a").sign(&alice);
        (small.after, small.end) = (after.clone(), end);
        assert_eq!(small.post(&world).await.status, 204, "{end:?}");
        assert_eq!(&world.store.object("/data/alice/a").unwrap().body[..], b"content", "{end:?}");

        let mut large = Form::to("alice/large").sign(&alice);
        large.file = vec![b'x'; 700_000];
        (large.after, large.end) = (after, end);
        let before = world.store.requests().len();
        let response = large.post(&world).await;
        world.is_refusal("POST", &response, 400, "InvalidArgument").await;
        assert!(response.text().contains("last field"), "{}", response.text());
        world.nothing_but_cut_since(before).await;
        assert!(world.store.object("/data/alice/large").is_none());
    }

    for (body, code) in [
        (
            "--B\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nalice/a\r\n--B--\r\n",
            "IncorrectNumberOfFilesInPostRequest",
        ),
        ("--B\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx", "MalformedPOSTRequest"),
        ("nonsense", "MalformedPOSTRequest"),
    ] {
        let head = format!(
            "POST /data HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: multipart/form-data; boundary=B\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        let response = world.send_bytes("POST", format!("{head}{body}").as_bytes()).await;
        if body.contains("file") {
            assert_eq!(response.code(), Some("InvalidArgument"), "it has no key");
        } else {
            world.is_refusal("POST", &response, 400, code).await;
        }
    }
    let mut bare = good_head("multipart/form-data");
    bare.extend_from_slice(b"Content-Length: 0\r\n\r\n");
    world.bytes_refused(&bare, 400, "MalformedPOSTRequest").await;
    let mut chunked = good_head("multipart/form-data; boundary=B");
    chunked.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    world.bytes_refused(&chunked, 411, "MissingContentLength").await;
}

fn good_head(kind: &str) -> Vec<u8> {
    format!("POST /data HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {kind}\r\n").into_bytes()
}

/// What the guide says to whose clients end their forms otherwise.
#[tokio::test]
async fn a40_a_form_that_is_read_whole_may_end_as_its_client_likes() {
    let world =
        Plan::new().with(|config| config["limits"] = json!({ "small_body": "1MiB" })).start().await;
    let alice = world.login("alice").await;
    for (after, end) in
        [(vec![("submit".to_owned(), "Upload".to_owned())], "--B--\r\n"), (Vec::new(), "--B--")]
    {
        let mut form = Form::to("alice/a").sign(&alice);
        form.file = crate::harness::noise(700_000);
        (form.after, form.end) = (after, end);
        assert_eq!(form.post(&world).await.status, 204, "{end:?}");
        assert!(world.store.object("/data/alice/a").unwrap().body == form.file, "{end:?}");
    }
}

#[tokio::test]
async fn a44_a_store_that_refuses_is_heard() {
    let (world, alice) = World::with_alice().await;
    world
        .store
        .push_for(|request| request.method == "PUT", Answer::error(507, "XMinioStorageFull"));
    let response = Form::to("alice/a").sign(&alice).post(&world).await;
    assert_eq!((response.status, response.code()), (507, Some("XMinioStorageFull")));
}
