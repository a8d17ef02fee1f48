//! Alice cannot reach what is bob's, by any operation. (Presigned URLs: see `presigned`.)

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use crate::fixture::{BUCKET, Demo, SECRET, User, assert_denied, assert_gone, get, put};
use crate::multipart::start;
use crate::objects::delete;

#[tokio::test]
async fn reading() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    assert_denied(s3.get_object().bucket(BUCKET).key(SECRET).send().await);
    assert_denied(s3.get_object().bucket(BUCKET).key("bob/not-there").send().await);
    assert_denied(s3.get_object().bucket(BUCKET).key(SECRET).version_id("null").send().await);
    assert_denied(s3.head_object().bucket(BUCKET).key(SECRET).send().await);
    demo.stop().await;
}

#[tokio::test]
async fn listing() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    for prefix in [Some("bob/"), Some("bob"), Some("alice"), Some(""), None] {
        let prefix = prefix.map(str::to_owned);
        let v2 = s3.list_objects_v2().bucket(BUCKET).set_prefix(prefix.clone());
        assert_denied(v2.send().await);
        let v1 = s3.list_objects().bucket(BUCKET).set_prefix(prefix.clone());
        assert_denied(v1.send().await);
        let versions = s3.list_object_versions().bucket(BUCKET).set_prefix(prefix.clone());
        assert_denied(versions.send().await);
        let uploads = s3.list_multipart_uploads().bucket(BUCKET).set_prefix(prefix);
        assert_denied(uploads.send().await);
    }
    demo.stop().await;
}

#[tokio::test]
async fn writing_and_deleting() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    let body = || ByteStream::from_static(b"alice was here");
    for key in [SECRET, "bob/new", "top", "alice", "alicex/k"] {
        assert_denied(s3.put_object().bucket(BUCKET).key(key).body(body()).send().await);
        assert_denied(s3.create_multipart_upload().bucket(BUCKET).key(key).send().await);
        assert_denied(s3.delete_object().bucket(BUCKET).key(key).send().await);
    }
    assert_denied(s3.create_bucket().bucket("alices-own").send().await);
    assert_denied(s3.delete_bucket().bucket(BUCKET).send().await);
    demo.assert_secret_is_untouched().await;
    demo.stop().await;
}

#[tokio::test]
async fn bulk_delete() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    put(&s3, "alice/own", b"x").await;
    let request = s3.delete_objects().bucket(BUCKET).delete(delete(&["alice/own", SECRET]));
    let answer = request.send().await.unwrap();
    let deleted: Vec<_> = answer.deleted().iter().filter_map(|item| item.key()).collect();
    assert_eq!(deleted, ["alice/own"]);
    let errors: Vec<_> = answer.errors().iter().map(|item| (item.key(), item.code())).collect();
    assert_eq!(errors, [(Some(SECRET), Some("AccessDenied"))]);
    assert_gone(&s3, "alice/own").await;
    demo.assert_secret_is_untouched().await;
    demo.stop().await;
}

#[tokio::test]
async fn copy_source() {
    let demo = Demo::start().await;
    let s3 = demo.s3(User::Alice).await;
    put(&s3, "alice/own", b"x").await;
    let id = start(&s3, "alice/upload").await;
    for source in [
        format!("{BUCKET}/{SECRET}"),
        format!("/{BUCKET}/{SECRET}"),
        format!("{BUCKET}/%62ob/secret.txt"),
        format!("{BUCKET}%2Fbob%2Fsecret.txt"),
        format!("{BUCKET}/{SECRET}?versionId=null"),
    ] {
        let copy = s3.copy_object().bucket(BUCKET).key("alice/stolen").copy_source(&source);
        assert_denied(copy.send().await);
        let part = s3
            .upload_part_copy()
            .bucket(BUCKET)
            .key("alice/upload")
            .upload_id(&id)
            .part_number(1)
            .copy_source(&source);
        assert_denied(part.send().await);
    }
    let onto =
        s3.copy_object().bucket(BUCKET).key(SECRET).copy_source(format!("{BUCKET}/alice/own"));
    assert_denied(onto.send().await);
    assert_gone(&s3, "alice/stolen").await;
    demo.assert_secret_is_untouched().await;
    demo.stop().await;
}

#[tokio::test]
async fn every_step_of_an_upload() {
    let demo = Demo::start().await;
    let (alice, bob) = (demo.s3(User::Alice).await, demo.s3(User::Bob).await);
    let key = "bob/upload";
    let id = start(&bob, key).await;
    let place = alice.upload_part().bucket(BUCKET).key(key).upload_id(&id).part_number(1);
    assert_denied(place.body(ByteStream::from_static(b"x")).send().await);
    assert_denied(alice.list_parts().bucket(BUCKET).key(key).upload_id(&id).send().await);
    let part = CompletedPart::builder().part_number(1).e_tag("\"0\"").build();
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    let complete = alice.complete_multipart_upload().bucket(BUCKET).key(key).upload_id(&id);
    assert_denied(complete.multipart_upload(parts).send().await);
    assert_denied(
        alice.abort_multipart_upload().bucket(BUCKET).key(key).upload_id(&id).send().await,
    );
    let there = bob.list_parts().bucket(BUCKET).key(key).upload_id(&id).send().await.unwrap();
    assert!(there.parts().is_empty());
    demo.stop().await;
}

#[tokio::test]
async fn bob_reaches_his_own_and_nothing_of_alices() {
    let demo = Demo::start().await;
    let (alice, bob) = (demo.s3(User::Alice).await, demo.s3(User::Bob).await);
    put(&alice, "alice/own", b"x").await;
    assert!(!get(&bob, SECRET).await.is_empty());
    assert_denied(bob.get_object().bucket(BUCKET).key("alice/own").send().await);
    assert_denied(bob.list_objects_v2().bucket(BUCKET).prefix("alice/").send().await);
    demo.stop().await;
}
