//! What a client of STS is told, and what the log is told instead.
//!
//! [`Code`] is every code that the STS endpoint answers with. [`StsError`] holds two texts that cannot
//! be swapped: [`StsError::client_message`] goes into the answer, [`StsError::detail`] into the log.
//! The `From` conversions here are the only place where this crate's errors become AWS's.

mod code;

use std::fmt;

use policy::Denial;

pub use self::code::Code;
use crate::authorization_message::OpenMessageError;
use crate::jwt::TokenError;
use crate::query::QueryError;
use crate::text::clip;
use crate::token::{MAX_TOKEN_CHARS, OpenError, SealError};
use crate::web_identity::WebIdentityError;

/// A refused call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsError {
    code: Code,
    client_message: String,
    detail: String,
    denial: Option<Box<Denial>>,
}

impl StsError {
    /// An answer with different words for the client and for the log. The client's are fixed text or
    /// values that it sent itself; neither holds a secret.
    #[must_use]
    pub fn new(code: Code, client_message: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code, client_message: client_message.into(), detail: detail.into(), denial: None }
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What the client reads.
    #[must_use]
    pub fn client_message(&self) -> &str {
        &self.client_message
    }

    /// What the log reads.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The trust policy's decision, if that is what refused the call; for the audit record.
    #[must_use]
    pub fn denial(&self) -> Option<&Denial> {
        self.denial.as_deref()
    }

    /// No provider is configured for the token's issuer.
    #[must_use]
    pub fn unknown_issuer(issuer: &str) -> Self {
        let issuer = clip(issuer);
        Self::new(
            Code::InvalidIdentityToken,
            format!("No OpenIDConnect provider found in your account for {issuer}"),
            format!("no provider is configured for the issuer `{issuer}`"),
        )
    }

    /// The provider's keys cannot be had, or not yet again: clients may try later.
    #[must_use]
    pub fn idp_communication(detail: impl Into<String>) -> Self {
        Self::new(
            Code::IdpCommunicationError,
            "An error occurred while communicating with the identity provider. Try again.",
            detail,
        )
    }

    /// A call that must be signed and is not.
    #[must_use]
    pub fn missing_authentication_token() -> Self {
        Self::new(
            Code::MissingAuthenticationToken,
            "Request is missing Authentication Token",
            "the call is not signed",
        )
    }

    /// A session token that opens, of a session that has ended.
    #[must_use]
    pub fn expired_session(detail: impl Into<String>) -> Self {
        Self::new(
            Code::ExpiredToken,
            "The security token included in the request is expired",
            detail,
        )
    }

    /// A role that is not there and a trust policy that says no are one answer, word for word:
    /// otherwise anybody with a token could list roles.
    #[must_use]
    pub fn access_denied(detail: impl Into<String>) -> Self {
        Self::new(
            Code::AccessDenied,
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
            detail,
        )
    }

    /// A caller who has keys and may not do this. `message` is AWS's sentence; why is for the log.
    #[must_use]
    pub fn denied(
        message: impl Into<String>,
        detail: impl Into<String>,
        denial: Option<Denial>,
    ) -> Self {
        let mut error = Self::new(Code::AccessDenied, message, detail);
        error.denial = denial.map(Box::new);
        error
    }

    /// Something that must not happen.
    #[must_use]
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(Code::InternalFailure, "An internal error occurred.", detail)
    }
}

impl fmt::Display for StsError {
    /// For the log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for StsError {}

impl From<QueryError> for StsError {
    fn from(error: QueryError) -> Self {
        let detail = error.to_string();
        let (code, message) = match error {
            QueryError::TooLong(_)
            | QueryError::TooMany
            | QueryError::Encoding
            | QueryError::Duplicate(_)
            | QueryError::UnknownParameter { .. } => (Code::InvalidQueryParameter, detail.clone()),
            QueryError::MissingAction => (
                Code::MissingAction,
                "The request is missing an action or a required parameter.".to_owned(),
            ),
            QueryError::UnsupportedAction(_) => (Code::InvalidAction, detail.clone()),
            QueryError::UnknownAction { action, version } => (
                Code::InvalidAction,
                format!(
                    "Could not find operation {} for version {}",
                    action.trim_matches('`'),
                    version.trim_matches('`')
                ),
            ),
            QueryError::Invalid(message) => (Code::ValidationError, message),
            QueryError::MalformedPolicy { message, .. } => (Code::MalformedPolicyDocument, message),
        };
        Self::new(code, message, detail)
    }
}

impl From<TokenError> for StsError {
    /// The wording is AWS's where it is known. `UnknownKey` is final here: whoever can still fetch
    /// keys does that first, and answers [`StsError::idp_communication`] when it may not.
    fn from(error: TokenError) -> Self {
        const NOT_A_JWT: &str = "The ID Token provided is not a valid JWT. (You may see this error if \
                                 you sent an Access Token)";
        let detail = error.to_string();
        let (code, message) = match error {
            TokenError::TooLong(_)
            | TokenError::NotCompact
            | TokenError::Encoding(_)
            | TokenError::Json(..) => (Code::InvalidIdentityToken, NOT_A_JWT.to_owned()),
            TokenError::Missing(name) => {
                (Code::InvalidIdentityToken, format!("Missing a required claim: {name}"))
            }
            TokenError::EmptySubject => {
                (Code::InvalidIdentityToken, "Missing a required claim: sub".to_owned())
            }
            TokenError::UnknownKey(_) => (
                Code::InvalidIdentityToken,
                "Couldn't retrieve verification key from your identity provider, please reference \
                 AssumeRoleWithWebIdentity documentation for requirements"
                    .to_owned(),
            ),
            TokenError::Expired { expired, now } => (
                Code::ExpiredTokenException,
                format!(
                    "Token expired: current date/time {now} must be before the expiration \
                     date/time {expired}"
                ),
            ),
            TokenError::Audience(_) => {
                (Code::InvalidIdentityToken, "Incorrect token audience".to_owned())
            }
            TokenError::Header(_)
            | TokenError::Algorithm(_)
            | TokenError::Type(_)
            | TokenError::Claim(_)
            | TokenError::Issuer(_)
            | TokenError::Signature
            | TokenError::NotYetValid { .. }
            | TokenError::IssuedInFuture { .. } => (Code::InvalidIdentityToken, detail.clone()),
        };
        Self::new(code, message, detail)
    }
}

impl From<WebIdentityError> for StsError {
    fn from(error: WebIdentityError) -> Self {
        let detail = error.to_string();
        match error {
            WebIdentityError::OtherProvider => Self::internal(detail),
            WebIdentityError::Overage(_)
            | WebIdentityError::Shape(_)
            | WebIdentityError::Tags(_)
            | WebIdentityError::SourceIdentity => {
                Self::new(Code::InvalidIdentityToken, detail.clone(), detail)
            }
        }
    }
}

impl From<SealError> for StsError {
    fn from(error: SealError) -> Self {
        let detail = error.to_string();
        match error {
            SealError::TooLarge { characters, .. } => {
                let percent = (characters * 100).div_ceil(MAX_TOKEN_CHARS);
                Self::new(
                    Code::PackedPolicyTooLarge,
                    format!("Packed size of the session consumes {percent}% of allotted space."),
                    detail,
                )
            }
            SealError::Crypto => Self::internal(detail),
        }
    }
}

impl From<OpenError> for StsError {
    /// One answer for all of them: what exactly is wrong with a forged token is for the log.
    fn from(error: OpenError) -> Self {
        Self::new(
            Code::InvalidClientTokenId,
            "The security token included in the request is invalid",
            error.to_string(),
        )
    }
}

impl From<OpenMessageError> for StsError {
    fn from(error: OpenMessageError) -> Self {
        Self::new(
            Code::InvalidAuthorizationMessage,
            "The message passed to DecodeAuthorizationMessage was invalid.",
            error.to_string(),
        )
    }
}

impl From<Denial> for StsError {
    /// The decision, with the condition that failed, is for the log.
    fn from(denial: Denial) -> Self {
        let mut error = Self::access_denied(format!(
            "the trust policy does not allow {} on {}: {}",
            denial.action, denial.resource, denial.decision
        ));
        error.denial = Some(Box::new(denial));
        error
    }
}

#[cfg(test)]
mod tests;
