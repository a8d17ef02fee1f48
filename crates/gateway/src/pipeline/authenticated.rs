//! Step two: the caller is known. Step three: the operation is.

use std::sync::Arc;

use hyper::body::Incoming;
use policy::Context;
use s3::requirement::AuthType;
use s3::{Presigned, RawRequest};
use sigv4::{Payload, Region, Scheme, Timestamp, Verified};

use super::client::Client;
use super::context;
use super::received::Head;
use super::resolved::Resolved;
use crate::caller::Caller;
use crate::reject::Reject;
use crate::snapshot::Snapshot;

/// A request whose sender is proven, or is nobody.
#[derive(Debug)]
pub(super) struct Authenticated {
    pub(super) head: Head,
    pub(super) client: Client,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) now: Timestamp,
    pub(super) body: Incoming,
    pub(super) caller: Caller,
    pub(super) signature: Signature,
}

/// How a request was signed.
#[derive(Debug)]
pub(super) enum Signature {
    /// Not at all.
    None,
    /// So that it holds.
    Verified(Box<Verified>),
}

impl Signature {
    /// The region that was signed.
    #[must_use]
    pub(super) fn region(&self) -> Option<&Region> {
        match self {
            Self::None => None,
            Self::Verified(verified) => verified.region(),
        }
    }

    /// What was said about the payload. Nobody vouches for an anonymous payload.
    #[must_use]
    pub(super) fn payload(&self) -> Payload {
        match self {
            Self::None => Payload::Unsigned,
            Self::Verified(verified) => verified.payload(),
        }
    }

    /// Where the signature stood.
    #[must_use]
    pub(super) fn auth_type(&self) -> Option<AuthType> {
        match self {
            Self::None => None,
            Self::Verified(verified) => Some(match verified.scheme() {
                Scheme::HeaderV4 => AuthType::Header,
                Scheme::QueryV4 | Scheme::QueryHmacV1 => AuthType::Query,
            }),
        }
    }

    fn presigned(&self) -> Presigned {
        match self {
            Self::None => Presigned::No,
            Self::Verified(verified) => match verified.scheme() {
                Scheme::HeaderV4 => Presigned::No,
                Scheme::QueryV4 => Presigned::V4,
                Scheme::QueryHmacV1 => Presigned::HmacV1,
            },
        }
    }
}

impl Authenticated {
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

    /// Step three: which operation is it, and which store has its bucket. From here on the head is
    /// gone; only what was parsed from it remains.
    ///
    /// # Errors
    /// [`Reject::Resolve`] when it is none of ours, [`Reject::Route`] when the bucket is in a store
    /// that the signed region does not mean.
    pub(super) fn resolve(self) -> Result<Resolved, Reject> {
        let Self { head, client, snapshot, now, body, caller, signature } = self;
        let operation = s3::resolve(&RawRequest {
            method: &head.method,
            path: head.path(),
            query: head.query(),
            headers: &head.headers,
            host: head.style.clone(),
            presigned: signature.presigned(),
            harmless: &snapshot.live.harmless_headers,
        })?;
        let region = signature.region();
        let presigned = signature.presigned() != Presigned::No;
        let route = |bucket| {
            snapshot
                .live
                .stores
                .route(bucket, region)
                .cloned()
                .map_err(|error| Reject::Route { error, presigned })
        };
        let store = route(operation.bucket())?;
        if let Some(source) = operation.copy_source()
            && !Arc::ptr_eq(&route(Some(source.bucket()))?, &store)
        {
            return Err(Reject::CopyAcrossStores);
        }
        let caller_context = caller.context(&snapshot.live.account_id);
        let mut request_context = Context::new();
        context::fill(&mut request_context, &head, &client, &store, region, now);
        Ok(Resolved {
            host: head.headers.get(http::header::HOST).cloned(),
            content_length: super::resolved::content_length(&head.headers)?,
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
