use crate::canonical::Parts;
use crate::error::{Malformed, Mismatch, PayloadError, Place, PresentError, VerifyError};
use crate::key::{SecretKey, SigningKey, derive};
use crate::payload::Payload;
use crate::presented::{Presented, Scheme, Signed, present};
use crate::scope::{Region, Service};
use crate::signature::{Signature, sha256, string_to_sign};
use crate::testing::{DOCS_SECRET, NOW, Request, Row, SECRET, expect, rows, secret, time};
use crate::time::Timestamp;
use crate::verify::{verify, verify_with_key};

mod attacks;
mod payload;
mod vectors;

/// What a client with this key would have signed for a request whose claims are those of `request`.
pub(super) struct Steps {
    pub(super) canonical_request: String,
    pub(super) string_to_sign: String,
    pub(super) signature: String,
}

pub(super) fn steps(request: &Request, key: &str, payload: &Payload) -> Steps {
    let claims = request.claims().unwrap();
    let (Signed::Header(v4) | Signed::Query { v4, .. }) = &claims.signed else {
        panic!("not SigV4");
    };
    let parts = Parts {
        method: &request.method,
        path: &request.path,
        query: &request.query,
        headers: &request.headers,
        signed_headers: &v4.signed_headers,
        payload,
    };
    let Ok(canonical) = parts.request() else { panic!("no canonical request") };
    let to_sign = string_to_sign(v4.signed_at, &v4.scope, &canonical);
    let signature = Signature::new(&derive(&secret(key), &v4.scope), &to_sign);
    Steps {
        canonical_request: String::from_utf8(canonical).unwrap(),
        string_to_sign: String::from_utf8(to_sign).unwrap(),
        signature: String::from_utf8(signature.hex().to_vec()).unwrap(),
    }
}

pub(super) fn mismatch(error: VerifyError) -> Box<Mismatch> {
    match error {
        VerifyError::Mismatch(mismatch) => mismatch,
        other => panic!("expected a mismatch, got {other:?}"),
    }
}
