//! HMACv1 in the query, which older SDKs presign with, and in the `Authorization` header ("Signing and
//! authenticating REST requests", S3 user guide, signature version 2).
//!
//! It signs the method, `Content-MD5`, `Content-Type`, the expiry or date, every `x-amz-*` header, the
//! raw path and a fixed list of query names: no host, no other header, no body, and no other query
//! name. So a URL with another query name is refused. In the header the names go with the request that
//! the signer itself sends, and no client could list anything without: there the ones that choose a
//! part of a list may be unsigned, and all that choose what is done must not. It also signs *decoded*
//! values with separators between them; where such a string could be read in two ways the request is
//! refused as well.
//!
//! No signature of one kind holds as another: the line of the date is digits in a URL, and never is in
//! a header, and the text of a form has one line.

use std::borrow::Cow;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use http::header::{CONTENT_TYPE, DATE, HeaderName};
use percent_encoding::percent_decode_str;

use crate::canonical::{Slash, encode};
use crate::error::{Mismatch, Place, VerifyError};
use crate::key::SecretKey;
use crate::presented::query::{is_amz, lower, shown};
use crate::presented::{RequestHead, X_AMZ_DATE};

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// The query names that are part of the string to sign: AWS's list and what botocore signs beyond it.
/// Sorted, for `binary_search`.
const SIGNED_NAMES: [&str; 35] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// The names that carry the signature; the string to sign has their content elsewhere or not at all.
const OWN_NAMES: [&str; 3] = ["AWSAccessKeyId", "Signature", "Expires"];

/// The query names that a request signed in its header may carry although nothing signs them: which
/// part of a list is meant, and `x-id`, which means nothing. What is listed, and that it is a list, is
/// signed. Sorted, for `binary_search`.
const UNSIGNED_NAMES: [&str; 18] = [
    "bucket-region",
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "key-marker",
    "list-type",
    "marker",
    "max-buckets",
    "max-keys",
    "max-parts",
    "max-uploads",
    "part-number-marker",
    "prefix",
    "start-after",
    "upload-id-marker",
    "version-id-marker",
    "x-id",
];

/// What stands in the line of the date, which tells the two places of a signature apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dated {
    /// The last second of a URL.
    Expires(i64),
    /// The header `Date`, or nothing beside `x-amz-date`, which is signed as a header.
    Header,
}

impl Dated {
    /// Where the signature stands.
    pub(crate) const fn place(self) -> Place {
        match self {
            Self::Expires(_) => Place::Query,
            Self::Header => Place::Header,
        }
    }

    fn push_line(self, out: &mut Vec<u8>, head: &RequestHead<'_>) {
        match self {
            Self::Expires(seconds) => out.extend_from_slice(seconds.to_string().as_bytes()),
            Self::Header if head.headers.contains_key(X_AMZ_DATE) => {}
            Self::Header => {
                let date = head.headers.get(DATE).map(http::HeaderValue::as_bytes);
                out.extend_from_slice(date.unwrap_or_default().trim_ascii());
            }
        }
    }
}

/// Checks the signature of a request whose claims are `dated` and `signature`.
pub(crate) fn check(
    head: &RequestHead<'_>,
    dated: Dated,
    signature: &[u8; 20],
    secret: &SecretKey,
) -> Result<(), VerifyError> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.expose().as_bytes());
    let holds = |to_sign: &[u8]| {
        verify_slices_are_equal(hmac::sign(&key, to_sign).as_ref(), signature).is_ok()
    };
    let to_sign = string_to_sign(head, dated)?;
    if holds(&to_sign) {
        return Ok(());
    }
    if dated == Dated::Header
        && let Some(path) = with_slash(head)
        && holds(&string_to_sign(&RequestHead { path: &path, ..*head }, dated)?)
    {
        return Ok(());
    }
    Err(VerifyError::Mismatch(Box::new(Mismatch {
        canonical_request: None,
        string_to_sign: String::from_utf8_lossy(&to_sign).into_owned(),
    })))
}

/// `/BUCKET/` for `/BUCKET`: botocore asks for the one and signs the other, which are one bucket.
fn with_slash(head: &RequestHead<'_>) -> Option<String> {
    let bucket = head.path.strip_prefix('/').filter(|rest| !rest.is_empty())?;
    (head.bucket_in_host.is_none() && !bucket.contains('/')).then(|| format!("{}/", head.path))
}

fn string_to_sign(head: &RequestHead<'_>, dated: Dated) -> Result<Vec<u8>, VerifyError> {
    encode(head.path, Slash::Stays)?;
    let query = Query::read(head.query, dated.place())?;
    let mut out = Vec::with_capacity(256 + head.path.len() + head.query.len());
    out.extend_from_slice(head.method.as_str().as_bytes());
    for name in [CONTENT_MD5, CONTENT_TYPE] {
        out.push(b'\n');
        out.extend_from_slice(&query.standard_header(head, &name)?);
    }
    out.push(b'\n');
    dated.push_line(&mut out, head);
    out.push(b'\n');
    for (name, value) in query.amz_headers(head)? {
        out.extend_from_slice(name.as_str().as_bytes());
        out.push(b':');
        out.extend_from_slice(&value);
        out.push(b'\n');
    }
    if let Some(bucket) = head.bucket_in_host {
        out.push(b'/');
        out.extend_from_slice(bucket.as_bytes());
    }
    out.extend_from_slice(head.path.as_bytes());
    query.push_resource(&mut out);
    Ok(out)
}

/// A query by what HMACv1 does with its names.
struct Query<'a> {
    /// `name` or `name=value`, values decoded, in the order of the names.
    resource: Vec<(&'static str, Option<Cow<'a, [u8]>>)>,
    /// Headers that stand in the query, values decoded and trimmed.
    hoisted: Vec<(HeaderName, Cow<'a, [u8]>)>,
}

impl<'a> Query<'a> {
    fn read(query: &'a str, place: Place) -> Result<Self, VerifyError> {
        let (mut resource, mut hoisted) = (Vec::new(), Vec::new());
        for (raw_name, raw_value) in raw_pairs(query) {
            encode(raw_name, Slash::Encoded)?;
            encode(raw_value.unwrap_or(""), Slash::Encoded)?;
            let name = Cow::from(percent_decode_str(raw_name));
            if may_be_unsigned(&name, place) {
                continue;
            }
            let value = raw_value.map(|raw| decoded(raw_name, raw)).transpose()?;
            if let Some(header) = hoisted_name(raw_name, place)? {
                let value = trimmed(value.unwrap_or_default());
                // Signed like one that is not there, so anybody could have added it.
                if value.is_empty() && !is_amz(raw_name) {
                    return Err(VerifyError::AmbiguousQuery(shown(raw_name)));
                }
                hoisted.push((header, value));
            } else if let Some(name) = signed_name(&name) {
                check_value(raw_name, value.as_deref())?;
                resource.push((name, value));
            } else {
                return Err(VerifyError::QueryNameNotSigned(shown(raw_name)));
            }
        }
        resource.sort_unstable_by_key(|(name, _)| *name);
        for pair in resource.windows(2) {
            if let [(first, _), (second, _)] = pair
                && first == second
            {
                return Err(VerifyError::AmbiguousQuery((*first).to_owned()));
            }
        }
        Ok(Self { resource, hoisted })
    }

    fn push_resource(&self, out: &mut Vec<u8>) {
        for (position, (name, value)) in self.resource.iter().enumerate() {
            out.push(if position == 0 { b'?' } else { b'&' });
            out.extend_from_slice(name.as_bytes());
            if let Some(value) = value {
                out.push(b'=');
                out.extend_from_slice(value);
            }
        }
    }

    /// `Content-MD5` or `Content-Type`, wherever it stands; empty if nowhere.
    fn standard_header(
        &self,
        head: &RequestHead<'_>,
        name: &HeaderName,
    ) -> Result<Vec<u8>, VerifyError> {
        let mut values = head.headers.get_all(name).iter().map(|value| value.as_bytes());
        let mut found = values.next().map(|value| value.trim_ascii().to_vec());
        if values.next().is_some() {
            return Err(VerifyError::HeaderConflict(name.clone()));
        }
        for value in self.hoisted(name) {
            match &found {
                Some(other) if other.as_slice() != value => {
                    return Err(VerifyError::HeaderConflict(name.clone()));
                }
                _ => found = Some(value.to_vec()),
            }
        }
        Ok(found.unwrap_or_default())
    }

    /// Every `x-amz-*` header, wherever it stands, in the order of the names.
    fn amz_headers(
        &self,
        head: &RequestHead<'_>,
    ) -> Result<Vec<(HeaderName, Vec<u8>)>, VerifyError> {
        let mut all: Vec<(HeaderName, Vec<u8>)> = Vec::new();
        for name in head.headers.keys().filter(|name| name.as_str().starts_with("x-amz-")) {
            let values = head.headers.get_all(name).iter();
            let values: Vec<&[u8]> = values.map(|v| v.as_bytes().trim_ascii()).collect();
            let value = values.join(&b',');
            if self.hoisted(name).any(|other| other != value.as_slice()) {
                return Err(VerifyError::HeaderConflict(name.clone()));
            }
            all.push((name.clone(), value));
        }
        for (name, value) in &self.hoisted {
            if name.as_str().starts_with("x-amz-") && !head.headers.contains_key(name) {
                all.push((name.clone(), value.to_vec()));
            }
        }
        all.sort_unstable_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
        Ok(all)
    }

    fn hoisted(&self, name: &HeaderName) -> impl Iterator<Item = &[u8]> {
        self.hoisted.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_ref())
    }
}

/// Pairs that keep apart `name` and `name=`, as the string to sign does.
fn raw_pairs(query: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| match pair.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (pair, None),
    })
}

/// Whether a name has no part in the string to sign.
fn may_be_unsigned(name: &[u8], place: Place) -> bool {
    match place {
        Place::Header => UNSIGNED_NAMES.binary_search_by(|it| it.as_bytes().cmp(name)).is_ok(),
        Place::Query | Place::Form => OWN_NAMES.iter().any(|own| own.as_bytes() == name),
    }
}

/// The header that a query name stands for, if it is one that HMACv1 hoists: into a URL alone.
fn hoisted_name(raw: &str, place: Place) -> Result<Option<HeaderName>, VerifyError> {
    if place == Place::Header {
        return Ok(None);
    }
    let name = lower(raw);
    if !is_amz(raw) && name != CONTENT_TYPE.as_str() && name != CONTENT_MD5.as_str() {
        return Ok(None);
    }
    match HeaderName::from_bytes(name.as_bytes()) {
        Ok(name) => Ok(Some(name)),
        Err(_) => Err(VerifyError::AmbiguousQuery(shown(raw))),
    }
}

fn signed_name(name: &[u8]) -> Option<&'static str> {
    let position = SIGNED_NAMES.binary_search_by(|it| it.as_bytes().cmp(name)).ok()?;
    SIGNED_NAMES.get(position).copied()
}

/// Decodes a value. A line break in it would move the lines of the string to sign; a raw `+` could be
/// a plus or a space, and only one of them was signed.
fn decoded<'a>(raw_name: &str, raw: &'a str) -> Result<Cow<'a, [u8]>, VerifyError> {
    let value = Cow::from(percent_decode_str(raw));
    if raw.contains('+') || value.iter().any(u8::is_ascii_control) {
        return Err(VerifyError::AmbiguousQuery(shown(raw_name)));
    }
    Ok(value)
}

/// `a&versionId=b` as one value is signed like the two names that it looks like.
fn check_value(raw_name: &str, value: Option<&[u8]>) -> Result<(), VerifyError> {
    let pieces = value.unwrap_or_default().split(|b| *b == b'&').skip(1);
    for piece in pieces {
        let name = piece.split(|b| *b == b'=').next().unwrap_or_default();
        if signed_name(name).is_some() {
            return Err(VerifyError::AmbiguousQuery(shown(raw_name)));
        }
    }
    Ok(())
}

fn trimmed(value: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    match value {
        Cow::Borrowed(value) => Cow::Borrowed(value.trim_ascii()),
        Cow::Owned(value) => Cow::Owned(value.trim_ascii().to_vec()),
    }
}

#[cfg(test)]
mod tests;
