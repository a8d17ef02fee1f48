//! The JOSE header.

use serde_json::{Map, Value};

use super::{Algorithm, TokenError};
use crate::keyset::MAX_KEY_ID_BYTES;
use crate::text::quote;

/// Header members that bring a key, change what is signed, or announce another kind of token.
/// RFC 7515 lets a reader ignore `jku`, `x5u`, `jwk` and `x5c`; a token that carries one hopes for a
/// reader that does not, and no provider of note sends them. `x5t` is only a thumbprint (Entra sends
/// it) and is ignored, as are unknown members.
const REFUSED_HEADER_MEMBERS: [&str; 9] =
    ["crit", "jku", "x5u", "jwk", "x5c", "cty", "zip", "enc", "b64"];

/// Algorithm and key id of an acceptable header.
pub(super) fn read(header: &Map<String, Value>) -> Result<(Algorithm, Option<String>), TokenError> {
    if let Some(name) = REFUSED_HEADER_MEMBERS.iter().find(|name| header.contains_key(**name)) {
        return Err(TokenError::Header(quote(name)));
    }
    let algorithm = match header.get("alg") {
        Some(Value::String(name)) => {
            Algorithm::from_name(name).ok_or_else(|| TokenError::Algorithm(quote(name)))?
        }
        Some(_) | None => return Err(TokenError::Header("`alg`".to_owned())),
    };
    match header.get("typ") {
        None => {}
        Some(Value::String(name)) if is_token_type(name) => {}
        Some(Value::String(name)) => return Err(TokenError::Type(quote(name))),
        Some(_) => return Err(TokenError::Header("`typ`".to_owned())),
    }
    let key_id = match header.get("kid") {
        None => None,
        Some(Value::String(id)) if !id.is_empty() && id.len() <= MAX_KEY_ID_BYTES => {
            Some(id.clone())
        }
        Some(_) => return Err(TokenError::Header("`kid`".to_owned())),
    };
    Ok((algorithm, key_id))
}

/// `JWT` (RFC 7519) or `at+jwt` (RFC 9068), in any case, with or without `application/`
/// (RFC 7515 section 4.1.9). A `logout+jwt` or `secevent+jwt` of the same provider is no login.
fn is_token_type(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(name.strip_prefix("application/").unwrap_or(&name), "jwt" | "at+jwt")
}
