use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::*;
use crate::testing::{DOCS_SECRET, NOW, rows, secret, time};

#[derive(Deserialize)]
struct Row {
    name: String,
    #[serde(default)]
    fields: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    policy_base64: Option<String>,
    #[serde(default)]
    signature: Option<String>,
}

fn fields(row: &Row) -> FormFields<'_> {
    let field = |name: &str| row.fields.get(name).map(String::as_str);
    FormFields {
        policy: field("policy"),
        algorithm: field("x-amz-algorithm"),
        credential: field("x-amz-credential"),
        date: field("x-amz-date"),
        signature: field("x-amz-signature"),
        token: field("x-amz-security-token"),
        ..FormFields::default()
    }
}

#[test]
fn the_vectors_are_signed_as_they_say() {
    let rows: Vec<Row> = rows("sigv4/post-policy.jsonl", 6);
    let mut signed = 0;
    for row in &rows {
        if let Some(policy) = row.policy_base64.as_deref() {
            let fields = FormFields {
                policy: Some(policy),
                algorithm: Some(ALGORITHM),
                credential: Some("AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"),
                date: Some("20151229T000000Z"),
                signature: row.signature.as_deref(),
                ..FormFields::default()
            };
            let claims = present_form(&fields).unwrap().unwrap();
            let verified =
                verify_form(claims, &secret(DOCS_SECRET), time("20151229T000000Z")).unwrap();
            assert_eq!(verified.scheme(), Scheme::FormV4);
            assert_eq!(verified.region().unwrap().as_str(), "us-east-1");
            signed += 1;
        } else if row.fields.contains_key("policy") {
            let claims = present_form(&fields(row)).unwrap().unwrap();
            assert_eq!(claims.access_key_id().as_str(), "AKIAIOSFODNN7EXAMPLE");
            verify_form(claims, &secret(DOCS_SECRET), time(NOW))
                .unwrap_or_else(|error| panic!("{}: {error}", row.name));
            signed += 1;
        } else {
            assert_eq!(row.name, "post-bad-no-policy");
            assert_eq!(
                present_form(&fields(row)).unwrap_err(),
                malformed(Place::Form, Malformed::Missing("policy"))
            );
        }
    }
    assert_eq!(signed, 5);
}

#[test]
fn every_field_of_the_signature_counts() {
    let rows: Vec<Row> = rows("sigv4/post-policy.jsonl", 6);
    let good = fields(rows.iter().find(|row| row.name == "post-meta").unwrap());
    let check = |fields: FormFields<'_>| {
        let claims = present_form(&fields).ok().flatten()?;
        verify_form(claims, &secret(DOCS_SECRET), time(NOW)).ok()
    };
    assert!(check(good).is_some());
    let other_policy = STANDARD.encode(r#"{"expiration":"2999-01-01T00:00:00Z","conditions":[]}"#);
    let token = "x".repeat(9000);
    let another = "0123456789abcdef".repeat(4);
    let changes: &[(&str, FormFields<'_>)] = &[
        ("policy", FormFields { policy: Some(&other_policy), ..good }),
        ("no policy", FormFields { policy: None, ..good }),
        ("algorithm", FormFields { algorithm: Some("AWS4-HMAC-SHA1"), ..good }),
        ("sigv4a", FormFields { algorithm: Some("AWS4-ECDSA-P256-SHA256"), ..good }),
        ("no algorithm", FormFields { algorithm: None, ..good }),
        (
            "region",
            FormFields {
                credential: Some("AKIAIOSFODNN7EXAMPLE/20260102/eu-west-1/s3/aws4_request"),
                ..good
            },
        ),
        (
            "service",
            FormFields {
                credential: Some("AKIAIOSFODNN7EXAMPLE/20260102/us-east-1/sts/aws4_request"),
                ..good
            },
        ),
        ("credential", FormFields { credential: Some("AKIAIOSFODNN7EXAMPLE"), ..good }),
        ("no credential", FormFields { credential: None, ..good }),
        ("another day", FormFields { date: Some("20260103T030405Z"), ..good }),
        ("no date", FormFields { date: None, ..good }),
        ("date", FormFields { date: Some("2026-01-02T03:04:05Z"), ..good }),
        ("no signature", FormFields { signature: None, ..good }),
        ("signature", FormFields { signature: Some("00"), ..good }),
        ("another signature", FormFields { signature: Some(&another), ..good }),
        ("token", FormFields { token: Some(&token), ..good }),
        ("two schemes", FormFields { hmac_v1_key: Some("AKIAIOSFODNN7EXAMPLE"), ..good }),
    ];
    for (what, fields) in changes {
        assert!(check(*fields).is_none(), "{what}");
    }
    let claims = present_form(&good).unwrap().unwrap();
    assert!(verify_form(claims, &secret("another"), time(NOW)).is_err());
    let early = present_form(&good).unwrap().unwrap();
    assert!(matches!(
        verify_form(early, &secret(DOCS_SECRET), time("20260102T024904Z")),
        Err(VerifyError::NotYetValid { .. })
    ));
    let on_time = present_form(&good).unwrap().unwrap();
    verify_form(on_time, &secret(DOCS_SECRET), time("20260102T024905Z")).unwrap();
}

/// From the S3 user guide's walk-through of signature version 2: base64 of HMAC-SHA1 over the policy.
#[test]
fn hmac_v1_signs_the_policy_text() {
    let policy = STANDARD.encode(r#"{"expiration":"2026-01-03T00:00:00Z","conditions":[]}"#);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, DOCS_SECRET.as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, policy.as_bytes()));
    let fields = FormFields {
        policy: Some(&policy),
        hmac_v1_key: Some("AKIAIOSFODNN7EXAMPLE"),
        hmac_v1_signature: Some(&signature),
        ..FormFields::default()
    };
    let verify = |fields: &FormFields<'_>| {
        verify_form(present_form(fields).unwrap().unwrap(), &secret(DOCS_SECRET), time(NOW))
    };
    let verified = verify(&fields).unwrap();
    assert_eq!((verified.scheme(), verified.region()), (Scheme::FormHmacV1, None));
    let other = FormFields { policy: Some("e30="), ..fields };
    assert!(matches!(verify(&other), Err(VerifyError::Mismatch(_))));
    for (fields, error) in [
        (
            FormFields { hmac_v1_key: None, ..fields },
            malformed(Place::Form, Malformed::Missing("AWSAccessKeyId")),
        ),
        (
            FormFields { hmac_v1_signature: None, ..fields },
            malformed(Place::Form, Malformed::Missing("signature")),
        ),
        (
            FormFields { policy: None, ..fields },
            malformed(Place::Form, Malformed::Missing("policy")),
        ),
        (FormFields { hmac_v1_key: Some("a/b"), ..fields }, PresentError::HmacV1AccessKeyId),
        (FormFields { hmac_v1_signature: Some("AAAA"), ..fields }, PresentError::HmacV1Signature),
        (FormFields { hmac_v1_signature: Some("%"), ..fields }, PresentError::HmacV1Signature),
    ] {
        assert_eq!(present_form(&fields).unwrap_err(), error);
    }
}

#[test]
fn nobody_signed_a_form_without_fields_of_a_signature() {
    assert!(present_form(&FormFields::default()).unwrap().is_none());
    for part in [
        FormFields { policy: Some("e30="), ..FormFields::default() },
        FormFields { token: Some("token"), ..FormFields::default() },
        FormFields { date: Some("20260102T030405Z"), ..FormFields::default() },
    ] {
        assert!(present_form(&part).is_err(), "half a signature is none, and not nobody's");
    }
}
