//! Signing keys of every kind that a provider may have, and some that none should.

use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    RsaEncoding,
};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::{Value, json};

use super::{merge, weak_rsa};

/// What kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RSA, 2048 bits.
    Rsa2048,
    /// RSA, 1024 bits, always the same key: too short to be trusted.
    Rsa1024,
    /// EC on P-256.
    P256,
    /// EC on P-384.
    P384,
    /// EC on P-521.
    P521,
    /// Ed25519.
    Ed25519,
}

enum Private {
    Rsa(Box<rsa::KeyPair>),
    WeakRsa,
    Ec(Box<EcdsaKeyPair>),
    Ed(Box<Ed25519KeyPair>),
    Secret(Vec<u8>),
}

/// A key with its `kid` and what its JWK says besides.
#[derive(Clone)]
pub struct Key {
    kid: String,
    kind: Option<Kind>,
    private: Arc<Private>,
    jwk: Value,
}

impl Key {
    /// A new key.
    pub fn new(kid: &str, kind: Kind) -> Self {
        let private = match kind {
            Kind::Rsa2048 => {
                Private::Rsa(Box::new(rsa::KeyPair::generate(KeySize::Rsa2048).unwrap()))
            }
            Kind::Rsa1024 => Private::WeakRsa,
            Kind::P256 => ec(&ECDSA_P256_SHA256_FIXED_SIGNING),
            Kind::P384 => ec(&ECDSA_P384_SHA384_FIXED_SIGNING),
            Kind::P521 => ec(&ECDSA_P521_SHA512_FIXED_SIGNING),
            Kind::Ed25519 => Private::Ed(Box::new(Ed25519KeyPair::generate().unwrap())),
        };
        Self::from_private(kid, Some(kind), Arc::new(private))
    }

    /// A shared secret, for tokens with `HS256`. It has no JWK.
    pub fn secret(kid: &str, secret: &[u8]) -> Self {
        Self::from_private(kid, None, Arc::new(Private::Secret(secret.to_vec())))
    }

    fn from_private(kid: &str, kind: Option<Kind>, private: Arc<Private>) -> Self {
        let public = public_members(&private, kind);
        let mut key = Self { kid: kid.to_owned(), kind, private, jwk: public };
        let named = json!({ "kid": kid, "use": "sig", "alg": key.alg() });
        merge(&mut key.jwk, &named);
        key
    }

    /// Its id.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm it usually signs with.
    pub fn alg(&self) -> &'static str {
        match self.kind {
            Some(Kind::Rsa2048 | Kind::Rsa1024) => "RS256",
            Some(Kind::P256) => "ES256",
            Some(Kind::P384) => "ES384",
            Some(Kind::P521) => "ES512",
            Some(Kind::Ed25519) => "EdDSA",
            None => "HS256",
        }
    }

    /// The same key whose JWK has further members; a `null` removes one
    /// (`{"use": "enc"}`, `{"alg": null}`, `{"kid": null}`).
    #[must_use]
    pub fn with_jwk(mut self, more: &Value) -> Self {
        merge(&mut self.jwk, more);
        self
    }

    /// Its public half as the provider serves it; `None` for a shared secret.
    pub fn jwk(&self) -> Option<Value> {
        self.kind.map(|_| self.jwk.clone())
    }

    /// The public half of an RSA key in DER (PKCS #1): what a confused verifier takes for an HS256
    /// secret.
    ///
    /// # Panics
    ///
    /// If it is no RSA key of 2048 bits.
    pub fn rsa_public_der(&self) -> Vec<u8> {
        match &*self.private {
            Private::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            _ => panic!("no RSA key"),
        }
    }

    /// Signs with a JWS algorithm.
    ///
    /// # Panics
    ///
    /// If the key cannot do that one.
    pub fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        match &*self.private {
            Private::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(rsa_encoding(alg), &SystemRandom::new(), message, &mut signature)
                    .unwrap();
                signature
            }
            Private::WeakRsa => weak_rsa::sign_rs256(message),
            Private::Ec(pair) => {
                pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
            }
            Private::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Private::Secret(secret) => {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
            }
        }
    }
}

fn ec(algorithm: &'static aws_lc_rs::signature::EcdsaSigningAlgorithm) -> Private {
    Private::Ec(Box::new(EcdsaKeyPair::generate(algorithm).unwrap()))
}

fn rsa_encoding(alg: &str) -> &'static dyn RsaEncoding {
    match alg {
        "RS256" => &RSA_PKCS1_SHA256,
        "RS384" => &RSA_PKCS1_SHA384,
        "RS512" => &RSA_PKCS1_SHA512,
        "PS256" => &RSA_PSS_SHA256,
        "PS384" => &RSA_PSS_SHA384,
        "PS512" => &RSA_PSS_SHA512,
        _ => panic!("an RSA key does not sign with `{alg}`"),
    }
}

fn public_members(private: &Private, kind: Option<Kind>) -> Value {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    match private {
        Private::Rsa(pair) => {
            let (modulus, exponent) = rsa_public(pair.public_key().as_ref());
            json!({ "kty": "RSA", "n": encode(modulus), "e": encode(exponent) })
        }
        Private::WeakRsa => {
            json!({ "kty": "RSA", "n": encode(&weak_rsa::modulus()), "e": "AQAB" })
        }
        Private::Ec(pair) => {
            let point = &pair.public_key().as_ref()[1..];
            let (x, y) = point.split_at(point.len() / 2);
            let curve = match kind {
                Some(Kind::P384) => "P-384",
                Some(Kind::P521) => "P-521",
                _ => "P-256",
            };
            json!({ "kty": "EC", "crv": curve, "x": encode(x), "y": encode(y) })
        }
        Private::Ed(pair) => {
            json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref()) })
        }
        Private::Secret(_) => json!({}),
    }
}

/// Modulus and exponent of `SEQUENCE { INTEGER, INTEGER }`, without leading zeros.
fn rsa_public(der: &[u8]) -> (&[u8], &[u8]) {
    let (sequence, _) = element(der);
    let (modulus, rest) = element(sequence);
    let (exponent, _) = element(rest);
    let strip = |number| -> &[u8] { <[u8]>::strip_prefix(number, &[0]).unwrap_or(number) };
    (strip(modulus), strip(exponent))
}

/// The content of a DER element, and what follows it.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let (length, header) = match der[1] {
        short if short < 0x80 => (usize::from(short), 2),
        long => {
            let digits = usize::from(long & 0x7f);
            let length = der[2..2 + digits].iter().fold(0, |n, b| n << 8 | usize::from(*b));
            (length, 2 + digits)
        }
    };
    (&der[header..header + length], &der[header + length..])
}
