//! A20 to A24: what a policy says, and what it cannot be made to say.

use serde_json::{Value, json};
use testkit::answer::Answer;
use testkit::signed::{Credentials, encode, encode_path};

use crate::harness::{Plan, World, allow, login_form, policy, request};

pub(crate) fn deny(resources: &[&str]) -> Value {
    json!({ "Effect": "Deny", "Action": "s3:*", "Resource": resources })
}

async fn for_loader(statements: &[Value]) -> World {
    Plan::new().with_user_policy(statements).start().await
}

/// Whether a request with this method and target gets past the policies.
pub(crate) async fn may(world: &World, keys: &Credentials, method: &str, target: &str) -> bool {
    let before = world.since(0).len();
    let mut sent = request(method, target);
    if method == "PUT" {
        sent = sent.body("x");
    }
    let response = world.send(&sent.sign(keys)).await;
    world.fence().await;
    let asked = world.since(0).len() > before;
    // A missing object is hidden from whom may not list.
    assert!(asked || response.status == 403, "{method} {target}: {}", response.status);
    asked
}

async fn assert_may(world: &World, keys: &Credentials, cases: &[(&str, &str, bool)]) {
    for (method, target, expected) in cases {
        let found = may(world, keys, method, target).await;
        assert_eq!(found, *expected, "{method} {target}");
    }
}

#[tokio::test]
async fn a20_names_match_whole() {
    let world = for_loader(&[
        allow(&["s3:*"], &["arn:aws:s3:::team"]),
        allow(
            &["s3:GetObject", "s3:PutObject"],
            &["arn:aws:s3:::data/a", "arn:aws:s3:::data/dir/*"],
        ),
        allow(&["s3:ListBucket"], &["arn:aws:s3:::data"]),
    ])
    .await;
    assert_may(
        &world,
        &world.loader,
        &[
            ("HEAD", "/team", true),
            ("GET", "/team?versions", true),
            ("HEAD", "/team-secret", false),
            ("HEAD", "/teams", false),
            ("HEAD", "/my.team", false),
            ("GET", "/team/x", false),
            ("PUT", "/team/x", false),
            ("GET", "/data/a", true),
            ("GET", "/data/ab", false),
            ("GET", "/data/a/b", false),
            ("GET", "/data/A", false),
            ("GET", "/data/dir/x", true),
            ("GET", "/data/dir/", true),
            ("GET", "/data/dir", false),
            ("GET", "/data/direct", false),
            ("GET", "/data/a?versionId=1", false),
            ("DELETE", "/data/a", false),
            ("GET", "/data?prefix=x", true),
            ("GET", "/data?versions", false),
            ("GET", "/data?uploads", false),
            ("GET", "/data/a?uploadId=u", false),
            ("GET", "/", false),
        ],
    )
    .await;
    let until = ("x-amz-object-lock-retain-until-date", "2100-01-01T00:00:00Z");
    for headers in [
        &[("x-amz-acl", "private")][..],
        &[("x-amz-grant-read", "id=x")],
        &[("x-amz-tagging", "a=b")],
        &[("x-amz-object-lock-legal-hold", "ON")],
        &[("x-amz-object-lock-mode", "GOVERNANCE"), until],
    ] {
        let put = request("PUT", "/data/a").body("x");
        let put = headers.iter().fold(put, |put, (name, value)| put.header(name, value));
        world.denied(&put.sign(&world.loader)).await;
    }
}

#[tokio::test]
async fn a20_wildcards_take_every_character_and_none_is_a_pattern_in_a_key() {
    let world = for_loader(&[
        allow(&["s3:*"], &["*"]),
        deny(&["arn:aws:s3:::data/vault/*", "arn:aws:s3:::data/one/?", "arn:aws:s3:::data/x${*}y"]),
    ])
    .await;
    for key in [
        "vault/",
        "vault/a",
        "vault/*a",
        "vault/*",
        "vault/?",
        "vault/a\nb",
        "vault/\r\n",
        "vault/\u{e9}",
        "vault/\u{1f600}",
        "vault//",
        "vault/..",
        "vault/../x",
        "vault/${*}",
        "vault/a:b",
        "one/a",
        "one/\u{e9}",
        "one/\u{1f600}",
        "one/\n",
        "one/*",
        "one/?",
        "x*y",
    ] {
        let target = format!("/data/{}", encode_path(key));
        assert!(!may(&world, &world.loader, "GET", &target).await, "{key:?}");
    }
    for key in
        ["vault", "vaults", "Vault/a", "one/", "one/ab", "one/e\u{301}", "xay", "x**y", "*", "?"]
    {
        let target = format!("/data/{}", encode_path(key));
        assert!(may(&world, &world.loader, "GET", &target).await, "{key:?}");
    }
}

#[tokio::test]
async fn a20_claims_match_whole() {
    let mut admin = allow(&["s3:GetObject"], &["arn:aws:s3:::data/*"]);
    admin["Condition"] = json!({ "StringEquals": { "claims:team": "admin" } });
    let mut group = allow(&["s3:PutObject"], &["arn:aws:s3:::data/*"]);
    group["Condition"] = json!({ "ForAnyValue:StringEquals": { "claims:groups": ["s3-writers"] } });
    let world = Plan::new().with_policy(&[admin, group]).start().await;
    for (team, read) in [
        (json!("admin"), true),
        (json!("not-admin"), false),
        (json!("admin2"), false),
        (json!("Admin"), false),
        (json!("admin "), false),
        (json!("admin\u{0}"), false),
        (json!("*"), false),
        (json!(["admin"]), false),
        (json!(null), false),
        (json!(""), false),
    ] {
        let token = world.issuer.token_with("alice", &json!({ "team": team }));
        let response = world.assume(&token).await;
        if response.status != 200 {
            assert!(!read, "{team}: {}", response.text());
            continue;
        }
        let keys = world.login_with(&token).await;
        assert_eq!(may(&world, &keys, "GET", "/data/k").await, read, "{team}");
    }
    for (groups, write) in [
        (json!(["s3-writers"]), true),
        (json!(["x", "s3-writers", "s3-readers"]), true),
        (json!(["s3-writers2", "xs3-writers", "S3-Writers"]), false),
        (json!("s3-writers"), true),
        (json!(["s3-*"]), false),
        (json!([]), false),
        (json!("s3-writers,s3-readers"), false),
        (json!(["[\"s3-writers\"]"]), false),
    ] {
        let token = world.issuer.token_with("alice", &json!({ "groups": groups }));
        let keys = world.login_with(&token).await;
        assert_eq!(may(&world, &keys, "PUT", "/data/k").await, write, "{groups}");
    }
}

#[tokio::test]
async fn a21_negations_mean_what_they_say() {
    let world = for_loader(&[
        json!({ "Effect": "Allow", "NotAction": ["s3:Delete*", "s3:Put*"], "Resource": "*" }),
        json!({ "Effect": "Deny", "Action": "s3:GetObject",
                "NotResource": ["arn:aws:s3:::data/open/*"] }),
    ])
    .await;
    assert_may(
        &world,
        &world.loader,
        &[
            ("GET", "/data/open/k", true),
            ("GET", "/data/opened/k", false),
            ("GET", "/data/shut/k", false),
            ("GET", "/data/open", false),
            ("GET", "/data?prefix=x", true),
            ("PUT", "/data/open/k", false),
            ("DELETE", "/data/open/k", false),
            ("POST", "/data/open/k?uploads", false),
            ("GET", "/", true),
        ],
    )
    .await;
}

#[test]
fn a21_nothing_that_is_read_is_ignored() {
    let base = || allow(&["s3:GetObject"], &["*"]);
    let with = |name: &str, value: Value| {
        let mut statement = base();
        statement[name] = value;
        statement
    };
    let condition = |value: Value| with("Condition", value);
    for (statement, place) in [
        (with("Conditon", json!({})), "Conditon"),
        (with("effect", json!("Deny")), "effect"),
        (with("Effect", json!("allow")), "Effect"),
        (with("NotPrincipal", json!({ "AWS": "*" })), "NotPrincipal"),
        (with("Principal", json!("*")), "Principal"),
        (with("NotAction", json!("s3:*")), "NotAction"),
        (with("NotResource", json!("*")), "NotResource"),
        (with("Action", json!([])), "Action"),
        (with("Action", json!("GetObject")), "Action"),
        (with("Action", json!(7)), "Action"),
        (with("Resource", json!("data/*")), "Resource"),
        (with("Resource", json!("arn:aws:s3:::")), ""),
        (condition(json!({ "StringEqual": { "claims:sub": "a" } })), "StringEqual"),
        (condition(json!({ "stringequals": { "claims:sub": "a" } })), "stringequals"),
        (condition(json!({ "StringEquals": { "claims sub": "a" } })), "claims sub"),
        (condition(json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/33" } })), "aws:SourceIp"),
        (condition(json!({ "StringEquals": [] })), "Condition"),
    ] {
        let complaint = Plan::new().with_policy(std::slice::from_ref(&statement)).complaint();
        if place.is_empty() {
            continue;
        }
        assert!(complaint.contains(place), "{statement}: {complaint}");
        assert!(complaint.contains("people.json"), "{complaint}");
        let complaint = Plan::new().with_user_policy(&[statement]).complaint();
        assert!(complaint.contains(place) && complaint.contains("loader.json"), "{complaint}");
    }
    for (document, place) in [
        (json!({ "Version": "2012-10-18", "Statement": [base()] }), "Version"),
        (json!({ "Version": "2012-10-17", "Statement": [base()], "Extra": 1 }), "Extra"),
        (json!({ "Version": "2012-10-17", "Statement": [] }), "Statement"),
        (json!({ "Version": "2012-10-17" }), "Statement"),
        (json!([]), ""),
    ] {
        let plan = Plan::new().with_file("loader.json", document.to_string());
        assert!(!plan.complaint().is_empty() && plan.complaint().contains(place), "{document}");
    }
}

#[tokio::test]
async fn a22_a_subject_is_a_value_and_nothing_else() {
    let world = World::start().await;
    world.store.put("/data/alice/k", b"x", &[]);
    for subject in [
        "*",
        "?????",
        "a*",
        "alic?",
        "${aws:username}",
        "${claims:sub}",
        "${*}",
        "}",
        "\"",
        "\\",
        "alice\"}],\"Effect\":\"Allow\",\"Resource\":\"*",
        "{\"Statement\":[]}",
        "ali\nce",
        "a\r\nb",
        "alice/../bob",
        "../alice",
        ".",
        "bob",
        "\u{e9}",
        "e\u{301}",
        "\u{202e}ecila",
        "ALICE",
        " alice",
        "alice ",
        "a:b",
        "a%2Fb",
        "%61lice",
        "alice%00",
        "arn:aws:s3:::data/alice",
    ] {
        let token = world.issuer.token(subject);
        let response = world.assume(&token).await;
        if response.status != 200 {
            // Refused for what it is; never misread.
            assert_eq!(response.status, 400, "{subject:?}: {}", response.text());
            continue;
        }
        let keys = world.login_with(&token).await;
        world.denied(&request("GET", "/data/alice/k").sign(&keys)).await;
        world.denied(&request("PUT", "/data/k").body("x").sign(&keys)).await;
        world.denied(&request("GET", "/data?prefix=").sign(&keys)).await;
        world.denied(&request("GET", "/data?prefix=alice%2F").sign(&keys)).await;
        // Their own prefix is the subject to the letter.
        let own = format!("/data/{}/k", encode_path(subject));
        let (_, arrived) = world.passed(&request("PUT", &own).body("x").sign(&keys)).await;
        assert_eq!(arrived.target, own);
    }
    for subject in ["", &"x".repeat(10_000)] {
        let token = world.issuer.token(subject);
        let response = world.assume(&token).await;
        assert_eq!(response.status, 400, "{}", response.text());
    }
    for subject in [json!(null), json!(7), json!(["alice"]), json!({ "a": "alice" }), json!(true)] {
        let token = world.issuer.token_with("alice", &json!({ "sub": subject }));
        world.login_refused(&token, 400, "InvalidIdentityToken").await;
    }
}

#[tokio::test]
async fn a22_claims_tags_and_names_are_values() {
    let own = allow(
        &["s3:PutObject"],
        &[
            "arn:aws:s3:::data/t/${claims:team}/*",
            "arn:aws:s3:::data/p/${aws:PrincipalTag/Project}/*",
        ],
    );
    let world = Plan::new().with_policy(&[own]).start().await;
    let put = |kind: &str, value: &str| {
        request("PUT", &format!("/data/{kind}/{}/k", encode_path(value))).body("x")
    };
    for value in ["*", "?", "${claims:sub}", "${*}", "a/b", "}", "\n", "blue"] {
        let token = world.issuer.token_with("alice", &json!({ "team": value }));
        let keys = world.login_with(&token).await;
        world.passed(&put("t", value).sign(&keys)).await;
        for other in ["other", "alice", "bluer", ""] {
            world.denied(&put("t", other).sign(&keys)).await;
        }
        // A missing tag matches nothing, not even itself.
        for other in ["x", "", "${aws:PrincipalTag/Project}"] {
            world.denied(&put("p", other).sign(&keys)).await;
        }
        let tags = json!({ "principal_tags": { "Project": [value] } });
        let token =
            world.issuer.token_with("alice", &json!({ "https://aws.amazon.com/tags": tags }));
        if world.assume(&token).await.status == 200 {
            let keys = world.login_with(&token).await;
            world.passed(&put("p", value).sign(&keys)).await;
            world.denied(&put("p", "other").sign(&keys)).await;
            world.denied(&put("t", "other").sign(&keys)).await;
        }
    }
    for name in
        ["*", "${aws:username}", "a b", "a\nb", "a/b", "a:b", "\u{e9}\u{e9}", "x", &"n".repeat(65)]
    {
        let form = login_form(&world.issuer.token("alice"), name);
        world.sts_refused(&form, 400, "ValidationError").await;
    }
}

#[tokio::test]
async fn a23_a_deny_wins_from_everywhere() {
    let open = || allow(&["s3:*"], &["*"]);
    let shut = || deny(&["arn:aws:s3:::data/shut/*"]);
    let named = |name: &str, statements: &[Value]| json!({ "PolicyName": name, "PolicyDocument": policy(statements) });
    let set = |policies: Value, boundary: Option<Value>| {
        let mut plan = Plan::new();
        plan.role["Policies"] = policies;
        if let Some(boundary) = boundary {
            plan.role["PermissionsBoundary"] = boundary;
        }
        plan
    };
    for plan in [
        set(json!([named("one", &[open(), shut()])]), None),
        set(json!([named("one", &[shut(), open()])]), None),
        set(json!([named("open", &[open()]), named("shut", &[shut()])]), None),
        set(json!([named("shut", &[shut()]), named("open", &[open()])]), None),
        set(json!([named("open", &[open()])]), Some(policy(&[open(), shut()]))),
        set(json!([named("open", &[open()])]), Some(policy(&[shut(), open()]))),
    ] {
        let world = plan.start().await;
        let alice = world.login("alice").await;
        assert_may(
            &world,
            &alice,
            &[
                ("GET", "/data/shut/k", false),
                ("PUT", "/data/shut/k", false),
                ("GET", "/data/k", true),
            ],
        )
        .await;
        let response = world.send(&request("GET", "/data/shut/k").sign(&alice)).await;
        let line = world.line_of(&response).await;
        assert_eq!(line["decision"], "explicitDeny", "{line}");
    }
    // What a boundary does not allow is not allowed, and it allows nothing by itself.
    let boundary = policy(&[allow(&["s3:*"], &["arn:aws:s3:::data/in/*"])]);
    let world = set(json!([named("open", &[open()])]), Some(boundary.clone())).start().await;
    let alice = world.login("alice").await;
    assert_may(&world, &alice, &[("GET", "/data/in/k", true), ("GET", "/data/out/k", false)]).await;
    let narrow = allow(&["s3:GetObject"], &["arn:aws:s3:::data/other/*"]);
    let world = set(json!([named("other", &[narrow])]), Some(boundary)).start().await;
    let alice = world.login("alice").await;
    assert_may(&world, &alice, &[("GET", "/data/in/k", false), ("GET", "/data/other/k", false)])
        .await;
}

#[tokio::test]
async fn a24_a_session_policy_is_never_ignored() {
    let world = World::start().await;
    let form = login_form(&world.issuer.token("alice"), "tests");
    let principal =
        r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#;
    for extra in [
        format!("&Policy={}", encode(principal.as_bytes())),
        "&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess".to_owned(),
        "&Policy=".to_owned(),
        "&Policy=%7B%7D".to_owned(),
        "&PolicyArns.member.2.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess".to_owned(),
        "&PolicyArns=x".to_owned(),
        "&policy=%7B%7D".to_owned(),
        "&PolicyDocument=%7B%7D".to_owned(),
        "&Tags.member.1.Key=a".to_owned(),
    ] {
        let response = world.sts_form(&format!("{form}{extra}")).await;
        assert_eq!(response.status, 400, "{extra}: {}", response.text());
        assert!(!response.text().contains("SecretAccessKey"), "{extra}");
    }
    assert_eq!(world.sts_form(&form).await.status, 200);
}

/// Who may read but not list cannot find out which keys there are, with whatever they read.
#[tokio::test]
async fn a_missing_object_is_told_from_a_forbidden_one_to_whom_may_list() {
    let own = [
        allow(&["s3:*"], &["arn:aws:s3:::data/*", "arn:aws:s3:::seen/*"]),
        allow(&["s3:ListBucket"], &["arn:aws:s3:::seen"]),
    ];
    let world = for_loader(&own).await;
    let attributes = ("x-amz-object-attributes", "ETag");
    type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);
    let cases: &[Case<'_>] = &[
        ("GET", "/BUCKET/k", &[]),
        ("GET", "/BUCKET/k?acl", &[]),
        ("GET", "/BUCKET/k?attributes", &[attributes]),
        ("GET", "/BUCKET/k?tagging", &[]),
        ("GET", "/BUCKET/k?retention", &[]),
        ("DELETE", "/BUCKET/k?tagging", &[]),
        ("PUT", "/seen/copy?partNumber=1&uploadId=u", &[("x-amz-copy-source", "BUCKET/k")]),
        ("PUT", "/seen/copy?partNumber=1&uploadId=u", &[("x-amz-copy-source", "BUCKET/k")]),
    ];
    for (place, (method, target, headers)) in cases.iter().enumerate() {
        for (bucket, expected) in [("data", "AccessDenied"), ("seen", "NoSuchKey")] {
            let mut sent = request(method, &target.replace("BUCKET", bucket));
            for (name, value) in *headers {
                sent = sent.header(name, &value.replace("BUCKET", bucket));
            }
            // The last one is told in an answer that had begun.
            let late = place == cases.len() - 1;
            let absent = Answer::error(404, "NoSuchKey");
            let document = "<Error><Code>NoSuchKey</Code><Message>it is not there</Message><Key>k</Key></Error>";
            world.store.push(if late { Answer::ok().body(document) } else { absent });
            let response = world.send(&sent.sign(&world.loader)).await;
            assert_eq!(response.code(), Some(expected), "{method} {target} {}", response.text());
            assert_eq!(response.text().contains("<Key>"), late && bucket == "seen");
            let status = if late {
                200
            } else if bucket == "seen" {
                404
            } else {
                403
            };
            assert_eq!(response.status, status, "{method} {target}");
        }
    }
    // What is about the upload, or says that the object is there, is told to everybody who may ask.
    let copy = request("PUT", "/seen/copy?partNumber=1&uploadId=u");
    for (sent, code) in [
        (copy.header("x-amz-copy-source", "data/k"), "NoSuchUpload"),
        (request("GET", "/data/k?retention"), "NoSuchObjectLockConfiguration"),
    ] {
        world.store.push(Answer::error(404, code));
        let response = world.send(&sent.sign(&world.loader)).await;
        assert_eq!((response.status, response.code()), (404, Some(code)));
    }
}
