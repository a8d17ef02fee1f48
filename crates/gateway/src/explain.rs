//! What a request is and needs: the same steps as in the pipeline, for requests that nobody sent.
//!
//! Neither signature nor time nor body hash is judged here. What the request *says* of its
//! signature decides condition keys, as it would once the signature held.

mod decided;
mod request;

pub(crate) use decided::{Deciding, SupposedCaller, SupposedSession, Suppositions};
pub(crate) use request::Request;

use http::Method;
use policy::{Context, Value};
use s3::form::{Boundary, FormReader};
use s3::requirement::{AuthType, Facts, Requirement, Requirements};
use s3::{
    Document, Domains, FormError, HostStyle, Identified, OperationKind, PREFLIGHT, Preflight,
    Presigned, RawRequest,
};
use serde_json::{Value as Json, json};

use crate::reject::Reject;

/// What is known of a request without a configuration.
#[derive(Debug, Default)]
pub(crate) struct Explained {
    /// The name of the operation, where it could be told.
    pub(crate) operation: Option<&'static str>,
    /// Everything that must be allowed.
    pub(crate) checks: Option<Vec<Requirement>>,
    /// What must be allowed besides of everything in the buckets that its document names.
    pub(crate) of_targets: Vec<Requirement>,
    /// `CODE, why`, if it is refused before anybody is asked whether it is allowed.
    pub(crate) reject: Option<String>,
}

impl Explained {
    /// Looks at a request. Without domains every host counts as path style, and an address always does:
    /// without a configuration nobody knows how the gateway is called.
    pub(crate) fn of(request: &Request, domains: &Domains) -> Self {
        let host = match domains.resolve_any_host(request.host()) {
            Ok(host) => host,
            Err(error) => {
                let rejection = Reject::Host(error).rejection();
                let reject = format!("{}, {}", rejection.code.as_str(), rejection.reason);
                return Self { reject: Some(reject), ..Self::default() };
            }
        };
        if request.method == Method::OPTIONS {
            return Self::preflight(request, &host);
        }
        match s3::identify(&raw(request, host)) {
            Ok(identified) => Self::identified(request, &identified),
            Err(error) => Self {
                operation: error.operation.map(OperationKind::name),
                reject: Some(rejection(error.reason.code(), &error.reason)),
                ..Self::default()
            },
        }
    }

    fn preflight(request: &Request, host: &HostStyle) -> Self {
        match Preflight::parse(host, &request.path, &request.headers) {
            Ok(_) => {
                Self { operation: Some(PREFLIGHT), checks: Some(Vec::new()), ..Self::default() }
            }
            Err(error) => Self {
                operation: Some(PREFLIGHT),
                reject: Some(rejection(error.code(), &error)),
                ..Self::default()
            },
        }
    }

    fn identified(request: &Request, identified: &Identified) -> Self {
        let operation = Some(identified.kind().name());
        if identified.kind() == OperationKind::PostObject {
            let (requirements, reject) = match form(request, identified) {
                Ok(requirements) => (requirements, None),
                // Without a key: the action, on the bucket.
                Err(reject) => (identified.requirements(&facts(request), None), Some(reject)),
            };
            let checks = Some(checks(&requirements));
            return Self { operation, checks, reject, of_targets: Vec::new() };
        }
        let (document, unread) = match document(request, identified.kind()) {
            Ok(document) => (document, None),
            Err(reject) => (None, Some(reject)),
        };
        let refusal = identified.refusal().map(|reason| rejection(reason.code(), reason));
        let requirements = identified.requirements(&facts(request), document.as_ref());
        let of_targets = identified.requirements_of_targets(&facts(request), document.as_ref());
        let reject = refusal.or(unread);
        Self { operation, checks: Some(checks(&requirements)), reject, of_targets }
    }

    /// `{operation, checks, checks_below, reject}`, without what there is not.
    pub(crate) fn to_json(&self) -> serde_json::Map<String, Json> {
        let mut answer = serde_json::Map::new();
        if let Some(operation) = self.operation {
            answer.insert("operation".to_owned(), json!(operation));
        }
        if let Some(reject) = &self.reject {
            answer.insert("reject".to_owned(), json!(reject));
        }
        if let Some(checks) = &self.checks {
            let checks = checks.iter().map(decided::check_json).collect();
            answer.insert("checks".to_owned(), checks);
        }
        if !self.of_targets.is_empty() {
            let checks = self.of_targets.iter().map(decided::check_json).collect();
            answer.insert("checks_below".to_owned(), checks);
        }
        answer
    }
}

fn checks(requirements: &Requirements) -> Vec<Requirement> {
    requirements.iter().cloned().collect()
}

/// The head of a request as the pipeline would see it.
pub(crate) fn raw(request: &Request, host: HostStyle) -> RawRequest<'_> {
    RawRequest {
        method: &request.method,
        path: &request.path,
        query: &request.query,
        headers: &request.headers,
        host,
        presigned: request.presigned(),
        harmless: &[],
    }
}

fn rejection(code: s3::AwsCode, why: &dyn std::fmt::Display) -> String {
    format!("{}, {why}", code.as_str())
}

/// The document of a request, if its operation has one. An empty body says nothing: for some
/// operations that is allowed, and for none does it add a requirement.
fn document(request: &Request, operation: OperationKind) -> Result<Option<Document>, String> {
    match operation.body() {
        s3::BodyRule::None | s3::BodyRule::Streamed => Ok(None),
        s3::BodyRule::Document { .. } if request.body.is_empty() => Ok(None),
        s3::BodyRule::Document { .. } => Document::parse(operation, &request.body)
            .map(Some)
            .map_err(|error| rejection(error.code(), &error)),
    }
}

/// What a form asks for. Whether its policy allows it is not judged, as no signature is.
fn form(request: &Request, identified: &Identified) -> Result<Requirements, String> {
    let refused = |error: FormError| rejection(error.code(), &error);
    let boundary =
        Boundary::of(request.header("content-type").unwrap_or_default()).map_err(refused)?;
    let read = FormReader::new(boundary).push(&request.body).map_err(refused)?;
    let form = read.ok_or(FormError::Malformed).map_err(refused)?.form;
    let bucket = identified.target().bucket().ok_or(FormError::Malformed).map_err(refused)?;
    let key = form.key(bucket).map_err(refused)?;
    let fields = form.headers().map_err(refused)?;
    let operation = s3::resolve_form(bucket, key, &fields, &[])
        .map_err(|error| rejection(error.reason.code(), &error.reason))?;
    let signature_version = match form.field("awsaccesskeyid") {
        Some(_) => Some("AWS"),
        None => form.field("x-amz-signature").map(|_| "AWS4-HMAC-SHA256"),
    };
    let auth_type = signature_version.map(|_| AuthType::Post);
    Ok(operation.requirements(&Facts { auth_type, signature_version, ..Facts::default() }, None))
}

const SIGV4A: &str = "AWS4-ECDSA-P256-SHA256";

/// What the request says of its signature.
fn facts(request: &Request) -> Facts<'_> {
    let presigned = request.presigned();
    let in_query = presigned != Presigned::No;
    let signed = in_query || request.says_signed();
    let version = match presigned {
        Presigned::HmacV1 => "AWS",
        Presigned::No if request.says_signed_with("AWS") => "AWS",
        Presigned::No if request.says_signed_with(SIGV4A) => SIGV4A,
        Presigned::V4 if request.presigned_with_sigv4a() => SIGV4A,
        Presigned::V4 | Presigned::No => "AWS4-HMAC-SHA256",
    };
    Facts {
        auth_type: signed.then_some(if in_query { AuthType::Query } else { AuthType::Header }),
        signature_version: signed.then_some(version),
        content_sha256: request.header("x-amz-content-sha256").filter(|_| !in_query),
        ..Facts::default()
    }
}

/// A context as JSON: text, or a list of texts.
pub(crate) fn context_json(context: &Context) -> Json {
    let value = |value: &Value| match value {
        Value::One(text) => Some(json!(text)),
        Value::Many(texts) => Some(json!(texts)),
        Value::Unknown => None,
    };
    let members = context.iter().filter_map(|(key, of)| Some((key.to_owned(), value(of)?)));
    Json::Object(members.collect())
}
