//! `docs/logs.md` has every field of the access log, and its examples and the guide's are lines of
//! it.

use gateway::audit::Record;
use gateway::denial::Denied;
use policy::{Context, Decision, Failed, PolicySet, Principal, Request, Seen, evaluate};
use serde_json::{Map, Value};
use sts::role::Role;

use super::document;
use super::markdown::{fenced, quoted, table};

/// A line with every field there is: a field that is added does not compile until it is here.
fn full() -> Record {
    let text = || Some("text".to_owned());
    Record {
        time: "2026-03-02T09:12:44Z".to_owned(),
        request_id: "5F1C0A9B3D2E4F60".to_owned(),
        service: "s3",
        client: Some([192, 0, 2, 7].into()),
        method: "PUT",
        operation: Some("PutObject"),
        bucket: text(),
        key: text(),
        copy_source: text(),
        auth: Some("REST-HEADER"),
        access_key_id: text(),
        subject: text(),
        issuer: text(),
        role: text(),
        session: text(),
        decision: Some("allow"),
        decided_by: text(),
        denial: Some(Box::new(Denied {
            action: "s3:PutObject".to_owned(),
            resource: "arn:aws:s3:::b/k".to_owned(),
            decision: "implicitDeny",
            layer: "identity",
            statement: None,
            failed: None,
        })),
        store: text(),
        credential: text(),
        store_status: Some(200),
        store_ms: Some(1),
        status: 200,
        error: text(),
        reason: text(),
        bytes_in: 1,
        bytes_out: 1,
        total_ms: 1,
        aborted: true,
    }
}

fn fields(record: &Record) -> Map<String, Value> {
    match serde_json::to_value(record).unwrap() {
        Value::Object(fields) => fields,
        other => panic!("{other}"),
    }
}

#[test]
fn logs_md_has_every_field() {
    let full = fields(&full());
    let always = fields(&Record::default());
    let rows = table(&document("docs/logs.md"), "## Fields");
    let mut documented: Vec<&str> = rows.iter().map(|row| quoted(&row[0])[0]).collect();
    documented.sort_unstable();
    let mut there: Vec<&str> = full.keys().map(String::as_str).collect();
    there.sort_unstable();
    assert_eq!(documented, there, "the table in docs/logs.md is not the fields of audit::Record");
    for row in &rows {
        let name = quoted(&row[0])[0];
        let kind = match &full[name] {
            Value::String(_) => "text",
            Value::Number(_) => "number",
            Value::Bool(_) => "true",
            Value::Object(_) => "object",
            other => panic!("{name}: {other}"),
        };
        assert_eq!(row[1], kind, "{name}");
        let when = if always.contains_key(name) { "always" } else { "" };
        assert_eq!(row[2] == "always", when == "always", "{name}: {}", row[2]);
        assert!(row[3].len() > 10, "{name} has no meaning");
    }
}

#[test]
fn lines_in_documents_are_lines_of_the_log() {
    let full = fields(&full());
    let mut lines = 0;
    for file in ["docs/logs.md", "docs/guide.md"] {
        let blocks = fenced(&document(file));
        for block in blocks.iter().filter(|block| block.mark.as_deref() == Some("log")) {
            for line in block.text.lines() {
                let Value::Object(shown) = serde_json::from_str(line).unwrap() else {
                    panic!("{file}:{}: {line}", block.line);
                };
                for (name, value) in &shown {
                    let known = full.get(name).map(std::mem::discriminant);
                    assert_eq!(known, Some(std::mem::discriminant(value)), "{file}: {name}");
                }
                for name in fields(&Record::default()).keys() {
                    assert!(shown.contains_key(name), "{file}: every line has `{name}`");
                }
                lines += 1;
            }
        }
    }
    assert!(lines > 1);
}

/// The guide explains a 403 by its line: it is what the guide's own role gives.
#[test]
fn the_403_of_the_guide_is_what_its_role_says() {
    let blocks = fenced(&document("docs/guide.md"));
    let marked =
        |mark: &'static str| blocks.iter().filter(move |block| block.mark.as_deref() == Some(mark));
    let line = marked("log").next().unwrap();
    let line: Value = serde_json::from_str(&line.text).unwrap();
    let text = |name: &str| line[name].as_str().unwrap();
    let mut roles = marked("role").map(|block| Role::load("guide", &block.text).unwrap());
    let role = roles.find(|role| role.arn().as_str() == text("role")).unwrap();
    let mut context = Context::from_iter([("claims:preferred_username", text("session"))]);
    context.insert("claims:groups", vec!["s3-research".to_owned()]);
    let principal = Principal::Session {
        session_arn: role.arn().session_arn(text("session")),
        role_arn: role.arn().as_str().to_owned(),
        account: role.arn().account().to_owned(),
    };
    let resource = format!("arn:aws:s3:::{}/{}", text("bucket"), text("key"));
    let set = PolicySet { identity: role.policies(), ..PolicySet::default() };
    let context = [&context];
    let asked = Request {
        action: "s3:PutObject",
        resource: &resource,
        principal: &principal,
        context: &context,
    };
    let decision = evaluate(&set, &asked);
    assert_eq!(decision.as_str(), text("decision"));
    let Decision::ImplicitDeny(nearest) = decision else { panic!("{decision:?}") };
    let Failed::Condition(miss) = nearest.failed else { panic!("{nearest:?}") };
    let Seen::Value(seen) = miss.seen else { panic!("{miss:?}") };
    let statement = nearest.statement.unwrap();
    let expected = format!(
        "nearest in {}: {}[{}] ({}): {} on {}: it is {seen:?}",
        nearest.layer.as_str(),
        statement.policy,
        statement.statement,
        statement.sid.unwrap(),
        miss.operator,
        miss.key,
    );
    assert_eq!(text("decided_by"), expected);
    assert_eq!(text("reason"), format!("denied `s3:PutObject` on `{resource}`"));
}
