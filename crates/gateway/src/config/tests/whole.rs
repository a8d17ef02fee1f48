//! Mistakes and warnings, key by key.

use super::*;

#[test]
fn all_mistakes_are_told_at_once() {
    let mistakes = Setup::of(
        "lisen: {}
listen: { s3: ':8443', admin: '0.0.0.0:9090' }
domains: ['https://x', x, X]
trusted_proxies: [10.0.0.1/8, nonsense]
stores:
  - { name: 'a b', endpoint: rgw.corp.net, region: '' }
  - { name: b, endpiont: x, credentials: [] }
limits: { max_connections: 0, idle_timeout: 30 }
log: { level: loud }
",
    )
    .mistakes();
    for expected in [
        "lisen (line 1): is not a key: did you mean `listen`?",
        "listen.s3 (line 2): `:8443` must be an IP address with a port, such as `0.0.0.0:8443`",
        "listen.admin (line 2): can be reached from other hosts and nothing guards it",
        "domains[0] (line 3): `https://x` must be a host name",
        "domains[2] (line 3): the host name `x` is taken by `domains[1]`",
        "trusted_proxies[0] (line 4): `10.0.0.1/8` names a host, not a network: did you mean `10.0.0.0/8`?",
        "trusted_proxies[1] (line 4): `nonsense` must be a network",
        "keys: is missing: make a ring with `fakes3pp keys init",
        "stores[0].name (line 6): `a b` must be",
        "stores[0].endpoint (line 6): `rgw.corp.net` must begin with `https://`",
        "stores[0].region (line 6): `` must be",
        "stores[0].credentials (line 6): is missing",
        "stores[1].endpiont (line 7): is not a key: did you mean `stores[1].endpoint`?",
        "stores[1].endpoint (line 7): is missing",
        "stores[1].region (line 7): is missing",
        "stores[1].credentials (line 7): is empty",
        "stores: one of several stores must have `default: true`",
        "limits.max_connections (line 8): must be from 1 to 1000000",
        "limits.idle_timeout (line 8): must be a whole number with its unit",
        "log.level (line 9): `loud` must be `error`, `warn`",
    ] {
        assert!(
            mistakes.iter().any(|mistake| mistake.starts_with(expected)),
            "{expected}: {mistakes:#?}"
        );
    }
    assert_eq!(mistakes.len(), 20, "{mistakes:#?}");
}

/// A passage of the least configuration, what replaces it, and the one mistake that this makes.
type Change = (&'static str, &'static str, &'static str);

const TYPES: &[Change] = &[
    ("domains:", "domains: [", "the configuration (line"),
    (
        "domains: [localhost]",
        "domains: [localhost]\ndomains: [b]",
        "domains (line 3): stands twice",
    ),
    (
        "domains: [localhost]",
        "domains: localhost",
        "must be a list (`[a, b]`), but text stands there",
    ),
    ("domains: [localhost]", "domains: [localhost]\ntrusted_proxies:", "has no value"),
    ("domains: [localhost]", "account_id: 123456789012\ndomains: [localhost]", "put it in quotes"),
    ("domains: [localhost]", "account_id: '1'\ndomains: [localhost]", "must be 12 digits"),
    (
        "domains: [localhost]",
        "domains: [localhost]\ntls: {}",
        "is not a key here: it belongs at `listen.tls`",
    ),
    ("roles: roles", "roles: roles\nlisten_s3: x", "is not a key: here the keys are"),
    ("region: us-east-1", "region: us-east-1\n    default: yes", "must be `true` or `false`"),
    ("region: us-east-1", "region: us-east-1\n    default: 'true'", "must be `true` or `false`"),
    (
        "region: us-east-1",
        "region: true",
        "must be text, but true or false stands there: put it in quotes",
    ),
];

const SECRETS: &[Change] = &[
    ("keys: { file: ring }", "keys: hunter2", "keys (line 3): must not hold the secret itself"),
    ("keys: { file: ring }", "keys: {}", "needs `file` or `env`"),
    ("keys: { file: ring }", "keys: { file: ring, env: A }", "has both `file` and `env`"),
    ("keys: { file: ring }", "keys: { file: other }", "there is no `/etc/f/other`"),
    ("keys: { file: ring }", "keys: { env: NOTHING }", "the environment has no variable `NOTHING`"),
    ("keys: { file: ring }", "keys: { env: hunter2/x }", "which is not shown: it may be a secret"),
    ("keys: { file: ring }", "keys: { file: store-secret }", "is no key ring: line 1"),
];

const LISTENERS: &[Change] = &[
    (
        "domains:",
        "limits: { small_body: 4MiB, small_bodies_total: 2MiB }\ndomains:",
        "limits.small_bodies_total (line 2): must be at least `limits.small_body`, 4MiB",
    ),
    ("s3: '127.0.0.1:1', sts: '127.0.0.1:2'", "", "needs `s3`, `sts` or both"),
    ("s3: '127.0.0.1:1'", "s3: 'localhost:1'", "such as `0.0.0.0:1` or `127.0.0.1:1`"),
    ("s3: '127.0.0.1:1'", "admin: '127.0.0.1:2'", "needs an address of its own"),
    ("s3: '127.0.0.1:1'", "admin: '[::]:3'", "nothing guards it"),
    ("s3: '127.0.0.1:1'", "admin: 'unix:x'", "must be a whole path after `unix:`"),
    ("s3: '127.0.0.1:1'", "tls: { cert: ring }", "listen.tls.key (line 1): is missing"),
    ("domains: [localhost]", "domains: []", "domains: is missing"),
    ("domains: [localhost]", "domains: ['a:80']", "without scheme, port or path"),
    (
        "domains: [localhost]",
        "domains: [localhost]\nharmless_headers: [range]",
        "begins with `x-amz-`",
    ),
];

const STORES: &[Change] = &[
    ("http://127.0.0.1:9000", "http://127.0.0.1:9000/path", "must have no path"),
    ("http://127.0.0.1:9000", "https://u:hunter2@x", "must have no user"),
    ("region: us-east-1", "region: us-east-1\n    regions: []", "must name at least one region"),
    (
        "region: us-east-1",
        "region: us-east-1\n    buckets: [A_B]",
        "must be a bucket name, or a pattern",
    ),
    ("region: us-east-1", "region: us-east-1\n    buckets: ['a**']", "one `*` is any run"),
    (
        "region: us-east-1",
        "region: us-east-1\n    buckets: [abc, abc]",
        "the bucket `abc` is taken by",
    ),
    ("region: us-east-1", "region: us-east-1\n    addressing: dns", "must be `path` or `virtual`"),
    (
        "region: us-east-1",
        "region: us-east-1\n    addressing: virtual",
        "no host names below an IP address",
    ),
    (
        "region: us-east-1",
        "region: us-east-1\n    key_rules: [x]",
        "must be one of `leading-slash`",
    ),
    (
        "region: us-east-1",
        "region: us-east-1\n    ca_file: ring",
        "holds no PEM block `CERTIFICATE`",
    ),
    ("access_key: AK,", "access_key: 'a,b',", "is no access key id"),
    (
        "access_key: AK,",
        "access_key: AK, session_token: hunter2,",
        "must not hold the secret itself",
    ),
    (
        "access_key: AK,",
        "access_key: AK, when: { StringEqals: { a: b } },",
        "stores[0].credentials[0].when",
    ),
    (
        "access_key: AK,",
        "access_key: AK, when: { StringEquals: { 's3:prefix': b } },",
        "names `s3:prefix`, which is not known of a caller",
    ),
];

const PROVIDERS: &[Change] = &[
    ("https://idp.corp.net/realm'", "http://idp.corp.net/realm'", "must be `https`"),
    ("https://idp.corp.net/realm'", "idp.corp.net/realm'", "must begin with `https://`"),
    ("audiences: [fakes3pp]", "audiences: []", "at least one audience is needed"),
    (", audiences: [fakes3pp]", "", "providers[0].audiences (line 10): is missing"),
    (
        "audiences: [fakes3pp]",
        "audiences: [a], leeway: 10m",
        "a leeway of 600 seconds is more than",
    ),
    ("audiences: [fakes3pp]", "audiences: [a], leeway: 1500ms", "must be whole seconds"),
    (
        "audiences: [fakes3pp]",
        "audiences: [a], jwks_file: ring, jwks_uri: x",
        "the keys come from one place",
    ),
    (
        "audiences: [fakes3pp]",
        "audiences: [a], jwks_file: ring",
        "providers[0].jwks_file (line 10): `ring`",
    ),
    (
        "audiences: [fakes3pp]",
        "audiences: [a], jwks_uri: 'http://idp.corp.net/k'",
        "must be `https`",
    ),
    (
        "audiences: [fakes3pp]",
        "audiences: [a], bearer_token_file: gone",
        "there is no `/etc/f/gone`",
    ),
    ("audiences: [fakes3pp]", "audiences: [a], claims: { g: { keep: [] } }", "keeps no value"),
    (
        "audiences: [fakes3pp]",
        "audiences: [a], claims: { sub: { keep: [x] } }",
        "is always kept whole",
    ),
    ("https://idp.corp.net/realm'", "https://idp.example.com'", "is a name for documentation"),
];

#[test]
fn each_mistake_says_where_and_what_to_do() {
    for (old, new, expected) in [TYPES, SECRETS, LISTENERS, STORES, PROVIDERS].concat() {
        let setup = Setup::least().with(old, new);
        let mistakes = setup.mistakes();
        assert!(
            mistakes.iter().any(|mistake| mistake.contains(expected)),
            "{old} -> {new}: expected `{expected}`, got {mistakes:#?}"
        );
        assert!(!mistakes.join("\n").contains("hunter2"), "{mistakes:#?}");
        // The role trusts a provider that is another one, or broken, then.
        let trust = mistakes.iter().filter(|mistake| mistake.contains("is no identity provider"));
        assert!(mistakes.len() - trust.count() == 1, "{old} -> {new}: {mistakes:#?}");
    }
}

#[test]
fn a_proxy_in_front_may_speak_tls() {
    let open = Setup::least().with("'127.0.0.1:1'", "'0.0.0.0:1'");
    open.warns("is plain HTTP");
    open.clone().and("trusted_proxies: []\n").warns("is plain HTTP");
    assert_eq!(open.and("trusted_proxies: [10.0.0.0/8]\n").warnings(), [""; 0]);
}

#[test]
fn a_document_that_grows_by_aliases_is_refused() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, last) in ('b'..='h').zip('a'..) {
        let nine = vec![format!("*{last}"); 9].join(", ");
        bomb.push_str(&format!("{name}: &{name} [{nine}]\n"));
    }
    Setup::of(&bomb).fails_with("is not valid YAML");
}

#[test]
fn a_yaml_error_does_not_show_the_source() {
    let mistakes = Setup::of("keys: { file: a\n  hunter2: [\n").mistakes();
    assert!(!mistakes.join("\n").contains("hunter2"), "{mistakes:?}");
}

#[test]
fn what_is_risky_is_told() {
    for (old, new, expected) in [
        ("'127.0.0.1:1'", "'0.0.0.0:1'", "listen.s3 (line 1): is plain HTTP"),
        ("http://127.0.0.1:9000", "http://rgw.corp.net", "is plain HTTP to another host"),
        ("region: us-east-1", "region: us-east-1\n    insecure_skip_tls_verify: true", "INSECURE"),
        (
            "access_key: AK,",
            "access_key: AK, when: { StringEquals: { 'aws:username': b } },",
            "callers that none of them names are denied",
        ),
        (
            "audiences: [fakes3pp]",
            "audiences: [a], allow_http: true",
            "INSECURE: keys come by plain HTTP",
        ),
        ("domains:", "trusted_proxies: [0.0.0.0/0]\ndomains:", "anybody can claim any address"),
        (
            "domains:",
            "limits: { small_body: 8MiB, small_bodies_total: 8MiB }\ntrusted_proxies: [0.0.0.0/0]\ndomains:",
            "believes every",
        ),
        ("roles: roles", "", "roles: is missing: without a role nobody can log in"),
        ("domains:", "admin: { bearer_token_file: store-secret }\ndomains:", "guards nothing"),
    ] {
        Setup::least().with(old, new).warns(expected);
    }
}
