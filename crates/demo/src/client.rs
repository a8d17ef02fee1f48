//! One HTTP request, to find out whether a part answers.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// An answer that takes longer will not come.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// What went wrong below HTTP.
pub(crate) type ClientError = Box<dyn std::error::Error + Send + Sync>;

/// A client of one address, over TLS if it was given a CA to trust.
pub(crate) struct Client {
    address: SocketAddr,
    tls: Option<TlsConnector>,
}

impl Client {
    /// Trusts the certificates in the PEM file `ca_bundle` and no others; without one it speaks
    /// plain HTTP.
    pub(crate) fn new(address: SocketAddr, ca_bundle: Option<&Path>) -> Result<Self, ClientError> {
        let tls = match ca_bundle {
            None => None,
            Some(path) => {
                let mut roots = RootCertStore::empty();
                roots.add(CertificateDer::from_pem_file(path)?)?;
                let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
                let config = ClientConfig::builder_with_provider(provider)
                    .with_safe_default_protocol_versions()?
                    .with_root_certificates(roots)
                    .with_no_client_auth();
                Some(TlsConnector::from(Arc::new(config)))
            }
        };
        Ok(Self { address, tls })
    }

    /// Sends `request`, which must have a `host` header, on a connection of its own.
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, ClientError> {
        tokio::time::timeout(TIMEOUT, async {
            let socket = TcpStream::connect(self.address).await?;
            match &self.tls {
                None => exchange(socket, request).await,
                Some(tls) => {
                    let name = ServerName::from(self.address.ip());
                    exchange(tls.connect(name, socket).await?, request).await
                }
            }
        })
        .await?
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: Request<Full<Bytes>>,
) -> Result<Response<Bytes>, ClientError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let answer = async {
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await?;
        Ok(Response::from_parts(head, body.to_bytes()))
    };
    // The connection must be driven for the answer to come, and may end first.
    tokio::pin!(connection);
    tokio::pin!(answer);
    tokio::select! {
        answer = &mut answer => answer,
        ended = &mut connection => match ended {
            Ok(()) => answer.await,
            Err(error) => Err(error.into()),
        },
    }
}
