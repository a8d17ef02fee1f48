//! Conditions: operator, key, values.
//!
//! All conditions of a statement must hold; of the values of one condition any may match, and under
//! a negated operator none.

mod date;
mod key;
mod number;
mod operator;
mod set;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use key::{Key, check as check_key, is_multivalued};
pub(crate) use operator::{Comparison, Operator, SetOperator};
pub(crate) use set::Verdict;
pub(crate) use value::{Reading, Values};

use std::sync::Arc;

use ipnet::IpNet;

use crate::arn::ArnPattern;
use crate::compile;
use crate::context::{Context, Lookup, Value};
use crate::decision::{ConditionMiss, Seen};
use crate::document::Node;
use crate::error::LoadErrors;
use crate::variable::Text;

/// One key under one operator.
#[derive(Debug)]
pub(crate) struct Test {
    pub(crate) operator: Operator,
    pub(crate) key: Key,
    pub(crate) values: Values,
}

/// At most this much of a value is kept for the log.
const SEEN_CHARS: usize = 256;

impl Test {
    /// What the operator's log says when this condition was in the way.
    pub(crate) fn miss(&self, lookup: Lookup<'_>) -> ConditionMiss {
        let seen = match lookup.get(self.key.hash, &self.key.name) {
            None => Seen::Absent,
            Some(Value::Unknown) => Seen::Undecidable,
            Some(Value::One(value)) => Seen::Value(value.chars().take(SEEN_CHARS).collect()),
            Some(Value::Many(values)) => {
                let mut text = String::new();
                for (index, value) in values.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    let left = SEEN_CHARS.saturating_sub(text.chars().count());
                    text.extend(separator.chars().chain(value.chars()).take(left));
                }
                if self.wants_one_value() { Seen::Several(text) } else { Seen::Value(text) }
            }
        };
        let variable = match seen {
            Seen::Value(_) => self.values.texts().find_map(|text| text.without_value(lookup)),
            Seen::Absent | Seen::Undecidable | Seen::Several(_) => None,
        };
        ConditionMiss {
            operator: Arc::clone(&self.operator.name),
            key: Arc::clone(&self.key.written),
            seen,
            variable: variable.map(|key| Arc::clone(&key.written)),
        }
    }

    /// The keys of the variables in its values.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &Key> {
        self.values.texts().flat_map(Text::keys)
    }

    /// Whether it looks at its key as one value: it has no set operator and is not `Null`.
    fn wants_one_value(&self) -> bool {
        self.operator.set == SetOperator::None && self.operator.comparison != Comparison::Null
    }

    /// Whether it can only hold for values that are written out in it: no wildcards, no variables,
    /// no network that is wider than a /8 (IPv6: a /32), and not for anonymous callers.
    pub(crate) fn fixes_values(&self) -> bool {
        let fixed = match &self.values {
            Values::Text(texts) | Values::TextIgnoreCase(texts) => {
                texts.iter().all(|text| text.is_fixed() && !text.is_anybody())
            }
            Values::Arns(arns) => arns.iter().all(ArnPattern::is_fixed),
            Values::Networks(networks) => networks.iter().all(|network| match network {
                IpNet::V4(network) => network.prefix_len() >= 8,
                IpNet::V6(network) => network.prefix_len() >= 32,
            }),
            Values::Numbers(..)
            | Values::Dates(..)
            | Values::Bools(_)
            | Values::Binaries(_)
            | Values::Null(_) => false,
        };
        fixed
            && !self.operator.negated
            && !self.operator.if_exists
            && self.operator.set != SetOperator::All
    }

    /// Whether it can only hold for some values of its key: a positive comparison of text, not
    /// with `IfExists` nor `ForAllValues:`, with no value that is only wildcards.
    pub(crate) fn restricts(&self) -> bool {
        let texts = match &self.values {
            Values::Text(texts) | Values::TextIgnoreCase(texts) => texts,
            Values::Numbers(..)
            | Values::Dates(..)
            | Values::Bools(_)
            | Values::Binaries(_)
            | Values::Networks(_)
            | Values::Arns(_)
            | Values::Null(_) => return false,
        };
        !self.operator.negated
            && !self.operator.if_exists
            && self.operator.set != SetOperator::All
            && texts.iter().all(|text| text.demands_something())
    }
}

/// A condition block alone, for rules that are not policies.
///
/// Version 2012-10-17: values may hold variables.
#[derive(Debug)]
pub struct Condition {
    tests: Vec<Test>,
}

impl Condition {
    /// Compiles `{operator: {key: value or [value]}}`. An empty block holds for everybody.
    ///
    /// # Errors
    ///
    /// Every mistake with its path, under the same rules as in a policy.
    pub fn load(name: &str, json: &serde_json::Value) -> Result<Self, LoadErrors> {
        let tests = compile::condition_block(name, &Node::from(json))?;
        Ok(Self { tests })
    }

    /// Whether all conditions hold. What cannot be decided does not hold.
    #[must_use]
    pub fn matches(&self, context: &[&Context]) -> bool {
        self.tests.iter().all(|test| test.verdict(Lookup(context)) == Verdict::Holds)
    }

    /// The first condition that does not hold, for the log.
    #[must_use]
    pub fn first_miss(&self, context: &[&Context]) -> Option<ConditionMiss> {
        let lookup = Lookup(context);
        self.tests
            .iter()
            .find(|test| test.verdict(lookup) != Verdict::Holds)
            .map(|test| test.miss(lookup))
    }

    /// The condition keys that it names, lower case, with repetitions.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.tests
            .iter()
            .flat_map(|test| std::iter::once(&test.key).chain(test.variables()))
            .map(|key| &*key.name)
    }
}
