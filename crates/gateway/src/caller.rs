//! Who is asking.
//!
//! A key in a request is a claim. [`lookup`] turns it into an [`UnprovenCaller`]: an identity with
//! the secret that would prove it, and nothing else that anybody can read. Only a
//! [`sigv4::Verified`] for the same key makes a [`Caller`] of it.

use std::fmt;
use std::sync::Arc;

use policy::{Context, Kind, Policy, PolicySet, Principal};
use sigv4::{AccessKeyId, SecretKey, SessionToken, Timestamp, Verified};
use sts::mint::CallerIdentity;
use sts::role::Role;
use sts::session::{AnySession, Origin, Session, SessionPolicies, UserSession};

use crate::config::User;
use crate::snapshot::Snapshot;

/// A caller whose signature holds, or who did not sign.
#[derive(Debug)]
pub enum Caller {
    /// A login's session, with the role as it is now.
    Session(Box<SessionCaller>),
    /// A static service account, with its own keys or with temporary ones.
    User(UserCaller),
    /// Nobody in particular.
    Anonymous,
}

/// A session and the role that it has.
#[derive(Debug)]
pub struct SessionCaller {
    /// What the session token held.
    pub session: Session,
    /// The role of the configuration in force: a role that was removed or changed is so at once.
    pub role: Arc<Role>,
    /// What narrows the session, if anything does.
    pub policies: Option<Vec<Arc<Policy>>>,
}

/// A service account, as it is now.
#[derive(Debug)]
pub struct UserCaller {
    /// The account.
    pub user: Arc<User>,
    /// Its session, if it uses temporary keys (GetSessionToken).
    pub session: Option<UserSession>,
}

/// Why a key is nobody's.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// No service account has this key, and there is no session token.
    #[error("no service account has the access key id")]
    UnknownKey,
    /// The session token does not open with this access key id.
    #[error("the session token does not open: {0}")]
    Token(#[from] sts::token::OpenError),
    /// The session is over.
    #[error("the session ended at `{}`", .0.rfc3339())]
    Expired(Timestamp),
    /// The session's role is not configured any more, or was made anew with another id.
    #[error("the session's role `{0}` is gone")]
    RoleGone(String),
    /// The session's service account is not configured any more.
    #[error("the session's user `{0}` is gone")]
    UserGone(String),
    /// The session is older than its role allows.
    #[error("the session goes back to before the role's not_before")]
    NotBefore,
    /// Somebody is on the list of those who are cut off: the ARN that the keys are of.
    #[error("the caller `{0}` is cut off")]
    Revoked(String),
    /// A policy that narrows the session is gone or does not load; without it the session would be
    /// worth more than was asked for.
    #[error("a session policy is gone: {0}")]
    PolicyGone(String),
    /// A session token came with the key of a service account.
    #[error("a session token came with a service account's key")]
    TokenWithUser,
}

/// An identity that is claimed, and the secret that would prove it.
pub struct UnprovenCaller {
    caller: Caller,
    access_key_id: AccessKeyId,
    secret: SecretKey,
}

impl fmt::Debug for UnprovenCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnprovenCaller").field("access_key_id", &self.access_key_id).finish()
    }
}

/// Finds whom a signed request claims to be from.
///
/// # Errors
/// See [`LookupError`].
pub fn lookup(
    snapshot: &Snapshot,
    access_key_id: &AccessKeyId,
    session_token: Option<&SessionToken>,
    now: Timestamp,
) -> Result<UnprovenCaller, LookupError> {
    let user = snapshot.user(access_key_id);
    let (caller, secret) = match (user, session_token) {
        (Some(_), Some(_)) => return Err(LookupError::TokenWithUser),
        (Some(user), None) => {
            if snapshot.live.revoked.shut_out(&Origin::User(user.arn.clone())) {
                return Err(LookupError::Revoked(user.arn.clone()));
            }
            let caller = UserCaller { user: Arc::clone(user), session: None };
            (Caller::User(caller), user.secret.clone())
        }
        (None, None) => return Err(LookupError::UnknownKey),
        (None, Some(token)) => {
            let (session, secret) = snapshot.live.keys.open(token.as_str(), access_key_id)?;
            if now >= session.expires_at() {
                return Err(LookupError::Expired(session.expires_at()));
            }
            let caller = match session {
                AnySession::Role(session) => of_role(snapshot, access_key_id, *session)?,
                AnySession::User(session) => of_user(snapshot, access_key_id, session)?,
            };
            (caller, secret)
        }
    };
    Ok(UnprovenCaller { caller, access_key_id: access_key_id.clone(), secret })
}

/// The caller whom a session would make, for explaining what would be decided about it.
///
/// # Errors
/// See [`LookupError`].
pub(crate) fn suppose(snapshot: &Snapshot, session: Session) -> Result<Caller, LookupError> {
    // No key of ours: a list of sessions that are cut off cannot have it.
    let nobodys =
        AccessKeyId::parse("ASIA0000000000000000").map_err(|_| LookupError::UnknownKey)?;
    of_role(snapshot, &nobodys, session)
}

/// A session of a role, if the role and everything that narrows the session are still there.
fn of_role(
    snapshot: &Snapshot,
    access_key_id: &AccessKeyId,
    session: Session,
) -> Result<Caller, LookupError> {
    let live = &snapshot.live;
    let role = live
        .roles
        .get(session.role.as_str())
        .filter(|role| role.id() == session.role_id)
        .ok_or_else(|| LookupError::RoleGone(session.role.as_str().to_owned()))?;
    // A session that was taken before must not live on in one that it assumed since.
    if role.not_before().is_some_and(|not_before| session.began < not_before) {
        return Err(LookupError::NotBefore);
    }
    if live.revoked.cut_session(access_key_id, &session.origin, session.began) {
        return Err(LookupError::Revoked(session.arn()));
    }
    let policies = session_policies(snapshot, &session.policies)?;
    let role = Arc::clone(role);
    Ok(Caller::Session(Box::new(SessionCaller { session, role, policies })))
}

/// A session of a user, who must still be there.
fn of_user(
    snapshot: &Snapshot,
    access_key_id: &AccessKeyId,
    session: UserSession,
) -> Result<Caller, LookupError> {
    let origin = Origin::User(session.user.clone());
    if snapshot.live.revoked.cut_session(access_key_id, &origin, session.issued_at) {
        return Err(LookupError::Revoked(session.user));
    }
    let user = snapshot
        .user_of_arn(&session.user)
        .ok_or_else(|| LookupError::UserGone(session.user.clone()))?;
    Ok(Caller::User(UserCaller { user: Arc::clone(user), session: Some(session) }))
}

/// The policies that narrow a session: the one that travels in its token, and managed ones as they
/// are now. The first is compiled for every request, which takes a few microseconds
/// (`crates/policy/benches/evaluate.rs`).
fn session_policies(
    snapshot: &Snapshot,
    asked: &SessionPolicies,
) -> Result<Option<Vec<Arc<Policy>>>, LookupError> {
    if asked.is_empty() {
        return Ok(None);
    }
    let mut policies = Vec::new();
    if let Some(document) = &asked.inline {
        let policy = Policy::load(Kind::Session, "session policy", document)
            .map_err(|errors| LookupError::PolicyGone(errors.to_string()))?;
        policies.push(Arc::new(policy));
    }
    for arn in &asked.arns {
        let policy = snapshot.live.managed_policies.get(arn);
        let policy = policy.ok_or_else(|| LookupError::PolicyGone(arn.clone()))?;
        policies.push(Arc::clone(policy));
    }
    Ok(Some(policies))
}

impl UnprovenCaller {
    /// The secret that the request must be signed with.
    #[must_use]
    pub fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// The caller, if `verified` is proof for this very key.
    #[must_use]
    pub fn prove(self, verified: &Verified) -> Option<Caller> {
        (self.access_key_id == *verified.access_key_id()).then_some(self.caller)
    }
}

impl Caller {
    /// Whether nobody signed.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        matches!(self, Self::Anonymous)
    }

    /// The principal that policies name.
    #[must_use]
    pub fn principal(&self, account: &policy::AccountId) -> Principal {
        match self {
            Self::Session(caller) => caller.session.principal(),
            Self::User(UserCaller { user, .. }) => {
                Principal::User { arn: user.arn.clone(), account: account.as_str().to_owned() }
            }
            Self::Anonymous => Principal::Anonymous,
        }
    }

    /// The condition keys about the caller.
    #[must_use]
    pub fn context(&self, account: &policy::AccountId) -> Context {
        let mut context = self.own_context(account);
        if !self.is_anonymous() {
            context.insert("aws:PrincipalIsAWSService", false);
        }
        context
    }

    fn own_context(&self, account: &policy::AccountId) -> Context {
        match self {
            Self::Session(caller) => caller.session.context(caller.role.tags()),
            Self::User(UserCaller { user, session }) => {
                let mut context = Context::new();
                context.insert("aws:PrincipalArn", user.arn.as_str());
                context.insert("aws:PrincipalAccount", account.as_str());
                context.insert("aws:PrincipalType", "User");
                context.insert("aws:username", user.name.as_str());
                let identity = CallerIdentity::of_user(&user.arn, account.as_str());
                context.insert("aws:userid", identity.user_id);
                // AWS has both for temporary keys only.
                if let Some(session) = session {
                    context.insert("aws:TokenIssueTime", session.issued_at.rfc3339());
                    context.insert("aws:MultiFactorAuthPresent", false);
                }
                context
            }
            Self::Anonymous => {
                let mut context = Context::new();
                context.insert("aws:PrincipalType", "Anonymous");
                context.insert("aws:PrincipalAccount", "anonymous");
                context.insert("aws:userid", "anonymous");
                context
            }
        }
    }

    /// The policies that have a say about the caller.
    #[must_use]
    pub fn policies(&self) -> PolicySet<'_> {
        const NONE: &[Arc<Policy>] = &[];
        match self {
            Self::Session(caller) => PolicySet {
                identity: caller.role.policies(),
                boundary: caller.role.boundary().map(Arc::as_ref),
                session: caller.policies.as_deref(),
                bucket: None,
            },
            Self::User(caller) => {
                PolicySet { identity: &caller.user.policies, ..PolicySet::default() }
            }
            Self::Anonymous => PolicySet { identity: NONE, ..PolicySet::default() },
        }
    }
}
