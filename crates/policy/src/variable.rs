//! Text with wildcards and variables, compiled.
//!
//! `${key}` stands for the one value of a condition key, `${key, 'default'}` for the default where
//! the key has none, and `${*}`, `${?}`, `${$}` for the characters themselves. What a variable
//! stands for is literal text: it is never searched for wildcards or variables, and neither is a
//! default. The text is split and compiled before anything is known about a request.

use crate::condition::Key;
use crate::condition::Verdict;
use crate::context::{Lookup, Value};
use crate::pattern::{Token, matches};

/// What may be special in a text.
#[derive(Clone, Copy)]
pub(crate) struct Syntax {
    /// `*` and `?`
    pub(crate) wildcards: bool,
    /// `${...}`, which only policies of version 2012-10-17 have.
    pub(crate) variables: bool,
}

/// `${` that is not followed by what must follow.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MalformedVariable;

/// A compiled text.
#[derive(Debug)]
pub(crate) enum Text {
    /// This and nothing else.
    Exact(Box<str>),
    /// This and whatever follows it. Empty: anything.
    Prefix(Box<str>),
    /// The general case.
    Pieces { pieces: Box<[Piece]>, variables: bool },
}

/// A piece of a compiled text.
#[derive(Debug)]
pub(crate) enum Piece {
    Literal(Box<str>),
    One,
    Many,
    Variable { key: Key, default: Option<Box<str>> },
}

impl Text {
    pub(crate) fn parse(text: &str, syntax: Syntax) -> Result<Self, MalformedVariable> {
        let pieces = parse_pieces(text, syntax)?;
        Ok(match pieces.as_slice() {
            [] => Self::Exact("".into()),
            [Piece::Literal(literal)] => Self::Exact(literal.clone()),
            [Piece::Many] => Self::Prefix("".into()),
            [Piece::Literal(literal), Piece::Many] => Self::Prefix(literal.clone()),
            _ => Self::Pieces {
                variables: pieces.iter().any(|piece| matches!(piece, Piece::Variable { .. })),
                pieces: pieces.into(),
            },
        })
    }

    /// Whether it stands for the whole of `text`; `None` if a variable in it has no value.
    pub(crate) fn matches(&self, text: &str, lookup: Lookup<'_>) -> Option<bool> {
        match self {
            Self::Exact(literal) => Some(**literal == *text),
            Self::Prefix(literal) => Some(text.starts_with(&**literal)),
            Self::Pieces { pieces, .. } => {
                with_tokens(pieces, lookup, |tokens| matches(tokens, text))
            }
        }
    }

    /// Which of the texts that begin with `start` it stands for: all of them, perhaps some, or none.
    pub(crate) fn below(&self, start: &str, lookup: Lookup<'_>) -> Verdict {
        let (lead, covers) = match self {
            Self::Exact(literal) => return meets(literal.starts_with(start)),
            Self::Prefix(literal) => (&**literal, start.starts_with(&**literal)),
            Self::Pieces { pieces, .. } => {
                let lead = match pieces.first() {
                    Some(Piece::Literal(literal)) => &**literal,
                    _ => "",
                };
                // Its last star takes whatever follows.
                let open = matches!(pieces.last(), Some(Piece::Many));
                (lead, open && self.matches(start, lookup) == Some(true))
            }
        };
        let apart = !lead.starts_with(start) && !start.starts_with(lead);
        if covers { Verdict::Holds } else { meets(!apart) }
    }

    /// Whether it, having no wildcards, equals `text` but for ASCII case.
    pub(crate) fn equals_ignore_case(&self, text: &str, lookup: Lookup<'_>) -> Option<bool> {
        match self {
            Self::Exact(literal) => Some(literal.eq_ignore_ascii_case(text)),
            Self::Prefix(_) => Some(false),
            Self::Pieces { pieces, .. } => with_tokens(pieces, lookup, |tokens| {
                let rest = tokens.iter().try_fold(text, |rest, token| match token {
                    Token::Literal(literal) => rest
                        .get(..literal.len())
                        .filter(|head| head.eq_ignore_ascii_case(literal))
                        .and_then(|_| rest.get(literal.len()..)),
                    Token::One | Token::Many => None,
                });
                rest == Some("")
            }),
        }
    }

    /// The keys of its variables.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        let pieces = match self {
            Self::Pieces { pieces, variables: true } => &**pieces,
            Self::Pieces { .. } | Self::Exact(_) | Self::Prefix(_) => &[],
        };
        pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { key, .. } => Some(key),
            Piece::Literal(_) | Piece::One | Piece::Many => None,
        })
    }

    /// The key of the first variable in it that has neither a value nor a default.
    pub(crate) fn without_value(&self, lookup: Lookup<'_>) -> Option<&Key> {
        let Self::Pieces { pieces, variables: true } = self else { return None };
        pieces.iter().find_map(|piece| match piece {
            Piece::Variable { key, .. } if token(piece, lookup).is_none() => Some(key),
            _ => None,
        })
    }

    /// Whether it is one text: without wildcards and variables.
    pub(crate) fn is_fixed(&self) -> bool {
        match self {
            Self::Exact(_) => true,
            Self::Prefix(_) => false,
            Self::Pieces { pieces, .. } => {
                pieces.iter().all(|piece| matches!(piece, Piece::Literal(_)))
            }
        }
    }

    /// Whether it is what anonymous callers have for an account and an id (IAM User Guide, *AWS global
    /// condition context keys*).
    pub(crate) fn is_anybody(&self) -> bool {
        matches!(self, Self::Exact(text) if text.eq_ignore_ascii_case("anonymous"))
    }

    /// Whether some letter or digit, or a variable, must be there for it to match.
    pub(crate) fn demands_something(&self) -> bool {
        let demands = |text: &str| text.chars().any(char::is_alphanumeric);
        match self {
            // An empty text demands the empty value.
            Self::Exact(_) => true,
            Self::Prefix(literal) => demands(literal),
            Self::Pieces { pieces, .. } => pieces.iter().any(|piece| match piece {
                Piece::Literal(literal) => demands(literal),
                Piece::Variable { .. } => true,
                Piece::One | Piece::Many => false,
            }),
        }
    }
}

fn meets(may: bool) -> Verdict {
    if may { Verdict::Undecidable } else { Verdict::Fails }
}

/// Pieces on the stack: more than any sensible pattern has, so that matching does not allocate.
const STACK_TOKENS: usize = 16;

fn with_tokens<R>(
    pieces: &[Piece],
    lookup: Lookup<'_>,
    then: impl FnOnce(&[Token<'_>]) -> R,
) -> Option<R> {
    let mut stack = [Token::Many; STACK_TOKENS];
    match stack.get_mut(..pieces.len()) {
        Some(slots) => {
            for (slot, piece) in slots.iter_mut().zip(pieces) {
                *slot = token(piece, lookup)?;
            }
            Some(then(slots))
        }
        None => {
            let tokens: Option<Vec<_>> = pieces.iter().map(|piece| token(piece, lookup)).collect();
            tokens.map(|tokens| then(&tokens))
        }
    }
}

fn token<'a>(piece: &'a Piece, lookup: Lookup<'a>) -> Option<Token<'a>> {
    Some(match piece {
        Piece::Literal(literal) => Token::Literal(literal),
        Piece::One => Token::One,
        Piece::Many => Token::Many,
        Piece::Variable { key, default } => match lookup.get(key.hash, &key.name) {
            Some(Value::One(value)) => Token::Literal(value),
            // Only keys with one value can be put into text.
            Some(Value::Many(_) | Value::Unknown) => return None,
            None => Token::Literal(default.as_deref()?),
        },
    })
}

fn parse_pieces(text: &str, syntax: Syntax) -> Result<Vec<Piece>, MalformedVariable> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if syntax.variables
            && let Some(inside) = rest.strip_prefix("${")
        {
            let (piece, after) = parse_variable(inside)?;
            match piece {
                Piece::Literal(escaped) => literal.push_str(&escaped),
                Piece::One | Piece::Many | Piece::Variable { .. } => {
                    flush(&mut literal, &mut pieces);
                    pieces.push(piece);
                }
            }
            rest = after;
            continue;
        }
        match character {
            '*' if syntax.wildcards => {
                flush(&mut literal, &mut pieces);
                // `**` is `*`.
                if !matches!(pieces.last(), Some(Piece::Many)) {
                    pieces.push(Piece::Many);
                }
            }
            '?' if syntax.wildcards => {
                flush(&mut literal, &mut pieces);
                pieces.push(Piece::One);
            }
            other => literal.push(other),
        }
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    flush(&mut literal, &mut pieces);
    Ok(pieces)
}

fn flush(literal: &mut String, pieces: &mut Vec<Piece>) {
    if !literal.is_empty() {
        pieces.push(Piece::Literal(std::mem::take(literal).into()));
    }
}

/// Reads what follows `${`, and returns what follows its end.
fn parse_variable(inside: &str) -> Result<(Piece, &str), MalformedVariable> {
    let end = inside.find(['}', ',']).ok_or(MalformedVariable)?;
    let (key, rest) = inside.split_at_checked(end).ok_or(MalformedVariable)?;
    if let Some(rest) = rest.strip_prefix('}') {
        let piece = match key {
            "*" | "?" | "$" => Piece::Literal(key.into()),
            _ => Piece::Variable { key: variable_key(key)?, default: None },
        };
        return Ok((piece, rest));
    }
    let default = rest.strip_prefix(", '").ok_or(MalformedVariable)?;
    let (default, rest) = default.split_once("'}").ok_or(MalformedVariable)?;
    Ok((Piece::Variable { key: variable_key(key)?, default: Some(default.into()) }, rest))
}

fn variable_key(key: &str) -> Result<Key, MalformedVariable> {
    if crate::condition::check_key(key, false).is_err() || key.contains(['\'', '{', '*', '?']) {
        return Err(MalformedVariable);
    }
    Ok(Key::new(key))
}

/// Splits at the first `count - 1` colons that are not inside a variable.
pub(crate) fn split_parts(text: &str, count: usize, variables: bool) -> Vec<&str> {
    let mut parts = Vec::with_capacity(count);
    let mut start = 0;
    let mut at = 0;
    while parts.len() + 1 < count {
        let Some(rest) = text.get(at..) else { break };
        let Some(character) = rest.chars().next() else { break };
        if variables
            && let Some(inside) = rest.strip_prefix("${")
            && let Ok((_, after)) = parse_variable(inside)
        {
            at = text.len() - after.len();
            continue;
        }
        if character == ':' {
            parts.push(text.get(start..at).unwrap_or_default());
            start = at + 1;
        }
        at += character.len_utf8();
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests {
    use super::{MalformedVariable, Syntax, Text, split_parts};
    use crate::Context;
    use crate::context::{Lookup, Value};

    const ALL: Syntax = Syntax { wildcards: true, variables: true };

    fn context() -> Context {
        [
            ("aws:username", Value::from("al*ce")),
            ("claims:sub", Value::from("${aws:username}")),
            ("host:8443/realms/x:sub", Value::from("bob")),
            ("aws:Empty", Value::from("")),
            ("aws:TagKeys", Value::Many(vec!["one".into()])),
            ("aws:SourceIp", Value::Unknown),
        ]
        .into_iter()
        .collect()
    }

    fn check(pattern: &str, syntax: Syntax, text: &str) -> Option<bool> {
        let context = context();
        Text::parse(pattern, syntax).unwrap().matches(text, Lookup(&[&context]))
    }

    #[test]
    fn a22_values_are_literal() {
        assert_eq!(check("home/${aws:UserName}/*", ALL, "home/al*ce/x"), Some(true));
        assert_eq!(check("home/${aws:username}/*", ALL, "home/alice/x"), Some(false));
        assert_eq!(check("${claims:sub}", ALL, "${aws:username}"), Some(true));
        assert_eq!(check("${claims:sub}", ALL, "al*ce"), Some(false));
        assert_eq!(check("${aws:none, '*'}", ALL, "x"), Some(false));
        assert_eq!(check("${aws:none, '*'}", ALL, "*"), Some(true));
    }

    #[test]
    fn keys_may_have_ports_and_paths() {
        assert_eq!(check("${host:8443/realms/x:sub}/?", ALL, "bob/1"), Some(true));
        assert_eq!(check("${claims:sub}x", ALL, "${aws:username}x"), Some(true));
    }

    #[test]
    fn keys_without_one_value_have_no_text() {
        assert_eq!(check("x${aws:none}", ALL, "x"), None);
        assert_eq!(check("x${aws:TagKeys}", ALL, "xone"), None);
        assert_eq!(check("x${aws:TagKeys, 'd'}", ALL, "xd"), None);
        assert_eq!(check("x${aws:SourceIp, 'd'}", ALL, "xd"), None);
        assert_eq!(check("x${aws:none, 'd'}", ALL, "xd"), Some(true));
        assert_eq!(check("x${aws:Empty}y", ALL, "xy"), Some(true));
    }

    #[test]
    fn escapes_are_characters() {
        assert_eq!(check("a${*}b", ALL, "a*b"), Some(true));
        assert_eq!(check("a${*}b", ALL, "axb"), Some(false));
        assert_eq!(check("${$}{x}${?}", ALL, "${x}?"), Some(true));
        let plain = Syntax { wildcards: false, variables: true };
        assert_eq!(check("a*${?}", plain, "a*?"), Some(true));
    }

    #[test]
    fn without_variables_the_text_is_text() {
        let old = Syntax { wildcards: true, variables: false };
        assert_eq!(check("x/${aws:username}/*", old, "x/${aws:username}/y"), Some(true));
        assert_eq!(check("${*}", old, "${abc}"), Some(true));
    }

    #[test]
    fn malformed_variables_are_errors() {
        for text in [
            "${",
            "${}",
            "a${aws:x",
            "${plain}",
            "${aws:x,'d'}",
            "${aws:x, d}",
            "${aws:x, 'd}",
            "${${aws:x}}",
            "${aws:*}",
            "${aws:x , 'd'}",
            "${aws:a:b}",
            "${aws:x,  'd'}",
        ] {
            assert_eq!(Text::parse(text, ALL).err(), Some(MalformedVariable), "{text}");
        }
        assert!(Text::parse("$ { $x price$5 }", ALL).is_ok());
    }

    #[test]
    fn ignoring_case_is_for_ascii() {
        let context = context();
        let lookup = Lookup(&[&context]);
        let plain = Syntax { wildcards: false, variables: true };
        let text = Text::parse("x-${aws:username}-Y", plain).unwrap();
        assert_eq!(text.equals_ignore_case("X-AL*CE-y", lookup), Some(true));
        assert_eq!(text.equals_ignore_case("X-AL*CE-yy", lookup), Some(false));
        assert_eq!(text.equals_ignore_case("X-é", lookup), Some(false));
        let accent = Text::parse("é", plain).unwrap();
        assert_eq!(accent.equals_ignore_case("É", lookup), Some(false));
    }

    #[test]
    fn colons_inside_variables_do_not_split() {
        assert_eq!(
            split_parts("arn:aws:s3:::${a.b/c:d}:x", 6, true),
            ["arn", "aws", "s3", "", "", "${a.b/c:d}:x"]
        );
        assert_eq!(split_parts("arn:${aws:x}:s3", 6, true), ["arn", "${aws:x}", "s3"]);
        assert_eq!(split_parts("arn:${aws:x}:s3", 6, false), ["arn", "${aws", "x}", "s3"]);
        assert_eq!(split_parts("", 6, true), [""]);
    }

    #[test]
    fn many_pieces_do_not_overflow() {
        let pattern = "?".repeat(40) + "${aws:username}*";
        assert_eq!(check(&pattern, ALL, &("é".repeat(40) + "al*ce")), Some(true));
    }
}
