//! The bucket policies that the gateway holds.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use policy::Policy;

/// The policies by the bucket that each is of: the pair of store and name.
#[derive(Clone, Debug, Default)]
pub struct BucketPolicies {
    by_store: HashMap<String, BTreeMap<String, Arc<Policy>>>,
}

impl BucketPolicies {
    /// Adds the policy of a bucket; gives back the one that it had.
    pub fn insert(
        &mut self,
        store: &str,
        bucket: &str,
        policy: Arc<Policy>,
    ) -> Option<Arc<Policy>> {
        self.by_store.entry(store.to_owned()).or_default().insert(bucket.to_owned(), policy)
    }

    /// The policy of a bucket of a store.
    #[must_use]
    pub fn get(&self, store: &str, bucket: &str) -> Option<&Arc<Policy>> {
        self.by_store.get(store)?.get(bucket)
    }

    /// All of them: store, bucket, policy.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str, &Arc<Policy>)> {
        self.by_store.iter().flat_map(|(store, buckets)| {
            buckets.iter().map(move |(bucket, policy)| (store.as_str(), bucket.as_str(), policy))
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_store.values().map(BTreeMap::len).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
