//! The whole demo in process.

use std::fs;
use std::net::TcpListener;

use http::StatusCode;

use super::*;

fn gateway(demo: &Running) -> ready::Gateway<'_> {
    demo.seen_from_outside()
}

async fn log_in(demo: &Running, role: &str, user: User) -> Result<sigv4::Signer, String> {
    let token = demo.token(user, Algorithm::Es256).unwrap();
    gateway(demo).log_in(role, user, &token).await.map_err(|error| error.to_string())
}

async fn get(demo: &Running, keys: &sigv4::Signer, target: &str) -> (StatusCode, String) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let answer = gateway(demo).get(keys, path, query).await.unwrap();
    (answer.status(), String::from_utf8(answer.body().to_vec()).unwrap())
}

#[tokio::test]
async fn each_has_their_own_prefix() {
    let demo = start(Options::default()).await.unwrap();
    for user in User::ALL {
        let other = user.other();
        let keys = log_in(&demo, USER_ROLE, user).await.unwrap();
        let allowed = [
            "/".to_owned(),
            format!("/demo?list-type=2&prefix={user}%2F"),
            format!("/demo?prefix={user}%2F&delimiter=%2F"),
            format!("/demo/{user}/hello.txt"),
        ];
        for target in allowed {
            let (status, body) = get(&demo, &keys, &target).await;
            assert_eq!(status, StatusCode::OK, "{user}: {target}: {body}");
            assert!(!body.contains(&format!("{other}/")), "{user}: {target}: {body}");
        }
        let (_, buckets) = get(&demo, &keys, "/").await;
        assert!(buckets.contains("<Name>demo</Name>"), "{user}: {buckets}");
        let denied = [
            "/demo".to_owned(),
            "/demo?list-type=2".to_owned(),
            format!("/demo?list-type=2&prefix={user}"),
            format!("/demo?list-type=2&prefix={other}%2F"),
            format!("/demo/{other}/hello.txt"),
        ];
        for target in denied {
            let (status, body) = get(&demo, &keys, &target).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{user}: {target}: {body}");
            assert!(body.contains("<Code>AccessDenied</Code>"), "{user}: {target}: {body}");
        }
    }
    demo.shutdown().await;
}

/// The store keeps keys as paths: what a path can mean, a key must not.
#[tokio::test]
async fn no_spelling_of_a_key_leads_out_of_the_prefix() {
    let demo = start(Options::default()).await.unwrap();
    let keys = log_in(&demo, USER_ROLE, User::Alice).await.unwrap();
    for key in [
        "alice/../bob/secret.txt",
        "alice/%2E%2E/bob/secret.txt",
        "alice/..%2Fbob/secret.txt",
        "alice//../bob/secret.txt",
        "alice/./../bob/secret.txt",
        "alice/../../demo/bob/secret.txt",
        "/bob/secret.txt",
    ] {
        let (status, body) = get(&demo, &keys, &format!("/demo/{key}")).await;
        assert!(status.is_client_error(), "{key}: {status}");
        assert!(!body.contains("treasure"), "{key}");
    }
    demo.shutdown().await;
}

#[tokio::test]
async fn the_auditor_is_bob_and_only_reads() {
    let demo = start(Options::default()).await.unwrap();
    let refused = log_in(&demo, AUDITOR_ROLE, User::Alice).await.unwrap_err();
    assert!(refused.contains("AccessDenied"), "{refused}");
    let keys = log_in(&demo, AUDITOR_ROLE, User::Bob).await.unwrap();
    for target in ["/demo?list-type=2", "/demo/alice/hello.txt", "/demo/bob/secret.txt"] {
        assert_eq!(get(&demo, &keys, target).await.0, StatusCode::OK, "{target}");
    }
    assert_eq!(get(&demo, &keys, "/demo?uploads").await.0, StatusCode::FORBIDDEN);
    demo.shutdown().await;
}

#[tokio::test]
async fn tokens_of_another_demo_are_worth_nothing() {
    let (one, two) = (start(Options::default()).await, start(Options::default()).await);
    let (one, two) = (one.unwrap(), two.unwrap());
    let token = two.token(User::Alice, Algorithm::Rs256).unwrap();
    assert!(gateway(&one).log_in(USER_ROLE, User::Alice, &token).await.is_err());
    let keys = log_in(&two, USER_ROLE, User::Alice).await.unwrap();
    let (status, _) = get(&one, &keys, "/demo/alice/hello.txt").await;
    assert!(status.is_client_error(), "{status}");
    one.shutdown().await;
    two.shutdown().await;
}

#[tokio::test]
async fn tls_works_with_its_own_ca() {
    let demo = start(Options { tls: true, ..Options::default() }).await.unwrap();
    assert!(demo.s3_url().starts_with("https://127.0.0.1:"));
    let bundle = demo.ca_bundle().unwrap().display().to_string();
    assert!(demo.variables(User::Alice).contains(&("AWS_CA_BUNDLE", bundle)));
    let keys = log_in(&demo, USER_ROLE, User::Alice).await.unwrap();
    assert_eq!(get(&demo, &keys, "/demo/alice/hello.txt").await.0, StatusCode::OK);
    demo.shutdown().await;
}

#[tokio::test]
async fn a_taken_port_is_an_error_and_nothing_is_left() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let outer = tempfile::tempdir().unwrap();
    let options = Options {
        port: taken.local_addr().unwrap().port(),
        dir: Some(outer.path().join("demo")),
        env_file: Some(outer.path().join("demo.env")),
        ..Options::default()
    };
    assert!(matches!(start(options).await, Err(StartError::PortTaken { .. })));
    assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn two_demos_do_not_share_a_port() {
    let first = start(Options::default()).await.unwrap();
    let port = first.gateway.s3().port();
    let second = start(Options { port, ..Options::default() }).await;
    assert!(matches!(second, Err(StartError::PortTaken { .. })));
    first.shutdown().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let region = Options { region: "eu; rm -rf /".to_owned(), ..Options::default() };
    assert!(matches!(start(region).await, Err(StartError::Region { .. })));
    let zero = Options { token_lifetime: std::time::Duration::ZERO, ..Options::default() };
    assert!(matches!(start(zero).await, Err(StartError::TokenLifetime { .. })));
}

#[tokio::test]
async fn shutting_down_leaves_nothing() {
    let outer = tempfile::tempdir().unwrap();
    let env_file = outer.path().join("demo.env");
    let options = Options { env_file: Some(env_file.clone()), ..Options::default() };
    let demo = start(options).await.unwrap();
    let directory = demo.directory().to_owned();
    let address = demo.gateway.s3();
    let text = fs::read_to_string(&env_file).unwrap();
    for (name, value) in demo.variables(User::Alice) {
        assert!(text.contains(&format!("export {name}={value}\n")), "{name}: {text}");
    }
    demo.shutdown().await;
    assert!(!env_file.exists());
    assert!(!directory.exists());
    assert!(TcpListener::bind(address).is_ok());
}

#[tokio::test]
async fn dropping_leaves_nothing() {
    let outer = tempfile::tempdir().unwrap();
    let env_file = outer.path().join("demo.env");
    let options = Options { env_file: Some(env_file.clone()), ..Options::default() };
    let demo = start(options).await.unwrap();
    let directory = demo.directory().to_owned();
    drop(demo);
    assert!(!env_file.exists());
    assert!(!directory.exists());
}

#[tokio::test]
async fn a_chosen_directory_stays_and_is_used_again() {
    let outer = tempfile::tempdir().unwrap();
    let options = Options { dir: Some(outer.path().join("demo")), ..Options::default() };
    let first = start(options.clone()).await.unwrap();
    let refused = start(options.clone()).await;
    assert!(matches!(refused, Err(StartError::DirectoryInUse { .. })));
    let ring = fs::read(first.directory().join("keys.ring")).unwrap();
    fs::write(first.directory().join("store/demo/alice/mine.txt"), "mine").unwrap();
    first.shutdown().await;

    let second = start(options).await.unwrap();
    assert_ne!(fs::read(second.directory().join("keys.ring")).unwrap(), ring);
    let keys = log_in(&second, USER_ROLE, User::Alice).await.unwrap();
    assert_eq!(get(&second, &keys, "/demo/alice/mine.txt").await, (StatusCode::OK, "mine".into()));
    second.shutdown().await;
}
