//! Conditions that never hold.
//!
//! Only operators that want a value are looked at: a negated one, one with `IfExists` or `ForAllValues:`
//! holds where the key is absent, and does something whatever it says. Keys that are never filled are told
//! under every operator.

use s3::words_of_header;
use serde_json::{Map, Value as Json};
use sigv4::Timestamp;

use super::actions::{self, Action, Named, glob};
use super::statement::Statement;
use super::{Lint, Severity};
use crate::config::filled::{Values, is_in_table, values_of};

const NEVER: &str = "condition-never-matches";

/// The code of [`unfilled`] findings, which the rules at load tell with what they know of the providers.
pub(crate) const NEVER_FILLED: &str = "key-never-filled";

pub(super) fn conditions(one: &Statement, found: &mut Vec<Lint>) {
    unfilled(one, found);
    let all: Vec<Condition<'_>> = positive(one).filter(|one| !is_unfilled(one.key)).collect();
    let keys = keys_of_actions(one);
    for condition in &all {
        if let Some(keys) = &keys
            && !keys.have(condition.key)
        {
            let message = format!("{} never has the key `{}`", keys.who, condition.key);
            never(one, &message, found);
            continue;
        }
        values(one, condition, found);
    }
    contradictions(one, &all, found);
}

/// Keys that are never there, whatever the providers.
fn unfilled(one: &Statement, found: &mut Vec<Lint>) {
    let elsewhere = |action: &String| matches!(actions::named(action), Named::Elsewhere);
    if !one.not_action && one.actions.iter().all(elsewhere) {
        return;
    }
    let keys = one.conditions.values().filter_map(Json::as_object).flat_map(Map::keys);
    for key in keys.filter(|key| is_unfilled(key)) {
        let message = format!(
            "`{key}` is never filled here: a positive condition on it never holds, a negated one always"
        );
        one.find(found, "Condition", one.inert(), NEVER_FILLED, message);
    }
}

/// Claims are the providers', and any name may be one.
fn is_unfilled(key: &str) -> bool {
    let service = key.split(':').next().unwrap_or_default();
    let ours = ["aws", "s3", "sts"].iter().any(|known| known.eq_ignore_ascii_case(service));
    ours && !is_in_table(key)
}

/// What one operator asks of one key.
struct Condition<'a> {
    /// As the document has it.
    operator: &'a str,
    comparison: Comparison,
    key: &'a str,
    values: Vec<String>,
}

impl Condition<'_> {
    /// Of a list, one value may be what this wants, and another what other conditions want.
    fn is_of_any(&self) -> bool {
        self.operator.starts_with("ForAnyValue:")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equals,
    EqualsIgnoreCase,
    Like,
    /// Whether it is about an upper bound, and whether the bound itself counts.
    Number(Option<Bound>),
    Date(Option<Bound>),
    Bool,
    Address,
    Arn,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Bound {
    upper: bool,
    strict: bool,
}

impl Comparison {
    /// `None`: it is not positive, or there is no such operator (which does not load).
    fn of(operator: &str) -> Option<Self> {
        let name = operator.strip_prefix("ForAnyValue:").unwrap_or(operator);
        let bound = |text: &str| match text {
            "Equals" => Some(None),
            "LessThan" => Some(Some(Bound { upper: true, strict: true })),
            "LessThanEquals" => Some(Some(Bound { upper: true, strict: false })),
            "GreaterThan" => Some(Some(Bound { upper: false, strict: true })),
            "GreaterThanEquals" => Some(Some(Bound { upper: false, strict: false })),
            _ => None,
        };
        match name {
            "StringEquals" => Some(Self::Equals),
            "StringEqualsIgnoreCase" => Some(Self::EqualsIgnoreCase),
            "StringLike" => Some(Self::Like),
            "Bool" => Some(Self::Bool),
            "IpAddress" => Some(Self::Address),
            "ArnEquals" | "ArnLike" => Some(Self::Arn),
            _ => match (name.strip_prefix("Numeric"), name.strip_prefix("Date")) {
                (Some(rest), _) => bound(rest).map(Self::Number),
                (_, Some(rest)) => bound(rest).map(Self::Date),
                (None, None) => None,
            },
        }
    }

    /// Whether it can hold for values of that kind at all.
    fn fits(self, values: Values) -> bool {
        match (self, values) {
            (_, Values::Text)
            | (Self::Equals | Self::EqualsIgnoreCase | Self::Like, _)
            | (Self::Number(_), Values::Number)
            // Seconds since 1970 are a date, too.
            | (Self::Date(_), Values::Date | Values::Number)
            | (Self::Bool, Values::Bool)
            | (Self::Address, Values::Address)
            | (Self::Arn, Values::Arn) => true,
            (
                Self::Number(_) | Self::Date(_) | Self::Bool | Self::Address | Self::Arn,
                _,
            ) => false,
        }
    }

    /// Whether a text of a policy can be what a key of that kind is.
    fn can_hold(self, values: Values, wanted: &str) -> bool {
        if wanted.contains("${") {
            return true;
        }
        let is = |word: &str| match self {
            Self::EqualsIgnoreCase => word.eq_ignore_ascii_case(wanted),
            Self::Like => glob(wanted, word),
            _ => word == wanted,
        };
        // What a pattern stands for is not gone into.
        let pattern = self == Self::Like && wanted.contains(['*', '?']);
        if !matches!(self, Self::Equals | Self::EqualsIgnoreCase | Self::Like) {
            return true;
        }
        match values {
            Values::Text => true,
            Values::Words(words) => words.iter().any(|word| is(word)),
            Values::OfHeader(name) => {
                words_of_header(name).is_none_or(|words| words.iter().any(|word| is(word)))
            }
            Values::Bool => ["true", "false"].into_iter().any(is),
            Values::Number => pattern || wanted.parse::<f64>().is_ok(),
            Values::Date => pattern || Timestamp::parse_rfc3339(wanted).is_ok(),
            Values::Address => pattern || wanted.parse::<std::net::IpAddr>().is_ok(),
            Values::Arn => {
                pattern || {
                    let prefix = wanted.get(..4).unwrap_or_default();
                    let is_arn = prefix == "arn:"
                        || (self == Self::EqualsIgnoreCase && prefix.eq_ignore_ascii_case("arn:"));
                    is_arn && !wanted.contains(['*', '?'])
                }
            }
        }
    }
}

fn positive(one: &Statement) -> impl Iterator<Item = Condition<'_>> {
    one.conditions.iter().flat_map(|(operator, keys)| {
        let comparison = Comparison::of(operator);
        let keys = keys.as_object().into_iter().flatten();
        keys.filter_map(move |(key, values)| {
            let values = texts(values);
            Some(Condition { operator, comparison: comparison?, key, values })
        })
    })
}

fn texts(values: &Json) -> Vec<String> {
    let text = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    };
    match values {
        Json::Array(all) => all.iter().filter_map(text).collect(),
        one => text(one).into_iter().collect(),
    }
}

fn never(one: &Statement, why: &str, found: &mut Vec<Lint>) {
    let message =
        format!("{why}: the condition never holds and the statement {} nothing", one.effect());
    one.find(found, "Condition", one.inert(), NEVER, message);
}

/// The keys that the actions of a statement have, which are all of S3.
struct Keys {
    who: String,
    all: Vec<&'static Action>,
}

impl Keys {
    /// Keys of the caller and the connection are not an action's.
    fn have(&self, key: &str) -> bool {
        let lower = key.to_ascii_lowercase();
        let of_action = ["s3:", "sts:", "aws:requesttag/", "aws:tagkeys"];
        let of_action = of_action.iter().any(|prefix| lower.starts_with(prefix));
        let named = |known: &String| {
            let known = known.split(['<', '$']).next().unwrap_or_default();
            key.get(..known.len()).is_some_and(|head| head.eq_ignore_ascii_case(known))
        };
        !of_action || self.all.iter().any(|about| about.keys.iter().any(named))
    }
}

/// `None`: the statement is about other actions than those of S3, too.
fn keys_of_actions(one: &Statement) -> Option<Keys> {
    if one.not_action {
        return None;
    }
    let mut all = Vec::new();
    for action in &one.actions {
        match actions::named(action) {
            Named::S3(named) => all.extend(named.into_iter().map(|(_, about)| about)),
            Named::Nothing => {}
            Named::Sts | Named::Everything | Named::Elsewhere => return None,
        }
    }
    let who = match one.actions.as_slice() {
        [action] => format!("`{action}`"),
        _ => "none of the actions".to_owned(),
    };
    (!all.is_empty()).then_some(Keys { who, all })
}

/// Values that the key never has.
fn values(one: &Statement, condition: &Condition<'_>, found: &mut Vec<Lint>) {
    let Condition { operator, comparison, key, values } = condition;
    let kind = values_of(key);
    if !comparison.fits(kind) {
        return never(
            one,
            &format!("`{key}` is {}, for which `{operator}` is not", described(kind)),
            found,
        );
    }
    let hopeless: Vec<&String> =
        values.iter().filter(|value| !comparison.can_hold(kind, value)).collect();
    if let Some(value) = hopeless.first() {
        let why = format!("`{key}` is {}, never `{value}`", described(kind));
        if hopeless.len() == values.len() {
            return never(one, &why, found);
        }
        one.find(found, "Condition", Severity::Warning, "value-never-matches", why);
    }
    let starred = values.iter().find(|value| value.replace("${*}", "").contains('*'));
    if let (Comparison::Equals | Comparison::EqualsIgnoreCase, Values::Text, Some(value)) =
        (comparison, kind, starred)
    {
        let message = format!(
            "`{operator}` takes the `*` of `{value}` for that letter: a pattern needs `StringLike`"
        );
        one.find(found, "Condition", Severity::Warning, "wildcard-is-literal", message);
    }
}

fn described(values: Values) -> String {
    let words = |words: &[&str]| {
        let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        format!("one of {}", quoted.join(", "))
    };
    match values {
        Values::Text => "a text".to_owned(),
        Values::Number => "a number".to_owned(),
        Values::Date => "a date as `2026-01-31T08:00:00Z`".to_owned(),
        Values::Bool => "`true` or `false`".to_owned(),
        Values::Address => "an IP address (`IpAddress` compares with ranges)".to_owned(),
        Values::Arn => "an ARN (`ArnLike` compares with patterns)".to_owned(),
        Values::Words(known) => words(known),
        Values::OfHeader(name) => words(words_of_header(name).unwrap_or_default()),
    }
}

/// Conditions that exclude each other.
fn contradictions(one: &Statement, all: &[Condition<'_>], found: &mut Vec<Lint>) {
    let mut told: Vec<String> = Vec::new();
    for condition in all {
        let key = condition.key.to_ascii_lowercase();
        if told.contains(&key) {
            continue;
        }
        let beside: Vec<&Condition<'_>> =
            all.iter().filter(|other| other.key.eq_ignore_ascii_case(&key)).collect();
        let excluded = negated(one, "StringNotEquals", &key);
        let absent = negated(one, "Null", &key) == ["true"];
        let is_excluded = condition.comparison == Comparison::Equals
            && !condition.is_of_any()
            && !condition.values.is_empty()
            && condition.values.iter().all(|value| excluded.contains(value));
        if absent
            || is_excluded
            || beside.iter().any(|other| excludes(condition, other))
            || no_range(&beside)
        {
            never(one, &format!("the conditions on `{}` exclude each other", condition.key), found);
            told.push(key);
        }
    }
}

/// The values that another operator has for the key.
fn negated(one: &Statement, operator: &str, key: &str) -> Vec<String> {
    let keys = one.conditions.get(operator).and_then(Json::as_object).into_iter().flatten();
    let named = keys.filter(|(known, _)| known.eq_ignore_ascii_case(key));
    named.flat_map(|(_, values)| texts(values)).collect()
}

/// Whether nothing is equal to one of the values and like one of the other's.
fn excludes(equal: &Condition<'_>, like: &Condition<'_>) -> bool {
    let open = |condition: &Condition<'_>| {
        condition.values.is_empty() || condition.values.iter().any(|value| value.contains("${"))
    };
    if equal.comparison != Comparison::Equals || open(equal) || open(like) {
        return false;
    }
    if equal.is_of_any() || like.is_of_any() {
        return false;
    }
    let meets: fn(&str, &str) -> bool = match like.comparison {
        Comparison::Like => glob,
        Comparison::EqualsIgnoreCase => str::eq_ignore_ascii_case,
        _ => return false,
    };
    !equal.values.iter().any(|value| like.values.iter().any(|wanted| meets(wanted, value)))
}

/// Whether no number and no date is within all bounds. Of several values of one condition the widest
/// counts.
fn no_range(beside: &[&Condition<'_>]) -> bool {
    let (mut lowest, mut highest) = ((f64::NEG_INFINITY, false), (f64::INFINITY, false));
    for condition in beside.iter().filter(|condition| !condition.is_of_any()) {
        let (bound, parse): (_, fn(&str) -> Option<f64>) = match condition.comparison {
            Comparison::Number(bound) => (bound, number),
            Comparison::Date(bound) => (bound, seconds),
            _ => continue,
        };
        let values: Option<Vec<f64>> = condition.values.iter().map(|value| parse(value)).collect();
        let Some(values) = values.filter(|values| !values.is_empty()) else { continue };
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = match bound {
            None => (Some((least, false)), Some((most, false))),
            Some(Bound { upper: true, strict }) => (None, Some((most, strict))),
            Some(Bound { upper: false, strict }) => (Some((least, strict)), None),
        };
        if let Some(low) = low.filter(|low| low.0 > lowest.0 || (low.0 >= lowest.0 && low.1)) {
            lowest = low;
        }
        if let Some(high) =
            high.filter(|high| high.0 < highest.0 || (high.0 <= highest.0 && high.1))
        {
            highest = high;
        }
    }
    lowest.0 > highest.0 || (lowest.0 >= highest.0 && (lowest.1 || highest.1))
}

/// A number that is told from its neighbours; of others nothing is said.
fn number(text: &str) -> Option<f64> {
    /// Above, whole numbers are not apart any more.
    const MOST: f64 = 9_007_199_254_740_991.0;
    text.parse().ok().filter(|number: &f64| number.abs() <= MOST)
}

/// A date in seconds since 1970; other spellings than the usual one are not compared.
#[expect(clippy::cast_precision_loss, reason = "dates of this aeon are whole numbers of an f64")]
fn seconds(text: &str) -> Option<f64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        return number(text);
    }
    Timestamp::parse_rfc3339(text).ok().map(|time| time.unix() as f64)
}
