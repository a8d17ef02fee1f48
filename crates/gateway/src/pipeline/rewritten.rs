//! Documents of the store that are read whole and written anew for the client.

use std::sync::Arc;

use http::{HeaderMap, Response};
use s3::answer::{BucketList, DeleteResult, Owner, bucket_location};
use s3::{Operation, XmlError};

use super::Exchange;
use super::answer::Answer;
use super::document::{MAX_DOCUMENT, read};
use super::forwarded::Delivered;
use super::resolved::facts;
use crate::config::ListBuckets;
use crate::reject::Reject;
use crate::upstream::client::StoreBody;

/// How a document of the store becomes one of ours.
pub(super) struct Rewrite<T> {
    pub(super) parse: fn(&[u8], &Operation) -> Result<T, XmlError>,
    pub(super) answer: fn(Delivered, Exchange, HeaderMap, T) -> Response<Answer>,
}

impl Delivered {
    pub(super) async fn rewritten<T>(
        self,
        exchange: Exchange,
        headers: HeaderMap,
        body: StoreBody,
        resource: &str,
        rewrite: Rewrite<T>,
    ) -> Response<Answer> {
        let idle = exchange.finish.app.limits().store_body_idle_timeout;
        let document =
            match read(body, MAX_DOCUMENT, idle, Some(&exchange.finish.app.answers)).await {
                Ok(document) => document,
                Err(reject) => return exchange.reject(&reject, resource),
            };
        match (rewrite.parse)(&document.bytes, &self.operation) {
            Ok(parsed) => (rewrite.answer)(self, exchange, headers, parsed),
            Err(error) => exchange.reject(&Reject::StoreAnswer(error.to_string()), resource),
        }
    }

    /// The store's word for its region means something to our clients only if they may sign for it here; that it
    /// answered at all says that the bucket is there.
    pub(super) fn located(
        self,
        exchange: Exchange,
        headers: HeaderMap,
        stores: Option<String>,
    ) -> Response<Answer> {
        let known = stores
            .filter(|stores| self.store.regions.iter().any(|region| region.as_str() == stores));
        let xml = bucket_location(known.as_deref().unwrap_or(self.region.as_str()));
        self.own(exchange, headers, xml)
    }

    /// Without access control lists the owner alone has a grant, whatever the store has on record.
    pub(super) fn owned(self, exchange: Exchange, headers: HeaderMap, (): ()) -> Response<Answer> {
        let account = self.snapshot.live.account_id.as_str();
        let xml = s3::answer::owners_acl(Owner { id: account, display_name: account });
        self.own(exchange, headers, xml)
    }

    pub(super) fn buckets(
        self,
        exchange: Exchange,
        headers: HeaderMap,
        mut list: BucketList,
    ) -> Response<Answer> {
        let stores = &self.snapshot.live.stores;
        let facts = facts(&self.signature, &self.operation, self.now);
        let asked = self.operation.requirements(&facts, None);
        let about_signature =
            asked.iter().next().map(|first| first.context.clone()).unwrap_or_default();
        let judge = self.judge();
        let all = self.snapshot.live.list_buckets == ListBuckets::All;
        list.buckets.retain(|entry| {
            let Ok(bucket) = s3::Bucket::parse(&entry.name) else { return false };
            let here = stores
                .route(Some(&bucket), self.signature.region())
                .is_ok_and(|store| Arc::ptr_eq(store, &self.store));
            here && (all || judge.could_list(&bucket, &about_signature))
        });
        let account = self.snapshot.live.account_id.as_str();
        let xml = list.render(Owner { id: account, display_name: account });
        self.own(exchange, headers, xml)
    }

    pub(super) fn deleted(
        self,
        exchange: Exchange,
        headers: HeaderMap,
        mut result: DeleteResult,
    ) -> Response<Answer> {
        for denied in &self.denied {
            result.deny(&denied.object);
        }
        let xml = result.render(self.quiet);
        self.own(exchange, headers, xml)
    }
}
