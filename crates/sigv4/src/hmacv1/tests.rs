use http::header::HeaderName;
use proptest::prelude::*;

mod header;

use super::*;
use crate::error::PayloadError;
use crate::payload::Payload;
use crate::scope::Service;
use crate::testing::{NOW, Request, Row, SECRET, expect, rows, secret, time};
use crate::verify::Expect;

const EXPIRES: i64 = 1_767_326_645;

/// Signs as a client does, who knows nothing of our checks: the string is given.
fn url(request: &Request, string_to_sign: &str) -> Request {
    use base64::Engine as _;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
    let signature = hmac::sign(&key, string_to_sign.as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(signature);
    let signature = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let mut request = request.clone();
    let separator = if request.query.is_empty() { "" } else { "&" };
    request.query.push_str(&format!(
        "{separator}AWSAccessKeyId=AKID&Signature={signature}&Expires={EXPIRES}"
    ));
    request
}

fn get(path: &str, query: &str) -> Request {
    Request::new("GET", path, query, &[("host", "s3.gateway.test")])
}

fn s3() -> Expect {
    expect(Service::S3, NOW)
}

fn refused(request: &Request) -> VerifyError {
    request.verify(SECRET, &s3()).unwrap_err()
}

fn holds(request: &Request) {
    request.verify(SECRET, &s3()).unwrap_or_else(|error| panic!("{error:?} {request:?}"));
}

#[test]
fn the_list_is_sorted_and_leaves_out_what_sdks_do_not_sign() {
    assert!(SIGNED_NAMES.is_sorted());
    assert!(SIGNED_NAMES.iter().all(|name| signed_name(name.as_bytes()) == Some(name)));
    for name in ["retention", "legal-hold", "attributes", "encryption", "prefix", "annotation", ""]
    {
        assert_eq!(signed_name(name.as_bytes()), None, "{name}");
    }
}

#[test]
fn strings_to_sign_of_the_vectors() {
    let rows: Vec<Row> = rows("presign/presigned.jsonl", 68);
    let (mut compared, mut refused) = (0, 0);
    for row in rows.iter().filter(|row| row.signature_version.as_deref() == Some("HMACv1")) {
        let mut request = row.request();
        if row.host.starts_with("examplebucket.") {
            request.bucket_in_host = Some("examplebucket".to_owned());
        }
        match string_to_sign(&request.head(), Dated::Expires(EXPIRES)) {
            Ok(ours) => {
                let ours = String::from_utf8(ours).unwrap();
                assert_eq!(Some(ours), row.string_to_sign, "{}", row.name);
                compared += 1;
            }
            Err(VerifyError::QueryNameNotSigned(_)) => {
                assert_eq!(row.expect.as_deref(), Some("AccessDenied"), "{}", row.name);
                refused += 1;
            }
            Err(other) => panic!("{}: {other:?}", row.name),
        }
    }
    assert_eq!((compared, refused), (27, 7));
}

#[test]
fn a03_a_url_ends() {
    let request = url(&get("/b/k", ""), &format!("GET\n\n\n{EXPIRES}\n/b/k"));
    let at = |seconds: i64| {
        let now = crate::Timestamp::from_unix(seconds);
        request.verify(SECRET, &Expect { now, ..s3() })
    };
    assert_eq!(at(EXPIRES).unwrap().expires_at().unwrap().unix(), EXPIRES);
    at(0).unwrap();
    match at(EXPIRES + 1).unwrap_err() {
        VerifyError::Expired { expires_at, lifetime_seconds: None, now } => {
            assert_eq!((expires_at.unix(), now.unix()), (EXPIRES, EXPIRES + 1));
        }
        other => panic!("{other:?}"),
    }
    let mut later = request.clone();
    later.query = later.query.replace(&EXPIRES.to_string(), "1999999999");
    assert!(matches!(refused(&later), VerifyError::Mismatch(_)));
}

#[test]
fn a04_names_that_are_not_signed() {
    let request = url(&get("/b/k", ""), &format!("GET\n\n\n{EXPIRES}\n/b/k"));
    holds(&request);
    for name in ["retention", "annotation", "prefix", "x-id", "list-type", "ACL", "acl%20", "foo"] {
        for query in [format!("{}&{name}", request.query), format!("{name}=&{}", request.query)] {
            let mut more = request.clone();
            more.query = query;
            let want = name.to_lowercase().replace("%20", " ");
            assert_eq!(refused(&more), VerifyError::QueryNameNotSigned(want));
        }
    }
    // Names that are signed change the signature, in any encoding.
    for name in ["acl", "versionId=v", "response-expires=x", "upload%73", "x-amz-acl=private"] {
        let mut more = request.clone();
        more.query = format!("{}&{name}", request.query);
        assert!(matches!(refused(&more), VerifyError::Mismatch(_)), "{name}");
    }
    // So do headers.
    for (name, value) in [("x-amz-acl", "private"), ("content-type", "a"), ("content-md5", "a")] {
        let mut more = request.clone();
        more.add(name, value);
        assert!(matches!(refused(&more), VerifyError::Mismatch(_)), "{name}");
    }
    // Others and the host are not part of it at all.
    let mut more = request;
    more.add("range", "bytes=0-1");
    more.set("host", "elsewhere");
    holds(&more);
}

#[test]
fn headers_in_the_header_and_in_the_query() {
    let to_sign = format!("PUT\nm\na/b\n{EXPIRES}\nx-amz-acl:private\nx-amz-meta-a:1,2\n/b/k");
    let mut base = Request::new("PUT", "/b/k", "x-amz-acl=private&Content-MD5=m", &[]);
    base.add("host", "h");
    base.add("content-type", " a/b ");
    base.add("x-amz-meta-a", " 1");
    base.add("x-amz-meta-a", "2 ");
    let good = url(&base, &to_sign);
    holds(&good);

    // The same header in both places counts once if it is the same, and not at all if not.
    let mut same = good.clone();
    same.add("x-amz-acl", "private");
    same.add("content-md5", "m");
    holds(&same);
    for (name, value) in [("x-amz-acl", "public-read"), ("content-md5", "n")] {
        let mut other = good.clone();
        other.add(name, value);
        let name = HeaderName::from_static(name);
        assert_eq!(refused(&other), VerifyError::HeaderConflict(name));
    }
    for (part, name) in [("content-type=a%2Fc", "content-type"), ("x-amz-meta-a=1", "x-amz-meta-a")]
    {
        let mut other = good.clone();
        other.query = format!("{}&{part}", good.query);
        let name = HeaderName::from_static(name);
        assert_eq!(refused(&other), VerifyError::HeaderConflict(name));
    }
    // Two that disagree in the query.
    let mut twice = good.clone();
    twice.query = format!("content-md5=n&{}", good.query);
    let name = HeaderName::from_static("content-md5");
    assert_eq!(refused(&twice), VerifyError::HeaderConflict(name));
    let mut twice = good;
    twice.add("content-type", "a/b");
    let name = HeaderName::from_static("content-type");
    assert_eq!(refused(&twice), VerifyError::HeaderConflict(name));
}

/// Decoded values stand between separators, so some strings can be read in two ways.
#[test]
fn a04_strings_that_could_be_read_in_two_ways() {
    let ambiguous = |request: &Request, name: &str| {
        assert_eq!(refused(request), VerifyError::AmbiguousQuery(name.to_owned()));
    };
    // A file name that whoever asks for the URL may choose, and a version that he may not.
    let signed = get("/b/k", "response-content-type=a&versionId=v");
    let to_sign = format!("GET\n\n\n{EXPIRES}\n/b/k?response-content-type=a&versionId=v");
    holds(&url(&signed, &to_sign));
    ambiguous(
        &url(&get("/b/k", "response-content-type=a%26versionId%3Dv"), &to_sign),
        "response-content-type",
    );
    ambiguous(&url(&get("/b/k", "response-content-type=a%26acl"), "x"), "response-content-type");
    // An ampersand in a file name is fine where no name of the list follows.
    let name = "attachment; filename=\"a&b.txt\"";
    let request =
        get("/b/k", "response-content-disposition=attachment%3B%20filename%3D%22a%26b.txt%22");
    holds(&url(&request, &format!("GET\n\n\n{EXPIRES}\n/b/k?response-content-disposition={name}")));
    // Line breaks would make lines.
    let to_sign = format!("PUT\n\na\n{EXPIRES}\nx-amz-acl:private\n/b/k");
    let put = |query: &str| Request::new("PUT", "/b/k", query, &[("host", "h")]);
    holds(&url(&put("content-type=a&x-amz-acl=private"), &to_sign));
    let smuggled = format!("content-type=a%0A{EXPIRES}%0Ax-amz-acl:private");
    ambiguous(&url(&put(&smuggled), &to_sign), "content-type");
    ambiguous(&url(&put("x-amz-acl=private%0A/b/k"), &to_sign), "x-amz-acl");
    ambiguous(&url(&put("x-amz-acl%3Ax=1"), &to_sign), "x-amz-acl:x");
    // A raw plus is a plus for some and a space for others.
    let to_sign = format!("GET\n\n\n{EXPIRES}\n/b/k?versionId=a+b");
    holds(&url(&get("/b/k", "versionId=a%2Bb"), &to_sign));
    ambiguous(&url(&get("/b/k", "versionId=a+b"), &to_sign), "versionid");
    // Signed like nothing at all.
    let to_sign = format!("GET\n\n\n{EXPIRES}\n/b/k");
    holds(&url(&get("/b/k", ""), &to_sign));
    for name in ["content-type", "Content-MD5"] {
        ambiguous(&url(&get("/b/k", name), &to_sign), &name.to_lowercase());
        ambiguous(&url(&get("/b/k", &format!("{name}=%20")), &to_sign), &name.to_lowercase());
    }
    // Twice the same name.
    ambiguous(&url(&get("/b/k", "versionId=a&versionId=b"), &to_sign), "versionId");
}

#[test]
fn a11_the_raw_path_is_signed() {
    let request = url(&get("/b/a%2Fb", ""), &format!("GET\n\n\n{EXPIRES}\n/b/a%2Fb"));
    holds(&request);
    for path in ["/b/a/b", "/b/a%2fb", "/b//a%2Fb", "/b/./a%2Fb"] {
        let mut other = request.clone();
        other.path = path.to_owned();
        assert!(matches!(refused(&other), VerifyError::Mismatch(_)), "{path}");
    }
    let mut other = request;
    other.path = "/b/%zz".to_owned();
    assert!(matches!(refused(&other), VerifyError::Encoding(_)));
    other.path = "/b/a%2Fb".to_owned();
    other.query.push_str("&acl=%z");
    assert!(matches!(refused(&other), VerifyError::Encoding(_)));
}

#[test]
fn a12_the_bucket_in_the_host_is_part_of_the_path() {
    let to_sign = format!("GET\n\n\n{EXPIRES}\n/b/k");
    let mut request = url(&get("/k", ""), &to_sign);
    request.bucket_in_host = Some("b".to_owned());
    holds(&request);
    request.bucket_in_host = Some("c".to_owned());
    assert!(matches!(refused(&request), VerifyError::Mismatch(_)));
    request.bucket_in_host = None;
    assert!(matches!(refused(&request), VerifyError::Mismatch(_)));
}

#[test]
fn a_name_with_and_without_an_equals_sign() {
    holds(&url(&get("/b/k", "acl"), &format!("GET\n\n\n{EXPIRES}\n/b/k?acl")));
    holds(&url(&get("/b/k", "acl="), &format!("GET\n\n\n{EXPIRES}\n/b/k?acl=")));
    let swapped = url(&get("/b/k", "acl="), &format!("GET\n\n\n{EXPIRES}\n/b/k?acl"));
    assert!(matches!(refused(&swapped), VerifyError::Mismatch(_)));
}

#[test]
fn what_is_said_about_the_body() {
    let with = |header: &str, query: &str| {
        let mut request = Request::new("PUT", "/b/k", query, &[("host", "h")]);
        let mut line = String::new();
        if !header.is_empty() {
            request.add("x-amz-content-sha256", header);
            line = format!("x-amz-content-sha256:{header}\n");
        } else if let Some(value) = query.strip_prefix("x-amz-content-sha256=") {
            line = format!("x-amz-content-sha256:{value}\n");
        }
        url(&request, &format!("PUT\n\n\n{EXPIRES}\n{line}/b/k")).verify(SECRET, &s3())
    };
    let hex = hex::encode(crate::EMPTY_SHA256);
    let hash = Payload::Hash(crate::EMPTY_SHA256);
    assert_eq!(with("", "").unwrap().payload(), Payload::Unsigned);
    assert_eq!(with(&hex, "").unwrap().payload(), hash);
    assert_eq!(with("", &format!("x-amz-content-sha256={hex}")).unwrap().payload(), hash);
    let trailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    assert_eq!(with(trailer, "").unwrap().payload(), Payload::StreamingUnsignedTrailer);
    // No key could have signed the chunks.
    for kind in ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"]
    {
        let want = VerifyError::Payload(PayloadError::Unsupported);
        assert_eq!(with(kind, "").unwrap_err(), want);
    }
    let want = VerifyError::Payload(PayloadError::Invalid);
    assert_eq!(with("nonsense", "").unwrap_err(), want);
}

#[test]
fn a06_sts_has_no_hmac_v1() {
    let request = url(&get("/", ""), &format!("GET\n\n\n{EXPIRES}\n/"));
    let (place, expected) = (crate::Place::Query, Service::Sts);
    let error = request.verify(SECRET, &expect(expected, NOW)).unwrap_err();
    assert_eq!(error, VerifyError::WrongService { place, expected });
}

#[test]
fn a07_a_mismatch_tells_the_string_and_not_the_signature() {
    let request = url(&get("/b/k", ""), "something else");
    match refused(&request) {
        VerifyError::Mismatch(mismatch) => {
            assert_eq!(mismatch.string_to_sign(), format!("GET\n\n\n{EXPIRES}\n/b/k"));
            assert_eq!(mismatch.canonical_request(), None);
        }
        other => panic!("{other:?}"),
    }
    let wrong = secret("other");
    let claims = request.claims().unwrap();
    assert!(crate::verify(&request.head(), claims, &wrong, &s3()).is_err());
    assert_eq!(time(NOW).unix() + 3600, EXPIRES);
}

proptest! {
    /// Never a panic, and whatever holds is what was signed.
    #[test]
    fn hmac_v1_is_total(query in "(acl|versionId|x-amz-|content-type|=|&|%|%0[0-9]|[ -~]|é)*") {
        let request = get("/b/k", &query);
        let _ = string_to_sign(&request.head(), Dated::Expires(EXPIRES));
        if query.contains('=') {
            let signed = url(&get("/b/k", ""), &format!("GET\n\n\n{EXPIRES}\n/b/k"));
            let mut more = signed.clone();
            more.query = format!("{}&{query}", signed.query);
            if let Ok(claims) = more.claims() {
                let outcome = crate::verify(&more.head(), claims, &secret(SECRET), &s3());
                let pairs = query.split('&').filter(|pair| !pair.is_empty()).count();
                prop_assert!(outcome.is_err() || pairs == 0, "{}", query);
            }
        }
    }
}
