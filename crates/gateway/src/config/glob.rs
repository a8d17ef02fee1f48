//! Patterns of names: `*` is any run of characters, `?` is one, everything else itself.

use std::fmt;

/// One pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    text: String,
    symbols: Vec<Symbol>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Symbol {
    Run,
    One,
    Just(char),
}

impl Glob {
    /// Any text is a pattern.
    pub fn new(text: &str) -> Self {
        let symbols = text.chars().map(|letter| match letter {
            '*' => Symbol::Run,
            '?' => Symbol::One,
            letter => Symbol::Just(letter),
        });
        Self { symbols: symbols.collect(), text: text.to_owned() }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its length in characters, by which the more exact of two patterns is told.
    pub fn length(&self) -> usize {
        self.symbols.len()
    }

    /// Whether it means one text only.
    pub fn is_literal(&self) -> bool {
        self.symbols.iter().all(|symbol| matches!(symbol, Symbol::Just(_)))
    }

    /// Whether the whole text has this form. Takes no memory; the time is bounded by the product
    /// of both lengths.
    pub fn matches(&self, text: &str) -> bool {
        let mut pattern = self.symbols.as_slice();
        let mut rest = text.chars();
        // Where to go on if the run that was met last has to be one character longer.
        let mut longer: Option<(&[Symbol], std::str::Chars<'_>)> = None;
        loop {
            match pattern.split_first() {
                Some((Symbol::Run, after)) => {
                    longer = Some((after, rest.clone()));
                    pattern = after;
                    continue;
                }
                Some((Symbol::One, after)) if rest.next().is_some() => {
                    pattern = after;
                    continue;
                }
                Some((Symbol::Just(letter), after)) if rest.next() == Some(*letter) => {
                    pattern = after;
                    continue;
                }
                None if rest.as_str().is_empty() => return true,
                Some((Symbol::One | Symbol::Just(_), _)) | None => {}
            }
            let Some((after, from)) = &mut longer else {
                return false;
            };
            if from.next().is_none() {
                return false;
            }
            pattern = after;
            rest = from.clone();
        }
    }

    /// Whether some text has both forms.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        compare(&self.symbols, &other.symbols, true, |left, right| {
            left == right || left == Symbol::One || right == Symbol::One
        })
    }

    /// Whether every text of the form `other` has this form too. May be false for a pair of
    /// patterns that needs more than a comparison symbol by symbol; never true wrongly.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        compare(&self.symbols, &other.symbols, false, |left, right| {
            left == right || (left == Symbol::One && matches!(right, Symbol::Just(_)))
        })
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether the two can be walked to their ends together. A run on the left takes any symbols of
/// the right; one on the right takes any of the left only if `both`.
fn compare(
    left: &[Symbol],
    right: &[Symbol],
    both: bool,
    meet: impl Fn(Symbol, Symbol) -> bool,
) -> bool {
    // `row[j]`: whether the rest of `left` and the rest of `right` from `j` end together.
    let mut row = vec![false; right.len() + 1];
    let symbols = left.iter().rev().copied().map(Some);
    for symbol in std::iter::once(None).chain(symbols) {
        let below = row.clone();
        let mut next_here = false;
        let positions = row.iter_mut().zip(&below).enumerate().rev();
        let mut next_below = false;
        for (position, (here, below)) in positions {
            let other = right.get(position).copied();
            *here = match (symbol, other) {
                (None, None) => true,
                (Some(Symbol::Run), None) => *below,
                (Some(Symbol::Run), Some(_)) => *below || next_here,
                (Some(_), Some(Symbol::Run)) if both => next_here || *below,
                (None, Some(Symbol::Run)) if both => next_here,
                (Some(left), Some(right)) if right != Symbol::Run => {
                    meet(left, right) && next_below
                }
                (Some(_) | None, Some(_)) | (Some(_), None) => false,
            };
            next_here = *here;
            next_below = *below;
        }
    }
    row.first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_whole_text() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("a", "a", true),
            ("a", "ab", false),
            ("a", "ba", false),
            ("*", "", true),
            ("*", "anything", true),
            ("?", "", false),
            ("?", "ä", true),
            ("proj-*", "proj-", true),
            ("proj-*", "proj-a", true),
            ("proj-*", "my-proj-a", false),
            ("*-logs", "a-logs", true),
            ("*-logs", "a-logs-old", false),
            ("a*b*c", "abbcbc", true),
            ("a*b*c", "abbcb", false),
            ("a?c*", "abc", true),
            ("*?", "", false),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    /// All texts of up to four letters of a two-letter alphabet decide what is true.
    #[test]
    fn comparisons_agree_with_trying_all_short_texts() {
        let texts = words(&['a', 'b'], 6);
        let patterns = words(&['a', 'b', '*', '?'], 3);
        for left in patterns.iter().map(|text| Glob::new(text)) {
            for right in patterns.iter().map(|text| Glob::new(text)) {
                let both = texts.iter().any(|text| left.matches(text) && right.matches(text));
                assert_eq!(left.overlaps(&right), both, "{left} overlaps {right}");
                if left.covers(&right) {
                    let all = texts.iter().all(|text| !right.matches(text) || left.matches(text));
                    assert!(all, "{left} covers {right}");
                }
            }
        }
    }

    #[test]
    fn a_wider_pattern_covers_a_narrower_one() {
        for (wide, narrow) in
            [("*", "a*"), ("a*", "ab*"), ("a*", "a?"), ("a?", "ab"), ("a*c", "abc"), ("a", "a")]
        {
            assert!(Glob::new(wide).covers(&Glob::new(narrow)), "{wide} covers {narrow}");
        }
        assert!(!Glob::new("a?").covers(&Glob::new("a*")));
    }

    fn words(letters: &[char], longest: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..longest {
            last = last
                .iter()
                .flat_map(|word| letters.iter().map(move |letter| format!("{word}{letter}")))
                .collect();
            all.extend(last.iter().cloned());
        }
        all
    }
}
