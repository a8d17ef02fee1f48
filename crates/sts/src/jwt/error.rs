//! Why a token is refused.

use std::fmt;

use super::MAX_TOKEN_BYTES;
use crate::json::JsonError;

/// Which of a token's three parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The JOSE header.
    Header,
    /// The claims.
    Payload,
    /// The signature.
    Signature,
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

/// Why a token was refused. For the log: names and numbers of the token, never the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than [`MAX_TOKEN_BYTES`].
    #[error("the token has {0} bytes, more than {MAX_TOKEN_BYTES}")]
    TooLong(usize),
    /// Not three parts between two dots: an opaque access token, an encrypted token, something else.
    #[error("the token is not a compact JWS of three parts")]
    NotCompact,
    /// A part is not base64url without padding.
    #[error("the token's {0} is not base64url without padding")]
    Encoding(Part),
    /// A part is not a strict JSON object.
    #[error("the token's {0} is not usable JSON: {1}")]
    Json(Part, JsonError),
    /// A header member that must not be there (`crit`, `jku`, `x5u`, `jwk`, `x5c`, `cty`, `zip`,
    /// `enc`, `b64`), or one with a value of the wrong kind.
    #[error("the token's header member {0} is not acceptable")]
    Header(String),
    /// No algorithm of [`super::Algorithm`].
    #[error("the token's algorithm {0} is not acceptable")]
    Algorithm(String),
    /// `typ` names another kind of token.
    #[error("the token's type {0} is not an ID or access token")]
    Type(String),
    /// A claim that every token needs is missing.
    #[error("the token has no claim `{0}`")]
    Missing(&'static str),
    /// A registered claim has a value of the wrong kind or out of range.
    #[error("the token's claim `{0}` has an unusable value")]
    Claim(&'static str),
    /// `iss` is not exactly the provider's issuer.
    #[error("the token's issuer {0} is not the provider's")]
    Issuer(String),
    /// The provider has no key of this id and type. It may be a new key: look again before this is
    /// the answer.
    #[error("no key of the provider fits the token (kid {0})")]
    UnknownKey(String),
    /// The signature is not the key's.
    #[error("the token's signature is not valid")]
    Signature,
    /// `exp` has passed.
    #[error("the token expired at {expired}, it is {now}")]
    Expired {
        /// `exp`, seconds since 1970.
        expired: i64,
        /// The judging clock, seconds since 1970.
        now: i64,
    },
    /// `nbf` has not come yet.
    #[error("the token is valid from {from}, it is {now}")]
    NotYetValid {
        /// `nbf`, seconds since 1970.
        from: i64,
        /// The judging clock, seconds since 1970.
        now: i64,
    },
    /// `iat` lies in the future.
    #[error("the token was issued at {issued}, it is {now}")]
    IssuedInFuture {
        /// `iat`, seconds since 1970.
        issued: i64,
        /// The judging clock, seconds since 1970.
        now: i64,
    },
    /// None of the token's audiences is configured.
    #[error("none of the token's audiences is configured: {0}")]
    Audience(String),
    /// `sub` is the empty string.
    #[error("the token's claim `sub` is empty")]
    EmptySubject,
}
