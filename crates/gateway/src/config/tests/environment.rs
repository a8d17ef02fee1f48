//! The environment laid over the file.

use super::*;
use crate::config::docs;

/// The role of [`Setup::least`] in another account.
fn of_account(account: &str) -> String {
    role("a", "s3:GetObject", "arn:aws:s3:::data/*", "{}").replace("000000000000", account)
}

#[test]
fn one_gateway_is_one_account() {
    Setup::least().file("roles/a.json", &of_account("123456789012")).fails_with(
        "roles/a.json: Arn: is in the account 123456789012, and this gateway is 000000000000",
    );
}

#[test]
fn a_variable_wins_over_the_file() {
    let config = Setup::least()
        .variable("FAKES3PP__LISTEN__S3", "127.0.0.1:7")
        .variable("FAKES3PP__LOG__LEVEL", "debug")
        .variable("FAKES3PP__LIMITS__MAX_CONNECTIONS", "12")
        .variable("FAKES3PP__LIMITS__SMALL_BODY", "512KiB")
        .variable("FAKES3PP__STORES__0__ENDPOINT", "https://rgw.corp.net")
        .variable("FAKES3PP__STORES__0__DEFAULT", "true")
        .variable("FAKES3PP__ACCOUNT_ID", "123456789012")
        .file("roles/a.json", &of_account("123456789012"))
        .config();
    assert_eq!(config.startup.listen.s3, Some("127.0.0.1:7".parse().unwrap()));
    assert_eq!(config.startup.log.level, tracing::Level::DEBUG);
    assert_eq!(config.startup.limits.max_connections, 12);
    assert_eq!(config.startup.limits.small_body, ByteSize::kib(512));
    assert_eq!(config.live.account_id.as_str(), "123456789012");
    let store = &config.live.stores.all()[0];
    assert_eq!(store.endpoint.to_string(), "https://rgw.corp.net");
    assert_eq!(store.name, "a", "what no variable names stays");
    assert!(store.default);
}

#[test]
fn a_whole_configuration_fits_into_variables() {
    let config = Setup::of("")
        .variable("FAKES3PP__LISTEN", "{ s3: '127.0.0.1:1' }")
        .variable("FAKES3PP__LISTEN__STS", "127.0.0.1:2")
        .variable("FAKES3PP__DOMAINS", "s3.corp.net, localhost")
        .variable("FAKES3PP__TRUSTED_PROXIES", "[10.0.0.0/8]")
        .variable("FAKES3PP__KEYS__ENV", "RING")
        .variable("RING", RING)
        .variable("FAKES3PP__STORES__0__NAME", "a")
        .variable("FAKES3PP__STORES__0__ENDPOINT", "http://127.0.0.1:9000")
        .variable("FAKES3PP__STORES__0__REGION", "us-east-1")
        .variable("FAKES3PP__STORES__0__CREDENTIALS__0__NAME", "main")
        .variable("FAKES3PP__STORES__0__CREDENTIALS__0__ACCESS_KEY", "AK")
        .variable("FAKES3PP__STORES__0__CREDENTIALS__0__SECRET_KEY", "{ env: S }")
        .variable(
            "FAKES3PP__STORES__0__CREDENTIALS__0__WHEN",
            r#"{"StringEquals": {"aws:PrincipalTag/team": "x"}}"#,
        )
        .variable("FAKES3PP__STORES__0__CREDENTIALS__1__NAME", "other")
        .variable("FAKES3PP__STORES__0__CREDENTIALS__1__ACCESS_KEY__ENV", "K")
        .variable("FAKES3PP__STORES__0__CREDENTIALS__1__SECRET_KEY__ENV", "S")
        .variable("S", "a-secret-of-the-store")
        .variable("K", "an-access-key")
        .variable("FAKES3PP__PROVIDERS__0__ISSUER", "https://idp.corp.net/realm")
        .variable("FAKES3PP__PROVIDERS__0__AUDIENCES", "fakes3pp")
        .variable("FAKES3PP__PROVIDERS__0__CLAIMS__GROUPS__KEEP", "s3-*")
        .variable("FAKES3PP__ROLES", "roles")
        .file("roles/a.json", &role("a", "s3:GetObject", "arn:aws:s3:::data/*", "{}"))
        .config();
    let store = &config.live.stores.all()[0];
    let names: Vec<_> = store.credentials.iter().map(|found| found.name.as_str()).collect();
    assert_eq!(names, ["main", "other"]);
    assert_eq!(store.credentials[1].access_key.as_str(), "an-access-key");
    let claims: Vec<_> = config.live.providers[0].rules.claim_keys().collect();
    assert!(claims.contains(&"groups"), "{claims:?}");
}

#[test]
fn elements_of_lists_come_in_the_order_of_their_numbers() {
    let mut setup = Setup::least();
    for index in 0..12 {
        let name = format!("FAKES3PP__DOMAINS__{index}");
        setup = setup.variable(&name, &format!("d{index}.corp.net"));
    }
    setup.config();
    Setup::least().variable("FAKES3PP__DOMAINS__3", "d3.corp.net").fails_with(
        "FAKES3PP__DOMAINS__3: `domains` has 1 elements so far: the next index is 1, not 3",
    );
    Setup::least()
        .variable("FAKES3PP__STORES__X__NAME", "b")
        .fails_with("`stores` is a list: `x` must be an index from 0");
}

#[test]
fn a_variable_that_means_nothing_is_a_mistake() {
    for (name, expected) in [
        ("FAKES3PP__LISTEN__S4", "did you mean `FAKES3PP__LISTEN__S3`?"),
        ("FAKES3PP__STORES__0__ENDPIONT", "did you mean `FAKES3PP__STORES__0__ENDPOINT`?"),
        ("FAKES3PP__NOTHING_LIKE_IT", "there is no `nothing_like_it`"),
        ("FAKES3PP__ROLES__X", "`roles` has no keys below it"),
        ("FAKES3PP__", "names no key"),
        ("FAKES3PP__LISTEN__", "names no key"),
    ] {
        Setup::least().variable(name, "x").fails_with(expected);
    }
    // The names of the Go fakes3pp are not ours to judge here.
    Setup::least().variable("FAKES3PP_S3_PROXY_FQDN", "x").config();
}

#[test]
fn a_mistake_in_a_variable_names_the_variable() {
    for (name, value, expected) in [
        ("FAKES3PP__LISTEN__S3", "x", "listen.s3 (from FAKES3PP__LISTEN__S3): `x` must be an IP"),
        (
            "FAKES3PP__STORES__0__DEFAULT",
            "yes",
            "stores[0].default (from FAKES3PP__STORES__0__DEFAULT)",
        ),
        ("FAKES3PP__LIMITS__MAX_CONNECTIONS", "1.5", "must be a whole number"),
        ("FAKES3PP__LIMITS__IDLE_TIMEOUT", "30", "must be a whole number with its unit"),
        ("FAKES3PP__PROVIDERS__0__CLAIMS", "[a", "is not valid YAML"),
        ("FAKES3PP__PROVIDERS__0__CLAIMS", "a", "must be a section of names"),
        ("FAKES3PP__ADMIN", "{ bearer: x }", "admin.bearer (from FAKES3PP__ADMIN): is not a key"),
    ] {
        Setup::least().variable(name, value).fails_with(expected);
    }
}

#[test]
fn a_secret_in_a_variable_is_refused_and_not_shown() {
    let mistakes = Setup::least()
        .variable("FAKES3PP__STORES__0__CREDENTIALS__0__SECRET_KEY", "hunter2-hunter2")
        .mistakes();
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    assert!(mistakes[0].contains("must not hold the secret itself"), "{mistakes:?}");
    assert!(!mistakes[0].contains("hunter2"), "{mistakes:?}");
}

/// Every row of the table can be reached by its variable: a wrong value is a mistake there, or the
/// variable is taken.
#[test]
fn every_key_has_its_variable() {
    for row in docs::rows() {
        let name = docs::variable(&row).replace("__N__", "__0__");
        let mistakes =
            Setup::least().and("users: [{ name: u }]\n").variable(&name, "{ : }").mistakes();
        let unknown = mistakes.iter().any(|mistake| mistake.contains("names no key"));
        assert!(!unknown, "{name}: {mistakes:?}");
    }
}
