//! The sample configuration that is shipped.

use super::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The sample's own files from the disk, and what its reader has to make.
fn with_secrets() -> Setup {
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    let certified = rcgen::generate_simple_self_signed(["s3.example.org".to_owned()]).unwrap();
    let mut setup = Setup::of(&read("fakes3pp.sample.yaml"))
        .file("tls/fullchain.pem", &certified.cert.pem())
        .file("tls/key.pem", &certified.signing_key.serialize_pem())
        .file("keys.ring", RING)
        .file("secrets/ceph", "one-secret-of-the-store")
        .file("secrets/ceph-research", "another-secret-of-the-store")
        .file("secrets/loader", "a-secret-of-the-loader");
    for name in
        ["CEPH_ACCESS_KEY", "CEPH_RESEARCH_ACCESS_KEY", "MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"]
    {
        setup = setup.variable(name, "from-the-environment");
    }
    for name in
        ["sample/roles/reader.json", "sample/roles/home.json", "sample/policies/loader.json"]
    {
        setup = setup.file(name, &read(name));
    }
    setup
}

#[test]
fn it_loads_without_a_warning() {
    let setup = with_secrets();
    let (text, environment) = (&setup.text, &setup.environment);
    let base = Path::new("/etc/f");
    let config = load_with(text, environment, base, &setup.files, Samples::Accept);
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    assert!(config.warnings.is_empty(), "{:#?}", config.warnings);
    assert_eq!(config.live.stores.all().len(), 2);
    assert_eq!(config.live.roles.len(), 2);
    assert_eq!(config.live.users[0].arn, "arn:aws:iam::000000000000:user/loader");
    assert_eq!(config.live.trusted_proxies, Some(Vec::new()));
    assert!(config.startup.tls.is_some());
}

#[test]
fn a54_it_does_not_start_in_production() {
    with_secrets().fails_with("`https://kc.example.org/realms/main` is a name for documentation");
    let errors = load_file(&root().join("fakes3pp.sample.yaml"), &BTreeMap::new()).unwrap_err();
    let mistakes = errors.to_string();
    for missing in ["keys.ring", "secrets/ceph", "CEPH_ACCESS_KEY", "tls/key.pem"] {
        assert!(mistakes.contains(missing), "{missing}: {mistakes}");
    }
}

/// Whatever part of a configuration is there, it loads or says why not.
#[test]
fn every_beginning_of_it_is_read_or_refused() {
    let whole = with_secrets();
    let ends = whole.text.char_indices().map(|(end, _)| end).filter(|end| end % 7 == 0);
    for end in ends {
        let setup = Setup { text: whole.text[..end].to_owned(), ..whole.clone() };
        assert!(!setup.mistakes().is_empty(), "{}", setup.text);
    }
}
