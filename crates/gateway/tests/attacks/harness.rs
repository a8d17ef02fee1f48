//! A gateway with a store and an identity provider around it, and what "refused" means.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::Duration;

use gateway::serve::Gateway;
use gateway::server::Serves;
use serde_json::Value;
use testkit::check::{Service, check_response};
use testkit::client::{Connection, Response};
use testkit::issuer::FakeIssuer;
use testkit::logs::{Log, Secrets};
use testkit::server::{Arrival, Request};
use testkit::signed::{Credentials, Prepared, SignedRequest, encode};
use testkit::store::FakeStore;
use tracing::subscriber::DefaultGuard;

pub(crate) use crate::plan::{DATA_HOST, HOST, OTHER_RING, Plan, RING, ROLE, allow, policy};
use crate::plan::{
    FENCE_ACCESS, FENCE_SECRET, LOADER_ACCESS, LOADER_SECRET, STORE_ACCESS, STORE_SECRET,
};

/// Response headers that stores may send and that the list of the testkit does not have.
const MORE_HEADERS: &[&str] = &["vary", "x-amz-object-size", "x-amz-tagging-count"];
/// What the answers to requests with an `Origin` may say, and no others.
const HEADERS_FOR_PAGES: &[&str] = &[
    "vary",
    "access-control-allow-origin",
    "access-control-allow-methods",
    "access-control-max-age",
];

impl Plan {
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
        if String::from_utf8_lossy(bytes).to_ascii_lowercase().contains("\norigin:") {
            self.check_headers(method, &response, HEADERS_FOR_PAGES);
        } else {
            self.check(method, &response);
        }
        response
    }

    /// Sends bytes that may be no HTTP at all: the answer may then have neither document nor id.
    pub(crate) async fn send_bytes_loosely(&self, bytes: &[u8]) -> Response {
        testkit::client::exchange(self.s3, bytes).await
    }

    /// What must hold for every response.
    pub(crate) fn check(&self, method: &str, response: &Response) -> String {
        self.check_headers(method, response, MORE_HEADERS)
    }

    fn check_headers(&self, method: &str, response: &Response, more: &[&str]) -> String {
        check_response(Service::S3, method, response, more, &self.shown.borrow())
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
