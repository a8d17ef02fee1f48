//! Why a document did not load.

mod aws;

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

/// At most this many mistakes are listed: a document of nothing but mistakes stays readable.
pub(crate) const MAX_ERRORS: usize = 64;

/// Everything that is wrong with one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadErrors {
    name: String,
    errors: Vec<LoadError>,
}

impl LoadErrors {
    pub(crate) fn new(name: &str, mut errors: Vec<LoadError>) -> Self {
        errors.truncate(MAX_ERRORS);
        Self { name: name.to_owned(), errors }
    }

    /// The name of the document, as given to `Policy::load`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The mistakes in the order of the document, never none and at most 64.
    #[must_use]
    pub fn errors(&self) -> &[LoadError] {
        &self.errors
    }

    /// The one message that AWS would give, which stops at the first kind of mistake in a fixed
    /// order: syntax, version, legacy parsing, `Sid`, actions, resources. Ours where AWS has none.
    #[must_use]
    pub fn aws_message(&self) -> Cow<'_, str> {
        match self.errors.iter().min_by_key(|error| error.problem.stage()) {
            Some(error) => error.problem.aws_message(),
            None => Cow::Borrowed("Syntax errors in policy."),
        }
    }
}

impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "policy `{}` does not load", self.name)?;
        for (index, error) in self.errors.iter().enumerate() {
            write!(f, "{} {error}", if index == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadErrors {}

/// One mistake and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{path}: {problem}")]
pub struct LoadError {
    /// Where, as `Statement[1].Condition.StringLike`; `document` for the whole.
    pub path: String,
    /// What.
    pub problem: Problem,
}

/// A mistake in a policy document.
///
/// The text is for the operator who wrote the document. Input stands in backticks, cut to 256
/// characters by whoever makes the value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// Not JSON, or more than one JSON value.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// Longer than documents of this kind may be, not counting white space.
    #[error("longer than {limit} characters without white space")]
    TooLong {
        /// The most that is allowed.
        limit: usize,
    },
    /// Larger than any policy is, white space included.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// The most that is allowed.
        limit: usize,
    },
    /// Nested deeper than any policy is.
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// The most that is allowed.
        limit: usize,
    },
    /// The same member twice in one object.
    #[error("member `{0}` appears twice")]
    Duplicate(String),
    /// A member that the policy language does not have.
    #[error("unknown element `{0}`")]
    UnknownElement(String),
    /// A member that must be there.
    #[error("missing element `{0}`")]
    Missing(&'static str),
    /// A value of the wrong JSON type.
    #[error("must be {0}")]
    WrongType(&'static str),
    /// An empty list where at least one entry is needed.
    #[error("must not be empty")]
    Empty,
    /// Two elements that exclude each other.
    #[error("has both `{0}` and `{1}`")]
    Both(&'static str, &'static str),
    /// An element that this kind of policy may not have.
    #[error("`{element}` is not allowed in {kind} policies")]
    Prohibited {
        /// The element.
        element: &'static str,
        /// The kind of policy.
        kind: &'static str,
    },
    /// A version that does not exist.
    #[error("version `{0}` is neither `2012-10-17` nor `2008-10-17`")]
    UnknownVersion(String),
    /// A version that new managed policies may not have.
    #[error("must be version `2012-10-17`")]
    OldVersion,
    /// Neither `Allow` nor `Deny`.
    #[error("effect `{0}` is neither `Allow` nor `Deny`")]
    UnknownEffect(String),
    /// `allow` or `DENY`.
    #[error("effect `{0}` must be spelt `Allow` or `Deny`")]
    EffectCase(String),
    /// A `Sid` with other characters than letters and digits.
    #[error("sid `{0}` may hold only letters and digits")]
    SidCharacters(String),
    /// A `Sid` that another statement has.
    #[error("sid `{0}` is used twice")]
    DuplicateSid(String),
    /// Neither `Action` nor `NotAction`.
    #[error("has no actions")]
    NoActions,
    /// Neither `Resource` nor `NotResource`.
    #[error("has no resources")]
    NoResources,
    /// An action without a service.
    #[error("action `{0}` must be prefaced by a service, as `s3:GetObject`")]
    ActionWithoutService(String),
    /// An action with several colons.
    #[error("action `{0}` has more than one colon")]
    ActionColons(String),
    /// An action whose service holds other characters than letters, digits, `-` and `.`.
    #[error("`{0}` is no service that an action can name")]
    ActionService(String),
    /// An action of a service that this kind of policy does not speak about.
    #[error(
        "action `{action}` is not an action of `{service}`, the only service in {kind} policies"
    )]
    ForeignAction {
        /// The action.
        action: String,
        /// The service that the policy may name.
        service: &'static str,
        /// The kind of policy.
        kind: &'static str,
    },
    /// A resource that is neither `*` nor an ARN.
    #[error("resource `{0}` must be an ARN or `*`")]
    ResourceNotArn(String),
    /// A resource in a partition other than `aws`.
    #[error("resource `{resource}` is in partition `{partition}`; only `aws` exists here")]
    Partition {
        /// The resource.
        resource: String,
        /// Its partition.
        partition: String,
    },
    /// A resource without a service, or with wildcards in it.
    #[error("resource `{0}` must name its service in full")]
    ResourceService(String),
    /// A resource with fewer than six parts.
    #[error("resource `{0}` has fewer than six parts between colons")]
    ResourceParts(String),
    /// A region where the service's resources have none.
    #[error("resource `{resource}` cannot have a region: {service} resources have none")]
    ResourceRegion {
        /// The resource.
        resource: String,
        /// `iam` or `s3`.
        service: &'static str,
    },
    /// An IAM resource of no known type.
    #[error("resource `{0}` is of no type that IAM has")]
    IamPath(String),
    /// A resource of another bucket in a bucket policy.
    #[error("resource `{resource}` is neither bucket `{bucket}` nor a key in it")]
    ForeignResource {
        /// The resource.
        resource: String,
        /// The bucket that the policy belongs to.
        bucket: String,
    },
    /// A variable in a place that cannot have one.
    #[error("`{0}` has a variable where none is allowed")]
    VariableNotAllowed(String),
    /// `${` without its end, without a key, or with a malformed default.
    #[error("`{0}` has a malformed variable: write `${{key}}` or `${{key, 'default'}}`")]
    MalformedVariable(String),
    /// A principal that is no ARN, account or name.
    #[error("`{0}` is no principal")]
    UnknownPrincipal(String),
    /// A wildcard in part of a principal.
    #[error("principal `{0}` has a wildcard in it; only `*` alone is one")]
    PrincipalWildcard(String),
    /// A kind of principal that this kind of policy may not name.
    #[error("`{principal}` principals are not allowed in {kind} policies")]
    PrincipalKind {
        /// `AWS`, `Federated`, `Service` or `CanonicalUser`.
        principal: &'static str,
        /// The kind of policy.
        kind: &'static str,
    },
    /// `NotPrincipal` with `Allow`: everybody but somebody, anonymous callers included.
    #[error("`NotPrincipal` with `Allow` would allow everybody else")]
    NotPrincipalAllow,
    /// A condition operator that does not exist.
    #[error("unknown condition operator `{0}`")]
    UnknownOperator(String),
    /// `Null` with `IfExists` or a set operator.
    #[error("`Null` takes neither `IfExists` nor a set operator")]
    NullCombined,
    /// A condition key that cannot exist.
    #[error("`{0}` is no condition key")]
    UnknownKey(String),
    /// A condition key with several colons.
    #[error("condition key `{0}` has more than one colon")]
    KeyColons(String),
    /// The same condition key twice under one operator, in different case.
    #[error("condition key `{0}` appears twice in different case")]
    KeyTwice(String),
    /// A key that has several values, under an operator that looks at one.
    #[error("condition key `{0}` has several values and needs `ForAnyValue:` or `ForAllValues:`")]
    NeedsSetOperator(String),
    /// Not a date.
    #[error("`{0}` is neither an ISO 8601 date nor seconds since 1970")]
    NotDate(String),
    /// Not a number.
    #[error("`{0}` is not a decimal number")]
    NotNumber(String),
    /// Not a boolean.
    #[error("`{0}` is neither `true` nor `false`")]
    NotBool(String),
    /// Not base64.
    #[error("`{0}` is not base64")]
    NotBinary(String),
    /// Not an address or range.
    #[error("`{0}` is neither an IP address nor a range in CIDR notation")]
    NotIp(String),
    /// Not an ARN pattern.
    #[error("`{0}` is not an ARN pattern: six parts between colons, or `*`")]
    NotArnPattern(String),
}

/// Input as it may stand in a message: at most 256 characters of it.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(256).collect()
}
