//! From a document to a policy, with every mistake on the way.

mod condition;
mod elements;
mod principal;

#[cfg(test)]
mod kinds;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::condition::Test;
use crate::document::{self, Mistakes, Node, Path};
use crate::error::{LoadErrors, Problem, shown};
use crate::inspect;
use crate::policy::{Effect, Kind, Policy, Strictness};
use crate::statement::{Listed, Statement};

/// What holds for the whole document.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) kind: &'a Kind,
    pub(crate) strictness: Strictness,
    /// Version 2012-10-17.
    pub(crate) variables: bool,
}

impl Rules<'_> {
    pub(crate) fn serves(self) -> bool {
        self.strictness == Strictness::Serve
    }

    pub(crate) fn managed(self) -> bool {
        self.strictness == Strictness::Managed
    }
}

const NEW_VERSION: &str = "2012-10-17";
const OLD_VERSION: &str = "2008-10-17";

const STATEMENT_ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// Compiles a policy.
pub(crate) fn policy(
    kind: Kind,
    name: &str,
    json: &str,
    strictness: Strictness,
) -> Result<Policy, LoadErrors> {
    let mut mistakes = Mistakes::default();
    let limit = kind.max_characters(strictness);
    // White space does not count, and a limit on what does must not depend on the parse.
    if json.chars().filter(|character| !character.is_whitespace()).nth(limit).is_some() {
        mistakes.push(&Path::Root, Problem::TooLong { limit });
    }
    let mut compiled = Statements::default();
    if let Some(node) = document::parse(json, &mut mistakes) {
        compiled = top_level(&node, &kind, strictness, &mut mistakes);
    }
    if !mistakes.is_empty() {
        return Err(LoadErrors::new(name, mistakes.into_errors()));
    }
    let Statements { allows, denies } = compiled;
    Ok(Policy {
        name: name.into(),
        kind,
        text: json.into(),
        keys: inspect::keys(&allows, &denies),
        allows,
        denies,
    })
}

/// Compiles a condition block alone.
pub(crate) fn condition_block(name: &str, node: &Node) -> Result<Vec<Test>, LoadErrors> {
    let mut mistakes = Mistakes::default();
    let rules = Rules { kind: &Kind::Identity, strictness: Strictness::Serve, variables: true };
    let tests = condition::block(node, &Path::Root, rules, &mut mistakes);
    if mistakes.is_empty() { Ok(tests) } else { Err(LoadErrors::new(name, mistakes.into_errors())) }
}

#[derive(Default)]
struct Statements {
    allows: Vec<Statement>,
    denies: Vec<Statement>,
}

fn top_level(
    node: &Node,
    kind: &Kind,
    strictness: Strictness,
    mistakes: &mut Mistakes,
) -> Statements {
    let path = Path::Root;
    let mut compiled = Statements::default();
    let Node::Object(members) = node else {
        mistakes.push(&path, Problem::WrongType("an object"));
        return compiled;
    };
    for (name, _) in members {
        if !matches!(name.as_str(), "Version" | "Id" | "Statement") {
            mistakes.push(&path, Problem::UnknownElement(shown(name)));
        }
    }
    if let Some(id) = member(node, "Id") {
        text(id, &path.member("Id"), mistakes);
    }
    let variables = version(node, strictness, mistakes);
    let rules = Rules { kind, strictness, variables };
    let path = path.member("Statement");
    let mut sids = BTreeSet::new();
    let mut add = |node: &Node, path: &Path<'_>, index, mistakes: &mut Mistakes| {
        let Some((effect, statement)) = statement(node, path, index, rules, mistakes) else {
            return;
        };
        // What two statements are called has no effect on what they mean.
        if let Some(sid) = &statement.sid
            && strictness != Strictness::Language
            && !sids.insert(sid.clone())
        {
            mistakes.push(&path.member("Sid"), Problem::DuplicateSid(shown(sid)));
        }
        match effect {
            Effect::Allow => compiled.allows.push(statement),
            Effect::Deny => compiled.denies.push(statement),
        }
    };
    match member(node, "Statement") {
        None => mistakes.push(&Path::Root, Problem::Missing("Statement")),
        Some(Node::List(nodes)) if nodes.is_empty() => mistakes.push(&path, Problem::Empty),
        Some(Node::List(nodes)) => {
            for (index, node) in nodes.iter().enumerate() {
                add(node, &path.index(index), index, mistakes);
            }
        }
        Some(node) => add(node, &path, 0, mistakes),
    }
    compiled
}

/// Whether the document is of the version that has variables.
fn version(document: &Node, strictness: Strictness, mistakes: &mut Mistakes) -> bool {
    let path = Path::Root;
    let path = path.member("Version");
    let version = match member(document, "Version") {
        // The default is the older one.
        None => OLD_VERSION,
        Some(Node::Text(version)) => version,
        Some(_) => {
            mistakes.push(&path, Problem::WrongType("a string"));
            return true;
        }
    };
    match version {
        NEW_VERSION => true,
        OLD_VERSION => {
            if strictness == Strictness::Managed {
                mistakes.push(&path, Problem::OldVersion);
            }
            false
        }
        other => {
            mistakes.push(&path, Problem::UnknownVersion(shown(other)));
            true
        }
    }
}

/// Compiles a statement, or says why it is none.
fn statement(
    node: &Node,
    path: &Path<'_>,
    index: usize,
    rules: Rules<'_>,
    mistakes: &mut Mistakes,
) -> Option<(Effect, Statement)> {
    let Node::Object(members) = node else {
        mistakes.push(path, Problem::WrongType("an object"));
        return None;
    };
    for (name, _) in members {
        if !STATEMENT_ELEMENTS.contains(&name.as_str()) {
            mistakes.push(path, Problem::UnknownElement(shown(name)));
        }
    }
    let effect = effect(node, path, mistakes);
    let sid = sid(node, path, rules, mistakes);
    let principal = principal::element(node, path, effect, rules, mistakes);
    let actions = elements::actions(node, path, rules, mistakes);
    let resources = elements::resources(node, path, rules, mistakes);
    let tests = match member(node, "Condition") {
        Some(block) => condition::block(block, &path.member("Condition"), rules, mistakes),
        None => Vec::new(),
    };
    // Where effect or actions are missing there is a mistake, and nothing that is compiled will be
    // used; the statement is still looked at for what it has in common with others.
    let actions = actions.unwrap_or(Listed::In(Vec::new()));
    let statement = Statement { index, sid, principal, actions, resources, tests };
    Some((effect.unwrap_or(Effect::Deny), statement))
}

fn effect(statement: &Node, path: &Path<'_>, mistakes: &mut Mistakes) -> Option<Effect> {
    let problem = match member(statement, "Effect") {
        None => {
            mistakes.push(path, Problem::Missing("Effect"));
            return None;
        }
        Some(Node::Text(effect)) => match effect.as_str() {
            "Allow" => return Some(Effect::Allow),
            "Deny" => return Some(Effect::Deny),
            other if ["allow", "deny"].contains(&&*other.to_ascii_lowercase()) => {
                Problem::EffectCase(shown(other))
            }
            other => Problem::UnknownEffect(shown(other)),
        },
        Some(_) => Problem::WrongType("a string"),
    };
    mistakes.push(&path.member("Effect"), problem);
    None
}

/// IAM takes letters and digits only; S3 takes anything in a bucket policy.
fn sid(
    statement: &Node,
    path: &Path<'_>,
    rules: Rules<'_>,
    mistakes: &mut Mistakes,
) -> Option<std::sync::Arc<str>> {
    let path = path.member("Sid");
    let sid = text(member(statement, "Sid")?, &path, mistakes)?;
    let plain = sid.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !plain && !matches!(rules.kind, Kind::Bucket { .. }) {
        mistakes.push(&path, Problem::SidCharacters(shown(sid)));
    }
    (!sid.is_empty()).then(|| sid.into())
}

/// A member of an object.
fn member<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let Node::Object(members) = node else { return None };
    members.iter().find(|(known, _)| known == name).map(|(_, node)| node)
}

fn text<'a>(node: &'a Node, path: &Path<'_>, mistakes: &mut Mistakes) -> Option<&'a str> {
    match node {
        Node::Text(text) => Some(text),
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::List(_) | Node::Object(_) => {
            mistakes.push(path, Problem::WrongType("a string"));
            None
        }
    }
}

/// The entries of a value that is one or a list, each with its path.
fn each<'a>(node: &'a Node, path: &Path<'_>, mut then: impl FnMut(&'a Node, &Path<'_>)) {
    match node {
        Node::List(nodes) => {
            for (index, node) in nodes.iter().enumerate() {
                then(node, &path.index(index));
            }
        }
        one => then(one, path),
    }
}

/// The one of two elements that exclude each other, with its name.
fn either<'a>(
    statement: &'a Node,
    path: &Path<'_>,
    names: (&'static str, &'static str),
    mistakes: &mut Mistakes,
) -> Option<(&'static str, &'a Node)> {
    match (member(statement, names.0), member(statement, names.1)) {
        (Some(_), Some(_)) => {
            mistakes.push(path, Problem::Both(names.0, names.1));
            None
        }
        (Some(node), None) => Some((names.0, node)),
        (None, Some(node)) => Some((names.1, node)),
        (None, None) => None,
    }
}
