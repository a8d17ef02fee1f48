use std::sync::Arc;

use policy::{Kind, Policy};
use serde_json::{Value, json};

use super::*;
use crate::query::{Call, parse};
use crate::session::tests::ordinary;
use crate::testing::{ROLE, entropy, now, ring};

const USER: &str = "arn:aws:iam::000000000000:user/loader";

fn call(more: &str) -> AssumeRole {
    let form = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn={ROLE}&RoleSessionName=catalog{more}"
    );
    match parse("", form.as_bytes()).unwrap() {
        Call::AssumeRole(call) => *call,
        other => panic!("{other:?}"),
    }
}

/// A role that trusts like this, for every action.
fn trusting(principal: Value, condition: Value) -> Role {
    role(json!([{"Effect": "Allow", "Principal": principal, "Condition": condition,
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}]))
}

fn role(statements: Value) -> Role {
    let file = json!({"Arn": ROLE, "MaxSessionDuration": 43200,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": statements}});
    Role::load("role.json", &file.to_string()).unwrap()
}

fn by_user(role: &Role, policies: &[Arc<Policy>], more: &str) -> Result<Issued, StsError> {
    let principal = Principal::User { arn: USER.into(), account: "000000000000".into() };
    let context = Context::from_iter([("aws:username", "loader")]);
    assume_role(Assumption {
        call: &call(more),
        caller: Assuming {
            principal: &principal,
            policies: PolicySet { identity: policies, ..PolicySet::default() },
            context: &context,
            session: None,
            origin: Origin::User(USER.into()),
            began: None,
        },
        role: Some(role),
        managed: Allowed(&|_| false),
        environment: &[],
        ring: &ring(),
        now: now(),
        entropy: entropy(7),
    })
}

fn by_session(role: &Role, session: &Session, more: &str) -> Result<Issued, StsError> {
    let principal = session.principal();
    assume_role(Assumption {
        call: &call(more),
        caller: Assuming {
            principal: &principal,
            policies: PolicySet::default(),
            context: &session.context(&[]),
            session: Some(session),
            origin: session.origin.clone(),
            began: Some(session.began),
        },
        role: Some(role),
        managed: Allowed(&|_| false),
        environment: &[],
        ring: &ring(),
        now: now(),
        entropy: entropy(7),
    })
}

fn denied(result: Result<Issued, StsError>) -> StsError {
    let error = result.unwrap_err();
    assert_eq!(error.code(), Code::AccessDenied, "{error}");
    error
}

#[test]
fn a_user_assumes_a_role_that_names_it() {
    let role = trusting(json!({"AWS": USER}), json!({}));
    let issued = by_user(&role, &[], "&DurationSeconds=43200").unwrap();
    assert_eq!(issued.session.origin, Origin::User(USER.into()));
    assert!(!issued.session.chained);
    assert_eq!(issued.session.began, now());
    assert_eq!(issued.session.expires_at, now().plus_seconds(43_200));
    assert_eq!(issued.session.provider_arn(), None);
}

#[test]
fn a_role_that_names_the_account_needs_the_callers_own_policy() {
    let role = trusting(json!({"AWS": "000000000000"}), json!({}));
    let error = denied(by_user(&role, &[], ""));
    let expected =
        format!("User: {USER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}");
    assert_eq!(error.client_message(), expected);
    let own = format!(
        r#"{{"Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"{ROLE}"}}}}"#
    );
    let own = [Arc::new(Policy::load(Kind::Identity, "own", &own).unwrap())];
    assert!(by_user(&role, &own, "").is_ok());
    // The one action does not give the other.
    denied(by_user(&role, &own, "&Tags.member.1.Key=a&Tags.member.1.Value=b"));
}

#[test]
fn a_role_that_is_not_there_and_one_that_does_not_trust_are_one_answer() {
    let other = trusting(json!({"AWS": "arn:aws:iam::000000000000:user/other"}), json!({}));
    let refused = denied(by_user(&other, &[], ""));
    let renamed = json!({"Arn": "arn:aws:iam::000000000000:role/elsewhere",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow",
            "Principal": {"AWS": USER}, "Action": "sts:AssumeRole"}}});
    let missing = Role::load("x.json", &renamed.to_string()).unwrap();
    let absent = denied(by_user(&missing, &[], ""));
    assert_eq!(refused.client_message(), absent.client_message());
}

#[test]
fn what_the_call_says_is_there_for_the_trust_policy() {
    for (condition, more, expected) in [
        (json!({"StringEquals": {"sts:ExternalId": "x-1"}}), "&ExternalId=x-1", true),
        (json!({"StringEquals": {"sts:ExternalId": "x-1"}}), "&ExternalId=x-2", false),
        (json!({"StringEquals": {"sts:ExternalId": "x-1"}}), "", false),
        (json!({"StringEquals": {"sts:RoleSessionName": "catalog"}}), "", true),
        (json!({"StringEquals": {"aws:username": "loader"}}), "", true),
        (
            json!({"StringEquals": {"aws:RequestTag/team": "blue"}}),
            "&Tags.member.1.Key=Team&Tags.member.1.Value=blue",
            true,
        ),
        (
            json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["Team"]}}),
            "&Tags.member.1.Key=Site&Tags.member.1.Value=x",
            false,
        ),
        (json!({"StringEquals": {"sts:SourceIdentity": "alice"}}), "&SourceIdentity=alice", true),
        // Not filled by AWS either.
        (
            json!({"NumericLessThan": {"sts:DurationSeconds": "9999"}}),
            "&DurationSeconds=900",
            false,
        ),
    ] {
        let role = trusting(json!({"AWS": USER}), condition.clone());
        assert_eq!(by_user(&role, &[], more).is_ok(), expected, "{condition} {more}");
    }
}

#[test]
fn tags_and_source_identity_need_their_own_permission() {
    let role =
        role(json!([{"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "sts:AssumeRole"}]));
    assert!(by_user(&role, &[], "").is_ok());
    denied(by_user(&role, &[], "&Tags.member.1.Key=a&Tags.member.1.Value=b"));
    denied(by_user(&role, &[], "&SourceIdentity=alice"));
}

#[test]
fn a_chain_lasts_an_hour_at_most_and_hands_on_what_is_transitive() {
    let role = trusting(json!({"AWS": ROLE}), json!({}));
    let first = Session {
        tags: vec![
            Tag { key: "Team".into(), value: "blue".into() },
            Tag { key: "Site".into(), value: "north".into() },
        ],
        began: now().plus_seconds(-4000),
        ..ordinary()
    };
    let issued = by_session(&role, &first, "&Tags.member.1.Key=Job&Tags.member.1.Value=x").unwrap();
    let session = issued.session;
    assert!(session.chained);
    assert_eq!(session.began, first.began);
    assert_eq!(session.expires_at, now().plus_seconds(3600));
    let tags: Vec<_> = session.tags.iter().map(|tag| tag.key.as_str()).collect();
    assert_eq!((tags, session.transitive_tag_keys.len()), (vec!["Team", "Job"], 1));
    assert_eq!(session.source_identity.as_deref(), Some("alice"), "it stays");
    assert_eq!(session.origin.subject(), ordinary().origin.subject(), "who it was stays known");
    let long = by_session(&role, &first, "&DurationSeconds=3601").unwrap_err();
    assert!(long.client_message().contains("1 hour session limit"), "{long}");
    let twice = by_session(&role, &first, "&Tags.member.1.Key=TEAM&Tags.member.1.Value=red");
    assert_eq!(twice.unwrap_err().code(), Code::ValidationError);
    denied(by_session(&role, &first, "&SourceIdentity=bob"));
    assert!(by_session(&role, &first, "&SourceIdentity=alice").is_ok());
}

#[test]
fn an_inherited_tag_needs_permission_too() {
    let role = role(json!([{"Effect": "Allow", "Principal": {"AWS": ROLE},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"]}]));
    denied(by_session(&role, &ordinary(), ""));
    let untagged = Session { tags: vec![], transitive_tag_keys: vec![], ..ordinary() };
    assert!(by_session(&role, &untagged, "").is_ok());
}

#[test]
fn a_users_keys_say_whose_they_are() {
    let issued = get_session_token(
        GetSessionToken { duration_seconds: 900 },
        USER,
        &ring(),
        now(),
        entropy(3),
    )
    .unwrap();
    let (opened, _) = ring().open(issued.token.as_str(), &issued.access_key_id).unwrap();
    assert_eq!(opened, AnySession::User(issued.session.clone()));
    assert_eq!(issued.session.expires_at, now().plus_seconds(900));
}
