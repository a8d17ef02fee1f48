use std::sync::Arc;

use super::{authorize, authorize_trust, authorize_trust_for, evaluate, evaluate_trust, needs_key};
use crate::{
    Context, Decision, Failed, Kind, Layer, Policy, PolicySet, Principal, Request, Seen, Value,
};

pub(super) const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/reader/alice";
pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/reader";
pub(super) const PROVIDER: &str =
    "arn:aws:iam::111122223333:oidc-provider/kc.example.com/realms/main";

pub(super) fn load(kind: Kind, statements: &str) -> Policy {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#);
    Policy::load(kind, "test", &text).unwrap_or_else(|errors| panic!("{errors}"))
}

pub(super) fn identity(statements: &str) -> [Arc<Policy>; 1] {
    [Arc::new(load(Kind::Identity, statements))]
}

pub(super) fn bucket(statements: &str) -> Policy {
    load(Kind::Bucket { bucket: "data".into() }, statements)
}

pub(super) fn session() -> Principal {
    Principal::Session {
        session_arn: SESSION.into(),
        role_arn: ROLE.into(),
        account: "111122223333".into(),
    }
}

fn token() -> Principal {
    Principal::Federated { provider_arn: PROVIDER.into() }
}

/// Decides for the session by identity policies alone.
pub(super) fn decide(
    statements: &str,
    action: &str,
    resource: &str,
    context: &Context,
) -> Decision {
    let identity = identity(statements);
    let set = PolicySet { identity: &identity, ..PolicySet::default() };
    evaluate(&set, &Request { action, resource, principal: &session(), context: &[context] })
}

#[test]
fn trust_in_everybody_is_not_trust_in_a_token() {
    let trust = load(Kind::Trust, r#"{"Effect":"Allow","Principal":"*","Action":"sts:*"}"#);
    let context = Context::new();
    let ask = |principal: &Principal| {
        let request = Request {
            action: "sts:AssumeRoleWithWebIdentity",
            resource: ROLE,
            principal,
            context: &[&context],
        };
        authorize_trust(&trust, [request]).is_ok()
    };
    assert!(!ask(&token()) && !ask(&Principal::Anonymous));
    assert!(ask(&session()));
    assert!(!ask(&Principal::from_arn("arn:aws:iam::444455556666:user/ext").unwrap()));
}

#[test]
fn callers_of_another_account_need_their_own_allow() {
    let stranger = Principal::from_arn("arn:aws:iam::444455556666:user/ext").unwrap();
    let trust = load(
        Kind::Trust,
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:user/ext"},"Action":"sts:AssumeRole"}"#,
    );
    let own = identity(r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}"#);
    let context = Context::new();
    let request = Request {
        action: "sts:AssumeRole",
        resource: ROLE,
        principal: &stranger,
        context: &[&context],
    };
    let denial = authorize_trust(&trust, [request]).unwrap_err();
    let Decision::ImplicitDeny(nearest) = *denial.decision else { panic!() };
    assert_eq!((nearest.layer, nearest.failed), (Layer::Identity, Failed::NoStatement));
    let set = PolicySet { identity: &own, ..PolicySet::default() };
    let permit = authorize_trust_for(&trust, &set, [request]).unwrap();
    let [reason] = permit.reasons() else { panic!() };
    assert_eq!((reason.layer, reason.with[0].layer), (Layer::Trust, Layer::Identity));
    let decision = evaluate_trust(&trust, &set, &Request { action: "sts:TagSession", ..request });
    let Decision::ImplicitDeny(nearest) = decision else { panic!() };
    assert_eq!((nearest.layer, nearest.failed), (Layer::Trust, Failed::Action));
}

#[test]
fn every_requirement_must_be_allowed() {
    let identity = identity(
        r#"[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"},
            {"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"},
            {"Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/shut"}]"#,
    );
    let set = PolicySet { identity: &identity, ..PolicySet::default() };
    let principal = session();
    let ask = |action: &'static str, resource: &'static str| Request {
        action,
        resource,
        principal: &principal,
        context: &[],
    };
    let get = ask("s3:GetObject", "arn:aws:s3:::b/k");
    let put = ask("s3:PutObject", "arn:aws:s3:::b/k");
    let permit = authorize(&set, [get, put]).unwrap();
    let statements: Vec<_> = permit.reasons().iter().map(|reason| reason.statement).collect();
    assert_eq!(statements, [0, 1]);
    assert_eq!(permit.reasons()[0].sid.as_deref(), Some("Read"));

    let elsewhere = ask("s3:GetObject", "arn:aws:s3:::c/k");
    let shut = ask("s3:PutObject", "arn:aws:s3:::b/shut");
    let denial = authorize(&set, [get, elsewhere, put]).unwrap_err();
    assert_eq!((&*denial.action, &*denial.resource), ("s3:GetObject", "arn:aws:s3:::c/k"));
    assert_eq!(denial.decision.as_str(), "implicitDeny");
    let denial = authorize(&set, [elsewhere, get, shut]).unwrap_err();
    assert_eq!(denial.resource, "arn:aws:s3:::b/shut");
    assert_eq!(denial.decision.as_str(), "explicitDeny");
    let denial = authorize(&set, []).unwrap_err();
    let Decision::ImplicitDeny(nearest) = *denial.decision else { panic!() };
    assert_eq!(nearest.failed, Failed::NothingAsked);
}

#[test]
fn nobody_has_no_policies() {
    let open = identity(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let bucket = bucket(
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/public/*"}"#,
    );
    let set = PolicySet { identity: &open, bucket: Some(&bucket), ..PolicySet::default() };
    let get = |resource| {
        let principal = &Principal::Anonymous;
        evaluate(&set, &Request { action: "s3:GetObject", resource, principal, context: &[] })
    };
    assert_eq!(get("arn:aws:s3:::data/public/k").as_str(), "allow");
    assert_eq!(get("arn:aws:s3:::data/private/k").as_str(), "implicitDeny");
}

#[test]
fn the_nearest_allow_is_named() {
    let statements = r#"[
        {"Effect":"Allow","Action":"sqs:*","Resource":"*"},
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"},
        {"Sid":"Blue","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*",
         "Condition":{"StringLike":{"aws:PrincipalTag/Team":"blue"},"Bool":{"aws:SecureTransport":"true"}}},
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*",
         "Condition":{"StringLike":{"aws:PrincipalTag/Team":"green"}}}]"#;
    let near = |context: &Context| {
        let decision = decide(statements, "s3:GetObject", "arn:aws:s3:::b/k", context);
        let Decision::ImplicitDeny(nearest) = decision else { panic!("{decision:?}") };
        nearest
    };
    let long = "r\u{e9}d".repeat(500);
    let mut context = Context::from_iter([("aws:SecureTransport", "true")]);
    context.insert("aws:principaltag/team", &*long);
    let nearest = near(&context);
    let statement = nearest.statement.unwrap();
    assert_eq!((statement.statement, statement.sid.as_deref()), (2, Some("Blue")));
    let Failed::Condition(miss) = nearest.failed else { panic!() };
    assert_eq!((&*miss.operator, &*miss.key), ("StringLike", "aws:PrincipalTag/Team"));
    let Seen::Value(seen) = miss.seen else { panic!() };
    assert_eq!(seen.chars().count(), 256);

    let Failed::Condition(miss) = near(&Context::new()).failed else { panic!() };
    assert_eq!(miss.seen, Seen::Absent);
    context.insert("aws:PrincipalTag/Team", Value::Many(vec!["blue".into()]));
    let Failed::Condition(miss) = near(&context).failed else { panic!() };
    assert_eq!(miss.seen, Seen::Several("blue".to_owned()));
    let expected = "StringLike on aws:PrincipalTag/Team: it is the list \"blue\", into which only `ForAnyValue:` and `ForAllValues:` look";
    assert_eq!(miss.to_string(), expected);
}

#[test]
fn the_layer_without_an_allow_is_named() {
    let open = identity(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let boundary = load(Kind::Boundary, r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*"}"#);
    let set = PolicySet { identity: &open, boundary: Some(&boundary), ..PolicySet::default() };
    let principal = session();
    let request = Request {
        action: "s3:GetObject",
        resource: "arn:aws:s3:::b/k",
        principal: &principal,
        context: &[],
    };
    let Decision::ImplicitDeny(nearest) = evaluate(&set, &request) else { panic!() };
    assert_eq!((nearest.layer, nearest.failed), (Layer::Boundary, Failed::Action));
    let set = PolicySet { identity: &open, session: Some(&[]), ..PolicySet::default() };
    let Decision::ImplicitDeny(nearest) = evaluate(&set, &request) else { panic!() };
    assert_eq!((nearest.layer, nearest.failed), (Layer::Session, Failed::NoStatement));
    let bucket = bucket(
        r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"arn:aws:s3:::data/*"}"#,
    );
    let set = PolicySet { bucket: Some(&bucket), ..PolicySet::default() };
    let request = Request { resource: "arn:aws:s3:::data/k", ..request };
    let Decision::ImplicitDeny(nearest) = evaluate(&set, &request) else { panic!() };
    assert_eq!((nearest.layer, nearest.failed), (Layer::Bucket, Failed::AccountOnly));
    let set = PolicySet { identity: &open, ..PolicySet::default() };
    let request = Request { principal: &Principal::Anonymous, ..request };
    let Decision::ImplicitDeny(nearest) = evaluate(&set, &request) else { panic!() };
    assert_eq!((nearest.layer, nearest.failed), (Layer::Identity, Failed::Principal));
}

#[test]
fn a_condition_names_the_variable_that_has_not_one_value() {
    let statement = r#"{"Effect":"Allow","Action":"*","Resource":"*",
        "Condition":{"StringLike":{"s3:prefix":["x/${claims:Name}/*","${claims:team}/*"]}}}"#;
    let failed = |context: &[(&'static str, Value)]| {
        let context = context.iter().cloned().collect();
        match decide(statement, "s3:ListBucket", "arn:aws:s3:::b", &context) {
            Decision::ImplicitDeny(nearest) => nearest.failed.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let prefix = ("s3:prefix", Value::from("red/x"));
    let (name, team) = (("claims:name", Value::from("a")), ("claims:team", vec!["red".to_owned()]));
    let team = (team.0, Value::from(team.1));
    let it_is = r#"StringLike on s3:prefix: it is "red/x""#;
    let all = [prefix.clone(), name.clone(), team.clone()];
    assert_eq!(failed(&all), format!("{it_is}, and `${{claims:team}}` has not one value"));
    assert_eq!(
        failed(&[prefix.clone(), team.clone()]),
        format!("{it_is}, and `${{claims:Name}}` has not one value")
    );
    let other = ("claims:team", Value::from("blue"));
    assert_eq!(failed(&[prefix, name.clone(), other]), it_is);
    assert_eq!(failed(&[name, team]), "StringLike on s3:prefix: it is absent");
}

#[test]
fn the_first_layer_that_has_a_key_decides() {
    let identity = identity(
        r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:x":"1"}}}"#,
    );
    let set = PolicySet { identity: &identity, ..PolicySet::default() };
    let principal = session();
    let one = Context::from_iter([("aws:X", "1")]);
    let two = Context::from_iter([("aws:x", "2")]);
    let none = Context::from_iter([("aws:x", Value::Many(Vec::new()))]);
    let ask = |context: &[&Context]| {
        let resource = "arn:aws:s3:::b";
        evaluate(
            &set,
            &Request { action: "s3:ListBucket", resource, principal: &principal, context },
        )
        .is_allow()
    };
    assert!(ask(&[&one, &two]) && ask(&[&Context::new(), &one]));
    assert!(!ask(&[&two, &one]) && !ask(&[&none, &one]) && !ask(&[]));
}

#[test]
fn a_key_is_needed_where_a_statement_that_matches_names_it() {
    let identity = identity(
        r#"[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*",
             "Condition":{"StringEquals":{"s3:ExistingObjectTag/team":"blue"}}},
            {"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/${s3:ExistingObjectTag/x}"}]"#,
    );
    let set = PolicySet { identity: &identity, ..PolicySet::default() };
    let principal = session();
    let needs = |action, resource| {
        let request = Request { action, resource, principal: &principal, context: &[] };
        needs_key(&set, &request, "s3:existingObjectTag/")
    };
    assert!(needs("s3:GetObject", "arn:aws:s3:::b/k") && needs("s3:PutObject", "arn:aws:s3:::b/k"));
    assert!(!needs("s3:GetObject", "arn:aws:s3:::c/k"));
    assert!(!needs("s3:DeleteObject", "arn:aws:s3:::b/k") && !needs("s3:GetObject", "b/k"));
}

#[test]
fn actions_without_a_resource_are_asked_with_a_star() {
    let any = r#"{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}"#;
    let some = r#"{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"arn:aws:s3:::*"}"#;
    assert_eq!(decide(any, "sts:GetCallerIdentity", "*", &Context::new()).as_str(), "allow");
    assert_eq!(
        decide(some, "sts:GetCallerIdentity", "*", &Context::new()).as_str(),
        "implicitDeny"
    );
}

#[test]
fn grants_name_the_limits_that_let_them_through() {
    let open = identity(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let boundary = load(Kind::Boundary, r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
    let set = PolicySet {
        identity: &open,
        boundary: Some(&boundary),
        session: Some(&open),
        bucket: None,
    };
    let principal = session();
    let request = Request {
        action: "s3:GetObject",
        resource: "arn:aws:s3:::b/k",
        principal: &principal,
        context: &[],
    };
    let Decision::Allow(reason) = evaluate(&set, &request) else { panic!() };
    let with: Vec<Layer> = reason.with.iter().map(|reason| reason.layer).collect();
    assert_eq!((reason.layer, &*with), (Layer::Identity, &[Layer::Boundary, Layer::Session][..]));
}

#[test]
fn a_policy_in_the_wrong_place_grants_nothing() {
    let open = identity(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let shut = identity(r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#);
    let trust =
        [Arc::new(load(Kind::Trust, r#"{"Effect":"Allow","Principal":"*","Action":"sts:*"}"#))];
    let principal = session();
    let request =
        Request { action: "sts:AssumeRole", resource: ROLE, principal: &principal, context: &[] };
    let [open_policy] = &open;
    let [shut_policy] = &shut;
    let none = PolicySet::default();
    for set in [
        PolicySet { bucket: Some(open_policy), ..none },
        PolicySet { identity: &trust, ..none },
        PolicySet { identity: &open, boundary: Some(&trust[0]), ..none },
        PolicySet { identity: &open, session: Some(&trust), ..none },
    ] {
        assert_eq!(evaluate(&set, &request).as_str(), "implicitDeny");
    }
    let set = PolicySet { identity: &open, bucket: Some(shut_policy), ..none };
    assert_eq!(evaluate(&set, &request).as_str(), "explicitDeny");
    assert_eq!(evaluate_trust(open_policy, &none, &request).as_str(), "implicitDeny");
    let request = Request { principal: &Principal::Anonymous, ..request };
    assert_eq!(
        evaluate(&PolicySet { bucket: Some(open_policy), ..none }, &request).as_str(),
        "implicitDeny"
    );
    assert_eq!(evaluate_trust(open_policy, &none, &request).as_str(), "implicitDeny");
}

#[test]
fn the_first_of_equals_is_named() {
    let twice = bucket(
        r#"[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/reader"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"},
            {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/reader"},"Action":"s3:Get*","Resource":"arn:aws:s3:::data/*"}]"#,
    );
    let set = PolicySet { bucket: Some(&twice), ..PolicySet::default() };
    let principal = session();
    let request = Request {
        action: "s3:GetObject",
        resource: "arn:aws:s3:::data/k",
        principal: &principal,
        context: &[],
    };
    assert_eq!(evaluate(&set, &request).reason().unwrap().statement, 0);
    let request = Request { resource: "arn:aws:s3:::other/k", ..request };
    let Decision::ImplicitDeny(nearest) = evaluate(&set, &request) else { panic!() };
    assert_eq!((nearest.statement.unwrap().statement, nearest.failed), (0, Failed::Resource));
}

#[test]
fn conditions_that_hold_bring_an_allow_nearer() {
    let statements = r#"[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*",
         "Condition":{"StringEquals":{"aws:PrincipalTag/Team":"green"},"Bool":{"aws:SecureTransport":"false"}}},
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*",
         "Condition":{"StringEquals":{"aws:PrincipalTag/Team":"blue"},"Bool":{"aws:SecureTransport":"true"}}}]"#;
    let context =
        Context::from_iter([("aws:PrincipalTag/Team", "red"), ("aws:SecureTransport", "true")]);
    let decision = decide(statements, "s3:GetObject", "arn:aws:s3:::b/k", &context);
    let Decision::ImplicitDeny(nearest) = decision else { panic!() };
    assert_eq!(nearest.statement.unwrap().statement, 1);
}

#[test]
fn only_policies_that_could_have_allowed_come_near() {
    let open = identity(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let queues = identity(r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*"}"#);
    let boundary = |statement| load(Kind::Boundary, statement);
    let account = bucket(
        r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"arn:aws:s3:::data/*"}"#,
    );
    let principal = session();
    let request = Request {
        action: "s3:GetObject",
        resource: "arn:aws:s3:::data/k",
        principal: &principal,
        context: &[],
    };
    let near = |set: &PolicySet<'_>| {
        let Decision::ImplicitDeny(nearest) = evaluate(set, &request) else { panic!() };
        (nearest.layer, nearest.failed)
    };
    let other = boundary(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::other/*"}"#);
    let set = PolicySet { identity: &queues, boundary: Some(&other), ..PolicySet::default() };
    assert_eq!(near(&set), (Layer::Identity, Failed::Action));
    let narrow = boundary(r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*"}"#);
    let set = PolicySet {
        identity: &open,
        boundary: Some(&narrow),
        bucket: Some(&account),
        ..PolicySet::default()
    };
    assert_eq!(near(&set), (Layer::Boundary, Failed::Action));
}

#[test]
fn trust_names_each_policy_that_let_a_caller_through_once() {
    let trust = load(
        Kind::Trust,
        r#"{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sts:AssumeRole"}"#,
    );
    let own = identity(r#"{"Effect":"Allow","Action":"sts:*","Resource":"*"}"#);
    let boundary = load(Kind::Boundary, r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let set = PolicySet { identity: &own, boundary: Some(&boundary), ..PolicySet::default() };
    let stranger = Principal::from_arn("arn:aws:iam::444455556666:user/ext").unwrap();
    let request =
        Request { action: "sts:AssumeRole", resource: ROLE, principal: &stranger, context: &[] };
    let Decision::Allow(reason) = evaluate_trust(&trust, &set, &request) else { panic!() };
    let with: Vec<_> = reason.with.iter().map(|with| (with.layer, with.with.len())).collect();
    assert_eq!(with, [(Layer::Boundary, 0), (Layer::Identity, 0)]);
}

#[test]
fn a_statement_does_not_concern_what_it_excepts() {
    let identity = identity(
        r#"{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::b/*",
            "Condition":{"StringEquals":{"s3:ExistingObjectTag/team":"blue"}}}"#,
    );
    let set = PolicySet { identity: &identity, ..PolicySet::default() };
    let principal = session();
    let needs = |resource| {
        let request =
            Request { action: "s3:GetObject", resource, principal: &principal, context: &[] };
        needs_key(&set, &request, "s3:ExistingObjectTag/")
    };
    assert!(needs("arn:aws:s3:::c/k") && !needs("arn:aws:s3:::b/k"));
}

/// What a variable stands for is not known before the key is asked for: its default rules out nothing.
#[test]
fn a22_a_default_does_not_keep_a_key_from_being_asked_for() {
    let principal = session();
    for element in ["Resource", "NotResource"] {
        for value in ["${s3:ExistingObjectTag/c, 'pub'}", "${s3:ExistingObjectTag/c}"] {
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"s3:GetObject",
                "{element}":"arn:aws:s3:::b/{value}/*"}}}}"#
            );
            let identity = [Arc::new(Policy::load(Kind::Identity, "p", &text).unwrap())];
            let set = PolicySet { identity: &identity, ..PolicySet::default() };
            for key in ["pub/k", "other/k"] {
                let resource = &format!("arn:aws:s3:::b/{key}");
                let action = "s3:GetObject";
                let request = Request { action, resource, principal: &principal, context: &[] };
                assert!(needs_key(&set, &request, "s3:ExistingObjectTag/"), "{text} {key}");
                let request = Request { action: "s3:PutObject", ..request };
                assert!(!needs_key(&set, &request, "s3:ExistingObjectTag/"), "{text} {key}");
            }
        }
    }
}

#[test]
fn a_variable_without_value_is_named() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject",
        "Resource":"arn:aws:s3:::${aws:PrincipalTag/bucket, 'data'}/${claims:Name}/*"}}"#;
    let identity = [Arc::new(Policy::load(Kind::Identity, "p", text).unwrap())];
    let set = PolicySet { identity: &identity, ..PolicySet::default() };
    let principal = Principal::from_arn("arn:aws:iam::111122223333:user/u").unwrap();
    let decide = |action: &str, context: &Context| {
        let resource = "arn:aws:s3:::data/alice/k";
        evaluate(&set, &Request { action, resource, principal: &principal, context: &[context] })
    };
    let failed = |decision: Decision| match decision {
        Decision::ImplicitDeny(nearest) => {
            (nearest.statement.is_some(), nearest.failed.to_string())
        }
        other => panic!("{other:?}"),
    };
    let nobody = failed(decide("s3:GetObject", &Context::new()));
    let expected = "the resource does not match: `${claims:Name}` has not one value";
    assert_eq!(nobody, (true, expected.to_owned()));
    let bob = Context::from_iter([("claims:name".to_owned(), "bob")]);
    let other = failed(decide("s3:GetObject", &bob));
    assert_eq!(other, (true, "the resource does not match".to_owned()));
    let other = failed(decide("s3:PutObject", &bob));
    assert_eq!(other, (false, "no Allow names the action".to_owned()));
    let alice = Context::from_iter([("claims:name".to_owned(), "alice")]);
    assert!(matches!(decide("s3:GetObject", &alice), Decision::Allow(_)));
}
