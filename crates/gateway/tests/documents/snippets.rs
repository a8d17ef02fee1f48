//! Every configuration, role and policy in the README and the guide loads, and without a warning.
//!
//! The comment before a block says what it is:
//!
//! - `config`: a whole configuration;
//! - `part`: sections that replace those of the configuration before;
//! - `role`: a role's file, for the configuration as it stands there;
//! - `policy: PATH`: a policy's file that the configuration names;
//! - `log`: a line of the access log (see `logs`);
//! - `other`: a file of another program.

use std::collections::BTreeMap;
use std::path::Path;

use gateway::config::{MemoryFiles, Samples, load_with};
use sts::role::Role;

use super::document;
use super::markdown::{Fenced, fenced};

/// A ring that is nobody's.
const RING: &str = "one active ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8=\n";

/// What the reader is told to make: the content of secrets, ring and certificates does not matter.
const SECRETS: [&str; 5] = [
    "secrets/ceph",
    "secrets/ceph-ci",
    "secrets/ceph-research",
    "secrets/backup",
    "secrets/metrics-token",
];
const VARIABLES: [&str; 7] = [
    "STORE_ACCESS_KEY",
    "STORE_SECRET_KEY",
    "CEPH_ACCESS_KEY",
    "CEPH_CI_ACCESS_KEY",
    "CEPH_RESEARCH_ACCESS_KEY",
    "GARAGE_ACCESS_KEY",
    "GARAGE_SECRET_KEY",
];
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const FOLDER: &str = "/etc/fakes3pp";

/// A text with a line number, for what goes wrong.
#[derive(Clone)]
struct Snippet {
    line: usize,
    text: String,
}

/// A configuration with what belongs to it.
#[derive(Clone)]
struct Setup {
    config: Snippet,
    roles: Vec<Snippet>,
    policies: Vec<(String, String)>,
}

impl Setup {
    fn load(&self, file: &str) {
        let place = format!("{file}:{}", self.config.line);
        let environment: BTreeMap<String, String> = VARIABLES
            .iter()
            .map(|name| ((*name).to_owned(), "from-the-environment".to_owned()))
            .collect();
        let config = load_with(
            &self.config.text,
            &environment,
            Path::new(FOLDER),
            &self.files(),
            Samples::Accept,
        );
        let config = config.unwrap_or_else(|errors| panic!("{place}: {errors}"));
        // The one warning that the guide tells its reader to expect.
        let expected = |text: &String| text.contains("in every store");
        let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
        let expected = config.live.stores.all().len() > 1 && warnings.iter().all(expected);
        assert!(warnings.is_empty() || expected, "{place}: {warnings:#?}");
        assert_eq!(config.live.roles.len(), self.roles.len(), "{place}");
        for policy in config.live.users.iter().flat_map(|user| &user.policies) {
            assert!(policy.statements() > 0, "{place}");
        }
    }

    fn files(&self) -> MemoryFiles {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let pem = certified.cert.pem();
        let key = certified.signing_key.serialize_pem();
        let at = |name: &str| Path::new(FOLDER).join(name);
        let mut files = MemoryFiles::default().with(at("keys.ring"), RING);
        for (name, content) in [
            ("tls/fullchain.pem", &pem),
            ("tls/key.pem", &key),
            ("server.crt", &pem),
            ("server.key", &key),
        ] {
            files = files.with(at(name), content.as_str());
        }
        for name in SECRETS {
            files = files.with(at(name), "a-secret-that-is-nobodys");
        }
        files = files
            .with(format!("{SERVICE_ACCOUNT}/ca.crt"), pem.as_str())
            .with(format!("{SERVICE_ACCOUNT}/token"), "a-token");
        for (index, role) in self.roles.iter().enumerate() {
            files = files.with(at(&format!("roles/{index}.json")), role.text.as_str());
        }
        for (path, policy) in &self.policies {
            files = files.with(at(path), policy.as_str());
        }
        files
    }
}

/// The sections of a configuration, by their names: a section is a line that is not indented, and
/// the lines below that are.
fn sections(text: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let begins = line.starts_with(|first: char| first.is_ascii_lowercase());
        match sections.last_mut() {
            Some((_, section)) if !begins => section.push_str(&format!("{line}\n")),
            _ => {
                let (name, _) = line.split_once(':').unwrap_or_else(|| panic!("{line}"));
                sections.push((name.to_owned(), format!("{line}\n")));
            }
        }
    }
    sections
}

/// A configuration with some sections replaced or added.
fn with_part(config: &str, part: &str) -> String {
    let part = sections(part);
    let kept = sections(config);
    let kept = kept.iter().filter(|(name, _)| !part.iter().any(|(other, _)| other == name));
    kept.chain(&part).map(|(_, section)| section.as_str()).collect()
}

/// Everything that a document shows, in its order: how many configurations and roles.
fn check(file: &str) -> (usize, usize) {
    let (mut configurations, mut roles) = (0, 0);
    let mut whole: Option<Setup> = None;
    let mut current: Option<Setup> = None;
    let done = |setup: Option<Setup>| setup.iter().for_each(|setup| setup.load(file));
    for Fenced { line, language, mark, text } in fenced(&document(file)) {
        if !matches!(language.as_str(), "yaml" | "json") {
            assert_eq!(mark, None, "{file}:{line}: a mark on a block that is not looked at");
            continue;
        }
        let mark = mark.unwrap_or_else(|| panic!("{file}:{line}: a comment must say what it is"));
        let snippet = Snippet { line, text };
        match mark.strip_prefix("e2e:").unwrap_or(&mark) {
            "config" => {
                done(current.take());
                let setup = Setup { config: snippet, roles: Vec::new(), policies: Vec::new() };
                (whole, current) = (None, Some(setup));
                configurations += 1;
            }
            "part" => {
                // The first configuration keeps its role: it is what parts are laid over.
                let base = whole.get_or_insert_with(|| current.clone().unwrap()).clone();
                done(current.take());
                let text = with_part(&base.config.text, &snippet.text);
                current = Some(Setup { config: Snippet { line, text }, ..base });
                configurations += 1;
            }
            "role" => {
                let role = Role::load(file, &snippet.text);
                role.unwrap_or_else(|errors| panic!("{file}:{line}: {errors}"));
                let setup = current.as_mut().unwrap();
                // A part's own role takes the place of the first one.
                let inherited = whole.as_ref().is_some_and(|whole| {
                    setup.roles.len() == 1 && setup.roles[0].line == whole.roles[0].line
                });
                if inherited {
                    setup.roles.clear();
                }
                setup.roles.push(snippet);
                roles += 1;
            }
            "log" | "other" => {}
            other => {
                let path = other.strip_prefix("policy: ");
                let path = path.unwrap_or_else(|| panic!("{file}:{line}: what is `{other}`?"));
                current.as_mut().unwrap().policies.push((path.to_owned(), snippet.text));
            }
        }
    }
    done(current);
    (configurations, roles)
}

#[test]
fn the_readme_loads() {
    assert_eq!(check("README.md"), (1, 1));
}

#[test]
fn the_guide_loads() {
    assert_eq!(check("docs/guide.md"), (10, 5));
}

#[test]
fn a_part_replaces_sections() {
    let whole = "a: 1\nlist:\n  - x\n\n# of list\nz: 2\n";
    assert_eq!(with_part(whole, "list: [y]\nnew: 3\n"), "a: 1\nz: 2\nlist: [y]\nnew: 3\n");
}
