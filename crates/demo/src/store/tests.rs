use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use sigv4::{AccessKeyId, EMPTY_SHA256, Payload, Region, SecretKey, Service, Signer, Timestamp};

use super::*;
use crate::client::Client;
use crate::clock;

/// A GET of `target` (path and query, encoded) signed with `keys`.
async fn get(store: &Store, keys: &StoreKeys, target: &str) -> Response<Bytes> {
    let signer = Signer {
        access_key_id: AccessKeyId::parse(&keys.access_key).unwrap(),
        secret: SecretKey::new(keys.secret_key.clone()),
        session_token: None,
        region: Region::parse("us-east-1").unwrap(),
        service: Service::S3,
    };
    let now = Timestamp::from_unix(i64::try_from(clock::unix_now()).unwrap());
    let mut request = http::Request::get(target)
        .header("host", store.server.address().to_string())
        .body(Full::<Bytes>::default())
        .unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let empty = Payload::Hash(EMPTY_SHA256);
    signer.sign(&Method::GET, path, query, request.headers_mut(), &empty, now, None).unwrap();
    Client::new(store.server.address(), None).unwrap().send(request).await.unwrap()
}

/// The texts of all elements of that name.
fn all<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).filter_map(|rest| rest.split_once(&close)).map(|it| it.0).collect()
}

fn text(answer: &Response<Bytes>) -> &str {
    std::str::from_utf8(answer.body()).unwrap()
}

#[tokio::test]
async fn it_is_filled_and_answers_to_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::start(&folder.path().join("store")).await.unwrap();
    let keys = store.keys().clone();

    let listing = get(&store, &keys, "/").await;
    assert_eq!(listing.status(), StatusCode::OK, "{}", text(&listing));
    assert_eq!(all(text(&listing), "Name"), [BUCKET]);

    let listing = get(&store, &keys, "/demo?list-type=2").await;
    assert_eq!(all(text(&listing), "Key"), OBJECTS.map(|(key, ..)| key));

    for (key, content_type, content) in OBJECTS {
        let object = get(&store, &keys, &format!("/{BUCKET}/{key}")).await;
        assert_eq!(object.status(), StatusCode::OK, "{key}");
        assert_eq!(text(&object), content);
        assert_eq!(object.headers()["content-type"], content_type);
        assert!(object.headers().contains_key("etag"));
    }
    store.stop().await;
}

#[tokio::test]
async fn nobody_else_gets_in() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::start(folder.path()).await.unwrap();
    let keys = store.keys().clone();
    let wrong_secret = StoreKeys { secret_key: random::secret_key().unwrap(), ..keys.clone() };
    let wrong_key = StoreKeys { access_key: random::access_key().unwrap(), ..keys };
    for keys in [wrong_secret, wrong_key] {
        let answer = get(&store, &keys, "/demo/bob/secret.txt").await;
        assert!(answer.status().is_client_error(), "{}", answer.status());
    }
    let anonymous = http::Request::get("/demo/bob/secret.txt")
        .header("host", store.server.address().to_string())
        .body(Full::default())
        .unwrap();
    let client = Client::new(store.server.address(), None).unwrap();
    assert_eq!(client.send(anonymous).await.unwrap().status(), StatusCode::FORBIDDEN);
    store.stop().await;
}

#[tokio::test]
async fn a_second_start_keeps_the_objects_and_changes_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    let first = Store::start(folder.path()).await.unwrap();
    let old = first.keys().clone();
    first.stop().await;
    let kept = folder.path().join("demo/alice/hello.txt");
    std::fs::write(&kept, "mine").unwrap();
    std::fs::remove_file(folder.path().join("demo/bob/hello.txt")).unwrap();

    let second = Store::start(folder.path()).await.unwrap();
    let new = second.keys().clone();
    assert_ne!(old.access_key, new.access_key);
    assert_ne!(old.secret_key, new.secret_key);
    assert!(get(&second, &old, "/").await.status().is_client_error());
    assert_eq!(get(&second, &new, "/demo/alice/hello.txt").await.body().as_ref(), b"mine");
    assert_eq!(get(&second, &new, "/demo/bob/hello.txt").await.status(), StatusCode::NOT_FOUND);
    second.stop().await;
}

#[test]
fn a_secret_key_is_not_in_debug() {
    let keys = StoreKeys { access_key: "DEMO".to_owned(), secret_key: "verysecret".to_owned() };
    assert!(!format!("{keys:?}").contains("verysecret"));
}
