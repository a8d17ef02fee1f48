//! Whether one statement covers another: then the other has no effect.

use super::actions::glob;

/// Whether everything that `narrow` matches is matched by one of `wide`. A wildcard of `narrow` is
/// covered by a `*` only; variables are plain text, the same in both or not. May say no where a
/// cleverer comparison would say yes, never the other way round.
pub(super) fn covers(wide: &[String], narrow: &[String], fold: bool) -> bool {
    let clean = |text: &str| if fold { text.to_ascii_lowercase() } else { text.to_owned() };
    narrow.iter().all(|narrow| {
        wide.iter().any(|wide| {
            let (wide, narrow) = (clean(wide), clean(narrow));
            // A `?` would match the letter `*`, but not what it stands for.
            let literal = narrow.contains(['*', '?']) && wide.contains('?');
            wide == narrow || (!literal && glob(&wide, &narrow))
        })
    })
}
