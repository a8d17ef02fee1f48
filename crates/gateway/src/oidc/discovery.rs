//! The discovery document (OpenID Connect Discovery 1.0): where a provider's keys are.
//!
//! It is read for one thing, `jwks_uri`. Its `issuer` must be the configured one, byte for byte
//! (section 4.3): otherwise one tenant of a shared host could answer for another. What the tokens
//! must look like is the configuration's business, so nothing else in it is believed.

use serde::Deserialize;

use super::fetch::clip;

/// A discovery document, in bytes. The largest that we know (Keycloak) is 7 KiB.
pub(crate) const MAX_DISCOVERY: usize = 64 * 1024;

/// Why a discovery document is not believed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum DiscoveryError {
    #[error("the discovery document is not the JSON object that OIDC describes: {0}")]
    Malformed(String),
    #[error(
        "the discovery document is for the issuer `{found}`, not for the configured `{expected}`"
    )]
    OtherIssuer { expected: String, found: String },
}

/// The two members that count. Serde refuses either when it comes twice.
#[derive(Deserialize)]
struct Members {
    issuer: String,
    jwks_uri: String,
}

/// The `jwks_uri` of a document that is `issuer`'s own.
pub(crate) fn jwks_uri(document: &[u8], issuer: &str) -> Result<String, DiscoveryError> {
    let members: Members = serde_json::from_slice(document)
        .map_err(|error| DiscoveryError::Malformed(place(&error)))?;
    if members.issuer != issuer {
        return Err(DiscoveryError::OtherIssuer {
            expected: issuer.to_owned(),
            found: clip(&members.issuer),
        });
    }
    Ok(members.jwks_uri)
}

/// What is wrong and where, without the document's own text.
fn place(error: &serde_json::Error) -> String {
    let kind = match error.classify() {
        serde_json::error::Category::Io | serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Syntax => "not JSON",
        serde_json::error::Category::Data => "`issuer` and `jwks_uri` must be there once, as text",
    };
    format!("{kind} (line {}, column {})", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example.org/realms/main";

    #[test]
    fn only_the_issuers_own_document_names_its_keys() {
        let document = |issuer: &str| format!(r#"{{"issuer":"{issuer}","jwks_uri":"https://k/"}}"#);
        assert_eq!(jwks_uri(document(ISSUER).as_bytes(), ISSUER), Ok("https://k/".to_owned()));
        for other in
            ["https://id.example.org/realms/main/", "https://ID.example.org/realms/main", ""]
        {
            let refused = jwks_uri(document(other).as_bytes(), ISSUER);
            assert!(matches!(refused, Err(DiscoveryError::OtherIssuer { .. })), "{other}");
        }
    }

    #[test]
    fn a_document_that_is_not_one_is_malformed() {
        let twice = format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"https://a/","jwks_uri":"b"}}"#);
        let deep = "[".repeat(100_000);
        for text in ["", "{", "[]", "{}", r#"{"issuer":1,"jwks_uri":2}"#, &twice, &deep] {
            let refused = jwks_uri(text.as_bytes(), ISSUER);
            assert!(matches!(refused, Err(DiscoveryError::Malformed(_))), "{text:.40}");
        }
    }
}
