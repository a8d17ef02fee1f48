//! Everything that can be wrong with a signature.
//!
//! The names are ours; the doc comment of each variant says which answer of AWS it stands for, so that
//! one `match` elsewhere can translate all of them. No error holds a secret or a signature.

use std::fmt;

use http::header::HeaderName;
use thiserror::Error;

use crate::scope::Service;
use crate::time::Timestamp;

/// Not an access key id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not an access key id: 1 to 128 visible ASCII characters without `,` and `/`")]
pub struct InvalidAccessKeyId;

/// Not a session token. Carries nothing of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a session token: 1 to 8192 visible ASCII characters")]
pub struct InvalidSessionToken;

/// Not a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a region: 1 to 64 of the characters `A-Z a-z 0-9 . _ -`")]
pub struct InvalidRegion;

/// Not an instant in the expected form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a time in the expected form")]
pub struct InvalidTime;

/// A `%` that two hex digits do not follow, in the path or the query.
///
/// AWS: 400 `InvalidURI` "Couldn't parse the specified URI."
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a percent sign without two hex digits in the request target")]
pub struct BadEncoding;

/// Where the claims stood, which decides the code that AWS answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The `Authorization` header: `AuthorizationHeaderMalformed`.
    Header,
    /// The query: `AuthorizationQueryParametersError`.
    Query,
    /// The fields of a form: `InvalidArgument`.
    Form,
}

/// What is wrong with the parts of a signature.
///
/// AWS: 400 `AuthorizationHeaderMalformed` ("The authorization header is malformed; ...") in the
/// header, 400 `AuthorizationQueryParametersError` in the query. The comments give the rest of AWS's
/// message where one is known.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    /// The header or the query is not made of the known parts, or holds bytes that are not ASCII.
    #[error("not a list of `Credential`, `SignedHeaders` and `Signature`")]
    Shape,
    /// "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential,
    /// X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A part twice.
    #[error("`{0}` is there twice")]
    Repeated(&'static str),
    /// A name of the signature in the query in another case than AWS's.
    #[error("`{0}` is spelled in another case")]
    Case(&'static str),
    /// "X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256""
    #[error("the algorithm is not known")]
    Algorithm,
    /// `the Credential is mis-formatted; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`
    #[error("the credential is not `AKID/YYYYMMDD/REGION/SERVICE/aws4_request`")]
    Credential,
    /// The access key id in the credential is not one.
    #[error(transparent)]
    AccessKeyId(#[from] InvalidAccessKeyId),
    /// `incorrect date format "...". This date in the credential must be in the format "yyyyMMdd".`
    #[error("the date of the credential is not `YYYYMMDD`")]
    ScopeDate,
    /// `Invalid credential date. Date is not the same as X-Amz-Date.`
    #[error("the date of the credential is not the date of the request")]
    OtherDate,
    /// `the region '' is wrong; expecting '...'`
    #[error("the region of the credential is empty or not a region")]
    Region,
    /// `incorrect service "...". This endpoint belongs to "s3".`
    #[error("the service of the credential is not the one of this endpoint")]
    Service,
    /// `incorrect terminal "...". This endpoint uses "aws4_request".`
    #[error("the credential does not end in `aws4_request`")]
    Terminator,
    /// The list of signed headers is empty, too long, repeats a name, or holds something else than
    /// lower-case header names.
    #[error("the signed headers are not a list of different lower-case header names")]
    SignedHeaders,
    /// SigV4a: `X-Amz-Region-Set` is not there once, or it is not a list of regions.
    #[error("`X-Amz-Region-Set` is not one list of regions")]
    RegionSet,
    /// Not 64 lower-case hex digits; of SigV4a, not the hex digits of a signature in DER.
    #[error("the signature is not 64 hex digits")]
    Signature,
    /// "X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'""
    #[error("the date is not `YYYYMMDD'T'HHMMSS'Z'`")]
    Date,
    /// "X-Amz-Expires should be a number"
    #[error("the lifetime is not a number")]
    ExpiresNotANumber,
    /// "X-Amz-Expires must be non-negative"; zero too, which could never be used.
    #[error("the lifetime is not positive")]
    ExpiresNotPositive,
    /// "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be
    /// less than 604800 seconds"
    #[error("the lifetime is more than 604800 seconds")]
    ExpiresTooLong,
}

/// A way to sign that exists and is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnsupportedScheme {
    /// `Authorization: AWS AKID:SIGNATURE`, where [`crate::Accept`] does not say that it is taken. AWS:
    /// 400 `InvalidRequest` "The authorization mechanism you have provided is not supported. Please use
    /// AWS4-HMAC-SHA256."
    #[error("HMACv1 in the authorization header")]
    HmacV1Header,
    /// `AWS4-ECDSA-P256-SHA256`: in a form, or where [`crate::Accept`] does not say that it is taken. 400
    /// `InvalidRequest`, as above.
    #[error("SigV4a")]
    SigV4a,
    /// Any other scheme: `Basic`, `Bearer` ... AWS: 400 `InvalidArgument` "Unsupported Authorization
    /// Type" with `ArgumentName` `Authorization`.
    #[error("an unknown authorization scheme")]
    Other,
}

/// Why the claims of a request cannot be read. Nothing was verified.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PresentError {
    /// Two `Authorization` headers, a header and a signature in the query, both kinds of signature in
    /// the query, or a part of the query's signature beside a header.
    ///
    /// AWS: 400 `InvalidArgument` "Only one auth mechanism allowed; only the X-Amz-Algorithm query
    /// parameter, Signature query string parameter or the Authorization header should be specified",
    /// `ArgumentName` `Authorization`.
    #[error("more than one signature")]
    SeveralIdentities,
    /// A session token in the header and in the query, two of either, or one in the query beside a
    /// signature in the header. 400 `InvalidArgument`; AWS documents no text.
    #[error("more than one session token")]
    SeveralTokens,
    /// The session token cannot be one. AWS: 400 `InvalidToken` "The provided token is malformed or
    /// otherwise invalid."
    #[error(transparent)]
    SessionToken(#[from] InvalidSessionToken),
    /// The query names a part of the signature, or a header, twice (names compare without case). The
    /// name is lower-cased and cut to 64 characters. AWS: 400 `InvalidArgument` or, for the parts of
    /// SigV4, `AuthorizationQueryParametersError`.
    #[error("the query holds `{0}` twice")]
    RepeatedQueryName(String),
    /// See [`UnsupportedScheme`].
    #[error("{0} is not supported")]
    Unsupported(UnsupportedScheme),
    /// See [`Malformed`] and [`Place`].
    #[error("the signature is malformed: {reason}")]
    Malformed {
        /// Header or query.
        place: Place,
        /// What is wrong.
        reason: Malformed,
    },
    /// Signed in the header, and neither `x-amz-date` nor `Date` is there once and in its form.
    ///
    /// AWS: 403 `AccessDenied` "AWS authentication requires a valid Date or x-amz-date header"
    #[error("no valid `x-amz-date` or `date` header")]
    NoDate,
    /// AWS: 403 `AccessDenied` "Query-string authentication requires the Signature, Expires and
    /// AWSAccessKeyId parameters"
    #[error("`AWSAccessKeyId`, `Signature` and `Expires` belong together")]
    HmacV1Incomplete,
    /// AWS: 403 `AccessDenied` "Invalid date (should be seconds since epoch): ..."
    #[error("`Expires` is not a number of seconds since 1970")]
    HmacV1Expires,
    /// `Authorization: AWS` and then not a key, a colon and a signature. AWS: 400 `InvalidArgument` "AWS
    /// authorization header is invalid.  Expected AwsAccessKeyId:signature", `ArgumentName`
    /// `Authorization`.
    #[error("`Authorization` is not `AWS AWSAccessKeyId:Signature`")]
    HmacV1Header,
    /// `AWSAccessKeyId` cannot be one. AWS: 403 `InvalidAccessKeyId` "The AWS Access Key Id you
    /// provided does not exist in our records."
    #[error("`AWSAccessKeyId` is not an access key id")]
    HmacV1AccessKeyId,
    /// `Signature` is not the base64 of 20 bytes. AWS: 403 `SignatureDoesNotMatch`.
    #[error("`Signature` is not 20 bytes in base64")]
    HmacV1Signature,
}

/// What is wrong with `x-amz-content-sha256`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PayloadError {
    /// AWS: 400 `InvalidRequest` "Missing required header for this request: x-amz-content-sha256"
    #[error("`x-amz-content-sha256` is missing")]
    Missing,
    /// AWS: 400 `InvalidArgument` "x-amz-content-sha256 must be UNSIGNED-PAYLOAD,
    /// STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD,
    /// STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, ... or a valid sha256 value.", `ArgumentName`
    /// `x-amz-content-sha256`.
    #[error("`x-amz-content-sha256` is neither a SHA-256 nor a known word")]
    Invalid,
    /// Twice, or in header and query with different values. 400 `InvalidArgument`.
    #[error("`x-amz-content-sha256` is there twice")]
    Repeated,
    /// A kind of signed chunks that belongs to SigV4a, signed chunks where no SigV4 key could sign them (HMACv1, SigV4a), or
    /// any `aws-chunked` body of an HMACv1 signature in the header. 501 `NotImplemented`.
    #[error("`x-amz-content-sha256` names a kind of payload that is not supported")]
    Unsupported,
    /// The body is known and has another hash. AWS: 400 `XAmzContentSHA256Mismatch` "The provided
    /// 'x-amz-content-sha256' header does not match what was computed."
    #[error("`x-amz-content-sha256` is not the hash of the body")]
    Mismatch,
}

/// Why a signature does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// The signature is for another service, or of a scheme that this service does not have (HMACv1
    /// for STS). See [`Malformed::Service`].
    #[error("the signature is not for `{}`", expected.as_str())]
    WrongService {
        /// Header or query.
        place: Place,
        /// The service of this endpoint.
        expected: Service,
    },
    /// Signed in the header, more than 15 minutes from now.
    ///
    /// AWS: 403 `RequestTimeTooSkewed` "The difference between the request time and the current time
    /// is too large.", with `RequestTime`, `ServerTime` and `MaxAllowedSkewMilliseconds` 900000. STS:
    /// 403 `SignatureDoesNotMatch` "Signature expired: ...".
    #[error("signed at `{}`, too far from now", signed_at.rfc3339())]
    Skewed {
        /// When the signer says it signed.
        signed_at: Timestamp,
        /// The instant of the check.
        now: Timestamp,
    },
    /// A signed URL past its end. AWS: 403 `AccessDenied` "Request has expired", with `Expires`,
    /// `ServerTime` and, for SigV4, `X-Amz-Expires`.
    #[error("expired at `{}`", expires_at.rfc3339())]
    Expired {
        /// The last second in which it was good.
        expires_at: Timestamp,
        /// `X-Amz-Expires`; `None` for HMACv1, which has an end and no start.
        lifetime_seconds: Option<u32>,
        /// The instant of the check.
        now: Timestamp,
    },
    /// A signed URL from more than 15 minutes in the future. AWS: 403 `AccessDenied` "Request is not
    /// valid yet".
    #[error("not valid before `{}`", signed_at.rfc3339())]
    NotYetValid {
        /// When the signer says it signed.
        signed_at: Timestamp,
        /// The instant of the check.
        now: Timestamp,
    },
    /// `host` or an `x-amz-*` header is there and not among the signed headers.
    ///
    /// AWS: 403 `AccessDenied` "There were headers present in the request which were not signed", with
    /// `HeadersNotSigned` (names, separated by a comma and a space).
    #[error("headers that are not signed: {}", Names(.0))]
    HeadersNotSigned(Vec<HeaderName>),
    /// A signed header is not there, or `host` is not. AWS: 403 `SignatureDoesNotMatch`.
    #[error("the signed header `{0}` is missing")]
    SignedHeaderMissing(String),
    /// HMACv1 does not sign this name in the query, and beside a signature in the header it is none
    /// that only says which part of a list is meant. The name is decoded, cut to 64 characters. 403
    /// `AccessDenied`.
    #[error("the query name `{0}` is not covered by an HMACv1 signature")]
    QueryNameNotSigned(String),
    /// HMACv1: the string to sign could be read in another way too: a decoded value holds a control
    /// character, or `&` and a name that is signed, or a raw `+`; a name is there twice; a hoisted
    /// name is not a header name, or a hoisted `content-type` or `content-md5` is empty. 403 `AccessDenied`.
    #[error("the query value of `{0}` makes an HMACv1 signature ambiguous")]
    AmbiguousQuery(String),
    /// A header is in the query too, with another value, or twice where HMACv1 signs one. 403
    /// `AccessDenied`.
    #[error("`{0}` is in the header and in the query, or twice")]
    HeaderConflict(HeaderName),
    /// See [`PayloadError`].
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// See [`BadEncoding`].
    #[error(transparent)]
    Encoding(#[from] BadEncoding),
    /// AWS: 403 `SignatureDoesNotMatch` "The request signature we calculated does not match the
    /// signature you provided. Check your key and signing method.", with `StringToSign` and
    /// `CanonicalRequest`.
    #[error("the signature does not match")]
    Mismatch(Box<Mismatch>),
}

/// What was signed by our account, for a client that wants to find its mistake. It repeats the
/// client's own request and nothing else, but with its session token: it may go into the answer and
/// not into a log, hence the redacted `Debug`. The signature that we calculated is not in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub(crate) canonical_request: Option<String>,
    pub(crate) string_to_sign: String,
}

impl Mismatch {
    /// The canonical request; `None` for HMACv1, which has none. As long as the request head at most
    /// three times over. Bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn canonical_request(&self) -> Option<&str> {
        self.canonical_request.as_deref()
    }

    /// The string to sign. Bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn string_to_sign(&self) -> &str {
        &self.string_to_sign
    }
}

impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mismatch(redacted)")
    }
}

/// Why a request cannot be signed. The request is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignError {
    /// Without `host` there is nothing that ties the signature to a server.
    #[error("the `host` header is missing")]
    MissingHost,
    /// The session token or the access key id cannot be a header value.
    #[error("`{0}` cannot be a header value")]
    HeaderValue(&'static str),
    /// Not the name of a header, or one that is set by the signature itself.
    #[error("`{0}` is not a header that can be signed")]
    HeaderName(String),
    /// The lifetime of a signed URL is 1 to 604800 seconds.
    #[error("a lifetime of `{0}` seconds is not within 1 to 604800")]
    Lifetime(u32),
    /// The query of a URL that is to be signed carries a signature already.
    #[error("the query carries a signature already")]
    AlreadySigned,
    /// See [`BadEncoding`].
    #[error(transparent)]
    Encoding(#[from] BadEncoding),
}

/// Why an `aws-chunked` body is refused. What was decoded before must be thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChunkError {
    /// A line of the framing is not what it must be. AWS: 400 `InvalidRequest` or
    /// `InvalidChunkSizeError`; 400 `IncompleteBody` is what SDKs know best.
    #[error("the chunk framing is malformed")]
    Framing,
    /// A line of the framing is longer than any that is meant. As [`ChunkError::Framing`].
    #[error("a line of the chunk framing is too long")]
    LineTooLong,
    /// More payload is declared than `x-amz-decoded-content-length` says. Noticed at the chunk's
    /// header, before its payload. AWS: 400 `IncompleteBody` "The request body terminated
    /// unexpectedly".
    #[error("more payload than `x-amz-decoded-content-length`")]
    TooLong,
    /// The final chunk comes before `x-amz-decoded-content-length` is reached. AWS: 400
    /// `IncompleteBody`.
    #[error("less payload than `x-amz-decoded-content-length`")]
    TooShort,
    /// A chunk's signature does not match. AWS: 403 `SignatureDoesNotMatch`.
    #[error("a chunk signature does not match")]
    Signature,
    /// The trailers' signature does not match. AWS: 403 `SignatureDoesNotMatch`.
    #[error("the trailer signature does not match")]
    TrailerSignature,
    /// A trailer that `x-amz-trailer` does not declare, one that it declares and that is missing, a
    /// repeated one, a line that is not a header, too many bytes of them, or no
    /// `x-amz-trailer-signature` where there must be one. AWS: 400 `MalformedTrailerError` "The
    /// request contained trailing data that was not well-formed or did not conform to our published
    /// schema."
    #[error("the trailers are malformed")]
    Trailer,
    /// The wire ended before the body did. AWS: 400 `IncompleteBody`.
    #[error("the body ended before its final chunk")]
    Incomplete,
    /// Bytes after the end of the body. 400 `IncompleteBody`.
    #[error("bytes after the end of the body")]
    AfterEnd,
}

struct Names<'a>(&'a [HeaderName]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, name) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(f, "{separator}`{name}`")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
