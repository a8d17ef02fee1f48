use proptest::prelude::*;

use super::*;
use crate::error::UnsupportedScheme;
use crate::testing::{NOW, Request, presigned, signed, time};

const SIGNATURE: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const CREDENTIAL: &str = "AKID/20260102/us-east-1/s3/aws4_request";

fn authorization(credential: &str, signed_headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed_headers}, \
         Signature={signature}"
    )
}

fn with_header(value: &str) -> Result<Claims, PresentError> {
    Request::new("GET", "/", "", &[("authorization", value), ("x-amz-date", NOW)]).claims()
}

fn header_reason(value: &str) -> Malformed {
    match with_header(value).unwrap_err() {
        PresentError::Malformed { place: Place::Header, reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn claims_say_what_was_sent() {
    let claims = with_header(&authorization(CREDENTIAL, "host;x-amz-date", SIGNATURE)).unwrap();
    assert_eq!(claims.access_key_id().as_str(), "AKID");
    assert_eq!(claims.scheme(), Scheme::HeaderV4);
    assert_eq!(claims.region().unwrap().as_str(), "us-east-1");
    assert_eq!(claims.scope().unwrap().to_string(), CREDENTIAL.trim_start_matches("AKID/"));
    assert!(claims.session_token().is_none());
    assert!(!format!("{claims:?}").contains(SIGNATURE));
    // Spaces between the parts are free.
    for text in [
        format!(
            "AWS4-HMAC-SHA256 Credential={CREDENTIAL},SignedHeaders=host,Signature={SIGNATURE}"
        ),
        format!(
            "AWS4-HMAC-SHA256   Signature={SIGNATURE} ,  Credential={CREDENTIAL} , SignedHeaders=host "
        ),
    ] {
        with_header(&text).unwrap();
    }
}

#[test]
fn nobody_is_anonymous_and_not_an_error() {
    for query in ["", "list-type=2&prefix=x-amz-", "x-amz-acl=private", "signature=1&expires=2"] {
        let request = Request::new("GET", "/b", query, &[("x-amz-date", "nonsense")]);
        assert!(
            matches!(present(&request.head(), Accept::default()), Ok(Presented::Anonymous)),
            "{query}"
        );
    }
}

#[test]
fn a06_credentials_that_are_none() {
    let cases = [
        ("", Malformed::Credential),
        ("AKID", Malformed::Credential),
        ("AKID/20260102", Malformed::Credential),
        ("AKID/20260102/us-east-1", Malformed::Credential),
        ("AKID/20260102/us-east-1/s3", Malformed::Credential),
        ("AKID/20260102/us-east-1/s3/aws4_request/x", Malformed::Credential),
        ("A/KID/20260102/us-east-1/s3/aws4_request", Malformed::Credential),
        ("////", Malformed::AccessKeyId(crate::InvalidAccessKeyId)),
        ("/20260102/us-east-1/s3/aws4_request", Malformed::AccessKeyId(crate::InvalidAccessKeyId)),
        ("AKID//us-east-1/s3/aws4_request", Malformed::ScopeDate),
        ("AKID/2026012/us-east-1/s3/aws4_request", Malformed::ScopeDate),
        ("AKID/20260230/us-east-1/s3/aws4_request", Malformed::ScopeDate),
        ("AKID/2026-1-2/us-east-1/s3/aws4_request", Malformed::ScopeDate),
        ("AKID/20260103/us-east-1/s3/aws4_request", Malformed::OtherDate),
        ("AKID/20260102//s3/aws4_request", Malformed::Region),
        ("AKID/20260102/us east/s3/aws4_request", Malformed::Region),
        ("AKID/20260102/us-east-1//aws4_request", Malformed::Service),
        ("AKID/20260102/us-east-1/ec2/aws4_request", Malformed::Service),
        ("AKID/20260102/us-east-1/S3/aws4_request", Malformed::Service),
        ("AKID/20260102/us-east-1/s3/", Malformed::Terminator),
        ("AKID/20260102/us-east-1/s3/aws4", Malformed::Terminator),
        ("AKID/20260102/us-east-1/s3/AWS4_REQUEST", Malformed::Terminator),
    ];
    let url = presigned("GET", "/b/k", "", &[]);
    let (start, end) = url.query.split_once("X-Amz-Credential=").unwrap();
    let end = end.split_once('&').unwrap().1;
    for (credential, reason) in cases {
        let text = authorization(credential, "host", SIGNATURE);
        assert_eq!(header_reason(&text), reason, "{credential}");
        let mut url = url.clone();
        let encoded = credential.replace('/', "%2F").replace(' ', "%20");
        url.query = format!("{start}X-Amz-Credential={encoded}&{end}");
        let want = PresentError::Malformed { place: Place::Query, reason };
        assert_eq!(url.claims().unwrap_err(), want, "{credential}");
    }
}

#[test]
fn a06_headers_that_are_none() {
    let full = authorization(CREDENTIAL, "host", SIGNATURE);
    with_header(&full).unwrap();
    let cases = [
        ("AWS4-HMAC-SHA256".to_owned(), Malformed::Shape),
        ("AWS4-HMAC-SHA256 ".to_owned(), Malformed::Shape),
        ("AWS4-HMAC-SHA256 Credential".to_owned(), Malformed::Shape),
        (format!("{full},"), Malformed::Shape),
        (format!("{full}, Other=x"), Malformed::Shape),
        (full.replace("Signature=", "signature="), Malformed::Shape),
        (full.replace(", ", " "), Malformed::Missing("SignedHeaders")),
        (format!("{full}, Signature={SIGNATURE}"), Malformed::Repeated("Signature")),
        (format!("{full}, Credential={CREDENTIAL}"), Malformed::Repeated("Credential")),
        (full.replace("Credential=", "SignedHeaders="), Malformed::Repeated("SignedHeaders")),
        (full.split_once(", Signature").unwrap().0.to_owned(), Malformed::Missing("Signature")),
        (full.replace(SIGNATURE, ""), Malformed::Signature),
        (full.replace(SIGNATURE, &SIGNATURE[1..]), Malformed::Signature),
        (full.replace(SIGNATURE, &SIGNATURE.to_uppercase()), Malformed::Signature),
    ];
    for (text, reason) in cases {
        assert_eq!(header_reason(&text), reason, "{text}");
    }
}

#[test]
fn a06_lists_of_headers_that_are_none() {
    let long: Vec<String> = (0..129).map(|number| format!("h{number}")).collect();
    let reason = |list: &str| header_reason(&authorization(CREDENTIAL, list, SIGNATURE));
    for list in ["", ";", "host;", ";host", "Host", "host;host", "ho st", "host:x", &long.join(";")]
    {
        assert_eq!(reason(list), Malformed::SignedHeaders, "{list}");
    }
    for list in ["host", "host;x-amz-date", "b;a", &long[..128].join(";")] {
        with_header(&authorization(CREDENTIAL, list, SIGNATURE)).unwrap();
    }
}

#[test]
fn schemes_that_are_not_ours() {
    for (text, scheme) in [
        ("AWS AKID:c2lnbmF0dXJl", UnsupportedScheme::HmacV1Header),
        ("AWS4-ECDSA-P256-SHA256 Credential=x", UnsupportedScheme::SigV4a),
        ("Basic dTpw", UnsupportedScheme::Other),
        ("Bearer t", UnsupportedScheme::Other),
        ("aws4-hmac-sha256 Credential=x", UnsupportedScheme::Other),
        ("AWS4-HMAC-SHA256,Credential=x", UnsupportedScheme::Other),
        ("", UnsupportedScheme::Other),
    ] {
        assert_eq!(with_header(text).unwrap_err(), PresentError::Unsupported(scheme), "{text}");
    }
    let mut url = presigned("GET", "/b/k", "", &[]);
    url.query = url.query.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256");
    let want = PresentError::Unsupported(UnsupportedScheme::SigV4a);
    assert_eq!(url.claims().unwrap_err(), want);
    url.query = url.query.replace("AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA512");
    let (place, reason) = (Place::Query, Malformed::Algorithm);
    assert_eq!(url.claims().unwrap_err(), PresentError::Malformed { place, reason });
}

fn with_hmac_v1(headers: &[(&str, &str)], query: &str) -> Result<Claims, PresentError> {
    let mut request = Request::new("GET", "/", query, headers);
    request.accept = Accept { hmac_v1_header: true, ..Accept::default() };
    request.claims()
}

#[test]
fn hmac_v1_headers_where_they_are_taken() {
    let date = ("date", "Fri, 02 Jan 2026 03:04:05 GMT");
    let claims = |value: &str| with_hmac_v1(&[("authorization", value), date], "");
    let signature = "c2lnbmF0dXJlMjBieXRlcyEhISE=";
    for id in ["AKID", "with:colon"] {
        for value in [format!("AWS {id}:{signature}"), format!("AWS   {id}:{signature} ")] {
            let fine = claims(&value).unwrap();
            assert_eq!(fine.access_key_id().as_str(), id);
            assert_eq!(fine.scheme(), Scheme::HeaderHmacV1);
            assert!(fine.region().is_none() && fine.scope().is_none());
            assert!(!format!("{fine:?}").contains(signature));
        }
    }
    for (value, want) in [
        ("AWS", PresentError::HmacV1Header),
        ("AWS ", PresentError::HmacV1Header),
        ("AWS AKID", PresentError::HmacV1Header),
        ("AWS AKID c2lnbmF0dXJlMjBieXRlcyEhISE=", PresentError::HmacV1Header),
        ("AWS :c2lnbmF0dXJlMjBieXRlcyEhISE=", PresentError::HmacV1AccessKeyId),
        ("AWS A/B:c2lnbmF0dXJlMjBieXRlcyEhISE=", PresentError::HmacV1AccessKeyId),
        ("AWS AKID:", PresentError::HmacV1Signature),
        ("AWS AKID:c2hvcnQ=", PresentError::HmacV1Signature),
        ("AWS AKID:c2lnbmF0dXJlMjBieXRlcyEhISE", PresentError::HmacV1Signature),
        ("AWS AKID:c2lnbmF0dXJlMjBieXRlcyEhISE=:", PresentError::HmacV1Signature),
        (
            "aws AKID:c2lnbmF0dXJlMjBieXRlcyEhISE=",
            PresentError::Unsupported(UnsupportedScheme::Other),
        ),
        (
            "AWS3 AKID:c2lnbmF0dXJlMjBieXRlcyEhISE=",
            PresentError::Unsupported(UnsupportedScheme::Other),
        ),
    ] {
        assert_eq!(claims(value).unwrap_err(), want, "{value}");
    }
    // SigV4 goes on as ever.
    let v4 = authorization(CREDENTIAL, "host", SIGNATURE);
    assert_eq!(claims(&v4).unwrap().scheme(), Scheme::HeaderV4);
}

#[test]
fn a05_an_hmac_v1_header_is_one_identity() {
    let value = "AWS AKID:c2lnbmF0dXJlMjBieXRlcyEhISE=";
    let both = [("authorization", value), ("date", "Fri, 02 Jan 2026 03:04:05 GMT")];
    let v1 = "AWSAccessKeyId=AKID&Signature=c2lnbmF0dXJlMjBieXRlcyEhISE%3D&Expires=1767326645";
    let v4 = presigned("GET", "/", "", &[]).query;
    for query in [v1, &v4, "AWSAccessKeyId=AKID", "Signature=x", "Expires=1", "X-Amz-Date=x"] {
        let error = with_hmac_v1(&both, query).unwrap_err();
        assert_eq!(error, PresentError::SeveralIdentities, "{query}");
    }
    let error = with_hmac_v1(&both, "x-amz-security-token=t").unwrap_err();
    assert_eq!(error, PresentError::SeveralTokens);
    let twice = [both[0], both[0], both[1]];
    assert_eq!(with_hmac_v1(&twice, "").unwrap_err(), PresentError::SeveralIdentities);
    let tokens = [both[0], both[1], ("x-amz-security-token", "t"), ("x-amz-security-token", "t")];
    assert_eq!(with_hmac_v1(&tokens, "").unwrap_err(), PresentError::SeveralTokens);
    let claims = with_hmac_v1(&tokens[..3], "").unwrap();
    assert_eq!(claims.session_token().unwrap().as_str(), "t");
}

#[test]
fn the_date_of_an_hmac_v1_header() {
    let date = |headers: &[(&str, &str)]| {
        let mut all = vec![("authorization", "AWS AKID:c2lnbmF0dXJlMjBieXRlcyEhISE=")];
        all.extend(headers);
        match with_hmac_v1(&all, "")?.signed {
            Signed::HeaderHmacV1 { signed_at, .. } => Ok(signed_at),
            Signed::Header(_)
            | Signed::Query { .. }
            | Signed::HeaderV4a(_)
            | Signed::QueryV4a { .. }
            | Signed::QueryHmacV1 { .. } => {
                panic!("not HMACv1 in the header")
            }
        }
    };
    for zone in ["GMT", "UTC", "+0000", "-0000"] {
        let text = format!("Fri, 02 Jan 2026 03:04:05 {zone}");
        for name in ["date", "x-amz-date"] {
            assert_eq!(date(&[(name, &text)]), Ok(time(NOW)), "{name} {text}");
        }
    }
    assert_eq!(date(&[("date", NOW)]), Ok(time(NOW)));
    assert_eq!(date(&[("date", "nonsense"), ("x-amz-date", NOW)]), Ok(time(NOW)));
    let imf = "Fri, 02 Jan 2026 03:04:05 GMT";
    for bad in [
        &[][..],
        &[("date", "nonsense")],
        // What stands in this line of a URL.
        &[("date", "1767326645")],
        &[("date", "Fri, 02 Jan 2026 03:04:05 +0100")],
        &[("date", "Fri, 02 Jan 2026 03:04:05")],
        &[("date", "Day, 02 Jan 2026 03:04:05 +0000")],
        &[("date", "20260102T030405Z UTC")],
        &[("x-amz-date", ""), ("date", imf)],
        &[("x-amz-date", "nonsense"), ("date", imf)],
        &[("x-amz-date", imf), ("x-amz-date", imf)],
        &[("date", imf), ("date", imf)],
    ] {
        assert_eq!(date(bad), Err(PresentError::NoDate), "{bad:?}");
    }
}

#[test]
fn the_date_of_a_header_signature() {
    let text = authorization(CREDENTIAL, "host", SIGNATURE);
    let date = |headers: &[(&str, &str)]| {
        let mut all = vec![("authorization", text.as_str())];
        all.extend(headers);
        let claims = Request::new("GET", "/", "", &all).claims()?;
        match claims.signed {
            Signed::Header(v4) => Ok(v4.signed_at),
            Signed::Query { .. }
            | Signed::HeaderV4a(_)
            | Signed::QueryV4a { .. }
            | Signed::QueryHmacV1 { .. }
            | Signed::HeaderHmacV1 { .. } => panic!("not in the header"),
        }
    };
    let imf = "Fri, 02 Jan 2026 03:04:05 GMT";
    assert_eq!(date(&[("x-amz-date", NOW)]), Ok(time(NOW)));
    assert_eq!(date(&[("date", imf)]), Ok(time(NOW)));
    assert_eq!(date(&[("date", NOW)]), Ok(time(NOW)));
    // `x-amz-date` wins, also when `Date` makes no sense.
    assert_eq!(date(&[("date", "nonsense"), ("x-amz-date", NOW)]), Ok(time(NOW)));
    assert_eq!(
        date(&[("date", imf), ("x-amz-date", "20260102T000000Z")]).unwrap().basic(),
        "20260102T000000Z"
    );
    for bad in [
        &[][..],
        &[("date", "nonsense")],
        &[("x-amz-date", "nonsense"), ("date", imf)],
        &[("x-amz-date", imf)],
        &[("x-amz-date", NOW), ("x-amz-date", NOW)],
        &[("date", imf), ("date", imf)],
    ] {
        assert_eq!(date(bad), Err(PresentError::NoDate), "{bad:?}");
    }
}

#[test]
fn a_token_that_is_none() {
    let want = PresentError::SessionToken(crate::InvalidSessionToken);
    for token in ["", "a b", "t\u{e9}"] {
        let mut request = signed("GET", "/b/k", "", &[]);
        let value = http::HeaderValue::from_bytes(token.as_bytes()).unwrap();
        request.headers.insert("x-amz-security-token", value);
        assert_eq!(request.claims().unwrap_err(), want);
    }
    for token in ["", "a%20b", "%ff", "%e9"] {
        let mut url = presigned("GET", "/b/k", "", &[]);
        url.query.push_str(&format!("&X-Amz-Security-Token={token}"));
        assert_eq!(url.claims().unwrap_err(), want);
    }
}

#[test]
fn a_presigned_query_needs_all_its_parts() {
    let url = presigned("GET", "/b/k", "x=y", &[]);
    url.claims().unwrap();
    let pairs: Vec<&str> = url.query.split('&').collect();
    let mut missing = Vec::new();
    for left_out in pairs.iter().filter(|pair| pair.starts_with("X-Amz-")) {
        let name = left_out.split_once('=').unwrap().0;
        let mut url = url.clone();
        let rest: Vec<&str> = pairs.iter().copied().filter(|pair| pair != left_out).collect();
        url.query = rest.join("&");
        match url.claims().unwrap_err() {
            PresentError::Malformed { place: Place::Query, reason: Malformed::Missing(it) } => {
                assert_eq!(it, name);
                missing.push(it);
            }
            other => panic!("{name}: {other:?}"),
        }
        // In another case it is not AWS's name.
        let mut url = url.clone();
        url.query = format!("{}&{}", url.query, left_out.replace(name, &name.to_lowercase()));
        match url.claims().unwrap_err() {
            PresentError::Malformed { place: Place::Query, reason: Malformed::Case(it) } => {
                assert_eq!(it, name);
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(missing.len(), 6);
}

#[test]
fn hmac_v1_queries_that_are_none() {
    let claims = |query: &str| Request::new("GET", "/b/k", query, &[]).claims();
    let good = "AWSAccessKeyId=AKID&Signature=c2lnbmF0dXJlMjBieXRlcyEhISE%3D&Expires=1767326645";
    let fine = claims(good).unwrap();
    assert_eq!(fine.scheme(), Scheme::QueryHmacV1);
    assert!(fine.region().is_none() && fine.scope().is_none());
    for part in good.split('&') {
        let rest: Vec<&str> = good.split('&').filter(|it| *it != part).collect();
        assert_eq!(claims(&rest.join("&")).unwrap_err(), PresentError::HmacV1Incomplete);
        assert_eq!(claims(part).unwrap_err(), PresentError::HmacV1Incomplete);
    }
    for expires in ["", "-1", "+1", "01", "1.0", "abc", "9999999999999999", "%201", "1%20"] {
        let query = good.replace("1767326645", expires);
        assert_eq!(claims(&query).unwrap_err(), PresentError::HmacV1Expires, "{expires}");
    }
    for signature in ["", "abc", "c2hvcnQ%3D", "c2lnbmF0dXJlMjBieXRlcyEhISE", "%ff"] {
        let query = good.replace("c2lnbmF0dXJlMjBieXRlcyEhISE%3D", signature);
        assert_eq!(claims(&query).unwrap_err(), PresentError::HmacV1Signature, "{signature}");
    }
    for id in ["", "a%2Fb", "a%20b", "%ff"] {
        let query = good.replace("AKID", id);
        assert_eq!(claims(&query).unwrap_err(), PresentError::HmacV1AccessKeyId, "{id}");
    }
}

/// Names come from anybody and go into logs.
#[test]
fn a51_names_in_errors_are_bounded_and_plain() {
    let name = format!("x-amz-{}%0A%1b", "n".repeat(50));
    let query = format!("{name}=1&{name}=2");
    let error = Request::new("GET", "/", &query, &[]).claims().unwrap_err();
    let PresentError::RepeatedQueryName(shown) = &error else { panic!("{error:?}") };
    assert_eq!(*shown, format!("x-amz-{}..", "n".repeat(50)));
    let name = format!("x-amz-{}", "n".repeat(5000));
    let query = format!("{name}=1&{name}=2");
    let error = Request::new("GET", "/", &query, &[]).claims().unwrap_err();
    let PresentError::RepeatedQueryName(shown) = &error else { panic!("{error:?}") };
    assert_eq!(shown.len(), 64);
    // Names that differ behind what is shown are different names.
    let query = format!("{name}a=1&{name}b=2");
    let request = Request::new("GET", "/", &query, &[]);
    assert!(matches!(present(&request.head(), Accept::default()), Ok(Presented::Anonymous)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Never a panic, whatever comes.
    #[test]
    fn a06_presenting_is_total(
        authorization in prop_oneof![
            "[ -~]{0,80}",
            "AWS4-HMAC-SHA256 [ -~]{0,80}",
            "AWS4-HMAC-SHA256 (Credential|SignedHeaders|Signature|,|=|/|;| |[a-z0-9])*",
        ],
        query in "(X-Amz-(Date|Expires|Credential|Signature|Algorithm|SignedHeaders)|=|&|%|[ -~]|é)*",
        date in "[0-9TZ]{0,16}",
    ) {
        let request = Request::new("GET", "/", &query, &[("x-amz-date", &date)]);
        let _ = present(&request.head(), Accept::default());
        let mut request = request;
        request.query = String::new();
        request.headers.insert("authorization", authorization.parse().unwrap());
        prop_assert!(!matches!(present(&request.head(), Accept::default()), Ok(Presented::Anonymous)));
    }
}
