//! Who is asking.
//!
//! A key in a request is a claim. [`lookup`] turns it into an [`UnprovenCaller`]: an identity with
//! the secret that would prove it, and nothing else that anybody can read. Only a
//! [`sigv4::Verified`] for the same key makes a [`Caller`] of it.

use std::fmt;
use std::sync::Arc;

use policy::{Context, Policy, PolicySet, Principal};
use sigv4::{AccessKeyId, Claims, SecretKey, Timestamp, Verified};
use sts::mint::CallerIdentity;
use sts::role::Role;
use sts::session::Session;

use crate::config::User;
use crate::snapshot::Snapshot;

/// A caller whose signature holds, or who did not sign.
#[derive(Debug)]
pub enum Caller {
    /// A login's session, with the role as it is now.
    Session(Box<SessionCaller>),
    /// A static service account.
    User(Arc<User>),
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
    claims: &Claims,
    now: Timestamp,
) -> Result<UnprovenCaller, LookupError> {
    let access_key_id = claims.access_key_id();
    let user = snapshot.user(access_key_id);
    let (caller, secret) = match (user, claims.session_token()) {
        (Some(_), Some(_)) => return Err(LookupError::TokenWithUser),
        (Some(user), None) => (Caller::User(Arc::clone(user)), user.secret.clone()),
        (None, None) => return Err(LookupError::UnknownKey),
        (None, Some(token)) => {
            let (session, secret) = snapshot.live.keys.open(token.as_str(), access_key_id)?;
            if session.is_expired(now) {
                return Err(LookupError::Expired(session.expires_at));
            }
            let role = snapshot
                .live
                .roles
                .get(session.role.as_str())
                .filter(|role| role.id() == session.role_id)
                .ok_or_else(|| LookupError::RoleGone(session.role.as_str().to_owned()))?;
            let role = Arc::clone(role);
            (Caller::Session(Box::new(SessionCaller { session, role })), secret)
        }
    };
    Ok(UnprovenCaller { caller, access_key_id: access_key_id.clone(), secret })
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
            Self::User(user) => {
                Principal::User { arn: user.arn.clone(), account: account.as_str().to_owned() }
            }
            Self::Anonymous => Principal::Anonymous,
        }
    }

    /// The condition keys about the caller.
    #[must_use]
    pub fn context(&self, account: &policy::AccountId) -> Context {
        match self {
            Self::Session(caller) => caller.session.context(caller.role.tags()),
            Self::User(user) => {
                let mut context = Context::new();
                context.insert("aws:PrincipalArn", user.arn.as_str());
                context.insert("aws:PrincipalAccount", account.as_str());
                context.insert("aws:PrincipalType", "User");
                context.insert("aws:username", user.name.as_str());
                let identity = CallerIdentity::of_user(&user.arn, account.as_str());
                context.insert("aws:userid", identity.user_id);
                context
            }
            Self::Anonymous => {
                let mut context = Context::new();
                context.insert("aws:PrincipalType", "Anonymous");
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
                session: None,
                bucket: None,
            },
            Self::User(user) => PolicySet { identity: &user.policies, ..PolicySet::default() },
            Self::Anonymous => PolicySet { identity: NONE, ..PolicySet::default() },
        }
    }
}
