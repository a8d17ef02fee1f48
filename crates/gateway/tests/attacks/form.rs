//! A form as browsers send it, signed in both ways, or in neither.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sigv4::Timestamp;
use testkit::client::Response;
use testkit::clock::now;
use testkit::signed::Credentials;

use crate::harness::{HOST, World};

/// A form, and how it is signed.
#[derive(Clone)]
pub(crate) struct Form {
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) conditions: Vec<Value>,
    pub(crate) file: Vec<u8>,
    pub(crate) expires_in: i64,
    /// Behind the file.
    pub(crate) after: Vec<(String, String)>,
    /// Behind all fields.
    pub(crate) end: &'static str,
    /// The name that the file has on the disk it comes from.
    pub(crate) filename: String,
    /// The policy, if it is not the one of the conditions.
    pub(crate) written: Option<String>,
}

impl Form {
    pub(crate) fn to(key: &str) -> Self {
        Self {
            fields: vec![("key".to_owned(), key.to_owned())],
            conditions: vec![json!({ "bucket": "data" }), json!(["starts-with", "$key", "alice/"])],
            file: b"content".to_vec(),
            expires_in: 600,
            after: Vec::new(),
            end: "--B--\r\n",
            filename: "f.txt".to_owned(),
            written: None,
        }
    }

    pub(crate) fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self.allowing(json!(["starts-with", format!("${name}"), ""]))
    }

    pub(crate) fn allowing(mut self, condition: Value) -> Self {
        self.conditions.push(condition);
        self
    }

    pub(crate) fn sign(mut self, credentials: &Credentials) -> Self {
        let at = Timestamp::from_unix(now());
        let day = &at.basic()[..8];
        let scope = format!("{day}/eu-central-1/s3/aws4_request");
        self = self
            .field("x-amz-algorithm", "AWS4-HMAC-SHA256")
            .field("x-amz-credential", &format!("{}/{scope}", credentials.access_key))
            .field("x-amz-date", &at.basic());
        if let Some(token) = &credentials.session_token {
            self = self.field("x-amz-security-token", token);
        }
        let text = self.text();
        let secret = format!("AWS4{}", credentials.secret_key).into_bytes();
        let key = scope.split('/').fold(secret, |key, part| mac(&key, part.as_bytes()));
        let signature = hex::encode(mac(&key, text.as_bytes()));
        self.fields.push(("policy".to_owned(), text));
        self.fields.push(("x-amz-signature".to_owned(), signature));
        self
    }

    /// Signs it as the older signature has it ("Browser-based uploads using POST (AWS signature version 2)").
    pub(crate) fn sign_hmacv1(mut self, credentials: &Credentials) -> Self {
        if let Some(token) = &credentials.session_token {
            self = self.field("x-amz-security-token", token);
        }
        let text = self.text();
        let key =
            hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, credentials.secret_key.as_bytes());
        let signature = STANDARD.encode(hmac::sign(&key, text.as_bytes()));
        for (name, value) in [
            ("AWSAccessKeyId", &credentials.access_key),
            ("policy", &text),
            ("signature", &signature),
        ] {
            self.fields.push((name.to_owned(), value.clone()));
        }
        self
    }

    /// The policy as it is signed.
    fn text(&self) -> String {
        self.written.as_ref().map_or_else(|| self.policy(), |text| STANDARD.encode(text))
    }

    pub(crate) fn policy(&self) -> String {
        let expiration = Timestamp::from_unix(now() + self.expires_in).rfc3339();
        STANDARD
            .encode(json!({ "expiration": expiration, "conditions": self.conditions }).to_string())
    }

    fn body(&self) -> Vec<u8> {
        let part = |(name, value): &(String, String)| {
            format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let before: String = self.fields.iter().map(part).collect();
        let after: String = self.after.iter().map(part).collect();
        let file = format!(
            "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\r\n",
            self.filename
        );
        let end = self.end.as_bytes();
        [before.as_bytes(), file.as_bytes(), &self.file, b"\r\n", after.as_bytes(), end].concat()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bytes_with("")
    }

    pub(crate) fn bytes_with(&self, headers: &str) -> Vec<u8> {
        let body = self.body();
        let head = format!(
            "POST /data HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: multipart/form-data; boundary=B\r\n\
             {headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        [head.into_bytes(), body].concat()
    }

    pub(crate) async fn post(&self, world: &World) -> Response {
        world.send_bytes("POST", &self.bytes()).await
    }

    pub(crate) async fn refused(&self, world: &World, status: u16, code: &str) -> Response {
        world.bytes_refused(&self.bytes(), status, code).await
    }
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}
