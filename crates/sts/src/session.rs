//! A session: who somebody is after a login, and what policies see of it.
//!
//! Everything that a policy may ask about the caller is in here (and in the caller's role), because
//! nothing about a session is stored anywhere: it travels sealed in the session token.

use policy::{Context, Principal, Value};
use serde::{Deserialize, Serialize};
use sigv4::Timestamp;

use crate::role::RoleArn;

/// The value of a claim, as policies compare it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClaimValue {
    /// A string, number or boolean, as text.
    One(String),
    /// A JSON array, whatever its length: a policy needs a set operator for it.
    Many(Vec<String>),
}

impl ClaimValue {
    /// Bytes of text in it.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::One(value) => value.len(),
            Self::Many(values) => values.iter().map(|value| value.len() + 1).sum(),
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Self::One(value) => Value::One(value.clone()),
            Self::Many(values) => Value::Many(values.clone()),
        }
    }
}

/// A claim under the name that policies use for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The name behind `HOST/PATH:` and `claims:`.
    pub key: String,
    /// Its value.
    pub value: ClaimValue,
}

/// A tag of a role or a session. Keys keep their case and are unique without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// 1 to 128 characters.
    pub key: String,
    /// 0 to 256 characters.
    pub value: String,
}

/// Who the identity provider says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebIdentitySubject {
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// The configured audience that matched.
    pub audience: String,
    /// `azp`, `amr` and the listed claims.
    pub claims: Vec<Claim>,
}

impl WebIdentitySubject {
    /// The claim keys: `HOST[:PORT]/PATH:claim` as AWS has them, and `claims:claim` for policies
    /// that should not name the provider.
    pub(crate) fn fill(&self, context: &mut Context) {
        let prefix = key_prefix(&self.issuer);
        let mut both = |key: &str, value: Value| {
            context.insert(format!("{prefix}:{key}"), value.clone());
            context.insert(format!("claims:{key}"), value);
        };
        both("iss", self.issuer.as_str().into());
        both("sub", self.subject.as_str().into());
        both("aud", self.audience.as_str().into());
        for claim in &self.claims {
            both(&claim.key, claim.value.to_value());
        }
    }

    /// The ARN of the provider, in a role's partition and account: where AWS keeps the provider
    /// that a role trusts.
    #[must_use]
    pub fn provider_arn(&self, role: &RoleArn) -> String {
        provider_arn(role, &self.issuer)
    }
}

/// Who stands at the beginning of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Somebody with a token of an identity provider.
    WebIdentity(WebIdentitySubject),
    /// A static user, by ARN.
    User(String),
}

impl Origin {
    /// `sub` of the token, or the ARN of the user.
    #[must_use]
    pub fn subject(&self) -> &str {
        match self {
            Self::WebIdentity(subject) => &subject.subject,
            Self::User(arn) => arn,
        }
    }

    /// `iss` of the token.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        match self {
            Self::WebIdentity(subject) => Some(&subject.issuer),
            Self::User(_) => None,
        }
    }
}

/// `Policy` and `PolicyArns` of an STS call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionPolicies {
    /// `Policy`: a document that loads as a session policy.
    pub inline: Option<String>,
    /// `PolicyArns`: up to 10 ARNs of managed policies.
    pub arns: Vec<String>,
}

impl SessionPolicies {
    /// Whether there is no narrowing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inline.is_none() && self.arns.is_empty()
    }
}

/// The session of a static user (GetSessionToken): temporary keys that may do what the user may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSession {
    /// The user's ARN.
    pub user: String,
    /// When it was issued: `aws:TokenIssueTime`.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What a session token holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnySession {
    /// Of a role.
    Role(Box<Session>),
    /// Of a static user.
    User(UserSession),
}

impl AnySession {
    /// When it ends.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        match self {
            Self::Role(session) => session.expires_at,
            Self::User(session) => session.expires_at,
        }
    }
}

/// An issuer without its scheme: what condition keys and provider ARNs begin with or end in.
#[must_use]
pub fn key_prefix(issuer: &str) -> &str {
    issuer.split_once("://").map_or(issuer, |(_, rest)| rest)
}

pub(crate) fn provider_arn(role: &RoleArn, issuer: &str) -> String {
    format!("arn:{}:iam::{}:oidc-provider/{}", role.partition(), role.account(), key_prefix(issuer))
}

/// The session of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The role.
    pub role: RoleArn,
    /// The role's unique id when the session began (`AROA...`). A role that was deleted and made
    /// again under the same name with another `RoleId` is another role.
    pub role_id: String,
    /// `RoleSessionName`.
    pub session_name: String,
    /// When it was issued: `aws:TokenIssueTime`.
    pub issued_at: Timestamp,
    /// When it ends. Opening a token does not look at it: the one who opens it does.
    pub expires_at: Timestamp,
    /// Who stands at the beginning: of a login, or of a chain of assumed roles.
    pub origin: Origin,
    /// When the first session of the chain was issued; of a session that no other session assumed,
    /// `issued_at`. What ends older sessions ends those that came of them.
    pub began: Timestamp,
    /// Whether another session assumed the role (role chaining).
    pub chained: bool,
    /// What narrows the session: its role's policies hold as far as these allow, too.
    pub policies: SessionPolicies,
    /// Session tags.
    pub tags: Vec<Tag>,
    /// The tags that go on to a session assumed from this one, in the spelling of `tags`.
    pub transitive_tag_keys: Vec<String>,
    /// `SourceIdentity`.
    pub source_identity: Option<String>,
}

/// The condition keys that [`Session::context`] always fills.
pub const SESSION_KEYS: [&str; 6] = [
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalType",
    "aws:userid",
    "aws:TokenIssueTime",
    "aws:MultiFactorAuthPresent",
];

/// The condition keys that [`Session::context`] fills when the session or its role has them, beside
/// the claim keys; a key that ends in `/` stands for all keys that begin with it.
pub const OPTIONAL_SESSION_KEYS: [&str; 3] =
    ["aws:PrincipalTag/", "aws:SourceIdentity", "aws:FederatedProvider"];

impl Session {
    /// Whether it has ended: the first second that no longer counts is `expires_at`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`; the role's path is absent, as on AWS.
    #[must_use]
    pub fn arn(&self) -> String {
        self.role.session_arn(&self.session_name)
    }

    /// `AROA...:SESSION`: `aws:userid` and the `UserId` of GetCallerIdentity.
    #[must_use]
    pub fn user_id(&self) -> String {
        format!("{}:{}", self.role_id, self.session_name)
    }

    /// The ARN of the provider that vouched for the person, if the role was assumed with its token.
    #[must_use]
    pub fn provider_arn(&self) -> Option<String> {
        match &self.origin {
            Origin::WebIdentity(subject) if !self.chained => Some(subject.provider_arn(&self.role)),
            Origin::WebIdentity(_) | Origin::User(_) => None,
        }
    }

    /// The principal that policies name.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal::Session {
            session_arn: self.arn(),
            role_arn: self.role.as_str().to_owned(),
            account: self.role.account().to_owned(),
        }
    }

    /// The condition keys about the caller, for every request with these keys.
    ///
    /// `role_tags` are the tags that the role has now; a session tag of the same key, in whatever
    /// case, overrides one. `sts:RoleSessionName` is not among them: AWS has it for the login only,
    /// and `aws:userid` shows the name afterwards. Claims and provider are known of a role that was
    /// assumed with the token itself, as on AWS: what a chained session should carry on are tags.
    #[must_use]
    pub fn context(&self, role_tags: &[Tag]) -> Context {
        let mut context = Context::new();
        if let (Origin::WebIdentity(subject), false) = (&self.origin, self.chained) {
            subject.fill(&mut context);
        }
        for tag in role_tags.iter().chain(&self.tags) {
            context.insert(format!("aws:PrincipalTag/{}", tag.key), tag.value.as_str());
        }
        if let Some(identity) = &self.source_identity {
            context.insert("aws:SourceIdentity", identity.as_str());
        }
        context.insert("aws:PrincipalArn", self.role.as_str());
        context.insert("aws:PrincipalAccount", self.role.account());
        context.insert("aws:PrincipalType", "AssumedRole");
        context.insert("aws:userid", self.user_id());
        if let Some(provider) = self.provider_arn() {
            context.insert("aws:FederatedProvider", provider);
        }
        context.insert("aws:TokenIssueTime", self.issued_at.rfc3339());
        context.insert("aws:MultiFactorAuthPresent", false);
        context
    }
}

#[cfg(test)]
pub(crate) mod tests;
