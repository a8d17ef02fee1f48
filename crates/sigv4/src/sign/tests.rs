use http::header::HOST;
use proptest::prelude::*;

use super::*;
use crate::error::BadEncoding;
use crate::testing::{NOW, Request, SECRET, expect, signer, time};

mod oracle;

const KINDS: [Payload; 5] = [
    Payload::Hash(EMPTY_SHA256),
    Payload::Unsigned,
    Payload::StreamingUnsignedTrailer,
    Payload::StreamingSigned,
    Payload::StreamingSignedTrailer,
];

fn sign(signer: &Signer, request: &mut Request, payload: &Payload) -> Result<(), SignError> {
    let Request { method, path, query, headers, .. } = request;
    signer.sign(method, path, query, headers, payload, time(NOW), None)
}

#[test]
fn signing_sets_its_headers_and_replaces_old_ones() {
    let mut signer = signer(Service::S3);
    let mut request = Request::new(
        "PUT",
        "/b/k",
        "",
        &[
            ("host", "store"),
            ("authorization", "old"),
            ("authorization", "older"),
            ("x-amz-date", "old"),
            ("x-amz-security-token", "old"),
            ("x-amz-content-sha256", "old"),
            ("x-amz-meta-a", "1"),
            ("x-amz-meta-a", " 2  3 "),
            ("content-type", "a/b"),
            ("range", "bytes=0-1"),
            ("user-agent", "x"),
            ("content-length", "4"),
        ],
    );
    sign(&signer, &mut request, &Payload::Unsigned).unwrap();
    let header = |name: &str| {
        let all: Vec<_> = request.headers.get_all(name).iter().collect();
        assert_eq!(all.len(), 1, "{name}");
        all[0].to_str().unwrap().to_owned()
    };
    assert_eq!(header("x-amz-date"), NOW);
    assert_eq!(header("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
    assert!(!request.headers.contains_key("x-amz-security-token"));
    assert!(header("authorization").contains(
        "Credential=AKIDEXAMPLE1234567890/20260102/eu-central-1/s3/aws4_request, \
         SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta-a, Signature="
    ));
    request.verify(SECRET, &expect(Service::S3, NOW)).unwrap();

    // Signing again gives the same, and a token is part of it.
    let first = request.headers.clone();
    sign(&signer, &mut request, &Payload::Unsigned).unwrap();
    assert_eq!(request.headers, first);
    signer.session_token = Some(SessionToken::parse("token".to_owned()).unwrap());
    sign(&signer, &mut request, &Payload::Unsigned).unwrap();
    assert_eq!(request.headers["x-amz-security-token"], "token");
    assert!(request.headers["x-amz-security-token"].is_sensitive());
    request.verify(SECRET, &expect(Service::S3, NOW)).unwrap();
}

#[test]
fn on_failure_the_request_is_as_it_was() {
    let signer = signer(Service::S3);
    let cases = [
        (Request::new("GET", "/b/k", "", &[("x-amz-date", "old")]), SignError::MissingHost),
        (Request::new("GET", "/%", "", &[("host", "h")]), SignError::Encoding(BadEncoding)),
        (Request::new("GET", "/b", "a=%z", &[("host", "h")]), SignError::Encoding(BadEncoding)),
    ];
    for (mut request, error) in cases {
        let before = request.headers.clone();
        assert_eq!(sign(&signer, &mut request, &Payload::Unsigned), Err(error));
        assert_eq!(request.headers, before);
    }
}

#[test]
fn a_cached_key_changes_nothing() {
    let signer = signer(Service::S3);
    let fresh = crate::testing::signed("GET", "/b/k", "", &[]).headers;
    let key = signer.signing_key(time(NOW).scope_date());
    // Yesterday's key is not used.
    let old = signer.signing_key(time(NOW).plus_seconds(-86400).scope_date());
    for key in [&key, &old] {
        let mut request = Request::new("GET", "/b/k", "", &[("host", "s3.gateway.test")]);
        let Request { method, path, query, headers, .. } = &mut request;
        let payload = Payload::Unsigned;
        signer.sign(method, path, query, headers, &payload, time(NOW), Some(key)).unwrap();
        assert_eq!(request.headers, fresh);
    }
}

/// The seed that signing gives is the one that verifying gives.
#[test]
fn a_signed_stream_goes_on_where_its_head_ends() {
    for payload in [Payload::StreamingSigned, Payload::StreamingSignedTrailer] {
        let mut request = Request::new("PUT", "/b/k", "", &[("host", "h")]);
        let Request { method, path, query, headers, .. } = &mut request;
        let mut ours = signer(Service::S3)
            .sign_streaming(method, path, query, headers, &payload, time(NOW), None)
            .unwrap();
        let verified = request.verify(SECRET, &expect(Service::S3, NOW)).unwrap();
        let mut theirs = verified.chunk_seed().unwrap();
        for hash in [EMPTY_SHA256, [7; 32]] {
            assert_eq!(ours.next_chunk(&hash).hex(), theirs.next_chunk(&hash).hex());
        }
        assert_eq!(ours.next_trailer(&[1; 32]).hex(), theirs.next_trailer(&[1; 32]).hex());
        assert!(format!("{theirs:?} {verified:?}").contains("ChunkSeed(redacted)"));
    }
}

#[test]
fn urls_that_cannot_be_signed() {
    let signer = signer(Service::S3);
    let presign = |query: &str, headers: &[(&str, &str)], seconds: u32| {
        signer.presign(&Method::GET, "/b/k", query, "h", headers, seconds, time(NOW))
    };
    presign("a=b", &[("x-amz-meta-a", "1")], 1).unwrap();
    presign("", &[], MAX_PRESIGN_SECONDS).unwrap();
    for seconds in [0, MAX_PRESIGN_SECONDS + 1, u32::MAX] {
        assert_eq!(presign("", &[], seconds), Err(SignError::Lifetime(seconds)));
    }
    for query in ["X-Amz-Date=1", "a=b&x-amz-signature=1", "Expires=1", "X%2DAmz-Expires"] {
        assert_eq!(presign(query, &[], 60), Err(SignError::AlreadySigned), "{query}");
    }
    for name in ["host", "Host", "authorization", "x-amz-date", "x-amz-security-token", "a b", ""] {
        let want = Err(SignError::HeaderName(name.to_owned()));
        assert_eq!(presign("", &[(name, "1")], 60), want, "{name}");
    }
    let want = Err(SignError::HeaderName("a".to_owned()));
    assert_eq!(presign("", &[("a", "1"), ("a", "2")], 60), want);
    assert_eq!(presign("a=%", &[], 60), Err(SignError::Encoding(BadEncoding)));
}

#[test]
fn a_url_for_sts_signs_the_empty_body() {
    let mut signer = signer(Service::Sts);
    signer.session_token = Some(SessionToken::parse("a+b/c=%41".to_owned()).unwrap());
    let query = "Action=GetCallerIdentity&Version=2011-06-15";
    let query = signer.presign(&Method::GET, "/", query, "sts.test", &[], 60, time(NOW)).unwrap();
    let request = Request::new("GET", "/", &query, &[("host", "sts.test")]);
    let claims = request.claims().unwrap();
    assert_eq!(claims.session_token().unwrap().as_str(), "a+b/c=%41");
    let mut expect = expect(Service::Sts, NOW);
    let verified = request.verify(SECRET, &expect).unwrap();
    assert_eq!(verified.payload(), Payload::Hash(EMPTY_SHA256));
    expect.body_sha256 = Some([1; 32]);
    assert!(request.verify(SECRET, &expect).is_err());
}

#[test]
fn a51_debug_shows_no_secret() {
    let mut signer = signer(Service::S3);
    signer.session_token = Some(SessionToken::parse("hush".to_owned()).unwrap());
    let shown = format!("{signer:?}");
    assert!(!shown.contains(SECRET) && !shown.contains("hush"), "{shown}");
    assert!(shown.contains("AKIDEXAMPLE1234567890"), "{shown}");
}

/// A path or a query as clients send them, with everything that is awkward.
fn raw(extra: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![
            "[a-zA-Z0-9._~-]{0,4}",
            "%[0-9a-fA-F]{2}",
            Just("/".to_owned()),
            Just("//".to_owned()),
            Just("/./../".to_owned()),
            Just("+".to_owned()),
            Just("é日😀".to_owned()),
            "[!$'()*,;:@\"<>|`^{}\\[\\]\\\\]",
            Just(extra.to_owned()),
        ],
        0..12,
    )
    .prop_map(|parts| parts.concat())
}

fn query() -> impl Strategy<Value = String> {
    // A name of a signature would be another test.
    raw("&a=b&").prop_filter("no names of a signature", |query| !query.contains("x-amz-"))
}

fn value() -> impl Strategy<Value = String> {
    "[ \t]{0,2}[!-~]{0,6}[ \t]{0,3}[!-~]{0,6}[ \t]{0,2}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_signed_holds(
        path in raw("?").prop_map(|path| format!("/{}", path.replace('?', ""))),
        query in query(),
        values in prop::collection::vec(value(), 3),
        kind in 0..KINDS.len(),
        token in prop::option::of("[!-~]{1,40}"),
        cached in any::<bool>(),
        flip in any::<prop::sample::Index>(),
    ) {
        let mut signer = signer(Service::S3);
        signer.session_token = token.map(|token| SessionToken::parse(token).unwrap());
        let mut request = Request::new("PUT", &path, &query, &[
            ("host", "store"),
            ("x-amz-meta-a", &values[0]),
            ("x-amz-meta-a", &values[1]),
            ("content-type", &values[2]),
        ]);
        let key = signer.signing_key(time(NOW).scope_date());
        let key = cached.then_some(&key);
        let Request { method, path, query, headers, .. } = &mut request;
        signer.sign(method, path, query, headers, &KINDS[kind], time(NOW), key).unwrap();
        let expect = expect(Service::S3, NOW);
        let verified = request.verify(SECRET, &expect).unwrap();
        prop_assert_eq!(verified.payload(), KINDS[kind]);
        prop_assert_eq!(verified.signed_at(), Some(time(NOW)));

        // One letter more or less anywhere in the target is another request.
        let at = flip.index(request.path.chars().count());
        let mut letters: Vec<char> = request.path.chars().collect();
        letters.insert(at + 1, 'Q');
        request.path = letters.into_iter().collect();
        prop_assert!(request.verify(SECRET, &expect).is_err());
    }

    #[test]
    fn what_is_presigned_holds(
        path in raw("?").prop_map(|path| format!("/{}", path.replace('?', ""))),
        query in query(),
        value in value(),
        seconds in 1..=MAX_PRESIGN_SECONDS,
        token in prop::option::of("[!-~]{1,40}"),
    ) {
        let mut signer = signer(Service::S3);
        signer.session_token = token.map(|token| SessionToken::parse(token).unwrap());
        let headers = [("content-type", value.as_str())];
        let query = signer
            .presign(&Method::PUT, &path, &query, "store", &headers, seconds, time(NOW))
            .unwrap();
        let mut request = Request::new("PUT", &path, &query, &headers);
        request.headers.insert(HOST, HeaderValue::from_static("store"));
        let expect = expect(Service::S3, NOW);
        let verified = request.verify(SECRET, &expect).unwrap();
        let end = time(NOW).plus_seconds(i64::from(seconds));
        prop_assert_eq!(verified.expires_at(), Some(end));
        prop_assert_eq!(verified.payload(), Payload::Unsigned);
        let token = signer.session_token.as_ref().map(SessionToken::as_str);
        let claims = request.claims().unwrap();
        prop_assert_eq!(claims.session_token().map(SessionToken::as_str), token);
        request.query.push_str("&versionId=x");
        prop_assert!(request.verify(SECRET, &expect).is_err());
    }

    /// Whatever the head, an answer and no panic.
    #[test]
    fn verifying_is_total(
        path in ".{0,30}",
        query in ".{0,30}",
        method in "[A-Z]{1,5}",
        sha in "[ -~]{0,70}",
    ) {
        let mut request = crate::testing::signed("GET", "/b/k", "", &[]);
        request.method = method.parse().unwrap();
        (request.path, request.query) = (path, query);
        request.headers.insert("x-amz-content-sha256", sha.parse().unwrap());
        if let Ok(claims) = request.claims() {
            let secret = crate::testing::secret(SECRET);
            let outcome =
                crate::verify(&request.head(), claims, &secret, &expect(Service::S3, NOW));
            prop_assert!(outcome.is_err());
        }
    }
}
