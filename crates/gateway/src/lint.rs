//! What loads and is not what it seems: findings about policies that are right by their grammar (those of
//! files that are not are told, too).
//!
//! A policy that works on AWS loads here. But an action that does not exist, or that can never meet the
//! resource it stands beside, does nothing: in an Allow that is a puzzle, in a Deny a hole. Lint reads
//! the document itself and decides nothing.

mod actions;
mod conditions;
mod cover;
mod document;
mod statement;
#[cfg(test)]
mod tests;

use std::fmt;

use policy::{Kind, Policy, Strictness};
use serde::Serialize;
use serde_json::Value as Json;

pub(crate) use actions::distance;
pub(crate) use conditions::NEVER_FILLED;
pub use document::DocumentKind;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what was meant.
    Warning,
    /// A Deny that denies nothing, or trust in everybody: does not pass `check`.
    Error,
}

impl Severity {
    /// `note`, `warning` or `error`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// Where in the document, such as `Statement[1].Action[0]`.
    pub path: String,
    /// How much it matters.
    pub severity: Severity,
    /// A word for it, for machines.
    pub code: &'static str,
    /// What it is and what to do.
    pub message: String,
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]: {}", self.path, self.severity.as_str(), self.code, self.message)
    }
}

/// What to say of an action that there is not.
pub(crate) fn unknown_action(action: &str) -> Option<String> {
    let advice = || {
        actions::suggestion(action)
            .map(|near| format!(" (did you mean `s3:{near}`?)"))
            .unwrap_or_default()
    };
    matches!(actions::named(action), actions::Named::Nothing)
        .then(|| format!("there is no action `{action}`{}", advice()))
}

/// Looks at a policy that loads. `kind`: what it is for.
#[must_use]
pub fn policy(document: &Json, kind: DocumentKind) -> Vec<Lint> {
    document::policy(document, kind)
}

/// Looks at a file: a policy of whatever kind, or a role with all its policies. What does not load is said
/// so, and then nothing else: what it means is not known.
///
/// # Errors
/// When it is not the JSON of one.
pub fn file(text: &str) -> Result<Vec<Lint>, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let found = document::file(&json)?;
    let unloadable = unloadable(&json, text);
    Ok(if unloadable.is_empty() { found } else { unloadable })
}

fn unloadable(json: &Json, text: &str) -> Vec<Lint> {
    let lint = |path: String, message: String| Lint {
        path,
        severity: Severity::Error,
        code: "does-not-load",
        message,
    };
    if json.get("AssumeRolePolicyDocument").is_some() {
        let role = sts::role::Role::load("", text).err();
        let errors = role.iter().flat_map(|errors| errors.errors());
        return errors.map(|error| lint(error.path.clone(), error.message.clone())).collect();
    }
    let (kind, strictness) = match document::kind(json) {
        DocumentKind::Permission => (Kind::Identity, Strictness::Serve),
        DocumentKind::Trust => (Kind::Trust, Strictness::Serve),
        // Whose policy it is, is not known.
        DocumentKind::Bucket => (crate::simulation::any_bucket(), Strictness::Language),
    };
    let policy = Policy::load_with(kind, "", text, strictness).err();
    let errors = policy.iter().flat_map(|errors| errors.errors());
    errors.map(|error| lint(error.path.clone(), error.problem.to_string())).collect()
}
