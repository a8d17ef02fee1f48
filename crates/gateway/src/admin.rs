//! The admin listener: `/livez`, `/readyz`, `/metrics`, `/reload`, `/denials`.
//!
//! It is for the operator's probes and scrapers. The configuration refuses an address that is not
//! loopback or a unix socket unless a bearer token or client certificates guard it.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;

use crate::app::App;

/// Answers one admin request.
#[must_use]
pub fn answer<B>(app: &App, request: &Request<B>) -> Response<Full<Bytes>> {
    if !app.admin_admits(request.headers()) {
        return text(StatusCode::UNAUTHORIZED, "a bearer token is needed\n");
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    }
    match request.uri().path() {
        "/livez" => text(StatusCode::OK, "ok\n"),
        "/readyz" => readiness(app),
        "/metrics" => metrics(app),
        "/reload" => json(&app.reload.report()),
        "/denials" => json(&app.denials.last(limit(request.uri().query().unwrap_or("")))),
        path => match path.strip_prefix("/denials/") {
            Some(request_id) => denial(app, request_id),
            None => text(
                StatusCode::NOT_FOUND,
                "/livez, /readyz, /metrics, /reload, /denials and /denials/REQUEST_ID are here\n",
            ),
        },
    }
}

/// How many denials are shown: `limit=N`, else 100.
fn limit(query: &str) -> usize {
    const DEFAULT: usize = 100;
    let asked = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "limit");
    asked.and_then(|(_, value)| value.parse().ok()).unwrap_or(DEFAULT)
}

fn denial(app: &App, request_id: &str) -> Response<Full<Bytes>> {
    match app.denials.find(request_id) {
        Some(record) => json(&record),
        None => text(StatusCode::NOT_FOUND, "no denial is kept for this request id\n"),
    }
}

fn readiness(app: &App) -> Response<Full<Bytes>> {
    let missing = app.not_ready();
    if missing.is_empty() {
        return text(StatusCode::OK, "ready\n");
    }
    text(StatusCode::SERVICE_UNAVAILABLE, &format!("not ready: {}\n", missing.join("; ")))
}

fn metrics(app: &App) -> Response<Full<Bytes>> {
    let dropped = i64::try_from(app.access_log.dropped()).unwrap_or(i64::MAX);
    app.metrics.access_log_dropped.set(dropped);
    let mut answer = text(StatusCode::OK, &app.metrics.render());
    answer.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
    );
    answer
}

fn json(value: &impl serde::Serialize) -> Response<Full<Bytes>> {
    // What is shown here has string keys only: it can be written.
    let body = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut answer = text(StatusCode::OK, &format!("{body}\n"));
    let kind = header::HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

fn text(status: StatusCode, body: &str) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::copy_from_slice(body.as_bytes())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    answer
}
