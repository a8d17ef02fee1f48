//! The credential scope: `DATE/REGION/SERVICE/aws4_request`.

use std::fmt;

use ::time::Date;

use crate::error::InvalidRegion;
use crate::time::{date, two};

/// The last part of every scope.
pub(crate) const TERMINATOR: &str = "aws4_request";

/// A day that exists, as `20260102`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScopeDate([u8; 8]);

impl ScopeDate {
    /// The eight digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Digits only, by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Eight digits that name a day of the calendar.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes: &[u8; 8] = text.as_bytes().try_into().ok()?;
        let [y, z, v, u, m, n, d, e] = *bytes;
        date(&[y, z, v, u], &[m, n], &[d, e]).map(|_| Self(*bytes))
    }

    pub(crate) fn from_date(date: Date) -> Self {
        // Years are 0 to 9999: `Timestamp` keeps to them.
        let year = date.year().unsigned_abs();
        let [c, e] = two(u8::try_from(year / 100 % 100).unwrap_or_default());
        let [y, z] = two(u8::try_from(year % 100).unwrap_or_default());
        let [m, n] = two(u8::from(date.month()));
        let [d, f] = two(date.day());
        Self([c, e, y, z, m, n, d, f])
    }

    pub(crate) const fn bytes(self) -> [u8; 8] {
        self.0
    }
}

impl fmt::Debug for ScopeDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A region as somebody signed or configured it: 1 to 64 of `A-Z a-z 0-9 . _ -`.
///
/// AWS has no region longer than 14 characters; 64 leaves room for the made-up names of other stores
/// and bounds what an error or a log line repeats.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(Box<str>);

impl Region {
    /// # Errors
    /// Empty, longer than 64 characters, or a character outside the set.
    pub fn parse(text: &str) -> Result<Self, InvalidRegion> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidRegion)
        }
    }

    /// The region's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The service that a signature is for. The gateway is these two and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// `s3`
    S3,
    /// `sts`
    Sts,
}

impl Service {
    /// The name in a credential scope.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Sts => "sts",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "s3" => Some(Self::S3),
            "sts" => Some(Self::Sts),
            _ => None,
        }
    }
}

/// What a signing key is good for: one day, one region, one service.
///
/// `Display` gives the credential scope, `20260102/us-east-1/s3/aws4_request`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The day in UTC.
    pub date: ScopeDate,
    /// The region as signed.
    pub region: Region,
    /// The service as signed.
    pub service: Service,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, region, service) = (self.date.as_str(), &self.region, self.service.as_str());
        write!(f, "{date}/{region}/{service}/{TERMINATOR}")
    }
}
