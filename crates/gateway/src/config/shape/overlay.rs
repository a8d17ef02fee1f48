//! The environment laid over the file: `FAKES3PP__LISTEN__S3` is `listen.s3`.
//!
//! A name is the key path in upper case, its parts joined by two underscores, list elements by
//! their index (`FAKES3PP__STORES__0__ENDPOINT`). A value is what would stand in the file without
//! quotes; a list is separated by commas or written `[a, b]`, a section is written `{a: b}`.
//! A variable wins over the file. A name that means no key is a mistake.

use std::collections::BTreeMap;

use super::suggest::nearest;
use super::{Shape, join};
use crate::config::error::{Findings, Origin, Place};
use crate::config::node::{Content, Node};

/// What the names of our variables begin with. The second underscore keeps them apart from other
/// programs' and from the names that the Go fakes3pp read.
pub(crate) const PREFIX: &str = "FAKES3PP__";

/// Lays every variable of ours over the tree.
pub(crate) fn overlay(
    root: &mut Node,
    shape: &'static Shape,
    environment: &BTreeMap<String, String>,
    findings: &mut Findings,
) {
    let mut variables: Vec<_> =
        environment.iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
    // A section before its keys, and elements in the order of their indexes.
    variables.sort_by_key(|(name, _)| {
        let parts = name.split("__");
        parts.map(|part| (part.parse::<usize>().unwrap_or(0), part)).collect::<Vec<_>>()
    });
    for (name, value) in variables {
        let rest = name.get(PREFIX.len()..).unwrap_or_default();
        let parts: Vec<String> = rest.split("__").map(str::to_ascii_lowercase).collect();
        let variable = Variable { name, value };
        if let Err(message) = variable.lay(root, shape, &parts, "") {
            let place = Place { path: name.clone(), origin: Origin::Absent };
            findings.mistake(&place, message);
        }
    }
}

struct Variable<'a> {
    name: &'a str,
    value: &'a str,
}

impl Variable<'_> {
    fn origin(&self) -> Origin {
        Origin::Variable(self.name.to_owned())
    }

    /// Sets the value below `node`, whose shape and path are given.
    fn lay(
        &self,
        node: &mut Node,
        shape: &'static Shape,
        parts: &[String],
        path: &str,
    ) -> Result<(), String> {
        let Some((part, rest)) = parts.split_first() else {
            *node = self.node(shape)?;
            return Ok(());
        };
        match shape {
            Shape::Section { keys, .. } => {
                let key = keys.iter().find(|key| key.name == part).ok_or_else(|| {
                    let names: Vec<_> = keys.iter().map(|key| key.name).collect();
                    unknown(part, path, &names)
                })?;
                let value = entry(node, key.name, self.origin())?;
                self.lay(value, key.shape, rest, &join(path, part))
            }
            Shape::Map(_, element) => {
                let value = entry(node, part, self.origin())?;
                self.lay(value, element, rest, &join(path, part))
            }
            Shape::List(element) => {
                let index = part
                    .parse::<usize>()
                    .map_err(|_| format!("`{path}` is a list: `{part}` must be an index from 0"))?;
                let element_node = self.element(node, index, path)?;
                self.lay(element_node, element, rest, &format!("{path}[{index}]"))
            }
            Shape::Leaf(_) | Shape::Free(_) => {
                Err(format!("names no key: `{path}` has no keys below it"))
            }
        }
    }

    fn element<'n>(
        &self,
        node: &'n mut Node,
        index: usize,
        path: &str,
    ) -> Result<&'n mut Node, String> {
        if !matches!(node.content, Content::List(_)) {
            *node = Node { content: Content::List(Vec::new()), origin: self.origin() };
        }
        let Content::List(items) = &mut node.content else {
            return Err(format!("`{path}` is a list"));
        };
        let count = items.len();
        if index == count {
            items.push(Node { content: Content::Map(Vec::new()), origin: self.origin() });
        }
        items.get_mut(index).ok_or_else(|| {
            format!("`{path}` has {count} elements so far: the next index is {count}, not {index}")
        })
    }

    /// The value as a tree, by what may stand there.
    fn node(&self, shape: &Shape) -> Result<Node, String> {
        let text = self.value.trim();
        let plain =
            |text: &str| Node { content: Content::Text(text.to_owned()), origin: self.origin() };
        match shape {
            Shape::Leaf(_) => Ok(plain(self.value)),
            Shape::List(Shape::Leaf(_) | Shape::Section { or_text: Some(_), .. })
                if !text.starts_with('[') =>
            {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                let content = Content::List(items.map(plain).collect());
                Ok(Node { content, origin: self.origin() })
            }
            Shape::Section { or_text: Some(_), .. } if !text.starts_with('{') => {
                Ok(plain(self.value))
            }
            Shape::Section { .. } | Shape::List(_) | Shape::Map(..) | Shape::Free(_) => {
                Node::parse(text, Some(self.name)).map_err(|(_, message)| message)
            }
        }
    }
}

fn unknown(part: &str, path: &str, names: &[&str]) -> String {
    let key = join(path, part);
    match nearest(part, names) {
        Some(near) => format!("names no key: did you mean `{}`?", variable_name(&join(path, near))),
        None => format!("names no key: there is no `{key}`"),
    }
}

/// The variable for a key path: `stores[0].name` is `FAKES3PP__STORES__0__NAME`.
pub(crate) fn variable_name(path: &str) -> String {
    let parts = path.replace('[', ".").replace(']', "").replace('.', "__");
    format!("{PREFIX}{}", parts.to_ascii_uppercase())
}

/// The entry `name` of a section, made if it is not there.
fn entry<'n>(node: &'n mut Node, name: &str, origin: Origin) -> Result<&'n mut Node, String> {
    if !matches!(node.content, Content::Map(_)) {
        *node = Node { content: Content::Map(Vec::new()), origin: origin.clone() };
    }
    let Content::Map(entries) = &mut node.content else {
        return Err(format!("`{name}` stands below something that is no section"));
    };
    let position = entries.iter().position(|(key, _)| key == name).unwrap_or_else(|| {
        let value = Node { content: Content::Map(Vec::new()), origin };
        entries.push((name.to_owned(), value));
        entries.len() - 1
    });
    let found = entries.get_mut(position).map(|(_, value)| value);
    found.ok_or_else(|| format!("`{name}` could not be added"))
}
