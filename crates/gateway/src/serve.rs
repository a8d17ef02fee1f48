//! From a configuration to a running gateway.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, UnixListener};

use crate::app::App;
use crate::audit;
use crate::config::{
    AdminAddress, AdminGuard, CaBundle, Config, Fingerprint, LogFormat, Startup, TlsFiles,
};
use crate::denial::Denials;
use crate::metrics::Metrics;
use crate::pipeline::budget::{Budget, Places};
use crate::reload;
use crate::server::{self, Listener, Running, Serves, Socket, TlsSide};
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
    #[error(transparent)]
    Tls(#[from] TlsError),
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

/// A listener's TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("TLS: {0}")]
pub struct TlsError(String);

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
    /// A TLS setting cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A store's TLS cannot be set up.
    #[error(transparent)]
    Store(#[from] StoreTlsError),
}

/// TLS of the listeners, which a reload replaces for new connections.
#[derive(Debug)]
pub struct Tls {
    clients: Arc<TlsSide>,
    admin: Arc<TlsSide>,
}

impl Tls {
    fn new(files: &TlsFiles, guard: &AdminGuard) -> Result<Self, TlsError> {
        let [clients, admin] = tls_sides(files, guard)?.map(ArcSwap::new).map(Arc::new);
        Ok(Self { clients, admin })
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
    // A guard is judged together with the place that it guards: if that needs a restart, so does it.
    let guard = match (&started.listen.admin, &startup.listen.admin) {
        (Some(old), Some(new)) if old.is_at_same_place(new) => Arc::new(new.guard.clone()),
        _ => app.admin_guard.load_full(),
    };
    let sides = match (&app.tls, &startup.tls) {
        (Some(tls), Some(files)) => Some((tls, tls_sides(files, &guard)?)),
        _ => None,
    };
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
    app.unknown_forms.resize(limits.unknown_forms());
    app.connections.resize(limits.max_connections);
    app.limits.store(Arc::new(limits.clone()));
    if let Some((tls, [clients, admin])) = sides {
        tls.clients.store(clients);
        tls.admin.store(admin);
    }
    app.admin_guard.store(guard);
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
        let guard =
            startup.listen.admin.as_ref().map_or(AdminGuard::None, |admin| admin.guard.clone());
        let tls = startup.tls.as_ref().map(|files| Tls::new(files, &guard)).transpose()?;
        let listeners = bind(&startup, tls.as_ref()).await?;
        let format = match startup.log.format {
            LogFormat::Json => audit::Format::Json,
            LogFormat::Text => audit::Format::Text,
        };
        let limits = startup.limits.clone();
        let app = Arc::new(App {
            snapshot: ArcSwap::from_pointee(snapshot),
            metrics: Metrics::new(),
            access_log: audit::Log::start(format, access_log).map_err(ServeError::Log)?,
            admin_guard: ArcSwap::from_pointee(guard),
            small_bodies: Budget::new(limits.small_bodies_total.get()),
            documents: Budget::new(limits.document_total.get()),
            answers: Budget::new(limits.document_total.get()),
            in_flight: Places::new(limits.requests_in_flight),
            unknown_forms: Places::new(limits.unknown_forms()),
            connections: Places::new(limits.max_connections),
            tls,
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
        let grace = self.app.limits().shutdown_grace;
        self.running.shutdown(grace).await;
        self.background.stop();
        let app = self.app;
        let closed = tokio::task::spawn_blocking(move || app.access_log.close(LAST_LINES)).await;
        if !matches!(closed, Ok(true)) {
            tracing::warn!("the end of the access log is missing: its reader was too slow");
        }
    }
}

async fn bind(startup: &Startup, tls: Option<&Tls>) -> Result<Vec<Listener>, ServeError> {
    let listen = &startup.listen;
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
        listeners.push(Listener { serves, socket, tls: tls.map(|tls| Arc::clone(&tls.clients)) });
    }
    if let Some(admin) = &listen.admin {
        let socket = match &admin.address {
            AdminAddress::Tcp(address) => Socket::Tcp(tcp(*address).await?),
            AdminAddress::Unix(path) => Socket::Unix(unix(path)?, path.clone()),
        };
        let tls = tls.filter(|_| admin.tls).map(|tls| Arc::clone(&tls.admin));
        listeners.push(Listener { serves: Serves::Admin, socket, tls });
    }
    Ok(listeners)
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

/// The side of clients and that of the admin listener.
fn tls_sides(files: &TlsFiles, guard: &AdminGuard) -> Result<[Arc<ServerConfig>; 2], TlsError> {
    let client_ca = match guard {
        AdminGuard::None | AdminGuard::BearerToken(_) => None,
        AdminGuard::ClientCertificate(ca) => Some(ca),
    };
    Ok([tls_side(files, None)?, tls_side(files, client_ca)?])
}

fn tls_side(files: &TlsFiles, client_ca: Option<&CaBundle>) -> Result<Arc<ServerConfig>, TlsError> {
    let failed = |error: &dyn std::fmt::Display| TlsError(error.to_string());
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
    let certificate = SingleCertAndKey::from(CertifiedKey::clone(&files.certified));
    let mut config = builder.with_cert_resolver(Arc::new(certificate));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
