//! Text with wildcards and variables, compiled.
//!
//! `${key}` stands for the one value of a condition key, `${key, 'default'}` for the default where
//! the key has none, and `${*}`, `${?}`, `${$}` for the characters themselves. What a variable
//! stands for is literal text: it is never searched for wildcards or variables, and neither is a
//! default. The text is split and compiled before anything is known about a request.

use crate::condition::Key;
use crate::context::{Lookup, Value};
use crate::matched::Match;
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

    /// Whether it stands for the whole of `text`.
    pub(crate) fn matches(&self, text: &str, lookup: Lookup<'_>) -> Match {
        match self {
            Self::Exact(literal) => (**literal == *text).into(),
            Self::Prefix(literal) => text.starts_with(&**literal).into(),
            Self::Pieces { pieces, .. } => {
                with_tokens(pieces, lookup, |tokens| matches(tokens, text))
            }
        }
    }

    /// Whether it stands for the texts that begin with `start`: unclear if only for some of them.
    pub(crate) fn below(&self, start: &str, lookup: Lookup<'_>) -> Match {
        let lead = self.lead();
        let open = match self {
            Self::Exact(literal) if literal.starts_with(start) => return Match::Unclear,
            Self::Exact(_) => return Match::No,
            Self::Prefix(_) => true,
            Self::Pieces { pieces, .. } => matches!(pieces.last(), Some(Piece::Many)),
        };
        match self.matches(start, lookup) {
            Match::WithoutValue => Match::WithoutValue,
            // Its last star takes whatever follows.
            Match::Yes if open => Match::Yes,
            _ if !lead.starts_with(start) && !start.starts_with(lead) => Match::No,
            Match::Yes | Match::No | Match::Unclear => Match::Unclear,
        }
    }

    /// What every text that it stands for begins with.
    pub(crate) fn lead(&self) -> &str {
        match self {
            Self::Exact(literal) | Self::Prefix(literal) => literal,
            Self::Pieces { pieces, .. } => match pieces.first() {
                Some(Piece::Literal(literal)) => literal,
                _ => "",
            },
        }
    }

    /// Whether it, having no wildcards, equals `text` but for ASCII case.
    pub(crate) fn equals_ignore_case(&self, text: &str, lookup: Lookup<'_>) -> Match {
        match self {
            Self::Exact(literal) => literal.eq_ignore_ascii_case(text).into(),
            Self::Prefix(_) => Match::No,
            Self::Pieces { pieces, .. } => with_tokens(pieces, lookup, |tokens| {
                let lower: Vec<Option<String>> = tokens
                    .iter()
                    .map(|token| match token {
                        Token::Literal(literal) => Some(literal.to_ascii_lowercase()),
                        Token::One | Token::Many => None,
                    })
                    .collect();
                let tokens: Vec<Token<'_>> = std::iter::zip(&lower, tokens)
                    .map(|(lower, token)| lower.as_deref().map_or(*token, Token::Literal))
                    .collect();
                matches(&tokens, &text.to_ascii_lowercase())
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

    /// The key of the first variable in it that has not one value and no default.
    pub(crate) fn without_value(&self, lookup: Lookup<'_>) -> Option<&Key> {
        let Self::Pieces { pieces, variables: true } = self else { return None };
        pieces.iter().find_map(|piece| match piece {
            Piece::Variable { key, .. } => match token(piece, lookup) {
                Known::Token(_) => None,
                Known::Nothing | Known::NotOne => Some(key),
            },
            Piece::Literal(_) | Piece::One | Piece::Many => None,
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

/// Pieces on the stack: more than any sensible pattern has, so that matching does not allocate.
const STACK_TOKENS: usize = 16;

/// Asks whether the pieces match. What is not known of a variable may be anything: where the rest
/// does not match, no value of it would.
fn with_tokens(
    pieces: &[Piece],
    lookup: Lookup<'_>,
    matches: impl FnOnce(&[Token<'_>]) -> bool,
) -> Match {
    let mut stack = [Token::Many; STACK_TOKENS];
    let mut heap = Vec::new();
    let slots = if let Some(slots) = stack.get_mut(..pieces.len()) {
        slots
    } else {
        heap.resize(pieces.len(), Token::Many);
        heap.as_mut_slice()
    };
    let mut clear = true;
    for (slot, piece) in slots.iter_mut().zip(pieces) {
        match token(piece, lookup) {
            Known::Token(token) => *slot = token,
            Known::Nothing => return Match::WithoutValue,
            Known::NotOne => clear = false,
        }
    }
    match matches(slots) {
        true if clear => Match::Yes,
        true => Match::Unclear,
        false => Match::No,
    }
}

/// What is known of a piece.
enum Known<'a> {
    Token(Token<'a>),
    /// A variable without value or default.
    Nothing,
    /// A variable with several values, or one that nobody knows.
    NotOne,
}

fn token<'a>(piece: &'a Piece, lookup: Lookup<'a>) -> Known<'a> {
    let literal = match piece {
        Piece::Literal(literal) => literal,
        Piece::One => return Known::Token(Token::One),
        Piece::Many => return Known::Token(Token::Many),
        Piece::Variable { key, default } => match (lookup.get(key.hash, &key.name), default) {
            (Some(Value::One(value)), _) => value.as_str(),
            // Only keys with one value can be put into text.
            (Some(Value::Many(_) | Value::Unknown), _) => return Known::NotOne,
            (None, Some(default)) => default,
            (None, None) => return Known::Nothing,
        },
    };
    Known::Token(Token::Literal(literal))
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
    use crate::matched::Match;

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

    fn check(pattern: &str, syntax: Syntax, text: &str) -> Match {
        let context = context();
        Text::parse(pattern, syntax).unwrap().matches(text, Lookup(&[&context]))
    }

    #[test]
    fn a22_values_are_literal() {
        assert_eq!(check("home/${aws:UserName}/*", ALL, "home/al*ce/x"), Match::Yes);
        assert_eq!(check("home/${aws:username}/*", ALL, "home/alice/x"), Match::No);
        assert_eq!(check("${claims:sub}", ALL, "${aws:username}"), Match::Yes);
        assert_eq!(check("${claims:sub}", ALL, "al*ce"), Match::No);
        assert_eq!(check("${aws:none, '*'}", ALL, "x"), Match::No);
        assert_eq!(check("${aws:none, '*'}", ALL, "*"), Match::Yes);
    }

    #[test]
    fn keys_may_have_ports_and_paths() {
        assert_eq!(check("${host:8443/realms/x:sub}/?", ALL, "bob/1"), Match::Yes);
        assert_eq!(check("${claims:sub}x", ALL, "${aws:username}x"), Match::Yes);
    }

    #[test]
    fn keys_without_one_value_have_no_text() {
        assert_eq!(check("x${aws:none}", ALL, "x"), Match::WithoutValue);
        assert_eq!(check("x${aws:none}", ALL, "y"), Match::WithoutValue);
        assert_eq!(check("x${aws:TagKeys}${aws:none}", ALL, "x"), Match::WithoutValue);
        for key in ["aws:TagKeys", "aws:TagKeys, 'd'", "aws:SourceIp", "aws:SourceIp, 'd'"] {
            let check = |end, text| check(&format!("x${{{key}}}{end}"), ALL, text);
            for text in ["x", "xone", "xd"] {
                assert_eq!(check("", text), Match::Unclear, "{key} {text}");
            }
            assert_eq!(check("", "one"), Match::No, "{key}");
            assert_eq!(check("/*", "xone/y"), Match::Unclear, "{key}");
            assert_eq!(check("/*", "xone"), Match::No, "{key}");
        }
        assert_eq!(check("x${aws:none, 'd'}", ALL, "xd"), Match::Yes);
        assert_eq!(check("x${aws:Empty}y", ALL, "xy"), Match::Yes);
    }

    #[test]
    fn escapes_are_characters() {
        assert_eq!(check("a${*}b", ALL, "a*b"), Match::Yes);
        assert_eq!(check("a${*}b", ALL, "axb"), Match::No);
        assert_eq!(check("${$}{x}${?}", ALL, "${x}?"), Match::Yes);
        let plain = Syntax { wildcards: false, variables: true };
        assert_eq!(check("a*${?}", plain, "a*?"), Match::Yes);
    }

    #[test]
    fn without_variables_the_text_is_text() {
        let old = Syntax { wildcards: true, variables: false };
        assert_eq!(check("x/${aws:username}/*", old, "x/${aws:username}/y"), Match::Yes);
        assert_eq!(check("${*}", old, "${abc}"), Match::Yes);
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
        assert_eq!(text.equals_ignore_case("X-AL*CE-y", lookup), Match::Yes);
        assert_eq!(text.equals_ignore_case("X-AL*CE-yy", lookup), Match::No);
        assert_eq!(text.equals_ignore_case("X-é", lookup), Match::No);
        let text = Text::parse("x-${aws:TagKeys}-Y", plain).unwrap();
        assert_eq!(text.equals_ignore_case("X-one-y", lookup), Match::Unclear);
        assert_eq!(text.equals_ignore_case("X-one-z", lookup), Match::No);
        let accent = Text::parse("é", plain).unwrap();
        assert_eq!(accent.equals_ignore_case("É", lookup), Match::No);
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
        assert_eq!(check(&pattern, ALL, &("é".repeat(40) + "al*ce")), Match::Yes);
    }
}
