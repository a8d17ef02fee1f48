//! THREAT_MODEL.md has every attack, and each has the tests that it points to.

use std::path::Path;

use super::markdown::{quoted, table};
use super::{document, root};

/// The numbers that there are. Gaps are room for more of a kind.
fn numbers() -> Vec<String> {
    let ranges = [1..=16, 20..=25, 30..=32, 40..=42, 50..=63];
    ranges.into_iter().flatten().map(|number| format!("A{number:02}")).collect()
}

/// Whether a file, or one in a folder, has a test of this number.
fn has_test(path: &Path, number: &str) -> bool {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).unwrap();
        return entries.map(|entry| entry.unwrap().path()).any(|path| has_test(&path, number));
    }
    // A test may carry several numbers: `a04_a05_a06_...`.
    let text = std::fs::read_to_string(path).unwrap();
    let names = text.split("fn ").filter(|name| name.starts_with('a'));
    names.map(|name| name.split('(').next().unwrap_or_default()).any(|name| {
        name.split('_').take_while(|part| part.starts_with('a')).any(|part| part == number)
    })
}

#[test]
fn every_attack_has_a_row_and_the_tests_that_it_names() {
    let rows = table(&document("THREAT_MODEL.md"), "## Attacks that must fail");
    let found: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(found, numbers());
    let mut missing = Vec::new();
    for row in &rows {
        let [number, attack, defence, tested] = row.as_slice() else {
            panic!("{row:?} has not four cells");
        };
        assert!(attack.len() > 10 && defence.len() > 10, "{row:?}");
        let places = quoted(tested);
        let later = row.iter().any(|cell| cell.contains("not yet"));
        assert!(later || !places.is_empty(), "{number}: neither tested nor said to be for later");
        let untested = |place: &&str| !has_test(&root().join(place), &number.to_lowercase());
        missing
            .extend(places.into_iter().filter(untested).map(|place| format!("{number}: {place}")));
    }
    assert!(missing.is_empty(), "there is no test of this number in: {missing:#?}");
}
