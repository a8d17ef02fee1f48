use quick_xml::events::Event;
use quick_xml::reader::Reader;
use serde_json::json;

use super::*;
use crate::error::Code;
use crate::mint::{Login, assume_role_with_web_identity as decide};
use crate::testing::{call, entropy, id_token, now, provider, ring, role_with};

/// Paths of elements with text, by a real XML parser.
fn elements(xml: &str) -> Vec<(String, String)> {
    let mut reader = Reader::from_str(xml);
    let (mut path, mut found, mut text) = (Vec::new(), Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                path.push(start.name().as_ref().to_owned());
                text.clear();
            }
            Event::Text(content) => text.push_str(&content),
            Event::GeneralRef(name) => {
                let name = format!("&{};", &*name);
                text.push_str(&quick_xml::escape::unescape(&name).unwrap());
            }
            Event::End(_) => {
                if !text.is_empty() {
                    found.push((path.join("/"), std::mem::take(&mut text)));
                }
                path.pop();
            }
            Event::Eof => return found,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_login_in_the_order_of_aws() {
    let issued = decide(Login {
        call: &call(&[]),
        token: &id_token(
            json!({"sub": "a<b&\"c\"", "https://aws.amazon.com/source_identity": "alice"}),
        ),
        provider: &provider(),
        role: Some(&role_with(json!("sts:*"), json!({}))),
        managed: crate::mint::Allowed(&|_| false),
        environment: &[],
        ring: &ring(),
        now: now(),
        entropy: entropy(1),
    })
    .unwrap();
    let xml = assume_role_with_web_identity(&issued, "c6104cbe-af31-11e0-8154-cbc7ccf896c7");
    assert!(xml.starts_with(
        "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
    ));
    let found = elements(&xml);
    let names: Vec<&str> = found.iter().map(|(path, _)| path.rsplit('/').next().unwrap()).collect();
    assert_eq!(
        names,
        [
            "SubjectFromWebIdentityToken",
            "Audience",
            "Arn",
            "AssumedRoleId",
            "SessionToken",
            "SecretAccessKey",
            "Expiration",
            "AccessKeyId",
            "SourceIdentity",
            "Provider",
            "PackedPolicySize",
            "SessionTokenUtilization",
            "SessionTokenSize",
            "RequestId",
        ]
    );
    let get = |path: &str| &found.iter().find(|(found, _)| found.ends_with(path)).unwrap().1;
    assert_eq!(get("AssumeRoleWithWebIdentityResult/SubjectFromWebIdentityToken"), "a<b&\"c\"");
    assert_eq!(get("Result/Audience"), "s3-gateway");
    assert_eq!(get("AssumedRoleUser/Arn"), "arn:aws:sts::000000000000:assumed-role/reader/alice-1");
    assert_eq!(get("Credentials/Expiration"), "2026-01-02T04:04:05Z");
    assert_eq!(get("Credentials/SecretAccessKey"), issued.secret.expose());
    assert_eq!(get("Credentials/SessionToken"), issued.token.as_str());
    assert_eq!(get("Result/Provider"), "https://kc.example.com/realms/main");
    assert_eq!(get("ResponseMetadata/RequestId"), "c6104cbe-af31-11e0-8154-cbc7ccf896c7");
}

#[test]
fn who_am_i() {
    let identity = CallerIdentity::of_user("arn:aws:iam::000000000000:user/a", "000000000000");
    let found = elements(&get_caller_identity(&identity, "id"));
    let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "GetCallerIdentityResponse/GetCallerIdentityResult/Arn",
            "GetCallerIdentityResponse/GetCallerIdentityResult/UserId",
            "GetCallerIdentityResponse/GetCallerIdentityResult/Account",
            "GetCallerIdentityResponse/ResponseMetadata/RequestId",
        ]
    );
}

#[test]
fn errors_show_the_clients_text_and_nothing_of_the_logs() {
    let refused = StsError::new(Code::ValidationError, "bad <&>\u{7}\u{0}", "the log's own words");
    let xml = error(&refused, "id-1");
    assert!(!xml.contains("log's"));
    let found = elements(&xml);
    let expected = [
        ("ErrorResponse/Error/Type", "Sender"),
        ("ErrorResponse/Error/Code", "ValidationError"),
        ("ErrorResponse/Error/Message", "bad <&>\u{fffd}\u{fffd}"),
        ("ErrorResponse/RequestId", "id-1"),
    ];
    let found: Vec<(&str, &str)> = found.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    assert_eq!(found, expected);
    let ours = elements(&error(&StsError::internal("x"), "id"));
    assert_eq!(ours[0].1, "Receiver");
}
