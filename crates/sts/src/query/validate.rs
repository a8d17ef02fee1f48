//! The constraints of the STS service model, with AWS's texts.

use policy::{Kind, Policy};
use zeroize::Zeroizing;

use super::{MAX_DURATION_SECONDS, MAX_USER_DURATION_SECONDS, MIN_DURATION_SECONDS, QueryError};
use crate::text::clip;
use crate::token::MAX_TOKEN_CHARS;

/// Most managed policies of one session (IAM and STS quotas).
const MAX_POLICY_ARNS: usize = 10;

const ARN_PATTERN: &str = "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\
                           \\uE000-\\uFFFD\\u10000-\\u10FFFF]+";
const NAME_PATTERN: &str = "[\\w+=,.@-]*";
const POLICY_PATTERN: &str = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+";

/// All violations of one call.
#[derive(Default)]
pub(super) struct Violations(Vec<String>);

/// How a value appears in a message: as it is, or not at all because it is a credential.
#[derive(Clone, Copy)]
enum Show<'a> {
    Value(&'a str),
    Hidden,
}

impl Violations {
    /// AWS's sentence for all of them.
    pub(super) fn finish(self) -> Result<(), QueryError> {
        let number = self.0.len();
        let detected = match number {
            0 => return Ok(()),
            1 => "1 validation error detected".to_owned(),
            _ => format!("{number} validation errors detected"),
        };
        Err(QueryError::Invalid(format!("{detected}: {}", self.0.join("; "))))
    }

    fn add(&mut self, field: &str, show: Show<'_>, constraint: &str) {
        let value = match show {
            Show::Value(value) => format!("Value '{}'", clip(value)),
            Show::Hidden => "Value".to_owned(),
        };
        self.0.push(format!("{value} at '{field}' failed to satisfy constraint: {constraint}"));
    }

    fn missing(&mut self, field: &str) {
        self.0.push(format!(
            "Value null at '{field}' failed to satisfy constraint: Member must not be null"
        ));
    }

    fn length(&mut self, field: &str, show: Show<'_>, value: &str, min: usize, max: usize) {
        let length = value.chars().count();
        if length < min {
            self.add(
                field,
                show,
                &format!("Member must have length greater than or equal to {min}"),
            );
        }
        if length > max {
            self.add(field, show, &format!("Member must have length less than or equal to {max}"));
        }
    }

    fn pattern(&mut self, field: &str, value: &str, pattern: &str, allowed: fn(char) -> bool) {
        if !value.chars().all(allowed) {
            self.add(
                field,
                Show::Value(value),
                &format!("Member must satisfy regular expression pattern: {pattern}"),
            );
        }
    }

    pub(super) fn role_arn(&mut self, value: Option<Zeroizing<String>>) -> String {
        let Some(value) = value else {
            self.missing("roleArn");
            return String::new();
        };
        self.arn("roleArn", &value);
        value.to_string()
    }

    fn arn(&mut self, field: &str, value: &str) {
        self.length(field, Show::Value(value), value, 20, 2048);
        self.pattern(field, value, ARN_PATTERN, arn_character);
    }

    pub(super) fn session_name(&mut self, value: Option<Zeroizing<String>>) -> String {
        let Some(value) = value else {
            self.missing("roleSessionName");
            return String::new();
        };
        self.length("roleSessionName", Show::Value(&value), &value, 2, 64);
        self.pattern("roleSessionName", &value, NAME_PATTERN, name_character);
        value.to_string()
    }

    pub(super) fn web_identity_token(
        &mut self,
        value: Option<Zeroizing<String>>,
    ) -> Zeroizing<String> {
        let Some(value) = value else {
            self.missing("webIdentityToken");
            return Zeroizing::default();
        };
        self.length("webIdentityToken", Show::Hidden, &value, 4, 20_000);
        value
    }

    /// Whether there was one.
    pub(super) fn provider_id(&mut self, value: Option<Zeroizing<String>>) -> bool {
        let Some(value) = value else { return false };
        self.length("providerId", Show::Value(&value), &value, 4, 2048);
        true
    }

    pub(super) fn duration(&mut self, value: Option<Zeroizing<String>>) -> Option<u32> {
        let (min, max) = (MIN_DURATION_SECONDS, MAX_DURATION_SECONDS);
        self.integer("durationSeconds", value, min, max)
    }

    pub(super) fn user_duration(&mut self, value: Option<Zeroizing<String>>) -> Option<u32> {
        self.integer("durationSeconds", value, MIN_DURATION_SECONDS, MAX_USER_DURATION_SECONDS)
    }

    pub(super) fn external_id(&mut self, value: Option<Zeroizing<String>>) -> Option<String> {
        const PATTERN: &str = "[\\w+=,.@:\\/-]*";
        let value = value?;
        let allowed = |character| name_character(character) || matches!(character, ':' | '/');
        self.length("externalId", Show::Value(&value), &value, 2, 1224);
        self.pattern("externalId", &value, PATTERN, allowed);
        Some(value.to_string())
    }

    pub(super) fn source_identity(&mut self, value: Option<Zeroizing<String>>) -> Option<String> {
        let value = value?;
        self.length("sourceIdentity", Show::Value(&value), &value, 2, 64);
        self.pattern("sourceIdentity", &value, NAME_PATTERN, name_character);
        Some(value.to_string())
    }

    pub(super) fn access_key_id(&mut self, value: Option<Zeroizing<String>>) -> String {
        const PATTERN: &str = "[\\w]*";
        let Some(value) = value else {
            self.missing("accessKeyId");
            return String::new();
        };
        let allowed = |character: char| character.is_ascii_alphanumeric() || character == '_';
        self.length("accessKeyId", Show::Value(&value), &value, 16, 128);
        self.pattern("accessKeyId", &value, PATTERN, allowed);
        value.to_string()
    }

    pub(super) fn encoded_message(&mut self, value: Option<Zeroizing<String>>) -> String {
        let Some(value) = value else {
            self.missing("encodedMessage");
            return String::new();
        };
        self.length("encodedMessage", Show::Hidden, &value, 1, 10_240);
        value.to_string()
    }

    pub(super) fn minimum_token_size(&mut self, value: Option<Zeroizing<String>>) -> u16 {
        let max = u32::try_from(MAX_TOKEN_CHARS).unwrap_or(u32::MAX);
        let size = self.integer("minimumSessionTokenSize", value, 0, max);
        size.and_then(|size| u16::try_from(size).ok()).unwrap_or(0)
    }

    /// A decimal integer of at most ten digits.
    fn integer(
        &mut self,
        field: &str,
        value: Option<Zeroizing<String>>,
        min: u32,
        max: u32,
    ) -> Option<u32> {
        let value = value?;
        let show = Show::Value(&value);
        let digits = value.strip_prefix('-').unwrap_or(&value);
        let is_number =
            (1..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        let Some(number) = value.parse::<i64>().ok().filter(|_| is_number) else {
            self.add(field, show, "Member must be an integer");
            return None;
        };
        if number < i64::from(min) {
            let text = format!("Member must have value greater than or equal to {min}");
            self.add(field, show, &text);
        }
        if number > i64::from(max) {
            let text = format!("Member must have value less than or equal to {max}");
            self.add(field, show, &text);
        }
        u32::try_from(number).ok()
    }

    pub(super) fn policy(&mut self, value: Option<Zeroizing<String>>) -> Option<String> {
        let value = value?;
        self.length("policy", Show::Value(&value), &value, 1, 2048);
        self.pattern("policy", &value, POLICY_PATTERN, policy_character);
        Some(value.to_string())
    }

    pub(super) fn policy_arns(&mut self, arns: &[String]) {
        if arns.len() > MAX_POLICY_ARNS {
            self.add(
                "policyArns",
                Show::Value(&format!("[{}]", arns.join(", "))),
                &format!("Member must have length less than or equal to {MAX_POLICY_ARNS}"),
            );
        }
        for (index, arn) in arns.iter().enumerate() {
            self.arn(&format!("policyArns.{}.member.arn", index + 1), arn);
        }
    }
}

/// Java's `\w` is ASCII.
pub(crate) fn name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)
}

fn arn_character(character: char) -> bool {
    matches!(character,
        '\u{9}' | '\u{a}' | '\u{d}' | '\u{20}'..='\u{7e}' | '\u{85}' | '\u{a0}'..='\u{d7ff}'
        | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

fn policy_character(character: char) -> bool {
    matches!(character, '\u{9}' | '\u{a}' | '\u{d}' | '\u{20}'..='\u{ff}')
}

/// `arn:PARTITION:iam::ACCOUNT:role/...`. Whether there is such a role is not said here.
pub(super) fn is_role_arn(arn: &str) -> Result<(), QueryError> {
    if crate::role::RoleArn::parse(arn).is_some() {
        Ok(())
    } else {
        Err(QueryError::Invalid(format!("{} is invalid", clip(arn))))
    }
}

pub(super) fn loads_as_session_policy(document: &str) -> Result<(), QueryError> {
    match Policy::load(Kind::Session, "Policy", document) {
        Ok(_) => Ok(()),
        Err(errors) => Err(QueryError::MalformedPolicy {
            message: clip(&errors.aws_message()),
            detail: clip(&errors.to_string()),
        }),
    }
}
