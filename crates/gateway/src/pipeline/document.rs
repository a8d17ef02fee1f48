//! Documents of a store, read whole: errors, and what is rewritten for the client.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use super::body::Growth;
use super::budget::{Budget, Share};
use crate::reject::Reject;
use crate::upstream::client::StoreBody;

/// Largest error document of a store that is read; the rest of a longer one is not looked at.
pub(super) const MAX_ERROR: usize = 64 * 1024;

/// Largest document that is read to be rewritten: a list of 10,000 buckets, or the result of
/// deleting 1,000 keys of 1,024 bytes, escaped, with room to spare.
pub(super) const MAX_DOCUMENT: usize = 16 * 1024 * 1024;

/// A document of the store, and the memory that it takes.
pub(super) struct Read {
    pub(super) bytes: Bytes,
    _memory: Vec<Share>,
}

/// Reads a document of the store, at most `limit` bytes and as long as it moves. What is larger
/// than an error takes its memory from `budget`, as it grows.
///
/// # Errors
/// [`Reject::StoreAnswer`], [`Reject::Busy`].
pub(super) async fn read(
    mut body: StoreBody,
    limit: usize,
    idle: Duration,
    budget: Option<&Budget>,
) -> Result<Read, Reject> {
    let failed = |why: &str| Reject::StoreAnswer(why.to_owned());
    let mut whole = BytesMut::new();
    let mut memory = budget.map(|budget| Growth::new(budget, 1));
    loop {
        let next = tokio::time::timeout(idle, body.frame()).await;
        let Some(frame) = next.map_err(|_elapsed| failed("it stopped in the middle"))? else {
            break;
        };
        let frame = frame.map_err(|error| failed(&error.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.len().saturating_add(data.len()) > limit {
            return Err(failed("it is too long"));
        }
        if let Some(memory) = &mut memory {
            memory.grow(data.len() as u64).map_err(|_| Reject::Busy)?;
        }
        whole.extend_from_slice(&data);
    }
    let shares = memory.map(Growth::into_shares).unwrap_or_default();
    Ok(Read { bytes: whole.freeze(), _memory: shares })
}
