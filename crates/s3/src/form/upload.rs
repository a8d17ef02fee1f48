//! What a form asks for: a PutObject, and an answer that a browser can use.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, Uri};

use super::{Form, FormError};
use crate::document::Document;
use crate::encoding::encode_query;
use crate::name::{Bucket, Key};
use crate::operation::OperationKind;
use crate::resolve::shown;
use crate::tagging;
use crate::xml::Writer;

/// What is replaced in `key` by the name of the file.
const FILENAME: &str = "${filename}";

/// What the client wants to hear when the file is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Success {
    /// A status: 204, 200, or 201 with a document.
    Status(StatusCode),
    /// To be sent on, with bucket, key and entity tag added to the query.
    Redirect(Uri),
}

/// What a field is for.
enum Use {
    /// A header of the upload.
    Header(HeaderName),
    /// Read by name.
    Ours,
    /// S3 does not look at it.
    None,
}

fn purpose(name: &str) -> Result<Use, FormError> {
    const OURS: &[&str] = &[
        "awsaccesskeyid",
        "bucket",
        "key",
        "policy",
        "redirect",
        "signature",
        "success_action_redirect",
        "success_action_status",
        "tagging",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-signature",
    ];
    const HEADERS: &[&str] = &[
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-md5",
        "content-type",
        "expires",
    ];
    // They speak of how a body is sent, of a body that the form does not have, or of a condition that
    // S3 does not hold forms to: passed over, they would promise what nobody keeps.
    const NEVER: &[&str] = &[
        "if-match",
        "if-none-match",
        "x-amz-content-sha256",
        "x-amz-copy-source",
        "x-amz-decoded-content-length",
        "x-amz-te",
        "x-amz-trailer",
    ];
    if OURS.contains(&name) {
        Ok(Use::Ours)
    } else if NEVER.contains(&name) {
        Err(FormError::Unexpected(shown(name)))
    } else if name == "acl" {
        Ok(Use::Header(HeaderName::from_static("x-amz-acl")))
    } else if HEADERS.contains(&name) || name.starts_with("x-amz-") {
        HeaderName::from_bytes(name.as_bytes())
            .map(Use::Header)
            .map_err(|_| FormError::Unexpected(shown(name)))
    } else {
        Ok(Use::None)
    }
}

impl Form {
    /// Where the file goes, with the variable `${filename}` replaced.
    ///
    /// # Errors
    /// [`FormError::Missing`] without the field `key`, [`FormError::Key`] if it is none, and
    /// [`FormError::Bucket`] if the field `bucket` names another bucket than the request.
    pub fn key(&self, bucket: &Bucket) -> Result<Key, FormError> {
        if self.field("bucket").is_some_and(|named| named != bucket.as_str()) {
            return Err(FormError::Bucket);
        }
        let key = self.field("key").ok_or(FormError::Missing("key"))?;
        Ok(Key::parse(key.replace(FILENAME, &self.filename))?)
    }

    /// The headers that a PutObject would have in place of the fields, without blanks around them: on
    /// its way to the store a header loses these (RFC 9110 section 5.5), and what is judged must be what
    /// arrives.
    ///
    /// # Errors
    /// [`FormError`] for a value that no header can have, for tags that are none, and for a field that
    /// has no place in a form.
    pub fn headers(&self) -> Result<HeaderMap, FormError> {
        let mut headers = HeaderMap::new();
        for field in &self.fields {
            let Use::Header(name) = purpose(&field.name)? else { continue };
            let value = HeaderValue::from_str(field.value.trim_matches([' ', '\t']))
                .map_err(|_| FormError::Value(shown(&field.name)))?;
            // `acl` and `x-amz-acl` are one.
            if headers.insert(name, value).is_some() {
                return Err(FormError::Repeated(shown(&field.name)));
            }
        }
        if let Some(document) = self.field("tagging") {
            let value = || FormError::Value("tagging".to_owned());
            let parsed = Document::parse(OperationKind::PutObjectTagging, document.as_bytes());
            let Ok(Document::Tagging(tags)) = parsed else { return Err(value()) };
            let tags = tagging::encode(tags.tags());
            let tags = HeaderValue::from_str(&tags).map_err(|_| value())?;
            if headers.insert("x-amz-tagging", tags).is_some() {
                return Err(FormError::Repeated("tagging".to_owned()));
            }
        }
        Ok(headers)
    }

    /// What the client wants to hear. As AWS has it, what cannot be understood counts as not there.
    #[must_use]
    pub fn success(&self) -> Success {
        let redirect = self.field("success_action_redirect").or(self.field("redirect"));
        let uri = redirect.and_then(|text| text.parse::<Uri>().ok()).filter(|uri| {
            uri.authority().is_some()
                && uri.scheme().is_some_and(|it| it.as_str() == "http" || it.as_str() == "https")
        });
        match (uri, self.field("success_action_status")) {
            (Some(uri), _) => Success::Redirect(uri),
            (None, Some("200")) => Success::Status(StatusCode::OK),
            (None, Some("201")) => Success::Status(StatusCode::CREATED),
            (None, _) => Success::Status(StatusCode::NO_CONTENT),
        }
    }
}

impl Success {
    /// Where a redirect leads: `bucket`, `key` and `etag` stand behind the query that it has.
    #[must_use]
    pub fn location(&self, bucket: &Bucket, key: &Key, etag: &str) -> Option<String> {
        let Self::Redirect(uri) = self else { return None };
        let mark = if uri.query().is_some() { '&' } else { '?' };
        let (bucket, key) = (encode_query(bucket.as_str()), encode_query(key.as_str()));
        let etag = encode_query(etag);
        Some(format!("{uri}{mark}bucket={bucket}&key={key}&etag={etag}"))
    }
}

/// The document behind the status 201.
#[must_use]
pub fn posted(location: &str, bucket: &Bucket, key: &Key, etag: &str) -> String {
    let mut writer = Writer::without_namespace();
    writer.open("PostResponse");
    writer.leaf("Location", location);
    writer.leaf("Bucket", bucket.as_str());
    writer.leaf("Key", key.as_str());
    writer.leaf("ETag", etag);
    writer.close("PostResponse");
    writer.finish()
}
