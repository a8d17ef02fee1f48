//! What `fakes3pp explain` says is what the gateway does.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Parser as _;
use gateway::cli::{Cli, Outcome, Surroundings};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use testkit::answer::Answer;
use testkit::signed::{Credentials, Prepared};

use crate::harness::{DATA_HOST, HOST, Plan, ROLE, request};
use crate::reloads::Followed;

/// Who sends a request, and how.
#[derive(Clone, Copy, Debug)]
enum By {
    Alice,
    AliceInUrl,
    AliceByHmacV1,
    AliceByV4a,
    Loader,
    LoaderInUrl,
    Wrong,
    Nobody,
}

#[derive(Clone, Debug)]
struct Sent {
    by: By,
    method: &'static str,
    target: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    in_host: bool,
}

const DELETE: &str =
    "<Delete><Object><Key>alice/a</Key></Object><Object><Key>bob/b</Key></Object></Delete>";
const TAGS: &str = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
const TAGS_MD5: &[(&str, &str)] = &[("content-md5", "jqzPL3CP1xqTN8blcrX3gg==")];
const DELETE_MD5: &[(&str, &str)] = &[("content-md5", "d7w1iWXlOdZcoZCr5e9ODw==")];
const TAGGED: &[(&str, &str)] = &[("x-amz-tagging", "team=blue")];
const COPY: &[(&str, &str)] = &[("x-amz-copy-source", "/data/alice/a")];
const COPY_TAGS: &[(&str, &str)] =
    &[("x-amz-copy-source", "data/bob/b"), ("x-amz-tagging-directive", "REPLACE")];

/// Where an answer has what happens to a copy whose source has tags.
const IF_TAGGED: &str = "if_source_has_tags";

/// Method, what follows the bucket, headers, body.
type Request = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

const REQUESTS: &[Request] = &[
    ("GET", "/alice/a", &[], ""),
    ("GET", "/alice/a?versionId=v1", &[], ""),
    ("HEAD", "/bob/b", &[], ""),
    ("GET", "/bob/b?response-content-type=text/plain", &[], ""),
    ("GET", "/alice/a?acl", &[], ""),
    ("GET", "/alice/a?tagging", &[], ""),
    ("PUT", "/alice/new", &[], "x"),
    ("PUT", "/alice/new", TAGGED, "x"),
    ("PUT", "/alice/new", &[("x-amz-acl", "public-read")], "x"),
    ("PUT", "/alice/copy", COPY, ""),
    ("PUT", "/alice/copy", COPY_TAGS, ""),
    ("PUT", "/alice/a?tagging", &[], TAGS),
    ("PUT", "/alice/a?tagging", TAGS_MD5, TAGS),
    ("PUT", "/alice/a?tagging", &[], "<Tagging"),
    ("DELETE", "/alice/a", &[], ""),
    ("DELETE", "/bob/b?versionId=v1", &[("x-amz-bypass-governance-retention", "true")], ""),
    ("POST", "?delete", DELETE_MD5, DELETE),
    ("POST", "/alice/up?uploads", &[], ""),
    ("GET", "?list-type=2&prefix=alice/", &[], ""),
    ("GET", "?prefix=bob/&delimiter=/", &[], ""),
    ("GET", "?versions", &[], ""),
    ("GET", "?location", &[], ""),
    ("GET", "?policy", &[], ""),
    ("PUT", "?policy", &[], "{}"),
    ("GET", "?nonsense", &[], ""),
    ("GET", "/alice/a?tagging&acl", &[], ""),
    ("GET", "/a//b/../c", &[], ""),
    (BUCKETS, "", &[], ""),
];

/// ListBuckets, which is of no bucket.
const BUCKETS: &str = "GET /";

fn sent() -> impl Strategy<Value = Sent> {
    let by = select(vec![
        By::Alice,
        By::Alice,
        By::AliceInUrl,
        By::AliceByHmacV1,
        By::AliceByV4a,
        By::Loader,
        By::LoaderInUrl,
        By::Wrong,
        By::Nobody,
    ]);
    (by, select(REQUESTS), any::<bool>()).prop_map(
        |(by, (method, target, headers, body), in_host)| Sent {
            by,
            method,
            target,
            headers,
            body,
            in_host,
        },
    )
}

fn statement() -> impl Strategy<Value = Value> {
    let actions = select(vec![
        json!("s3:*"),
        json!("s3:Get*"),
        json!(["s3:GetObject", "s3:ListBucket"]),
        json!("s3:Put*"),
        json!("s3:Delete*"),
        json!(["s3:List*", "s3:GetBucket*"]),
        json!("s3:*Tagging"),
    ]);
    let resources = select(vec![
        json!("*"),
        json!("arn:aws:s3:::data"),
        json!("arn:aws:s3:::data/*"),
        json!("arn:aws:s3:::data/alice/*"),
        json!(["arn:aws:s3:::data", "arn:aws:s3:::data/bob/*"]),
    ]);
    let conditions = select(vec![
        json!(null),
        json!(null),
        json!({ "StringLike": { "s3:prefix": "alice/*" } }),
        json!({ "StringEquals": { "s3:authType": "REST-HEADER" } }),
        json!({ "StringEquals": { "s3:RequestObjectTag/team": "blue" } }),
        json!({ "Null": { "s3:VersionId": "false" } }),
        json!({ "StringEquals": { "aws:PrincipalType": "AssumedRole" } }),
        json!({ "StringEqualsIfExists": { "s3:signatureversion": "AWS4-HMAC-SHA256" } }),
        json!({ "DateGreaterThan": { "aws:CurrentTime": "2020-01-01T00:00:00Z" } }),
    ]);
    let effect = select(vec!["Allow", "Allow", "Allow", "Deny"]);
    (effect, actions, resources, conditions, any::<(bool, bool)>()).prop_map(
        |(effect, actions, resources, condition, (not_action, not_resource))| {
            // Rarely, for nothing is left of most policies otherwise.
            let not = |name: &str, negated: bool| {
                if negated && effect == "Allow" { format!("Not{name}") } else { name.to_owned() }
            };
            let mut statement = json!({ "Effect": effect });
            statement[not("Action", not_action && not_resource)] = actions;
            statement[not("Resource", not_resource && !not_action)] = resources;
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            statement
        },
    )
}

fn policy(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// A bucket's policy: the statements with a principal, and with resources of its own.
fn bucket_policy(statements: &[Value], everybody: bool) -> String {
    let principal = if everybody { json!("*") } else { json!({ "AWS": crate::harness::ROLE }) };
    let of_bucket = |statement: &Value| {
        let mut statement = statement.clone();
        statement.as_object_mut().unwrap().remove("NotResource");
        statement["Resource"] = json!(["arn:aws:s3:::data", "arn:aws:s3:::data/*"]);
        statement["Principal"] = principal.clone();
        statement
    };
    policy(&statements.iter().map(of_bucket).collect::<Vec<_>>()).to_string()
}

fn signed(sent: &Sent, alice: &Credentials, loader: &Credentials) -> Prepared {
    let (host, target) = match sent.in_host {
        _ if sent.method == BUCKETS => (HOST, "/".to_owned()),
        true if sent.target.starts_with('?') => (DATA_HOST, format!("/{}", sent.target)),
        true => (DATA_HOST, sent.target.to_owned()),
        false => (HOST, format!("/data{}", sent.target)),
    };
    let method = if sent.method == BUCKETS { "GET" } else { sent.method };
    let prepared = request(method, &target).host(host).body(sent.body);
    let prepared = sent.headers.iter().fold(prepared, |r, (name, value)| r.header(name, value));
    match sent.by {
        By::Alice => prepared.sign(alice),
        By::AliceInUrl => prepared.presign(alice, 600),
        By::AliceByHmacV1 => prepared.sign_hmacv1(alice, if host == HOST { "" } else { "/data" }),
        By::AliceByV4a => prepared.sign_v4a(alice, "*"),
        By::Loader => prepared.sign(loader),
        By::LoaderInUrl => prepared.presign(loader, 600),
        By::Wrong => prepared.sign(&Credentials::new(&loader.access_key, "another-secret-000000")),
        By::Nobody => {
            let mut bare = prepared.sign(loader);
            bare.headers.retain(|(name, _)| {
                !name.eq_ignore_ascii_case("authorization") && !name.starts_with("x-amz-date")
            });
            bare
        }
    }
}

fn line(number: usize, sent: &Prepared) -> String {
    let (path, query) = sent.target.split_once('?').unwrap_or((&sent.target, ""));
    json!({
        "id": number, "method": sent.method, "path": path, "query": query, "headers": sent.headers,
        "body_base64": STANDARD.encode(sent.body.concat()),
    })
    .to_string()
}

fn explained(followed: &Followed, lines: &str, caller: &[&str]) -> Vec<Value> {
    let config = followed.path("fakes3pp.yaml");
    let args = ["fakes3pp", "explain", "--request", "-", "--config", config.to_str().unwrap()];
    let args = args.iter().chain(caller);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let surroundings = Surroundings {
        environment: &BTreeMap::new(),
        out: &mut out,
        err: &mut err,
        input: &mut lines.as_bytes(),
    };
    let outcome = Cli::try_parse_from(args).unwrap().command.run(surroundings).unwrap();
    assert!(matches!(outcome, Outcome::Done(_)));
    assert!(err.is_empty(), "{}", String::from_utf8_lossy(&err));
    String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What the gateway did, in the words of the explanation: decision, what was denied, and the code of
/// whatever else kept it from the store.
fn enforced(line: &Value) -> (Value, Value, Value) {
    let decision = line["decision"].clone();
    let denied = match &line["denial"] {
        Value::Null => Value::Null,
        denial => json!({ "action": denial["action"], "resource": denial["resource"] }),
    };
    // That a bucket has no policy is an answer.
    let answered = !line["store_status"].is_null() || line["error"] == "NoSuchBucketPolicy";
    let error = if denied.is_null() && !answered { line["error"].clone() } else { Value::Null };
    (decision, denied, error)
}

fn foretold(explained: &Value, copies_tags: bool) -> (Value, Value, Value) {
    let part = match explained["objects"].as_array() {
        None => explained,
        // The log has the first that was denied.
        Some(objects) => {
            objects.iter().find(|one| one["decision"] != "allow").unwrap_or(&objects[0])
        }
    };
    let part = if copies_tags { &explained[IF_TAGGED] } else { part };
    let code = explained["reject"].as_str().and_then(|text| text.split(',').next());
    (part["decision"].clone(), part["denied"].clone(), json!(code))
}

async fn compare(
    identity: &[Value],
    bucket: &[Value],
    everybody: bool,
    sent: &[Sent],
) -> Result<(), TestCaseError> {
    let mut plan = Plan::new().with_policy(identity);
    plan = plan.with(|config| config["hmac_v1_header"] = true.into());
    plan =
        plan.with_user_policy(&[json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" })]);
    if !bucket.is_empty() {
        plan = plan
            .with(|config| config["bucket_policies"] = json!("buckets"))
            .with_file("buckets/data.json", bucket_policy(bucket, everybody));
    }
    // A Deny on a key that its actions never have does not load.
    prop_assume!(plan.load().is_ok());
    let followed = Followed::start(plan, false).await;
    let alice = followed.login().await;
    let loader = followed.loader();
    let prepared: Vec<Prepared> = sent.iter().map(|sent| signed(sent, &alice, &loader)).collect();
    let lines: Vec<String> =
        prepared.iter().enumerate().map(|(number, sent)| line(number, sent)).collect();
    let of_alice = ["--role", ROLE, "--claim", "sub=alice"];
    let supposed = explained(&followed, &lines.join("\n"), &of_alice);
    let explained = explained(&followed, &lines.join("\n"), &[]);
    prop_assert_eq!((explained.len(), supposed.len()), (prepared.len(), prepared.len()));
    for ((sent, explained), supposed) in sent.iter().zip(&explained).zip(&supposed) {
        // Whoever asks for her is told what she is told; what is wrong with the bytes is not theirs to ask.
        if matches!(sent.by, By::Alice | By::AliceInUrl | By::AliceByHmacV1 | By::AliceByV4a)
            && explained["reject"].is_null()
        {
            for tags in [true, false] {
                let tags = tags && explained.get(IF_TAGGED).is_some();
                prop_assert_eq!(foretold(supposed, tags), foretold(explained, tags), "{:?}", sent);
            }
        }
    }
    let mut copies = [true, false].into_iter().cycle();
    for ((sent, prepared), explained) in sent.iter().zip(&prepared).zip(&explained) {
        // A copy is asked for before it is sent: whether its source has tags, here every other one.
        let depends = explained.get(IF_TAGGED).is_some();
        let copies_tags = depends && copies.next() == Some(true);
        if depends {
            let tags = if copies_tags { TAGS } else { "<Tagging><TagSet/></Tagging>" };
            followed.plan.store.push(Answer::ok().body(tags));
        }
        // What a store does is not foretold.
        followed.plan.store.push(Answer::status(404));
        let response = followed.send(prepared).await;
        followed.plan.store.forget_script();
        let id = response.header("x-amz-request-id").unwrap().to_owned();
        let logged: Value = serde_json::from_str(&followed.access.wait_for(&id).await).unwrap();
        prop_assert_eq!(
            foretold(explained, copies_tags),
            enforced(&logged),
            "{:?}\nexplained {}\nlogged {}",
            sent,
            explained,
            logged
        );
    }
    Ok(())
}

#[test]
fn what_is_explained_is_what_is_enforced() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner =
        TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let cases = (vec(statement(), 1..5), vec(statement(), 0..3), any::<bool>(), vec(sent(), 20));
    runner
        .run(&cases, |(identity, bucket, everybody, sent)| {
            runtime.block_on(compare(&identity, &bucket, everybody, &sent))
        })
        .unwrap();
}
