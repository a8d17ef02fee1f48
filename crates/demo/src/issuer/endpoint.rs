//! What the issuer answers: the discovery document, the keys, and tokens for passwords.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::{Algorithm, CLIENT_ID, Issuer};

/// The largest login form, in bytes: six short fields.
const MAX_FORM: usize = 8 * 1024;

/// A form that takes longer to arrive is refused, so that a stalled login does not keep its
/// connection.
const FORM_TIMEOUT: Duration = Duration::from_secs(10);

/// One request to the issuer.
pub(super) async fn answer(
    issuer: Arc<Issuer>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let method = request.method().clone();
    let answer = match (request.uri().path(), &method) {
        ("/.well-known/openid-configuration", &Method::GET | &Method::HEAD) => {
            document(StatusCode::OK, &discovery(issuer.url()))
        }
        ("/jwks", &Method::GET | &Method::HEAD) => document(StatusCode::OK, &issuer.keys.jwks()),
        ("/token", &Method::POST) => token(&issuer, request).await,
        ("/.well-known/openid-configuration" | "/jwks", _) => method_not_allowed("GET, HEAD"),
        ("/token", _) => method_not_allowed("POST"),
        _ => document(StatusCode::NOT_FOUND, &json!({ "error": "not_found" })),
    };
    Ok(answer)
}

/// OpenID Connect Discovery 1.0 section 3. There is no authorization endpoint: nothing here opens a
/// browser.
fn discovery(url: &str) -> Value {
    json!({
        "issuer": url,
        "jwks_uri": format!("{url}/jwks"),
        "token_endpoint": format!("{url}/token"),
        "grant_types_supported": ["password"],
        "token_endpoint_auth_methods_supported": ["none"],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": Algorithm::ALL.map(Algorithm::name),
        "scopes_supported": ["openid"],
        "claims_supported": [
            "iss", "sub", "aud", "azp", "iat", "nbf", "exp", "jti", "groups", "preferred_username",
        ],
    })
}

/// The resource owner password grant (RFC 6749 section 4.3), errors by section 5.2.
async fn token(issuer: &Issuer, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let collected = Limited::new(request.into_body(), MAX_FORM).collect();
    let Ok(Ok(body)) = tokio::time::timeout(FORM_TIMEOUT, collected).await else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "the form is too large or did not arrive",
        );
    };
    let body = body.to_bytes();
    let mut form = HashMap::new();
    for (name, value) in form_urlencoded::parse(&body) {
        if form.insert(name, value).is_some() {
            return refuse(StatusCode::BAD_REQUEST, "invalid_request", "a field comes twice");
        }
    }
    let field = |name: &str| form.get(name).map(|value| value.as_ref()).unwrap_or_default();
    if field("grant_type") != "password" {
        return refuse(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "only grant_type=password",
        );
    }
    if field("client_id") != CLIENT_ID {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client", "client_id is fakes3pp-demo");
    }
    let Some(user) = issuer.log_in(field("username"), field("password")) else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant", "user or password is wrong");
    };
    match issuer.token(user, Algorithm::Rs256) {
        Ok(token) => document(
            StatusCode::OK,
            &json!({
                "access_token": token,
                "id_token": token,
                "token_type": "Bearer",
                "expires_in": issuer.lifetime.as_secs(),
                "scope": "openid",
            }),
        ),
        Err(error) => {
            tracing::error!(%error, "a login failed");
            document(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": "server_error" }))
        }
    }
}

fn refuse(status: StatusCode, error: &str, description: &str) -> Response<Full<Bytes>> {
    document(status, &json!({ "error": error, "error_description": description }))
}

fn method_not_allowed(allowed: &'static str) -> Response<Full<Bytes>> {
    let mut answer =
        document(StatusCode::METHOD_NOT_ALLOWED, &json!({ "error": "method_not_allowed" }));
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

fn document(status: StatusCode, document: &Value) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(document.to_string()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
