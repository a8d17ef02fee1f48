//! HMACv1 in the `Authorization` header.

use proptest::prelude::*;

use super::{SECRET, hmac, s3};
use crate::error::{PayloadError, PresentError, UnsupportedScheme, VerifyError};
use crate::hmacv1::{Dated, UNSIGNED_NAMES, string_to_sign};
use crate::payload::Payload;
use crate::presented::{Accept, Scheme};
use crate::scope::Service;
use crate::testing::{DOCS_SECRET, NOW, Request, expect, time};
use crate::verify::{Expect, Verified};

const DATE: &str = "Fri, 02 Jan 2026 03:04:05 GMT";

fn request(method: &str, path: &str, query: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::new(method, path, query, headers);
    request.set("host", "s3.gateway.test");
    request.accept = Accept { hmac_v1_header: true, ..Accept::default() };
    request
}

fn signature(key: &str, string_to_sign: &str) -> String {
    use base64::Engine as _;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    let signature = hmac::sign(&key, string_to_sign.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(signature)
}

/// Signs as a client does, who knows nothing of our checks: the string is given.
fn signed(mut request: Request, string_to_sign: &str) -> Request {
    request.set("authorization", &format!("AWS AKID:{}", signature(SECRET, string_to_sign)));
    request
}

fn get(path: &str, query: &str) -> Request {
    request("GET", path, query, &[("date", DATE)])
}

fn verified(request: &Request) -> Result<Verified, VerifyError> {
    request.verify(SECRET, &s3())
}

#[track_caller]
fn holds(request: &Request) -> Verified {
    verified(request).unwrap_or_else(|error| panic!("{error:?} {request:?}"))
}

#[track_caller]
fn mismatches(request: &Request) {
    assert!(matches!(verified(request), Err(VerifyError::Mismatch(_))), "{request:?}");
}

/// "Authentication examples" of "Signing and authenticating REST requests", S3 user guide.
struct Example<'a> {
    method: &'a str,
    bucket_in_host: Option<&'a str>,
    path: &'a str,
    query: &'a str,
    headers: &'a [(&'a str, &'a str)],
    string_to_sign: &'a str,
    signature: &'a str,
    now: &'a str,
}

impl Example<'_> {
    fn check(&self) {
        let mut request = request(self.method, self.path, self.query, self.headers);
        request.bucket_in_host = self.bucket_in_host.map(str::to_owned);
        let value = format!("AWS AKIAIOSFODNN7EXAMPLE:{}", self.signature);
        request.set("authorization", &value);
        let ours = string_to_sign(&request.head(), Dated::Header).unwrap();
        assert_eq!(String::from_utf8(ours).unwrap(), self.string_to_sign);
        let verified = request.verify(DOCS_SECRET, &expect(Service::S3, self.now)).unwrap();
        assert_eq!(verified.scheme(), Scheme::HeaderHmacV1);
        assert_eq!(verified.access_key_id().as_str(), "AKIAIOSFODNN7EXAMPLE");
        assert_eq!(verified.signed_at(), Some(time(self.now)));
        assert_eq!((verified.region(), verified.expires_at()), (None, None));
        assert_eq!(verified.payload(), Payload::Unsigned);
        let another = request.verify(SECRET, &expect(Service::S3, self.now));
        assert!(matches!(another, Err(VerifyError::Mismatch(_))));
    }
}

#[test]
fn examples_of_aws() {
    let bucket = Some("awsexamplebucket1");
    let object_get = Example {
        method: "GET",
        bucket_in_host: bucket,
        path: "/photos/puppy.jpg",
        query: "",
        headers: &[("date", "Tue, 27 Mar 2007 19:36:42 +0000")],
        string_to_sign: "GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/awsexamplebucket1/photos/puppy.jpg",
        signature: "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=",
        now: "20070327T193642Z",
    };
    let object_put = Example {
        method: "PUT",
        headers: &[
            ("content-type", "image/jpeg"),
            ("content-length", "94328"),
            ("date", "Tue, 27 Mar 2007 21:15:45 +0000"),
        ],
        string_to_sign: "PUT\n\nimage/jpeg\nTue, 27 Mar 2007 21:15:45 +0000\n/awsexamplebucket1/photos/puppy.jpg",
        signature: "iqRzw+ileNPu1fhspnRs8nOjjIA=",
        now: "20070327T211545Z",
        ..object_get
    };
    let list = Example {
        path: "/",
        query: "prefix=photos&max-keys=50&marker=puppy",
        headers: &[("user-agent", "Mozilla/5.0"), ("date", "Tue, 27 Mar 2007 19:42:41 +0000")],
        string_to_sign: "GET\n\n\nTue, 27 Mar 2007 19:42:41 +0000\n/awsexamplebucket1/",
        signature: "m0WP8eCtspQl5Ahe6L1SozdX9YA=",
        now: "20070327T194241Z",
        ..object_get
    };
    let fetch = Example {
        path: "/",
        query: "acl",
        headers: &[("date", "Tue, 27 Mar 2007 19:44:46 +0000")],
        string_to_sign: "GET\n\n\nTue, 27 Mar 2007 19:44:46 +0000\n/awsexamplebucket1/?acl",
        signature: "82ZHiFIjc+WbcwFKGUVEQspPn+0=",
        now: "20070327T194446Z",
        ..object_get
    };
    for example in [object_get, object_put, list, fetch] {
        example.check();
    }
}

#[test]
fn examples_of_aws_without_a_bucket_in_the_host() {
    let list_buckets = Example {
        method: "GET",
        bucket_in_host: None,
        path: "/",
        query: "",
        headers: &[("date", "Wed, 28 Mar 2007 01:29:59 +0000")],
        string_to_sign: "GET\n\n\nWed, 28 Mar 2007 01:29:59 +0000\n/",
        signature: "qGdzdERIC03wnaRNKh6OqZehG9s=",
        now: "20070328T012959Z",
    };
    let unicode_keys = Example {
        path: "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re",
        headers: &[("date", "Wed, 28 Mar 2007 01:49:49 +0000")],
        string_to_sign: "GET\n\n\nWed, 28 Mar 2007 01:49:49 +0000\n/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re",
        signature: "DNEZGsoieTZ92F3bUfSPQcbGmlM=",
        now: "20070328T014949Z",
        ..list_buckets
    };
    let upload = Example {
        method: "PUT",
        path: "/db-backup.dat.gz",
        bucket_in_host: Some("static.example.com"),
        headers: &[
            ("user-agent", "curl/7.15.5"),
            ("date", "Tue, 27 Mar 2007 21:06:08 +0000"),
            ("x-amz-acl", "public-read"),
            ("content-type", "application/x-download"),
            ("content-md5", "4gJE4saaMU4BqNR0kLY+lw=="),
            ("x-amz-meta-reviewedby", "joe@example.com"),
            ("x-amz-meta-reviewedby", "jane@example.com"),
            ("x-amz-meta-filechecksum", "0x02661779"),
            ("x-amz-meta-checksumalgorithm", "crc32"),
            ("content-disposition", "attachment; filename=database.dat"),
            ("content-encoding", "gzip"),
            ("content-length", "5913339"),
        ],
        string_to_sign: "PUT\n4gJE4saaMU4BqNR0kLY+lw==\napplication/x-download\n\
            Tue, 27 Mar 2007 21:06:08 +0000\nx-amz-acl:public-read\n\
            x-amz-meta-checksumalgorithm:crc32\nx-amz-meta-filechecksum:0x02661779\n\
            x-amz-meta-reviewedby:joe@example.com,jane@example.com\n\
            /static.example.com/db-backup.dat.gz",
        signature: "jtBQa0Aq+DkULFI8qrpwIjGEx0E=",
        now: "20070327T210608Z",
        ..list_buckets
    };
    for example in [list_buckets, unicode_keys, upload] {
        example.check();
    }
}

/// AWS's page contradicts itself here: its text, as all SDKs, has an empty line for the date beside
/// `x-amz-date`, and the example has that header's value there and no line for the header.
#[test]
fn the_example_of_x_amz_date() {
    let mut delete = Example {
        method: "DELETE",
        bucket_in_host: None,
        path: "/awsexamplebucket1/photos/puppy.jpg",
        query: "",
        headers: &[
            ("user-agent", "dotnet"),
            ("date", "Tue, 27 Mar 2007 21:20:27 +0000"),
            ("x-amz-date", "Tue, 27 Mar 2007 21:20:26 +0000"),
        ],
        string_to_sign: "DELETE\n\n\n\nx-amz-date:Tue, 27 Mar 2007 21:20:26 +0000\n\
            /awsexamplebucket1/photos/puppy.jpg",
        signature: "Ri1hpB1zpS9pGqR7y8kuNFCl4sE=",
        now: "20070327T212026Z",
    };
    delete.check();
    delete.headers = &[("date", "Tue, 27 Mar 2007 21:20:26 +0000")];
    delete.string_to_sign =
        "DELETE\n\n\nTue, 27 Mar 2007 21:20:26 +0000\n/awsexamplebucket1/photos/puppy.jpg";
    delete.signature = "XbyTlbQdu9Xw5o8P4iMwPktxQd8=";
    delete.check();
}

#[test]
fn what_nobody_asked_for_is_not_taken() {
    let mut request = signed(get("/b/k", ""), &format!("GET\n\n\n{DATE}\n/b/k"));
    holds(&request);
    request.accept = Accept::default();
    let want = PresentError::Unsupported(UnsupportedScheme::HmacV1Header);
    assert_eq!(request.claims().unwrap_err(), want);
}

#[test]
fn a03_fifteen_minutes_in_either_direction() {
    let request = signed(get("/b/k", ""), &format!("GET\n\n\n{DATE}\n/b/k"));
    let after = |seconds: i64| {
        let now = time(NOW).plus_seconds(seconds);
        request.verify(SECRET, &Expect { now, ..s3() }).map(|it| it.signature_age_ms(now))
    };
    assert_eq!((after(0), after(900), after(-900)), (Ok(0), Ok(900_000), Ok(0)));
    for seconds in [-901, 901, 86_400] {
        let (signed_at, now) = (time(NOW), time(NOW).plus_seconds(seconds));
        assert_eq!(after(seconds).unwrap_err(), VerifyError::Skewed { signed_at, now });
    }
    // Another date that would do, in either header.
    let later = "Fri, 02 Jan 2026 03:10:05 GMT";
    let mut other = request.clone();
    other.set("date", later);
    mismatches(&other);
    let mut other = request;
    other.add("x-amz-date", later);
    mismatches(&other);
    // The same instant in another spelling is another text.
    other.set("x-amz-date", NOW);
    mismatches(&other);
}

#[test]
fn a04_what_is_signed_and_what_is_not() {
    let to_sign = format!("PUT\nm\na/b\n{DATE}\nx-amz-acl:private\nx-amz-meta-a:1,2\n/b/k");
    let headers = [("date", DATE), ("content-md5", "m"), ("content-type", "a/b")];
    let mut request = request("PUT", "/b/k", "", &headers);
    request.add("x-amz-acl", "private");
    request.add("x-amz-meta-a", "1");
    request.add("x-amz-meta-a", "2");
    let request = signed(request, &to_sign);
    holds(&request);
    for name in ["content-md5", "content-type", "x-amz-acl", "x-amz-meta-a"] {
        let mut other = request.clone();
        other.set(name, "other");
        mismatches(&other);
        other.headers.remove(name);
        mismatches(&other);
    }
    for name in ["x-amz-meta-b", "x-amz-security-token", "x-amz-copy-source", "x-amz-tagging"] {
        let mut other = request.clone();
        other.add(name, "other");
        mismatches(&other);
    }
    let mut other = request.clone();
    other.method = http::Method::POST;
    mismatches(&other);
    let mut other = request.clone();
    other.add("content-type", "a/b");
    let name = http::header::CONTENT_TYPE;
    assert_eq!(verified(&other).unwrap_err(), VerifyError::HeaderConflict(name));
    let mut other = request;
    other.add("range", "bytes=0-1");
    other.set("host", "elsewhere");
    holds(&other);
}

/// What is done, and to what, is signed; which part of a list is shown is not.
#[test]
fn a04_query_names() {
    assert!(UNSIGNED_NAMES.is_sorted());
    for name in UNSIGNED_NAMES {
        assert!(!super::SIGNED_NAMES.contains(&name), "{name}");
        let query = format!("{name}=a+b%26acl&versions");
        holds(&signed(get("/b/", &query), &format!("GET\n\n\n{DATE}\n/b/?versions")));
    }
    let plain = signed(get("/b/k", ""), &format!("GET\n\n\n{DATE}\n/b/k"));
    let with = |query: &str| {
        let mut other = plain.clone();
        other.query = query.to_owned();
        other
    };
    for name in super::SIGNED_NAMES {
        mismatches(&with(name));
        mismatches(&with(&format!("prefix=a&{name}=x")));
    }
    for name in [
        "abac",
        "annotation",
        "attributes",
        "encryption",
        "id",
        "intelligent-tiering",
        "legal-hold",
        "ownershipcontrols",
        "policystatus",
        "publicaccessblock",
        "renameobject",
        "retention",
        "session",
        "content-type",
        "content-md5",
        "x-amz-acl",
        "x-amz-content-sha256x",
        "anything",
        "ACL",
        "Prefix",
    ] {
        let want = VerifyError::QueryNameNotSigned(name.to_lowercase());
        for query in [name.to_owned(), format!("{name}=x"), format!("prefix=a&{name}=x")] {
            assert_eq!(verified(&with(&query)).unwrap_err(), want, "{query}");
        }
    }
    // In any encoding.
    mismatches(&with("%61cl"));
    assert!(matches!(verified(&with("reten%74ion")), Err(VerifyError::QueryNameNotSigned(_))));
    assert!(matches!(verified(&with("prefix=%zz")), Err(VerifyError::Encoding(_))));
    holds(&with("pr%65fix=a"));
    let ambiguous = VerifyError::AmbiguousQuery("response-content-type".to_owned());
    assert_eq!(verified(&with("response-content-type=a%26acl")).unwrap_err(), ambiguous);
}

#[test]
fn a12_the_bucket_is_signed_wherever_it_stands() {
    let to_sign = format!("GET\n\n\n{DATE}\n/b/k");
    holds(&signed(get("/b/k", ""), &to_sign));
    let mut in_host = signed(get("/k", ""), &to_sign);
    in_host.bucket_in_host = Some("b".to_owned());
    holds(&in_host);
    in_host.bucket_in_host = Some("c".to_owned());
    mismatches(&in_host);
    mismatches(&signed(get("/b//k", ""), &to_sign));
}

/// botocore asks for `/BUCKET` and signs `/BUCKET/`; AWS's text and others sign what they ask for.
#[test]
fn a_bucket_in_the_path_ends_in_a_slash_or_not() {
    let of = |path: &str| format!("GET\n\n\n{DATE}\n{path}?acl");
    holds(&signed(get("/b", "acl"), &of("/b")));
    holds(&signed(get("/b", "acl"), &of("/b/")));
    holds(&signed(get("/b/", "acl"), &of("/b/")));
    mismatches(&signed(get("/b/", "acl"), &of("/b")));
    mismatches(&signed(get("/b/k", "acl"), &of("/b/k/")));
    mismatches(&signed(get("/", "acl"), &of("//")));
    mismatches(&signed(get("/b", "acl"), &of("/c/")));
    let mut in_host = signed(get("/k", "acl"), &of("/b/k/"));
    in_host.bucket_in_host = Some("b".to_owned());
    mismatches(&in_host);
    let url = super::url(&super::get("/b", ""), &format!("GET\n\n\n{}\n/b/", super::EXPIRES));
    assert!(matches!(super::refused(&url), VerifyError::Mismatch(_)));
}

/// A signature holds in its own place alone.
#[test]
fn a05_no_signature_of_one_kind_is_one_of_another() {
    let expires = super::EXPIRES;
    let of_url = format!("GET\n\n\n{expires}\n/b/k");
    holds(&super::url(&super::get("/b/k", ""), &of_url));
    let mut request = signed(get("/b/k", ""), &of_url);
    mismatches(&request);
    request.set("date", &expires.to_string());
    assert_eq!(request.claims().unwrap_err(), PresentError::NoDate);
    for of_header in [format!("GET\n\n\n{DATE}\n/b/k"), "GET\n\n\n\n/b/k".to_owned()] {
        let url = super::url(&super::get("/b/k", ""), &of_header);
        assert!(matches!(super::refused(&url), VerifyError::Mismatch(_)));
    }
}

#[test]
fn what_is_said_about_the_body() {
    let with = |name: &str, value: &str| {
        let mut request = request("PUT", "/b/k", "", &[("date", DATE), (name, value)]);
        let line =
            if name.starts_with("x-amz-") { format!("{name}:{value}\n") } else { String::new() };
        request = signed(request, &format!("PUT\n\n\n{DATE}\n{line}/b/k"));
        verified(&request).map(|it| it.payload())
    };
    let sha256 = "x-amz-content-sha256";
    assert_eq!(with("x-amz-meta-a", "b"), Ok(Payload::Unsigned));
    assert_eq!(with(sha256, "UNSIGNED-PAYLOAD"), Ok(Payload::Unsigned));
    let hash = hex::encode(crate::EMPTY_SHA256);
    assert_eq!(with(sha256, &hash), Ok(Payload::Hash(crate::EMPTY_SHA256)));
    let unsupported = Err(VerifyError::Payload(PayloadError::Unsupported));
    for kind in [
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    ] {
        assert_eq!(with(sha256, kind), unsupported, "{kind}");
    }
    for coding in ["aws-chunked", "AWS-Chunked", "gzip, aws-chunked", "aws-chunked,gzip"] {
        assert_eq!(with("content-encoding", coding), unsupported, "{coding}");
    }
    assert_eq!(with("content-encoding", "gzip, aws-chunked-not"), Ok(Payload::Unsigned));
    let other = Err(VerifyError::Payload(PayloadError::Invalid));
    assert_eq!(with(sha256, "nonsense"), other);
}

#[test]
fn a06_sts_has_no_hmac_v1() {
    let request = signed(get("/", ""), &format!("GET\n\n\n{DATE}\n/"));
    let (place, expected) = (crate::Place::Header, Service::Sts);
    let error = request.verify(SECRET, &expect(expected, NOW)).unwrap_err();
    assert_eq!(error, VerifyError::WrongService { place, expected });
}

proptest! {
    /// Never a panic, and nothing but the parts of lists may be appended.
    #[test]
    fn a04_appended_queries(query in "(acl|versionId|x-amz-|prefix|content-type|=|&|%|%0[0-9]|[ -~]|é)*") {
        let mut more = signed(get("/b/k", ""), &format!("GET\n\n\n{DATE}\n/b/k"));
        more.query.clone_from(&query);
        if let Ok(claims) = more.claims() {
            let outcome = crate::verify(&more.head(), claims, &crate::testing::secret(SECRET), &s3());
            let unsigned = query.split('&').filter(|pair| !pair.is_empty()).all(|pair| {
                let name = pair.split_once('=').map_or(pair, |(name, _)| name);
                UNSIGNED_NAMES.contains(&name)
            });
            prop_assert!(outcome.is_err() || unsigned || query.contains('%'), "{}", query);
        }
    }
}
