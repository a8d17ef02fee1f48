//! The head of a part (RFC 7578, section 4).

use super::FormError;

/// Most headers of one part. Clients send one to three.
const MAX_HEADERS: usize = 16;

/// Which field a part is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PartHead {
    /// In lower case.
    pub(super) name: String,
    pub(super) filename: Option<String>,
}

impl PartHead {
    /// Reads header lines, the empty one behind them included.
    pub(super) fn parse(head: &[u8]) -> Result<Self, FormError> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let parsed = httparse::parse_headers(head, &mut headers);
        let Ok(httparse::Status::Complete((_, headers))) = parsed else {
            return Err(FormError::Malformed);
        };
        let mut disposition = None;
        for header in headers.iter() {
            let text = std::str::from_utf8(header.value).map_err(|_| FormError::Malformed)?;
            if header.name.eq_ignore_ascii_case("content-disposition") {
                if disposition.replace(Self::of_disposition(text)?).is_some() {
                    return Err(FormError::Malformed);
                }
            } else if header.name.eq_ignore_ascii_case("content-transfer-encoding")
                && !["binary", "8bit", "7bit"].iter().any(|plain| plain.eq_ignore_ascii_case(text))
            {
                // RFC 7578 has done away with it; passed over, what we decide about would not be
                // what the client meant.
                return Err(FormError::Malformed);
            }
        }
        disposition.ok_or(FormError::Malformed)
    }

    fn of_disposition(text: &str) -> Result<Self, FormError> {
        let (kind, mut rest) = text.split_once(';').ok_or(FormError::Malformed)?;
        if !kind.trim().eq_ignore_ascii_case("form-data") {
            return Err(FormError::Malformed);
        }
        let (mut name, mut filename) = (None, None);
        while !rest.trim().is_empty() {
            let (parameter, value, after) = parameter(rest).ok_or(FormError::Malformed)?;
            rest = after;
            let place = match parameter.to_ascii_lowercase().as_str() {
                "name" => &mut name,
                "filename" => &mut filename,
                // `filename*` must not be used in forms, and would be a second name.
                _ => return Err(FormError::Malformed),
            };
            if place.replace(value).is_some() {
                return Err(FormError::Malformed);
            }
        }
        let name: String = name.ok_or(FormError::Malformed)?;
        Ok(Self { name: name.to_ascii_lowercase(), filename })
    }
}

/// `NAME=VALUE`, quoted or not, and what follows the semicolon behind it.
///
/// A quote may be escaped by a backslash; any other backslash stands for itself, as in the paths that
/// old browsers sent.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = text.split_once('=')?;
    let rest = rest.trim_start();
    let (value, rest) = match rest.strip_prefix('"') {
        Some(quoted) => quoted_value(quoted)?,
        None => {
            let (value, rest) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
            (value.trim_end().to_owned(), rest)
        }
    };
    let rest = rest.trim_start();
    let rest = if rest.is_empty() { rest } else { rest.strip_prefix(';')? };
    (!value.contains(['\r', '\n', '\0'])).then_some((name.trim(), value, rest))
}

fn quoted_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' if chars.peek().is_some_and(|(_, next)| *next == '"') => {
                value.push('"');
                chars.next();
            }
            c => value.push(c),
        }
    }
    None
}
