//! Examples of signatures that do not hold.

use http::{HeaderMap, HeaderValue, Method};
use sigv4::{
    Accept, AccessKeyId, BadEncoding, Expect, InvalidAccessKeyId, InvalidSessionToken, Malformed,
    Payload, PayloadError, Place, PresentError, Presented, Region, RequestHead, SecretKey, Service,
    Signer, Timestamp, UnsupportedScheme, VerifyError,
};

use super::examples::every;

/// An instant, in seconds since 1970.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

pub(super) fn presents() -> Vec<PresentError> {
    every!(PresentError {
        PresentError::SeveralIdentities => [PresentError::SeveralIdentities],
        PresentError::SeveralTokens => [PresentError::SeveralTokens],
        PresentError::SessionToken(_) => [PresentError::SessionToken(InvalidSessionToken)],
        PresentError::RepeatedQueryName(_) => [PresentError::RepeatedQueryName("NAME".to_owned())],
        PresentError::Unsupported(_) => unsupported().into_iter().map(PresentError::Unsupported),
        PresentError::Malformed { .. } => malformed(),
        PresentError::NoDate => [PresentError::NoDate],
        PresentError::HmacV1Incomplete => [PresentError::HmacV1Incomplete],
        PresentError::HmacV1Expires => [PresentError::HmacV1Expires],
        PresentError::HmacV1Header => [PresentError::HmacV1Header],
        PresentError::HmacV1AccessKeyId => [PresentError::HmacV1AccessKeyId],
        PresentError::HmacV1Signature => [PresentError::HmacV1Signature],
    })
}

fn unsupported() -> Vec<UnsupportedScheme> {
    every!(UnsupportedScheme {
        UnsupportedScheme::HmacV1Header => [UnsupportedScheme::HmacV1Header],
        UnsupportedScheme::SigV4a => [UnsupportedScheme::SigV4a],
        UnsupportedScheme::Other => [UnsupportedScheme::Other],
    })
}

fn malformed() -> Vec<PresentError> {
    let reasons = every!(Malformed {
        Malformed::Shape => [Malformed::Shape],
        Malformed::Missing(_) => [Malformed::Missing("PART")],
        Malformed::Repeated(_) => [Malformed::Repeated("PART")],
        Malformed::Case(_) => [Malformed::Case("PART")],
        Malformed::Algorithm => [Malformed::Algorithm],
        Malformed::Credential => [Malformed::Credential],
        Malformed::AccessKeyId(_) => [Malformed::AccessKeyId(InvalidAccessKeyId)],
        Malformed::ScopeDate => [Malformed::ScopeDate],
        Malformed::OtherDate => [Malformed::OtherDate],
        Malformed::Region => [Malformed::Region],
        Malformed::Service => [Malformed::Service],
        Malformed::Terminator => [Malformed::Terminator],
        Malformed::RegionSet => [Malformed::RegionSet],
        Malformed::SignedHeaders => [Malformed::SignedHeaders],
        Malformed::Signature => [Malformed::Signature],
        Malformed::Date => [Malformed::Date],
        Malformed::ExpiresNotANumber => [Malformed::ExpiresNotANumber],
        Malformed::ExpiresNotPositive => [Malformed::ExpiresNotPositive],
        Malformed::ExpiresTooLong => [Malformed::ExpiresTooLong],
    });
    let places = every!(Place {
        Place::Header => [Place::Header],
        Place::Query => [Place::Query],
        Place::Form => [Place::Form],
    });
    let both = reasons.into_iter().flat_map(|reason| {
        // A lifetime and another spelling are of a query only.
        let in_query = matches!(
            reason,
            Malformed::Case(_)
                | Malformed::ExpiresNotANumber
                | Malformed::ExpiresNotPositive
                | Malformed::ExpiresTooLong
        );
        let places = places.iter().filter(move |place| !in_query || **place == Place::Query);
        places.map(move |place| PresentError::Malformed { place: *place, reason: reason.clone() })
    });
    both.collect()
}

pub(super) fn verifies() -> Vec<VerifyError> {
    let (signed_at, now) = (at(0), at(901));
    every!(VerifyError {
        VerifyError::WrongService { .. } => [Place::Header, Place::Query]
            .map(|place| VerifyError::WrongService { place, expected: Service::S3 }),
        VerifyError::Skewed { .. } => [VerifyError::Skewed { signed_at, now }],
        VerifyError::Expired { .. } => [None, Some(60)].map(|lifetime_seconds| {
            VerifyError::Expired { expires_at: at(60), lifetime_seconds, now }
        }),
        VerifyError::NotYetValid { .. } => [
            VerifyError::NotYetValid { signed_at: at(901), now: at(0) },
        ],
        VerifyError::HeadersNotSigned(_) => [
            VerifyError::HeadersNotSigned(vec![http::HeaderName::from_static("x-amz-acl")]),
        ],
        VerifyError::SignedHeaderMissing(_) => [
            VerifyError::SignedHeaderMissing("HEADER".to_owned()),
        ],
        VerifyError::QueryNameNotSigned(_) => [VerifyError::QueryNameNotSigned("NAME".to_owned())],
        VerifyError::AmbiguousQuery(_) => [VerifyError::AmbiguousQuery("NAME".to_owned())],
        VerifyError::HeaderConflict(_) => [VerifyError::HeaderConflict(http::header::CONTENT_TYPE)],
        VerifyError::Payload(_) => payloads().into_iter().map(VerifyError::Payload),
        VerifyError::Encoding(_) => [VerifyError::Encoding(BadEncoding)],
        VerifyError::Mismatch(_) => [mismatch()],
    })
}

fn payloads() -> Vec<PayloadError> {
    every!(PayloadError {
        PayloadError::Missing => [PayloadError::Missing],
        PayloadError::Invalid => [PayloadError::Invalid],
        PayloadError::Repeated => [PayloadError::Repeated],
        PayloadError::Unsupported => [PayloadError::Unsupported],
        PayloadError::Mismatch => [PayloadError::Mismatch],
    })
}

/// What `verify` says of a request that was signed with another secret: only it can say so.
fn mismatch() -> VerifyError {
    let secret = |text: &str| SecretKey::new(text.to_owned());
    let signer = Signer {
        access_key_id: AccessKeyId::parse("AKID").unwrap(),
        secret: secret("one"),
        session_token: None,
        region: Region::parse("us-east-1").unwrap(),
        service: Service::S3,
    };
    let mut headers = HeaderMap::new();
    headers.insert(http::header::HOST, HeaderValue::from_static("localhost"));
    signer.sign(&Method::GET, "/", "", &mut headers, &Payload::Unsigned, at(0), None).unwrap();
    let head = RequestHead {
        method: &Method::GET,
        path: "/",
        query: "",
        headers: &headers,
        bucket_in_host: None,
    };
    let Presented::Signed(claims) = sigv4::present(&head, Accept::default()).unwrap() else {
        panic!("it is signed");
    };
    let expect = Expect { service: Service::S3, now: at(0), body_sha256: None };
    sigv4::verify(&head, claims, &secret("another"), &expect).unwrap_err()
}
