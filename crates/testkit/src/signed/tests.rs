use super::*;

// Published by AWS: "Authenticating Requests: Using the Authorization Header" and "... Using Query
// Parameters", "Signature Calculations for the Authorization Header: Transferring Payload in Multiple
// Chunks", and "Signing and authenticating REST requests" (signature version 2).
fn example() -> Credentials {
    Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
}

/// 2013-05-24T00:00:00Z.
const AT: i64 = 1_369_353_600;

fn signature_of(prepared: &Prepared) -> &str {
    let (_, value) = prepared.headers.iter().find(|(name, _)| name == "authorization").unwrap();
    value.rsplit_once('=').unwrap().1
}

#[test]
fn a_header_signature_is_what_aws_published() {
    let request = SignedRequest::new("GET", "/test.txt")
        .host("examplebucket.s3.amazonaws.com")
        .header("Range", "bytes=0-9")
        .at(AT)
        .sign(&example());
    assert_eq!(
        signature_of(&request),
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        "{}",
        request.canonical_request
    );
    let list = SignedRequest::new("GET", "/?max-keys=2&prefix=J")
        .host("examplebucket.s3.amazonaws.com")
        .at(AT)
        .sign(&example());
    assert_eq!(
        signature_of(&list),
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    );
}

#[test]
fn a_query_signature_is_what_aws_published() {
    let request = SignedRequest::new("GET", "/test.txt")
        .host("examplebucket.s3.amazonaws.com")
        .at(AT)
        .presign(&example(), 86_400);
    assert!(
        request.target.ends_with(
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        ),
        "{}",
        request.target
    );
}

#[test]
fn signed_chunks_are_what_aws_published() {
    let request = SignedRequest::new("PUT", "/examplebucket/chunkObject.txt")
        .host("s3.amazonaws.com")
        .header("x-amz-storage-class", "REDUCED_REDUNDANCY")
        .header("content-length", "66824")
        .header("content-encoding", "aws-chunked")
        .body(vec![b'a'; 66_560])
        .payload(Payload::Signed { chunk: 65_536, trailers: Vec::new() })
        .at(AT)
        .sign(&example());
    assert_eq!(
        signature_of(&request),
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    );
    let heads: Vec<_> = request
        .body
        .iter()
        .map(|piece| String::from_utf8_lossy(piece.split(|b| *b == b'\r').next().unwrap()))
        .collect();
    assert_eq!(
        heads,
        [
            "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ]
    );
    assert_eq!(request.body.concat().len(), 66_824);
}

#[test]
fn a_signed_trailer_is_what_aws_published() {
    let trailers = vec![("x-amz-checksum-crc32c".to_owned(), "sOO8/Q==".to_owned())];
    let request = SignedRequest::new("PUT", "/examplebucket/chunkObject.txt")
        .host("s3.amazonaws.com")
        .header("x-amz-storage-class", "REDUCED_REDUNDANCY")
        .header("content-encoding", "aws-chunked")
        .body(vec![b'a'; 66_560])
        .payload(Payload::Signed { chunk: 65_536, trailers })
        .at(AT)
        .sign(&example());
    assert_eq!(
        signature_of(&request),
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
    );
    let last = String::from_utf8(request.body.last().unwrap().clone()).unwrap();
    assert_eq!(
        last,
        "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n\
         x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:\
         d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
    );
}

#[test]
fn an_hmacv1_signature_is_what_aws_published() {
    // "Query string request authentication alternative", with the bucket in the host.
    let request = SignedRequest::new("GET", "/photos/puppy.jpg")
        .host("johnsmith.s3.amazonaws.com")
        .presign_hmacv1(&example(), 1_175_139_620, "/johnsmith");
    assert_eq!(request.canonical_request, "GET\n\n\n1175139620\n/johnsmith/photos/puppy.jpg");
    assert!(request.target.contains("Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D"), "{request:?}");
}

#[test]
fn an_hmacv1_header_is_what_aws_published() {
    // "Object GET", of 2007-03-27T19:36:42Z, but with the date as RFC 9110 writes it.
    let request = SignedRequest::new("GET", "/photos/puppy.jpg")
        .at(1_175_024_202)
        .sign_hmacv1(&example(), "/awsexamplebucket1");
    assert_eq!(
        request.canonical_request,
        "GET\n\n\nTue, 27 Mar 2007 19:36:42 GMT\n/awsexamplebucket1/photos/puppy.jpg"
    );
    // "Delete" as its text says it, with `x-amz-date` among the headers.
    let request = SignedRequest::new("DELETE", "/awsexamplebucket1/photos/puppy.jpg")
        .header("X-Amz-Date", "Tue, 27 Mar 2007 21:20:26 +0000")
        .sign_hmacv1(&example(), "");
    let authorization = request.headers.iter().find(|(name, _)| name == "authorization").unwrap();
    assert_eq!(authorization.1, "AWS AKIAIOSFODNN7EXAMPLE:Ri1hpB1zpS9pGqR7y8kuNFCl4sE=");
}

#[test]
fn canonical_forms_decode_once() {
    assert_eq!(encoding::canonical_path("/b/a%2fb//c d/+/%41/%zz"), "/b/a%2Fb//c%20d/%2B/A/%25zz");
    assert_eq!(encoding::canonical_query("b=2&a&c=%2f&a=1"), "a=&a=1&b=2&c=%2F");
    assert_eq!(encode_path("/a b/ü"), "/a%20b/%C3%BC");
}
