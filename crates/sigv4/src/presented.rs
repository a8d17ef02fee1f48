//! What a request claims about its signer. Nothing here is trusted: the claims say which secret to
//! look up and how to check, and whoever wants more asks [`crate::verify()`].
//!
//! A request has one identity or none. Every second one, wherever it hides, is refused here and not
//! weighed: which of two the next server believes is not ours to guess.

mod authorization;
pub(crate) mod query;

use std::fmt;

use http::header::{AUTHORIZATION, DATE, HeaderName};
use http::{HeaderMap, Method};

use crate::error::{InvalidTime, Malformed, Place, PresentError};
use crate::key::{AccessKeyId, SessionToken};
use crate::scope::{Region, Scope, ScopeDate, Service, TERMINATOR};
use crate::signature::Signature;
use crate::time::Timestamp;
use crate::v4a::{self, RegionSet};

pub(crate) const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
pub(crate) const X_AMZ_REGION_SET: HeaderName = HeaderName::from_static("x-amz-region-set");
pub(crate) const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// The most header names that a signature may list. A request with every S3 header there is has about
/// 60; a longer list only makes the check slower.
const MAX_SIGNED_HEADERS: usize = 128;

/// The head of a request as it came.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a Method,
    /// The wire bytes of the path, up to the `?`.
    pub path: &'a str,
    /// The wire bytes of the query, without `?`; empty if there is none.
    pub query: &'a str,
    /// All headers, `host` among them.
    pub headers: &'a HeaderMap,
    /// The bucket of a virtual-host request, as the client named it. HMACv1 signs it as part of the
    /// path; nothing else here looks at it.
    pub bucket_in_host: Option<&'a str>,
}

/// The ways to sign that are taken only where somebody asked for them; the default takes none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    /// HMACv1 in the `Authorization` header.
    pub hmac_v1_header: bool,
    /// SigV4a (`AWS4-ECDSA-P256-SHA256`) in the `Authorization` header and in the query.
    pub sigv4a: bool,
}

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// SigV4 in the `Authorization` header.
    HeaderV4,
    /// SigV4 in the query: a presigned URL.
    QueryV4,
    /// HMACv1 in the query: the presigned URL of older SDKs.
    QueryHmacV1,
    /// HMACv1 in the `Authorization` header ("Signing and authenticating REST requests", S3 user
    /// guide, signature version 2).
    HeaderHmacV1,
    /// SigV4a in the `Authorization` header.
    HeaderV4a,
    /// SigV4a in the query.
    QueryV4a,
    /// SigV4 over the policy of a form.
    FormV4,
    /// HMACv1 over the policy of a form.
    FormHmacV1,
}

/// Who a request says it is from.
#[derive(Debug)]
pub enum Presented {
    /// No signature of any kind.
    Anonymous,
    /// A signature that is yet to be checked.
    Signed(Claims),
}

/// The claims of a signed request. For looking up a secret; everything else waits for
/// [`crate::Verified`].
pub struct Claims {
    pub(crate) access_key_id: AccessKeyId,
    pub(crate) session_token: Option<SessionToken>,
    pub(crate) signed: Signed,
}

/// The signature by its scheme, each with what its check needs.
pub(crate) enum Signed {
    Header(V4),
    Query { v4: V4, lifetime_seconds: u32 },
    HeaderV4a(V4a),
    QueryV4a { v4a: V4a, lifetime_seconds: u32 },
    QueryHmacV1 { expires: i64, signature: [u8; 20] },
    HeaderHmacV1 { signed_at: Timestamp, signature: [u8; 20] },
}

/// What both places of SigV4 carry.
pub(crate) struct V4 {
    pub(crate) scope: Scope,
    pub(crate) signed_at: Timestamp,
    pub(crate) signed_headers: Box<str>,
    pub(crate) signature: Signature,
}

/// What both places of SigV4a carry.
pub(crate) struct V4a {
    pub(crate) date: ScopeDate,
    pub(crate) service: Service,
    pub(crate) region_set: RegionSet,
    pub(crate) signed_at: Timestamp,
    pub(crate) signed_headers: Box<str>,
    /// DER.
    pub(crate) signature: Box<[u8]>,
}

impl Claims {
    /// The key that is claimed.
    #[must_use]
    pub fn access_key_id(&self) -> &AccessKeyId {
        &self.access_key_id
    }

    /// The token that came with it.
    #[must_use]
    pub fn session_token(&self) -> Option<&SessionToken> {
        self.session_token.as_ref()
    }

    /// The region in the credential scope; HMACv1 and SigV4a have none.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.scope().map(|scope| &scope.region)
    }

    /// The credential scope, by which signing keys are cached; HMACv1 has none.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        match &self.signed {
            Signed::Header(v4) | Signed::Query { v4, .. } => Some(&v4.scope),
            Signed::HeaderV4a(_)
            | Signed::QueryV4a { .. }
            | Signed::QueryHmacV1 { .. }
            | Signed::HeaderHmacV1 { .. } => None,
        }
    }

    /// How the request is signed.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        match &self.signed {
            Signed::Header(_) => Scheme::HeaderV4,
            Signed::Query { .. } => Scheme::QueryV4,
            Signed::HeaderV4a(_) => Scheme::HeaderV4a,
            Signed::QueryV4a { .. } => Scheme::QueryV4a,
            Signed::QueryHmacV1 { .. } => Scheme::QueryHmacV1,
            Signed::HeaderHmacV1 { .. } => Scheme::HeaderHmacV1,
        }
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("access_key_id", &self.access_key_id)
            .field("scheme", &self.scheme())
            .field("scope", &self.scope())
            .finish_non_exhaustive()
    }
}

/// Reads who a request claims to be from, signed in a way that is taken here.
///
/// # Errors
/// More than one identity or token, a name of the signature twice in the query, a scheme that is not
/// supported or not accepted, or claims that are not well-formed.
pub fn present(head: &RequestHead<'_>, accept: Accept) -> Result<Presented, PresentError> {
    let query = query::Names::read(head.query)?;
    let mut authorizations = head.headers.get_all(AUTHORIZATION).iter();
    let authorization = authorizations.next();
    if authorizations.next().is_some() {
        return Err(PresentError::SeveralIdentities);
    }
    let claims = match (authorization, query.has_v4(), query.has_hmac_v1()) {
        (None, false, false) => return Ok(Presented::Anonymous),
        (Some(value), false, false) => {
            if query.token.is_some() {
                return Err(PresentError::SeveralTokens);
            }
            let (access_key_id, signed) = authorization::read(value, head.headers, accept)?;
            Claims { access_key_id, session_token: header_token(head.headers)?, signed }
        }
        (None, true, false) => {
            let session_token = one_token(header_token(head.headers)?, query.token()?)?;
            let (access_key_id, signed) = query.v4(head.headers, accept)?;
            Claims { access_key_id, session_token, signed }
        }
        (None, false, true) => {
            let session_token = one_token(header_token(head.headers)?, query.token()?)?;
            let (access_key_id, expires, signature) = query.hmac_v1()?;
            let signed = Signed::QueryHmacV1 { expires, signature };
            Claims { access_key_id, session_token, signed }
        }
        (Some(_), true, _) | (Some(_), _, true) | (None, true, true) => {
            return Err(PresentError::SeveralIdentities);
        }
    };
    Ok(Presented::Signed(claims))
}

fn header_token(headers: &HeaderMap) -> Result<Option<SessionToken>, PresentError> {
    let mut values = headers.get_all(X_AMZ_SECURITY_TOKEN).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(PresentError::SeveralTokens);
    }
    let Some(value) = first else { return Ok(None) };
    // What is not ASCII becomes the empty string, which is no token.
    let text = value.to_str().unwrap_or_default().to_owned();
    Ok(Some(SessionToken::parse(text)?))
}

fn one_token(
    header: Option<SessionToken>,
    query: Option<SessionToken>,
) -> Result<Option<SessionToken>, PresentError> {
    match (header, query) {
        (Some(_), Some(_)) => Err(PresentError::SeveralTokens),
        (token, None) | (None, token) => Ok(token),
    }
}

/// `x-amz-date` if it is there, else `Date`; each at most once, and in the forms of its scheme.
fn header_date(
    headers: &HeaderMap,
    x_amz_date: fn(&str) -> Result<Timestamp, InvalidTime>,
    date: fn(&str) -> Result<Timestamp, InvalidTime>,
) -> Result<Timestamp, PresentError> {
    let one = |name: &HeaderName| {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => value.to_str().map(Some).map_err(|_| PresentError::NoDate),
            (Some(_), Some(_)) => Err(PresentError::NoDate),
        }
    };
    let read = match one(&X_AMZ_DATE)? {
        Some(text) => x_amz_date(text),
        None => date(one(&DATE)?.ok_or(PresentError::NoDate)?),
    };
    read.map_err(|_| PresentError::NoDate)
}

/// Reads `AKID/YYYYMMDD/REGION/SERVICE/aws4_request`.
pub(crate) fn credential(text: &str) -> Result<(AccessKeyId, Scope), Malformed> {
    let mut parts = text.split('/');
    let mut next = || parts.next();
    let (Some(id), Some(date), Some(region), Some(service), Some(terminator), None) =
        (next(), next(), next(), next(), next(), next())
    else {
        return Err(Malformed::Credential);
    };
    let id = AccessKeyId::parse(id)?;
    let date = ScopeDate::parse(date).ok_or(Malformed::ScopeDate)?;
    let region = Region::parse(region).map_err(|_| Malformed::Region)?;
    let service = Service::parse(service).ok_or(Malformed::Service)?;
    if terminator != TERMINATOR {
        return Err(Malformed::Terminator);
    }
    Ok((id, Scope { date, region, service }))
}

fn v4(
    scope: Scope,
    signed_at: Timestamp,
    signed_headers: &str,
    signature: &str,
) -> Result<V4, Malformed> {
    if scope.date != signed_at.scope_date() {
        return Err(Malformed::OtherDate);
    }
    if !are_names(signed_headers) {
        return Err(Malformed::SignedHeaders);
    }
    let signature = Signature::parse(signature.as_bytes()).ok_or(Malformed::Signature)?;
    Ok(V4 { scope, signed_at, signed_headers: signed_headers.into(), signature })
}

/// Reads `AKID/YYYYMMDD/SERVICE/aws4_request`, the scope of SigV4a.
fn credential_v4a(text: &str) -> Result<(AccessKeyId, ScopeDate, Service), Malformed> {
    let mut parts = text.split('/');
    let mut next = || parts.next();
    let (Some(id), Some(date), Some(service), Some(terminator), None) =
        (next(), next(), next(), next(), next())
    else {
        return Err(Malformed::Credential);
    };
    let id = AccessKeyId::parse(id)?;
    let date = ScopeDate::parse(date).ok_or(Malformed::ScopeDate)?;
    let service = Service::parse(service).ok_or(Malformed::Service)?;
    if terminator != TERMINATOR {
        return Err(Malformed::Terminator);
    }
    Ok((id, date, service))
}

/// The parts of a SigV4a signature, wherever they stood.
struct V4aText<'a> {
    credential: &'a str,
    region_set: Option<&'a str>,
    signed_at: Timestamp,
    signed_headers: &'a str,
    signature: &'a str,
}

impl V4aText<'_> {
    fn read(&self) -> Result<(AccessKeyId, V4a), Malformed> {
        let (id, date, service) = credential_v4a(self.credential)?;
        let signed_at = self.signed_at;
        if date != signed_at.scope_date() {
            return Err(Malformed::OtherDate);
        }
        let region_set = self.region_set.and_then(RegionSet::parse).ok_or(Malformed::RegionSet)?;
        if !are_names(self.signed_headers) {
            return Err(Malformed::SignedHeaders);
        }
        let signature = v4a::parse_signature(self.signature).ok_or(Malformed::Signature)?;
        let signed_headers = self.signed_headers.into();
        Ok((id, V4a { date, service, region_set, signed_at, signed_headers, signature }))
    }
}

/// `X-Amz-Region-Set` as a header; `Err` if it is there twice or no text.
fn header_region_set(headers: &HeaderMap) -> Result<Option<&str>, Malformed> {
    let mut values = headers.get_all(X_AMZ_REGION_SET).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Malformed::RegionSet),
        (Some(_), Some(_)) => Err(Malformed::RegionSet),
    }
}

/// Different lower-case header names between semicolons.
fn are_names(list: &str) -> bool {
    list.split(';').enumerate().all(|(position, name)| {
        let before = || list.split(';').take(position);
        position < MAX_SIGNED_HEADERS && is_name(name) && !before().any(|it| it == name)
    })
}

/// A token of RFC 9110 in lower case.
fn is_name(name: &str) -> bool {
    let allowed =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(allowed)
}

pub(crate) const fn malformed(place: Place, reason: Malformed) -> PresentError {
    PresentError::Malformed { place, reason }
}

#[cfg(test)]
mod tests;
