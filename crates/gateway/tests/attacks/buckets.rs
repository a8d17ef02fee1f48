//! Bucket policies of the gateway, access control lists, anonymous callers.

use serde_json::{Value, json};
use testkit::answer::Answer;
use testkit::signed::{Credentials, Prepared};

use crate::harness::{Plan, ROLE, World, allow, policy, request};

/// Opens `objects` to `principal`.
fn open(principal: Value, action: &str, resource: &str) -> Value {
    json!({ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource })
}

fn with_policy(statements: &[Value]) -> Plan {
    Plan::new()
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
        .with_file("buckets/data.json", policy(statements).to_string())
}

/// A request that nobody signed.
fn anonymous(method: &str, target: &str) -> Prepared {
    let nobody = Credentials::new("AKIANOBODY0000000001", "no-secret");
    request(method, target)
        .sign(&nobody)
        .without_header("authorization")
        .without_header("x-amz-date")
}

#[tokio::test]
async fn a23_a_bucket_is_opened_to_everybody_and_no_further() {
    let public = open(json!("*"), "s3:GetObject", "arn:aws:s3:::data/public/*");
    let world = with_policy(&[public]).start().await;
    world.store.put("/data/public/a", b"open", &[]);
    world.store.put("/data/private/a", b"shut", &[]);
    let (response, arrived) = world.passed(&anonymous("GET", "/data/public/a")).await;
    assert_eq!(response.text(), "open");
    assert!(arrived.header("authorization").is_some(), "signed with the store's keys");
    for (method, target) in [
        ("GET", "/data/private/a"),
        ("PUT", "/data/public/a"),
        ("DELETE", "/data/public/a"),
        ("GET", "/data"),
        ("GET", "/data?list-type=2&prefix=public/"),
        ("GET", "/data/public/a?versionId=v"),
        ("GET", "/data/public/a?acl"),
        ("GET", "/other/public/a"),
        ("GET", "/"),
    ] {
        world.denied(&anonymous(method, target)).await;
    }
}

#[tokio::test]
async fn a23_a_deny_of_the_bucket_holds_for_everybody_it_names() {
    let spares_the_role = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"],
        "Condition": { "ArnNotEquals": { "aws:PrincipalArn": ROLE } },
    });
    let world = with_policy(&[spares_the_role]).start().await;
    world.store.put("/data/alice/a", b"x", &[]);
    let alice = world.login("alice").await;
    world.passed(&request("GET", "/data/alice/a").sign(&alice)).await;
    // Its own policy gives the user everything.
    world.denied(&request("GET", "/data/alice/a").sign(&world.loader)).await;
    world.denied(&request("PUT", "/data").sign(&world.loader)).await;
    world.denied(&anonymous("GET", "/data/alice/a")).await;
}

#[tokio::test]
async fn a14_a_copy_is_decided_by_the_policies_of_both_buckets() {
    let deny = json!({
        "Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": "arn:aws:s3:::data/sealed/*",
    });
    let world = with_policy(&[deny]).start().await;
    world.store.put("/data/sealed/a", b"x", &[]);
    let copy = |from: &str, to: &str| {
        request("PUT", to).header("x-amz-copy-source", from).sign(&world.loader)
    };
    world.denied(&copy("data/sealed/a", "/other/a")).await;
    world.denied(&copy("other/a", "/data/sealed/a")).await;
}

#[tokio::test]
async fn a24_what_a_bucket_grants_to_a_session_a_boundary_does_not_limit() {
    let session = "arn:aws:sts::000000000000:assumed-role/people/tests";
    let grants = [
        open(json!({ "AWS": session }), "s3:GetObject", "arn:aws:s3:::data/session/*"),
        open(json!({ "AWS": ROLE }), "s3:GetObject", "arn:aws:s3:::data/role/*"),
        open(
            json!({ "AWS": "arn:aws:iam::000000000000:root" }),
            "s3:GetObject",
            "arn:aws:s3:::data/account/*",
        ),
    ];
    let mut plan = with_policy(&grants);
    plan.role["PermissionsBoundary"] =
        policy(&[allow(&["s3:GetObject"], &["arn:aws:s3:::data/alice/*"])]);
    let world = plan.start().await;
    let alice = world.login("alice").await;
    for key in ["session", "role", "account"] {
        world.store.put(&format!("/data/{key}/a"), b"x", &[]);
    }
    world.passed(&request("GET", "/data/session/a").sign(&alice)).await;
    world.denied(&request("GET", "/data/role/a").sign(&alice)).await;
    world.denied(&request("GET", "/data/account/a").sign(&alice)).await;
}

#[tokio::test]
async fn a57_a_bucket_with_a_policy_is_not_deleted() {
    let world = with_policy(&[open(json!("*"), "s3:*", "arn:aws:s3:::data/*")]).start().await;
    let delete = request("DELETE", "/data").sign(&world.loader);
    let response = world.refused(&delete, 409, "InvalidBucketState").await;
    assert!(response.text().contains("remove that first"), "{}", response.text());
    world.store.put("/other", b"", &[]);
    world.passed(&request("DELETE", "/other").sign(&world.loader)).await;
}

#[tokio::test]
async fn a57_a_policy_gives_nobody_the_right_to_make_its_bucket() {
    let grant = open(json!("*"), "s3:*", "arn:aws:s3:::data");
    let world = with_policy(&[grant]).start().await;
    let alice = world.login("alice").await;
    world.denied(&request("PUT", "/data").sign(&alice)).await;
    world.denied(&anonymous("PUT", "/data")).await;
    world.passed(&request("PUT", "/data").sign(&world.loader)).await;
}

#[tokio::test]
async fn a10_bucket_policies_are_answered_by_the_gateway() {
    let public = [open(json!("*"), "s3:GetObject", "arn:aws:s3:::data/*")];
    let world = with_policy(&public).start().await;
    let before = world.store.requests().len();
    let ask = |method: &str, target: &str| request(method, target).sign(&world.loader);
    let document = world.send(&ask("GET", "/data?policy")).await;
    assert_eq!((document.status, document.header("content-type")), (200, Some("application/json")));
    let found: Value = serde_json::from_slice(&document.body).unwrap();
    assert_eq!(found, policy(&public));
    let status = world.send(&ask("GET", "/data?policyStatus")).await;
    assert_eq!((status.status, status.xml("IsPublic")), (200, Some("true")));
    world.refused(&ask("GET", "/other?policy"), 404, "NoSuchBucketPolicy").await;
    world.refused(&ask("DELETE", "/data?policy"), 405, "MethodNotAllowed").await;
    let put = request("PUT", "/data?policy").body(b"{}").sign(&world.loader);
    world.refused(&put, 405, "MethodNotAllowed").await;
    // What no store sees promises nothing that nobody looked at (A58).
    for (query, owner, expected) in [
        ("policy", "111122223333", 403),
        ("policyStatus", "", 403),
        ("policy", "000000000000", 200),
    ] {
        let ask = request("GET", &format!("/data?{query}"));
        let ask = ask.header("x-amz-expected-bucket-owner", owner).sign(&world.loader);
        assert_eq!(world.send(&ask).await.status, expected, "{query} {owner}");
    }
    assert!(world.since(before).is_empty());
    // Whoever may not ask learns nothing.
    let alice = world.login("alice").await;
    world.denied(&request("GET", "/data?policy").sign(&alice)).await;
}

#[tokio::test]
async fn a58_access_control_lists_are_refused_where_there_are_none() {
    let world = World::start().await;
    world.store.put("/data/k", b"x", &[]);
    let put = |name: &str, value: &str| {
        request("PUT", "/data/k").header(name, value).body(b"x").sign(&world.loader)
    };
    for (name, value) in [
        ("x-amz-acl", "public-read"),
        ("x-amz-acl", "bucket-owner-read"),
        ("x-amz-grant-read", "id=x"),
        ("x-amz-grant-full-control", "id=x"),
    ] {
        world.refused(&put(name, value), 400, "AccessControlListNotSupported").await;
    }
    for target in ["/data/k?acl", "/data?acl"] {
        let list = request("PUT", target).body(b"<AccessControlPolicy></AccessControlPolicy>");
        world.refused(&list.sign(&world.loader), 400, "AccessControlListNotSupported").await;
        let none = request("PUT", target).sign(&world.loader);
        world.refused(&none, 400, "AccessControlListNotSupported").await;
    }
    for canned in ["private", "bucket-owner-full-control"] {
        let (_, arrived) = world.passed(&put("x-amz-acl", canned)).await;
        assert_eq!(arrived.header("x-amz-acl"), Some(canned));
    }
    let theirs = "<AccessControlPolicy><Owner><ID>them</ID></Owner></AccessControlPolicy>";
    world.store.push_for(|sent| sent.query() == "acl=", Answer::ok().body(theirs));
    let (list, _) = world.passed(&request("GET", "/data/k?acl").sign(&world.loader)).await;
    assert!(list.text().contains("<ID>000000000000</ID>") && !list.text().contains("them"));
}

#[tokio::test]
async fn a23_a_store_that_decides_by_itself_gets_anonymous_requests_unsigned() {
    let plan = Plan::new().with(|config| config["stores"][0]["authorization"] = json!("store"));
    let world = plan.start().await;
    world.store.put("/data/a", b"open", &[]);
    let (response, arrived) = world.passed(&anonymous("GET", "/data/a")).await;
    assert_eq!(response.text(), "open");
    assert_eq!(arrived.header("authorization"), None);
    // What it answers binds.
    let response = world.send(&anonymous("GET", "/data/none")).await;
    assert_eq!(response.status, 404);
    // Who signs is decided about here as well.
    let alice = world.login("alice").await;
    world.denied(&request("GET", "/data/a").sign(&alice)).await;
    let acl = request("PUT", "/data/a").header("x-amz-acl", "public-read").body(b"x");
    let (_, arrived) = world.passed(&acl.sign(&world.loader)).await;
    assert_eq!(arrived.header("x-amz-acl"), Some("public-read"));
    let document = request("PUT", "/data?policy").body(b"{\"Version\":\"2012-10-17\"}");
    let (_, arrived) = world.passed(&document.sign(&world.loader)).await;
    assert_eq!(arrived.body, b"{\"Version\":\"2012-10-17\"}");
}

#[tokio::test]
async fn a55_a_bucket_policy_counts_in_the_list_of_buckets() {
    let listed = open(json!({ "AWS": ROLE }), "s3:ListBucket", "arn:aws:s3:::data");
    let none = Plan::new().with_policy(&[allow(&["s3:ListAllMyBuckets"], &["*"])]);
    let buckets = b"<ListAllMyBucketsResult><Buckets><Bucket><Name>data</Name></Bucket>\
        <Bucket><Name>other</Name></Bucket></Buckets></ListAllMyBucketsResult>";
    let shown = async |plan: Plan| {
        let world = plan.start().await;
        world.store.put("/", buckets, &[]);
        let alice = world.login("alice").await;
        let (list, _) = world.passed(&request("GET", "/").sign(&alice)).await;
        (list.text().contains(">data<"), list.text().contains(">other<"))
    };
    assert_eq!(shown(none).await, (false, false));
    let mut plan = with_policy(&[listed]);
    plan = plan.with_policy(&[allow(&["s3:ListAllMyBuckets"], &["*"])]);
    assert_eq!(shown(plan).await, (true, false));
    let all = Plan::new()
        .with_policy(&[allow(&["s3:ListAllMyBuckets"], &["*"])])
        .with(|config| config["list_buckets"] = json!("all"));
    assert_eq!(shown(all).await, (true, true));
}

#[test]
fn a21_a_bucket_policy_that_is_not_what_it_seems_does_not_load() {
    let complaint = |statement: Value| with_policy(&[statement]).complaint();
    let role = |name: &str| json!({ "AWS": format!("arn:aws:iam::000000000000:role/{name}") });
    let objects = "arn:aws:s3:::data/*";
    for (statement, says) in [
        (open(role("nobody"), "s3:GetObject", objects), "role/nobody`, which there is not"),
        (
            open(json!({ "AWS": "arn:aws:iam::000000000000:user/x" }), "s3:GetObject", objects),
            "no user",
        ),
        (open(json!("*"), "s3:GetObject", "arn:aws:s3:::other/*"), "Resource"),
        (open(json!({ "Service": "a.amazonaws.com" }), "s3:GetObject", objects), "Principal"),
        (open(json!({ "CanonicalUser": "x" }), "s3:GetObject", objects), "Principal"),
        (
            json!({ "Effect": "Allow", "NotPrincipal": role("people"), "Action": "s3:*", "Resource": objects }),
            "NotPrincipal",
        ),
        (
            json!({ "Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Action": "s3:*", "Resource": objects }),
            "Action",
        ),
        (
            json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": objects,
            "Condition": { "StringEquals": { "aws:SourceVpc": "x" } } }),
            "never fills",
        ),
        (
            json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": objects,
            "Condition": { "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } } }),
            "trusted_proxies",
        ),
    ] {
        let found = complaint(statement.clone());
        assert!(found.contains(says), "{statement}: {found}");
    }
    let both = with_policy(&[open(json!("*"), "s3:GetObject", objects)])
        .with_file("buckets/main/data.json", policy(&[]).to_string());
    assert!(both.complaint().contains("Statement"), "an empty one");
    let twice = with_policy(&[open(json!("*"), "s3:GetObject", objects)]).with_file(
        "buckets/main/data.json",
        policy(&[open(json!("*"), "s3:GetObject", objects)]).to_string(),
    );
    assert!(twice.complaint().contains("another document"), "{}", twice.complaint());
    let stores = with_policy(&[open(json!("*"), "s3:GetObject", objects)])
        .with(|config| config["stores"][0]["authorization"] = json!("store"));
    assert!(stores.complaint().contains("authorization: store"), "{}", stores.complaint());
}

#[tokio::test]
async fn a10_what_breaks_a_store_never_reaches_it() {
    // What is known of a store is not forgotten because nobody wrote it down.
    for (member, value) in
        [("refused_operations", json!(["SelectObjectContent"])), ("key_rules", json!(["rgw"]))]
    {
        let plan = Plan::new().with(|config| {
            let store = config["stores"][0].as_object_mut().unwrap();
            store.remove("refused_operations");
            store.insert(member.to_owned(), value);
        });
        let world = plan.start().await;
        let select =
            request("POST", "/data/k?select&select-type=2").body(b"<SelectObjectContentRequest/>");
        world.refused(&select.sign(&world.loader), 501, "NotImplemented").await;
    }
    let odd =
        Plan::new().with(|config| config["stores"][0]["refused_operations"] = json!(["Select"]));
    assert!(odd.complaint().contains("no operation of S3"), "{}", odd.complaint());
}

/// A store that does not know a subresource does what the request is without it: it reads, overwrites or deletes the
/// object, lists or deletes the bucket, past what is denied of that. All stores but AWS did with some.
#[tokio::test]
async fn a10_a_subresource_that_the_store_does_not_know_never_reaches_it() {
    let rows = [
        ("GET", "/data/k?annotation&annotationName=x"),
        ("GET", "/data/k?annotation"),
        ("PUT", "/data/k?annotation&annotationName=x"),
        ("DELETE", "/data/k?annotation&annotationName=x"),
        ("PUT", "/data/k?encryption"),
        ("GET", "/data?abac"),
        ("GET", "/data?metadataConfiguration"),
        ("DELETE", "/data?metadataConfiguration"),
        ("DELETE", "/data?metadataTable"),
        ("DELETE", "/data?metrics&id=x"),
        ("GET", "/data?metrics"),
        ("DELETE", "/data?analytics&id=x"),
        ("DELETE", "/data?inventory&id=x"),
        ("DELETE", "/data?intelligent-tiering&id=x"),
        ("DELETE", "/data?ownershipControls"),
    ];
    let ceph = [
        ("GET", "/data/k?attributes"),
        ("GET", "/data?encryption"),
        ("DELETE", "/data?encryption"),
    ];
    let swift =
        [("GET", "/data/k?retention"), ("DELETE", "/data?lifecycle"), ("GET", "/data?replication")];
    for (preset, more) in [
        ("generic", [ceph, swift].concat()),
        ("ceph-rgw", ceph.to_vec()),
        ("garage", vec![ceph[0]]),
        ("minio", vec![("DELETE", "/data?publicAccessBlock")]),
        ("swift", [ceph, swift].concat()),
        ("s3s-fs", Vec::new()),
    ] {
        let plan = Plan::new().with(|config| {
            let store = config["stores"][0].as_object_mut().unwrap();
            store.remove("refused_operations");
            store.insert("preset".to_owned(), json!(preset));
        });
        let world = plan.start().await;
        for (method, target) in rows.into_iter().chain(more) {
            let sent = request(method, target);
            let sent = match (method, target.contains("attributes")) {
                ("PUT", _) => sent.body("<X/>"),
                (_, true) => sent.header("x-amz-object-attributes", "ETag"),
                _ => sent,
            };
            world.refused(&sent.sign(&world.loader), 501, "NotImplemented").await;
        }
    }
}

#[tokio::test]
async fn a10_what_a_viewer_appends_to_a_presigned_url_plays_no_part() {
    let plan = Plan::new().with(|config| {
        config["removable_query_parameters"] = json!(["utm_source", "fbclid"]);
    });
    let world = plan.start().await;
    world.store.put("/data/alice/a", b"x", &[]);
    let alice = world.login("alice").await;
    let presigned = |tail: &str| {
        let mut url = request("GET", "/data/alice/a").presign(&alice, 300);
        let target = format!("{}{tail}", url.target);
        url.target = target;
        url
    };
    for tail in ["", "&utm_source=mail", "&fbclid", "&utm%5Fsource=a&utm_source=b&fbclid=%zz"] {
        let (_, arrived) = world.passed(&presigned(tail)).await;
        assert_eq!(arrived.target, "/data/alice/a", "{tail}");
    }
    for tail in ["&utm_medium=mail", "&UTM_SOURCE=a", "&utm_source%00=a"] {
        let response = world.send(&presigned(tail)).await;
        assert!((400..500).contains(&response.status), "{tail}");
    }
    // Only what was appended to a finished URL: elsewhere it is an unknown name.
    let header = request("GET", "/data/alice/a?utm_source=a").sign(&alice);
    world.refused(&header, 400, "InvalidArgument").await;
    for name in [
        "versionId",
        "VERSIONID",
        "X-Amz-Signature",
        "x-amz-meta-a",
        "response-expires",
        "acl",
        "Expires",
        "prefix",
    ] {
        let plan = Plan::new().with(|config| config["removable_query_parameters"] = json!([name]));
        assert!(
            plan.complaint().contains("means something to AWS"),
            "{name}: {}",
            plan.complaint()
        );
    }
}

/// Whoever wrote a Deny believes that it holds.
#[test]
fn a60_a_bucket_policy_that_would_not_be_read_is_a_mistake() {
    let deny = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"] } });
    let with = |file: &str| {
        Plan::new()
            .with(|config| config["bucket_policies"] = json!("buckets"))
            .with_file(file, deny.to_string())
            .load()
    };
    for file in ["buckets/data.json", "buckets/main/data.json"] {
        with(file).unwrap();
    }
    for file in ["buckets/none/data.json", "buckets/data.JSON", "buckets/main/data.yaml"] {
        let mistakes = with(file).unwrap_err().to_string();
        assert!(mistakes.contains("is no bucket policy"), "{mistakes}");
    }
}
