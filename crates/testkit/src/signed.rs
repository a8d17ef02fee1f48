//! Signs requests as the clients of S3 do, and in every wrong way that a test wants.
//!
//! An independent implementation of SigV4 (AWS, *Signature Version 4 for API requests*), of
//! `aws-chunked` and of HMACv1 (AWS, *Authenticating requests: signature version 2*).
//! It shares no code with the crate `sigv4`.

use aws_lc_rs::{digest, hmac};
use base64::prelude::{BASE64_STANDARD, Engine};

use crate::clock::{amz_date, now};

mod chunks;
mod encoding;
mod hmacv1;
mod v4a;

pub use encoding::{encode, encode_path};

/// A key pair and what came with it.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Access key id.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: String,
    /// The session token of temporary keys.
    pub session_token: Option<String>,
}

impl Credentials {
    /// A long-lived key pair.
    pub fn new(access_key: &str, secret_key: &str) -> Self {
        Self {
            access_key: access_key.to_owned(),
            secret_key: secret_key.to_owned(),
            session_token: None,
        }
    }

    /// Temporary keys.
    pub fn temporary(access_key: &str, secret_key: &str, session_token: &str) -> Self {
        Self { session_token: Some(session_token.to_owned()), ..Self::new(access_key, secret_key) }
    }
}

/// What is said about the body, in `x-amz-content-sha256` or by leaving it out.
#[derive(Clone, Debug)]
pub enum Payload {
    /// Its SHA-256.
    Hash,
    /// Any value, right or wrong.
    Claim(String),
    /// `UNSIGNED-PAYLOAD`.
    Unsigned,
    /// No header at all.
    Absent,
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER` with chunks of that many bytes and these trailers.
    UnsignedTrailer {
        /// Bytes in a chunk.
        chunk: usize,
        /// Trailer names and values.
        trailers: Vec<(String, String)>,
    },
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`, or `...-TRAILER` when there are trailers.
    Signed {
        /// Bytes in a chunk.
        chunk: usize,
        /// Trailer names and values.
        trailers: Vec<(String, String)>,
    },
}

/// A request that is not signed yet.
#[derive(Clone, Debug)]
pub struct SignedRequest {
    method: String,
    path: String,
    query: String,
    host: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    payload: Payload,
    region: String,
    service: String,
    at: i64,
    scope: Option<String>,
    left_out: Vec<String>,
    unsigned: Vec<(String, String)>,
}

/// A request as it goes on the wire. Everything is open to tampering after the signature.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// First word of the head.
    pub method: String,
    /// Second word of the head.
    pub target: String,
    /// Header fields, `Content-Length` among them.
    pub headers: Vec<(String, String)>,
    /// The body in pieces: one, or one for each chunk of `aws-chunked` (the last is the final chunk
    /// with its trailers).
    pub body: Vec<Vec<u8>>,
    /// What was hashed first: for the log of a failing test.
    pub canonical_request: String,
}

impl SignedRequest {
    /// `target` is path and query as they go on the wire, percent-encoded already.
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            host: "127.0.0.1".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            payload: Payload::Hash,
            region: "us-east-1".to_owned(),
            service: "s3".to_owned(),
            at: now(),
            scope: None,
            left_out: Vec::new(),
            unsigned: Vec::new(),
        }
    }

    /// The `Host` header.
    #[must_use]
    pub fn host(mut self, host: impl ToString) -> Self {
        self.host = host.to_string();
        self
    }

    /// Adds a header that is signed.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header after signing.
    #[must_use]
    pub fn unsigned_header(mut self, name: &str, value: &str) -> Self {
        self.unsigned.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a header out of `SignedHeaders`; it is sent all the same.
    #[must_use]
    pub fn leave_unsigned(mut self, name: &str) -> Self {
        self.left_out.push(name.to_ascii_lowercase());
        self
    }

    /// The body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// What is said about the body; without this call, its hash.
    #[must_use]
    pub fn payload(mut self, payload: Payload) -> Self {
        self.payload = payload;
        self
    }

    /// The region of the scope; without this call, `us-east-1`.
    #[must_use]
    pub fn region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// The service of the scope; without this call, `s3`.
    #[must_use]
    pub fn service(mut self, service: &str) -> Self {
        service.clone_into(&mut self.service);
        self
    }

    /// The instant of signing in Unix seconds; without this call, the machine's clock.
    #[must_use]
    pub fn at(mut self, unix: i64) -> Self {
        self.at = unix;
        self
    }

    /// The scope (`20260102/us-east-1/s3/aws4_request`) as it is written and signed, instead of the
    /// right one.
    #[must_use]
    pub fn scope(mut self, scope: &str) -> Self {
        self.scope = Some(scope.to_owned());
        self
    }

    /// What a signature in the `Authorization` header covers.
    fn headers_to_sign(&self, credentials: &Credentials) -> Vec<(String, String)> {
        let mut headers = vec![("host".to_owned(), self.host.clone())];
        headers.extend(self.headers.iter().cloned());
        headers.push(("x-amz-date".to_owned(), amz_date(self.at)));
        if let Some(claim) = self.claim() {
            headers.push(("x-amz-content-sha256".to_owned(), claim));
        }
        if let Some(token) = &credentials.session_token {
            headers.push(("x-amz-security-token".to_owned(), token.clone()));
        }
        self.describe_chunks(&mut headers);
        headers
    }

    /// Signs in the `Authorization` header.
    #[must_use]
    pub fn sign(self, credentials: &Credentials) -> Prepared {
        let mut headers = self.headers_to_sign(credentials);
        let signed = self.signed_names(&headers);
        let hash = self.claim().unwrap_or_else(|| sha256(&self.body));
        let canonical = self.canonical(&self.query, &headers, &signed, &hash);
        let key = self.key(credentials);
        let signature = self.signature(&key, &canonical);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={signature}",
            credentials.access_key,
            self.written_scope(),
            signed.join(";"),
        );
        headers.push(("authorization".to_owned(), authorization));
        let body = self.pieces(&key, &signature);
        self.prepared(headers, self.query.clone(), body, canonical)
    }

    /// Signs in the query, for that many seconds. The payload is what [`SignedRequest::payload`] says
    /// if that is a header's value, else `UNSIGNED-PAYLOAD`.
    #[must_use]
    pub fn presign(self, credentials: &Credentials, expires: impl ToString) -> Prepared {
        let mut headers = vec![("host".to_owned(), self.host.clone())];
        headers.extend(self.headers.iter().cloned());
        let hash = match &self.payload {
            Payload::Claim(claim) => claim.clone(),
            _ => "UNSIGNED-PAYLOAD".to_owned(),
        };
        if matches!(self.payload, Payload::Claim(_)) {
            headers.push(("x-amz-content-sha256".to_owned(), hash.clone()));
        }
        let signed = self.signed_names(&headers);
        let mut query = self.query.clone();
        let mut add = |name: &str, value: &str| {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(&format!("{name}={}", encode(value.as_bytes())));
        };
        add("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
        add("X-Amz-Credential", &format!("{}/{}", credentials.access_key, self.written_scope()));
        add("X-Amz-Date", &amz_date(self.at));
        add("X-Amz-Expires", &expires.to_string());
        if let Some(token) = &credentials.session_token {
            add("X-Amz-Security-Token", token);
        }
        add("X-Amz-SignedHeaders", &signed.join(";"));
        let canonical = self.canonical(&query, &headers, &signed, &hash);
        let signature = self.signature(&self.key(credentials), &canonical);
        query.push_str(&format!("&X-Amz-Signature={signature}"));
        let body = vec![self.body.clone()];
        self.prepared(headers, query, body, canonical)
    }

    /// The value of `x-amz-content-sha256`.
    fn claim(&self) -> Option<String> {
        match &self.payload {
            Payload::Hash => Some(sha256(&self.body)),
            Payload::Claim(claim) => Some(claim.clone()),
            Payload::Unsigned => Some("UNSIGNED-PAYLOAD".to_owned()),
            Payload::Absent => None,
            Payload::UnsignedTrailer { .. } => Some(chunks::UNSIGNED_TRAILER.to_owned()),
            Payload::Signed { trailers, .. } if trailers.is_empty() => {
                Some(chunks::SIGNED.to_owned())
            }
            Payload::Signed { .. } => Some(chunks::SIGNED_TRAILER.to_owned()),
        }
    }

    fn signed_names(&self, headers: &[(String, String)]) -> Vec<String> {
        let mut names: Vec<_> = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        names.retain(|name| !self.left_out.contains(name));
        names.sort();
        names.dedup();
        names
    }

    fn canonical(
        &self,
        query: &str,
        headers: &[(String, String)],
        signed: &[String],
        hash: &str,
    ) -> String {
        let lines: String = signed
            .iter()
            .map(|name| {
                let values: Vec<_> = headers
                    .iter()
                    .filter(|(have, _)| have.eq_ignore_ascii_case(name))
                    .map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" "))
                    .collect();
                format!("{name}:{}\n", values.join(","))
            })
            .collect();
        format!(
            "{}\n{}\n{}\n{lines}\n{}\n{hash}",
            self.method,
            encoding::canonical_path(&self.path),
            encoding::canonical_query(query),
            signed.join(";"),
        )
    }

    fn written_scope(&self) -> String {
        let date = &amz_date(self.at)[..8];
        self.scope
            .clone()
            .unwrap_or_else(|| format!("{date}/{}/{}/aws4_request", self.region, self.service))
    }

    fn key(&self, credentials: &Credentials) -> Vec<u8> {
        let secret = format!("AWS4{}", credentials.secret_key).into_bytes();
        self.written_scope().split('/').fold(secret, |key, part| hmac_sha256(&key, part.as_bytes()))
    }

    fn signature(&self, key: &[u8], canonical: &str) -> String {
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{}\n{}",
            amz_date(self.at),
            self.written_scope(),
            sha256(canonical.as_bytes())
        );
        hex::encode(hmac_sha256(key, to_sign.as_bytes()))
    }

    fn prepared(
        &self,
        mut headers: Vec<(String, String)>,
        query: String,
        body: Vec<Vec<u8>>,
        canonical_request: String,
    ) -> Prepared {
        let length: usize = body.iter().map(Vec::len).sum();
        headers.extend(self.unsigned.iter().cloned());
        if length > 0 || matches!(self.method.as_str(), "PUT" | "POST") {
            headers.push(("content-length".to_owned(), length.to_string()));
        }
        let target =
            if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) };
        Prepared { method: self.method.clone(), target, headers, body, canonical_request }
    }
}

impl Prepared {
    /// The head's bytes, with the empty line.
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// Everything.
    pub fn bytes(&self) -> Vec<u8> {
        [self.head(), self.body.concat()].concat()
    }

    /// Replaces a header, or adds it.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self = self.without_header(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Removes a header.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
        self
    }

    /// Replaces text in the target.
    ///
    /// # Panics
    ///
    /// If it is not there.
    #[must_use]
    pub fn with_target(mut self, from: &str, to: &str) -> Self {
        assert!(self.target.contains(from), "`{from}` is not in `{}`", self.target);
        self.target = self.target.replace(from, to);
        self
    }

    /// Replaces the method.
    #[must_use]
    pub fn with_method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    /// Replaces the body, keeping the `Content-Length` that was announced.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = vec![body.into()];
        self
    }
}

/// SHA-256 in hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

/// SHA-256 in base64, as `x-amz-checksum-sha256` has it.
pub fn sha256_base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(digest::digest(&digest::SHA256, bytes))
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}

#[cfg(test)]
mod tests;
