use crate::{Kind, Policy, Problem, Strictness};

/// The mistakes of a document, as text.
pub(super) fn mistakes(kind: Kind, strictness: Strictness, text: &str) -> Vec<String> {
    match Policy::load_with(kind, "test", text, strictness) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.errors().iter().map(ToString::to_string).collect(),
    }
}

pub(super) fn serve(kind: Kind, statement: &str) -> Vec<String> {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
    mistakes(kind, Strictness::Serve, &text)
}

pub(super) fn bucket() -> Kind {
    Kind::Bucket { bucket: "data".into() }
}

fn with(member: &str) -> Vec<String> {
    serve(
        Kind::Identity,
        &format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"*",{member}}}"#),
    )
}

fn condition(block: &str) -> Vec<String> {
    with(&format!(r#""Condition":{block}"#))
}

#[test]
fn a21_all_mistakes_at_once_with_their_paths() {
    let text = r#"{
        "Version": "2013-10-17",
        "Extra": 1,
        "Statement": [
            {"Effect": "Permit", "Action": "GetObject", "Resource": "bucket"},
            {"Effect": "Allow", "NotAction": "s3:*", "Action": "s3:*", "Resource": "*", "Condition": {
                "StringLike": {"aws:x": ["a", {}]},
                "StringSimilar": {"aws:x": "a"},
                "IpAddress": {"aws:SourceIp": "10.0.0.300"}
            }},
            {"Effect": "Deny", "Action": "s3:GetObject", "Ressource": "*"}
        ]
    }"#;
    assert_eq!(
        mistakes(Kind::Identity, Strictness::Serve, text),
        [
            "document: unknown element `Extra`",
            "Version: version `2013-10-17` is neither `2012-10-17` nor `2008-10-17`",
            "Statement[0].Effect: effect `Permit` is neither `Allow` nor `Deny`",
            "Statement[0].Action: action `GetObject` must be prefaced by a service, as `s3:GetObject`",
            "Statement[0].Resource: resource `bucket` must be an ARN or `*`",
            "Statement[1]: has both `Action` and `NotAction`",
            "Statement[1].Condition.StringLike.aws:x[1]: must be a string, a number, a boolean or a list of these",
            "Statement[1].Condition.StringSimilar: unknown condition operator `StringSimilar`",
            "Statement[1].Condition.IpAddress.aws:SourceIp: `10.0.0.300` is neither an IP address nor a range in CIDR notation",
            "Statement[2]: unknown element `Ressource`",
            "Statement[2]: has no resources",
        ]
    );
}

#[test]
fn a60_members_appear_once() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}"#;
    assert_eq!(
        mistakes(Kind::Identity, Strictness::Language, text),
        ["Statement: member `Effect` appears twice"]
    );
    assert_eq!(
        condition(r#"{"StringEquals":{"aws:x":"1","AWS:X":"2"}}"#),
        [
            "Statement.Condition.StringEquals.AWS:X: condition key `AWS:X` appears twice in different case"
        ]
    );
}

#[test]
fn elements_have_their_types() {
    for (member, expected) in [
        (r#""Sid":1"#, "Statement.Sid: must be a string"),
        (r#""Sid":"a b""#, "Statement.Sid: sid `a b` may hold only letters and digits"),
        (r#""Condition":[]"#, "Statement.Condition: must be an object"),
        (r#""Condition":{"Bool":[]}"#, "Statement.Condition.Bool: must be an object"),
        (r#""Condition":{"Bool":{}}"#, "Statement.Condition.Bool: must not be empty"),
        (
            r#""Condition":{"Bool":{"aws:x":[]}}"#,
            "Statement.Condition.Bool.aws:x: must not be empty",
        ),
        (r#""NotResource":"*""#, "Statement: has both `Resource` and `NotResource`"),
        (r#""Principal":"*""#, "Statement: `Principal` is not allowed in identity policies"),
        (r#""NotPrincipal":"*""#, "Statement: `NotPrincipal` is not allowed in identity policies"),
        (r#""effect":"Allow""#, "Statement: unknown element `effect`"),
    ] {
        assert_eq!(with(member), [expected]);
    }
    assert_eq!(with(r#""Sid":"","Condition":{}"#), [""; 0]);
}

#[test]
fn documents_have_their_shape() {
    for (text, expected) in [
        ("[]", "document: must be an object"),
        ("{}", "document: missing element `Statement`"),
        (r#"{"Statement":[]}"#, "Statement: must not be empty"),
        (r#"{"Statement":["x"]}"#, "Statement[0]: must be an object"),
        (r#"{"Statement":"x"}"#, "Statement: must be an object"),
        (
            r#"{"Version":1,"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
            "Version: must be a string",
        ),
        (
            r#"{"Id":1,"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
            "Id: must be a string",
        ),
        (
            r#"{"Statement":{"Effect":"allow","Action":"*","Resource":"*"}}"#,
            "Statement.Effect: effect `allow` must be spelt `Allow` or `Deny`",
        ),
        (r#"{"Statement":{"Action":"*","Resource":"*"}}"#, "Statement: missing element `Effect`"),
        (r#"{"Statement":{"Effect":"Allow","Resource":"*"}}"#, "Statement: has no actions"),
        (
            r#"{"Statement":{"Effect":"Allow","Action":[],"Resource":"*"}}"#,
            "Statement.Action: has no actions",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","NotResource":[]}}"#,
            "Statement.NotResource: has no resources",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":["*",1],"Resource":"*"}}"#,
            "Statement.Action[1]: must be a string",
        ),
    ] {
        assert_eq!(mistakes(Kind::Identity, Strictness::Serve, text), [expected], "{text}");
    }
}

#[test]
fn resources_are_arns_in_full() {
    let resource = |text: &str| {
        let statement = format!(r#"{{"Effect":"Allow","Action":"*","Resource":"{text}"}}"#);
        let text = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
        Policy::load(Kind::Identity, "test", &text)
            .map(|_| ())
            .map_err(|errors| errors.errors()[0].problem.clone())
    };
    let text = |text: &str| text.to_owned();
    for (resource_text, problem) in [
        ("", Problem::ResourceNotArn(text(""))),
        ("**", Problem::ResourceNotArn(text("**"))),
        ("arn:aws", Problem::ResourceService(text("arn:aws"))),
        ("arn:aws:s3*", Problem::ResourceService(text("arn:aws:s3*"))),
        ("arn:aws:s3", Problem::ResourceParts(text("arn:aws:s3"))),
        ("arn:aws:s3::bucket", Problem::ResourceParts(text("arn:aws:s3::bucket"))),
        ("arn:aws:*:::bucket", Problem::ResourceService(text("arn:aws:*:::bucket"))),
        ("foo:aws:s3:::bucket", Problem::ResourceNotArn(text("foo:aws:s3:::bucket"))),
        (
            "arn:*:s3:::bucket",
            Problem::Partition { resource: text("arn:*:s3:::bucket"), partition: text("*") },
        ),
        (
            "arn:aws:s3:eu-west-1::bucket",
            Problem::ResourceRegion {
                resource: text("arn:aws:s3:eu-west-1::bucket"),
                service: "s3",
            },
        ),
        ("arn:aws:iam::1:thing/x", Problem::IamPath(text("arn:aws:iam::1:thing/x"))),
        (
            "arn:aws:s3::${aws:PrincipalAccount}:b",
            Problem::VariableNotAllowed(text("arn:aws:s3::${aws:PrincipalAccount}:b")),
        ),
        ("arn:aws:s3:::${aws:x", Problem::MalformedVariable(text("arn:aws:s3:::${aws:x"))),
    ] {
        assert_eq!(resource(resource_text), Err(problem), "{resource_text}");
    }
    for resource_text in [
        "*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::${aws:PrincipalTag/team}",
        "arn:aws:s3:*:111122223333:accesspoint/x",
        "arn:aws:sqs:*:*:x",
        "arn:aws:iam::*:role/x",
        "arn:aws:iam::111122223333:*",
    ] {
        assert_eq!(resource(resource_text), Ok(()), "{resource_text}");
    }
}

#[test]
fn conditions_are_readable() {
    for (block, problem) in [
        (r#"{"Bool":{"aws:x":"${aws:y}"}}"#, "`${aws:y}` is neither `true` nor `false`"),
        (r#"{"NumericEquals":{"aws:x":"1e3"}}"#, "`1e3` is not a decimal number"),
        (r#"{"NumericEquals":{"aws:x":1e3}}"#, "`1e3` is not a decimal number"),
        (r#"{"BinaryEquals":{"aws:x":"?"}}"#, "`?` is not base64"),
        (
            r#"{"ArnLike":{"aws:x":"arn:aws:s3"}}"#,
            "`arn:aws:s3` is not an ARN pattern: six parts between colons, or `*`",
        ),
        (
            r#"{"StringLike":{"aws:x":"${x}"}}"#,
            "`${x}` has a malformed variable: write `${key}` or `${key, 'default'}`",
        ),
        (
            r#"{"StringEquals":{"aws:x":null}}"#,
            "must be a string, a number, a boolean or a list of these",
        ),
    ] {
        let mistakes = condition(block);
        assert!(mistakes.len() == 1 && mistakes[0].ends_with(problem), "{mistakes:?}");
    }
    for block in [
        r#"{"NumericEquals":{"aws:x":[1.30,-2,"3"]},"Bool":{"aws:y":true},"Null":{"aws:z":[false]}}"#,
        r#"{"DateLessThan":{"aws:CurrentTime":1767323045},"StringEquals":{"aws:x":[true,1.5]}}"#,
    ] {
        assert_eq!(condition(block), [""; 0]);
    }
}

#[test]
fn keys_with_several_values_need_a_set_operator() {
    let key = "Statement.Condition.StringEquals.aws:TagKeys";
    assert_eq!(
        condition(r#"{"StringEquals":{"aws:TagKeys":"a"}}"#),
        [format!(
            "{key}: condition key `aws:TagKeys` has several values and needs `ForAnyValue:` or `ForAllValues:`"
        )]
    );
    assert_eq!(condition(r#"{"StringNotLike":{"kc.example.com/realms/x:AMR":"a"}}"#).len(), 1);
    assert_eq!(condition(r#"{"Null":{"aws:TagKeys":"true"}}"#), [""; 0]);
    assert_eq!(condition(r#"{"ForAllValues:StringEquals":{"aws:TagKeys":"a"}}"#), [""; 0]);
}

#[test]
fn keys_of_issuers_are_keys_like_any_other() {
    assert_eq!(
        condition(
            r#"{"StringEquals":{"claims:sub":"a","kc.example.com/realms/main:groups":"b",
                "host:8443/realms/x:sub":"${host:8443/realms/x:sub}"}}"#
        ),
        [""; 0]
    );
    assert_eq!(
        condition(r#"{"StringEquals":{"aws:a:b":"x"}}"#),
        [
            "Statement.Condition.StringEquals.aws:a:b: condition key `aws:a:b` has more than one colon"
        ]
    );
}

#[test]
fn sids_are_unique_where_it_serves() {
    let text = r#"{"Statement":[
        {"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},
        {"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    assert_eq!(
        mistakes(Kind::Identity, Strictness::Serve, text),
        ["Statement[1].Sid: sid `a` is used twice"]
    );
    assert_eq!(mistakes(Kind::Identity, Strictness::Language, text), [""; 0]);
    let bucket_text = r#"{"Statement":{"Sid":"Access-to-specific-VPCE-only","Effect":"Deny",
        "Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::data"}}"#;
    assert_eq!(mistakes(bucket(), Strictness::Serve, bucket_text), [""; 0]);
}

#[test]
fn sizes_are_limited_without_white_space() {
    let attached = r#""Resource":"*""#;
    for (kind, limit, rest) in [
        (Kind::Identity, 10_240, attached),
        (Kind::Boundary, 6_144, attached),
        (Kind::Session, 2_048, attached),
        (Kind::Trust, 4_096, r#""Principal":"*""#),
        (bucket(), 20_480, r#""Principal":"*","Resource":"arn:aws:s3:::data""#),
    ] {
        let frame = format!(r#"{{"Statement":{{"Effect":"Allow","Action":"*",{rest},"Sid":""}}}}"#);
        let fill = "x".repeat(limit - frame.len());
        let text = frame.replace(r#""""#, &format!("\"{fill}\"\n \t"));
        assert_eq!(mistakes(kind.clone(), Strictness::Serve, &text), [""; 0]);
        let text = text.replace(&fill, &format!("{fill}x"));
        assert_eq!(
            mistakes(kind, Strictness::Serve, &text),
            [format!("document: longer than {limit} characters without white space")]
        );
    }
}

#[test]
fn versions_decide_whether_there_are_variables() {
    let text = |version: &str| {
        format!(
            r#"{{{version}"Statement":{{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${{aws:x}}","Condition":{{"StringLike":{{"aws:y":"${{aws:z}}"}}}}}}}}"#
        )
    };
    let keys = |version: &str| {
        let policy = Policy::load(Kind::Identity, "test", &text(version)).unwrap();
        policy.condition_keys().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(keys(r#""Version":"2012-10-17","#), ["aws:x", "aws:y", "aws:z"]);
    assert_eq!(keys(r#""Version":"2008-10-17","#), ["aws:y"]);
    assert_eq!(keys(""), ["aws:y"]);
    assert_eq!(
        mistakes(Kind::Identity, Strictness::Managed, &text("")),
        ["Version: must be version `2012-10-17`"]
    );
}

#[test]
fn errors_say_everything_in_one_line() {
    let errors = Policy::load(Kind::Identity, "roles/x.json", "{}").unwrap_err();
    assert_eq!(
        errors.to_string(),
        "policy `roles/x.json` does not load: document: missing element `Statement`"
    );
    assert_eq!((errors.name(), errors.errors().len()), ("roles/x.json", 1));
    assert_eq!(errors.aws_message(), "Syntax errors in policy.");
}

#[test]
fn input_in_errors_is_bounded() {
    let long = "x".repeat(5_000);
    for statement in [
        format!(r#"{{"Effect":"Allow","Action":"{long}","Resource":"*"}}"#),
        format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*","{long}":1}}"#),
        format!(
            r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"Bool":{{"{long}":1}}}}}}"#
        ),
    ] {
        for mistake in serve(Kind::Identity, &statement) {
            assert!(mistake.len() < 700, "{}", mistake.len());
        }
    }
}
