//! AWS's session-tag claims, in both spellings (IAM User Guide, *Passing session tags using
//! AssumeRoleWithWebIdentity*):
//!
//! ```json
//! {"https://aws.amazon.com/tags": {"principal_tags": {"Team": ["blue"]}, "transitive_tag_keys": ["Team"]}}
//! {"https://aws.amazon.com/tags/principal_tags/Team": "blue", "https://aws.amazon.com/tags/transitive_tag_keys": ["Team"]}
//! ```
//!
//! The second is for providers that cannot emit objects (Entra). A value is a string or a list of
//! one string in both.

use serde_json::{Map, Value};

use super::WebIdentityError;
use crate::session::Tag;
use crate::text::quote;

const NESTED: &str = "https://aws.amazon.com/tags";
const FLAT_TAG: &str = "https://aws.amazon.com/tags/principal_tags/";
const FLAT_TRANSITIVE: &str = "https://aws.amazon.com/tags/transitive_tag_keys";

/// IAM and STS quotas: tags of a session.
const MAX_TAGS: usize = 50;
/// Characters of a tag's key.
const MAX_KEY: usize = 128;
/// Characters of a tag's value.
const MAX_VALUE: usize = 256;

/// The tags that a token brings.
#[derive(Default)]
pub(super) struct SessionTags {
    pub(super) tags: Vec<Tag>,
    pub(super) transitive_tag_keys: Vec<String>,
}

fn invalid<T>(message: impl Into<String>) -> Result<T, WebIdentityError> {
    Err(WebIdentityError::Tags(message.into()))
}

pub(super) fn read(claims: &Map<String, Value>) -> Result<SessionTags, WebIdentityError> {
    let mut tags = Vec::new();
    let mut transitive = Vec::new();
    match claims.get(NESTED) {
        None => {}
        Some(Value::Object(members)) => nested(members, &mut tags, &mut transitive)?,
        Some(_) => return invalid(format!("`{NESTED}` is not an object")),
    }
    for (name, value) in claims {
        if let Some(key) = name.strip_prefix(FLAT_TAG) {
            tags.push(tag(key, value)?);
        } else if name == FLAT_TRANSITIVE {
            transitive.extend(keys(value)?);
        } else if name.strip_prefix(NESTED).is_some_and(|rest| rest.starts_with('/')) {
            return invalid(format!("there is no claim {}", quote(name)));
        }
    }
    if tags.len() > MAX_TAGS {
        return invalid(format!("{} tags are more than {MAX_TAGS}", tags.len()));
    }
    for (index, tag) in tags.iter().enumerate() {
        if tags.iter().take(index).any(|other| same_key(&other.key, &tag.key)) {
            return invalid(format!("the tag {} comes twice", quote(&tag.key)));
        }
    }
    let transitive_tag_keys = transitive
        .iter()
        .map(|key| match tags.iter().find(|tag| same_key(&tag.key, key)) {
            Some(tag) => Ok(tag.key.clone()),
            None => invalid(format!("the transitive tag {} is not among the tags", quote(key))),
        })
        .collect::<Result<Vec<_>, _>>()?;
    for (index, key) in transitive_tag_keys.iter().enumerate() {
        if transitive_tag_keys.iter().take(index).any(|other| other == key) {
            return invalid(format!("the transitive tag {} comes twice", quote(key)));
        }
    }
    Ok(SessionTags { tags, transitive_tag_keys })
}

fn nested(
    members: &Map<String, Value>,
    tags: &mut Vec<Tag>,
    transitive: &mut Vec<String>,
) -> Result<(), WebIdentityError> {
    for (name, value) in members {
        match (name.as_str(), value) {
            ("principal_tags", Value::Object(entries)) => {
                for (key, value) in entries {
                    tags.push(tag(key, value)?);
                }
            }
            ("transitive_tag_keys", value) => transitive.extend(keys(value)?),
            // What a provider writes when it has none.
            ("principal_tags", Value::Null) => {}
            ("principal_tags", _) => return invalid("`principal_tags` is not an object"),
            (other, _) => return invalid(format!("{} is not known", quote(other))),
        }
    }
    Ok(())
}

/// Keys are unique whatever their case (IAM User Guide, *Things to know about session tags*).
pub(crate) fn same_key(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}

fn tag(key: &str, value: &Value) -> Result<Tag, WebIdentityError> {
    let text = match value {
        Value::String(text) => text,
        Value::Array(list) => match list.as_slice() {
            [Value::String(text)] => text,
            _ => return invalid(format!("the tag {} has not exactly one value", quote(key))),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            return invalid(format!("the tag {} is not a string", quote(key)));
        }
    };
    let tag = Tag { key: key.to_owned(), value: text.clone() };
    check(&tag).map_err(WebIdentityError::Tags)?;
    Ok(tag)
}

/// The rules for keys and values, shared with the tags of roles.
pub(crate) fn check(tag: &Tag) -> Result<(), String> {
    let shown = quote(&tag.key);
    let length = tag.key.chars().count();
    if !(1..=MAX_KEY).contains(&length) || !tag.key.chars().all(tag_character) {
        return Err(format!(
            "the key {shown} must be 1 to {MAX_KEY} letters, digits, spaces or any of _.:/=+-@"
        ));
    }
    if tag.key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
        return Err(format!("the key {shown} must not begin with `aws:`"));
    }
    if tag.value.chars().count() > MAX_VALUE || !tag.value.chars().all(tag_character) {
        return Err(format!(
            "the value of {shown} must be up to {MAX_VALUE} letters, digits, spaces or any of \
             _.:/=+-@"
        ));
    }
    Ok(())
}

/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`. Unicode's Alphabetic is the letters and the marks that some
/// scripts write words with; \p{Z} is spelt out because white space in Rust's sense also holds
/// tab and newline.
fn tag_character(character: char) -> bool {
    character.is_alphabetic()
        || character.is_numeric()
        || "_.:/=+-@".contains(character)
        || matches!(
            character,
            ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'
                ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
        )
}

fn keys(value: &Value) -> Result<Vec<String>, WebIdentityError> {
    let list = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) if list.len() <= MAX_TAGS => list,
        Value::Array(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Object(_) => {
            return invalid(format!(
                "`transitive_tag_keys` is not a list of up to {MAX_TAGS} keys"
            ));
        }
    };
    list.iter()
        .map(|key| match key {
            Value::String(key) => Ok(key.clone()),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => invalid("a key of `transitive_tag_keys` is not a string"),
        })
        .collect()
}
