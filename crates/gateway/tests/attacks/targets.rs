//! A14: documents that make the store act on another bucket.

use serde_json::{Value, json};
use testkit::signed::sha256_base64;

use crate::harness::{Plan, allow, request};

/// A replication, a log or an inventory writes to the bucket that its document names: nobody who may
/// configure the one bucket gets a way into the other.
#[tokio::test]
async fn a14_a_document_that_names_another_bucket_needs_the_right_to_write_there() {
    let logging = |bucket: &str| {
        format!(
            "<BucketLoggingStatus><LoggingEnabled><TargetBucket>{bucket}</TargetBucket>\
             <TargetPrefix>x/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>"
        )
    };
    let replication = |bucket: &str| {
        format!(
            "<ReplicationConfiguration><Rule><Destination><Bucket>arn:aws:s3:::{bucket}</Bucket>\
             </Destination></Rule></ReplicationConfiguration>"
        )
    };
    let world = Plan::new()
        .with_policy(&[
            allow(&["s3:PutBucketLogging", "s3:PutReplicationConfiguration"], &["*"]),
            allow(&["s3:PutObject"], &["arn:aws:s3:::logs/*", "arn:aws:s3:::part/x/*"]),
        ])
        .start()
        .await;
    let alice = world.login("alice").await;
    let put = |query: &str, body: &str| {
        let checksum = sha256_base64(body.as_bytes());
        request("PUT", &format!("/data?{query}"))
            .header("x-amz-checksum-sha256", &checksum)
            .body(body)
            .sign(&alice)
    };
    for bucket in ["other", "data", "part", "logs-2"] {
        let denied = world.denied(&put("logging", &logging(bucket))).await;
        let line = world.line_of(&denied).await.to_string();
        assert!(line.contains(&format!("arn:aws:s3:::{bucket}/*")), "{line}");
        world.denied(&put("replication", &replication(bucket))).await;
    }
    world.passed(&put("logging", &logging("logs"))).await;
    world.denied(&put("replication", &replication("logs"))).await;
    world.passed(&put("logging", "<BucketLoggingStatus/>")).await;
    let tenant = logging("tenant:logs");
    world.refused(&put("logging", &tenant), 400, "MalformedXML").await;
}

/// What a replication would read or write past a Deny, and what is not known of all objects at once.
#[tokio::test]
async fn a14_a_store_does_not_do_for_a_caller_what_is_denied_to_them() {
    let all = allow(&["s3:*"], &["*"]);
    let deny = |action: &str, resource: &str| json!({ "Effect": "Deny", "Action": action, "Resource": resource });
    let with = |statement: &Value, condition: &Value| {
        let mut statement = statement.clone();
        statement["Condition"] = condition.clone();
        statement
    };
    let tagged = json!({ "StringEquals": { "s3:ExistingObjectTag/class": "secret" } });
    let plain = json!({ "Null": { "s3:x-amz-server-side-encryption": "true" } });
    let replication = "<ReplicationConfiguration><Rule><Destination><Bucket>arn:aws:s3:::out</Bucket>\
        </Destination></Rule></ReplicationConfiguration>";
    let double = replication
        .replace("Bucket>", "x:y:Bucket>")
        .replace("<ReplicationConfiguration>", "<ReplicationConfiguration xmlns:x='u'>");
    let elsewhere = deny("s3:*", "arn:aws:s3:::elsewhere/*");
    for (statements, passes) in [
        (vec![all.clone(), elsewhere], true),
        (vec![all.clone(), deny("s3:GetObject", "arn:aws:s3:::data/secret/*")], false),
        (
            vec![all.clone(), deny("s3:GetObjectVersionForReplication", "arn:aws:s3:::data/*")],
            false,
        ),
        (vec![all.clone(), deny("s3:DeleteObject", "arn:aws:s3:::out/*")], false),
        (vec![all.clone(), deny("s3:Replicate*", "arn:aws:s3:::out/a")], false),
        (vec![all.clone(), with(&deny("s3:GetObject", "*"), &tagged)], false),
        (vec![all.clone(), deny("s3:PutObject", "arn:aws:s3:::out/${s3:prefix}")], false),
        (vec![all.clone(), with(&deny("s3:PutObject", "arn:aws:s3:::out/*"), &plain)], false),
    ] {
        let world = Plan::new().with_policy(&statements).start().await;
        let alice = world.login("alice").await;
        let put = |body: &str| {
            let checksum = sha256_base64(body.as_bytes());
            request("PUT", "/data?replication")
                .header("x-amz-checksum-sha256", &checksum)
                .body(body)
                .sign(&alice)
        };
        if passes {
            world.passed(&put(replication)).await;
        } else {
            world.denied(&put(replication)).await;
        }
        world.refused(&put(&double), 400, "MalformedXML").await;
    }
}
