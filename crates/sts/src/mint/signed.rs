//! AssumeRole and GetSessionToken: keys for those who have keys already.

use policy::{Context, Denial, PolicySet, Principal, Request, authorize_trust_for};
use sigv4::{AccessKeyId, SecretKey, SessionToken, Timestamp};

use super::{
    Allowed, DEFAULT_DURATION_SECONDS, Entropy, Issued, Keys, fits, limit, session_policies,
};
use crate::error::{Code, StsError};
use crate::query::{AssumeRole, GetSessionToken};
use crate::role::Role;
use crate::session::{AnySession, Origin, Session, Tag, UserSession};
use crate::token::{KeyRing, utilization};
use crate::web_identity::same_tag_key;

/// The longest session of a role that was assumed by another session, in seconds (IAM User Guide,
/// *Role chaining*).
pub const MAX_CHAINED_SECONDS: u32 = 3600;

/// IAM and STS quotas: tags of a session, inherited ones included.
const MAX_TAGS: usize = 50;

/// Who calls AssumeRole: proven, and with the policies that hold for it now.
#[derive(Debug)]
pub struct Assuming<'a> {
    /// The principal that trust policies name.
    pub principal: &'a Principal,
    /// Its own policies: where a trust policy names the account, these must allow it, too.
    pub policies: PolicySet<'a>,
    /// The condition keys about it.
    pub context: &'a Context,
    /// The session that it is, if it is one of a role.
    pub session: Option<&'a Session>,
    /// Who stands at the beginning.
    pub origin: Origin,
    /// When the session at the beginning was issued; None of keys that are no session's.
    pub began: Option<Timestamp>,
}

/// All that AssumeRole is decided by.
#[derive(Debug)]
pub struct Assumption<'a> {
    /// The call.
    pub call: &'a AssumeRole,
    /// Who calls.
    pub caller: Assuming<'a>,
    /// The role that the call names, if there is one.
    pub role: Option<&'a Role>,
    /// Which of the ARNs of `PolicyArns` there are.
    pub managed: Allowed<'a>,
    /// What is known about the request itself.
    pub environment: &'a [&'a Context],
    /// What the session is sealed with.
    pub ring: &'a KeyRing,
    /// The request's instant.
    pub now: Timestamp,
    /// Fresh random bytes.
    pub entropy: Entropy,
}

/// Decides about AssumeRole.
///
/// The role's trust policy must allow `sts:AssumeRole`, and `sts:TagSession` and
/// `sts:SetSourceIdentity` too when the session gets tags or a source identity, its own or those that
/// it inherits; where it names the account only, so must the caller's own policies.
///
/// # Errors
/// The answer for the client with its reason for the log. A role that does not exist and one that does
/// not trust the caller are one answer.
pub fn assume_role(assumption: Assumption<'_>) -> Result<Issued, StsError> {
    let Assumption { call, caller, role, managed, environment, ring, now, entropy } = assumption;
    let denied = |detail: String, denial: Option<Denial>| {
        let message = format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
            caller_arn(caller.principal),
            call.role_arn
        );
        StsError::denied(message, detail, denial)
    };
    let role = role.filter(|role| role.arn().as_str() == call.role_arn);
    let role = role.ok_or_else(|| denied("there is no such role".to_owned(), None))?;
    let inherited = inherited_tags(call, caller.session)?;
    let source_identity = source_identity(call, caller.session)?;
    let asked = asked(call, source_identity.as_deref());
    let mut context: Vec<&Context> = environment.to_vec();
    context.extend([caller.context, &asked]);
    let actions = [
        (true, "sts:AssumeRole"),
        (!call.tags.is_empty() || !inherited.is_empty(), "sts:TagSession"),
        (source_identity.is_some(), "sts:SetSourceIdentity"),
    ];
    let requests = actions.iter().filter(|(needed, _)| *needed).map(|(_, action)| Request {
        action,
        resource: role.arn().as_str(),
        principal: caller.principal,
        context: &context,
    });
    let permit =
        authorize_trust_for(role.trust(), &caller.policies, requests).map_err(|denial| {
            let detail = format!("{} on {}: {}", denial.action, denial.resource, denial.decision);
            denied(detail, Some(denial))
        })?;
    let duration = duration(call, role, caller.session.is_some())?;
    let transitive_tag_keys =
        inherited.iter().map(|tag| &tag.key).chain(&call.transitive_tag_keys).cloned().collect();
    let session = Session {
        role: role.arn().clone(),
        role_id: role.id().to_owned(),
        session_name: call.role_session_name.clone(),
        issued_at: now,
        expires_at: now.plus_seconds(i64::from(duration)),
        origin: forgotten(caller.origin),
        began: caller.began.unwrap_or(now),
        chained: caller.session.is_some(),
        policies: session_policies(&call.session_policies, managed)?,
        tags: inherited.into_iter().chain(call.tags.iter().cloned()).collect(),
        transitive_tag_keys,
        source_identity,
    };
    let Keys { access_key_id, secret, token } = super::keys(
        &AnySession::Role(Box::new(session.clone())),
        ring,
        entropy,
        call.minimum_session_token_size,
    )?;
    Ok(Issued { access_key_id, secret, token, session, permit })
}

/// Who it was stays known, for the log and for those who cut somebody off; the claims are of no use
/// any more.
fn forgotten(origin: Origin) -> Origin {
    match origin {
        Origin::WebIdentity(mut subject) => {
            subject.claims.clear();
            Origin::WebIdentity(subject)
        }
        user @ Origin::User(_) => user,
    }
}

fn caller_arn(principal: &Principal) -> &str {
    match principal {
        Principal::Session { session_arn, .. } => session_arn,
        Principal::User { arn, .. } => arn,
        Principal::Federated { provider_arn } => provider_arn,
        Principal::Anonymous => "anonymous",
    }
}

/// The transitive tags of the calling session. They cannot be overridden (IAM User Guide, *Chaining
/// roles with session tags*).
fn inherited_tags(call: &AssumeRole, session: Option<&Session>) -> Result<Vec<Tag>, StsError> {
    let Some(session) = session else { return Ok(Vec::new()) };
    let is_transitive =
        |tag: &&Tag| session.transitive_tag_keys.iter().any(|key| same_tag_key(key, &tag.key));
    let inherited: Vec<Tag> = session.tags.iter().filter(is_transitive).cloned().collect();
    let again = call
        .tags
        .iter()
        .find(|tag| inherited.iter().any(|other| same_tag_key(&other.key, &tag.key)));
    if let Some(tag) = again {
        return Err(StsError::new(
            Code::ValidationError,
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
            format!("the tag `{}` is inherited", tag.key),
        ));
    }
    if inherited.len() + call.tags.len() > MAX_TAGS {
        let message = format!("The session would have more than {MAX_TAGS} tags.");
        return Err(StsError::new(Code::ValidationError, message, "too many tags"));
    }
    Ok(inherited)
}

/// Once set, a source identity stays (IAM User Guide, *Monitor and control actions taken with assumed
/// roles*).
fn source_identity(
    call: &AssumeRole,
    session: Option<&Session>,
) -> Result<Option<String>, StsError> {
    let inherited = session.and_then(|session| session.source_identity.as_ref());
    match (&call.source_identity, inherited) {
        (Some(asked), Some(set)) if asked != set => Err(StsError::new(
            Code::AccessDenied,
            "The source identity of a session cannot be changed by assuming another role.",
            "the call names another source identity than its session has",
        )),
        (Some(asked), _) => Ok(Some(asked.clone())),
        (None, inherited) => Ok(inherited.cloned()),
    }
}

/// The condition keys of the call itself.
fn asked(call: &AssumeRole, source_identity: Option<&str>) -> Context {
    let mut context = Context::new();
    context.insert("sts:RoleSessionName", call.role_session_name.as_str());
    if let Some(id) = &call.external_id {
        context.insert("sts:ExternalId", id.as_str());
    }
    if let Some(identity) = source_identity {
        context.insert("sts:SourceIdentity", identity);
    }
    for tag in &call.tags {
        context.insert(format!("aws:RequestTag/{}", tag.key), tag.value.as_str());
    }
    if !call.tags.is_empty() {
        let keys: Vec<String> = call.tags.iter().map(|tag| tag.key.clone()).collect();
        context.insert("aws:TagKeys", keys);
    }
    if !call.transitive_tag_keys.is_empty() {
        context.insert("sts:TransitiveTagKeys", call.transitive_tag_keys.clone());
    }
    context
}

fn duration(call: &AssumeRole, role: &Role, chained: bool) -> Result<u32, StsError> {
    let wanted = call.duration_seconds.unwrap_or(DEFAULT_DURATION_SECONDS);
    if chained && wanted > MAX_CHAINED_SECONDS {
        return Err(StsError::new(
            Code::ValidationError,
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            format!("{wanted} seconds are more than an hour"),
        ));
    }
    fits(wanted, limit(role))
}

/// Keys for a user.
#[derive(Debug)]
pub struct IssuedToUser {
    /// `ASIA...`.
    pub access_key_id: AccessKeyId,
    /// 40 characters.
    pub secret: SecretKey,
    /// The sealed session.
    pub token: SessionToken,
    /// What was sealed.
    pub session: UserSession,
}

impl IssuedToUser {
    /// How full the token is, in per cent.
    #[must_use]
    pub fn utilization(&self) -> u8 {
        utilization(&self.token)
    }
}

/// Temporary keys for a user, whose ARN this is. Every user may have them: they may do what the user
/// may.
///
/// # Errors
/// When the token cannot be sealed.
pub fn get_session_token(
    call: GetSessionToken,
    user: &str,
    ring: &KeyRing,
    now: Timestamp,
    entropy: Entropy,
) -> Result<IssuedToUser, StsError> {
    let session = UserSession {
        user: user.to_owned(),
        issued_at: now,
        expires_at: now.plus_seconds(i64::from(call.duration_seconds)),
    };
    let Keys { access_key_id, secret, token } =
        super::keys(&AnySession::User(session.clone()), ring, entropy, 0)?;
    Ok(IssuedToUser { access_key_id, secret, token, session })
}

#[cfg(test)]
mod tests;
