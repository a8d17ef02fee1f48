use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use super::*;
use crate::error::StsError;

#[derive(Deserialize)]
struct Case {
    id: String,
    valid: bool,
    expect: Value,
    params: BTreeMap<String, String>,
    body: Option<String>,
    big: Option<BTreeMap<String, usize>>,
}

impl Case {
    fn form(&self) -> String {
        if let Some(body) = &self.body {
            return body.clone();
        }
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.params {
            match self.big.as_ref().and_then(|big| big.get(name)) {
                Some(size) if value.len() != *size => form.append_pair(name, &"a".repeat(*size)),
                Some(_) | None => form.append_pair(name, value),
            };
        }
        form.finish()
    }
}

/// Of each case: parses, or fails with the code and status that AWS documents.
#[test]
fn all_parameter_cases() {
    const CASES: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../vectors/sts/sts-param-cases.jsonl"
    ));
    for line in CASES.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        match parse("", case.form().as_bytes()) {
            Ok(_) => assert!(case.valid, "{} parses", case.id),
            Err(error) => {
                assert!(!case.valid, "{}: {error}", case.id);
                let error = StsError::from(error);
                let code = error.code();
                assert_eq!(case.expect["code"], code.as_str(), "{}: {error}", case.id);
                assert_eq!(case.expect["status"], code.status(), "{}", case.id);
            }
        }
    }
    assert_eq!(CASES.lines().count(), 30);
}

/// What botocore sends for each action is understood, or named as what it is.
#[test]
fn all_actions_as_botocore_sends_them() {
    use base64::Engine as _;
    const REQUESTS: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/sts/sts-requests.jsonl"));
    for line in REQUESTS.lines() {
        let request: Value = serde_json::from_str(line).unwrap();
        let form = base64::engine::general_purpose::STANDARD
            .decode(request["body_base64"].as_str().unwrap())
            .unwrap();
        let operation = request["operation"].as_str().unwrap();
        match (operation, parse("", &form)) {
            (
                "AssumeRole"
                | "AssumeRoleWithWebIdentity"
                | "DecodeAuthorizationMessage"
                | "GetAccessKeyInfo"
                | "GetCallerIdentity"
                | "GetSessionToken",
                Ok(call),
            ) => assert_eq!(call.name(), operation),
            // Its MFA device.
            ("AssumeRole" | "GetSessionToken", Err(QueryError::Invalid(message))) => {
                assert_eq!(request["variant"], "max");
                assert!(message.starts_with("MFA"), "{message}");
            }
            // Its ProviderId and its policy without statements.
            ("AssumeRoleWithWebIdentity", Err(QueryError::Invalid(message))) => {
                assert_eq!(request["variant"], "max");
                assert!(message.starts_with("ProviderId"), "{message}");
            }
            (_, Err(QueryError::UnsupportedAction(name))) => {
                assert_eq!(name, format!("`{operation}`"));
            }
            (_, other) => panic!("{operation}: {other:?}"),
        }
    }
}

const GOOD: &str = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15\
                    &RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fdemo\
                    &RoleSessionName=alice%40example.com&WebIdentityToken=a.b.c";

fn with(more: &str) -> Result<AssumeRoleWithWebIdentity, QueryError> {
    match parse("", format!("{GOOD}{more}").as_bytes())? {
        Call::AssumeRoleWithWebIdentity(call) => Ok(*call),
        other => panic!("another call: {other:?}"),
    }
}

fn assume_role(more: &str) -> Result<AssumeRole, QueryError> {
    const GOOD: &str = "Action=AssumeRole&Version=2011-06-15\
        &RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fdemo&RoleSessionName=catalog";
    match parse("", format!("{GOOD}{more}").as_bytes())? {
        Call::AssumeRole(call) => Ok(*call),
        other => panic!("another call: {other:?}"),
    }
}

#[test]
fn the_parameters_of_assume_role() {
    let call = assume_role(
        "&ExternalId=a%2Fb%3A1&SourceIdentity=alice&Tags.member.1.Key=Team&Tags.member.1.Value=blue\
         &Tags.member.2.Key=Site&Tags.member.2.Value=&TransitiveTagKeys.member.1=team&DurationSeconds=900",
    )
    .unwrap();
    assert_eq!(call.external_id.as_deref(), Some("a/b:1"));
    assert_eq!(call.source_identity.as_deref(), Some("alice"));
    assert_eq!(call.tags.len(), 2);
    assert_eq!(call.transitive_tag_keys, ["Team"]);
    assert!(assume_role("&Tags=&TransitiveTagKeys=&PolicyArns=").unwrap().tags.is_empty());
    for wrong in [
        "&Tags.member.1.Key=a",
        "&Tags.member.2.Key=a&Tags.member.2.Value=b",
        "&Tags.member.1.Value=b",
        "&Tags.member.1.Key=aws%3Aa&Tags.member.1.Value=b",
        "&Tags.member.1.Key=a&Tags.member.1.Value=b&Tags.member.2.Key=A&Tags.member.2.Value=b",
        "&Tags=a",
        "&TransitiveTagKeys.member.1=a",
        "&ExternalId=a",
        "&ExternalId=a%20b",
        "&SourceIdentity=a",
        "&SerialNumber=arn%3Aaws%3Aiam%3A%3A111122223333%3Amfa%2Fa",
        "&TokenCode=123456",
        "&ProvidedContexts.member.1.ProviderArn=a",
        "&WebIdentityToken=abcd",
        "&DurationSeconds=43201",
    ] {
        assert!(assume_role(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_other_signed_calls() {
    let call = |rest: &str| parse("", format!("Version=2011-06-15&Action={rest}").as_bytes());
    let seconds = |rest: &str| match call(rest) {
        Ok(Call::GetSessionToken(call)) => Some(call.duration_seconds),
        _ => None,
    };
    assert_eq!(seconds("GetSessionToken"), Some(43_200));
    assert_eq!(seconds("GetSessionToken&DurationSeconds=129600"), Some(129_600));
    assert_eq!(seconds("GetSessionToken&DurationSeconds=129601"), None);
    assert_eq!(seconds("GetSessionToken&TokenCode=123456"), None);
    assert!(call("GetAccessKeyInfo&AccessKeyId=AKIAIOSFODNN7EXAMPLE").is_ok());
    assert!(call("GetAccessKeyInfo&AccessKeyId=short").is_err());
    assert!(call("GetAccessKeyInfo").is_err());
    assert!(call("DecodeAuthorizationMessage&EncodedMessage=x").is_ok());
    assert!(call("DecodeAuthorizationMessage&EncodedMessage=").is_err());
    assert!(
        call(&format!("DecodeAuthorizationMessage&EncodedMessage={}", "x".repeat(10_241))).is_err()
    );
}

fn message(query: &str) -> String {
    StsError::from(parse(query, b"").unwrap_err()).client_message().to_owned()
}

#[test]
fn parameters_are_decoded_once() {
    let call = with("&DurationSeconds=900&MinimumSessionTokenSize=4096").unwrap();
    assert_eq!(call.role_arn, "arn:aws:iam::111122223333:role/demo");
    assert_eq!(call.role_session_name, "alice@example.com");
    assert_eq!(call.web_identity_token.as_str(), "a.b.c");
    assert_eq!((call.duration_seconds, call.minimum_session_token_size), (Some(900), 4096));
    assert!(call.session_policies.is_empty());
    assert!(with("&PolicyArns=").unwrap().session_policies.is_empty());
}

#[test]
fn query_and_form_are_one_list() {
    let (action, rest) = GOOD.split_once('&').unwrap();
    assert!(parse(GOOD, b"").is_ok());
    assert!(parse(action, rest.as_bytes()).is_ok());
    assert!(matches!(parse(GOOD, GOOD.as_bytes()), Err(QueryError::Duplicate(_))));
    assert!(matches!(parse(action, GOOD.as_bytes()), Err(QueryError::Duplicate(_))));
}

/// A presigned GetCallerIdentity, as Kubernetes authenticators send it.
#[test]
fn the_names_of_a_presigned_url_belong_to_its_signature() {
    let signature = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x&X-Amz-Date=x\
                     &X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=x\
                     &X-Amz-Security-Token=x";
    let call = "Action=GetCallerIdentity&Version=2011-06-15";
    assert!(parse(&format!("{call}&{signature}"), b"").is_ok());
    assert!(parse("", format!("{call}&X-Amz-Signature=x").as_bytes()).is_err());
    assert!(parse(&format!("{call}&X-Amz-Target=x"), b"").is_err());
}

#[test]
fn nothing_that_is_sent_is_ignored() {
    for more in [
        "&Tags.member.1.Key=a",
        "&policy=%7B%7D",
        "&PolicyArns.member.1.Arn=arn:aws:iam::111122223333:policy/a",
        "&PolicyArns.member.2.arn=arn:aws:iam::111122223333:policy/a",
        "&SourceIdentity=alice",
        "&ExternalId=alice",
        "&x",
    ] {
        assert!(matches!(with(more), Err(QueryError::UnknownParameter { .. })), "{more}");
    }
    assert!(matches!(with("&Version=2011-06-15"), Err(QueryError::Duplicate(_))));
    assert!(matches!(with("&RoleAr%6e=x"), Err(QueryError::Duplicate(_))));
    let who = parse("Action=GetCallerIdentity&Version=2011-06-15&RoleArn=x", b"");
    assert!(matches!(who, Err(QueryError::UnknownParameter { .. })));
}

#[test]
fn a24_session_policies_are_read_and_kept_for_the_decision() {
    let arns = "&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3A111122223333%3Apolicy%2Fa\
                &PolicyArns.member.2.arn=arn%3Aaws%3Aiam%3A%3A111122223333%3Apolicy%2Fb";
    assert_eq!(with(arns).unwrap().session_policies.arns.len(), 2);
    let policy = "&Policy=%7B%22Statement%22%3A%7B%22Effect%22%3A%22Deny%22%2C%22Action%22%3A\
                  %22*%22%2C%22Resource%22%3A%22*%22%7D%7D";
    assert!(with(policy).unwrap().session_policies.inline.is_some());
    let twice = policy.replace("%22Action", "%22Effect%22%3A%22Allow%22%2C%22Action");
    assert!(matches!(with(&twice), Err(QueryError::MalformedPolicy { .. })));
}

#[test]
fn violations_are_told_in_the_words_of_aws() {
    let call = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15";
    assert_eq!(
        message(call),
        "3 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: \
         Member must not be null; Value null at 'roleSessionName' failed to satisfy constraint: \
         Member must not be null; Value null at 'webIdentityToken' failed to satisfy constraint: \
         Member must not be null"
    );
    assert_eq!(
        message(&format!("{GOOD}&DurationSeconds=1")),
        "1 validation error detected: Value '1' at 'durationSeconds' failed to satisfy \
         constraint: Member must have value greater than or equal to 900"
    );
    assert_eq!(
        message(&GOOD.replace("alice%40example.com", "a")),
        "1 validation error detected: Value 'a' at 'roleSessionName' failed to satisfy \
         constraint: Member must have length greater than or equal to 2"
    );
    assert_eq!(
        message(&GOOD.replace("alice%40example.com", "a%2Fb")),
        "1 validation error detected: Value 'a/b' at 'roleSessionName' failed to satisfy \
         constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
    );
    assert_eq!(
        message("Action=Foo&Version=2011-06-15"),
        "Could not find operation Foo for version 2011-06-15"
    );
    assert_eq!(
        message("Action=GetCallerIdentity&Version=2010-05-08"),
        "Could not find operation GetCallerIdentity for version 2010-05-08"
    );
    assert_eq!(
        message("Action=GetCallerIdentity"),
        "Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED"
    );
}

#[test]
fn numbers_are_decimal_integers() {
    for bad in
        ["+900", " 900", "900 ", "9e2", "0x384", "900.0", "1e3", "", "-", "99999999999", "٩٠٠"]
    {
        let encoded: String = form_urlencoded::byte_serialize(bad.as_bytes()).collect();
        let error = with(&format!("&DurationSeconds={encoded}"));
        assert!(matches!(error, Err(QueryError::Invalid(_))), "{bad}");
    }
    for (value, fits) in [("899", false), ("900", true), ("43200", true), ("43201", false)] {
        assert_eq!(with(&format!("&DurationSeconds={value}")).is_ok(), fits, "{value}");
    }
    for (value, fits) in [("0", true), ("4096", true), ("4097", false), ("-1", false)] {
        assert_eq!(with(&format!("&MinimumSessionTokenSize={value}")).is_ok(), fits, "{value}");
    }
}

#[test]
fn broken_encodings_are_refused_not_repaired() {
    for bad in ["%", "%4", "%zz", "%ff", "%C0%80", "a%2"] {
        for form in [format!("Action={bad}"), format!("{bad}=1")] {
            assert_eq!(parse("", form.as_bytes()).unwrap_err(), QueryError::Encoding, "{form}");
        }
    }
    assert_eq!(parse("", b"Action=\xff").unwrap_err(), QueryError::Encoding);
}

#[test]
fn a50_sizes_are_bounded_before_anything_is_decoded() {
    let long = "a".repeat(MAX_FORM_BYTES + 1);
    assert_eq!(parse("", long.as_bytes()).unwrap_err(), QueryError::TooLong(long.len()));
    assert_eq!(parse(&long, b"").unwrap_err(), QueryError::TooLong(long.len()));
    let many: String = (0..300).map(|index| format!("p{index}=1&")).collect();
    assert_eq!(parse("", many.as_bytes()).unwrap_err(), QueryError::TooMany);
    let echoed = message(&GOOD.replace("alice%40example.com", &"%2F".repeat(5000)));
    assert!(echoed.len() < 1000, "{echoed}");
}

#[test]
fn a51_the_token_is_in_no_debug_and_no_error() {
    let token = "secret-secret-secret";
    let form = GOOD.replace("a.b.c", token);
    let shown = format!("{:?}", parse("", form.as_bytes()).unwrap());
    assert!(!shown.contains(token) && shown.contains("redacted"), "{shown}");
    for broken in [
        form.replace("=alice%40example.com", "=/"),
        form.replace(token, &token.repeat(2000)),
        format!("{form}&x=1"),
        format!("{form}&WebIdentityToken={token}"),
    ] {
        let error = parse("", broken.as_bytes()).unwrap_err();
        let sts = StsError::from(error.clone());
        let shown = format!("{error:?} {error} {sts:?} {sts}");
        assert!(!shown.contains(token), "{shown}");
    }
}

proptest! {
    #[test]
    fn parsing_never_panics(query in "[ -~]{0,100}", form in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&query, &form);
    }

    #[test]
    fn what_a_client_encodes_is_what_is_read(name in "[A-Za-z0-9_+=,.@-]{2,64}", token in "[A-Za-z0-9._=/ -]{4,200}") {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", "AssumeRoleWithWebIdentity").append_pair("Version", VERSION)
            .append_pair("RoleArn", "arn:aws:iam::111122223333:role/demo")
            .append_pair("RoleSessionName", &name).append_pair("WebIdentityToken", &token);
        let Ok(Call::AssumeRoleWithWebIdentity(call)) = parse("", form.finish().as_bytes()) else {
            return Err(TestCaseError::fail("refused"));
        };
        prop_assert_eq!(call.role_session_name, name);
        prop_assert_eq!(call.web_identity_token.as_str(), token);
    }
}

#[test]
fn the_names_of_parameters_are_known() {
    for name in
        ["RoleArn", "webidentitytoken", "PolicyArns.member.1.arn", "Tags.member.1.Key", "Name"]
    {
        assert!(is_parameter(name), "{name}");
    }
    for name in ["", "utm_source", "Role", "Tag.member.1.Key", "x.RoleArn"] {
        assert!(!is_parameter(name), "{name}");
    }
}
