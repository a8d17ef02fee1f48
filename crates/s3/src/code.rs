//! The codes that a client can read in an error of ours.

use http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $message:literal;)*) => {
        /// An S3 error code that the gateway answers with by itself. Codes of the store pass as
        /// text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AwsCode {
            $(
                #[doc = concat!("`", stringify!($name), "`, ", $status, ": ", $message)]
                $name,
            )*
        }

        impl AwsCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as it stands in the error document.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// What AWS says with it, or ours where AWS has no fixed text.
            #[must_use]
            pub const fn default_message(self) -> &'static str {
                match self {
                    $(Self::$name => $message,)*
                }
            }

            const fn status_number(self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                }
            }
        }
    };
}

codes! {
    AccessControlListNotSupported = 400 "The bucket does not allow ACLs";
    AccessDenied = 403 "Access Denied";
    AccessForbidden = 403 "CORSResponse: This CORS request is not allowed. This is usually because the evaluation of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";
    AccountProblem = 403 "There is a problem with your account that prevents the operation from completing successfully.";
    AuthorizationHeaderMalformed = 400 "The authorization header that you provided is not valid.";
    AuthorizationQueryParametersError = 400 "The authorization query parameters that you provided are not valid.";
    BadDigest = 400 "The Content-MD5 or checksum value that you specified did not match what the server received.";
    BadRequest = 400 "Bad Request";
    BucketAlreadyExists = 409 "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.";
    BucketAlreadyOwnedByYou = 409 "Your previous request to create the named bucket succeeded and you already own it.";
    BucketNotEmpty = 409 "The bucket you tried to delete is not empty.";
    ConditionalRequestConflict = 409 "A conflicting operation occurred during the processing of this request.";
    EntityTooLarge = 400 "Your proposed upload exceeds the maximum allowed size";
    EntityTooSmall = 400 "Your proposed upload is smaller than the minimum allowed size";
    ExpiredToken = 400 "The provided token has expired.";
    IllegalLocationConstraintException = 400 "The specified location-constraint is incompatible for the region specific endpoint this request was sent to.";
    IncompleteBody = 400 "The request body terminated unexpectedly";
    IncorrectNumberOfFilesInPostRequest = 400 "POST requires exactly one file upload per request.";
    InternalError = 500 "We encountered an internal error. Please try again.";
    InvalidAccessKeyId = 403 "The AWS Access Key Id you provided does not exist in our records.";
    InvalidArgument = 400 "Invalid Argument";
    InvalidBucketName = 400 "The specified bucket is not valid.";
    InvalidBucketState = 409 "The request is not valid with the current state of the bucket.";
    InvalidChunkSizeError = 403 "Only the last chunk is allowed to have a size less than 8192 bytes";
    InvalidDigest = 400 "The Content-MD5 or checksum value that you specified is not valid.";
    InvalidPart = 400 "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
    InvalidPartOrder = 400 "The list of parts was not in ascending order. Parts must be ordered by part number.";
    InvalidPolicyDocument = 400 "The content of the form does not meet the conditions specified in the policy document.";
    InvalidRange = 416 "The requested range is not satisfiable";
    InvalidRequest = 400 "Invalid Request";
    InvalidStorageClass = 400 "The storage class you specified is not valid";
    InvalidTag = 400 "The tag provided was not a valid tag. This error can occur if the tag did not pass input validation.";
    InvalidToken = 400 "The provided token is malformed or otherwise invalid.";
    InvalidURI = 400 "Couldn't parse the specified URI.";
    KeyTooLongError = 400 "Your key is too long";
    MalformedPOSTRequest = 400 "The body of your POST request is not well-formed multipart/form-data.";
    MalformedPolicy = 400 "Policies must be valid JSON and the first byte must be '{'";
    MalformedTrailerError = 400 "The request contained trailing data that was not well-formed or did not conform to our published schema.";
    MalformedXML = 400 "The XML you provided was not well-formed or did not validate against our published schema";
    MaxMessageLengthExceeded = 400 "Your request was too big.";
    MaxPostPreDataLengthExceededError = 400 "Your POST request fields preceding the upload file were too large.";
    MetadataTooLarge = 400 "Your metadata headers exceed the maximum allowed metadata size";
    MethodNotAllowed = 405 "The specified method is not allowed against this resource.";
    MissingContentLength = 411 "You must provide the Content-Length HTTP header.";
    MissingRequestBodyError = 400 "Request body is empty.";
    MissingSecurityHeader = 400 "Your request was missing a required header";
    NoSuchBucket = 404 "The specified bucket does not exist";
    NoSuchBucketPolicy = 404 "The bucket policy does not exist";
    NoSuchKey = 404 "The specified key does not exist.";
    NoSuchUpload = 404 "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
    NoSuchVersion = 404 "The specified version does not exist.";
    NotImplemented = 501 "A header or query you provided implies functionality that is not implemented.";
    OperationAborted = 409 "A conflicting conditional operation is currently in progress against this resource. Please try again.";
    PreconditionFailed = 412 "At least one of the pre-conditions you specified did not hold";
    RequestHeaderSectionTooLarge = 400 "Your request header section exceeds the maximum allowed size.";
    RequestTimeTooSkewed = 403 "The difference between the request time and the current time is too large.";
    RequestTimeout = 400 "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.";
    ServiceUnavailable = 503 "Service is unable to handle request.";
    SignatureDoesNotMatch = 403 "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
    SlowDown = 503 "Please reduce your request rate.";
    UnexpectedContent = 400 "This request contains unsupported content.";
    XAmzContentSHA256Mismatch = 400 "The provided 'x-amz-content-sha256' header does not match what was computed.";
}

impl AwsCode {
    /// The status that goes with it.
    #[must_use]
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.status_number()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The code for an answer of the store that has a status but no readable document: the answer
    /// to a HEAD, or the page of a proxy in between. `on_key`: the request was about a key.
    #[must_use]
    pub fn of_status(status: StatusCode, on_key: bool) -> Self {
        match status.as_u16() {
            403 => Self::AccessDenied,
            404 if on_key => Self::NoSuchKey,
            404 => Self::NoSuchBucket,
            405 => Self::MethodNotAllowed,
            409 => Self::OperationAborted,
            411 => Self::MissingContentLength,
            412 => Self::PreconditionFailed,
            416 => Self::InvalidRange,
            501 => Self::NotImplemented,
            429 | 503 => Self::SlowDown,
            502 | 504 => Self::ServiceUnavailable,
            400..=499 => Self::BadRequest,
            _ => Self::InternalError,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_error_status_and_a_message() {
        for code in AwsCode::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
            assert!(!code.default_message().is_empty(), "{code:?}");
        }
        assert_eq!(AwsCode::XAmzContentSHA256Mismatch.as_str(), "XAmzContentSHA256Mismatch");
        assert_eq!(AwsCode::NotImplemented.status(), StatusCode::NOT_IMPLEMENTED);
    }

    #[test]
    fn statuses_without_a_document_have_a_code() {
        for (status, on_key, code) in [
            (302, false, AwsCode::InternalError),
            (400, true, AwsCode::BadRequest),
            (403, true, AwsCode::AccessDenied),
            (404, true, AwsCode::NoSuchKey),
            (404, false, AwsCode::NoSuchBucket),
            (405, true, AwsCode::MethodNotAllowed),
            (409, false, AwsCode::OperationAborted),
            (411, true, AwsCode::MissingContentLength),
            (412, true, AwsCode::PreconditionFailed),
            (416, true, AwsCode::InvalidRange),
            (418, true, AwsCode::BadRequest),
            (429, true, AwsCode::SlowDown),
            (500, true, AwsCode::InternalError),
            (501, true, AwsCode::NotImplemented),
            (502, true, AwsCode::ServiceUnavailable),
            (503, false, AwsCode::SlowDown),
            (504, false, AwsCode::ServiceUnavailable),
        ] {
            let found = AwsCode::of_status(StatusCode::from_u16(status).unwrap(), on_key);
            assert_eq!(found, code, "{status}");
        }
    }
}
