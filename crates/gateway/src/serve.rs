//! From a configuration to a running gateway.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use rustls::server::WebPkiClientVerifier;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, UnixListener};
use tokio_rustls::TlsAcceptor;

use crate::app::App;
use crate::audit;
use crate::config::{
    AdminAddress, AdminGuard, AdminListen, CaBundle, Config, Fingerprint, LogFormat, Startup,
    TlsFiles,
};
use crate::denial::Denials;
use crate::metrics::Metrics;
use crate::pipeline::budget::{Budget, Places};
use crate::reload;
use crate::server::{self, Listener, Running, Serves, Socket};
use crate::shutdown;
use crate::snapshot::{Snapshot, StoreTlsError};

/// Why the gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}: {error}{}", hint(.error))]
    Bind {
        /// Where.
        address: String,
        /// Why not.
        error: std::io::Error,
    },
    /// A TLS setting cannot be used.
    #[error("TLS: {0}")]
    Tls(String),
    /// A store's TLS cannot be set up.
    #[error(transparent)]
    Store(#[from] StoreTlsError),
    /// The access log's writer cannot be started.
    #[error("the access log cannot be written: {0}")]
    Log(std::io::Error),
    /// An address of a bound socket cannot be read.
    #[error("cannot start: {0}")]
    Start(std::io::Error),
}

/// How long a stop waits for the reader of the access log. Whoever reads it at all reads the whole
/// queue, 8 MiB, well within that.
const LAST_LINES: Duration = Duration::from_secs(3);

fn hint(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => " (another process listens there: choose another port)",
        std::io::ErrorKind::PermissionDenied => {
            " (ports below 1024 need a privilege: choose another port)"
        }
        _ => "",
    }
}

/// Why a configuration that is valid does not come into force.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// A store's TLS cannot be set up.
    #[error(transparent)]
    Store(#[from] StoreTlsError),
}

/// The certificate of the listeners, which a reload replaces for new connections.
#[derive(Debug)]
pub struct Certificate(ArcSwapOption<CertifiedKey>);

impl Certificate {
    fn new(files: Option<&TlsFiles>) -> Arc<Self> {
        Arc::new(Self(ArcSwapOption::new(files.map(|files| Arc::clone(&files.certified)))))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.load_full()
    }
}

/// Puts a configuration in the place of the one in force, whole or not at all.
///
/// # Errors
/// [`ReloadError`]: then nothing has changed.
pub(crate) fn replace(app: &App, config: Config, started: &Startup) -> Result<u64, ReloadError> {
    let Config { startup, live, warnings } = config;
    let previous = app.snapshot.load_full();
    let generation = previous.generation + 1;
    let limits = &startup.limits;
    let next = Snapshot::new(generation, live, limits, Some(&previous), &app.background)?;
    let needs_restart = reload::needs_restart(started, &startup);
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    for key in &needs_restart {
        tracing::warn!(key, "was changed, and needs a restart to come into force");
    }
    app.small_bodies.resize(limits.small_bodies_total.get());
    app.documents.resize(limits.document_total.get());
    app.answers.resize(limits.document_total.get());
    app.in_flight.resize(limits.requests_in_flight);
    app.connections.resize(limits.max_connections);
    app.limits.store(Arc::new(limits.clone()));
    if let (Some(files), true) = (&startup.tls, started.tls.is_some()) {
        app.certificate.0.store(Some(Arc::clone(&files.certified)));
    }
    app.snapshot.store(Arc::new(next));
    app.metrics.config_generation.set(i64::try_from(generation).unwrap_or(i64::MAX));
    app.metrics.reload(true);
    app.reload.succeeded(generation, needs_restart);
    Ok(generation)
}

/// A running gateway and what it takes to stop it.
#[derive(Debug)]
pub struct Gateway {
    app: Arc<App>,
    startup: Startup,
    running: Running,
    // Ends the tasks that fetch keys; dropped after the listeners are done.
    background: shutdown::Trigger,
}

impl Gateway {
    /// Binds all sockets, then serves. Nothing is accepted unless everything could be bound.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub async fn start<W>(config: Config, access_log: W) -> Result<Self, ServeError>
    where
        W: std::io::Write + Send + 'static,
    {
        let Config { startup, live, warnings } = config;
        for warning in &warnings {
            tracing::warn!("{warning}");
        }
        let (background, signal) = shutdown::channel();
        let snapshot = Snapshot::new(1, live, &startup.limits, None, &signal)?;
        let certificate = Certificate::new(startup.tls.as_ref());
        let listeners = bind(&startup, &certificate).await?;
        let format = match startup.log.format {
            LogFormat::Json => audit::Format::Json,
            LogFormat::Text => audit::Format::Text,
        };
        let limits = startup.limits.clone();
        let app = Arc::new(App {
            snapshot: ArcSwap::from_pointee(snapshot),
            metrics: Metrics::new(),
            access_log: audit::Log::start(format, access_log).map_err(ServeError::Log)?,
            admin_guard: startup
                .listen
                .admin
                .as_ref()
                .map_or(AdminGuard::None, |admin| admin.guard.clone()),
            small_bodies: Budget::new(limits.small_bodies_total.get()),
            documents: Budget::new(limits.document_total.get()),
            answers: Budget::new(limits.document_total.get()),
            in_flight: Places::new(limits.requests_in_flight),
            connections: Places::new(limits.max_connections),
            certificate,
            denials: Denials::default(),
            reload: reload::State::default(),
            background: signal,
            limits: ArcSwap::from_pointee(limits),
        });
        app.metrics.config_generation.set(1);
        let running = server::start(&app, listeners).map_err(ServeError::Start)?;
        Ok(Self { app, startup, running, background })
    }

    /// Puts a configuration in force for every request that begins from now on: all that a reload
    /// may change of it.
    ///
    /// # Errors
    /// When it cannot come into force; then nothing has changed.
    pub fn reload(&self, config: Config) -> Result<u64, ReloadError> {
        replace(&self.app, config, &self.startup)
    }

    /// Reloads by itself from now on: at each call of the [`reload::Asker`], and when the files of
    /// the configuration change. `seen` is what it was loaded from.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "one task, ended by the gateway's shutdown")]
    pub fn follow(&self, origin: reload::Origin, seen: Fingerprint) -> reload::Asker {
        let (app, startup) = (Arc::clone(&self.app), self.startup.clone());
        let signal = self.app.background.clone();
        let (asker, task) = reload::start(app, origin, seen, startup, signal);
        tokio::spawn(task);
        asker
    }

    /// What is answered on which TCP address.
    #[must_use]
    pub fn addresses(&self) -> &[(Serves, SocketAddr)] {
        self.running.addresses()
    }

    /// The address on which `serves` is answered.
    #[must_use]
    pub fn address(&self, serves: Serves) -> Option<SocketAddr> {
        self.running.address(serves)
    }

    /// Stops accepting, lets requests finish, ends everything, writes the rest of the access log.
    pub async fn shutdown(self) {
        self.running.shutdown().await;
        self.background.stop();
        let app = self.app;
        let closed = tokio::task::spawn_blocking(move || app.access_log.close(LAST_LINES)).await;
        if !matches!(closed, Ok(true)) {
            tracing::warn!("the end of the access log is missing: its reader was too slow");
        }
    }
}

async fn bind(
    startup: &Startup,
    certificate: &Arc<Certificate>,
) -> Result<Vec<Listener>, ServeError> {
    let listen = &startup.listen;
    let tls = startup.tls.as_ref().map(|_| acceptor(certificate, None)).transpose()?;
    let mut listeners = Vec::new();
    let clients = match (listen.s3, listen.sts) {
        // With port 0 the two would get two ports; sharing is meant by naming one.
        (Some(s3), Some(sts)) if s3 == sts && s3.port() != 0 => vec![(Serves::Both, s3)],
        (s3, sts) => s3
            .map(|address| (Serves::S3, address))
            .into_iter()
            .chain(sts.map(|address| (Serves::Sts, address)))
            .collect(),
    };
    for (serves, address) in clients {
        let socket = Socket::Tcp(tcp(address).await?);
        listeners.push(Listener { serves, socket, tls: tls.clone() });
    }
    if let Some(admin) = &listen.admin {
        listeners.push(bind_admin(admin, startup.tls.as_ref().map(|_| certificate)).await?);
    }
    Ok(listeners)
}

async fn bind_admin(
    admin: &AdminListen,
    tls: Option<&Arc<Certificate>>,
) -> Result<Listener, ServeError> {
    let client_ca = match &admin.guard {
        AdminGuard::None | AdminGuard::BearerToken(_) => None,
        AdminGuard::ClientCertificate(ca) => Some(ca),
    };
    let tls = match (admin.tls, tls) {
        (false, _) | (true, None) => None,
        (true, Some(certificate)) => Some(acceptor(certificate, client_ca)?),
    };
    let socket = match &admin.address {
        AdminAddress::Tcp(address) => Socket::Tcp(tcp(*address).await?),
        AdminAddress::Unix(path) => Socket::Unix(unix(path)?, path.clone()),
    };
    Ok(Listener { serves: Serves::Admin, socket, tls })
}

async fn tcp(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| ServeError::Bind { address: address.to_string(), error })
}

/// A socket file that nobody listens on any more is left from a crash; one that somebody listens
/// on is not taken away.
fn unix(path: &Path) -> Result<UnixListener, ServeError> {
    let failed = |error| ServeError::Bind { address: display(path), error };
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(failed(std::io::ErrorKind::AddrInUse.into()));
    }
    match std::fs::symlink_metadata(path) {
        Ok(found) => {
            use std::os::unix::fs::FileTypeExt;
            if !found.file_type().is_socket() {
                return Err(failed(std::io::ErrorKind::AlreadyExists.into()));
            }
            std::fs::remove_file(path).map_err(failed)?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    UnixListener::bind(path).map_err(failed)
}

fn display(path: &Path) -> String {
    let path: PathBuf = path.to_owned();
    format!("unix:{}", path.display())
}

fn acceptor(
    certificate: &Arc<Certificate>,
    client_ca: Option<&CaBundle>,
) -> Result<TlsAcceptor, ServeError> {
    let failed = |error: &dyn std::fmt::Display| ServeError::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?;
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(ca) => {
            let mut roots = RootCertStore::empty();
            for certificate in &ca.certificates {
                roots.add(certificate.clone()).map_err(|error| failed(&error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|error| failed(&error))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let resolver: Arc<dyn ResolvesServerCert> = Arc::clone(certificate) as _;
    let mut config = builder.with_cert_resolver(resolver);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
