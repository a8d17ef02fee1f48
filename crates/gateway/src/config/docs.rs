//! The table of keys as text: `fakes3pp config list` and `docs/config.md`.

use std::fmt::Write as _;

use super::raw::RawConfig;
use super::shape::overlay::variable_name;
use super::shape::{Raw as _, Shape, join};

/// How wide `config list` writes.
const WIDTH: usize = 100;

/// One key, as a reader wants to see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its path: `stores[].endpoint`, with `[]` for an element and `NAME` for a name of your own.
    pub path: String,
    /// What may stand there.
    pub type_name: String,
    /// What holds without it; empty for a section, whose keys have their own.
    pub default: String,
    /// What it means.
    pub meaning: String,
}

/// Every key, sections before their keys.
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    walk(RawConfig::SHAPE, "", &mut rows);
    rows
}

fn walk(shape: &Shape, path: &str, rows: &mut Vec<Row>) {
    match shape {
        // What may also be text is shown as one value, and explained once.
        Shape::Section { or_text: Some(_), .. } | Shape::Leaf(_) | Shape::Free(_) => {}
        Shape::List(element) => walk(element, &format!("{path}[]"), rows),
        Shape::Map(name, element) => {
            walk(element, &join(path, &name.to_ascii_uppercase()), rows);
        }
        Shape::Section { keys, or_text: None } => {
            for key in *keys {
                let path = join(path, key.name);
                rows.push(Row {
                    path: path.clone(),
                    type_name: key.type_name.map_or_else(|| type_name(key.shape), str::to_owned),
                    default: (key.default)(),
                    meaning: key.meaning.trim().to_owned(),
                });
                walk(key.shape, &path, rows);
            }
        }
    }
}

fn type_name(shape: &Shape) -> String {
    match shape {
        Shape::Leaf(name) | Shape::Free(name) => (*name).to_owned(),
        Shape::Section { .. } => "section".to_owned(),
        Shape::List(element) => format!("list of {}s", type_name(element)),
        Shape::Map(name, element) => format!("{} for each {name}", type_name(element)),
    }
}

/// What `fakes3pp config list` prints.
pub fn list() -> String {
    let mut text = String::new();
    for row in rows() {
        let default = match row.default.as_str() {
            "" => String::new(),
            default => format!(", default: {default}"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} ({}{default})", row.path, row.type_name);
        for line in wrapped(&row.meaning, WIDTH - 4) {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

/// Words in lines of at most `width` characters, if no word is longer.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// What stands above the table in `docs/config.md`.
const INTRODUCTION: &str = "\
# Configuration

<!-- Made from the table in crates/gateway/src/config/raw.rs and limits.rs: `fakes3pp config list --markdown > docs/config.md`. -->

`fakes3pp serve --config fakes3pp.yaml` reads one YAML file; [`fakes3pp.sample.yaml`](../fakes3pp.sample.yaml) is one
with comments. `fakes3pp check --config fakes3pp.yaml` says everything that is wrong with it, with the key and what to do.
Unknown keys, keys that stand twice and values of another type are mistakes. Text that looks like a number needs quotes.

- **Variables.** Every key can also be set by an environment variable, which wins over the file: the path in upper case, its
  parts joined by two underscores, elements of lists by their index from 0. `FAKES3PP__LISTEN__S3` is `listen.s3`,
  `FAKES3PP__STORES__0__ENDPOINT` is `stores[0].endpoint`. A list is separated by commas or written `[a, b]`, a section is
  written `{a: b}`. Names that you choose, such as those of claims, are lower case in a variable's name. A variable that begins with `FAKES3PP__` and names no key is a mistake.
- **Secrets** stand elsewhere: `{ file: PATH }` or `{ env: VARIABLE }`. A secret in the configuration itself is refused.
  White space at the end of the file or variable is not part of the secret. Where `text or secret` is the type, the text itself may stand
  there, too.
- **Paths** that are relative start at the folder of the configuration file.
- **Durations** are a whole number with `ms`, `s`, `m`, `h` or `d`; **sizes** one with `B`, `KiB`, `MiB`, `GiB` or `TiB`.

In the table `[]` stands for each element of a list and `NAME` for a name that you choose.

| key | type | default | meaning |
|---|---|---|---|
";

/// The whole of `docs/config.md`.
pub fn markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    let cell = |text: &str| text.replace('|', "\\|");
    for row in rows() {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            row.path,
            cell(&row.type_name),
            cell(&row.default),
            cell(&row.meaning)
        );
    }
    text
}

/// The environment variable for a row, with `N` for an index.
pub fn variable(row: &Row) -> String {
    variable_name(&row.path.replace("[]", "[N]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/config.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == markdown(),
            "docs/config.md is not what the table says: \
             cargo run -p gateway -- config list --markdown > docs/config.md"
        );
    }

    #[test]
    fn every_key_says_what_it_is() {
        for row in rows() {
            assert!(!row.type_name.is_empty(), "{row:?}");
            assert!(row.meaning.ends_with('.'), "a sentence: {row:?}");
            assert!(!row.default.is_empty() || row.type_name == "section", "{row:?}");
            assert!(variable(&row).starts_with("FAKES3PP__"));
        }
    }

    #[test]
    fn the_list_has_every_key_with_its_default() {
        let list = list();
        assert!(list.contains("listen.s3 (address, default: no S3)\n"), "{list}");
        assert!(list.contains("limits.store_copy_first_byte_timeout (duration, default: 15m)\n"));
        assert!(
            list.contains(
                "providers[].claims.NAME.keep (list of patterns, default: every value)\n"
            )
        );
        assert!(list.lines().all(|line| line.chars().count() <= WIDTH + 40));
    }
}
