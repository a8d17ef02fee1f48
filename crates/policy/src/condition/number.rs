//! Decimal numbers, compared exactly.

use std::cmp::Ordering;

/// A decimal number as text: sign, digits before the point without leading zeros, digits after it
/// without trailing zeros. No exponent, no `+`, no digit groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return None,
            Some((whole, fraction)) => (whole, fraction),
            None => (digits, ""),
        };
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        // There is one zero.
        let negative = negative && !(whole.is_empty() && fraction.is_empty());
        Some(Self { negative, whole, fraction })
    }

    pub(crate) fn compare(self, other: Self) -> Ordering {
        let magnitude = |one: Self, two: Self| {
            one.whole
                .len()
                .cmp(&two.whole.len())
                .then_with(|| one.whole.cmp(two.whole))
                .then_with(|| one.fraction.cmp(two.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => magnitude(self, other),
            (true, true) => magnitude(other, self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn numbers_are_numbers_and_not_text() {
        let cases = [
            ("10", "10.0", Equal),
            ("9", "10", Less),
            ("1.9", "1.10", Greater),
            ("1.3", "1.30", Equal),
            ("-1", "1", Less),
            ("-2", "-1", Less),
            ("-1.5", "-1.25", Less),
            ("-0", "0.00", Equal),
            ("007", "7", Equal),
            ("0.5", "0.05", Greater),
            ("9007199254740993", "9007199254740992", Greater),
            (
                "100000000000000000000000000000000000001",
                "100000000000000000000000000000000000000",
                Greater,
            ),
        ];
        for (one, two, expected) in cases {
            let (one, two) = (Decimal::parse(one).unwrap(), Decimal::parse(two).unwrap());
            assert_eq!(one.compare(two), expected, "{one:?} {two:?}");
            assert_eq!(two.compare(one), expected.reverse(), "{two:?} {one:?}");
        }
    }

    #[test]
    fn other_text_is_no_number() {
        for text in [
            "", "-", ".", "1.", ".5", "+1", "1e3", "0x10", "1,000", " 1", "1 ", "--1", "1.2.3",
            "٣", "NaN",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
