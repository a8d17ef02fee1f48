//! From a verified ID token to what the trust policy sees and what the session keeps.

mod provider;
mod tags;

use policy::Context;
use serde_json::{Map, Value};

pub use self::provider::{ClaimRule, ProviderRules, RuleError};
use self::tags::SessionTags;
pub(crate) use self::tags::{check as check_tag, same_key as same_tag_key};
use crate::jwt::IdToken;
use crate::query::name_character;
use crate::session::{Claim, ClaimValue, Tag, WebIdentitySubject};
use crate::text::quote;

/// AWS's claim for the source identity.
const SOURCE_IDENTITY_CLAIM: &str = "https://aws.amazon.com/source_identity";

/// The condition keys that a trust policy may use at AssumeRoleWithWebIdentity, beside the claim
/// keys and those of the request (address, time); a key that ends in `/` stands for all keys that
/// begin with it. All but the first are there only when the token brings tags or a source identity.
pub const TRUST_KEYS: [&str; 5] = [
    "sts:RoleSessionName",
    "sts:SourceIdentity",
    "aws:RequestTag/",
    "aws:TagKeys",
    "sts:TransitiveTagKeys",
];

/// Why a good token does not make a session. The client reads these texts: they name claims and
/// repeat values of the caller's own token only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebIdentityError {
    /// The token is of another provider than the rules: a mistake of the caller of this crate.
    #[error("the token's issuer is not the provider's")]
    OtherProvider,
    /// Entra left a listed claim out because it has too many values.
    #[error(
        "the identity provider left the claim {0} out of the token because it has too many values \
         (`_claim_names`); let the application emit fewer, for example only the groups assigned to it"
    )]
    Overage(String),
    /// A claim that is listed, or that is always read, is not text, number, boolean or a list of
    /// these.
    #[error("the claim {0} is neither a string, number or boolean nor a list of these")]
    Shape(String),
    /// Session tags that AWS would refuse.
    #[error("the session tags are not valid: {0}")]
    Tags(String),
    /// A source identity that AWS would refuse.
    #[error("the source identity must be 2 to 64 characters of [\\w+=,.@-]")]
    SourceIdentity,
}

/// Who wants in, in the words of policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebIdentity {
    /// Issuer, subject, audience and kept claims.
    pub subject: WebIdentitySubject,
    /// Session tags, in the order of their names.
    pub tags: Vec<Tag>,
    /// The transitive ones, in the spelling of `tags`.
    pub transitive_tag_keys: Vec<String>,
    /// The source identity.
    pub source_identity: Option<String>,
}

impl WebIdentity {
    /// Reads a verified token by its provider's rules.
    ///
    /// # Errors
    /// [`WebIdentityError`] when a claim that somebody relies on cannot be had as it is meant.
    pub fn read(token: &IdToken, rules: &ProviderRules) -> Result<Self, WebIdentityError> {
        if token.issuer() != rules.issuer() {
            return Err(WebIdentityError::OtherProvider);
        }
        Self::of_claims(token.subject(), token.audience(), token.claims(), rules)
    }

    /// Who it would be of whom the provider said this, for explaining what would be decided. Nobody
    /// said it: keys are made of tokens alone.
    ///
    /// # Errors
    /// As [`WebIdentity::read`].
    pub fn supposed(
        subject: &str,
        audience: &str,
        claims: &Map<String, Value>,
        rules: &ProviderRules,
    ) -> Result<Self, WebIdentityError> {
        Self::of_claims(subject, audience, claims, rules)
    }

    fn of_claims(
        subject: &str,
        audience: &str,
        claims: &Map<String, Value>,
        rules: &ProviderRules,
    ) -> Result<Self, WebIdentityError> {
        let SessionTags { tags, transitive_tag_keys } = tags::read(claims)?;
        Ok(Self {
            subject: WebIdentitySubject {
                issuer: rules.issuer().to_owned(),
                subject: subject.to_owned(),
                audience: audience.to_owned(),
                claims: kept_claims(claims, rules)?,
            },
            tags,
            transitive_tag_keys,
            source_identity: source_identity(claims)?,
        })
    }

    /// Whether the role's trust policy must also allow `sts:TagSession`.
    #[must_use]
    pub fn tags_session(&self) -> bool {
        !self.tags.is_empty()
    }

    /// What the trust policy is evaluated with, beside the request's own keys. AWS fills no
    /// `sts:DurationSeconds` here.
    #[must_use]
    pub fn trust_context(&self, session_name: &str) -> Context {
        let mut context = Context::new();
        self.subject.fill(&mut context);
        for tag in &self.tags {
            context.insert(format!("aws:RequestTag/{}", tag.key), tag.value.as_str());
        }
        if !self.tags.is_empty() {
            let keys: Vec<String> = self.tags.iter().map(|tag| tag.key.clone()).collect();
            context.insert("aws:TagKeys", keys);
        }
        if !self.transitive_tag_keys.is_empty() {
            context.insert("sts:TransitiveTagKeys", self.transitive_tag_keys.clone());
        }
        if let Some(identity) = &self.source_identity {
            context.insert("sts:SourceIdentity", identity.as_str());
        }
        context.insert("sts:RoleSessionName", session_name);
        context
    }
}

/// `azp`, `amr` and the listed claims; no other claim goes any further.
fn kept_claims(
    claims: &Map<String, Value>,
    rules: &ProviderRules,
) -> Result<Vec<Claim>, WebIdentityError> {
    let mut kept = Vec::new();
    for rule in rules.claims() {
        refuse_overage(claims, rule)?;
        let Some(value) = claims.get(rule.claim()).filter(|value| !value.is_null()) else {
            continue;
        };
        let value = match (rule.claim(), claim_value(value)) {
            // Policies are loaded with `amr` as multivalued and `azp` as single.
            ("amr", Some(ClaimValue::One(method))) => ClaimValue::Many(vec![method]),
            ("azp", Some(ClaimValue::Many(_))) | (_, None) => {
                return Err(WebIdentityError::Shape(quote(rule.claim())));
            }
            (_, Some(value)) => value,
        };
        if let Some(value) = rule.keep(value) {
            kept.push(Claim { key: rule.key().to_owned(), value });
        }
    }
    Ok(kept)
}

/// Entra puts the claims that did not fit into `_claim_names` (distributed claims, OpenID Connect
/// Core section 5.6.2) or, in implicit flows, says `hasgroups`. A policy that denies by group would
/// see nobody in it, so a missing claim must not look like an empty one.
fn refuse_overage(claims: &Map<String, Value>, rule: &ClaimRule) -> Result<(), WebIdentityError> {
    let elsewhere = claims
        .get("_claim_names")
        .and_then(Value::as_object)
        .is_some_and(|names| names.contains_key(rule.claim()));
    let has_groups = rule.claim() == "groups"
        && !claims.contains_key("groups")
        && claims.get("hasgroups").is_some_and(|flag| flag == true || flag == "true");
    if elsewhere || has_groups {
        return Err(WebIdentityError::Overage(quote(rule.claim())));
    }
    Ok(())
}

fn claim_value(value: &Value) -> Option<ClaimValue> {
    match value {
        Value::Array(list) => {
            list.iter().map(scalar).collect::<Option<Vec<_>>>().map(ClaimValue::Many)
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) => scalar(value).map(ClaimValue::One),
        Value::Null | Value::Object(_) => None,
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn source_identity(claims: &Map<String, Value>) -> Result<Option<String>, WebIdentityError> {
    match claims.get(SOURCE_IDENTITY_CLAIM) {
        None => Ok(None),
        Some(Value::String(identity))
            if (2..=64).contains(&identity.len()) && identity.chars().all(name_character) =>
        {
            Ok(Some(identity.clone()))
        }
        Some(_) => Err(WebIdentityError::SourceIdentity),
    }
}

#[cfg(test)]
mod tests;
