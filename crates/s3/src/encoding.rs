//! Percent-encoding: decoded exactly once, encoded in one canonical way.
//!
//! What is decided about and what is sent must be the same bytes (A11, A14), so no text of the wire
//! survives into a rebuilt request: it is decoded here, and encoded here again.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What `+` means in the text to be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plus {
    /// A plus: in paths and in version ids.
    Literal,
    /// A space: in query strings, in `x-amz-tagging`, and in the key of a copy source.
    Space,
}

/// Why text could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// A `%` that two hexadecimal digits do not follow.
    #[error("malformed percent-encoding")]
    Escape,
    /// The bytes are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// A NUL, which C programs behind us would take for the end.
    #[error("a NUL character")]
    Nul,
}

/// Decodes once. Every byte that is not part of an escape stands for itself.
pub(crate) fn decode(text: &str, plus: Plus) -> Result<String, EncodingError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let high = rest.next().and_then(hex).ok_or(EncodingError::Escape)?;
                let low = rest.next().and_then(hex).ok_or(EncodingError::Escape)?;
                high << 4 | low
            }
            b'+' if plus == Plus::Space => b' ',
            other => other,
        });
    }
    if bytes.contains(&0) {
        return Err(EncodingError::Nul);
    }
    String::from_utf8(bytes).map_err(|_| EncodingError::NotUtf8)
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Everything but the unreserved characters of RFC 3986, as SigV4 has it.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const RESERVED_BUT_SLASH: &AsciiSet = &RESERVED.remove(b'/');

/// A key as it stands in a path: unreserved characters and `/` literal, the rest `%XX` in upper
/// case.
pub(crate) fn encode_path(text: &str) -> String {
    utf8_percent_encode(text, RESERVED_BUT_SLASH).to_string()
}

/// A query name or value: unreserved characters literal, the rest `%XX` in upper case.
pub(crate) fn encode_query(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decodes_once_and_strictly() {
        assert_eq!(decode("a%2541", Plus::Literal).as_deref(), Ok("a%41"));
        assert_eq!(decode("a+b%2B", Plus::Literal).as_deref(), Ok("a+b+"));
        assert_eq!(decode("a+b%2B", Plus::Space).as_deref(), Ok("a b+"));
        assert_eq!(decode("%c3%A9", Plus::Literal).as_deref(), Ok("é"));
        for bad in ["%", "%2", "%zz", "a%", "%%41", "% 41"] {
            assert_eq!(decode(bad, Plus::Literal), Err(EncodingError::Escape), "{bad}");
        }
        assert_eq!(decode("%FF", Plus::Literal), Err(EncodingError::NotUtf8));
        assert_eq!(decode("%C0%AF", Plus::Literal), Err(EncodingError::NotUtf8));
        assert_eq!(decode("a%00", Plus::Literal), Err(EncodingError::Nul));
        assert_eq!(decode("a\0", Plus::Literal), Err(EncodingError::Nul));
    }

    #[test]
    fn encodes_canonically() {
        assert_eq!(encode_path("a b/é~-_.+%"), "a%20b/%C3%A9~-_.%2B%25");
        assert_eq!(encode_query("a b/é~-_.+%"), "a%20b%2F%C3%A9~-_.%2B%25");
    }

    proptest! {
        #[test]
        fn encoding_and_decoding_are_inverse(text in "[^\0]*") {
            prop_assert_eq!(decode(&encode_path(&text), Plus::Literal), Ok(text.clone()));
            prop_assert_eq!(decode(&encode_query(&text), Plus::Space), Ok(text));
        }

        #[test]
        fn decoding_never_panics(text in any::<String>()) {
            let _ = decode(&text, Plus::Literal);
        }
    }
}
