//! `Principal` and `NotPrincipal`.

use super::{Rules, each, either, member, text};
use crate::document::{Mistakes, Node, Path};
use crate::error::{Problem, shown};
use crate::policy::{Effect, Kind};
use crate::principal::{Named, PrincipalPattern, named_aws, named_federated};
use crate::statement::Listed;

/// Compiles the element, which only trust and bucket policies have, and those must.
pub(super) fn element(
    statement: &Node,
    path: &Path<'_>,
    effect: Option<Effect>,
    rules: Rules<'_>,
    mistakes: &mut Mistakes,
) -> Option<Listed<PrincipalPattern>> {
    let kind = rules.kind.as_str();
    let prohibit = |element: &'static str, mistakes: &mut Mistakes| {
        if member(statement, element).is_some() {
            mistakes.push(path, Problem::Prohibited { element, kind });
        }
    };
    match rules.kind {
        Kind::Identity | Kind::Boundary | Kind::Session => {
            prohibit("Principal", mistakes);
            prohibit("NotPrincipal", mistakes);
            return None;
        }
        Kind::Trust => prohibit("NotPrincipal", mistakes),
        Kind::Bucket { .. } => {}
    }
    let Some((name, node)) = either(statement, path, ("Principal", "NotPrincipal"), mistakes)
    else {
        if member(statement, "Principal").is_none() {
            mistakes.push(path, Problem::Missing("Principal"));
        }
        return None;
    };
    let path = path.member(name);
    let principals = pattern(node, &path, rules, mistakes);
    if name == "Principal" {
        return Some(Listed::In(principals));
    }
    if effect == Some(Effect::Allow) {
        mistakes.push(&path, Problem::NotPrincipalAllow);
    }
    if principals.anybody {
        // All but everybody.
        mistakes.push(&path, Problem::UnknownPrincipal("*".to_owned()));
    }
    Some(Listed::Not(principals))
}

fn pattern(
    node: &Node,
    path: &Path<'_>,
    rules: Rules<'_>,
    mistakes: &mut Mistakes,
) -> PrincipalPattern {
    let mut principals = PrincipalPattern::default();
    let members = match node {
        Node::Text(everybody) if everybody == "*" => {
            principals.anybody = true;
            return principals;
        }
        Node::Object(members) if members.is_empty() => {
            mistakes.push(path, Problem::Empty);
            return principals;
        }
        Node::Object(members) => members,
        _ => {
            mistakes.push(path, Problem::WrongType("`*` or an object"));
            return principals;
        }
    };
    for (name, names) in members {
        let path = path.member(name);
        let Some(kind) = principal_kind(name) else {
            mistakes.push(&path, Problem::UnknownElement(shown(name)));
            continue;
        };
        if !is_allowed(kind, rules.kind) {
            let policy = rules.kind.as_str();
            mistakes.push(&path, Problem::PrincipalKind { principal: kind, kind: policy });
            continue;
        }
        if matches!(names, Node::List(names) if names.is_empty()) {
            mistakes.push(&path, Problem::Empty);
        }
        each(names, &path, |node, path| {
            let Some(name) = text(node, path, mistakes) else { return };
            if kind == "AWS" && name == "*" {
                principals.anybody = true;
                return;
            }
            match named(kind, name, rules) {
                Ok(named) => principals.named.push(named),
                Err(problem) => mistakes.push(path, problem),
            }
        });
    }
    principals
}

fn principal_kind(name: &str) -> Option<&'static str> {
    ["AWS", "Federated", "Service", "CanonicalUser"].into_iter().find(|kind| *kind == name)
}

fn is_allowed(principal: &str, kind: &Kind) -> bool {
    match kind {
        // Services that may assume a role are taken: none of them ever calls here.
        Kind::Trust => principal != "CanonicalUser",
        Kind::Bucket { .. } => principal == "AWS",
        Kind::Identity | Kind::Boundary | Kind::Session => false,
    }
}

/// A name that nobody has is a mistake in a document that serves: an Allow for it is of no use, and
/// a Deny for it spares whom it was meant for.
fn named(kind: &str, name: &str, rules: Rules<'_>) -> Result<Named, Problem> {
    let named = match kind {
        "AWS" => named_aws(name),
        "Federated" => named_federated(name),
        _ if name.ends_with(".amazonaws.com") => Some(Named::Nobody(name.to_owned())),
        _ => None,
    };
    match named {
        _ if name.contains(['*', '?']) => Err(Problem::PrincipalWildcard(shown(name))),
        Some(named) => Ok(named),
        None if !rules.serves() => Ok(Named::Nobody(name.to_owned())),
        None => Err(Problem::UnknownPrincipal(shown(name))),
    }
}
