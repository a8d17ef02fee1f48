use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::testing::{ISSUER, id_token, provider, provider_with};

const TAGS: &str = "https://aws.amazon.com/tags";

fn read(changes: Value) -> Result<WebIdentity, WebIdentityError> {
    WebIdentity::read(&id_token(changes), &provider())
}

fn one(text: &str) -> Option<policy::Value> {
    Some(policy::Value::One(text.to_owned()))
}

fn many(values: &[&str]) -> Option<policy::Value> {
    Some(policy::Value::Many(values.iter().map(|value| (*value).to_owned()).collect()))
}

#[test]
fn the_trust_policy_sees_the_claims_under_both_names() {
    let identity = read(json!({
        "aud": ["other", "second"], "azp": "client", "amr": ["pwd", "mfa"],
        "email": "a@example.org", "groups": ["s3-read", "staff", "s3-write"],
        "https://example.org/level": 7, "secret_claim": "x",
    }))
    .unwrap();
    let context = identity.trust_context("alice-1");
    for prefix in ["kc.example.com/realms/main", "claims"] {
        let get = |claim: &str| context.get(&format!("{prefix}:{claim}")).cloned();
        assert_eq!(get("iss"), one(ISSUER));
        assert_eq!(get("sub"), one("alice"));
        assert_eq!(get("aud"), one("second"));
        assert_eq!(get("azp"), one("client"));
        assert_eq!(get("amr"), many(&["pwd", "mfa"]));
        assert_eq!(get("email"), one("a@example.org"));
        assert_eq!(get("groups"), many(&["s3-read", "s3-write"]));
        assert_eq!(get("level"), one("7"));
        assert_eq!(get("secret_claim"), None);
        assert_eq!(get("exp"), None);
    }
    assert_eq!(context.get("sts:RoleSessionName").cloned(), one("alice-1"));
    for absent in
        ["sts:SourceIdentity", "aws:TagKeys", "sts:TransitiveTagKeys", "sts:DurationSeconds"]
    {
        assert_eq!(context.get(absent), None, "{absent}");
    }
}

#[test]
fn a_json_list_is_multivalued_whatever_its_length() {
    let identity = read(json!({"groups": ["s3-a"], "email": ["x"], "amr": "pwd"})).unwrap();
    let context = identity.trust_context("alice-1");
    assert_eq!(context.get("claims:groups").cloned(), many(&["s3-a"]));
    assert_eq!(context.get("claims:email").cloned(), many(&["x"]));
    assert_eq!(context.get("claims:amr").cloned(), many(&["pwd"]));
    let none = read(json!({"groups": ["staff"], "email": null})).unwrap();
    assert_eq!(none.trust_context("alice-1").get("claims:groups").cloned(), many(&[]));
    let single = read(json!({"groups": "staff"})).unwrap();
    assert_eq!(single.trust_context("alice-1").get("claims:groups"), None);
}

#[test]
fn a_listed_claim_that_cannot_be_compared_is_an_error() {
    for changes in [
        json!({"email": {"work": "x"}}),
        json!({"groups": ["s3-a", {"name": "s3-b"}]}),
        json!({"groups": [["s3-a"]]}),
        json!({"azp": ["a", "b"]}),
    ] {
        assert!(matches!(read(changes.clone()), Err(WebIdentityError::Shape(_))), "{changes}");
    }
    // What nobody listed may be anything.
    assert!(read(json!({"realm_access": {"roles": ["x"]}})).is_ok());
    let null = crate::testing::claims(json!({}));
    assert!(null.get("email").is_none());
}

#[test]
fn entra_overage_is_an_error_when_the_claim_is_listed() {
    let names = json!({"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://graph.example"}}});
    assert_eq!(read(names.clone()), Err(WebIdentityError::Overage("`groups`".into())));
    assert_eq!(read(json!({"hasgroups": true})), Err(WebIdentityError::Overage("`groups`".into())));
    assert!(read(json!({"hasgroups": true, "groups": ["s3-a"]})).is_ok());
    assert!(read(json!({"_claim_names": {"roles": "src1"}})).is_ok());
    let unlisted = provider_with(vec![]);
    assert!(WebIdentity::read(&id_token(names), &unlisted).is_ok());
}

#[test]
fn session_tags_in_both_spellings() {
    let nested = read(json!({TAGS: {
        "principal_tags": {"Team": ["blue"], "Cost Center": "1/2:3"}, "transitive_tag_keys": ["team"],
    }}))
    .unwrap();
    let flat = read(json!({
        format!("{TAGS}/principal_tags/Team"): "blue",
        format!("{TAGS}/principal_tags/Cost Center"): ["1/2:3"],
        format!("{TAGS}/transitive_tag_keys"): ["team"],
    }))
    .unwrap();
    assert_eq!(nested, flat);
    assert!(nested.tags_session());
    // The key in the spelling of the tag.
    assert_eq!(nested.transitive_tag_keys, ["Team"]);
    let context = nested.trust_context("alice-1");
    assert_eq!(context.get("aws:RequestTag/team").cloned(), one("blue"));
    assert_eq!(context.get("aws:RequestTag/Cost Center").cloned(), one("1/2:3"));
    assert_eq!(context.get("aws:TagKeys").cloned(), many(&["Cost Center", "Team"]));
    assert_eq!(context.get("sts:TransitiveTagKeys").cloned(), many(&["Team"]));
    let none = read(json!({TAGS: {"principal_tags": null, "transitive_tag_keys": null}})).unwrap();
    assert!(!none.tags_session());
    assert!(!read(json!({TAGS: {}})).unwrap().tags_session());
}

#[test]
fn session_tags_that_aws_refuses() {
    let tag = |key: String, value: Value| json!({TAGS: {"principal_tags": {key: value}}});
    let many: serde_json::Map<String, Value> =
        (0..51).map(|index| (format!("k{index}"), json!(["v"]))).collect();
    for changes in [
        tag("k".into(), json!(["a", "b"])),
        tag("k".into(), json!([])),
        tag("k".into(), json!([1])),
        tag("k".into(), json!(1)),
        tag("k".into(), json!({"a": "b"})),
        tag("k".into(), json!("a*")),
        tag("k".into(), json!("${aws:username}")),
        tag("k".into(), json!("a\nb")),
        tag("k".into(), json!("a\"b")),
        tag("k".into(), json!("v".repeat(257))),
        tag("k".repeat(129), json!("v")),
        tag(String::new(), json!("v")),
        tag("aws:team".into(), json!("v")),
        tag("AWS:team".into(), json!("v")),
        tag("a*".into(), json!("v")),
        tag("a?b".into(), json!("v")),
        json!({TAGS: {"principal_tags": {"Team": ["a"], "team": ["b"]}}}),
        json!({TAGS: {"principal_tags": {"Team": ["a"]}}, format!("{TAGS}/principal_tags/TEAM"): "b"}),
        json!({TAGS: {"principal_tags": ["Team"]}}),
        json!({TAGS: {"principal_tags": {"a": "b"}, "transitive_tag_keys": ["c"]}}),
        json!({TAGS: {"principal_tags": {"a": "b"}, "transitive_tag_keys": ["a", "A"]}}),
        json!({TAGS: {"principal_tags": {"a": "b"}, "transitive_tag_keys": "a"}}),
        json!({TAGS: {"principal_tags": {"a": "b"}, "transitive_tag_keys": [1]}}),
        json!({TAGS: {"principal_tags": {}, "principal_Tags": {}}}),
        json!({TAGS: {"tags": {}}}),
        json!({TAGS: "x"}),
        json!({TAGS: {"principal_tags": many}}),
        json!({format!("{TAGS}/principal_tag/x"): "v"}),
        json!({format!("{TAGS}/principal_tags"): {"x": "v"}}),
    ] {
        assert!(matches!(read(changes.clone()), Err(WebIdentityError::Tags(_))), "{changes}");
    }
}

#[test]
fn tags_may_be_in_any_script() {
    let longest = ("ключ".repeat(32), "é".repeat(256));
    let changes = json!({TAGS: {"principal_tags": {
        longest.0.clone(): [longest.1.clone()], "名前": "山田 太郎", "a.b:c/d=e+f-g@h_i": "",
    }}});
    assert_eq!(read(changes).unwrap().tags.len(), 3);
}

#[test]
fn source_identity_is_two_to_64_plain_characters() {
    let claim = "https://aws.amazon.com/source_identity";
    let identity = read(json!({claim: "alice@example.org"})).unwrap();
    assert_eq!(
        identity.trust_context("x").get("sts:SourceIdentity").cloned(),
        one("alice@example.org")
    );
    for bad in [
        json!("a"),
        json!("a".repeat(65)),
        json!("a b"),
        json!("a:b"),
        json!(""),
        json!(1),
        json!(["ab"]),
    ] {
        assert_eq!(read(json!({claim: bad})), Err(WebIdentityError::SourceIdentity), "{bad}");
    }
}

#[test]
fn a25_two_realms_of_one_host_share_no_keys() {
    let identity = read(json!({})).unwrap();
    let context = identity.trust_context("alice-1");
    for (key, _) in context.iter().filter(|(key, _)| key.starts_with("kc.")) {
        assert!(key.starts_with("kc.example.com/realms/main:"), "{key}");
    }
    let rules = |issuer: &str| ProviderRules::new(issuer, vec!["a".into()], 0, vec![]);
    let port = rules("https://kc.example.com:8443/realms/main").unwrap();
    assert_eq!(port.key_prefix(), "kc.example.com:8443/realms/main");
    assert_eq!(rules("https://login.example.com/").unwrap().key_prefix(), "login.example.com/");
    let other = rules("https://kc.example.com/realms/other").unwrap();
    assert_eq!(
        WebIdentity::read(&id_token(json!({})), &other),
        Err(WebIdentityError::OtherProvider)
    );
}

#[test]
fn an_issuer_cannot_have_keys_that_mean_something_else() {
    for issuer in [
        "https://aws",
        "https://AWS:443/x",
        "http://sts",
        "https://claims",
        "https://s3:80",
        "https://aws:PrincipalTag/team",
    ] {
        let errors = ProviderRules::new(issuer, vec!["a".into()], 0, vec![]).unwrap_err();
        assert!(matches!(errors[0], RuleError::ReservedIssuer(_)), "{issuer}");
    }
    for issuer in [
        "",
        "kc.example.com",
        "ftp://kc.example.com",
        "https://",
        "https:///x",
        "https://a b",
        "https://user@kc.example.com",
        "https://kc.example.com?x",
        "https://kc.example.com#x",
        "https://kc.example.com/${x}",
        "https://kc.example.com/*",
        &format!("https://{}", "a".repeat(255)),
    ] {
        let errors = ProviderRules::new(issuer, vec!["a".into()], 0, vec![]).unwrap_err();
        assert!(matches!(errors[0], RuleError::Issuer(_)), "{issuer}");
    }
}

#[test]
fn rules_are_checked_all_at_once() {
    let claims = vec![
        ClaimRule::new("https://example.org/groups"),
        ClaimRule::new("email").called("sub"),
        ClaimRule::new("email").called("AMR"),
        ClaimRule::new("sub").keeping(["a*"]),
        ClaimRule::new("Groups"),
        ClaimRule::new("groups"),
        ClaimRule::new("x".repeat(129)),
        ClaimRule::new(""),
    ];
    let errors = ProviderRules::new("x", vec![], 301, claims).unwrap_err();
    assert_eq!(errors.len(), 10, "{errors:#?}");
    let names = vec![ClaimRule::new("sub"), ClaimRule::new("azp"), ClaimRule::new("a.b-c/d_e")];
    let rules = ProviderRules::new(ISSUER, vec!["a".into()], 300, names).unwrap();
    let keys: Vec<&str> = rules.claim_keys().collect();
    assert_eq!(keys, ["aud", "iss", "sub", "azp", "a.b-c/d_e", "amr"]);
}

proptest! {
    /// A22: whatever a claim holds, policies see exactly that, as a value of exactly its own key.
    #[test]
    fn a22_claims_are_literal(sub in "\\PC{1,60}", email in any::<String>()) {
        let identity = read(json!({"sub": sub, "email": email})).unwrap();
        let context = identity.trust_context("alice-1");
        prop_assert_eq!(context.get("claims:sub").cloned(), one(&sub));
        prop_assert_eq!(context.get("kc.example.com/realms/main:email").cloned(), one(&email));
        prop_assert_eq!(context.len(), 9);
    }
}
