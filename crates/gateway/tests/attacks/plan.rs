//! What a gateway is started with: the usual configuration, and how a test changes it.

use std::collections::BTreeMap;
use std::path::Path;

use gateway::config::{Config, ConfigErrors, MemoryFiles, Samples, load_with};
use serde_json::{Value, json};
use testkit::issuer::FakeIssuer;
use testkit::store::FakeStore;

/// The domain of the gateway: buckets in the path.
pub(crate) const HOST: &str = "s3.example.org";
/// The host of the bucket `data`.
pub(crate) const DATA_HOST: &str = "data.s3.example.org";
/// The role of alice and bob.
pub(crate) const ROLE: &str = "arn:aws:iam::000000000000:role/people";
/// A key ring: the one that every test's gateway has unless the test says otherwise.
pub(crate) const RING: &str = "k1 active 0Th03xVIwSU0a1eUw27+FXd/2tMTzxwbJDa8aW2+pzY=\n";
/// Another deployment's key ring, with the same key id.
pub(crate) const OTHER_RING: &str = "k1 active 3KvnTHNaonMKY1RlWsF9/3rb3zxvWHh6+8lXcJgGZNY=\n";

pub(crate) const STORE_ACCESS: &str = "STOREACCESSKEY000001";
pub(crate) const STORE_SECRET: &str = "store-secret-vX2pQ8nR5tY1wZ4m";
pub(crate) const LOADER_ACCESS: &str = "AKIALOADER0000000001";
pub(crate) const LOADER_SECRET: &str = "loader-secret-kB7dF3hJ9mN2sV6x";
pub(crate) const FENCE_ACCESS: &str = "AKIAFENCE00000000001";
pub(crate) const FENCE_SECRET: &str = "fence-secret-pL4rT8wQ2zC6yM1b";

/// What a gateway is started with; a test changes it before it starts.
pub(crate) struct Plan {
    /// The configuration, as the JSON that is YAML too.
    pub(crate) config: Value,
    /// The role of alice and bob, as in its file.
    pub(crate) role: Value,
    /// Further files by their path below `/cfg`.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    /// The store.
    pub(crate) store: FakeStore,
    /// The provider.
    pub(crate) issuer: FakeIssuer,
}

/// A policy document of one statement.
pub(crate) fn allow(actions: &[&str], resources: &[&str]) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

/// A policy document.
pub(crate) fn policy(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// What everybody with the role may do: their own prefix of the bucket `data`.
pub(crate) fn own_prefix() -> Vec<Value> {
    let objects = [
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
    ];
    let mut list = allow(&["s3:ListBucket", "s3:ListBucketVersions"], &["arn:aws:s3:::data"]);
    list["Condition"] = json!({ "StringLike": { "s3:prefix": "${claims:sub}/*" } });
    vec![
        allow(&objects, &["arn:aws:s3:::data/${claims:sub}/*"]),
        list,
        allow(&["s3:ListAllMyBuckets"], &["*"]),
        allow(&["s3:GetBucketLocation"], &["arn:aws:s3:::data"]),
    ]
}

impl Plan {
    /// One store, one provider, one role, one static user who may do everything.
    pub(crate) fn new() -> Self {
        Self::around(FakeStore::start(), FakeIssuer::start())
    }

    /// The same around a store and a provider of the test's.
    pub(crate) fn around(store: FakeStore, issuer: FakeIssuer) -> Self {
        let config = json!({
            "account_id": "000000000000",
            "listen": { "s3": "127.0.0.1:0", "sts": "127.0.0.1:0" },
            "domains": [HOST, "eu.s3.example.org", "127.0.0.1"],
            "keys": { "file": "keys.ring" },
            "stores": [{
                "name": "main",
                "endpoint": store.url(),
                "region": "store-region",
                "default": true,
                "key_rules": [],
                // The store of the tests can be asked for everything.
                "refused_operations": [],
                "credentials": [{
                    "name": "main",
                    "access_key": STORE_ACCESS,
                    "secret_key": { "file": "store.secret" },
                }],
            }],
            "providers": [{
                "issuer": issuer.issuer(),
                "audiences": [testkit::issuer::AUDIENCE],
                "claims": { "team": {}, "groups": { "keep": ["s3-*"] } },
            }],
            "roles": "roles",
            "users": [{
                "name": "loader",
                "access_key": LOADER_ACCESS,
                "secret_key": { "file": "loader.secret" },
                "policies": ["loader.json"],
            }, {
                "name": "fence",
                "access_key": FENCE_ACCESS,
                "secret_key": { "file": "fence.secret" },
                "policies": ["fence.json"],
            }],
        });
        let arn = format!("arn:aws:iam::000000000000:oidc-provider/{}", issuer.arn_part());
        let audience = json!({ format!("{}:aud", issuer.arn_part()): testkit::issuer::AUDIENCE });
        let role = json!({
            "Arn": ROLE,
            "MaxSessionDuration": 43200,
            "AssumeRolePolicyDocument": policy(&[json!({
                "Effect": "Allow",
                "Principal": { "Federated": arn },
                "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
                "Condition": { "StringEquals": audience },
            })]),
            "Policies": [{ "PolicyName": "own-prefix", "PolicyDocument": policy(&own_prefix()) }],
        });
        Self { config, role, files: Vec::new(), store, issuer }
    }

    /// With these statements as the role's only policy.
    pub(crate) fn with_policy(mut self, statements: &[Value]) -> Self {
        self.role["Policies"] =
            json!([{ "PolicyName": "own-prefix", "PolicyDocument": policy(statements) }]);
        self
    }

    /// With these statements as the static user's only policy.
    pub(crate) fn with_user_policy(self, statements: &[Value]) -> Self {
        self.with_file("loader.json", policy(statements).to_string())
    }

    /// With a change to the configuration.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.config);
        self
    }

    /// With another store beside the first, like it but for its buckets; the region `there` means it.
    pub(crate) fn with_second_store(self, store: &FakeStore, buckets: &[&str]) -> Self {
        let mut second = self.config["stores"][0].clone();
        second["name"] = "second".into();
        second["endpoint"] = store.url().into();
        second["default"] = false.into();
        second["regions"] = json!(["there"]);
        second["buckets"] = json!(buckets);
        self.with(|config| config["stores"].as_array_mut().unwrap().push(second))
    }

    /// With a further file, or another content of one.
    pub(crate) fn with_file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.to_owned(), content.into()));
        self
    }

    /// Reads the configuration.
    pub(crate) fn load(&self) -> Result<Config, ConfigErrors> {
        self.load_with(&self.role.to_string())
    }

    /// Reads the configuration with this exact text as the role's file.
    pub(crate) fn load_with(&self, role: &str) -> Result<Config, ConfigErrors> {
        let full = policy(&[allow(&["s3:*"], &["*"])]).to_string();
        let fence = policy(&[allow(&["s3:*"], &["arn:aws:s3:::fence*"])]).to_string();
        let mut files = MemoryFiles::default()
            .with("/cfg/keys.ring", RING)
            .with("/cfg/store.secret", STORE_SECRET)
            .with("/cfg/loader.secret", LOADER_SECRET)
            .with("/cfg/loader.json", full)
            .with("/cfg/fence.secret", FENCE_SECRET)
            .with("/cfg/fence.json", fence)
            .with("/cfg/roles/people.json", role);
        for (path, content) in &self.files {
            files = files.with(Path::new("/cfg").join(path), content.clone());
        }
        let text = self.config.to_string();
        load_with(&text, &BTreeMap::new(), Path::new("/cfg"), &files, Samples::Accept)
    }

    /// Writes everything into a folder, as an operator would have it.
    pub(crate) fn write(&self, folder: &Path) {
        let mut config = self.config.clone();
        config["listen"]["admin"] = json!("127.0.0.1:0");
        let full = policy(&[allow(&["s3:*"], &["*"])]).to_string();
        let fence = policy(&[allow(&["s3:*"], &["arn:aws:s3:::fence*"])]).to_string();
        let files: Vec<(&str, Vec<u8>)> = vec![
            ("fakes3pp.yaml", config.to_string().into()),
            ("keys.ring", RING.into()),
            ("store.secret", STORE_SECRET.into()),
            ("loader.secret", LOADER_SECRET.into()),
            ("loader.json", full.into()),
            ("fence.secret", FENCE_SECRET.into()),
            ("fence.json", fence.into()),
            ("roles/people.json", self.role.to_string().into()),
        ];
        let more = self.files.iter().map(|(path, content)| (path.as_str(), content.clone()));
        for (path, content) in files.into_iter().chain(more) {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
    }

    /// What `load` complains about.
    pub(crate) fn complaint(&self) -> String {
        self.load().err().map(|errors| errors.to_string()).unwrap_or_default()
    }
}
