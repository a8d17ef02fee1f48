//! A configuration that changes while the gateway runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use gateway::reload::{Asker, Origin};
use gateway::serve::Gateway;
use gateway::server::Serves;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::client::{Connection, Response};
use testkit::issuer::FakeIssuer;
use testkit::logs::Log;
use testkit::signed::{Credentials, Prepared};
use testkit::store::FakeStore;

use crate::harness::{HOST, Plan, allow, login_form, policy, request, sts_post};
use crate::plan::{LOADER_ACCESS, LOADER_SECRET};

/// A gateway that follows the files of a folder.
pub(crate) struct Followed {
    pub(crate) gateway: Gateway,
    pub(crate) asker: Asker,
    folder: TempDir,
    pub(crate) plan: Plan,
    /// The access log.
    pub(crate) access: Log,
}

impl Followed {
    pub(crate) async fn start(plan: Plan, watch: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let plan = plan.with(|config| {
            // Without events, and with an interval that never comes, only whoever asks is answered.
            config["reload"] = json!({ "watch": watch, "interval": "1h" });
        });
        plan.write(folder.path());
        Self::start_in(folder, plan).await
    }

    async fn start_in(folder: TempDir, plan: Plan) -> Self {
        let path = folder.path().join("fakes3pp.yaml");
        let origin = Origin { path, environment: BTreeMap::new() };
        let (config, seen) = origin.load();
        let config = config.unwrap_or_else(|errors| panic!("{errors}"));
        let access = Log::default();
        let gateway = Gateway::start(config, access.clone()).await.unwrap();
        let asker = gateway.follow(origin, seen);
        plan.store.put("/data/alice/a", b"a", &[]);
        Self { gateway, asker, folder, plan, access }
    }

    pub(crate) fn loader(&self) -> Credentials {
        Credentials::new(LOADER_ACCESS, LOADER_SECRET)
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Writes the configuration with a change.
    pub(crate) fn configure(&self, change: impl FnOnce(&mut Value)) {
        let text = std::fs::read_to_string(self.path("fakes3pp.yaml")).unwrap();
        let mut config = serde_json::from_str(&text).unwrap();
        change(&mut config);
        self.write("fakes3pp.yaml", &config.to_string());
    }

    /// The same, and reloads.
    pub(crate) async fn change(&self, change: impl FnOnce(&mut Value)) -> Value {
        self.configure(change);
        self.reload().await
    }

    /// Reloads what must be good.
    pub(crate) async fn reload(&self) -> Value {
        let before = self.report().await["generation"].as_u64().unwrap();
        self.asker.ask();
        self.until_generation(before + 1).await
    }

    pub(crate) async fn admin(&self, path: &str) -> Response {
        let mut connection = Connection::open(self.gateway.address(Serves::Admin).unwrap()).await;
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        connection.send(head.as_bytes()).await;
        connection.response("GET").await
    }

    pub(crate) async fn report(&self) -> Value {
        serde_json::from_slice(&self.admin("/reload").await.body).unwrap()
    }

    /// Waits until the admin listener tells what is wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let told = async {
            loop {
                let report = self.report().await;
                if wanted(&report) {
                    return report;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), told).await.expect("it never came")
    }

    pub(crate) async fn until_generation(&self, generation: u64) -> Value {
        self.until(|report| report["generation"] == generation && report["ok"] == true).await
    }

    pub(crate) async fn until_refused(&self) -> Value {
        self.until(|report| report["ok"] == false).await
    }

    pub(crate) async fn send(&self, sent: &Prepared) -> Response {
        let mut connection = Connection::open(self.gateway.address(Serves::S3).unwrap()).await;
        connection.send(&sent.bytes()).await;
        connection.response(&sent.method).await
    }

    pub(crate) async fn login(&self) -> Credentials {
        let response = self.assume(&self.plan.issuer.token("alice")).await;
        let part = |name: &str| response.xml(name).unwrap().to_owned();
        Credentials::temporary(
            &part("AccessKeyId"),
            &part("SecretAccessKey"),
            &part("SessionToken"),
        )
    }

    pub(crate) async fn assume(&self, token: &str) -> Response {
        let mut connection = Connection::open(self.gateway.address(Serves::Sts).unwrap()).await;
        connection.send(&sts_post(&login_form(token, "tests"))).await;
        connection.response("POST").await
    }

    pub(crate) async fn status(&self, keys: &Credentials) -> u16 {
        self.send(&request("GET", "/data/alice/a").sign(keys)).await.status
    }

    /// The role's file with these statements.
    pub(crate) fn role(&self, statements: &[Value]) -> String {
        let mut role = self.plan.role.clone();
        role["Policies"] =
            json!([{ "PolicyName": "own-prefix", "PolicyDocument": policy(statements) }]);
        role.to_string()
    }
}

#[tokio::test]
async fn a53_what_is_good_holds_for_the_next_request_of_an_open_connection() {
    let followed = Followed::start(Plan::new(), false).await;
    let alice = followed.login().await;
    let get = || request("GET", "/data/alice/a").host(HOST).sign(&alice);
    let mut connection = Connection::open(followed.gateway.address(Serves::S3).unwrap()).await;
    connection.send(&get().bytes()).await;
    assert_eq!(connection.response("GET").await.status, 200);
    followed.write("roles/people.json", &followed.role(&[allow(&["s3:PutObject"], &["*"])]));
    followed.asker.ask();
    followed.until_generation(2).await;
    connection.send(&get().bytes()).await;
    assert_eq!(connection.response("GET").await.status, 403);
    let metrics = followed.admin("/metrics").await.text().to_owned();
    assert!(metrics.contains("fakes3pp_config_reloads_total{result=\"ok\"} 1"), "{metrics}");
    assert!(metrics.contains("fakes3pp_config_generation 2"), "{metrics}");
}

#[tokio::test]
async fn a53_what_is_broken_changes_nothing_and_is_told() {
    let followed = Followed::start(Plan::new(), false).await;
    let alice = followed.login().await;
    let good = |name: &str| std::fs::read_to_string(followed.path(name)).ok();
    let denies_nothing = json!({ "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": { "StringEquals": { "aws:SourceVpc": "x" } } });
    let misspelt = json!({ "Effect": "Deny", "Action": "s3:GetObjekt", "Resource": "*" });
    let github = "token.actions.githubusercontent.com";
    let shared = followed.role(&[allow(&["s3:GetObject"], &["*"])]);
    let shared = shared.replace(&followed.plan.issuer.arn_part(), github);
    let mut unexpected = json!({ "name": "reads all", "role": "people.json", "expected": "allow" });
    unexpected["request"] = json!({ "action": "s3:GetObject", "resource": "arn:aws:s3:::data/bob/x",
        "principal": "arn:aws:sts::000000000000:assumed-role/people/s" });
    let mut failures = 0;
    for (name, broken, says) in [
        ("roles/people.json", followed.role(&[misspelt]), "did you mean `s3:GetObject`"),
        ("roles/people.json", shared, "serves everybody"),
        ("roles/people.test.json", json!({ "tests": [unexpected] }).to_string(), "reads all"),
        ("roles/people.json", "{".to_owned(), "people.json"),
        ("roles/people.json", followed.role(&[denies_nothing]), "never fills"),
        ("keys.ring", "k1 active short\n".to_owned(), "key ring"),
        ("loader.json", "{}".to_owned(), "loader.json"),
        ("fakes3pp.yaml", "stores: 7\n".to_owned(), "stores"),
        ("fakes3pp.yaml", "\t:\n- {".to_owned(), ""),
    ] {
        let before = good(name);
        followed.write(name, &broken);
        followed.asker.ask();
        let report = followed.until_refused().await;
        failures += 1;
        let mistakes = report["mistakes"].to_string();
        assert!(mistakes.contains(says) && mistakes.len() > 4, "{name}: {mistakes}");
        assert_eq!(report["generation"], failures, "one more for each good one before");
        assert_eq!(followed.status(&alice).await, 200, "{name}");
        match &before {
            Some(before) => followed.write(name, before),
            None => std::fs::remove_file(followed.path(name)).unwrap(),
        }
        followed.asker.ask();
        followed.until_generation(failures + 1).await;
    }
    let metrics = followed.admin("/metrics").await.text().to_owned();
    let counted = format!("fakes3pp_config_reloads_total{{result=\"failed\"}} {failures}");
    assert!(metrics.contains(&counted), "{metrics}");
}

#[tokio::test]
async fn a53_stores_come_change_and_go() {
    let open = [allow(&["s3:*"], &["*"])];
    let followed = Followed::start(Plan::new().with_policy(&open), false).await;
    let alice = followed.login().await;
    let get = || request("GET", "/far/k").sign(&alice);
    let (far, farther) = (FakeStore::start(), FakeStore::start());
    assert_eq!(followed.send(&get()).await.status, 404, "the one store does not have it");
    for store in [&far, &farther] {
        store.put("/far/k", store.url().as_bytes(), &[]);
    }
    followed
        .change(|config| {
            let mut second = config["stores"][0].clone();
            second["name"] = json!("far");
            second["default"] = json!(false);
            second["regions"] = json!(["there"]);
            second["buckets"] = json!(["far"]);
            second["endpoint"] = json!(far.url());
            config["stores"].as_array_mut().unwrap().push(second);
        })
        .await;
    assert_eq!(followed.send(&get()).await.text(), far.url());
    followed.change(|config| config["stores"][1]["endpoint"] = json!(farther.url())).await;
    assert_eq!(followed.send(&get()).await.text(), farther.url());
    followed.change(|config| config["stores"].as_array_mut().unwrap().truncate(1)).await;
    assert_eq!(followed.send(&get()).await.status, 404);
    assert_eq!(followed.status(&alice).await, 200, "and nobody else noticed");
}

#[tokio::test]
async fn a53_providers_come_and_go() {
    let followed = Followed::start(Plan::new(), false).await;
    let second = FakeIssuer::start();
    let token = || second.token("alice");
    assert_eq!(followed.assume(&token()).await.status, 400);
    let first = followed.plan.role.to_string();
    let role = first.replace(&followed.plan.issuer.arn_part(), &second.arn_part());
    followed.write("roles/guests.json", &role.replace("role/people", "role/guests"));
    followed
        .change(|config| {
            let mut provider = config["providers"][0].clone();
            provider["issuer"] = json!(second.issuer());
            config["providers"].as_array_mut().unwrap().push(provider);
        })
        .await;
    let form = login_form(&token(), "guest").replace("people", "guests");
    let login = async || {
        let address = followed.gateway.address(Serves::Sts).unwrap();
        let mut connection = Connection::open(address).await;
        connection.send(&sts_post(&form)).await;
        connection.response("POST").await.status
    };
    assert_eq!(login().await, 200);
    assert_eq!(followed.assume(&followed.plan.issuer.token("alice")).await.status, 200);
    std::fs::remove_file(followed.path("roles/guests.json")).unwrap();
    followed.change(|config| config["providers"].as_array_mut().unwrap().truncate(1)).await;
    assert_eq!(login().await, 400);
}

#[tokio::test]
async fn a53_a_removed_role_stops_at_once() {
    let followed = Followed::start(Plan::new(), false).await;
    let alice = followed.login().await;
    assert_eq!(followed.status(&alice).await, 200);
    std::fs::remove_file(followed.path("roles/people.json")).unwrap();
    followed.asker.ask();
    followed.until_generation(2).await;
    assert_eq!(followed.status(&alice).await, 400);
    // A folder that cannot be read is not an empty one.
    std::fs::remove_dir(followed.path("roles")).unwrap();
    followed.asker.ask();
    followed.until_refused().await;
}

#[tokio::test]
async fn a53_files_that_change_are_noticed() {
    let followed = Followed::start(Plan::new(), true).await;
    let alice = followed.login().await;
    // As an editor saves: another file, renamed over the old one.
    let text = followed.role(&[allow(&["s3:PutObject"], &["*"])]);
    followed.write("roles/.people.json.swp", &text);
    std::fs::rename(followed.path("roles/.people.json.swp"), followed.path("roles/people.json"))
        .unwrap();
    followed.until_generation(2).await;
    assert_eq!(followed.status(&alice).await, 403);
}

/// Kubernetes shows a volume as links to `..data/FILE`, and swaps the link `..data`.
#[tokio::test]
async fn a53_a_volume_of_kubernetes_is_swapped_whole() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::new().with(|config| {
        config["roles"] = json!("mount");
        config["reload"] = json!({ "interval": "1h" });
    });
    plan.write(folder.path());
    let mount = folder.path().join("mount");
    let version = |name: &str, text: &str| {
        std::fs::create_dir_all(mount.join(name)).unwrap();
        std::fs::write(mount.join(name).join("people.json"), text).unwrap();
    };
    let link = |to: &str, at: &Path| std::os::unix::fs::symlink(to, at).unwrap();
    version("..1", &plan.role.to_string());
    link("..1", &mount.join("..data"));
    link("..data/people.json", &mount.join("people.json"));
    let followed = Followed::start_in(folder, plan).await;
    let alice = followed.login().await;
    assert_eq!(followed.status(&alice).await, 200);
    version("..2", &followed.role(&[allow(&["s3:PutObject"], &["*"])]));
    link("..2", &mount.join("..tmp"));
    std::fs::rename(mount.join("..tmp"), mount.join("..data")).unwrap();
    followed.until_generation(2).await;
    assert_eq!(followed.status(&alice).await, 403);
}

#[tokio::test]
async fn a53_no_request_is_lost_while_reloading() {
    let followed = Followed::start(Plan::new(), false).await;
    let alice = followed.login().await;
    let asker = followed.asker.clone();
    let reloads = async {
        for _ in 0..200 {
            asker.ask();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let requests = async {
        for _ in 0..200 {
            assert_eq!(followed.status(&alice).await, 200);
        }
    };
    tokio::join!(reloads, requests);
    let report = followed.report().await;
    assert!(report["generation"].as_u64().unwrap() > 5, "{report}");
    // The connections to the store were kept: one for each that was open at a time.
    assert!(
        followed.plan.store.connections().len() < 20,
        "{}",
        followed.plan.store.connections().len()
    );
}

#[tokio::test]
async fn a53_what_cannot_change_is_named() {
    let followed = Followed::start(Plan::new(), false).await;
    let report = followed.change(|config| config["log"] = json!({ "level": "debug" })).await;
    assert_eq!(report["needs_restart"], json!(["log"]));
}

#[tokio::test]
async fn a51_the_admin_listener_shows_no_secret_of_a_broken_configuration() {
    let followed = Followed::start(Plan::new(), false).await;
    followed.write("keys.ring", "k1 active 0Th03xVIwSU0a1eUw27+FXd/2tMTzxwbJDa8aW2+pzY\nk1 x y\n");
    followed.asker.ask();
    let report = followed.until_refused().await.to_string();
    assert!(!report.contains("0Th03xVIwSU0a1e"), "{report}");
}
