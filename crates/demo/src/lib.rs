//! fakes3pp in one process, to try and to test: the gateway with STS, a store behind it, an
//! identity provider beside it, two users, two roles, one bucket.
//!
//! ```text
//! aws cli, boto3 ...                    reads AWS_WEB_IDENTITY_TOKEN_FILE
//!     |  AssumeRoleWithWebIdentity, S3      |
//!     v                                     v
//! gateway (S3 and STS, --port) ----.    DIR/tokens/alice.jwt   kept fresh by `tokens`
//!     |  signed with static keys   '--> issuer, 127.0.0.1:0    discovery, JWKS, token endpoint
//!     v
//! store, 127.0.0.1:0               DIR/store
//! ```
//!
//! Nothing that grants access is fixed: signing keys, passwords, the store's keys, the key ring and
//! the certificate authority are made at start, and the roles trust the issuer of this run only.
//! The store and the issuer listen on loopback always, the gateway unless it is told otherwise.

mod client;
mod clock;
mod configuration;
mod directory;
mod env_file;
mod error;
mod exports;
mod files;
mod gateway_part;
mod issuer;
mod options;
mod random;
mod ready;
mod serve;
mod store;
mod tls;
mod tokens;
mod user;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::configuration::{AUDITOR_ROLE, USER_ROLE, role_arn};
pub use self::error::StartError;
pub use self::issuer::{Algorithm, CLIENT_ID};
pub use self::options::Options;
pub use self::store::{BUCKET, StoreKeys};
pub use self::user::User;

use self::configuration::Facts;
use self::directory::Directory;
use self::env_file::EnvFile;
use self::exports::Exports;
use self::gateway_part::GatewayPart;
use self::issuer::{Issuer, RunningIssuer};
use self::store::Store;
use self::tls::TlsFiles;
use self::tokens::TokenFiles;

/// A demo that answers. [`Running::shutdown`] ends it in order; dropping it cuts everything off.
/// Either way a temporary directory and the environment file are removed.
pub struct Running {
    // Fields drop in this order: whoever writes into the directory goes before it.
    gateway: GatewayPart,
    tokens: TokenFiles,
    issuer: RunningIssuer,
    store: Store,
    tls: Option<TlsFiles>,
    env_file: Option<EnvFile>,
    directory: Directory,
    options: Options,
}

/// Starts everything and returns once it answers.
///
/// # Errors
///
/// What was asked for is not possible (a taken port, a foreign directory), or a part did not start.
/// Whatever was started and written by then is gone again.
pub async fn start(options: Options) -> Result<Running, StartError> {
    start_with_log(options, io::sink()).await
}

/// [`start`], with the gateway's access log going somewhere.
///
/// # Errors
///
/// As [`start`].
pub async fn start_with_log(
    options: Options,
    access_log: impl Write + Send + 'static,
) -> Result<Running, StartError> {
    options.check()?;
    if let Some(path) = &options.env_file {
        env_file::check(path)?;
    }
    let address = SocketAddr::from((options.listen, options.port));
    gateway_part::check_port(address)?;
    if !options.listen.is_loopback() && !options.tls {
        tracing::warn!(%address, "plain HTTP beyond loopback: what passes can be read; see `--tls`");
    }

    let directory = Directory::open(options.dir.as_deref())?;
    let folder = directory.path();
    let store = Store::start(&folder.join("store")).await?;
    let issuer = RunningIssuer::start(options.token_lifetime).await?;
    let tokens = TokenFiles::start(
        folder.join("tokens"),
        Arc::clone(issuer.issuer()),
        options.token_lifetime,
    )?;
    let reachable = options.reachable();
    let tls = match options.tls {
        true => Some(tls::make(&folder.join("tls"), reachable)?),
        false => None,
    };
    let configuration = configuration::write(
        folder,
        &Facts {
            listen: address,
            reachable,
            tls: tls.as_ref(),
            region: &options.region,
            store_url: &store.url(),
            store_keys: store.keys(),
            issuer_url: issuer.issuer().url(),
            issuer_name: issuer.issuer().name(),
        },
    )?;
    let gateway = GatewayPart::start(&configuration, address, access_log).await?;

    let mut running =
        Running { gateway, tokens, issuer, store, tls, env_file: None, directory, options };
    ready::check(&running.seen_from_outside(), &running.token(User::Alice, Algorithm::Rs256)?)
        .await?;
    if let Some(path) = &running.options.env_file {
        let text = running.exports(running.options.user).file();
        running.env_file = Some(EnvFile::write(path, text)?);
    }
    Ok(running)
}

impl Running {
    /// Where S3 is served, without a slash at the end.
    pub fn s3_url(&self) -> String {
        self.url(self.gateway.s3())
    }

    /// Where STS is served, without a slash at the end. The same as [`Running::s3_url`] where both
    /// share a port.
    pub fn sts_url(&self) -> String {
        self.url(self.gateway.sts())
    }

    fn url(&self, address: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let reachable = SocketAddr::from((self.options.reachable(), address.port()));
        format!("{scheme}://{reachable}")
    }

    /// The issuer's URL, the tokens' `iss`.
    pub fn issuer_url(&self) -> &str {
        self.issuer().url()
    }

    /// Where the embedded store itself listens.
    pub fn store_url(&self) -> String {
        self.store.url()
    }

    /// The keys with which the gateway, and nobody else, reaches the embedded store.
    pub fn store_keys(&self) -> &StoreKeys {
        self.store.keys()
    }

    /// The directory with the configuration, the roles, the tokens and the store's files.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The token file of `user`, always with a token in it that is good for two thirds of
    /// [`Options::token_lifetime`] at least.
    pub fn token_file(&self, user: User) -> PathBuf {
        self.tokens.path(user)
    }

    /// The certificate of the throw-away CA, with [`Options::tls`].
    pub fn ca_bundle(&self) -> Option<&Path> {
        self.tls.as_ref().map(|tls| tls.ca.as_path())
    }

    /// A new ID token of `user`.
    ///
    /// # Errors
    ///
    /// [`StartError::Crypto`] if it cannot be signed.
    pub fn token(&self, user: User, algorithm: Algorithm) -> Result<String, StartError> {
        self.issuer().token(user, algorithm)
    }

    /// What `user` logs in with at the issuer's token endpoint.
    pub fn password(&self, user: User) -> &str {
        self.issuer().password(user)
    }

    /// The environment variables with which an AWS client is `user`.
    pub fn variables(&self, user: User) -> Vec<(&'static str, String)> {
        self.exports(user).variables()
    }

    /// The text for the terminal: exports, and three lines to try, as [`Options::user`].
    pub fn block(&self) -> String {
        let user = self.options.user;
        self.exports(user).block(self.issuer_url(), self.password(user))
    }

    /// Stops listening, lets requests under way end for a moment, then removes what is temporary.
    pub async fn shutdown(self) {
        let Self { gateway, tokens, issuer, store, tls: _, env_file, directory, options: _ } = self;
        // First, so that nobody picks up an address at which nothing answers.
        drop(env_file);
        gateway.stop().await;
        tokens.stop().await;
        issuer.stop().await;
        store.stop().await;
        directory.close();
    }

    fn issuer(&self) -> &Issuer {
        self.issuer.issuer()
    }

    fn seen_from_outside(&self) -> ready::Gateway<'_> {
        let address = |port| SocketAddr::from((self.options.reachable(), port));
        ready::Gateway {
            s3: address(self.gateway.s3().port()),
            sts: address(self.gateway.sts().port()),
            ca_bundle: self.ca_bundle(),
            region: &self.options.region,
        }
    }

    fn exports(&self, user: User) -> Exports {
        Exports {
            user,
            s3_url: self.s3_url(),
            sts_url: self.sts_url(),
            region: self.options.region.clone(),
            token_file: self.token_file(user),
            ca_bundle: self.ca_bundle().map(Path::to_owned),
        }
    }
}
