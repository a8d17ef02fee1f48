//! A policy, compiled.

use std::fmt;
use std::sync::Arc;

use crate::compile;
use crate::decision::{Layer, Reason};
use crate::error::LoadErrors;
use crate::statement::Statement;

/// What a document is for. The kind decides which elements it must and may not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A policy of a role or user.
    Identity,
    /// A permissions boundary.
    Boundary,
    /// A session policy.
    Session,
    /// The trust policy of a role.
    Trust,
    /// The policy of a bucket.
    Bucket {
        /// The bucket's name. The policy may speak only of it and its keys.
        bucket: String,
    },
}

impl Kind {
    /// `identity`, `boundary`, `session`, `trust` or `bucket`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.layer().as_str()
    }

    pub(crate) fn layer(&self) -> Layer {
        match self {
            Self::Identity => Layer::Identity,
            Self::Boundary => Layer::Boundary,
            Self::Session => Layer::Session,
            Self::Trust => Layer::Trust,
            Self::Bucket { .. } => Layer::Bucket,
        }
    }

    /// The most characters without white space, as AWS limits them (IAM and AWS STS quotas; Amazon
    /// S3 *Bucket policies*): an inline role policy 10,240, a managed policy 6,144, a trust policy
    /// 4,096 where its quota was raised, a session policy 2,048, a bucket policy 20 KiB.
    #[must_use]
    pub fn max_characters(&self, strictness: Strictness) -> usize {
        match (self, strictness) {
            (Self::Identity | Self::Boundary, Strictness::Managed) | (Self::Boundary, _) => 6_144,
            (Self::Identity, _) => 10_240,
            (Self::Trust, _) => 4_096,
            (Self::Session, _) => 2_048,
            (Self::Bucket { .. }, _) => 20 * 1024,
        }
    }
}

/// How much is demanded of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Strictness {
    /// A document that requests will be decided by: also what would load on AWS but could never
    /// have an effect, or not the one that was meant, is a mistake.
    #[default]
    Serve,
    /// The language alone, without knowing who and what exists: principals and ARN patterns that
    /// match nobody and nothing are taken, and so are every resource in a bucket policy and a `Sid`
    /// that is used twice.
    Language,
    /// The rules by which IAM accepts a new managed policy: version `2012-10-17`, and some things
    /// that have no meaning (an empty list of values, an ARN of three parts) are taken as IAM takes
    /// them.
    Managed,
}

/// Allow or Deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`
    Deny,
}

/// A compiled, immutable policy.
pub struct Policy {
    pub(crate) name: Arc<str>,
    pub(crate) kind: Kind,
    pub(crate) text: Box<str>,
    /// In the order of the document.
    pub(crate) allows: Vec<Statement>,
    pub(crate) denies: Vec<Statement>,
    pub(crate) keys: Vec<Arc<str>>,
}

impl Policy {
    /// Compiles a document that will serve requests.
    ///
    /// `name` is what decisions and errors call it; it should say where the document came from.
    ///
    /// # Errors
    ///
    /// Every mistake in the document, each with its JSON path.
    pub fn load(kind: Kind, name: &str, json: &str) -> Result<Self, LoadErrors> {
        Self::load_with(kind, name, json, Strictness::Serve)
    }

    /// Compiles a document, demanding more or less of it.
    ///
    /// # Errors
    ///
    /// Every mistake in the document, each with its JSON path.
    pub fn load_with(
        kind: Kind,
        name: &str,
        json: &str,
        strictness: Strictness,
    ) -> Result<Self, LoadErrors> {
        compile::policy(kind, name, json, strictness)
    }

    /// Its name, as given when it was loaded.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The document as it was loaded.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number of its statements.
    #[must_use]
    pub fn statements(&self) -> usize {
        self.allows.len() + self.denies.len()
    }

    /// `layer` is the part that it plays here: an identity policy may be a session policy, too.
    pub(crate) fn reason(&self, layer: Layer, statement: &Statement) -> Reason {
        Reason {
            layer,
            policy: Arc::clone(&self.name),
            statement: statement.index,
            sid: statement.sid.clone(),
            with: Vec::new(),
        }
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("statements", &self.statements())
            .finish_non_exhaustive()
    }
}
