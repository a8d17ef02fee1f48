//! The embedded store: S3 over a directory, on a loopback port of its own, with static keys of its
//! own. The gateway reaches it as it reaches any store, over HTTP with signed requests.

use std::fmt;
use std::path::Path;

use http::{Extensions, HeaderMap, Method, Uri};
use s3s::auth::SimpleAuth;
use s3s::dto::{CreateBucketInput, PutObjectInput, StreamingBlob};
use s3s::service::S3ServiceBuilder;
use s3s::{Body, S3, S3Request};
use s3s_fs::FileSystem;

use crate::serve::Server;
use crate::{StartError, files, random};

/// The one bucket that is there from the start.
pub const BUCKET: &str = "demo";

/// What the bucket holds at first: key, content type, text.
const OBJECTS: [(&str, &str, &str); 6] = [
    ("alice/hello.txt", "text/plain", include_str!("objects/alice/hello.txt")),
    ("alice/policy.txt", "text/plain", include_str!("objects/alice/policy.txt")),
    ("alice/reports/rainfall.csv", "text/csv", include_str!("objects/alice/reports/rainfall.csv")),
    ("bob/hello.txt", "text/plain", include_str!("objects/bob/hello.txt")),
    ("bob/reports/harvest.csv", "text/csv", include_str!("objects/bob/reports/harvest.csv")),
    ("bob/secret.txt", "text/plain", include_str!("objects/bob/secret.txt")),
];

/// The static keys of the embedded store, made anew at every start. Only the gateway needs them;
/// tests use them to look at the store behind the gateway's back.
#[derive(Clone)]
pub struct StoreKeys {
    /// The access key id.
    pub access_key: String,
    /// The secret access key.
    pub secret_key: String,
}

impl fmt::Debug for StoreKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreKeys").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// The running store.
pub(crate) struct Store {
    server: Server,
    keys: StoreKeys,
}

impl Store {
    /// Serves the directory `root`, which is made and filled if it is new. One that has the bucket
    /// already is left as it is.
    pub(crate) async fn start(root: &Path) -> Result<Self, StartError> {
        files::make_directory(root)?;
        let files =
            FileSystem::new(root).map_err(|error| StartError::Store(format!("{error:?}")))?;
        if !root.join(BUCKET).exists() {
            fill(&files).await?;
        }
        let keys =
            StoreKeys { access_key: random::access_key()?, secret_key: random::secret_key()? };
        let mut service = S3ServiceBuilder::new(files);
        service
            .set_auth(SimpleAuth::from_single(keys.access_key.as_str(), keys.secret_key.as_str()));
        let server = Server::start(Server::listen().await?, service.build())?;
        Ok(Self { server, keys })
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    pub(crate) fn keys(&self) -> &StoreKeys {
        &self.keys
    }

    pub(crate) async fn stop(self) {
        self.server.stop().await;
    }
}

/// Puts the first objects through the store's own code, so that they have a content type and an
/// ETag like any upload.
async fn fill(files: &FileSystem) -> Result<(), StartError> {
    let failed = |error: String| StartError::Store(error);
    let bucket = CreateBucketInput::builder().bucket(BUCKET.to_owned()).build();
    let bucket = bucket.map_err(|error| failed(error.to_string()))?;
    files.create_bucket(request(bucket)).await.map_err(|error| failed(error.to_string()))?;
    for (key, content_type, text) in OBJECTS {
        let object = PutObjectInput::builder()
            .bucket(BUCKET.to_owned())
            .key(key.to_owned())
            .content_type(Some(content_type.to_owned()))
            .body(Some(StreamingBlob::from(Body::from(text.to_owned()))))
            .build()
            .map_err(|error| failed(error.to_string()))?;
        files.put_object(request(object)).await.map_err(|error| failed(error.to_string()))?;
    }
    Ok(())
}

/// A call of the store from inside the process, as if nobody had sent it.
fn request<T>(input: T) -> S3Request<T> {
    S3Request {
        input,
        method: Method::PUT,
        uri: Uri::default(),
        headers: HeaderMap::new(),
        extensions: Extensions::new(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}

#[cfg(test)]
mod tests;
