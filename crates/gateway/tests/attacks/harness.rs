//! A gateway with a store and an identity provider around it, and what "refused" means.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use gateway::config::{Config, ConfigErrors, MemoryFiles, Samples, load_with};
use gateway::serve::Gateway;
use gateway::server::Serves;
use serde_json::{Value, json};
use testkit::check::{Service, check_response};
use testkit::client::{Connection, Response};
use testkit::issuer::FakeIssuer;
use testkit::logs::{Log, Secrets};
use testkit::server::{Arrival, Request};
use testkit::signed::{Credentials, Prepared, SignedRequest, encode};
use testkit::store::FakeStore;
use tracing::subscriber::DefaultGuard;

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

const STORE_ACCESS: &str = "STOREACCESSKEY000001";
const STORE_SECRET: &str = "store-secret-vX2pQ8nR5tY1wZ4m";
const LOADER_ACCESS: &str = "AKIALOADER0000000001";
const LOADER_SECRET: &str = "loader-secret-kB7dF3hJ9mN2sV6x";
const FENCE_ACCESS: &str = "AKIAFENCE00000000001";
const FENCE_SECRET: &str = "fence-secret-pL4rT8wQ2zC6yM1b";

/// Response headers that stores may send and that the list of the testkit does not have.
const MORE_HEADERS: &[&str] = &["vary", "x-amz-object-size", "x-amz-tagging-count"];

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

    /// What `load` complains about.
    pub(crate) fn complaint(&self) -> String {
        self.load().err().map(|errors| errors.to_string()).unwrap_or_default()
    }

    /// Starts the gateway.
    pub(crate) async fn start(self) -> World {
        let config = self.load().unwrap_or_else(|errors| panic!("{errors}"));
        let (access, trace) = (Log::default(), Log::default());
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(trace.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let gateway = Gateway::start(config, access.clone()).await.unwrap();
        let (store, issuer) = (self.store, self.issuer);
        let s3 = gateway.address(Serves::S3).unwrap();
        let sts = gateway.address(Serves::Sts).unwrap_or(s3);
        let admin = gateway.address(Serves::Admin);
        let ours = Secrets::new()
            .with("the store's access key", STORE_ACCESS)
            .with("the store's secret key", STORE_SECRET)
            .with("the static user's secret key", LOADER_SECRET)
            .with("the other static user's secret key", FENCE_SECRET)
            .with("the ring's key", RING.split(' ').nth(2).unwrap().trim());
        let (logged, shown) = (RefCell::new(ours.clone()), RefCell::new(ours));
        let loader = Credentials::new(LOADER_ACCESS, LOADER_SECRET);
        let fence = Credentials::new(FENCE_ACCESS, FENCE_SECRET);
        World {
            gateway: Some(gateway),
            s3,
            sts,
            admin,
            store,
            issuer,
            access,
            trace,
            loader,
            fence,
            logged,
            shown,
            _guard: guard,
        }
    }
}

/// A running gateway and its surroundings. What it logged is searched for secrets in the end.
pub(crate) struct World {
    gateway: Option<Gateway>,
    pub(crate) s3: SocketAddr,
    pub(crate) sts: SocketAddr,
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) store: FakeStore,
    pub(crate) issuer: FakeIssuer,
    /// The access log.
    pub(crate) access: Log,
    /// Everything that goes through `tracing`, at every level.
    pub(crate) trace: Log,
    /// The static user, who may do everything.
    pub(crate) loader: Credentials,
    fence: Credentials,
    logged: RefCell<Secrets>,
    shown: RefCell<Secrets>,
    _guard: DefaultGuard,
}

impl World {
    /// The usual one.
    pub(crate) async fn start() -> Self {
        Plan::new().start().await
    }

    /// The usual one, and alice's keys.
    pub(crate) async fn with_alice() -> (Self, Credentials) {
        let world = Self::start().await;
        let alice = world.login("alice").await;
        (world, alice)
    }

    /// Logs in at the STS.
    pub(crate) async fn login(&self, subject: &str) -> Credentials {
        self.login_with(&self.issuer.token(subject)).await
    }

    /// Logs in with a token.
    pub(crate) async fn login_with(&self, token: &str) -> Credentials {
        let response = self.assume(token).await;
        assert_eq!(response.status, 200, "{}", response.text());
        let part = |name: &str| response.xml(name).unwrap().to_owned();
        let keys = Credentials::temporary(
            &part("AccessKeyId"),
            &part("SecretAccessKey"),
            &part("SessionToken"),
        );
        self.keep_secret("a session's secret key", &keys.secret_key);
        self.logged.borrow_mut().add("a session token", keys.session_token.as_ref().unwrap());
        keys
    }

    /// Asks for the usual role.
    pub(crate) async fn assume(&self, token: &str) -> Response {
        self.sts_form(&login_form(token, "tests")).await
    }

    /// Posts a form to the STS.
    pub(crate) async fn sts_form(&self, form: &str) -> Response {
        let mut connection = Connection::open(self.sts).await;
        connection.send(&sts_post(form)).await;
        let response = connection.response("POST").await;
        check_response(Service::Sts, "POST", &response, &[], &self.shown.borrow());
        response
    }

    /// An STS call that must fail, with that code and a line in the log.
    pub(crate) async fn sts_refused(&self, form: &str, status: u16, code: &str) -> Response {
        let response = self.sts_form(form).await;
        assert_eq!((response.status, response.code()), (status, Some(code)), "{}", response.text());
        let line = self.line(response.header("x-amzn-requestid").unwrap()).await;
        assert_eq!(line["error"], code, "{line}");
        assert!(line["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{line}");
        response
    }

    /// A login that must fail.
    pub(crate) async fn login_refused(&self, token: &str, status: u16, code: &str) -> Response {
        self.sts_refused(&login_form(token, "tests"), status, code).await
    }

    /// Something that no log and no answer may show from now on.
    pub(crate) fn keep_secret(&self, name: &str, value: &str) {
        self.logged.borrow_mut().add(name, value);
        self.shown.borrow_mut().add(name, value);
    }

    /// Something that no log may show from now on; the client's own answer may.
    pub(crate) fn keep_out_of_logs(&self, name: &str, value: &str) {
        self.logged.borrow_mut().add(name, value);
    }

    /// Fails if a text shows a secret of the gateway, or of a client.
    pub(crate) fn assert_no_secret(&self, place: &str, text: &str) {
        self.logged.borrow().assert_absent(place, text);
    }

    /// Sends a request on a connection of its own.
    pub(crate) async fn send(&self, request: &Prepared) -> Response {
        self.send_bytes(&request.method, &request.bytes()).await
    }

    /// Sends exact bytes on a connection of their own.
    pub(crate) async fn send_bytes(&self, method: &str, bytes: &[u8]) -> Response {
        let mut connection = Connection::open(self.s3).await;
        connection.send(bytes).await;
        let response = connection.response(method).await;
        self.check(method, &response);
        response
    }

    /// Sends bytes that may be no HTTP at all: the answer may then have neither document nor id.
    pub(crate) async fn send_bytes_loosely(&self, bytes: &[u8]) -> Response {
        testkit::client::exchange(self.s3, bytes).await
    }

    /// What must hold for every response.
    pub(crate) fn check(&self, method: &str, response: &Response) -> String {
        check_response(Service::S3, method, response, MORE_HEADERS, &self.shown.borrow())
    }

    /// Sends a request that must succeed, and gives what the store got of it.
    pub(crate) async fn passed(&self, request: &Prepared) -> (Response, Request) {
        let before = self.store.requests().len();
        let response = self.send(request).await;
        let text = String::from_utf8_lossy(&response.body);
        assert!(response.status < 300, "{} {text}\n{request:?}", response.status);
        let arrived = self.store.wait_for_requests(before + 1).await;
        assert_eq!(arrived.len(), before + 1, "more than one request at the store");
        (response, arrived[before].clone())
    }

    /// Sends a request that must be refused with that status and code.
    pub(crate) async fn refused(&self, request: &Prepared, status: u16, code: &str) -> Response {
        let before = self.store.requests().len();
        let response = self.send(request).await;
        self.is_refusal(&request.method, &response, status, code).await;
        self.untouched_since(before).await;
        response
    }

    /// The same with AWS's most frequent answer.
    pub(crate) async fn denied(&self, request: &Prepared) -> Response {
        self.refused(request, 403, "AccessDenied").await
    }

    /// Sends exact bytes that must be refused.
    pub(crate) async fn bytes_refused(&self, bytes: &[u8], status: u16, code: &str) -> Response {
        let before = self.store.requests().len();
        let end = bytes.iter().position(|byte| *byte == b' ').unwrap();
        let method = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let response = self.send_bytes(&method, bytes).await;
        self.is_refusal(&method, &response, status, code).await;
        self.untouched_since(before).await;
        response
    }

    /// Whether a response is that refusal, and logged as such.
    pub(crate) async fn is_refusal(
        &self,
        method: &str,
        response: &Response,
        status: u16,
        code: &str,
    ) {
        let text = String::from_utf8_lossy(&response.body);
        assert_eq!(response.status, status, "{text}");
        if method == "HEAD" {
            assert!(response.body.is_empty(), "{text}");
        } else {
            assert_eq!(response.code(), Some(code), "{text}");
        }
        let line = self.line(response.header("x-amz-request-id").unwrap()).await;
        assert_eq!(line["error"], code, "{line}");
        assert_eq!(line["status"], status, "{line}");
        assert!(line["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{line}");
    }

    /// Whether no store could have acted on anything since there were `before` requests: nothing
    /// arrived, or what arrived was cut short.
    pub(crate) async fn untouched_since(&self, before: usize) {
        self.nothing_but_cut_since(before).await;
        let arrived = self.since(before);
        assert!(arrived.is_empty(), "the store was asked: {:?}", lines(&arrived));
    }

    /// Whether everything that arrived since was cut short: a store keeps nothing of that.
    pub(crate) async fn nothing_but_cut_since(&self, before: usize) {
        self.fence().await;
        self.store
            .wait_until("bodies to end", |requests, _| {
                requests.iter().all(|request| request.arrival != Arrival::Arriving)
            })
            .await;
        let whole: Vec<_> = self.since(before).into_iter().filter(Request::is_whole).collect();
        assert!(whole.is_empty(), "the store had a whole request: {:?}", lines(&whole));
    }

    /// What arrived at the store since there were `before` requests, fences aside.
    pub(crate) fn since(&self, before: usize) -> Vec<Request> {
        let mut requests = self.store.requests();
        requests.drain(..before);
        requests.retain(|request| request.path() != "/fence/fence");
        requests
    }

    /// A request that passes: what was sent before it has arrived when it has.
    pub(crate) async fn fence(&self) {
        let fence = self.get("/fence/fence").sign(&self.fence);
        let arrived = |requests: &[Request]| {
            requests.iter().filter(|request| request.path() == "/fence/fence").count()
        };
        let before = arrived(&self.store.requests());
        let status = self.send(&fence).await.status;
        assert!(matches!(status, 200 | 404), "{status}");
        self.store.wait_until("the fence", |requests, _| arrived(requests) > before).await;
    }

    /// The line of the access log with that request id.
    pub(crate) async fn line(&self, request_id: &str) -> Value {
        serde_json::from_str(&self.access.wait_for(request_id).await).unwrap()
    }

    /// The lines of the access log that hold a text, once there are that many.
    pub(crate) async fn lines(&self, text: &str, count: usize) -> Vec<String> {
        let found = async {
            loop {
                let lines = self.access.lines_with(text);
                if lines.len() >= count {
                    return lines;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(testkit::PATIENCE, found).await.expect("more lines")
    }

    /// The line of a response.
    pub(crate) async fn line_of(&self, response: &Response) -> Value {
        self.line(response.header("x-amz-request-id").unwrap()).await
    }

    /// A GET of path and query.
    pub(crate) fn get(&self, target: &str) -> SignedRequest {
        request("GET", target)
    }

    /// Ends the gateway in order.
    pub(crate) async fn stop(&mut self) {
        if let Some(gateway) = self.gateway.take() {
            gateway.shutdown().await;
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let secrets = self.logged.borrow();
            secrets.assert_absent("the access log", &self.access.text());
            secrets.assert_absent("the log", &self.trace.text());
        }
    }
}

/// A request to the gateway's own host.
pub(crate) fn request(method: &str, target: &str) -> SignedRequest {
    SignedRequest::new(method, target).host(HOST)
}

/// A call that logs in to the usual role.
pub(crate) fn login_form(token: &str, session: &str) -> String {
    format!(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}\
         &WebIdentityToken={}",
        encode(ROLE.as_bytes()),
        encode(session.as_bytes()),
        encode(token.as_bytes()),
    )
}

/// A form for the STS.
pub(crate) fn sts_post(form: &str) -> Vec<u8> {
    format!(
        "POST / HTTP/1.1\r\nhost: sts.example.org\r\ncontent-type: \
         application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    )
    .into_bytes()
}

/// Bytes that are not all the same, so that no mix-up goes unseen.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

/// Requests in short, for messages.
pub(crate) fn lines(requests: &[Request]) -> Vec<String> {
    let line = |r: &Request| format!("{} {} ({:?})", r.method, r.target, r.arrival);
    requests.iter().map(line).collect()
}
