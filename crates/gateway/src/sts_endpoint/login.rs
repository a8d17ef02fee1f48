//! AssumeRoleWithWebIdentity: an ID token for temporary keys.

use policy::Context;
use sts::error::StsError;
use sts::jwt::{Token, TokenError};
use sts::mint::{self, Allowed, Entropy, Login};
use sts::query::AssumeRoleWithWebIdentity;
use sts::response;
use sts::session::{Origin, WebIdentitySubject};

use super::{Facts, Inputs};
use crate::entropy;
use crate::oidc::OidcError;

/// Decides about a login and makes its answer. The token is the only credential: a signature on the
/// request is not looked at, as on AWS.
pub(super) async fn login(
    inputs: Inputs<'_>,
    call: &AssumeRoleWithWebIdentity,
    environment: &Context,
    facts: &mut Facts,
) -> Result<String, StsError> {
    let Inputs { snapshot, providers, now, request_id, .. } = inputs;
    facts.role = Some(call.role_arn.clone());
    facts.session = Some(call.role_session_name.clone());
    // SDKs send the token file as it is, and a file ends in a newline more often than not.
    let token = Token::parse(call.web_identity_token.as_str().trim_ascii_end())?;
    let (provider, keys) =
        providers.resolve(&token, now).await.map_err(|error| no_keys(&token, error))?;
    let identity = token.verify(&keys, &provider.rules.token_rules(now))?;
    facts.issuer = Some(identity.issuer().to_owned());
    facts.subject = Some(identity.subject().to_owned());
    let origin = Origin::WebIdentity(WebIdentitySubject {
        issuer: identity.issuer().to_owned(),
        subject: identity.subject().to_owned(),
        audience: identity.audience().to_owned(),
        claims: Vec::new(),
    });
    if snapshot.live.revoked.shut_out(&origin) {
        return Err(StsError::access_denied("the subject is cut off"));
    }
    let issued = mint::assume_role_with_web_identity(Login {
        call,
        token: &identity,
        provider: &provider.rules,
        role: snapshot.live.roles.get(&call.role_arn).map(AsRef::as_ref),
        managed: Allowed(&|arn| snapshot.live.managed_policies.contains_key(arn)),
        environment: &[environment],
        ring: &snapshot.live.keys,
        now,
        entropy: fresh_entropy()?,
    })?;
    facts.access_key_id = Some(issued.access_key_id.to_string());
    if let Some(reason) = issued.permit.reasons().last() {
        facts.allowed_by(reason);
    }
    Ok(response::assume_role_with_web_identity(&issued, request_id))
}

pub(super) fn fresh_entropy() -> Result<Entropy, StsError> {
    let failed = |error: entropy::NoEntropy| StsError::internal(error.to_string());
    Ok(Entropy {
        access_key_id: entropy::bytes().map_err(failed)?,
        salt: entropy::bytes().map_err(failed)?,
    })
}

/// Only a provider that is not configured, and a key that was looked for in vain after the token
/// came, are the token's fault; everything else clients may try again (A31).
fn no_keys(token: &Token, error: OidcError) -> StsError {
    match error {
        OidcError::UnknownIssuer(issuer) => StsError::unknown_issuer(&issuer),
        OidcError::UnknownKey { .. } => {
            let key = token.key_id().unwrap_or_default().chars().take(128).collect();
            TokenError::UnknownKey(key).into()
        }
        error @ OidcError::Communication { .. } => StsError::idp_communication(error.to_string()),
    }
}
