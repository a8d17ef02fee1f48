//! Which store, and what a client is told when it asked at the wrong one (A06, A14).

use serde_json::json;
use testkit::signed::sha256_base64;
use testkit::store::FakeStore;

use crate::harness::{Plan, World, allow, request};

/// Bucket `data` is in the first store, which `here` means; `far` in the second, which `there` means.
async fn two_stores() -> (World, FakeStore) {
    let far = FakeStore::start();
    let plan = Plan::new().with_user_policy(&[allow(&["s3:*"], &["*"])]);
    let plan = plan.with_second_store(&far, &["far"]).with(|config| {
        config["stores"][0]["regions"] = json!(["here", "near"]);
        config["stores"][0]["buckets"] = json!(["data"]);
    });
    let world = plan.start().await;
    world.store.put("/data", b"", &[]);
    (world, far)
}

#[tokio::test]
async fn a06_a_region_that_means_another_store_is_told_the_right_one() {
    let (world, _far) = two_stores().await;
    let get = request("GET", "/far/k").region("here");
    let response =
        world.refused(&get.sign(&world.loader), 400, "AuthorizationHeaderMalformed").await;
    assert_eq!(response.xml("Region"), Some("there"));
    let line = world.line_of(&response).await;
    assert_eq!((&line["operation"], &line["bucket"]), (&json!("GetObject"), &json!("far")));
    let presigned = request("GET", "/far/k").region("here").presign(&world.loader, 60);
    let response = world.refused(&presigned, 400, "AuthorizationQueryParametersError").await;
    assert_eq!(response.xml("Region"), Some("there"));
    // An answer to HEAD has no document: SDKs read the header.
    let response = world.send(&request("HEAD", "/far").region("here").sign(&world.loader)).await;
    assert_eq!(response.status, 400);
    assert_eq!(response.header("x-amz-bucket-region"), Some("there"));
}

#[tokio::test]
async fn a14_a_copy_from_another_store_is_not_sent_anywhere() {
    let (world, far) = two_stores().await;
    far.put("/far/k", b"x", &[]);
    // The signed region means the destination's store, then the source's.
    let copy = |region: &str| {
        request("PUT", "/data/k")
            .region(region)
            .header("x-amz-copy-source", "far/k")
            .sign(&world.loader)
    };
    world.refused(&copy("here"), 501, "NotImplemented").await;
    world.refused(&copy("there"), 400, "AuthorizationHeaderMalformed").await;
    assert!(far.requests().is_empty());
}

/// The policies of another store's bucket are not asked, so that its name may not be used.
#[tokio::test]
async fn a14_a_document_that_names_a_bucket_of_another_store_is_not_sent_anywhere() {
    let (world, far) = two_stores().await;
    let log_to = |bucket: &str, region: &str| {
        let body = format!(
            "<BucketLoggingStatus><LoggingEnabled><TargetBucket>{bucket}</TargetBucket>\
             <TargetPrefix/></LoggingEnabled></BucketLoggingStatus>"
        );
        request("PUT", "/data?logging")
            .header("x-amz-checksum-sha256", &sha256_base64(body.as_bytes()))
            .region(region)
            .body(body)
            .sign(&world.loader)
    };
    world.passed(&log_to("data", "here")).await;
    for region in ["here", "nowhere"] {
        world.refused(&log_to("far", region), 501, "NotImplemented").await;
    }
    // Without a rule it is where the region leads.
    world.passed(&log_to("anywhere", "here")).await;
    assert!(far.requests().is_empty());
}

#[tokio::test]
async fn a_location_names_the_region_and_is_not_the_stores_business() {
    let (world, _far) = two_stores().await;
    let create = |region: &str, location: &str| {
        let body = format!(
            "<CreateBucketConfiguration><LocationConstraint>{location}</LocationConstraint>\
             </CreateBucketConfiguration>"
        );
        request("PUT", "/data").region(region).body(body).sign(&world.loader)
    };
    for (region, location) in [("here", "here"), ("here", "near"), ("mars-north-1", "mars-north-1")]
    {
        let (_, arrived) = world.passed(&create(region, location)).await;
        assert!(arrived.body.is_empty(), "{region} {location}");
    }
    let elsewhere = create("here", "there");
    world.refused(&elsewhere, 400, "IllegalLocationConstraintException").await;
}
