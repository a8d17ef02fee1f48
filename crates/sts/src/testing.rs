//! What tests share: keys that sign tokens, a provider, roles, a ring.

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sigv4::Timestamp;

use crate::jwt::{Algorithm, IdToken, Token};
use crate::keyset::KeySet;
use crate::mint::Entropy;
use crate::query::{self, AssumeRoleWithWebIdentity, Call};
use crate::role::Role;
use crate::token::KeyRing;
use crate::web_identity::{ClaimRule, ProviderRules};

pub(crate) const ISSUER: &str = "https://kc.example.com/realms/main";
pub(crate) const ROLE: &str = "arn:aws:iam::000000000000:role/team/reader";

/// 2026-01-02T03:04:05Z.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(1_767_323_045)
}

/// One key for each kind, the same for all tests of a run.
pub(crate) struct Signer {
    rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    p521: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
}

pub(crate) fn signer() -> &'static Signer {
    static SIGNER: OnceLock<Signer> = OnceLock::new();
    SIGNER.get_or_init(|| Signer {
        rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
        p256: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
        p384: EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap(),
        p521: EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).unwrap(),
        ed25519: Ed25519KeyPair::generate().unwrap(),
    })
}

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An ASN.1 element of a definite length: its content and what follows it.
fn der(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (length, start) = match bytes[1] {
        0x81 => (usize::from(bytes[2]), 3),
        0x82 => (usize::from(bytes[2]) << 8 | usize::from(bytes[3]), 4),
        short => (usize::from(short), 2),
    };
    (&bytes[start..start + length], &bytes[start + length..])
}

impl Signer {
    pub(crate) fn key_id(algorithm: Algorithm) -> &'static str {
        match algorithm {
            Algorithm::Es256 => "p256",
            Algorithm::Es384 => "p384",
            Algorithm::Es512 => "p521",
            Algorithm::EdDsa => "ed25519",
            _ => "rsa",
        }
    }

    pub(crate) fn jwks(&self) -> Value {
        // RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } (RFC 8017 A.1.1)
        let (sequence, _) = der(self.rsa.public_key().as_ref());
        let (modulus, rest) = der(sequence);
        let (exponent, _) = der(rest);
        let point = |kid: &str, crv: &str, key: &EcdsaKeyPair| {
            let (x, y) =
                key.public_key().as_ref()[1..].split_at(key.public_key().as_ref().len() / 2);
            json!({"kty": "EC", "kid": kid, "crv": crv, "x": b64(x), "y": b64(y), "use": "sig"})
        };
        json!({"keys": [
            {"kty": "RSA", "kid": "rsa", "n": b64(&modulus[1..]), "e": b64(exponent)},
            point("p256", "P-256", &self.p256),
            point("p384", "P-384", &self.p384),
            point("p521", "P-521", &self.p521),
            {"kty": "OKP", "kid": "ed25519", "crv": "Ed25519", "x": b64(self.ed25519.public_key())},
        ]})
    }

    pub(crate) fn keys(&self) -> KeySet {
        KeySet::parse(self.jwks().to_string().as_bytes()).unwrap()
    }

    pub(crate) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let padding: &'static dyn aws_lc_rs::signature::RsaEncoding = match algorithm {
            Algorithm::Rs256 => &RSA_PKCS1_SHA256,
            Algorithm::Rs384 => &RSA_PKCS1_SHA384,
            Algorithm::Rs512 => &RSA_PKCS1_SHA512,
            Algorithm::Ps256 => &RSA_PSS_SHA256,
            Algorithm::Ps384 => &RSA_PSS_SHA384,
            Algorithm::Ps512 => &RSA_PSS_SHA512,
            Algorithm::Es256 => return self.p256.sign(&random, message).unwrap().as_ref().to_vec(),
            Algorithm::Es384 => return self.p384.sign(&random, message).unwrap().as_ref().to_vec(),
            Algorithm::Es512 => return self.p521.sign(&random, message).unwrap().as_ref().to_vec(),
            Algorithm::EdDsa => return self.ed25519.sign(message).as_ref().to_vec(),
        };
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa.sign(padding, &random, message, &mut signature).unwrap();
        signature
    }

    /// A token of exactly these header and payload texts.
    pub(crate) fn raw(&self, algorithm: Algorithm, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", b64(header), b64(payload));
        format!("{signed}.{}", b64(self.sign(algorithm, signed.as_bytes())))
    }

    pub(crate) fn token(&self, algorithm: Algorithm, claims: &Value) -> String {
        let header = json!({
            "alg": algorithm.name(), "typ": "JWT", "kid": Self::key_id(algorithm),
        });
        self.raw(algorithm, &header.to_string(), &claims.to_string())
    }
}

/// The claims of a good token, with changes; `null` takes a claim out.
pub(crate) fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "sub": "alice", "aud": "s3-gateway",
        "exp": now().unix() + 300, "iat": now().unix() - 5,
    });
    let members = claims.as_object_mut().unwrap();
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    for (name, value) in changes {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
    claims
}

pub(crate) fn provider_with(claims: Vec<ClaimRule>) -> ProviderRules {
    ProviderRules::new(ISSUER, vec!["s3-gateway".into(), "second".into()], 60, claims).unwrap()
}

pub(crate) fn provider() -> ProviderRules {
    provider_with(vec![
        ClaimRule::new("email"),
        ClaimRule::new("groups").keeping(["s3-*"]),
        ClaimRule::new("https://example.org/level").called("level"),
    ])
}

/// A verified token of these claims, signed with the quickest key.
pub(crate) fn id_token(changes: Value) -> IdToken {
    let token = signer().token(Algorithm::EdDsa, &claims(changes));
    let provider = provider();
    Token::parse(&token).unwrap().verify(&signer().keys(), &provider.token_rules(now())).unwrap()
}

pub(crate) fn ring() -> KeyRing {
    KeyRing::init("2026-01", std::array::from_fn(|index| index as u8)).unwrap()
}

pub(crate) fn entropy(seed: u8) -> Entropy {
    Entropy { access_key_id: [seed; 10], salt: [seed; 32] }
}

/// A role with this `Condition` in its trust policy, for these actions.
pub(crate) fn role_with(actions: Value, condition: Value) -> Role {
    let file = json!({
        "Arn": ROLE,
        "MaxSessionDuration": 7200,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Sid": "Login",
            "Effect": "Allow",
            "Principal": {
                "Federated": "arn:aws:iam::000000000000:oidc-provider/kc.example.com/realms/main"
            },
            "Action": actions,
            "Condition": condition,
        }]},
    });
    Role::load("reader.json", &file.to_string()).unwrap()
}

pub(crate) fn role() -> Role {
    role_with(json!("sts:AssumeRoleWithWebIdentity"), json!({}))
}

/// The call of a client, with more parameters.
pub(crate) fn call(more: &[(&str, &str)]) -> AssumeRoleWithWebIdentity {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", "AssumeRoleWithWebIdentity").append_pair("Version", "2011-06-15");
    let fixed = [("RoleArn", ROLE), ("RoleSessionName", "alice-1"), ("WebIdentityToken", "a.b.c")];
    for (name, value) in
        fixed.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name))
    {
        form.append_pair(name, value);
    }
    form.extend_pairs(more);
    match query::parse("", form.finish().as_bytes()).unwrap() {
        Call::AssumeRoleWithWebIdentity(call) => *call,
        other => panic!("another call: {other:?}"),
    }
}
