//! Who is cut off. Nothing is stored about sessions: whoever is on this list is refused at each request.

use sigv4::{AccessKeyId, Timestamp};
use sts::session::Origin;

/// The list, in force from the next request on.
#[derive(Clone, Debug, Default)]
pub struct Revocations(Vec<Revocation>);

/// One who is cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Who.
    pub whom: Whom,
    /// Sessions that began before; None: all, and no new ones.
    pub before: Option<Timestamp>,
}

/// Who is cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Somebody of an identity provider.
    Subject {
        /// `iss`.
        issuer: String,
        /// `sub`.
        subject: String,
    },
    /// A service account, by its ARN.
    User(String),
    /// One session, by its access key id.
    Session(AccessKeyId),
}

impl Revocations {
    /// Takes a list.
    #[must_use]
    pub fn new(all: Vec<Revocation>) -> Self {
        Self(all)
    }

    /// Whether a session is cut off: by its key, or by who stands at its beginning, and since when.
    #[must_use]
    pub fn cut_session(
        &self,
        access_key_id: &AccessKeyId,
        origin: &Origin,
        began: Timestamp,
    ) -> bool {
        self.0.iter().any(|entry| {
            let whom = match &entry.whom {
                Whom::Session(id) => id == access_key_id,
                other => is_origin(other, origin),
            };
            whom && entry.before.is_none_or(|before| began < before)
        })
    }

    /// Whether somebody is shut out: gets no session, and no answer with keys that do not end.
    #[must_use]
    pub fn shut_out(&self, origin: &Origin) -> bool {
        self.0.iter().any(|entry| entry.before.is_none() && is_origin(&entry.whom, origin))
    }
}

fn is_origin(whom: &Whom, origin: &Origin) -> bool {
    match (whom, origin) {
        (Whom::Subject { issuer, subject }, Origin::WebIdentity(who)) => {
            *issuer == who.issuer && *subject == who.subject
        }
        (Whom::User(arn), Origin::User(user)) => arn == user,
        (Whom::Subject { .. } | Whom::User(_) | Whom::Session(_), _) => false,
    }
}
