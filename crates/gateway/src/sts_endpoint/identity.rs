//! GetCallerIdentity: whose keys signed this? Allowed to everybody who has keys.

use http::{header, request};
use sigv4::{Expect, Presented, RequestHead, Scheme, Service};
use sts::error::StsError;
use sts::mint::CallerIdentity;
use sts::response;

use super::{Facts, Inputs, signature};
use crate::caller::{Caller, lookup};

/// Verifies the signature over head and form, and says whose it is. Any region will do.
pub(super) fn identify(
    inputs: Inputs<'_>,
    parts: &request::Parts,
    form: &[u8],
    facts: &mut Facts,
) -> Result<String, StsError> {
    let Inputs { snapshot, now, request_id, .. } = inputs;
    if parts.headers.get_all(header::HOST).iter().count() != 1 {
        return Err(signature::incomplete("there is not exactly one host header"));
    }
    let head = RequestHead {
        method: &parts.method,
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or(""),
        headers: &parts.headers,
        bucket_in_host: None,
    };
    let claims = match sigv4::present(&head).map_err(|error| signature::present(&error))? {
        Presented::Signed(claims) => claims,
        Presented::Anonymous => return Err(StsError::missing_authentication_token()),
    };
    let unproven = lookup(snapshot, &claims, now).map_err(|error| signature::lookup(&error))?;
    let body_sha256 = Some(sha256(form));
    let expect = Expect { service: Service::Sts, now, body_sha256 };
    let verified = sigv4::verify(&head, claims, unproven.secret(), &expect)
        .map_err(|error| signature::verify(&error))?;
    facts.auth = Some(match verified.scheme() {
        Scheme::HeaderV4 => "REST-HEADER",
        Scheme::QueryV4 | Scheme::QueryHmacV1 => "REST-QUERY-STRING",
    });
    facts.access_key_id = Some(verified.access_key_id().to_string());
    let caller = unproven
        .prove(&verified)
        .ok_or_else(|| StsError::internal("the verified key is not the one that was looked up"))?;
    let identity = match &caller {
        Caller::Session(caller) => {
            let session = &caller.session;
            facts.subject = Some(session.subject.subject.clone());
            facts.issuer = Some(session.subject.issuer.clone());
            facts.role = Some(session.role.as_str().to_owned());
            facts.session = Some(session.session_name.clone());
            CallerIdentity::of_session(session)
        }
        Caller::User(user) => {
            facts.subject = Some(user.name.clone());
            CallerIdentity::of_user(&user.arn, snapshot.live.account_id.as_str())
        }
        Caller::Anonymous => return Err(StsError::missing_authentication_token()),
    };
    Ok(response::get_caller_identity(&identity, request_id))
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut sum = [0; 32];
    // Both have 32 bytes.
    sum.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    sum
}
