use crate::name::NameError;
use crate::query::Presigned;
use crate::resolve::{Addressing, Operation, Reason, ResolveError, identify, resolve};
use crate::vectors::Request;
use crate::{AwsCode, OperationKind};

fn request(method: &str, path: &str, query: &str, headers: &[(&str, &str)]) -> Request {
    Request::new(method, path, query, headers)
}

fn operation(request: &Request) -> Operation {
    resolve(&request.raw()).unwrap_or_else(|e| panic!("{request:?}: {e}"))
}

fn refusal(request: &Request) -> ResolveError {
    match resolve(&request.raw()) {
        Err(error) => error,
        Ok(operation) => panic!("{request:?}: {:?}", operation.kind()),
    }
}

fn code(method: &str, path: &str, query: &str, headers: &[(&str, &str)]) -> AwsCode {
    refusal(&request(method, path, query, headers)).reason.code()
}

#[test]
fn a10_the_operation_is_the_one_that_aws_says() {
    for (method, path, query, headers, kind) in [
        ("GET", "/", "", &[][..], OperationKind::ListBuckets),
        ("GET", "/abc", "", &[], OperationKind::ListObjects),
        ("GET", "/abc/", "list-type=2", &[], OperationKind::ListObjectsV2),
        ("GET", "/abc", "versions=", &[], OperationKind::ListObjectVersions),
        ("GET", "/abc", "location=x", &[], OperationKind::GetBucketLocation),
        ("GET", "/abc/k", "uploadId=u", &[], OperationKind::ListParts),
        ("GET", "/abc/k", "partNumber=1", &[], OperationKind::GetObject),
        ("PUT", "/abc/k", "", &[], OperationKind::PutObject),
        ("PUT", "/abc/k", "x-id=GetObject", &[], OperationKind::PutObject),
        ("PUT", "/abc/k", "", &[("X-Amz-Copy-Source", "src/k")], OperationKind::CopyObject),
        ("PUT", "/abc/k", "partNumber=1&uploadId=u", &[], OperationKind::UploadPart),
        (
            "PUT",
            "/abc/k",
            "uploadId=u&partNumber=1",
            &[("x-amz-copy-source", "src/k")],
            OperationKind::UploadPartCopy,
        ),
        ("POST", "/abc/k", "uploadId=u", &[], OperationKind::CompleteMultipartUpload),
        ("POST", "/abc/k", "uploads", &[], OperationKind::CreateMultipartUpload),
        ("DELETE", "/abc/k", "uploadId=u", &[], OperationKind::AbortMultipartUpload),
        ("DELETE", "/abc/k", "versionId=null", &[], OperationKind::DeleteObject),
        ("POST", "/abc", "delete", &[], OperationKind::DeleteObjects),
        ("GET", "/abc/k", "", &[("X-HTTP-Method-Override", "DELETE")], OperationKind::GetObject),
    ] {
        assert_eq!(
            operation(&request(method, path, query, headers)).kind(),
            kind,
            "{method} {path}?{query}"
        );
    }
}

#[test]
fn a10_what_is_none_or_two_is_refused() {
    for (method, path, query, expected) in [
        ("GET", "/abc/k", "list-type=2", AwsCode::MethodNotAllowed),
        ("GET", "/abc/k", "x;list-type=2", AwsCode::InvalidArgument),
        ("DELETE", "/abc/k", "x;uploadId=1", AwsCode::InvalidArgument),
        ("POST", "/abc/", "delete&x;uploads=", AwsCode::InvalidArgument),
        ("PUT", "/abc/k", "policy", AwsCode::MethodNotAllowed),
        ("GET", "/abc/k", "acl&tagging", AwsCode::InvalidArgument),
        ("GET", "/abc", "versions&list-type=2", AwsCode::InvalidArgument),
        ("GET", "/abc/k", "annotations", AwsCode::InvalidArgument),
        ("GET", "/abc/k", "foo=bar", AwsCode::InvalidArgument),
        ("GET", "/abc/k", "versionId=a&versionId=b", AwsCode::InvalidArgument),
        ("GET", "/abc", "list-type=1", AwsCode::InvalidArgument),
        ("GET", "/abc", "list-type", AwsCode::InvalidArgument),
        ("PUT", "/abc/k", "uploadId=u", AwsCode::InvalidArgument),
        ("PUT", "/abc", "analytics", AwsCode::InvalidArgument),
        ("PUT", "/abc", "analytics&id=", AwsCode::InvalidArgument),
        ("PUT", "/abc/k", "annotation", AwsCode::InvalidArgument),
        ("PUT", "/abc/k", "annotation&annotationName=", AwsCode::InvalidArgument),
        ("PUT", "/abc/k", "partNumber=1", AwsCode::InvalidArgument),
        ("DELETE", "/abc/k", "uploadId=u&versionId=v", AwsCode::InvalidArgument),
        ("GET", "/abc/k", "prefix=a", AwsCode::InvalidArgument),
        ("GET", "/abc/k", "versionId=", AwsCode::InvalidArgument),
        ("GET", "/abc/k", "versionId", AwsCode::InvalidArgument),
        ("POST", "/abc/k", "uploadId=", AwsCode::InvalidArgument),
        ("POST", "/abc/k", "", AwsCode::MethodNotAllowed),
        ("POST", "/abc", "", AwsCode::MethodNotAllowed),
        ("PUT", "/", "", AwsCode::MethodNotAllowed),
        ("HEAD", "/abc/k", "tagging", AwsCode::MethodNotAllowed),
        ("PATCH", "/abc/k", "", AwsCode::MethodNotAllowed),
        ("OPTIONS", "/abc/k", "", AwsCode::MethodNotAllowed),
        ("get", "/abc/k", "", AwsCode::MethodNotAllowed),
    ] {
        assert_eq!(code(method, path, query, &[]), expected, "{method} {path}?{query}");
    }
}

#[test]
fn a10_the_error_names_the_parameter_that_is_at_fault() {
    for (method, path, query, name, message) in [
        (
            "GET",
            "/abc/k",
            "acl&tagging",
            "ResourceType",
            "conflicting query string parameters: acl, tagging",
        ),
        ("PUT", "/abc", "metrics", "id", "the query parameter `id` is missing"),
        ("GET", "/abc/k", "foo=bar", "foo", "the query parameter `foo` is not known"),
        (
            "GET",
            "/abc/k",
            "prefix=a",
            "prefix",
            "the query parameter `prefix` does not belong to this operation",
        ),
    ] {
        let error = refusal(&request(method, path, query, &[]));
        assert_eq!(error.reason.culprit(), Some(("ArgumentName", name)), "{query}");
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn a10_known_operations_that_are_not_forwarded_are_named() {
    for (method, path, query, name) in [
        ("GET", "/abc", "session", "CreateSession"),
        ("PUT", "/abc/k", "renameObject", "RenameObject"),
        ("GET", "/", "max-directory-buckets=1", "ListDirectoryBuckets"),
    ] {
        let error = refusal(&request(method, path, query, &[]));
        assert_eq!(error.operation.map(OperationKind::name), Some(name));
        assert_eq!(error.reason.code(), AwsCode::NotImplemented);
        assert!(error.target.is_some());
    }
}

#[test]
fn a10_unknown_name_beside_a_subresource_is_refused_and_known() {
    let error = refusal(&request("PUT", "/abc", "policy=&Version=2012-10-17", &[]));
    assert_eq!(error.operation, Some(OperationKind::PutBucketPolicy));
    assert_eq!(error.reason, Reason::UnknownQuery("Version".into()));
    let error = refusal(&request("PUT", "/abc/k", "Version=2012-10-17", &[]));
    assert_eq!(error.operation, None);
}

#[test]
fn a10_numbers_are_read_as_every_store_reads_them() {
    for query in [
        "max-keys=",
        "max-keys=-1",
        "max-keys=+1",
        "max-keys=%2B1",
        "max-keys=00000000001",
        "max-keys=1e3",
        "max-keys=2147483648",
        "max-keys=10abc",
        "encoding-type=URL",
    ] {
        assert_eq!(code("GET", "/abc", query, &[]), AwsCode::InvalidArgument, "{query}");
    }
    for number in ["0", "10001", "", "x", "1.0"] {
        let query = format!("uploadId=u&partNumber={number}");
        assert_eq!(code("PUT", "/abc/k", &query, &[]), AwsCode::InvalidArgument, "{query}");
        let query = format!("max-buckets={number}");
        assert_eq!(code("GET", "/", &query, &[]), AwsCode::InvalidArgument, "{query}");
    }
    for number in ["1", "10000"] {
        operation(&request("PUT", "/abc/k", &format!("uploadId=u&partNumber={number}"), &[]));
        operation(&request("GET", "/", &format!("max-buckets={number}"), &[]));
    }
    assert_eq!(operation(&request("GET", "/abc", "max-keys=0", &[])).query("max-keys"), Some("0"));
    assert_eq!(
        code("GET", "/abc/k", "response-content-type=a%0d%0ab", &[]),
        AwsCode::InvalidArgument
    );
}

#[test]
fn a10_what_is_forwarded_is_rebuilt() {
    let sent = [
        ("host", "gateway"),
        ("user-agent", "x"),
        ("authorization", "AWS4-HMAC-SHA256 x"),
        ("x-amz-date", "20260102T030405Z"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-security-token", "t"),
        ("x-amz-decoded-content-length", "1"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
        ("x-amz-sdk-checksum-algorithm", "CRC32"),
        ("content-length", "1"),
        ("transfer-encoding", "chunked"),
        ("content-encoding", "aws-chunked, gzip"),
        ("connection", "x-amz-acl"),
        ("cookie", "a=b"),
        ("expect", "100-continue"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-http-method-override", "DELETE"),
        ("x-amz-meta-a", "b"),
        ("x-amz-acl", "private"),
        ("content-type", "text/plain"),
        ("if-none-match", "*"),
    ];
    let operation = operation(&request("PUT", "/abc/a%20b//c", "x-id=PutObject", &sent));
    let outgoing = operation.outgoing(Addressing::Path);
    assert_eq!((outgoing.path.as_str(), outgoing.query.as_str()), ("/abc/a%20b//c", ""));
    let mut names: Vec<_> = outgoing.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["content-encoding", "content-type", "if-none-match", "x-amz-acl", "x-amz-meta-a"]
    );
    assert_eq!(outgoing.headers["content-encoding"], "gzip");
    assert_eq!(operation.outgoing(Addressing::Virtual).path, "/a%20b//c");
    // The gateway can still read what is its own.
    assert_eq!(operation.header("x-amz-trailer").unwrap(), "x-amz-checksum-crc32");
}

#[test]
fn a10_aws_chunked_never_stays() {
    let operation =
        operation(&request("PUT", "/abc/k", "", &[("content-encoding", "AWS-chunked")]));
    assert!(operation.outgoing(Addressing::Path).headers.is_empty());
}

#[test]
fn a15_checksums_of_a_document_are_not_those_of_what_is_sent() {
    let sums = [
        ("content-md5", "x"),
        ("x-amz-sdk-checksum-algorithm", "CRC32"),
        ("x-amz-checksum-crc32", "x"),
    ];
    for (method, path, query, of_the_body, sent) in [
        ("POST", "/abc", "delete", true, &[][..]),
        ("PUT", "/abc/k", "tagging", true, &[]),
        ("PUT", "/abc/k", "", true, &["content-md5", "x-amz-checksum-crc32"]),
        (
            "PUT",
            "/abc/k",
            "partNumber=1&uploadId=u",
            true,
            &["content-md5", "x-amz-checksum-crc32"],
        ),
    ] {
        let operation = operation(&request(method, path, query, &sums));
        assert_eq!(operation.checksums_are_of_the_body(), of_the_body, "{path}?{query}");
        let outgoing = operation.outgoing(Addressing::Path).headers;
        let mut names: Vec<_> = outgoing.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, sent, "{path}?{query}");
        assert_eq!(operation.headers().len(), sums.len(), "they are verified here");
    }
    // Of the object that the parts make, which only the store can verify.
    let complete = request("POST", "/abc/k", "uploadId=u", &[sums[0], sums[2]]);
    let complete = operation(&complete);
    assert!(!complete.checksums_are_of_the_body());
    let outgoing = complete.outgoing(Addressing::Path).headers;
    assert_eq!(outgoing.keys().collect::<Vec<_>>(), ["x-amz-checksum-crc32"]);
    assert!(!operation(&request("GET", "/abc/k", "", &[])).checksums_are_of_the_body());
}

#[test]
fn requests_that_set_headers_of_the_answer_are_known() {
    for (query, overrides) in [
        ("", false),
        ("versionId=v&partNumber=1", false),
        ("response-content-type=text%2Fhtml", true),
        ("versionId=v&response-expires=0", true),
    ] {
        let get = operation(&request("GET", "/abc/k", query, &[]));
        assert_eq!(get.overrides_response(), overrides, "{query}");
        assert_eq!(get.version().is_some(), query.contains("versionId"), "{query}");
    }
}

#[test]
fn a11_the_key_that_is_decided_is_the_key_that_is_sent() {
    for (path, sent) in [
        ("/abc/a+b", "/abc/a%2Bb"),
        ("/abc/a/../b", "/abc/a/../b"),
        ("/abc/%2e%2e/b", "/abc/../b"),
        ("/abc//b", "/abc//b"),
        ("/abc/a%2Fb", "/abc/a/b"),
        ("/abc/%3Facl", "/abc/%3Facl"),
        ("/abc/a;b", "/abc/a%3Bb"),
        ("/abc/%2541", "/abc/%2541"),
        ("/abc/(é)", "/abc/%28%C3%A9%29"),
        ("/%61bc/%6b", "/abc/k"),
    ] {
        assert_eq!(operation(&request("GET", path, "", &[])).outgoing(Addressing::Path).path, sent);
    }
    for path in
        ["//k", "/a%2Fbc/k", "/abc/%00", "/abc/%FF", "http://elsewhere/abc/k", "x.attacker:/abc/k"]
    {
        refusal(&request("GET", path, "", &[]));
    }
    let error = refusal(&request("GET", "/ABC/k", "", &[]));
    assert_eq!(error.reason.code(), AwsCode::InvalidBucketName);
    let error = refusal(&request("GET", &format!("/abc/{}", "k".repeat(1025)), "", &[]));
    assert_eq!(error.reason.code(), AwsCode::KeyTooLongError);
}

#[test]
fn a14_copy_source_is_sent_as_it_was_decided() {
    for (source, sent) in [
        ("src/a+b", "src/a%20b"),
        ("/src/a%2Bb", "src/a%2Bb"),
        ("%2Fsrc%2Fa", "src/a"),
        ("src//a", "src//a"),
        ("src/a?versionId=v+1/=", "src/a?versionId=v%2B1%2F%3D"),
        ("src/a?versionId=null", "src/a?versionId=null"),
    ] {
        let operation = operation(&request("PUT", "/abc/k", "", &[("x-amz-copy-source", source)]));
        assert_eq!(
            operation.outgoing(Addressing::Path).headers["x-amz-copy-source"],
            sent,
            "{source}"
        );
    }
}

#[test]
fn a14_copy_source_where_it_does_not_belong_is_refused() {
    let source = ("x-amz-copy-source", "src/k");
    assert_eq!(code("PUT", "/abc/k", "acl", &[source]), AwsCode::InvalidArgument);
    assert_eq!(code("PUT", "/abc", "", &[source]), AwsCode::InvalidArgument);
    assert_eq!(code("GET", "/abc/k", "", &[source]), AwsCode::InvalidArgument);
    assert_eq!(
        code("PUT", "/abc/k", "", &[source, ("x-amz-copy-source", "x/y")]),
        AwsCode::InvalidArgument
    );
    let arn = ("x-amz-copy-source", "arn:aws:s3:us-west-2:123456789012:accesspoint/ap/object/k");
    assert_eq!(code("PUT", "/abc/k", "", &[arn]), AwsCode::NotImplemented);
    let error = refusal(&request("PUT", "/abc/k", "", &[("x-amz-copy-source", "src")]));
    assert_eq!(error.operation, Some(OperationKind::CopyObject));
    for presigned in [Presigned::V4, Presigned::HmacV1] {
        let hoisted =
            request("PUT", "/abc/k", "x-amz-copy-source=src%2Fk", &[]).presigned(presigned);
        assert_eq!(refusal(&hoisted).reason.code(), AwsCode::InvalidArgument);
        let both =
            request("PUT", "/abc/k", "x-amz-copy-source=src%2Fk", &[source]).presigned(presigned);
        refusal(&both);
    }
}

#[test]
fn a16_a_condition_key_cannot_be_given_twice() {
    for query in ["prefix=a&prefix=b", "prefix=a&%70refix=b", "prefix=a&Prefix=b", "s3:prefix=a"] {
        assert_eq!(code("GET", "/abc", query, &[]), AwsCode::InvalidArgument, "{query}");
    }
    for headers in [
        [("x-amz-acl", "private"), ("x-amz-acl", "public-read")],
        [("if-match", "a"), ("if-match", "b")],
        [("x-amz-tagging", "a=1"), ("x-amz-tagging", "b=1")],
    ] {
        assert_eq!(code("PUT", "/abc/k", "", &headers), AwsCode::InvalidArgument, "{headers:?}");
    }
}

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
        ("PUT", "", "x-amz-checksum-xxhash3"),
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
fn object_lambda_is_known_by_its_headers() {
    let headers = [("x-amz-request-route", "r"), ("x-amz-request-token", "t")];
    let lambda = request("POST", "/WriteGetObjectResponse", "", &headers);
    assert_eq!(identify(&lambda.raw()).unwrap().kind(), OperationKind::WriteGetObjectResponse);
    assert_eq!(refusal(&lambda).reason.code(), AwsCode::NotImplemented);
    for some in [&[][..], &headers[..1], &headers[1..]] {
        let error = refusal(&request("POST", "/WriteGetObjectResponse", "", some));
        assert!(matches!(
            error.reason,
            Reason::Path(crate::addressing::PathError::Name(NameError::Bucket))
        ));
    }
    for (method, path) in [("POST", "/abc/k"), ("PUT", "/WriteGetObjectResponse")] {
        let error = refusal(&request(method, path, "uploads", &headers));
        assert_ne!(error.operation, Some(OperationKind::WriteGetObjectResponse), "{method} {path}");
    }
}

#[test]
fn post_object_is_known_by_its_form() {
    let form = request("POST", "/abc", "", &[("content-type", "Multipart/Form-Data; boundary=x")]);
    assert_eq!(identify(&form.raw()).unwrap().kind(), OperationKind::PostObject);
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
    ] {
        assert!(put(name, right).is_ok(), "{name}: {right}");
        for value in wrong {
            assert!(put(name, value).is_err(), "{name}: {value}");
        }
    }
}
