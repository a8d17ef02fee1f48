//! What the documents point to is there.

use std::path::Path;

use super::markdown::{anchor, prose, quoted};
use super::{document, root};

const DOCUMENTS: [&str; 14] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "SEMANTICS.md",
    "THREAT_MODEL.md",
    "docs/config.md",
    "docs/decisions/0001-crates-we-build-on.md",
    "docs/decisions/0002-http1-with-an-own-pool.md",
    "docs/decisions/0003-session-tokens.md",
    "docs/errors.md",
    "docs/guide.md",
    "docs/logs.md",
    "docs/metrics.md",
];

/// The targets of links: `[text](target)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

fn has_anchor(document: &str, wanted: &str) -> bool {
    let headings = document.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).any(|anchor| anchor == wanted)
}

#[test]
fn links_lead_somewhere() {
    for file in DOCUMENTS {
        let text = document(file);
        for link in links(&prose(&text)).filter(|link| !link.starts_with("https://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => file.to_owned(),
                path => Path::new(file).with_file_name(path).display().to_string(),
            };
            assert!(root().join(&target).exists(), "{file}: {link}");
            if !anchor.is_empty() {
                assert!(has_anchor(&document(&target), anchor), "{file}: {link}");
            }
        }
    }
}

/// Files of ours that are named in backticks, as `crates/...` or `docs/...`.
#[test]
fn files_that_are_named_exist() {
    let mut named = 0;
    for file in DOCUMENTS {
        let text = document(file);
        for path in quoted(&prose(&text)) {
            let ours = ["crates/", "docs/", "vectors/", "e2e/", "sample/"];
            let is_path = ours.iter().any(|start| path.starts_with(start))
                && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b));
            if is_path {
                assert!(root().join(path).exists(), "{file}: `{path}`");
                named += 1;
            }
        }
    }
    assert!(named > 20, "only {named} files are named");
}
