//! Attacks that must fail, by number. Each starts from a request that holds, so that what is refused
//! is the attack and not the request.

use http::header::HeaderName;

use super::*;
use crate::testing::{presigned, signed, signer};

const HOUR: i64 = 3600;

fn s3(now: Timestamp) -> crate::Expect {
    crate::Expect { service: Service::S3, now, body_sha256: None }
}

fn holds(request: &Request) {
    request.verify(SECRET, &s3(time(NOW))).unwrap();
}

fn refused(request: &Request) -> VerifyError {
    request.verify(SECRET, &s3(time(NOW))).unwrap_err()
}

#[test]
fn a02_a_token_that_was_not_signed_with_the_request() {
    let mut mine = signer(Service::S3);
    mine.session_token = Some(crate::SessionToken::parse("mine".to_owned()).unwrap());
    let mut request = Request::new("GET", "/b/k", "", &[("host", "s3.gateway.test")]);
    let Request { method, path, query, headers, .. } = &mut request;
    mine.sign(method, path, query, headers, &Payload::Unsigned, time(NOW), None).unwrap();
    holds(&request);
    assert_eq!(request.claims().unwrap().session_token().unwrap().as_str(), "mine");

    request.set("x-amz-security-token", "yours");
    mismatch(refused(&request));
    request.headers.remove("x-amz-security-token");
    assert_eq!(
        refused(&request),
        VerifyError::SignedHeaderMissing("x-amz-security-token".to_owned())
    );

    // In a URL the token is part of the query.
    let query = mine
        .presign(&http::Method::GET, "/b/k", "", "s3.gateway.test", &[], 60, time(NOW))
        .unwrap();
    let url = Request::new("GET", "/b/k", &query, &[("host", "s3.gateway.test")]);
    holds(&url);
    assert_eq!(url.claims().unwrap().session_token().unwrap().as_str(), "mine");
    let mut other = url.clone();
    other.query = query.replace("Token=mine", "Token=yours");
    assert_ne!(other.query, query);
    mismatch(refused(&other));
}

#[test]
fn a03_a_header_signature_is_good_for_fifteen_minutes() {
    let request = signed("GET", "/b/k", "", &[]);
    let signed_at = time(NOW);
    for seconds in [-900, 0, 900] {
        let now = signed_at.plus_seconds(seconds);
        let verified = request.verify(SECRET, &s3(now)).unwrap();
        let age = u64::try_from(seconds.max(0)).unwrap() * 1000;
        assert_eq!(verified.signature_age_ms(now), age);
        assert_eq!(verified.expires_at(), None);
    }
    for seconds in [-901, 901, -1_000_000_000, 1_000_000_000, i64::MAX] {
        let now = signed_at.plus_seconds(seconds);
        let error = request.verify(SECRET, &s3(now)).unwrap_err();
        assert_eq!(error, VerifyError::Skewed { signed_at, now });
    }
}

#[test]
fn a03_a_url_is_good_until_it_ends_and_not_before_it_begins() {
    let url = presigned("GET", "/b/k", "", &[]);
    let signed_at = time(NOW);
    for seconds in [-900, 0, HOUR] {
        let now = signed_at.plus_seconds(seconds);
        let verified = url.verify(SECRET, &s3(now)).unwrap();
        assert_eq!(verified.expires_at(), Some(signed_at.plus_seconds(HOUR)));
        assert_eq!(verified.signed_at(), Some(signed_at));
    }
    let now = signed_at.plus_seconds(HOUR + 1);
    assert_eq!(
        url.verify(SECRET, &s3(now)).unwrap_err(),
        VerifyError::Expired {
            expires_at: signed_at.plus_seconds(HOUR),
            lifetime_seconds: Some(3600),
            now
        }
    );
    let now = signed_at.plus_seconds(-901);
    assert_eq!(
        url.verify(SECRET, &s3(now)).unwrap_err(),
        VerifyError::NotYetValid { signed_at, now }
    );
}

#[test]
fn a03_a_url_lives_one_second_to_seven_days() {
    let url = presigned("GET", "/b/k", "", &[]);
    let with = |value: &str| {
        let mut url = url.clone();
        url.query = url.query.replace("Expires=3600", &format!("Expires={value}"));
        url.claims().map(drop)
    };
    for fine in ["1", "604800", "0604800"] {
        with(fine).unwrap();
    }
    let cases = [
        ("0", Malformed::ExpiresNotPositive),
        ("00", Malformed::ExpiresNotPositive),
        ("-0", Malformed::ExpiresNotPositive),
        ("-1", Malformed::ExpiresNotPositive),
        ("604801", Malformed::ExpiresTooLong),
        ("4294967296", Malformed::ExpiresTooLong),
        ("99999999999999999999999999", Malformed::ExpiresTooLong),
        ("", Malformed::ExpiresNotANumber),
        ("-", Malformed::ExpiresNotANumber),
        ("%2B1", Malformed::ExpiresNotANumber),
        ("+1", Malformed::ExpiresNotANumber),
        ("1.5", Malformed::ExpiresNotANumber),
        ("1e3", Malformed::ExpiresNotANumber),
        ("%31%20", Malformed::ExpiresNotANumber),
    ];
    for (value, reason) in cases {
        let want = PresentError::Malformed { place: Place::Query, reason };
        assert_eq!(with(value), Err(want), "{value}");
    }
}

#[test]
fn a04_an_unsigned_amz_header_is_named() {
    let request = signed("PUT", "/b/k", "", &[("x-amz-meta-a", "1"), ("range", "bytes=0-")]);
    holds(&request);
    for name in ["x-amz-copy-source", "x-amz-acl", "x-amz-meta-b", "x-amz-security-token"] {
        for request in [&request, &presigned("PUT", "/b/k", "", &[])] {
            let mut request = request.clone();
            request.add(name, "value");
            let names = vec![HeaderName::from_static(name)];
            assert_eq!(refused(&request), VerifyError::HeadersNotSigned(names));
        }
    }
    let mut two = request.clone();
    two.add("x-amz-tagging", "a=b");
    two.add("x-amz-acl", "private");
    let error = refused(&two);
    let VerifyError::HeadersNotSigned(names) = &error else { panic!("{error:?}") };
    assert_eq!(names.len(), 2);
    assert!(error.to_string().contains("`x-amz-acl`"), "{error}");

    // A second value of a header that is signed changes what was signed.
    let mut again = request;
    again.add("x-amz-meta-a", "2");
    mismatch(refused(&again));
}

#[test]
fn a04_an_unsigned_or_missing_host() {
    let mut request = signed("GET", "/b/k", "", &[]);
    let authorization = request.headers["authorization"].to_str().unwrap().to_owned();
    request.set("authorization", &authorization.replace("SignedHeaders=host;", "SignedHeaders="));
    assert_eq!(
        refused(&request),
        VerifyError::HeadersNotSigned(vec![HeaderName::from_static("host")])
    );
    request.headers.remove("host");
    assert_eq!(refused(&request), VerifyError::SignedHeaderMissing("host".to_owned()));
}

#[test]
fn a04_headers_that_anybody_may_add_on_the_way() {
    for mut request in [signed("GET", "/b/k", "", &[]), presigned("GET", "/b/k", "", &[])] {
        for (name, value) in [
            ("range", "bytes=0-9"),
            ("if-match", "\"etag\""),
            ("if-none-match", "*"),
            ("accept-encoding", "gzip"),
            ("content-type", "text/plain"),
            ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-amzn-trace-id", "Root=1"),
            ("amz-sdk-invocation-id", "1"),
        ] {
            request.add(name, value);
        }
        holds(&request);
    }
}

#[test]
fn a05_two_signatures() {
    let header = signed("GET", "/b/k", "", &[]);
    let url = presigned("GET", "/b/k", "", &[]);
    let v1 = "AWSAccessKeyId=AKID&Signature=c2lnbmF0dXJlMjBieXRlcyEhISE%3D&Expires=1767326645";
    let several = |request: &Request| {
        assert_eq!(request.claims().unwrap_err(), PresentError::SeveralIdentities);
    };

    let mut twice = header.clone();
    twice.add("authorization", twice.headers["authorization"].clone().to_str().unwrap());
    several(&twice);
    let mut other = header.clone();
    other.add("authorization", "Bearer x");
    several(&other);

    let mut both = header.clone();
    both.query.clone_from(&url.query);
    several(&both);
    let mut both = header.clone();
    both.query = v1.to_owned();
    several(&both);
    let mut both = url.clone();
    both.query = format!("{}&{v1}", url.query);
    several(&both);
    // One name of a second signature is enough, and encoding or case does not hide it.
    for name in ["X-Amz-Date", "x-amz-signature", "X%2dAmz-Expires", "Signature", "Expires"] {
        let mut part = header.clone();
        part.query = format!("{name}=1");
        several(&part);
    }
}

#[test]
fn a05_two_tokens() {
    let several = |request: &Request| {
        assert_eq!(request.claims().unwrap_err(), PresentError::SeveralTokens);
    };
    let mut header = signed("GET", "/b/k", "", &[]);
    header.query = "X-Amz-Security-Token=t".to_owned();
    several(&header);
    let mut header = signed("GET", "/b/k", "", &[]);
    header.add("x-amz-security-token", "t");
    header.add("x-amz-security-token", "u");
    several(&header);

    let mut url = presigned("GET", "/b/k", "", &[]);
    url.query.push_str("&x-amz-security%2Dtoken=t");
    url.claims().unwrap();
    url.add("x-amz-security-token", "t");
    several(&url);

    let mut v1 = Request::new("GET", "/b/k", "", &[("x-amz-security-token", "t")]);
    v1.query = "AWSAccessKeyId=AKID&Signature=c2lnbmF0dXJlMjBieXRlcyEhISE%3D&Expires=1\
                &x-amz-security-token=t"
        .to_owned();
    several(&v1);
}

#[test]
fn a05_a_repeated_query_name() {
    let url = presigned("GET", "/b/k", "", &[]);
    let names = [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
    ];
    for name in names {
        for name in [name.to_owned(), name.to_lowercase(), name.replace('z', "%7A")] {
            let mut twice = url.clone();
            twice.query = format!("{name}=x&{}", url.query);
            let want = name.to_lowercase().replace("%7a", "z");
            assert_eq!(twice.claims().unwrap_err(), PresentError::RepeatedQueryName(want));
        }
    }
    // Hoisted headers too, whatever the scheme.
    for mut request in [url, signed("GET", "/b/k", "", &[])] {
        if !request.query.is_empty() {
            request.query.push('&');
        }
        request.query.push_str("x-amz-acl=private&x-amz-meta-b=&X-Amz-Acl=public-read");
        let want = PresentError::RepeatedQueryName("x-amz-acl".to_owned());
        assert_eq!(request.claims().unwrap_err(), want);
    }
}

#[test]
fn a06_a_signature_for_another_service() {
    for (request, place) in [
        (signed("GET", "/b/k", "", &[]), Place::Header),
        (presigned("GET", "/b/k", "", &[]), Place::Query),
    ] {
        let expected = Service::Sts;
        let error = request.verify(SECRET, &expect(expected, NOW)).unwrap_err();
        assert_eq!(error, VerifyError::WrongService { place, expected });
    }
    let sts = signer(Service::Sts);
    let mut request = Request::new("GET", "/", "", &[("host", "s3.gateway.test")]);
    let Request { method, path, query, headers, .. } = &mut request;
    let payload = Payload::Hash(crate::EMPTY_SHA256);
    sts.sign(method, path, query, headers, &payload, time(NOW), None).unwrap();
    request.verify(SECRET, &expect(Service::Sts, NOW)).unwrap();
    let error = request.verify(SECRET, &expect(Service::S3, NOW)).unwrap_err();
    let (place, expected) = (Place::Header, Service::S3);
    assert_eq!(error, VerifyError::WrongService { place, expected });
}

#[test]
fn a06_the_region_that_was_signed_is_the_one_that_is_told() {
    let mut request = signed("GET", "/b/k", "", &[]);
    let verified = request.verify(SECRET, &s3(time(NOW))).unwrap();
    assert_eq!(verified.region().unwrap().as_str(), "eu-central-1");
    let authorization = request.headers["authorization"].to_str().unwrap().to_owned();
    request.set("authorization", &authorization.replace("eu-central-1", "us-east-1"));
    mismatch(refused(&request));
}

#[test]
fn a07_no_signature_in_a_refusal() {
    let mut request = signed("GET", "/b/k", "", &[]);
    request.path = "/b/other".to_owned();
    let error = refused(&request);
    let ours = steps(&request, SECRET, &Payload::Unsigned).signature;
    let theirs = request.headers["authorization"].to_str().unwrap();
    let theirs = theirs.rsplit('=').next().unwrap();
    let mismatch = mismatch(error.clone());
    for text in [
        format!("{error} {error:?}"),
        mismatch.canonical_request().unwrap().to_owned(),
        mismatch.string_to_sign().to_owned(),
        format!("{:?}", request.claims().unwrap()),
    ] {
        assert!(!text.contains(&ours) && !text.contains(theirs), "{text}");
    }
    assert!(!format!("{error:?}").contains("/b/other"), "{error:?}");
}

#[test]
fn a07_any_flipped_digit_of_a_signature() {
    let request = signed("GET", "/b/k", "", &[]);
    let text = request.headers["authorization"].to_str().unwrap().to_owned();
    let start = text.find("Signature=").unwrap() + "Signature=".len();
    assert_eq!(text.len(), start + 64);
    for position in start..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[position] = if bytes[position] == b'0' { b'1' } else { b'0' };
        let mut request = request.clone();
        request.set("authorization", std::str::from_utf8(&bytes).unwrap());
        mismatch(refused(&request));
    }
}

#[test]
fn a08_a_url_for_another_method() {
    let url = presigned("GET", "/b/k", "", &[]);
    holds(&url);
    for method in ["PUT", "DELETE", "POST", "HEAD", "get", "GETT"] {
        let mut other = url.clone();
        other.method = method.parse().unwrap();
        mismatch(refused(&other));
    }
}

#[test]
fn a09_headers_that_a_url_signs_must_come_and_be_equal() {
    let url = presigned("PUT", "/b/k", "", &[("Content-Type", "a/b"), ("x-amz-meta-a", "1  2")]);
    holds(&url);
    // White space is not part of a value.
    let mut spaced = url.clone();
    spaced.set("x-amz-meta-a", "1 2");
    holds(&spaced);
    let mut other = url.clone();
    other.set("content-type", "a/c");
    mismatch(refused(&other));
    let mut gone = url.clone();
    gone.headers.remove("x-amz-meta-a");
    assert_eq!(refused(&gone), VerifyError::SignedHeaderMissing("x-amz-meta-a".to_owned()));
}

#[test]
fn a11_encodings_that_mean_the_same_hold_and_others_do_not() {
    let request = signed("GET", "/b/a%2Bb%20c/~x", "prefix=a%2Bb%20c", &[]);
    let with = |path: &str, query: &str| {
        let mut request = request.clone();
        (request.path, request.query) = (path.to_owned(), query.to_owned());
        request
    };
    holds(&with("/b/a%2Bb%20c/~x", "prefix=a%2Bb%20c"));
    holds(&with("/b/a%2bb%20c/%7ex", "pref%69x=a%2bb%20%63"));
    for (path, query) in [
        // A raw plus is neither a plus nor a space, so whoever reads it cannot be misled.
        ("/b/a+b%20c/~x", "prefix=a%2Bb%20c"),
        ("/b/a%2Bb+c/~x", "prefix=a%2Bb%20c"),
        ("/b/a%2Bb%20c/~x", "prefix=a+b%20c"),
        ("/b/a%2Bb%20c/~x", "prefix=a%2Bb+c"),
        // Nothing is normalised, and nothing decoded twice.
        ("/b//a%2Bb%20c/~x", "prefix=a%2Bb%20c"),
        ("/b/./a%2Bb%20c/~x", "prefix=a%2Bb%20c"),
        ("/x/../b/a%2Bb%20c/~x", "prefix=a%2Bb%20c"),
        ("/b/a%252Bb%20c/~x", "prefix=a%2Bb%20c"),
        ("/b/a%2Bb%20c/~x/", "prefix=a%2Bb%20c"),
    ] {
        mismatch(refused(&with(path, query)));
    }
    for (path, query) in
        [("/b/%", ""), ("/b/%2", ""), ("/b/%zz", ""), ("/b/k", "a=%"), ("/b/k", "%g0")]
    {
        assert!(matches!(refused(&with(path, query)), VerifyError::Encoding(_)), "{path} {query}");
    }
}
