//! Instants with a resolution of one second, in the spellings that signatures, headers and documents
//! use.

use ::time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, Weekday};

use crate::error::InvalidTime;
use crate::scope::ScopeDate;

/// 0000-01-01T00:00:00Z: the first instant that four digits of year can spell.
const FIRST: i64 = -62_167_219_200;
/// 9999-12-31T23:59:59Z: the last.
const LAST: i64 = 253_402_300_799;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Unix seconds, between the years 0 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant so many seconds after 1970-01-01T00:00:00Z; beyond the years 0 to 9999 the nearest
    /// instant inside them, so that every instant has a spelling.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Self {
        if seconds < FIRST {
            Self(FIRST)
        } else if seconds > LAST {
            Self(LAST)
        } else {
            Self(seconds)
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// This instant moved by `seconds`, which may be negative; stops at the years 0 and 9999.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// Reads `20260102T030405Z`, the only form of `x-amz-date`.
    ///
    /// # Errors
    /// Anything else, including dates that do not exist and second 60.
    pub fn parse_basic(text: &str) -> Result<Self, InvalidTime> {
        basic(text).ok_or(InvalidTime)
    }

    /// Reads a `Date` header: IMF-fixdate (RFC 9110, 5.6.7: `Fri, 24 May 2013 00:00:00 GMT`) or, as
    /// some signers send it, the basic form.
    ///
    /// # Errors
    /// Anything else, including the obsolete forms of HTTP/1.0 and a weekday that is not the date's.
    pub fn parse_date_header(text: &str) -> Result<Self, InvalidTime> {
        basic(text).or_else(|| imf_fixdate(text)).ok_or(InvalidTime)
    }

    /// Reads the date of an HMACv1 signature: as [`Timestamp::parse_date_header`], and with the zones
    /// that its signers write for UTC beside `GMT`. AWS's own examples say `+0000`, Go's standard
    /// library `UTC`, Python's `-0000`. No other zone: the clock that is compared is UTC's. What is before 1970 is no
    /// date of a signature at all.
    pub(crate) fn parse_hmac_v1(text: &str) -> Result<Self, InvalidTime> {
        let zone = [" +0000", " -0000", " UTC"].iter().find_map(|zone| text.strip_suffix(zone));
        let date = match zone {
            None => Self::parse_date_header(text)?,
            Some(rest) => imf_fixdate(&format!("{rest} GMT")).ok_or(InvalidTime)?,
        };
        if date.unix() < 0 { Err(InvalidTime) } else { Ok(date) }
    }

    /// `20260102T030405Z`, as in `x-amz-date` and the string to sign.
    #[must_use]
    pub fn basic(self) -> String {
        self.basic_bytes().iter().copied().map(char::from).collect()
    }

    /// [`Timestamp::basic`] without the allocation.
    pub(crate) fn basic_bytes(self) -> [u8; 16] {
        let [y, z, v, u, m, n, d, e] = self.scope_date().bytes();
        let (h, i, s) = self.parts().to_hms();
        let (h, i, s) = (two(h), two(i), two(s));
        let [[h, j], [i, k], [s, t]] = [h, i, s];
        [y, z, v, u, m, n, d, e, b'T', h, j, i, k, s, t, b'Z']
    }

    /// `2026-01-02T03:04:05Z`, as in XML answers.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let at = self.parts();
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        )
    }

    /// `Fri, 02 Jan 2026 03:04:05 GMT`, as in `Date` and `Last-Modified`.
    #[must_use]
    pub fn http_date(self) -> String {
        let at = self.parts();
        let month = MONTHS.get(usize::from(u8::from(at.month())).wrapping_sub(1)).unwrap_or(&"Jan");
        format!(
            "{}, {:02} {month} {:04} {:02}:{:02}:{:02} GMT",
            short_weekday(at.weekday()),
            at.day(),
            at.year(),
            at.hour(),
            at.minute(),
            at.second()
        )
    }

    /// Reads `2026-01-02T03:04:05Z` or the like with an offset (RFC 3339); fractions of a second are
    /// dropped.
    ///
    /// # Errors
    /// [`InvalidTime`] for everything else.
    pub fn parse_rfc3339(text: &str) -> Result<Self, InvalidTime> {
        let format = &time::format_description::well_known::Rfc3339;
        let at = OffsetDateTime::parse(text, format).map_err(|_| InvalidTime)?;
        Ok(Self::from_unix(at.unix_timestamp()))
    }

    /// The day, as a credential scope names it.
    #[must_use]
    pub fn scope_date(self) -> ScopeDate {
        let at = self.parts();
        ScopeDate::from_date(at.date())
    }

    fn parts(self) -> OffsetDateTime {
        // Inside the range of `OffsetDateTime` by construction.
        OffsetDateTime::from_unix_timestamp(self.0).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

/// The decimal digits of a number below 100.
pub(crate) const fn two(value: u8) -> [u8; 2] {
    [b'0' + value / 10 % 10, b'0' + value % 10]
}

/// Decimal digits only, at most four of them.
pub(crate) fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |sum, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        sum.checked_mul(10)?.checked_add(u16::from(digit))
    })
}

fn small(digits: &[u8]) -> Option<u8> {
    number(digits).and_then(|value| u8::try_from(value).ok())
}

pub(crate) fn date(year: &[u8], month: &[u8], day: &[u8]) -> Option<Date> {
    let month = Month::try_from(small(month)?).ok()?;
    Date::from_calendar_date(i32::from(number(year)?), month, small(day)?).ok()
}

fn at(date: Date, hour: &[u8], minute: &[u8], second: &[u8]) -> Option<Timestamp> {
    let time = Time::from_hms(small(hour)?, small(minute)?, small(second)?).ok()?;
    Some(Timestamp::from_unix(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp()))
}

fn basic(text: &str) -> Option<Timestamp> {
    let bytes: &[u8; 16] = text.as_bytes().try_into().ok()?;
    let [y, z, v, u, m, n, d, e, b'T', h, j, i, k, s, t, b'Z'] = *bytes else { return None };
    at(date(&[y, z, v, u], &[m, n], &[d, e])?, &[h, j], &[i, k], &[s, t])
}

fn imf_fixdate(text: &str) -> Option<Timestamp> {
    let (weekday, rest) = text.split_once(", ")?;
    let rest: &[u8; 24] = rest.as_bytes().try_into().ok()?;
    let [d, e, b' ', a, b, c, b' ', y, z, v, u, b' ', time @ ..] = *rest else { return None };
    let [h, j, b':', i, k, b':', s, t, b' ', b'G', b'M', b'T'] = time else { return None };
    let month = MONTHS.iter().position(|name| name.as_bytes() == [a, b, c])?;
    let month = two(u8::try_from(month).ok()? + 1);
    let date = date(&[y, z, v, u], &month, &[d, e])?;
    // Which day of the week it was says the date. Some clients are wrong about it.
    WEEKDAYS.contains(&weekday).then_some(())?;
    at(date, &[h, j], &[i, k], &[s, t])
}

/// RFC 9110, 5.6.7.
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

fn short_weekday(day: Weekday) -> &'static str {
    WEEKDAYS.get(usize::from(day.number_days_from_monday())).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
