//! Compact JWS from exact JSON text.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::{Value, json};

use super::Key;

/// A token from the exact text of header and claims (duplicate members and all), signed with `alg`
/// whatever the header says.
pub fn token(header: &str, claims: &str, key: &Key, alg: &str) -> String {
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(alg, signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// A token with an empty signature.
pub fn unsigned_token(header: &str, claims: &str) -> String {
    format!("{}.{}.", part(header), part(claims))
}

fn part(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

impl Key {
    /// A token with this key's usual algorithm and its `kid`.
    pub fn token(&self, claims: &Value) -> String {
        self.token_with_header(&json!({}), claims)
    }

    /// A token whose header has further members; a `null` removes one. It is signed with the
    /// header's `alg`.
    pub fn token_with_header(&self, more: &Value, claims: &Value) -> String {
        let mut header = json!({ "alg": self.alg(), "typ": "JWT", "kid": self.kid() });
        super::merge(&mut header, more);
        let alg = header["alg"].as_str().unwrap_or(self.alg()).to_owned();
        token(&header.to_string(), &claims.to_string(), self, &alg)
    }
}
