//! The decision about a login, whole and pure: what AssumeRoleWithWebIdentity asks for, who asks, and
//! either keys or the reason why not.

use policy::{Context, Decision, Denial, Permit, Principal, Request, authorize_trust};
use sigv4::{AccessKeyId, SecretKey, SessionToken, Timestamp};

use crate::error::{Code, StsError};
mod signed;

pub use self::signed::{
    Assuming, Assumption, IssuedToUser, MAX_CHAINED_SECONDS, assume_role, get_session_token,
};
use crate::ids;
use crate::jwt::IdToken;
use crate::query::{AssumeRoleWithWebIdentity, SessionPolicies};
use crate::role::Role;
use crate::session::{AnySession, Origin, Session, key_prefix};
use crate::text::quote;
use crate::token::{KeyRing, utilization};
use crate::web_identity::{ProviderRules, WebIdentity};

/// A session's length when the call does not say, in seconds (AWS's default). Every role allows it.
pub const DEFAULT_DURATION_SECONDS: u32 = 3600;

/// Random bytes for one login; never the same twice.
#[derive(Clone)]
pub struct Entropy {
    /// Becomes the access key id.
    pub access_key_id: [u8; 10],
    /// Becomes the token's salt.
    pub salt: [u8; 32],
}

impl std::fmt::Debug for Entropy {
    /// The salt travels in the token and is no secret, but nothing needs it in a log.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Entropy(redacted)")
    }
}

/// All that a login is decided by.
#[derive(Debug)]
pub struct Login<'a> {
    /// The call.
    pub call: &'a AssumeRoleWithWebIdentity,
    /// The call's token, verified by these rules.
    pub token: &'a IdToken,
    /// The rules of the token's provider.
    pub provider: &'a ProviderRules,
    /// The role that the call names, if there is one.
    pub role: Option<&'a Role>,
    /// Which of the ARNs of `PolicyArns` there are.
    pub managed: Allowed<'a>,
    /// What is known about the request itself (`aws:SourceIp`, `aws:CurrentTime` ...). These layers
    /// come before the token's claims, so that no claim can stand in for them.
    pub environment: &'a [&'a Context],
    /// What the session is sealed with.
    pub ring: &'a KeyRing,
    /// The request's instant.
    pub now: Timestamp,
    /// Fresh random bytes.
    pub entropy: Entropy,
}

/// Keys, and what the answer and the audit say about them.
#[derive(Debug)]
pub struct Issued {
    /// `ASIA...`.
    pub access_key_id: AccessKeyId,
    /// 40 characters.
    pub secret: SecretKey,
    /// The sealed session.
    pub token: SessionToken,
    /// What was sealed.
    pub session: Session,
    /// The statements of the trust policy that allowed it.
    pub permit: Permit,
}

impl Issued {
    /// How full the token is, in per cent.
    #[must_use]
    pub fn utilization(&self) -> u8 {
        utilization(&self.token)
    }
}

/// Decides about a login.
///
/// The role's trust policy must allow `sts:AssumeRoleWithWebIdentity` to the token's provider, and
/// `sts:TagSession` and `sts:SetSourceIdentity` too when the token brings tags or a source identity.
/// What the role may do then is not asked here.
///
/// # Errors
/// The answer for the client with its reason for the log. That a role does not exist, or allows no
/// session as long as the one that was asked for, is told only to those whom it trusts.
pub fn assume_role_with_web_identity(login: Login<'_>) -> Result<Issued, StsError> {
    let Login { call, token, provider, role, managed, environment, ring, now, entropy } = login;
    let identity = WebIdentity::read(token, provider)?;
    let role = role.filter(|role| role.arn().as_str() == call.role_arn).ok_or_else(|| {
        StsError::access_denied(format!("there is no role {}", quote(&call.role_arn)))
    })?;
    let permit = trusted(role, &identity, &call.role_session_name, environment)?;
    let duration = duration(call, role)?;
    let session = Session {
        role: role.arn().clone(),
        role_id: role.id().to_owned(),
        session_name: call.role_session_name.clone(),
        issued_at: now,
        expires_at: now.plus_seconds(i64::from(duration)),
        origin: Origin::WebIdentity(identity.subject),
        began: now,
        chained: false,
        policies: session_policies(&call.session_policies, managed)?,
        tags: identity.tags,
        transitive_tag_keys: identity.transitive_tag_keys,
        source_identity: identity.source_identity,
    };
    let Keys { access_key_id, secret, token } = keys(
        &AnySession::Role(Box::new(session.clone())),
        ring,
        entropy,
        call.minimum_session_token_size,
    )?;
    Ok(Issued { access_key_id, secret, token, session, permit })
}

/// Answers whether a managed policy of an ARN is there.
pub struct Allowed<'a>(pub &'a dyn Fn(&str) -> bool);

impl std::fmt::Debug for Allowed<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Allowed")
    }
}

/// Most characters of a call's policy and ARNs together (STS API Reference, *AssumeRole*).
const MAX_POLICY_CHARS: usize = 2048;

/// The policies that a session gets, all of which must be there.
fn session_policies(
    asked: &SessionPolicies,
    managed: Allowed<'_>,
) -> Result<SessionPolicies, StsError> {
    let inline = asked.inline.as_ref().map_or(0, |document| document.chars().count());
    let characters = inline + asked.arns.iter().map(|arn| arn.chars().count()).sum::<usize>();
    if characters > MAX_POLICY_CHARS {
        return Err(StsError::new(
            Code::PackedPolicyTooLarge,
            format!("The session policies have more than {MAX_POLICY_CHARS} characters together."),
            format!("{characters} characters of session policies"),
        ));
    }
    if let Some(missing) = asked.arns.iter().find(|arn| !managed.0(arn)) {
        return Err(StsError::new(
            Code::ValidationError,
            format!("The policy {} does not exist or is not attachable.", quote(missing)),
            "the call names a managed policy that there is not",
        ));
    }
    Ok(asked.clone())
}

/// New keys.
struct Keys {
    access_key_id: AccessKeyId,
    secret: SecretKey,
    token: SessionToken,
}

fn keys(
    session: &AnySession,
    ring: &KeyRing,
    entropy: Entropy,
    minimum_token_size: u16,
) -> Result<Keys, StsError> {
    let id = ids::temporary_access_key_id(&entropy.access_key_id);
    let access_key_id = AccessKeyId::parse(&id)
        .map_err(|_| StsError::internal("a new access key id is not one"))?;
    let sealed = ring.seal(session, &access_key_id, entropy.salt, minimum_token_size)?;
    Ok(Keys { access_key_id, secret: sealed.secret, token: sealed.token })
}

fn trusted(
    role: &Role,
    identity: &WebIdentity,
    session_name: &str,
    environment: &[&Context],
) -> Result<Permit, StsError> {
    let claims = identity.trust_context(session_name);
    let context: Vec<&Context> = environment.iter().copied().chain([&claims]).collect();
    let actions = [
        (true, "sts:AssumeRoleWithWebIdentity"),
        (identity.tags_session(), "sts:TagSession"),
        (identity.source_identity.is_some(), "sts:SetSourceIdentity"),
    ];
    let ask = |provider: &str| {
        let principal = Principal::Federated { provider_arn: provider.to_owned() };
        let needed = actions.iter().filter(|(needed, _)| *needed);
        let requests = needed.map(|(_, action)| Request {
            action,
            resource: role.arn().as_str(),
            principal: &principal,
            context: &context,
        });
        authorize_trust(role.trust(), requests)
    };
    let by_arn = ask(&identity.subject.provider_arn(role.arn()));
    let name = key_prefix(&identity.subject.issuer);
    if !WELL_KNOWN_PROVIDERS.contains(&name) {
        return by_arn.map_err(StsError::from);
    }
    match (by_arn, ask(name)) {
        (Err(denial), _) | (_, Err(denial)) if is_explicit(&denial) => Err(denial.into()),
        (Ok(permit), _) | (Err(_), Ok(permit)) => Ok(permit),
        (Err(denial), Err(_)) => Err(denial.into()),
    }
}

/// The providers that AWS lets a trust policy name without an ARN (IAM User Guide, *AWS JSON policy
/// elements: Principal*). For these both names are the same principal: what denies one denies it.
const WELL_KNOWN_PROVIDERS: [&str; 4] = [
    "accounts.google.com",
    "cognito-identity.amazonaws.com",
    "graph.facebook.com",
    "www.amazon.com",
];

fn is_explicit(denial: &Denial) -> bool {
    match *denial.decision {
        Decision::ExplicitDeny(_) => true,
        Decision::Allow(_) | Decision::ImplicitDeny(_) => false,
    }
}

fn duration(call: &AssumeRoleWithWebIdentity, role: &Role) -> Result<u32, StsError> {
    fits(call.duration_seconds.unwrap_or(DEFAULT_DURATION_SECONDS), limit(role))
}

/// A role's longest session, in seconds.
fn limit(role: &Role) -> u32 {
    role.max_session_duration()
}

fn fits(wanted: u32, limit: u32) -> Result<u32, StsError> {
    if wanted <= limit {
        return Ok(wanted);
    }
    Err(StsError::new(
        Code::ValidationError,
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        format!("{wanted} seconds are more than the role's {limit}"),
    ))
}

/// Who a caller of GetCallerIdentity is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// Twelve digits.
    pub account: String,
    /// The session's or user's ARN.
    pub arn: String,
    /// `AROA...:SESSION` or `AIDA...`.
    pub user_id: String,
}

impl CallerIdentity {
    /// A session.
    #[must_use]
    pub fn of_session(session: &Session) -> Self {
        Self {
            account: session.role.account().to_owned(),
            arn: session.arn(),
            user_id: session.user_id(),
        }
    }

    /// A static user. Its id is derived from its ARN, so it is the same on every replica; it is
    /// also the `aws:userid` of the user's requests.
    #[must_use]
    pub fn of_user(arn: &str, account: &str) -> Self {
        Self { account: account.to_owned(), arn: arn.to_owned(), user_id: ids::user_id(arn) }
    }
}

#[cfg(test)]
mod tests;
