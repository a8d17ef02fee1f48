//! The embedded identity provider: just enough OpenID Connect for a gateway that wants to check
//! tokens and for a person who wants one with curl.
//!
//! It listens on loopback only, in plain HTTP, on a port of its own: its issuer URL is
//! `http://127.0.0.1:PORT`. Signing keys and passwords are made at start.
//!
//! The token endpoint takes the password grant with a public client: one random password a user and
//! start, which the demo prints inside a curl line. A client secret beside it would be printed in
//! the same line and keep nobody out.

mod endpoint;
mod keys;

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use hyper::service::service_fn;
use serde_json::json;

pub use self::keys::Algorithm;
use self::keys::SigningKeys;
use crate::serve::Server;
use crate::{StartError, User, clock, random};

/// The client that the tokens are for: what a login at the token endpoint names as `client_id`, and
/// the tokens' `aud`.
pub const CLIENT_ID: &str = "fakes3pp-demo";

/// Who can log in, what tokens say, what signs them.
pub(crate) struct Issuer {
    url: String,
    keys: SigningKeys,
    passwords: Passwords,
    lifetime: Duration,
}

struct Passwords {
    alice: String,
    bob: String,
}

impl Issuer {
    /// Makes keys and passwords for an issuer that will be reached at `url`, and whose tokens are
    /// good for `lifetime` (whole seconds count).
    pub(crate) fn new(url: String, lifetime: Duration) -> Result<Self, StartError> {
        let keys = SigningKeys::generate()?;
        let passwords = Passwords { alice: random::word()?, bob: random::word()? };
        Ok(Self { url, keys, passwords, lifetime })
    }

    /// The `iss` of the tokens, `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The issuer as role documents name it: the URL without its scheme.
    pub(crate) fn name(&self) -> &str {
        self.url.strip_prefix("http://").unwrap_or(&self.url)
    }

    /// What `user` logs in with at the token endpoint.
    pub(crate) fn password(&self, user: User) -> &str {
        match user {
            User::Alice => &self.passwords.alice,
            User::Bob => &self.passwords.bob,
        }
    }

    /// The user of that name, if the password is right.
    fn log_in(&self, name: &str, password: &str) -> Option<User> {
        let user = User::ALL.into_iter().find(|user| user.name() == name)?;
        let expected = self.password(user);
        verify_slices_are_equal(password.as_bytes(), expected.as_bytes()).ok().map(|()| user)
    }

    /// A new ID token for `user`, good from now on.
    pub(crate) fn token(&self, user: User, algorithm: Algorithm) -> Result<String, StartError> {
        self.token_at(user, algorithm, clock::unix_now())
    }

    /// A new ID token for `user` that was issued at `now` (Unix seconds).
    fn token_at(&self, user: User, algorithm: Algorithm, now: u64) -> Result<String, StartError> {
        let claims = json!({
            "iss": self.url,
            "sub": user.name(),
            "aud": CLIENT_ID,
            "azp": CLIENT_ID,
            "iat": now,
            "nbf": now,
            "exp": now.saturating_add(self.lifetime.as_secs()),
            "jti": random::word()?,
            "groups": user.groups(),
            "preferred_username": user.name(),
        });
        self.keys.sign(algorithm, &claims)
    }
}

/// The issuer and its listener.
pub(crate) struct RunningIssuer {
    issuer: Arc<Issuer>,
    server: Server,
}

impl RunningIssuer {
    /// Makes the issuer and serves it on a free loopback port.
    pub(crate) async fn start(lifetime: Duration) -> Result<Self, StartError> {
        let listener = Server::listen().await?;
        let address = listener
            .local_addr()
            .map_err(|source| StartError::Listen { address: ([127, 0, 0, 1], 0).into(), source })?;
        // An RSA key takes its time: long enough for a Ctrl-C to be noticed meanwhile.
        let made =
            tokio::task::spawn_blocking(move || Issuer::new(format!("http://{address}"), lifetime));
        let issuer = made.await.map_err(|_| StartError::Crypto("no signing keys"))??;
        let issuer = Arc::new(issuer);
        let served = Arc::clone(&issuer);
        let server = Server::start(
            listener,
            service_fn(move |request| endpoint::answer(Arc::clone(&served), request)),
        )?;
        Ok(Self { issuer, server })
    }

    pub(crate) fn issuer(&self) -> &Arc<Issuer> {
        &self.issuer
    }

    pub(crate) async fn stop(self) {
        self.server.stop().await;
    }
}

#[cfg(test)]
mod tests;
