//! Strict JSON: every member is kept, repeated ones are mistakes, numbers keep their digits.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{LoadError, MAX_ERRORS, Problem, shown};

/// Nobody's policy is this long, white space included: AWS's largest is a bucket policy of 20 KiB.
/// It bounds what a text of nothing but white space or brackets costs.
const MAX_BYTES: usize = 256 * 1024;

/// A policy is six levels deep: document, statements, statement, condition, operator, values.
const MAX_DEPTH: usize = 16;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// Where in a document: a list that lives on the stack.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    Root,
    Member(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    pub(crate) fn member(&'a self, name: &'a str) -> Self {
        Self::Member(self, name)
    }

    pub(crate) fn index(&'a self, index: usize) -> Self {
        Self::Index(self, index)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("document"),
            Self::Index(Self::Root, index) => write!(f, "[{index}]"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
            Self::Member(parent, name) => {
                let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b':');
                match (parent, plain && !name.is_empty()) {
                    (Self::Root, true) => f.write_str(&shown(name)),
                    (_, true) => write!(f, "{parent}.{}", shown(name)),
                    (Self::Root, false) => write!(f, "[{:?}]", shown(name)),
                    (_, false) => write!(f, "{parent}[{:?}]", shown(name)),
                }
            }
        }
    }
}

/// All mistakes of a document.
#[derive(Default)]
pub(crate) struct Mistakes {
    errors: Vec<LoadError>,
}

impl Mistakes {
    pub(crate) fn push(&mut self, path: &Path<'_>, problem: Problem) {
        // Beyond that many nobody reads them, and each one costs memory.
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(LoadError { path: path.to_string(), problem });
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    pub(crate) fn into_errors(self) -> Vec<LoadError> {
        self.errors
    }
}

/// Reads a document. Without a value there is a mistake that says why.
pub(crate) fn parse(text: &str, mistakes: &mut Mistakes) -> Option<Node> {
    let path = Path::Root;
    if text.len() > MAX_BYTES {
        mistakes.push(&path, Problem::TooLarge { limit: MAX_BYTES });
        return None;
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => parse_node(raw.get(), &path, 1, mistakes),
        Err(error) => {
            mistakes.push(&path, Problem::NotJson(shown(&error.to_string())));
            None
        }
    }
}

/// Reads one level; each level is scanned again by the one below it, so the time is the length of
/// the text times its depth, and both are bounded.
fn parse_node(text: &str, path: &Path<'_>, depth: usize, mistakes: &mut Mistakes) -> Option<Node> {
    if depth > MAX_DEPTH {
        mistakes.push(path, Problem::TooDeep { limit: MAX_DEPTH });
        return None;
    }
    let node = match text.as_bytes().first() {
        Some(b'{') => {
            serde_json::from_str(text).map(|members| object(members, path, depth, mistakes))
        }
        Some(b'[') => serde_json::from_str(text).map(|items| list(items, path, depth, mistakes)),
        Some(b'"') => serde_json::from_str(text).map(|text| Some(Node::Text(text))),
        Some(b't' | b'f') => serde_json::from_str(text).map(|flag| Some(Node::Bool(flag))),
        Some(b'n') => Ok(Some(Node::Null)),
        _ => Ok(Some(Node::Number(text.to_owned()))),
    };
    node.unwrap_or_else(|error| {
        mistakes.push(path, Problem::NotJson(shown(&error.to_string())));
        None
    })
}

fn object(
    Members(members): Members<'_>,
    path: &Path<'_>,
    depth: usize,
    mistakes: &mut Mistakes,
) -> Option<Node> {
    let mut nodes: Vec<(String, Node)> = Vec::with_capacity(members.len());
    let mut seen = std::collections::BTreeSet::new();
    let mut complete = true;
    for (name, raw) in members {
        if !seen.insert(name.clone()) {
            mistakes.push(path, Problem::Duplicate(shown(&name)));
            complete = false;
            continue;
        }
        match parse_node(raw.get(), &path.member(&name), depth + 1, mistakes) {
            Some(node) => nodes.push((name, node)),
            None => complete = false,
        }
    }
    complete.then_some(Node::Object(nodes))
}

fn list(
    items: Vec<&RawValue>,
    path: &Path<'_>,
    depth: usize,
    mistakes: &mut Mistakes,
) -> Option<Node> {
    let mut nodes = Vec::with_capacity(items.len());
    let mut complete = true;
    for (index, raw) in items.into_iter().enumerate() {
        match parse_node(raw.get(), &path.index(index), depth + 1, mistakes) {
            Some(node) => nodes.push(node),
            None => complete = false,
        }
    }
    complete.then_some(Node::List(nodes))
}

/// The members of an object in their order, repeated ones included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

impl From<&serde_json::Value> for Node {
    fn from(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(flag) => Self::Bool(*flag),
            serde_json::Value::Number(number) => Self::Number(number.to_string()),
            serde_json::Value::String(text) => Self::Text(text.clone()),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            serde_json::Value::Object(members) => Self::Object(
                members.iter().map(|(name, value)| (name.clone(), Self::from(value))).collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mistakes, Node, parse};

    fn read(text: &str) -> (Option<Node>, Vec<String>) {
        let mut mistakes = Mistakes::default();
        let node = parse(text, &mut mistakes);
        (node, mistakes.into_errors().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn numbers_keep_their_digits() {
        let (node, errors) = read(r#" [1.30, 9007199254740993, true, null, "\u00e9"] "#);
        assert_eq!(errors, [""; 0]);
        let number = |text: &str| Node::Number(text.to_owned());
        assert_eq!(
            node,
            Some(Node::List(vec![
                number("1.30"),
                number("9007199254740993"),
                Node::Bool(true),
                Node::Null,
                Node::Text("é".to_owned()),
            ]))
        );
    }

    #[test]
    fn a60_members_appear_once() {
        let (node, errors) = read(r#"{"a":[{"b":1,"\u0062":2}],"c":{"d":1,"d":1},"a":1}"#);
        assert_eq!(node, None);
        assert_eq!(
            errors,
            [
                "a[0]: member `b` appears twice",
                "c: member `d` appears twice",
                "document: member `a` appears twice",
            ]
        );
    }

    #[test]
    fn only_json_and_only_one_value() {
        for text in [
            "",
            " ",
            "{",
            "{} {}",
            "{},",
            "[1,]",
            "nul",
            "{'a':1}",
            "{\"a\":01}",
            "\u{feff}{}",
            "\"\\ud800\"",
            "\"\n\"",
            "// x\n{}",
            "NaN",
            "{\"a\"}",
        ] {
            let (node, errors) = read(text);
            assert_eq!((node, errors.len()), (None, 1), "{text}");
        }
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let deep = "[".repeat(17) + &"]".repeat(17);
        assert_eq!(read(&deep).0, None);
        let endless = "[".repeat(200_000);
        assert_eq!(read(&endless).0, None);
        let long = " ".repeat(300_000);
        assert_eq!(read(&long).1, ["document: larger than 262144 bytes"]);
        let fits = "[".repeat(16) + &"]".repeat(16);
        assert!(read(&fits).0.is_some());
    }

    #[test]
    fn mistakes_are_listed_up_to_a_limit() {
        let many = format!("[{}]", vec![r#"{"a":1,"a":1}"#; 500].join(","));
        assert_eq!(read(&many).1.len(), 64);
    }

    #[test]
    fn objects_are_bounded_in_depth_too() {
        let nested = |depth: usize| r#"{"a":"#.repeat(depth - 1) + "{}" + &"}".repeat(depth - 1);
        assert!(read(&nested(16)).0.is_some());
        assert_eq!(read(&nested(17)).0, None);
    }

    #[test]
    fn the_largest_document_is_read() {
        let largest = " ".repeat(256 * 1024 - 1) + "1";
        assert_eq!(read(&largest).0, Some(Node::Number("1".to_owned())));
        assert_eq!(read(&format!(" {largest}")).0, None);
    }

    #[test]
    fn odd_names_are_quoted_in_paths() {
        let twice = r#"{"d":1,"d":1}"#;
        let (_, errors) = read(&format!(
            r#"{{"a b":{twice},"":{twice},"c":{{"x\ny":{twice},"":{twice},"aws:x":{twice}}}}}"#
        ));
        let paths: Vec<_> = errors.iter().map(|error| error.split_once(": ").unwrap().0).collect();
        assert_eq!(paths, [r#"["a b"]"#, r#"[""]"#, r#"c["x\ny"]"#, r#"c[""]"#, "c.aws:x"]);
    }
}
