//! Where the gateway listens, and what it logs.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::pem::CaBundle;
use super::secret::SecretText;

/// The listeners, at least one of S3 and STS. Both may have the same address: one listener serves
/// both then.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The S3 gateway.
    pub s3: Option<SocketAddr>,
    /// The STS.
    pub sts: Option<SocketAddr>,
    /// Health checks and metrics.
    pub admin: Option<AdminListen>,
}

/// The admin listener.
#[derive(Clone, Debug)]
pub struct AdminListen {
    /// Where it is.
    pub address: AdminAddress,
    /// Who may use it. `None` only on a loopback address or a unix socket.
    pub guard: AdminGuard,
    /// Whether it speaks TLS, with the certificate of the other listeners.
    pub tls: bool,
}

impl AdminListen {
    /// Whether both are reached in the same way.
    #[must_use]
    pub fn is_at_same_place(&self, other: &Self) -> bool {
        self.address == other.address && self.tls == other.tls
    }
}

impl Listen {
    /// Whether both listen in the same places.
    #[must_use]
    pub fn is_at_same_places(&self, other: &Self) -> bool {
        let admin = match (&self.admin, &other.admin) {
            (Some(one), Some(other)) => one.is_at_same_place(other),
            (one, other) => one.is_none() && other.is_none(),
        };
        admin && self.s3 == other.s3 && self.sts == other.sts
    }
}

/// Where the admin listener is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminAddress {
    /// An address of TCP.
    Tcp(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

/// Who may use the admin listener.
#[derive(Clone, Debug)]
pub enum AdminGuard {
    /// Whoever reaches it.
    None,
    /// Whoever sends this bearer token. Compare in constant time.
    BearerToken(SecretText),
    /// Whoever has a certificate of this CA.
    ClientCertificate(CaBundle),
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// The form of a line.
    pub format: LogFormat,
    /// The least important lines that are written.
    pub level: tracing::Level,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object.
    Json,
    /// Text for people.
    Text,
}

/// When the configuration is read again, beside SIGHUP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reload {
    /// Whether files are watched.
    pub watch: bool,
    /// How often they are looked at even without an event.
    pub interval: std::time::Duration,
}
