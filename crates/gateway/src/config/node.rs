//! The configuration as a tree: what the file says, with the environment laid over it.
//!
//! Nothing is interpreted here beyond YAML itself. Every node knows the line or the variable it
//! came from. Duplicate keys are kept, so that all of them can be reported together.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, MergeKeyPolicy, Spanned};

use super::error::{Findings, Origin, Place};

/// One value of the tree.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) origin: Origin,
}

/// What a value is, before anybody asks for a type.
#[derive(Clone)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// Shows the shape only: a secret may stand where a reference belongs.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Map(entries) => {
                f.debug_map().entries(entries.iter().map(|(k, v)| (k, v))).finish()
            }
            Self::Null | Self::Bool(_) | Self::Integer(_) | Self::Float(_) | Self::Text(_) => {
                f.write_str(self.kind())
            }
        }
    }
}

impl Content {
    /// The kind of value, for messages. The value itself is not shown: it may be a secret.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a section",
        }
    }
}

impl Node {
    /// An empty section that nobody has written.
    pub(crate) fn empty() -> Self {
        Self { content: Content::Map(Vec::new()), origin: Origin::Absent }
    }

    /// The place of this node, whose path is `path`.
    pub(crate) fn place(&self, path: &str) -> Place {
        Place { path: path.to_owned(), origin: self.origin.clone() }
    }

    /// Whether the value came from an environment variable, where everything is text.
    pub(crate) fn is_variable(&self) -> bool {
        matches!(self.origin, Origin::Variable(_))
    }

    /// Parses one YAML document. An empty one is an empty section.
    ///
    /// `source`: for a variable, its name: its nodes then point to it instead of to lines.
    pub(crate) fn parse(text: &str, variable: Option<&str>) -> Result<Self, (Origin, String)> {
        let options = serde_saphyr::options! {
            // Reported by us, all together and with their path.
            duplicate_keys: DuplicateKeyPolicy::PassThrough,
            merge_keys: MergeKeyPolicy::Error,
            strict_booleans: true,
            leading_zero_numbers_as_strings: true,
            underscored_numbers_as_strings: true,
            reject_unsupported_tags: true,
            // A snippet would show the source, and with it what may be a secret.
            with_snippet: false,
        };
        let parsed = serde_saphyr::from_str_with_options::<Option<Self>>(text, options);
        let mut node = parsed.map_err(|error| {
            let origin = match (variable, error.location()) {
                (Some(name), _) => Origin::Variable(name.to_owned()),
                (None, Some(location)) => Origin::Line(location.line()),
                (None, None) => Origin::Absent,
            };
            (origin, format!("is not valid YAML: {}", plain_message(&error)))
        })?;
        if let (Some(node), Some(name)) = (&mut node, variable) {
            node.set_origin(&Origin::Variable(name.to_owned()));
        }
        Ok(node.unwrap_or_else(Self::empty))
    }

    fn set_origin(&mut self, origin: &Origin) {
        self.origin = origin.clone();
        match &mut self.content {
            Content::List(items) => items.iter_mut().for_each(|item| item.set_origin(origin)),
            Content::Map(entries) => {
                entries.iter_mut().for_each(|(_, value)| value.set_origin(origin));
            }
            Content::Null
            | Content::Bool(_)
            | Content::Integer(_)
            | Content::Float(_)
            | Content::Text(_) => {}
        }
    }

    /// Reports every key that stands twice in one section.
    pub(crate) fn report_duplicates(&self, path: &str, findings: &mut Findings) {
        let here = self.place(path);
        match &self.content {
            Content::Map(entries) => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    let place = Place { origin: value.origin.clone(), ..here.key(key) };
                    if entries.iter().take(index).any(|(earlier, _)| earlier == key) {
                        findings.mistake(&place, "stands twice in its section: keep one of them");
                    }
                    value.report_duplicates(&place.path, findings);
                }
            }
            Content::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.report_duplicates(&here.index(index).path, findings);
                }
            }
            Content::Null
            | Content::Bool(_)
            | Content::Integer(_)
            | Content::Float(_)
            | Content::Text(_) => {}
        }
    }

    /// The same value as JSON, for the parts that are documents of AWS's own language.
    /// None for a number that JSON does not have.
    pub(crate) fn to_json(&self) -> Option<serde_json::Value> {
        Some(match &self.content {
            Content::Null => serde_json::Value::Null,
            Content::Bool(value) => (*value).into(),
            Content::Integer(value) => {
                serde_json::Value::Number(serde_json::Number::from_i128(*value)?)
            }
            Content::Float(value) => {
                serde_json::Value::Number(serde_json::Number::from_f64(*value)?)
            }
            Content::Text(value) => value.as_str().into(),
            Content::List(items) => items.iter().map(Self::to_json).collect::<Option<_>>()?,
            Content::Map(entries) => serde_json::Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| Some((key.clone(), value.to_json()?)))
                    .collect::<Option<_>>()?,
            ),
        })
    }
}

/// The parser's message without its own place, in our style.
fn plain_message(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().render();
    let text = text.lines().next().unwrap_or_default();
    let text = text.split(" at line ").next().unwrap_or_default();
    text.trim_end_matches('.').to_owned()
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Content>::deserialize(deserializer)?;
        Ok(Self { content: spanned.value, origin: Origin::Line(spanned.referenced.line()) })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Integer(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Content, E> {
        Ok(Content::Integer(value))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Content, E> {
        Ok(Content::Integer(i128::try_from(value).unwrap_or(i128::MAX)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let mut value: Node = map.next_value()?;
            // The key's line is the one that the operator looks for, also above a nested section.
            value.origin = Origin::Line(key.referenced.line());
            entries.push((key.value, value));
        }
        Ok(Content::Map(entries))
    }
}
