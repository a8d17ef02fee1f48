//! A provider's public keys (JWK Set, RFC 7517), checked once when they are loaded.
//!
//! What is not usable for verifying ID tokens (an encryption key, a key type that we do not know, a
//! weak RSA key) is left out with its reason, so that one odd key does not take a provider down;
//! a document that cannot be read at all is an error.

use std::fmt;

use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::json::{self, JsonError};
use crate::jwt::Algorithm;
use crate::text::{clip, quote};

/// Largest JWK Set that is read, in bytes. Real ones are a few kilobytes (Entra's with certificate
/// chains about 20); the limit keeps a provider that went mad from filling memory.
pub const MAX_JWKS_BYTES: usize = 256 * 1024;

/// Most keys in one set. Providers publish 2 to 10; each key that fits a token without `kid` is
/// looked at.
pub const MAX_KEYS: usize = 64;

/// Longest `kid` that is kept, in bytes (certificate thumbprints and UUIDs are below 100).
pub(crate) const MAX_KEY_ID_BYTES: usize = 512;

/// Set, list, key, `x5c` list.
const MAX_DEPTH: u8 = 5;

/// NIST SP 800-131A: shorter RSA keys are not acceptable any more.
const MIN_RSA_BITS: usize = 2048;

/// What aws-lc verifies at most; a longer modulus only costs time.
const MAX_RSA_BITS: usize = 8192;

/// The public exponent is 65537 nearly everywhere; a long one makes each verification slow.
const MAX_RSA_EXPONENT_BYTES: usize = 4;

/// Why a whole key set could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Longer than [`MAX_JWKS_BYTES`].
    #[error("the key set has {0} bytes, more than {MAX_JWKS_BYTES}")]
    TooLarge(usize),
    /// Not strict JSON.
    #[error("the key set is not usable JSON: {0}")]
    Json(#[from] JsonError),
    /// No member `keys` with a list.
    #[error("the key set has no list `keys`")]
    NoKeys,
    /// More than [`MAX_KEYS`].
    #[error("the key set holds {0} keys, more than {MAX_KEYS}")]
    TooMany(usize),
    /// Every key was left out; the first reasons say why.
    #[error("the key set holds no key that can verify a token ({0})")]
    NothingUsable(String),
}

/// A key of the set that is not used, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its `kid`, if it has one.
    pub key_id: Option<String>,
    /// Why it is not used.
    pub reason: String,
}

/// The usable keys of one provider.
#[derive(Debug, Clone)]
pub struct KeySet {
    keys: Vec<Key>,
    skipped: Vec<Skipped>,
}

impl KeySet {
    /// Reads a JWK Set.
    ///
    /// # Errors
    /// [`KeySetError`] when the document cannot be read or holds no usable key.
    pub fn parse(jwks: &[u8]) -> Result<Self, KeySetError> {
        if jwks.len() > MAX_JWKS_BYTES {
            return Err(KeySetError::TooLarge(jwks.len()));
        }
        let document = json::object(jwks, MAX_DEPTH)?;
        let list = document.get("keys").and_then(Value::as_array).ok_or(KeySetError::NoKeys)?;
        if list.len() > MAX_KEYS {
            return Err(KeySetError::TooMany(list.len()));
        }
        let mut set = Self { keys: Vec::new(), skipped: Vec::new() };
        for entry in list {
            let key_id = entry.get("kid").and_then(Value::as_str).map(clip);
            match Key::from_jwk(entry) {
                Ok(key) => set.keys.push(key),
                Err(reason) => set.skipped.push(Skipped { key_id, reason }),
            }
        }
        if set.keys.is_empty() {
            let reasons: Vec<&str> =
                set.skipped.iter().take(3).map(|skipped| skipped.reason.as_str()).collect();
            return Err(KeySetError::NothingUsable(reasons.join("; ")));
        }
        Ok(set)
    }

    /// The keys that may have made a signature of this algorithm.
    ///
    /// With a key id: the keys of exactly that id and a fitting type (RFC 7517 section 4.5 lets
    /// keys of different type share an id). Without: the one key that fits; when several do, none
    /// is guessed.
    #[must_use]
    pub fn find(&self, key_id: Option<&str>, algorithm: Algorithm) -> Vec<&Key> {
        let fitting = self.keys.iter().filter(|key| key.fits(algorithm));
        match key_id {
            Some(wanted) => fitting.filter(|key| key.id.as_deref() == Some(wanted)).collect(),
            None => {
                let keys: Vec<&Key> = fitting.collect();
                if keys.len() == 1 { keys } else { Vec::new() }
            }
        }
    }

    /// The usable keys.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The keys that were left out, with the reason.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }
}

/// One public key that may verify tokens.
#[derive(Clone)]
pub struct Key {
    id: Option<String>,
    /// The only algorithm it may be used with, when the JWK says so.
    algorithm: Option<Algorithm>,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    P256(ParsedPublicKey),
    P384(ParsedPublicKey),
    P521(ParsedPublicKey),
    Ed25519(ParsedPublicKey),
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.material {
            Material::Rsa { .. } => "RSA",
            Material::P256(_) => "P-256",
            Material::P384(_) => "P-384",
            Material::P521(_) => "P-521",
            Material::Ed25519(_) => "Ed25519",
        };
        formatter
            .debug_struct("Key")
            .field("id", &self.id)
            .field("kind", &kind)
            .field("algorithm", &self.algorithm)
            .finish()
    }
}

impl Key {
    /// The key's `kid`.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether the key's type and its declared `alg` allow this algorithm. This is what keeps an
    /// RSA public key from ever being somebody's HMAC secret, and an ES256 signature from being
    /// tried on a P-384 key.
    fn fits(&self, algorithm: Algorithm) -> bool {
        let by_type = match (&self.material, algorithm) {
            (
                Material::Rsa { .. },
                Algorithm::Rs256
                | Algorithm::Rs384
                | Algorithm::Rs512
                | Algorithm::Ps256
                | Algorithm::Ps384
                | Algorithm::Ps512,
            )
            | (Material::P256(_), Algorithm::Es256)
            | (Material::P384(_), Algorithm::Es384)
            | (Material::P521(_), Algorithm::Es512)
            | (Material::Ed25519(_), Algorithm::EdDsa) => true,
            (
                Material::Rsa { .. }
                | Material::P256(_)
                | Material::P384(_)
                | Material::P521(_)
                | Material::Ed25519(_),
                _,
            ) => false,
        };
        by_type && self.algorithm.is_none_or(|only| only == algorithm)
    }

    /// Whether `signature` is this key's over `message`.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.fits(algorithm) {
            return false;
        }
        match &self.material {
            Material::Rsa { modulus, exponent } => rsa_parameters(algorithm).is_some_and(|rsa| {
                let components = RsaPublicKeyComponents { n: modulus, e: exponent };
                components.verify(rsa, message, signature).is_ok()
            }),
            Material::P256(key)
            | Material::P384(key)
            | Material::P521(key)
            | Material::Ed25519(key) => key.verify_sig(message, signature).is_ok(),
        }
    }

    fn from_jwk(entry: &Value) -> Result<Self, String> {
        let jwk = entry.as_object().ok_or("a key is not a JSON object")?;
        let id = text(jwk, "kid")?.map(str::to_owned);
        if id.as_ref().is_some_and(|id| id.len() > MAX_KEY_ID_BYTES) {
            return Err(format!("`kid` is longer than {MAX_KEY_ID_BYTES} bytes"));
        }
        may_verify(jwk)?;
        let algorithm = match text(jwk, "alg")? {
            None => None,
            Some(name) => Some(
                Algorithm::from_name(name)
                    .ok_or_else(|| format!("{} is no algorithm for ID tokens", quote(name)))?,
            ),
        };
        let material = match text(jwk, "kty")? {
            Some("RSA") => rsa(jwk)?,
            Some("EC") => elliptic(jwk)?,
            Some("OKP") => octet(jwk)?,
            Some(other) => return Err(format!("key type {} is not supported", quote(other))),
            None => return Err("`kty` is missing".to_owned()),
        };
        let key = Self { id, algorithm, material };
        match algorithm {
            Some(name) if !key.fits(name) => {
                Err(format!("`alg` {} does not fit the key type", name.name()))
            }
            Some(_) | None => Ok(key),
        }
    }
}

/// RFC 7517 sections 4.2 and 4.3, and no private key: a provider that publishes one has lost it.
fn may_verify(jwk: &Map<String, Value>) -> Result<(), String> {
    match text(jwk, "use")? {
        None | Some("sig") => {}
        Some(other) => return Err(format!("`use` is {}, not `sig`", quote(other))),
    }
    match jwk.get("key_ops") {
        None => {}
        Some(Value::Array(operations)) if operations.iter().any(|op| op == "verify") => {}
        Some(_) => return Err("`key_ops` does not hold `verify`".to_owned()),
    }
    if ["d", "p", "q", "k"].iter().any(|name| jwk.contains_key(*name)) {
        return Err("the key set shows a private or symmetric key".to_owned());
    }
    Ok(())
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::Rs256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::Ps256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::Ps384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::Ps512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 | Algorithm::EdDsa => None,
    }
}

/// RFC 7518 section 6.3.1.
fn rsa(jwk: &Map<String, Value>) -> Result<Material, String> {
    let modulus = unsigned(&bytes(jwk, "n")?);
    let exponent = unsigned(&bytes(jwk, "e")?);
    let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
    let bits = (modulus.len() * 8).saturating_sub(usize::try_from(unused).unwrap_or(0));
    if bits < MIN_RSA_BITS {
        return Err(format!("the RSA key has {bits} bits, fewer than {MIN_RSA_BITS}"));
    }
    if bits > MAX_RSA_BITS {
        return Err(format!("the RSA key has {bits} bits, more than {MAX_RSA_BITS}"));
    }
    let odd_above_one = exponent.last().is_some_and(|byte| byte % 2 == 1) && exponent != [1];
    if exponent.len() > MAX_RSA_EXPONENT_BYTES || !odd_above_one {
        return Err("the RSA public exponent is not an odd number of up to 32 bits".to_owned());
    }
    RsaPublicKeyComponents { n: &modulus, e: &exponent }
        .to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA256)
        .map_err(|_| "the RSA key is not valid".to_owned())?;
    Ok(Material::Rsa { modulus, exponent })
}

/// RFC 7518 section 6.2.1; coordinates have the full length of the curve's field.
fn elliptic(jwk: &Map<String, Value>) -> Result<Material, String> {
    let (algorithm, length, wrap): (_, _, fn(ParsedPublicKey) -> Material) = match text(jwk, "crv")?
    {
        Some("P-256") => (&signature::ECDSA_P256_SHA256_FIXED, 32, Material::P256),
        Some("P-384") => (&signature::ECDSA_P384_SHA384_FIXED, 48, Material::P384),
        Some("P-521") => (&signature::ECDSA_P521_SHA512_FIXED, 66, Material::P521),
        Some(other) => return Err(format!("curve {} is not supported", quote(other))),
        None => return Err("`crv` is missing".to_owned()),
    };
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    if x.len() != length || y.len() != length {
        return Err(format!("`x` and `y` are not {length} bytes each"));
    }
    let point = [&[4][..], &x, &y].concat();
    let key = ParsedPublicKey::new(algorithm, point)
        .map_err(|_| "`x` and `y` are no point of the curve".to_owned())?;
    Ok(wrap(key))
}

/// RFC 8037 section 2.
fn octet(jwk: &Map<String, Value>) -> Result<Material, String> {
    match text(jwk, "crv")? {
        Some("Ed25519") => {}
        Some(other) => return Err(format!("curve {} is not supported", quote(other))),
        None => return Err("`crv` is missing".to_owned()),
    }
    let x = bytes(jwk, "x")?;
    if x.len() != 32 {
        return Err("`x` is not 32 bytes".to_owned());
    }
    ParsedPublicKey::new(&signature::ED25519, x)
        .map(Material::Ed25519)
        .map_err(|_| "`x` is not a valid Ed25519 key".to_owned())
}

fn text<'a>(jwk: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, String> {
    match jwk.get(name) {
        None => Ok(None),
        Some(Value::String(value)) => Ok(Some(value)),
        Some(_) => Err(format!("`{name}` is not a string")),
    }
}

fn bytes(jwk: &Map<String, Value>, name: &str) -> Result<Vec<u8>, String> {
    let encoded = text(jwk, name)?.ok_or_else(|| format!("`{name}` is missing"))?;
    URL_SAFE_NO_PAD.decode(encoded).map_err(|_| format!("`{name}` is not base64url"))
}

/// Without leading zero bytes: some providers write them although RFC 7518 section 2 forbids it.
fn unsigned(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}

#[cfg(test)]
mod tests;
