//! Names of keys, keys, and what is derived from them.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::error::{InvalidAccessKeyId, InvalidSessionToken};
use crate::scope::{Region, Scope, ScopeDate, Service, TERMINATOR};

/// The public name of a key, as a request claims it: 1 to 128 visible ASCII characters without `,`
/// and `/`, which separate the fields around it.
///
/// 128 is the limit of AWS's own `AccessKeyId` type (STS API reference); our own are 20 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccessKeyId(Box<str>);

impl AccessKeyId {
    /// # Errors
    /// Empty, longer than 128 characters, or a character outside the set.
    pub fn parse(text: &str) -> Result<Self, InvalidAccessKeyId> {
        let allowed = |b: u8| b.is_ascii_graphic() && !matches!(b, b',' | b'/');
        if (1..=128).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidAccessKeyId)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A secret access key. Wiped when dropped; no `Display`, no `==`, a redacted `Debug`.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<String>);

impl SecretKey {
    /// Takes the secret over; `text` is not copied.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for deriving keys and for sealing. Never for a log or an answer.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// In constant time for secrets of equal length.
    fn is(&self, other: &Self) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes()).is_ok()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(redacted)")
    }
}

/// A session token, which whoever holds the secret key needs beside it. Wiped when dropped; no
/// `Display`, no `==`, a redacted `Debug`.
#[derive(Clone)]
pub struct SessionToken(Zeroizing<String>);

impl SessionToken {
    /// The longest token that is accepted, in bytes. AWS asks clients not to assume a limit; ours
    /// issues at most 4096, and a token of another issuer is refused anyway.
    pub const MAX: usize = 8192;

    /// # Errors
    /// Empty, longer than [`SessionToken::MAX`], or not visible ASCII.
    pub fn parse(text: String) -> Result<Self, InvalidSessionToken> {
        let text = Zeroizing::new(text);
        if (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(InvalidSessionToken)
        }
    }

    /// The token as the client sends it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(redacted)")
    }
}

/// A key for one secret and one [`Scope`], four HMACs away from the secret. Worth caching for the day.
///
/// It remembers what it was derived from, so that a key taken from the wrong shelf of a cache is
/// noticed and not used.
#[derive(Clone)]
pub struct SigningKey {
    hmac: hmac::Key,
    secret: SecretKey,
    scope: Scope,
}

impl SigningKey {
    /// Derives the key ("Signature Version 4: derive a signing key", IAM user guide).
    #[must_use]
    pub fn derive(secret: &SecretKey, date: ScopeDate, region: &Region, service: Service) -> Self {
        let scope = Scope { date, region: region.clone(), service };
        Self { hmac: derive(secret, &scope), secret: secret.clone(), scope }
    }

    /// What the key is good for.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(crate) fn is_for(&self, secret: &SecretKey, scope: &Scope) -> bool {
        self.scope == *scope && self.secret.is(secret)
    }

    pub(crate) fn hmac(&self) -> &hmac::Key {
        &self.hmac
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("scope", &self.scope).finish_non_exhaustive()
    }
}

pub(crate) fn derive(secret: &SecretKey, scope: &Scope) -> hmac::Key {
    let mut first = Zeroizing::new(Vec::with_capacity(4 + secret.expose().len()));
    first.extend_from_slice(b"AWS4");
    first.extend_from_slice(secret.expose().as_bytes());
    let date = hmac::sign(&sha256_key(&first), scope.date.as_str().as_bytes());
    let region = hmac::sign(&sha256_key(date.as_ref()), scope.region.as_str().as_bytes());
    let service = hmac::sign(&sha256_key(region.as_ref()), scope.service.as_str().as_bytes());
    let key = hmac::sign(&sha256_key(service.as_ref()), TERMINATOR.as_bytes());
    sha256_key(key.as_ref())
}

fn sha256_key(bytes: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, bytes)
}

#[cfg(test)]
mod tests;
