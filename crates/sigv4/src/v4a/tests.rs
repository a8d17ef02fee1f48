use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4a as theirs;

use super::*;
use crate::error::{Malformed, PayloadError, Place, PresentError, UnsupportedScheme, VerifyError};
use crate::payload::Payload;
use crate::presented::{Accept, Scheme};
use crate::testing::{NOW, Request, SECRET, expect, secret, time};
use crate::verify::Verified;

const ID: &str = "AKIDEXAMPLE1234567890";

/// What AWS's own signer makes of a request.
fn signed_for(regions: &str, service: &str, mut request: Request, presigned: bool) -> Request {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    if presigned {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(60));
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    }
    let identity = Credentials::new(ID, SECRET, None, None, "test").into();
    let params = theirs::SigningParams::builder()
        .identity(&identity)
        .region_set(regions)
        .name(service)
        .time(SystemTime::UNIX_EPOCH + Duration::from_secs(time(NOW).unix().unsigned_abs()))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let separator = if request.query.is_empty() { "" } else { "?" };
    let uri = format!("http://s3.gateway.test{}{separator}{}", request.path, request.query);
    let said = request.headers.get("x-amz-content-sha256").cloned();
    request.headers.remove("x-amz-content-sha256");
    let body = match &said {
        Some(said) => SignableBody::Precomputed(said.to_str().unwrap().to_owned()),
        None => SignableBody::UnsignedPayload,
    };
    let pairs =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let signable = SignableRequest::new(request.method.as_str(), &uri, pairs, body).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    let mut out = http::Request::builder().method(&request.method).uri(&uri).body(()).unwrap();
    *out.headers_mut() = request.headers.clone();
    instructions.apply_to_request_http1x(&mut out);
    request.query = out.uri().query().unwrap_or("").to_owned();
    request.headers = out.headers().clone();
    request
}

fn plain(method: &str, path: &str, query: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::new(method, path, query, headers);
    request.set("host", "s3.gateway.test");
    request.accept = Accept { sigv4a: true, ..Accept::default() };
    request
}

fn signed(presigned: bool) -> Request {
    let request = plain("GET", "/b/k%20e", "versionId=1", &[("x-amz-meta-a", "b")]);
    signed_for("us-east-1,eu-*", "s3", request, presigned)
}

fn verified(request: &Request) -> Result<Verified, VerifyError> {
    request.verify(SECRET, &expect(Service::S3, NOW))
}

#[track_caller]
fn mismatches(request: &Request) {
    assert!(matches!(verified(request), Err(VerifyError::Mismatch(_))), "{request:?}");
}

/// The derivation that AWS publishes with its C runtime (`aws-c-auth`).
#[test]
fn a_derived_key_is_what_aws_published() {
    let id = AccessKeyId::parse("AKISORANDOMAASORANDOM").unwrap();
    let secret = secret("q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom");
    let key = private_key(&id, &secret).unwrap();
    assert_eq!(
        hex::encode(*key),
        "7fd3bd010c0d9c292141c2b77bfbde1042c92e6836fff749d1269ec890fca1bd"
    );
    let public = PrivateKey::from_private_key(&ECDH_P256, &*key).unwrap();
    assert_eq!(
        hex::encode(public.compute_public_key().unwrap()),
        "0415d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb\
         0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0"
    );
}

#[test]
fn candidates_up_to_the_order_become_keys() {
    let one = |last: u8| {
        let mut bytes = [0; 32];
        bytes[31] = last;
        bytes
    };
    assert_eq!(*one_more(&[0; 32]).unwrap(), one(1));
    let mut carried = [0; 32];
    carried[30] = 1;
    assert_eq!(*one_more(&one(255)).unwrap(), carried);
    let mut limit = ORDER_LESS_TWO;
    limit[31] += 1;
    assert_eq!(*one_more(&ORDER_LESS_TWO).unwrap(), limit);
    assert!(one_more(&limit).is_none());
    assert!(one_more(&[0xff; 32]).is_none());
    // What is larger in front decides, whatever follows.
    let mut smaller = [0xff; 32];
    smaller[3] = 0xfe;
    assert!(one_more(&smaller).is_some());
    let mut larger = [0; 32];
    larger[..4].fill(0xff);
    larger[7] = 1;
    assert!(one_more(&larger).is_none());
}

#[test]
fn sets_of_regions() {
    let region = |text: &str| Region::parse(text).unwrap();
    let covers = |set: &str, name: &str| RegionSet::parse(set).unwrap().covers(&region(name));
    for (set, name) in [
        ("us-east-1", "us-east-1"),
        ("*", "anything"),
        ("us-*", "us-east-1"),
        ("us-*", "us-"),
        ("*-1", "us-east-1"),
        ("us-*-1", "us-east-1"),
        ("u*-*t*-1", "us-east-1"),
        ("eu-west-1, us-east-1", "us-east-1"),
    ] {
        assert!(covers(set, name), "{set} {name}");
    }
    for (set, name) in [
        ("us-east-1", "us-east-2"),
        ("us-east-1", "us-east-11"),
        ("us-east-1", "US-EAST-1"),
        ("us-*", "eu-us-1"),
        ("*-1", "us-east-12"),
        ("a*a", "a"),
        ("a*b*a", "aba-b"),
        ("us-*-1", "us-1"),
        ("eu-west-1,eu-*", "us-east-1"),
    ] {
        assert!(!covers(set, name), "{set} {name}");
    }
    let long = vec!["r"; 65].join(",");
    for none in ["", ",", "us-east-1,", "us east", "us;eu", "r\u{e9}", &"r".repeat(65), &long] {
        assert_eq!(RegionSet::parse(none), None, "{none}");
    }
    assert!(RegionSet::parse(&vec!["r"; 64].join(",")).is_some());
}

#[test]
fn what_the_sdk_signs_holds() {
    for (presigned, scheme) in [(false, Scheme::HeaderV4a), (true, Scheme::QueryV4a)] {
        let request = signed(presigned);
        let claims = request.claims().unwrap();
        assert_eq!((claims.access_key_id().as_str(), claims.scheme()), (ID, scheme));
        assert!(claims.region().is_none() && claims.scope().is_none());
        let verified = verified(&request).unwrap();
        assert_eq!(verified.scheme(), scheme);
        assert_eq!((verified.region(), verified.signed_at()), (None, Some(time(NOW))));
        assert_eq!(verified.region_set(), RegionSet::parse("us-east-1,eu-*").as_ref());
        assert_eq!(verified.payload(), Payload::Unsigned);
        let end = presigned.then(|| time(NOW).plus_seconds(60));
        assert_eq!(verified.expires_at(), end);
        assert!(verified.chunk_seed().is_none());
    }
}

#[test]
fn a06_what_nobody_asked_for_is_not_taken() {
    for presigned in [false, true] {
        let mut request = signed(presigned);
        request.accept = Accept { hmac_v1_header: true, ..Accept::default() };
        let want = PresentError::Unsupported(UnsupportedScheme::SigV4a);
        assert_eq!(request.claims().unwrap_err(), want);
    }
}

#[test]
fn a04_what_is_signed_cannot_be_changed() {
    for presigned in [false, true] {
        let good = signed(presigned);
        verified(&good).unwrap();
        let mut other = good.clone();
        other.method = http::Method::PUT;
        mismatches(&other);
        let mut other = good.clone();
        other.path = "/b/k%20f".to_owned();
        mismatches(&other);
        let mut other = good.clone();
        other.query = other.query.replace("versionId=1", "versionId=2");
        mismatches(&other);
        let mut other = good.clone();
        other.set("x-amz-meta-a", "c");
        mismatches(&other);
        let mut other = good.clone();
        other.add("x-amz-acl", "private");
        assert!(matches!(verified(&other), Err(VerifyError::HeadersNotSigned(_))));
        let with = |key: &str| good.verify(key, &expect(Service::S3, NOW));
        assert!(matches!(with("another"), Err(VerifyError::Mismatch(_))));
        let sts = good.verify(SECRET, &expect(Service::Sts, NOW)).unwrap_err();
        assert!(matches!(sts, VerifyError::WrongService { .. }));
    }
    let mut other = signed(false);
    other.set("x-amz-region-set", "*");
    mismatches(&other);
    let mut other = signed(true);
    other.query = other.query.replace("X-Amz-Region-Set=us-east-1", "X-Amz-Region-Set=us-east-2");
    mismatches(&other);
}

#[test]
fn a03_it_ends() {
    let at = |presigned: bool, seconds: i64| {
        let now = time(NOW).plus_seconds(seconds);
        let expect = crate::Expect { now, ..expect(Service::S3, NOW) };
        signed(presigned).verify(SECRET, &expect)
    };
    for seconds in [-900, 900] {
        at(false, seconds).unwrap();
    }
    for seconds in [-901, 901] {
        assert!(matches!(at(false, seconds), Err(VerifyError::Skewed { .. })));
    }
    at(true, 60).unwrap();
    assert!(matches!(at(true, 61), Err(VerifyError::Expired { .. })));
    assert!(matches!(at(true, -901), Err(VerifyError::NotYetValid { .. })));
}

#[test]
fn a06_parts_that_are_none() {
    let reason = |request: &Request, wanted: Place| match request.claims().unwrap_err() {
        PresentError::Malformed { place, reason } if place == wanted => reason,
        other => panic!("{other:?}"),
    };
    let good = signed(false);
    let value = good.headers["authorization"].to_str().unwrap().to_owned();
    let replaced = |from: &str, to: &str| {
        assert!(value.contains(from), "{value}");
        let mut request = good.clone();
        request.set("authorization", &value.replace(from, to));
        reason(&request, Place::Header)
    };
    let scope = "/20260102/s3/aws4_request";
    for (to, want) in [
        ("/20260102/us-east-1/s3/aws4_request", Malformed::Credential),
        ("/20260102/s3", Malformed::Credential),
        ("/2026/s3/aws4_request", Malformed::ScopeDate),
        ("/20260103/s3/aws4_request", Malformed::OtherDate),
        ("/20260102/ec2/aws4_request", Malformed::Service),
        ("/20260102/s3/aws4", Malformed::Terminator),
    ] {
        assert_eq!(replaced(scope, to), want, "{to}");
    }
    assert_eq!(replaced("SignedHeaders=", "SignedHeaders=A;"), Malformed::SignedHeaders);
    for to in ["Signature=x", "Signature=AA", "Signature=3"] {
        assert_eq!(replaced("Signature=", to), Malformed::Signature, "{to}");
    }
    let mut request = good.clone();
    request.headers.remove("x-amz-region-set");
    assert_eq!(reason(&request, Place::Header), Malformed::RegionSet);
    let mut request = good.clone();
    request.add("x-amz-region-set", "us-east-1");
    assert_eq!(reason(&request, Place::Header), Malformed::RegionSet);
    let mut request = good;
    request.set("x-amz-region-set", "us east");
    assert_eq!(reason(&request, Place::Header), Malformed::RegionSet);

    let good = signed(true);
    let mut request = good.clone();
    request.set("x-amz-region-set", "*");
    assert_eq!(reason(&request, Place::Query), Malformed::RegionSet);
    let mut request = good.clone();
    request.query = request.query.replace("X-Amz-Region-Set", "Other");
    assert_eq!(reason(&request, Place::Query), Malformed::Missing("X-Amz-Region-Set"));
    let mut request = good;
    request.query.push_str("&X-Amz-Region-Set=us-east-1");
    let twice = PresentError::RepeatedQueryName("x-amz-region-set".to_owned());
    assert_eq!(request.claims().unwrap_err(), twice);
}

/// Signatures that are no DER, none of the curve, or of SigV4.
#[test]
fn a06_signatures_that_are_none() {
    let good = signed(false);
    let value = good.headers["authorization"].to_str().unwrap().to_owned();
    let (start, signature) = value.rsplit_once('=').unwrap();
    let zeros = "3006020100020100";
    let long = "30".repeat(72);
    let cut = &signature[..signature.len() - 2];
    for other in [zeros, &long, cut, &"00".repeat(32), &format!("{signature}00")] {
        let mut request = good.clone();
        request.set("authorization", &format!("{start}={other}"));
        let outcome = request.claims().map(|_| verified(&request));
        let refused = match &outcome {
            Ok(outcome) => matches!(outcome, Err(VerifyError::Mismatch(_))),
            Err(error) => {
                matches!(error, PresentError::Malformed { reason: Malformed::Signature, .. })
            }
        };
        assert!(refused, "{other}: {outcome:?}");
    }
}

#[test]
fn a40_chunks_have_no_key() {
    for kind in [
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    ] {
        let request = plain("PUT", "/b/k", "", &[("x-amz-content-sha256", kind)]);
        let request = signed_for("*", "s3", request, false);
        assert_eq!(
            verified(&request).unwrap_err(),
            VerifyError::Payload(PayloadError::Unsupported),
            "{kind}"
        );
    }
    let kind = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    let request = plain("PUT", "/b/k", "", &[("x-amz-content-sha256", kind)]);
    let request = signed_for("*", "s3", request, false);
    assert_eq!(verified(&request).unwrap().payload(), Payload::StreamingUnsignedTrailer);
}
