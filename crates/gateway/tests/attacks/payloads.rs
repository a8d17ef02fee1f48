//! A40 and A42, as a table: every kind of payload, of every size that matters, before stores that can do more
//! and less. What holds arrives as it was sent, in the framing that the store knows and with the checksum if there is a way
//! to give it; with one byte changed, nothing arrives whole.

use s3::checksum::{Algorithm, Hasher};
use serde_json::json;
use testkit::server::Request;
use testkit::signed::{Credentials, Payload, SignedRequest, sha256};

use crate::harness::{Plan, World, noise, request};

/// Around the chunks of SDKs (8 KiB and 64 KiB) and `limits.small_body` (256 KiB), and a part of usual size.
const SIZES: [usize; 8] = [0, 1, 8191, 8192, 8193, 256 * 1024, 256 * 1024 + 1, 5 * 1024 * 1024];

const LARGE: usize = 100 * 1024 * 1024;

/// `limits.small_body`: what is read whole before anything leaves.
const SMALL: usize = 256 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Hash,
    Unsigned,
    HeaderChecksum,
    Signed,
    SignedTrailer,
    UnsignedTrailer,
}

const KINDS: [Kind; 6] = [
    Kind::Hash,
    Kind::Unsigned,
    Kind::HeaderChecksum,
    Kind::Signed,
    Kind::SignedTrailer,
    Kind::UnsignedTrailer,
];

impl Kind {
    fn has_trailer(self) -> bool {
        matches!(self, Self::SignedTrailer | Self::UnsignedTrailer)
    }

    fn put(self, body: &[u8], algorithm: Algorithm) -> SignedRequest {
        self.put_to("/data/alice/up", body, algorithm)
    }

    fn put_to(self, target: &str, body: &[u8], algorithm: Algorithm) -> SignedRequest {
        self.put_in(64 * 1024, target, body, algorithm)
    }

    fn put_in(
        self,
        chunk: usize,
        target: &str,
        body: &[u8],
        algorithm: Algorithm,
    ) -> SignedRequest {
        let trailers = || vec![(algorithm.header_name().to_owned(), checksum(algorithm, body))];
        let put = request("PUT", target).body(body);
        match self {
            Self::Hash => put,
            Self::Unsigned => put.payload(Payload::Unsigned),
            Self::HeaderChecksum => put
                .payload(Payload::Unsigned)
                .header(algorithm.header_name(), &checksum(algorithm, body)),
            Self::Signed => put.payload(Payload::Signed { chunk, trailers: Vec::new() }),
            Self::SignedTrailer => put.payload(Payload::Signed { chunk, trailers: trailers() }),
            Self::UnsignedTrailer => {
                put.payload(Payload::UnsignedTrailer { chunk, trailers: trailers() })
            }
        }
    }
}

/// What a store can do.
#[derive(Clone, Copy, Debug)]
struct Able {
    checksum_headers: bool,
    trailers: bool,
}

const ABILITIES: [Able; 4] = [
    Able { checksum_headers: false, trailers: false },
    Able { checksum_headers: false, trailers: true },
    Able { checksum_headers: true, trailers: false },
    Able { checksum_headers: true, trailers: true },
];

async fn world(able: Able) -> (World, Credentials) {
    let plan = Plan::new().with(|config| {
        config["stores"][0]["capabilities"] =
            json!({ "checksum_headers": able.checksum_headers, "trailers": able.trailers });
    });
    let world = plan.start().await;
    world.store.put("/data/alice/up", b"old", &[]);
    let alice = world.login("alice").await;
    (world, alice)
}

fn checksum(algorithm: Algorithm, body: &[u8]) -> String {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(body);
    hasher.finish().to_base64()
}

/// Payload and trailer lines of an unsigned `aws-chunked` body.
fn unframed(mut wire: &[u8]) -> (Vec<u8>, String) {
    let mut payload = Vec::new();
    loop {
        let end = wire.windows(2).position(|two| two == b"\r\n").expect("a line");
        let size = std::str::from_utf8(&wire[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        wire = &wire[end + 2..];
        if size == 0 {
            return (payload, String::from_utf8(wire.to_vec()).unwrap());
        }
        payload.extend_from_slice(&wire[..size]);
        assert_eq!(&wire[size..size + 2], b"\r\n");
        wire = &wire[size + 2..];
    }
}

/// Holds what arrived against what was sent.
fn arrived_right(arrived: &Request, able: Able, kind: Kind, (body, algorithm): (&[u8], Algorithm)) {
    let case = format!("{kind:?} {} {able:?} {algorithm:?}", body.len());
    let name = algorithm.header_name();
    let value = checksum(algorithm, body);
    let framed = kind.has_trailer() && able.trailers && body.len() > SMALL;
    assert_eq!(arrived.header("content-encoding"), None, "{case}");
    assert_eq!(arrived.header("x-amz-trailer"), framed.then_some(name), "{case}");
    let says = arrived.header("x-amz-content-sha256").unwrap();
    if framed {
        assert_eq!(says, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "{case}");
        let length = body.len().to_string();
        assert_eq!(arrived.header("x-amz-decoded-content-length"), Some(&*length), "{case}");
        assert_eq!(arrived.header(name), None, "{case}");
        let announced = arrived.header("content-length").unwrap();
        assert_eq!(announced, arrived.body_length.to_string(), "{case}");
        if arrived.body_length == arrived.body.len() as u64 {
            let (payload, trailers) = unframed(&arrived.body);
            assert!(payload == body, "{case}");
            assert_eq!(trailers, format!("{name}:{value}\r\n\r\n"), "{case}");
        }
        return;
    }
    assert_eq!(arrived.body_sha256, sha256(body), "{case}");
    assert_eq!(arrived.header("x-amz-decoded-content-length"), None, "{case}");
    let hash = sha256(body);
    let expected = if kind == Kind::Hash { &*hash } else { "UNSIGNED-PAYLOAD" };
    assert_eq!(says, expected, "{case}");
    let given = able.checksum_headers
        && (kind == Kind::HeaderChecksum || (kind.has_trailer() && body.len() <= SMALL));
    assert_eq!(arrived.header(name), given.then_some(&*value), "{case}");
}

#[tokio::test]
async fn a40_every_payload_of_every_size_before_every_store() {
    for able in ABILITIES {
        let (world, alice) = world(able).await;
        for size in SIZES {
            let body = noise(size);
            for kind in KINDS {
                let algorithm = Algorithm::Crc64Nvme;
                let put = kind.put(&body, algorithm).sign(&alice);
                let (response, arrived) = world.passed(&put).await;
                arrived_right(&arrived, able, kind, (&body, algorithm));
                let trailing = kind.has_trailer().then(|| checksum(algorithm, &body));
                assert_eq!(response.header(algorithm.header_name()), trailing.as_deref());
            }
        }
    }
}

#[tokio::test]
async fn a40_one_changed_byte_of_every_payload_and_nothing_is_stored() {
    for able in ABILITIES {
        let (world, alice) = world(able).await;
        for size in SIZES.into_iter().filter(|size| *size > 0) {
            let body = noise(size);
            for kind in KINDS.into_iter().filter(|kind| *kind != Kind::Unsigned) {
                let good = kind.put(&body, Algorithm::Crc32c).sign(&alice);
                let wire = good.body.concat();
                // Behind the line of the first chunk, and before what follows the last byte.
                let head = &body[..8.min(size)];
                let start = wire.windows(head.len()).position(|part| part == head);
                for at in [start.unwrap_or(wire.len() - 1), wire.len() / 2] {
                    let mut bad = wire.clone();
                    bad[at] ^= 1;
                    let before = world.store.requests().len();
                    let response = world.send(&good.clone().with_body(bad)).await;
                    assert!(matches!(response.status, 400 | 403), "{kind:?} {size} {able:?}");
                    world.nothing_but_cut_since(before).await;
                    assert_eq!(world.store.object("/data/alice/up").unwrap().body, b"old");
                }
            }
        }
    }
}

/// Every byte of a small body, with its framing and trailers; of one that is streamed, all but the inner ones of the
/// payload.
#[tokio::test]
async fn a40_any_byte_may_be_the_changed_one() {
    const STREAMED: usize = 8 * 1024 + 20;
    for (size, trailers) in [(20, false), (STREAMED, false), (STREAMED, true)] {
        let plan = Plan::new().with(|config| {
            config["limits"]["small_body"] = json!("8KiB");
            config["stores"][0]["capabilities"] =
                json!({ "checksum_headers": true, "trailers": trailers });
        });
        let world = plan.start().await;
        world.store.put("/data/alice/up", b"old", &[]);
        let alice = world.login("alice").await;
        let body = noise(size);
        let chunk = if size == STREAMED { 8 * 1024 } else { 16 };
        for kind in KINDS.into_iter().filter(|kind| *kind != Kind::Unsigned) {
            if trailers && !kind.has_trailer() {
                continue;
            }
            let put = kind.put_in(chunk, "/data/alice/up", &body, Algorithm::Sha1).sign(&alice);
            let wire = put.body.concat();
            let framing = wire.len() - size;
            // Behind the inner ones there are at least twenty bytes of payload, and their chunk's line.
            let inner = (framing + 40).min(110)..wire.len().saturating_sub(framing + 40);
            for at in (0..wire.len()).filter(|at| !inner.contains(at) || at % 509 == 0) {
                let mut bad = wire.clone();
                bad[at] ^= 1;
                world.store.forget_requests();
                let response = world.send(&put.clone().with_body(bad)).await;
                let case = format!("{kind:?} {at} of {} {trailers}", wire.len());
                assert!(matches!(response.status, 400 | 403), "{case}: {}", response.text());
                world.nothing_but_cut_since(0).await;
                let kept = world.store.object("/data/alice/up").unwrap().body;
                assert_eq!(kept, b"old", "{case}");
            }
            world.passed(&put).await;
            world.store.put("/data/alice/up", b"old", &[]);
        }
    }
}

/// What goes unsigned, for the store to decide about, says nothing of framing, and has none.
#[tokio::test]
async fn a40_an_anonymous_upload_is_not_framed() {
    let plan = Plan::new().with(|config| {
        config["stores"][0]["authorization"] = json!("store");
        config["stores"][0]["capabilities"] = json!({ "trailers": true });
    });
    let world = plan.start().await;
    for size in [8193, SMALL + 1] {
        let body = noise(size);
        let put = Kind::UnsignedTrailer.put(&body, Algorithm::Crc32).sign(&world.loader);
        let put = put.without_header("authorization").without_header("x-amz-date");
        let (_, arrived) = world.passed(&put).await;
        assert_eq!(arrived.body_sha256, sha256(&body), "{size}");
        for name in ["authorization", "x-amz-trailer", "x-amz-decoded-content-length"] {
            assert_eq!(arrived.header(name), None, "{size} {name}");
        }
    }
}

/// What such a store has of a larger body that does not verify, it keeps: nothing of it leaves.
#[tokio::test]
async fn a41_a_store_that_keeps_short_uploads_gets_nothing_unverified() {
    let plan = Plan::new().with(|config| {
        config["stores"][0]["capabilities"] = json!({ "discards_short_parts": false });
    });
    let world = plan.start().await;
    let alice = world.login("alice").await;
    for size in [SMALL, SMALL + 1] {
        let body = noise(size);
        for kind in KINDS {
            let part = "/data/alice/up?partNumber=1&uploadId=u";
            let part = kind.put_to(part, &body, Algorithm::Crc32).sign(&alice);
            if size <= SMALL || kind == Kind::Unsigned {
                world.passed(&part).await;
            } else {
                world.refused(&part, 501, "NotImplemented").await;
            }
            world.passed(&kind.put(&body, Algorithm::Crc32).sign(&alice)).await;
        }
    }
    let plan = Plan::new().with(|config| {
        config["stores"][0]["capabilities"] = json!({ "discards_short_objects": false });
    });
    let world = plan.start().await;
    let alice = world.login("alice").await;
    let put = |size| Kind::Hash.put(&noise(size), Algorithm::Crc32).sign(&alice);
    world.passed(&put(SMALL)).await;
    world.refused(&put(SMALL + 1), 501, "NotImplemented").await;
}

#[tokio::test]
async fn a40_every_algorithm_as_a_trailer() {
    let able = Able { checksum_headers: true, trailers: true };
    let (world, alice) = world(able).await;
    for algorithm in Algorithm::ALL {
        for size in [8193, SMALL + 1] {
            let body = noise(size);
            for kind in KINDS {
                let (_, arrived) = world.passed(&kind.put(&body, algorithm).sign(&alice)).await;
                arrived_right(&arrived, able, kind, (&body, algorithm));
            }
        }
    }
}

#[tokio::test]
async fn a42_every_payload_of_100_mib() {
    let able = Able { checksum_headers: true, trailers: true };
    let (world, alice) = world(able).await;
    let block = noise(1024 * 1024);
    let body = block.repeat(LARGE / block.len());
    for kind in KINDS {
        let algorithm = Algorithm::Crc32;
        let (_, arrived) = world.passed(&kind.put(&body, algorithm).sign(&alice)).await;
        arrived_right(&arrived, able, kind, (&body, algorithm));
    }
}
