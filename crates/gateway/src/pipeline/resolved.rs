//! Step three: the operation is known. Step four: it is decided.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use http_body::Body;
use policy::{Context, Denial};
use s3::requirement::Facts;
use s3::{BodyRule, Document, Operation};
use sigv4::{Region, Scheme, Timestamp};

use super::authenticated::Signature;
use super::authorized::{Authorized, DeniedKey, Upload};
use super::body::{BodyError, Expectations, Growth, Inspector, collect};
use super::budget::Share;
use super::client_body::ClientBody;
use super::post_object::Posted;
use super::{existing_tags, payload};
use crate::app::App;
use crate::caller::Caller;
use crate::config::{Store, Stores};
use crate::decide::{Decided, Judge};
use crate::reject::Reject;
use crate::snapshot::Snapshot;

/// A request that is known to be one operation on one store.
#[derive(Debug)]
pub(super) struct Resolved<B = ClientBody> {
    pub(super) host: Option<HeaderValue>,
    pub(super) content_length: Option<u64>,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) now: Timestamp,
    pub(super) body: B,
    pub(super) caller: Caller,
    pub(super) signature: Signature,
    pub(super) operation: Operation,
    pub(super) store: Arc<Store>,
    /// About the caller, then about the request: the more trustworthy first.
    pub(super) contexts: [Context; 2],
    /// What is left of the form that it came as.
    pub(super) posted: Option<Posted>,
}

/// `Content-Length` as hyper understood it: one value, digits only.
pub(super) fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Reject> {
    let Some(value) = headers.get(header::CONTENT_LENGTH) else { return Ok(None) };
    let digits = value.to_str().ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let length = digits.and_then(|digits| digits.parse().ok()).ok_or(Reject::ContentLength)?;
    Ok(Some(length))
}

impl<B> Resolved<B> {
    /// The store.
    #[must_use]
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn judge(&self) -> Judge<'_> {
        Judge {
            caller: &self.caller,
            snapshot: &self.snapshot,
            store: &self.store,
            contexts: &self.contexts,
        }
    }
}

impl Resolved {
    /// Step four: may they? A body that decides what is asked is read first; the bytes of an
    /// object are not touched.
    ///
    /// # Errors
    /// [`Reject::Denied`], or what is wrong with the document.
    pub(super) async fn authorize(self, app: &App) -> Result<Authorized, Reject> {
        let Self {
            host,
            content_length,
            snapshot,
            now,
            body,
            caller,
            signature,
            operation,
            store,
            contexts,
            posted,
        } = self;
        let facts = facts(&signature, &operation, now);
        let judge =
            Judge { caller: &caller, snapshot: &snapshot, store: &store, contexts: &contexts };
        judge.may_anything(&operation, &facts)?;
        let read = Reading { app, content_length, signature: &signature, operation: &operation };
        let mut memory = Vec::new();
        let (document, upload) = match operation.body() {
            BodyRule::None => {
                read.nothing(body).await?;
                (None, Upload::Nothing)
            }
            BodyRule::Streamed => (None, Upload::Stream(body)),
            BodyRule::Document { limit } => {
                let (bytes, shares) = read.whole(body, limit).await?;
                memory = shares;
                (Some(Document::parse(operation.kind(), &bytes)?), Upload::Nothing)
            }
        };
        let mut question = judge.question(&operation, &facts, document.as_ref())?;
        existing_tags::complete(app, &judge, &operation, question.iter_mut(), now).await?;
        let Decided { allowed, denials, unless_untagged } = judge.decide(&question)?;
        if store.passes_over_version(&operation, document.as_ref()) {
            return Err(Reject::NoVersions);
        }
        if let Some(name) = store.ignored_condition(document.as_ref()) {
            return Err(Reject::IgnoredHeader(name.clone()));
        }
        let quiet = matches!(&document, Some(Document::Delete(request)) if request.quiet());
        let (document, denied) =
            settle(document, denials, &snapshot.live.stores, &store, signature.region())?;
        Ok(Authorized {
            host,
            content_length,
            snapshot,
            now,
            caller,
            signature,
            operation,
            store,
            contexts,
            document,
            memory,
            quiet,
            upload,
            allowed,
            unless_untagged,
            denied,
            posted,
        })
    }
}

/// The document as the store may see it: without the keys that were denied, and without the name
/// that the region has here and not there. A bucket that it names has to be one of that store.
pub(super) fn settle(
    document: Option<Document>,
    denials: Vec<Option<Denial>>,
    stores: &Stores,
    store: &Arc<Store>,
    signed: Option<&Region>,
) -> Result<(Option<Document>, Vec<DeniedKey>), Reject> {
    match document {
        Some(Document::Configuration(configuration)) => {
            if configuration.written().all(|bucket| stores.has(store, bucket, signed)) {
                Ok((Some(Document::Configuration(configuration)), Vec::new()))
            } else {
                Err(Reject::TargetInOtherStore)
            }
        }
        Some(Document::Delete(request)) => {
            let mut verdicts = denials.iter();
            // One verdict an object, in the order of the document; a missing one denies.
            let (kept, refused) = request.partition(|_| matches!(verdicts.next(), Some(None)));
            let denials = denials.into_iter().flatten();
            let denied = refused
                .into_iter()
                .zip(denials)
                .map(|(object, denial)| DeniedKey { object, denial })
                .collect();
            Ok((kept.map(Document::Delete), denied))
        }
        Some(Document::CreateBucket(mut request)) => {
            let named = request.location.take();
            let ours = |name: &str| {
                signed.into_iter().chain(&store.regions).any(|region| region.as_str() == name)
            };
            if named.is_some_and(|name| !ours(&name)) {
                return Err(Reject::LocationConstraint);
            }
            Ok((Some(Document::CreateBucket(request)), Vec::new()))
        }
        other => Ok((other, Vec::new())),
    }
}

pub(super) fn facts<'a>(
    signature: &'a Signature,
    operation: &'a Operation,
    now: Timestamp,
) -> Facts<'a> {
    Facts {
        auth_type: signature.auth_type(),
        now_unix: Some(now.unix()),
        signature_version: signature.scheme().map(|scheme| match scheme {
            Scheme::HeaderV4 | Scheme::QueryV4 | Scheme::FormV4 => "AWS4-HMAC-SHA256",
            Scheme::HeaderV4a | Scheme::QueryV4a => "AWS4-ECDSA-P256-SHA256",
            Scheme::QueryHmacV1 | Scheme::HeaderHmacV1 | Scheme::FormHmacV1 => "AWS",
        }),
        content_sha256: operation
            .header("x-amz-content-sha256")
            .and_then(|value| value.to_str().ok())
            .or_else(|| match signature.scheme()? {
                Scheme::QueryV4 | Scheme::QueryV4a => Some("UNSIGNED-PAYLOAD"),
                Scheme::HeaderV4
                | Scheme::HeaderV4a
                | Scheme::FormV4
                | Scheme::QueryHmacV1
                | Scheme::HeaderHmacV1
                | Scheme::FormHmacV1 => None,
            }),
        signature_age_ms: signature.age_ms(now),
    }
}

/// For a whole document. The largest, 8 MiB, needs it at 140 kB a second; who is slower, or drips to
/// hold a place, is cut.
const DOCUMENT_TIMEOUT: Duration = Duration::from_secs(60);

/// For the end of a body that must be empty: it is in the packet of the head, or the next.
const NO_BODY_TIMEOUT: Duration = Duration::from_secs(5);

struct Reading<'a> {
    app: &'a App,
    content_length: Option<u64>,
    signature: &'a Signature,
    operation: &'a Operation,
}

impl Reading<'_> {
    /// An operation without a body takes none: bytes that nobody decided about are not swallowed.
    async fn nothing(&self, body: ClientBody) -> Result<(), Reject> {
        if self.content_length.is_some_and(|length| length > 0) {
            return Err(Reject::UnexpectedBody);
        }
        if body.is_end_stream() {
            return Ok(());
        }
        // In HTTP chunks: only the wire tells whether there is one.
        let inspector = Inspector::new(Expectations::default());
        match collect(body, inspector, NO_BODY_TIMEOUT, None).await {
            Ok(_) => Ok(()),
            Err(BodyError::TooLong { .. }) => Err(Reject::UnexpectedBody),
            Err(error) => Err(error.into()),
        }
    }

    async fn whole(&self, body: ClientBody, limit: usize) -> Result<(Bytes, Vec<Share>), Reject> {
        let expect = payload::expectations(
            self.operation,
            self.signature,
            self.content_length,
            limit as u64,
        )?;
        // The text, what is parsed of it, and what is rendered for the store.
        let mut memory = Growth::new(&self.app.documents, 3);
        let idle = self.app.limits().body_idle_timeout;
        let read = collect(body, Inspector::new(expect), idle, Some(&mut memory));
        let (bytes, _trailers) = tokio::time::timeout(DOCUMENT_TIMEOUT, read)
            .await
            .map_err(|_elapsed| BodyError::Stalled)??;
        Ok((bytes, memory.into_shares()))
    }
}
