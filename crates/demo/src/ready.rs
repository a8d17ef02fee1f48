//! The last step of the start: alice's way through the whole demo, so that what is printed is known
//! to work.

use std::net::SocketAddr;
use std::path::Path;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use sigv4::{
    AccessKeyId, EMPTY_SHA256, Payload, Region, SecretKey, Service, SessionToken, Signer, Timestamp,
};

use crate::client::{Client, ClientError};
use crate::configuration::{USER_ROLE, role_arn};
use crate::store::BUCKET;
use crate::{StartError, User, clock};

/// Where the gateway answers, seen from outside.
pub(crate) struct Gateway<'a> {
    pub(crate) s3: SocketAddr,
    pub(crate) sts: SocketAddr,
    pub(crate) ca_bundle: Option<&'a Path>,
    pub(crate) region: &'a str,
}

/// Exchanges `token`, which is alice's, for keys, and lists her prefix with them: issuer, STS,
/// gateway and store take part.
pub(crate) async fn check(gateway: &Gateway<'_>, token: &str) -> Result<(), StartError> {
    let user = User::Alice;
    let not_ready =
        |what| move |why: ClientError| StartError::NotReady { what, why: why.to_string() };
    let keys = gateway.log_in(USER_ROLE, user, token).await.map_err(not_ready("STS"))?;
    let query = format!("list-type=2&max-keys=1&prefix={user}%2F");
    let listing = gateway.get(&keys, &format!("/{BUCKET}"), &query).await;
    let listing = listing.map_err(not_ready("S3"))?;
    if listing.status() != StatusCode::OK {
        return Err(not_ready("S3")(describe(&listing).into()));
    }
    Ok(())
}

impl Gateway<'_> {
    /// Exchanges an ID token for temporary keys (`AssumeRoleWithWebIdentity`).
    pub(crate) async fn log_in(
        &self,
        role: &str,
        user: User,
        token: &str,
    ) -> Result<Signer, ClientError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "AssumeRoleWithWebIdentity")
            .append_pair("Version", "2011-06-15")
            .append_pair("RoleArn", &role_arn(role))
            .append_pair("RoleSessionName", user.name())
            .append_pair("WebIdentityToken", token)
            .finish();
        let request = Request::post("/")
            .header(header::HOST, self.sts.to_string())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::from(form))?;
        let answer = Client::new(self.sts, self.ca_bundle)?.send(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(describe(&answer).into());
        }
        // Not described any more: this body holds keys.
        let body = String::from_utf8(answer.into_body().into())?;
        let element = |name: &str| text_of(&body, name).ok_or(format!("no `{name}` in its answer"));
        Ok(Signer {
            access_key_id: AccessKeyId::parse(&element("AccessKeyId")?)?,
            secret: SecretKey::new(element("SecretAccessKey")?),
            session_token: Some(SessionToken::parse(element("SessionToken")?)?),
            region: Region::parse(self.region)?,
            service: Service::S3,
        })
    }

    /// A signed GET. `path` and `query` are encoded as they will be sent.
    pub(crate) async fn get(
        &self,
        keys: &Signer,
        path: &str,
        query: &str,
    ) -> Result<Response<Bytes>, ClientError> {
        let mut request = Request::get(format!("{path}?{query}")).body(Full::default())?;
        let headers = request.headers_mut();
        headers.insert(header::HOST, HeaderValue::from_str(&self.s3.to_string())?);
        let now = Timestamp::from_unix(i64::try_from(clock::unix_now())?);
        let empty = Payload::Hash(EMPTY_SHA256);
        keys.sign(&Method::GET, path, query, headers, &empty, now, None)?;
        Client::new(self.s3, self.ca_bundle)?.send(request).await
    }
}

/// An answer that was not expected, for a message.
fn describe(answer: &Response<Bytes>) -> String {
    format!("{}: {}", answer.status(), String::from_utf8_lossy(answer.body()))
}

/// The text of the first element of that name. Enough for keys, which need no escapes in XML.
fn text_of(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.to_owned())
}
