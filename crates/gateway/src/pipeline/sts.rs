//! STS requests: the same beginning and the same end as S3 requests, another middle.

use http::{HeaderValue, Method, Request, Response, header};
use hyper::body::Incoming;

use super::{Answer, Exchange};
use crate::sts_endpoint::{self, Inputs};

/// On a shared port: STS is what is posted to `/`, and a `GET /` with an `Action`. S3 has neither.
pub(super) fn is_sts(request: &Request<Incoming>) -> bool {
    if request.uri().path() != "/" {
        return false;
    }
    match *request.method() {
        Method::POST => true,
        Method::GET => form_urlencoded::parse(request.uri().query().unwrap_or("").as_bytes())
            .any(|(name, _)| name == "Action"),
        _ => false,
    }
}

pub(super) async fn answer(mut exchange: Exchange, request: Request<Incoming>) -> Response<Answer> {
    let snapshot = std::sync::Arc::clone(&exchange.snapshot);
    let inputs = Inputs {
        snapshot: &snapshot,
        providers: &snapshot.providers,
        client: &exchange.client,
        now: exchange.now,
        request_id: &exchange.record.request_id,
    };
    let answer = sts_endpoint::handle(inputs, request).await;
    if answer.facts.concerns_operator() {
        let request_id = &exchange.record.request_id;
        let reason = answer.facts.reason.as_deref().unwrap_or("");
        tracing::warn!(%request_id, reason, "an STS call failed");
    }
    answer.facts.note(&mut exchange.record);
    exchange.record.status = answer.status.as_u16();
    let request_id = HeaderValue::try_from(&exchange.record.request_id).ok();
    let mut response = Response::new(Answer::whole(answer.body, Some(exchange.finish(None))));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if let Some(id) = request_id {
        headers.insert("x-amzn-requestid", id);
    }
    response
}
