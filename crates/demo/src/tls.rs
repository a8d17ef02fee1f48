//! A throw-away certificate authority for `--tls`. Its key signs one certificate and is gone: the
//! CA file that clients are told to trust vouches for this run of the demo and nothing else.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::store::BUCKET;
use crate::{StartError, clock, files};

/// How long the certificate is good: nobody runs one demo for longer.
const VALIDITY: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How far in the past it begins, for clients in a container or virtual machine whose clock lags.
const BACKDATED: Duration = Duration::from_secs(60 * 60);

/// Where the three files are.
pub(crate) struct TlsFiles {
    /// The CA's certificate, for `AWS_CA_BUNDLE`.
    pub(crate) ca: PathBuf,
    /// The server's certificate.
    pub(crate) certificate: PathBuf,
    /// The server's private key (PKCS #8).
    pub(crate) key: PathBuf,
}

/// Makes a CA and a certificate for `localhost`, the bucket below it, 127.0.0.1 and `reachable`;
/// all into `folder`, as PEM.
pub(crate) fn make(folder: &Path, reachable: IpAddr) -> Result<TlsFiles, StartError> {
    let failed = |_| StartError::Crypto("no certificate");
    let mut ca = CertificateParams::new([]).map_err(failed)?;
    set_validity(&mut ca);
    ca.distinguished_name.push(DnType::CommonName, "fakes3pp demo, throw-away CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let ca_key = KeyPair::generate().map_err(failed)?;
    let ca_certificate = ca.self_signed(&ca_key).map_err(failed)?;

    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    // The bucket by name: clients take `*.localhost` for a wildcard over a top-level domain and
    // refuse it.
    let mut names =
        vec!["localhost".to_owned(), format!("{BUCKET}.localhost"), loopback.to_string()];
    if reachable != loopback {
        names.push(reachable.to_string());
    }
    let mut server = CertificateParams::new(names).map_err(failed)?;
    set_validity(&mut server);
    server.distinguished_name.push(DnType::CommonName, "fakes3pp demo");
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Python from 3.13 on checks strictly and wants it.
    server.use_authority_key_identifier_extension = true;
    let server_key = KeyPair::generate().map_err(failed)?;
    let issuer = Issuer::new(ca, ca_key);
    let server_certificate = server.signed_by(&server_key, &issuer).map_err(failed)?;

    files::make_directory(folder)?;
    let made = TlsFiles {
        ca: folder.join("ca.pem"),
        certificate: folder.join("server.pem"),
        key: folder.join("server.key"),
    };
    files::write(&made.ca, ca_certificate.pem())?;
    files::write(&made.certificate, server_certificate.pem())?;
    files::write(&made.key, server_key.serialize_pem())?;
    Ok(made)
}

fn set_validity(certificate: &mut CertificateParams) {
    // rcgen speaks in `time`'s instants; the epoch is the one that it can make without that crate
    // here.
    let now = rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(clock::unix_now());
    certificate.not_before = now - BACKDATED;
    certificate.not_after = now + VALIDITY;
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;

    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
    use rustls::{ClientConfig, RootCertStore, ServerConfig};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    use super::*;

    /// A server with the files, and a client that trusts `ca` and asks for `name`.
    async fn handshake(files: &TlsFiles, ca: &Path, name: &str) -> std::io::Result<()> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_file(&files.certificate).unwrap()],
                PrivateKeyDer::from_pem_file(&files.key).unwrap(),
            )
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let (near, far) = tokio::io::duplex(16 * 1024);
        let connector = TlsConnector::from(Arc::new(client));
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let (connected, _) = tokio::join!(
            connector.connect(name, near),
            TlsAcceptor::from(Arc::new(server)).accept(far),
        );
        connected.map(drop)
    }

    #[tokio::test]
    async fn clients_that_trust_the_ca_reach_every_name_of_the_demo() {
        let folder = tempfile::tempdir().unwrap();
        let files = make(folder.path(), "192.0.2.7".parse().unwrap()).unwrap();
        for name in ["127.0.0.1", "localhost", "demo.localhost", "192.0.2.7"] {
            handshake(&files, &files.ca, name).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        }
        for name in ["127.0.0.2", "example.org", "other.localhost"] {
            assert!(handshake(&files, &files.ca, name).await.is_err(), "{name}");
        }
        let mode = std::fs::metadata(&files.key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test]
    async fn two_runs_do_not_vouch_for_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let one = make(&folder.path().join("one"), loopback).unwrap();
        let two = make(&folder.path().join("two"), loopback).unwrap();
        assert!(handshake(&one, &two.ca, "127.0.0.1").await.is_err());
    }
}
