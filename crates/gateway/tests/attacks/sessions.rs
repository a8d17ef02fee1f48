//! Roles assumed by those who have keys, narrowed sessions, and cutting sessions off.

use serde_json::{Value, json};
use testkit::answer::Answer;
use testkit::check::{Service, check_response};
use testkit::client::{Connection, Response};
use testkit::logs::Secrets;
use testkit::signed::{Credentials, SignedRequest, encode};

use crate::harness::{Plan, ROLE, World, allow, login_form, policy, request};

const TABLES: &str = "arn:aws:iam::000000000000:role/tables";
const LOADER: &str = "arn:aws:iam::000000000000:user/loader";

/// With a second role, which the user and sessions of the first role may assume.
fn with_tables() -> Plan {
    let trust = |principal: &str, action: Value| json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": action });
    let role = json!({
        "Arn": TABLES,
        "MaxSessionDuration": 43200,
        "AssumeRolePolicyDocument": policy(&[
            trust(LOADER, json!(["sts:AssumeRole", "sts:TagSession"])),
            trust(ROLE, json!("sts:AssumeRole")),
        ]),
        "Policies": [{ "PolicyName": "tables", "PolicyDocument": policy(&[
            allow(&["s3:GetObject", "s3:PutObject"], &["arn:aws:s3:::data/tables/*"]),
            json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*",
                "Condition": { "DateLessThan": { "aws:TokenIssueTime": "2020-01-01T00:00:00Z" } } }),
        ]) }],
    });
    Plan::new().with_file("roles/tables.json", role.to_string())
}

fn form(action: &str, more: &[(&str, &str)]) -> String {
    let more = more.iter().map(|(name, value)| format!("&{name}={}", encode(value.as_bytes())));
    format!("Action={action}&Version=2011-06-15{}", more.collect::<String>())
}

fn assume(more: &[(&str, &str)]) -> String {
    form("AssumeRole", &[&[("RoleArn", TABLES), ("RoleSessionName", "catalog")], more].concat())
}

/// A call of the STS, signed.
async fn call(world: &World, keys: &Credentials, form: &str) -> Response {
    let sent = SignedRequest::new("POST", "/")
        .host("sts.example.org")
        .service("sts")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .sign(keys);
    let mut connection = Connection::open(world.sts).await;
    connection.send(&sent.bytes()).await;
    let response = connection.response("POST").await;
    check_response(Service::Sts, "POST", &response, &[], &Secrets::new());
    response
}

/// The keys of an answer.
fn keys(world: &World, response: &Response) -> Credentials {
    assert_eq!(response.status, 200, "{}", response.text());
    let part = |name: &str| response.xml(name).unwrap().to_owned();
    let keys = Credentials::temporary(
        &part("AccessKeyId"),
        &part("SecretAccessKey"),
        &part("SessionToken"),
    );
    world.keep_secret("a session's secret key", &keys.secret_key);
    keys
}

fn refused(response: &Response, status: u16, code: &str) {
    assert_eq!((response.status, response.code()), (status, Some(code)), "{}", response.text());
}

#[tokio::test]
async fn a24_a_service_account_hands_on_keys_for_one_table() {
    let world = with_tables().start().await;
    let table =
        policy(&[allow(&["s3:GetObject", "s3:PutObject"], &["arn:aws:s3:::data/tables/a/*"])]);
    let answer = call(&world, &world.loader, &assume(&[("Policy", &table.to_string())])).await;
    let vended = keys(&world, &answer);
    world.store.put("/data/tables/a/x", b"a", &[]);
    world.passed(&request("GET", "/data/tables/a/x").sign(&vended)).await;
    world.passed(&request("PUT", "/data/tables/a/y").body(b"y").sign(&vended)).await;
    for (method, target) in [
        ("GET", "/data/tables/b/x"),
        ("PUT", "/data/tables/b/x"),
        ("DELETE", "/data/tables/a/x"),
        ("GET", "/data/alice/x"),
        ("GET", "/data?list-type=2&prefix=tables/a/"),
    ] {
        world.denied(&request(method, target).sign(&vended)).await;
    }
    // Nor does a session policy give what the role does not have.
    let all = policy(&[allow(&["*"], &["*"])]);
    let answer = call(&world, &world.loader, &assume(&[("Policy", &all.to_string())])).await;
    world.denied(&request("GET", "/data/alice/x").sign(&keys(&world, &answer))).await;
}

/// What a call says of the session is known to the caller's policies, too, not to the trust alone.
#[tokio::test]
async fn a24_a_callers_policies_see_what_is_asked_of_the_sts() {
    let deny = |action: &str, operator: &str, key: &str, value: &str| {
        json!({ "Effect": "Deny", "Action": action, "Resource": "*",
            "Condition": { operator: { key: value } } })
    };
    let own = policy(&[
        allow(&["sts:AssumeRole"], &["*"]),
        deny("sts:AssumeRole", "StringEquals", "sts:ExternalId", "shared"),
        deny("sts:AssumeRole", "StringNotLike", "sts:RoleSessionName", "cat*"),
        deny("sts:SetSourceIdentity", "StringNotEquals", "sts:SourceIdentity", "${aws:username}"),
        deny("sts:TagSession", "ForAnyValue:StringEquals", "sts:TransitiveTagKeys", "team"),
    ]);
    let mut trust = with_tables().with_file("loader.json", own.to_string());
    let tables = trust.files.iter_mut().find(|file| file.0 == "roles/tables.json").unwrap();
    let text = String::from_utf8(tables.1.clone()).unwrap();
    let also = "\"sts:SetSourceIdentity\",\"sts:AssumeRole\"";
    tables.1 = text.replacen("\"sts:AssumeRole\"", also, 1).into_bytes();
    let world = trust.start().await;
    let tag = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")];
    let transitive = [tag[0], tag[1], ("TransitiveTagKeys.member.1", "team")];
    for (more, passes) in [
        (&[][..], true),
        (&[("ExternalId", "mine")], true),
        (&[("ExternalId", "shared")], false),
        (&[("SourceIdentity", "loader")], true),
        (&[("SourceIdentity", "alice")], false),
        (&tag, true),
        (&transitive, false),
    ] {
        let answer = call(&world, &world.loader, &assume(more)).await;
        if passes {
            keys(&world, &answer);
        } else {
            refused(&answer, 403, "AccessDenied");
        }
    }
    let other = [("RoleArn", TABLES), ("RoleSessionName", "dog")];
    refused(&call(&world, &world.loader, &form("AssumeRole", &other)).await, 403, "AccessDenied");
}

#[tokio::test]
async fn a24_managed_policies_narrow_as_they_are_now_and_their_loss_ends_the_session() {
    let read = policy(&[allow(&["s3:GetObject"], &["*"])]);
    let plan = with_tables()
        .with(|config| config["managed_policies"] = json!("policies"))
        .with_file("policies/read.json", read.to_string());
    let world = plan.start().await;
    let arn = "arn:aws:iam::000000000000:policy/read";
    let answer = call(&world, &world.loader, &assume(&[("PolicyArns.member.1.arn", arn)])).await;
    let narrowed = keys(&world, &answer);
    world.store.put("/data/tables/a", b"a", &[]);
    world.passed(&request("GET", "/data/tables/a").sign(&narrowed)).await;
    world.denied(&request("PUT", "/data/tables/a").body(b"x").sign(&narrowed)).await;
    let missing = "arn:aws:iam::000000000000:policy/none";
    let answer =
        call(&world, &world.loader, &assume(&[("PolicyArns.member.1.arn", missing)])).await;
    refused(&answer, 400, "ValidationError");
    // The same keys where the policy is gone: not the whole role.
    let elsewhere = with_tables().start().await;
    elsewhere.refused(&request("GET", "/data/tables/a").sign(&narrowed), 400, "ExpiredToken").await;
}

#[tokio::test]
async fn a24_a_login_with_a_session_policy_is_narrowed() {
    let world = World::start().await;
    world.store.put("/data/alice/a", b"a", &[]);
    let only_a = policy(&[allow(&["s3:GetObject"], &["arn:aws:s3:::data/alice/a"])]);
    let login = login_form(&world.issuer.token("alice"), "tests");
    let form = format!("{login}&Policy={}", encode(only_a.to_string().as_bytes()));
    let narrowed = keys(&world, &world.sts_form(&form).await);
    world.passed(&request("GET", "/data/alice/a").sign(&narrowed)).await;
    world.denied(&request("GET", "/data/alice/b").sign(&narrowed)).await;
    world.denied(&request("PUT", "/data/alice/a").body(b"x").sign(&narrowed)).await;
    world.sts_refused(&format!("{login}&Policy=%7B%7D"), 400, "MalformedPolicyDocument").await;
}

#[tokio::test]
async fn a24_a_chain_of_roles_is_short_and_gains_nothing() {
    let world = with_tables().start().await;
    let alice = world.login("alice").await;
    let long = call(&world, &alice, &assume(&[("DurationSeconds", "3601")])).await;
    refused(&long, 400, "ValidationError");
    let chained = keys(&world, &call(&world, &alice, &assume(&[])).await);
    world.store.put("/data/tables/a", b"a", &[]);
    world.passed(&request("GET", "/data/tables/a").sign(&chained)).await;
    world.denied(&request("GET", "/data/alice/a").sign(&chained)).await;
    // The role trusts the first role, not itself.
    refused(&call(&world, &chained, &assume(&[])).await, 403, "AccessDenied");
    // Tags need a permission of their own, which only the user has.
    let tags = [("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "x")];
    refused(&call(&world, &alice, &assume(&tags)).await, 403, "AccessDenied");
    keys(&world, &call(&world, &world.loader, &assume(&tags)).await);
    let fence = Credentials::new("AKIAFENCE00000000001", "fence-secret-pL4rT8wQ2zC6yM1b");
    refused(&call(&world, &fence, &assume(&[])).await, 403, "AccessDenied");
}

#[tokio::test]
async fn a_users_temporary_keys_do_what_the_user_may_and_no_more() {
    let world = World::start().await;
    let answer = call(&world, &world.loader, &form("GetSessionToken", &[])).await;
    let temporary = keys(&world, &answer);
    world.store.put("/data/k", b"k", &[]);
    world.passed(&request("GET", "/data/k").sign(&temporary)).await;
    let me = call(&world, &temporary, &form("GetCallerIdentity", &[])).await;
    assert_eq!(me.xml("Arn"), Some(LOADER));
    refused(&call(&world, &temporary, &form("GetSessionToken", &[])).await, 403, "AccessDenied");
    let alice = world.login("alice").await;
    refused(&call(&world, &alice, &form("GetSessionToken", &[])).await, 403, "AccessDenied");
    // Without its token the key is nobody's.
    let bare = Credentials::new(&temporary.access_key, &temporary.secret_key);
    world.refused(&request("GET", "/data/k").sign(&bare), 403, "InvalidAccessKeyId").await;
}

#[tokio::test]
async fn calls_about_keys_and_messages_need_permission() {
    let sts = policy(&[allow(&["sts:GetAccessKeyInfo", "sts:DecodeAuthorizationMessage"], &["*"])]);
    let world = Plan::new().with_file("loader.json", sts.to_string()).start().await;
    let info = |id: &str| form("GetAccessKeyInfo", &[("AccessKeyId", id)]);
    let known = call(&world, &world.loader, &info("AKIALOADER0000000001")).await;
    assert_eq!(known.xml("Account"), Some("000000000000"), "{}", known.text());
    refused(
        &call(&world, &world.loader, &info("AKIANOBODY0000000001")).await,
        400,
        "ValidationError",
    );
    let decode = form("DecodeAuthorizationMessage", &[("EncodedMessage", "AAAA")]);
    let odd = call(&world, &world.loader, &decode).await;
    refused(&odd, 400, "InvalidAuthorizationMessageException");
    let alice = world.login("alice").await;
    for form in [info("AKIALOADER0000000001"), decode] {
        refused(&call(&world, &alice, &form).await, 403, "AccessDenied");
    }
}

/// A gateway that takes the keys of all others of this file, with somebody cut off there.
async fn cutting(entries: impl FnOnce(&str) -> Value) -> World {
    let plan = with_tables();
    let issuer = plan.issuer.issuer().to_owned();
    let world = plan.with(|config| config["revoked"] = entries(&issuer)).start().await;
    for object in ["/data/alice/a", "/data/tables/a"] {
        world.store.put(object, b"a", &[]);
    }
    world
}

#[tokio::test]
async fn a53_whoever_is_cut_off_is_so_at_the_next_request() {
    let world = with_tables().start().await;
    world.store.put("/data/alice/a", b"a", &[]);
    world.store.put("/data/tables/a", b"a", &[]);
    let alice = world.login("alice").await;
    let bob = world.login("bob").await;
    let chained = keys(&world, &call(&world, &alice, &assume(&[])).await);
    let of_user = keys(&world, &call(&world, &world.loader, &assume(&[])).await);
    let issuer = world.issuer.issuer().to_owned();
    let alice_get = || request("GET", "/data/alice/a").sign(&alice);
    let tables = |keys: &Credentials| request("GET", "/data/tables/a").sign(keys);

    let shut = cutting(|here| {
        json!([
            { "subject": "alice", "issuer": issuer },
            { "subject": "alice", "issuer": here },
            { "user": "loader" },
        ])
    })
    .await;
    shut.refused(&alice_get(), 400, "ExpiredToken").await;
    shut.refused(&tables(&chained), 400, "ExpiredToken").await;
    shut.refused(&tables(&of_user), 400, "ExpiredToken").await;
    shut.refused(&request("GET", "/data/tables/a").sign(&shut.loader), 400, "ExpiredToken").await;
    shut.login_refused(&shut.issuer.token("alice"), 403, "AccessDenied").await;
    shut.login("bob").await;

    let before = cutting(|here| {
        let at = "2999-01-01T00:00:00Z";
        json!([
            { "subject": "alice", "issuer": issuer, "before": at },
            { "subject": "alice", "issuer": here, "before": at },
        ])
    })
    .await;
    before.refused(&alice_get(), 400, "ExpiredToken").await;
    before.login("alice").await;

    let one = cutting(|_| json!([{ "session": alice.access_key }])).await;
    one.refused(&alice_get(), 400, "ExpiredToken").await;
    one.passed(&tables(&chained)).await;
    one.store.put("/data/bob/a", b"b", &[]);
    one.passed(&request("GET", "/data/bob/a").sign(&bob)).await;
}

/// Whoever took a session and assumes a role with it is ended with what they took.
#[tokio::test]
async fn a53_a_chain_ends_with_the_session_at_its_beginning() {
    let world = with_tables().start().await;
    world.store.put("/data/tables/a", b"a", &[]);
    let alice = world.login("alice").await;
    let next_second = || async {
        let now = testkit::clock::now();
        while testkit::clock::now() == now {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    next_second().await;
    let at = sigv4::Timestamp::from_unix(testkit::clock::now()).rfc3339();
    next_second().await;
    let chained = keys(&world, &call(&world, &alice, &assume(&[])).await);
    let get = request("GET", "/data/tables/a").sign(&chained);
    world.passed(&get).await;
    let issuer = world.issuer.issuer().to_owned();
    let subject = json!({ "subject": "alice", "issuer": issuer, "before": at });
    cutting(|_| json!([subject])).await.refused(&get, 400, "ExpiredToken").await;
}

#[tokio::test]
async fn a53_a_roles_not_before_ends_its_older_sessions() {
    let world = World::start().await;
    world.store.put("/data/alice/a", b"a", &[]);
    let alice = world.login("alice").await;
    let mut plan = Plan::new();
    plan.role["not_before"] = json!("2999-01-01T00:00:00Z");
    let later = plan.start().await;
    later.refused(&request("GET", "/data/alice/a").sign(&alice), 400, "ExpiredToken").await;
    let mut plan = Plan::new();
    plan.role["not_before"] = json!("2020-01-01T00:00:00Z");
    let earlier = plan.start().await;
    earlier.store.put("/data/alice/a", b"a", &[]);
    earlier.passed(&request("GET", "/data/alice/a").sign(&alice)).await;
}

#[tokio::test]
async fn a53_the_idiom_on_the_time_of_issue_works() {
    let deny = json!({ "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": { "DateLessThan": { "aws:TokenIssueTime": "2999-01-01T00:00:00Z" } } });
    let everything = allow(&["s3:*"], &["*"]);
    let world = Plan::new().with_policy(&[everything, deny]).start().await;
    let alice = world.login("alice").await;
    world.denied(&request("GET", "/data/alice/a").sign(&alice)).await;
}

#[test]
fn a21_who_is_trusted_and_cut_off_must_be_there() {
    let trusts = |arn: &str| {
        let mut plan = Plan::new();
        let statement =
            json!({ "Effect": "Allow", "Principal": { "AWS": arn }, "Action": "sts:AssumeRole" });
        plan.role["AssumeRolePolicyDocument"] = policy(&[statement]);
        plan.complaint()
    };
    assert!(trusts("arn:aws:iam::000000000000:role/none").contains("which there is not"));
    assert!(trusts("arn:aws:iam::000000000000:user/none").contains("no user and no session"));
    assert_eq!(trusts(LOADER), "");
    for (entry, says) in [
        (json!({}), "exactly one"),
        (json!({ "subject": "a" }), "exactly one"),
        (json!({ "user": "a", "session": "ASIAAAAAAAAAAAAAAAAA" }), "exactly one"),
        (json!({ "user": "a", "before": "yesterday" }), "must be a time"),
        (json!({ "session": "" }), "session"),
    ] {
        let plan = Plan::new().with(|config| config["revoked"] = json!([entry.clone()]));
        assert!(plan.complaint().contains(says), "{entry}: {}", plan.complaint());
    }
    let mut plan = Plan::new();
    plan.role["AttachedManagedPolicies"] =
        json!([{ "PolicyName": "x", "PolicyArn": "arn:aws:iam::000000000000:policy/x" }]);
    assert!(plan.complaint().contains("is not in the folder"), "{}", plan.complaint());
}

/// What the loader has decoded of a denial.
async fn decode(world: &World, denied: &Response) -> Value {
    let message = denied.xml("EncodedAuthorizationMessage").unwrap().to_owned();
    let form = form("DecodeAuthorizationMessage", &[("EncodedMessage", &message)]);
    let decoded = call(world, &world.loader, &form).await;
    let text = decoded.xml("DecodedMessage").unwrap().replace("&quot;", "\"");
    serde_json::from_str(&text).unwrap()
}

/// Who may have a denial decoded may not always see the tags of the object.
#[tokio::test]
async fn a16_a_decoded_denial_does_not_tell_the_tags_of_the_object() {
    let mut public = allow(&["s3:GetObject"], &["*"]);
    public["Condition"] = json!({ "StringEquals": { "s3:ExistingObjectTag/class": "public" } });
    let own = allow(&["sts:DecodeAuthorizationMessage"], &["*"]);
    let world = Plan::new().with_user_policy(&[public, own]).start().await;
    let tags =
        "<Tagging><TagSet><Tag><Key>class</Key><Value>hidden</Value></Tag></TagSet></Tagging>";
    world.store.push_for(|sent| sent.query() == "tagging=", Answer::ok().body(tags));
    let denied = world.send(&request("GET", "/data/a").sign(&world.loader)).await;
    assert_eq!((denied.status, denied.code()), (403, Some("AccessDenied")));
    let decoded = decode(&world, &denied).await;
    assert_eq!(decoded["nearest"]["failed"]["key"], "s3:ExistingObjectTag/class");
    let conditions = decoded["context"]["conditions"]["items"].as_array().unwrap();
    assert!(conditions.iter().any(|one| one["key"] == "aws:username"));
    assert!(conditions.iter().all(|one| one["key"] != "s3:ExistingObjectTag/class"));
    assert!(!decoded.to_string().contains("hidden"), "{decoded}");
}

#[tokio::test]
async fn a_denial_is_explained_to_those_who_may_know_and_to_nobody_else() {
    let world = Plan::new()
        .with(|config| config["listen"]["admin"] = json!("127.0.0.1:0"))
        .with_file(
            "loader.json",
            policy(&[allow(&["sts:DecodeAuthorizationMessage"], &["*"])]).to_string(),
        )
        .start()
        .await;
    let alice = world.login("alice").await;
    let denied = world.denied(&request("GET", "/data/bob/secret.txt").sign(&alice)).await;
    let message = denied.xml("EncodedAuthorizationMessage").unwrap().to_owned();
    for name in ["own-prefix", "people", "claims"] {
        assert!(!denied.text().contains(name), "{}", denied.text());
    }
    let encoded = form("DecodeAuthorizationMessage", &[("EncodedMessage", &message)]);
    refused(&call(&world, &alice, &encoded).await, 403, "AccessDenied");
    let decoded = decode(&world, &denied).await;
    assert_eq!(decoded["context"]["conditions"].get("omitted"), None);
    assert_eq!(decoded["allowed"], false);
    assert_eq!(decoded["context"]["action"], "s3:GetObject");
    assert_eq!(decoded["context"]["resource"], "arn:aws:s3:::data/bob/secret.txt");
    assert_eq!(decoded["nearest"]["statement"]["policy"], "people/own-prefix");
    let conditions = decoded["context"]["conditions"]["items"].as_array().unwrap();
    let value = |key: &str| {
        let found =
            conditions.iter().find(|one| one["key"] == key).unwrap_or_else(|| panic!("{key}"));
        found["values"]["items"][0]["value"].clone()
    };
    assert_eq!(value("claims:sub"), "alice");
    assert_eq!(value("s3:authType"), "REST-HEADER");
    assert_eq!(value("aws:userid"), decoded["context"]["principal"]["id"]);
    let id = decoded["context"]["principal"]["id"].as_str().unwrap();
    assert!(id.starts_with("AROA") && id.contains(':'), "{id}");
    // What a client makes long is left out, and nothing else.
    let long =
        request("PUT", "/data/bob/secret.txt").header("x-amz-storage-class", &"x".repeat(9000));
    let long = world.denied(&long.sign(&alice)).await;
    let told = decode(&world, &long).await["context"]["conditions"].clone();
    let keys = |told: &Value| -> Vec<String> {
        let items = told["items"].as_array().unwrap().iter();
        items.map(|item| item["key"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(told["omitted"], 1, "{told}");
    assert!(!keys(&told).contains(&"s3:x-amz-storage-class".to_owned()));
    for key in keys(&decoded["context"]["conditions"]) {
        assert!(keys(&told).contains(&key), "{key}");
    }
    // The request's id leads to the same, in the log and at the admin listener.
    let id = denied.header("x-amz-request-id").unwrap();
    let line = world.line(id).await;
    assert_eq!(line["denial"]["action"], "s3:GetObject");
    assert_eq!(line["denial"]["layer"], "identity");
    assert_eq!(line["denial"]["failed"]["what"], "the resource does not match");
    let admin = async |path: &str| {
        let mut connection = Connection::open(world.admin.unwrap()).await;
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        connection.send(head.as_bytes()).await;
        connection.response("GET").await
    };
    let shown: Value =
        serde_json::from_slice(&admin(&format!("/denials/{id}")).await.body).unwrap();
    assert_eq!(shown, line);
    let last: Value = serde_json::from_slice(&admin("/denials?limit=1").await.body).unwrap();
    assert_eq!(last.as_array().map(Vec::len), Some(1));
    assert_eq!(admin("/denials/0000000000000000").await.status, 404);
    // Nobody in particular gets no message: they could not have it decoded.
    let nobody = request("GET", "/data/bob/secret.txt").sign(&world.loader);
    let nobody = nobody.without_header("authorization").without_header("x-amz-date");
    let denied = world.denied(&nobody).await;
    assert_eq!(denied.xml("EncodedAuthorizationMessage"), None);
}

#[tokio::test]
async fn a_login_that_is_refused_is_explained_too() {
    let mut plan = Plan::new().with(|config| config["listen"]["admin"] = json!("127.0.0.1:0"));
    let trust = &mut plan.role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"];
    *trust = json!({ "StringEquals": { "claims:sub": "bob" } });
    let world = plan.start().await;
    let response = world.login_refused(&world.issuer.token("alice"), 403, "AccessDenied").await;
    let line = world.line(response.header("x-amzn-requestid").unwrap()).await;
    assert_eq!(line["denial"]["layer"], "trust");
    assert_eq!(line["denial"]["failed"]["key"], "claims:sub");
    assert_eq!(line["denial"]["failed"]["seen"], "alice");
}
