//! A25 and A60: who may log in, and documents that do not load.

use serde_json::json;
use testkit::issuer::AUDIENCE;
use testkit::signed::encode;

use crate::harness::{Plan, ROLE, allow, login_form};
use crate::policies::{deny, may};

/// A second realm of the same host and with the same keys.
fn with_second_realm(plan: Plan) -> (Plan, String) {
    let second = plan.issuer.issuer().replace("/realms/test", "/realms/test2");
    let issuer = second.clone();
    let keys = plan.issuer.jwks_uri();
    let plan = plan.with(move |config| {
        let more = json!({ "issuer": issuer, "audiences": [AUDIENCE], "jwks_uri": keys });
        config["providers"].as_array_mut().unwrap().push(more);
    });
    (plan, second)
}

#[tokio::test]
async fn a25_a_provider_is_itself_and_not_its_neighbour() {
    let (plan, second) = with_second_realm(Plan::new());
    let world = plan.start().await;
    let mut claims = world.issuer.claims("alice");
    claims["iss"] = json!(second);
    let token = world.issuer.key().token(&claims);
    world.login_refused(&token, 403, "AccessDenied").await;
    world.login("alice").await;
}

#[tokio::test]
async fn a25_realms_do_not_share_condition_keys() {
    let (mut plan, second) = with_second_realm(Plan::new());
    let first = plan.issuer.arn_part();
    let other = second.split_once("://").unwrap().1.to_owned();
    let arn = |part: &str| format!("arn:aws:iam::000000000000:oidc-provider/{part}");
    // Both may log in; only the first realm's alice may read.
    plan.role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] =
        json!({ "Federated": [arn(&first), arn(&other)] });
    plan.role["AssumeRolePolicyDocument"]["Statement"][0]
        .as_object_mut()
        .unwrap()
        .remove("Condition");
    let mut read = allow(&["s3:GetObject"], &["arn:aws:s3:::data/*"]);
    read["Condition"] = json!({ "StringEquals": { format!("{first}:sub"): "alice" } });
    let world = plan.with_policy(&[read]).start().await;
    let mut claims = world.issuer.claims("alice");
    claims["iss"] = json!(second);
    let other = world.login_with(&world.issuer.key().token(&claims)).await;
    let alice = world.login("alice").await;
    assert!(may(&world, &alice, "GET", "/data/k").await);
    assert!(!may(&world, &other, "GET", "/data/k").await);
}

#[test]
fn a25_a_trusted_provider_is_named_exactly() {
    let part = |plan: &Plan| plan.issuer.arn_part();
    for wrong in ["/", "/*", "*", "2", "/realms/test"] {
        let mut plan = Plan::new();
        let named = format!("arn:aws:iam::000000000000:oidc-provider/{}{wrong}", part(&plan));
        plan.role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] =
            json!({ "Federated": named });
        assert!(!plan.complaint().is_empty(), "{named}");
    }
    for principal in [
        json!({ "Federated": "*" }),
        json!({ "Federated": "arn:aws:iam::000000000000:oidc-provider/other.example.net" }),
        json!({ "Federated": "arn:aws:iam::111111111111:oidc-provider/elsewhere" }),
        json!({}),
    ] {
        let mut plan = Plan::new();
        plan.role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = principal.clone();
        assert!(!plan.complaint().is_empty(), "{principal}");
    }
    let mut plan = Plan::new();
    let trust = &mut plan.role["AssumeRolePolicyDocument"]["Statement"][0];
    trust["NotPrincipal"] = trust["Principal"].take();
    assert!(!plan.complaint().is_empty());
}

#[tokio::test]
async fn a25_everybody_is_no_provider() {
    for principal in [json!("*"), json!({ "AWS": "*" }), json!({ "AWS": "000000000000" })] {
        let mut plan = Plan::new();
        plan.role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = principal.clone();
        if plan.complaint().is_empty() {
            let world = plan.start().await;
            world.login_refused(&world.issuer.token("alice"), 403, "AccessDenied").await;
        }
    }
}

#[tokio::test]
async fn a25_the_trust_policy_is_asked_for_everything() {
    let mut plan = Plan::new();
    let trust = &mut plan.role["AssumeRolePolicyDocument"]["Statement"][0];
    trust["Action"] = json!("sts:AssumeRoleWithWebIdentity");
    let key = format!("{}:sub", plan.issuer.arn_part());
    let trust = &mut plan.role["AssumeRolePolicyDocument"]["Statement"][0];
    trust["Condition"] = json!({ "StringLike": { key: "al*" } });
    let world = plan.start().await;
    world.login("alice").await;
    world.login_refused(&world.issuer.token("bob"), 403, "AccessDenied").await;
    world.login_refused(&world.issuer.token("Alice"), 403, "AccessDenied").await;
    // Tags and a source identity each need their own action.
    for claims in [
        json!({ "https://aws.amazon.com/tags": { "principal_tags": { "a": ["b"] } } }),
        json!({ "https://aws.amazon.com/tags/principal_tags/a": "b" }),
        json!({ "https://aws.amazon.com/source_identity": "alice" }),
    ] {
        let token = world.issuer.token_with("alice", &claims);
        world.login_refused(&token, 403, "AccessDenied").await;
    }
    // A role that is not there is told from one that is not trusting by nobody.
    let form = login_form(&world.issuer.token("alice"), "tests");
    let absent = form.replace(&encode(ROLE.as_bytes()), &encode(format!("{ROLE}2").as_bytes()));
    let there = world.login_refused(&world.issuer.token("bob"), 403, "AccessDenied").await;
    let gone = world.sts_refused(&absent, 403, "AccessDenied").await;
    assert_eq!(there.xml("Message"), gone.xml("Message"));
}

#[test]
fn a60_members_that_stand_twice() {
    let plan = Plan::new();
    let role = plan.role.to_string();
    let twice = |from: &str, to: &str| {
        assert!(role.contains(from), "{from} in {role}");
        let error = plan.load_with(&role.replacen(from, to, 1)).err();
        let text = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(!text.is_empty(), "{to}");
    };
    assert!(plan.load_with(&role).is_ok());
    twice("\"Effect\":\"Allow\"", "\"Effect\":\"Deny\",\"Effect\":\"Allow\"");
    twice("\"Effect\":\"Allow\"", "\"Effect\":\"Allow\",\"Effect\":\"Allow\"");
    twice("\"Effect\":\"Allow\"", "\"Effect\":\"Deny\",\"\\u0045ffect\":\"Allow\"");
    twice(
        "\"MaxSessionDuration\":43200",
        "\"MaxSessionDuration\":3600,\"MaxSessionDuration\":43200",
    );
    twice("\"Policies\":", "\"Policies\":[],\"Policies\":");
    twice("\"StringEquals\":", "\"StringEquals\":{},\"StringEquals\":");
    twice("\"StringLike\":{", "\"StringLike\":{\"s3:prefix\":\"x\",");
    twice("\"StringLike\":{", "\"StringLike\":{\"S3:Prefix\":\"x\",");
    twice("\"PolicyName\":", "\"PolicyName\":\"x\",\"PolicyName\":");
    for document in [
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Effect\":\"Allow\",\
         \"Action\":\"s3:*\",\"Resource\":\"*\"}]}",
        "{\"Version\":\"2012-10-17\",\"Statement\":[],\"Statement\":[{\"Effect\":\"Allow\",\
         \"Action\":\"s3:*\",\"Resource\":\"*\"}]}",
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\
         \"Resource\":\"*\"}]}{}",
    ] {
        let plan = Plan::new().with_file("loader.json", document);
        assert!(plan.complaint().contains("loader.json"), "{document}: {}", plan.complaint());
    }
}

#[test]
fn a60_a_deny_that_could_never_hold() {
    let on = |key: &str| {
        let mut statement = deny(&["*"]);
        statement["Condition"] = json!({ "StringEquals": { key: "x" } });
        [allow(&["s3:*"], &["*"]), statement]
    };
    for key in [
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:PrincipalOrgID",
        "s3:DataAccessPointAccount",
        "claims:never-listed",
        "elsewhere.example.net:sub",
        "nonsense:key",
        "s3:unheard-of",
    ] {
        for plan in [Plan::new().with_user_policy(&on(key)), Plan::new().with_policy(&on(key))] {
            let complaint = plan.complaint().to_ascii_lowercase();
            assert!(complaint.contains(&key.to_ascii_lowercase()), "{key}: {complaint}");
        }
    }
    for key in ["aws:username", "claims:team", "s3:prefix", "AWS:PrincipalTag/any"] {
        assert_eq!(Plan::new().with_user_policy(&on(key)).complaint(), "", "{key}");
    }
}
