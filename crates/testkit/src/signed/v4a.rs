//! SigV4a (AWS, *How AWS signs requests*): signed with a key pair that follows from the secret.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

use super::{Credentials, Prepared, SignedRequest, encode, hmac_sha256, sha256};
use crate::clock::amz_date;

const ALGORITHM: &str = "AWS4-ECDSA-P256-SHA256";

impl SignedRequest {
    /// Signs in the `Authorization` header with SigV4a, for these regions.
    #[must_use]
    pub fn sign_v4a(mut self, credentials: &Credentials, region_set: &str) -> Prepared {
        self.headers.push(("x-amz-region-set".to_owned(), region_set.to_owned()));
        let mut headers = self.headers_to_sign(credentials);
        let signed = self.signed_names(&headers);
        let hash = self.claim().unwrap_or_else(|| sha256(&self.body));
        let canonical = self.canonical(&self.query, &headers, &signed, &hash);
        let authorization = format!(
            "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={}",
            credentials.access_key,
            self.scope_v4a(),
            signed.join(";"),
            self.signature_v4a(credentials, &canonical),
        );
        headers.push(("authorization".to_owned(), authorization));
        let body = self.pieces(&[], &"0".repeat(64));
        self.prepared(headers, self.query.clone(), body, canonical)
    }

    /// Signs in the query with SigV4a, for these regions and for that many seconds.
    #[must_use]
    pub fn presign_v4a(
        self,
        credentials: &Credentials,
        region_set: &str,
        expires: impl ToString,
    ) -> Prepared {
        let mut headers = vec![("host".to_owned(), self.host.clone())];
        headers.extend(self.headers.iter().cloned());
        let signed = self.signed_names(&headers);
        let mut pairs = vec![
            ("X-Amz-Algorithm", ALGORITHM.to_owned()),
            ("X-Amz-Credential", format!("{}/{}", credentials.access_key, self.scope_v4a())),
            ("X-Amz-Date", amz_date(self.at)),
            ("X-Amz-Expires", expires.to_string()),
            ("X-Amz-Region-Set", region_set.to_owned()),
            ("X-Amz-SignedHeaders", signed.join(";")),
        ];
        if let Some(token) = &credentials.session_token {
            pairs.push(("X-Amz-Security-Token", token.clone()));
        }
        let mut all: Vec<String> = Vec::new();
        if !self.query.is_empty() {
            all.push(self.query.clone());
        }
        all.extend(
            pairs.iter().map(|(name, value)| format!("{name}={}", encode(value.as_bytes()))),
        );
        let query = all.join("&");
        let canonical = self.canonical(&query, &headers, &signed, "UNSIGNED-PAYLOAD");
        let signature = self.signature_v4a(credentials, &canonical);
        let query = format!("{query}&X-Amz-Signature={signature}");
        let body = vec![self.body.clone()];
        self.prepared(headers, query, body, canonical)
    }

    fn scope_v4a(&self) -> String {
        format!("{}/{}/aws4_request", &amz_date(self.at)[..8], self.service)
    }

    fn signature_v4a(&self, credentials: &Credentials, canonical: &str) -> String {
        let to_sign = format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            amz_date(self.at),
            self.scope_v4a(),
            sha256(canonical.as_bytes())
        );
        let signature = key_pair(credentials).sign(&SystemRandom::new(), to_sign.as_bytes());
        hex::encode(signature.expect("a signature"))
    }
}

/// The first candidate, which is none for one secret in 2^32.
fn key_pair(credentials: &Credentials) -> EcdsaKeyPair {
    let input = [
        &1_u32.to_be_bytes(),
        ALGORITHM.as_bytes(),
        &[0],
        credentials.access_key.as_bytes(),
        &[1],
        &256_u32.to_be_bytes(),
    ];
    let secret = format!("AWS4A{}", credentials.secret_key);
    let mut number = hmac_sha256(secret.as_bytes(), &input.concat());
    for byte in number.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
    let private = PrivateKey::from_private_key(&ECDH_P256, &number).expect("a key");
    let public = private.compute_public_key().expect("a public key");
    let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
    EcdsaKeyPair::from_private_key_and_public_key(algorithm, &number, public.as_ref())
        .expect("a key pair")
}
