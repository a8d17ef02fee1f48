//! ID tokens: compact JWS (RFC 7515) with JWT claims (RFC 7519), read strictly.
//!
//! Written here on aws-lc's verification primitives rather than with a JOSE library, because a
//! token must have one meaning: duplicate members, lenient base64, algorithms chosen by the token
//! and keys that the token brings along are the classic ways in, and ES512 is needed too.
//!
//! [`Token`] is what a client sent: claims that nobody vouches for, good for choosing the provider
//! and its key. [`IdToken`] has no other constructor than [`Token::verify`].

mod algorithm;
mod error;
mod header;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sigv4::Timestamp;
use zeroize::Zeroizing;

pub use self::algorithm::Algorithm;
pub use self::error::{Part, TokenError};
use crate::json;
use crate::keyset::KeySet;
use crate::text::{clip, quote};

/// Longest token, in bytes: the limit of AWS's `WebIdentityToken` parameter.
pub const MAX_TOKEN_BYTES: usize = 20_000;

/// Deepest nesting of a token's JSON. Session tags need 3, Keycloak's `resource_access` 4, an
/// address or an `act` chain (RFC 8693) a few more.
const MAX_DEPTH: u8 = 12;

/// 9999-12-31T23:59:59Z: later than anything meant, early enough for every time format.
const MAX_SECONDS: i64 = 253_402_300_799;

/// What a provider's tokens must meet.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The issuer, exactly as in the token: no case folding, no tolerance for a trailing slash.
    pub issuer: &'a str,
    /// The audiences that mean us. Empty accepts nothing.
    pub audiences: &'a [String],
    /// The instant to judge by.
    pub now: Timestamp,
    /// How far the provider's clock may be off, in seconds, for `exp`, `nbf` and `iat`.
    pub leeway_seconds: u32,
}

/// A token as it came: well-formed, and believed in nothing.
pub struct Token {
    signed: Zeroizing<String>,
    signature: Vec<u8>,
    algorithm: Algorithm,
    key_id: Option<String>,
    issuer: String,
    claims: Map<String, Value>,
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Token")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

impl Token {
    /// Takes a compact JWS apart.
    ///
    /// # Errors
    /// [`TokenError`] for anything but a strict token of an acceptable algorithm and type that
    /// names its issuer.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        if text.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong(text.len()));
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(TokenError::NotCompact)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenError::NotCompact)?;
        if payload.contains('.') {
            return Err(TokenError::NotCompact);
        }
        let header = object(header, Part::Header)?;
        let (algorithm, key_id) = header::read(&header)?;
        let claims = object(payload, Part::Payload)?;
        let issuer = match claims.get("iss") {
            None => return Err(TokenError::Missing("iss")),
            Some(Value::String(issuer)) if !issuer.is_empty() => issuer.clone(),
            Some(_) => return Err(TokenError::Claim("iss")),
        };
        Ok(Self {
            signed: Zeroizing::new(signed.to_owned()),
            signature: base64url(signature, Part::Signature)?,
            algorithm,
            key_id,
            issuer,
            claims,
        })
    }

    /// The issuer that the token claims: which provider to ask for keys. Not verified.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The key that the token claims to be signed with. Not verified.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The algorithm that the token claims. Not verified.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Verifies signature, issuer, times, audience and subject.
    ///
    /// The signature comes before everything but the issuer, so that what a forged token learns is
    /// only that it is forged.
    ///
    /// # Errors
    /// The first rule that the token breaks.
    pub fn verify(&self, keys: &KeySet, rules: &Rules<'_>) -> Result<IdToken, TokenError> {
        if self.issuer != rules.issuer {
            return Err(TokenError::Issuer(clip(&self.issuer)));
        }
        let candidates = keys.find(self.key_id(), self.algorithm);
        if candidates.is_empty() {
            let key_id = self.key_id.as_deref().map_or_else(|| "absent".to_owned(), quote);
            return Err(TokenError::UnknownKey(key_id));
        }
        let signed = self.signed.as_bytes();
        if !candidates.iter().any(|key| key.verifies(self.algorithm, signed, &self.signature)) {
            return Err(TokenError::Signature);
        }
        let (issued_at, expires_at) = self.check_times(rules)?;
        let subject = match self.claims.get("sub") {
            None => return Err(TokenError::Missing("sub")),
            Some(Value::String(subject)) if subject.is_empty() => {
                return Err(TokenError::EmptySubject);
            }
            Some(Value::String(subject)) => subject.clone(),
            Some(_) => return Err(TokenError::Claim("sub")),
        };
        Ok(IdToken {
            issuer: self.issuer.clone(),
            subject,
            audience: self.match_audience(rules.audiences)?,
            issued_at,
            expires_at,
            claims: self.claims.clone(),
        })
    }

    fn check_times(&self, rules: &Rules<'_>) -> Result<(Option<Timestamp>, Timestamp), TokenError> {
        let now = rules.now.unix();
        let leeway = i64::from(rules.leeway_seconds);
        let expires = self.seconds("exp")?.ok_or(TokenError::Missing("exp"))?;
        if now >= expires.saturating_add(leeway) {
            return Err(TokenError::Expired { expired: expires, now });
        }
        let latest = now.saturating_add(leeway);
        if let Some(from) = self.seconds("nbf")?.filter(|from| *from > latest) {
            return Err(TokenError::NotYetValid { from, now });
        }
        let issued = self.seconds("iat")?;
        if let Some(issued) = issued.filter(|issued| *issued > latest) {
            return Err(TokenError::IssuedInFuture { issued, now });
        }
        Ok((issued.map(Timestamp::from_unix), Timestamp::from_unix(expires)))
    }

    /// A NumericDate (RFC 7519 section 2): seconds, possibly with a fraction, which is cut off.
    fn seconds(&self, name: &'static str) -> Result<Option<i64>, TokenError> {
        let Some(value) = self.claims.get(name) else { return Ok(None) };
        let number = value.as_number().ok_or(TokenError::Claim(name))?;
        let seconds = number.as_i64().or_else(|| number.as_f64().and_then(whole));
        match seconds {
            Some(seconds) if (0..=MAX_SECONDS).contains(&seconds) => Ok(Some(seconds)),
            Some(_) | None => Err(TokenError::Claim(name)),
        }
    }

    /// The first configured audience that the token is for.
    fn match_audience(&self, configured: &[String]) -> Result<String, TokenError> {
        let claim = self.claims.get("aud").ok_or(TokenError::Missing("aud"))?;
        let audiences: Vec<&str> = match claim {
            Value::String(audience) => vec![audience],
            Value::Array(list) => list
                .iter()
                .map(|audience| audience.as_str().ok_or(TokenError::Claim("aud")))
                .collect::<Result<_, _>>()?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                return Err(TokenError::Claim("aud"));
            }
        };
        configured
            .iter()
            .find(|wanted| audiences.contains(&wanted.as_str()))
            .cloned()
            .ok_or_else(|| TokenError::Audience(quote(&audiences.join(", "))))
    }
}

/// A token that a configured provider signed, for us, valid now.
///
/// Nobody but [`Token::verify`] can make one:
///
/// ```compile_fail
/// # use sigv4::Timestamp;
/// fn forge(text: String, at: Timestamp) -> sts::jwt::IdToken {
///     sts::jwt::IdToken {
///         issuer: text.clone(),
///         subject: text.clone(),
///         audience: text,
///         issued_at: None,
///         expires_at: at,
///         claims: serde_json::Map::new(),
///     }
/// }
/// ```
pub struct IdToken {
    issuer: String,
    subject: String,
    audience: String,
    issued_at: Option<Timestamp>,
    expires_at: Timestamp,
    claims: Map<String, Value>,
}

impl fmt::Debug for IdToken {
    /// Claims may hold personal data that nobody asked to log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("IdToken")
            .field("issuer", &self.issuer)
            .field("subject", &self.subject)
            .field("audience", &self.audience)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl IdToken {
    /// `iss`, equal to the provider's issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `sub`, not empty.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The configured audience that matched.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// `iat`, if the token has one.
    #[must_use]
    pub fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// `exp`.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Any claim by its exact name.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// All claims.
    pub(crate) fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }
}

fn base64url(text: &str, part: Part) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Encoding(part))
}

fn object(text: &str, part: Part) -> Result<Map<String, Value>, TokenError> {
    let bytes = Zeroizing::new(base64url(text, part)?);
    json::object(&bytes, MAX_DEPTH).map_err(|error| TokenError::Json(part, error))
}

/// The whole seconds of a number in range; beyond 2^53 nothing is whole any more.
fn whole(number: f64) -> Option<i64> {
    let text = format!("{:.0}", number.floor());
    text.parse().ok()
}

#[cfg(test)]
mod tests;
