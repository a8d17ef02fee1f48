//! The gateway inside the demo: loaded from the configuration file as `fakes3pp serve` loads it,
//! then served in this process.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use gateway::config;
use gateway::serve::{Gateway, ServeError};
use gateway::server::Serves;

use crate::StartError;

/// The running gateway. Dropping it cuts everything off.
pub(crate) struct GatewayPart {
    gateway: Gateway,
    s3: SocketAddr,
    sts: SocketAddr,
}

/// Whether the gateway will get its port, asked before anything is made. Somebody may still be
/// faster; then [`GatewayPart::start`] says the same.
pub(crate) fn check_port(address: SocketAddr) -> Result<(), StartError> {
    TcpListener::bind(address).map(drop).map_err(|error| not_bound(address, error))
}

fn not_bound(address: SocketAddr, source: std::io::Error) -> StartError {
    match source.kind() {
        ErrorKind::AddrInUse => StartError::PortTaken { address },
        _ => StartError::Listen { address, source },
    }
}

impl GatewayPart {
    /// Loads the configuration file at `path`, which says `address`, and serves it. One line a
    /// request goes to `access_log`.
    pub(crate) async fn start(
        path: &Path,
        address: SocketAddr,
        access_log: impl Write + Send + 'static,
    ) -> Result<Self, StartError> {
        let failed = |error: String| StartError::Gateway(error);
        // What the shell happens to have set is for gateways that are configured; this one has a
        // file.
        let environment = BTreeMap::new();
        let config =
            config::load_file(path, &environment).map_err(|all| failed(all.to_string()))?;
        let gateway = Gateway::start(config, access_log).await.map_err(|error| match error {
            ServeError::Bind { error, .. } => not_bound(address, error),
            other => failed(other.to_string()),
        })?;
        let bound =
            |what| gateway.address(what).ok_or_else(|| failed(format!("no {what:?} listener")));
        let (s3, sts) = (bound(Serves::S3)?, bound(Serves::Sts)?);
        Ok(Self { gateway, s3, sts })
    }

    /// Where S3 is served.
    pub(crate) fn s3(&self) -> SocketAddr {
        self.s3
    }

    /// Where STS is served: the same, unless the ports were chosen by the system.
    pub(crate) fn sts(&self) -> SocketAddr {
        self.sts
    }

    /// Lets requests under way end for a moment, then returns.
    pub(crate) async fn stop(self) {
        self.gateway.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_said_with_what_to_do() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = taken.local_addr().unwrap();
        let error = check_port(address).unwrap_err();
        assert!(matches!(error, StartError::PortTaken { .. }));
        let message = error.to_string();
        assert!(message.contains(&address.to_string()) && message.contains("--port"), "{message}");
        assert!(check_port(([127, 0, 0, 1], 0).into()).is_ok());
    }

    #[test]
    fn an_address_of_another_machine_is_said() {
        // TEST-NET-1 (RFC 5737) is nobody's.
        let error = check_port(([192, 0, 2, 1], 0).into()).unwrap_err();
        assert!(matches!(error, StartError::Listen { .. }));
    }
}
