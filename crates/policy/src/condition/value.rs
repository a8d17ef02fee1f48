//! The values of a condition, compiled for its operator.

use std::net::IpAddr;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ipnet::IpNet;

use super::date::Instant;
use super::number::Decimal;
use super::operator::{Comparison, Order};
use super::set::Verdict;
use crate::arn::ArnPattern;
use crate::context::Lookup;
use crate::error::{Problem, shown};
use crate::matched::Match;
use crate::variable::{Syntax, Text};

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How the values of a policy are read.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    /// Version 2012-10-17: `${...}` is a variable.
    pub(crate) variables: bool,
    /// Whether patterns that match no ARN are errors or just match nothing.
    pub(crate) strict_arns: bool,
}

/// The values of one key under one operator.
#[derive(Debug)]
pub(crate) enum Values {
    Text(Vec<Text>),
    TextIgnoreCase(Vec<Text>),
    Numbers(Order, Vec<Box<str>>),
    Dates(Order, Vec<Instant>),
    Bools(Vec<bool>),
    Binaries(Vec<Vec<u8>>),
    Networks(Vec<IpNet>),
    Arns(Vec<ArnPattern>),
    /// Whether the key must be absent.
    Null(Vec<bool>),
}

impl Values {
    pub(crate) fn empty(comparison: Comparison) -> Self {
        match comparison {
            Comparison::StringEquals | Comparison::StringLike => Self::Text(Vec::new()),
            Comparison::StringEqualsIgnoreCase => Self::TextIgnoreCase(Vec::new()),
            Comparison::Numeric(order) => Self::Numbers(order, Vec::new()),
            Comparison::Date(order) => Self::Dates(order, Vec::new()),
            Comparison::Bool => Self::Bools(Vec::new()),
            Comparison::Binary => Self::Binaries(Vec::new()),
            Comparison::IpAddress => Self::Networks(Vec::new()),
            Comparison::Arn => Self::Arns(Vec::new()),
            Comparison::Null => Self::Null(Vec::new()),
        }
    }

    /// Adds a value of the policy, in the reading that `comparison`, from which this was made, has.
    pub(crate) fn push(
        &mut self,
        text: &str,
        comparison: Comparison,
        reading: Reading,
    ) -> Result<(), Problem> {
        match self {
            Self::Text(values) | Self::TextIgnoreCase(values) => {
                let wildcards = comparison == Comparison::StringLike;
                let syntax = Syntax { wildcards, variables: reading.variables };
                let value = Text::parse(text, syntax)
                    .map_err(|_| Problem::MalformedVariable(shown(text)))?;
                values.push(value);
            }
            Self::Numbers(_, values) => {
                Decimal::parse(text).ok_or_else(|| Problem::NotNumber(shown(text)))?;
                values.push(text.into());
            }
            Self::Dates(_, values) => {
                values.push(Instant::parse(text).ok_or_else(|| Problem::NotDate(shown(text)))?)
            }
            Self::Bools(values) | Self::Null(values) => {
                values.push(parse_bool(text).ok_or_else(|| Problem::NotBool(shown(text)))?);
            }
            Self::Binaries(values) => {
                values.push(BASE64.decode(text).map_err(|_| Problem::NotBinary(shown(text)))?)
            }
            Self::Networks(values) => {
                values.push(parse_network(text).ok_or_else(|| Problem::NotIp(shown(text)))?);
            }
            Self::Arns(values) => {
                let syntax = Syntax { wildcards: true, variables: reading.variables };
                values.push(match ArnPattern::parse(text, syntax) {
                    Ok(Some(pattern)) => pattern,
                    Ok(None) if reading.strict_arns => {
                        return Err(Problem::NotArnPattern(shown(text)));
                    }
                    Ok(None) => ArnPattern::Never,
                    Err(_) => return Err(Problem::MalformedVariable(shown(text))),
                });
            }
        }
        Ok(())
    }

    /// Whether any value of the policy matches this value of the request. A value of the request
    /// that is not of the operator's type matches none, and so does a value of the policy that
    /// needs a variable without value.
    pub(crate) fn any_matches(&self, seen: &str, lookup: Lookup<'_>) -> Verdict {
        let matches = match self {
            Self::Text(values) => {
                return Match::any(values.iter().map(|value| value.matches(seen, lookup)));
            }
            Self::TextIgnoreCase(values) => {
                return Match::any(
                    values.iter().map(|value| value.equals_ignore_case(seen, lookup)),
                );
            }
            Self::Arns(values) => {
                return Match::any(values.iter().map(|value| value.matches(seen, lookup)));
            }
            Self::Numbers(order, values) => Decimal::parse(seen).is_some_and(|seen| {
                values
                    .iter()
                    .filter_map(|value| Decimal::parse(value))
                    .any(|value| order.allows(seen.compare(value)))
            }),
            Self::Dates(order, values) => Instant::parse(seen)
                .is_some_and(|seen| values.iter().any(|value| order.allows(seen.cmp(value)))),
            Self::Bools(values) => parse_bool(seen).is_some_and(|seen| values.contains(&seen)),
            Self::Binaries(values) => BASE64.decode(seen).is_ok_and(|seen| values.contains(&seen)),
            Self::Networks(values) => seen.parse::<IpAddr>().is_ok_and(|seen| {
                let seen = seen.to_canonical();
                values.iter().any(|network| network.contains(&seen))
            }),
            // Decided before anybody looks at a value.
            Self::Null(_) => false,
        };
        matches.into()
    }

    /// The texts that may hold variables.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        let (texts, arns): (&[Text], &[ArnPattern]) = match self {
            Self::Text(texts) | Self::TextIgnoreCase(texts) => (texts, &[]),
            Self::Arns(arns) => (&[], arns),
            Self::Numbers(..)
            | Self::Dates(..)
            | Self::Bools(_)
            | Self::Binaries(_)
            | Self::Networks(_)
            | Self::Null(_) => (&[], &[]),
        };
        texts.iter().chain(arns.iter().flat_map(ArnPattern::texts))
    }
}

fn parse_bool(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// An address or a range, with the bits beyond the prefix cleared. IPv4 in its IPv6 spelling
/// (`::ffff:10.0.0.0/104`) is IPv4: requests are read the same way.
fn parse_network(text: &str) -> Option<IpNet> {
    let network = match text.parse::<IpNet>() {
        Ok(network) => network,
        Err(_) => IpNet::from(text.parse::<IpAddr>().ok()?),
    };
    // Only an IPv6 prefix has 96 bits to give.
    let network = match (network.addr().to_canonical(), network.prefix_len().checked_sub(96)) {
        (address @ IpAddr::V4(_), Some(length)) => IpNet::new(address, length).ok()?,
        _ => network,
    };
    Some(network.trunc())
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Reading, Values, Verdict};
    use crate::condition::operator::Order;
    use crate::context::Lookup;

    fn values(comparison: Comparison, texts: &[&str]) -> Values {
        let mut values = Values::empty(comparison);
        for text in texts {
            let reading = Reading { variables: true, strict_arns: true };
            values.push(text, comparison, reading).unwrap();
        }
        values
    }

    fn check(comparison: Comparison, texts: &[&str], seen: &str) -> bool {
        values(comparison, texts).any_matches(seen, Lookup(&[])) == Verdict::Holds
    }

    #[test]
    fn addresses_are_compared_as_addresses() {
        let ip = Comparison::IpAddress;
        assert!(check(ip, &["203.0.113.77/24"], "203.0.113.1"));
        assert!(check(ip, &["10.0.0.1"], "10.0.0.1") && !check(ip, &["10.0.0.1"], "10.0.0.2"));
        assert!(check(ip, &["2001:DB8::/32"], "2001:0db8:0::1"));
        assert!(check(ip, &["2001:db8::1"], "2001:DB8:0:0::1"));
        assert!(!check(ip, &["0.0.0.0/0"], "::1") && !check(ip, &["::/0"], "10.0.0.1"));
        assert!(check(ip, &["10.0.0.0/8"], "::ffff:10.1.2.3"));
        assert!(check(ip, &["::ffff:10.0.0.0/104"], "10.1.2.3"));
        for seen in ["", "10.0.0", "10.0.0.1/32", "010.0.0.1", "10.0.0.1 ", "x"] {
            assert!(!check(ip, &["0.0.0.0/0", "::/0"], seen), "{seen}");
        }
    }

    #[test]
    fn bytes_are_compared_as_bytes() {
        assert!(check(Comparison::Binary, &["AAEC/w=="], "AAEC/w"));
        assert!(!check(Comparison::Binary, &["AAEC/w=="], "AAEC/g=="));
        assert!(!check(Comparison::Binary, &["AAEC/w=="], "?"));
    }

    #[test]
    fn values_of_another_type_match_nothing() {
        assert!(!check(Comparison::Numeric(Order::GreaterOrEqual), &["0"], "many"));
        assert!(!check(Comparison::Date(Order::GreaterOrEqual), &["0"], "soon"));
        assert!(!check(Comparison::Bool, &["true", "false"], "yes"));
        assert!(!check(Comparison::Arn, &["*", "*:*:*:*:*:*"], "arn:aws:s3"));
        assert!(check(Comparison::Arn, &["*"], "arn:aws:s3:::bucket"));
    }

    #[test]
    fn values_that_cannot_be_read_are_errors() {
        for (comparison, text) in [
            (Comparison::Numeric(Order::Equal), "1e3"),
            (Comparison::Numeric(Order::Equal), "${aws:x}"),
            (Comparison::Date(Order::Equal), "tomorrow"),
            (Comparison::Bool, "${aws:x}"),
            (Comparison::Null, "maybe"),
            (Comparison::Binary, "?"),
            (Comparison::IpAddress, "10.0.0.0/33"),
            (Comparison::IpAddress, "10.0.0.*"),
            (Comparison::Arn, "arn:aws:s3*"),
            (Comparison::StringLike, "${aws:x"),
        ] {
            let reading = Reading { variables: true, strict_arns: true };
            let mut values = Values::empty(comparison);
            assert!(values.push(text, comparison, reading).is_err(), "{text}");
        }
    }
}
