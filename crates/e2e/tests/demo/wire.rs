//! What real clients do on the wire that SDKs for tests do not.

use testkit::client::Connection;
use testkit::signed::SignedRequest;

use crate::fixture::{Demo, SECRET, User};

/// boto3 waits for `100 Continue`, takes a 403 instead, sends no body and uses the connection again. A
/// server that then takes the first bytes of the next request for the body answers a request that
/// nobody sent (`UT /...`), so the connection must end with the refusal, and say so.
#[tokio::test]
async fn a_refused_upload_whose_body_never_came_ends_its_connection() {
    let demo = Demo::start().await;
    let keys = demo.raw_keys(User::Alice).await;
    let target = format!("/{}/{SECRET}", crate::fixture::BUCKET);
    let put = SignedRequest::new("PUT", &target)
        .host(demo.address())
        .header("expect", "100-continue")
        .body("x")
        .sign(&keys);
    let get = SignedRequest::new("GET", "/").host(demo.address()).sign(&keys);

    let mut client = Connection::open(demo.address()).await;
    // No body, but the next request at once: what a client's reuse looks like when it is fast.
    client.send(&[put.head(), get.head()].concat()).await;
    let refused = client.response("PUT").await;
    assert_eq!((refused.status, refused.interim.len()), (403, 0), "{refused:?}");
    assert_eq!(refused.header("connection"), Some("close"), "{refused:?}");
    assert!(client.is_closed().await, "the rest was taken for a request");
    demo.stop().await;
}
