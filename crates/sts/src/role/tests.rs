use serde_json::{Value, json};

use super::*;

const ARN: &str = "arn:aws:iam::000000000000:role/team/reader";

fn trust(federated: &str, condition: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Federated": federated},
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"], "Condition": condition,
    }]})
}

fn private_trust() -> Value {
    trust("arn:aws:iam::000000000000:oidc-provider/kc.example.com/realms/main", json!({}))
}

fn policy() -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::demo/*"},
    ]})
}

fn role(changes: Value) -> Value {
    let mut role = json!({"Arn": ARN, "AssumeRolePolicyDocument": private_trust()});
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            role.as_object_mut().unwrap().remove(name);
        } else {
            role[name] = value.clone();
        }
    }
    role
}

fn load(changes: Value) -> Result<Role, RoleErrors> {
    Role::load("reader.json", &role(changes).to_string())
}

fn errors(changes: Value) -> Vec<String> {
    load(changes).unwrap_err().errors().iter().map(ToString::to_string).collect()
}

#[test]
fn a_whole_role() {
    let role = load(json!({
        "RoleName": "reader", "Path": "/team/", "RoleId": "AROACKCEVSQ6C2EXAMPLE",
        "MaxSessionDuration": 43200, "Description": "reads",
        "Policies": [
            {"PolicyName": "read", "PolicyDocument": policy()},
            {"PolicyName": "more", "PolicyDocument": policy()},
        ],
        "PermissionsBoundary": policy(),
        "Tags": [{"Key": "Team", "Value": "blue"}],
    }))
    .unwrap();
    assert_eq!((role.arn().as_str(), role.id()), (ARN, "AROACKCEVSQ6C2EXAMPLE"));
    assert_eq!((role.max_session_duration(), role.policies().len()), (43200, 2));
    assert_eq!(role.policies()[0].name(), "reader/read");
    assert_eq!(role.boundary().unwrap().name(), "reader/PermissionsBoundary");
    assert_eq!(role.trust().name(), "reader/AssumeRolePolicyDocument");
    assert_eq!(role.tags(), [Tag { key: "Team".into(), value: "blue".into() }]);
    assert_eq!(role.description(), Some("reads"));
}

#[test]
fn the_least_role() {
    let role = load(json!({})).unwrap();
    assert_eq!((role.max_session_duration(), role.policies().len()), (3600, 0));
    assert!(role.boundary().is_none() && role.tags().is_empty());
    assert_eq!(role.id(), load(json!({})).unwrap().id());
    assert!(role.id().starts_with("AROA") && role.id().len() == 21);
}

#[test]
fn all_mistakes_at_once_with_their_paths() {
    let mut bad = policy();
    bad["Statement"][0]["Effect"] = "allow".into();
    bad["Statement"][0]["Condition"] = json!({"StringLik": {"s3:prefix": "x"}});
    let found = errors(json!({
        "Arn": "arn:aws:iam::000000000000:role/a b",
        "RoleId": "AIDA1", "MaxSessionDuration": 60, "PermisionsBoundary": policy(),
        "Policies": [
            {"PolicyName": "a", "PolicyDocument": bad},
            {"PolicyName": "a", "PolicyDocument": policy()},
            {"PolicyName": "a b"}, {}, 7,
        ],
        "Tags": [{"Key": "aws:x", "Value": ""}, {"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}],
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
        "Description": 1,
    }));
    for path in [
        "document: unknown member `PermisionsBoundary`",
        "Arn: ",
        "RoleId: ",
        "MaxSessionDuration: ",
        "Policies[0].PolicyDocument.Statement[0].Effect: ",
        "Policies[0].PolicyDocument.Statement[0].Condition",
        "Policies[1].PolicyName: `a` comes twice",
        "Policies[2].PolicyName: ",
        "Policies[2].PolicyDocument: is missing",
        "Policies[3].PolicyName: is missing",
        "Policies[4]: ",
        "Tags[0]: ",
        "Tags[2]: the key `A` comes twice",
        "AssumeRolePolicyDocument.Statement",
        "Description: ",
    ] {
        assert!(found.iter().any(|error| error.starts_with(path)), "{path}: {found:#?}");
    }
}

#[test]
fn members_have_their_form() {
    for (changes, path) in [
        (json!({"Arn": null}), "Arn: is missing"),
        (json!({"Arn": 1}), "Arn: must be a string"),
        (json!({"Arn": "arn:aws-cn:iam::000000000000:role/a"}), "Arn: the partition"),
        (json!({"Arn": format!("arn:aws:iam::000000000000:role/{}", "a".repeat(65))}), "Arn: "),
        (json!({"Arn": format!("arn:aws:iam::000000000000:role{}/a", "/b".repeat(300))}), "Arn: "),
        (json!({"AssumeRolePolicyDocument": null}), "AssumeRolePolicyDocument: is missing"),
        (json!({"AssumeRolePolicyDocument": "{}"}), "AssumeRolePolicyDocument"),
        (json!({"RoleName": "writer"}), "RoleName: must be `reader`"),
        (json!({"Path": "/"}), "Path: must be `/team/`"),
        (json!({"RoleId": "AROAabcdefghijklm"}), "RoleId: "),
        (json!({"MaxSessionDuration": 3599}), "MaxSessionDuration: "),
        (json!({"MaxSessionDuration": 43201}), "MaxSessionDuration: "),
        (json!({"MaxSessionDuration": "3600"}), "MaxSessionDuration: "),
        (json!({"MaxSessionDuration": 3600.5}), "MaxSessionDuration: "),
        (json!({"Policies": {}}), "Policies: must be a list"),
        (
            json!({"PermissionsBoundary": {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": "arn:aws:iam::000000000000:policy/a",
            }}),
            "PermissionsBoundary: must be the policy document itself",
        ),
        (json!({"PermissionsBoundary": "arn:aws:iam::aws:policy/x"}), "PermissionsBoundary: "),
        (json!({"CreateDate": "2026-01-01"}), "document: unknown member `CreateDate`"),
    ] {
        let found = errors(changes.clone());
        assert!(found.iter().any(|error| error.starts_with(path)), "{changes}: {found:?}");
    }
    for text in ["", "[]", "null", "{}{}", "{", "\u{feff}{}"] {
        assert!(Role::load("x", text).is_err(), "{text}");
    }
    let large = " ".repeat(MAX_ROLE_BYTES + 1);
    assert!(Role::load("x", &large).unwrap_err().to_string().contains("larger than"));
}

#[test]
fn a60_duplicate_members_anywhere() {
    let text =
        role(json!({"Policies": [{"PolicyName": "p", "PolicyDocument": policy()}]})).to_string();
    assert!(Role::load("x", &text).is_ok());
    for (from, to) in [
        (r#"{"Arn":"#, r#"{"Arn":"arn:aws:iam::000000000000:role/other","Arn":"#),
        (r#""PolicyName":"p""#, r#""PolicyName":"q","PolicyName":"p""#),
        (r#""Action":"s3:GetObject""#, r#""Action":"s3:*","Action":"s3:GetObject""#),
        (r#""Effect":"Allow""#, r#""Effect":"Deny","Effect":"Allow""#),
        (r#""Federated":"#, r#""Federated":"x","Federated":"#),
        (r#"{"Arn":"#, r#"{"\u0041rn":"arn:aws:iam::000000000000:role/other","Arn":"#),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert!(Role::load("x", &changed).is_err(), "{changed}");
    }
}

const GITHUB: &str = "token.actions.githubusercontent.com";

fn shared(issuer: &str, condition: Value) -> Result<Role, RoleErrors> {
    let federated = format!("arn:aws:iam::000000000000:oidc-provider/{issuer}");
    load(json!({"AssumeRolePolicyDocument": trust(&federated, condition)}))
}

#[test]
fn a63_shared_issuers_need_a_condition_on_who() {
    for (issuer, key, value) in [
        (GITHUB, "sub", "repo:acme/*"),
        ("gitlab.com", "sub", "project_path:acme/*"),
        ("app.terraform.io", "sub", "organization:acme:*"),
        ("agent.buildkite.com", "sub", "organization:acme:*"),
        ("oidc.vercel.com", "aud", "https://vercel.com/acme"),
        ("accounts.google.com", "aud", "1234.apps.googleusercontent.com"),
        ("accounts.google.com", "sub", "109876543210"),
    ] {
        for wrong in [json!({}), json!({"StringEquals": {"aws:RequestedRegion": "x"}})] {
            let error = shared(issuer, wrong.clone()).unwrap_err().to_string();
            assert!(error.contains("AssumeRolePolicyDocument.Statement[0].Condition"), "{error}");
            assert!(error.contains("serves everybody"), "{issuer} {wrong}: {error}");
        }
        for name in [format!("{issuer}:{key}"), format!("claims:{key}")] {
            let good = shared(issuer, json!({"StringLike": {name: value}}));
            assert!(good.is_ok(), "{issuer} {key}: {good:?}");
        }
    }
}

#[test]
fn a63_conditions_that_restrict_nothing_do_not_count() {
    let sub = format!("{GITHUB}:sub");
    let aud = format!("{GITHUB}:aud");
    for condition in [
        json!({"StringEquals": {aud: "sts.amazonaws.com"}}),
        json!({"StringLike": {&sub: "*"}}),
        json!({"StringLike": {&sub: "repo:*"}}),
        json!({"StringLike": {&sub: "repo:*/reader:*"}}),
        json!({"StringLike": {&sub: "re*"}}),
        json!({"StringLike": {&sub: ["repo:acme/*", "repo:*"]}}),
        json!({"StringLike": {&sub: format!("${{{GITHUB}:sub}}")}}),
        json!({"StringNotLike": {&sub: "repo:evil/*"}}),
        json!({"StringNotEquals": {&sub: "repo:evil/x"}}),
        json!({"StringLikeIfExists": {&sub: "repo:acme/*"}}),
        json!({"Null": {&sub: "false"}}),
        json!({"StringLike": {"gitlab.com:sub": "repo:acme/*"}}),
    ] {
        assert!(shared(GITHUB, condition.clone()).is_err(), "{condition}");
    }
    let everybody = json!({"StringLike": {"oauth2.sigstore.dev/auth:sub": "@*"}});
    assert!(shared("oauth2.sigstore.dev/auth", everybody).is_err());
    for condition in [
        json!({"StringEquals": {&sub: "repo:acme/reader:ref:refs/heads/main"}}),
        json!({"StringLike": {sub.to_uppercase(): ["repo:acme/*", "repo:acme-labs/*"]}}),
        json!({"StringLike": {&sub: "repository_owner:acme:*"}}),
    ] {
        assert!(shared(GITHUB, condition.clone()).is_ok(), "{condition}");
    }
}

#[test]
fn a63_by_well_known_name_in_lists_and_beside_others() {
    let google = load(json!({"AssumeRolePolicyDocument": trust("accounts.google.com", json!({}))}));
    assert!(google.unwrap_err().to_string().contains("`accounts.google.com:aud`"));
    let mut listed = private_trust();
    listed["Statement"][0]["Principal"]["Federated"] = json!([
        "arn:aws:iam::000000000000:oidc-provider/kc.example.com/realms/main",
        "arn:aws:iam::000000000000:oidc-provider/gitlab.com",
    ]);
    assert!(load(json!({"AssumeRolePolicyDocument": listed})).is_err());
    // A Deny lets nobody in, nor does a statement about tags alone; a self-hosted GitLab is private.
    let federated = format!("arn:aws:iam::000000000000:oidc-provider/{GITHUB}");
    let mut deny = trust(&federated, json!({}));
    deny["Statement"][0]["Effect"] = "Deny".into();
    assert!(load(json!({"AssumeRolePolicyDocument": deny})).is_ok());
    let mut tags = trust(&federated, json!({}));
    tags["Statement"][0]["Action"] = "sts:TagSession".into();
    assert!(load(json!({"AssumeRolePolicyDocument": tags.clone()})).is_ok());
    tags["Statement"][0]["Action"] = "sts:*".into();
    assert!(load(json!({"AssumeRolePolicyDocument": tags})).is_err());
    assert!(shared("gitlab.example.org", json!({})).is_ok());
}

/// A number keeps all its digits on the way from the file to the policy.
#[test]
fn documents_reach_the_policy_as_they_are_written() {
    let text =
        role(json!({"Policies": [{"PolicyName": "p", "PolicyDocument": policy()}]})).to_string();
    let number = "10000000000000000000000000000000000001.50";
    let condition = format!(
        r#""Condition":{{"NumericEquals":{{"s3:max-keys":{number}}}}},"Effect":"Allow","Resource":"arn:aws:s3"#
    );
    let changed = text.replacen(r#""Effect":"Allow","Resource":"arn:aws:s3"#, &condition, 1);
    assert_ne!(changed, text);
    match Role::load("x", &changed) {
        Ok(role) => assert!(role.policies()[0].text().contains(number)),
        Err(errors) => assert!(errors.to_string().contains("Numeric"), "{errors}"),
    }
}
