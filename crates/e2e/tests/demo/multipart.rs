//! Multipart uploads.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use crate::fixture::{BUCKET, Demo, User, assert_gone, get, put};

const MIB: usize = 1024 * 1024;

/// Starts an upload and gives its id.
pub(crate) async fn start(s3: &Client, key: &str) -> String {
    let upload = s3.create_multipart_upload().bucket(BUCKET).key(key).send().await.unwrap();
    assert_eq!((upload.bucket(), upload.key()), (Some(BUCKET), Some(key)));
    upload.upload_id().unwrap().to_owned()
}

async fn part(s3: &Client, key: &str, id: &str, number: i32, body: Vec<u8>) -> CompletedPart {
    let answer = s3
        .upload_part()
        .bucket(BUCKET)
        .key(key)
        .upload_id(id)
        .part_number(number)
        .body(ByteStream::from(body))
        .send()
        .await
        .unwrap();
    CompletedPart::builder().part_number(number).e_tag(answer.e_tag().unwrap()).build()
}

async fn complete(s3: &Client, key: &str, id: &str, parts: Vec<CompletedPart>) {
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let done = s3
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key(key)
        .upload_id(id)
        .multipart_upload(parts)
        .send()
        .await
        .unwrap();
    assert_eq!((done.bucket(), done.key()), (Some(BUCKET), Some(key)));
}

#[tokio::test]
async fn an_object_is_made_of_parts() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    let key = "alice/parts ü";
    let id = start(&s3, key).await;
    let bodies = [vec![b'1'; 5 * MIB], vec![b'2'; 5 * MIB + 1], b"3".to_vec()];
    let mut parts = Vec::new();
    for (number, body) in (1..).zip(&bodies) {
        parts.push(part(&s3, key, &id, number, body.clone()).await);
    }
    let listed = s3.list_parts().bucket(BUCKET).key(key).upload_id(&id).send().await.unwrap();
    let mut sizes: Vec<_> = listed.parts().iter().filter_map(|part| part.size()).collect();
    // The embedded store lists parts as its file system does.
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 5_242_880, 5_242_881]);
    complete(&s3, key, &id, parts).await;
    assert!(get(&s3, key).await == bodies.concat());
    demo.stop().await;
}

#[tokio::test]
async fn a_part_is_copied() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    put(&s3, "alice/source", b"0123456789").await;
    let id = start(&s3, "alice/copied").await;
    let copied = s3
        .upload_part_copy()
        .bucket(BUCKET)
        .key("alice/copied")
        .upload_id(&id)
        .part_number(1)
        .copy_source(format!("{BUCKET}/alice/source"))
        .copy_source_range("bytes=2-5")
        .send()
        .await
        .unwrap();
    let etag = copied.copy_part_result().unwrap().e_tag().unwrap().to_owned();
    let parts = vec![CompletedPart::builder().part_number(1).e_tag(etag).build()];
    complete(&s3, "alice/copied", &id, parts).await;
    assert_eq!(get(&s3, "alice/copied").await, b"2345");
    demo.stop().await;
}

#[tokio::test]
async fn an_upload_is_aborted() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    let id = start(&s3, "alice/aborted").await;
    part(&s3, "alice/aborted", &id, 1, b"x".to_vec()).await;
    s3.abort_multipart_upload()
        .bucket(BUCKET)
        .key("alice/aborted")
        .upload_id(&id)
        .send()
        .await
        .unwrap();
    assert_gone(&s3, "alice/aborted").await;
    demo.stop().await;
}
