//! `Authorization: AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...` and, where it is
//! accepted, `Authorization: AWS AWSAccessKeyId:Signature`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue};

use super::{Accept, Signed, V4aText, credential, header_date, header_region_set, malformed, v4};
use crate::error::{Malformed, Place, PresentError, UnsupportedScheme};
use crate::key::AccessKeyId;
use crate::signature::ALGORITHM;
use crate::time::Timestamp;
use crate::v4a;

/// Reads the header and the date that belongs to it.
pub(super) fn read(
    value: &HeaderValue,
    headers: &HeaderMap,
    accept: Accept,
) -> Result<(AccessKeyId, Signed), PresentError> {
    let bad = |reason| malformed(Place::Header, reason);
    let text = value.to_str().map_err(|_| bad(Malformed::Shape))?.trim();
    let (scheme, fields) = text.split_once(' ').unwrap_or((text, ""));
    if scheme == HMAC_V1 && accept.hmac_v1_header {
        return hmac_v1(fields.trim(), headers);
    }
    let is_v4a = scheme == v4a::ALGORITHM && accept.sigv4a;
    if !is_v4a {
        check_scheme(scheme)?;
    }
    let fields = Fields::read(fields).map_err(bad)?;
    if is_v4a {
        let text = V4aText {
            credential: fields.credential,
            region_set: header_region_set(headers).map_err(bad)?,
            signed_at: header_date(headers, Timestamp::parse_basic, Timestamp::parse_date_header)?,
            signed_headers: fields.signed_headers,
            signature: fields.signature,
        };
        let (id, v4a) = text.read().map_err(bad)?;
        return Ok((id, Signed::HeaderV4a(v4a)));
    }
    let (id, scope) = credential(fields.credential).map_err(bad)?;
    let signed_at = header_date(headers, Timestamp::parse_basic, Timestamp::parse_date_header)?;
    let v4 = v4(scope, signed_at, fields.signed_headers, fields.signature).map_err(bad)?;
    Ok((id, Signed::Header(v4)))
}

/// `AWSAccessKeyId:Signature`. Base64 has no colon, so that the last one stands between them.
fn hmac_v1(fields: &str, headers: &HeaderMap) -> Result<(AccessKeyId, Signed), PresentError> {
    let (id, signature) = fields.rsplit_once(':').ok_or(PresentError::HmacV1Header)?;
    let id = AccessKeyId::parse(id).map_err(|_| PresentError::HmacV1AccessKeyId)?;
    let signature = STANDARD.decode(signature).ok().and_then(|bytes| bytes.try_into().ok());
    let signature = signature.ok_or(PresentError::HmacV1Signature)?;
    let signed_at = header_date(headers, Timestamp::parse_hmac_v1, Timestamp::parse_hmac_v1)?;
    Ok((id, Signed::HeaderHmacV1 { signed_at, signature }))
}

const HMAC_V1: &str = "AWS";

fn check_scheme(scheme: &str) -> Result<(), PresentError> {
    let unsupported = match scheme {
        ALGORITHM => return Ok(()),
        HMAC_V1 => UnsupportedScheme::HmacV1Header,
        v4a::ALGORITHM => UnsupportedScheme::SigV4a,
        _ => UnsupportedScheme::Other,
    };
    Err(PresentError::Unsupported(unsupported))
}

struct Fields<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Fields<'a> {
    fn read(text: &'a str) -> Result<Self, Malformed> {
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for field in text.split(',') {
            let (name, value) = field.trim().split_once('=').ok_or(Malformed::Shape)?;
            let (slot, name) = match name {
                "Credential" => (&mut credential, "Credential"),
                "SignedHeaders" => (&mut signed_headers, "SignedHeaders"),
                "Signature" => (&mut signature, "Signature"),
                _ => return Err(Malformed::Shape),
            };
            if slot.replace(value).is_some() {
                return Err(Malformed::Repeated(name));
            }
        }
        Ok(Self {
            credential: credential.ok_or(Malformed::Missing("Credential"))?,
            signed_headers: signed_headers.ok_or(Malformed::Missing("SignedHeaders"))?,
            signature: signature.ok_or(Malformed::Missing("Signature"))?,
        })
    }
}
