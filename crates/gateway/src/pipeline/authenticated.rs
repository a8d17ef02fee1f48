//! Step two: the caller is known. Step three: the operation is.

use std::sync::Arc;

use policy::Context;
use s3::requirement::AuthType;
use s3::{Operation, OperationKind, Presigned, RawRequest};
use sigv4::{Payload, Region, Scheme, Timestamp, Verified};

use super::client::Client;
use super::client_body::ClientBody;
use super::coherent;
use super::context;
use super::post_object::Posted;
use super::received::Head;
use super::resolved::Resolved;
use crate::caller::Caller;
use crate::config::{RouteError, Store};
use crate::reject::Reject;
use crate::snapshot::Snapshot;

/// A request whose sender is proven, or is nobody.
#[derive(Debug)]
pub(super) struct Authenticated<B = ClientBody> {
    pub(super) head: Head,
    pub(super) client: Client,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) now: Timestamp,
    pub(super) body: B,
    pub(super) caller: Caller,
    pub(super) signature: Signature,
}

/// How a request was signed.
#[derive(Debug)]
pub(super) enum Signature {
    /// Not at all; what was said about the payload counts all the same.
    None(Payload),
    /// So that it holds.
    Verified(Box<Verified>),
    /// As if it held. Only `Received<()>` makes it: a request without a body, that nobody sent.
    Supposed(Supposed),
}

/// The signature of a request whose caller is given.
#[derive(Debug)]
pub(super) struct Supposed {
    pub(super) scheme: Scheme,
    pub(super) region: Option<Region>,
}

impl Signature {
    /// The region that was signed.
    #[must_use]
    pub(super) fn region(&self) -> Option<&Region> {
        match self {
            Self::None(_) => None,
            Self::Verified(verified) => verified.region(),
            Self::Supposed(supposed) => supposed.region.as_ref(),
        }
    }

    /// Whether it may ask something of a store in these regions: a signature for a set of regions is for one of
    /// them, while one for a single region has its say in [`crate::config::Stores::route`].
    fn is_for(&self, store: &Store) -> bool {
        let set = match self {
            Self::Verified(verified) => verified.region_set(),
            Self::None(_) | Self::Supposed(_) => None,
        };
        set.is_none_or(|set| store.regions.iter().any(|region| set.covers(region)))
    }

    /// What was said about the payload.
    #[must_use]
    pub(super) fn payload(&self) -> Payload {
        match self {
            Self::None(payload) => *payload,
            Self::Verified(verified) => verified.payload(),
            Self::Supposed(_) => Payload::Unsigned,
        }
    }

    /// How it was signed.
    #[must_use]
    pub(super) fn scheme(&self) -> Option<Scheme> {
        match self {
            Self::None(_) => None,
            Self::Verified(verified) => Some(verified.scheme()),
            Self::Supposed(supposed) => Some(supposed.scheme),
        }
    }

    /// How long ago, in milliseconds; `None` for nobody's requests.
    #[must_use]
    pub(super) fn age_ms(&self, now: Timestamp) -> Option<u64> {
        match self {
            Self::None(_) => None,
            Self::Verified(verified) => Some(verified.signature_age_ms(now)),
            Self::Supposed(_) => Some(0),
        }
    }

    /// Where the signature stood.
    #[must_use]
    pub(super) fn auth_type(&self) -> Option<AuthType> {
        self.scheme().map(|scheme| match scheme {
            Scheme::HeaderV4 | Scheme::HeaderV4a | Scheme::HeaderHmacV1 => AuthType::Header,
            Scheme::QueryV4 | Scheme::QueryV4a | Scheme::QueryHmacV1 => AuthType::Query,
            Scheme::FormV4 | Scheme::FormHmacV1 => AuthType::Post,
        })
    }

    fn presigned(&self) -> Presigned {
        let Some(scheme) = self.scheme() else { return Presigned::No };
        match scheme {
            Scheme::HeaderV4
            | Scheme::HeaderV4a
            | Scheme::HeaderHmacV1
            | Scheme::FormV4
            | Scheme::FormHmacV1 => Presigned::No,
            Scheme::QueryV4 | Scheme::QueryV4a => Presigned::V4,
            Scheme::QueryHmacV1 => Presigned::HmacV1,
        }
    }
}

impl<B> Authenticated<B> {
    /// The caller.
    #[must_use]
    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// How it was signed.
    #[must_use]
    pub(super) fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Step three, first half: which operation is it. From here on the head is gone; only what was
    /// parsed from it remains.
    ///
    /// # Errors
    /// [`Reject::Resolve`] when it is none of ours, [`Reject::HmacV1Operation`] when it may not be
    /// signed as it was.
    pub(super) fn identify(self) -> Result<Identified<B>, Reject> {
        let operation = s3::resolve(&RawRequest {
            method: &self.head.method,
            path: self.head.path(),
            query: self.head.query(),
            headers: &self.head.headers,
            host: self.head.style.clone(),
            presigned: self.signature.presigned(),
            harmless: &self.snapshot.live.harmless_headers,
        })?;
        if self.signature.presigned() == Presigned::HmacV1 && !hmac_v1_signs(operation.kind()) {
            return Err(Reject::HmacV1Operation(operation.kind()));
        }
        if self.caller.is_anonymous() && operation.overrides_response() {
            return Err(Reject::AnonymousOverride);
        }
        Ok(Identified { request: self, operation, posted: None })
    }
}

/// The operations on an object's bytes, in one piece or in parts: boto3 and the AWS CLI make HMACv1 URLs for
/// them, all of whose meaning that scheme signs. Everything else that could be said in such a URL was never
/// meant by whoever signed it.
fn hmac_v1_signs(operation: OperationKind) -> bool {
    matches!(
        operation,
        OperationKind::GetObject
            | OperationKind::HeadObject
            | OperationKind::PutObject
            | OperationKind::DeleteObject
            | OperationKind::CreateMultipartUpload
            | OperationKind::UploadPart
            | OperationKind::ListParts
            | OperationKind::CompleteMultipartUpload
            | OperationKind::AbortMultipartUpload
    )
}

/// A request whose operation is known, and not yet its store.
#[derive(Debug)]
pub(super) struct Identified<B = ClientBody> {
    request: Authenticated<B>,
    operation: Operation,
    posted: Option<Posted>,
}

impl<B> Identified<B> {
    /// A form that was read, and the upload that it asks for.
    pub(super) fn of_form(request: Authenticated<B>, operation: Operation, posted: Posted) -> Self {
        Self { request, operation, posted: Some(posted) }
    }

    /// The request and its operation.
    pub(super) fn into_parts(self) -> (Authenticated<B>, Operation) {
        (self.request, self.operation)
    }

    /// The request.
    pub(super) fn request(&self) -> &Authenticated<B> {
        &self.request
    }

    /// What is yet to be read of it.
    pub(super) fn body_mut(&mut self) -> &mut B {
        &mut self.request.body
    }

    /// The operation.
    pub(super) fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Step three, second half: which store has its bucket.
    ///
    /// # Errors
    /// [`Reject::Route`] when the bucket is in a store that the signed region does not mean, or none of
    /// the signed regions,
    /// [`Reject::CopyAcrossStores`] when source and destination are in two stores.
    pub(super) fn route(self) -> Result<Resolved<B>, Reject> {
        let Self { request, operation, posted } = self;
        let Authenticated { head, client, snapshot, now, body, caller, signature } = request;
        let region = signature.region();
        let presigned = signature.presigned() != Presigned::No;
        let stores = &snapshot.live.stores;
        let store = stores
            .route(operation.bucket(), region)
            .map_err(|error| Reject::Route { error, presigned })?;
        if !signature.is_for(store) {
            let expected = store.regions.first().unwrap_or(&store.region).clone();
            let error = RouteError::RegionMismatch { expected, store: store.name.clone() };
            return Err(Reject::Route { error, presigned });
        }
        if let Some(source) = operation.copy_source() {
            // Never a hint at another region: signing for the source's would be wrong for the
            // destination, and the client would go back and forth.
            if !stores.has(store, source.bucket(), region) {
                return Err(Reject::CopyAcrossStores);
            }
        }
        let store = Arc::clone(store);
        let form = posted.is_some().then_some(OperationKind::PostObject);
        let mut kinds = form.into_iter().chain([operation.kind()]);
        if let Some(kind) = kinds.find(|kind| store.refused_operations.contains(kind)) {
            return Err(Reject::RefusedOperation(kind));
        }
        coherent::check(&operation)?;
        if let Some(name) = store.ignored_header(&operation) {
            return Err(Reject::IgnoredHeader(name.clone()));
        }
        let caller_context = caller.context(&snapshot.live.account_id);
        let mut request_context = Context::new();
        let account = &snapshot.live.account_id;
        context::fill(&mut request_context, &head, &client, &store, region, account, now);
        Ok(Resolved {
            host: head.headers.get(http::header::HOST).cloned(),
            content_length: match &posted {
                Some(posted) => Some(posted.length),
                None => super::resolved::content_length(&head.headers)?,
            },
            posted,
            snapshot,
            now,
            body,
            caller,
            signature,
            operation,
            store,
            contexts: [caller_context, request_context],
        })
    }
}
