//! What policies decide, without a gateway: one case, as `vectors/policy` has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use policy::{
    Context, Decision, Kind, Nearest, Policy, PolicySet, Principal, Reason, Request, Strictness,
    Value, evaluate, evaluate_trust,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use crate::lint;

/// A line. Documents stay text until the policy language reads them: it refuses a member that
/// comes twice, which a JSON value would hide.
#[derive(Deserialize)]
struct Case {
    id: Option<Json>,
    kind: Option<String>,
    policies: Option<Box<RawValue>>,
    boundary: Option<Box<RawValue>>,
    #[serde(rename = "sessionPolicy")]
    session_policy: Option<Box<RawValue>>,
    #[serde(rename = "bucketPolicy")]
    bucket_policy: Option<Box<RawValue>>,
    #[serde(rename = "trustPolicy")]
    trust_policy: Option<Box<RawValue>>,
    request: Asked,
}

#[derive(Deserialize)]
struct Asked {
    action: String,
    resource: String,
    principal: Option<String>,
    /// Values stay text, too: a number keeps its digits.
    #[serde(default)]
    context: BTreeMap<String, Box<RawValue>>,
}

/// The members of a line, and those that the vectors have besides.
const MEMBERS: [&str; 13] = [
    "id",
    "kind",
    "policies",
    "boundary",
    "sessionPolicy",
    "bucketPolicy",
    "trustPolicy",
    "request",
    "expected",
    "tag",
    "doc",
    "confidence",
    "simulator",
];

/// A member that is meant to be another: `sessionpolicy`, which would be one limit less.
fn misspelt(text: &str) -> Option<String> {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).ok()?;
    let plain = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
    let unknown = members.keys().filter(|name| !MEMBERS.contains(&name.as_str()));
    unknown.into_iter().find_map(|name| {
        let near = |known: &&&str| lint::distance(&plain(known), &plain(name)) <= 2;
        let meant = MEMBERS.iter().filter(|known| known.len() > 5).find(near)?;
        Some(format!("there is no member `{name}`: did you mean `{meant}`?"))
    })
}

/// The documents of a case, loaded.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    pub(crate) identity: Vec<Arc<Policy>>,
    pub(crate) boundary: Option<Policy>,
    pub(crate) session: Option<Vec<Arc<Policy>>>,
    pub(crate) bucket: Option<Policy>,
    pub(crate) trust: Option<Policy>,
}

impl Documents {
    /// Decides about a request.
    pub(crate) fn decide(&self, request: &Request<'_>) -> Decision {
        let set = PolicySet {
            identity: &self.identity,
            boundary: self.boundary.as_ref(),
            session: self.session.as_deref(),
            bucket: self.bucket.as_ref(),
        };
        match &self.trust {
            Some(trust) => evaluate_trust(trust, &set, request),
            None => evaluate(&set, request),
        }
    }
}

/// Loads a document of a case or of a file.
///
/// # Errors
/// Every mistake in it, as one text.
pub(crate) fn load(kind: Kind, name: &str, text: &str) -> Result<Policy, String> {
    Policy::load_with(kind, name, text, Strictness::Language).map_err(|errors| errors.to_string())
}

/// The kind of a bucket's policy where the bucket is not known.
pub(crate) fn any_bucket() -> Kind {
    Kind::Bucket { bucket: String::new() }
}

/// The answer to a line.
///
/// # Errors
/// Why the line is no case.
pub(crate) fn answer(text: &str, line: usize) -> Result<Json, String> {
    let case: Case = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if let Some(message) = misspelt(text) {
        return Err(message);
    }
    let id = case.id.clone().unwrap_or_else(|| json!(line));
    let principal = match &case.request.principal {
        None => Principal::Anonymous,
        Some(arn) => Principal::from_arn(arn).ok_or("the principal is no ARN of one")?,
    };
    let context = context(&case.request.context)?;
    let documents = match documents(&case)? {
        Ok(documents) => documents,
        Err(message) => {
            return Ok(json!({"id": id, "decision": "invalid", "because": [], "message": message}));
        }
    };
    let decision = documents.decide(&Request {
        action: &case.request.action,
        resource: &case.request.resource,
        principal: &principal,
        context: &[&context],
    });
    let mut answer = json!({
        "id": id,
        "decision": decision.as_str(),
        "because": because(&decision),
    });
    if let (Decision::ImplicitDeny(nearest), Some(answer)) = (&decision, answer.as_object_mut()) {
        answer.insert("nearest".to_owned(), described(nearest));
    }
    Ok(answer)
}

/// The outer error: the line is no case; the inner: a document does not load.
fn documents(case: &Case) -> Result<Result<Documents, String>, String> {
    let kind = case.kind.as_deref().unwrap_or(match case.trust_policy {
        Some(_) => "trust",
        None => "identity",
    });
    let trusts = match kind {
        "trust" => true,
        "identity" | "session" | "bucket" => false,
        other => return Err(format!("`{other}` is no kind: identity, session, bucket or trust")),
    };
    if trusts != case.trust_policy.is_some() {
        return Err("`trustPolicy` belongs to the kind `trust`, and must be there".to_owned());
    }
    Ok(load_all(case))
}

fn load_all(case: &Case) -> Result<Documents, String> {
    let one = |kind: Kind, name: &str, document: &Option<Box<RawValue>>| match document {
        None => Ok(None),
        Some(document) => load(kind, name, &text(document)).map(Some),
    };
    Ok(Documents {
        identity: several(&Kind::Identity, "policies", case.policies.as_deref())?
            .unwrap_or_default(),
        boundary: one(Kind::Boundary, "boundary", &case.boundary)?,
        session: several(&Kind::Session, "sessionPolicy", case.session_policy.as_deref())?,
        bucket: one(any_bucket(), "bucketPolicy", &case.bucket_policy)?,
        trust: one(Kind::Trust, "trustPolicy", &case.trust_policy)?,
    })
}

/// One document or a list of them.
fn several(
    kind: &Kind,
    name: &str,
    documents: Option<&RawValue>,
) -> Result<Option<Vec<Arc<Policy>>>, String> {
    let Some(documents) = documents else { return Ok(None) };
    let list: Vec<Box<RawValue>> = match documents.get().starts_with('[') {
        true => serde_json::from_str(documents.get()).map_err(|error| error.to_string())?,
        false => {
            return load(kind.clone(), name, &text(documents)).map(|one| Some(vec![Arc::new(one)]));
        }
    };
    let load = |(index, document): (usize, &RawValue)| {
        load(kind.clone(), &format!("{name}[{index}]"), &text(document)).map(Arc::new)
    };
    list.iter().map(AsRef::as_ref).enumerate().map(load).collect::<Result<_, _>>().map(Some)
}

/// A document may stand there itself, or as a string that holds it.
fn text(document: &RawValue) -> String {
    match document.get().starts_with('"') {
        true => serde_json::from_str(document.get()).unwrap_or_default(),
        false => document.get().to_owned(),
    }
}

fn context(members: &BTreeMap<String, Box<RawValue>>) -> Result<Context, String> {
    let mut context = Context::new();
    for (key, raw) in members {
        let not_text = || format!("the context value of `{key}` is not text");
        let value = if raw.get().starts_with('[') {
            let values: Vec<Box<RawValue>> =
                serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
            let values = values.iter().map(|value| scalar(value)).collect::<Option<_>>();
            Value::Many(values.ok_or_else(not_text)?)
        } else {
            Value::One(scalar(raw).ok_or_else(not_text)?)
        };
        if context.insert(key.clone(), value).is_some() {
            return Err(format!("the context has `{key}` twice: case does not matter in keys"));
        }
    }
    Ok(context)
}

fn scalar(raw: &RawValue) -> Option<String> {
    match raw.get() {
        "null" => None,
        object if object.starts_with(['{', '[']) => None,
        text if text.starts_with('"') => serde_json::from_str(text).ok(),
        number_or_flag => Some(number_or_flag.to_owned()),
    }
}

/// The statements that decided, those of boundary and session policy behind the first.
pub(crate) fn because(decision: &Decision) -> Vec<Json> {
    decision
        .reason()
        .into_iter()
        .flat_map(|reason| std::iter::once(reason).chain(&reason.with))
        .map(statement)
        .collect()
}

/// A statement that had a say.
pub(crate) fn statement(reason: &Reason) -> Json {
    json!({"policy": &*reason.policy, "statement": reason.statement, "sid": reason.sid.as_deref()})
}

/// The Allow that came nearest.
pub(crate) fn described(nearest: &Nearest) -> Json {
    json!({
        "missing": nearest.layer.as_str(),
        "statement": nearest.statement.as_ref().map(statement),
        "failed": nearest.failed.to_string(),
    })
}
