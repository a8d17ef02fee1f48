//! A session as bytes: postcard, version 1.
//!
//! The field order is the format. Change nothing here without a new version byte in [`super`].

use serde::{Deserialize, Serialize};
use sigv4::Timestamp;

use crate::role::RoleArn;
use crate::session::{Claim, Session, Tag, WebIdentitySubject};

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

/// `None` for a session that ends before it begins or after more than a century.
pub(super) fn encode(session: &Session) -> Option<Vec<u8>> {
    let lifetime = session.expires_at.unix().checked_sub(session.issued_at.unix())?;
    let wire = Version1 {
        role_arn: session.role.as_str().to_owned(),
        role_id: session.role_id.clone(),
        session_name: session.session_name.clone(),
        issued_at: session.issued_at.unix(),
        lifetime: u32::try_from(lifetime).ok()?,
        issuer: session.subject.issuer.clone(),
        subject: session.subject.subject.clone(),
        audience: session.subject.audience.clone(),
        claims: session.subject.claims.clone(),
        tags: session.tags.clone(),
        transitive_tag_keys: session.transitive_tag_keys.clone(),
        source_identity: session.source_identity.clone(),
    };
    postcard::to_allocvec(&wire).ok()
}

/// Appends zeros up to a length; what follows the session is nothing but these.
pub(super) fn pad(bytes: &mut Vec<u8>, length: usize) {
    if bytes.len() < length {
        bytes.resize(length, 0);
    }
}

pub(super) fn decode(bytes: &[u8]) -> Option<Session> {
    let (wire, rest) = postcard::take_from_bytes::<Version1>(bytes).ok()?;
    // Not padding: fields that this version does not know, under a version byte that lies.
    if rest.iter().any(|byte| *byte != 0) {
        return None;
    }
    let issued_at = Timestamp::from_unix(wire.issued_at);
    Some(Session {
        role: RoleArn::parse(&wire.role_arn)?,
        role_id: wire.role_id,
        session_name: wire.session_name,
        issued_at,
        expires_at: issued_at.plus_seconds(i64::from(wire.lifetime)),
        subject: WebIdentitySubject {
            issuer: wire.issuer,
            subject: wire.subject,
            audience: wire.audience,
            claims: wire.claims,
        },
        tags: wire.tags,
        transitive_tag_keys: wire.transitive_tag_keys,
        source_identity: wire.source_identity,
    })
}

/// The part of a session that takes the most room, named for the operator's log.
pub(super) fn largest(session: &Session) -> String {
    let subject = &session.subject;
    let fixed = [
        ("the role's ARN", session.role.as_str().len()),
        ("the issuer", subject.issuer.len()),
        ("the claim `sub`", subject.subject.len()),
        ("the claim `aud`", subject.audience.len()),
    ];
    let tags = session.tags.iter().map(|tag| tag.key.len() + tag.value.len() + 2).sum();
    let fixed = fixed.into_iter().chain([("the session tags", tags)]);
    let fixed = fixed.map(|(name, size)| (name.to_owned(), size));
    let claims = subject
        .claims
        .iter()
        .map(|claim| (format!("the claim `{}`", claim.key), claim.key.len() + claim.value.size()));
    fixed
        .chain(claims)
        .max_by_key(|(_, size)| *size)
        .map(|(name, size)| format!("{name} with {size} bytes"))
        .unwrap_or_default()
}
