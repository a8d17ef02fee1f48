//! What the configuration says about a provider's tokens.

use sigv4::Timestamp;

use crate::jwt::Rules;
use crate::session::{ClaimValue, key_prefix};
use crate::text::{glob, quote};

/// Longest issuer, in characters (AWS: `CreateOpenIDConnectProvider`, `Url`).
const MAX_ISSUER: usize = 255;

/// Most leeway that makes sense: a clock that is off by more is broken, and a token that is valid
/// for minutes would be valid for much longer.
const MAX_LEEWAY_SECONDS: u32 = 300;

/// First parts of condition keys that are not a provider's. An issuer `https://aws` would have its
/// claims look like the gateway's own statements about a request.
const RESERVED_PREFIXES: [&str; 8] =
    ["aws", "claims", "ec2", "fakes3pp", "iam", "s3", "saml", "sts"];

/// Claims that are always there, by themselves.
const IMPLICIT: [&str; 3] = ["aud", "iss", "sub"];

/// A mistake in a provider's rules, for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Not a URL that can be an issuer.
    #[error(
        "the issuer {0} must be an http or https URL of up to {MAX_ISSUER} characters without user, \
         query or fragment"
    )]
    Issuer(String),
    /// The issuer's condition keys would be mistaken for others.
    #[error("the issuer {0} would have condition keys that mean something else")]
    ReservedIssuer(String),
    /// No audience, or an empty one.
    #[error("at least one audience is needed, and none may be empty")]
    Audiences,
    /// More than five minutes.
    #[error("a leeway of {0} seconds is more than {MAX_LEEWAY_SECONDS}")]
    Leeway(u32),
    /// The name that policies would use is not usable in one.
    #[error(
        "the claim {0} needs a name for policies (1 to 128 of A-Z a-z 0-9 _ - . /) that is not that \
         of another claim"
    )]
    ClaimKey(String),
    /// Two rules give the same name.
    #[error("two claims are called {0} in policies")]
    DuplicateKey(String),
    /// `sub`, `iss` or `aud` filtered.
    #[error("the claim {0} is always kept whole")]
    Implicit(String),
}

/// One listed claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRule {
    claim: String,
    key: String,
    keep: Vec<String>,
}

impl ClaimRule {
    /// Keeps a claim under its own name, all values of it.
    #[must_use]
    pub fn new(claim: impl Into<String>) -> Self {
        let claim = claim.into();
        Self { key: claim.clone(), claim, keep: Vec::new() }
    }

    /// Another name for policies: for a claim such as `https://example.org/groups`, whose own name
    /// cannot be part of a condition key.
    #[must_use]
    pub fn called(self, key: impl Into<String>) -> Self {
        Self { key: key.into(), ..self }
    }

    /// Keeps only values that match one of these patterns (`*` any run, `?` one character, case
    /// matters); no patterns keep all. A single value that matches none counts as absent.
    #[must_use]
    pub fn keeping(self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { keep: patterns.into_iter().map(Into::into).collect(), ..self }
    }

    pub(super) fn claim(&self) -> &str {
        &self.claim
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn keep(&self, value: ClaimValue) -> Option<ClaimValue> {
        let wanted = |value: &String| {
            self.keep.is_empty() || self.keep.iter().any(|pattern| glob(pattern, value))
        };
        match value {
            ClaimValue::One(value) => Some(value).filter(wanted).map(ClaimValue::One),
            ClaimValue::Many(values) => {
                Some(ClaimValue::Many(values.into_iter().filter(wanted).collect()))
            }
        }
    }

    fn check(&self) -> Result<(), RuleError> {
        let whole = self.keep.is_empty() && self.key == self.claim;
        if IMPLICIT.contains(&self.claim.as_str()) {
            return if whole { Ok(()) } else { Err(RuleError::Implicit(quote(&self.claim))) };
        }
        // `amr` and `azp` mean their own claims, and policies are checked by that.
        let taken = ["aud", "iss", "sub", "amr", "azp"]
            .iter()
            .any(|name| self.key.eq_ignore_ascii_case(name) && self.claim != *name);
        let usable = (1..=128).contains(&self.key.len())
            && self.key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
        if taken || !usable {
            return Err(RuleError::ClaimKey(quote(&self.claim)));
        }
        Ok(())
    }
}

/// What a provider's tokens must meet, and which claims are kept of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRules {
    issuer: String,
    audiences: Vec<String>,
    leeway_seconds: u32,
    claims: Vec<ClaimRule>,
}

impl ProviderRules {
    /// Checks everything that can be wrong with them.
    ///
    /// `azp` and `amr` are kept even when they are not listed.
    ///
    /// # Errors
    /// Every [`RuleError`] at once.
    pub fn new(
        issuer: impl Into<String>,
        audiences: Vec<String>,
        leeway_seconds: u32,
        claims: Vec<ClaimRule>,
    ) -> Result<Self, Vec<RuleError>> {
        let issuer = issuer.into();
        let mut errors = Vec::new();
        errors.extend(check_issuer(&issuer).err());
        if audiences.is_empty() || audiences.iter().any(String::is_empty) {
            errors.push(RuleError::Audiences);
        }
        if leeway_seconds > MAX_LEEWAY_SECONDS {
            errors.push(RuleError::Leeway(leeway_seconds));
        }
        errors.extend(claims.iter().filter_map(|rule| rule.check().err()));
        let mut kept: Vec<ClaimRule> = Vec::new();
        let listed = claims.into_iter().filter(|rule| !IMPLICIT.contains(&rule.claim()));
        for rule in listed {
            if kept.iter().any(|other| other.key.eq_ignore_ascii_case(&rule.key)) {
                errors.push(RuleError::DuplicateKey(quote(&rule.key)));
            }
            kept.push(rule);
        }
        for name in ["azp", "amr"] {
            if !kept.iter().any(|rule| rule.claim == name) {
                kept.push(ClaimRule::new(name));
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self { issuer, audiences, leeway_seconds, claims: kept })
    }

    /// The issuer, exactly as in tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The audiences that mean us.
    #[must_use]
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// The issuer without scheme, before the colon of its condition keys. Keys have no case: two
    /// providers whose prefixes differ only in case cannot be told apart by policies and must not
    /// be configured together.
    #[must_use]
    pub fn key_prefix(&self) -> &str {
        key_prefix(&self.issuer)
    }

    /// The names behind the prefix that policies may use, `sub`, `iss` and `aud` included.
    pub fn claim_keys(&self) -> impl Iterator<Item = &str> {
        IMPLICIT.into_iter().chain(self.claims.iter().map(|rule| rule.key.as_str()))
    }

    /// Whether a session keeps this claim of a token, under whatever key.
    #[must_use]
    pub fn keeps(&self, claim: &str) -> bool {
        IMPLICIT.contains(&claim) || self.claims.iter().any(|rule| rule.claim == claim)
    }

    pub(super) fn claims(&self) -> &[ClaimRule] {
        &self.claims
    }

    /// What a token must meet at this instant.
    #[must_use]
    pub fn token_rules(&self, now: Timestamp) -> Rules<'_> {
        Rules {
            issuer: &self.issuer,
            audiences: &self.audiences,
            now,
            leeway_seconds: self.leeway_seconds,
        }
    }
}

fn check_issuer(issuer: &str) -> Result<(), RuleError> {
    let rest = issuer.strip_prefix("https://").or_else(|| issuer.strip_prefix("http://"));
    let usable = |rest: &str| {
        issuer.len() <= MAX_ISSUER
            && !rest.is_empty()
            && !rest.starts_with(['/', ':'])
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"@?#\"<>\\^`{|}$*".contains(&byte))
    };
    let Some(rest) = rest.filter(|rest| usable(rest)) else {
        return Err(RuleError::Issuer(quote(issuer)));
    };
    let first = rest.split(':').next().unwrap_or_default();
    if RESERVED_PREFIXES.iter().any(|reserved| first.eq_ignore_ascii_case(reserved)) {
        return Err(RuleError::ReservedIssuer(quote(issuer)));
    }
    Ok(())
}
