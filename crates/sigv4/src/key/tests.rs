use super::*;
use crate::testing::{DOCS_SECRET, secret, time};

#[test]
fn names_of_keys() {
    for good in ["AKIAIOSFODNN7EXAMPLE", "a", "user:with+signs=~!", &"x".repeat(128)] {
        assert_eq!(AccessKeyId::parse(good).unwrap().as_str(), good);
        assert_eq!(AccessKeyId::parse(good).unwrap().to_string(), good);
    }
    for bad in ["", "a/b", "a,b", "a b", "a\n", "é", &"x".repeat(129)] {
        assert_eq!(AccessKeyId::parse(bad), Err(InvalidAccessKeyId), "{bad}");
    }
}

#[test]
fn regions() {
    for good in ["us-east-1", "default", "A.b_C-9", &"x".repeat(64)] {
        assert_eq!(Region::parse(good).unwrap().as_str(), good);
        assert_eq!(Region::parse(good).unwrap().to_string(), good);
    }
    for bad in ["", "a/b", "a b", "é", "a:b", &"x".repeat(65)] {
        assert!(Region::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn tokens() {
    let longest = "x".repeat(SessionToken::MAX);
    for good in ["t", "TOKEN/with+chars==", &longest] {
        assert_eq!(SessionToken::parse(good.to_owned()).unwrap().as_str(), good);
    }
    for bad in ["", "a b", "é", "a\n", &format!("{longest}x")] {
        assert!(SessionToken::parse(bad.to_owned()).is_err(), "{bad}");
    }
}

/// Nothing that holds a secret shows it.
#[test]
fn a51_debug_shows_no_secret() {
    let secret = SecretKey::new("hush".to_owned());
    let token = SessionToken::parse("hush".to_owned()).unwrap();
    let (region, date) = (Region::parse("r").unwrap(), time("20130524T000000Z").scope_date());
    let key = SigningKey::derive(&secret, date, &region, Service::S3);
    let shown = format!("{secret:?} {token:?} {key:?}");
    assert!(!shown.contains("hush"), "{shown}");
    assert!(shown.contains("SecretKey(redacted) SessionToken(redacted)"), "{shown}");
    assert!(shown.contains("20130524"), "{shown}");
}

/// The signing key of AWS's documentation gives the signature of AWS's documentation.
#[test]
fn the_key_for_a_day_region_and_service() {
    let scope = Scope {
        date: time("20151229T000000Z").scope_date(),
        region: Region::parse("us-east-1").unwrap(),
        service: Service::S3,
    };
    assert_eq!(scope.to_string(), "20151229/us-east-1/s3/aws4_request");
    let key = SigningKey::derive(&secret(DOCS_SECRET), scope.date, &scope.region, scope.service);
    assert_eq!(*key.scope(), scope);
    let rows: Vec<serde_json::Value> = crate::testing::rows("sigv4/post-policy.jsonl", 6);
    let row = rows.iter().find(|row| row["name"] == "docs-post-policy").unwrap();
    let policy = row["policy_base64"].as_str().unwrap();
    let signature = hmac::sign(key.hmac(), policy.as_bytes());
    assert_eq!(hex::encode(signature), row["signature"].as_str().unwrap());
}

#[test]
fn a_key_knows_what_it_is_for() {
    let (ours, other) = (secret("ours"), secret("other"));
    let scope = |date: &str, region: &str, service| Scope {
        date: time(date).scope_date(),
        region: Region::parse(region).unwrap(),
        service,
    };
    let right = scope("20260102T000000Z", "r", Service::S3);
    let key = SigningKey::derive(&ours, right.date, &right.region, right.service);
    assert!(key.is_for(&ours, &right));
    assert!(!key.is_for(&other, &right));
    assert!(!key.is_for(&secret("our"), &right));
    assert!(!key.is_for(&ours, &scope("20260103T000000Z", "r", Service::S3)));
    assert!(!key.is_for(&ours, &scope("20260102T000000Z", "s", Service::S3)));
    assert!(!key.is_for(&ours, &scope("20260102T000000Z", "r", Service::Sts)));
}
