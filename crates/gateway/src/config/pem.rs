//! Certificates and keys from PEM files.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::error::Findings;
use super::files::Sources;
use super::shape::Value;

/// The largest PEM file that is read: the bundle of all public CAs has 220 KiB.
const MAX_PEM_BYTES: usize = 1024 * 1024;

/// Certificates of authorities that a peer's certificate may come from.
#[derive(Clone)]
pub struct CaBundle {
    /// The file they were read from.
    pub path: PathBuf,
    /// The certificates, at least one.
    pub certificates: Vec<CertificateDer<'static>>,
}

impl fmt::Debug for CaBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaBundle")
            .field("path", &self.path)
            .field("certificates", &self.certificates.len())
            .finish()
    }
}

/// A listener's certificate chain with its private key, which fit together.
#[derive(Clone)]
pub struct TlsFiles {
    /// The file of the chain.
    pub cert: PathBuf,
    /// The file of the private key.
    pub key: PathBuf,
    /// Both, ready for rustls.
    pub certified: Arc<CertifiedKey>,
}

impl fmt::Debug for TlsFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsFiles")
            .field("cert", &self.cert)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Reads a file of certificates.
pub(crate) fn ca_bundle(
    file: &Value<String>,
    sources: &Sources<'_>,
    findings: &mut Findings,
) -> Option<CaBundle> {
    let loaded = sources.read(file, MAX_PEM_BYTES, findings)?;
    let certificates = certificates(file, &loaded.bytes, findings)?;
    let mut roots = rustls::RootCertStore::empty();
    for certificate in &certificates {
        if let Err(error) = roots.add(certificate.clone()) {
            let message = format!("`{}` holds a certificate that is no CA: {error}", file.value);
            findings.mistake(&file.place, message);
            return None;
        }
    }
    Some(CaBundle { path: loaded.path, certificates })
}

/// Reads a certificate chain and its key, which must fit together.
pub(crate) fn tls_files(
    cert: &Value<String>,
    key: &Value<String>,
    sources: &Sources<'_>,
    findings: &mut Findings,
) -> Option<TlsFiles> {
    let chain = sources
        .read(cert, MAX_PEM_BYTES, findings)
        .and_then(|loaded| Some((certificates(cert, &loaded.bytes, findings)?, loaded.path)));
    let private = sources.read(key, MAX_PEM_BYTES, findings).and_then(|loaded| {
        let bytes = zeroize::Zeroizing::new(loaded.bytes);
        Some((private_key(key, &bytes, findings)?, loaded.path))
    });
    let ((chain, cert_path), (private, key_path)) = (chain?, private?);
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    match CertifiedKey::from_der(chain, private, &provider) {
        Ok(certified) => {
            Some(TlsFiles { cert: cert_path, key: key_path, certified: Arc::new(certified) })
        }
        Err(error) => {
            let message = format!("does not fit the certificate in `{}`: {error}", cert.value);
            findings.mistake(&key.place, message);
            None
        }
    }
}

fn certificates(
    file: &Value<String>,
    pem: &[u8],
    findings: &mut Findings,
) -> Option<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Some(certificates),
        Ok(_) => {
            let message = format!("`{}` holds no PEM block `CERTIFICATE`", file.value);
            findings.mistake(&file.place, message);
            None
        }
        Err(_) => {
            findings.mistake(&file.place, format!("`{}` is no proper PEM file", file.value));
            None
        }
    }
}

fn private_key(
    file: &Value<String>,
    pem: &[u8],
    findings: &mut Findings,
) -> Option<PrivateKeyDer<'static>> {
    let key = PrivateKeyDer::from_pem_slice(pem);
    if key.is_err() {
        let message = format!("`{}` holds no PEM block `PRIVATE KEY` that can be read", file.value);
        findings.mistake(&file.place, message);
    }
    key.ok()
}
