//! Checksums of uploads in parts: of each part (composite) and of the whole object (S3 user guide, *Checking object
//! integrity for data uploads*).

use s3::checksum::{Algorithm, Hasher};
use testkit::answer::Answer;
use testkit::signed::SignedRequest;

use crate::harness::{World, request};

fn sum(algorithm: Algorithm, body: &[u8]) -> String {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(body);
    hasher.finish().to_base64()
}

async fn sent(
    world: &World,
    request: SignedRequest,
    answer: Answer,
) -> (testkit::client::Response, testkit::server::Request) {
    world.store.push(answer);
    world.passed(&request.sign(&world.loader)).await
}

#[tokio::test]
async fn checksums_of_an_upload_in_parts_reach_the_store_and_come_back() {
    let world = World::start().await;
    for (algorithm, kind) in [
        (Algorithm::Crc32, "COMPOSITE"),
        (Algorithm::Sha256, "COMPOSITE"),
        (Algorithm::Crc64Nvme, "FULL_OBJECT"),
    ] {
        let (name, element) = (algorithm.header_name(), algorithm.element_name());
        let word = name.trim_start_matches("x-amz-checksum-").to_ascii_uppercase();
        let create = request("POST", "/data/k?uploads")
            .header("x-amz-checksum-algorithm", &word)
            .header("x-amz-checksum-type", kind);
        let made =
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>";
        let made = Answer::ok()
            .header("x-amz-checksum-algorithm", &word)
            .header("x-amz-checksum-type", kind)
            .body(made);
        let (response, arrived) = sent(&world, create, made).await;
        for (header, value) in [("x-amz-checksum-algorithm", &*word), ("x-amz-checksum-type", kind)]
        {
            assert_eq!(arrived.header(header), Some(value));
            assert_eq!(response.header(header), Some(value));
        }

        let part = request("PUT", "/data/k?partNumber=1&uploadId=u").body("part");
        let of_part = sum(algorithm, b"part");
        let answer = Answer::ok().header("etag", "\"e\"").header(name, &of_part);
        let (response, arrived) = sent(&world, part.header(name, &of_part), answer).await;
        assert_eq!(
            (arrived.header(name), response.header(name)),
            (Some(&*of_part), Some(&*of_part))
        );

        let of_all = if kind == "COMPOSITE" { format!("{of_part}-1") } else { of_part.clone() };
        let document = format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"e\"</ETag>\
             <{element}>{of_part}</{element}></Part></CompleteMultipartUpload>"
        );
        let complete = request("POST", "/data/k?uploadId=u")
            .header(name, &of_all)
            .header("x-amz-checksum-type", kind)
            .header("x-amz-mp-object-size", "4")
            .body(document);
        let done = format!(
            "<CompleteMultipartUploadResult><ETag>\"e-1\"</ETag><{element}>{of_all}</{element}>\
             <ChecksumType>{kind}</ChecksumType></CompleteMultipartUploadResult>"
        );
        let (response, arrived) = sent(&world, complete, Answer::ok().body(done)).await;
        assert_eq!(arrived.header(name), Some(&*of_all), "of the object, not of the document");
        assert_eq!(arrived.header("x-amz-checksum-type"), Some(kind));
        assert_eq!(arrived.header("x-amz-mp-object-size"), Some("4"));
        let sent_on = String::from_utf8(arrived.body).unwrap();
        assert!(sent_on.contains(&format!("<{element}>{of_part}</{element}>")), "{sent_on}");
        assert_eq!(response.xml(element), Some(&*of_all), "{}", response.text());
        assert_eq!(response.xml("ChecksumType"), Some(kind), "{}", response.text());

        let read = request("GET", "/data/k").header("x-amz-checksum-mode", "ENABLED");
        let answer = Answer::ok()
            .header("etag", "\"e-1\"")
            .header(name, &of_all)
            .header("x-amz-checksum-type", kind)
            .body("part");
        let (response, arrived) = sent(&world, read, answer).await;
        assert_eq!(arrived.header("x-amz-checksum-mode"), Some("ENABLED"));
        assert_eq!(response.header(name), Some(&*of_all));
        assert_eq!(response.header("x-amz-checksum-type"), Some(kind));
    }
}

/// A part that is not what its checksum says is no part.
#[tokio::test]
async fn a40_a_part_with_a_wrong_checksum_is_not_stored() {
    let world = World::start().await;
    let wrong = request("PUT", "/data/k?partNumber=1&uploadId=u")
        .header("x-amz-checksum-crc64nvme", &sum(Algorithm::Crc64Nvme, b"other"))
        .body("part");
    world.refused(&wrong.sign(&world.loader), 400, "BadDigest").await;
}

/// The checksums of the request that ends an upload are of the object; its Content-MD5 is of the document.
#[tokio::test]
async fn a40_the_document_of_parts_has_its_own_md5() {
    let world = World::start().await;
    let document = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"e\"</ETag></Part>\
                    </CompleteMultipartUpload>";
    let md5 = |of: &str| s3::checksum::ContentMd5::of(of.as_bytes()).to_base64();
    let complete = |md5: &str| {
        let sent = request("POST", "/data/k?uploadId=u").header("content-md5", md5).body(document);
        sent.sign(&world.loader)
    };
    world.refused(&complete(&md5("another")), 400, "BadDigest").await;
    world.refused(&complete("short"), 400, "InvalidDigest").await;
    let done =
        "<CompleteMultipartUploadResult><ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>";
    world.store.push(Answer::ok().body(done));
    let (response, _) = world.passed(&complete(&md5(document))).await;
    assert_eq!(response.xml("ETag"), Some("&quot;e-1&quot;"));
}
