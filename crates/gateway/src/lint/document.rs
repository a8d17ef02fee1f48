//! Finding the policies in a file, and what concerns a whole policy.

use serde_json::Value as Json;

use super::statement::{Statement, statement};
use super::{Lint, Severity, cover};

/// What a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// What somebody may do.
    Permission,
    /// Who may assume a role.
    Trust,
    /// Who may do what with a bucket.
    Bucket,
}

/// A policy, or a role with its policies.
pub(super) fn file(json: &Json) -> Result<Vec<Lint>, String> {
    let Some(trust) = json.get("AssumeRolePolicyDocument") else {
        return match json.get("Statement") {
            Some(_) => Ok(policy(json, kind(json))),
            None => Err("is neither a policy (`Statement`) nor a role".to_owned()),
        };
    };
    let mut found = at("AssumeRolePolicyDocument", policy(trust, DocumentKind::Trust));
    let policies = json.get("Policies").and_then(Json::as_array);
    for (index, entry) in policies.into_iter().flatten().enumerate() {
        if let Some(document) = entry.get("PolicyDocument") {
            let path = format!("Policies[{index}].PolicyDocument");
            found.extend(at(&path, policy(document, DocumentKind::Permission)));
        }
    }
    if let Some(boundary) = json.get("PermissionsBoundary") {
        found.extend(at("PermissionsBoundary", policy(boundary, DocumentKind::Permission)));
    }
    Ok(found)
}

fn at(path: &str, found: Vec<Lint>) -> Vec<Lint> {
    let inside = |lint: Lint| Lint { path: format!("{path}.{}", lint.path), ..lint };
    found.into_iter().map(inside).collect()
}

/// What a policy is for, by what its statements have.
pub(super) fn kind(policy: &Json) -> DocumentKind {
    kind_of(policy.get("Statement").unwrap_or(&Json::Null))
}

/// By what the statements have: a principal and a resource, one of them, or none.
fn kind_of(statements: &Json) -> DocumentKind {
    let first = match statements {
        Json::Array(all) => all.first(),
        one => Some(one),
    };
    let has = |names: [&str; 2]| {
        first.is_some_and(|first| names.iter().any(|name| first.get(*name).is_some()))
    };
    match (has(["Principal", "NotPrincipal"]), has(["Resource", "NotResource"])) {
        (true, true) => DocumentKind::Bucket,
        (true, false) => DocumentKind::Trust,
        (false, _) => DocumentKind::Permission,
    }
}

pub(super) fn policy(document: &Json, kind: DocumentKind) -> Vec<Lint> {
    let mut found = Vec::new();
    version(document, &mut found);
    let statements: Vec<(String, &Json)> = match document.get("Statement") {
        Some(Json::Array(all)) => all
            .iter()
            .enumerate()
            .map(|(index, one)| (format!("Statement[{index}]"), one))
            .collect(),
        Some(one) => vec![("Statement".to_owned(), one)],
        None => Vec::new(),
    };
    let read: Vec<Statement> =
        statements.iter().map(|(path, json)| Statement::read(path, json)).collect();
    for one in &read {
        statement(one, kind, &mut found);
    }
    if kind == DocumentKind::Permission {
        shadowed(&read, &mut found);
    }
    found
}

/// Variables have a meaning in the newer version only.
fn version(document: &Json, found: &mut Vec<Lint>) {
    let version = document.get("Version").and_then(Json::as_str);
    if version == Some("2012-10-17") {
        return;
    }
    let variables = document.to_string().contains("${");
    let what = match version {
        None => "there is no `Version`, so that it is 2008-10-17",
        Some(_) => "the version is the older one",
    };
    let (severity, code, more) = if variables {
        (Severity::Warning, "variables-in-old-version", " and `${...}` is plain text")
    } else {
        (Severity::Note, "old-version", "")
    };
    let message = format!("{what}{more}: write \"Version\": \"2012-10-17\"");
    found.push(Lint { path: "Version".to_owned(), severity, code, message });
}

/// Statements that another one makes pointless.
fn shadowed(statements: &[Statement], found: &mut Vec<Lint>) {
    for (index, one) in statements.iter().enumerate() {
        let covers = |other: &Statement| {
            other.is_plain()
                && one.is_listed()
                && cover::covers(&other.actions, &one.actions, true)
                && cover::covers(&other.resources, &one.resources, false)
        };
        let by = |(at, other): &(usize, &Statement)| {
            // Of two that are the same, the second is told.
            *at != index
                && covers(other)
                && (!one.is_plain() || *at < index || !covered(one, other))
        };
        let mut others = statements.iter().enumerate().filter(by);
        let shadow = if one.allows {
            others.clone().find(|(_, other)| !other.allows).or_else(|| others.next())
        } else {
            others.find(|(_, other)| !other.allows)
        };
        if let Some((_, other)) = shadow {
            let message = if one.allows == other.allows {
                format!("{} says the same and more", other.path)
            } else {
                format!("{} denies all of it: it allows nothing", other.path)
            };
            let (severity, code) = (Severity::Warning, "shadowed-statement");
            found.push(Lint { path: one.path.clone(), severity, code, message });
        }
    }
}

/// Whether `wide` is itself no more than `narrow`.
fn covered(narrow: &Statement, wide: &Statement) -> bool {
    narrow.allows == wide.allows
        && cover::covers(&narrow.actions, &wide.actions, true)
        && cover::covers(&narrow.resources, &wide.resources, false)
}
