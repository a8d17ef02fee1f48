//! The codes of STS.

/// AWS's error codes for STS (STS API Reference: AssumeRoleWithWebIdentity, *Common Errors*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The trust policy does not let this identity in, or there is no such role.
    AccessDenied,
    /// Session keys whose time is over.
    ExpiredToken,
    /// An ID token whose time is over.
    ExpiredTokenException,
    /// The provider's keys cannot be had now. Clients try again.
    IdpCommunicationError,
    /// The provider itself says no.
    IdpRejectedClaim,
    /// The signature lacks a part.
    IncompleteSignature,
    /// Our fault.
    InternalFailure,
    /// No such action.
    InvalidAction,
    /// `EncodedMessage` is none of ours.
    InvalidAuthorizationMessage,
    /// No such access key, or a session token that is not of this access key.
    InvalidClientTokenId,
    /// An ID token that is not acceptable.
    InvalidIdentityToken,
    /// A parameter that does not exist, comes twice or cannot be decoded.
    InvalidQueryParameter,
    /// `Policy` is not a policy.
    MalformedPolicyDocument,
    /// No `Action`.
    MissingAction,
    /// Not signed.
    MissingAuthenticationToken,
    /// The session would not fit into a token.
    PackedPolicyTooLarge,
    /// STS is not active in this region.
    RegionDisabledException,
    /// The request is too old.
    RequestExpired,
    /// Too busy.
    ServiceUnavailable,
    /// The signature is not the key's.
    SignatureDoesNotMatch,
    /// Too many requests.
    Throttling,
    /// A parameter outside its limits.
    ValidationError,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 22] = [
        Self::AccessDenied,
        Self::ExpiredToken,
        Self::ExpiredTokenException,
        Self::IdpCommunicationError,
        Self::IdpRejectedClaim,
        Self::IncompleteSignature,
        Self::InternalFailure,
        Self::InvalidAction,
        Self::InvalidAuthorizationMessage,
        Self::InvalidClientTokenId,
        Self::InvalidIdentityToken,
        Self::InvalidQueryParameter,
        Self::MalformedPolicyDocument,
        Self::MissingAction,
        Self::MissingAuthenticationToken,
        Self::PackedPolicyTooLarge,
        Self::RegionDisabledException,
        Self::RequestExpired,
        Self::ServiceUnavailable,
        Self::SignatureDoesNotMatch,
        Self::Throttling,
        Self::ValidationError,
    ];

    /// The code as it stands in the answer.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDenied",
            Self::ExpiredToken => "ExpiredToken",
            Self::ExpiredTokenException => "ExpiredTokenException",
            Self::IdpCommunicationError => "IDPCommunicationError",
            Self::IdpRejectedClaim => "IDPRejectedClaim",
            Self::IncompleteSignature => "IncompleteSignature",
            Self::InternalFailure => "InternalFailure",
            Self::InvalidAction => "InvalidAction",
            Self::InvalidAuthorizationMessage => "InvalidAuthorizationMessageException",
            Self::InvalidClientTokenId => "InvalidClientTokenId",
            Self::InvalidIdentityToken => "InvalidIdentityToken",
            Self::InvalidQueryParameter => "InvalidQueryParameter",
            Self::MalformedPolicyDocument => "MalformedPolicyDocument",
            Self::MissingAction => "MissingAction",
            Self::MissingAuthenticationToken => "MissingAuthenticationToken",
            Self::PackedPolicyTooLarge => "PackedPolicyTooLarge",
            Self::RegionDisabledException => "RegionDisabledException",
            Self::RequestExpired => "RequestExpired",
            Self::ServiceUnavailable => "ServiceUnavailable",
            Self::SignatureDoesNotMatch => "SignatureDoesNotMatch",
            Self::Throttling => "Throttling",
            Self::ValidationError => "ValidationError",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::ExpiredTokenException
            | Self::IdpCommunicationError
            | Self::IncompleteSignature
            | Self::InvalidAction
            | Self::InvalidAuthorizationMessage
            | Self::InvalidIdentityToken
            | Self::InvalidQueryParameter
            | Self::MalformedPolicyDocument
            | Self::MissingAction
            | Self::PackedPolicyTooLarge
            | Self::RequestExpired
            | Self::Throttling
            | Self::ValidationError => 400,
            Self::AccessDenied
            | Self::ExpiredToken
            | Self::IdpRejectedClaim
            | Self::InvalidClientTokenId
            | Self::MissingAuthenticationToken
            | Self::RegionDisabledException
            | Self::SignatureDoesNotMatch => 403,
            Self::InternalFailure => 500,
            Self::ServiceUnavailable => 503,
        }
    }

    /// `Sender` or `Receiver`: whose fault.
    #[must_use]
    pub fn fault(self) -> &'static str {
        if self.status() < 500 { "Sender" } else { "Receiver" }
    }
}
