//! The one place that reads the wall clock. Everything that judges time gets it as an argument.

use sigv4::Timestamp;

/// Now, in whole seconds since the epoch.
///
/// A clock before 1970 reads as the epoch itself: every signature and token is then refused as
/// being from the future, which is the safe side.
#[must_use]
pub fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the home of the clock")]
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp::from_unix(
        since_epoch.map_or(0, |elapsed| i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)),
    )
}
