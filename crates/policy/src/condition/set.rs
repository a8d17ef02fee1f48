//! From one comparison to a decision about a key.

use super::Test;
use super::operator::SetOperator;
use super::value::Values;
use crate::context::{Lookup, Value};

/// What a condition says about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Holds,
    Fails,
    /// It cannot be said: a statement that allows does not match, one that denies does.
    Undecidable,
}

impl From<bool> for Verdict {
    fn from(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }
}

impl std::ops::Not for Verdict {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
            Self::Undecidable => Self::Undecidable,
        }
    }
}

impl Verdict {
    /// What several come to: what `decides` if one is that, else it cannot be said if one cannot.
    fn first_of(decides: Self, of: impl Iterator<Item = Self>) -> Self {
        let mut verdict = !decides;
        for one in of {
            if one == decides {
                return decides;
            }
            if one == Self::Undecidable {
                verdict = one;
            }
        }
        verdict
    }
}

impl Test {
    pub(crate) fn verdict(&self, lookup: Lookup<'_>) -> Verdict {
        let value = lookup.get(self.key.hash, &self.key.name);
        if let Values::Null(absent) = &self.values {
            return match value {
                Some(Value::Unknown) => Verdict::Undecidable,
                Some(Value::One(_) | Value::Many(_)) => absent.contains(&false).into(),
                None => absent.contains(&true).into(),
            };
        }
        let holds = |seen: &str| {
            let matches = self.values.any_matches(seen, lookup);
            if self.operator.negated { !matches } else { matches }
        };
        match (value, self.operator.set) {
            (None, _) => self.absent(),
            (Some(Value::Unknown), _) => Verdict::Undecidable,
            (Some(Value::One(seen)), _) => holds(seen),
            (Some(Value::Many(_)), SetOperator::None) => Verdict::Undecidable,
            (Some(Value::Many(seen)), SetOperator::Any) => {
                Verdict::first_of(Verdict::Holds, seen.iter().map(|seen| holds(seen)))
            }
            (Some(Value::Many(seen)), SetOperator::All) => {
                Verdict::first_of(Verdict::Fails, seen.iter().map(|seen| holds(seen)))
            }
        }
    }

    /// AWS takes `ForAnyValue:...IfExists` and does not say what an absent key means there.
    fn absent(&self) -> Verdict {
        match (self.operator.set, self.operator.if_exists) {
            (SetOperator::Any, true) => Verdict::Undecidable,
            (SetOperator::Any, false) => Verdict::Fails,
            (SetOperator::All, _) | (SetOperator::None, true) => Verdict::Holds,
            (SetOperator::None, false) => self.operator.negated.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Fails, Holds, Undecidable};
    use super::*;

    #[test]
    fn of_several_the_deciding_one_counts_then_the_one_that_cannot_be_said() {
        for (of, any, all) in [
            (&[][..], Fails, Holds),
            (&[Holds], Holds, Holds),
            (&[Fails], Fails, Fails),
            (&[Undecidable], Undecidable, Undecidable),
            (&[Fails, Undecidable, Fails], Undecidable, Fails),
            (&[Holds, Undecidable, Holds], Holds, Undecidable),
            (&[Undecidable, Holds, Fails], Holds, Fails),
        ] {
            assert_eq!(Verdict::first_of(Holds, of.iter().copied()), any, "{of:?}");
            assert_eq!(Verdict::first_of(Fails, of.iter().copied()), all, "{of:?}");
        }
    }
}
