//! Whether a pattern stands for something, where that may hang on what nobody knows.

use crate::condition::Verdict;

/// Whether a text stands for another, or for all that begin with it. In the order in which it settles
/// the whole when it is said of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    No,
    /// A variable in it has no value, so that it stands for nothing.
    WithoutValue,
    /// It cannot be said: a variable in it has several values, or one that nobody knows.
    Unclear,
    Yes,
}

impl Match {
    /// Whether any of the patterns of a list matches. One with a variable without value does not.
    pub(crate) fn any(of: impl Iterator<Item = Self>) -> Verdict {
        let mut verdict = Verdict::Fails;
        for one in of {
            match one {
                Self::Yes => return Verdict::Holds,
                Self::Unclear => verdict = Verdict::Undecidable,
                Self::No | Self::WithoutValue => {}
            }
        }
        verdict
    }

    /// Whether none of the exceptions of a list matches. AWS does not say what one with a variable
    /// without value excepts.
    pub(crate) fn none(of: impl Iterator<Item = Self>) -> Verdict {
        let mut verdict = Verdict::Holds;
        for one in of {
            match one {
                Self::Yes => return Verdict::Fails,
                Self::Unclear | Self::WithoutValue => verdict = Verdict::Undecidable,
                Self::No => {}
            }
        }
        verdict
    }
}

impl From<bool> for Match {
    fn from(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }
}
