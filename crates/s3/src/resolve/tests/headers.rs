use super::{code, operation, refusal, request};
use crate::AwsCode;
use crate::query::Presigned;
use crate::resolve::{Addressing, resolve};
use crate::vectors::Request;

#[test]
fn a58_headers_with_a_promise_reach_the_store() {
    for (name, value) in [
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "k"),
        ("x-amz-server-side-encryption-context", "e30="),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-server-side-encryption-customer-key", "a2s="),
        ("x-amz-server-side-encryption-customer-key-md5", "bWQ1"),
        ("x-amz-storage-class", "GLACIER"),
        ("x-amz-object-lock-mode", "COMPLIANCE"),
        ("x-amz-object-lock-retain-until-date", "2030-01-01T00:00:00Z"),
        ("x-amz-object-lock-legal-hold", "ON"),
        ("x-amz-acl", "public-read"),
        ("x-amz-grant-read", "id=\"x\""),
        ("x-amz-tagging", "a=b"),
        ("x-amz-website-redirect-location", "/x"),
        ("x-amz-expected-bucket-owner", "123456789012"),
        ("x-amz-checksum-sha256", "x"),
        ("content-md5", "x"),
        ("cache-control", "no-store"),
        ("if-match", "\"e\""),
    ] {
        let operation = operation(&request("PUT", "/abc/k", "", &[(name, value)]));
        assert_eq!(operation.outgoing(Addressing::Path).headers[name], value, "{name}");
    }
    for (name, value) in [
        ("range", "bytes=0-1"),
        ("if-none-match", "*"),
        ("accept-encoding", "gzip"),
        ("if-range", "x"),
    ] {
        let operation = operation(&request("GET", "/abc/k", "", &[(name, value)]));
        assert_eq!(operation.outgoing(Addressing::Path).headers[name], value, "{name}");
    }
}

#[test]
fn a58_unknown_amz_headers_are_refused_by_name() {
    for (method, query, name) in [
        ("PUT", "", "x-amz-something-new"),
        ("PUT", "", "x-amz-checksum-blake3"),
        ("PUT", "", "x-amz-write-offset-bytes"),
        ("GET", "", "x-amz-acl"),
        ("GET", "", "x-amz-meta-a"),
        ("GET", "", "x-amz-signature"),
        ("PUT", "partNumber=1&uploadId=u", "x-amz-storage-class"),
    ] {
        let error = refusal(&request(method, "/abc/k", query, &[(name, "v")]));
        assert_eq!(error.reason.code(), AwsCode::NotImplemented, "{name}");
        assert_eq!(error.reason.culprit(), Some(("Header", name)));
        assert!(error.operation.is_some());
    }
}

/// What the AWS SDK for Java sends with a GET: the checksum of no body.
#[test]
fn a58_a_checksum_of_nothing_is_verified_and_dropped() {
    for (method, query) in [("GET", ""), ("HEAD", ""), ("DELETE", ""), ("GET", "tagging")] {
        for (name, value) in [
            ("x-amz-checksum-crc32", "AAAAAA=="),
            ("x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ] {
            let operation = operation(&request(method, "/abc/k", query, &[(name, value)]));
            assert!(!operation.outgoing(Addressing::Path).headers.contains_key(name), "{method}");
        }
        let wrong = [("x-amz-checksum-crc32", "AAAAAQ==")];
        let error = refusal(&request(method, "/abc/k", query, &wrong)).reason;
        assert_eq!(error.code(), AwsCode::InvalidArgument, "{method}: {error}");
    }
}

#[test]
fn a58_a_copy_knows_no_more_headers_than_its_own() {
    let source = ("x-amz-copy-source", "src/k");
    for name in ["x-amz-something-new", "x-amz-checksum-sha256", "x-amz-copy-source-range"] {
        let copy = request("PUT", "/abc/k", "", &[source, (name, "v")]);
        assert_eq!(refusal(&copy).reason.culprit(), Some(("Header", name)));
    }
}

#[test]
fn a58_headers_listed_as_harmless_are_dropped() {
    let harmless = ["x-amz-something-new".parse().unwrap()];
    let request =
        request("PUT", "/abc/k", "", &[("x-amz-something-new", "v"), ("x-amz-meta-a", "b")]);
    let mut raw = request.raw();
    raw.harmless = &harmless;
    let headers = resolve(&raw).unwrap().outgoing(Addressing::Path).headers;
    assert_eq!(headers.keys().map(|name| name.as_str()).collect::<Vec<_>>(), ["x-amz-meta-a"]);
}

#[test]
fn a58_headers_of_other_vendors_are_dropped_and_told() {
    let operation = operation(&request(
        "PUT",
        "/abc/k",
        "",
        &[("x-minio-force-delete", "true"), ("x-rgw-something", "1"), ("x-custom", "1")],
    ));
    assert_eq!(operation.dropped_headers().len(), 2);
    assert!(operation.outgoing(Addressing::Path).headers.is_empty());
}

#[test]
fn a58_the_version_of_the_api_is_read_and_not_passed_on() {
    let version = [("x-amz-api-version", "2006-03-01")];
    let headers = operation(&request("HEAD", "/abc/k", "", &version)).outgoing(Addressing::Path);
    assert!(headers.headers.is_empty());
    for other in ["2020-01-01", "2006-03-01,x", ""] {
        let header = [("x-amz-api-version", other)];
        assert_eq!(code("HEAD", "/abc/k", "", &header), AwsCode::InvalidArgument, "{other}");
    }
}

#[test]
fn a58_flags_and_dates_mean_one_thing() {
    for value in ["yes", "1", "", "true ,x"] {
        let header = [("x-amz-bypass-governance-retention", value)];
        assert_eq!(code("DELETE", "/abc/k", "", &header), AwsCode::InvalidArgument, "{value}");
    }
    let request = request("DELETE", "/abc/k", "", &[("x-amz-bypass-governance-retention", "True")]);
    let headers = operation(&request).outgoing(Addressing::Path).headers;
    assert_eq!(headers["x-amz-bypass-governance-retention"], "true");
    let date = [("x-amz-object-lock-retain-until-date", "tomorrow")];
    assert_eq!(code("PUT", "/abc/k", "", &date), AwsCode::InvalidArgument);
    assert_eq!(code("PUT", "/abc/k", "", &[("x-amz-tagging", "a=1&A=2")]), AwsCode::InvalidTag);
    assert_eq!(code("PUT", "/abc/k", "", &[("x-amz-acl", "\u{e9}")]), AwsCode::InvalidArgument);
}

#[test]
fn a58_metadata_may_be_any_text_and_stand_on_several_lines() {
    let headers = [("x-amz-meta-a", "\u{e9}"), ("x-amz-meta-b", "1"), ("x-amz-meta-b", "2")];
    let headers =
        operation(&request("PUT", "/abc/k", "", &headers)).outgoing(Addressing::Path).headers;
    assert_eq!(headers["x-amz-meta-a"].as_bytes(), "\u{e9}".as_bytes());
    assert_eq!(headers["x-amz-meta-b"], "1,2");
}

#[test]
fn a04_hoisted_headers_count_as_headers() {
    for (presigned, query, name) in [
        (Presigned::V4, "X-Amz-Algorithm=x&x-amz-acl=public-read", "x-amz-acl"),
        (Presigned::V4, "X-Amz-Acl=public-read", "x-amz-acl"),
        (Presigned::HmacV1, "AWSAccessKeyId=x&x-amz-acl=public-read", "x-amz-acl"),
        (Presigned::HmacV1, "Signature=x&Content-Type=public-read", "content-type"),
    ] {
        let operation = operation(&request("PUT", "/abc/k", query, &[]).presigned(presigned));
        assert_eq!(operation.header(name).unwrap(), "public-read");
        let outgoing = operation.outgoing(Addressing::Path);
        assert_eq!(outgoing.headers[name], "public-read");
        assert_eq!(outgoing.query, "");
    }
}

#[test]
fn a04_hoisted_headers_that_contradict_or_are_unknown_are_refused() {
    let acl = |query, headers: &[(&str, &str)]| {
        request("PUT", "/abc/k", query, headers).presigned(Presigned::V4)
    };
    assert_eq!(
        refusal(&acl("x-amz-acl=public-read", &[("x-amz-acl", "private")])).reason.code(),
        AwsCode::InvalidArgument
    );
    operation(&acl("x-amz-acl=private", &[("x-amz-acl", "private")]));
    for unknown in ["x-amz-something=1", "x-amz-=1", "X-Amz-S3session-Token=1"] {
        assert_eq!(refusal(&acl(unknown, &[])).reason.code(), AwsCode::NotImplemented, "{unknown}");
    }
    assert_eq!(refusal(&acl("x-amz-meta-a=%0d%0ax", &[])).reason.code(), AwsCode::InvalidArgument);
    assert_eq!(
        refusal(&acl("x-amz-acl=private", &[("x-amz-x", "1")])).reason.code(),
        AwsCode::NotImplemented
    );
    // Not presigned: a name of the query that no table has.
    assert_eq!(code("PUT", "/abc/k", "x-amz-acl=private", &[]), AwsCode::InvalidArgument);
}

#[test]
fn a51_secrets_are_not_in_debug() {
    let headers = [
        ("x-amz-security-token", "SECRET1"),
        ("x-amz-server-side-encryption-customer-key", "SECRET2"),
        ("authorization", "SECRET3"),
    ];
    let request =
        request("PUT", "/abc/k", "X-Amz-Signature=SECRET4&X-Amz-Security-Token=SECRET5", &headers);
    let operation = operation(&request.presigned(Presigned::V4));
    let shown = format!("{operation:?} {:?}", operation.outgoing(Addressing::Path));
    assert!(!shown.contains("SECRET"), "{shown}");
    let sent = operation.outgoing(Addressing::Path).headers;
    assert_eq!(sent["x-amz-server-side-encryption-customer-key"], "SECRET2");
}

/// A Deny on `public-read` must hold for whatever a store takes for it.
#[test]
fn a58_words_that_policies_speak_of_are_spelled_exactly() {
    let put = |name: &str, value: &str| {
        resolve(&Request::new("PUT", "/abc/k", "", &[(name, value)]).raw()).map(|_| ())
    };
    for (name, right, wrong) in [
        ("x-amz-acl", "public-read", &["Public-Read", "public-read, private", "", "other"][..]),
        ("x-amz-object-lock-mode", "GOVERNANCE", &["governance", "BOTH"][..]),
        ("x-amz-object-lock-legal-hold", "ON", &["on", "true"][..]),
        ("x-amz-object-lock-event-hold", "OFF", &["off", " OFF,ON"][..]),
        ("x-amz-object-lock-event-hold-duration-days", "36500", &["36501", "0", "+7", "7d"][..]),
        ("x-amz-object-lock-event-hold-duration-years", "100", &["101", "0", "1.5"][..]),
        ("x-amz-server-side-encryption", "AES256", &["aes256"][..]),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256", &["aes256"][..]),
        ("x-amz-storage-class", "GLACIER", &["glacier", "Glacier"][..]),
        ("x-amz-storage-class", "own-Class", &["standard_ia"][..]),
    ] {
        assert!(put(name, right).is_ok(), "{name}: {right}");
        for value in wrong {
            assert!(put(name, value).is_err(), "{name}: {value}");
        }
    }
}
