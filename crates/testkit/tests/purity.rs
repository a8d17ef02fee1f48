//! The crates that decide have no effects: each depends on what this table says, for the reason
//! that it gives, and its source names nothing that reads a clock, opens a file or a socket, asks
//! the environment, or keeps state that outlives a call.
#![expect(clippy::panic, reason = "test code: a panic is how it reports")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A crate, and what it may depend on with the reason for it.
struct Pure {
    name: &'static str,
    dependencies: &'static [(&'static str, &'static str)],
}

const PURE: [Pure; 4] = [
    Pure {
        name: "sigv4",
        dependencies: &[
            ("aws-lc-rs", "SHA-256, HMAC and comparison in constant time"),
            ("base64", "signatures of HMACv1"),
            ("bytes", "payloads that pass through the chunk decoder without a copy"),
            ("http", "methods and headers, as types"),
            ("percent-encoding", "canonical paths and queries"),
            ("thiserror", "error enums"),
            ("time", "calendar arithmetic; the instant itself is an argument"),
            ("zeroize", "secrets are wiped"),
        ],
    },
    Pure {
        name: "policy",
        dependencies: &[
            ("base64", "values of BinaryEquals"),
            ("ipnet", "networks of IpAddress"),
            ("serde", "reads documents member by member, so that a second one is seen"),
            ("serde_json", "policies are JSON"),
            ("thiserror", "error enums"),
        ],
    },
    Pure {
        name: "s3",
        dependencies: &[
            ("policy", "contexts of condition keys"),
            ("aws-lc-rs", "SHA checksums"),
            ("base64", "values of checksums, policies of forms, continuation tokens"),
            ("bytes", "the file of a form, without copying it"),
            ("crc-fast", "CRC checksums"),
            ("http", "methods, headers and status codes, as types"),
            ("httparse", "heads of the parts of a form"),
            ("md-5", "Content-MD5"),
            ("memchr", "the boundary of a form"),
            ("percent-encoding", "keys and queries"),
            ("quick-xml", "documents"),
            ("serde", "policies of forms"),
            ("serde_json", "policies of forms"),
            ("thiserror", "error enums"),
            ("twox-hash", "XXH checksums"),
        ],
    },
    Pure {
        name: "sts",
        dependencies: &[
            ("policy", "trust policies, principals and contexts"),
            ("sigv4", "keys, tokens and timestamps"),
            ("aws-lc-rs", "signatures of ID tokens, HKDF and AES-GCM of session tokens"),
            ("base64", "tokens and keys"),
            ("postcard", "the inside of a session token"),
            ("quick-xml", "escapes the text of answers"),
            ("serde", "the inside of a session token, and JSON"),
            ("serde_json", "tokens, key sets and roles are JSON"),
            ("thiserror", "error enums"),
            ("zeroize", "secrets are wiped"),
        ],
    },
];

/// What pure source does not name, and what it would be an effect of.
const FORBIDDEN: [(&str, &str); 21] = [
    ("std::fs", "files"),
    ("std::io", "files and streams"),
    ("std::env::", "the environment"),
    ("std::process", "processes"),
    ("std::os", "the operating system"),
    ("std::thread", "threads"),
    ("thread_local", "state"),
    ("SystemTime", "the clock"),
    ("Instant::now", "the clock"),
    ("now_utc", "the clock"),
    ("now_local", "the clock"),
    ("SystemRandom", "randomness"),
    ("tokio", "tasks"),
    ("async ", "tasks"),
    ("Mutex", "locks"),
    ("RwLock", "locks"),
    ("Atomic", "shared state"),
    ("OnceLock", "shared state"),
    ("LazyLock", "shared state"),
    ("static mut", "shared state"),
    ("println!", "the terminal"),
];

/// All that pure source uses of `std::net`: addresses are values, sockets are not.
const ADDRESSES: [&str; 4] = [
    "std::net::IpAddr",
    "std::net::Ipv4Addr",
    "std::net::Ipv6Addr",
    "std::net::{IpAddr, Ipv6Addr}",
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// The keys of each table of a manifest. As much TOML as our manifests have: a table a line, a key
/// a line.
fn tables(manifest: &str) -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            current = table.trim_end_matches(']').trim_start_matches('[').to_owned();
            tables.entry(current.clone()).or_default();
        } else if let Some((key, _)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            let name = key.trim().split('.').next().unwrap_or_default();
            tables.entry(current.clone()).or_default().push(name.to_owned());
        }
    }
    tables
}

#[test]
fn dependencies_are_those_of_the_table() {
    for Pure { name, dependencies } in PURE {
        let manifest = fs::read_to_string(folder(name).join("Cargo.toml")).unwrap();
        let tables = tables(&manifest);
        // No `build-dependencies`, no `target.'cfg(...)'.dependencies`, no features that add some.
        for table in tables.keys() {
            let known = ["package", "lints", "dependencies", "dev-dependencies", "bench"];
            assert!(known.contains(&table.as_str()), "{name}: [{table}]");
        }
        assert!(!tables["package"].contains(&"build".to_owned()), "{name}: a build script");
        assert!(!folder(name).join("build.rs").exists(), "{name}: a build script");
        let mut found = tables["dependencies"].clone();
        let mut expected: Vec<_> = dependencies.iter().map(|(crate_, _)| *crate_).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{name}: a new dependency needs its reason in the table");
        assert!(dependencies.iter().all(|(_, reason)| !reason.is_empty()));
    }
}

/// The files of a crate that are not tests, by following `mod`.
fn sources(name: &str) -> Vec<(PathBuf, String)> {
    let mut sources = Vec::new();
    let src = folder(name).join("src");
    visit(&src.join("lib.rs"), &src, &mut sources);
    sources
}

fn visit(file: &Path, children: &Path, sources: &mut Vec<(PathBuf, String)>) {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line == "#[cfg(test)]" {
            let item = lines.next().unwrap_or_default();
            if item.ends_with('{') {
                // The tests of a file are its end: nothing that ships comes after them.
                assert!(lines.by_ref().any(|line| line == "}"), "{file:?}: {item}");
                assert!(lines.all(str::is_empty), "{file:?}: something comes after `{item}`");
                break;
            }
            continue;
        }
        let declared = line.trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        if let Some(module) = declared.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'))
        {
            let next = children.join(format!("{module}.rs"));
            visit(&next, &children.join(module), sources);
        }
        if !line.starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    sources.push((file.to_owned(), kept));
}

/// What of `text` has an effect.
fn effects(text: &str) -> Vec<String> {
    let named = FORBIDDEN.iter().filter(|(word, _)| text.contains(word));
    let mut effects: Vec<String> =
        named.map(|(word, effect)| format!("`{word}` is for {effect}")).collect();
    for (place, _) in text.match_indices("std::net") {
        let rest = text.get(place..).unwrap_or_default();
        if !ADDRESSES.iter().any(|address| rest.starts_with(address)) {
            let line = rest.lines().next().unwrap_or_default();
            effects.push(format!("`{line}` is for sockets"));
        }
    }
    effects
}

#[test]
fn sources_name_no_effect() {
    for Pure { name, .. } in PURE {
        let sources = sources(name);
        assert!(sources.len() > 10, "{name}: only {} files were found", sources.len());
        for (file, text) in sources {
            let effects = effects(&text);
            assert!(effects.is_empty(), "{}: {effects:?}", file.display());
        }
    }
}

#[test]
fn effects_are_seen() {
    for (text, seen) in [
        ("let now = std::time::SystemTime::now();", 1),
        ("use std::net::{IpAddr, TcpStream};", 1),
        ("use std::net::IpAddr;\nuse std::net::UdpSocket;", 1),
        ("static CACHE: Mutex<u8> = Mutex::new(0);", 1),
        ("let path = std::env::var(name);", 1),
        ("use std::net::{IpAddr, Ipv6Addr};", 0),
        ("let path = env!(name);", 0),
    ] {
        assert_eq!(effects(text).len(), seen, "{text}");
    }
    let tables = tables("[package]\nname = \"a\"\n[dependencies]\n# no = 1\na.workspace = true\n");
    assert_eq!(tables["dependencies"], ["a"]);
}
