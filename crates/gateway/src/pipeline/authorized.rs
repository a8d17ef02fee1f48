//! Step four: it is allowed. Step five: it leaves, rebuilt.

use std::sync::Arc;

use aws_lc_rs::digest;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use policy::{Context, Denial, Permit};
use s3::checksum::{Algorithm, ContentMd5};
use s3::document::ObjectIdentifier;
use s3::listing::as_list_objects;
use s3::operation::OperationKind;
use s3::{Document, Operation, Outgoing};
use sigv4::{Payload, Timestamp};
use tokio::time::Instant;

use super::asking::Asking;
use super::authenticated::Signature;
use super::body::{BodyError, FramedStream, Inspector, Trailers, Verdict, VerifiedStream, collect};
use super::budget::Share;
use super::client_body::ClientBody;
use super::custody::Custody;
use super::existing_tags;
use super::forwarded::{Delivered, Forwarded};
use super::payload;
use super::post_object::Posted;
use super::source_conditions;
use super::upload_size;
use crate::app::App;
use crate::audit::Record;
use crate::caller::Caller;
use crate::config::{OWNER_HEADERS, Store};
use crate::decide::{Allowed, Judge};
use crate::reject::Reject;
use crate::snapshot::{Snapshot, on_the_wire, store_host};
use crate::upstream::body::OutgoingBody;
use crate::upstream::client::Patience;

/// A request that every policy allows. Only this can leave, and only once.
#[derive(Debug)]
pub(super) struct Authorized {
    pub(super) host: Option<HeaderValue>,
    pub(super) content_length: Option<u64>,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) now: Timestamp,
    pub(super) caller: Caller,
    pub(super) signature: Signature,
    pub(super) operation: Operation,
    pub(super) store: Arc<Store>,
    pub(super) contexts: [Context; 2],
    pub(super) document: Option<Document>,
    /// The memory that the document takes, until it is with the store.
    pub(super) memory: Vec<Share>,
    pub(super) quiet: bool,
    pub(super) upload: Upload,
    pub(super) allowed: Allowed,
    /// What is missing if the source of a copy has tags, which the request does not say.
    pub(super) unless_untagged: Option<Denial>,
    pub(super) denied: Vec<DeniedKey>,
    /// What is left of the form that it came as.
    pub(super) posted: Option<Posted>,
}

/// The bytes that go with the request.
#[derive(Debug)]
pub(super) enum Upload {
    /// None, or a document that was read already.
    Nothing,
    /// An object's or a part's.
    Stream(ClientBody),
}

/// A key of a DeleteObjects that the caller may not delete.
#[derive(Debug)]
pub(super) struct DeniedKey {
    /// Which.
    pub(super) object: ObjectIdentifier,
    /// Why.
    pub(super) denial: Denial,
}

/// A payload, ready for the store.
struct Prepared {
    body: OutgoingBody,
    payload: Payload,
    trailers: Trailers,
    verdict: Option<Verdict>,
    taken: u64,
    /// Whether the client sends it only when it is told to, and the store is asked first.
    awaited: bool,
}

impl Authorized {
    /// The statements that allowed, and those that denied single keys.
    pub(super) fn permits(&self) -> &[Permit] {
        self.allowed.permits()
    }

    /// What was denied of it: single keys of a DeleteObjects.
    pub(super) fn denials(&self) -> impl Iterator<Item = &Denial> {
        self.denied.iter().map(|denied| &denied.denial)
    }

    /// Step five: sends it to the store and waits for the head of the answer.
    ///
    /// # Errors
    /// When no credential of the store is for this caller, when the payload does not verify, or
    /// when the store cannot be reached or does not answer.
    pub(super) async fn forward(
        mut self,
        app: &App,
        record: &mut Record,
    ) -> Result<Forwarded, Reject> {
        if self.allowed.is_nothing() || self.custody()? == Custody::Ours {
            return Ok(Forwarded::new(self.delivered(None, Trailers::new()), None));
        }
        let snapshot = Arc::clone(&self.snapshot);
        let store = Arc::clone(&self.store);
        let handle = snapshot.store(&store).ok_or(Reject::NoStoreHandle)?;
        let (host, virtual_host) = store_host(&store, self.operation.bucket());
        let addressing = if virtual_host { s3::Addressing::Virtual } else { s3::Addressing::Path };
        let Outgoing { method, path, query, mut headers } = self.outgoing(addressing)?;
        let signer = match self.allowed {
            Allowed::LeftToStore(_) => {
                self.refuse_unasked()?;
                None
            }
            Allowed::ByPolicy(_) => {
                let judge = Judge {
                    caller: &self.caller,
                    snapshot: &snapshot,
                    store: &store,
                    contexts: &self.contexts,
                };
                let credential = judge.credential()?;
                record.credential = Some(credential.name.clone());
                let signer = handle.signer(credential).ok_or(Reject::NoStoreHandle)?;
                self.copied_tags(app, handle, signer).await?;
                let asking = Asking { app, store: &store, handle, signer, now: self.now };
                self.ask_first(&asking, &mut headers).await?;
                Some(signer)
            }
        };
        let prepared = self.prepare(app, &mut headers).await?;
        record.bytes_in = prepared.taken;
        let host = HeaderValue::try_from(host).map_err(|_| Reject::NoStoreHandle)?;
        headers.insert(header::HOST, host);
        if store.capabilities.checksum_headers {
            headers.extend(prepared.trailers.iter().cloned());
        }
        let outgoing = Outgoing { method, path, query, headers };
        let request = match signer {
            Some(signer) => signer.request(outgoing, prepared.body, &prepared.payload, self.now)?,
            None => on_the_wire(outgoing, prepared.body)?,
        };

        let progress = request.body().progress();
        let sent_at = Instant::now();
        let patience = patience(app, self.operation.kind().patience());
        let answer = match prepared.awaited {
            true => handle.pool.send_expecting(request, patience).await,
            false => handle.pool.send(request, patience).await,
        };
        record.store_ms = u64::try_from(sent_at.elapsed().as_millis()).ok();
        if let Some(error) = prepared.verdict.as_ref().and_then(Verdict::error) {
            return Err(Reject::Body(error));
        }
        let answer = answer?;
        record.store_status = Some(answer.status().as_u16());
        if answer.status().is_success() && !progress.ended() {
            // Whatever it stored, it was not what the client sent.
            return Err(Reject::EarlySuccess);
        }
        let trailers = match &prepared.verdict {
            Some(verdict) => verdict.trailers().unwrap_or_default(),
            None => prepared.trailers,
        };
        Ok(Forwarded::new(self.delivered(prepared.verdict, trailers), Some(answer)))
    }

    /// What the store does not compare, and the gateway compares for it.
    async fn ask_first(&self, asking: &Asking<'_>, headers: &mut HeaderMap) -> Result<(), Reject> {
        let (operation, has) = (&self.operation, self.store.capabilities);
        if !has.copy_source_conditions {
            source_conditions::check(asking, operation, headers).await?;
        }
        if !has.copied_tags {
            existing_tags::lost(asking, operation).await?;
        }
        if !has.object_size {
            upload_size::check(asking, operation, self.document.as_ref()).await?;
        }
        Ok(())
    }

    /// What goes to the store unsigned has no keys to ask it with.
    fn refuse_unasked(&self) -> Result<(), Reject> {
        let (operation, has) = (&self.operation, self.store.capabilities);
        if !has.copy_source_conditions {
            source_conditions::refuse(operation)?;
        }
        if !has.copied_tags && existing_tags::may_lose(operation) {
            return Err(Reject::TagsLost);
        }
        if !has.object_size {
            upload_size::refuse(operation)?;
        }
        Ok(())
    }

    /// The request for the store, in its dialect.
    fn outgoing(&self, addressing: s3::Addressing) -> Result<Outgoing, Reject> {
        let (kind, capabilities) = (self.operation.kind(), &self.store.capabilities);
        let mut outgoing = match kind {
            OperationKind::ListObjectsV2 if !capabilities.list_objects_v2 => {
                as_list_objects(&self.operation, addressing)?
            }
            _ => self.operation.outgoing(addressing),
        };
        if !capabilities.checksum_headers && self.operation.checksums_are_of_the_body() {
            // Verified here, and nothing to the store, which refuses or ignores them.
            for algorithm in Algorithm::ALL {
                outgoing.headers.remove(algorithm.header_name());
            }
        }
        if kind == OperationKind::PutObject && !capabilities.quoted_if_match {
            without_quotes(&mut outgoing.headers, &header::IF_MATCH);
        }
        if !capabilities.bucket_owner {
            // They hold, by our account, and the store would have another.
            for name in &OWNER_HEADERS {
                outgoing.headers.remove(name);
            }
        }
        Ok(outgoing)
    }

    async fn prepare(&mut self, app: &App, headers: &mut HeaderMap) -> Result<Prepared, Reject> {
        let incoming = match std::mem::replace(&mut self.upload, Upload::Nothing) {
            Upload::Nothing => return Ok(self.prepare_document(headers)),
            Upload::Stream(incoming) => incoming,
        };
        if let Some(posted) = &self.posted {
            return self.prepare_file(app, incoming, posted).await;
        }
        let limit = app.limits().max_object_size.get();
        let expect =
            payload::expectations(&self.operation, &self.signature, self.content_length, limit)?;
        let length = expect.length.ok_or(Reject::NoLength)?;
        let payload = match self.signature.payload() {
            Payload::Hash(hash) => Payload::Hash(hash),
            Payload::Unsigned
            | Payload::StreamingUnsignedTrailer
            | Payload::StreamingSigned
            | Payload::StreamingSignedTrailer => Payload::Unsigned,
        };
        let (trailer, verifies) = (expect.trailer(), expect.verifies());
        let inspector = Inspector::new(expect);
        let idle = app.limits().body_idle_timeout;
        // Where the store decides about a stranger, it does so before the stranger sends anything.
        let awaited = self.allowed.is_left_to_store()
            && incoming.awaits_continue()
            && !verifies
            && length > 0;
        let small = length <= app.limits().small_body.get() && !awaited;
        if let Some(share) = small.then(|| app.small_bodies.take(length)).flatten() {
            let (bytes, trailers) = collect(incoming, inspector, idle, None).await?;
            let body = OutgoingBody::whole(bytes).holding(vec![share]);
            return Ok(Prepared {
                body,
                payload,
                trailers,
                verdict: None,
                taken: length,
                awaited: false,
            });
        }
        // It could not be given its checksum any more, which it is promised.
        if small && trailer.is_some() && self.keeps_small_trailers() {
            return Err(Reject::Busy);
        }
        if verifies {
            // For one that only the memory is missing for: another time.
            self.can_take_back().map_err(|never| if small { Reject::Busy } else { never })?;
        }
        let stream = VerifiedStream::new(incoming, inspector, length, idle);
        let verdict = Some(stream.verdict());
        // What goes unsigned has nothing that tells the store of the framing.
        let framed = self.store.capabilities.trailers && !self.allowed.is_left_to_store();
        let (body, payload) = match trailer.filter(|_| framed) {
            Some(trailer) => {
                headers.extend(payload::framing_headers(length, trailer));
                let stream = FramedStream::new(stream, length, trailer);
                let stream = stream.ok_or(Reject::TooLarge { limit })?;
                (OutgoingBody::framed(stream), Payload::StreamingUnsignedTrailer)
            }
            None => (OutgoingBody::stream(stream), payload),
        };
        Ok(Prepared { body, payload, trailers: Trailers::new(), verdict, taken: 0, awaited })
    }

    /// Whether a checksum trailer is kept because its body is read whole, and not else.
    fn keeps_small_trailers(&self) -> bool {
        let capabilities = &self.store.capabilities;
        capabilities.checksum_headers && !capabilities.trailers && !self.allowed.is_left_to_store()
    }

    /// Whether a body that turns out wrong while it streams is no object.
    fn can_take_back(&self) -> Result<(), Reject> {
        let capabilities = &self.store.capabilities;
        let able = match self.operation.kind() {
            OperationKind::UploadPart => capabilities.discards_short_parts,
            _ => capabilities.discards_short_objects,
        };
        able.then_some(()).ok_or(Reject::KeepsShortUploads)
    }

    /// The file of a form. A small one is read whole, and its length known then, whatever stands behind it; a
    /// larger one is as long as the form says if nothing follows it, and the store must be told before that is seen.
    async fn prepare_file(
        &self,
        app: &App,
        mut incoming: ClientBody,
        posted: &Posted,
    ) -> Result<Prepared, Reject> {
        let (limits, length) = (app.limits(), posted.length);
        let mut expect = payload::expectations(
            &self.operation,
            &self.signature,
            Some(length),
            limits.max_object_size.get(),
        )?;
        let idle = limits.body_idle_timeout;
        let small = length <= limits.small_body.get();
        if let Some(share) = small.then(|| app.small_bodies.take(length)).flatten() {
            expect.length = None;
            // Some clients leave out the line break at the end of the form.
            expect.limit = length.saturating_add(2);
            let (bytes, trailers) = collect(incoming, Inspector::new(expect), idle, None).await?;
            let taken = bytes.len() as u64;
            check_length(posted, taken)?;
            let body = OutgoingBody::whole(bytes).holding(vec![share]);
            let payload = Payload::Unsigned;
            return Ok(Prepared { body, payload, trailers, verdict: None, taken, awaited: false });
        }
        check_length(posted, length)?;
        self.can_take_back().map_err(|never| if small { Reject::Busy } else { never })?;
        incoming.file_must_be_last(length).map_err(BodyError::Form)?;
        let stream = VerifiedStream::new(incoming, Inspector::new(expect), length, idle);
        Ok(Prepared {
            verdict: Some(stream.verdict()),
            body: OutgoingBody::stream(stream),
            payload: Payload::Unsigned,
            trailers: Trailers::new(),
            taken: 0,
            awaited: false,
        })
    }

    /// A document is rendered anew from what was decided: denied keys are not in it.
    fn prepare_document(&mut self, headers: &mut HeaderMap) -> Prepared {
        let bytes =
            self.document.as_ref().map(Document::render).map(Bytes::from).unwrap_or_default();
        if !bytes.is_empty() {
            let kind = match self.document {
                Some(Document::Policy(_)) => "application/json",
                _ => "application/xml",
            };
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        let mut sum = [0; 32];
        sum.copy_from_slice(digest::digest(&digest::SHA256, &bytes).as_ref());
        if !bytes.is_empty() && self.operation.kind() != OperationKind::CompleteMultipartUpload {
            // S3 and several stores demand it of one or the other; nobody minds it.
            if let Ok(value) = HeaderValue::try_from(ContentMd5::of(&bytes).to_base64()) {
                headers.insert("content-md5", value);
            }
        }
        let taken = bytes.len() as u64;
        let memory = std::mem::take(&mut self.memory);
        Prepared {
            body: OutgoingBody::whole(bytes).holding(memory),
            payload: Payload::Hash(sum),
            trailers: Trailers::new(),
            verdict: None,
            taken,
            awaited: false,
        }
    }

    fn delivered(self, verdict: Option<Verdict>, trailers: Trailers) -> Delivered {
        let region = super::context::requested_region(&self.store, self.signature.region()).clone();
        Delivered {
            host: self.host,
            snapshot: self.snapshot,
            caller: self.caller,
            signature: self.signature,
            region,
            operation: self.operation,
            contexts: self.contexts,
            left_to_store: self.allowed.is_left_to_store(),
            store: self.store,
            quiet: self.quiet,
            denied: self.denied,
            verdict,
            trailers,
            now: self.now,
            success: self.posted.map(|posted| posted.success),
        }
    }
}

/// The ETag of a condition without its quotes, if it is one ETag.
fn without_quotes(headers: &mut HeaderMap, name: &header::HeaderName) {
    let bare = headers
        .get(name)
        .and_then(|value| value.as_bytes().strip_prefix(b"\"")?.strip_suffix(b"\""))
        // Bare, `*` is any object.
        .filter(|bare| !bare.is_empty() && !bare.contains(&b'"') && *bare != b"*")
        .and_then(|bare| HeaderValue::from_bytes(bare).ok());
    if let Some(bare) = bare {
        headers.insert(name, bare);
    }
}

fn check_length(posted: &Posted, length: u64) -> Result<(), Reject> {
    posted.range.check(length).map_err(|exceeds| Reject::FileLength { length, exceeds })
}

impl Delivered {
    pub(super) fn judge(&self) -> Judge<'_> {
        Judge {
            caller: &self.caller,
            snapshot: &self.snapshot,
            store: &self.store,
            contexts: &self.contexts,
        }
    }
}

/// By how much the store has to do before it can answer.
pub(super) fn patience(app: &App, class: s3::Patience) -> Patience {
    let limits = app.limits();
    let first_byte = match class {
        s3::Patience::Short => limits.store_first_byte_timeout,
        s3::Patience::Listing => limits.store_list_first_byte_timeout,
        s3::Patience::Copy => limits.store_copy_first_byte_timeout,
    };
    Patience { first_byte, body_idle: limits.store_body_idle_timeout }
}

impl From<BodyError> for Reject {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}
