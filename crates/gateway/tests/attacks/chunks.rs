//! A40 and A59: bodies in chunks of `aws-chunked`, signed and not.

use std::time::Duration;

use testkit::client::Connection;
use testkit::signed::{Payload, sha256_base64};

use crate::bytes::{
    SIZES, TARGETS, not_stored, old_remains, signed, signed_trailer, unsigned_trailer, uploads,
    world,
};
use crate::harness::{noise, request};

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

/// A body with frames of which `x-amz-content-sha256` says nothing would be stored with them.
#[tokio::test]
async fn a40_a_decoded_length_of_a_body_without_frames() {
    let (world, alice) = world().await;
    let framed = "1\r\nx\r\n0\r\n\r\n";
    for payload in [Payload::Unsigned, Payload::Hash] {
        for target in TARGETS {
            let upload = request("PUT", target).body(framed).payload(payload.clone());
            let upload = upload.header("content-encoding", "aws-chunked");
            for wrong in ["1", "0", "12"] {
                let sent = upload.clone().header("x-amz-decoded-content-length", wrong);
                not_stored(&world, &sent.clone().sign(&alice), 400, "InvalidRequest").await;
                not_stored(&world, &sent.presign(&alice, 60), 400, "InvalidRequest").await;
            }
        }
    }
    let right = request("PUT", TARGETS[0]).body(framed).payload(Payload::Unsigned);
    let right = right.header("x-amz-decoded-content-length", &framed.len().to_string());
    world.passed(&right.sign(&alice)).await;
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
