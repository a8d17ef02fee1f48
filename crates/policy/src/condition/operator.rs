//! The names of condition operators.

use std::sync::Arc;

use crate::error::{Problem, shown};

/// A condition operator, set operator and `IfExists` included.
#[derive(Clone, Debug)]
pub(crate) struct Operator {
    /// As written.
    pub(crate) name: Arc<str>,
    pub(crate) comparison: Comparison,
    /// `Not...`: holds when no value of the policy matches.
    pub(crate) negated: bool,
    pub(crate) set: SetOperator,
    /// `...IfExists`: holds when the key is absent.
    pub(crate) if_exists: bool,
}

/// How one value of the request is compared with one value of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Order),
    Date(Order),
    Bool,
    Binary,
    IpAddress,
    /// `ArnEquals` and `ArnLike` are the same.
    Arn,
    Null,
}

/// The order that a number or date must have to the policy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    pub(crate) fn allows(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// What a condition says about a key with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetOperator {
    /// Nothing: the key must have one value.
    None,
    /// `ForAnyValue:`
    Any,
    /// `ForAllValues:`
    All,
}

impl Operator {
    /// Names are case-sensitive; `Null` stands alone.
    pub(crate) fn parse(name: &str) -> Result<Self, Problem> {
        let (set, rest) = match name.split_once(':') {
            Some(("ForAnyValue", rest)) => (SetOperator::Any, rest),
            Some(("ForAllValues", rest)) => (SetOperator::All, rest),
            _ => (SetOperator::None, name),
        };
        let (rest, if_exists) = match rest.strip_suffix("IfExists") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (comparison, negated) =
            base(rest).ok_or_else(|| Problem::UnknownOperator(shown(name)))?;
        if comparison == Comparison::Null && (if_exists || set != SetOperator::None) {
            return Err(Problem::NullCombined);
        }
        Ok(Self { name: name.into(), comparison, negated, set, if_exists })
    }
}

fn base(name: &str) -> Option<(Comparison, bool)> {
    Some(match name {
        "StringEquals" => (Comparison::StringEquals, false),
        "StringNotEquals" => (Comparison::StringEquals, true),
        "StringEqualsIgnoreCase" => (Comparison::StringEqualsIgnoreCase, false),
        "StringNotEqualsIgnoreCase" => (Comparison::StringEqualsIgnoreCase, true),
        "StringLike" => (Comparison::StringLike, false),
        "StringNotLike" => (Comparison::StringLike, true),
        "NumericEquals" => (Comparison::Numeric(Order::Equal), false),
        "NumericNotEquals" => (Comparison::Numeric(Order::Equal), true),
        "NumericLessThan" => (Comparison::Numeric(Order::Less), false),
        "NumericLessThanEquals" => (Comparison::Numeric(Order::LessOrEqual), false),
        "NumericGreaterThan" => (Comparison::Numeric(Order::Greater), false),
        "NumericGreaterThanEquals" => (Comparison::Numeric(Order::GreaterOrEqual), false),
        "DateEquals" => (Comparison::Date(Order::Equal), false),
        "DateNotEquals" => (Comparison::Date(Order::Equal), true),
        "DateLessThan" => (Comparison::Date(Order::Less), false),
        "DateLessThanEquals" => (Comparison::Date(Order::LessOrEqual), false),
        "DateGreaterThan" => (Comparison::Date(Order::Greater), false),
        "DateGreaterThanEquals" => (Comparison::Date(Order::GreaterOrEqual), false),
        "Bool" => (Comparison::Bool, false),
        "BinaryEquals" => (Comparison::Binary, false),
        "IpAddress" => (Comparison::IpAddress, false),
        "NotIpAddress" => (Comparison::IpAddress, true),
        "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
        "Null" => (Comparison::Null, false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Operator, SetOperator};
    use crate::Problem;

    #[test]
    fn names_are_exact() {
        let operator = Operator::parse("ForAllValues:StringNotLikeIfExists").unwrap();
        assert_eq!(operator.comparison, Comparison::StringLike);
        assert!(operator.negated && operator.if_exists && operator.set == SetOperator::All);
        for name in [
            "",
            "stringequals",
            "StringEqual",
            "StringEqualsifexists",
            "ForAnyValue:",
            "ForAnyValue::StringEquals",
            "foranyvalue:StringEquals",
            "IfExists",
            "StringEqualsIfExistsIfExists",
            "BinaryNotEquals",
            "BoolNot",
            "ForSome:Bool",
            " StringEquals",
            "ForAnyValue:ForAllValues:StringEquals",
        ] {
            assert_eq!(
                Operator::parse(name).err(),
                Some(Problem::UnknownOperator(name.to_owned())),
                "{name}"
            );
        }
    }

    #[test]
    fn null_stands_alone() {
        assert!(Operator::parse("Null").is_ok());
        for name in ["NullIfExists", "ForAnyValue:Null", "ForAllValues:NullIfExists"] {
            assert_eq!(Operator::parse(name).err(), Some(Problem::NullCombined), "{name}");
        }
    }
}
