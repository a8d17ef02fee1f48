//! The parameters of the calls that are signed.

use super::form::Parameters;
use super::validate::{self, Violations};
use super::{AssumeRole, Call, GetSessionToken, QueryError, SessionPolicies};
use crate::session::Tag;
use crate::text::quote;
use crate::web_identity::{check_tag, same_tag_key};

/// IAM and STS quotas: tags of a session.
const MAX_TAGS: usize = 50;

/// A session of a user that does not say how long: 12 hours, as on AWS.
const USER_DURATION_SECONDS: u32 = 43_200;

pub(super) fn assume_role(mut parameters: Parameters) -> Result<AssumeRole, QueryError> {
    let mut violations = Violations::default();
    let role_arn = violations.role_arn(parameters.take("RoleArn"));
    let role_session_name = violations.session_name(parameters.take("RoleSessionName"));
    let duration_seconds = violations.duration(parameters.take("DurationSeconds"));
    let inline = violations.policy(parameters.take("Policy"));
    let arns = parameters.policy_arns()?;
    violations.policy_arns(&arns);
    let external_id = violations.external_id(parameters.take("ExternalId"));
    let source_identity = violations.source_identity(parameters.take("SourceIdentity"));
    let minimum_session_token_size =
        violations.minimum_token_size(parameters.take("MinimumSessionTokenSize"));
    no_mfa(&mut parameters)?;
    let tags = tags(&mut parameters)?;
    let transitive_tag_keys = transitive(&mut parameters, &tags)?;
    parameters.finish("AssumeRole")?;
    violations.finish()?;
    validate::is_role_arn(&role_arn)?;
    if let Some(document) = &inline {
        validate::loads_as_session_policy(document)?;
    }
    Ok(AssumeRole {
        role_arn,
        role_session_name,
        duration_seconds,
        session_policies: SessionPolicies { inline, arns },
        tags,
        transitive_tag_keys,
        external_id,
        source_identity,
        minimum_session_token_size,
    })
}

pub(super) fn get_session_token(mut parameters: Parameters) -> Result<GetSessionToken, QueryError> {
    let mut violations = Violations::default();
    let duration = violations.user_duration(parameters.take("DurationSeconds"));
    no_mfa(&mut parameters)?;
    parameters.finish("GetSessionToken")?;
    violations.finish()?;
    Ok(GetSessionToken { duration_seconds: duration.unwrap_or(USER_DURATION_SECONDS) })
}

pub(super) fn get_access_key_info(mut parameters: Parameters) -> Result<Call, QueryError> {
    let mut violations = Violations::default();
    let access_key_id = violations.access_key_id(parameters.take("AccessKeyId"));
    parameters.finish("GetAccessKeyInfo")?;
    violations.finish()?;
    Ok(Call::GetAccessKeyInfo { access_key_id })
}

pub(super) fn decode_authorization_message(mut parameters: Parameters) -> Result<Call, QueryError> {
    let mut violations = Violations::default();
    let encoded_message = violations.encoded_message(parameters.take("EncodedMessage"));
    parameters.finish("DecodeAuthorizationMessage")?;
    violations.finish()?;
    Ok(Call::DecodeAuthorizationMessage { encoded_message })
}

/// What asks for a second factor is refused: a session that was meant to have one would not.
fn no_mfa(parameters: &mut Parameters) -> Result<(), QueryError> {
    let asked = ["SerialNumber", "TokenCode"].map(|name| parameters.take(name).is_some());
    if asked.contains(&true) {
        let message =
            "MFA devices do not exist here; the identity provider asks for a second factor";
        return Err(QueryError::Invalid(message.to_owned()));
    }
    Ok(())
}

/// `Tags.member.N.Key` and `.Value`, N from 1 without a gap.
fn tags(parameters: &mut Parameters) -> Result<Vec<Tag>, QueryError> {
    parameters.empty_list("Tags")?;
    let mut tags: Vec<Tag> = Vec::new();
    while let Some(key) = parameters.take(&format!("Tags.member.{}.Key", tags.len() + 1)) {
        let value = parameters.take(&format!("Tags.member.{}.Value", tags.len() + 1));
        let value = value.ok_or_else(|| QueryError::Invalid("a tag has no value".to_owned()))?;
        let tag = Tag { key: key.to_string(), value: value.to_string() };
        check_tag(&tag).map_err(QueryError::Invalid)?;
        if tags.iter().any(|other| same_tag_key(&other.key, &tag.key)) {
            let message =
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(QueryError::Invalid(message.to_owned()));
        }
        if tags.len() == MAX_TAGS {
            return Err(QueryError::Invalid(format!("more than {MAX_TAGS} tags")));
        }
        tags.push(tag);
    }
    Ok(tags)
}

/// `TransitiveTagKeys.member.N`: each the key of a tag of the same call.
fn transitive(parameters: &mut Parameters, tags: &[Tag]) -> Result<Vec<String>, QueryError> {
    parameters.empty_list("TransitiveTagKeys")?;
    let mut keys: Vec<String> = Vec::new();
    while let Some(key) = parameters.take(&format!("TransitiveTagKeys.member.{}", keys.len() + 1)) {
        let Some(tag) = tags.iter().find(|tag| same_tag_key(&tag.key, &key)) else {
            let message = format!(
                "The specified transitive tag key {} must be included in the requested tags.",
                quote(&key)
            );
            return Err(QueryError::Invalid(message));
        };
        if keys.contains(&tag.key) {
            return Err(QueryError::Invalid(format!(
                "the transitive tag key {} comes twice",
                quote(&key)
            )));
        }
        keys.push(tag.key.clone());
    }
    Ok(keys)
}
