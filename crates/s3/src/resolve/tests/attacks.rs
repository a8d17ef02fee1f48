use super::{code, operation, refusal, request};
use crate::name::NameError;
use crate::query::Presigned;
use crate::resolve::{Addressing, Reason, identify};
use crate::{AwsCode, OperationKind};

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

/// Whoever uploaded by a form is sent on to a page with these names in its query, and that page may be an object.
#[test]
fn a10_what_a_redirect_appends_is_passed_over_where_something_is_read() {
    let appended = "bucket=abc&key=a%2Fb&etag=%22e%22";
    for (method, path) in [("GET", "/abc/page.html"), ("HEAD", "/abc/page.html"), ("GET", "/abc")] {
        let outgoing = operation(&request(method, path, appended, &[])).outgoing(Addressing::Path);
        assert_eq!(outgoing.query, "", "{method} {path}");
    }
    for (method, path, query) in [
        ("GET", "/", appended),
        ("HEAD", "/abc", appended),
        ("PUT", "/abc/k", appended),
        ("DELETE", "/abc/k", appended),
        ("GET", "/abc/k", "bucket=abc&key=k"),
        ("GET", "/abc/k", "bucket=abc&key=k&tag=e"),
        ("GET", "/abc/k", "a=1&b=2&c=3"),
        ("GET", "/abc/k", "bucket=abc&key=k&etag=e&more=1"),
        ("GET", "/abc/k", "bucket=abc&key=k&etag=e&versionId=v"),
        ("GET", "/abc", "bucket=abc&key=k&etag=e&prefix=a"),
    ] {
        assert_eq!(
            code(method, path, query, &[]),
            AwsCode::InvalidArgument,
            "{method} {path}?{query}"
        );
    }
}

#[test]
fn the_usage_of_an_account_is_asked_for_by_its_name_alone() {
    assert!(operation(&request("GET", "/", "usage", &[])).asks_for_usage());
    assert!(!operation(&request("GET", "/", "", &[])).asks_for_usage());
}
