//! `Action` and `Resource` and their `Not...`.

use super::{Rules, each, either, member, text};
use crate::action::{self, ActionPattern};
use crate::arn::{ArnPattern, IAM_TYPES};
use crate::document::{Mistakes, Node, Path};
use crate::error::{Problem, shown};
use crate::policy::Kind;
use crate::statement::Listed;
use crate::variable::{Syntax, split_parts};

pub(super) fn actions(
    statement: &Node,
    path: &Path<'_>,
    rules: Rules<'_>,
    mistakes: &mut Mistakes,
) -> Option<Listed<Vec<ActionPattern>>> {
    let Some((name, node)) = either(statement, path, ("Action", "NotAction"), mistakes) else {
        if member(statement, "Action").is_none() {
            mistakes.push(path, Problem::NoActions);
        }
        return None;
    };
    let path = path.member(name);
    if matches!(node, Node::List(nodes) if nodes.is_empty()) {
        mistakes.push(&path, Problem::NoActions);
    }
    let mut patterns = Vec::new();
    each(node, &path, |node, path| {
        let Some(text) = text(node, path, mistakes) else { return };
        let pattern = ActionPattern::parse(text, rules.managed())
            .and_then(|pattern| check_service(text, rules).map(|()| pattern));
        match pattern {
            Ok(pattern) => patterns.push(pattern),
            Err(problem) => mistakes.push(path, problem),
        }
    });
    Some(if name == "Action" { Listed::In(patterns) } else { Listed::Not(patterns) })
}

/// Trust policies speak about STS and bucket policies about S3. What else they name never happens
/// there.
fn check_service(text: &str, rules: Rules<'_>) -> Result<(), Problem> {
    let only = match rules.kind {
        Kind::Trust => "sts",
        Kind::Bucket { .. } => "s3",
        Kind::Identity | Kind::Boundary | Kind::Session => return Ok(()),
    };
    match action::service(text) {
        Some(service) if service != only && rules.serves() => Err(Problem::ForeignAction {
            action: shown(text),
            service: only,
            kind: rules.kind.as_str(),
        }),
        Some(_) | None => Ok(()),
    }
}

pub(super) fn resources(
    statement: &Node,
    path: &Path<'_>,
    rules: Rules<'_>,
    mistakes: &mut Mistakes,
) -> Option<Listed<Vec<ArnPattern>>> {
    if *rules.kind == Kind::Trust {
        for element in ["Resource", "NotResource"] {
            if member(statement, element).is_some() {
                let kind = rules.kind.as_str();
                mistakes.push(path, Problem::Prohibited { element, kind });
            }
        }
        return None;
    }
    let Some((name, node)) = either(statement, path, ("Resource", "NotResource"), mistakes) else {
        if member(statement, "Resource").is_none() {
            mistakes.push(path, Problem::NoResources);
        }
        return None;
    };
    let path = path.member(name);
    if matches!(node, Node::List(nodes) if nodes.is_empty()) {
        mistakes.push(&path, Problem::NoResources);
    }
    let mut patterns = Vec::new();
    each(node, &path, |node, path| {
        // IAM takes a null in a list of resources and passes over it.
        if rules.managed() && *node == Node::Null {
            return;
        }
        let Some(text) = text(node, path, mistakes) else { return };
        match resource(text, rules) {
            Ok(pattern) => patterns.push(pattern),
            Err(problem) => mistakes.push(path, problem),
        }
    });
    Some(if name == "Resource" { Listed::In(patterns) } else { Listed::Not(patterns) })
}

fn resource(text: &str, rules: Rules<'_>) -> Result<ArnPattern, Problem> {
    if text != "*" {
        check_resource(text, rules)?;
    }
    if let Kind::Bucket { bucket } = rules.kind
        && rules.serves()
    {
        check_own(text, bucket)?;
    }
    let syntax = Syntax { wildcards: true, variables: rules.variables };
    match ArnPattern::parse(text, syntax) {
        Ok(Some(pattern)) => Ok(pattern),
        // Only IAM's own rules let it come so far.
        Ok(None) => Ok(ArnPattern::Never),
        Err(_) => Err(Problem::MalformedVariable(shown(text))),
    }
}

/// The checks of IAM, in its order.
fn check_resource(text: &str, rules: Rules<'_>) -> Result<(), Problem> {
    let parts = split_parts(text, 6, rules.variables);
    let [_, partition, rest @ ..] = parts.as_slice() else {
        return Err(Problem::ResourceNotArn(shown(text)));
    };
    if *partition != "aws" {
        let partition = shown(partition);
        return Err(Problem::Partition { resource: shown(text), partition });
    }
    if !text.starts_with("arn:") {
        return Err(Problem::ResourceNotArn(shown(text)));
    }
    let [service, rest @ ..] = rest else {
        return Err(Problem::ResourceService(shown(text)));
    };
    if service.is_empty() {
        return Err(Problem::ResourceParts(shown(text)));
    }
    if service.contains(['*', '?', '$']) {
        return Err(Problem::ResourceService(shown(text)));
    }
    let [region, account, path] = rest else {
        // IAM takes some of these; they name nothing.
        return if rules.managed() && !text.contains("::") {
            Ok(())
        } else {
            Err(Problem::ResourceParts(shown(text)))
        };
    };
    if rules.variables && (region.contains("${") || account.contains("${")) {
        return Err(Problem::VariableNotAllowed(shown(text)));
    }
    check_region(text, service, region, path)
}

/// Types of resource of S3 that do have a region.
const REGIONAL: [&str; 8] = [
    "accesspoint",
    "access-grants",
    "async-request",
    "job/",
    "multi-region-access-point",
    "storage-lens",
    "*",
    "?",
];

fn check_region(text: &str, service: &str, region: &str, path: &str) -> Result<(), Problem> {
    let service = match service {
        "iam" => "iam",
        "s3" if !REGIONAL.iter().any(|kind| path.starts_with(kind)) => "s3",
        _ => return Ok(()),
    };
    if !region.is_empty() {
        return Err(Problem::ResourceRegion { resource: shown(text), service });
    }
    if service == "iam" && path != "*" && !IAM_TYPES.iter().any(|kind| path.starts_with(kind)) {
        return Err(Problem::IamPath(shown(text)));
    }
    Ok(())
}

/// A bucket policy's resources are the bucket and its keys.
fn check_own(text: &str, bucket: &str) -> Result<(), Problem> {
    let own = text
        .strip_prefix("arn:aws:s3:::")
        .and_then(|resource| resource.strip_prefix(bucket))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if own {
        Ok(())
    } else {
        Err(Problem::ForeignResource { resource: shown(text), bucket: shown(bucket) })
    }
}
