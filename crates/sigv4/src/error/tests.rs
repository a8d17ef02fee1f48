use http::HeaderName;

use super::*;

/// Lower case, no full stop, so that they can stand in a sentence of whoever reports them.
#[test]
fn messages_read_like_the_others() {
    let all: Vec<String> = vec![
        InvalidAccessKeyId.to_string(),
        InvalidSessionToken.to_string(),
        InvalidRegion.to_string(),
        InvalidTime.to_string(),
        BadEncoding.to_string(),
        PresentError::SeveralIdentities.to_string(),
        PresentError::NoDate.to_string(),
        PresentError::Malformed { place: Place::Query, reason: Malformed::Missing("X-Amz-Date") }
            .to_string(),
        PresentError::HmacV1Incomplete.to_string(),
        VerifyError::QueryNameNotSigned("prefix".to_owned()).to_string(),
        VerifyError::Payload(PayloadError::Missing).to_string(),
        ChunkError::Incomplete.to_string(),
        SignError::MissingHost.to_string(),
    ];
    for text in all {
        let first = text.chars().next().unwrap();
        assert!(first.is_lowercase() || first == '`', "{text}");
        assert!(!text.ends_with('.'), "{text}");
    }
}

#[test]
fn times_and_names_are_spelled_out() {
    let (signed_at, now) = (Timestamp::from_unix(0), Timestamp::from_unix(901));
    let skewed = VerifyError::Skewed { signed_at, now };
    assert_eq!(skewed.to_string(), "signed at `1970-01-01T00:00:00Z`, too far from now");
    let names = ["host", "x-amz-acl"].map(HeaderName::from_static).to_vec();
    assert_eq!(
        VerifyError::HeadersNotSigned(names).to_string(),
        "headers that are not signed: `host`, `x-amz-acl`"
    );
}

#[test]
fn a51_a_mismatch_shows_nothing_of_the_request_in_debug() {
    let mismatch = Mismatch {
        canonical_request: Some("x-amz-security-token:hush".to_owned()),
        string_to_sign: "hush".to_owned(),
    };
    let error = VerifyError::Mismatch(Box::new(mismatch));
    assert_eq!(
        format!("{error:?} {error}"),
        "Mismatch(Mismatch(redacted)) the signature does not match"
    );
}
