//! The one table of keys: what exists, of which type, with which default and meaning.
//!
//! [`section!`] declares a part of the configuration once. From that come the struct that holds
//! exactly what the user wrote, its reader (which reports every mistake and goes on), the names of
//! the environment variables and the rows of `fakes3pp config list` and `docs/config.md`.

use super::error::{Findings, Place};
use super::node::{Content, Node};

pub(crate) use section::section;

pub(crate) mod overlay;
mod section;
mod suggest;

/// What may stand at a key, as data.
#[derive(Debug)]
pub(crate) enum Shape {
    /// One scalar; the name of its type.
    Leaf(&'static str),
    /// Named keys. `or_text`: the type of the text that may stand there instead.
    Section { keys: &'static [Key], or_text: Option<&'static str> },
    /// Any number of the same.
    List(&'static Shape),
    /// The same below names that the user chooses; what such a name is.
    Map(&'static str, &'static Shape),
    /// A document of another language, kept as it is; the name of that language.
    Free(&'static str),
}

/// One key of a section.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// What a reader of `config list` is told: whole sentences.
    pub(crate) meaning: &'static str,
    /// What holds when the key is not set, or that it is required.
    pub(crate) default: fn() -> String,
    /// A narrower name of the type than the shape has, such as `URL`.
    pub(crate) type_name: Option<&'static str>,
    pub(crate) shape: &'static Shape,
}

/// A type that can be read from the tree.
pub(crate) trait Raw: Sized {
    /// What may stand there.
    const SHAPE: &'static Shape;

    /// Reads it; None after a mistake, which is in `findings` then.
    fn read(node: &Node, path: &str, findings: &mut Findings) -> Option<Self>;
}

/// A value with the place that said it.
#[derive(Clone, Debug)]
pub(crate) struct Value<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

/// What the user wrote at a key.
#[derive(Clone, Debug, Default)]
pub(crate) enum Field<T> {
    /// Nothing.
    #[default]
    Absent,
    /// Something that could not be read, and has been reported.
    Bad,
    /// This.
    Set(Value<T>),
}

impl<T> Field<T> {
    /// The value, if there is a good one.
    pub(crate) fn get(&self) -> Option<&Value<T>> {
        match self {
            Self::Set(value) => Some(value),
            Self::Absent | Self::Bad => None,
        }
    }

    /// The value; reports the key below `section` if nobody has written it.
    pub(crate) fn required(
        &self,
        section: &Place,
        name: &str,
        advice: &str,
        findings: &mut Findings,
    ) -> Option<&Value<T>> {
        if matches!(self, Self::Absent) {
            findings.mistake(&section.key(name), format!("is missing: {advice}"));
        }
        self.get()
    }

    /// Whether something stands there that could not be read.
    pub(crate) fn is_bad(&self) -> bool {
        matches!(self, Self::Bad)
    }

    /// Whether something stands there, good or not.
    pub(crate) fn is_written(&self) -> bool {
        !matches!(self, Self::Absent)
    }
}

impl<T: Copy> Field<T> {
    /// The value, or what holds without one.
    pub(crate) fn or(&self, default: T) -> T {
        self.get().map_or(default, |found| found.value)
    }
}

impl<T> Field<Vec<Value<T>>> {
    /// The elements; none if nobody has written the list.
    pub(crate) fn items(&self) -> &[Value<T>] {
        self.get().map_or(&[], |list| &list.value)
    }
}

/// The keys of a section while it is read.
pub(crate) struct Entries<'a> {
    entries: &'a [(String, Node)],
    path: &'a str,
    known: &'static [Key],
}

impl<'a> Entries<'a> {
    /// The entries of a section; reports the keys that it does not have.
    pub(crate) fn open(
        node: &'a Node,
        path: &'a str,
        known: &'static [Key],
        findings: &mut Findings,
    ) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            let names: Vec<_> = known.iter().map(|key| key.name).collect();
            findings.mistake(
                &node.place(path),
                format!(
                    "must be a section with the keys {}, but {} stands there",
                    quoted(&names),
                    node.content.kind()
                ),
            );
            return None;
        };
        let entries = Self { entries, path, known };
        entries.report_unknown(findings);
        Some(entries)
    }

    fn report_unknown(&self, findings: &mut Findings) {
        for (name, node) in self.entries {
            if !self.known.iter().any(|key| key.name == name) {
                let place = node.place(&join(self.path, name));
                findings.mistake(&place, suggest::unknown_key(name, self.path, self.known));
            }
        }
    }

    /// Reads the key `name`.
    pub(crate) fn take<T: Raw>(&self, name: &str, findings: &mut Findings) -> Field<T> {
        // The last of duplicates: they have been reported already.
        let Some((_, node)) = self.entries.iter().rev().find(|(key, _)| key == name) else {
            return Field::Absent;
        };
        let path = join(self.path, name);
        if matches!(node.content, Content::Null) {
            let message = "has no value: write one, or remove the key";
            findings.mistake(&node.place(&path), message);
            return Field::Bad;
        }
        match T::read(node, &path, findings) {
            Some(value) => Field::Set(Value { value, place: node.place(&path) }),
            None => Field::Bad,
        }
    }
}

/// The path of the key `name` below `path`.
pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Names for a message: in backticks, separated by commas.
pub(crate) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl<T: Raw> Raw for Vec<Value<T>> {
    const SHAPE: &'static Shape = &Shape::List(T::SHAPE);

    fn read(node: &Node, path: &str, findings: &mut Findings) -> Option<Self> {
        let Content::List(items) = &node.content else {
            let message =
                format!("must be a list (`[a, b]`), but {} stands there", node.content.kind());
            findings.mistake(&node.place(path), message);
            return None;
        };
        let read: Vec<_> = items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let path = format!("{path}[{index}]");
                let value = T::read(item, &path, findings)?;
                Some(Value { value, place: item.place(&path) })
            })
            .collect();
        read.into_iter().collect()
    }
}

/// A section whose names the user chooses, in the order of the file.
pub(crate) type Named<T> = Vec<(String, Value<T>)>;

impl<T: Raw> Raw for Named<T> {
    const SHAPE: &'static Shape = &Shape::Map("name", T::SHAPE);

    fn read(node: &Node, path: &str, findings: &mut Findings) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            let message =
                format!("must be a section of names, but {} stands there", node.content.kind());
            findings.mistake(&node.place(path), message);
            return None;
        };
        let read: Vec<_> = entries
            .iter()
            .map(|(name, item)| {
                let path = join(path, name);
                let value = T::read(item, &path, findings)?;
                Some((name.clone(), Value { value, place: item.place(&path) }))
            })
            .collect();
        read.into_iter().collect()
    }
}

impl Raw for String {
    const SHAPE: &'static Shape = &Shape::Leaf("text");

    fn read(node: &Node, path: &str, findings: &mut Findings) -> Option<Self> {
        let advice = match &node.content {
            Content::Text(text) => return Some(text.clone()),
            Content::Bool(_) | Content::Integer(_) | Content::Float(_) => ": put it in quotes",
            Content::Null | Content::List(_) | Content::Map(_) => "",
        };
        let kind = node.content.kind();
        findings
            .mistake(&node.place(path), format!("must be text, but {kind} stands there{advice}"));
        None
    }
}

impl Raw for bool {
    const SHAPE: &'static Shape = &Shape::Leaf("true or false");

    fn read(node: &Node, path: &str, findings: &mut Findings) -> Option<Self> {
        match &node.content {
            Content::Bool(value) => return Some(*value),
            Content::Text(text) if node.is_variable() && text == "true" => return Some(true),
            Content::Text(text) if node.is_variable() && text == "false" => return Some(false),
            Content::Null
            | Content::Integer(_)
            | Content::Float(_)
            | Content::Text(_)
            | Content::List(_)
            | Content::Map(_) => {}
        }
        findings.mistake(&node.place(path), "must be `true` or `false`, without quotes");
        None
    }
}

impl Raw for u64 {
    const SHAPE: &'static Shape = &Shape::Leaf("whole number");

    fn read(node: &Node, path: &str, findings: &mut Findings) -> Option<Self> {
        let value = match &node.content {
            Content::Integer(value) => Self::try_from(*value).ok(),
            Content::Text(text) if node.is_variable() => text.parse().ok(),
            Content::Null
            | Content::Bool(_)
            | Content::Float(_)
            | Content::Text(_)
            | Content::List(_)
            | Content::Map(_) => None,
        };
        if value.is_none() {
            findings.mistake(&node.place(path), "must be a whole number, without quotes");
        }
        value
    }
}

/// A document of another language that is kept as it is: a condition block, a policy.
#[derive(Clone, Debug)]
pub(crate) struct Free(pub(crate) serde_json::Value);

impl Raw for Free {
    const SHAPE: &'static Shape = &Shape::Free("document");

    fn read(node: &Node, path: &str, findings: &mut Findings) -> Option<Self> {
        let json = node.to_json();
        if json.is_none() {
            findings.mistake(&node.place(path), "holds a number that JSON does not have");
        }
        json.map(Self)
    }
}
