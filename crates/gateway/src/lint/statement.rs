//! What concerns one statement.

use serde_json::{Map, Value as Json};

use super::actions::{self, Action, Named};
use super::conditions::conditions;
use super::{DocumentKind, Lint, Severity};

/// A statement, as far as lint looks at it.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) path: String,
    pub(super) allows: bool,
    pub(super) actions: Vec<String>,
    pub(super) not_action: bool,
    pub(super) resources: Vec<String>,
    not_resource: bool,
    principal: Option<Json>,
    pub(super) conditions: Map<String, Json>,
}

fn texts(value: Option<&Json>) -> Vec<String> {
    match value {
        Some(Json::String(text)) => vec![text.clone()],
        Some(Json::Array(all)) => all.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

impl Statement {
    pub(super) fn read(path: &str, json: &Json) -> Self {
        let not_action = json.get("NotAction").is_some();
        let not_resource = json.get("NotResource").is_some();
        let list = |name: &str, not: &str| texts(json.get(name).or_else(|| json.get(not)));
        Self {
            path: path.to_owned(),
            allows: json.get("Effect").and_then(Json::as_str) == Some("Allow"),
            actions: list("Action", "NotAction"),
            not_action,
            resources: list("Resource", "NotResource"),
            not_resource,
            principal: json.get("Principal").cloned(),
            conditions: json
                .get("Condition")
                .and_then(Json::as_object)
                .cloned()
                .unwrap_or_default(),
        }
    }

    /// Whether it lists what it is about.
    pub(super) fn is_listed(&self) -> bool {
        !self.not_action && !self.not_resource
    }

    /// Whether it holds whatever the circumstances.
    pub(super) fn is_plain(&self) -> bool {
        self.is_listed() && self.conditions.is_empty()
    }

    pub(super) fn effect(&self) -> &'static str {
        if self.allows { "allows" } else { "denies" }
    }

    /// A Deny without effect is a hole.
    pub(super) fn inert(&self) -> Severity {
        if self.allows { Severity::Warning } else { Severity::Error }
    }

    pub(super) fn find(
        &self,
        found: &mut Vec<Lint>,
        part: &str,
        severity: Severity,
        code: &'static str,
        message: impl Into<String>,
    ) {
        let path = format!("{}.{part}", self.path);
        found.push(Lint { path, severity, code, message: message.into() });
    }
}

pub(super) fn statement(one: &Statement, kind: DocumentKind, found: &mut Vec<Lint>) {
    let part = if one.not_action { "NotAction" } else { "Action" };
    // On AWS one action without effect does not undo the others.
    let works = one.actions.iter().any(|action| match actions::named(action) {
        Named::S3(all) => kind == DocumentKind::Trust || !one.is_listed() || meets_any(one, &all),
        Named::Sts | Named::Everything | Named::Elsewhere => true,
        Named::Nothing => false,
    });
    let without_effect = if works { Severity::Warning } else { one.inert() };
    for action in &one.actions {
        match actions::named(action) {
            Named::S3(all) if kind != DocumentKind::Trust => {
                never_meets(one, action, &all, without_effect, found);
            }
            Named::S3(_) | Named::Sts | Named::Everything => {}
            Named::Elsewhere => {
                let message = format!("`{action}` is of a service that is not behind this gateway");
                one.find(found, part, Severity::Note, "other-service", message);
            }
            Named::Nothing => {
                let unknown = super::unknown_action(action).unwrap_or_default();
                let message = format!("{unknown}: it has no effect");
                // Left out of a NotAction, it is one more thing that the statement is about.
                let severity = if one.not_action { Severity::Warning } else { without_effect };
                one.find(found, part, severity, "unknown-action", message);
            }
        }
    }
    let names_nothing = |not: bool, names: &[String]| not && names.iter().any(|name| name == "*");
    for (part, nothing) in [
        ("NotAction", names_nothing(one.not_action, &one.actions)),
        ("NotResource", names_nothing(one.not_resource, &one.resources)),
    ] {
        if nothing {
            let message = format!(
                "nothing is left by a {part} of `*`: the statement {} nothing",
                one.effect()
            );
            one.find(found, part, one.inert(), "statement-without-effect", message);
            return;
        }
    }
    if one.allows && one.not_action {
        let message = "an Allow with NotAction allows every action that is not listed, also those \
                       that come in future: list what is allowed";
        one.find(found, "NotAction", Severity::Warning, "allow-not-action", message);
    }
    if one.allows && one.not_resource {
        let message =
            "an Allow with NotResource allows everything that is not listed: list what is";
        one.find(found, "NotResource", Severity::Warning, "allow-not-resource", message);
    }
    conditions(one, found);
    everybody(one, kind, found);
}

/// Whether some of the actions can meet one of the resources beside them. Those of things that are not
/// here are not judged.
fn meets_any(one: &Statement, all: &[(&str, &Action)]) -> bool {
    let meets = |about: &Action| one.resources.iter().any(|resource| about.could_meet(resource));
    let mut here = all.iter().filter(|(_, about)| about.is_here()).peekable();
    one.resources.is_empty() || here.peek().is_none() || here.any(|(_, about)| meets(about))
}

/// Actions that can meet none of the resources beside them.
fn never_meets(
    one: &Statement,
    action: &str,
    all: &[(&str, &Action)],
    severity: Severity,
    found: &mut Vec<Lint>,
) {
    if !one.is_listed() || meets_any(one, all) {
        return;
    }
    let mut here = all.iter().filter(|(_, about)| about.is_here());
    let advice = if here.clone().all(|(_, about)| about.is_about_everything()) {
        "it is asked of all buckets at once: name `*`"
    } else if here.all(|(_, about)| about.is_about_buckets()) {
        "it is about buckets: name `arn:aws:s3:::BUCKET`"
    } else {
        "it is about objects: name `arn:aws:s3:::BUCKET/*`"
    };
    let message = format!(
        "`{action}` meets none of the resources beside it and {} nothing; {advice}",
        one.effect()
    );
    one.find(found, "Action", severity, "action-never-matches-resource", message);
}

/// Trust in everybody.
fn everybody(one: &Statement, kind: DocumentKind, found: &mut Vec<Lint>) {
    let is_anybody = |value: &Json| texts(Some(value)).iter().any(|text| text == "*");
    let anybody = one.principal.as_ref().is_some_and(|principal| {
        is_anybody(principal) || principal.get("AWS").is_some_and(is_anybody)
    });
    if !anybody || !one.allows || !one.conditions.is_empty() {
        return;
    }
    match kind {
        DocumentKind::Trust => {
            let message = "everybody with keys of this account may assume the role: name who may, or add a condition";
            one.find(found, "Principal", Severity::Error, "wildcard-trust", message);
        }
        DocumentKind::Bucket => {
            let message = "everybody may do this, signed or not";
            one.find(found, "Principal", Severity::Note, "open-to-everybody", message);
        }
        DocumentKind::Permission => {}
    }
}
