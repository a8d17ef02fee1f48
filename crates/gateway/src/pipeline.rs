//! The life of a request: each step takes the type that the step before gives.
//!
//! ```text
//! Received ► Authenticated ► Resolved ► Authorized ► Forwarded ► Answer
//! ```

pub mod answer;
mod authenticated;
mod authorized;
pub mod body;
pub mod budget;
mod client;
mod context;
mod copied_tags;
mod forwarded;
pub mod late;
mod payload;
mod received;
mod resolved;
mod sts;
mod visible;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use policy::{Decision, Denial, Failed, Nearest, Permit, Reason, Seen};
use s3::requirement::AuthType;
use sigv4::Timestamp;
use tokio::time::Instant;

pub use answer::{Answer, SHED_ANSWER};
pub use client::{Client, Connection};

use crate::app::App;
use crate::audit::Record;
use crate::caller::Caller;
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
    let to_sts = match serves {
        Serves::Admin => return admin_answer(&app, &request).await,
        Serves::S3 => false,
        Serves::Sts => true,
        Serves::Both => sts::is_sts(&request),
    };
    let exchange = match Exchange::begin(app, connection, &request, to_sts) {
        Ok(exchange) => exchange,
        Err(rejected) => return *rejected,
    };
    if to_sts { sts::answer(exchange, request).await } else { s3(exchange, request).await }
}

async fn admin_answer(app: &App, request: &Request<Incoming>) -> Response<Answer> {
    let (parts, body) = admin::answer(app, request).into_parts();
    // The body is in memory; collecting it cannot fail.
    let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    Response::from_parts(parts, Answer::whole(bytes, None))
}

/// What belongs to one request from its first to its last step.
struct Exchange {
    app: Arc<App>,
    snapshot: Arc<crate::snapshot::Snapshot>,
    client: Client,
    now: Timestamp,
    started: Instant,
    record: Box<Record>,
    head_only: bool,
    in_flight: Option<tokio::sync::OwnedSemaphorePermit>,
}

impl Exchange {
    fn begin(
        app: Arc<App>,
        connection: Connection,
        request: &Request<Incoming>,
        to_sts: bool,
    ) -> Result<Self, Box<Response<Answer>>> {
        let snapshot = app.snapshot.load_full();
        let now = clock::now();
        let proxies = snapshot.live.trusted_proxies.as_deref().unwrap_or(&[]);
        let client = Client::new(connection, request.headers(), proxies);
        let id = entropy::bytes::<8>();
        let in_flight = Arc::clone(&app.in_flight).try_acquire_owned().ok();
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
        let started = Instant::now();
        let exchange = Self { app, snapshot, client, now, started, record, head_only, in_flight };
        if let Err(error) = id {
            return Err(Box::new(exchange.reject(&error.into(), "")));
        }
        if busy {
            exchange.app.metrics.shed.inc();
            return Err(Box::new(exchange.reject(&Reject::Busy, "")));
        }
        Ok(exchange)
    }

    fn finish(self, verdict: Option<body::Verdict>) -> Finish {
        Finish {
            app: self.app,
            record: self.record,
            started: self.started,
            verdict,
            _in_flight: self.in_flight,
        }
    }

    /// The answer to a request that is not forwarded, or whose answer cannot be used.
    fn reject(mut self, reject: &Reject, resource: &str) -> Response<Answer> {
        let rejection = reject.rejection();
        self.note(reject, &rejection);
        let Rejection { code, message, extra, .. } = rejection;
        let extra: Vec<(&str, &str)> =
            extra.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let xml =
            s3::render_error(code.as_str(), &message, resource, &self.record.request_id, &extra);
        self.record.status = code.status().as_u16();
        self.document(code.status(), xml)
    }

    fn note(&mut self, reject: &Reject, rejection: &Rejection) {
        self.record.error = Some(rejection.code.as_str().to_owned());
        self.record.reason = Some(rejection.reason.clone());
        if let Reject::Denied(denial) = reject {
            self.denied(denial);
        }
        if rejection.severity == Severity::Operator {
            let request_id = &self.record.request_id;
            tracing::warn!(%request_id, reason = %rejection.reason, "a request failed");
        }
    }

    fn denied(&mut self, denial: &Denial) {
        self.record.decision = Some(denial.decision.as_str());
        self.record.decided_by = Some(describe(&denial.decision));
    }

    fn allowed(&mut self, permits: &[Permit]) {
        let reasons = permits.iter().flat_map(Permit::reasons);
        if let Some(reason) = reasons.last() {
            self.record.decision = Some("allow");
            self.record.decided_by = Some(statement(reason));
        }
    }

    /// An XML document of ours.
    fn document(self, status: http::StatusCode, xml: String) -> Response<Answer> {
        let request_id = HeaderValue::try_from(&self.record.request_id).ok();
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

async fn s3(mut exchange: Exchange, request: Request<Incoming>) -> Response<Answer> {
    let resource = request.uri().path().to_owned();
    match run(&mut exchange, request).await {
        Ok(forwarded) => forwarded.answer(exchange, &resource).await,
        Err(reject) => exchange.reject(&reject, &resource),
    }
}

async fn run(
    exchange: &mut Exchange,
    request: Request<Incoming>,
) -> Result<forwarded::Forwarded, Reject> {
    let app = Arc::clone(&exchange.app);
    let snapshot = Arc::clone(&exchange.snapshot);
    let received = Received::new(request, exchange.client, snapshot, exchange.now)?;
    let authenticated = received.authenticate()?;
    exchange.identify(authenticated.caller(), authenticated.signature());
    let resolved = authenticated.resolve().inspect_err(|reject| {
        if let Reject::Resolve(error) = reject {
            exchange.record.operation = error.operation.map(s3::OperationKind::name);
        }
    })?;
    exchange.record.operation = Some(resolved.operation().kind().name());
    exchange.record.bucket = resolved.operation().bucket().map(ToString::to_string);
    exchange.record.key = resolved.operation().key().map(ToString::to_string);
    exchange.record.store = Some(resolved.store().name.clone());
    app.metrics.vendor_headers.inc_by(resolved.operation().dropped_headers().len() as u64);
    let authorized = resolved.authorize(&app).await?;
    exchange.allowed(authorized.permits());
    if let Some(denial) = authorized.denials().last() {
        exchange.denied(denial);
    }
    authorized.forward(&app, &mut exchange.record).await
}

impl Exchange {
    fn identify(&mut self, caller: &Caller, signature: &authenticated::Signature) {
        self.record.auth = signature.auth_type().map(AuthType::as_str);
        if let authenticated::Signature::Verified(verified) = signature {
            self.record.access_key_id = Some(verified.access_key_id().to_string());
        }
        match caller {
            Caller::Session(caller) => {
                let session = &caller.session;
                self.record.subject = Some(session.subject.subject.clone());
                self.record.issuer = Some(session.subject.issuer.clone());
                self.record.role = Some(session.role.as_str().to_owned());
                self.record.session = Some(session.session_name.clone());
            }
            Caller::User(user) => self.record.subject = Some(user.name.clone()),
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

/// `policy[index] (sid)`.
fn statement(reason: &Reason) -> String {
    let sid = reason.sid.as_ref().map(|sid| format!(" ({sid})")).unwrap_or_default();
    format!("{}[{}]{sid}", reason.policy, reason.statement)
}

fn describe(decision: &Decision) -> String {
    match decision {
        Decision::Allow(reason) | Decision::ExplicitDeny(reason) => statement(reason),
        Decision::ImplicitDeny(nearest) => nearest_miss(nearest),
    }
}

/// What came nearest to allowing, and what stood in its way.
fn nearest_miss(nearest: &Nearest) -> String {
    let why = match &nearest.failed {
        Failed::NothingAsked => "nothing was asked".to_owned(),
        Failed::InvalidResource => "the resource is no ARN".to_owned(),
        Failed::NoStatement => "there is no Allow".to_owned(),
        Failed::Principal => "the principal does not match".to_owned(),
        Failed::Action => "the action does not match".to_owned(),
        Failed::Resource => "the resource does not match".to_owned(),
        Failed::AccountOnly => "it names the account only".to_owned(),
        Failed::Condition(miss) => {
            let seen = match &miss.seen {
                Seen::Absent => "absent".to_owned(),
                Seen::Undecidable => "not known".to_owned(),
                Seen::Value(value) => format!("{value:?}"),
            };
            format!("{} on {}: it is {seen}", miss.operator, miss.key)
        }
    };
    match &nearest.statement {
        Some(reason) => {
            format!("nearest in {}: {}: {why}", nearest.layer.as_str(), statement(reason))
        }
        None => format!("{}: {why}", nearest.layer.as_str()),
    }
}
