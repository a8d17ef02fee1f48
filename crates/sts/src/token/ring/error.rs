//! What can be wrong with a key ring.

use std::fmt;

use super::{MAX_KEY_ID, MAX_KEYS, MAX_RING_BYTES};

/// A line that is wrong. Never repeats the line: part of it is a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct RingError {
    /// From 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub problem: RingProblem,
}

/// What is wrong with a ring file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RingProblem {
    /// Larger than 64 KiB.
    #[error("the file is larger than {MAX_RING_BYTES} bytes")]
    TooLarge,
    /// More than 64 keys.
    #[error("more than {MAX_KEYS} keys")]
    TooMany,
    /// Not `id state key`.
    #[error("a key is `id state base64`, separated by spaces")]
    Fields,
    /// A name that is none.
    #[error("a key id is 1 to {MAX_KEY_ID} of A-Z a-z 0-9 . _ -")]
    KeyId,
    /// A state that is none.
    #[error("the state is neither `active` nor `accept`")]
    State,
    /// Not the base64 of 32 bytes.
    #[error("the key is not the base64 of 32 bytes (44 characters)")]
    Key,
    /// A key that nobody drew at random.
    #[error("the key is the same byte over and over: make one with `fakes3pp keys add`")]
    Weak,
    /// Two keys of one name.
    #[error("the key id was used before")]
    DuplicateId,
    /// One key under two names.
    #[error("the key was used before under another id")]
    DuplicateKey,
    /// Two active keys.
    #[error("another key is `active` already")]
    SecondActive,
    /// No active key.
    #[error("no key is `active`")]
    NoActive,
}

/// All that is wrong with a ring file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingErrors(pub(super) Vec<RingError>);

impl RingErrors {
    /// In the order of their lines.
    #[must_use]
    pub fn errors(&self) -> &[RingError] {
        &self.0
    }
}

impl fmt::Display for RingErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.0.iter().map(RingError::to_string).collect();
        formatter.write_str(&texts.join("; "))
    }
}

impl std::error::Error for RingErrors {}

/// Why a change of the ring was refused; the ring is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RingUse {
    /// A name that is none, or a key that nobody drew at random.
    #[error(transparent)]
    Invalid(#[from] RingProblem),
    /// There is no key of this name.
    #[error("there is no key {0}")]
    Unknown(String),
    /// The active key cannot go.
    #[error("the key {0} is active: activate another one first")]
    Active(String),
}
