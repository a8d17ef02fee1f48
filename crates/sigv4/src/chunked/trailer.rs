//! Trailers: the header lines after the last chunk.

use http::header::{HeaderName, HeaderValue};

use crate::error::ChunkError;
use crate::signature::{Signature, sha256};

/// The most bytes of trailer lines, names, values and line ends together. Five checksums and a
/// signature are about 400; whatever is longer is meant to fill memory.
pub const MAX_TRAILER_BYTES: usize = 4096;

/// The name under which the signature of the trailers comes, last of all.
pub(crate) const SIGNATURE_NAME: &str = "x-amz-trailer-signature";

/// Trailers in the order in which they came, each of them declared and there once.
pub type Trailers = Vec<(HeaderName, HeaderValue)>;

/// Trailers as they come in.
pub(crate) struct Collector {
    declared: Vec<HeaderName>,
    trailers: Trailers,
    signature: Option<Signature>,
    bytes: usize,
}

impl Collector {
    pub(crate) fn new(declared: Vec<HeaderName>) -> Self {
        Self { declared, trailers: Vec::new(), signature: None, bytes: 0 }
    }

    /// Takes a line without its end. `signed` says whether a signature may be among them.
    pub(crate) fn line(&mut self, line: &[u8], signed: bool) -> Result<(), ChunkError> {
        self.bytes = self.bytes.saturating_add(line.len() + 2);
        if self.bytes > MAX_TRAILER_BYTES || self.signature.is_some() {
            return Err(ChunkError::Trailer);
        }
        let mut parts = line.splitn(2, |b| *b == b':');
        let (Some(name), Some(value)) = (parts.next(), parts.next()) else {
            return Err(ChunkError::Trailer);
        };
        let value = value.trim_ascii();
        let name = HeaderName::from_bytes(name).map_err(|_| ChunkError::Trailer)?;
        if name.as_str() == SIGNATURE_NAME && signed {
            self.signature = Some(Signature::parse(value).ok_or(ChunkError::Trailer)?);
            return Ok(());
        }
        let value = HeaderValue::from_bytes(value).map_err(|_| ChunkError::Trailer)?;
        if !self.declared.contains(&name) || self.trailers.iter().any(|(it, _)| *it == name) {
            return Err(ChunkError::Trailer);
        }
        self.trailers.push((name, value));
        Ok(())
    }

    /// The empty line came: what was declared must be there, and what was signed must be what came.
    /// `expected` gives the signature over the hash of the canonical trailers; `None` if unsigned.
    pub(crate) fn finish(
        &mut self,
        expected: Option<impl FnOnce(&[u8; 32]) -> Signature>,
    ) -> Result<Trailers, ChunkError> {
        let missing = |name| !self.trailers.iter().any(|(it, _)| it == name);
        if self.declared.iter().any(missing) {
            return Err(ChunkError::Trailer);
        }
        if let Some(expected) = expected {
            let signature = self.signature.as_ref().ok_or(ChunkError::Trailer)?;
            if !expected(&sha256(&canonical(&self.trailers))).matches(signature) {
                return Err(ChunkError::TrailerSignature);
            }
        }
        Ok(std::mem::take(&mut self.trailers))
    }
}

/// `name:value\n` each, by name.
pub(crate) fn canonical(trailers: &[(HeaderName, HeaderValue)]) -> Vec<u8> {
    let mut sorted: Vec<_> = trailers.iter().collect();
    sorted.sort_unstable_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
    let mut out = Vec::with_capacity(128);
    for (name, value) in sorted {
        out.extend_from_slice(name.as_str().as_bytes());
        out.push(b':');
        out.extend_from_slice(value.as_bytes().trim_ascii());
        out.push(b'\n');
    }
    out
}
