use std::time::Duration;

use aws_lc_rs::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};

use super::*;
use crate::client::exchange;

fn decode(value: &Value) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}

async fn get(issuer: &FakeIssuer, path: &str) -> Value {
    let request = format!("GET /realms/test{path} HTTP/1.1\r\n\r\n");
    let answer = exchange(issuer.address(), request.as_bytes()).await;
    assert_eq!(answer.status, 200);
    serde_json::from_slice(&answer.body).unwrap()
}

/// Verifies with the public half alone.
fn verifies(jwk: &Value, alg: &str, message: &[u8], sig: &[u8]) -> bool {
    match alg {
        "RS256" | "PS256" | "RS512" => {
            let (n, e) = (decode(&jwk["n"]), decode(&jwk["e"]));
            let parameters = match alg {
                "RS256" => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
                "RS512" => &signature::RSA_PKCS1_2048_8192_SHA512,
                _ => &signature::RSA_PSS_2048_8192_SHA256,
            };
            RsaPublicKeyComponents { n, e }.verify(parameters, message, sig).is_ok()
        }
        "EdDSA" => UnparsedPublicKey::new(&signature::ED25519, decode(&jwk["x"]))
            .verify(message, sig)
            .is_ok(),
        _ => {
            let point = [vec![4], decode(&jwk["x"]), decode(&jwk["y"])].concat();
            let algorithm = match alg {
                "ES256" => &signature::ECDSA_P256_SHA256_FIXED,
                "ES384" => &signature::ECDSA_P384_SHA384_FIXED,
                _ => &signature::ECDSA_P521_SHA512_FIXED,
            };
            UnparsedPublicKey::new(algorithm, point).verify(message, sig).is_ok()
        }
    }
}

#[test]
fn every_kind_of_key_signs_what_its_jwk_verifies() {
    use Kind::{Ed25519, P256, P384, P521, Rsa1024, Rsa2048};
    for (kind, algs) in [
        (Rsa2048, &["RS256", "PS256", "RS512"][..]),
        (Rsa1024, &["RS256"]),
        (P256, &["ES256"]),
        (P384, &["ES384"]),
        (P521, &["ES512"]),
        (Ed25519, &["EdDSA"]),
    ] {
        let key = Key::new("k", kind);
        assert_eq!(key.alg(), algs[0]);
        for alg in algs {
            let signature = key.sign(alg, b"message");
            assert!(verifies(&key.jwk().unwrap(), alg, b"message", &signature), "{kind:?} {alg}");
            assert!(!verifies(&key.jwk().unwrap(), alg, b"massage", &signature), "{kind:?} {alg}");
        }
    }
}

#[tokio::test]
async fn discovery_and_keys_are_served_and_counted() {
    let issuer = FakeIssuer::start();
    let document = get(&issuer, DISCOVERY).await;
    assert_eq!(document["issuer"], issuer.issuer());
    assert_eq!(document["jwks_uri"], issuer.jwks_uri());
    assert_eq!(get(&issuer, JWKS).await["keys"][0], issuer.key().jwk().unwrap());
    issuer.set_keys(vec![Key::new("key-2", Kind::P256).with_jwk(&json!({"use": "enc"}))]);
    issuer.add_key(Key::secret("key-3", b"secret"));
    let keys = get(&issuer, JWKS).await["keys"].clone();
    assert_eq!((keys[0]["use"].as_str(), keys[0]["kid"].as_str()), (Some("enc"), Some("key-2")));
    assert_eq!(keys.as_array().unwrap().len(), 1);
    issuer.fail_jwks(Some(Answer::status(500).after(Duration::from_millis(1))));
    let broken = exchange(issuer.address(), b"GET /realms/test/keys HTTP/1.1\r\n\r\n").await;
    assert_eq!(broken.status, 500);
    assert_eq!((issuer.discovery_fetches(), issuer.jwks_fetches()), (1, 3));
}

#[test]
fn tokens_are_what_the_test_wants() {
    let issuer = FakeIssuer::start();
    let token = issuer.token_with("alice", &json!({ "groups": ["a"], "exp": null }));
    let parts: Vec<_> = token.split('.').collect();
    let part = |at: usize| -> Value {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(parts[at]).unwrap()).unwrap()
    };
    assert_eq!(part(0), json!({ "alg": "RS256", "typ": "JWT", "kid": "key-1" }));
    assert_eq!((&part(1)["sub"], &part(1)["groups"][0]), (&json!("alice"), &json!("a")));
    assert!(part(1).get("exp").is_none());
    let signed = format!("{}.{}", parts[0], parts[1]);
    let signature = BASE64_URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    assert!(verifies(&issuer.key().jwk().unwrap(), "RS256", signed.as_bytes(), &signature));
    let none = unsigned_token(r#"{"alg":"none"}"#, "{}");
    assert!(none.ends_with('.'));
    let confused = Key::secret("key-1", &issuer.key().rsa_public_der());
    assert_eq!(confused.token(&json!({})).split('.').count(), 3);
}
