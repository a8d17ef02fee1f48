//! A role as its owner wrote it: one JSON file in the field names of IAM's API, those of GetRole and
//! GetRolePolicy.
//!
//! ```json
//! {
//!   "Arn": "arn:aws:iam::000000000000:role/team/reader",
//!   "MaxSessionDuration": 3600,
//!   "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [] },
//!   "Policies": [{ "PolicyName": "read", "PolicyDocument": { } }],
//!   "AttachedManagedPolicies": [{ "PolicyName": "list", "PolicyArn": "arn:aws:iam::000000000000:policy/list" }],
//!   "PermissionsBoundary": { },
//!   "not_before": "2026-01-02T03:04:05Z"
//! }
//! ```
//!
//! Strict: an unknown or duplicate member is an error, and all mistakes of a file come at once, each
//! with its JSON path. A permission that was misspelt must not be one that is silently missing, and a
//! boundary that was misspelt even less.

mod arn;
mod file;
mod shared_issuer;

use std::fmt;
use std::sync::Arc;

use policy::Policy;
use sigv4::Timestamp;

pub use self::arn::RoleArn;
use crate::session::Tag;

/// Largest role file, in bytes. Each document has AWS's limit of its kind when it is loaded; that all
/// inline policies of a role share one quota of 10,240 characters on AWS is not enforced. This limit
/// stops a wrong path from filling memory.
pub const MAX_ROLE_BYTES: usize = 1024 * 1024;

/// A role, checked and compiled.
#[derive(Debug, Clone)]
pub struct Role {
    arn: RoleArn,
    id: String,
    max_session_duration: u32,
    trust: Arc<Policy>,
    policies: Vec<Arc<Policy>>,
    boundary: Option<Arc<Policy>>,
    tags: Vec<Tag>,
    description: Option<String>,
    not_before: Option<Timestamp>,
    managed: Vec<String>,
}

impl Role {
    /// Reads a role file. `file` is its name for messages.
    ///
    /// # Errors
    /// Every mistake at once.
    pub fn load(file: &str, json: &str) -> Result<Self, RoleErrors> {
        file::load(json).map_err(|errors| RoleErrors { file: file.to_owned(), errors })
    }

    /// Its ARN, path included.
    #[must_use]
    pub fn arn(&self) -> &RoleArn {
        &self.arn
    }

    /// Its unique id, `AROA...`: as given, or derived from the ARN.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The longest session, in seconds, 3,600 to 43,200.
    #[must_use]
    pub fn max_session_duration(&self) -> u32 {
        self.max_session_duration
    }

    /// Who may assume it.
    #[must_use]
    pub fn trust(&self) -> &Policy {
        &self.trust
    }

    /// What it may do: the union of these.
    #[must_use]
    pub fn policies(&self) -> &[Arc<Policy>] {
        &self.policies
    }

    /// What it may do at most.
    #[must_use]
    pub fn boundary(&self) -> Option<&Arc<Policy>> {
        self.boundary.as_ref()
    }

    /// Its tags; session tags override them.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// Sessions that were issued before are over.
    #[must_use]
    pub fn not_before(&self) -> Option<Timestamp> {
        self.not_before
    }

    /// The ARNs of its managed policies. Who loads roles knows them, and adds them.
    #[must_use]
    pub fn managed_policies(&self) -> &[String] {
        &self.managed
    }

    /// The role with a managed policy as one of its policies.
    pub fn attach(&mut self, policy: Arc<Policy>) {
        self.policies.push(policy);
    }

    /// What its owner wrote about it.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }
}

/// One mistake in a role file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct RoleError {
    /// Where, as `Policies[0].PolicyDocument.Statement[1].Condition`; `document` for the whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// All mistakes of a role file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleErrors {
    file: String,
    errors: Vec<RoleError>,
}

impl RoleErrors {
    /// The file, as given to [`Role::load`].
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The mistakes, never none.
    #[must_use]
    pub fn errors(&self) -> &[RoleError] {
        &self.errors
    }
}

impl fmt::Display for RoleErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "role file `{}` does not load", self.file)?;
        for (index, error) in self.errors.iter().enumerate() {
            write!(formatter, "{} {error}", if index == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

impl std::error::Error for RoleErrors {}

#[cfg(test)]
mod tests;
