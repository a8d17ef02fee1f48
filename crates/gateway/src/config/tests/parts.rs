//! Rules of each part: stores, credentials, listeners, users, providers.

use std::sync::Arc;

use super::*;
use crate::config::ignored::IgnoredHeader;
use crate::config::presets::Preset;

fn two_stores(a: &str, b: &str) -> Setup {
    let store = |name: &str, more: &str| {
        format!(
            "  - name: {name}
    endpoint: http://127.0.0.1:9000
    region: us-east-1
    credentials: [{{ name: main, access_key: AK, secret_key: {{ file: store-secret }} }}]
    {more}
"
        )
    };
    let mut setup = Setup::least();
    let start = setup.text.find("  - name: a").unwrap();
    let end = setup.text.find("providers:").unwrap();
    setup.text.replace_range(start..end, &format!("{}{}", store("a", a), store("b", b)));
    setup
}

#[test]
fn stores_do_not_contradict_each_other() {
    for (one, two, expected) in [
        ("default: true\n    regions: [r1]", "regions: [r2]", ""),
        ("regions: [r1]", "regions: [r2]", "one of several stores must have `default: true`"),
        (
            "default: true\n    regions: [r1]",
            "default: true\n    regions: [r2]",
            "`stores[0]` is the default store already",
        ),
        ("default: true", "", "`us-east-1` means the store `a` already"),
        (
            "default: true\n    regions: [r1, r2]",
            "regions: [r3, r2]",
            "`r2` means the store `a` already",
        ),
        (
            "default: true\n    regions: [r1]\n    buckets: [data]",
            "regions: [r2]\n    buckets: [data]",
            "could mean the same bucket",
        ),
        (
            "default: true\n    regions: [r1]\n    buckets: ['data-*']",
            "regions: [r2]\n    buckets: ['*-log']",
            "",
        ),
        (
            "default: true\n    regions: [r1]\n    buckets: ['logs-*']",
            "regions: [r2]\n    buckets: ['*-data']",
            "`*-data` and `logs-*` of the store `a` could mean the same bucket",
        ),
        (
            "default: true\n    regions: [r1]\n    buckets: ['data-*']",
            "regions: [r2]\n    buckets: ['logs-*']",
            "",
        ),
        (
            "default: true\n    regions: [r1]\n    buckets: ['data-*', 'data-1']",
            "regions: [r2]\n    buckets: ['data-?']",
            "could mean the same bucket",
        ),
        (
            "default: true\n    regions: [r1]\n    buckets: ['data-*', '*-data']",
            "regions: [r2]",
            "",
        ),
    ] {
        let setup = two_stores(one, two);
        if expected.is_empty() {
            let config = setup.config();
            assert_eq!(config.live.stores.all().len(), 2);
        } else {
            setup.fails_with(expected);
        }
    }
    two_stores("default: true\n    regions: [r1]", "regions: [r2]")
        .with("name: b", "name: a")
        .fails_with("the name `a` is taken by `stores[0]`");
}

#[test]
fn credentials_have_one_default_and_it_is_the_last() {
    let with = |credentials: &str| {
        let all =
            "credentials: [{ name: main, access_key: AK, secret_key: { file: store-secret } }]";
        Setup::least().with(all, &format!("credentials: [{credentials}]"))
    };
    let open = "access_key: AK, secret_key: { file: store-secret }";
    let bound = format!("{open}, when: {{ StringEquals: {{ 'aws:username': u }} }}");
    with(&format!("{{ name: a, {bound} }}, {{ name: b, {open} }}")).config();
    with(&format!("{{ name: a, {open} }}, {{ name: b, {bound} }}"))
        .fails_with("stores[0].credentials[0] (line 8): has no `when` and takes every caller: it must be the last");
    with(&format!("{{ name: a, {open} }}, {{ name: b, {open} }}"))
        .fails_with("only one can be for everybody else");
    with(&format!("{{ name: a, {bound} }}, {{ name: a, {open} }}"))
        .fails_with("the name `a` is taken by `stores[0].credentials[0]`");
}

#[test]
fn key_rules_add_up() {
    let rules = |list: &str| {
        let setup = Setup::least()
            .with("region: us-east-1", &format!("region: us-east-1\n    key_rules: {list}"));
        setup.config().live.stores.all()[0].key_rules
    };
    let unsaid = Setup::least().config().live.stores.all()[0].key_rules;
    assert_eq!(unsaid, s3::KeyRules { folds_dot_segments: true, ..s3::KeyRules::EXACT });
    assert_eq!(rules("[]"), s3::KeyRules::EXACT);
    assert_eq!(rules("[minio]"), s3::KeyRules::MINIO);
    let both = s3::KeyRules { folds_case: true, ..s3::KeyRules::RGW };
    assert_eq!(rules("[case, rgw]"), both);
}

#[test]
fn a_preset_holds_for_what_is_not_written() {
    let with = |keys: &str| {
        let lines = format!("region: us-east-1\n    {}", keys.replace('\n', "\n    "));
        Setup::least().with("region: us-east-1", &lines)
    };
    let store = |keys: &str| Arc::clone(&with(keys).config().live.stores.all()[0]);
    let generic = store("preset: generic");
    let unsaid = Setup::least().config();
    let unsaid = &unsaid.live.stores.all()[0];
    assert_eq!(generic.key_rules, unsaid.key_rules);
    assert_eq!(generic.capabilities, unsaid.capabilities);
    let namespace = IgnoredHeader::known(s3::OperationKind::CreateBucket, "x-amz-bucket-namespace");
    let copy = IgnoredHeader::known(s3::OperationKind::CopyObject, "if-none-match");
    assert!(generic.refused_operations.contains(&s3::OperationKind::UpdateObjectEncryption));
    assert!(store("preset: aws").refused_operations.is_empty());
    for name in Preset::names().into_iter().filter(|name| *name != "aws") {
        let store = store(&format!("preset: {name}"));
        for only_aws in [&namespace, &copy] {
            assert!(store.ignored_headers.contains(only_aws), "{name}: {only_aws:?}");
        }
    }
    assert!(store("preset: aws").ignored_headers.is_empty());
    let rgw = store("preset: ceph-rgw");
    assert_eq!(rgw.key_rules, s3::KeyRules::RGW);
    assert!(rgw.refused_operations.contains(&s3::OperationKind::SelectObjectContent));
    assert!(!rgw.capabilities.quoted_if_match && rgw.capabilities.checksum_headers);
    // `GET /b//secret` reads `secret` there (A56).
    for name in ["garage", "minio"] {
        assert!(store(&format!("preset: {name}")).key_rules.folds_leading_slash, "{name}");
    }
    let delete = IgnoredHeader::known(s3::OperationKind::DeleteObject, "if-match");
    assert!(rgw.ignored_headers.contains(&delete));
    let written = store(
        "preset: ceph-rgw\nkey_rules: [case]\nrefused_operations: []\nignored_headers: ['PutObject:If-Match']\ncapabilities: { quoted_if_match: true }",
    );
    assert!(written.key_rules.folds_case && !written.key_rules.decodes_part_source_twice);
    assert!(written.refused_operations.is_empty() && written.capabilities.quoted_if_match);
    let put = IgnoredHeader::known(s3::OperationKind::PutObject, "if-match");
    assert_eq!(written.ignored_headers, [put]);
    for name in Preset::names() {
        for ignored in Preset::parse(name).unwrap().ignored_headers() {
            assert_eq!(ignored.to_string().parse().as_ref(), Ok(&ignored), "{name}");
        }
        store(&format!("preset: {name}"));
    }
    with("preset: ceph").fails_with("must be one of `generic`, `aws`, `ceph-rgw`");
    with("ignored_headers: [If-Match]").fails_with("must be an operation, a colon");
    with("ignored_headers: ['Delete:If-Match']").fails_with("is no operation of S3");
    with("ignored_headers: ['DeleteObject:If-Range']").fails_with("no header of that operation");
    with("ignored_headers: ['PutObject:If-Match=']").fails_with("no value after its");
}

#[test]
fn a10_names_that_aws_uses_are_not_taken_out_of_urls() {
    let removing =
        |name: &str| Setup::least().and(&format!("removable_query_parameters: ['{name}']\n"));
    removing("utm_source").config();
    for name in ["versionId", "X-Amz-Date", "RoleArn", "PolicyArns.member.1.arn", "sourceidentity"]
    {
        removing(name).fails_with("means something to AWS");
    }
}

#[test]
fn older_signatures_are_taken_where_somebody_says_so() {
    let accept = |text: &str| Setup::least().and(text).config().live.accept;
    assert!(!accept("").hmac_v1_header && accept("").sigv4a);
    assert!(!accept("hmac_v1_header: false\n").hmac_v1_header);
    assert!(accept("hmac_v1_header: true\n").hmac_v1_header);
    Setup::least().and("hmac_v1_header: 'on'\n").fails_with("must be");
}

#[test]
fn s3_and_sts_may_be_alone_or_share_a_port() {
    let shared = Setup::least().with("sts: '127.0.0.1:2'", "sts: '127.0.0.1:1'").config();
    assert_eq!(shared.startup.listen.s3, shared.startup.listen.sts);
    let sts = Setup::of(
        "listen: { sts: '127.0.0.1:2' }
keys: { file: ring }
providers: [{ issuer: 'https://idp.corp.net/realm', audiences: [fakes3pp] }]
roles: roles
",
    );
    let files = Setup::least().files;
    let sts = Setup { files: files.clone(), ..sts }.config();
    assert!(sts.live.stores.all().is_empty() && sts.startup.listen.s3.is_none());
    let s3 = Setup::of(
        "listen: { s3: '127.0.0.1:1' }
domains: [localhost]
keys: { file: ring }
stores: [{ name: a, endpoint: 'http://127.0.0.1:9000', region: r, credentials: [{ name: m, access_key: AK, secret_key: { file: store-secret } }] }]
",
    );
    let s3 = Setup { files, ..s3 }.config();
    assert!(s3.live.providers.is_empty() && s3.live.roles.is_empty());
    assert_eq!(s3.warnings.len(), 0, "{:?}", s3.warnings);
}

#[test]
fn the_admin_listener_is_local_or_guarded() {
    let admin = |address: &str, guard: &str| {
        Setup::least()
            .with("sts: '127.0.0.1:2' }", &format!("sts: '127.0.0.1:2', admin: '{address}' }}"))
            .and(guard)
            .file("token", "0123456789abcdef\n")
            .file("short", "0123456789abcde\n")
            .file("ca.pem", &authority())
    };
    let listen = |setup: Setup| setup.config().startup.listen.admin.unwrap();
    assert!(matches!(listen(admin("[::1]:3", "")).guard, AdminGuard::None));
    let unix = listen(admin("unix:/run/f.sock", ""));
    assert_eq!(unix.address, AdminAddress::Unix(PathBuf::from("/run/f.sock")));
    let bearer = "admin: { bearer_token_file: token }\n";
    let guarded = admin("0.0.0.0:3", bearer);
    guarded.warns("receives its bearer token in the clear");
    let AdminGuard::BearerToken(token) = listen(guarded).guard else {
        panic!("no token");
    };
    assert_eq!(token.expose(), "0123456789abcdef");
    admin("0.0.0.0:3", "admin: { bearer_token_file: short }\n")
        .fails_with("must hold a token of 16");
    let ca = "admin: { client_ca_file: ca.pem }\n";
    admin("0.0.0.0:3", ca).fails_with("client certificates are part of TLS");
    admin("0.0.0.0:3", "admin: { client_ca_file: ca.pem, bearer_token_file: token }\n")
        .fails_with("keep one of them");
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let with_tls = admin("0.0.0.0:3", ca)
        .with("listen: {", "listen: { tls: { cert: cert.pem, key: key.pem },")
        .file("cert.pem", &certified.cert.pem())
        .file("key.pem", &certified.signing_key.serialize_pem());
    let admin = listen(with_tls.clone());
    assert!(admin.tls && matches!(admin.guard, AdminGuard::ClientCertificate(_)));
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    with_tls
        .file("key.pem", &other.signing_key.serialize_pem())
        .fails_with("listen.tls.key (line 1): does not fit the certificate in `cert.pem`");
}

fn authority() -> String {
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    parameters.self_signed(&key).unwrap().pem()
}

#[test]
fn a54_public_keys_do_not_open_our_gateway() {
    let user = |secret: &str| {
        Setup::least()
            .and("users: [{ name: u, access_key: AKIA1, secret_key: { env: U }, policies: [p.json] }]\n")
            .variable("U", secret)
            .file("p.json", r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#)
    };
    user("0123456789abcdef").config();
    user("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").fails_with("is a sample key");
    user("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY").fails_with("is a sample key");
    user("0123456789abcde").fails_with("must be 16 to 128 visible ASCII characters");
    user("0123456789 abcdef").fails_with("must be 16 to 128 visible ASCII characters");
    Setup::least()
        .file("ring", "one active c2VjcmV0Li4uMzIgYnl0ZXMgb2YgcmFuZG9tbmVzcy4=\n")
        .fails_with("keys (line 3): holds a sample key");
    // A store's is the store's weakness.
    Setup::least().file("store-secret", "minioadmin").warns("is a default or sample key");
}

#[test]
fn users_are_told_apart() {
    let users = |list: &str| {
        Setup::least()
            .and(&format!("users: [{list}]\n"))
            .variable("U", "0123456789abcdef")
            .file("p.json", r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#)
    };
    let rest = "secret_key: { env: U }, policies: [p.json]";
    let config = users(&format!("{{ name: u, access_key: AKIA1, {rest} }}")).config();
    assert_eq!(config.live.users[0].arn, "arn:aws:iam::000000000000:user/u");
    users(&format!("{{ name: u, access_key: A, {rest} }}, {{ name: v, access_key: A, {rest} }}"))
        .fails_with("the access key `A` is taken by `users[0]`");
    users(&format!("{{ name: u, access_key: A, {rest} }}, {{ name: u, access_key: B, {rest} }}"))
        .fails_with("the name `u` is taken by `users[0].name`");
    users(&format!("{{ name: 'a b', access_key: A, {rest} }}")).fails_with("users[0].name");
    users(&format!("{{ name: u, access_key: ASIA1, {rest} }}")).fails_with("begins with `ASIA`");
    users("{ name: u, access_key: A, secret_key: { env: U }, policies: [] }")
        .fails_with("is empty");
    users("{ name: u, access_key: A, secret_key: { env: U }, policies: [q.json] }")
        .fails_with("there is no `/etc/f/q.json`");
    users("{ name: u, access_key: A, secret_key: { env: U }, policies: [ring] }")
        .fails_with("ring: document");
}

#[test]
fn two_providers_are_told_apart_by_more_than_case_and_scheme() {
    let other = |issuer: &str| {
        let list = format!(
            "\n  - {{ issuer: '{issuer}', audiences: [a], allow_http: true }}\nroles: roles"
        );
        Setup::least().with("\nroles: roles", &list)
    };
    assert_eq!(other("https://idp.corp.net/other").config().live.providers.len(), 2);
    other("http://idp.corp.net/realm").fails_with("is taken by `providers[0].issuer`");
    other("https://idp.corp.net/REALM").fails_with("is taken by `providers[0].issuer`");
}

#[test]
fn a_file_beyond_its_limit_is_not_read() {
    Setup::least().file("ring", &"x".repeat(65 * 1024)).fails_with("is larger than 65536 bytes");
}
