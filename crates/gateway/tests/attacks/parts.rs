//! Checksums of uploads in parts: of each part (composite) and of the whole object (S3 user guide, *Checking object
//! integrity for data uploads*).

use s3::checksum::{Algorithm, Hasher};
use testkit::answer::Answer;
use testkit::signed::SignedRequest;

use serde_json::json;

use crate::harness::{Plan, World, request};

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
    let plan = Plan::new().with(|config| {
        config["stores"][0]["capabilities"] = json!({ "object_size": true });
    });
    let world = plan.start().await;
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

fn complete(headers: &[(&'static str, &str)], parts: &str) -> SignedRequest {
    let document = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let request = request("POST", "/data/k?uploadId=u%2B1").body(document);
    headers.iter().fold(request, |request, (name, value)| request.header(name, value))
}

fn part(number: u16, more: &str) -> String {
    format!("<Part><PartNumber>{number}</PartNumber><ETag>\"e\"</ETag>{more}</Part>")
}

/// What nobody could mean is refused, whatever the store would make of it.
#[tokio::test]
async fn malformed_words_about_the_whole_object_are_refused() {
    let world = World::start().await;
    let crc32 = sum(Algorithm::Crc32, b"part");
    for headers in [
        [("x-amz-mp-object-size", "four")].as_slice(),
        &[("x-amz-mp-object-size", "+4")],
        &[("x-amz-mp-object-size", "18446744073709551616")],
        &[("x-amz-checksum-crc32", "short")],
        &[("x-amz-checksum-crc32", &format!("{crc32}-"))],
        &[("x-amz-checksum-crc32", &format!("{crc32}-x"))],
        &[("x-amz-checksum-sha256", &crc32)],
        &[("x-amz-checksum-crc32", &crc32), ("x-amz-checksum-crc32c", &crc32)],
    ] {
        let request = complete(headers, &part(1, "")).sign(&world.loader);
        let refused = world.refused(&request, 400, "InvalidRequest").await;
        assert!(refused.text().contains("x-amz-"), "{headers:?}: {}", refused.text());
    }
    let wrong = part(1, "<ChecksumCRC32>short</ChecksumCRC32>");
    let request = complete(&[], &wrong).sign(&world.loader);
    world.refused(&request, 400, "MalformedXML").await;
}

fn listed(parts: &[(u16, u64)], next: Option<u16>) -> Answer {
    let part = |(number, size): &(u16, u64)| {
        format!("<Part><PartNumber>{number}</PartNumber><Size>{size}</Size></Part>")
    };
    let parts = parts.iter().map(part).collect::<String>();
    let next = next.map_or(String::new(), |next| {
        format!(
            "<IsTruncated>true</IsTruncated><NextPartNumberMarker>{next}</NextPartNumberMarker>"
        )
    });
    Answer::ok().body(format!("<ListPartsResult>{next}{parts}</ListPartsResult>"))
}

/// A store that does not compare the size would make an object of another one.
#[tokio::test]
async fn a40_the_size_of_an_upload_is_compared_before_it_is_completed() {
    let world = World::start().await;
    let done = "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>";
    let sized = |size: &str| {
        let parts = part(1, "") + &part(3, "");
        complete(&[("x-amz-mp-object-size", size)], &parts).sign(&world.loader)
    };
    let pages = || {
        world.store.push(listed(&[(1, 5), (2, 7)], Some(2)));
        world.store.push(listed(&[(3, 11)], None));
    };
    let asked = ["/data/k?uploadId=u%2B1", "/data/k?part-number-marker=2&uploadId=u%2B1"];

    pages();
    let before = world.store.requests().len();
    let refused = world.send(&sized("23")).await;
    assert_eq!((refused.status, refused.code()), (400, Some("InvalidRequest")));
    assert!(refused.text().contains("value 23 does not match what was computed: 16"));
    world.fence().await;
    let sent = world.since(before);
    assert!(sent.iter().all(|sent| sent.method == "GET"), "it must not be completed");
    assert_eq!(sent.iter().map(|sent| &*sent.target).collect::<Vec<_>>(), asked);

    pages();
    world.store.push(Answer::ok().body(done));
    let before = world.store.requests().len();
    assert_eq!(world.send(&sized("16")).await.status, 200);
    let sent = world.since(before);
    assert_eq!(sent.len(), 3);
    assert_eq!((&*sent[2].method, sent[2].header("x-amz-mp-object-size")), ("POST", Some("16")));

    // Of what is not there the store speaks itself.
    for missing in [Answer::error(404, "NoSuchUpload"), listed(&[(1, 5)], None)] {
        world.store.push(missing);
        world.store.push(Answer::error(404, "NoSuchUpload"));
        let response = world.send(&sized("16")).await;
        assert_eq!((response.status, response.code()), (404, Some("NoSuchUpload")));
    }
    // What cannot be looked at is not completed.
    for (broken, status) in [
        (Answer::ok().body("<Error/>"), 500),
        (listed(&[(1, 5)], Some(0)), 500),
        (Answer::error(403, "AccessDenied"), 500),
        (Answer::error(503, "SlowDown"), 503),
    ] {
        world.store.push(broken);
        let before = world.store.requests().len();
        assert_eq!(world.send(&sized("16")).await.status, status);
        world.fence().await;
        assert!(world.since(before).iter().all(|sent| sent.method == "GET"));
    }
}

/// Nobody asks a store about parts with keys that the caller does not have.
#[tokio::test]
async fn the_size_of_an_upload_is_not_promised_to_strangers() {
    let plan = Plan::new().with(|config| config["stores"][0]["authorization"] = json!("store"));
    let world = plan.start().await;
    let request = complete(&[("x-amz-mp-object-size", "4")], &part(1, ""));
    let stranger = request.sign(&world.loader).without_header("authorization");
    let refused = world.refused(&stranger, 501, "NotImplemented").await;
    assert_eq!(refused.xml("Header"), Some("x-amz-mp-object-size"));
}
