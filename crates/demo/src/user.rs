//! The people of the demo.

use std::fmt;

/// Who there is. Bob alone is in the group `auditors` and may take the role `demo-auditor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum User {
    /// May list, read and write `alice/`.
    Alice,
    /// May list, read and write `bob/`, and as an auditor read everything.
    Bob,
}

impl User {
    /// Everybody.
    pub const ALL: [Self; 2] = [Self::Alice, Self::Bob];

    /// The login name, which is also the token's `sub`, the session's name and the first segment of
    /// the user's keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alice => "alice",
            Self::Bob => "bob",
        }
    }

    /// The other one, whose prefix this user's policy denies.
    pub fn other(self) -> Self {
        match self {
            Self::Alice => Self::Bob,
            Self::Bob => Self::Alice,
        }
    }

    /// What the token's `groups` claim lists.
    pub fn groups(self) -> &'static [&'static str] {
        match self {
            Self::Alice => &["staff"],
            Self::Bob => &["staff", "auditors"],
        }
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
