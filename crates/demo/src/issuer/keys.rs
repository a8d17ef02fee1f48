//! The issuer's signing keys: one RSA, one P-256, both in the JWKS, so that either kind of token
//! can be tried.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::{StartError, random};

/// How a token is signed (RFC 7518 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, which every OpenID provider offers. The demo's choice for
    /// its token files.
    Rs256,
    /// ECDSA with P-256 and SHA-256.
    Es256,
}

impl Algorithm {
    pub(super) const ALL: [Self; 2] = [Self::Rs256, Self::Es256];

    /// The value of `alg`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

pub(super) struct SigningKeys {
    rsa: RsaKeyPair,
    rsa_id: String,
    ec: EcdsaKeyPair,
    ec_id: String,
}

impl SigningKeys {
    pub(super) fn generate() -> Result<Self, StartError> {
        let failed = |_| StartError::Crypto("no signing keys");
        Ok(Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?,
            rsa_id: random::word()?,
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?,
            ec_id: random::word()?,
        })
    }

    fn id(&self, algorithm: Algorithm) -> &str {
        match algorithm {
            Algorithm::Rs256 => &self.rsa_id,
            Algorithm::Es256 => &self.ec_id,
        }
    }

    /// The public halves as a JWK Set (RFC 7517 section 5).
    pub(super) fn jwks(&self) -> Value {
        let keys: Vec<Value> = Algorithm::ALL.map(|algorithm| self.jwk(algorithm)).into();
        json!({ "keys": keys })
    }

    fn jwk(&self, algorithm: Algorithm) -> Value {
        let mut jwk = match algorithm {
            Algorithm::Rs256 => {
                let public = self.rsa.public_key();
                json!({
                    "kty": "RSA",
                    "n": encode(public.modulus().big_endian_without_leading_zero()),
                    "e": encode(public.exponent().big_endian_without_leading_zero()),
                })
            }
            Algorithm::Es256 => {
                // An uncompressed point: 0x04, then x and y of equal length (SEC 1 section 2.3.3).
                let point = self.ec.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) })
            }
        };
        if let Value::Object(members) = &mut jwk {
            members.insert("use".into(), "sig".into());
            members.insert("alg".into(), algorithm.name().into());
            members.insert("kid".into(), self.id(algorithm).into());
        }
        jwk
    }

    /// `claims` as a signed JWT in the compact form (RFC 7515 section 3.1).
    pub(super) fn sign(&self, algorithm: Algorithm, claims: &Value) -> Result<String, StartError> {
        let header = json!({ "alg": algorithm.name(), "kid": self.id(algorithm), "typ": "JWT" });
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let failed = |_| StartError::Crypto("a token could not be signed");
        let signature = match algorithm {
            Algorithm::Rs256 => {
                let mut signature = vec![0; self.rsa.public_modulus_len()];
                self.rsa
                    .sign(
                        &RSA_PKCS1_SHA256,
                        &SystemRandom::new(),
                        signed.as_bytes(),
                        &mut signature,
                    )
                    .map_err(failed)?;
                signature
            }
            Algorithm::Es256 => {
                let signature = self.ec.sign(&SystemRandom::new(), signed.as_bytes());
                signature.map_err(failed)?.as_ref().to_vec()
            }
        };
        Ok(format!("{signed}.{}", encode(signature)))
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
