//! Instants as the wire writes them, in Unix seconds.

use std::time::UNIX_EPOCH;

/// 2026-01-02T03:04:05Z, for tests that fix the clock.
pub const FIXED: i64 = 1_767_323_045;

/// The machine's clock, in Unix seconds: for requests to a gateway that runs on the real clock.
pub fn now() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests' own clock; nothing pure depends on it"
    )]
    let now = std::time::SystemTime::now();
    i64::try_from(now.duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// `20260102T030405Z`, as in `X-Amz-Date`.
pub fn amz_date(unix: i64) -> String {
    let (year, month, day) = civil(unix.div_euclid(86_400));
    let second = unix.rem_euclid(86_400);
    format!(
        "{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// `Fri, 02 Jan 2026 03:04:05 GMT`, as in `Date`.
pub fn http_date(unix: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = unix.div_euclid(86_400);
    let (year, month, day) = civil(days);
    let second = unix.rem_euclid(86_400);
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        DAYS[usize::try_from(days.rem_euclid(7)).unwrap()],
        MONTHS[usize::try_from(month - 1).unwrap()],
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Year, month and day of a day number since 1970 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_the_wire_wants_them() {
        assert_eq!(amz_date(FIXED), "20260102T030405Z");
        assert_eq!(http_date(FIXED), "Fri, 02 Jan 2026 03:04:05 GMT");
        assert_eq!(amz_date(951_868_799), "20000229T235959Z");
        assert_eq!(amz_date(0), "19700101T000000Z");
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
