//! The calls that are signed: whose keys are these, and what may they have?

use http::{header, request};
use policy::{Context, PolicySet, Request};
use sigv4::{Accept, Expect, Presented, Region, RequestHead, Scheme, Service};
use sts::error::StsError;
use sts::mint::{self, Allowed, Assuming, Assumption, CallerIdentity};
use sts::query::{AssumeRole, GetSessionToken};
use sts::response;
use sts::session::Origin;

use super::login::fresh_entropy;
use super::{Facts, Inputs, signature};
use crate::caller::{Caller, lookup};

/// Verifies the signature over head and form, and tells for which region it was made: any will do.
pub(super) fn authenticate(
    inputs: Inputs<'_>,
    parts: &request::Parts,
    form: &[u8],
    facts: &mut Facts,
) -> Result<(Caller, Option<Region>), StsError> {
    let Inputs { snapshot, now, .. } = inputs;
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
    let presented = sigv4::present(&head, Accept::default());
    let claims = match presented.map_err(|error| signature::present(&error))? {
        Presented::Signed(claims) => claims,
        Presented::Anonymous => return Err(StsError::missing_authentication_token()),
    };
    let unproven = lookup(snapshot, claims.access_key_id(), claims.session_token(), now)
        .map_err(|error| signature::lookup(&error))?;
    let body_sha256 = Some(sha256(form));
    let expect = Expect { service: Service::Sts, now, body_sha256 };
    let verified = sigv4::verify(&head, claims, unproven.secret(), &expect)
        .map_err(|error| signature::verify(&error))?;
    facts.auth = Some(match verified.scheme() {
        Scheme::HeaderV4 | Scheme::HeaderV4a | Scheme::HeaderHmacV1 => "REST-HEADER",
        Scheme::QueryV4 | Scheme::QueryV4a | Scheme::QueryHmacV1 => "REST-QUERY-STRING",
        Scheme::FormV4 | Scheme::FormHmacV1 => "POST",
    });
    facts.access_key_id = Some(verified.access_key_id().to_string());
    let caller = unproven
        .prove(&verified)
        .ok_or_else(|| StsError::internal("the verified key is not the one that was looked up"))?;
    match &caller {
        Caller::Session(caller) => {
            let session = &caller.session;
            facts.subject = Some(session.origin.subject().to_owned());
            facts.issuer = session.origin.issuer().map(str::to_owned);
            facts.role = Some(session.role.as_str().to_owned());
            facts.session = Some(session.session_name.clone());
        }
        Caller::User(caller) => facts.subject = Some(caller.user.name.clone()),
        Caller::Anonymous => {}
    }
    Ok((caller, verified.region().cloned()))
}

/// GetCallerIdentity: allowed to everybody who has keys.
pub(super) fn identify(inputs: Inputs<'_>, caller: &Caller) -> Result<String, StsError> {
    let account = inputs.snapshot.live.account_id.as_str();
    let identity = match caller {
        Caller::Session(caller) => CallerIdentity::of_session(&caller.session),
        Caller::User(caller) => CallerIdentity::of_user(&caller.user.arn, account),
        Caller::Anonymous => return Err(StsError::missing_authentication_token()),
    };
    Ok(response::get_caller_identity(&identity, inputs.request_id))
}

/// AssumeRole, by a session (role chaining), by a user, or by a user's session.
pub(super) fn assume_role(
    inputs: Inputs<'_>,
    call: &AssumeRole,
    caller: &Caller,
    environment: &Context,
    facts: &mut Facts,
) -> Result<String, StsError> {
    let Inputs { snapshot, now, request_id, .. } = inputs;
    facts.role = Some(call.role_arn.clone());
    facts.session = Some(call.role_session_name.clone());
    let (session, origin, began) = match caller {
        Caller::Session(caller) => {
            let session = &caller.session;
            (Some(session), session.origin.clone(), Some(session.began))
        }
        Caller::User(caller) => {
            let began = caller.session.as_ref().map(|session| session.issued_at);
            (None, Origin::User(caller.user.arn.clone()), began)
        }
        Caller::Anonymous => return Err(StsError::missing_authentication_token()),
    };
    let live = &snapshot.live;
    let principal = caller.principal(&live.account_id);
    let issued = mint::assume_role(Assumption {
        call,
        caller: Assuming {
            principal: &principal,
            policies: caller.policies(),
            context: &caller.context(&live.account_id),
            session,
            origin,
            began,
        },
        role: live.roles.get(&call.role_arn).map(AsRef::as_ref),
        managed: Allowed(&|arn| live.managed_policies.contains_key(arn)),
        environment: &[environment],
        ring: &live.keys,
        now,
        entropy: fresh_entropy()?,
    })?;
    facts.access_key_id = Some(issued.access_key_id.to_string());
    if let Some(reason) = issued.permit.reasons().last() {
        facts.allowed_by(reason);
    }
    Ok(response::assume_role(&issued, request_id))
}

/// GetSessionToken: for users, with their static keys.
pub(super) fn session_token(
    inputs: Inputs<'_>,
    call: GetSessionToken,
    caller: &Caller,
    facts: &mut Facts,
) -> Result<String, StsError> {
    let Caller::User(user) = caller else { return Err(only_with_static_keys("GetSessionToken")) };
    no_session(caller, "GetSessionToken")?;
    let Inputs { snapshot, now, request_id, .. } = inputs;
    let ring = &snapshot.live.keys;
    let issued = mint::get_session_token(call, &user.user.arn, ring, now, fresh_entropy()?)?;
    facts.access_key_id = Some(issued.access_key_id.to_string());
    facts.decision = Some("allow");
    Ok(response::get_session_token(&issued, request_id))
}

/// GetAccessKeyInfo. There is one account. Temporary keys cannot be told from those of others by
/// their id, as nothing is stored about them; a static one is known or not.
pub(super) fn access_key_info(
    inputs: Inputs<'_>,
    access_key_id: &str,
    caller: &Caller,
    environment: &Context,
    facts: &mut Facts,
) -> Result<String, StsError> {
    may(inputs, "sts:GetAccessKeyInfo", caller, environment, facts)?;
    let users = &inputs.snapshot.live.users;
    let known = access_key_id.starts_with("ASIA")
        || users.iter().any(|user| user.access_key.as_str() == access_key_id);
    if !known {
        return Err(StsError::new(
            sts::error::Code::ValidationError,
            "The access key ID is not one of this account.",
            "an access key id that is nobody's",
        ));
    }
    let account = inputs.snapshot.live.account_id.as_str();
    Ok(response::get_access_key_info(account, inputs.request_id))
}

/// DecodeAuthorizationMessage: what stood in the way of a request, for those who may know.
pub(super) fn decode(
    inputs: Inputs<'_>,
    encoded_message: &str,
    caller: &Caller,
    environment: &Context,
    facts: &mut Facts,
) -> Result<String, StsError> {
    may(inputs, "sts:DecodeAuthorizationMessage", caller, environment, facts)?;
    let decoded = sts::authorization_message::open(&inputs.snapshot.live.keys, encoded_message)?;
    Ok(response::decode_authorization_message(&decoded, inputs.request_id))
}

/// Whether the caller's own policies allow an action of STS that has no resource.
fn may(
    inputs: Inputs<'_>,
    action: &'static str,
    caller: &Caller,
    environment: &Context,
    facts: &mut Facts,
) -> Result<(), StsError> {
    no_session(caller, action.trim_start_matches("sts:"))?;
    let account = &inputs.snapshot.live.account_id;
    let principal = caller.principal(account);
    let context = caller.context(account);
    let layers = [environment, &context];
    let request = Request { action, resource: "*", principal: &principal, context: &layers };
    let policies: PolicySet<'_> = caller.policies();
    match policy::authorize(&policies, [request]) {
        Ok(permit) => {
            if let Some(reason) = permit.reasons().first() {
                facts.allowed_by(reason);
            }
            Ok(())
        }
        Err(denial) => {
            let message = format!("User is not authorized to perform: {action}");
            let detail = denial.decision.to_string();
            Err(StsError::denied(message, detail, Some(denial)))
        }
    }
}

/// Keys from GetSessionToken are good for S3, AssumeRole and GetCallerIdentity (STS API Reference,
/// *GetSessionToken*).
fn no_session(caller: &Caller, action: &str) -> Result<(), StsError> {
    match caller {
        Caller::User(caller) if caller.session.is_some() => Err(only_with_static_keys(action)),
        Caller::User(_) | Caller::Session(_) | Caller::Anonymous => Ok(()),
    }
}

fn only_with_static_keys(action: &str) -> StsError {
    let message = format!("Cannot call {action} with session credentials");
    StsError::denied(message, "called with the keys of a session", None)
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut sum = [0; 32];
    // Both have 32 bytes.
    sum.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    sum
}
