//! The session token: a session sealed so that only holders of the key ring read it, and the secret
//! access key that goes with it.
//!
//! ```text
//! token  = base64url( version(1) | length(1) key id | salt(32) | ciphertext | tag(16) )
//! sealer = HKDF-SHA256(ring key, salt, "fakes3pp session token"     0x00 access key id)   32 bytes
//! secret = HKDF-SHA256(ring key, salt, "fakes3pp secret access key" 0x00 access key id)   30 bytes
//! AES-256-GCM(sealer, nonce 0, aad = version | length key id | access key id, plaintext = session)
//! ```
//!
//! - The salt is random for each token, so the sealer is a key for one message: a nonce that is
//!   always zero is never used twice with it.
//! - The secret cannot be computed from what a client or a log sees (access key id, token), and says
//!   nothing about the sealer. It is not in the token: whoever opens a token derives it again.
//! - Both keys and the tag are bound to the access key id, so a token opens only beside its own.
//! - The key id says which ring key was used; no other is tried. A token of an unknown key id is
//!   refused without any cryptography.
//!
//! **Versions.** The first byte is the version of everything behind it. A replica refuses a version
//! that it does not know, whole. It must never read the fields that it knows and skip the rest: the
//! rest may be a session policy, and a replica of last month that ignores it would give a narrowed
//! session all of its role.

mod payload;
mod ring;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sigv4::{AccessKeyId, SecretKey, SessionToken};
use zeroize::Zeroizing;

use self::ring::RingKey;
pub use self::ring::{KeyId, KeyRing, KeyState, RingError, RingErrors, RingProblem, RingUse};
use crate::session::AnySession;
use crate::text::quote;

/// Longest session token, in characters: AWS's own limit of an assembled token since 2026, and what
/// fits into the header limits of proxies.
pub const MAX_TOKEN_CHARS: usize = 4096;

const SALT_LENGTH: usize = 32;
const TAG_LENGTH: usize = 16;

/// The one nonce; see the module's comment.
const NONCE: [u8; 12] = [0; 12];

const SEALER_LABEL: &[u8] = b"fakes3pp session token\0";
const SECRET_LABEL: &[u8] = b"fakes3pp secret access key\0";

/// A sealed session.
#[derive(Debug)]
pub struct Sealed {
    /// For the client, who sends it with every request.
    pub token: SessionToken,
    /// For the client, who signs with it.
    pub secret: SecretKey,
}

/// Why a session could not be sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The token would be longer than [`MAX_TOKEN_CHARS`].
    #[error(
        "the session token would have {characters} characters, more than {MAX_TOKEN_CHARS}; the \
         largest part is {largest}"
    )]
    TooLarge {
        /// What it would have.
        characters: usize,
        /// The claim, tag or field that takes the most room, with its size; for the log.
        largest: String,
    },
    /// The cryptographic library failed.
    #[error("the session token could not be sealed")]
    Crypto,
}

/// Why a token does not open. To the client all of them are one answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not of the form of our tokens: too long, too short, not base64url.
    #[error("the session token is not one of ours")]
    Malformed,
    /// A version that this replica does not know.
    #[error("the session token has version {0}, which is not known here")]
    Version(u8),
    /// The key id is not in the ring: another deployment, or a key that was removed.
    #[error("the session token was sealed with the key {0}, which is not in the key ring")]
    UnknownKey(String),
    /// The seal is broken: changed bytes, or the token of another access key id.
    #[error("the session token is not authentic for its access key id")]
    Forged,
    /// Authentic, but not a session: written by something newer or broken under the same version.
    #[error("the session token holds no session that is understood here")]
    Content,
}

impl KeyRing {
    /// Seals a session under the active key.
    ///
    /// `salt` must be 32 fresh random bytes: a salt that is used twice with one access key id would
    /// use one key and nonce for two messages. The token gets at least `minimum_chars` characters.
    ///
    /// # Errors
    /// [`SealError::TooLarge`] above [`MAX_TOKEN_CHARS`].
    pub fn seal(
        &self,
        session: &AnySession,
        access_key_id: &AccessKeyId,
        salt: [u8; 32],
        minimum_chars: u16,
    ) -> Result<Sealed, SealError> {
        let key = self.active();
        let (version, mut sealed) = payload::encode(session).ok_or(SealError::Crypto)?;
        let header = header(version, key.id());
        let around = header.len() + SALT_LENGTH + TAG_LENGTH;
        let characters = base64url_length(around + sealed.len());
        if characters > MAX_TOKEN_CHARS {
            return Err(SealError::TooLarge { characters, largest: payload::largest(session) });
        }
        let wanted = (usize::from(minimum_chars).min(MAX_TOKEN_CHARS) * 3).div_ceil(4);
        payload::pad(&mut sealed, wanted.saturating_sub(around));
        let derived = derive(key, &salt, access_key_id).ok_or(SealError::Crypto)?;
        let tag = derived
            .sealer
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(NONCE),
                Aad::from(additional_data(&header, access_key_id)),
                &mut sealed,
            )
            .map_err(|_| SealError::Crypto)?;
        let bytes = [header.as_slice(), &salt, &sealed, tag.as_ref()].concat();
        let token = SessionToken::parse(URL_SAFE_NO_PAD.encode(bytes));
        Ok(Sealed { token: token.map_err(|_| SealError::Crypto)?, secret: derived.secret })
    }

    /// Opens a token beside its access key id.
    ///
    /// It says nothing about time: compare [`AnySession::expires_at`] with the request's instant.
    ///
    /// # Errors
    /// [`OpenError`]; no error tells more than the token's own unsealed first bytes.
    pub fn open(
        &self,
        token: &str,
        access_key_id: &AccessKeyId,
    ) -> Result<(AnySession, SecretKey), OpenError> {
        if token.len() > MAX_TOKEN_CHARS {
            return Err(OpenError::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| OpenError::Malformed)?;
        let (version, rest) = bytes.split_first().ok_or(OpenError::Malformed)?;
        if !matches!(*version, payload::VERSION_1 | payload::VERSION_2) {
            return Err(OpenError::Version(*version));
        }
        let (length, rest) = rest.split_first().ok_or(OpenError::Malformed)?;
        let (id, rest) = rest.split_at_checked(usize::from(*length)).ok_or(OpenError::Malformed)?;
        let id = std::str::from_utf8(id).ok().and_then(|id| KeyId::parse(id).ok());
        let id = id.ok_or(OpenError::Malformed)?;
        let (salt, sealed) = rest.split_first_chunk::<SALT_LENGTH>().ok_or(OpenError::Malformed)?;
        if sealed.len() < TAG_LENGTH {
            return Err(OpenError::Malformed);
        }
        let key = self.get(&id).ok_or_else(|| OpenError::UnknownKey(quote(id.as_str())))?;
        let derived = derive(key, salt, access_key_id).ok_or(OpenError::Forged)?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        let plaintext = derived
            .sealer
            .open_in_place(
                Nonce::assume_unique_for_key(NONCE),
                Aad::from(additional_data(&header(*version, &id), access_key_id)),
                &mut opened,
            )
            .map_err(|_| OpenError::Forged)?;
        let session = payload::decode(*version, plaintext).ok_or(OpenError::Content)?;
        Ok((session, derived.secret))
    }
}

/// How full a token is, in per cent of [`MAX_TOKEN_CHARS`], rounded up: `PackedPolicySize` and
/// `SessionTokenUtilization`. At most 100 for every token that there is.
#[must_use]
pub fn utilization(token: &SessionToken) -> u8 {
    let percent = (token.as_str().len() * 100).div_ceil(MAX_TOKEN_CHARS);
    u8::try_from(percent).unwrap_or(u8::MAX)
}

/// Version and key id, length first so that no two headers begin alike.
fn header(version: u8, id: &KeyId) -> Vec<u8> {
    // A key id has at most 32 bytes.
    let length = u8::try_from(id.as_str().len()).unwrap_or(u8::MAX);
    let mut header = vec![version, length];
    header.extend_from_slice(id.as_str().as_bytes());
    header
}

fn additional_data(header: &[u8], access_key_id: &AccessKeyId) -> Vec<u8> {
    [header, access_key_id.as_str().as_bytes()].concat()
}

fn base64url_length(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

struct Derived {
    sealer: LessSafeKey,
    secret: SecretKey,
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive(key: &RingKey, salt: &[u8; SALT_LENGTH], access_key_id: &AccessKeyId) -> Option<Derived> {
    let extracted = Salt::new(HKDF_SHA256, salt).extract(key.secret());
    let id = access_key_id.as_str().as_bytes();
    let mut sealer = Zeroizing::new([0_u8; 32]);
    extracted.expand(&[SEALER_LABEL, id], Length(32)).ok()?.fill(sealer.as_mut_slice()).ok()?;
    // 30 bytes are 40 characters of base64, as AWS's secrets are.
    let mut secret = Zeroizing::new([0_u8; 30]);
    extracted.expand(&[SECRET_LABEL, id], Length(30)).ok()?.fill(secret.as_mut_slice()).ok()?;
    let sealer = UnboundKey::new(&AES_256_GCM, sealer.as_slice()).ok()?;
    Some(Derived {
        sealer: LessSafeKey::new(sealer),
        secret: SecretKey::new(STANDARD.encode(secret.as_slice())),
    })
}

#[cfg(test)]
mod tests;
