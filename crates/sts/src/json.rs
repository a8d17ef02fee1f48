//! Strict JSON: what two parsers could read differently is refused.
//!
//! `{"sub":"alice","sub":"bob"}` is one subject to one library and another to the next, so a
//! duplicate member, at any depth and however it is escaped, is an error here (RFC 8259 section 4
//! leaves the behaviour open). Depth is bounded, because a few kilobytes of brackets otherwise
//! cost a stack.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

use crate::text::quote;

/// Why a JSON text was refused. Says where, never repeats more than a member's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JsonError(String);

/// Parses one JSON object without duplicate members, nested at most `max_depth` deep (the object
/// itself is depth 1), with nothing but white space behind it.
pub(crate) fn object(text: &[u8], max_depth: u8) -> Result<Map<String, Value>, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Strict { depth_left: max_depth }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| JsonError(error.to_string()))?;
    match value {
        Value::Object(members) => Ok(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(JsonError("not a JSON object".to_owned()))
        }
    }
}

#[derive(Clone, Copy)]
struct Strict {
    depth_left: u8,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Self { depth_left }),
            None => Err(E::custom("nested too deeply")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(inner)?;
            if members.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate member {}", quote(&name))));
            }
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

/// A member of an object with its value as it is written, for documents that another reader
/// takes: nothing is lost on the way, not even the digits of a number.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) value: Box<RawValue>,
}

/// The members of one JSON object, none twice, in the order of the text. What is inside the values
/// is only known to be JSON: whoever reads a value looks for duplicates in it.
pub(crate) fn members(text: &str) -> Result<Vec<Member>, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer
        .deserialize_map(Members)
        .and_then(|members| deserializer.end().map(|()| members))
        .map_err(|error| JsonError(error.to_string()))
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<Member>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Vec<Member>, A::Error> {
        let mut members: Vec<Member> = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some((name, value)) = entries.next_entry::<String, Box<RawValue>>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format_args!("duplicate member {}", quote(&name))));
            }
            members.push(Member { name, value });
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Map<String, Value>, JsonError> {
        object(text.as_bytes(), 4)
    }

    #[test]
    fn a60_duplicate_members_are_refused_at_any_depth_and_in_any_escaping() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            r#"{"x":[{"a":1,"a":2}]}"#,
            r#"{"a":null,"b":2,"a":null}"#,
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.to_string().contains("duplicate member `a`"), "{text}: {error}");
        }
        assert!(parse(r#"{"a":1,"A":2,"x":{"a":1},"y":{"a":1}}"#).is_ok());
    }

    #[test]
    fn depth_is_counted_from_the_outer_object() {
        assert!(parse(r#"{"a":[[[1]]]}"#).is_ok());
        assert!(parse(r#"{"a":[[[[1]]]]}"#).unwrap_err().to_string().contains("too deep"));
        let bombs = ["[".repeat(100_000), r#"{"a":"#.repeat(100_000)];
        for bomb in bombs {
            assert!(parse(&bomb).is_err());
        }
    }

    #[test]
    fn only_one_object_and_nothing_behind_it() {
        for text in
            ["", "[]", "1", "null", "\"x\"", "{} {}", "{}x", "{", "{\"a\":1e999}", "\u{feff}{}"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(" {} \n").is_ok());
        assert!(object(b"{\"a\":\"\xff\"}", 4).is_err());
    }
}
