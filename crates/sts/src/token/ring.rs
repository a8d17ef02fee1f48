//! The key ring: the keys that session tokens are sealed with, shared by all replicas.
//!
//! ```text
//! # comment
//! 2026-01 accept c2VjcmV0Li4uMzIgYnl0ZXMgb2YgcmFuZG9tbmVzcy4=
//! 2026-02 active bm90IHRoaXMgb25lIGVpdGhlciwgdGFrZSByYW5kb20=
//! ```
//!
//! Exactly one key is `active` and seals; the others are accepted. Rotation without a refused
//! request: add the new key everywhere, then activate it, then remove the old one when the longest
//! session has passed.

mod error;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

pub use self::error::{RingError, RingErrors, RingProblem, RingUse};
use crate::text::quote;

/// Largest ring file, in bytes. A key takes about 90; the limit stops a wrong path from being read
/// into memory.
const MAX_RING_BYTES: usize = 64 * 1024;

/// Most keys. Two or three are in use at a time.
const MAX_KEYS: usize = 64;

/// Longest key id, in characters: it is in every token.
const MAX_KEY_ID: usize = 32;

/// The name of a ring key, 1 to 32 of `A-Z a-z 0-9 . _ -`. Not secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Checks a name.
    ///
    /// # Errors
    /// [`RingProblem::KeyId`].
    pub fn parse(text: &str) -> Result<Self, RingProblem> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if (1..=MAX_KEY_ID).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RingProblem::KeyId)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a key is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Seals new tokens and opens its own.
    Active,
    /// Opens its own tokens.
    Accept,
}

impl KeyState {
    /// The word in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Accept => "accept",
        }
    }
}

/// One key.
#[derive(Clone)]
pub(crate) struct RingKey {
    id: KeyId,
    /// On the heap, so that moving a key about leaves no copies behind.
    secret: Box<Zeroizing<[u8; 32]>>,
}

impl RingKey {
    pub(crate) fn id(&self) -> &KeyId {
        &self.id
    }

    pub(crate) fn secret(&self) -> &[u8] {
        self.secret.as_slice()
    }
}

/// The keys, one of them active. Wiped when dropped.
#[derive(Clone)]
pub struct KeyRing {
    active: RingKey,
    accepted: Vec<RingKey>,
    /// The file's order and comments, so that a changed ring is written as its owner wrote it.
    lines: Vec<Line>,
}

#[derive(Clone)]
enum Line {
    Comment(String),
    Key(KeyId),
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyRing")?;
        formatter.debug_map().entries(self.keys().map(|(id, state)| (id.as_str(), state))).finish()
    }
}

impl KeyRing {
    /// A ring of one key, active, from 32 random bytes.
    ///
    /// # Errors
    /// A name that is none, bytes that are not random.
    pub fn init(id: &str, entropy: [u8; 32]) -> Result<Self, RingProblem> {
        let active = new_key(id, entropy)?;
        let lines = vec![
            Line::Comment("# keys that session tokens are sealed with: keep secret".to_owned()),
            Line::Comment("# id state base64(32 bytes)".to_owned()),
            Line::Key(active.id.clone()),
        ];
        Ok(Self { active, accepted: Vec::new(), lines })
    }

    /// Reads a ring file.
    ///
    /// # Errors
    /// Every wrong line at once, with its number.
    pub fn parse(text: &str) -> Result<Self, RingErrors> {
        if text.len() > MAX_RING_BYTES {
            return Err(RingErrors(vec![RingError { line: 0, problem: RingProblem::TooLarge }]));
        }
        let mut reader = Reader::default();
        for (index, line) in text.lines().enumerate() {
            if let Err(problem) = reader.line(line) {
                reader.errors.push(RingError { line: index + 1, problem });
            }
        }
        reader.finish()
    }

    /// The file's text, a secret.
    #[must_use]
    pub fn render(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(self.lines.len() * 100));
        for line in &self.lines {
            match line {
                Line::Comment(comment) => text.push_str(comment),
                Line::Key(id) => {
                    let Some((key, state)) = self.entry(id) else { continue };
                    let secret = Zeroizing::new(STANDARD.encode(key.secret.as_slice()));
                    for part in [id.as_str(), " ", state.as_str(), " ", &secret] {
                        text.push_str(part);
                    }
                }
            }
            text.push('\n');
        }
        text
    }

    /// Ids and states, in the order of the file.
    pub fn keys(&self) -> impl Iterator<Item = (&KeyId, KeyState)> {
        self.lines.iter().filter_map(|line| match line {
            Line::Comment(_) => None,
            Line::Key(id) => self.entry(id).map(|(key, state)| (&key.id, state)),
        })
    }

    /// The id of the key that seals.
    #[must_use]
    pub fn active_id(&self) -> &KeyId {
        &self.active.id
    }

    /// Adds a key that is accepted, from 32 random bytes.
    ///
    /// # Errors
    /// A name or key that is none or is there already, a full ring.
    pub fn add(&mut self, id: &str, entropy: [u8; 32]) -> Result<(), RingUse> {
        let key = new_key(id, entropy)?;
        fits(&key, &self.accepted, Some(&self.active))?;
        self.lines.push(Line::Key(key.id.clone()));
        self.accepted.push(key);
        Ok(())
    }

    /// Makes a key the active one; the active one becomes accepted.
    ///
    /// # Errors
    /// No such key.
    pub fn activate(&mut self, id: &str) -> Result<(), RingUse> {
        if self.active.id.as_str() == id {
            return Ok(());
        }
        match self.accepted.iter_mut().find(|key| key.id.as_str() == id) {
            Some(key) => {
                std::mem::swap(key, &mut self.active);
                Ok(())
            }
            None => Err(RingUse::Unknown(quote(id))),
        }
    }

    /// Takes an accepted key out: its tokens stop at once.
    ///
    /// # Errors
    /// No such key, or the active one.
    pub fn remove(&mut self, id: &str) -> Result<(), RingUse> {
        if self.active.id.as_str() == id {
            return Err(RingUse::Active(quote(id)));
        }
        let before = self.accepted.len();
        self.accepted.retain(|key| key.id.as_str() != id);
        if self.accepted.len() == before {
            return Err(RingUse::Unknown(quote(id)));
        }
        self.lines.retain(|line| !matches!(line, Line::Key(other) if other.as_str() == id));
        Ok(())
    }

    pub(crate) fn active(&self) -> &RingKey {
        &self.active
    }

    pub(crate) fn get(&self, id: &KeyId) -> Option<&RingKey> {
        self.entry(id).map(|(key, _)| key)
    }

    fn entry(&self, id: &KeyId) -> Option<(&RingKey, KeyState)> {
        if self.active.id == *id {
            return Some((&self.active, KeyState::Active));
        }
        self.accepted.iter().find(|key| key.id == *id).map(|key| (key, KeyState::Accept))
    }
}

fn new_key(id: &str, entropy: [u8; 32]) -> Result<RingKey, RingProblem> {
    let secret = Box::new(Zeroizing::new(entropy));
    let id = KeyId::parse(id)?;
    // All zeros is what an unread entropy source or a placeholder looks like.
    if secret.iter().all(|byte| Some(byte) == secret.first()) {
        return Err(RingProblem::Weak);
    }
    Ok(RingKey { id, secret })
}

/// Whether a key may join the others.
fn fits(key: &RingKey, accepted: &[RingKey], active: Option<&RingKey>) -> Result<(), RingProblem> {
    let others = || accepted.iter().chain(active);
    if others().any(|other| other.id == key.id) {
        return Err(RingProblem::DuplicateId);
    }
    if others().any(|other| other.secret == key.secret) {
        return Err(RingProblem::DuplicateKey);
    }
    if others().count() >= MAX_KEYS {
        return Err(RingProblem::TooMany);
    }
    Ok(())
}

#[derive(Default)]
struct Reader {
    active: Option<RingKey>,
    accepted: Vec<RingKey>,
    lines: Vec<Line>,
    errors: Vec<RingError>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), RingProblem> {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            self.lines.push(Line::Comment(trimmed.to_owned()));
            return Ok(());
        }
        let mut fields = trimmed.split_ascii_whitespace();
        let (Some(id), Some(state), Some(key), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(RingProblem::Fields);
        };
        let state = match state {
            "active" => KeyState::Active,
            "accept" => KeyState::Accept,
            _ => return Err(RingProblem::State),
        };
        let decoded = Zeroizing::new(STANDARD.decode(key).map_err(|_| RingProblem::Key)?);
        let entropy = decoded.as_slice().try_into().map_err(|_| RingProblem::Key)?;
        self.key(new_key(id, entropy)?, state)
    }

    fn key(&mut self, key: RingKey, state: KeyState) -> Result<(), RingProblem> {
        fits(&key, &self.accepted, self.active.as_ref())?;
        match state {
            KeyState::Active if self.active.is_some() => return Err(RingProblem::SecondActive),
            KeyState::Active => {
                self.lines.push(Line::Key(key.id.clone()));
                self.active = Some(key);
            }
            KeyState::Accept => {
                self.lines.push(Line::Key(key.id.clone()));
                self.accepted.push(key);
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<KeyRing, RingErrors> {
        match self.active.take() {
            Some(active) if self.errors.is_empty() => {
                Ok(KeyRing { active, accepted: self.accepted, lines: self.lines })
            }
            None if self.errors.is_empty() => {
                Err(RingErrors(vec![RingError { line: 0, problem: RingProblem::NoActive }]))
            }
            Some(_) | None => Err(RingErrors(self.errors)),
        }
    }
}

#[cfg(test)]
mod tests;
