use std::net::SocketAddr;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::Value;

use super::*;
use crate::client::Client;

const LIFETIME: Duration = Duration::from_secs(900);

async fn send(issuer: &RunningIssuer, method: Method, path: &str, body: &str) -> Response<Bytes> {
    let address: SocketAddr = issuer.issuer().name().parse().unwrap();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", address.to_string())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::from(body.to_owned()))
        .unwrap();
    Client::new(address, None).unwrap().send(request).await.unwrap()
}

async fn get(issuer: &RunningIssuer, path: &str) -> Value {
    let answer = send(issuer, Method::GET, path, "").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/json");
    serde_json::from_slice(answer.body()).unwrap()
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Checks `token` against the published keys, as a relying party does. Returns header and claims.
fn verify(token: &str, jwks: &Value) -> (Value, Value) {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&decode(header)).unwrap();
    let keys = jwks["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
    assert_eq!(key["alg"], header["alg"]);
    assert_eq!(key["use"], "sig");
    let member = |name: &str| decode(key[name].as_str().unwrap());
    let signature = decode(signature);
    match header["alg"].as_str().unwrap() {
        "RS256" => RsaPublicKeyComponents { n: member("n"), e: member("e") }
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
            .unwrap(),
        "ES256" => {
            let point = [vec![4], member("x"), member("y")].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(signed.as_bytes(), &signature)
                .unwrap();
        }
        other => panic!("{other}"),
    }
    (header, serde_json::from_slice(&decode(claims)).unwrap())
}

fn login(user: &str, password: &str) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "password").append_pair("client_id", CLIENT_ID);
    form.append_pair("username", user).append_pair("password", password).finish()
}

#[tokio::test]
async fn discovery_leads_to_the_keys() {
    let issuer = RunningIssuer::start(LIFETIME).await.unwrap();
    let discovery = get(&issuer, "/.well-known/openid-configuration").await;
    let url = issuer.issuer().url();
    assert_eq!(discovery["issuer"], url);
    assert_eq!(discovery["jwks_uri"], format!("{url}/jwks"));
    assert_eq!(discovery["token_endpoint"], format!("{url}/token"));
    let jwks = get(&issuer, "/jwks").await;
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
    // Public halves only.
    for secret in ["d", "p", "q", "dp", "dq", "qi"] {
        assert!(jwks["keys"].as_array().unwrap().iter().all(|key| key.get(secret).is_none()));
    }
    issuer.stop().await;
}

#[tokio::test]
async fn tokens_verify_with_the_published_keys_and_say_who() {
    let issuer = RunningIssuer::start(LIFETIME).await.unwrap();
    let jwks = get(&issuer, "/jwks").await;
    for algorithm in Algorithm::ALL {
        let token = issuer.issuer().token_at(User::Bob, algorithm, 1_000_000).unwrap();
        let (header, claims) = verify(&token, &jwks);
        assert_eq!(header["alg"], algorithm.name());
        assert_eq!(claims["iss"], issuer.issuer().url());
        assert_eq!(claims["sub"], "bob");
        assert_eq!(claims["aud"], CLIENT_ID);
        assert_eq!(claims["groups"], json!(["staff", "auditors"]));
        assert_eq!(claims["iat"], 1_000_000);
        assert_eq!(claims["exp"], 1_000_900);
    }
    issuer.stop().await;
}

#[tokio::test]
async fn a_password_buys_a_token() {
    let issuer = RunningIssuer::start(LIFETIME).await.unwrap();
    let jwks = get(&issuer, "/jwks").await;
    for user in User::ALL {
        let form = login(user.name(), issuer.issuer().password(user));
        let answer = send(&issuer, Method::POST, "/token", &form).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let answer: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(answer["token_type"], "Bearer");
        assert_eq!(answer["expires_in"], 900);
        let (_, claims) = verify(answer["id_token"].as_str().unwrap(), &jwks);
        assert_eq!(claims["sub"], user.name());
    }
    issuer.stop().await;
}

#[tokio::test]
async fn nothing_else_buys_one() {
    let issuer = RunningIssuer::start(LIFETIME).await.unwrap();
    let alice = issuer.issuer().password(User::Alice).to_owned();
    let good = login("alice", &alice);
    let cases = [
        (login("alice", "alice"), StatusCode::BAD_REQUEST, "invalid_grant"),
        (login("alice", ""), StatusCode::BAD_REQUEST, "invalid_grant"),
        (login("bob", &alice), StatusCode::BAD_REQUEST, "invalid_grant"),
        (login("root", &alice), StatusCode::BAD_REQUEST, "invalid_grant"),
        (format!("{good}&username=bob"), StatusCode::BAD_REQUEST, "invalid_request"),
        (format!("{good}&pad={}", "x".repeat(10_000)), StatusCode::BAD_REQUEST, "invalid_request"),
        (good.replace(CLIENT_ID, "other"), StatusCode::UNAUTHORIZED, "invalid_client"),
        (good.replace("=password", "=code"), StatusCode::BAD_REQUEST, "unsupported_grant_type"),
        (String::new(), StatusCode::BAD_REQUEST, "unsupported_grant_type"),
    ];
    for (form, status, error) in cases {
        let answer = send(&issuer, Method::POST, "/token", &form).await;
        assert_eq!(answer.status(), status, "{form}");
        let answer: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(answer["error"], error, "{form}");
        assert!(answer.get("id_token").is_none());
    }
    for (method, path, status) in [
        (Method::GET, "/token", StatusCode::METHOD_NOT_ALLOWED),
        (Method::POST, "/jwks", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(send(&issuer, method, path, "").await.status(), status, "{path}");
    }
    issuer.stop().await;
}

#[test]
fn two_issuers_share_nothing() {
    let make = || Issuer::new("http://127.0.0.1:1".to_owned(), LIFETIME).unwrap();
    let (one, two) = (make(), make());
    for user in User::ALL {
        assert_ne!(one.password(user), two.password(user));
    }
    assert_ne!(one.password(User::Alice), one.password(User::Bob));
    let token = one.token(User::Alice, Algorithm::Es256).unwrap();
    let kid = |issuer: &Issuer| issuer.keys.jwks()["keys"][1]["kid"].clone();
    assert_ne!(kid(&one), kid(&two));
    assert_eq!(verify(&token, &one.keys.jwks()).0["kid"], kid(&one));
}
