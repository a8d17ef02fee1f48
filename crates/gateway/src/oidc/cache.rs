//! The keys of one provider, and who may ask for fresh ones.
//!
//! Readers take the key set from an [`ArcSwapOption`]: no lock, no wait. A set is replaced whole,
//! by the provider's refresh task alone, and stays when later fetches fail.
//!
//! A token that names a key we do not have may be the first after a rotation, or one of a flood
//! with made-up names. So a miss may *ask* for a fetch, by a ticket, at most once per
//! [`ON_DEMAND_INTERVAL`]; who comes while that fetch runs waits for it, up to [`MAX_WAITERS`];
//! everybody else is told to try again. The refresh in the background takes no tickets: a flood
//! cannot use it up. Only the one whose ticket was drawn *after* its token arrived learns that a
//! key does not exist; for all others the answer could be older than the key.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use sigv4::Timestamp;
use sts::keyset::KeySet;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::Instant;

/// One fetch for unknown keys per provider in this time, whatever the number of tokens: the
/// provider sees two requests a minute from a flood, and a key that is newer than the last fetch
/// waits this long at worst.
pub(crate) const ON_DEMAND_INTERVAL: Duration = Duration::from_secs(30);
/// How many requests may wait for one fetch. A rotation on a busy gateway makes some tens wait; a
/// flood must not make the gateway hold thousands of requests for a slow provider.
pub(crate) const MAX_WAITERS: usize = 256;
/// How long a request waits for a fetch that it caused or joined.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(10);

/// Why there is no key set with the wanted key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Miss {
    /// A fetch that began after the question succeeded and did not bring the key.
    Absent,
    /// A fetch for unknown keys was made less than [`ON_DEMAND_INTERVAL`] ago.
    Limited,
    /// The fetch failed.
    Failed,
    /// The fetch took longer than [`MAX_WAIT`].
    Slow,
    /// [`MAX_WAITERS`] requests wait already.
    Crowded,
}

/// The last round of fetching that ended.
#[derive(Debug, Clone, Copy, Default)]
struct Round {
    /// Every ticket up to this one is answered.
    answered: u64,
    /// Whether the round brought a key set.
    succeeded: bool,
    /// Rounds so far, those in the background included.
    number: u64,
}

/// What the refresh task has seen so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) last_success: Option<Timestamp>,
    /// The last failure and its reason; `None` again after a success.
    pub(crate) failing: Option<(Timestamp, String)>,
}

/// See the module's text. One writer (the refresh task), any number of readers.
pub(crate) struct Cache {
    keys: ArcSwapOption<KeySet>,
    history: ArcSwap<History>,
    epoch: Instant,
    /// Milliseconds after `epoch` from which the next ticket may be drawn.
    next_ticket_at: AtomicU64,
    /// Tickets drawn so far.
    tickets: AtomicU64,
    wake: Notify,
    rounds: watch::Sender<Round>,
    waiters: Semaphore,
}

impl Cache {
    /// With the keys that the configuration brought along, if any.
    pub(crate) fn new(known: Option<Arc<KeySet>>) -> Self {
        Self {
            keys: ArcSwapOption::new(known),
            history: ArcSwap::from_pointee(History::default()),
            epoch: Instant::now(),
            next_ticket_at: AtomicU64::new(0),
            tickets: AtomicU64::new(0),
            wake: Notify::new(),
            rounds: watch::Sender::new(Round::default()),
            waiters: Semaphore::new(MAX_WAITERS),
        }
    }

    /// The keys as they are, without waiting. `None` until the first fetch succeeded.
    pub(crate) fn keys(&self) -> Option<Arc<KeySet>> {
        self.keys.load_full()
    }

    pub(crate) fn history(&self) -> Arc<History> {
        self.history.load_full()
    }

    /// A key set that satisfies `wanted`, fetched anew if that is allowed and needed.
    pub(crate) async fn find(&self, wanted: impl Fn(&KeySet) -> bool) -> Result<Arc<KeySet>, Miss> {
        let look = || self.keys().filter(|keys| wanted(keys));
        if let Some(keys) = look() {
            return Ok(keys);
        }
        // Subscribed before the ticket is drawn, so that no end of a round goes unseen.
        let rounds = self.rounds.subscribe();
        let (ticket, own) = match self.draw_ticket() {
            Some(ticket) => (ticket, true),
            None => (self.tickets.load(Ordering::Acquire), false),
        };
        if rounds.borrow().answered >= ticket {
            // The round may have ended since the first look.
            return look().ok_or(Miss::Limited);
        }
        let Ok(_place) = self.waiters.try_acquire() else {
            return Err(Miss::Crowded);
        };
        let waited = tokio::time::timeout(MAX_WAIT, self.wait(rounds, ticket, look)).await;
        match waited {
            Err(_) => Err(Miss::Slow),
            Ok(Ok(keys)) => Ok(keys),
            Ok(Err(true)) if own => Err(Miss::Absent),
            Ok(Err(true)) => Err(Miss::Limited),
            Ok(Err(false)) => Err(Miss::Failed),
        }
    }

    /// Waits until the keys satisfy `look` or `ticket` is answered: then `Err(succeeded)`.
    async fn wait(
        &self,
        mut rounds: watch::Receiver<Round>,
        ticket: u64,
        look: impl Fn() -> Option<Arc<KeySet>>,
    ) -> Result<Arc<KeySet>, bool> {
        loop {
            let round = *rounds.borrow_and_update();
            if let Some(keys) = look() {
                return Ok(keys);
            }
            if round.answered >= ticket {
                return Err(round.succeeded);
            }
            if rounds.changed().await.is_err() {
                return Err(false);
            }
        }
    }

    /// The right to one fetch, if none was given in the last [`ON_DEMAND_INTERVAL`].
    fn draw_ticket(&self) -> Option<u64> {
        let now = u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX);
        let next =
            now.saturating_add(ON_DEMAND_INTERVAL.as_millis().try_into().unwrap_or(u64::MAX));
        let due = self.next_ticket_at.load(Ordering::Acquire);
        if now < due {
            return None;
        }
        self.next_ticket_at
            .compare_exchange(due, next, Ordering::AcqRel, Ordering::Acquire)
            .ok()?;
        let ticket = self.tickets.fetch_add(1, Ordering::AcqRel).saturating_add(1);
        self.wake.notify_one();
        Some(ticket)
    }

    /// For the refresh task: the newest ticket. A fetch that begins now answers all up to it.
    pub(crate) fn newest_ticket(&self) -> u64 {
        self.tickets.load(Ordering::Acquire)
    }

    /// For the refresh task: waits until somebody holds a ticket that no round answered.
    pub(crate) async fn asked(&self) {
        while self.newest_ticket() <= self.rounds.borrow().answered {
            self.wake.notified().await;
        }
    }

    /// For the refresh task: a round that answers all tickets up to `ticket` brought `keys`.
    pub(crate) fn succeeded(&self, ticket: u64, keys: Arc<KeySet>, now: Timestamp) {
        self.keys.store(Some(keys));
        let mut history = History::clone(&self.history());
        history.succeeded = history.succeeded.saturating_add(1);
        history.last_success = Some(now);
        history.failing = None;
        self.history.store(Arc::new(history));
        self.end_round(ticket, true);
    }

    /// For the refresh task: the round failed. The keys stay as they are.
    pub(crate) fn failed(&self, ticket: u64, reason: String, now: Timestamp) {
        let mut history = History::clone(&self.history());
        history.failed = history.failed.saturating_add(1);
        history.failing = Some((now, reason));
        self.history.store(Arc::new(history));
        self.end_round(ticket, false);
    }

    fn end_round(&self, ticket: u64, succeeded: bool) {
        self.rounds.send_modify(|round| {
            *round = Round { answered: ticket, succeeded, number: round.number.saturating_add(1) };
        });
    }

    /// Waits until a first round ended, well or not.
    pub(crate) async fn tried(&self) {
        // The sender is in `self`, so waiting ends with a round only.
        let _ = self.rounds.subscribe().wait_for(|round| round.number > 0).await;
    }
}

#[cfg(test)]
mod tests;
