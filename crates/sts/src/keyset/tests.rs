use serde_json::json;

use super::*;
use crate::testing::{b64, signer};

fn set(keys: serde_json::Value) -> Result<KeySet, KeySetError> {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
}

/// The RSA key of the tests with changed members; `null` takes one out.
fn rsa_with(changes: serde_json::Value) -> serde_json::Value {
    let mut key = signer().jwks()["keys"][0].clone();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            key.as_object_mut().unwrap().remove(name);
        } else {
            key[name] = value.clone();
        }
    }
    key
}

fn reason(key: serde_json::Value) -> String {
    match set(json!([key])) {
        Err(KeySetError::NothingUsable(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a62_keys_that_may_not_verify_are_left_out() {
    for (changes, expected) in [
        (json!({"use": "enc"}), "`use` is `enc`"),
        (json!({"key_ops": ["sign"]}), "`key_ops`"),
        (json!({"key_ops": "verify"}), "`key_ops`"),
        (json!({"alg": "RSA-OAEP-256"}), "no algorithm for ID tokens"),
        (json!({"alg": "HS256"}), "no algorithm for ID tokens"),
        (json!({"alg": "none"}), "no algorithm for ID tokens"),
        (json!({"alg": "ES256"}), "does not fit"),
        (json!({"n": b64([0xff; 128])}), "1024 bits, fewer than 2048"),
        (json!({"n": b64([[0x7f; 1], [0xff; 1]].concat())}), "fewer than 2048"),
        (json!({"n": b64([0xff; 1025])}), "8200 bits, more than 8192"),
        (json!({"e": b64([1])}), "exponent"),
        (json!({"e": b64([2])}), "exponent"),
        (json!({"e": b64([1, 0, 0, 0, 1])}), "exponent"),
        (json!({"e": ""}), "exponent"),
        (json!({"n": null}), "`n` is missing"),
        (json!({"n": "not base64url!"}), "`n` is not base64url"),
        (json!({"kty": "oct"}), "key type `oct`"),
        (json!({"kty": null}), "`kty` is missing"),
        (json!({"kty": 7}), "`kty` is not a string"),
        (json!({"d": "AQ"}), "private"),
        (json!({"kid": "x".repeat(600)}), "`kid` is longer"),
    ] {
        let found = reason(rsa_with(changes.clone()));
        assert!(found.contains(expected), "{changes}: {found}");
    }
    let bits_2047 = [&[0x7f][..], &[0xff; 255]].concat();
    assert!(reason(rsa_with(json!({"n": b64(bits_2047)}))).contains("2047 bits"));
}

#[test]
fn usable_variants_are_kept() {
    for changes in [
        json!({}),
        json!({"kid": null}),
        json!({"use": "sig", "key_ops": ["sign", "verify"], "alg": "PS512"}),
        json!({"x5t": "AAAA", "x5c": ["AAAA"], "x5u": "https://example.org"}),
    ] {
        assert_eq!(set(json!([rsa_with(changes.clone())])).unwrap().keys().len(), 1, "{changes}");
    }
}

#[test]
fn a_leading_zero_of_a_modulus_changes_nothing() {
    let key = rsa_with(json!({}));
    let modulus = URL_SAFE_NO_PAD.decode(key["n"].as_str().unwrap()).unwrap();
    let padded = rsa_with(json!({"n": b64([&[0][..], &modulus].concat())}));
    let set = set(json!([padded])).unwrap();
    let signature = signer().sign(Algorithm::Rs256, b"message");
    assert!(set.keys()[0].verifies(Algorithm::Rs256, b"message", &signature));
}

#[test]
fn points_must_be_on_their_curve_and_whole() {
    let key = |change: fn(&mut serde_json::Value)| {
        let mut key = signer().jwks()["keys"][1].clone();
        change(&mut key);
        reason(key)
    };
    assert!(key(|key| key["x"] = b64([1; 32]).into()).contains("no point"));
    assert!(key(|key| key["x"] = b64([1; 31]).into()).contains("32 bytes each"));
    assert!(key(|key| key["crv"] = "P-384".into()).contains("48 bytes each"));
    assert!(key(|key| key["crv"] = "secp256k1".into()).contains("`secp256k1`"));
    let mut ed = signer().jwks()["keys"][4].clone();
    ed["crv"] = "Ed448".into();
    assert!(reason(ed.clone()).contains("`Ed448`"));
    ed["crv"] = "Ed25519".into();
    ed["x"] = b64([1; 31]).into();
    assert!(reason(ed).contains("32 bytes"));
}

#[test]
fn one_odd_key_does_not_take_the_provider_down() {
    let set = set(json!([{"kty": "AKP", "kid": "pq"}, 7, rsa_with(json!({}))])).unwrap();
    assert_eq!(set.keys().len(), 1);
    assert_eq!(set.skipped().len(), 2);
    assert_eq!(set.skipped()[0].key_id.as_deref(), Some("pq"));
}

#[test]
fn documents_have_limits() {
    assert!(matches!(KeySet::parse(b"[]"), Err(KeySetError::Json(_))));
    assert!(matches!(KeySet::parse(b"{}"), Err(KeySetError::NoKeys)));
    assert!(matches!(KeySet::parse(b"{\"keys\":{}}"), Err(KeySetError::NoKeys)));
    assert!(matches!(set(json!([])), Err(KeySetError::NothingUsable(_))));
    let key = rsa_with(json!({}));
    assert!(matches!(set(json!(vec![key; 65])), Err(KeySetError::TooMany(65))));
    let large = vec![b' '; MAX_JWKS_BYTES + 1];
    assert!(matches!(KeySet::parse(&large), Err(KeySetError::TooLarge(_))));
    let twice = br#"{"keys":[{"kty":"oct","kty":"RSA"}]}"#;
    assert!(matches!(KeySet::parse(twice), Err(KeySetError::Json(_))));
}

#[test]
fn keys_are_found_by_id_and_type() {
    let set = signer().keys();
    assert_eq!(set.find(Some("rsa"), Algorithm::Ps256).len(), 1);
    assert_eq!(set.find(Some("rsa"), Algorithm::Es256).len(), 0);
    assert_eq!(set.find(Some("p384"), Algorithm::Es256).len(), 0);
    assert_eq!(set.find(None, Algorithm::Es256).len(), 1);
    let same_id =
        [signer().jwks()["keys"][0].clone(), signer().jwks()["keys"][1].clone()].map(|mut key| {
            key["kid"] = "same".into();
            key
        });
    let set = super::KeySet::parse(json!({"keys": same_id}).to_string().as_bytes()).unwrap();
    assert_eq!(set.find(Some("same"), Algorithm::Rs256).len(), 1);
    assert_eq!(set.find(Some("same"), Algorithm::Es256).len(), 1);
}

/// Whatever a provider serves, reading it ends.
mod properties {
    use proptest::prelude::*;

    use super::super::KeySet;

    proptest! {
        #[test]
        fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = KeySet::parse(&bytes);
        }

        #[test]
        fn any_key(kty in "RSA|EC|OKP", crv in "P-256|P-521|Ed25519", n in "[A-Za-z0-9_-]{0,400}", e in "[A-Za-z0-9_-]{0,8}") {
            let jwk = serde_json::json!({"keys": [{"kty": kty, "crv": crv, "n": n, "e": e, "x": n, "y": n}]});
            let _ = KeySet::parse(jwk.to_string().as_bytes());
        }
    }
}
