//! Memory and places that requests share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Semaphores count to `usize`, permits are taken as `u32`: budgets are counted in these units.
const UNIT: u64 = 1024;

/// A number of bytes that all requests share.
#[derive(Debug)]
pub struct Budget(Places);

/// A part of a [`Budget`], given back when dropped.
#[derive(Debug)]
#[must_use = "dropping it gives the memory back"]
pub struct Share(#[expect(dead_code, reason = "held for its drop")] Place);

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
        self.0.take_many(u32::try_from(bytes.div_ceil(UNIT)).ok()?).map(Share)
    }
}

fn units(bytes: u64) -> usize {
    usize::try_from(bytes.div_ceil(UNIT)).unwrap_or(Semaphore::MAX_PERMITS)
}

/// A number of places whose size a reload may change.
#[derive(Debug)]
pub struct Places {
    // Held by the one who changes it.
    size: Mutex<usize>,
    free: Arc<Free>,
}

#[derive(Debug)]
struct Free {
    semaphore: Arc<Semaphore>,
    /// Places that are still taken and no longer exist: they are not given back.
    surplus: AtomicUsize,
}

/// One or more of [`Places`], given back when dropped.
#[derive(Debug)]
#[must_use = "dropping it gives the place back"]
pub struct Place {
    // None only in `drop`.
    permit: Option<OwnedSemaphorePermit>,
    free: Arc<Free>,
}

impl Places {
    /// So many.
    #[must_use]
    pub fn new(size: usize) -> Self {
        let size = size.min(Semaphore::MAX_PERMITS);
        let free = Free { semaphore: Arc::new(Semaphore::new(size)), surplus: AtomicUsize::new(0) };
        Self { size: Mutex::new(size), free: Arc::new(free) }
    }

    /// Takes one, if there is one now.
    pub fn take(&self) -> Option<Place> {
        self.take_many(1)
    }

    fn take_many(&self, count: u32) -> Option<Place> {
        let permit = Arc::clone(&self.free.semaphore).try_acquire_many_owned(count).ok()?;
        Some(Place { permit: Some(permit), free: Arc::clone(&self.free) })
    }

    /// Changes their number. Who has a place keeps it and is counted: where there are fewer now than
    /// are taken, nobody gets one until enough are given back.
    pub fn resize(&self, size: usize) {
        let wanted = size.min(Semaphore::MAX_PERMITS);
        let mut size = self.size.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted > *size {
            let more = wanted - *size;
            self.free.semaphore.add_permits(more - self.free.take_surplus(more));
        } else {
            let fewer = *size - wanted;
            let forgotten = self.free.semaphore.forget_permits(fewer);
            self.free.surplus.fetch_add(fewer - forgotten, Ordering::AcqRel);
        }
        *size = wanted;
    }
}

impl Free {
    /// Takes up to so much of the surplus, and says how much that was.
    fn take_surplus(&self, most: usize) -> usize {
        let mut taken = 0;
        // Fails only where the closure does, which never does.
        let _ = self.surplus.fetch_update(Ordering::AcqRel, Ordering::Acquire, |surplus| {
            taken = surplus.min(most);
            Some(surplus - taken)
        });
        taken
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(mut permit) = self.permit.take() else { return };
        if self.free.surplus.load(Ordering::Acquire) == 0 {
            return;
        }
        let gone = self.free.take_surplus(permit.num_permits());
        if let Some(gone) = permit.split(gone) {
            gone.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

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
        assert!(held.is_some() && budget.take(1).is_none());
        drop(held);
        assert!(budget.take(3 * UNIT).is_none());
        let two = budget.take(2 * UNIT);
        assert!(two.is_some() && budget.take(1).is_none());
        budget.resize(2 * UNIT);
        assert!(budget.take(1).is_none(), "the same size changes nothing");
    }

    proptest! {
        /// However often the size changes while places are held: what is free is what the size now
        /// leaves of what is held.
        #[test]
        fn places_count_whoever_is_in(steps in vec((any::<bool>(), 0_usize..6), 1..60)) {
            let places = Places::new(3);
            let (mut size, mut held) = (3, Vec::new());
            for (resizes, number) in steps {
                if resizes {
                    places.resize(number);
                    size = number;
                } else if number < 3 {
                    let there_is_room = held.len() < size;
                    let place = places.take();
                    prop_assert_eq!(place.is_some(), there_is_room);
                    held.extend(place);
                } else if !held.is_empty() {
                    drop(held.swap_remove(number % held.len()));
                }
            }
        }
    }
}
