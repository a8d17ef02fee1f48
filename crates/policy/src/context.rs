//! What is known about a request: condition keys and their values.

use std::borrow::Cow;

/// A value of a condition key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A key with exactly one value.
    One(String),
    /// A multivalued key, whatever the number of its values. No values: the key counts as absent.
    ///
    /// A condition needs `ForAnyValue:` or `ForAllValues:` to look into it. Without one the
    /// condition does not match in an Allow and matches in a Deny; nor can it be put into a text: a
    /// variable for it is as one for [`Value::Unknown`].
    Many(Vec<String>),
    /// The key has a value, but nobody here can say which: an address behind a proxy that is not
    /// trusted, for example. No condition on it matches in an Allow and every one matches in a
    /// Deny, `Null` and negated operators included. So it is with a text that holds a variable for it,
    /// in a condition or a resource, unless it would not match whatever the value is.
    Unknown,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::One(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::One(if flag { "true" } else { "false" }.to_owned())
    }
}

impl From<Vec<String>> for Value {
    fn from(values: Vec<String>) -> Self {
        Self::Many(values)
    }
}

/// A small map from condition keys to values.
///
/// Keys are compared without regard to ASCII case, the tag key in `aws:PrincipalTag/Team`
/// included; the spelling of the last insertion is kept for display. Nothing bounds the number of
/// keys: whoever fills a context from what a client sent bounds that.
#[derive(Clone, Default)]
pub struct Context {
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    hash: u64,
    key: Cow<'static, str>,
    value: Value,
}

impl Context {
    /// A context that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key and returns the value that it had, under whatever case.
    pub fn insert(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Value>,
    ) -> Option<Value> {
        let key = key.into();
        let hash = key_hash(&key);
        let entry = Entry { hash, key, value: value.into() };
        match self.position(hash, &entry.key).and_then(|at| self.entries.get_mut(at)) {
            Some(old) => Some(std::mem::replace(old, entry).value),
            None => {
                self.entries.push(entry);
                None
            }
        }
    }

    /// Takes a key out and returns the value that it had.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.position(key_hash(key), key)?;
        Some(self.entries.swap_remove(at).value)
    }

    /// The value of a key, whatever the case of its name.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.get_hashed(key_hash(key), key)
    }

    /// All keys as they were inserted, with their values, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.iter().map(|entry| (&*entry.key, &entry.value))
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn get_hashed(&self, hash: u64, key: &str) -> Option<&Value> {
        self.entries
            .iter()
            .find(|entry| entry.hash == hash && entry.key.eq_ignore_ascii_case(key))
            .map(|entry| &entry.value)
    }

    fn position(&self, hash: u64, key: &str) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.hash == hash && entry.key.eq_ignore_ascii_case(key))
    }
}

impl PartialEq for Context {
    fn eq(&self, other: &Self) -> bool {
        self.entries.len() == other.entries.len()
            && self
                .entries
                .iter()
                .all(|entry| other.get_hashed(entry.hash, &entry.key) == Some(&entry.value))
    }
}

impl Eq for Context {}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Into<Cow<'static, str>>, V: Into<Value>> FromIterator<(K, V)> for Context {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut context = Self::new();
        context.extend(pairs);
        context
    }
}

impl<K: Into<Cow<'static, str>>, V: Into<Value>> Extend<(K, V)> for Context {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, pairs: I) {
        for (key, value) in pairs {
            self.insert(key, value);
        }
    }
}

/// FNV-1a over the lower-cased name. It only saves comparisons: equal hashes are compared in full,
/// so a chosen collision costs time linear in the context and nothing else.
pub(crate) fn key_hash(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The layers of a request's context; the first that has a key decides.
#[derive(Clone, Copy)]
pub(crate) struct Lookup<'a>(pub(crate) &'a [&'a Context]);

impl<'a> Lookup<'a> {
    /// The value, or `None` when the key is absent or has no values.
    pub(crate) fn get(self, hash: u64, key: &str) -> Option<&'a Value> {
        let value = self.0.iter().find_map(|layer| layer.get_hashed(hash, key))?;
        match value {
            Value::Many(values) if values.is_empty() => None,
            Value::One(_) | Value::Many(_) | Value::Unknown => Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Context, Value, key_hash};

    #[test]
    fn keys_differ_only_beyond_case() {
        let mut context = Context::new();
        assert_eq!(context.insert("aws:PrincipalTag/Team", "blue"), None);
        assert_eq!(context.insert("AWS:principaltag/TEAM", "red"), Some(Value::from("blue")));
        assert_eq!(context.get("aws:PRINCIPALTAG/team"), Some(&Value::from("red")));
        assert_eq!(context.iter().collect::<Vec<_>>(), [("AWS:principaltag/TEAM", &"red".into())]);
        assert_eq!(context.remove("aws:principaltag/team"), Some(Value::from("red")));
        assert!(context.is_empty());
    }

    #[test]
    fn equality_ignores_order_and_case_of_keys() {
        let one: Context = [("a:b", "1"), ("c:d", "2")].into_iter().collect();
        let two: Context = [("C:D", "2"), ("A:B", "1")].into_iter().collect();
        assert_eq!(one, two);
        let three: Context = [("C:D", "2"), ("A:B", "3")].into_iter().collect();
        assert_ne!(one, three);
    }

    #[test]
    fn keys_are_counted() {
        let mut context = Context::new();
        assert_eq!((context.len(), context.is_empty()), (0, true));
        context.extend([("a:b", "1"), ("c:d", "2"), ("A:B", "3")]);
        assert_eq!((context.len(), context.is_empty()), (2, false));
    }

    /// A client may choose names of claims, and FNV is no secret.
    #[test]
    fn keys_of_one_hash_are_still_two() {
        let (one, two) = ("claims:woxlkh6enxxqi", "claims:i7nukt5haoled");
        assert_eq!(key_hash(one), key_hash(two));
        let mut context = Context::from_iter([(one, "1")]);
        assert_eq!((context.get(one), context.get(two)), (Some(&Value::from("1")), None));
        assert_eq!(context.insert(two, "2"), None);
        assert_eq!(context.get(one), Some(&Value::from("1")));
        assert_eq!(context.remove(two), Some(Value::from("2")));
        assert_eq!(context.remove(two), None);
    }
}
