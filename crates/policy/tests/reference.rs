//! The evaluator agrees with a model that is too slow to use and too simple to be wrong.

#![cfg(test)]

mod model;

use std::sync::Arc;

use model::{Asked, Caller, Documents, Seen};
use policy::{
    Context, Decision, Kind, Layer, Policy, PolicySet, Principal, Reason, Request, Strictness,
    Value, evaluate, evaluate_trust,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value as Json, json};

const ROLE: &str = "arn:aws:iam::111122223333:role/app/reader";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/reader/alice";
const USER: &str = "arn:aws:iam::111122223333:user/ci";
const STRANGER: &str = "arn:aws:iam::444455556666:user/ext";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/kc.example.com/realms/main";

const ACTIONS: [&str; 9] = [
    "s3:GetObject",
    "S3:getobject",
    "s3:Get*",
    "s3:*Object",
    "s3:?etObject",
    "s3:PutObject",
    "s3:GetObjectVersion",
    "sts:*",
    "*",
];

const RESOURCES: [&str; 16] = [
    "*",
    "arn:aws:s3:::data",
    "arn:aws:s3:::data/*",
    "arn:aws:s3:::data*",
    "arn:aws:s3:::data/a?c",
    "arn:aws:s3:::d*/*b*",
    "arn:aws:s3:::data/${*}",
    "arn:aws:s3:::data/a${?}c",
    "arn:aws:s3:::data/${aws:PrincipalTag/team}*",
    "arn:aws:s3:::data/${aws:PrincipalTag/team, 'abc'}",
    "arn:aws:s3:::data/${kc.example.com/realms/main:sub}",
    "arn:aws:s3:::${aws:TagKeys}/*",
    "arn:aws:s3::111122223333:data/*",
    "arn:aws:iam::*:role/*",
    "arn:aws:s3:::data/x:*:y",
    "arn:aws:sqs:*:*:data/*",
];

const ASKED_RESOURCES: [&str; 9] = [
    "*",
    "arn:aws:s3:::data",
    "arn:aws:s3:::data/abc",
    "arn:aws:s3:::data/aéc",
    "arn:aws:s3:::data/a?c",
    "arn:aws:s3:::data/*",
    "arn:aws:s3:::data/blue\nb",
    "arn:aws:s3:::data/x:b:y",
    "arn:aws:iam::111122223333:role/app/reader",
];

const ROLES: [&str; 4] = [ROLE, ROLE, "arn:aws:iam::444455556666:role/x", "*"];

const TEXTS: [&str; 10] = [
    "blue",
    "BLUE",
    "b*e",
    "?lue",
    "",
    "*",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/team, 'b*'}",
    "x${kc.example.com/realms/main:sub}",
    "a${*}b",
];

const SEEN_TEXTS: [&str; 9] =
    ["blue", "Blue", "b*", "", "*", "xblue", "a*b", "axb", "${aws:PrincipalTag/team}"];

const ARNS: [&str; 6] = [
    "arn:aws:iam::111122223333:role/*",
    "arn:aws:iam::*:role/app/reader",
    "arn:aws:iam::${aws:PrincipalTag/team}:role/?pp/reader",
    "arn:aws:iam::111122223333:role/app/reader",
    "arn:*:*:*:*:*a*",
    "*",
];

const SEEN_ARNS: [&str; 4] = [ROLE, "arn:aws:iam::blue:role/app/reader", "arn:aws:s3:::a", "arn:x"];

/// The text keys, of which the last two have several values by definition.
const TEXT_KEYS: [&str; 5] = [
    "aws:PrincipalTag/team",
    "AWS:principaltag/TEAM",
    "kc.example.com/realms/main:sub",
    "aws:TagKeys",
    "kc.example.com/realms/main:amr",
];

fn names(pool: &'static [&'static str]) -> impl Strategy<Value = Json> {
    prop_oneof![
        3 => select(pool).prop_map(|one| json!(one)),
        2 => vec(select(pool), 1..4).prop_map(|many| json!(many)),
    ]
}

fn listed(
    name: &'static str,
    not: &'static str,
    pool: &'static [&'static str],
) -> impl Strategy<Value = (String, Json)> {
    (prop::bool::weighted(0.25), names(pool))
        .prop_map(move |(negate, names)| (if negate { not } else { name }.to_owned(), names))
}

/// `(operator, key, values)` of one type.
fn condition() -> impl Strategy<Value = (String, &'static str, Json)> {
    let text = (
        select(
            &[
                "StringEquals",
                "StringNotEquals",
                "StringEqualsIgnoreCase",
                "StringNotEqualsIgnoreCase",
                "StringLike",
                "StringNotLike",
            ][..],
        ),
        select(&TEXT_KEYS[..]),
        names(&TEXTS),
    );
    let arn = (
        select(&["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"][..]),
        Just("aws:PrincipalArn"),
        names(&ARNS),
    );
    let number = (
        select(
            &[
                "NumericEquals",
                "NumericNotEquals",
                "NumericLessThan",
                "NumericLessThanEquals",
                "NumericGreaterThan",
                "NumericGreaterThanEquals",
            ][..],
        ),
        Just("s3:max-keys"),
        names(&["9", "10", "10.0", "-1", "1.9", "1.10"]),
    );
    let date = (
        select(
            &[
                "DateEquals",
                "DateNotEquals",
                "DateLessThan",
                "DateLessThanEquals",
                "DateGreaterThan",
                "DateGreaterThanEquals",
            ][..],
        ),
        Just("aws:CurrentTime"),
        names(&["2026-01-02T03:04:05Z", "1767323045", "2026-01-02T04:04:06+01:00", "2025-12-31"]),
    );
    let flag = (Just("Bool"), Just("aws:SecureTransport"), names(&["true", "false"]));
    let bytes = (Just("BinaryEquals"), Just("example:Blob"), names(&["AAEC", "AAEC/w=="]));
    let address = (
        select(&["IpAddress", "NotIpAddress"][..]),
        Just("aws:SourceIp"),
        names(&["10.0.0.0/8", "10.1.2.3/16", "10.0.0.1", "2001:DB8::/32", "::/0", "0.0.0.0/0"]),
    );
    let set = select(&["", "", "ForAnyValue:", "ForAllValues:"][..]);
    let if_exists = select(&["", "", "IfExists"][..]);
    let typed = prop_oneof![
        6 => text, 2 => arn, 2 => number, 2 => date, 1 => flag, 1 => bytes, 2 => address
    ];
    let typed = (set, typed, if_exists).prop_map(|(set, (operator, key, values), if_exists)| {
        // A key with several values by definition does not load without a set operator.
        let many = key == "aws:TagKeys" || key.ends_with(":amr");
        let set = if many && set.is_empty() { "ForAnyValue:" } else { set };
        (format!("{set}{operator}{if_exists}"), key, values)
    });
    let null = (select(&TEXT_KEYS[..]), names(&["true", "false"]))
        .prop_map(|(key, values)| ("Null".to_owned(), key, values));
    prop_oneof![9 => typed, 1 => null]
}

fn conditions() -> impl Strategy<Value = Json> {
    vec(condition(), 1..3).prop_map(|conditions| {
        let mut block = Map::new();
        for (operator, key, values) in conditions {
            let keys = block.entry(operator).or_insert_with(|| json!({}));
            let keys = keys.as_object_mut().unwrap();
            // Two spellings of one key under one operator do not load.
            keys.retain(|known, _| !known.eq_ignore_ascii_case(key));
            keys.insert(key.to_owned(), values);
        }
        Json::Object(block)
    })
}

fn principal() -> impl Strategy<Value = Json> {
    let aws = vec(
        select(
            &[
                ROLE,
                SESSION,
                USER,
                "111122223333",
                "arn:aws:iam::111122223333:root",
                "444455556666",
                "arn:aws:sts::111122223333:assumed-role/reader/bob",
            ][..],
        ),
        1..4,
    );
    prop_oneof![
        1 => Just(json!("*")),
        1 => Just(json!({"AWS": "*"})),
        4 => aws.prop_map(|names| json!({ "AWS": names })),
    ]
}

fn statement(kind: Kind) -> BoxedStrategy<Json> {
    let effect = select(&["Allow", "Allow", "Allow", "Deny"][..]);
    let principal = match kind {
        Kind::Bucket { .. } => (prop::bool::weighted(0.2), principal())
            .prop_map(|(not, names)| Some((not, names)))
            .boxed(),
        Kind::Trust => prop_oneof![
            2 => principal(),
            2 => Just(json!({"Federated": PROVIDER})),
            1 => Just(json!({"Federated": format!("{PROVIDER}/"), "AWS": USER})),
        ]
        .prop_map(|names| Some((false, names)))
        .boxed(),
        Kind::Identity | Kind::Boundary | Kind::Session => Just(None).boxed(),
    };
    let resources = kind != Kind::Trust;
    (
        effect,
        principal,
        listed("Action", "NotAction", &ACTIONS),
        listed("Resource", "NotResource", &RESOURCES),
        option::weighted(0.4, conditions()),
    )
        .prop_map(move |(effect, principal, action, resource, conditions)| {
            let mut statement = Map::new();
            statement.insert("Effect".into(), json!(effect));
            if let Some((not, names)) = principal {
                let everybody = names == json!("*") || names == json!({"AWS": "*"});
                let not = not && effect == "Deny" && !everybody;
                statement.insert(if not { "NotPrincipal" } else { "Principal" }.into(), names);
            }
            statement.insert(action.0, action.1);
            if resources {
                statement.insert(resource.0, resource.1);
            }
            if let Some(conditions) = conditions {
                statement.insert("Condition".into(), conditions);
            }
            Json::Object(statement)
        })
        .boxed()
}

fn document(kind: Kind) -> impl Strategy<Value = Json> {
    let version = select(&[Some("2012-10-17"), Some("2012-10-17"), Some("2008-10-17"), None][..]);
    (version, vec(statement(kind), 1..4)).prop_map(|(version, statements)| match version {
        Some(version) => json!({"Version": version, "Statement": statements}),
        None => json!({"Statement": statements}),
    })
}

fn seen(pool: &'static [&'static str]) -> impl Strategy<Value = Seen> {
    prop_oneof![
        6 => select(pool).prop_map(|one| Seen::One(one.to_owned())),
        3 => vec(select(pool).prop_map(str::to_owned), 0..3).prop_map(Seen::Many),
        1 => Just(Seen::Unknown),
    ]
}

fn context() -> impl Strategy<Value = Vec<(&'static str, Seen)>> {
    let pairs = (
        seen(&SEEN_TEXTS),
        seen(&SEEN_TEXTS),
        seen(&SEEN_TEXTS),
        seen(&SEEN_ARNS),
        seen(&["9", "10", "1.9", "many", "-1"]),
        seen(&["2026-01-02T03:04:05Z", "1767323045", "soon", "2026-01-02T03:04:06Z"]),
        seen(&["true", "false", "yes"]),
        seen(&["AAEC", "AAEC/w==", "?"]),
        seen(&["10.0.0.1", "10.1.9.9", "2001:db8::1", "nowhere", "192.0.2.1"]),
    )
        .prop_map(|(team, sub, keys, arn, number, date, flag, bytes, address)| {
            std::vec::Vec::from([
                ("aws:PrincipalTag/Team", team),
                ("kc.example.com/realms/main:sub", sub),
                ("aws:TagKeys", keys),
                ("aws:PrincipalArn", arn),
                ("s3:max-keys", number),
                ("aws:CurrentTime", date),
                ("aws:SecureTransport", flag),
                ("example:Blob", bytes),
                ("aws:SourceIp", address),
            ])
        });
    (pairs, subsequence((0..9).collect::<Vec<usize>>(), 0..=9)).prop_map(|(pairs, kept)| {
        pairs.into_iter().enumerate().filter(|(at, _)| kept.contains(at)).map(|(_, p)| p).collect()
    })
}

fn caller() -> impl Strategy<Value = Caller> {
    select(
        &[Caller::Session, Caller::Session, Caller::User, Caller::Stranger, Caller::Anonymous][..],
    )
}

fn asked(
    callers: impl Strategy<Value = Caller>,
    resources: &'static [&'static str],
) -> impl Strategy<Value = Asked> {
    let action = select(&["s3:GetObject", "S3:GETOBJECT", "s3:PutObject", "sts:AssumeRole"][..]);
    (callers, action, select(resources), context())
        .prop_map(|(caller, action, resource, context)| Asked { caller, action, resource, context })
}

fn bucket_kind() -> Kind {
    Kind::Bucket { bucket: "data".to_owned() }
}

fn documents() -> impl Strategy<Value = Documents> {
    (
        vec(document(Kind::Identity), 0..3),
        option::weighted(0.3, document(Kind::Boundary)),
        option::weighted(0.3, vec(document(Kind::Session), 0..3)),
        option::weighted(0.5, document(bucket_kind())),
    )
        .prop_map(|(identity, boundary, session, bucket)| Documents {
            identity,
            boundary,
            session,
            bucket,
        })
}

fn load(kind: Kind, document: &Json) -> Policy {
    Policy::load_with(kind, "policy", &document.to_string(), Strictness::Language)
        .unwrap_or_else(|errors| panic!("{errors}: {document}"))
}

fn load_all(kind: &Kind, documents: &[Json]) -> Vec<Arc<Policy>> {
    documents.iter().map(|document| Arc::new(load(kind.clone(), document))).collect()
}

fn principal_of(caller: Caller) -> Principal {
    let account = "111122223333".to_owned();
    match caller {
        Caller::Session => Principal::Session {
            session_arn: SESSION.to_owned(),
            role_arn: ROLE.to_owned(),
            account,
        },
        Caller::User => Principal::User { arn: USER.to_owned(), account },
        Caller::Stranger => {
            Principal::User { arn: STRANGER.to_owned(), account: "444455556666".to_owned() }
        }
        Caller::Federated => Principal::Federated { provider_arn: PROVIDER.to_owned() },
        Caller::Anonymous => Principal::Anonymous,
    }
}

fn context_of(asked: &Asked) -> Context {
    let value = |seen: &Seen| match seen {
        Seen::One(one) => Value::One(one.clone()),
        Seen::Many(many) => Value::Many(many.clone()),
        Seen::Unknown => Value::Unknown,
    };
    asked.context.iter().map(|(key, seen)| (*key, value(seen))).collect()
}

fn with_set<R>(documents: &Documents, then: impl FnOnce(&PolicySet<'_>) -> R) -> R {
    let identity = load_all(&Kind::Identity, &documents.identity);
    let boundary = documents.boundary.as_ref().map(|json| load(Kind::Boundary, json));
    let session = documents.session.as_ref().map(|json| load_all(&Kind::Session, json));
    let bucket = documents.bucket.as_ref().map(|json| load(bucket_kind(), json));
    then(&PolicySet {
        identity: &identity,
        boundary: boundary.as_ref(),
        session: session.as_deref(),
        bucket: bucket.as_ref(),
    })
}

/// The statement that is said to have decided did decide.
fn reasons_hold(
    documents: &Documents,
    trust: Option<&Json>,
    asked: &Asked,
    reason: &Reason,
    effect: &str,
) {
    let candidates: Vec<&Json> = match reason.layer {
        Layer::Identity => documents.identity.iter().collect(),
        Layer::Boundary => documents.boundary.iter().collect(),
        Layer::Session => documents.session.iter().flatten().collect(),
        Layer::Bucket => documents.bucket.iter().collect(),
        Layer::Trust => trust.into_iter().collect(),
    };
    let decides = |document: &&Json| {
        let statement = &document["Statement"][reason.statement];
        statement["Effect"] == *effect && model::matches(document, statement, asked).is_some()
    };
    assert!(candidates.iter().any(decides), "{reason:?} did not decide");
    for with in &reason.with {
        reasons_hold(documents, trust, asked, with, effect);
    }
}

fn check(documents: &Documents, trust: Option<&Json>, asked: &Asked) {
    let principal = principal_of(asked.caller);
    let context = context_of(asked);
    let request = Request {
        action: asked.action,
        resource: asked.resource,
        principal: &principal,
        context: &[&context],
    };
    let decision = with_set(documents, |set| match trust {
        Some(trust) => evaluate_trust(&load(Kind::Trust, trust), set, &request),
        None => evaluate(set, &request),
    });
    let expected = match trust {
        Some(trust) => model::decide_trust(trust, documents, asked),
        None => model::decide(documents, asked),
    };
    assert_eq!(decision.as_str(), expected, "{decision:?}");
    match &decision {
        Decision::Allow(reason) => reasons_hold(documents, trust, asked, reason, "Allow"),
        Decision::ExplicitDeny(reason) => reasons_hold(documents, trust, asked, reason, "Deny"),
        Decision::ImplicitDeny(_) => {}
    }
}

/// At least this many cases a property; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig { cases: asked.cases.max(4096), failure_persistence: None, ..asked }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn agrees_with_the_model(documents in documents(), asked in asked(caller(), &ASKED_RESOURCES)) {
        check(&documents, None, &asked);
    }

    #[test]
    fn agrees_with_the_model_on_single_statements(
        document in document(Kind::Identity),
        asked in asked(Just(Caller::Session), &ASKED_RESOURCES),
    ) {
        let documents = Documents { identity: std::vec::Vec::from([document]), ..Documents::default() };
        check(&documents, None, &asked);
    }

    #[test]
    fn agrees_with_the_model_on_trust(
        trust in document(Kind::Trust),
        documents in documents(),
        asked in asked(select(&[
            Caller::Session, Caller::User, Caller::Stranger, Caller::Federated, Caller::Anonymous,
        ][..]), &ROLES),
    ) {
        let documents = if asked.caller == Caller::Federated { Documents::default() } else { documents };
        check(&documents, Some(&trust), &asked);
    }

    /// A23: order decides nothing.
    #[test]
    fn a23_order_decides_nothing(
        documents in documents(),
        asked in asked(caller(), &ASKED_RESOURCES),
        turn in 0_usize..4,
    ) {
        let mut turned = documents.clone();
        for document in turned.all_mut() {
            if let Some(statements) = document["Statement"].as_array_mut() {
                let by = turn % statements.len();
                statements.rotate_left(by);
            }
        }
        let by = turn % turned.identity.len().max(1);
        turned.identity.rotate_left(by);
        assert_eq!(model::decide(&documents, &asked), model::decide(&turned, &asked));
        check(&turned, None, &asked);
    }
}
