//! CORS preflight: what a browser asks before it sends a request of another origin's page ("OPTIONS object",
//! S3 API reference; Fetch standard, "CORS-preflight fetch").
//!
//! It says nothing of who asks and needs no permission; the CORS configuration of the bucket decides, which
//! the store has. What it is forwarded with is rebuilt here.

use http::header::{HeaderMap, HeaderName, ORIGIN};
use http::{Method, header};

use crate::addressing::{HostStyle, PathError, Target, target};
use crate::code::AwsCode;
use crate::encoding::encode_path;
use crate::name::Bucket;
use crate::resolve::{Addressing, Outgoing};

/// The name that it has in logs.
pub const PREFLIGHT: &str = "OptionsPreflight";

/// Longest value of one of its headers; a list of all of S3's headers is a third of that.
const MAX_VALUE: usize = 8 * 1024;

/// A preflight for a bucket or an object.
#[derive(Debug, Clone)]
pub struct Preflight {
    bucket: Bucket,
    target: Target,
    headers: HeaderMap,
}

/// Why a preflight was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PreflightError {
    /// The path cannot be read.
    #[error(transparent)]
    Path(#[from] PathError),
    /// It is about no bucket, and so about no configuration.
    #[error("a preflight for no bucket")]
    NoBucket,
    /// A header that is missing, is there twice, or has a value that it cannot have.
    #[error("the preflight has not one valid header `{0}`")]
    Header(HeaderName),
}

impl PreflightError {
    /// The code that the client reads.
    #[must_use]
    pub fn code(&self) -> AwsCode {
        match self {
            Self::Path(error) => error.code(),
            Self::NoBucket => AwsCode::AccessForbidden,
            Self::Header(_) => AwsCode::BadRequest,
        }
    }
}

impl Preflight {
    /// Reads the head of an `OPTIONS` request. Its query, in which a presigned URL has its signature, means
    /// nothing to it.
    ///
    /// # Errors
    /// [`PreflightError`].
    pub fn parse(
        host: &HostStyle,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Self, PreflightError> {
        let target = target(host, path)?;
        let bucket = target.bucket().ok_or(PreflightError::NoBucket)?.clone();
        let mut kept = HeaderMap::new();
        for (name, is_required) in [
            (ORIGIN, true),
            (header::ACCESS_CONTROL_REQUEST_METHOD, true),
            (header::ACCESS_CONTROL_REQUEST_HEADERS, false),
        ] {
            let mut values = headers.get_all(&name).iter();
            match (values.next(), values.next()) {
                (None, _) if !is_required => {}
                (Some(value), None) if value.len() <= MAX_VALUE && value.to_str().is_ok() => {
                    kept.insert(name, value.clone());
                }
                _ => return Err(PreflightError::Header(name)),
            }
        }
        let method = kept.get(header::ACCESS_CONTROL_REQUEST_METHOD).map(|it| it.as_bytes());
        if !matches!(method, Some(b"GET" | b"HEAD" | b"PUT" | b"POST" | b"DELETE")) {
            return Err(PreflightError::Header(header::ACCESS_CONTROL_REQUEST_METHOD));
        }
        Ok(Self { bucket, target, headers: kept })
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// What it is about.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The method of the request that it is about.
    #[must_use]
    pub fn method(&self) -> Method {
        let asked = self.headers.get(header::ACCESS_CONTROL_REQUEST_METHOD);
        // One of S3's, as `parse` knows.
        asked.and_then(|method| Method::from_bytes(method.as_bytes()).ok()).unwrap_or_default()
    }

    /// The request for the store, without host.
    #[must_use]
    pub fn outgoing(&self, addressing: Addressing) -> Outgoing {
        let key = self.target.key().map(|key| encode_path(key.as_str())).unwrap_or_default();
        let path = match addressing {
            Addressing::Virtual => format!("/{key}"),
            Addressing::Path if key.is_empty() => format!("/{}", self.bucket),
            Addressing::Path => format!("/{}/{key}", self.bucket),
        };
        let headers = self.headers.clone();
        Outgoing { method: Method::OPTIONS, path, query: String::new(), headers }
    }
}

/// What a store says to a page of another origin, of its answer's headers.
#[must_use]
pub fn cors_headers(store: &HeaderMap) -> HeaderMap {
    store
        .iter()
        .filter(|(name, _)| is_cors(name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Whether a header of an answer speaks to pages of other origins.
pub(crate) fn is_cors(name: &str) -> bool {
    name.starts_with("access-control-") || name == "vary"
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: [(&str, &str); 2] =
        [("origin", "https://app.test"), ("access-control-request-method", "PUT")];

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_method_is_the_one_that_is_asked_for() {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::POST, Method::DELETE] {
            let asked = [ASKED[0], ("access-control-request-method", method.as_str())];
            let preflight = Preflight::parse(&HostStyle::Path, "/abc/k", &headers(&asked)).unwrap();
            assert_eq!(preflight.method(), method);
        }
    }

    #[test]
    fn what_is_asked_is_what_is_sent() {
        let more = [
            ("access-control-request-headers", "content-type,x-amz-date"),
            ("authorization", "secret"),
            ("x-amz-security-token", "secret"),
            ("cookie", "secret"),
        ];
        let all = headers(&[&ASKED[..], &more].concat());
        let preflight = Preflight::parse(&HostStyle::Path, "/abc/a%20b//c", &all).unwrap();
        let path = preflight.outgoing(Addressing::Path);
        assert_eq!((path.method, path.path.as_str()), (Method::OPTIONS, "/abc/a%20b//c"));
        assert_eq!(path.query, "");
        assert_eq!(path.headers, headers(&[&ASKED[..], &more[..1]].concat()));
        assert_eq!(preflight.outgoing(Addressing::Virtual).path, "/a%20b//c");
        let host = HostStyle::Virtual(Bucket::parse("abc").unwrap());
        let bucket = Preflight::parse(&host, "/", &all).unwrap();
        assert_eq!(bucket.outgoing(Addressing::Path).path, "/abc");
        assert_eq!(bucket.outgoing(Addressing::Virtual).path, "/");
    }

    #[test]
    fn what_is_no_preflight_is_refused() {
        let code = |path: &str, pairs: &[(&str, &str)]| {
            Preflight::parse(&HostStyle::Path, path, &headers(pairs)).err().map(|it| it.code())
        };
        assert_eq!(code("/abc", &ASKED), None);
        assert_eq!(code("/", &ASKED), Some(AwsCode::AccessForbidden));
        assert_eq!(code("/ABC", &ASKED), Some(AwsCode::InvalidBucketName));
        let (fitting, long) = ("x".repeat(8192), "x".repeat(8193));
        let asks = |method| ("access-control-request-method", method);
        let lists = |text| ("access-control-request-headers", text);
        assert_eq!(code("/abc", &[ASKED[0], ASKED[1], lists(fitting.as_str())]), None);
        let bad: &[&[(&str, &str)]] = &[
            &[],
            &ASKED[..1],
            &ASKED[1..],
            &[ASKED[0], ASKED[0], ASKED[1]],
            &[ASKED[0], asks("PATCH")],
            &[ASKED[0], asks("put")],
            &[ASKED[0], asks("GET"), asks("PUT")],
            &[ASKED[0], ASKED[1], lists("a"), lists("b")],
            &[ASKED[0], ASKED[1], lists(long.as_str())],
        ];
        for pairs in bad {
            assert_eq!(code("/abc", pairs), Some(AwsCode::BadRequest), "{pairs:?}");
        }
    }

    #[test]
    fn of_an_answer_only_what_speaks_to_pages_is_kept() {
        let answer = headers(&[
            ("access-control-allow-origin", "*"),
            ("access-control-max-age", "3000"),
            ("vary", "Origin"),
            ("server", "x"),
            ("set-cookie", "x"),
            ("x-amz-request-id", "x"),
        ]);
        let mut names: Vec<String> =
            cors_headers(&answer).keys().map(ToString::to_string).collect();
        names.sort();
        assert_eq!(names, ["access-control-allow-origin", "access-control-max-age", "vary"]);
    }
}
