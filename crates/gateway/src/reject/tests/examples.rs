//! An example of everything that can go wrong. What stands for text of the client is in capitals.

use policy::{Denial, Principal, Request, authorize};
use s3::form::Exceeds;
use sigv4::SignError;

use super::{payload, request, signature};
use crate::caller::LookupError;
use crate::config::RouteError;
use crate::entropy::NoEntropy;
use crate::reject::Reject;
use crate::snapshot::StoreRequestError;
use crate::upstream::client::UpstreamError;

/// `PATTERN => EXAMPLES` for every variant of an enum. A variant that has no arm does not compile,
/// and an arm without an example, or with one of another variant, panics.
macro_rules! every {
    ($enum:ty { $($pattern:pat => $examples:expr,)+ }) => {{
        fn has_an_arm(value: &$enum) {
            match value {
                $($pattern => {})+
            }
        }
        let mut all: Vec<$enum> = Vec::new();
        $(
            let before = all.len();
            for example in $examples {
                assert!(matches!(&example, $pattern), "{example:?} is another variant");
                has_an_arm(&example);
                all.push(example);
            }
            assert!(all.len() > before, "{} has no example", stringify!($pattern));
        )+
        all
    }};
}
pub(super) use every;

pub(super) fn every_reject() -> Vec<Reject> {
    every!(Reject {
        Reject::Target => [Reject::Target],
        Reject::HttpVersion => [Reject::HttpVersion],
        Reject::HostCount => [Reject::HostCount],
        Reject::Host(_) => request::hosts().into_iter().map(Reject::Host),
        Reject::Present(_) => signature::presents().into_iter().map(Reject::Present),
        Reject::Lookup(_) => lookups().into_iter().map(Reject::Lookup),
        Reject::Verify(_) => signature::verifies().into_iter().map(Reject::Verify),
        Reject::Unproven => [Reject::Unproven],
        Reject::Resolve(_) => request::resolves().into_iter().map(Reject::Resolve),
        Reject::Route { .. } => routes(),
        Reject::HmacV1Operation(_) => [Reject::HmacV1Operation(s3::OperationKind::ListBuckets)],
        Reject::AnonymousOverride => [Reject::AnonymousOverride],
        Reject::RefusedOperation(_) => [Reject::RefusedOperation(s3::OperationKind::SelectObjectContent)],
        Reject::IgnoredHeader(_) => [Reject::IgnoredHeader(http::header::IF_MATCH)],
        Reject::KeepsShortUploads => [Reject::KeepsShortUploads],
        Reject::Usage => [Reject::Usage],
        Reject::ContinuationToken(_) => [Reject::ContinuationToken(s3::listing::ContinuationTokenError)],
        Reject::Condition(_) => [Reject::Condition("x-amz-copy-source-if-match")],
        Reject::NoVersions => [Reject::NoVersions],
        Reject::PartNumberIgnored => [Reject::PartNumberIgnored],
        Reject::HalfOf { .. } => [half_of()],
        Reject::CopyRange => [Reject::CopyRange],
        Reject::StoredInClear => [Reject::StoredInClear],
        Reject::TagsLost => [Reject::TagsLost],
        Reject::UploadSize { .. } => [Reject::UploadSize { said: 10_485_760, found: 5_242_880 }],
        Reject::CopySourceDenied => [Reject::CopySourceDenied],
        Reject::CopyConditionValue(_) => {
            [Reject::CopyConditionValue("x-amz-copy-source-if-modified-since")]
        },
        Reject::PolicyOfGateway => [Reject::PolicyOfGateway],
        Reject::NoBucketPolicy => [Reject::NoBucketPolicy],
        Reject::AclsDisabled => [Reject::AclsDisabled],
        Reject::BucketHasPolicy => [Reject::BucketHasPolicy],
        Reject::CopyAcrossStores => [Reject::CopyAcrossStores],
        Reject::TargetInOtherStore => [Reject::TargetInOtherStore],
        Reject::LocationConstraint => [Reject::LocationConstraint],
        Reject::KeyRule(_) => request::key_rules().into_iter().map(Reject::KeyRule),
        Reject::ContentLength => [Reject::ContentLength],
        Reject::DecodedLength => [Reject::DecodedLength],
        Reject::UnexpectedBody => [Reject::UnexpectedBody],
        Reject::Form(_) => payload::forms().into_iter().map(Reject::Form),
        Reject::PostPolicy(_) => payload::post_policies().into_iter().map(Reject::PostPolicy),
        Reject::Preflight(_) => request::preflights().into_iter().map(Reject::Preflight),
        Reject::Cors(_) => [Reject::Cors(403)],
        Reject::FileLength { .. } => [Exceeds::Below(2), Exceeds::Above(0)]
            .map(|exceeds| Reject::FileLength { length: 1, exceeds }),
        Reject::NoLength => [Reject::NoLength],
        Reject::TooLarge { .. } => [Reject::TooLarge { limit: 5_368_709_120 }],
        Reject::NoChunkSeed => [Reject::NoChunkSeed],
        Reject::Checksum(_) => payload::checksums().into_iter().map(Reject::Checksum),
        Reject::Body(_) => payload::bodies().into_iter().map(Reject::Body),
        Reject::Document(_) => request::documents().into_iter().map(Reject::Document),
        Reject::Denied(_) => [Reject::Denied(denial())],
        Reject::TagsUnknown(_) => [Reject::TagsUnknown("status 503".to_owned())],
        Reject::Hidden => [Reject::Hidden],
        Reject::BucketOwner => [Reject::BucketOwner],
        Reject::NoCredential => [Reject::NoCredential],
        Reject::Busy => [Reject::Busy],
        Reject::NoStoreHandle => [Reject::NoStoreHandle],
        Reject::StoreRequest(_) => store_requests().into_iter().map(Reject::StoreRequest),
        Reject::Upstream(_) => upstreams().into_iter().map(Reject::Upstream),
        Reject::EarlySuccess => [Reject::EarlySuccess],
        Reject::Redirect(_) => [Reject::Redirect(307)],
        Reject::StoreCredentials(_) => [Reject::StoreCredentials("InvalidAccessKeyId".to_owned())],
        Reject::StoreAnswer(_) => [Reject::StoreAnswer("not well-formed XML".to_owned())],
        Reject::Entropy(_) => [Reject::Entropy(NoEntropy)],
    })
}

fn half_of() -> Reject {
    Reject::HalfOf {
        header: http::HeaderName::from_static("x-amz-object-lock-mode"),
        missing: http::HeaderName::from_static("x-amz-object-lock-retain-until-date"),
    }
}

fn lookups() -> Vec<LookupError> {
    every!(LookupError {
        LookupError::UnknownKey => [LookupError::UnknownKey],
        // What exactly is wrong with a token is for the log: one example stands for all.
        LookupError::Token(_) => [LookupError::Token(sts::token::OpenError::Forged)],
        LookupError::Expired(_) => [LookupError::Expired(signature::at(0))],
        LookupError::RoleGone(_) => [LookupError::RoleGone("ARN".to_owned())],
        LookupError::UserGone(_) => [LookupError::UserGone("ARN".to_owned())],
        LookupError::NotBefore => [LookupError::NotBefore],
        LookupError::Revoked(_) => [LookupError::Revoked("ARN".to_owned())],
        LookupError::PolicyGone(_) => [LookupError::PolicyGone("ARN".to_owned())],
        LookupError::TokenWithUser => [LookupError::TokenWithUser],
    })
}

fn routes() -> Vec<Reject> {
    let expected = sigv4::Region::parse("REGION").unwrap();
    let errors = every!(RouteError {
        RouteError::RegionMismatch { .. } => [
            RouteError::RegionMismatch { expected, store: "STORE".to_owned() },
        ],
        RouteError::NoStore => [RouteError::NoStore],
    });
    let signed_in = |presigned| {
        errors.iter().map(move |error| Reject::Route { error: error.clone(), presigned })
    };
    signed_in(false).chain(signed_in(true)).collect()
}

/// What a caller without policies gets.
fn denial() -> Denial {
    let request = Request {
        action: "ACTION",
        resource: "arn:aws:s3:::BUCKET/KEY",
        principal: &Principal::Anonymous,
        context: &[],
    };
    authorize(&policy::PolicySet::default(), [request]).unwrap_err()
}

fn store_requests() -> Vec<StoreRequestError> {
    every!(StoreRequestError {
        // None of these can happen with a validated configuration: one example stands for all.
        StoreRequestError::Sign(_) => [StoreRequestError::Sign(SignError::MissingHost)],
        StoreRequestError::Target(_) => [
            StoreRequestError::Target("".parse::<http::Uri>().unwrap_err()),
        ],
    })
}

fn upstreams() -> Vec<UpstreamError> {
    let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    let bad_certificate = || std::io::Error::other("invalid peer certificate: UnknownIssuer");
    every!(UpstreamError {
        UpstreamError::Saturated => [UpstreamError::Saturated],
        UpstreamError::ConnectTimeout => [UpstreamError::ConnectTimeout],
        UpstreamError::Connect(_) => [UpstreamError::Connect(refused())],
        UpstreamError::Tls(_) => [UpstreamError::Tls(bad_certificate())],
        UpstreamError::ServerName => [UpstreamError::ServerName],
        UpstreamError::Exchange(_) => [UpstreamError::Exchange(broken_exchange())],
        UpstreamError::FirstByteTimeout => [UpstreamError::FirstByteTimeout],
        UpstreamError::BodyTimeout => [UpstreamError::BodyTimeout],
        UpstreamError::Deaf => [UpstreamError::Deaf],
        UpstreamError::TakenForGone => [UpstreamError::TakenForGone],
    })
}

/// The error of a store that closes the connection instead of answering: only hyper makes one.
fn broken_exchange() -> hyper::Error {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (ours, theirs) = tokio::io::duplex(1024);
        drop(theirs);
        let io = hyper_util::rt::TokioIo::new(ours);
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake::<_, http_body_util::Empty<bytes::Bytes>>(io)
                .await
                .unwrap();
        let request = http::Request::new(http_body_util::Empty::new());
        let (answer, _) = tokio::join!(sender.send_request(request), connection);
        answer.unwrap_err()
    })
}
