//! What is said about the body, and keys from a cache.

use super::*;
use crate::testing::{presigned, signed, signer};

fn s3() -> crate::Expect {
    expect(Service::S3, NOW)
}

fn sha_header(payload: &Payload) -> Request {
    let mut request = Request::new("PUT", "/b/k", "", &[("host", "h")]);
    let Request { method, path, query, headers, .. } = &mut request;
    signer(Service::S3).sign(method, path, query, headers, payload, time(NOW), None).unwrap();
    request
}

fn payload_error(request: &Request, expect: &crate::Expect) -> PayloadError {
    match request.verify(SECRET, expect).unwrap_err() {
        VerifyError::Payload(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn s3_needs_the_header_and_one_of_the_words() {
    let mut request = signed("PUT", "/b/k", "", &[]);
    request.verify(SECRET, &s3()).unwrap();
    let list = "SignedHeaders=host;x-amz-content-sha256;x-amz-date";
    let authorization = request.headers["authorization"].to_str().unwrap().to_owned();
    assert!(authorization.contains(list));
    for (value, error) in [
        ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", PayloadError::Unsupported),
        ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER", PayloadError::Unsupported),
        ("required", PayloadError::Invalid),
    ] {
        request.set("x-amz-content-sha256", value);
        assert_eq!(payload_error(&request, &s3()), error);
    }
    request.add("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    assert_eq!(payload_error(&request, &s3()), PayloadError::Repeated);
    request.headers.remove("x-amz-content-sha256");
    request.set("authorization", &authorization.replace(list, "SignedHeaders=host;x-amz-date"));
    assert_eq!(payload_error(&request, &s3()), PayloadError::Missing);
}

/// The JavaScript SDK presigns with `X-Amz-Content-Sha256` in the query.
#[test]
fn a_url_may_say_it_in_the_query() {
    let hex = hex::encode(sha256(b"body"));
    for (query, payload) in [
        ("", Payload::Unsigned),
        ("X-Amz-Content-Sha256=UNSIGNED-PAYLOAD", Payload::Unsigned),
        (&format!("x-amz-content-sha256={hex}"), Payload::Hash(sha256(b"body"))),
    ] {
        // As whoever puts it there signs it: as the last line of the canonical request too.
        let mut url = presigned("PUT", "/b/k", query, &[]);
        let signature = steps(&url, SECRET, &payload).signature;
        let unsigned = url.query.split_once("&X-Amz-Signature=").unwrap().0.to_owned();
        url.query = format!("{unsigned}&X-Amz-Signature={signature}");
        assert_eq!(url.verify(SECRET, &s3()).unwrap().payload(), payload, "{query}");
    }
    let url = presigned("PUT", "/b/k", "X-Amz-Content-Sha256=nonsense", &[]);
    assert_eq!(payload_error(&url, &s3()), PayloadError::Invalid);
    // Two that disagree.
    let mut both =
        presigned("PUT", "/b/k", "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD", &[("x-amz-meta-a", "1")]);
    both.query = both.query.replace("x-amz-meta-a", "x-amz-content-sha256%3Bx-amz-meta-a");
    both.add("x-amz-content-sha256", &hex);
    assert_eq!(payload_error(&both, &s3()), PayloadError::Repeated);
}

/// STS signs the form that came, whatever the header says.
#[test]
fn sts_takes_the_hash_of_the_body_and_no_other_word() {
    let form = sha256(b"Action=GetCallerIdentity");
    let sign = |payload: &Payload| {
        let mut request = Request::new("POST", "/", "", &[("host", "h")]);
        let Request { method, path, query, headers, .. } = &mut request;
        signer(Service::Sts).sign(method, path, query, headers, payload, time(NOW), None).unwrap();
        request
    };
    let mut expect = expect(Service::Sts, NOW);
    expect.body_sha256 = Some(form);
    let verified = sign(&Payload::Hash(form)).verify(SECRET, &expect).unwrap();
    assert_eq!(verified.payload(), Payload::Hash(form));
    for payload in [Payload::Unsigned, Payload::Hash([0; 32]), Payload::StreamingSigned] {
        assert_eq!(payload_error(&sign(&payload), &expect), PayloadError::Mismatch);
    }
    expect.body_sha256 = None;
    assert_eq!(payload_error(&sign(&Payload::Hash(form)), &expect), PayloadError::Mismatch);
    sign(&Payload::Hash(crate::EMPTY_SHA256)).verify(SECRET, &expect).unwrap();
}

#[test]
fn a40_a_body_that_is_known_must_be_the_one_that_is_named() {
    let hash = sha256(b"body");
    let payload = Payload::Hash(hash);
    let request = sha_header(&payload);
    let mut expect = s3();
    expect.body_sha256 = Some(hash);
    assert_eq!(request.verify(SECRET, &expect).unwrap().payload(), payload);
    expect.body_sha256 = Some(sha256(b"other"));
    let want = VerifyError::Payload(PayloadError::Mismatch);
    assert_eq!(request.verify(SECRET, &expect).unwrap_err(), want);
}

#[test]
fn a_cached_key_is_used_only_if_it_fits() {
    let request = signed("GET", "/b/k", "", &[]);
    let scope = request.claims().unwrap().scope().unwrap().clone();
    let with = |secret_text: &str, key: &SigningKey| {
        let claims = request.claims().unwrap();
        verify_with_key(&request.head(), claims, &secret(secret_text), Some(key), &s3())
    };
    let key = |secret: &SecretKey, region: &str| {
        SigningKey::derive(secret, scope.date, &Region::parse(region).unwrap(), scope.service)
    };
    let good = key(&secret(SECRET), "eu-central-1");
    with(SECRET, &good).unwrap();
    // Keys from the wrong shelf: the signature is judged by the secret all the same.
    with(SECRET, &key(&secret(SECRET), "us-east-1")).unwrap();
    with(SECRET, &key(&secret(DOCS_SECRET), "eu-central-1")).unwrap();
    mismatch(with(DOCS_SECRET, &good).unwrap_err());
}
