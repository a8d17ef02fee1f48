//! Checking the signature of a request; [`crate::form`] checks those of forms.

use std::fmt;

use http::header::{CONTENT_ENCODING, HOST, HeaderName};

use crate::canonical::{Missing, Parts, query_pairs};
use crate::error::{Mismatch, PayloadError, Place, VerifyError};
use crate::hmacv1::{self, Dated};
use crate::key::{AccessKeyId, SecretKey, SigningKey, derive};
use crate::payload::{self, EMPTY_SHA256, Payload};
use crate::presented::query::header_value;
use crate::presented::{Claims, RequestHead, Scheme, Signed, V4, V4a};
use crate::scope::{Region, Service};
use crate::signature::{ChunkSeed, Signature, string_to_sign};
use crate::time::Timestamp;
use crate::v4a::{self, RegionSet};

/// How far the signer's clock may be off in either direction, in seconds: AWS's 15 minutes. It is
/// also how long a header-signed request can be replayed.
pub const MAX_SKEW_SECONDS: i64 = 900;

/// What the checker knows and the request does not say.
#[derive(Clone, Copy, Debug)]
pub struct Expect {
    /// The service of this endpoint.
    pub service: Service,
    /// The instant of the check.
    pub now: Timestamp,
    /// SHA-256 of the body, if it has been read. STS signs it whatever the headers say (`None` is the
    /// empty body); S3 only compares it with what the headers say.
    pub body_sha256: Option<[u8; 32]>,
}

/// A signature that holds. Only [`verify()`] and [`verify_form`](crate::verify_form) make one, and it
/// cannot be copied.
pub struct Verified {
    access_key_id: AccessKeyId,
    scheme: Scheme,
    region: Option<Region>,
    region_set: Option<RegionSet>,
    signed_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    payload: Payload,
    chunk_seed: Option<ChunkSeed>,
}

impl Verified {
    /// The key that signed.
    #[must_use]
    pub fn access_key_id(&self) -> &AccessKeyId {
        &self.access_key_id
    }

    /// How.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The region that was signed; HMACv1 has none, and SigV4a a set of them.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// The regions that a SigV4a signature is for. Whoever acts for a region must see that it is one.
    #[must_use]
    pub fn region_set(&self) -> Option<&RegionSet> {
        self.region_set.as_ref()
    }

    /// When; HMACv1 does not say in the query and in forms.
    #[must_use]
    pub fn signed_at(&self) -> Option<Timestamp> {
        self.signed_at
    }

    /// The last second in which a signed URL is good; `None` for a signature in the header.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// What the signer said about the body. Whoever reads the body must hold it to that.
    #[must_use]
    pub fn payload(&self) -> Payload {
        self.payload
    }

    /// Where the chunk signatures of the body start, if its chunks are signed.
    #[must_use]
    pub fn chunk_seed(&self) -> Option<ChunkSeed> {
        self.chunk_seed.clone()
    }

    /// The age of the signature in milliseconds, as the condition key `s3:signatureAge` counts it; 0
    /// for a signer whose clock is ahead, and for HMACv1 in the query and in forms, which does not say
    /// when it was made (Amazon S3 API Reference, *Signature Version 4 Authentication Specific Policy
    /// Keys*).
    #[must_use]
    pub fn signature_age_ms(&self, now: Timestamp) -> u64 {
        let signed_at = self.signed_at.unwrap_or(now);
        let seconds = now.unix().saturating_sub(signed_at.unix());
        u64::try_from(seconds).unwrap_or(0).saturating_mul(1000)
    }
}

impl Verified {
    /// For [`verify_form`](crate::verify_form), once the signature holds: the file is not signed.
    pub(crate) fn of_form(
        access_key_id: AccessKeyId,
        scheme: Scheme,
        region_and_time: Option<(Region, Timestamp)>,
    ) -> Self {
        let (region, signed_at) = region_and_time.unzip();
        Self {
            access_key_id,
            scheme,
            region,
            region_set: None,
            signed_at,
            expires_at: None,
            payload: Payload::Unsigned,
            chunk_seed: None,
        }
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("access_key_id", &self.access_key_id)
            .field("scheme", &self.scheme)
            .field("region", &self.region)
            .field("signed_at", &self.signed_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Checks that whoever holds `secret` signed this head, for this service, and that the signature is
/// good at this instant. `secret` is the one of [`Claims::access_key_id`] and, if there is one, of
/// [`Claims::session_token`].
///
/// # Errors
/// Every way in which it does not hold; see [`VerifyError`].
pub fn verify(
    head: &RequestHead<'_>,
    claims: Claims,
    secret: &SecretKey,
    expect: &Expect,
) -> Result<Verified, VerifyError> {
    verify_with_key(head, claims, secret, None, expect)
}

/// [`verify()`] with a signing key from the caller's cache, which saves four HMACs. A key of another
/// secret or scope is noticed and not used, so a mistake in the cache costs time and nothing else.
///
/// # Errors
/// As [`verify()`].
pub fn verify_with_key(
    head: &RequestHead<'_>,
    claims: Claims,
    secret: &SecretKey,
    cached: Option<&SigningKey>,
    expect: &Expect,
) -> Result<Verified, VerifyError> {
    let scheme = claims.scheme();
    let checked = match claims.signed {
        Signed::Header(v4) => {
            check_skew(v4.signed_at, expect.now)?;
            check_v4(head, v4, Place::Header, secret, cached, expect)?
        }
        Signed::Query { v4, lifetime_seconds } => {
            let expires_at = check_lifetime(v4.signed_at, lifetime_seconds, expect.now)?;
            let checked = check_v4(head, v4, Place::Query, secret, cached, expect)?;
            Checked { expires_at: Some(expires_at), ..checked }
        }
        Signed::HeaderV4a(v4a) => {
            check_skew(v4a.signed_at, expect.now)?;
            check_v4a(head, v4a, Place::Header, &claims.access_key_id, secret, expect)?
        }
        Signed::QueryV4a { v4a, lifetime_seconds } => {
            let expires_at = check_lifetime(v4a.signed_at, lifetime_seconds, expect.now)?;
            let checked =
                check_v4a(head, v4a, Place::Query, &claims.access_key_id, secret, expect)?;
            Checked { expires_at: Some(expires_at), ..checked }
        }
        Signed::QueryHmacV1 { expires, signature } => {
            check_has_hmac_v1(Place::Query, expect.service)?;
            let expires_at = check_end(expires, expect.now)?;
            let dated = Dated::Expires(expires);
            let payload = check_hmac_v1(head, dated, &signature, secret, expect)?;
            Checked { expires_at: Some(expires_at), ..Checked::of_hmac_v1(payload) }
        }
        Signed::HeaderHmacV1 { signed_at, signature } => {
            check_has_hmac_v1(Place::Header, expect.service)?;
            check_skew(signed_at, expect.now)?;
            let payload = check_hmac_v1(head, Dated::Header, &signature, secret, expect)?;
            Checked { signed_at: Some(signed_at), ..Checked::of_hmac_v1(payload) }
        }
    };
    let Checked { region, region_set, signed_at, expires_at, payload, chunk_seed } = checked;
    Ok(Verified {
        access_key_id: claims.access_key_id,
        scheme,
        region,
        region_set,
        signed_at,
        expires_at,
        payload,
        chunk_seed,
    })
}

struct Checked {
    region: Option<Region>,
    region_set: Option<RegionSet>,
    signed_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    payload: Payload,
    chunk_seed: Option<ChunkSeed>,
}

impl Checked {
    /// HMACv1 has no region and no chunks.
    const fn of_hmac_v1(payload: Payload) -> Self {
        Self {
            region: None,
            region_set: None,
            signed_at: None,
            expires_at: None,
            payload,
            chunk_seed: None,
        }
    }
}

const fn wrong_service(place: Place, expected: Service) -> VerifyError {
    VerifyError::WrongService { place, expected }
}

fn check_skew(signed_at: Timestamp, now: Timestamp) -> Result<(), VerifyError> {
    if now.unix().abs_diff(signed_at.unix()) > MAX_SKEW_SECONDS.unsigned_abs() {
        return Err(VerifyError::Skewed { signed_at, now });
    }
    Ok(())
}

fn check_lifetime(
    signed_at: Timestamp,
    lifetime_seconds: u32,
    now: Timestamp,
) -> Result<Timestamp, VerifyError> {
    if signed_at > now.plus_seconds(MAX_SKEW_SECONDS) {
        return Err(VerifyError::NotYetValid { signed_at, now });
    }
    let expires_at = signed_at.plus_seconds(i64::from(lifetime_seconds));
    if now > expires_at {
        let lifetime_seconds = Some(lifetime_seconds);
        return Err(VerifyError::Expired { expires_at, lifetime_seconds, now });
    }
    Ok(expires_at)
}

fn check_end(expires: i64, now: Timestamp) -> Result<Timestamp, VerifyError> {
    let expires_at = Timestamp::from_unix(expires);
    if now > expires_at {
        return Err(VerifyError::Expired { expires_at, lifetime_seconds: None, now });
    }
    Ok(expires_at)
}

fn check_v4(
    head: &RequestHead<'_>,
    v4: V4,
    place: Place,
    secret: &SecretKey,
    cached: Option<&SigningKey>,
    expect: &Expect,
) -> Result<Checked, VerifyError> {
    let V4 { scope, signed_at, signed_headers, signature } = v4;
    if scope.service != expect.service {
        return Err(wrong_service(place, expect.service));
    }
    check_coverage(head, &signed_headers)?;
    let payload = payload_of_v4(head, place, expect)?;
    let canonical = canonical_request(head, &signed_headers, &payload)?;
    let to_sign = string_to_sign(signed_at, &scope, &canonical);
    let derived;
    let key = match cached.filter(|key| key.is_for(secret, &scope)) {
        Some(key) => key.hmac(),
        None => {
            derived = derive(secret, &scope);
            &derived
        }
    };
    if !Signature::new(key, &to_sign).matches(&signature) {
        return Err(mismatch(&canonical, &to_sign));
    }
    let chunk_seed =
        payload.is_signed_stream().then(|| ChunkSeed::new(key, signed_at, &scope, &signature));
    Ok(Checked {
        region: Some(scope.region),
        region_set: None,
        signed_at: Some(signed_at),
        expires_at: None,
        payload,
        chunk_seed,
    })
}

fn check_v4a(
    head: &RequestHead<'_>,
    v4a: V4a,
    place: Place,
    id: &AccessKeyId,
    secret: &SecretKey,
    expect: &Expect,
) -> Result<Checked, VerifyError> {
    let V4a { date, service, region_set, signed_at, signed_headers, signature } = v4a;
    if service != expect.service {
        return Err(wrong_service(place, expect.service));
    }
    check_coverage(head, &signed_headers)?;
    let payload = payload_of_v4(head, place, expect)?;
    if payload.is_signed_stream() {
        // Chunks that another key signs than the head.
        return Err(PayloadError::Unsupported.into());
    }
    let canonical = canonical_request(head, &signed_headers, &payload)?;
    let to_sign = v4a::string_to_sign(signed_at, date, service, &canonical);
    if !v4a::holds(id, secret, &to_sign, &signature) {
        return Err(mismatch(&canonical, &to_sign));
    }
    Ok(Checked {
        region: None,
        region_set: Some(region_set),
        signed_at: Some(signed_at),
        expires_at: None,
        payload,
        chunk_seed: None,
    })
}

fn canonical_request(
    head: &RequestHead<'_>,
    signed_headers: &str,
    payload: &Payload,
) -> Result<Vec<u8>, VerifyError> {
    let RequestHead { method, path, query, headers, .. } = *head;
    let parts = Parts { method, path, query, headers, signed_headers, payload };
    parts.request().map_err(|missing| match missing {
        Missing::Header(name) => VerifyError::SignedHeaderMissing(name.to_owned()),
        Missing::Encoding(bad) => VerifyError::Encoding(bad),
    })
}

fn mismatch(canonical_request: &[u8], string_to_sign: &[u8]) -> VerifyError {
    VerifyError::Mismatch(Box::new(Mismatch {
        canonical_request: Some(String::from_utf8_lossy(canonical_request).into_owned()),
        string_to_sign: String::from_utf8_lossy(string_to_sign).into_owned(),
    }))
}

/// `host` and every `x-amz-*` header must be signed: each of them changes what the request means.
/// `Range`, `If-*`, `Accept-Encoding`, `Content-Type` and the rest may be added by anybody on the way.
fn check_coverage(head: &RequestHead<'_>, signed_headers: &str) -> Result<(), VerifyError> {
    let must_be = |name: &HeaderName| name == HOST || name.as_str().starts_with("x-amz-");
    let is_not = |name: &HeaderName| !signed_headers.split(';').any(|it| it == name.as_str());
    let mut bare: Vec<HeaderName> =
        head.headers.keys().filter(|name| must_be(name) && is_not(name)).cloned().collect();
    if !bare.is_empty() {
        bare.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        return Err(VerifyError::HeadersNotSigned(bare));
    }
    if !head.headers.contains_key(HOST) {
        return Err(VerifyError::SignedHeaderMissing(HOST.as_str().to_owned()));
    }
    Ok(())
}

fn payload_of_v4(
    head: &RequestHead<'_>,
    place: Place,
    expect: &Expect,
) -> Result<Payload, PayloadError> {
    let said = said_payload(head)?;
    match expect.service {
        // STS hashes the form itself, with or without the header.
        Service::Sts => {
            let hash = Payload::Hash(expect.body_sha256.unwrap_or(EMPTY_SHA256));
            match said {
                Some(said) if said != hash => Err(PayloadError::Mismatch),
                _ => Ok(hash),
            }
        }
        Service::S3 => match (said, place) {
            (Some(said), _) => agrees(said, expect),
            (None, Place::Query | Place::Form) => Ok(Payload::Unsigned),
            (None, Place::Header) => Err(PayloadError::Missing),
        },
    }
}

fn check_has_hmac_v1(place: Place, service: Service) -> Result<(), VerifyError> {
    if service == Service::S3 { Ok(()) } else { Err(wrong_service(place, service)) }
}

fn check_hmac_v1(
    head: &RequestHead<'_>,
    dated: Dated,
    signature: &[u8; 20],
    secret: &SecretKey,
    expect: &Expect,
) -> Result<Payload, VerifyError> {
    let payload = payload_of_hmac_v1(head, dated.place(), expect)?;
    hmacv1::check(head, dated, signature, secret)?;
    Ok(payload)
}

fn payload_of_hmac_v1(
    head: &RequestHead<'_>,
    place: Place,
    expect: &Expect,
) -> Result<Payload, PayloadError> {
    let said = said_payload(head)?;
    // Who signs so in the header is older than `aws-chunked`: it would be somebody's framing that no
    // SDK makes, and without a word of it an object with the framing in it.
    let chunked = said.is_some_and(|said| said.is_chunked()) || is_aws_chunked(head);
    match said {
        _ if chunked && place == Place::Header => Err(PayloadError::Unsupported),
        None => Ok(Payload::Unsigned),
        // There is no key that could have signed the chunks.
        Some(said) if said.is_signed_stream() => Err(PayloadError::Unsupported),
        Some(said) => agrees(said, expect),
    }
}

/// Whether the codings of the body name `aws-chunked`, wherever in their list.
fn is_aws_chunked(head: &RequestHead<'_>) -> bool {
    let values = head.headers.get_all(CONTENT_ENCODING).iter();
    let mut codings = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    codings.any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"aws-chunked"))
}

fn agrees(said: Payload, expect: &Expect) -> Result<Payload, PayloadError> {
    match (said, expect.body_sha256) {
        (Payload::Hash(said), Some(body)) if said != body => Err(PayloadError::Mismatch),
        (said, _) => Ok(said),
    }
}

/// The payload from the header or, as some SDKs presign, from the query under the header's name.
fn said_payload(head: &RequestHead<'_>) -> Result<Option<Payload>, PayloadError> {
    let header = Payload::from_headers(head.headers)?;
    let mut query = None;
    for (name, value) in query_pairs(head.query) {
        if let Some(value) = header_value(name, value, &payload::HEADER) {
            let value = Payload::parse(&value)?;
            if query.replace(value).is_some() {
                return Err(PayloadError::Repeated);
            }
        }
    }
    match (header, query) {
        (Some(header), Some(query)) if header != query => Err(PayloadError::Repeated),
        (header, query) => Ok(header.or(query)),
    }
}

#[cfg(test)]
mod tests;
