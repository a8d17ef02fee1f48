use std::path::PathBuf;

use super::*;

mod documents;
mod environment;
mod parts;
mod sample;
mod whole;

/// A ring that is nobody's.
pub(super) const RING: &str = "one active ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8=\n";

/// What a test hands in; relative paths start at `/etc/f`.
#[derive(Clone, Default)]
pub(super) struct Setup {
    pub(super) text: String,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) files: MemoryFiles,
}

impl Setup {
    /// The least that starts: one store, one provider, both listeners.
    pub(super) fn least() -> Self {
        Self::of(
            "listen: { s3: '127.0.0.1:1', sts: '127.0.0.1:2' }
domains: [localhost]
keys: { file: ring }
stores:
  - name: a
    endpoint: http://127.0.0.1:9000
    region: us-east-1
    credentials: [{ name: main, access_key: AK, secret_key: { file: store-secret } }]
providers:
  - { issuer: 'https://idp.corp.net/realm', audiences: [fakes3pp] }
roles: roles
",
        )
        .file("ring", RING)
        .file("store-secret", "a-secret-of-the-store\n")
        .file("roles/a.json", &role("a", "s3:GetObject", "arn:aws:s3:::data/*", "{}"))
    }

    pub(super) fn of(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    pub(super) fn file(mut self, name: &str, content: &str) -> Self {
        self.files = self.files.with(PathBuf::from("/etc/f").join(name), content);
        self
    }

    pub(super) fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Replaces a passage, which must be there.
    pub(super) fn with(mut self, old: &str, new: &str) -> Self {
        assert!(self.text.contains(old), "{old} is not in {}", self.text);
        self.text = self.text.replace(old, new);
        self
    }

    pub(super) fn and(mut self, more: &str) -> Self {
        self.text.push_str(more);
        self
    }

    pub(super) fn load(&self) -> Result<Config, ConfigErrors> {
        load(&self.text, &self.environment, Path::new("/etc/f"), &self.files)
    }

    pub(super) fn config(&self) -> Config {
        self.load().unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// All mistakes as text; none if it loads.
    pub(super) fn mistakes(&self) -> Vec<String> {
        let mistakes =
            |errors: ConfigErrors| errors.mistakes().iter().map(ToString::to_string).collect();
        self.load().err().map(mistakes).unwrap_or_default()
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        self.config().warnings.iter().map(ToString::to_string).collect()
    }

    /// The one mistake that is expected.
    #[track_caller]
    pub(super) fn fails_with(&self, expected: &str) {
        let mistakes = self.mistakes();
        assert!(
            mistakes.len() == 1 && mistakes[0].contains(expected),
            "expected `{expected}`, got {mistakes:#?}"
        );
    }

    /// The one warning that is expected.
    #[track_caller]
    pub(super) fn warns(&self, expected: &str) {
        let warnings = self.warnings();
        assert!(
            warnings.len() == 1 && warnings[0].contains(expected),
            "expected `{expected}`, got {warnings:#?}"
        );
    }
}

/// A role's file with one statement.
pub(super) fn role(name: &str, action: &str, resource: &str, condition: &str) -> String {
    role_with(name, "{}", "Allow", action, resource, condition)
}

pub(super) fn role_with(
    name: &str,
    trust_condition: &str,
    effect: &str,
    action: &str,
    resource: &str,
    condition: &str,
) -> String {
    let block = |condition: &str| match condition {
        "{}" => String::new(),
        condition => format!(r#", "Condition": {condition}"#),
    };
    format!(
        r#"{{
  "Arn": "arn:aws:iam::000000000000:role/{name}",
  "AssumeRolePolicyDocument": {{"Version": "2012-10-17", "Statement": [{{
    "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
    "Principal": {{"Federated": "arn:aws:iam::000000000000:oidc-provider/idp.corp.net/realm"}}{trust}
  }}]}},
  "Policies": [{{"PolicyName": "p", "PolicyDocument": {{"Version": "2012-10-17", "Statement": [{{
    "Effect": "{effect}", "Action": "{action}", "Resource": "{resource}"{own}
  }}]}}}}]
}}"#,
        trust = block(trust_condition),
        own = block(condition),
    )
}

#[test]
fn the_least_configuration_loads_without_a_warning() {
    let config = Setup::least().config();
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    assert_eq!(config.startup.limits, Limits::default());
    assert_eq!(config.startup.listen.s3, Some("127.0.0.1:1".parse().unwrap()));
    assert!(config.startup.listen.admin.is_none() && config.startup.tls.is_none());
    assert_eq!(config.live.account_id.as_str(), "000000000000");
    assert_eq!(config.live.trusted_proxies, None);
    assert_eq!(config.live.roles.len(), 1);
    let store = &config.live.stores.all()[0];
    assert_eq!(store.credentials[0].secret_key.expose(), "a-secret-of-the-store");
    assert_eq!(store.regions, [sigv4::Region::parse("us-east-1").unwrap()]);
    let KeySource::Discovery(url) = &config.live.providers[0].keys else {
        panic!("no discovery");
    };
    assert_eq!(url.to_string(), "https://idp.corp.net/realm/.well-known/openid-configuration");
}

#[test]
fn a51_no_secret_is_in_a_dump_of_the_configuration() {
    let setup = Setup::least()
        .and("users: [{ name: u, access_key: AKIA1, secret_key: { env: U }, policies: [p.json] }]\n")
        .and("admin: { bearer_token_file: token }\n")
        .variable("U", "hunter2-hunter2-hunter2")
        .file("token", "bearer-hunter2-token-0")
        .file("p.json", r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#);
    let setup = setup.with("sts: '127.0.0.1:2' }", "sts: '127.0.0.1:2', admin: '127.0.0.1:3' }");
    let dump = format!("{:?}", setup.config());
    for secret in ["hunter2", "a-secret-of-the-store", "ASNFZ4mr"] {
        assert!(!dump.contains(secret), "{secret}: {dump}");
    }
}
