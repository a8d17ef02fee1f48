//! STS requests: the same beginning and the same end as S3 requests, another middle.

use http::{HeaderValue, Method, Request, Response, header};

use s3::HostStyle;
use sts::error::{Code, StsError};

use super::client_body::ClientBody;
use super::{Answer, Exchange};
use crate::reject::Reject;
use crate::snapshot::Snapshot;
use crate::sts_endpoint::{self, Facts, Inputs, StsAnswer};

/// On a shared port: STS is what is posted to `/`, and a `GET /` with an `Action`. In path style S3
/// has neither; under a virtual host `POST /` is about that bucket (DeleteObjects).
pub(super) fn is_sts(snapshot: &Snapshot, request: &Request<ClientBody>) -> bool {
    if request.uri().path() != "/" || names_bucket(snapshot, request) {
        return false;
    }
    match *request.method() {
        Method::POST => true,
        Method::GET => form_urlencoded::parse(request.uri().query().unwrap_or("").as_bytes())
            .any(|(name, _)| name == "Action"),
        _ => false,
    }
}

fn names_bucket(snapshot: &Snapshot, request: &Request<ClientBody>) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(|host| {
        matches!(snapshot.live.domains.resolve_host(host), Ok(HostStyle::Virtual(_)))
    })
}

/// The answer to a call that cannot even be looked at.
pub(super) fn refuse(exchange: Exchange, reject: &Reject) -> Response<Answer> {
    let error = match reject {
        Reject::Busy => StsError::new(Code::Throttling, "Rate exceeded", reject.to_string()),
        _ => StsError::internal(reject.to_string()),
    };
    let answer = StsAnswer::refusal(&error, &exchange.finish.record.request_id, Facts::default());
    send(exchange, answer)
}

pub(super) async fn answer(exchange: Exchange, request: Request<ClientBody>) -> Response<Answer> {
    let snapshot = std::sync::Arc::clone(&exchange.snapshot);
    let inputs = Inputs {
        snapshot: &snapshot,
        providers: &snapshot.providers,
        client: &exchange.client,
        now: exchange.now,
        request_id: &exchange.finish.record.request_id,
    };
    let answer = sts_endpoint::handle(inputs, request).await;
    send(exchange, answer)
}

fn send(mut exchange: Exchange, answer: StsAnswer) -> Response<Answer> {
    if answer.facts.concerns_operator() {
        let request_id = &exchange.finish.record.request_id;
        let reason = answer.facts.reason.as_deref().unwrap_or("");
        tracing::warn!(%request_id, reason, "an STS call failed");
    }
    answer.facts.note(&mut exchange.finish.record);
    exchange.finish.record.status = answer.status.as_u16();
    let request_id = HeaderValue::try_from(&exchange.finish.record.request_id).ok();
    let mut response = Response::new(Answer::whole(answer.body, Some(exchange.finish(None))));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if let Some(id) = request_id {
        headers.insert("x-amzn-requestid", id);
    }
    response
}
