//! Step five: the store has answered. What passes to the client, and as what.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header, response};
use http_body::Body;
use policy::Context;
use s3::answer::{BucketList, DeleteResult, StoreError, parse_location};
use s3::form::Success;
use s3::headers::{Protected, ProtectedSet, override_headers, passes_on_error, response_headers};
use s3::listing::{as_list_objects_v2, with_encoded_names};
use s3::operation::{AnswerClass, OperationKind};
use s3::{AwsCode, Operation, cors_headers};
use sigv4::{Region, Timestamp};

use super::Exchange;
use super::answer::Answer;
use super::authenticated::Signature;
use super::authorized::DeniedKey;
use super::body::{Trailers, Verdict};
use super::document::{MAX_ERROR, read};
use super::late::{Late, Rewriting};
use super::resolved::facts;
use super::rewritten::Rewrite;
use super::unmet::{Unmet, unmet, without_content};
use crate::caller::Caller;
use crate::config::{Authorization, Store};
use crate::reject::Reject;
use crate::snapshot::Snapshot;
use crate::upstream::client::StoreBody;

/// A request that was sent (or did not need to be), and the head of the store's answer.
#[derive(Debug)]
pub(super) struct Forwarded {
    delivered: Delivered,
    answer: Option<Response<StoreBody>>,
}

/// What is left of the request once it is with the store.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) host: Option<HeaderValue>,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) caller: Caller,
    pub(super) signature: Signature,
    pub(super) operation: Operation,
    pub(super) contexts: [Context; 2],
    pub(super) store: Arc<Store>,
    /// Whether the store decided, about a request that was nobody's.
    pub(super) left_to_store: bool,
    /// DeleteObjects: whether the client wants to hear of failures only.
    pub(super) quiet: bool,
    pub(super) denied: Vec<DeniedKey>,
    pub(super) verdict: Option<Verdict>,
    pub(super) trailers: Trailers,
    /// A region that means the store.
    pub(super) region: Region,
    pub(super) now: Timestamp,
    /// What the client of a form wants to hear.
    pub(super) success: Option<Success>,
}

impl Forwarded {
    pub(super) fn new(delivered: Delivered, answer: Option<Response<StoreBody>>) -> Self {
        Self { delivered, answer }
    }

    /// Makes the client's answer of the store's. Which pages of other origins may read it says the
    /// store alone, whatever the answer became: what a page may not read, it cannot tell from a
    /// broken network.
    pub(super) async fn answer(self, exchange: Exchange, resource: &str) -> Response<Answer> {
        let of_page = self.delivered.operation.header(header::ORIGIN.as_str()).is_some();
        let answer = self.answer.as_ref().filter(|_| of_page);
        let cors = answer.map(|answer| cors_headers(answer.headers())).unwrap_or_default();
        let mut response = self.for_anybody(exchange, resource).await;
        response.headers_mut().extend(cors);
        response
    }

    async fn for_anybody(self, exchange: Exchange, resource: &str) -> Response<Answer> {
        let Self { delivered, answer } = self;
        let Some(answer) = answer else {
            return match delivered.operation.kind() {
                OperationKind::DeleteObjects => {
                    delivered.deleted(exchange, HeaderMap::new(), DeleteResult::default())
                }
                _ => delivered.bucket_policy(exchange, resource),
            };
        };
        let status = answer.status();
        if !(200..600).contains(&status.as_u16()) {
            // A switch of protocols, or a number that says nothing to anybody.
            let why = format!("its status is {}", status.as_u16());
            return exchange.reject(&Reject::StoreAnswer(why), resource);
        }
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return exchange.reject(&Reject::Redirect(status.as_u16()), resource);
        }
        if status == StatusCode::NOT_MODIFIED && !asks_for_changes(&delivered.operation) {
            let why = "it says that nothing changed, and was not asked".to_owned();
            return exchange.reject(&Reject::StoreAnswer(why), resource);
        }
        if status.is_client_error() || status.is_server_error() {
            return delivered.failed(exchange, answer, resource).await;
        }
        delivered.succeeded(exchange, answer, resource).await
    }
}

impl Delivered {
    async fn failed(
        self,
        exchange: Exchange,
        answer: Response<StoreBody>,
        resource: &str,
    ) -> Response<Answer> {
        let (parts, body) = answer.into_parts();
        let idle = exchange.finish.app.limits().store_body_idle_timeout;
        let document = read(body, MAX_ERROR, idle, None).await;
        let document = document.map(|read| read.bytes).unwrap_or_default();
        let on_key = self.operation.key().is_some();
        let mut error = StoreError::parse(&document).unwrap_or_else(|| {
            let code = AwsCode::of_status(parts.status, on_key);
            StoreError {
                code: code.as_str().to_owned(),
                message: code.default_message().to_owned(),
                extra: Vec::new(),
            }
        });
        if error.is_about_our_signature() {
            return exchange.reject(&Reject::StoreCredentials(error.code), resource);
        }
        let absent = parts.status == StatusCode::NOT_FOUND && !error.is_about_something_else();
        if absent && !self.may_see_absence() {
            return exchange.reject(&Reject::Hidden, resource);
        }
        error.extra.retain(|(name, _)| *name != "Region");
        let said = error.message.clone();
        if error.message.is_empty() || error.code == AwsCode::AccessDenied.as_str() {
            // Ceph RGW leaves it out, and the AWS CLI cannot do without. What AWS says of a denial
            // names the principal that was denied: at the store that is us.
            let known = AwsCode::ALL.iter().find(|known| known.as_str() == error.code);
            error.message =
                known.map_or(error.code.as_str(), |known| known.default_message()).to_owned();
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &parts.headers {
            if passes_on_error(name) {
                headers.append(name.clone(), value.clone());
            }
        }
        self.error(exchange, parts.status, headers, (&error, &said), resource)
    }

    fn error(
        self,
        mut exchange: Exchange,
        status: StatusCode,
        headers: HeaderMap,
        (error, said): (&StoreError, &str),
        resource: &str,
    ) -> Response<Answer> {
        exchange.finish.record.error = Some(error.code.clone());
        exchange.finish.record.reason = Some(format!("the store answered: {said}"));
        exchange.finish.record.status = status.as_u16();
        let xml = error.render(resource, &exchange.finish.record.request_id);
        let mut response = exchange.document(status, xml);
        response.headers_mut().extend(headers);
        self.bucket_region(&mut response);
        response
    }

    /// AWS tells a missing object from a forbidden one only to those who may list the bucket.
    fn may_see_absence(&self) -> bool {
        if self.left_to_store {
            return true;
        }
        let facts = facts(&self.signature, &self.operation, self.now);
        self.operation
            .requirement_to_see_absence(&facts)
            .is_none_or(|requirement| self.judge().every(std::iter::once(&requirement)).is_ok())
    }

    async fn succeeded(
        self,
        exchange: Exchange,
        answer: Response<StoreBody>,
        resource: &str,
    ) -> Response<Answer> {
        let (parts, body) = answer.into_parts();
        let shown = self.shown(&parts.headers);
        let kind = self.operation.kind();
        if kind.answer() == AnswerClass::Object && !says_its_end(&parts.headers, &body) {
            let why = "the object's end is not told, or told twice".to_owned();
            return exchange.reject(&Reject::StoreAnswer(why), resource);
        }
        if let Some(unmet) = unmet(&self.operation, &parts) {
            return self.instead(exchange, &parts, unmet, resource);
        }
        let mut headers = response_headers(kind, parts.status, &parts.headers, shown);
        override_headers(&self.operation, &mut headers);
        match kind.answer() {
            AnswerClass::Listing => match self.listing() {
                Some(rewrite) => self.rewritten(exchange, headers, body, resource, rewrite).await,
                None => self.stream(exchange, parts.status, headers, body),
            },
            AnswerClass::Object | AnswerClass::Head | AnswerClass::Xml | AnswerClass::Empty => {
                self.stream(exchange, parts.status, headers, body)
            }
            AnswerClass::Acl if self.store.authorization == Authorization::Store => {
                self.stream(exchange, parts.status, headers, body)
            }
            AnswerClass::Acl => {
                headers.remove(header::CONTENT_TYPE);
                let rewrite = Rewrite { parse: |_, _| Ok(()), answer: Self::owned };
                self.rewritten(exchange, headers, body, resource, rewrite).await
            }
            AnswerClass::Written => {
                self.acknowledge(&mut headers);
                if let Some(success) = &self.success {
                    let success = success.clone();
                    return self.posted(exchange, headers, &success);
                }
                self.stream(exchange, parts.status, headers, body)
            }
            AnswerClass::Created => {
                self.place_of_bucket(&mut headers);
                self.stream(exchange, parts.status, headers, body)
            }
            AnswerClass::Copy | AnswerClass::Complete => {
                self.late(exchange, parts.status, headers, body)
            }
            AnswerClass::Buckets if self.operation.asks_for_usage() => {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
                self.stream(exchange, parts.status, headers, body)
            }
            AnswerClass::Buckets => {
                let rewrite = Rewrite {
                    parse: |document, _| BucketList::parse(document),
                    answer: Self::buckets,
                };
                self.rewritten(exchange, headers, body, resource, rewrite).await
            }
            AnswerClass::Deleted => {
                let rewrite = Rewrite {
                    parse: |document, _| DeleteResult::parse(document),
                    answer: Self::deleted,
                };
                self.rewritten(exchange, headers, body, resource, rewrite).await
            }
            AnswerClass::Location => {
                let parse = |document: &[u8], _: &Operation| Ok(parse_location(document).ok());
                let rewrite = Rewrite { parse, answer: Self::located };
                self.rewritten(exchange, headers, body, resource, rewrite).await
            }
        }
    }

    /// How the store's listing becomes the one that the client asked for, if it is not.
    fn listing(&self) -> Option<Rewrite<String>> {
        let (operation, has) = (&self.operation, self.store.capabilities);
        let is_v1 = operation.kind() == OperationKind::ListObjectsV2 && !has.list_objects_v2;
        let is_plain = operation.query("encoding-type").is_some() && !has.encoded_listings;
        let parse: fn(&[u8], &Operation) -> _ = match (is_v1, is_plain) {
            (false, false) => return None,
            (true, false) => as_list_objects_v2,
            (false, true) => with_encoded_names,
            (true, true) => {
                |body, asked| as_list_objects_v2(with_encoded_names(body, asked)?.as_bytes(), asked)
            }
        };
        Some(Rewrite { parse, answer: Self::own })
    }

    /// What the client asked for, where the store answered with the object all the same.
    fn instead(
        self,
        mut exchange: Exchange,
        answer: &response::Parts,
        unmet: Unmet,
        resource: &str,
    ) -> Response<Answer> {
        match unmet {
            Unmet::Refused(reject) => exchange.reject(&reject, resource),
            Unmet::NotModified => {
                let status = StatusCode::NOT_MODIFIED;
                let shown = self.shown(&answer.headers);
                let kind = self.operation.kind();
                let headers = response_headers(kind, status, &answer.headers, shown);
                exchange.finish.record.status = status.as_u16();
                let request_id = exchange.finish.record.request_id.clone();
                let answer = Answer::whole(Bytes::new(), Some(exchange.finish(None)));
                self.respond(status, without_content(&headers), &request_id, answer)
            }
        }
    }

    fn shown(&self, store: &HeaderMap) -> ProtectedSet {
        let facts = facts(&self.signature, &self.operation, self.now);
        Protected::in_answer(store)
            .filter(|class| {
                self.operation.requirement_to_show(*class, &facts).is_some_and(|requirement| {
                    let judge = self.judge();
                    // What hangs on the tags of the object is not worth another request.
                    !judge.needs_tags(&requirement)
                        && judge.every(std::iter::once(&requirement)).is_ok()
                })
            })
            .collect()
    }

    /// What was uploaded is acknowledged with the checksum that we verified.
    fn acknowledge(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.trailers {
            if !headers.contains_key(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
    }

    fn place_of_bucket(&self, headers: &mut HeaderMap) {
        let bucket = self.operation.bucket().map(ToString::to_string).unwrap_or_default();
        if let Ok(location) = HeaderValue::try_from(format!("/{bucket}")) {
            headers.insert(header::LOCATION, location);
        }
    }

    fn stream(
        self,
        mut exchange: Exchange,
        status: StatusCode,
        headers: HeaderMap,
        body: StoreBody,
    ) -> Response<Answer> {
        exchange.finish.record.status = status.as_u16();
        let idle = exchange.finish.app.limits().store_body_idle_timeout;
        let request_id = exchange.finish.record.request_id.clone();
        let finish = exchange.finish(self.verdict.clone());
        self.respond(status, headers, &request_id, Answer::store(body, idle, finish))
    }

    fn late(
        self,
        mut exchange: Exchange,
        status: StatusCode,
        mut headers: HeaderMap,
        body: StoreBody,
    ) -> Response<Answer> {
        exchange.finish.record.status = status.as_u16();
        let idle = exchange.finish.app.limits().store_copy_first_byte_timeout;
        let request_id = exchange.finish.record.request_id.clone();
        let rewrite = Rewriting {
            kind: self.operation.kind(),
            location: self.location(&exchange),
            hides_absence: !self.may_see_absence(),
            operation: self.operation.clone(),
            request_id: request_id.clone(),
        };
        let late = Late::new(body, Box::new(move |document| rewrite.apply(document)));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        let answer = Answer::late(late, idle, exchange.finish(None));
        self.respond(status, headers, &request_id, answer)
    }

    /// What the client of a form wants to hear, once the file is stored.
    fn posted(
        self,
        mut exchange: Exchange,
        mut headers: HeaderMap,
        success: &Success,
    ) -> Response<Answer> {
        let etag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
        let (mut status, mut location, mut text) =
            (StatusCode::SEE_OTHER, self.location(&exchange), String::new());
        if let (Some(bucket), Some(key)) = (self.operation.bucket(), self.operation.key()) {
            match success {
                Success::Redirect(_) => {
                    location = success.location(bucket, key, etag).unwrap_or_default();
                }
                Success::Status(wanted) => {
                    status = *wanted;
                    if status == StatusCode::CREATED {
                        text = s3::form::posted(&location, bucket, key, etag);
                    }
                }
            }
        }
        headers.remove(header::CONTENT_TYPE);
        headers.remove(header::CONTENT_LENGTH);
        if !text.is_empty() {
            let xml = HeaderValue::from_static("application/xml");
            headers.insert(header::CONTENT_TYPE, xml);
        }
        if let Ok(location) = HeaderValue::try_from(location) {
            headers.insert(header::LOCATION, location);
        }
        exchange.finish.record.status = status.as_u16();
        let request_id = exchange.finish.record.request_id.clone();
        let finish = exchange.finish(self.verdict.clone());
        self.respond(status, headers, &request_id, Answer::whole(text.into(), Some(finish)))
    }

    /// The store's answer with our name on it.
    fn respond(
        self,
        status: StatusCode,
        headers: HeaderMap,
        request_id: &str,
        answer: Answer,
    ) -> Response<Answer> {
        let mut response = Response::new(answer);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        if let Ok(id) = HeaderValue::try_from(request_id) {
            response.headers_mut().insert("x-amz-request-id", id);
        }
        self.bucket_region(&mut response);
        response
    }

    /// The URL of the object, as the client addressed us.
    fn location(&self, exchange: &Exchange) -> String {
        let host = self.host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or_default();
        let in_host =
            matches!(self.snapshot.live.domains.resolve_host(host), Ok(s3::HostStyle::Virtual(_)));
        let addressing = if in_host { s3::Addressing::Virtual } else { s3::Addressing::Path };
        let path = self.operation.outgoing(addressing).path;
        let scheme = if exchange.client.is_secure() { "https" } else { "http" };
        format!("{scheme}://{host}{path}")
    }

    /// A document that we wrote.
    pub(super) fn own(
        self,
        mut exchange: Exchange,
        headers: HeaderMap,
        xml: String,
    ) -> Response<Answer> {
        // A client may take its time to read it.
        let large =
            (xml.len() > UNCOUNTED).then(|| exchange.finish.app.answers.take(xml.len() as u64));
        if let Some(None) = large {
            let resource = self.operation.outgoing(s3::Addressing::Path).path;
            return exchange.reject(&Reject::Busy, &resource);
        }
        exchange.finish.record.status = StatusCode::OK.as_u16();
        let mut response = exchange.document(StatusCode::OK, xml);
        response.headers_mut().extend(headers);
        self.bucket_region(&mut response);
        response.map(|answer| answer.holding(large.flatten()))
    }

    /// HeadBucket tells clients which region to sign for: ours.
    fn bucket_region(&self, response: &mut Response<Answer>) {
        if self.operation.kind() == OperationKind::HeadBucket
            && let Ok(region) = HeaderValue::try_from(self.region.as_str())
        {
            response.headers_mut().insert("x-amz-bucket-region", region);
        }
    }
}

/// The largest document of ours, in bytes, whose memory is not counted: of all requests in flight (1,024 by default)
/// together 64 MiB.
const UNCOUNTED: usize = 64 * 1024;

/// Whether a 304 can be the answer.
fn asks_for_changes(operation: &Operation) -> bool {
    [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE]
        .iter()
        .any(|name| operation.header(name.as_str()).is_some())
        && matches!(operation.kind(), OperationKind::GetObject | OperationKind::HeadObject)
}

/// Whether there is one way to tell where a body ends. One that ends with the connection cannot be
/// told from one that broke off (A41); with a length beside chunks, client and gateway could
/// disagree (A13, RFC 9112 section 6.3).
fn says_its_end(headers: &HeaderMap, body: &StoreBody) -> bool {
    let lengths = headers.get_all(header::CONTENT_LENGTH).iter().count();
    let coding = headers.get_all(header::TRANSFER_ENCODING).iter().next_back();
    let framed = match coding.map(HeaderValue::as_bytes) {
        None => lengths == 1,
        Some(coding) => {
            lengths == 0 && coding.to_ascii_lowercase().trim_ascii_end().ends_with(b"chunked")
        }
    };
    framed || body.is_end_stream()
}
