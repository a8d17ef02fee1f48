//! HMACv1 as boto3 and the AWS CLI v1 sign with `s3`: in the query, and in the `Authorization` header.

use aws_lc_rs::hmac;
use base64::prelude::{BASE64_STANDARD, Engine};

use super::encoding::decode;
use super::{Credentials, Prepared, SignedRequest, encode};
use crate::clock::http_date;

/// The query names that are part of what HMACv1 signs (botocore's `HmacV1Auth.QSAOfInterest`).
const SIGNED_NAMES: &[&str] = &[
    "accelerate",
    "acl",
    "cors",
    "defaultObjectAcl",
    "location",
    "logging",
    "partNumber",
    "policy",
    "requestPayment",
    "torrent",
    "versioning",
    "versionId",
    "versions",
    "website",
    "uploads",
    "uploadId",
    "response-content-type",
    "response-content-language",
    "response-expires",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "delete",
    "lifecycle",
    "tagging",
    "restore",
    "storageClass",
    "notification",
    "replication",
    "analytics",
    "metrics",
    "inventory",
    "select",
    "select-type",
    "object-lock",
];

impl SignedRequest {
    /// Signs in the query with HMACv1, valid until the Unix second `expires`. Headers named `x-amz-*`,
    /// `content-type` and `content-md5` move into the query, as boto3 does.
    ///
    /// `bucket` is what a virtual-host request leaves out of its path: `""` for path style, else
    /// `"/BUCKET"`.
    #[must_use]
    pub fn presign_hmacv1(
        self,
        credentials: &Credentials,
        expires: impl ToString,
        bucket: &str,
    ) -> Prepared {
        let expires = expires.to_string();
        let token = credentials.session_token.as_ref();
        let token = token.map(|token| ("x-amz-security-token".to_owned(), token.clone()));
        let moved: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
            .chain(token)
            .filter(|(name, _)| hoisted(name))
            .collect();
        let to_sign = self.to_sign(&moved, &expires, bucket);
        let signature = signature(credentials, &to_sign);

        let mut query = self.query.clone();
        let mut add = |name: &str, value: &str| {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(&format!("{name}={}", encode(value.as_bytes())));
        };
        add("AWSAccessKeyId", &credentials.access_key);
        add("Signature", &signature);
        for (name, value) in &moved {
            add(name, value);
        }
        add("Expires", &expires);
        let mut headers = vec![("host".to_owned(), self.host.clone())];
        headers.extend(self.headers.iter().filter(|(name, _)| !hoisted(name)).cloned());
        let body = vec![self.body.clone()];
        self.prepared(headers, query, body, to_sign)
    }

    /// Signs in the `Authorization` header with HMACv1. The date is in `Date`, unless an `x-amz-date`
    /// is among the headers. Nothing is said about the payload. `bucket` is as in
    /// [`SignedRequest::presign_hmacv1`].
    #[must_use]
    pub fn sign_hmacv1(self, credentials: &Credentials, bucket: &str) -> Prepared {
        let mut headers = vec![("host".to_owned(), self.host.clone())];
        headers.extend(self.headers.iter().cloned());
        if let Some(token) = &credentials.session_token {
            headers.push(("x-amz-security-token".to_owned(), token.clone()));
        }
        let own_date = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-amz-date"));
        let date = if own_date { String::new() } else { http_date(self.at) };
        if !own_date {
            headers.push(("date".to_owned(), date.clone()));
        }
        let lower = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
        let to_sign = self.to_sign(&lower.collect::<Vec<_>>(), &date, bucket);
        let signature = signature(credentials, &to_sign);
        let authorization = format!("AWS {}:{signature}", credentials.access_key);
        headers.push(("authorization".to_owned(), authorization));
        self.prepared(headers, self.query.clone(), vec![self.body.clone()], to_sign)
    }

    /// The string to sign of headers with lower-case names.
    fn to_sign(&self, headers: &[(String, String)], date: &str, bucket: &str) -> String {
        let value = |wanted: &str| {
            headers.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str())
        };
        let mut amz: Vec<_> = headers
            .iter()
            .filter(|(name, _)| name.starts_with("x-amz-"))
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        amz.sort();
        format!(
            "{}\n{}\n{}\n{date}\n{}{bucket}{}{}",
            self.method,
            value("content-md5"),
            value("content-type"),
            amz.concat(),
            self.path,
            resource_query(&self.query),
        )
    }
}

fn signature(credentials: &Credentials, to_sign: &str) -> String {
    let secret = credentials.secret_key.as_bytes();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    BASE64_STANDARD.encode(hmac::sign(&key, to_sign.as_bytes()))
}

fn hoisted(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("x-amz-") || name == "content-type" || name == "content-md5"
}

/// The signed names with their decoded values, sorted.
fn resource_query(query: &str) -> String {
    let mut kept: Vec<_> = query
        .split('&')
        .filter(|pair| SIGNED_NAMES.contains(&pair.split('=').next().unwrap_or_default()))
        .map(|pair| String::from_utf8_lossy(&decode(pair)).into_owned())
        .collect();
    kept.sort();
    if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) }
}
