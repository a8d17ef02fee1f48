//! The basic operations.

use std::collections::HashMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, Delete, MetadataDirective, ObjectIdentifier};

use crate::fixture::{BUCKET, Demo, User, assert_denied, assert_fails, assert_gone, get, put};

#[tokio::test]
async fn objects_go_up_and_come_down_in_any_region() {
    let demo = Demo::start().await;
    for region in ["us-east-1", "eu-central-1", "mars-north-1"] {
        let s3 = demo.s3_in(User::Alice, region).await;
        let body: Vec<u8> = (0..=255).cycle().take(10_000).collect();
        let stored = s3
            .put_object()
            .bucket(BUCKET)
            .key("alice/a b+c/ü.bin")
            .body(ByteStream::from(body.clone()))
            .content_type("application/x-test")
            .metadata("owner", "alice")
            .send()
            .await
            .unwrap();
        let head = s3.head_object().bucket(BUCKET).key("alice/a b+c/ü.bin").send().await.unwrap();
        assert_eq!((head.e_tag(), head.content_length()), (stored.e_tag(), Some(10_000)));
        assert_eq!(head.content_type(), Some("application/x-test"));
        let expected = HashMap::from([("owner".to_owned(), "alice".to_owned())]);
        assert_eq!(head.metadata(), Some(&expected));
        assert_eq!(get(&s3, "alice/a b+c/ü.bin").await, body);
        let part = s3
            .get_object()
            .bucket(BUCKET)
            .key("alice/a b+c/ü.bin")
            .range("bytes=100-199")
            .send()
            .await
            .unwrap();
        assert_eq!(part.body.collect().await.unwrap().to_vec(), body[100..200]);
    }
    demo.stop().await;
}

#[tokio::test]
async fn uploads_with_every_checksum_arrive() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
    ] {
        // Below and above what the gateway holds back whole (256 KiB).
        for size in [0, 1000, 300_000] {
            let body: Vec<u8> = (0..251).cycle().take(size).collect();
            let key = format!("alice/{}-{size}", algorithm.as_str());
            let stored = s3
                .put_object()
                .bucket(BUCKET)
                .key(&key)
                .checksum_algorithm(algorithm.clone())
                .body(ByteStream::from(body.clone()))
                .send()
                .await
                .unwrap();
            let answered = [
                stored.checksum_crc32(),
                stored.checksum_crc32_c(),
                stored.checksum_crc64_nvme(),
                stored.checksum_sha1(),
                stored.checksum_sha256(),
            ];
            assert_eq!(answered.iter().flatten().count(), 1, "{key}: {stored:?}");
            assert_eq!(get(&s3, &key).await, body);
        }
    }
    let wrong = s3
        .put_object()
        .bucket(BUCKET)
        .key("alice/wrong")
        .checksum_crc32("AAAAAA==")
        .body(ByteStream::from_static(b"not zero"))
        .send()
        .await;
    assert_fails(wrong, 400, "BadDigest");
    assert_gone(&s3, "alice/wrong").await;
    demo.stop().await;
}

#[tokio::test]
async fn objects_are_copied_and_deleted() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    put(&s3, "alice/source", b"body").await;
    let source = format!("{BUCKET}/alice/source");
    s3.copy_object().bucket(BUCKET).key("alice/copy").copy_source(&source).send().await.unwrap();
    assert_eq!(get(&s3, "alice/copy").await, b"body");
    s3.copy_object()
        .bucket(BUCKET)
        .key("alice/copy")
        .copy_source(&source)
        .metadata_directive(MetadataDirective::Replace)
        .metadata("new", "1")
        .send()
        .await
        .unwrap();
    s3.delete_object().bucket(BUCKET).key("alice/source").send().await.unwrap();
    assert_gone(&s3, "alice/source").await;
    assert_denied(s3.head_object().bucket(BUCKET).key("alice/source").send().await);

    let keys = ["alice/copy", "alice/x & <y>", "alice/ü"];
    put(&s3, keys[1], b"1").await;
    put(&s3, keys[2], b"2").await;
    let deleted = s3.delete_objects().bucket(BUCKET).delete(delete(&keys)).send().await.unwrap();
    let mut names: Vec<_> = deleted.deleted().iter().filter_map(|item| item.key()).collect();
    names.sort_unstable();
    assert_eq!(names, keys);
    assert!(deleted.errors().is_empty());
    demo.stop().await;
}

/// The keys of a bulk delete.
pub(crate) fn delete(keys: &[&str]) -> Delete {
    let objects = keys.iter().map(|key| ObjectIdentifier::builder().key(*key).build().unwrap());
    Delete::builder().set_objects(Some(objects.collect())).build().unwrap()
}

#[tokio::test]
async fn a_prefix_is_listed_in_pages() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    let keys: Vec<_> = (0..5).map(|n| format!("alice/list/{n}")).collect();
    for key in &keys {
        put(&s3, key, b"x").await;
    }
    put(&s3, "alice/list/folder/k", b"x").await;

    let mut pages = s3
        .list_objects_v2()
        .bucket(BUCKET)
        .prefix("alice/list/")
        .delimiter("/")
        .into_paginator()
        .page_size(2)
        .send();
    let (mut found, mut folders) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        found.extend(page.contents().iter().filter_map(|o| o.key().map(str::to_owned)));
        folders.extend(page.common_prefixes().iter().filter_map(|p| p.prefix().map(str::to_owned)));
    }
    assert_eq!(found, keys);
    assert_eq!(folders, ["alice/list/folder/"]);

    let old = s3.list_objects().bucket(BUCKET).prefix("alice/list/").send().await.unwrap();
    assert_eq!(old.contents().len(), 6);
    demo.stop().await;
}

#[tokio::test]
async fn the_bucket_is_the_first_of_the_list() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    let buckets = s3.list_buckets().send().await.unwrap();
    assert_eq!(buckets.buckets()[0].name(), Some(BUCKET));
    s3.get_bucket_location().bucket(BUCKET).send().await.unwrap();
    demo.stop().await;
}

#[tokio::test]
async fn an_action_that_no_policy_names_is_denied() {
    let demo = Demo::start().await;
    let s3: Client = demo.s3(User::Alice).await;
    let tagging = s3.get_object_tagging().bucket(BUCKET).key("alice/k").send().await;
    assert_fails(tagging, 403, "AccessDenied");
    demo.stop().await;
}
