//! From an OIDC token to temporary keys, as the SDK does it by itself.

use aws_sdk_sts::error::ProvideErrorMetadata;
use demo::Algorithm;
use testkit::logs::Secrets;
use testkit::signed::{Credentials, SignedRequest};

use crate::fixture::{BUCKET, Demo, User, put};

#[tokio::test]
async fn the_sdk_logs_in_with_what_the_demo_prints() {
    let demo = Demo::start().await;
    for user in User::ALL {
        let keys = demo.keys(user).await;
        assert!(keys.access_key_id().starts_with("ASIA"), "{keys:?}");
        assert_eq!((keys.access_key_id().len(), keys.secret_access_key().len()), (20, 40));
        assert!(keys.session_token().unwrap().len() < 1024);
        assert!(keys.expiry().is_some());

        let sts = aws_sdk_sts::Client::new(&demo.sdk(user, "eu-central-1").await);
        let identity = sts.get_caller_identity().send().await.unwrap();
        let end = format!(":assumed-role/demo-user/{}", user.name());
        assert!(identity.arn().unwrap().ends_with(&end), "{identity:?}");
        assert_eq!(identity.account(), Some("000000000000"));
    }
    demo.stop().await;
}

#[tokio::test]
async fn the_answer_of_sts_is_complete() {
    let demo = Demo::start().await;
    let sts = aws_sdk_sts::Client::new(&demo.sdk(User::Alice, "us-east-1").await);
    let token = demo.running().token(User::Alice, Algorithm::Rs256).unwrap();
    let answer = sts
        .assume_role_with_web_identity()
        .role_arn("arn:aws:iam::000000000000:role/demo-user")
        .role_session_name("a.session@example")
        .web_identity_token(&token)
        .duration_seconds(900)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.subject_from_web_identity_token(), Some("alice"));
    assert_eq!(answer.audience(), Some(demo::CLIENT_ID));
    assert!(answer.provider().is_some());
    let role = answer.assumed_role_user().unwrap();
    assert!(role.arn().ends_with(":assumed-role/demo-user/a.session@example"), "{role:?}");
    assert!(role.assumed_role_id().ends_with(":a.session@example"), "{role:?}");

    let tampered = format!("{}A", &token[..token.len() - 1]);
    let refused = sts
        .assume_role_with_web_identity()
        .role_arn("arn:aws:iam::000000000000:role/demo-user")
        .role_session_name("alice")
        .web_identity_token(if tampered == token { format!("{token}x") } else { tampered })
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("InvalidIdentityToken"));
    demo.stop().await;
}

#[tokio::test]
async fn keys_without_their_token_or_with_another_are_refused() {
    let demo = Demo::start().await;
    put(&demo.s3(User::Alice).await, "alice/k", b"x").await;
    let (alice, bob) = (demo.raw_keys(User::Alice).await, demo.raw_keys(User::Bob).await);
    let target = format!("/{BUCKET}/alice/k");
    let mixed = Credentials { session_token: bob.session_token.clone(), ..alice.clone() };
    let bare = Credentials { session_token: None, ..alice.clone() };
    let wrong = Credentials { secret_key: bob.secret_key.clone(), ..alice.clone() };
    let secrets = Secrets::new()
        .with("alice's secret key", &alice.secret_key)
        .with("bob's secret key", &bob.secret_key);
    for (keys, codes) in [
        (mixed, ["InvalidToken", "InvalidAccessKeyId"]),
        (bare, ["InvalidAccessKeyId", "InvalidToken"]),
        (wrong, ["SignatureDoesNotMatch", ""]),
    ] {
        let request = SignedRequest::new("GET", &target).host(demo.address()).sign(&keys);
        let answer = demo.send(&request, &secrets).await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
        assert!(codes.contains(&answer.code().unwrap()), "{answer:?}");
    }
    let good = SignedRequest::new("GET", &target).host(demo.address()).sign(&alice);
    assert_eq!(demo.send(&good, &secrets).await.status, 200);
    demo.stop().await;
}
