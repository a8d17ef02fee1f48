//! A11: a key is the same in every operation: what the client names is, decoded once, what the store is asked
//! for, and what the answers and the log have ("Naming Amazon S3 objects", S3 user guide).

use s3::checksum::ContentMd5;
use serde_json::json;
use testkit::answer::Answer;
use testkit::client::Response;
use testkit::server::Request;
use testkit::signed::{SignedRequest, encode, encode_path, sha256_base64};

use crate::form::Form;
use crate::harness::{DATA_HOST, HOST, World, request};
use crate::spelled::{decoded, escaped, kinds, referred, text_of};

/// The key that a request of the gateway names.
fn asked(arrived: &Request) -> String {
    decoded(arrived.path().strip_prefix("/data/").unwrap())
}

/// A value of a request's query.
fn parameter(arrived: &Request, name: &str) -> Option<String> {
    arrived.query().split('&').find_map(|pair| {
        let (have, value) = pair.split_once('=')?;
        (have == name).then(|| decoded(value))
    })
}

fn answer_next(world: &World, body: &str) {
    world.store.forget_script();
    world.store.forget_requests();
    if !body.is_empty() {
        world
            .store
            .push(Answer::ok().header("content-type", "application/xml").body(body.to_owned()));
    }
}

fn with_document(request: SignedRequest, document: &str) -> SignedRequest {
    request
        .header("content-md5", &ContentMd5::of(document.as_bytes()).to_base64())
        .header("x-amz-checksum-sha256", &sha256_base64(document.as_bytes()))
        .body(document)
}

const TAGS: &str = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
const RETENTION: &str = "<Retention><Mode>GOVERNANCE</Mode>\
    <RetainUntilDate>2040-01-02T03:04:05Z</RetainUntilDate></Retention>";

/// Operations on one key: method, query and document.
const ON_KEYS: &[(&str, &str, &str)] = &[
    ("PUT", "", "content"),
    ("GET", "", ""),
    ("HEAD", "", ""),
    ("GET", "?versionId=v", ""),
    ("GET", "?partNumber=1", ""),
    ("GET", "?response-content-type=text%2Fplain", ""),
    ("GET", "?attributes", ""),
    ("GET", "?tagging", ""),
    ("PUT", "?tagging", TAGS),
    ("DELETE", "?tagging", ""),
    ("GET", "?retention", ""),
    ("PUT", "?retention", RETENTION),
    ("GET", "?legal-hold", ""),
    ("PUT", "?legal-hold", "<LegalHold><Status>ON</Status></LegalHold>"),
    ("POST", "?restore", "<RestoreRequest><Days>1</Days></RestoreRequest>"),
    ("PUT", "?partNumber=1&uploadId=u", "part"),
    ("DELETE", "?uploadId=u", ""),
    ("DELETE", "?versionId=v", ""),
    ("DELETE", "", ""),
];

#[tokio::test]
async fn a11_a_key_is_the_same_in_every_operation_on_it() {
    let world = World::start().await;
    for key in kinds() {
        for (host, bucket) in [(HOST, "/data"), (DATA_HOST, "")] {
            for (method, query, document) in ON_KEYS {
                world.store.forget_requests();
                let target = format!("{bucket}/{}{query}", encode_path(&key));
                let mut sent = request(method, &target).host(host);
                if query.contains("attributes") {
                    sent = sent.header("x-amz-object-attributes", "ETag");
                }
                if document.starts_with('<') {
                    sent = with_document(sent, document);
                } else if !document.is_empty() {
                    sent = sent.body(*document);
                }
                let (response, arrived) = world.passed(&sent.sign(&world.loader)).await;
                assert_eq!(asked(&arrived), key, "{method} {query}");
                assert_eq!(
                    arrived.path(),
                    format!("/data/{}", encode_path(&key)),
                    "{method} {query}"
                );
                assert_eq!(arrived.method, *method, "{query}");
                if (*method, *query) == ("GET", "") {
                    assert_eq!(response.body, b"content", "{key:?}");
                }
                let line = world.line_of(&response).await;
                assert_eq!(line["key"], key, "{line}");
            }
        }
    }
}

/// A refusal and an error of the store name the key that was asked for, as text.
#[tokio::test]
async fn a11_errors_have_the_key_that_was_named() {
    let (world, alice) = World::with_alice().await;
    for key in kinds() {
        world.store.forget_requests();
        let target = format!("/data/{}", encode_path(&key));
        let missing = world.send(&request("GET", &target).sign(&world.loader)).await;
        assert_eq!((missing.status, missing.code()), (404, Some("NoSuchKey")), "{key:?}");
        let denied = world.send(&request("GET", &target).sign(&alice)).await;
        assert_eq!((denied.status, denied.code()), (403, Some("AccessDenied")), "{key:?}");
        for response in [missing, denied] {
            assert_eq!(text_of(response.text(), "Resource"), Some(target.clone()), "{key:?}");
        }
    }
}

/// "Multipart upload API": from its begin to its end, and the answers that name the key.
#[tokio::test]
async fn a11_a_key_is_the_same_from_the_begin_of_an_upload_to_its_end() {
    let world = World::start().await;
    let complete = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"e\"</ETag></Part>\
                    </CompleteMultipartUpload>";
    for key in kinds() {
        let target = format!("/data/{}", encode_path(&key));
        let named = format!("<Bucket>data</Bucket><Key>{}</Key>", escaped(&key));
        for (method, query, document, root) in [
            ("POST", "?uploads", "", "InitiateMultipartUploadResult"),
            ("GET", "?uploadId=u&max-parts=1", "", "ListPartsResult"),
            ("POST", "?uploadId=u", complete, "CompleteMultipartUploadResult"),
        ] {
            answer_next(
                &world,
                &format!("<{root}>{named}<UploadId>u</UploadId><ETag>\"e\"</ETag></{root}>"),
            );
            let sent = request(method, &format!("{target}{query}")).body(document);
            let (response, arrived) = world.passed(&sent.sign(&world.loader)).await;
            assert_eq!((asked(&arrived), arrived.path()), (key.clone(), target.as_str()), "{root}");
            assert_eq!(
                text_of(response.text(), "Key"),
                Some(key.clone()),
                "{root}: {}",
                response.text()
            );
        }
    }
}

/// "CopyObject", "UploadPartCopy": either end may have any key, and every spelling of the source is one key.
#[tokio::test]
async fn a11_a_key_is_the_same_at_both_ends_of_a_copy() {
    let (world, alice) = World::with_alice().await;
    let copied = "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>";
    for key in kinds() {
        let all: String = key.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let spellings = [encode_path(&key), encode(key.as_bytes()), all.clone()];
        for source in
            spellings.iter().flat_map(|key| [format!("data/{key}"), format!("/data/{key}")])
        {
            for query in ["", "?partNumber=1&uploadId=u"] {
                answer_next(&world, copied);
                let mut sent = request("PUT", &format!("/data/{}{query}", encode_path(&key)))
                    .header("x-amz-copy-source", &format!("{source}?versionId=v"));
                if query.is_empty() {
                    sent = sent.header("x-amz-tagging-directive", "REPLACE");
                }
                let (_, arrived) = world.passed(&sent.sign(&world.loader)).await;
                assert_eq!(asked(&arrived), key, "{query}");
                let sent = arrived.header("x-amz-copy-source").unwrap();
                let (sent, version) = sent.split_once('?').unwrap();
                assert_eq!(sent, format!("data/{}", encode_path(&key)), "{source}");
                assert_eq!(
                    (decoded(sent), version),
                    (format!("data/{key}"), "versionId=v"),
                    "{source}"
                );
            }
        }
        // Whoever may not read all tags: those of the source are looked at, at the same key.
        let hers = format!("alice/{key}");
        if hers.len() > 1024 {
            continue;
        }
        answer_next(&world, "<Tagging><TagSet></TagSet></Tagging>");
        world.store.push(Answer::ok().body(copied));
        let sent = request("PUT", "/data/alice/copy")
            .header("x-amz-copy-source", &format!("data/alice/{all}"))
            .sign(&alice);
        let response = world.send(&sent).await;
        assert_eq!(response.status, 200, "{}", response.text());
        let arrived: Vec<_> = world.store.requests();
        assert_eq!(arrived.len(), 2, "{key:?}");
        assert_eq!((asked(&arrived[0]), arrived[0].query()), (hers, "tagging="));
    }
}

/// "DeleteObjects": the list of the client, that of the store, and its answer, however they are written.
#[tokio::test]
async fn a11_a_key_is_the_same_in_a_bulk_delete() {
    let world = World::start().await;
    for key in kinds() {
        for written in [referred(&key), escaped(&key)] {
            let document = format!("<Delete><Object><Key>{written}</Key></Object></Delete>");
            answer_next(
                &world,
                &format!(
                    "<DeleteResult><Deleted><Key>{}</Key></Deleted></DeleteResult>",
                    referred(&key)
                ),
            );
            let sent =
                with_document(request("POST", "/data?delete"), &document).sign(&world.loader);
            let (response, arrived) = world.passed(&sent).await;
            let sent = String::from_utf8(arrived.body.clone()).unwrap();
            assert_eq!(text_of(&sent, "Key"), Some(key.clone()), "{sent}");
            assert_eq!(sent.matches("<Key>").count(), 1, "{sent}");
            assert_eq!(text_of(response.text(), "Key"), Some(key.clone()), "{}", response.text());
            assert_eq!(response.text().matches("<Deleted>").count(), 1, "{}", response.text());
        }
    }
}

/// Listings: each with the parameters that hold a key.
const LISTINGS: &[(&str, &[&str])] = &[
    ("", &["prefix", "delimiter", "marker"]),
    ("list-type=2&", &["prefix", "delimiter", "start-after", "continuation-token"]),
    ("versions&", &["prefix", "delimiter", "key-marker"]),
    ("uploads&", &["prefix", "delimiter", "key-marker"]),
];

/// "ListObjects" and its kin: prefix, delimiter and markers arrive as they were meant, with
/// `encoding-type=url` and without, and the names in the store's answer are left as it wrote them.
#[tokio::test]
async fn a11_a_key_is_the_same_in_every_listing() {
    let world = World::start().await;
    for key in kinds() {
        for (kind, names) in LISTINGS {
            for encoding in ["", "encoding-type=url&"] {
                let written =
                    if encoding.is_empty() { referred(&key) } else { encode(key.as_bytes()) };
                let answer = format!(
                    "<ListBucketResult><Prefix>{written}</Prefix><Contents><Key>{written}</Key></Contents>\
                     </ListBucketResult>"
                );
                answer_next(&world, &answer);
                let values: String = names
                    .iter()
                    .map(|name| format!("{name}={}&", encode(key.as_bytes())))
                    .collect();
                let target = format!("/data?{kind}{encoding}{values}");
                let sent = request("GET", target.trim_end_matches('&'));
                let (response, arrived) = world.passed(&sent.sign(&world.loader)).await;
                assert_eq!(arrived.path(), "/data");
                for name in *names {
                    assert_eq!(parameter(&arrived, name), Some(key.clone()), "{kind} {name}");
                }
                let asked = parameter(&arrived, "encoding-type");
                assert_eq!(asked.is_some(), !encoding.is_empty(), "{}", arrived.target);
                assert_eq!(response.text(), answer, "{kind}");
            }
        }
    }
}

/// Presigned, by both signatures and for both styles of address.
#[tokio::test]
async fn a11_a_key_is_the_same_in_a_url() {
    let world = World::start().await;
    let expires = testkit::clock::now() + 300;
    for key in kinds() {
        for (host, bucket, signed) in [(HOST, "/data", ""), (DATA_HOST, "", "/data")] {
            for (method, query) in [
                ("PUT", ""),
                ("GET", ""),
                ("HEAD", ""),
                ("PUT", "?partNumber=1&uploadId=u"),
                ("DELETE", ""),
            ] {
                let target = format!("{bucket}/{}{query}", encode_path(&key));
                let plain = request(method, &target).host(host);
                let plain = if method == "PUT" { plain.body("content") } else { plain };
                for sent in [
                    plain.clone().presign(&world.loader, 300),
                    plain.presign_hmacv1(&world.loader, expires, signed),
                ] {
                    world.store.forget_requests();
                    if method == "DELETE" {
                        world.store.put(&format!("/data/{}", encode_path(&key)), b"content", &[]);
                    }
                    let (response, arrived) = world.passed(&sent).await;
                    assert_eq!(asked(&arrived), key, "{}", sent.target);
                    if method == "GET" {
                        assert_eq!(response.body, b"content", "{key:?}");
                    }
                }
            }
        }
    }
}

fn posted(response: &Response, key: &str) {
    assert_eq!(response.status, 201, "{key:?}: {}", response.text());
    assert_eq!(text_of(response.text(), "Key").as_deref(), Some(key));
    let location = format!("http://{HOST}/data/{}", encode_path(key));
    assert_eq!(response.header("location"), Some(location.as_str()));
    assert_eq!(text_of(response.text(), "Location"), Some(location));
}

/// "POST Object": in the field `key`, by the name of the file, in the answer and in a redirect.
#[tokio::test]
async fn a11_a_key_is_the_same_in_a_form() {
    let world = World::start().await;
    for key in kinds() {
        let mut form = Form::to(&key).field("success_action_status", "201");
        form.conditions[1] = json!(["eq", "$key", key]);
        for form in [form.clone().sign(&world.loader), form.sign_hmacv1(&world.loader)] {
            world.store.forget_requests();
            let response = form.post(&world).await;
            posted(&response, &key);
            assert_eq!(asked(&world.store.only_request()), key);
            assert_eq!(world.line_of(&response).await["key"], key);
        }
        let mut form = Form::to(&key).field("success_action_redirect", "https://app.test/");
        form.conditions[1] = json!({ "key": key });
        let response = world.send_bytes_loosely(&form.sign(&world.loader).bytes()).await;
        let to = format!("https://app.test/?bucket=data&key={}&etag=", encode(key.as_bytes()));
        let location = response.header("location").unwrap();
        assert!(location.starts_with(&to), "{location}");
        // A name of a file is the last part of its path, and has no line break.
        if key.contains(['/', '\\', '\n', '\r', '\u{7f}']) || key.len() > 1000 {
            continue;
        }
        let mut form = Form::to("alice/${filename}").field("success_action_status", "201");
        form.filename = key.replace('"', "\\\"");
        posted(&form.sign(&world.loader).post(&world).await, &format!("alice/{key}"));
    }
}

/// A byte more than S3 has, and no character at all.
#[tokio::test]
async fn a11_what_is_no_key_is_none_in_every_operation() {
    let world = World::start().await;
    for key in
        ["x".repeat(1025), "%".repeat(1025), "\u{1f600}".repeat(256) + "x", "a\0b".to_owned()]
    {
        let encoded = encode_path(&key);
        let (in_path, in_list, in_form) = match key.contains('\0') {
            true => ("InvalidURI", "MalformedXML", "InvalidArgument"),
            false => ("KeyTooLongError", "KeyTooLongError", "KeyTooLongError"),
        };
        for (method, query, _) in ON_KEYS {
            let sent = request(method, &format!("/data/{encoded}{query}"));
            for sent in [sent.clone().sign(&world.loader), sent.presign(&world.loader, 300)] {
                world.refused(&sent, 400, in_path).await;
            }
        }
        for query in ["", "?partNumber=1&uploadId=u"] {
            let copy = request("PUT", &format!("/data/a{query}"))
                .header("x-amz-copy-source", &format!("data/{encoded}"));
            world.refused(&copy.sign(&world.loader), 400, "InvalidArgument").await;
        }
        let document = format!("<Delete><Object><Key>{}</Key></Object></Delete>", referred(&key));
        let bulk = with_document(request("POST", "/data?delete"), &document).sign(&world.loader);
        world.refused(&bulk, 400, in_list).await;
        let mut form = Form::to(&key);
        form.conditions[1] = json!(["starts-with", "$key", ""]);
        form.sign(&world.loader).refused(&world, 400, in_form).await;
    }
}
