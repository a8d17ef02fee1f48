//! The policy of a form: what its signer lets the other fields be ("Creating a POST policy", S3 API
//! reference).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::Form;
use super::escapes::to_json;
use crate::code::AwsCode;
use crate::date::parse_iso8601;
use crate::headers::request::is_secret;
use crate::name::{Bucket, Key};
use crate::resolve::shown;

/// A policy that its author signed, and that is yet to be held against the form.
#[derive(Debug)]
pub struct PostPolicy {
    /// Seconds since 1970.
    expiration: i64,
    conditions: Vec<Condition>,
}

#[derive(Debug)]
enum Condition {
    Is { field: String, value: String },
    StartsWith { field: String, value: String },
    Length { least: u64, most: u64 },
}

/// Why a form is not what its policy allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostPolicyError {
    /// Not base64 of a JSON document of `expiration` and `conditions`, each once, in their forms.
    #[error("the policy of the form cannot be read")]
    Malformed,
    /// Its time is over.
    #[error("the policy of the form has expired")]
    Expired,
    /// A condition on a field that is another, or not there.
    ///
    /// Its value is for the client alone.
    #[error("the condition \"{operator}\" on \"${field}\" of the form's policy fails")]
    Condition {
        /// `eq` or `starts-with`.
        operator: &'static str,
        /// Cut to 64 characters.
        field: String,
        /// Cut to 64 characters; left out if it is a secret.
        value: String,
    },
    /// A field that the policy does not speak of.
    #[error("the policy of the form does not speak of the field `{0}`")]
    ExtraField(String),
}

impl PostPolicyError {
    /// The code that the client reads.
    #[must_use]
    pub fn code(&self) -> AwsCode {
        match self {
            Self::Malformed => AwsCode::InvalidPolicyDocument,
            Self::Expired | Self::Condition { .. } | Self::ExtraField(_) => AwsCode::AccessDenied,
        }
    }

    /// What AWS says of it, if it does.
    #[must_use]
    pub fn aws_message(&self) -> Option<String> {
        const INVALID: &str = "Invalid according to Policy:";
        match self {
            Self::Malformed => None,
            Self::Expired => Some(format!("{INVALID} Policy expired.")),
            Self::Condition { operator, field, value } => Some(format!(
                "{INVALID} Policy Condition failed: [\"{operator}\", \"${field}\", \"{value}\"]"
            )),
            Self::ExtraField(name) => Some(format!("{INVALID} Extra input fields: {name}")),
        }
    }
}

/// How long the file may be, in bytes, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LengthRange {
    least: u64,
    most: u64,
}

/// Where a length lies that is not in a range, with the bound that it passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exceeds {
    /// Below the least.
    Below(u64),
    /// Above the most.
    Above(u64),
}

impl LengthRange {
    /// Without a condition every length is allowed.
    pub const ANY: Self = Self { least: 0, most: u64::MAX };

    /// Whether a length is in the range.
    ///
    /// # Errors
    /// [`Exceeds`].
    pub fn check(&self, length: u64) -> Result<(), Exceeds> {
        if length < self.least {
            Err(Exceeds::Below(self.least))
        } else if length > self.most {
            Err(Exceeds::Above(self.most))
        } else {
            Ok(())
        }
    }
}

/// Fields that the policy need not speak of: itself, what signs it, and what S3 does not look at.
fn is_free(field: &str) -> bool {
    matches!(field, "policy" | "x-amz-signature" | "signature" | "awsaccesskeyid")
        || field.starts_with("x-ignore-")
}

impl PostPolicy {
    /// Reads the text of the field `policy`.
    ///
    /// # Errors
    /// [`PostPolicyError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, PostPolicyError> {
        let malformed = || PostPolicyError::Malformed;
        let json = to_json(&STANDARD.decode(text).map_err(|_| malformed())?);
        let document: Document = serde_json::from_slice(&json).map_err(|_| malformed())?;
        let expiration = parse_iso8601(&document.expiration).ok_or_else(malformed)?;
        let mut conditions = Vec::new();
        for one in document.conditions {
            match one {
                // AWS: "Simple-Conditions must have exactly one property specified."
                Written::Pairs(Pairs(pairs)) if pairs.is_empty() => return Err(malformed()),
                Written::Pairs(Pairs(pairs)) => {
                    conditions.extend(pairs.into_iter().map(|(field, value)| Condition::Is {
                        field: field.to_ascii_lowercase(),
                        value: value.text(),
                    }));
                }
                Written::List(list) => conditions.push(Condition::of(list).ok_or_else(malformed)?),
            }
        }
        Ok(Self { expiration, conditions })
    }

    /// Holds the policy against a form that goes to `bucket` and, with its variables replaced, `key`.
    /// `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`PostPolicyError`].
    pub fn check(
        &self,
        form: &Form,
        bucket: &Bucket,
        key: &Key,
        now: i64,
    ) -> Result<LengthRange, PostPolicyError> {
        if now > self.expiration {
            return Err(PostPolicyError::Expired);
        }
        let value_of = |field: &str| match field {
            "bucket" => Some(bucket.as_str()),
            "key" => Some(key.as_str()),
            field => form.field(field),
        };
        let mut range = LengthRange::ANY;
        for condition in &self.conditions {
            let (operator, field, wanted, holds) = match condition {
                Condition::Length { least, most } => {
                    range.least = range.least.max(*least);
                    range.most = range.most.min(*most);
                    continue;
                }
                Condition::Is { field, value } => {
                    ("eq", field, value, value_of(field) == Some(value.as_str()))
                }
                Condition::StartsWith { field, value } => {
                    let holds = value_of(field).is_some_and(|it| starts_with(field, it, value));
                    ("starts-with", field, value, holds)
                }
            };
            if !holds {
                let wanted = if is_secret(field) { "..." } else { wanted.as_str() };
                let (field, value) = (shown(field), shown(wanted));
                return Err(PostPolicyError::Condition { operator, field, value });
            }
        }
        match form.fields.iter().find(|field| !is_free(&field.name) && !self.knows(&field.name)) {
            Some(field) => Err(PostPolicyError::ExtraField(shown(&field.name))),
            // The bucket is a field that every form has: in its address.
            None if !self.knows("bucket") => Err(PostPolicyError::ExtraField("bucket".to_owned())),
            None => Ok(range),
        }
    }

    fn knows(&self, name: &str) -> bool {
        self.conditions.iter().any(|condition| match condition {
            Condition::Is { field, .. } | Condition::StartsWith { field, .. } => field == name,
            Condition::Length { .. } => false,
        })
    }
}

/// `Content-Type` may be a list of types, each of which must start so.
fn starts_with(field: &str, value: &str, prefix: &str) -> bool {
    if field == "content-type" {
        return value.split(',').all(|one| one.trim_start().starts_with(prefix));
    }
    value.starts_with(prefix)
}

impl Condition {
    fn of(list: Vec<Scalar>) -> Option<Self> {
        let [operator, first, second] = <[Scalar; 3]>::try_from(list).ok()?;
        let operator = operator.text().to_ascii_lowercase();
        if operator == "content-length-range" {
            let (least, most) = (first.number()?, second.number()?);
            return (least <= most).then_some(Self::Length { least, most });
        }
        let field = first.text().strip_prefix('$')?.to_ascii_lowercase();
        let value = second.text();
        match operator.as_str() {
            "eq" => Some(Self::Is { field, value }),
            "starts-with" => Some(Self::StartsWith { field, value }),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    expiration: String,
    conditions: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    List(Vec<Scalar>),
    Pairs(Pairs),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Number(u64),
    Text(String),
}

impl Scalar {
    fn text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }

    fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => {
                text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
            }
        }
    }
}

/// The members of an object, all of them: a name that comes twice is two conditions.
struct Pairs(Vec<(String, Scalar)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of fields and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
