//! Signing requests: for a store, in the header, and as presigned URLs.

use std::fmt;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use percent_encoding::percent_decode_str;

use crate::canonical::{Slash, encode, push_end, push_header, push_start, query_pairs};
use crate::error::SignError;
use crate::key::{AccessKeyId, SecretKey, SessionToken, SigningKey, derive};
use crate::payload::{self, EMPTY_SHA256, Payload};
use crate::presented::{X_AMZ_DATE, X_AMZ_SECURITY_TOKEN};
use crate::scope::{Region, Scope, ScopeDate, Service};
use crate::signature::{ALGORITHM, ChunkSeed, Signature, string_to_sign};
use crate::time::Timestamp;

/// The longest life of a presigned URL, in seconds: AWS's seven days, the life of a signing key.
pub const MAX_PRESIGN_SECONDS: u32 = 604_800;

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// Headers that signing sets; what the request has under these names goes.
const OWN: [HeaderName; 3] = [X_AMZ_DATE, X_AMZ_SECURITY_TOKEN, payload::HEADER];

/// Who signs, and for where.
#[derive(Clone)]
pub struct Signer {
    /// The name of the key.
    pub access_key_id: AccessKeyId,
    /// The key.
    pub secret: SecretKey,
    /// The token that belongs to it, for temporary keys.
    pub session_token: Option<SessionToken>,
    /// The region that the server expects.
    pub region: Region,
    /// The service.
    pub service: Service,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("access_key_id", &self.access_key_id)
            .field("region", &self.region)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// The head that is to be signed. `path` and `query` are encoded, exactly as they will be sent.
struct Head<'a> {
    method: &'a Method,
    path: &'a str,
    query: &'a str,
}

impl Signer {
    /// Signs a request in its header: sets `x-amz-date`, `x-amz-content-sha256`,
    /// `x-amz-security-token` (or removes it) and `authorization`. Signed are `host`, `content-type`,
    /// `content-md5` and every `x-amz-*` header. `path` and `query` are encoded exactly as they will be
    /// sent, the query without `?`.
    ///
    /// `key` is a key from the caller's cache; one of another secret or scope is not used.
    ///
    /// # Errors
    /// No `host`, or an encoding that is none. The headers are then as they were.
    #[expect(clippy::too_many_arguments, reason = "a request head in its parts, as HTTP has them")]
    pub fn sign(
        &self,
        method: &Method,
        path: &str,
        query: &str,
        headers: &mut HeaderMap,
        payload: &Payload,
        now: Timestamp,
        key: Option<&SigningKey>,
    ) -> Result<(), SignError> {
        self.sign_head(&Head { method, path, query }, headers, payload, now, key).map(|_| ())
    }

    /// [`Signer::sign`] for a body in signed chunks: gives what [`crate::chunked::encode::Encoder`]
    /// continues. `payload` should be one of the signed streams.
    ///
    /// # Errors
    /// As [`Signer::sign`].
    #[expect(clippy::too_many_arguments, reason = "a request head in its parts, as HTTP has them")]
    pub fn sign_streaming(
        &self,
        method: &Method,
        path: &str,
        query: &str,
        headers: &mut HeaderMap,
        payload: &Payload,
        now: Timestamp,
        key: Option<&SigningKey>,
    ) -> Result<ChunkSeed, SignError> {
        self.sign_head(&Head { method, path, query }, headers, payload, now, key)
    }

    /// The key of a day, for the caller's cache.
    #[must_use]
    pub fn signing_key(&self, date: ScopeDate) -> SigningKey {
        SigningKey::derive(&self.secret, date, &self.region, self.service)
    }

    fn scope(&self, date: ScopeDate) -> Scope {
        Scope { date, region: self.region.clone(), service: self.service }
    }

    fn sign_head(
        &self,
        head: &Head<'_>,
        headers: &mut HeaderMap,
        payload: &Payload,
        now: Timestamp,
        key: Option<&SigningKey>,
    ) -> Result<ChunkSeed, SignError> {
        if !headers.contains_key(HOST) {
            return Err(SignError::MissingHost);
        }
        let own = self.own_headers(payload, now)?;
        let mut names: Vec<&HeaderName> = own.iter().map(|(name, _)| name).collect();
        names.extend(headers.keys().filter(|name| is_signed(name) && !OWN.contains(name)));
        names.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        let signed_headers = joined(names.iter().map(|name| name.as_str()));

        let mut canonical = Vec::with_capacity(1024);
        push_start(&mut canonical, head.method, head.path, head.query)?;
        for name in names {
            if let Some((_, value)) = own.iter().find(|(it, _)| it == name) {
                push_header(&mut canonical, name.as_str(), value.as_bytes(), std::iter::empty());
            } else {
                let mut values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
                let first = values.next().unwrap_or_default();
                push_header(&mut canonical, name.as_str(), first, values);
            }
        }
        push_end(&mut canonical, signed_headers.as_bytes(), payload);

        let scope = self.scope(now.scope_date());
        let to_sign = string_to_sign(now, &scope, &canonical);
        let derived;
        let key = match key.filter(|key| key.is_for(&self.secret, &scope)) {
            Some(key) => key.hmac(),
            None => {
                derived = derive(&self.secret, &scope);
                &derived
            }
        };
        let signature = Signature::new(key, &to_sign);
        let id = &self.access_key_id;
        let hex = signature.hex();
        let hex = std::str::from_utf8(&hex).unwrap_or_default();
        let authorization = format!(
            "{ALGORITHM} Credential={id}/{scope}, SignedHeaders={signed_headers}, Signature={hex}"
        );
        let authorization = HeaderValue::try_from(authorization)
            .map_err(|_| SignError::HeaderValue("authorization"))?;

        for name in OWN {
            headers.remove(name);
        }
        headers.extend(own);
        headers.insert(AUTHORIZATION, authorization);
        Ok(ChunkSeed::new(key, now, &scope, &signature))
    }

    fn own_headers(
        &self,
        payload: &Payload,
        now: Timestamp,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, SignError> {
        let value = |bytes: &[u8], name| {
            HeaderValue::from_bytes(bytes).map_err(|_| SignError::HeaderValue(name))
        };
        let mut text = Vec::with_capacity(64);
        payload.push_text(&mut text);
        let mut own = vec![
            (payload::HEADER, value(&text, "x-amz-content-sha256")?),
            (X_AMZ_DATE, value(&now.basic_bytes(), "x-amz-date")?),
        ];
        if let Some(token) = &self.session_token {
            let mut token = value(token.as_str().as_bytes(), "x-amz-security-token")?;
            token.set_sensitive(true);
            own.push((X_AMZ_SECURITY_TOKEN, token));
        }
        Ok(own)
    }

    /// Signs a URL: returns its whole query, `query` included, for use within `expires_seconds` of
    /// `now`. `signed_headers` beside `host` must then be sent with these values. The payload is
    /// unsigned for S3 and empty for STS.
    ///
    /// # Errors
    /// A lifetime outside 1 to [`MAX_PRESIGN_SECONDS`], a header that cannot be signed, a query that
    /// carries a signature already.
    #[expect(clippy::too_many_arguments, reason = "a request head in its parts, as HTTP has them")]
    pub fn presign(
        &self,
        method: &Method,
        path: &str,
        query: &str,
        host: &str,
        signed_headers: &[(&str, &str)],
        expires_seconds: u32,
        now: Timestamp,
    ) -> Result<String, SignError> {
        if !(1..=MAX_PRESIGN_SECONDS).contains(&expires_seconds) {
            return Err(SignError::Lifetime(expires_seconds));
        }
        if query_pairs(query).any(|(name, _)| is_own_query_name(name)) {
            return Err(SignError::AlreadySigned);
        }
        let headers = presign_headers(host, signed_headers)?;
        let names = joined(headers.iter().map(|(name, _)| name.as_str()));
        let scope = self.scope(now.scope_date());
        let unsigned = self.unsigned_query(query, &scope, &names, expires_seconds, now)?;

        let mut canonical = Vec::with_capacity(1024);
        push_start(&mut canonical, method, path, &unsigned)?;
        for (name, value) in &headers {
            let value = value.as_bytes();
            push_header(&mut canonical, name.as_str(), value, std::iter::empty());
        }
        let payload = match self.service {
            Service::S3 => Payload::Unsigned,
            Service::Sts => Payload::Hash(EMPTY_SHA256),
        };
        push_end(&mut canonical, names.as_bytes(), &payload);
        let to_sign = string_to_sign(now, &scope, &canonical);
        let signature = Signature::new(&derive(&self.secret, &scope), &to_sign).hex();
        let hex = std::str::from_utf8(&signature).unwrap_or_default();
        Ok(format!("{unsigned}&X-Amz-Signature={hex}"))
    }

    fn unsigned_query(
        &self,
        query: &str,
        scope: &Scope,
        names: &str,
        expires_seconds: u32,
        now: Timestamp,
    ) -> Result<String, SignError> {
        let credential = component(&format!("{}/{scope}", self.access_key_id))?;
        let (date, names) = (now.basic(), component(names)?);
        let mut out = String::with_capacity(query.len() + 512);
        out.push_str(query);
        if !query.is_empty() {
            out.push('&');
        }
        out.push_str(&format!(
            "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={credential}&X-Amz-Date={date}\
             &X-Amz-Expires={expires_seconds}"
        ));
        if let Some(token) = &self.session_token {
            out.push_str("&X-Amz-Security-Token=");
            out.push_str(&component(token.as_str())?);
        }
        out.push_str("&X-Amz-SignedHeaders=");
        out.push_str(&names);
        Ok(out)
    }
}

fn is_signed(name: &HeaderName) -> bool {
    *name == HOST
        || *name == CONTENT_TYPE
        || *name == CONTENT_MD5
        || name.as_str().starts_with("x-amz-")
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::with_capacity(128);
    for name in names {
        if !out.is_empty() {
            out.push(';');
        }
        out.push_str(name);
    }
    out
}

/// `host` and the others, by name.
fn presign_headers<'a>(
    host: &'a str,
    others: &[(&str, &'a str)],
) -> Result<Vec<(HeaderName, &'a str)>, SignError> {
    let mut headers = vec![(HOST, host)];
    for (name, value) in others {
        let bad = || SignError::HeaderName((*name).to_owned());
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        let taken = headers.iter().any(|(it, _)| *it == header);
        if taken || header == AUTHORIZATION || OWN.contains(&header) {
            return Err(bad());
        }
        headers.push((header, value));
    }
    headers.sort_unstable_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
    Ok(headers)
}

/// A name that [`Signer::presign`] adds or that signs in another way.
fn is_own_query_name(raw: &str) -> bool {
    let name = percent_decode_str(raw).decode_utf8_lossy();
    let amz = [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
    ];
    amz.iter().any(|own| name.eq_ignore_ascii_case(own))
        || matches!(name.as_ref(), "AWSAccessKeyId" | "Signature" | "Expires")
}

/// Encodes text as a query value. Every `%` of it is data.
fn component(text: &str) -> Result<String, SignError> {
    let escaped = text.replace('%', "%25").replace('+', "%2B");
    let encoded = encode(&escaped, Slash::Encoded)?;
    Ok(String::from_utf8_lossy(&encoded).into_owned())
}

#[cfg(test)]
mod tests;
