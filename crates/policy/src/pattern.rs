//! Wildcards.
//!
//! `*` stands for any run of characters, newline and every Unicode character included, and `?` for
//! exactly one character (a code point, not a byte). Nothing else is special, and nothing in the
//! text that is matched is.
//!
//! The matcher never backtracks over a `*`: the piece before the first is anchored at the start, the
//! piece after the last at the end, and those between are taken where they fit first. Without `?`
//! between stars the time is linear in the text; with it, it is the length of the text times a
//! 64th of the length of the piece. Who may bring a policy may bring a bad one.

use std::collections::BTreeMap;

/// A piece of a pattern, ready to be matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// This text.
    Literal(&'a str),
    /// `?`
    One,
    /// `*`
    Many,
}

/// Whether the pattern stands for the whole of the text.
pub(crate) fn matches(pattern: &[Token<'_>], text: &str) -> bool {
    let is_many = |token: &Token<'_>| *token == Token::Many;
    let Some(first) = pattern.iter().position(is_many) else {
        return prefix(pattern, text) == Some("");
    };
    let last = pattern.iter().rposition(is_many).unwrap_or(first);
    let (Some(start), Some(end)) = (pattern.get(..first), pattern.get(last + 1..)) else {
        return false;
    };
    let Some(rest) = prefix(start, text).and_then(|rest| suffix(end, rest)) else {
        return false;
    };
    let middle = pattern.get(first..last).unwrap_or_default();
    let mut rest = rest;
    for piece in middle.split(is_many) {
        match find(piece, rest) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// What is left of the text after the piece, which has no `*`.
fn prefix<'t>(piece: &[Token<'_>], text: &'t str) -> Option<&'t str> {
    piece.iter().try_fold(text, |rest, token| match token {
        Token::Literal(literal) => rest.strip_prefix(literal),
        Token::One => {
            let mut chars = rest.chars();
            chars.next().map(|_| chars.as_str())
        }
        Token::Many => None,
    })
}

/// What is left of the text before the piece, which has no `*`.
fn suffix<'t>(piece: &[Token<'_>], text: &'t str) -> Option<&'t str> {
    piece.iter().rev().try_fold(text, |rest, token| match token {
        Token::Literal(literal) => rest.strip_suffix(literal),
        Token::One => {
            let mut chars = rest.chars();
            chars.next_back().map(|_| chars.as_str())
        }
        Token::Many => None,
    })
}

/// Where trying every place takes at most this many steps, it is not worth preparing for more.
const FEW_STEPS: usize = 16 * 1024;

/// What is left of the text after the first place where the piece fits.
fn find<'t>(piece: &[Token<'_>], text: &'t str) -> Option<&'t str> {
    if let [Token::Literal(literal)] = piece {
        return text.find(literal).and_then(|at| text.get(at + literal.len()..));
    }
    if width(piece).saturating_mul(text.len()) > FEW_STEPS {
        return find_in_parallel(piece, text);
    }
    let mut rest = text;
    loop {
        if let Some(after) = prefix(piece, rest) {
            return Some(after);
        }
        let mut chars = rest.chars();
        chars.next()?;
        rest = chars.as_str();
    }
}

/// The number of characters that a piece stands for.
fn width(piece: &[Token<'_>]) -> usize {
    let width = |token: &Token<'_>| match token {
        Token::Literal(literal) => literal.chars().count(),
        Token::One => 1,
        Token::Many => 0,
    };
    piece.iter().map(width).sum()
}

/// As [`find`], for 64 places at a time: bit `i` of the state says whether the first `i + 1`
/// characters of the piece fit just before here (Baeza-Yates and Gonnet, *A new approach to text
/// searching*, 1992).
fn find_in_parallel<'t>(piece: &[Token<'_>], text: &'t str) -> Option<&'t str> {
    let width = width(piece);
    let Some(last) = width.checked_sub(1) else {
        return Some(text);
    };
    let atoms = piece.iter().flat_map(|token| {
        let (literal, one) = match token {
            Token::Literal(literal) => (*literal, None),
            Token::One => ("", Some(None)),
            Token::Many => ("", None),
        };
        literal.chars().map(Some).chain(one)
    });
    let words = width.div_ceil(64);
    let mut any = vec![0_u64; words];
    let mut masks = BTreeMap::<char, Vec<u64>>::new();
    for (place, atom) in atoms.enumerate() {
        let mask = match atom {
            Some(character) => masks.entry(character).or_insert_with(|| vec![0; words]),
            None => &mut any,
        };
        if let Some(word) = mask.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }
    let none = vec![0; words];
    let mut state = vec![0_u64; words];
    for (at, character) in text.char_indices() {
        let mask = masks.get(&character).unwrap_or(&none);
        let mut carry = 1;
        for ((word, any), mask) in state.iter_mut().zip(&any).zip(mask) {
            let moved = (*word << 1) | carry;
            carry = *word >> 63;
            *word = moved & (any | mask);
        }
        if state.last().is_some_and(|word| word >> (last % 64) & 1 == 1) {
            return text.get(at + character.len_utf8()..);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Token, find, find_in_parallel, matches};

    fn tokens(pattern: &str) -> Vec<Token<'_>> {
        let mut tokens = Vec::new();
        for (at, character) in pattern.char_indices() {
            tokens.push(match character {
                '*' => Token::Many,
                '?' => Token::One,
                _ => Token::Literal(&pattern[at..at + character.len_utf8()]),
            });
        }
        tokens
    }

    /// The definition, word for word.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|skip| naive(rest, &text[skip..])),
            Some(('?', rest)) => !text.is_empty() && naive(rest, &text[1..]),
            Some((literal, rest)) => text.first() == Some(literal) && naive(rest, &text[1..]),
        }
    }

    fn check(pattern: &str, text: &str) -> bool {
        let fast = matches(&tokens(pattern), text);
        let chars: (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
        assert_eq!(fast, naive(&chars.0, &chars.1), "{pattern:?} {text:?}");
        fast
    }

    #[test]
    fn stars_stand_for_anything_and_nothing() {
        assert!(
            check("*", "") && check("*", "a\r\nb") && check("a*c", "a/b/c") && check("**", "x")
        );
        assert!(!check("a*b*a", "aba x") && check("a*b*a", "abxa") && !check("ab*ba", "aba"));
        assert!(!check("", "x") && check("", ""));
    }

    #[test]
    fn question_marks_stand_for_one_character() {
        for text in ["x", "é", "日", "😀", "\n", "\u{2028}"] {
            assert!(check("a?b", &format!("a{text}b")));
            assert!(!check("a??b", &format!("a{text}b")));
        }
        assert!(!check("a?b", "ab") && check("*?a?*", "xay") && !check("*?a?*", "ay"));
    }

    #[test]
    fn overlapping_pieces_are_found() {
        assert!(check("*aab?*", "aaabx") && check("*a?a*", "aba") && check("*??a*", "xxa"));
    }

    #[test]
    fn every_short_pattern_agrees_with_the_definition() {
        let alphabet = ['a', 'é', '*', '?'];
        let mut patterns = vec![String::new()];
        for _ in 0..5 {
            let longer: Vec<String> = patterns
                .iter()
                .flat_map(|pattern| alphabet.iter().map(move |c| format!("{pattern}{c}")))
                .collect();
            patterns.extend(longer);
            patterns.sort();
            patterns.dedup();
        }
        for text in ["", "a", "é", "aé", "éa", "aaé", "aéaé", "ééa", "aaaa"] {
            for pattern in &patterns {
                check(pattern, text);
            }
        }
    }

    #[test]
    fn a20_no_blow_up() {
        let pattern = "a*".repeat(500) + "b";
        assert!(!matches(&tokens(&pattern), &"a".repeat(10_000)));
        let pattern = "*a?".repeat(300) + "*b*c";
        assert!(!matches(&tokens(&pattern), &"a".repeat(10_000)));
        let pattern = format!("*{}b*", "a?".repeat(1000));
        assert!(!matches(&tokens(&pattern), &"a".repeat(60_000)));
    }

    #[test]
    fn long_pieces_are_found_where_short_ones_are() {
        let texts = ["", "aaé", "éaéaé", "aéaaéaaaéaaaaéé", "ééaaéaéaéaéaéaéaéa"];
        for pattern in ["?", "a?", "?a", "é?a", "a?é?a", "a??", "?aaé", "??", "é?é?é?é"] {
            for text in texts {
                let piece = tokens(pattern);
                assert_eq!(find_in_parallel(&piece, text), find(&piece, text), "{pattern} {text}");
            }
        }
        for width in [63, 64, 65, 127, 128, 129, 200] {
            let pattern = "a?".repeat(width / 2) + &"b".repeat(width % 2 + 1);
            let text = "a".repeat(500);
            let whole = format!("{text}éb{text}");
            assert_eq!(find_in_parallel(&tokens(&pattern), &text), None);
            let slow = whole
                .char_indices()
                .find_map(|(at, _)| super::prefix(&tokens(&pattern), &whole[at..]).map(str::len));
            let fast = find_in_parallel(&tokens(&pattern), &whole).map(str::len);
            assert_eq!(fast, slow, "{width}");
        }
        assert_eq!(find_in_parallel(&[Token::Literal("")], "x"), Some("x"));
    }
}
