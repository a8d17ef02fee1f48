//! Small text helpers: quoting input for messages, and the `*`/`?` patterns of claim lists.

/// Longest piece of somebody's input that a message repeats, in characters. A message may end in a
/// log line or an answer; a 20 kB token or policy has no business in either.
const QUOTED_CHARS: usize = 128;

/// Input in backticks, escaped and cut, for error messages.
pub(crate) fn quote(input: &str) -> String {
    let mut quoted = String::from("`");
    quoted.push_str(&clip(input));
    quoted.push('`');
    quoted
}

/// Input escaped and cut, without quotes.
pub(crate) fn clip(input: &str) -> String {
    let mut characters = input.chars();
    let mut text = String::new();
    for character in characters.by_ref().take(QUOTED_CHARS) {
        if character.is_control() {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    if characters.next().is_some() {
        text.push_str("...");
    }
    text
}

/// Whether `text` matches `pattern`, where `*` is any run of characters and `?` exactly one.
///
/// Linear in the text for each `*` (only the last `*` is ever gone back to), so that no pattern
/// can be made to take exponential time.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let mut pattern_rest = pattern.chars();
    let mut text_rest = text.chars();
    let mut back = None;
    loop {
        let mut pattern_next = pattern_rest.clone();
        let mut text_next = text_rest.clone();
        match (pattern_next.next(), text_next.next()) {
            (Some('*'), _) => {
                pattern_rest = pattern_next.clone();
                back = Some((pattern_next, text_rest.clone()));
                continue;
            }
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                pattern_rest = pattern_next;
                text_rest = text_next;
                continue;
            }
            (None, None) => return true,
            (Some(_) | None, _) => {}
        }
        let Some((after_star, from)) = back.as_mut() else { return false };
        if from.next().is_none() {
            return false;
        }
        pattern_rest = after_star.clone();
        text_rest = from.clone();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, as slow as it is obvious.
    fn glob_reference(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|cut| glob_reference(rest, &text[cut..])),
            Some((wanted, rest)) => text.split_first().is_some_and(|(found, text_rest)| {
                (*wanted == '?' || wanted == found) && glob_reference(rest, text_rest)
            }),
        }
    }

    proptest! {
        #[test]
        fn glob_agrees_with_its_definition(pattern in "[ab*?é]{0,8}", text in "[abé]{0,10}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(glob(&pattern, &text), glob_reference(&p, &t));
        }
    }

    #[test]
    fn glob_is_anchored_and_cannot_be_made_slow() {
        assert!(glob("s3-*", "s3-readers"));
        assert!(!glob("s3-*", "xs3-readers"));
        assert!(!glob("s3", "s3-readers"));
        assert!(glob("*", ""));
        assert!(!glob(&"*a".repeat(40), &"b".repeat(10_000)));
        assert!(!glob(&format!("{}b", "a*".repeat(20)), &"a".repeat(10_000)));
    }

    #[test]
    fn quoting_cuts_and_escapes() {
        assert_eq!(quote("a\nb"), "`a\\nb`");
        assert_eq!(clip(&"x".repeat(1000)).len(), QUOTED_CHARS + 3);
    }
}
