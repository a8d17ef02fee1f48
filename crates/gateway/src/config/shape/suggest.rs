//! What an unknown key was probably meant to be.

use super::{Key, Raw, Shape, join, quoted};
use crate::config::raw::RawConfig;

/// The message for a key that a section does not have.
pub(super) fn unknown_key(name: &str, path: &str, known: &[Key]) -> String {
    let names: Vec<_> = known.iter().map(|key| key.name).collect();
    if let Some(near) = nearest(name, &names) {
        return format!("is not a key: did you mean `{}`?", join(path, near));
    }
    let mut elsewhere = Vec::new();
    find(name, RawConfig::SHAPE, String::new(), &mut elsewhere);
    match elsewhere.as_slice() {
        [] => format!("is not a key: here the keys are {}", quoted(&names)),
        paths => {
            let paths: Vec<_> = paths.iter().map(String::as_str).collect();
            format!("is not a key here: it belongs at {}", quoted(&paths))
        }
    }
}

/// The name that differs least, if it differs little.
pub(super) fn nearest<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let (distance, best) = names.iter().map(|known| (distance(&name, known), *known)).min()?;
    let allowed = if best.len() < 4 { 1 } else { 2 };
    // Two letters that differ in a word of three say nothing.
    (distance <= allowed && distance < best.len()).then_some(best)
}

/// All paths of the table that end in `name`.
fn find(name: &str, shape: &Shape, path: String, found: &mut Vec<String>) {
    match shape {
        Shape::Section { keys, .. } => {
            for key in *keys {
                let path = join(&path, key.name);
                if key.name == name {
                    found.push(path.clone());
                }
                find(name, key.shape, path, found);
            }
        }
        Shape::List(element) => find(name, element, format!("{path}[]"), found),
        Shape::Map(_, element) => find(name, element, format!("{path}.NAME"), found),
        Shape::Leaf(_) | Shape::Free(_) => {}
    }
}

/// Levenshtein's distance: letters to insert, remove or replace.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.chars().enumerate() {
        let mut next = vec![line + 1];
        let mut before = line + 1;
        for ((other, diagonal), above) in right.iter().zip(&row).zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(letter != *other);
            before = replaced.min(above + 1).min(before + 1);
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
