//! STS calls in the AWS Query protocol: a form or a query string, taken apart into a [`Call`].
//!
//! Nothing that is sent is ignored. AWS skips parameters that it does not know; here an unknown one is
//! refused, because the next one that AWS invents may narrow a session as `Policy` does, and a
//! gateway that drops it hands out more than was asked for. A parameter that comes twice is refused
//! too: two readers would take different ones.
//!
//! Limits and patterns are those of the STS service model (2011-06-15); the wording of violations
//! is AWS's as observed.

mod form;
mod signed;
mod validate;

use std::fmt;

use zeroize::Zeroizing;

use self::form::Parameters;
use self::validate::Violations;
pub(crate) use self::validate::name_character;
pub use crate::session::SessionPolicies;
use crate::session::Tag;
use crate::text::quote;

/// The only version of the STS API.
pub const VERSION: &str = "2011-06-15";

/// Largest query and form together, in bytes. A token of 20,000 characters (which needs no
/// encoding), a policy of 2,048 encoded to three bytes a character and ten ARNs of 2,048 come to
/// about 50 kB; real calls are below 10 kB.
pub const MAX_FORM_BYTES: usize = 64 * 1024;

/// Most parameters of a call. AssumeRole with 50 tags and 50 transitive keys has about 170.
pub const MAX_PARAMETERS: usize = 256;

/// Shortest session, in seconds.
pub const MIN_DURATION_SECONDS: u32 = 900;

/// Longest session of a user, in seconds (GetSessionToken).
pub const MAX_USER_DURATION_SECONDS: u32 = 129_600;

/// Longest session, in seconds; the role's own limit may be lower.
pub const MAX_DURATION_SECONDS: u32 = 43_200;

/// A call, its parameters valid by themselves.
#[derive(Debug, Clone)]
pub enum Call {
    /// An ID token for temporary keys. Not signed: the token is the credential.
    AssumeRoleWithWebIdentity(Box<AssumeRoleWithWebIdentity>),
    /// One role for another, or keys of a user for a role. Signed.
    AssumeRole(Box<AssumeRole>),
    /// Temporary keys for a user. Signed with its static ones.
    GetSessionToken(GetSessionToken),
    /// Which account has an access key? Signed.
    GetAccessKeyInfo {
        /// 16 to 128 characters of `\\w`.
        access_key_id: String,
    },
    /// What does the message of a denial say? Signed.
    DecodeAuthorizationMessage {
        /// 1 to 10,240 characters.
        encoded_message: String,
    },
    /// Who am I? Signed; allowed to everybody who has keys, whatever the policies say.
    GetCallerIdentity,
}

impl Call {
    /// AWS's name of the action.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::AssumeRoleWithWebIdentity(_) => "AssumeRoleWithWebIdentity",
            Self::AssumeRole(_) => "AssumeRole",
            Self::GetSessionToken(_) => "GetSessionToken",
            Self::GetAccessKeyInfo { .. } => "GetAccessKeyInfo",
            Self::DecodeAuthorizationMessage { .. } => "DecodeAuthorizationMessage",
            Self::GetCallerIdentity => "GetCallerIdentity",
        }
    }
}

/// The parameters of AssumeRoleWithWebIdentity.
#[derive(Debug, Clone)]
pub struct AssumeRoleWithWebIdentity {
    /// The role's ARN, 20 to 2,048 characters, of the form of a role ARN.
    pub role_arn: String,
    /// 2 to 64 characters of `[A-Za-z0-9_+=,.@-]`.
    pub role_session_name: String,
    /// What the client got from its provider, 4 to 20,000 characters.
    pub web_identity_token: WebIdentityToken,
    /// 900 to 43,200 seconds; the default is for the role to say.
    pub duration_seconds: Option<u32>,
    /// Asked-for session policies, well-formed. [`crate::mint`] decides about them.
    pub session_policies: SessionPolicies,
    /// At least so many bytes of session token are asked for, 0 to 4,096.
    pub minimum_session_token_size: u16,
}

/// The parameters of AssumeRole.
#[derive(Debug, Clone)]
pub struct AssumeRole {
    /// The role's ARN, 20 to 2,048 characters, of the form of a role ARN.
    pub role_arn: String,
    /// 2 to 64 characters of `[A-Za-z0-9_+=,.@-]`.
    pub role_session_name: String,
    /// 900 to 43,200 seconds; the default is for the role to say.
    pub duration_seconds: Option<u32>,
    /// Asked-for session policies, well-formed.
    pub session_policies: SessionPolicies,
    /// Session tags: keys unique without their case, 50 at most.
    pub tags: Vec<Tag>,
    /// The tags among these that go on along a chain of roles, in their spelling.
    pub transitive_tag_keys: Vec<String>,
    /// What a third party tells the role's owner, 2 to 1,224 characters.
    pub external_id: Option<String>,
    /// 2 to 64 characters, as a session name.
    pub source_identity: Option<String>,
    /// At least so many bytes of session token are asked for, 0 to 4,096.
    pub minimum_session_token_size: u16,
}

/// The parameters of GetSessionToken.
#[derive(Debug, Clone, Copy)]
pub struct GetSessionToken {
    /// 900 to 129,600 seconds; the default is 12 hours.
    pub duration_seconds: u32,
}

/// The token of a call: a credential, so it is wiped when dropped and never shown.
#[derive(Clone)]
pub struct WebIdentityToken(Zeroizing<String>);

impl WebIdentityToken {
    /// The token's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WebIdentityToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WebIdentityToken(redacted)")
    }
}

/// Why a call was not understood. Holds names and short values of parameters, never the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// More than [`MAX_FORM_BYTES`].
    #[error("the parameters have {0} bytes, more than {MAX_FORM_BYTES}")]
    TooLong(usize),
    /// More than [`MAX_PARAMETERS`].
    #[error("more than {MAX_PARAMETERS} parameters")]
    TooMany,
    /// A `%` without two hexadecimal digits, or text that is not UTF-8.
    #[error("the parameters are not percent-encoded UTF-8")]
    Encoding,
    /// A parameter that comes twice.
    #[error("the parameter {0} comes twice")]
    Duplicate(String),
    /// No `Action`.
    #[error("no action was named")]
    MissingAction,
    /// An action of STS that this gateway does not have.
    #[error("the action {0} is not supported")]
    UnsupportedAction(String),
    /// No action of STS, or another version of it.
    #[error("there is no action {action} in version {version}")]
    UnknownAction {
        /// As sent, quoted.
        action: String,
        /// As sent, quoted.
        version: String,
    },
    /// A parameter that the action does not have.
    #[error("the action {action} has no parameter {name}")]
    UnknownParameter {
        /// The action.
        action: &'static str,
        /// As sent, quoted.
        name: String,
    },
    /// Values outside the service model, in AWS's wording.
    #[error("{0}")]
    Invalid(String),
    /// `Policy` is not a policy.
    #[error("{detail}")]
    MalformedPolicy {
        /// AWS's wording where there is one.
        message: String,
        /// All mistakes with their JSON paths.
        detail: String,
    },
}

/// The parameters of the STS calls, lists by their names alone (STS API Reference, *Actions*).
const PARAMETERS: [&str; 22] = [
    "AccessKeyId",
    "Action",
    "DurationSeconds",
    "EncodedMessage",
    "ExternalId",
    "Name",
    "Policy",
    "PolicyArns",
    "PrincipalArn",
    "ProvidedContexts",
    "ProviderId",
    "RoleArn",
    "RoleSessionName",
    "SAMLAssertion",
    "SerialNumber",
    "SourceIdentity",
    "Tags",
    "TargetPrincipal",
    "TokenCode",
    "TransitiveTagKeys",
    "Version",
    "WebIdentityToken",
];

/// Whether a parameter of this name, or an element of a list such as `Tags.member.1.Key`, belongs to a
/// call of the STS, in whatever case.
#[must_use]
pub fn is_parameter(name: &str) -> bool {
    let list = name.split('.').next().unwrap_or_default();
    PARAMETERS.iter().any(|known| known.eq_ignore_ascii_case(list))
}

/// Takes a call apart.
///
/// `query` is the raw query string without `?`, `form` the raw body of a POST; either may be empty.
/// Parameters may be in both, as AWS allows, but none in both at once. Of the query, the names that
/// a presigned URL adds for its signature are left to whoever verifies it.
///
/// # Errors
/// [`QueryError`], with all violations of the service model at once.
pub fn parse(query: &str, form: &[u8]) -> Result<Call, QueryError> {
    let mut parameters = Parameters::parse(query, form)?;
    let action = parameters.take("Action").ok_or(QueryError::MissingAction)?;
    let version = parameters.take("Version");
    if version.as_deref().map(String::as_str) != Some(VERSION) {
        let version = version.map_or_else(|| "NO_VERSION_SPECIFIED".to_owned(), |v| quote(&v));
        return Err(QueryError::UnknownAction { action: quote(&action), version });
    }
    match action.as_str() {
        "AssumeRoleWithWebIdentity" => assume_role_with_web_identity(parameters)
            .map(|call| Call::AssumeRoleWithWebIdentity(Box::new(call))),
        "AssumeRole" => {
            signed::assume_role(parameters).map(|call| Call::AssumeRole(Box::new(call)))
        }
        "GetSessionToken" => signed::get_session_token(parameters).map(Call::GetSessionToken),
        "GetAccessKeyInfo" => signed::get_access_key_info(parameters),
        "DecodeAuthorizationMessage" => signed::decode_authorization_message(parameters),
        "GetCallerIdentity" => {
            parameters.finish("GetCallerIdentity").map(|()| Call::GetCallerIdentity)
        }
        other if OTHER_ACTIONS.contains(&other) => Err(QueryError::UnsupportedAction(quote(other))),
        other => {
            Err(QueryError::UnknownAction { action: quote(other), version: VERSION.to_owned() })
        }
    }
}

/// The rest of STS (service model 2011-06-15), for a better answer than "no such action".
const OTHER_ACTIONS: [&str; 5] = [
    "AssumeRoleWithSAML",
    "AssumeRoot",
    "GetDelegatedAccessToken",
    "GetFederationToken",
    "GetWebIdentityToken",
];

fn assume_role_with_web_identity(
    mut parameters: Parameters,
) -> Result<AssumeRoleWithWebIdentity, QueryError> {
    let mut violations = Violations::default();
    let role_arn = violations.role_arn(parameters.take("RoleArn"));
    let role_session_name = violations.session_name(parameters.take("RoleSessionName"));
    let token = violations.web_identity_token(parameters.take("WebIdentityToken"));
    let provider_id = violations.provider_id(parameters.take("ProviderId"));
    let duration_seconds = violations.duration(parameters.take("DurationSeconds"));
    let inline = violations.policy(parameters.take("Policy"));
    let arns = parameters.policy_arns()?;
    violations.policy_arns(&arns);
    let minimum_session_token_size =
        violations.minimum_token_size(parameters.take("MinimumSessionTokenSize"));
    parameters.finish("AssumeRoleWithWebIdentity")?;
    violations.finish()?;
    if provider_id {
        return Err(QueryError::Invalid(
            "ProviderId is for OAuth 2.0 access tokens; an OpenID Connect token names its issuer \
             itself"
                .to_owned(),
        ));
    }
    validate::is_role_arn(&role_arn)?;
    if let Some(document) = &inline {
        validate::loads_as_session_policy(document)?;
    }
    Ok(AssumeRoleWithWebIdentity {
        role_arn,
        role_session_name,
        web_identity_token: WebIdentityToken(token),
        duration_seconds,
        session_policies: SessionPolicies { inline, arns },
        minimum_session_token_size,
    })
}

#[cfg(test)]
mod tests;
