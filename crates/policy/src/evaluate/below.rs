//! Decisions about everything below a bucket.

use std::sync::Arc;

use super::evaluate_below;
use crate::{Context, Kind, Policy, PolicySet, Principal, Request, Value};

/// An Allow has to name all of it, and a Deny denies that may name any of it.
#[test]
fn everything_below_a_bucket() {
    let decide = |statements: &str| {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let identity = [Arc::new(Policy::load(Kind::Identity, "p", &text).unwrap())];
        let set = PolicySet { identity: &identity, ..PolicySet::default() };
        let principal = Principal::from_arn("arn:aws:iam::111122223333:user/u").unwrap();
        let context = Context::from_iter([
            ("aws:username", Value::from("logs")),
            ("claims:teams", Value::Many(vec!["logs".to_owned()])),
        ]);
        let request = Request {
            action: "s3:PutObject",
            resource: "arn:aws:s3:::logs/*",
            principal: &principal,
            context: &[&context],
        };
        evaluate_below(&set, &request).as_str()
    };
    let statement = |effect: &str, element: &str, resources: &str| {
        format!(r#"{{"Effect":"{effect}","Action":"s3:PutObject","{element}":[{resources}]}}"#)
    };
    for (resource, covers) in [
        ("*", true),
        ("arn:aws:s3:::*", true),
        ("arn:aws:s3:::logs*", true),
        ("arn:aws:s3:::logs/*", true),
        ("arn:aws:s3:::l?gs/*", true),
        ("arn:aws:s3:::*s/*", true),
        ("arn:aws:s3:::${aws:username}/*", true),
        ("arn:aws:s3:::logs/**", true),
        ("arn:aws:s3:::logs/?*", false),
        ("arn:aws:s3:::logs/?", false),
        ("arn:aws:s3:::logs/a*", false),
        ("arn:aws:s3:::logs/*a", false),
        ("arn:aws:s3:::logs", false),
        ("arn:aws:s3:::logs/", false),
        ("arn:aws:s3:::logs2/*", false),
        ("arn:aws:s3:::${aws:userid}/*", false),
        ("arn:aws:s3:::${claims:teams}/*", false),
    ] {
        let allow = statement("Allow", "Resource", &format!("\"{resource}\""));
        let expected = if covers { "allow" } else { "implicitDeny" };
        assert_eq!(decide(&allow), expected, "{resource}");
    }
    let all = statement("Allow", "Resource", "\"*\"");
    for (resource, meets) in [
        ("*", true),
        ("arn:aws:s3:::logs/*", true),
        ("arn:aws:s3:::logs/secret/*", true),
        ("arn:aws:s3:::logs/secret", true),
        ("arn:aws:s3:::*/secret/*", true),
        ("arn:aws:s3:::lo*", true),
        ("arn:aws:s3:::${claims:teams}/*", true),
        ("arn:aws:s3:::logs/${claims:teams}/*", true),
        ("arn:aws:s3:::other/${claims:teams}/*", false),
        ("arn:aws:s3:::${aws:userid}/*", false),
        ("arn:aws:s3:::lo", false),
        ("arn:aws:s3:::logs", false),
        ("arn:aws:s3:::logs2/*", false),
        ("arn:aws:s3:::other/*", false),
        ("arn:aws:s3:::other/*a", false),
        ("arn:aws:s3:::logs/?*a", true),
        ("arn:aws:s3:eu-west-1:111122223333:accesspoint/a", false),
        ("arn:aws:s3:*:*:accesspoint/a", false),
    ] {
        let deny = statement("Deny", "Resource", &format!("\"{resource}\""));
        let expected = if meets { "explicitDeny" } else { "allow" };
        assert_eq!(decide(&format!("{all},{deny}")), expected, "{resource}");
    }
    for (effect, resources, expected) in [
        ("Allow", "\"arn:aws:s3:::other/*\"", "allow"),
        ("Allow", "\"arn:aws:s3:::logs/private/*\"", "implicitDeny"),
        ("Allow", "\"arn:aws:s3:::${aws:userid}/*\"", "implicitDeny"),
        ("Allow", "\"arn:aws:s3:::${claims:teams}/*\"", "implicitDeny"),
        ("Allow", "\"arn:aws:s3:::other/*\",\"arn:aws:s3:::logs/*\"", "implicitDeny"),
        ("Deny", "\"arn:aws:s3:::logs/*\"", "allow"),
        ("Deny", "\"arn:aws:s3:::logs/public/*\"", "explicitDeny"),
        ("Deny", "\"arn:aws:s3:::other/*\"", "explicitDeny"),
    ] {
        let not = statement(effect, "NotResource", resources);
        let statements = if effect == "Deny" { format!("{all},{not}") } else { not };
        assert_eq!(decide(&statements), expected, "{effect} NotResource {resources}");
    }
}
