use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::form::escapes::to_json;

fn policy(json: &str) -> Result<PostPolicy, PostPolicyError> {
    PostPolicy::parse(&STANDARD.encode(json))
}

#[test]
fn policies_are_read_strictly() {
    policy(r#"{"expiration":"2026-01-02T03:04:05.678Z","conditions":[]}"#).unwrap();
    for bad in [
        "",
        "{}",
        "[]",
        r#"{"expiration":"2026-01-02T03:04:05Z"}"#,
        r#"{"conditions":[]}"#,
        r#"{"expiration":"tomorrow","conditions":[]}"#,
        r#"{"expiration":"2026-01-02T03:04:05Z","conditions":{}}"#,
        r#"{"expiration":"2026-01-02T03:04:05Z","expiration":"2027-01-02T03:04:05Z","conditions":[]}"#,
        r#"{"expiration":"2026-01-02T03:04:05Z","conditions":[],"more":1}"#,
        r#"{"expiration":"2026-01-02T03:04:05Z","conditions":[["eq","key","x"]]}"#,
        r#"{"expiration":"2026-01-02T03:04:05Z","conditions":[["eq","$key"]]}"#,
        r#"{"expiration":"2026-01-02T03:04:05Z","conditions":[["ends-with","$key","x"]]}"#,
        r#"{"expiration":"2026-01-02T03:04:05Z","conditions":[["content-length-range",2,1]]}"#,
        r#"{"expiration":"2026-01-02T03:04:05Z","conditions":[["content-length-range",-1,1]]}"#,
        r#"{"expiration":"2026-01-02T03:04:05Z","conditions":[["content-length-range","+1",1]]}"#,
        r#"{"expiration":"2026-01-02T03:04:05Z","conditions":[{"key":["x"]}]}"#,
        r#"{"expiration":"2026-01-02T03:04:05Z","conditions":["key"]}"#,
    ] {
        assert_eq!(policy(bad).unwrap_err(), PostPolicyError::Malformed, "{bad}");
    }
    assert!(PostPolicy::parse("not base64!").is_err());
}

/// What the page "POST policy" of AWS has and JSON has not: the escapes of a dollar sign and of a vertical
/// tab, and the comma behind the last condition of its example.
#[test]
fn what_aws_writes_in_policies_is_read() {
    let key = |key: &'static str| [("key", key)];
    for (conditions, name) in [
        (r#"{"key":"\$5 \u0024{claims:sub}"}"#, "$5 ${claims:sub}"),
        (r#"["eq","$key","a\\$b"]"#, "a\\$b"),
        (r#"["eq","$key","a\\\$b"]"#, "a\\$b"),
        (r#"["starts-with","$key","\v\t\\v"]"#, "\u{b}\t\\v"),
        (r#"["starts-with","\$key","\"\$"]"#, "\"$"),
        (r#"["eq","$key","a,]b,}"],"#, "a,]b,}"),
        ("[\"eq\",\"$key\",\"k\"], \n\t", "k"),
    ] {
        meets(conditions, &key(name)).unwrap_or_else(|error| panic!("{conditions}: {error}"));
        let other = meets(conditions, &key("another")).unwrap_err();
        assert!(matches!(other, PostPolicyError::Condition { .. }), "{conditions}: {other}");
    }
    for not_read in [
        r#"{"key":"\a"}"#,
        r#"{"key":"\V"}"#,
        r#"{"key":"\\\\\x"}"#,
        r#"{"key":"k"},,"#,
        r#"["eq","$key",,"k"]"#,
        r#",{"key":"k"}"#,
        r#"{"key":"k"}\$"#,
    ] {
        assert_eq!(
            meets(not_read, &key("k")).unwrap_err(),
            PostPolicyError::Malformed,
            "{not_read}"
        );
    }
}

const ITS_BUCKET: &str = r#"{"bucket":"examplebucket"}"#;

/// Whether a form of these fields is what conditions allow, beside the one on its bucket.
fn meets(conditions: &str, fields: &[(&str, &str)]) -> Result<LengthRange, PostPolicyError> {
    let comma = if conditions.is_empty() { "" } else { "," };
    meets_alone(&format!("{ITS_BUCKET}{comma}{conditions}"), fields)
}

fn meets_alone(conditions: &str, fields: &[(&str, &str)]) -> Result<LengthRange, PostPolicyError> {
    let json = format!(r#"{{"expiration":"2026-01-02T03:04:05Z","conditions":[{conditions}]}}"#);
    let policy = STANDARD.encode(json);
    let fields = [&[("policy", policy.as_str())], fields].concat();
    let form = read(&form(&fields, b"content")).unwrap().form;
    checked(&form, &bucket(), NOW)
}

#[test]
fn every_condition_counts() {
    let key = ("key", "user/${filename}");
    let good: &[(&str, &[(&str, &str)])] = &[
        (r#"["starts-with","$key","user/"]"#, &[key]),
        (r#"{"key":"user/up load.txt"},{"bucket":"examplebucket"}"#, &[key]),
        (
            r#"["EQ","$Key","user/up load.txt"],["starts-with","$acl",""]"#,
            &[key, ("acl", "private")],
        ),
        (
            r#"["starts-with","$key",""],{"success_action_status":201}"#,
            &[key, ("success_action_status", "201")],
        ),
        (
            r#"["starts-with","$key",""],["starts-with","$Content-Type","image/"]"#,
            &[key, ("Content-Type", "image/png, image/gif")],
        ),
        (r#"["starts-with","$key",""]"#, &[key, ("x-ignore-a", "b"), ("x-amz-signature", "c")]),
    ];
    for (conditions, fields) in good {
        meets(conditions, fields).unwrap_or_else(|error| panic!("{conditions}: {error}"));
    }
    let failing: &[(&str, &[(&str, &str)])] = &[
        (r#"["starts-with","$key","user/u/"]"#, &[key]),
        (r#"{"key":"user/${filename}"}"#, &[key]),
        (r#"["starts-with","$key",""],{"bucket":"other"}"#, &[key]),
        (r#"["starts-with","$key",""],["starts-with","$acl",""]"#, &[key]),
        (r#"["starts-with","$key",""],["eq","$acl",""]"#, &[key]),
        (
            r#"["starts-with","$key",""],{"acl":"private","acl":"public-read"}"#,
            &[key, ("acl", "private")],
        ),
        (
            r#"["starts-with","$key",""],{"acl":"public-read","acl":"private"}"#,
            &[key, ("acl", "private")],
        ),
        (
            r#"["starts-with","$key",""],["starts-with","$Content-Type","image/"]"#,
            &[key, ("Content-Type", "image/png,text/html")],
        ),
    ];
    for (conditions, fields) in failing {
        assert!(
            matches!(meets(conditions, fields), Err(PostPolicyError::Condition { .. })),
            "{conditions}"
        );
    }
    for extra in ["acl", "x-amz-meta-a", "x-amz-security-token", "x-amz-date", "unknown"] {
        assert_eq!(
            meets(r#"["starts-with","$key",""]"#, &[key, (extra, "v")]).unwrap_err(),
            PostPolicyError::ExtraField(extra.to_owned())
        );
    }
    assert_eq!(meets("", &[key]).unwrap_err(), PostPolicyError::ExtraField("key".to_owned()));
    // The signer who names no bucket would have signed for each of theirs.
    assert_eq!(
        meets_alone(r#"["starts-with","$key",""]"#, &[key]).unwrap_err(),
        PostPolicyError::ExtraField("bucket".to_owned())
    );
}

#[test]
fn lengths_and_times_have_their_bounds() {
    let range = meets(
        r#"["starts-with","$key",""],["content-length-range",2,"9"],["content-length-range",1,7]"#,
        &[("key", "k")],
    )
    .unwrap();
    assert_eq!(range.check(1), Err(Exceeds::Below(2)));
    assert_eq!((range.check(2), range.check(7)), (Ok(()), Ok(())));
    assert_eq!(range.check(8), Err(Exceeds::Above(7)));
    assert_eq!(LengthRange::ANY.check(u64::MAX), Ok(()));
    let json = r#"{"expiration":"2026-01-02T03:04:05Z","conditions":[["starts-with","$key",""],{"bucket":"examplebucket"}]}"#;
    let policy = STANDARD.encode(json);
    let form = read(&form(&[("policy", &policy), ("key", "k")], b"")).unwrap().form;
    checked(&form, &bucket(), NOW).unwrap();
    assert_eq!(checked(&form, &bucket(), NOW + 1), Err(PostPolicyError::Expired));
}

proptest! {
    #[test]
    fn policies_in_plain_json_are_read_as_json(key in "[^\0]{1,40}", escaped in any::<bool>()) {
        let json = serde_json::json!([["eq", "$key", key], { "x-amz-meta-a": key }]).to_string();
        let json = if escaped { json.replace('$', r"\$") } else { json };
        let read: serde_json::Value = serde_json::from_slice(&to_json(json.as_bytes())).unwrap();
        prop_assert_eq!(read, serde_json::json!([["eq", "$key", key], { "x-amz-meta-a": key }]));
    }
}
