//! Telling everything to stop, once.
//!
//! A [`Signal`] is handed to whatever runs; [`Trigger::stop`] (or dropping the trigger) releases
//! every waiter, now and later.

use tokio::sync::watch;

/// The side that says stop. Dropping it stops too: nothing outlives its owner.
#[derive(Debug)]
pub struct Trigger(watch::Sender<bool>);

/// The side that waits. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Signal(watch::Receiver<bool>);

/// A connected pair.
#[must_use]
pub fn channel() -> (Trigger, Signal) {
    let (sender, receiver) = watch::channel(false);
    (Trigger(sender), Signal(receiver))
}

impl Trigger {
    /// Releases all waiters. Calling it again changes nothing.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Signal {
    /// Whether stop was said already.
    #[must_use]
    pub fn stopped(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Waits until stop is said or the trigger is gone.
    pub async fn wait(&mut self) {
        // An error means that the trigger was dropped, which means stop as well.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}

/// From now on a SIGHUP does not end the process, even before anybody waits for one.
///
/// # Errors
/// When the signal handler cannot be installed.
pub fn survive_hang_ups() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    // The handler stays when its listener is gone.
    signal(SignalKind::hangup()).map(drop)
}

/// Waits for SIGTERM or SIGINT. At each SIGHUP, with which operators ask for a reload, it calls
/// `hung_up`.
///
/// # Errors
/// When the signal handlers cannot be installed.
pub async fn os_signal(hung_up: impl Fn()) -> std::io::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = term.recv() => return Ok("SIGTERM"),
            _ = int.recv() => return Ok("SIGINT"),
            _ = hang_up.recv() => hung_up(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiters_before_and_after_stop_are_released() {
        let (trigger, signal) = channel();
        let mut early = signal.clone();
        assert!(!signal.stopped());
        trigger.stop();
        early.wait().await;
        let mut late = signal.clone();
        late.wait().await;
        assert!(signal.stopped());
    }

    #[tokio::test]
    async fn a_dropped_trigger_stops() {
        let (trigger, mut signal) = channel();
        drop(trigger);
        signal.wait().await;
        assert!(signal.stopped());
    }
}
