//! A demo of one's own, and clients for its users.

use std::fmt::Debug;
use std::net::SocketAddr;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Credentials, ProvideCredentials};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
pub(crate) use demo::{BUCKET, User};
use demo::{Options, Running};
use tempfile::TempDir;
use testkit::check::{Service, check_response};
use testkit::client::{Response, exchange};
use testkit::logs::Secrets;
use testkit::signed::Prepared;

/// The object of bob's that alice must not reach.
pub(crate) const SECRET: &str = "bob/secret.txt";

/// A running demo. Each test has its own, and stops it.
pub(crate) struct Demo {
    running: Running,
    folder: TempDir,
}

impl Demo {
    pub(crate) async fn start() -> Self {
        let running = demo::start(Options::default()).await.expect("the demo starts");
        Self { running, folder: TempDir::new().unwrap() }
    }

    pub(crate) async fn stop(self) {
        self.running.shutdown().await;
    }

    pub(crate) fn running(&self) -> &Running {
        &self.running
    }

    /// The exports that the demo prints, as the SDK reads them from a profile: the variables
    /// themselves would be the whole process's.
    pub(crate) async fn sdk(&self, user: User, region: &str) -> SdkConfig {
        let mut profile = String::from("[default]\nservices = demo\n");
        let mut services = String::from("[services demo]\n");
        for (name, value) in self.running.variables(user) {
            match name {
                "AWS_ENDPOINT_URL_S3" => services += &format!("s3 =\n  endpoint_url = {value}\n"),
                "AWS_ENDPOINT_URL_STS" => services += &format!("sts =\n  endpoint_url = {value}\n"),
                "AWS_REGION" => profile += &format!("region = {value}\n"),
                "AWS_ROLE_ARN" => profile += &format!("role_arn = {value}\n"),
                "AWS_ROLE_SESSION_NAME" => profile += &format!("role_session_name = {value}\n"),
                "AWS_WEB_IDENTITY_TOKEN_FILE" => {
                    profile += &format!("web_identity_token_file = {value}\n");
                }
                // What AWS CLI v1 and boto3 read.
                "AWS_DEFAULT_REGION" => {}
                other => unreachable!("`{other}` is new"),
            }
        }
        let path = self.folder.path().join(user.name());
        std::fs::write(&path, profile + &services).unwrap();
        let files = EnvConfigFiles::builder().with_file(EnvConfigFileKind::Config, path).build();
        aws_config::defaults(BehaviorVersion::latest())
            .empty_test_environment()
            .profile_files(files)
            .region(Region::new(region.to_owned()))
            .load()
            .await
    }

    pub(crate) async fn s3(&self, user: User) -> Client {
        self.s3_in(user, "us-east-1").await
    }

    pub(crate) async fn s3_in(&self, user: User, region: &str) -> Client {
        Client::new(&self.sdk(user, region).await)
    }

    /// The temporary keys that the SDK gets for a user.
    pub(crate) async fn keys(&self, user: User) -> Credentials {
        let sdk = self.sdk(user, "us-east-1").await;
        let provider = sdk.credentials_provider().unwrap();
        provider.provide_credentials().await.expect("the SDK logs in")
    }

    /// The same for requests that the SDK does not make.
    pub(crate) async fn raw_keys(&self, user: User) -> testkit::signed::Credentials {
        let keys = self.keys(user).await;
        testkit::signed::Credentials::temporary(
            keys.access_key_id(),
            keys.secret_access_key(),
            keys.session_token().unwrap(),
        )
    }

    /// Where S3 is served.
    pub(crate) fn address(&self) -> SocketAddr {
        self.running.s3_url().trim_start_matches("http://").parse().unwrap()
    }

    /// Sends a request as it is and checks what must hold for every response.
    pub(crate) async fn send(&self, request: &Prepared, secrets: &Secrets) -> Response {
        let response = exchange(self.address(), &request.bytes()).await;
        check_response(Service::S3, &request.method, &response, &[], secrets);
        response
    }

    /// Bob's secret, straight from bob.
    pub(crate) async fn assert_secret_is_untouched(&self) {
        let body = get(&self.s3(User::Bob).await, SECRET).await;
        let marked = body.windows(14).any(|window| window == b"alice was here");
        assert!(!body.is_empty() && !marked, "bob's secret changed");
    }
}

/// An object's bytes.
pub(crate) async fn get(s3: &Client, key: &str) -> Vec<u8> {
    let answer = s3.get_object().bucket(BUCKET).key(key).send().await.expect("GetObject");
    answer.body.collect().await.unwrap().to_vec()
}

/// Stores an object.
pub(crate) async fn put(s3: &Client, key: &str, body: &[u8]) {
    let body = ByteStream::from(body.to_vec());
    s3.put_object().bucket(BUCKET).key(key).body(body).send().await.expect("PutObject");
}

/// The call must fail with this status and code. A HEAD has no body and so no code.
pub(crate) fn assert_fails<T: Debug, E: ProvideErrorMetadata + Debug>(
    result: Result<T, SdkError<E>>,
    status: u16,
    code: &str,
) {
    let error = result.expect_err("the call fails");
    let answer = error.raw_response().unwrap_or_else(|| unreachable!("no answer: {error:?}"));
    assert_eq!(answer.status().as_u16(), status, "{error:?}");
    if let Some(found) = error.code().filter(|found| *found != "NotFound" && *found != "Forbidden")
    {
        assert_eq!(found, code, "{error:?}");
    }
}

/// The object must not be there, as far as somebody is told who may not list the whole bucket: AWS
/// denies such a caller what is missing too.
pub(crate) async fn assert_gone(s3: &Client, key: &str) {
    assert_denied(s3.get_object().bucket(BUCKET).key(key).send().await);
    let listed = s3.list_objects_v2().bucket(BUCKET).prefix(key).send().await.unwrap();
    assert!(listed.contents().iter().all(|object| object.key() != Some(key)), "{listed:?}");
}

/// The call must be denied as AWS denies.
pub(crate) fn assert_denied<T: Debug, E: ProvideErrorMetadata + Debug>(
    result: Result<T, SdkError<E>>,
) {
    assert_fails(result, 403, "AccessDenied");
}
