//! Durations and sizes: a number with its unit, never a bare number.

use std::fmt;
use std::time::Duration;

use super::error::Findings;
use super::node::{Content, Node};
use super::shape::{Raw, Shape};

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

const SIZES: [(&str, u64); 5] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// In milliseconds.
const DURATIONS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl ByteSize {
    /// So many bytes.
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// So many times 1024 bytes.
    pub const fn kib(count: u64) -> Self {
        Self(count << 10)
    }

    /// So many times 1024 KiB.
    pub const fn mib(count: u64) -> Self {
        Self(count << 20)
    }

    /// So many times 1024 MiB.
    pub const fn gib(count: u64) -> Self {
        Self(count << 30)
    }

    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number of bytes as a length in memory; the longest there is if it is longer.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_in_units(f, self.0, &SIZES)
    }
}

/// A duration as it is written in the configuration, such as `90s` or `5m`.
pub(crate) struct Written(pub(crate) Duration);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        write_in_units(f, milliseconds, &DURATIONS)
    }
}

/// Writes an amount in the largest unit that divides it.
fn write_in_units(f: &mut fmt::Formatter<'_>, amount: u64, units: &[(&str, u64)]) -> fmt::Result {
    let dividing = units.iter().find(|(_, unit)| amount >= *unit && amount.is_multiple_of(*unit));
    match dividing.or(units.last()) {
        Some((name, unit)) => write!(f, "{}{name}", amount / unit),
        None => write!(f, "{amount}"),
    }
}

/// A whole number directly followed by one of the units.
fn parse_in_units(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, name) = text.split_at_checked(digits)?;
    let (_, unit) = units.iter().find(|(known, _)| *known == name)?;
    number.parse::<u64>().ok()?.checked_mul(*unit)
}

impl Raw for Duration {
    const SHAPE: &'static Shape = &Shape::Leaf("duration");

    fn read(node: &Node, path: &str, findings: &mut Findings) -> Option<Self> {
        let milliseconds = match &node.content {
            Content::Text(text) => parse_in_units(text, &DURATIONS),
            Content::Null
            | Content::Bool(_)
            | Content::Integer(_)
            | Content::Float(_)
            | Content::List(_)
            | Content::Map(_) => None,
        };
        if milliseconds.is_none() {
            let message =
                "must be a whole number with its unit `ms`, `s`, `m`, `h` or `d`, such as `30s`";
            findings.mistake(&node.place(path), message);
        }
        milliseconds.map(Self::from_millis)
    }
}

impl Raw for ByteSize {
    const SHAPE: &'static Shape = &Shape::Leaf("size");

    fn read(node: &Node, path: &str, findings: &mut Findings) -> Option<Self> {
        let bytes = match &node.content {
            Content::Text(text) => parse_in_units(text, &SIZES),
            Content::Null
            | Content::Bool(_)
            | Content::Integer(_)
            | Content::Float(_)
            | Content::List(_)
            | Content::Map(_) => None,
        };
        if bytes.is_none() {
            let message = "must be a whole number with its unit `B`, `KiB`, `MiB`, `GiB` or `TiB`, such as `256KiB`";
            findings.mistake(&node.place(path), message);
        }
        bytes.map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_read_back_as_written() {
        for text in ["0ms", "1ms", "999ms", "30s", "90s", "5m", "15m", "36h", "2d"] {
            let amount = parse_in_units(text, &DURATIONS).unwrap();
            assert_eq!(Written(Duration::from_millis(amount)).to_string(), text);
        }
        for text in ["0B", "1B", "1023B", "256KiB", "5GiB", "3TiB"] {
            assert_eq!(ByteSize(parse_in_units(text, &SIZES).unwrap()).to_string(), text);
        }
    }

    #[test]
    fn an_amount_without_its_unit_or_beyond_64_bits_is_none() {
        for text in
            ["", "30", "s", "30 s", "1.5h", "-1s", "+1s", "1h30m", "30S", "99999999999999999999s"]
        {
            assert_eq!(parse_in_units(text, &DURATIONS), None, "{text}");
        }
        for text in ["256", "256KB", "256K", "0x10B", "18446744073709551615TiB"] {
            assert_eq!(parse_in_units(text, &SIZES), None, "{text}");
        }
    }
}
