//! `application/x-www-form-urlencoded`, strictly: what is not percent-encoded UTF-8 is refused
//! instead of repaired, so that no two spellings of a broken value become one.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{MAX_FORM_BYTES, MAX_PARAMETERS, QueryError};
use crate::text::quote;

/// The names that a presigned URL adds (AWS SigV4, *Query string parameters*). They belong to the
/// signature, not to the call.
const SIGNATURE_NAMES: [&str; 7] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
];

/// A call's parameters, each once; values are wiped when dropped, one of them is a token.
pub(super) struct Parameters(BTreeMap<String, Zeroizing<String>>);

impl Parameters {
    pub(super) fn parse(query: &str, form: &[u8]) -> Result<Self, QueryError> {
        let length = query.len() + form.len();
        if length > MAX_FORM_BYTES {
            return Err(QueryError::TooLong(length));
        }
        let mut parameters = Self(BTreeMap::new());
        for pair in pairs(query.as_bytes()) {
            let (name, value) = decode_pair(pair)?;
            if !SIGNATURE_NAMES.contains(&name.as_str()) {
                parameters.add(name, value)?;
            }
        }
        for pair in pairs(form) {
            let (name, value) = decode_pair(pair)?;
            parameters.add(name, value)?;
        }
        Ok(parameters)
    }

    fn add(&mut self, name: String, value: Zeroizing<String>) -> Result<(), QueryError> {
        if self.0.len() >= MAX_PARAMETERS {
            return Err(QueryError::TooMany);
        }
        if self.0.contains_key(&name) {
            return Err(QueryError::Duplicate(quote(&name)));
        }
        self.0.insert(name, value);
        Ok(())
    }

    /// Takes a parameter out; what is left at the end is unknown.
    pub(super) fn take(&mut self, name: &str) -> Option<Zeroizing<String>> {
        self.0.remove(name)
    }

    /// An empty list is sent as `NAME=` by the SDKs; that is the only value that the name may have.
    pub(super) fn empty_list(&mut self, name: &str) -> Result<(), QueryError> {
        match self.take(name).filter(|value| !value.is_empty()) {
            None => Ok(()),
            Some(_) => Err(QueryError::Invalid(format!("{name} is a list of {name}.member.N"))),
        }
    }

    /// Takes `PolicyArns.member.N.arn` out, N from 1 without a gap. An empty list is sent as
    /// `PolicyArns=` by the SDKs.
    pub(super) fn policy_arns(&mut self) -> Result<Vec<String>, QueryError> {
        if let Some(value) = self.take("PolicyArns").filter(|value| !value.is_empty()) {
            return Err(QueryError::Invalid(format!(
                "PolicyArns is a list of PolicyArns.member.N.arn, not {}",
                quote(&value)
            )));
        }
        let mut arns = Vec::new();
        while let Some(arn) = self.take(&format!("PolicyArns.member.{}.arn", arns.len() + 1)) {
            arns.push(arn.to_string());
        }
        Ok(arns)
    }

    /// Everything must have been taken.
    pub(super) fn finish(self, action: &'static str) -> Result<(), QueryError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(QueryError::UnknownParameter { action, name: quote(name) }),
        }
    }
}

fn pairs(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty())
}

fn decode_pair(pair: &[u8]) -> Result<(String, Zeroizing<String>), QueryError> {
    let mut halves = pair.splitn(2, |byte| *byte == b'=');
    let name = decode(halves.next().unwrap_or_default())?;
    let value = decode(halves.next().unwrap_or_default())?;
    Ok((name.to_string(), value))
}

fn decode(text: &[u8]) -> Result<Zeroizing<String>, QueryError> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(rest.next())? << 4 | hex_digit(rest.next())?,
            other => other,
        });
    }
    let text = std::str::from_utf8(&decoded).map_err(|_| QueryError::Encoding)?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn hex_digit(digit: Option<u8>) -> Result<u8, QueryError> {
    digit
        .and_then(|digit| char::from(digit).to_digit(16))
        .and_then(|value| u8::try_from(value).ok())
        .ok_or(QueryError::Encoding)
}
