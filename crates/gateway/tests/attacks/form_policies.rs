//! What the policy of a form says, under both signatures: conditions, what AWS writes in them, and what the
//! client wants to hear ("POST policy" and "POST Object", S3 API reference).

use serde_json::{Value, json};
use testkit::clock::now;
use testkit::signed::Credentials;

use crate::form::Form;
use crate::harness::World;

type Sign = fn(Form, &Credentials) -> Form;

/// Both signatures, by name.
const SIGNATURES: [(&str, Sign); 2] =
    [("SigV4", |form, keys| form.sign(keys)), ("HMACv1", |form, keys| form.sign_hmacv1(keys))];

/// A form to `key` whose policy has just this condition on it.
fn under(key: &str, condition: Value) -> Form {
    let mut form = Form::to(key);
    form.conditions = vec![json!({ "bucket": "data" }), condition];
    form
}

#[tokio::test]
async fn a08_every_kind_of_condition_holds_under_both_signatures() {
    let (world, alice) = World::with_alice().await;
    let plain = || Form::to("alice/a");
    let typed = |value: &str, condition: Value| {
        let mut form = plain().field("Content-Type", value);
        form.conditions.pop();
        form.allowing(condition)
    };
    let images = || json!(["starts-with", "$Content-Type", "image/"]);
    let sized =
        |least: u64, most: u64| plain().allowing(json!(["content-length-range", least, most]));
    let cases = [
        (under("alice/a", json!({ "key": "alice/a" })), None),
        (under("alice/a", json!(["eq", "$key", "alice/a"])), None),
        (under("alice/a", json!(["EQ", "$Key", "alice/a"])), None),
        (under("alice/a", json!(["starts-with", "$key", ""])), None),
        (under("alice/${filename}", json!(["eq", "$key", "alice/f.txt"])), None),
        (typed("image/png", json!({ "content-type": "image/png" })), None),
        (typed("image/png,image/gif", images()), None),
        (sized(7, 7), None),
        (under("alice/a", json!({ "key": "alice/b" })), Some("AccessDenied")),
        (under("alice/a", json!(["eq", "$key", "alice/"])), Some("AccessDenied")),
        (under("alice/a", json!(["starts-with", "$key", "alice/b"])), Some("AccessDenied")),
        (
            under("alice/${filename}", json!(["eq", "$key", "alice/${filename}"])),
            Some("AccessDenied"),
        ),
        (typed("image/png,text/html", images()), Some("AccessDenied")),
        (plain().allowing(json!(["starts-with", "$acl", ""])), Some("AccessDenied")),
        (plain().allowing(json!({ "bucket": "other" })), Some("AccessDenied")),
        (under("alice/a", json!(["eq", "key", "alice/a"])), Some("InvalidPolicyDocument")),
        (under("alice/a", json!(["ends-with", "$key", "a"])), Some("InvalidPolicyDocument")),
        (sized(8, 9), Some("EntityTooSmall")),
        (sized(0, 6), Some("EntityTooLarge")),
        (sized(2, 1), Some("InvalidPolicyDocument")),
    ];
    for (signature, sign) in SIGNATURES {
        for (form, refusal) in &cases {
            let form = sign(form.clone(), &alice);
            match refusal {
                None => {
                    let before = world.store.requests().len();
                    let response = form.post(&world).await;
                    assert_eq!(response.status, 204, "{signature} {:?}", form.conditions);
                    assert_eq!(world.since(before).len(), 1);
                }
                Some(code) => {
                    let status = if *code == "AccessDenied" { 403 } else { 400 };
                    form.refused(&world, status, code).await;
                }
            }
        }
        // A policy that was signed, and changed: one more condition, and one less.
        let good = sign(plain().allowing(json!(["content-length-range", 0, 1])), &alice);
        let mut changed = good.clone();
        let wider = plain().policy();
        for (name, value) in &mut changed.fields {
            if name == "policy" {
                wider.clone_into(value);
            }
        }
        changed.refused(&world, 403, "SignatureDoesNotMatch").await;
    }
}

/// The first example of AWS's page with its comma, and its escapes: a dollar sign in a value is one however it
/// is written.
#[tokio::test]
async fn a08_policies_are_read_as_aws_writes_them() {
    let (world, alice) = World::with_alice().await;
    let until = sigv4::Timestamp::from_unix(now() + 600).rfc3339();
    for (signature, sign) in SIGNATURES {
        for (key, written, passes) in [
            ("alice/$5", r"alice/\$5", true),
            ("alice/$5", r"alice/\u00245", true),
            ("alice/$5", "alice/$5", true),
            ("alice/\u{b}", r"alice/\v", true),
            ("alice/a\\b", r"alice/a\\b", true),
            ("alice/\\$5", r"alice/\\\$5", true),
            ("alice/\\$5", r"alice/\$5", false),
            ("alice/$5", r"alice/\\\$5", false),
            ("alice/v", r"alice/\v", false),
        ] {
            let mut form = Form::to(key);
            let fields: String =
                ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token"]
                    .iter()
                    .filter(|name| signature == "SigV4" || **name == "x-amz-security-token")
                    .map(|name| format!("[\"starts-with\", \"\\${name}\", \"\"],\n"))
                    .collect();
            form.written = Some(format!(
                "{{ \"expiration\": \"{until}\",\n  \"conditions\": [\n    {{\"bucket\": \"data\" }},\n\
                 {fields}    [\"eq\", \"$key\", \"{written}\"],\n  ]\n}}"
            ));
            let form = sign(form, &alice);
            if passes {
                let response = form.post(&world).await;
                assert_eq!(response.status, 204, "{signature} {written}: {}", response.text());
                let path = format!("/data/{}", testkit::signed::encode_path(key));
                assert!(world.store.object(&path).is_some(), "{signature} {written}");
            } else {
                form.refused(&world, 403, "AccessDenied").await;
            }
        }
    }
}

/// "POST Object", `success_action_redirect` and `success_action_status`: the redirect wins, what is not one
/// counts as not there, and so does a status that is none of three.
#[tokio::test]
async fn the_client_hears_what_it_asked_for() {
    let (world, alice) = World::with_alice().await;
    let sent_on = "https://app.test/?bucket=data&key=alice%2Fa&etag=%22";
    for (signature, sign) in SIGNATURES {
        for (fields, status, location) in [
            (&[][..], 204, "http://"),
            (&[("success_action_status", "200")], 200, "http://"),
            (&[("success_action_status", "201")], 201, "http://"),
            (&[("success_action_status", "204")], 204, "http://"),
            (&[("success_action_status", "404")], 204, "http://"),
            (&[("success_action_status", "")], 204, "http://"),
            (&[("success_action_redirect", "https://app.test/")], 303, sent_on),
            (&[("redirect", "https://app.test/")], 303, sent_on),
            (
                &[
                    ("success_action_redirect", "https://app.test/"),
                    ("redirect", "https://other.test/"),
                ],
                303,
                sent_on,
            ),
            (
                &[
                    ("success_action_redirect", "https://app.test/"),
                    ("success_action_status", "201"),
                ],
                303,
                sent_on,
            ),
            (&[("success_action_redirect", "javascript:alert(1)")], 204, "http://"),
            (
                &[("success_action_redirect", "/relative"), ("success_action_status", "201")],
                201,
                "http://",
            ),
        ] {
            let form = fields
                .iter()
                .fold(Form::to("alice/a"), |form, (name, value)| form.field(name, value));
            // A redirect of ours looks like one of the store's, which would be refused.
            let response = world.send_bytes_loosely(&sign(form, &alice).bytes()).await;
            assert_eq!(response.status, status, "{signature} {fields:?}: {}", response.text());
            let to = response.header("location").unwrap();
            assert!(to.starts_with(location), "{signature} {fields:?}: {to}");
            assert!(response.header("etag").is_some(), "{fields:?}");
            assert_eq!(response.xml("ETag").is_some(), status == 201, "{fields:?}");
            assert_eq!(response.body.is_empty(), status != 201, "{fields:?}");
        }
    }
}
