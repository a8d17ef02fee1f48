//! The encoded message of a denial: why a request was not allowed, sealed so that only those read it
//! whose policy allows `sts:DecodeAuthorizationMessage`.
//!
//! ```text
//! message = base64url( version(1) | length(1) key id | salt(32) | ciphertext | tag(16) )
//! sealer  = HKDF-SHA256(ring key, salt, "fakes3pp authorization message" 0x00)   32 bytes
//! AES-256-GCM(sealer, nonce 0, aad = version | length key id, plaintext = JSON)
//! ```
//!
//! The salt is random for each message, so a sealer seals one message and its nonce is never used
//! twice. The label is not that of session tokens: neither opens as the other.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::token::{KeyId, KeyRing};

/// Longest message, in characters (STS service model, `encodedMessageType`).
pub const MAX_CHARS: usize = 10_240;

const VERSION: u8 = 1;
const SALT_LENGTH: usize = 32;
const TAG_LENGTH: usize = 16;
const NONCE: [u8; 12] = [0; 12];
const LABEL: &[u8] = b"fakes3pp authorization message\0";

/// A message does not open. To the client all reasons are one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the encoded message is not one of ours, or was sealed with a key that is gone")]
pub struct OpenMessageError;

/// Seals a message under the active key. `salt` must be 32 fresh random bytes. `None` for one that
/// would be longer than [`MAX_CHARS`].
#[must_use]
pub fn seal(ring: &KeyRing, json: &str, salt: [u8; 32]) -> Option<String> {
    let key = ring.active();
    let header = header(key.id())?;
    let mut sealed = json.as_bytes().to_vec();
    let tag = sealer(key.secret(), &salt)?
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(NONCE),
            Aad::from(&header),
            &mut sealed,
        )
        .ok()?;
    let bytes = [header.as_slice(), &salt, &sealed, tag.as_ref()].concat();
    let message = URL_SAFE_NO_PAD.encode(bytes);
    (message.len() <= MAX_CHARS).then_some(message)
}

/// The longest text that [`seal`] takes, in bytes.
#[must_use]
pub fn room(ring: &KeyRing) -> usize {
    let header = header(ring.active().id()).map_or(0, |header| header.len());
    (MAX_CHARS / 4 * 3).saturating_sub(header + SALT_LENGTH + TAG_LENGTH)
}

/// Opens a message.
///
/// # Errors
/// [`OpenMessageError`], whatever is wrong with it.
pub fn open(ring: &KeyRing, message: &str) -> Result<String, OpenMessageError> {
    read(ring, message).ok_or(OpenMessageError)
}

fn read(ring: &KeyRing, message: &str) -> Option<String> {
    if message.len() > MAX_CHARS {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(message).ok()?;
    let (version, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (id, rest) = rest.split_at_checked(usize::from(*length))?;
    let id = KeyId::parse(std::str::from_utf8(id).ok()?).ok()?;
    let (salt, sealed) = rest.split_first_chunk::<SALT_LENGTH>()?;
    if *version != VERSION || sealed.len() < TAG_LENGTH {
        return None;
    }
    let key = ring.get(&id)?;
    let mut opened = Zeroizing::new(sealed.to_vec());
    let plaintext = sealer(key.secret(), salt)?
        .open_in_place(Nonce::assume_unique_for_key(NONCE), Aad::from(&header(&id)?), &mut opened)
        .ok()?;
    String::from_utf8(plaintext.to_vec()).ok()
}

/// Version and key id, length first.
fn header(id: &KeyId) -> Option<Vec<u8>> {
    let id = id.as_str().as_bytes();
    let mut header = vec![VERSION, u8::try_from(id.len()).ok()?];
    header.extend_from_slice(id);
    Some(header)
}

struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

fn sealer(secret: &[u8], salt: &[u8; SALT_LENGTH]) -> Option<LessSafeKey> {
    let extracted = Salt::new(HKDF_SHA256, salt).extract(secret);
    let mut key = Zeroizing::new([0_u8; 32]);
    extracted.expand(&[LABEL], KeyLength).ok()?.fill(key.as_mut_slice()).ok()?;
    Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_slice()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ring;

    #[test]
    fn what_was_sealed_is_opened_by_the_same_ring_alone() {
        let message = seal(&ring(), "{\"allowed\":false}", [7; 32]).unwrap();
        assert_eq!(open(&ring(), &message).unwrap(), "{\"allowed\":false}");
        let other = KeyRing::init("2026-01", [9; 32].map(|b: u8| b ^ 5)).ok();
        let other = other
            .or_else(|| KeyRing::init("2026-01", std::array::from_fn(|i| i as u8 ^ 0x5a)).ok());
        assert!(open(&other.unwrap(), &message).is_err());
    }

    #[test]
    fn a51_a_message_shows_nothing_and_cannot_be_changed() {
        let message = seal(&ring(), "a secret policy name", [7; 32]).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&message).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"secret"));
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            assert!(open(&ring(), &URL_SAFE_NO_PAD.encode(changed)).is_err(), "{index}");
        }
        for odd in ["", "A", "====", "AQAA", &"A".repeat(20_000)] {
            assert!(open(&ring(), odd).is_err());
        }
        let longest = "x".repeat(room(&ring()));
        assert_eq!(open(&ring(), &seal(&ring(), &longest, [7; 32]).unwrap()).unwrap(), longest);
        assert_eq!(seal(&ring(), &(longest + "x"), [7; 32]), None);
    }
}
