//! The one translation of everything that can go wrong into what AWS answers.
//!
//! [`Reject`] says what happened, [`Rejection`] what the client reads and what the log reads. The
//! client's text is static (or a validated name); the log's text is not for the client.
//! `docs/errors.md` is rendered from this module by a test.
#![deny(
    clippy::wildcard_enum_match_arm,
    reason = "whoever adds an error must be led here by the compiler"
)]

mod body;
mod form;
mod signature;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt::Display;

use policy::Denial;
use s3::AwsCode;
use s3::addressing::HostError;
use s3::form::Exceeds;

use crate::caller::LookupError;
use crate::config::RouteError;
use crate::pipeline::body::BodyError;
use crate::upstream::client::UpstreamError;

/// Everything for which a request gets an error of ours.
#[derive(Debug, thiserror::Error)]
pub enum Reject {
    /// The target is not a path.
    #[error("the request target is not in origin form")]
    Target,
    /// HTTP/1.0.
    #[error("HTTP before 1.1")]
    HttpVersion,
    /// No `Host`, several, or one that is not text.
    #[error("there is not exactly one valid host header")]
    HostCount,
    /// The host is not one of ours.
    #[error("host: {0}")]
    Host(#[from] HostError),
    /// The claims cannot be read.
    #[error("claims: {0}")]
    Present(#[from] sigv4::PresentError),
    /// The key or the session token is nobody's.
    #[error("caller: {0}")]
    Lookup(#[from] LookupError),
    /// The signature does not hold.
    #[error("signature: {0}")]
    Verify(#[from] sigv4::VerifyError),
    /// A verified key is not the one that was looked up; cannot happen.
    #[error("the verified key is not the one that was looked up")]
    Unproven,
    /// No operation of ours.
    #[error("operation: {0}")]
    Resolve(#[from] s3::ResolveError),
    /// The bucket is in another store than the signed region means.
    #[error("store: {error}")]
    Route {
        /// Why.
        error: RouteError,
        /// Whether the region was signed in the query.
        presigned: bool,
    },
    /// An operation for which no SDK makes HMACv1 URLs.
    #[error("the operation `{}` cannot be presigned with HMACv1", .0.name())]
    HmacV1Operation(s3::OperationKind),
    /// `response-*` from somebody who did not sign: an open bucket would let anybody serve anything
    /// from its host.
    #[error("an anonymous request that sets headers of the answer")]
    AnonymousOverride,
    /// An operation that breaks this store.
    #[error("the store is not asked for `{}`", .0.name())]
    RefusedOperation(s3::OperationKind),
    /// The store would ignore a header that is a promise.
    #[error("the store ignores the header `{0}` of this operation")]
    IgnoredHeader(http::HeaderName),
    /// The store has what was to be encrypted with the client's key, and does not say that it encrypted it.
    #[error(
        "the store took this without saying that it encrypted it with the key of the request, so that it may be there in the clear"
    )]
    StoredInClear,
    /// The store would lose the tags of the source of a copy.
    #[error(
        "the store loses the tags of an object when its metadata is replaced by a copy, and the source has some: copy without x-amz-metadata-directive, or read the tags and set them again"
    )]
    TagsLost,
    /// A header that means nothing without another one.
    #[error("the header `{header}` needs `{missing}` beside it")]
    HalfOf {
        /// The header that is there.
        header: http::HeaderName,
        /// The one that is not.
        missing: http::HeaderName,
    },
    /// A range of the source of a part that is not of the one form.
    #[error(
        "the x-amz-copy-source-range value must be of the form bytes=first-last, where first and last are the zero-based offsets of the first and last bytes to copy"
    )]
    CopyRange,
    /// What the account of the store has, where callers see no more of it than what is theirs.
    #[error(
        "the usage of an account is told with `authorization: store` and `list_buckets: all` alone"
    )]
    Usage,
    /// The bucket policies are in the gateway's configuration.
    #[error("bucket policies are configured at the gateway")]
    PolicyOfGateway,
    /// The gateway holds no policy for the bucket.
    #[error("the bucket has no policy")]
    NoBucketPolicy,
    /// A grant to somebody, where access control lists do not exist.
    #[error("an access control list")]
    AclsDisabled,
    /// The bucket would go, and what the gateway holds for it would stay.
    #[error("the gateway holds a policy for the bucket that is to be deleted")]
    BucketHasPolicy,
    /// A policy names the tags of the object, and the store does not tell them.
    #[error("the tags of the object cannot be read: {0}")]
    TagsUnknown(String),
    /// A copy from one store to another.
    #[error("the copy source is in another store")]
    CopyAcrossStores,
    /// A document names a bucket to write to that is in another store.
    #[error("the document names a bucket that is in another store")]
    TargetInOtherStore,
    /// `LocationConstraint` names a region that is not the one of the request.
    #[error("the location constraint names another region")]
    LocationConstraint,
    /// The store would take a key for another one.
    #[error("{0}")]
    KeyRule(#[from] s3::key_rules::KeyRuleError),
    /// The store would keep what came of a body that does not verify.
    #[error(
        "the store keeps uploads that are cut short, so that it may not be given a larger body that has to be verified: send it smaller, or as UNSIGNED-PAYLOAD without checksum"
    )]
    KeepsShortUploads,
    /// A continuation token that was not given out here.
    #[error("{0}")]
    ContinuationToken(#[from] s3::listing::ContinuationTokenError),
    /// A condition on what is read, or on the source of a copy, does not hold, and the store does not hold to it.
    #[error("the condition `{0}` does not hold")]
    Condition(&'static str),
    /// A version of an object, before a store that would take any for the object.
    #[error("the store does not look for versions of objects")]
    NoVersions,
    /// The store answered with the whole object where a part was asked for.
    #[error("the store does not read the parts of objects by their numbers")]
    PartNumberIgnored,
    /// The store does not show the source of a copy, whose conditions are to be looked at, to its keys.
    #[error("the store denies a look at the source of the copy")]
    CopySourceDenied,
    /// A condition on the source of a copy that cannot be read.
    #[error("the header `{0}` holds nothing to compare with")]
    CopyConditionValue(&'static str),
    /// A length that is not a number.
    #[error("a content length is not a number")]
    ContentLength,
    /// The length of what is in the frames of a body that has none.
    #[error(
        "`x-amz-decoded-content-length` differs from the content length, and `x-amz-content-sha256` says nothing of frames"
    )]
    DecodedLength,
    /// A body where there must be none.
    #[error("a body on an operation that has none")]
    UnexpectedBody,
    /// What came as a form is none, or asks for what a form cannot.
    #[error("form: {0}")]
    Form(#[from] s3::FormError),
    /// The policy of a form does not allow what the form asks for.
    #[error("{0}")]
    PostPolicy(#[from] s3::form::PostPolicyError),
    /// The file of a form has a length that the form's policy does not allow.
    #[error("the file has `{length}` bytes, which the policy of the form does not allow")]
    FileLength {
        /// In bytes.
        length: u64,
        /// The bound that it passes.
        exceeds: Exceeds,
    },
    /// What came as a CORS preflight is none.
    #[error("{0}")]
    Preflight(#[from] s3::PreflightError),
    /// The store's CORS configuration does not allow it, or there is none.
    #[error("the store does not allow the origin: it answered with {0}")]
    Cors(u16),
    /// No length where there must be one.
    #[error("no length of the payload was given")]
    NoLength,
    /// A payload larger than the limit.
    #[error("the payload is larger than {limit} bytes")]
    TooLarge {
        /// The most that is taken, in bytes.
        limit: u64,
    },
    /// Signed chunks without a signature that they could follow.
    #[error("signed chunks without a signature that they could follow")]
    NoChunkSeed,
    /// What the head says of the payload's checksums is malformed or contradicts itself.
    #[error("checksum: {0}")]
    Checksum(#[from] s3::checksum::ChecksumError),
    /// The object of an upload would have another size than its client says.
    #[error(
        "the provided 'x-amz-mp-object-size' header value {said} does not match what was computed: {found}"
    )]
    UploadSize {
        /// What the client says, in bytes.
        said: u64,
        /// What its parts have together, in bytes.
        found: u64,
    },
    /// The payload does not verify.
    #[error("payload: {0}")]
    Body(BodyError),
    /// The document cannot be read.
    #[error("document: {0}")]
    Document(#[from] s3::document::DocumentError),
    /// The policies do not allow it.
    #[error("denied `{}` on `{}`", .0.action, .0.resource)]
    Denied(Denial),
    /// A missing object, for a caller who may not list: AWS hides the difference.
    #[error("the object is missing and the caller may not list the bucket")]
    Hidden,
    /// `x-amz-expected-bucket-owner`, or that of a copy's source, names another account than ours, where no
    /// store compares it.
    #[error("the bucket owner that is expected is another account than this gateway's")]
    BucketOwner,
    /// No credential of the store is for this caller.
    #[error("no credential of the store is for this caller")]
    NoCredential,
    /// A limit on what is worked on at one time is reached.
    #[error("a limit on concurrent work is reached")]
    Busy,
    /// The head for the store cannot be made; cannot happen with a validated configuration.
    #[error("the request for the store cannot be made")]
    NoStoreHandle,
    /// The request for the store cannot be made from what was decided.
    #[error("{0}")]
    StoreRequest(#[from] crate::snapshot::StoreRequestError),
    /// The store cannot be asked.
    #[error("store: {0}")]
    Upstream(#[from] UpstreamError),
    /// The store said yes before it had everything.
    #[error("the store answered with success before the payload was sent")]
    EarlySuccess,
    /// The store sent a redirect, which is never followed nor passed on.
    #[error("the store answered with the redirect {0}")]
    Redirect(u16),
    /// The store refuses the credentials that we have for it.
    #[error("the store refuses our credentials: {0}")]
    StoreCredentials(String),
    /// The store's answer cannot be understood.
    #[error("the store's answer cannot be used: {0}")]
    StoreAnswer(String),
    /// No randomness for a request id.
    #[error("{0}")]
    Entropy(#[from] crate::entropy::NoEntropy),
}

/// How the operator should take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The client's business.
    Client,
    /// Somebody who runs the gateway or the store should look.
    Operator,
}

/// What the client reads, and what the log reads.
#[derive(Debug, Clone)]
pub struct Rejection {
    /// The AWS code, which also gives the status.
    pub code: AwsCode,
    /// For the client.
    pub message: Cow<'static, str>,
    /// Further elements of the error document. They repeat the client's own request or name what
    /// is configured for everybody.
    pub extra: Vec<(&'static str, String)>,
    /// The region to sign for, as the header `x-amz-bucket-region`: an answer to HEAD has no
    /// document.
    pub region: Option<String>,
    /// For the log. Never sent.
    pub reason: String,
    /// For the log.
    pub severity: Severity,
}

impl Rejection {
    fn new(code: AwsCode, reason: impl Display) -> Self {
        Self {
            code,
            message: Cow::Borrowed(code.default_message()),
            extra: Vec::new(),
            region: None,
            reason: reason.to_string(),
            severity: Severity::Client,
        }
    }

    fn say(mut self, message: &'static str) -> Self {
        self.message = Cow::Borrowed(message);
        self
    }

    fn tell(mut self, message: String) -> Self {
        self.message = Cow::Owned(message);
        self
    }

    fn extra(mut self, name: &'static str, value: &str) -> Self {
        self.extra.push((name, value.to_owned()));
        self
    }

    fn operator(mut self) -> Self {
        self.severity = Severity::Operator;
        self
    }
}

impl Reject {
    /// What AWS answers. One arm a variant: whoever adds one is led here by the compiler.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one short arm a variant")]
    pub fn rejection(&self) -> Rejection {
        match self {
            Self::Present(error) => signature::present(error),
            Self::Verify(error) => signature::verify(error),
            Self::Lookup(error) => self.lookup(error),
            Self::Resolve(error) => self.resolve(error),
            Self::Route { error, presigned } => self.route(error, *presigned),
            Self::Body(error) => body::failed(self, error),
            Self::Upstream(error) => self.upstream(error),
            Self::Document(error) => Rejection::new(error.code(), self),
            Self::Denied(_) | Self::Hidden | Self::BucketOwner | Self::NoCredential | Self::TagsUnknown(_) => {
                Rejection::new(AwsCode::AccessDenied, self)
            }
            Self::Target => Rejection::new(AwsCode::InvalidURI, self),
            Self::HttpVersion => Rejection::new(AwsCode::InvalidRequest, self)
                .say("HTTP/1.1 is needed; a reverse proxy may have to be told to speak it."),
            Self::HostCount => Rejection::new(AwsCode::InvalidRequest, self)
                .say("The request must have exactly one valid Host header."),
            Self::Host(HostError::Unknown) => Rejection::new(AwsCode::InvalidRequest, self)
                .say("This endpoint does not serve the host that the request names."),
            Self::Host(HostError::Bucket(_)) => Rejection::new(AwsCode::InvalidBucketName, self),
            Self::HmacV1Operation(_) => Rejection::new(AwsCode::AccessDenied, self).say(
                "This operation cannot be presigned with AWSAccessKeyId; use AWS4-HMAC-SHA256.",
            ),
            Self::AnonymousOverride => Rejection::new(AwsCode::InvalidRequest, self).say(
                "Request specific response headers cannot be used for anonymous GET requests.",
            ),
            Self::RefusedOperation(_) => Rejection::new(AwsCode::NotImplemented, self)
                .say("The store behind this gateway does not support this operation."),
            Self::IgnoredHeader(name) => {
                self.told(AwsCode::NotImplemented).extra("Header", name.as_str())
            }
            Self::ContinuationToken(_) => Rejection::new(AwsCode::InvalidArgument, self)
                .extra("ArgumentName", "continuation-token")
                .say("The continuation token provided is incorrect"),
            Self::Condition(name) => {
                Rejection::new(AwsCode::PreconditionFailed, self).extra("Condition", name)
            }
            Self::CopySourceDenied => Rejection::new(AwsCode::AccessDenied, self),
            Self::HalfOf { missing, .. } => {
                self.told(AwsCode::InvalidArgument).extra("ArgumentName", missing.as_str())
            }
            Self::CopyRange => self
                .told(AwsCode::InvalidArgument)
                .extra("ArgumentName", "x-amz-copy-source-range"),
            Self::CopyConditionValue(name) => {
                self.told(AwsCode::InvalidArgument).extra("ArgumentName", name)
            }
            Self::CopyAcrossStores
            | Self::TargetInOtherStore
            | Self::Usage
            | Self::NoVersions
            | Self::StoredInClear
            | Self::TagsLost
            | Self::PartNumberIgnored
            | Self::KeepsShortUploads => self.told(AwsCode::NotImplemented),
            Self::PolicyOfGateway => Rejection::new(AwsCode::MethodNotAllowed, self)
                .say("Bucket policies are part of this gateway's configuration."),
            Self::NoBucketPolicy => Rejection::new(AwsCode::NoSuchBucketPolicy, self),
            Self::AclsDisabled => Rejection::new(AwsCode::AccessControlListNotSupported, self),
            Self::BucketHasPolicy => Rejection::new(AwsCode::InvalidBucketState, self).say(
                "The bucket has a policy in this gateway's configuration; remove that first, so that a new bucket of this name does not inherit it.",
            ),
            Self::LocationConstraint => {
                Rejection::new(AwsCode::IllegalLocationConstraintException, self)
            }
            Self::KeyRule(error) => Rejection::new(AwsCode::InvalidArgument, self)
                .extra("ArgumentName", "key")
                .tell(sentence(&error.to_string())),
            Self::ContentLength => Rejection::new(AwsCode::InvalidArgument, self)
                .say("Content-Length and x-amz-decoded-content-length must be numbers."),
            Self::DecodedLength => self.told(AwsCode::InvalidRequest),
            Self::UnexpectedBody => Rejection::new(AwsCode::UnexpectedContent, self),
            Self::Form(error) => form::malformed(error),
            Self::PostPolicy(error) => form::policy(error),
            Self::Preflight(error) => self.told(error.code()),
            Self::Cors(_) => Rejection::new(AwsCode::AccessForbidden, self),
            Self::FileLength { length, exceeds } => form::length(*length, *exceeds),
            Self::NoLength => Rejection::new(AwsCode::MissingContentLength, self),
            Self::TooLarge { limit } => Rejection::new(AwsCode::EntityTooLarge, self)
                .extra("MaxSizeAllowed", &limit.to_string()),
            Self::NoChunkSeed => Rejection::new(AwsCode::InvalidRequest, self)
                .say("Signed chunks need a request that is signed with AWS4-HMAC-SHA256."),
            Self::Checksum(error) => {
                Rejection::new(error.code(), self).tell(sentence(&error.to_string()))
            }
            Self::UploadSize { .. } => self.told(AwsCode::InvalidRequest),
            Self::Busy => Rejection::new(AwsCode::SlowDown, self),
            Self::Unproven
            | Self::NoStoreHandle
            | Self::StoreRequest(_)
            | Self::EarlySuccess
            | Self::Redirect(_)
            | Self::StoreCredentials(_)
            | Self::StoreAnswer(_)
            | Self::Entropy(_) => Rejection::new(AwsCode::InternalError, self).operator(),
        }
    }

    fn lookup(&self, error: &LookupError) -> Rejection {
        match error {
            LookupError::UnknownKey => Rejection::new(AwsCode::InvalidAccessKeyId, self),
            LookupError::Expired(_) => Rejection::new(AwsCode::ExpiredToken, self),
            LookupError::Revoked(_) => Rejection::new(AwsCode::ExpiredToken, self),
            // To the client a role that is gone looks as its end: it must log in again, and will
            // then be told by the STS.
            LookupError::RoleGone(_)
            | LookupError::UserGone(_)
            | LookupError::NotBefore
            | LookupError::PolicyGone(_) => Rejection::new(AwsCode::ExpiredToken, self),
            LookupError::Token(_) | LookupError::TokenWithUser => {
                Rejection::new(AwsCode::InvalidToken, self)
            }
        }
    }

    fn resolve(&self, error: &s3::ResolveError) -> Rejection {
        // The reasons of `s3` are static texts around names of S3's or names that it has bounded.
        let rejection =
            Rejection::new(error.reason.code(), self).tell(sentence(&error.reason.to_string()));
        match error.reason.culprit() {
            Some((element, name)) => rejection.extra(element, name),
            None => rejection,
        }
    }

    /// In the words of the log, which are fit for the client, too.
    fn told(&self, code: AwsCode) -> Rejection {
        Rejection::new(code, self).tell(sentence(&self.to_string()))
    }

    fn route(&self, error: &RouteError, presigned: bool) -> Rejection {
        match error {
            RouteError::RegionMismatch { expected, .. } => {
                let code = if presigned {
                    AwsCode::AuthorizationQueryParametersError
                } else {
                    AwsCode::AuthorizationHeaderMalformed
                };
                let mut rejection = Rejection::new(code, self)
                    .say("The region is wrong for this bucket; expecting the one in Region.")
                    .extra("Region", expected.as_str());
                rejection.region = Some(expected.as_str().to_owned());
                rejection
            }
            RouteError::NoStore => Rejection::new(AwsCode::InternalError, self).operator(),
        }
    }

    fn upstream(&self, error: &UpstreamError) -> Rejection {
        match error {
            UpstreamError::Saturated => Rejection::new(AwsCode::SlowDown, self).operator(),
            UpstreamError::ConnectTimeout
            | UpstreamError::Connect(_)
            | UpstreamError::FirstByteTimeout
            | UpstreamError::TakenForGone
            | UpstreamError::BodyTimeout => {
                Rejection::new(AwsCode::ServiceUnavailable, self).operator()
            }
            UpstreamError::Tls(_)
            | UpstreamError::ServerName
            | UpstreamError::Exchange(_)
            | UpstreamError::Deaf => Rejection::new(AwsCode::InternalError, self).operator(),
        }
    }
}

/// An error of ours as AWS writes messages: a capital, unless the first word is a header's name,
/// and a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let is_name = text.split(' ').next().is_some_and(|word| word.contains('-'));
    let first = chars.next().map(|c| if is_name { c } else { c.to_ascii_uppercase() });
    first.into_iter().chain(chars).chain(['.']).collect()
}
