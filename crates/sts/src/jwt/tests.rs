use std::collections::BTreeSet;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::error::StsError;
use crate::testing::{self, ISSUER, Signer, b64, claims, now, provider, signer};

#[derive(Deserialize)]
struct Case {
    id: String,
    expect: String,
    why: String,
    token: String,
    audience: Option<String>,
}

fn vectors() -> (KeySet, Vec<Case>) {
    const KEYS: &[u8] =
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/oidc/jwks.json"));
    const TOKENS: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/oidc/tokens.jsonl"));
    let cases = TOKENS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (KeySet::parse(KEYS).unwrap(), cases)
}

/// Parses and verifies as the endpoint does: `ok` or the code that the client gets.
fn outcome(text: &str, keys: &KeySet) -> Result<IdToken, String> {
    let provider = provider();
    Token::parse(text)
        .and_then(|token| token.verify(keys, &provider.token_rules(now())))
        .map_err(|error| StsError::from(error).code().as_str().to_owned())
}

fn expect_vectors(prefixes: &[&str]) {
    let (keys, cases) = vectors();
    let mut seen = BTreeSet::new();
    for case in &cases {
        let Some(prefix) = prefixes.iter().find(|prefix| case.id.starts_with(**prefix)) else {
            continue;
        };
        seen.insert(*prefix);
        match outcome(&case.token, &keys) {
            Ok(token) => {
                assert_eq!(case.expect, "ok", "{}: {}", case.id, case.why);
                let audience = case.audience.as_deref().unwrap_or("s3-gateway");
                assert_eq!((token.subject(), token.audience()), ("alice", audience), "{}", case.id);
            }
            Err(code) => assert_eq!(code, case.expect, "{}: {}", case.id, case.why),
        }
    }
    assert_eq!(seen.len(), prefixes.len(), "a prefix without a case: {prefixes:?}");
}

#[test]
fn all_vectors() {
    expect_vectors(&[""]);
    assert!(vectors().1.len() >= 199);
}

#[test]
fn a30_alg_none() {
    expect_vectors(&["alg-name-'none'", "alg-name-'None'", "alg-name-'nOnE'", "alg-name-''"]);
}

#[test]
fn a30_hs256_keyed_with_the_public_key() {
    expect_vectors(&["hs-HS256-pem", "hs-HS256-der", "hs-HS512-modulus", "hs-HS256-empty"]);
}

#[test]
fn a30_unknown_kid() {
    expect_vectors(&["unknown-kid", "kid-case", "kid-absent-several-fit", "kid-path"]);
    let token = signer().raw(Algorithm::Rs256, r#"{"alg":"RS256","kid":"new"}"#, "{\"iss\":\"x\"}");
    let rules = Rules { issuer: "x", audiences: &[], now: now(), leeway_seconds: 0 };
    let error = Token::parse(&token).unwrap().verify(&signer().keys(), &rules).unwrap_err();
    // Not yet `InvalidIdentityToken`: the one who can fetch keys sees which kind of failure it is.
    assert_eq!(error, TokenError::UnknownKey("`new`".into()));
}

#[test]
fn a30_jku_x5u_jwk_headers() {
    expect_vectors(&["header-jku", "header-x5u", "header-jwk", "header-x5c"]);
}

#[test]
fn a30_wrong_typ() {
    expect_vectors(&["typ-"]);
}

#[test]
fn a30_no_exp() {
    expect_vectors(&["exp-missing", "exp-null", "exp-string", "exp-negative", "exp-infinite"]);
}

#[test]
fn a30_nbf_in_the_future() {
    expect_vectors(&["nbf-"]);
}

#[test]
fn a30_aud_missing_or_not_ours() {
    expect_vectors(&["aud-missing", "aud-other", "aud-empty", "aud-prefix", "azp-is-not-aud"]);
    let nobody = Rules { issuer: ISSUER, audiences: &[], now: now(), leeway_seconds: 60 };
    let token = signer().token(Algorithm::EdDsa, &claims(json!({})));
    let error = Token::parse(&token).unwrap().verify(&signer().keys(), &nobody).unwrap_err();
    assert!(matches!(error, TokenError::Audience(_)));
}

#[test]
fn a30_iss_with_a_slash_or_another_case() {
    expect_vectors(&["iss-slash", "iss-case", "iss-realm", "iss-prefix", "iss-longer", "iss-http"]);
}

#[test]
fn a30_nested_or_huge_token() {
    expect_vectors(&["nested-jwt", "header-cty", "huge", "deep", "largest"]);
    assert_eq!(Token::parse(&"a".repeat(20_001)).unwrap_err(), TokenError::TooLong(20_001));
}

#[test]
fn a30_a60_duplicate_members() {
    expect_vectors(&["duplicate-"]);
}

#[test]
fn a62_crit_and_weak_or_encryption_keys_and_iat_in_the_future() {
    expect_vectors(&["header-crit", "key-rsa-enc", "key-rsa-1024", "iat-future", "iat-leeway"]);
}

/// Independent of the vectors: aws-lc signs, we verify, and nothing else verifies.
#[test]
fn every_algorithm_verifies_its_own_signature_only() {
    let keys = signer().keys();
    for algorithm in Algorithm::ALL {
        let token = signer().token(algorithm, &claims(json!({})));
        assert!(outcome(&token, &keys).is_ok(), "{}", algorithm.name());
        for other in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
            let header = json!({"alg": algorithm.name(), "kid": Signer::key_id(algorithm)});
            let confused = signer().raw(other, &header.to_string(), &claims(json!({})).to_string());
            assert!(outcome(&confused, &keys).is_err(), "{} as {}", other.name(), algorithm.name());
        }
    }
}

#[test]
fn a_forged_token_learns_only_that_it_is_forged() {
    for changes in [json!({"exp": 1}), json!({"aud": "x"}), json!({"sub": ""}), json!({})] {
        let token = signer().token(Algorithm::EdDsa, &claims(changes));
        let (signed, _) = token.rsplit_once('.').unwrap();
        let forged = format!("{signed}.{}", b64([7; 64]));
        let error = Token::parse(&forged)
            .unwrap()
            .verify(&signer().keys(), &provider().token_rules(now()))
            .unwrap_err();
        assert_eq!(error, TokenError::Signature);
    }
}

#[test]
fn a51_nothing_of_a_token_is_in_debug_or_errors() {
    let text = signer().token(Algorithm::EdDsa, &claims(json!({"email": "alice@example.org"})));
    let token = Token::parse(&text).unwrap();
    let verified = outcome(&text, &signer().keys()).unwrap();
    let shown = format!("{token:?} {verified:?}");
    let signature = text.rsplit('.').next().unwrap();
    for secret in [signature, "alice@example.org", text.split('.').nth(1).unwrap()] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn other_than_three_parts_is_no_token() {
    for text in ["", "a", "a.b", "a.b.c.d", "a.b.c.d.e"] {
        assert_eq!(Token::parse(text).unwrap_err(), TokenError::NotCompact, "{text}");
    }
}

#[test]
fn numbers_are_dates_only_in_range() {
    assert_eq!(whole(1.9), Some(1));
    assert_eq!(whole(-0.5), Some(-1));
    assert_eq!(whole(1e300), None);
    assert_eq!(whole(f64::NAN), None);
}

proptest! {
    #[test]
    fn parsing_never_panics(text in "[ -~]{0,200}") {
        let _ = Token::parse(&text);
    }

    #[test]
    fn parsing_any_json_never_panics(header in "\\PC{0,80}", payload in "\\PC{0,80}") {
        let _ = Token::parse(&format!("{}.{}.AA", b64(header), b64(payload)));
    }

    /// Whatever byte of a good token is changed to whatever else, it is not a good token.
    #[test]
    fn any_changed_byte_is_refused(index in any::<prop::sample::Index>(), byte in 0x20_u8..0x7f) {
        let good = signer().token(Algorithm::EdDsa, &testing::claims(json!({})));
        let mut bytes = good.clone().into_bytes();
        let at = index.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert!(outcome(&changed, &signer().keys()).is_err());
    }
}
