//! Golden vectors, each step with its own expected value.

use super::*;

/// The heads of the published examples and of the chunked bodies.
#[test]
fn header_vectors_agree_at_every_step() {
    let mut rows: Vec<Row> = rows("sigv4/header.jsonl", 2);
    rows.extend(chunked_rows());
    assert_eq!(rows.len(), 19);
    let mut refused = Vec::new();
    for row in rows {
        let request = row.request();
        let payload = Payload::from_headers(&request.headers).unwrap().unwrap();
        let steps = steps(&request, DOCS_SECRET, &payload);
        let verified = request.verify(DOCS_SECRET, &expect(Service::S3, "20130524T000000Z"));
        if row.name == "bad-signed-decoded-length" {
            // The head itself was changed; the vector tells what it was before.
            assert_ne!(steps.canonical_request, row.canonical_request.unwrap(), "{}", row.name);
            mismatch(verified.unwrap_err());
            refused.push(row.name);
            continue;
        }
        assert_eq!(steps.canonical_request, row.canonical_request.unwrap(), "{}", row.name);
        assert_eq!(steps.string_to_sign, row.string_to_sign.unwrap(), "{}", row.name);
        assert_eq!(steps.signature, row.signature.unwrap(), "{}", row.name);
        let verified = verified.unwrap();
        assert_eq!(verified.access_key_id().as_str(), "AKIAIOSFODNN7EXAMPLE");
        assert_eq!(verified.scheme(), Scheme::HeaderV4);
        assert_eq!(verified.region().unwrap().as_str(), "us-east-1");
        assert_eq!(verified.payload(), payload);
        assert_eq!(verified.chunk_seed().is_some(), payload.is_signed_stream());
    }
    assert_eq!(refused, ["bad-signed-decoded-length"]);
}

#[test]
fn presigned_vectors_agree_at_every_step() {
    let rows: Vec<Row> = rows("presign/presigned.jsonl", 68);
    let (mut good, mut bad, mut steps_seen) = (0, 0, 0);
    for row in &rows {
        let mut request = row.request();
        if row.host.starts_with("examplebucket.") {
            request.bucket_in_host = Some("examplebucket".to_owned());
        }
        let expect = expect(Service::S3, row.now.as_deref().unwrap());
        let outcome = match request.claims() {
            Ok(claims) => {
                verify(&request.head(), claims, &secret(SECRET), &expect).map_err(Refusal::Verify)
            }
            Err(error) => Err(Refusal::Present(error)),
        };
        match row.expect.as_deref().unwrap() {
            "ok" => {
                let verified = outcome.unwrap_or_else(|e| panic!("{}: {e:?}", row.name));
                check_good(row, &verified);
                good += 1;
            }
            code => {
                let refusal = outcome.err().unwrap_or_else(|| panic!("{} holds", row.name));
                check_refused(row, code, &refusal);
                bad += 1;
            }
        }
        if row.signature_version.as_deref() == Some("SigV4") && row.string_to_sign.is_some() {
            steps_seen += usize::from(check_steps(row, &request));
        }
    }
    assert_eq!((good, bad, steps_seen), (41, 27, 28));
}

#[derive(Debug)]
enum Refusal {
    Present(PresentError),
    Verify(VerifyError),
}

/// Whether the claims could be read, so that there were steps to compare.
fn check_steps(row: &Row, request: &Request) -> bool {
    if request.claims().is_err() {
        assert_ne!(row.expect.as_deref(), Some("ok"));
        return false;
    }
    let steps = steps(request, SECRET, &Payload::Unsigned);
    assert_eq!(Some(&steps.string_to_sign), row.string_to_sign.as_ref(), "{}", row.name);
    if let Some(canonical) = &row.canonical_request {
        assert_eq!(&steps.canonical_request, canonical, "{}", row.name);
    }
    let holds = request.query.contains(&format!("X-Amz-Signature={}", steps.signature));
    // A URL from the future is signed well all the same.
    let signed_well = row.expect.as_deref() == Some("ok") || row.name == "s3v4-base-future";
    assert_eq!(holds, signed_well, "{}", row.name);
    true
}

fn check_good(row: &Row, verified: &crate::Verified) {
    assert_eq!(verified.access_key_id().as_str(), "AKIDEXAMPLE1234567890", "{}", row.name);
    assert_eq!(verified.payload(), Payload::Unsigned, "{}", row.name);
    assert_eq!(verified.expires_at(), Some(time("20260102T040405Z")), "{}", row.name);
    match row.signature_version.as_deref() {
        Some("SigV4") => {
            assert_eq!(verified.scheme(), Scheme::QueryV4);
            assert_eq!(verified.signed_at(), Some(time(NOW)));
            assert_eq!(verified.region().map(Region::as_str), Some("eu-central-1"));
        }
        _ => {
            assert_eq!(verified.scheme(), Scheme::QueryHmacV1);
            assert_eq!(verified.signed_at(), None);
            assert_eq!(verified.region(), None);
            assert_eq!(verified.signature_age_ms(time(NOW)), 0);
        }
    }
}

/// The right refusal for the right reason.
fn check_refused(row: &Row, code: &str, refusal: &Refusal) {
    let query = |reason| PresentError::Malformed { place: Place::Query, reason };
    match (code, refusal) {
        ("SignatureDoesNotMatch", Refusal::Verify(VerifyError::Mismatch(mismatch))) => {
            let ours = Some(mismatch.string_to_sign());
            assert_eq!(ours, row.string_to_sign.as_deref(), "{}", row.name);
        }
        ("AccessDenied", Refusal::Verify(VerifyError::QueryNameNotSigned(name))) => {
            let added = row.name.rsplit_once("plus-").unwrap().1;
            assert_eq!(name, added);
        }
        ("AuthorizationQueryParametersError", Refusal::Present(error)) => {
            let reason = match row.name.as_str() {
                "s3v4-base-expires-abc" => Malformed::ExpiresNotANumber,
                "s3v4-base-without-X-Amz-Date" => Malformed::Missing("X-Amz-Date"),
                "s3v4-base-without-X-Amz-SignedHeaders" => {
                    Malformed::Missing("X-Amz-SignedHeaders")
                }
                other => panic!("{other}: {error:?}"),
            };
            assert_eq!(*error, query(reason), "{}", row.name);
        }
        ("reject", Refusal::Present(error)) => {
            let want = match row.name.as_str() {
                "s3v4-base-duplicate" => {
                    PresentError::RepeatedQueryName("x-amz-algorithm".to_owned())
                }
                "s3-base-duplicate" => PresentError::RepeatedQueryName("awsaccesskeyid".to_owned()),
                "s3v4-base-expires-0" => query(Malformed::ExpiresNotPositive),
                other => panic!("{other}: {error:?}"),
            };
            assert_eq!(*error, want, "{}", row.name);
        }
        ("reject", Refusal::Verify(error)) => match row.name.as_str() {
            "s3v4-base-future" => {
                assert!(matches!(error, VerifyError::NotYetValid { .. }), "{error:?}");
            }
            "s3v4-signed-header-missing" => {
                assert_eq!(*error, VerifyError::SignedHeaderMissing("content-type".to_owned()));
            }
            other => panic!("{other}: {error:?}"),
        },
        (code, refusal) => panic!("{}: expected {code}, got {refusal:?}", row.name),
    }
}

/// Operations that SDKs sign for another service than `s3`.
const OTHER_SERVICES: [&str; 2] = ["ListDirectoryBuckets", "WriteGetObjectResponse"];

/// Every request that botocore signs for S3 holds, and does not with another method, path, query,
/// header or key.
#[test]
fn signed_s3_requests_hold_and_changed_ones_do_not() {
    let mut all: Vec<Row> = rows("resolve/s3-requests.jsonl", 222);
    all.extend(rows::<Row>("resolve/s3-requests-extra.jsonl", 695));
    let (mut header, mut query, mut anonymous, mut hashed, mut elsewhere) = (0, 0, 0, 0, 0);
    let expect = expect(Service::S3, NOW);
    for row in &all {
        let request = row.request();
        let scheme = match present(&request.head(), crate::Accept::default()) {
            Ok(Presented::Anonymous) => {
                assert_eq!(row.variant, "anonymous");
                anonymous += 1;
                continue;
            }
            Ok(Presented::Signed(claims)) => claims.scheme(),
            // Signed for `s3express` and `s3-object-lambda`, which are other services.
            Err(PresentError::Malformed { reason: Malformed::Service, .. }) => {
                assert!(OTHER_SERVICES.contains(&row.operation.as_str()), "{}", row.operation);
                elsewhere += 1;
                continue;
            }
            Err(error) => panic!("{} {}: {error:?}", row.operation, row.variant),
        };
        assert!(!OTHER_SERVICES.contains(&row.operation.as_str()), "{}", row.operation);
        let verified = request.verify(SECRET, &expect).unwrap_or_else(|error| {
            panic!("{} {} {} {}: {error:?}", row.operation, row.variant, row.style, row.path)
        });
        match scheme {
            Scheme::HeaderV4 => header += 1,
            Scheme::QueryV4 => query += 1,
            Scheme::HeaderV4a
            | Scheme::QueryV4a
            | Scheme::QueryHmacV1
            | Scheme::HeaderHmacV1
            | Scheme::FormV4
            | Scheme::FormHmacV1 => {
                panic!("{}", row.query)
            }
        }
        if let Payload::Hash(hash) = verified.payload() {
            assert_eq!(hash, sha256(&row.body()), "{}", row.operation);
            hashed += 1;
        }
        refuse_changes(&request, scheme);
    }
    assert_eq!(header + query + anonymous + elsewhere, 222 + 695);
    assert_eq!((header, query, anonymous, elsewhere), (687, 101, 121, 8));
    assert_eq!(hashed, 677);
}

fn refuse_changes(request: &Request, scheme: Scheme) {
    let expect = expect(Service::S3, NOW);
    let mut changed: Vec<Request> = vec![request.clone(); 4];
    changed[0].method = "PATCH".parse().unwrap();
    changed[1].path.push('x');
    changed[2].query.push_str("&x=");
    changed[3].set("host", "elsewhere");
    for request in &changed {
        mismatch(request.verify(SECRET, &expect).unwrap_err());
    }
    mismatch(request.verify(DOCS_SECRET, &expect).unwrap_err());
    if scheme == Scheme::HeaderV4 {
        let mut other = request.clone();
        other.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        mismatch(other.verify(SECRET, &expect).unwrap_err());
    }
}

#[test]
fn adversarial_s3_requests_are_signed_correctly() {
    let rows: Vec<Row> = rows("resolve/s3-adversarial.jsonl", 46);
    let mut refused = 0;
    for row in rows {
        let outcome = row.request().verify(SECRET, &expect(Service::S3, NOW));
        if row.path.ends_with("%zz") {
            assert_eq!(row.expected.as_deref(), Some("reject:encoding"));
            assert!(matches!(outcome, Err(VerifyError::Encoding(_))));
            refused += 1;
        } else {
            outcome.unwrap_or_else(|error| panic!("{} {}: {error:?}", row.path, row.query));
        }
    }
    assert_eq!(refused, 1);
}

#[test]
fn sts_requests_hold_with_the_hash_of_their_form() {
    let rows: Vec<Row> = rows("sigv4/sts-requests.jsonl", 22);
    let (mut signed, mut anonymous) = (0, 0);
    for row in rows {
        let request = row.request();
        if !request.headers.contains_key("authorization") {
            assert!(matches!(
                present(&request.head(), crate::Accept::default()),
                Ok(Presented::Anonymous)
            ));
            anonymous += 1;
            continue;
        }
        let mut expect = expect(Service::Sts, NOW);
        // Without the form it is the signature of another request.
        mismatch(request.verify(SECRET, &expect).unwrap_err());
        expect.body_sha256 = Some(sha256(&row.body()));
        let verified = request.verify(SECRET, &expect).unwrap();
        assert_eq!(verified.payload(), Payload::Hash(sha256(&row.body())));
        signed += 1;
    }
    assert_eq!((signed, anonymous), (18, 4));
}

fn chunked_rows() -> Vec<Row> {
    // One line is not a request but the signature of trailers alone; see `chunked`.
    rows::<serde_json::Value>("chunked/chunked.jsonl", 18)
        .into_iter()
        .filter(|row| row.get("method").is_some())
        .map(|row| serde_json::from_value(row).unwrap())
        .collect()
}
