//! A double of an OIDC provider: discovery document, keys of every kind, rotation, faults, tokens with
//! any header and claims.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::clock::now;
use crate::server::{Request, Server};

mod key;
mod token;
mod weak_rsa;

pub use key::{Key, Kind};
pub use token::{token, unsigned_token};

/// The audience of [`FakeIssuer::claims`].
pub const AUDIENCE: &str = "fakes3pp";

/// The path of the discovery document below the issuer.
pub const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The path of the keys below the issuer.
pub const JWKS: &str = "/keys";

#[derive(Default)]
struct State {
    keys: Vec<Key>,
    discovery: Option<Answer>,
    jwks: Option<Answer>,
    max_age: Option<u64>,
    issuer: Option<String>,
}

/// A provider on a loopback port, with one key (RS256, `kid` `key-1`) at first. It is a [`Server`], so
/// its requests and connections can be looked at.
pub struct FakeIssuer {
    server: Server,
    state: Arc<Mutex<State>>,
    url: String,
}

impl FakeIssuer {
    /// Starts it with plain HTTP; the issuer is `http://127.0.0.1:PORT/realms/test`.
    pub fn start() -> Self {
        Self::build(None, "127.0.0.1")
    }

    /// Starts it with TLS, under a host name or address that leads to loopback.
    pub fn start_tls(config: Arc<rustls::ServerConfig>, host: &str) -> Self {
        Self::build(Some(config), host)
    }

    fn build(config: Option<Arc<rustls::ServerConfig>>, host: &str) -> Self {
        let state = Arc::new(Mutex::new(State {
            keys: vec![Key::new("key-1", Kind::Rsa2048)],
            ..State::default()
        }));
        let scheme = if config.is_some() { "https" } else { "http" };
        let of_handler = Arc::clone(&state);
        let place = Arc::new(Mutex::new(String::new()));
        let of_place = Arc::clone(&place);
        let server = Server::start(config, move |request| {
            let url = of_place.lock().unwrap_or_else(PoisonError::into_inner).clone();
            serve(&of_handler, &url, request)
        });
        let url = format!("{scheme}://{host}:{}/realms/test", server.address().port());
        place.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&url);
        Self { server, state, url }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The issuer as discovery document and tokens name it.
    pub fn issuer(&self) -> String {
        self.url.clone()
    }

    /// Where the keys are.
    pub fn jwks_uri(&self) -> String {
        format!("{}{JWKS}", self.url)
    }

    /// The issuer without its scheme: how IAM names the provider in an ARN.
    pub fn arn_part(&self) -> String {
        self.url.split_once("://").map_or("", |(_, rest)| rest).to_owned()
    }

    /// The key that was served first.
    ///
    /// # Panics
    ///
    /// If there is no key.
    pub fn key(&self) -> Key {
        self.state().keys[0].clone()
    }

    /// Serves these keys from now on: rotation.
    pub fn set_keys(&self, keys: Vec<Key>) {
        self.state().keys = keys;
    }

    /// Serves this key too.
    pub fn add_key(&self, key: Key) {
        self.state().keys.push(key);
    }

    /// Answers requests for the keys with this; `None` ends it.
    pub fn fail_jwks(&self, answer: Option<Answer>) {
        self.state().jwks = answer;
    }

    /// Answers requests for the discovery document with this; `None` ends it.
    pub fn fail_discovery(&self, answer: Option<Answer>) {
        self.state().discovery = answer;
    }

    /// The discovery document names this issuer, whatever the real one is.
    pub fn pretend_issuer(&self, issuer: Option<&str>) {
        self.state().issuer = issuer.map(str::to_owned);
    }

    /// The keys come with `Cache-Control: max-age`.
    pub fn set_max_age(&self, seconds: Option<u64>) {
        self.state().max_age = seconds;
    }

    /// How often the keys were asked for.
    pub fn jwks_fetches(&self) -> usize {
        self.count(JWKS)
    }

    /// How often the discovery document was asked for.
    pub fn discovery_fetches(&self) -> usize {
        self.count(DISCOVERY)
    }

    fn count(&self, end: &str) -> usize {
        self.server.requests().iter().filter(|request| request.path().ends_with(end)).count()
    }

    /// The claims of a good token: `iss`, `sub`, `aud`, `iat`, and `exp` in ten minutes.
    pub fn claims(&self, subject: &str) -> Value {
        let now = now();
        json!({
            "iss": self.issuer(), "sub": subject, "aud": AUDIENCE, "iat": now, "exp": now + 600,
        })
    }

    /// A good token for a subject.
    pub fn token(&self, subject: &str) -> String {
        self.token_with(subject, &json!({}))
    }

    /// A token with further claims; a `null` removes a claim.
    pub fn token_with(&self, subject: &str, more: &Value) -> String {
        let mut claims = self.claims(subject);
        merge(&mut claims, more);
        self.key().token(&claims)
    }
}

impl Deref for FakeIssuer {
    type Target = Server;
    fn deref(&self) -> &Server {
        &self.server
    }
}

/// Puts the members of one object into another; a `null` removes a member.
pub fn merge(into: &mut Value, more: &Value) {
    let (Some(into), Some(more)) = (into.as_object_mut(), more.as_object()) else { return };
    for (name, value) in more {
        if value.is_null() {
            into.remove(name);
        } else {
            into.insert(name.clone(), value.clone());
        }
    }
}

fn serve(state: &Arc<Mutex<State>>, url: &str, request: &Request) -> Answer {
    let state = state.lock().unwrap_or_else(PoisonError::into_inner);
    if request.path().ends_with(DISCOVERY) {
        let document = json!({
            "issuer": state.issuer.as_deref().unwrap_or(url),
            "jwks_uri": format!("{url}{JWKS}"),
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        return state.discovery.clone().unwrap_or_else(|| json_answer(&document));
    }
    if request.path().ends_with(JWKS) {
        let keys: Vec<_> = state.keys.iter().filter_map(Key::jwk).collect();
        let mut answer = json_answer(&json!({ "keys": keys }));
        if let Some(seconds) = state.max_age {
            answer = answer.header("cache-control", &format!("public, max-age={seconds}"));
        }
        return state.jwks.clone().unwrap_or(answer);
    }
    Answer::status(404)
}

fn json_answer(value: &Value) -> Answer {
    Answer::ok().header("content-type", "application/json").body(value.to_string())
}

#[cfg(test)]
mod tests;
