//! What the gateway itself asks a store before it decides or sends: one request about one object, with the store's
//! keys that are for the caller.

use http::{HeaderValue, Response, header};
use s3::{Addressing, Bucket, Outgoing};
use sigv4::{Payload, Timestamp};

use super::authorized::patience;
use crate::app::App;
use crate::config::Store;
use crate::decide::Judge;
use crate::reject::Reject;
use crate::snapshot::{StoreHandle, StoreSigner, store_host};
use crate::upstream::body::OutgoingBody;
use crate::upstream::client::StoreBody;

/// Where it is asked, and with whose keys.
pub(super) struct Asking<'a> {
    pub(super) app: &'a App,
    pub(super) store: &'a Store,
    pub(super) handle: &'a StoreHandle,
    pub(super) signer: &'a StoreSigner,
    pub(super) now: Timestamp,
}

impl<'a> Asking<'a> {
    /// With the keys of the store that are for the caller.
    pub(super) fn of(app: &'a App, judge: &Judge<'a>, now: Timestamp) -> Result<Self, Reject> {
        let Judge { store, snapshot, .. } = *judge;
        let credential = judge.credential()?;
        let handle = snapshot.store(store).ok_or(Reject::NoStoreHandle)?;
        let signer = handle.signer(credential).ok_or(Reject::NoStoreHandle)?;
        Ok(Self { app, store, handle, signer, now })
    }

    /// The answer to a request about something in `bucket`.
    pub(super) async fn ask(
        &self,
        bucket: &Bucket,
        request: impl FnOnce(Addressing) -> Outgoing,
    ) -> Result<Response<StoreBody>, Reject> {
        let (host, virtual_host) = store_host(self.store, Some(bucket));
        let addressing = if virtual_host { Addressing::Virtual } else { Addressing::Path };
        let mut outgoing = request(addressing);
        let host = HeaderValue::try_from(host).map_err(|_| Reject::NoStoreHandle)?;
        outgoing.headers.insert(header::HOST, host);
        let payload = Payload::Hash(sigv4::EMPTY_SHA256);
        let request = self.signer.request(outgoing, OutgoingBody::empty(), &payload, self.now)?;
        Ok(self.handle.pool.send(request, patience(self.app, s3::Patience::Short)).await?)
    }
}
