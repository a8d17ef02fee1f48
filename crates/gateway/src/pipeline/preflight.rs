//! CORS preflight: an entry point of its own, for it is asked by nobody and allowed to everybody. The store
//! has the CORS configuration of the bucket and answers; of that the client gets what speaks to pages.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use s3::{Outgoing, PREFLIGHT, Patience, Preflight, cors_headers};

use super::Exchange;
use super::answer::Answer;
use super::authorized::patience;
use super::client_body::ClientBody;
use super::received::Received;
use super::resolved::content_length;
use crate::config::{Authorization, Store};
use crate::reject::Reject;
use crate::snapshot::{Snapshot, StoreHandle, StoreSigner, on_the_wire, store_host};
use crate::upstream::body::OutgoingBody;

/// Answers `OPTIONS`.
pub(super) async fn answer(
    mut exchange: Exchange,
    request: Request<ClientBody>,
    resource: &str,
) -> Response<Answer> {
    exchange.finish.record.operation = Some(PREFLIGHT);
    match ask(&mut exchange, request).await {
        Err(reject) => exchange.reject(&reject, resource),
        Ok(headers) => {
            exchange.finish.record.status = StatusCode::OK.as_u16();
            let id = HeaderValue::try_from(&exchange.finish.record.request_id);
            let whole = Answer::whole(Bytes::new(), Some(exchange.finish(None)));
            let mut response = Response::new(whole);
            *response.headers_mut() = headers;
            if let Ok(id) = id {
                response.headers_mut().insert("x-amz-request-id", id);
            }
            response
        }
    }
}

/// The store that has the bucket, if it keeps the key as it is: one that folds `a/../../b` would speak
/// of another bucket.
pub(super) fn store<'a>(
    snapshot: &'a Snapshot,
    preflight: &Preflight,
) -> Result<&'a Arc<Store>, Reject> {
    let route = snapshot.live.stores.route(Some(preflight.bucket()), None);
    let store = route.map_err(|error| Reject::Route { error, presigned: false })?;
    preflight.target().key().map_or(Ok(()), |key| store.key_rules.check(key))?;
    Ok(store)
}

/// The keys of whose URL it is about, at a store that decides by itself: in which of its accounts a bucket is may
/// hang on who asks (the tenants of Ceph RGW, which verifies the URL for the method that is asked for).
fn signer<'s>(
    received: &Received<ClientBody>,
    preflight: &Preflight,
    snapshot: &'s Snapshot,
    store: &Store,
    handle: &'s StoreHandle,
) -> Option<&'s StoreSigner> {
    if store.authorization != Authorization::Store {
        return None;
    }
    let caller = received.presigner(preflight.method())?;
    let context = caller.context(&snapshot.live.account_id);
    handle.signer(store.credentials_for(&[&context], caller.is_anonymous())?)
}

async fn ask(exchange: &mut Exchange, request: Request<ClientBody>) -> Result<HeaderMap, Reject> {
    let app = Arc::clone(&exchange.finish.app);
    let snapshot = Arc::clone(&exchange.snapshot);
    let has_body = content_length(request.headers())?.is_some_and(|length| length > 0)
        || request.headers().contains_key(header::TRANSFER_ENCODING);
    if has_body {
        return Err(Reject::UnexpectedBody);
    }
    let received = Received::new(request, exchange.client, Arc::clone(&snapshot), exchange.now)?;
    let preflight = received.preflight()?;
    exchange.finish.record.bucket = preflight.target().bucket().map(ToString::to_string);
    exchange.finish.record.key = preflight.target().key().map(ToString::to_string);
    let store = store(&snapshot, &preflight)?;
    exchange.finish.record.store = Some(store.name.clone());
    let handle = snapshot.store(store).ok_or(Reject::NoStoreHandle)?;
    let (host, virtual_host) = store_host(store, Some(preflight.bucket()));
    let addressing = if virtual_host { s3::Addressing::Virtual } else { s3::Addressing::Path };
    let Outgoing { method, path, query, mut headers } = preflight.outgoing(addressing);
    let host = HeaderValue::try_from(host).map_err(|_| Reject::NoStoreHandle)?;
    headers.insert(header::HOST, host);
    let mut outgoing = Outgoing { method, path, query, headers };
    if let Some(signer) = signer(&received, &preflight, &snapshot, store, handle) {
        outgoing.query = signer.presigned_query(&preflight.method(), &outgoing, exchange.now)?;
    }
    let sent = on_the_wire(outgoing, OutgoingBody::whole(Bytes::new()))?;
    let answer = handle.pool.send(sent, patience(&app, Patience::Short)).await?;
    let status = answer.status();
    exchange.finish.record.store_status = Some(status.as_u16());
    let headers = cors_headers(answer.headers());
    let allows = headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    if status.is_success() && allows {
        Ok(headers)
    } else if status.is_redirection() {
        Err(Reject::Redirect(status.as_u16()))
    } else if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED {
        Err(Reject::StoreAnswer(format!("status {} to a preflight", status.as_u16())))
    } else {
        Err(Reject::Cors(status.as_u16()))
    }
}
