//! Memory that requests may hold together.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Semaphores count to `usize`, permits are taken as `u32`: budgets are counted in these units.
const UNIT: u64 = 1024;

/// A number of bytes that all requests share.
#[derive(Debug, Clone)]
pub struct Budget(Arc<Semaphore>);

/// A part of a [`Budget`], given back when dropped.
#[derive(Debug)]
#[must_use = "dropping it gives the memory back"]
pub struct Share(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

impl Budget {
    /// A budget of `bytes`, rounded up to whole KiB.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let units = usize::try_from(bytes.div_ceil(UNIT)).unwrap_or(Semaphore::MAX_PERMITS);
        Self(Arc::new(Semaphore::new(units.min(Semaphore::MAX_PERMITS))))
    }

    /// Takes `bytes`, or nothing when they are not there now. Never waits: a client that is slow
    /// to send must not make others wait for its memory.
    pub fn take(&self, bytes: u64) -> Option<Share> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).ok()?;
        Arc::clone(&self.0).try_acquire_many_owned(units).ok().map(Share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a42_what_is_taken_together_never_exceeds_the_budget() {
        let budget = Budget::new(10 * UNIT);
        let first = budget.take(6 * UNIT);
        assert!(first.is_some());
        assert!(budget.take(5 * UNIT).is_none());
        drop(first);
        assert!(budget.take(10 * UNIT).is_some());
        assert!(budget.take(u64::MAX).is_none());
    }
}
