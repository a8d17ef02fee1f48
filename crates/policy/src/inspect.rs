//! What a policy speaks about, for those who load it.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::condition::Test;
use crate::policy::{Effect, Policy};
use crate::principal::{Named, PrincipalPattern};
use crate::statement::{Listed, Statement};

/// A condition key that a policy names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The key, as the first statement that names it has it.
    pub key: Arc<str>,
    /// Some Allow names it.
    pub in_allow: bool,
    /// Some Deny names it: if nobody ever fills it, that Deny is not what it seems.
    pub in_deny: bool,
    /// The statements that name it, by their places in the document, ascending.
    pub statements: Vec<usize>,
}

/// The keys whose fixed values keep a bucket policy from being public, as far as they can be filled
/// behind a gateway.
const FIXING_KEYS: [&str; 6] = [
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:SourceIp",
    "aws:userid",
    "aws:username",
    "aws:FederatedProvider",
];

/// An Allow of a trust policy for an identity provider.
#[derive(Clone, Copy, Debug)]
pub struct FederatedGrant<'a> {
    provider: &'a str,
    statement: &'a Statement,
}

impl<'a> FederatedGrant<'a> {
    /// The provider's ARN or well-known name, as the document has it.
    #[must_use]
    pub fn provider(&self) -> &'a str {
        self.provider
    }

    /// What claim keys of the provider begin with: `HOST[:PORT]/PATH`.
    #[must_use]
    pub fn issuer(&self) -> &'a str {
        match self.provider.split_once(":oidc-provider/") {
            Some((_, issuer)) => issuer,
            None => self.provider,
        }
    }

    /// The statement's place in the document, from 0.
    #[must_use]
    pub fn statement(&self) -> usize {
        self.statement.index
    }

    /// The statement's `Sid`.
    #[must_use]
    pub fn sid(&self) -> Option<&'a str> {
        self.statement.sid.as_deref()
    }

    /// Whether the statement allows only some values of a condition key, as
    /// `kc.example.com/realms/main:sub`: a `StringEquals`, `StringLike` or their like on it, not
    /// negated, not with `IfExists` or `ForAllValues:`, and no value that is only wildcards and
    /// punctuation. The key is compared without regard to ASCII case.
    #[must_use]
    pub fn restricts(&self, key: &str) -> bool {
        self.tests_of(key).any(Test::restricts)
    }

    /// Whether the statement restricts the provider's claim of this name, as `sub` or `aud`.
    #[must_use]
    pub fn restricts_claim(&self, claim: &str) -> bool {
        self.restricts(&format!("{}:{claim}", self.issuer()))
    }

    fn tests_of(&self, key: &str) -> impl Iterator<Item = &'a Test> {
        self.statement.tests.iter().filter(move |test| test.key.name.eq_ignore_ascii_case(key))
    }
}

impl Policy {
    /// The condition keys that it names in conditions and variables, each once.
    pub fn condition_keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(AsRef::as_ref)
    }

    /// The condition keys that it names where it could be about an action of one of these services (lower
    /// case, as `s3`), and where.
    #[must_use]
    pub fn key_uses(&self, services: &[&str]) -> Vec<KeyUse> {
        let concerns = |statement: &&Statement| statement.may_be_of(services);
        gather(self.allows.iter().filter(concerns), self.denies.iter().filter(concerns))
    }

    /// Whether it names a condition key, whatever the case.
    #[must_use]
    pub fn uses_key(&self, key: &str) -> bool {
        self.condition_keys().any(|used| used.eq_ignore_ascii_case(key))
    }

    /// The identity providers that it names, Allow or Deny, each once.
    #[must_use]
    pub fn federated_principals(&self) -> Vec<&str> {
        let mut providers: Vec<&str> = self
            .named_principals()
            .filter_map(|named| match named {
                Named::Federated(provider) => Some(&**provider),
                Named::Account(_) | Named::Caller(_) | Named::Role(_) | Named::Nobody(_) => None,
            })
            .collect();
        providers.sort_unstable();
        providers.dedup();
        providers
    }

    /// The roles that it names as principals, each once: who loads a bucket policy knows whether
    /// they exist.
    #[must_use]
    pub fn role_principals(&self) -> Vec<&str> {
        let mut roles: Vec<&str> = self
            .named_principals()
            .filter_map(|named| match named {
                Named::Role(arn) => Some(&**arn),
                Named::Account(_) | Named::Caller(_) | Named::Federated(_) | Named::Nobody(_) => {
                    None
                }
            })
            .collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// The users and sessions that it names as principals, each once.
    #[must_use]
    pub fn caller_principals(&self) -> Vec<&str> {
        let mut callers: Vec<&str> = self
            .named_principals()
            .filter_map(|named| match named {
                Named::Caller(arn) => Some(&**arn),
                Named::Account(_) | Named::Role(_) | Named::Federated(_) | Named::Nobody(_) => None,
            })
            .collect();
        callers.sort_unstable();
        callers.dedup();
        callers
    }

    /// Every Allow for an identity provider, one for each provider that a statement names.
    pub fn federated_grants(&self) -> impl Iterator<Item = FederatedGrant<'_>> {
        self.allows.iter().flat_map(|statement| {
            let named = match &statement.principal {
                Some(Listed::In(principals)) => principals.named.as_slice(),
                Some(Listed::Not(_)) | None => &[],
            };
            named.iter().filter_map(move |named| match named {
                Named::Federated(provider) => Some(FederatedGrant { provider, statement }),
                Named::Account(_) | Named::Caller(_) | Named::Role(_) | Named::Nobody(_) => None,
            })
        })
    }

    /// Whether some Allow is for everybody (`*`), conditions aside.
    #[must_use]
    pub fn allows_everybody(&self) -> bool {
        self.allows.iter().any(|statement| {
            matches!(&statement.principal, Some(Listed::In(PrincipalPattern { anybody: true, .. })))
        })
    }

    /// Whether a bucket policy is public in the sense of Amazon S3 (*Blocking public access to your
    /// Amazon S3 storage*, "The meaning of public"): some Allow is for everybody, and no condition of
    /// it holds it to fixed values of a key that says who or where somebody is. A network wider
    /// than a /8 (IPv6: /32) counts as no condition.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.allows.iter().any(|statement| {
            let everybody = matches!(
                &statement.principal,
                Some(Listed::In(PrincipalPattern { anybody: true, .. }))
            );
            let held = |test: &Test| {
                FIXING_KEYS.iter().any(|key| test.key.name.eq_ignore_ascii_case(key))
                    && test.fixes_values()
            };
            everybody && !statement.tests.iter().any(held)
        })
    }

    fn named_principals(&self) -> impl Iterator<Item = &Named> {
        self.allows
            .iter()
            .chain(&self.denies)
            .filter_map(|statement| statement.principal.as_ref())
            .flat_map(|principals| &principals.inner().named)
    }
}

/// The keys of all statements, sorted by name.
pub(crate) fn keys(allows: &[Statement], denies: &[Statement]) -> Vec<Arc<str>> {
    gather(allows, denies).into_iter().map(|used| used.key).collect()
}

fn gather<'s>(
    allows: impl IntoIterator<Item = &'s Statement>,
    denies: impl IntoIterator<Item = &'s Statement>,
) -> Vec<KeyUse> {
    let allows = allows.into_iter().map(|statement| (Effect::Allow, statement));
    let denies = denies.into_iter().map(|statement| (Effect::Deny, statement));
    let mut uses = BTreeMap::<&str, KeyUse>::new();
    for (effect, statement) in allows.chain(denies) {
        for key in statement.keys() {
            let used = uses.entry(&key.name).or_insert_with(|| KeyUse {
                key: Arc::clone(&key.written),
                in_allow: false,
                in_deny: false,
                statements: Vec::new(),
            });
            used.in_allow |= effect == Effect::Allow;
            used.in_deny |= effect == Effect::Deny;
            used.statements.push(statement.index);
        }
    }
    let mut uses: Vec<KeyUse> = uses.into_values().collect();
    for used in &mut uses {
        used.statements.sort_unstable();
        used.statements.dedup();
    }
    uses
}
