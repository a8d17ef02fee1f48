//! The one place of the demo that reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970 in UTC. A clock before 1970 reads as 0, so that tokens are expired rather
/// than eternal.
#[expect(clippy::disallowed_methods, reason = "the demo stamps the tokens that it issues")]
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
