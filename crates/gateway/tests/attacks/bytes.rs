//! A40, A42 and A59: what is stored is what was signed, and nothing grows with it.

use std::time::Duration;

use s3::checksum::{Algorithm, Hasher};
use serde_json::json;
use testkit::answer::Answer;
use testkit::client::{Connection, Response};
use testkit::signed::{Credentials, Payload, Prepared, SignedRequest, sha256, sha256_base64};

use crate::harness::{Plan, World, noise, request};

/// One that is held whole before anything leaves, and one that streams.
const SIZES: [usize; 2] = [5_000, 400_000];

const TARGETS: [&str; 2] = ["/data/alice/up", "/data/alice/up?partNumber=1&uploadId=u"];

const OLD: &[u8] = b"what was there before";

async fn world() -> (World, Credentials) {
    let (world, alice) = World::with_alice().await;
    world.store.put("/data/alice/up", OLD, &[]);
    (world, alice)
}

/// Refused with that answer; whatever reached the store was cut short, and the old object is there.
async fn not_stored(world: &World, request: &Prepared, status: u16, code: &str) -> Response {
    let before = world.store.requests().len();
    let response = world.send(request).await;
    world.is_refusal("PUT", &response, status, code).await;
    old_remains(world, before).await;
    response
}

async fn old_remains(world: &World, before: usize) {
    world.nothing_but_cut_since(before).await;
    for request in world.since(before) {
        assert!(request.body_length > 0 || request.method == "PUT");
        assert_ne!(request.header("content-length"), None, "the store could not tell the end");
    }
    assert_eq!(world.store.object("/data/alice/up").unwrap().body, OLD);
}

/// Every size and kind of upload with this payload.
fn uploads(payload: impl Fn(&[u8]) -> Payload) -> impl Iterator<Item = SignedRequest> {
    let payloads: Vec<_> =
        SIZES.iter().map(|size| (noise(*size), payload(&noise(*size)))).collect();
    TARGETS.iter().flat_map(move |target| {
        let put = |(body, payload): &(Vec<u8>, Payload)| {
            request("PUT", target).body(body.clone()).payload(payload.clone())
        };
        payloads.iter().map(put).collect::<Vec<_>>()
    })
}

fn checksum(algorithm: Algorithm, body: &[u8]) -> String {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(body);
    hasher.finish().to_base64()
}

fn sha256_trailer(body: &[u8]) -> Vec<(String, String)> {
    vec![("x-amz-checksum-sha256".to_owned(), sha256_base64(body))]
}

fn unsigned_trailer(body: &[u8]) -> Payload {
    Payload::UnsignedTrailer { chunk: 65_536, trailers: sha256_trailer(body) }
}

fn signed(_: &[u8]) -> Payload {
    Payload::Signed { chunk: 65_536, trailers: Vec::new() }
}

fn signed_trailer(body: &[u8]) -> Payload {
    Payload::Signed { chunk: 65_536, trailers: sha256_trailer(body) }
}

#[tokio::test]
async fn a40_what_holds_arrives_as_it_was_sent() {
    let (world, alice) = world().await;
    let kinds: [fn(&[u8]) -> Payload; 5] =
        [|_| Payload::Hash, |_| Payload::Unsigned, unsigned_trailer, signed, signed_trailer];
    for kind in kinds {
        for upload in uploads(kind) {
            let body: Vec<u8> =
                upload.clone().payload(Payload::Unsigned).sign(&alice).body.concat();
            let (_, arrived) = world.passed(&upload.sign(&alice)).await;
            assert_eq!(arrived.body_sha256, sha256(&body));
            let length = body.len().to_string();
            assert_eq!(arrived.header("content-length"), Some(length.as_str()));
            assert_eq!(arrived.header("content-encoding"), None);
            assert_eq!(arrived.header("x-amz-trailer"), None);
            assert_eq!(arrived.header("x-amz-decoded-content-length"), None);
            assert!(!arrived.header("authorization").unwrap().contains(&alice.access_key));
        }
    }
    // An empty one is whole, too.
    for kind in kinds {
        let empty = request("PUT", "/data/alice/none").payload(kind(b"")).sign(&alice);
        let (_, arrived) = world.passed(&empty).await;
        assert_eq!((arrived.body_length, arrived.header("content-length")), (0, Some("0")));
    }
}

#[tokio::test]
async fn a40_another_body_than_was_signed() {
    let (world, alice) = world().await;
    for claim in [sha256(b"other"), "0".repeat(64)] {
        for upload in uploads(|_| Payload::Claim(claim.clone())) {
            not_stored(&world, &upload.sign(&alice), 400, "XAmzContentSHA256Mismatch").await;
        }
    }
    for upload in uploads(|_| Payload::Hash) {
        let good = upload.sign(&alice);
        let mut body = good.body.concat();
        for at in [0, body.len() / 2, body.len() - 1] {
            body[at] ^= 1;
            let tampered = good.clone().with_body(body.clone());
            not_stored(&world, &tampered, 400, "XAmzContentSHA256Mismatch").await;
            body[at] ^= 1;
        }
    }
    for claim in ["", "x", "UNSIGNED", "unsigned-payload", &"g".repeat(64), &"0".repeat(63)] {
        let odd = request("PUT", TARGETS[0]).body("x").payload(Payload::Claim(claim.to_owned()));
        not_stored(&world, &odd.sign(&alice), 400, "InvalidArgument").await;
    }
    let none = request("PUT", TARGETS[0]).body("x").payload(Payload::Absent).sign(&alice);
    not_stored(&world, &none, 400, "InvalidRequest").await;
    let ecdsa = Payload::Claim("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD".to_owned());
    let ecdsa = request("PUT", TARGETS[0]).body("x").payload(ecdsa).sign(&alice);
    not_stored(&world, &ecdsa, 501, "NotImplemented").await;
}

#[tokio::test]
async fn a40_a_wrong_digest_in_the_head() {
    let (world, alice) = world().await;
    let kinds: [fn(&[u8]) -> Payload; 4] = [
        |_| Payload::Hash,
        |_| Payload::Unsigned,
        signed,
        |_| Payload::UnsignedTrailer { chunk: 65_536, trailers: Vec::new() },
    ];
    for kind in kinds {
        for upload in uploads(kind) {
            let md5 = upload.clone().header("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==");
            not_stored(&world, &md5.sign(&alice), 400, "BadDigest").await;
        }
    }
    for algorithm in Algorithm::ALL {
        let other = checksum(algorithm, b"other");
        for upload in uploads(|_| Payload::Unsigned) {
            let upload = upload.header(algorithm.header_name(), &other);
            let response = not_stored(&world, &upload.sign(&alice), 400, "BadDigest").await;
            assert_eq!(response.xml("Header"), Some(algorithm.header_name()));
        }
        let body = noise(SIZES[1]);
        let good = request("PUT", "/data/alice/good")
            .header(algorithm.header_name(), &checksum(algorithm, &body))
            .body(body)
            .payload(Payload::Unsigned);
        world.passed(&good.sign(&alice)).await;
        for malformed in ["", "AA==", "not base64", &format!("{other}AAAA")] {
            let odd =
                request("PUT", TARGETS[0]).body("x").header(algorithm.header_name(), malformed);
            not_stored(&world, &odd.sign(&alice), 400, "InvalidRequest").await;
        }
    }
    for (name, value) in [("x-amz-checksum-md5", "AA=="), ("x-amz-checksum-sha512", "AA==")] {
        let odd = request("PUT", TARGETS[0]).body("x").header(name, value);
        not_stored(&world, &odd.sign(&alice), 501, "NotImplemented").await;
    }
    let two = request("PUT", TARGETS[0])
        .body("x")
        .header("x-amz-checksum-sha256", &sha256_base64(b"x"))
        .header("x-amz-checksum-crc32", &checksum(Algorithm::Crc32, b"x"));
    not_stored(&world, &two.sign(&alice), 400, "InvalidRequest").await;
}

#[tokio::test]
async fn a40_a_wrong_trailer() {
    let (world, alice) = world().await;
    let trailer = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    for algorithm in Algorithm::ALL {
        let wrong = trailer(algorithm.header_name(), &checksum(algorithm, b"other"));
        for upload in
            uploads(|_| Payload::UnsignedTrailer { chunk: 65_536, trailers: wrong.clone() })
        {
            not_stored(&world, &upload.sign(&alice), 400, "BadDigest").await;
        }
        for upload in uploads(|_| Payload::Signed { chunk: 65_536, trailers: wrong.clone() }) {
            not_stored(&world, &upload.sign(&alice), 400, "BadDigest").await;
        }
    }
    for value in ["", "AA==", "no base64 at all"] {
        let bad = trailer("x-amz-checksum-sha256", value);
        for upload in uploads(|_| Payload::UnsignedTrailer { chunk: 65_536, trailers: bad.clone() })
        {
            not_stored(&world, &upload.sign(&alice), 400, "MalformedTrailerError").await;
        }
    }
    for upload in uploads(unsigned_trailer) {
        // Announced and not sent; sent and not announced; another one; twice.
        let good = upload.sign(&alice);
        let last = String::from_utf8(good.body.last().unwrap().clone()).unwrap();
        for end in [
            "0\r\n\r\n".to_owned(),
            last.replace("\r\n\r\n", "\r\nx-amz-meta-a:b\r\n\r\n"),
            last.replace("sha256:", "crc32:"),
            last.replace("\r\n\r\n", &format!("\r\n{}", &last[3..])),
            last.replace(':', " "),
            last.replace("x-amz", "x\0amz"),
        ] {
            let mut bad = good.clone();
            *bad.body.last_mut().unwrap() = end.clone().into_bytes();
            let length = bad.body.concat().len().to_string();
            let bad = bad.with_header("content-length", &length);
            let before = world.store.requests().len();
            let response = world.send(&bad).await;
            assert_eq!(response.status, 400, "{end:?}: {}", response.text());
            old_remains(&world, before).await;
        }
    }
    // One that is announced where none can come would never be verified.
    for payload in
        [Payload::Hash, Payload::Unsigned, Payload::Signed { chunk: 8192, trailers: vec![] }]
    {
        let promise = request("PUT", TARGETS[0])
            .header("x-amz-trailer", "x-amz-checksum-crc32")
            .body("x")
            .payload(payload);
        not_stored(&world, &promise.sign(&alice), 400, "InvalidRequest").await;
    }
    let unknown = request("PUT", TARGETS[0])
        .header("x-amz-trailer", "x-amz-meta-a")
        .body("x")
        .payload(Payload::UnsignedTrailer { chunk: 8192, trailers: trailer("x-amz-meta-a", "b") });
    not_stored(&world, &unknown.sign(&alice), 400, "InvalidRequest").await;
}

/// Changes the signature in a piece of a chunked body.
fn with_other_signature(piece: &[u8], name: &str) -> Vec<u8> {
    let at = piece.windows(name.len()).position(|part| part == name.as_bytes()).unwrap();
    let mut changed = piece.to_vec();
    let digit = &mut changed[at + name.len() + 5];
    *digit = if *digit == b'0' { b'1' } else { b'0' };
    changed
}

#[tokio::test]
async fn a40_a_wrong_chunk_signature() {
    let (world, alice) = world().await;
    let kinds: [fn(&[u8]) -> Payload; 2] = [signed, signed_trailer];
    for kind in kinds {
        for upload in uploads(kind) {
            let good = upload.sign(&alice);
            let pieces = good.body.len();
            for at in [0, pieces / 2, pieces - 1] {
                let mut bad = good.clone();
                bad.body[at] = with_other_signature(&bad.body[at], "chunk-signature=");
                not_stored(&world, &bad, 403, "SignatureDoesNotMatch").await;
            }
            // A byte of the data, in the first and the last chunk that has any.
            for at in [0, pieces - 2] {
                let mut bad = good.clone();
                let end = bad.body[at].len() - 3;
                bad.body[at][end] ^= 1;
                not_stored(&world, &bad, 403, "SignatureDoesNotMatch").await;
            }
            if pieces > 3 {
                let mut bad = good.clone();
                bad.body.swap(0, 1);
                not_stored(&world, &bad, 403, "SignatureDoesNotMatch").await;
                let mut bad = good.clone();
                bad.body[1] = bad.body[0].clone();
                not_stored(&world, &bad, 403, "SignatureDoesNotMatch").await;
            }
            // The last chunk's signature is the first's: the chain is broken.
            let seed = good.headers.iter().find(|(name, _)| name == "authorization").unwrap();
            let (_, seed) = seed.1.rsplit_once("Signature=").unwrap();
            let mut bad = good.clone();
            let text = b"chunk-signature=";
            let at = bad.body[0].windows(16).position(|part| part == text).unwrap() + 16;
            bad.body[0][at..at + 64].copy_from_slice(seed.as_bytes());
            not_stored(&world, &bad, 403, "SignatureDoesNotMatch").await;
        }
    }
    for upload in uploads(signed_trailer) {
        let good = upload.sign(&alice);
        let mut bad = good.clone();
        let last = bad.body.last_mut().unwrap();
        *last = with_other_signature(last, "x-amz-trailer-signature:");
        not_stored(&world, &bad, 403, "SignatureDoesNotMatch").await;
        let mut bad = good.clone();
        let last = String::from_utf8(bad.body.last().unwrap().clone()).unwrap();
        let other = last.replace(
            last.split("sha256:").nth(1).unwrap().split('\r').next().unwrap(),
            &sha256_base64(b"other"),
        );
        *bad.body.last_mut().unwrap() = other.into_bytes();
        not_stored(&world, &bad, 403, "SignatureDoesNotMatch").await;
        // Without the signature of the trailers.
        let mut bad = good.clone();
        let (front, _) = last.split_once("x-amz-trailer-signature").unwrap();
        *bad.body.last_mut().unwrap() = format!("{front}\r\n").into_bytes();
        let length = bad.body.concat().len().to_string();
        let bad = bad.with_header("content-length", &length);
        not_stored(&world, &bad, 400, "MalformedTrailerError").await;
    }
}

#[tokio::test]
async fn a40_a_wrong_decoded_length() {
    let (world, alice) = world().await;
    let kinds: [fn(&[u8]) -> Payload; 3] = [unsigned_trailer, signed, signed_trailer];
    for kind in kinds {
        for upload in uploads(kind) {
            let real = upload.clone().payload(Payload::Unsigned).sign(&alice).body.concat().len();
            for off in [real + 1, real - 1, real * 2, 0, 1] {
                let upload =
                    upload.clone().header("x-amz-decoded-content-length", &off.to_string());
                not_stored(&world, &upload.sign(&alice), 400, "IncompleteBody").await;
            }
        }
        for (value, status, code) in [
            ("", 400, "InvalidArgument"),
            ("-1", 400, "InvalidArgument"),
            ("+5", 400, "InvalidArgument"),
            ("0x5", 400, "InvalidArgument"),
            ("5 ", 400, "IncompleteBody"),
            ("18446744073709551616", 400, "InvalidArgument"),
            ("18446744073709551615", 400, "EntityTooLarge"),
            ("5368709121", 400, "EntityTooLarge"),
        ] {
            let upload = request("PUT", TARGETS[0])
                .header("x-amz-decoded-content-length", value)
                .body("1234567890")
                .payload(kind(b"1234567890"));
            not_stored(&world, &upload.sign(&alice), status, code).await;
        }
        let missing = request("PUT", TARGETS[0]).body("12345").payload(kind(b"12345"));
        let missing = missing.leave_unsigned("x-amz-decoded-content-length").sign(&alice);
        let missing = missing.without_header("x-amz-decoded-content-length");
        not_stored(&world, &missing, 411, "MissingContentLength").await;
    }
}

#[tokio::test]
async fn a40_a_body_that_ends_early() {
    let (world, alice) = world().await;
    let kinds: [fn(&[u8]) -> Payload; 5] =
        [|_| Payload::Hash, |_| Payload::Unsigned, unsigned_trailer, signed, signed_trailer];
    for kind in kinds {
        for upload in uploads(kind) {
            let good = upload.sign(&alice);
            let whole = good.body.concat();
            for end in [0, 1, whole.len() / 2, whole.len() - 1] {
                let before = world.store.requests().len();
                let mut connection = Connection::open(world.s3).await;
                connection.send(&good.head()).await;
                connection.send(&whole[..end]).await;
                if end % 2 == 0 {
                    connection.finish_sending().await;
                    let response = connection.response("PUT").await;
                    assert!(matches!(response.status, 0 | 400), "{}", response.status);
                } else {
                    connection.reset();
                }
                old_remains(&world, before).await;
            }
        }
    }
    // The length of the wire is right, but the chunks do not come to their end, or go past it.
    let kinds: [fn(&[u8]) -> Payload; 3] = [unsigned_trailer, signed, signed_trailer];
    for kind in kinds {
        for upload in uploads(kind) {
            let good = upload.sign(&alice);
            let mut short = good.clone();
            short.body.pop();
            let mut long = good.clone();
            long.body.push(b"5\r\nhello\r\n0\r\n\r\n".to_vec());
            let mut again = good.clone();
            again.body.push(good.body[0].clone());
            for odd in [short, long, again] {
                let length = odd.body.concat().len().to_string();
                let odd = odd.with_header("content-length", &length);
                not_stored(&world, &odd, 400, "IncompleteBody").await;
            }
        }
    }
}

#[tokio::test]
async fn a40_chunks_of_absurd_sizes_and_lines_without_end() {
    let (world, alice) = world().await;
    for size in SIZES {
        let body = noise(size);
        for payload in [unsigned_trailer(&body), signed(&body), signed_trailer(&body)] {
            let good = request("PUT", TARGETS[0]).body(body.clone()).payload(payload).sign(&alice);
            let tail = format!(";chunk-signature={}\r\n", "0".repeat(64));
            let data = String::from_utf8_lossy(&good.body[0]);
            let tail = if data.starts_with("10000;") || data.contains("chunk-signature") {
                tail
            } else {
                "\r\n".to_owned()
            };
            for head in [
                format!("8000000000000000{tail}"),
                format!("7fffffffffffffff{tail}"),
                format!("ffffffffffffffff{tail}"),
                format!("10000000000000000{tail}"),
                format!("{}5{tail}", "0".repeat(200)),
                format!("-5{tail}"),
                format!("0x5{tail}"),
                format!(" 5{tail}"),
                format!("{tail}5"),
                "5;".to_owned() + &"x".repeat(100_000),
                "5".repeat(100_000),
                "\n\n\n\n".to_owned(),
                "\r\n\r\n".to_owned(),
                "5\r\nabcdefgh\r\n".to_owned(),
            ] {
                let mut odd = good.clone();
                odd.body.insert(0, head.clone().into_bytes());
                let length = odd.body.concat().len().to_string();
                let odd = odd.with_header("content-length", &length);
                let before = world.store.requests().len();
                let response = world.send(&odd).await;
                let start: String = head.chars().take(24).collect();
                assert!(matches!(response.status, 400 | 403), "{start}: {}", response.text());
                old_remains(&world, before).await;
            }
            for trailers in [
                "x-amz-checksum-sha256:AA==\r\n".repeat(5_000),
                "x".repeat(150_000),
                format!("x-amz-checksum-sha256:{}", "A".repeat(150_000)),
                (0..5000).map(|n| format!("x-{n}:a\r\n")).collect(),
            ] {
                let mut odd = good.clone();
                let last = odd.body.last_mut().unwrap();
                let end = last.iter().position(|byte| *byte == b'\n').unwrap() + 1;
                last.truncate(end);
                last.extend_from_slice(trailers.as_bytes());
                let length = odd.body.concat().len().to_string();
                let odd = odd.with_header("content-length", &length);
                let before = world.store.requests().len();
                let response = world.send(&odd).await;
                assert!(matches!(response.status, 400 | 403), "{}", response.text());
                old_remains(&world, before).await;
            }
        }
    }
}

#[tokio::test]
async fn a59_what_is_wrong_may_come_late() {
    let (world, alice) = world().await;
    let body = noise(SIZES[1]);
    for payload in [Payload::Hash, unsigned_trailer(&body), signed(&body), signed_trailer(&body)] {
        let good = request("PUT", TARGETS[0]).body(body.clone()).payload(payload).sign(&alice);
        let mut late = Vec::new();
        let framed = good.body.len() > 1;
        let mut bad = good.clone();
        match framed {
            false => {
                let whole = bad.body.concat();
                let (front, end) = whole.split_at(whole.len() - 1);
                bad.body = vec![front.to_vec(), vec![end[0] ^ 1]];
                late.push((bad, "XAmzContentSHA256Mismatch"));
            }
            true => {
                let last = bad.body.len() - 1;
                let text = String::from_utf8_lossy(&bad.body[last]).into_owned();
                if text.contains("chunk-signature") {
                    bad.body[last] = with_other_signature(&bad.body[last], "chunk-signature=");
                    late.push((bad, "SignatureDoesNotMatch"));
                    let mut data = good.clone();
                    let end = data.body[last - 1].len() - 3;
                    data.body[last - 1][end] ^= 1;
                    let tail = data.body.pop().unwrap();
                    data.body[last - 1].extend_from_slice(&tail);
                    late.push((data, "SignatureDoesNotMatch"));
                }
                if text.contains("x-amz-trailer-signature") {
                    let mut bad = good.clone();
                    bad.body[last] =
                        with_other_signature(&bad.body[last], "x-amz-trailer-signature:");
                    late.push((bad, "SignatureDoesNotMatch"));
                } else if text.contains("sha256") {
                    bad = good.clone();
                    let other = text.replace(&sha256_base64(&body), &sha256_base64(b"other"));
                    bad.body[last] = other.into_bytes();
                    late.push((bad, "BadDigest"));
                }
            }
        }
        for (bad, code) in late {
            let before = world.store.requests().len();
            let mut connection = Connection::open(world.s3).await;
            let (end, front) = bad.body.split_last().unwrap();
            connection.send(&[bad.head(), front.concat()].concat()).await;
            // The store has all but the end by then, and waits for it.
            tokio::time::sleep(Duration::from_secs(1)).await;
            connection.send(end).await;
            let response = connection.response("PUT").await;
            world.check("PUT", &response);
            assert!((400..500).contains(&response.status), "{}", response.text());
            world.is_refusal("PUT", &response, response.status, code).await;
            old_remains(&world, before).await;
        }
    }
}

fn expecting(upload: SignedRequest, keys: &Credentials) -> Vec<u8> {
    upload.unsigned_header("expect", "100-continue").sign(keys).head()
}

#[tokio::test]
async fn a42_a_refused_upload_is_not_asked_for_its_body() {
    let plan = Plan::new().with(|config| config["limits"] = json!({ "max_object_size": "5MiB" }));
    let world = plan.start().await;
    let alice = world.login("alice").await;
    for size in SIZES {
        let up = |target: &str| request("PUT", target).body(noise(size));
        let nobody = Credentials::new("AKIANOBODYNOBODYNOBO", "none");
        let wrong = Credentials { secret_key: "wrong".to_owned(), ..alice.clone() };
        for head in [
            expecting(up("/data/bob/k"), &alice),
            expecting(up("/data/alice/k"), &nobody),
            expecting(up("/data/alice/k"), &wrong),
            expecting(up("/data/alice/k?foo"), &alice),
            expecting(up("/data/alice/k").header("x-amz-unheard-of", "x"), &alice),
            expecting(up("/data/alice/k").host("elsewhere"), &alice),
            expecting(up("/data/alice/k").header("content-md5", "x"), &alice),
            expecting(up("/data/alice/k").at(testkit::clock::now() - 4000), &alice),
            expecting(request("PUT", "/data/alice/k").body(noise(5_242_881)), &alice),
        ] {
            let before = world.store.requests().len();
            let mut connection = Connection::open(world.s3).await;
            connection.send(&head).await;
            let response = connection.response("PUT").await;
            world.check("PUT", &response);
            assert_eq!(response.interim, [0u16; 0], "the body was asked for");
            assert!((400..=501).contains(&response.status), "{}", response.text());
            world.untouched_since(before).await;
        }
        let good = up("/data/alice/k").unsigned_header("expect", "100-continue").sign(&alice);
        let mut connection = Connection::open(world.s3).await;
        connection.send(&good.head()).await;
        assert_eq!(connection.status_line().await, Some(100));
        connection.send(&good.body.concat()).await;
        assert_eq!(connection.response("PUT").await.status, 200);
    }
}

#[tokio::test]
async fn a42_a_slow_reader_holds_up_the_store_and_not_the_memory() {
    let world = World::start().await;
    world.store.push(Answer::ok().header("etag", "\"e\"").body_of(b'x', 256 * 1024 * 1024));
    let mut connection = Connection::open(world.s3).await;
    connection.send(&request("GET", "/data/k").sign(&world.loader).bytes()).await;
    let (response, _) = connection.response_head("GET").await;
    assert_eq!(response.status, 200);
    connection.some_body(1000).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    connection.reset();
    // The store could not get rid of its answer meanwhile: it notices that nobody wants it.
    world
        .store
        .wait_until("an answer that nobody took", |_, connections| {
            connections.iter().any(|c| c.ended == Some(testkit::server::Ended::InAnswer))
        })
        .await;
    world.fence().await;
}

#[tokio::test]
async fn a42_a_slow_store_holds_up_the_client() {
    let world = World::start().await;
    for payload in [
        Payload::Unsigned,
        Payload::UnsignedTrailer { chunk: usize::MAX, trailers: Vec::new() },
        Payload::Signed { chunk: 1_000_000_000, trailers: Vec::new() },
    ] {
        let slow = Answer::ok().reading_slowly(1000, Duration::from_secs(600));
        world.store.push_for(|request| request.method == "PUT", slow);
        let body = vec![b'x'; 64 * 1024 * 1024];
        let upload = request("PUT", "/data/k").body(body).payload(payload).sign(&world.loader);
        let bytes = upload.bytes();
        let mut connection = Connection::open(world.s3).await;
        let sent = tokio::time::timeout(Duration::from_secs(2), connection.send(&bytes)).await;
        assert!(sent.is_err(), "64 MiB went somewhere");
        connection.reset();
    }
    world.fence().await;
}

#[tokio::test]
async fn a42_a_chunk_is_not_waited_for() {
    let world = World::start().await;
    let body = noise(4_000_000);
    for payload in [
        Payload::UnsignedTrailer { chunk: usize::MAX, trailers: Vec::new() },
        Payload::Signed { chunk: usize::MAX, trailers: Vec::new() },
    ] {
        let upload = request("PUT", "/data/big").body(body.clone()).payload(payload);
        let bytes = upload.sign(&world.loader).bytes();
        world.store.forget_requests();
        let slow = Answer::ok().reading_only(2_000_000).close();
        world.store.push_for(|request| request.method == "PUT", slow);
        let mut connection = Connection::open(world.s3).await;
        connection.send(&bytes[..3_000_000]).await;
        // Two of four megabytes of one chunk have gone on before it has ended.
        world
            .store
            .wait_until("half of a chunk", |requests, _| {
                requests.iter().any(|request| request.body_length == 2_000_000)
            })
            .await;
        connection.reset();
    }
    world.fence().await;
}

#[tokio::test]
async fn a42_memory_for_small_bodies_and_documents_is_shared_and_bounded() {
    let plan = Plan::new().with(|config| {
        config["limits"] = json!({ "small_bodies_total": "1MiB", "document_total": "24MiB" });
    });
    let world = plan.start().await;
    let body = noise(250_000);
    let mut stalled = Vec::new();
    for n in 0..4 {
        let upload = request("PUT", &format!("/data/s{n}")).body(body.clone());
        let mut connection = Connection::open(world.s3).await;
        connection.send(&expecting(upload, &world.loader)).await;
        assert_eq!(connection.status_line().await, Some(100));
        stalled.push(connection);
    }
    // There is no room to hold another one whole: it streams.
    let upload = request("PUT", "/data/more").body(body.clone()).sign(&world.loader);
    let before = world.store.requests().len();
    assert_eq!(world.send(&upload).await.status, 200);
    let wrong = request("PUT", "/data/more").body(body.clone());
    let wrong = wrong.payload(Payload::Claim("0".repeat(64))).sign(&world.loader);
    let response = world.send(&wrong).await;
    world.is_refusal("PUT", &response, 400, "XAmzContentSHA256Mismatch").await;
    let whole =
        world.since(before).into_iter().filter(|r| r.is_whole() && r.path() == "/data/more");
    assert_eq!(whole.count(), 1);

    let document = "<Delete><Object><Key>k</Key></Object></Delete>";
    let delete = request("POST", "/data?delete")
        .header("x-amz-checksum-sha256", &sha256_base64(document.as_bytes()))
        .body(document)
        .sign(&world.loader);
    for _ in 0..4 {
        let mut large = delete.clone().with_header("content-length", "8000000");
        large.body.clear();
        let mut connection = Connection::open(world.s3).await;
        connection.send(&large.with_header("expect", "100-continue").head()).await;
        if connection.status_line().await == Some(100) {
            stalled.push(connection);
        }
    }
    let mut another = delete.clone().with_header("content-length", "8000000");
    another.body.clear();
    world.refused(&another, 503, "SlowDown").await;
    // What was stalled gives its room back.
    drop(stalled.drain(..));
    world.store.push_for(
        |request| request.method == "POST",
        Answer::ok().body("<DeleteResult></DeleteResult>"),
    );
    let mut response = world.send(&delete).await;
    for _ in 0..50 {
        if response.status != 503 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        response = world.send(&delete).await;
    }
    assert_eq!(response.status, 200, "{}", response.text());
}
