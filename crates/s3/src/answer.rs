//! Answers of the store, made into ours.
//!
//! - Errors are parsed and rendered anew ([`StoreError`]): request id, host id and resource are the
//!   store's.
//! - ListBuckets is parsed, filtered and rendered ([`BucketList`]): callers see what they may list.
//! - DeleteObjects is parsed, merged and rendered ([`DeleteResult`]): denied keys never reached the
//!   store.
//! - CompleteMultipartUpload is parsed and rendered ([`CompleteResult`]): its `Location` is a URL of
//!   the store.
//! - CopyObject and UploadPartCopy are looked at ([`copy_outcome`]), because a 200 may hold an error,
//!   and pass unchanged.
//! - GetBucketLocation is answered by us ([`bucket_location`]): the regions that clients sign for
//!   are the gateway's, and what the store calls its own counts only if it is one of them
//!   ([`parse_location`]).
//! - Listings and CreateMultipartUpload pass unchanged: no name of the store's own is in them, and a
//!   listing that we rebuilt would lose what we do not know.
//!
//! Every reading is bounded by its caller's buffer and by the limits here; none recurses.

mod acl;
mod buckets;
mod complete;
mod deleted;
mod error;
#[cfg(test)]
mod tests;

pub use crate::xml::DECLARATION;
pub use acl::{owners_acl, policy_status};
pub use buckets::{BucketEntry, BucketList, Owner, bucket_location, parse_location};
pub use complete::{
    CompleteResult, Outcome, complete_outcome, copy_outcome, says_nothing_yet, without_declaration,
};
pub use deleted::{DeleteFailure, DeleteResult, Deleted};
pub use error::StoreError;
