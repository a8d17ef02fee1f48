//! Memory that requests may hold together.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Semaphores count to `usize`, permits are taken as `u32`: budgets are counted in these units.
const UNIT: u64 = 1024;

/// A number of bytes that all requests share.
#[derive(Debug)]
pub struct Budget(Places);

/// A part of a [`Budget`], given back when dropped.
#[derive(Debug)]
#[must_use = "dropping it gives the memory back"]
pub struct Share(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

impl Budget {
    /// A budget of `bytes`, rounded up to whole KiB.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        Self(Places::new(units(bytes)))
    }

    /// Changes its size; see [`Places::resize`].
    pub fn resize(&self, bytes: u64) {
        self.0.resize(units(bytes));
    }

    /// Takes `bytes`, or nothing when they are not there now. Never waits: a client that is slow
    /// to send must not make others wait for its memory.
    pub fn take(&self, bytes: u64) -> Option<Share> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).ok()?;
        self.0.semaphore().try_acquire_many_owned(units).ok().map(Share)
    }
}

fn units(bytes: u64) -> usize {
    usize::try_from(bytes.div_ceil(UNIT)).unwrap_or(Semaphore::MAX_PERMITS)
}

/// A number of places whose size a reload may change.
#[derive(Debug)]
pub struct Places(ArcSwap<Counted>);

#[derive(Debug)]
struct Counted {
    size: usize,
    semaphore: Arc<Semaphore>,
}

impl Counted {
    fn new(size: usize) -> Arc<Self> {
        let size = size.min(Semaphore::MAX_PERMITS);
        Arc::new(Self { size, semaphore: Arc::new(Semaphore::new(size)) })
    }
}

impl Places {
    /// So many.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self(ArcSwap::new(Counted::new(size)))
    }

    /// Whoever wants a place takes it here.
    #[must_use]
    pub fn semaphore(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.load().semaphore)
    }

    /// Changes their number. Who has a place keeps it, beside the new ones: until they are done there
    /// are at most as many as before and after together.
    pub fn resize(&self, size: usize) {
        if self.0.load().size != size.min(Semaphore::MAX_PERMITS) {
            self.0.store(Counted::new(size));
        }
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

    #[test]
    fn a_budget_that_shrinks_takes_nothing_from_those_who_have_it() {
        let budget = Budget::new(10 * UNIT);
        let held = budget.take(10 * UNIT);
        budget.resize(2 * UNIT);
        assert!(held.is_some() && budget.take(3 * UNIT).is_none());
        let two = budget.take(2 * UNIT);
        assert!(two.is_some());
        budget.resize(2 * UNIT);
        assert!(budget.take(1).is_none(), "the same size changes nothing");
    }
}
