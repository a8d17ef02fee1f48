//! Dates: ISO 8601 as the W3C restricts it, or seconds since 1970.

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant {
    seconds: i64,
    nanoseconds: u32,
}

/// The years that AWS's parser takes.
const YEARS: std::ops::RangeInclusive<i64> = -292_275_054..=292_278_993;

impl Instant {
    /// Only digits: seconds. Otherwise `YEAR[-MM[-DD]]`, then perhaps `T`, `HH[:MM[:SS[.fff]]]` and
    /// a zone (`Z`, `+HH`, `+HH:MM`, `-HH:MM`); no zone is UTC. AWS takes years of any length,
    /// hours of one digit and a small `t` or `z`, and so does this.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self { seconds: text.parse().ok()?, nanoseconds: 0 });
        }
        let (date, time) = match text.split_once(['T', 't']) {
            Some((date, time)) => (date, time),
            None => (text, ""),
        };
        let days = parse_date(date)?;
        let (time, offset) = split_zone(time)?;
        let (seconds, nanoseconds) = parse_time(time)?;
        Some(Self { seconds: days * 86_400 + seconds - offset, nanoseconds })
    }
}

fn parse_date(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let mut parts = digits.split('-');
    let year = number(parts.next()?, 1..=9)?;
    let year = if negative { -year } else { year };
    let month = parts.next().map_or(Some(1), |part| number(part, 1..=2))?;
    let day = parts.next().map_or(Some(1), |part| number(part, 1..=2))?;
    let valid = parts.next().is_none()
        && YEARS.contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day);
    valid.then(|| days_since_1970(year, month, day))
}

/// The time without its zone, and the zone's offset in seconds.
fn split_zone(text: &str) -> Option<(&str, i64)> {
    if text.is_empty() {
        return Some((text, 0));
    }
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let Some(at) = text.find(['+', '-']) else {
        return Some((text, 0));
    };
    let (time, zone) = text.split_at_checked(at)?;
    let (sign, zone) = match zone.strip_prefix('-') {
        Some(zone) => (-1, zone),
        None => (1, zone.strip_prefix('+')?),
    };
    let (hours, minutes) = zone.split_once(':').unwrap_or((zone, "00"));
    let (hours, minutes) = (number(hours, 2..=2)?, number(minutes, 2..=2)?);
    (hours <= 23 && minutes <= 59).then_some((time, sign * (hours * 3600 + minutes * 60)))
}

fn parse_time(text: &str) -> Option<(i64, u32)> {
    if text.is_empty() {
        return Some((0, 0));
    }
    let mut parts = text.split(':');
    let hours = number(parts.next()?, 1..=2)?;
    let minutes = parts.next().map_or(Some(0), |part| number(part, 2..=2))?;
    let (seconds, fraction) = match parts.next() {
        None => ("00", ""),
        Some(part) => match part.split_once('.') {
            Some((_, "")) => return None,
            Some((seconds, fraction)) => (seconds, fraction),
            None => (part, ""),
        },
    };
    let seconds = number(seconds, 2..=2)?;
    let nanoseconds = match fraction.len() {
        0 => 0,
        digits => {
            let scale = 10_i64.pow(9_u32.checked_sub(u32::try_from(digits).ok()?)?);
            u32::try_from(number(fraction, 1..=9)? * scale).ok()?
        }
    };
    let valid = parts.next().is_none() && hours <= 23 && minutes <= 59 && seconds <= 59;
    valid.then_some((hours * 3600 + minutes * 60 + seconds, nanoseconds))
}

fn number(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let digits = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days in the proleptic Gregorian calendar, by eras of 400 years that start in March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::Instant;

    fn seconds(text: &str) -> Option<(i64, u32)> {
        Instant::parse(text).map(|instant| (instant.seconds, instant.nanoseconds))
    }

    #[test]
    fn all_spellings_of_one_instant_are_equal() {
        for text in [
            "1767323045",
            "2026-01-02T03:04:05Z",
            "2026-01-02t03:04:05z",
            "2026-01-02T3:04:05Z",
            "2026-01-02T03:04:05.000Z",
            "2026-01-02T03:04:05",
            "2026-01-02T04:04:05+01:00",
            "2026-01-02T04:04:05+01",
            "2026-01-01T22:04:05-05:00",
        ] {
            assert_eq!(seconds(text), Some((1_767_323_045, 0)), "{text}");
        }
    }

    #[test]
    fn parts_may_be_missing() {
        assert_eq!(seconds("1970-01-01"), Some((0, 0)));
        assert_eq!(seconds("1970T"), Some((0, 0)));
        assert_eq!(seconds("1970-02"), Some((31 * 86_400, 0)));
        assert_eq!(seconds("2026-01-02T03:04Z"), Some((1_767_323_040, 0)));
        assert_eq!(seconds("2000-02-29T00:00:00.5Z"), Some((951_782_400, 500_000_000)));
        assert_eq!(seconds("0"), Some((0, 0)));
        assert!(seconds("01T").is_some() && seconds("-292275054").is_some());
        assert_eq!(seconds("1969-12-31T23:59:59Z"), Some((-1, 0)));
        assert!(seconds("2016-12-13t2:00:00.593194+23").is_some());
    }

    #[test]
    fn other_text_is_no_date() {
        for text in [
            "",
            "T",
            "sdfdsf",
            "234-13",
            "2026-02-30",
            "2023-02-29",
            "2026-00-01",
            "2026-01-32",
            "2026-01-02T24:00:00Z",
            "2026-01-02T03:60Z",
            "2026-01-02T03:04:60Z",
            "2016-12-13t2:00:00.593194+1",
            "2016-12-13t2:00:00.1999999999+10:59",
            "9223372036854775808",
            "-292275055",
            "292278994-01-01",
            "2026-1-2-3",
            "1767323045.5",
            "2026-01-02T03:04:05Zx",
            "2026-01-02 03:04:05Z",
            "2026-01-02T03:04:05.Z",
            "+2026-01-01",
            "2026-01-02T03:04:05+24:00",
            "2026-01-02T03:04:05+01:60",
            "2026-01-02T:04:05Z",
            "2026-01-02TZ:",
            "٢٠٢٦-01-01",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn days_follow_each_other() {
        let mut last = super::days_since_1970(1599, 12, 31);
        for year in 1600..2101 {
            for month in 1..13 {
                for day in 1..=super::days_in_month(year, month) {
                    let days = super::days_since_1970(year, month, day);
                    assert_eq!(days, last + 1);
                    last = days;
                }
            }
        }
    }

    #[test]
    fn zones_have_minutes() {
        for text in ["2026-01-02T08:34:05+05:30", "2026-01-01T23:34:05-03:30"] {
            assert_eq!(seconds(text), Some((1_767_323_045, 0)), "{text}");
        }
    }
}
