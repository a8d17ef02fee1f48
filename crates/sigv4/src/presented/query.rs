//! The signature's own names in a query.
//!
//! Names are decoded before they are compared, and compare without case: `x%2damz-date` is a second
//! `X-Amz-Date`. Only AWS's own spelling is taken for SigV4, so that a lower-cased name cannot mean
//! one thing here and another in the canonical query.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use percent_encoding::percent_decode_str;

use super::{Accept, Signed, V4aText, X_AMZ_REGION_SET, credential, credential_v4a, malformed, v4};
use crate::canonical::query_pairs;
use crate::error::{Malformed, Place, PresentError, UnsupportedScheme};
use crate::key::{AccessKeyId, SessionToken};
use crate::sign::MAX_PRESIGN_SECONDS;
use crate::signature::ALGORITHM;
use crate::time::Timestamp;
use crate::v4a;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Algorithm,
    Credential,
    Signature,
    Date,
    SignedHeaders,
    Expires,
    RegionSet,
    Token,
    V1Key,
    V1Signature,
    V1Expires,
}

const AMZ_NAMES: [(Name, &str); 8] = [
    (Name::Algorithm, "X-Amz-Algorithm"),
    (Name::Credential, "X-Amz-Credential"),
    (Name::Signature, "X-Amz-Signature"),
    (Name::Date, "X-Amz-Date"),
    (Name::SignedHeaders, "X-Amz-SignedHeaders"),
    (Name::Expires, "X-Amz-Expires"),
    (Name::RegionSet, "X-Amz-Region-Set"),
    (Name::Token, "X-Amz-Security-Token"),
];

const V1_NAMES: [(Name, &str); 3] = [
    (Name::V1Key, "AWSAccessKeyId"),
    (Name::V1Signature, "Signature"),
    (Name::V1Expires, "Expires"),
];

fn known(raw: &str) -> Option<(Name, &'static str)> {
    let amz = || AMZ_NAMES.iter().find(|(_, name)| is(raw, name));
    let v1 = || V1_NAMES.iter().find(|(_, name)| is_exactly(raw, name));
    if is_amz(raw) { amz().copied() } else { v1().copied() }
}

/// The raw values under the signature's names.
#[derive(Default)]
pub(super) struct Names<'a> {
    algorithm: Option<&'a str>,
    credential: Option<&'a str>,
    signature: Option<&'a str>,
    date: Option<&'a str>,
    signed_headers: Option<&'a str>,
    expires: Option<&'a str>,
    region_set: Option<&'a str>,
    pub(super) token: Option<&'a str>,
    v1_key: Option<&'a str>,
    v1_signature: Option<&'a str>,
    v1_expires: Option<&'a str>,
    /// A name of SigV4 that came in another case. The token is a header's name, whose case says
    /// nothing: HMACv1 signers write it in lower case.
    odd_case: Option<&'static str>,
}

impl<'a> Names<'a> {
    /// # Errors
    /// One of the names, or any other `x-amz-*` name, twice.
    pub(super) fn read(query: &'a str) -> Result<Self, PresentError> {
        let mut names = Self::default();
        let mut hoisted: Vec<String> = Vec::new();
        for (raw, value) in query_pairs(query) {
            if let Some((name, spelling)) = known(raw) {
                if names.slot(name).replace(value).is_some() {
                    return Err(PresentError::RepeatedQueryName(shown(raw)));
                }
                if !is_exactly(raw, spelling) && name != Name::Token {
                    names.odd_case = Some(spelling);
                }
            } else if is_amz(raw) {
                hoisted.push(lower(raw));
            }
        }
        hoisted.sort_unstable();
        for pair in hoisted.windows(2) {
            if let [first, second] = pair
                && first == second
            {
                return Err(PresentError::RepeatedQueryName(shown(first)));
            }
        }
        Ok(names)
    }

    fn slot(&mut self, name: Name) -> &mut Option<&'a str> {
        match name {
            Name::Algorithm => &mut self.algorithm,
            Name::Credential => &mut self.credential,
            Name::Signature => &mut self.signature,
            Name::Date => &mut self.date,
            Name::SignedHeaders => &mut self.signed_headers,
            Name::Expires => &mut self.expires,
            Name::RegionSet => &mut self.region_set,
            Name::Token => &mut self.token,
            Name::V1Key => &mut self.v1_key,
            Name::V1Signature => &mut self.v1_signature,
            Name::V1Expires => &mut self.v1_expires,
        }
    }

    pub(super) fn has_v4(&self) -> bool {
        self.algorithm.is_some()
            || self.credential.is_some()
            || self.signature.is_some()
            || self.date.is_some()
            || self.signed_headers.is_some()
            || self.expires.is_some()
    }

    pub(super) fn has_hmac_v1(&self) -> bool {
        self.v1_key.is_some() || self.v1_signature.is_some() || self.v1_expires.is_some()
    }

    pub(super) fn token(&self) -> Result<Option<SessionToken>, PresentError> {
        let Some(raw) = self.token else { return Ok(None) };
        // What is not UTF-8 becomes the empty string, which is no token.
        Ok(Some(SessionToken::parse(decoded(raw).unwrap_or_default().into_owned())?))
    }

    /// The claims of a presigned URL.
    pub(super) fn v4(
        &self,
        headers: &HeaderMap,
        accept: Accept,
    ) -> Result<(AccessKeyId, Signed), PresentError> {
        let bad = |reason| malformed(Place::Query, reason);
        if let Some(name) = self.odd_case {
            return Err(bad(Malformed::Case(name)));
        }
        let need = |value: Option<&'a str>, name| {
            let raw = value.ok_or_else(|| bad(Malformed::Missing(name)))?;
            decoded(raw).ok_or_else(|| bad(Malformed::Shape))
        };
        let algorithm = need(self.algorithm, "X-Amz-Algorithm")?;
        let is_v4a = match algorithm.as_ref() {
            ALGORITHM => false,
            v4a::ALGORITHM if accept.sigv4a => true,
            v4a::ALGORITHM => return Err(PresentError::Unsupported(UnsupportedScheme::SigV4a)),
            _ => return Err(bad(Malformed::Algorithm)),
        };
        let claimed = need(self.credential, "X-Amz-Credential")?;
        // What is wrong with the scope is said before anything else.
        if is_v4a {
            credential_v4a(&claimed).map_err(bad)?;
        } else {
            credential(&claimed).map_err(bad)?;
        }
        let date = need(self.date, "X-Amz-Date")?;
        let signed_at = Timestamp::parse_basic(&date).map_err(|_| bad(Malformed::Date))?;
        let lifetime = lifetime(&need(self.expires, "X-Amz-Expires")?).map_err(bad)?;
        let signed_headers = need(self.signed_headers, "X-Amz-SignedHeaders")?;
        let signature = need(self.signature, "X-Amz-Signature")?;
        if is_v4a {
            let text = V4aText {
                credential: &claimed,
                region_set: Some(&need(self.region_set, "X-Amz-Region-Set")?),
                signed_at,
                signed_headers: &signed_headers,
                signature: &signature,
            };
            let (id, v4a) = text.read().map_err(bad)?;
            // A second set, of which somebody might read the other one.
            if headers.contains_key(X_AMZ_REGION_SET) {
                return Err(bad(Malformed::RegionSet));
            }
            return Ok((id, Signed::QueryV4a { v4a, lifetime_seconds: lifetime }));
        }
        let (id, scope) = credential(&claimed).map_err(bad)?;
        let v4 = v4(scope, signed_at, &signed_headers, &signature).map_err(bad)?;
        Ok((id, Signed::Query { v4, lifetime_seconds: lifetime }))
    }

    /// The claims of an HMACv1 URL: key, last second, signature.
    pub(super) fn hmac_v1(&self) -> Result<(AccessKeyId, i64, [u8; 20]), PresentError> {
        let (Some(key), Some(signature), Some(expires)) =
            (self.v1_key, self.v1_signature, self.v1_expires)
        else {
            return Err(PresentError::HmacV1Incomplete);
        };
        let id = decoded(key).and_then(|id| AccessKeyId::parse(&id).ok());
        let id = id.ok_or(PresentError::HmacV1AccessKeyId)?;
        let expires = decoded(expires).and_then(|text| seconds(&text));
        let expires = expires.ok_or(PresentError::HmacV1Expires)?;
        let signature = decoded(signature)
            .and_then(|text| STANDARD.decode(text.as_bytes()).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(PresentError::HmacV1Signature)?;
        Ok((id, expires, signature))
    }
}

/// `X-Amz-Expires`.
fn lifetime(text: &str) -> Result<u32, Malformed> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Malformed::ExpiresNotANumber);
    }
    // More digits than fit are more seconds than are allowed.
    let value = digits.parse::<u32>().unwrap_or(u32::MAX);
    if sign < 0 || value == 0 {
        Err(Malformed::ExpiresNotPositive)
    } else if value > MAX_PRESIGN_SECONDS {
        Err(Malformed::ExpiresTooLong)
    } else {
        Ok(value)
    }
}

/// The `Expires` of HMACv1: a number in its one spelling, since the string to sign repeats it. 15
/// digits are 31 million years.
fn seconds(text: &str) -> Option<i64> {
    let one_spelling = text == "0" || !text.starts_with('0');
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    (one_spelling && digits && text.len() <= 15).then(|| text.parse().ok()).flatten()
}

fn decoded(raw: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(raw).decode_utf8().ok()
}

/// Whether a raw name is this one, without regard to case.
fn is(raw: &str, name: &str) -> bool {
    let mut bytes = percent_decode_str(raw);
    name.bytes().all(|want| bytes.next().is_some_and(|b| b.eq_ignore_ascii_case(&want)))
        && bytes.next().is_none()
}

fn is_exactly(raw: &str, name: &str) -> bool {
    percent_decode_str(raw).eq(name.bytes())
}

/// Whether a raw name is that of a header of AWS.
pub(crate) fn is_amz(raw: &str) -> bool {
    let mut bytes = percent_decode_str(raw);
    b"x-amz-".iter().all(|want| bytes.next().is_some_and(|b| b.eq_ignore_ascii_case(want)))
}

/// The name of the header that a raw name stands for; bytes that are not UTF-8 are replaced.
pub(crate) fn lower(raw: &str) -> String {
    let mut name = percent_decode_str(raw).decode_utf8_lossy().into_owned();
    name.make_ascii_lowercase();
    name
}

/// The most characters of a name that an error repeats.
const SHOWN: usize = 64;

/// A name for an error: decoded, lower case, bounded, and without control characters.
pub(crate) fn shown(raw: &str) -> String {
    lower(raw).chars().map(|c| if c.is_control() { '.' } else { c }).take(SHOWN).collect()
}

/// The decoded value, if the raw name is that of this header.
pub(crate) fn header_value<'a>(
    raw_name: &str,
    raw_value: &'a str,
    header: &http::HeaderName,
) -> Option<Cow<'a, [u8]>> {
    is(raw_name, header.as_str()).then(|| Cow::from(percent_decode_str(raw_value)))
}
