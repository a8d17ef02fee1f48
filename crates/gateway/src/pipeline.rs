//! The life of a request: each step takes the type that the step before gives.
//!
//! ```text
//! Received ► Authenticated ► Resolved ► Authorized ► Forwarded ► Answer
//! ```

pub mod answer;
mod asking;
mod authenticated;
mod authorized;
pub mod body;
pub mod budget;
mod client;
pub mod client_body;
mod coherent;
mod conditions;
mod context;
mod custody;
mod document;
mod existing_tags;
pub(crate) mod explained;
mod forwarded;
pub mod late;
mod payload;
mod post_object;
mod preflight;
mod received;
mod resolved;
mod rewritten;
mod source_conditions;
mod sts;
mod unmet;
mod upload_size;

use std::sync::Arc;

use ::sts::mint::CallerIdentity;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use policy::{Denial, Permit};
use s3::requirement::AuthType;
use s3::{CopySource, OperationKind, Target};
use sigv4::Timestamp;
use tokio::time::Instant;

pub use answer::{Answer, SHED_S3, SHED_STS};
pub use client::{Client, Connection};
use client_body::ClientBody;
pub(crate) use context::fill_headers;

use crate::app::App;
use crate::audit::Record;
use crate::caller::Caller;
use crate::denial::{Denied, Identity};
use crate::reject::{Reject, Rejection, Severity};
use crate::server::Serves;
use crate::{admin, clock, entropy};
use answer::Finish;
use received::Received;

/// Answers one request, whatever it is.
pub async fn answer(
    app: Arc<App>,
    serves: Serves,
    connection: Connection,
    request: Request<Incoming>,
) -> Response<Answer> {
    let (head, body) = request.into_parts();
    let body = ClientBody::new(body, &head.headers);
    let request = Request::from_parts(head, body);
    let ended = request.body().ended();
    let mut response = dispatch(app, serves, connection, request).await;
    if !ended.is_reached() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn dispatch(
    app: Arc<App>,
    serves: Serves,
    connection: Connection,
    request: Request<ClientBody>,
) -> Response<Answer> {
    let to_sts = match serves {
        Serves::Admin => return admin_answer(&app, &request).await,
        Serves::S3 => false,
        Serves::Sts => true,
        Serves::Both => sts::is_sts(&app.snapshot.load(), &request),
    };
    let exchange = match Exchange::begin(app, connection, &request, to_sts) {
        Ok(exchange) => exchange,
        Err(rejected) => return *rejected,
    };
    if to_sts { sts::answer(exchange, request).await } else { s3(exchange, request).await }
}

async fn admin_answer(app: &App, request: &Request<ClientBody>) -> Response<Answer> {
    let (parts, body) = admin::answer(app, request).into_parts();
    // The body is in memory; collecting it cannot fail.
    let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    Response::from_parts(parts, Answer::whole(bytes, None))
}

/// Most statements, and most keys, that one log line names.
const MAX_STATEMENTS: usize = 8;

/// What belongs to one request from its first to its last step.
struct Exchange {
    snapshot: Arc<crate::snapshot::Snapshot>,
    client: Client,
    now: Timestamp,
    /// Logs and counts, whatever becomes of the request.
    finish: Finish,
    head_only: bool,
    /// The caller, once it is proven.
    principal: Option<Identity>,
}

impl Exchange {
    fn begin(
        app: Arc<App>,
        connection: Connection,
        request: &Request<ClientBody>,
        to_sts: bool,
    ) -> Result<Self, Box<Response<Answer>>> {
        let snapshot = app.snapshot.load_full();
        let now = clock::now();
        let proxies = snapshot.live.trusted_proxies.as_deref().unwrap_or(&[]);
        let client = Client::new(connection, request.headers(), proxies);
        let id = entropy::bytes::<8>();
        let in_flight = app.in_flight.take();
        let record = Box::new(Record {
            time: now.rfc3339(),
            request_id: id.as_ref().map(hex::encode_upper).unwrap_or_default(),
            service: if to_sts { "sts" } else { "s3" },
            client: client.address(),
            method: method_name(request.method()),
            ..Record::default()
        });
        let head_only = request.method() == Method::HEAD;
        let busy = in_flight.is_none();
        let finish =
            Finish { app, record, started: Instant::now(), verdict: None, ended: false, in_flight };
        let exchange = Self { snapshot, client, now, finish, head_only, principal: None };
        let refusal = match id {
            Err(error) => Reject::from(error),
            Ok(_) if busy => {
                exchange.finish.app.metrics.shed.inc();
                Reject::Busy
            }
            Ok(_) => return Ok(exchange),
        };
        Err(Box::new(if to_sts {
            sts::refuse(exchange, &refusal)
        } else {
            exchange.reject(&refusal, "")
        }))
    }

    fn finish(self, verdict: Option<body::Verdict>) -> Finish {
        let mut finish = self.finish;
        finish.verdict = verdict;
        finish
    }

    /// The answer to a request that is not forwarded, or whose answer cannot be used.
    fn reject(mut self, reject: &Reject, resource: &str) -> Response<Answer> {
        let rejection = reject.rejection();
        self.note(reject, &rejection);
        let Rejection { code, message, mut extra, region, .. } = rejection;
        if let Reject::Denied(denial) = reject {
            extra.extend(
                self.encoded_message(denial).map(|text| ("EncodedAuthorizationMessage", text)),
            );
        }
        let extra: Vec<(&str, &str)> =
            extra.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let xml = s3::render_error(
            code.as_str(),
            &message,
            resource,
            &self.finish.record.request_id,
            &extra,
        );
        self.finish.record.status = code.status().as_u16();
        let mut response = self.document(code.status(), xml);
        if let Some(region) = region.and_then(|region| HeaderValue::try_from(region).ok()) {
            response.headers_mut().insert("x-amz-bucket-region", region);
        }
        response
    }

    fn note(&mut self, reject: &Reject, rejection: &Rejection) {
        self.finish.record.error = Some(rejection.code.as_str().to_owned());
        self.finish.record.reason = Some(rejection.reason.clone());
        if let Reject::Denied(denial) = reject {
            self.denied(denial);
        }
        if rejection.severity == Severity::Operator {
            let request_id = &self.finish.record.request_id;
            tracing::warn!(%request_id, reason = %rejection.reason, "a request failed");
        }
    }

    fn denied(&mut self, denial: &Denial) {
        self.finish.record.decision = Some(denial.decision.as_str());
        self.finish.record.decided_by = Some(denial.decision.to_string());
        self.finish.record.denial = Some(Box::new(Denied::of(denial)));
    }

    /// Why, for those whose policy allows `sts:DecodeAuthorizationMessage`; for callers who are known,
    /// since nobody else could have it decoded.
    fn encoded_message(&self, denial: &Denial) -> Option<String> {
        let (principal, record) = (self.principal.as_ref()?, &self.finish.record);
        let keys = &self.snapshot.live.keys;
        let room = ::sts::authorization_message::room(keys);
        let denied = record.denial.as_ref()?;
        let decoded = denied.decoded(principal, record, &denial.conditions, room).to_string();
        ::sts::authorization_message::seal(keys, &decoded, entropy::bytes().ok()?)
    }

    /// Every statement that was needed, each once.
    fn allowed(&mut self, permits: &[Permit]) {
        let mut statements: Vec<String> = Vec::new();
        for reason in permits.iter().flat_map(Permit::reasons) {
            let statement = reason.to_string();
            if statements.len() < MAX_STATEMENTS && !statements.contains(&statement) {
                statements.push(statement);
            }
        }
        if !statements.is_empty() {
            self.finish.record.decision = Some("allow");
            self.finish.record.decided_by = Some(statements.join(", "));
        }
    }

    /// Keys of a DeleteObjects that were denied while others were not.
    fn denied_keys(&mut self, denials: &[&Denial]) {
        if let Some(first) = denials.first() {
            self.denied(first);
            let some = denials.iter().take(MAX_STATEMENTS).map(|denial| denial.resource.as_str());
            let some: Vec<&str> = some.collect();
            let text = format!("{} keys were denied, such as {}", denials.len(), some.join(", "));
            self.finish.record.reason = Some(text);
        }
    }

    /// An XML document of ours.
    fn document(self, status: http::StatusCode, xml: String) -> Response<Answer> {
        let request_id = HeaderValue::try_from(&self.finish.record.request_id).ok();
        let bytes = if self.head_only { Bytes::new() } else { Bytes::from(xml) };
        let mut response = Response::new(Answer::whole(bytes, Some(self.finish(None))));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        if let Some(id) = request_id {
            headers.insert("x-amz-request-id", id);
        }
        response
    }
}

async fn s3(mut exchange: Exchange, request: Request<ClientBody>) -> Response<Answer> {
    let resource = request.uri().path().to_owned();
    if request.method() == Method::OPTIONS {
        return preflight::answer(exchange, request, &resource).await;
    }
    match run(&mut exchange, request).await {
        Ok(forwarded) => forwarded.answer(exchange, &resource).await,
        Err(reject) => exchange.reject(&reject, &resource),
    }
}

async fn run(
    exchange: &mut Exchange,
    request: Request<ClientBody>,
) -> Result<forwarded::Forwarded, Reject> {
    let app = Arc::clone(&exchange.finish.app);
    let snapshot = Arc::clone(&exchange.snapshot);
    let received = Received::new(request, exchange.client, snapshot, exchange.now)?;
    let authenticated = received.authenticate()?;
    exchange.identify(authenticated.caller(), authenticated.signature());
    let identified = authenticated.identify().inspect_err(|reject| {
        if let Reject::Resolve(error) = reject {
            exchange.describe(error.operation, error.target.as_ref());
        }
    })?;
    let kind = identified.operation().kind();
    exchange.describe(Some(kind), Some(identified.operation().target()));
    let identified = if identified.is_form() {
        let signed = identified.read_form(&app).await?;
        exchange.identify(signed.request().caller(), signed.request().signature());
        let upload = signed.upload()?;
        exchange.describe(Some(kind), Some(upload.operation().target()));
        upload
    } else {
        identified
    };
    let operation = identified.operation();
    exchange.finish.record.copy_source = operation.copy_source().map(CopySource::bucket_and_key);
    app.metrics.vendor_headers.inc_by(operation.dropped_headers().len() as u64);
    let resolved = identified.route()?;
    exchange.finish.record.store = Some(resolved.store().name.clone());
    let authorized = resolved.authorize(&app).await?;
    exchange.allowed(authorized.permits());
    exchange.denied_keys(&authorized.denials().collect::<Vec<_>>());
    authorized.forward(&app, &mut exchange.finish.record).await
}

impl Exchange {
    fn describe(&mut self, operation: Option<OperationKind>, target: Option<&Target>) {
        self.finish.record.operation = operation.map(OperationKind::name);
        self.finish.record.bucket = target.and_then(Target::bucket).map(ToString::to_string);
        self.finish.record.key = target.and_then(Target::key).map(ToString::to_string);
    }

    fn identify(&mut self, caller: &Caller, signature: &authenticated::Signature) {
        self.finish.record.auth = signature.auth_type().map(AuthType::as_str);
        if let authenticated::Signature::Verified(verified) = signature {
            self.finish.record.access_key_id = Some(verified.access_key_id().to_string());
        }
        match caller {
            Caller::Session(caller) => {
                let session = &caller.session;
                self.principal = Some(Identity { arn: session.arn(), id: session.user_id() });
                self.finish.record.subject = Some(session.origin.subject().to_owned());
                self.finish.record.issuer = session.origin.issuer().map(str::to_owned);
                self.finish.record.role = Some(session.role.as_str().to_owned());
                self.finish.record.session = Some(session.session_name.clone());
            }
            Caller::User(caller) => {
                let arn = caller.user.arn.clone();
                let account = self.snapshot.live.account_id.as_str();
                let id = CallerIdentity::of_user(&arn, account).user_id;
                self.principal = Some(Identity { arn, id });
                self.finish.record.subject = Some(caller.user.name.clone());
            }
            Caller::Anonymous => {}
        }
    }
}

fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "PUT" => "PUT",
        "POST" => "POST",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
