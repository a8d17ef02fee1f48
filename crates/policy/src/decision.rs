//! What was decided, and why.

use std::fmt;
use std::sync::Arc;

use crate::{Request, Value};

/// The part that a policy plays in a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// The caller's own policies.
    Identity,
    /// The caller's permissions boundary.
    Boundary,
    /// The session policies.
    Session,
    /// The bucket's policy.
    Bucket,
    /// The role's trust policy.
    Trust,
}

impl Layer {
    /// `identity`, `boundary`, `session`, `bucket` or `trust`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Boundary => "boundary",
            Self::Session => "session",
            Self::Bucket => "bucket",
            Self::Trust => "trust",
        }
    }
}

/// A statement that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The part that the policy played.
    pub layer: Layer,
    /// The policy's name, as given to `Policy::load`.
    pub policy: Arc<str>,
    /// The statement's place in the document, from 0.
    pub statement: usize,
    /// The statement's `Sid`, if it has one that is not empty.
    pub sid: Option<Arc<str>>,
    /// For an Allow: the statements of boundary, session policy or caller's policies that were
    /// needed as well and allowed.
    pub with: Vec<Reason>,
}

/// The answer to a [`Request`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Allowed by this statement and denied by none.
    Allow(Reason),
    /// Denied by this statement, whatever allows it.
    ExplicitDeny(Reason),
    /// Not allowed; what came nearest.
    ImplicitDeny(Nearest),
}

impl fmt::Display for Reason {
    /// `policy[index] (sid)`, for the operator's log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.policy, self.statement)?;
        match &self.sid {
            Some(sid) => write!(f, " ({sid})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Nearest {
    /// What came nearest and what stood in its way, for the operator's log and not for the client.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.statement {
            Some(statement) => {
                write!(f, "nearest in {}: {statement}: {}", self.layer.as_str(), self.failed)
            }
            None => write!(f, "{}: {}", self.layer.as_str(), self.failed),
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingAsked => "nothing was asked",
            Self::InvalidResource => "the resource is no ARN",
            Self::NoStatement => "there is no Allow",
            Self::Principal => "the principal does not match",
            Self::Action => "no Allow names the action",
            Self::Resource => "the resource does not match",
            Self::Variable(key) => {
                return write!(f, "the resource does not match: `${{{key}}}` has not one value");
            }
            Self::AccountOnly => "it names the account only",
            Self::Condition(miss) => return miss.fmt(f),
        })
    }
}

impl fmt::Display for ConditionMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}: it is ", self.operator, self.key)?;
        match &self.seen {
            Seen::Absent => f.write_str("absent"),
            Seen::Undecidable => f.write_str("not known"),
            Seen::Several(values) => write!(
                f,
                "the list {values:?}, into which only `ForAnyValue:` and `ForAllValues:` look"
            ),
            Seen::Value(value) => write!(f, "{value:?}"),
        }?;
        match &self.variable {
            Some(key) => write!(f, ", and `${{{key}}}` has not one value"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Decision {
    /// The statement that decided, or what came nearest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow(reason) | Self::ExplicitDeny(reason) => reason.fmt(f),
            Self::ImplicitDeny(nearest) => nearest.fmt(f),
        }
    }
}

impl Decision {
    /// Whether the answer is yes.
    #[must_use]
    pub fn is_allow(&self) -> bool {
        matches!(self, Self::Allow(_))
    }

    /// `allow`, `explicitDeny` or `implicitDeny`: the spelling of IAM's policy simulator in its
    /// `EvalDecision` (with `allow` for `allowed`).
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Allow(_) => "allow",
            Self::ExplicitDeny(_) => "explicitDeny",
            Self::ImplicitDeny(_) => "implicitDeny",
        }
    }

    /// The statement that decided, if one did.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Allow(reason) | Self::ExplicitDeny(reason) => Some(reason),
            Self::ImplicitDeny(_) => None,
        }
    }
}

/// The Allow that came nearest to a request that nothing allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// Where an Allow is missing.
    pub layer: Layer,
    /// The Allow statement that came nearest, if there is any Allow in that layer.
    pub statement: Option<Reason>,
    /// What stood in its way.
    pub failed: Failed,
}

/// What kept a statement from matching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// No requirement was given: nothing is allowed by asking nothing.
    NothingAsked,
    /// The resource that was asked for is neither an ARN nor `*`.
    InvalidResource,
    /// The layer has no Allow statement.
    NoStatement,
    /// `Principal` or `NotPrincipal`.
    Principal,
    /// `Action` or `NotAction`: of every Allow, so that none came nearest.
    Action,
    /// `Resource` or `NotResource`.
    Resource,
    /// The same, where a variable in it has no value, or several, or an unknown one: its key.
    Variable(Arc<str>),
    /// This condition.
    Condition(ConditionMiss),
    /// Nothing: the statement names the caller's account only, which grants nothing by itself.
    AccountOnly,
}

/// The condition that failed, for the operator's log and not for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionMiss {
    /// As written, set operator and `IfExists` included.
    pub operator: Arc<str>,
    /// The condition key, as written.
    pub key: Arc<str>,
    /// What the request had.
    pub seen: Seen,
    /// The key of a variable in the condition's values that has no value, or several, or an unknown one.
    pub variable: Option<Arc<str>>,
}

/// What a condition found in the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The key was absent or had no values.
    Absent,
    /// The key has a value that nobody knows.
    Undecidable,
    /// Values where the operator looks at one: at most 256 characters of them.
    Several(String),
    /// The values, at most 256 characters of them: what a client sends must not fill the log.
    Value(String),
}

/// Proof that every requirement was allowed.
///
/// Only [`crate::authorize`] and its trust-policy siblings make one, and it cannot be copied: what
/// demands a `Permit` cannot be reached without a decision.
#[derive(Debug)]
#[must_use = "a permit that nobody asks for protects nothing"]
pub struct Permit {
    reasons: Vec<Reason>,
}

impl Permit {
    pub(crate) fn new(reasons: Vec<Reason>) -> Self {
        Self { reasons }
    }

    /// The statements that allowed, one a requirement, in the order of the requirements.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }
}

/// A requirement that was not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The action of the requirement, empty if there was no requirement.
    pub action: String,
    /// Its resource.
    pub resource: String,
    /// Why: never an Allow. Boxed, so that the way out of a success stays small.
    pub decision: Box<Decision>,
    /// The condition keys that were known and their values, if whoever asked noted them here.
    pub conditions: Vec<(String, Value)>,
}

impl Denial {
    pub(crate) fn new(request: &Request<'_>, decision: Decision) -> Self {
        Self {
            action: request.action.to_owned(),
            resource: request.resource.to_owned(),
            decision: Box::new(decision),
            conditions: Vec::new(),
        }
    }
}
