//! A session as bytes: postcard, in two versions.
//!
//! The field order is the format. Change nothing here without a new version byte in [`super`].
//!
//! Version 1 holds the session of a login with an identity provider's token, and nothing that narrows
//! it. Version 2 holds everything. A session that fits into version 1 is written so: while a
//! deployment is rolled, replicas of before understand all that they could have issued themselves,
//! and refuse the rest whole.

use serde::{Deserialize, Serialize};
use sigv4::Timestamp;

use crate::role::RoleArn;
use crate::session::{
    AnySession, Claim, Origin, Session, SessionPolicies, Tag, UserSession, WebIdentitySubject,
};

pub(super) const VERSION_1: u8 = 1;
pub(super) const VERSION_2: u8 = 2;

#[derive(Serialize, Deserialize)]
struct Version1 {
    role_arn: String,
    role_id: String,
    session_name: String,
    issued_at: i64,
    /// Seconds after `issued_at`.
    lifetime: u32,
    issuer: String,
    subject: String,
    audience: String,
    claims: Vec<Claim>,
    tags: Vec<Tag>,
    transitive_tag_keys: Vec<String>,
    source_identity: Option<String>,
}

#[derive(Serialize, Deserialize)]
enum Version2 {
    Role(Box<Role2>),
    User(User2),
}

#[derive(Serialize, Deserialize)]
struct Role2 {
    role_arn: String,
    role_id: String,
    session_name: String,
    issued_at: i64,
    /// Seconds after `issued_at`.
    lifetime: u32,
    origin: Origin2,
    chained: bool,
    tags: Vec<Tag>,
    transitive_tag_keys: Vec<String>,
    source_identity: Option<String>,
    inline_policy: Option<String>,
    policy_arns: Vec<String>,
    /// Seconds from the beginning of the chain to `issued_at`. Last, so that a token from before there
    /// was this field reads as one whose chain began with it: what follows a session is zeros.
    age: u32,
}

#[derive(Serialize, Deserialize)]
enum Origin2 {
    WebIdentity { issuer: String, subject: String, audience: String, claims: Vec<Claim> },
    User { arn: String },
}

#[derive(Serialize, Deserialize)]
struct User2 {
    user: String,
    issued_at: i64,
    /// Seconds after `issued_at`.
    lifetime: u32,
}

/// The version that a session is written in, and its bytes. `None` for one that ends before it
/// begins or after more than a century.
pub(super) fn encode(session: &AnySession) -> Option<(u8, Vec<u8>)> {
    match session {
        AnySession::Role(session) => match &session.origin {
            Origin::WebIdentity(subject) if is_login(session) => {
                Some((VERSION_1, postcard::to_allocvec(&version_1(session, subject)?).ok()?))
            }
            Origin::WebIdentity(_) | Origin::User(_) => {
                let wire = Version2::Role(Box::new(role_2(session)?));
                Some((VERSION_2, postcard::to_allocvec(&wire).ok()?))
            }
        },
        AnySession::User(session) => {
            let wire = Version2::User(User2 {
                user: session.user.clone(),
                issued_at: session.issued_at.unix(),
                lifetime: lifetime(session.issued_at, session.expires_at)?,
            });
            Some((VERSION_2, postcard::to_allocvec(&wire).ok()?))
        }
    }
}

/// Whether it is no more than a token of an identity provider was exchanged for.
fn is_login(session: &Session) -> bool {
    !session.chained && session.policies.is_empty() && session.began == session.issued_at
}

fn lifetime(issued_at: Timestamp, expires_at: Timestamp) -> Option<u32> {
    u32::try_from(expires_at.unix().checked_sub(issued_at.unix())?).ok()
}

fn version_1(session: &Session, subject: &WebIdentitySubject) -> Option<Version1> {
    Some(Version1 {
        role_arn: session.role.as_str().to_owned(),
        role_id: session.role_id.clone(),
        session_name: session.session_name.clone(),
        issued_at: session.issued_at.unix(),
        lifetime: lifetime(session.issued_at, session.expires_at)?,
        issuer: subject.issuer.clone(),
        subject: subject.subject.clone(),
        audience: subject.audience.clone(),
        claims: subject.claims.clone(),
        tags: session.tags.clone(),
        transitive_tag_keys: session.transitive_tag_keys.clone(),
        source_identity: session.source_identity.clone(),
    })
}

fn role_2(session: &Session) -> Option<Role2> {
    Some(Role2 {
        role_arn: session.role.as_str().to_owned(),
        role_id: session.role_id.clone(),
        session_name: session.session_name.clone(),
        issued_at: session.issued_at.unix(),
        lifetime: lifetime(session.issued_at, session.expires_at)?,
        origin: match session.origin.clone() {
            Origin::WebIdentity(WebIdentitySubject { issuer, subject, audience, claims }) => {
                Origin2::WebIdentity { issuer, subject, audience, claims }
            }
            Origin::User(arn) => Origin2::User { arn },
        },
        chained: session.chained,
        tags: session.tags.clone(),
        transitive_tag_keys: session.transitive_tag_keys.clone(),
        source_identity: session.source_identity.clone(),
        inline_policy: session.policies.inline.clone(),
        policy_arns: session.policies.arns.clone(),
        age: lifetime(session.began, session.issued_at)?,
    })
}

/// Appends zeros up to a length; what follows the session is nothing but these.
pub(super) fn pad(bytes: &mut Vec<u8>, length: usize) {
    if bytes.len() < length {
        bytes.resize(length, 0);
    }
}

pub(super) fn decode(version: u8, bytes: &[u8]) -> Option<AnySession> {
    match version {
        VERSION_1 => {
            let wire = whole::<Version1>(bytes)?;
            read_1(wire).map(|session| AnySession::Role(Box::new(session)))
        }
        VERSION_2 => match whole::<Version2>(bytes)? {
            Version2::Role(wire) => {
                read_role_2(*wire).map(|session| AnySession::Role(Box::new(session)))
            }
            Version2::User(wire) => {
                let issued_at = Timestamp::from_unix(wire.issued_at);
                let expires_at = issued_at.plus_seconds(i64::from(wire.lifetime));
                Some(AnySession::User(UserSession { user: wire.user, issued_at, expires_at }))
            }
        },
        _ => None,
    }
}

fn whole<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    let (wire, rest) = postcard::take_from_bytes::<T>(bytes).ok()?;
    // Not padding: fields that this version does not know, under a version byte that lies.
    rest.iter().all(|byte| *byte == 0).then_some(wire)
}

fn read_1(wire: Version1) -> Option<Session> {
    let issued_at = Timestamp::from_unix(wire.issued_at);
    Some(Session {
        role: RoleArn::parse(&wire.role_arn)?,
        role_id: wire.role_id,
        session_name: wire.session_name,
        issued_at,
        expires_at: issued_at.plus_seconds(i64::from(wire.lifetime)),
        origin: Origin::WebIdentity(WebIdentitySubject {
            issuer: wire.issuer,
            subject: wire.subject,
            audience: wire.audience,
            claims: wire.claims,
        }),
        began: issued_at,
        chained: false,
        policies: SessionPolicies::default(),
        tags: wire.tags,
        transitive_tag_keys: wire.transitive_tag_keys,
        source_identity: wire.source_identity,
    })
}

fn read_role_2(wire: Role2) -> Option<Session> {
    let issued_at = Timestamp::from_unix(wire.issued_at);
    Some(Session {
        role: RoleArn::parse(&wire.role_arn)?,
        role_id: wire.role_id,
        session_name: wire.session_name,
        issued_at,
        expires_at: issued_at.plus_seconds(i64::from(wire.lifetime)),
        origin: match wire.origin {
            Origin2::WebIdentity { issuer, subject, audience, claims } => {
                Origin::WebIdentity(WebIdentitySubject { issuer, subject, audience, claims })
            }
            Origin2::User { arn } => Origin::User(arn),
        },
        began: issued_at.plus_seconds(-i64::from(wire.age)),
        chained: wire.chained,
        policies: SessionPolicies { inline: wire.inline_policy, arns: wire.policy_arns },
        tags: wire.tags,
        transitive_tag_keys: wire.transitive_tag_keys,
        source_identity: wire.source_identity,
    })
}

/// The part of a session that takes the most room, named for the operator's log.
pub(super) fn largest(session: &AnySession) -> String {
    let mut parts: Vec<(String, usize)> = Vec::new();
    match session {
        AnySession::User(session) => parts.push(("the user's ARN".to_owned(), session.user.len())),
        AnySession::Role(session) => {
            parts.push(("the role's ARN".to_owned(), session.role.as_str().len()));
            let tags = session.tags.iter().map(|tag| tag.key.len() + tag.value.len() + 2).sum();
            parts.push(("the session tags".to_owned(), tags));
            let inline = session.policies.inline.as_ref().map_or(0, String::len);
            parts.push(("the session policy".to_owned(), inline));
            let arns = session.policies.arns.iter().map(|arn| arn.len() + 1).sum();
            parts.push(("the ARNs of session policies".to_owned(), arns));
            if let Origin::WebIdentity(subject) = &session.origin {
                parts.push(("the issuer".to_owned(), subject.issuer.len()));
                parts.push(("the claim `sub`".to_owned(), subject.subject.len()));
                parts.push(("the claim `aud`".to_owned(), subject.audience.len()));
                parts.extend(subject.claims.iter().map(|claim| {
                    let name = format!("the claim `{}`", claim.key);
                    (name, claim.key.len() + claim.value.size())
                }));
            }
        }
    }
    parts
        .into_iter()
        .max_by_key(|(_, size)| *size)
        .map(|(name, size)| format!("{name} with {size} bytes"))
        .unwrap_or_default()
}
