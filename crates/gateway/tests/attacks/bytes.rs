//! A40: what is stored is what was signed.

use s3::checksum::{Algorithm, Hasher};
use testkit::client::Response;
use testkit::signed::{Credentials, Payload, Prepared, SignedRequest, sha256, sha256_base64};

use crate::harness::{World, noise, request};

/// One that is held whole before anything leaves, and one that streams.
pub(crate) const SIZES: [usize; 2] = [5_000, 400_000];

pub(crate) const TARGETS: [&str; 2] = ["/data/alice/up", "/data/alice/up?partNumber=1&uploadId=u"];

const OLD: &[u8] = b"what was there before";

pub(crate) async fn world() -> (World, Credentials) {
    let (world, alice) = World::with_alice().await;
    world.store.put("/data/alice/up", OLD, &[]);
    (world, alice)
}

/// Refused with that answer; whatever reached the store was cut short, and the old object is there.
pub(crate) async fn not_stored(
    world: &World,
    request: &Prepared,
    status: u16,
    code: &str,
) -> Response {
    let before = world.store.requests().len();
    let response = world.send(request).await;
    world.is_refusal("PUT", &response, status, code).await;
    old_remains(world, before).await;
    response
}

pub(crate) async fn old_remains(world: &World, before: usize) {
    world.nothing_but_cut_since(before).await;
    for request in world.since(before) {
        assert!(request.body_length > 0 || request.method == "PUT");
        assert_ne!(request.header("content-length"), None, "the store could not tell the end");
    }
    assert_eq!(world.store.object("/data/alice/up").unwrap().body, OLD);
}

/// Every size and kind of upload with this payload.
pub(crate) fn uploads(payload: impl Fn(&[u8]) -> Payload) -> impl Iterator<Item = SignedRequest> {
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

pub(crate) fn unsigned_trailer(body: &[u8]) -> Payload {
    Payload::UnsignedTrailer { chunk: 65_536, trailers: sha256_trailer(body) }
}

pub(crate) fn signed(_: &[u8]) -> Payload {
    Payload::Signed { chunk: 65_536, trailers: Vec::new() }
}

pub(crate) fn signed_trailer(body: &[u8]) -> Payload {
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
    let odd = request("PUT", TARGETS[0]).body("x").header("x-amz-checksum-blake3", "AA==");
    not_stored(&world, &odd.sign(&alice), 501, "NotImplemented").await;
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
