//! From a configuration to a running gateway.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::server::WebPkiClientVerifier;
use rustls::sign::SingleCertAndKey;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::app::App;
use crate::audit;
use crate::config::{
    AdminAddress, AdminGuard, AdminListen, CaBundle, Config, LogFormat, Startup, TlsFiles,
};
use crate::metrics::Metrics;
use crate::pipeline::budget::Budget;
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

/// A running gateway and what it takes to stop it.
#[derive(Debug)]
pub struct Gateway {
    app: Arc<App>,
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
        let snapshot = Snapshot::new(1, live, &startup.limits, &signal)?;
        let listeners = bind(&startup).await?;
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
            in_flight: Arc::new(Semaphore::new(limits.requests_in_flight)),
            limits,
        });
        app.metrics.config_generation.set(1);
        let running = server::start(&app, listeners).map_err(ServeError::Start)?;
        Ok(Self { app, running, background })
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

async fn bind(startup: &Startup) -> Result<Vec<Listener>, ServeError> {
    let listen = &startup.listen;
    let tls = startup.tls.as_ref().map(|files| acceptor(files, None)).transpose()?;
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
        listeners.push(bind_admin(admin, startup.tls.as_ref()).await?);
    }
    Ok(listeners)
}

async fn bind_admin(admin: &AdminListen, tls: Option<&TlsFiles>) -> Result<Listener, ServeError> {
    let client_ca = match &admin.guard {
        AdminGuard::None | AdminGuard::BearerToken(_) => None,
        AdminGuard::ClientCertificate(ca) => Some(ca),
    };
    let tls = match (admin.tls, tls) {
        (false, _) | (true, None) => None,
        (true, Some(files)) => Some(acceptor(files, client_ca)?),
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

fn acceptor(files: &TlsFiles, client_ca: Option<&CaBundle>) -> Result<TlsAcceptor, ServeError> {
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
    let certified = rustls::sign::CertifiedKey::clone(&files.certified);
    let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
