//! The signature in the form of a browser upload ("Browser-Based Uploads Using POST", S3 API reference).
//!
//! What is signed is the text of the policy, which says what the other fields may be. Whether they are
//! so is for whoever knows what a field means: this is about who signed.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Malformed, Mismatch, Place, PresentError, UnsupportedScheme, VerifyError};
use crate::key::{AccessKeyId, SecretKey, SessionToken, derive};
use crate::presented::{Scheme, credential, malformed};
use crate::scope::{Region, Scope, Service};
use crate::signature::{ALGORITHM, Signature};
use crate::time::Timestamp;
use crate::verify::{MAX_SKEW_SECONDS, Verified};

/// The fields of a form that are part of its signature. `None`: the form does not have it.
#[derive(Clone, Copy, Default)]
pub struct FormFields<'a> {
    /// `policy`: the base64 text.
    pub policy: Option<&'a str>,
    /// `x-amz-algorithm`.
    pub algorithm: Option<&'a str>,
    /// `x-amz-credential`.
    pub credential: Option<&'a str>,
    /// `x-amz-date`.
    pub date: Option<&'a str>,
    /// `x-amz-signature`.
    pub signature: Option<&'a str>,
    /// `x-amz-security-token`.
    pub token: Option<&'a str>,
    /// `AWSAccessKeyId`, of HMACv1.
    pub hmac_v1_key: Option<&'a str>,
    /// `signature`, of HMACv1.
    pub hmac_v1_signature: Option<&'a str>,
}

/// Who a form says it is from. Nothing of it is trusted: it says which secret to look up.
pub struct FormClaims {
    access_key_id: AccessKeyId,
    session_token: Option<SessionToken>,
    policy: Box<str>,
    signed: Signed,
}

enum Signed {
    V4 { scope: Scope, signed_at: Timestamp, signature: Signature },
    HmacV1 { signature: [u8; 20] },
}

impl FormClaims {
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

    /// How it was signed.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        match self.signed {
            Signed::V4 { .. } => Scheme::FormV4,
            Signed::HmacV1 { .. } => Scheme::FormHmacV1,
        }
    }

    /// The region that it was signed for; HMACv1 says none.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        match &self.signed {
            Signed::V4 { scope, .. } => Some(&scope.region),
            Signed::HmacV1 { .. } => None,
        }
    }
}

impl fmt::Debug for FormClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormClaims")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Reads who a form claims to be from; `None` if it has no field of a signature and no policy.
///
/// # Errors
/// Fields of both schemes, a field that is missing, or one that is not well-formed.
pub fn present_form(fields: &FormFields<'_>) -> Result<Option<FormClaims>, PresentError> {
    let v4 = [fields.algorithm, fields.credential, fields.date, fields.signature];
    let v4 = v4.iter().any(Option::is_some);
    let hmac_v1 = fields.hmac_v1_key.is_some() || fields.hmac_v1_signature.is_some();
    if fields.algorithm == Some("AWS4-ECDSA-P256-SHA256") {
        return Err(PresentError::Unsupported(UnsupportedScheme::SigV4a));
    }
    let (access_key_id, signed) = match (v4, hmac_v1) {
        (true, true) => return Err(PresentError::SeveralIdentities),
        (false, false) if fields.policy.is_none() && fields.token.is_none() => return Ok(None),
        // A policy that nobody signed, and that its author counts on.
        (false, false) | (true, false) => {
            let (access_key_id, scope, signed_at, signature) =
                v4_claims(fields).map_err(|reason| malformed(Place::Form, reason))?;
            (access_key_id, Signed::V4 { scope, signed_at, signature })
        }
        (false, true) => hmac_v1_claims(fields)?,
    };
    let policy = given(fields.policy, "policy").map_err(|reason| malformed(Place::Form, reason))?;
    let token = fields.token.map(|token| SessionToken::parse(token.to_owned())).transpose()?;
    Ok(Some(FormClaims { access_key_id, session_token: token, policy: policy.into(), signed }))
}

fn given<'a>(field: Option<&'a str>, name: &'static str) -> Result<&'a str, Malformed> {
    field.ok_or(Malformed::Missing(name))
}

fn v4_claims(
    fields: &FormFields<'_>,
) -> Result<(AccessKeyId, Scope, Timestamp, Signature), Malformed> {
    let algorithm = given(fields.algorithm, "x-amz-algorithm")?;
    let (access_key_id, scope) = credential(given(fields.credential, "x-amz-credential")?)?;
    let date = given(fields.date, "x-amz-date")?;
    let signature = given(fields.signature, "x-amz-signature")?;
    if algorithm != ALGORITHM {
        return Err(Malformed::Algorithm);
    }
    let signed_at = Timestamp::parse_basic(date).map_err(|_| Malformed::Date)?;
    if scope.date != signed_at.scope_date() {
        return Err(Malformed::OtherDate);
    }
    let signature = Signature::parse(signature.as_bytes()).ok_or(Malformed::Signature)?;
    Ok((access_key_id, scope, signed_at, signature))
}

fn hmac_v1_claims(fields: &FormFields<'_>) -> Result<(AccessKeyId, Signed), PresentError> {
    let missing = |name| move || malformed(Place::Form, Malformed::Missing(name));
    let key = fields.hmac_v1_key.ok_or_else(missing("AWSAccessKeyId"))?;
    let signature = fields.hmac_v1_signature.ok_or_else(missing("signature"))?;
    let key = AccessKeyId::parse(key).map_err(|_| PresentError::HmacV1AccessKeyId)?;
    let bytes = STANDARD.decode(signature).map_err(|_| PresentError::HmacV1Signature)?;
    let signature = bytes.try_into().map_err(|_| PresentError::HmacV1Signature)?;
    Ok((key, Signed::HmacV1 { signature }))
}

/// Checks that whoever holds `secret` signed the policy of the form. How long it is good is in the
/// policy; a signature from the future is good for nothing.
///
/// # Errors
/// [`VerifyError::WrongService`], [`VerifyError::NotYetValid`], [`VerifyError::Mismatch`].
pub fn verify_form(
    claims: FormClaims,
    secret: &SecretKey,
    now: Timestamp,
) -> Result<Verified, VerifyError> {
    let FormClaims { access_key_id, session_token: _, policy, signed } = claims;
    let holds = match &signed {
        Signed::V4 { scope, signed_at, signature } => {
            if scope.service != Service::S3 {
                return Err(VerifyError::WrongService {
                    place: Place::Form,
                    expected: Service::S3,
                });
            }
            if *signed_at > now.plus_seconds(MAX_SKEW_SECONDS) {
                return Err(VerifyError::NotYetValid { signed_at: *signed_at, now });
            }
            Signature::new(&derive(secret, scope), policy.as_bytes()).matches(signature)
        }
        Signed::HmacV1 { signature } => {
            let key =
                hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.expose().as_bytes());
            let ours = hmac::sign(&key, policy.as_bytes());
            verify_slices_are_equal(ours.as_ref(), signature).is_ok()
        }
    };
    if !holds {
        return Err(VerifyError::Mismatch(Box::new(Mismatch {
            canonical_request: None,
            string_to_sign: policy.into(),
        })));
    }
    let (scheme, scope_and_time) = match signed {
        Signed::V4 { scope, signed_at, .. } => (Scheme::FormV4, Some((scope.region, signed_at))),
        Signed::HmacV1 { .. } => (Scheme::FormHmacV1, None),
    };
    Ok(Verified::of_form(access_key_id, scheme, scope_and_time))
}

#[cfg(test)]
mod tests;
