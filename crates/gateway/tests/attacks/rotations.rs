//! What a reload must take out of use: keys, tokens, certificates, limits.

use std::time::Duration;

use gateway::server::Serves;
use serde_json::{Value, json};
use testkit::answer::Answer;
use testkit::client::{Connection, Response};
use testkit::issuer::{Key, Kind};
use testkit::tls::{Authority, Certificate};

use crate::harness::{Plan, allow, request};
use crate::reloads::Followed;

fn key_set(keys: &[&Key]) -> String {
    json!({ "keys": keys.iter().map(|key| key.jwk().unwrap()).collect::<Vec<_>>() }).to_string()
}

#[tokio::test]
async fn a53_a_key_that_is_taken_out_of_a_file_is_not_taken_any_more() {
    let (old, new) = (Key::new("old", Kind::P256), Key::new("new", Kind::P256));
    let plan = Plan::new()
        .with(|config| config["providers"][0]["jwks_file"] = json!("keys.json"))
        .with_file("keys.json", key_set(&[&old]));
    let followed = Followed::start(plan, false).await;
    let claims = followed.plan.issuer.claims("alice");
    let (by_old, by_new) = (old.token(&claims), new.token(&claims));
    assert_eq!(followed.assume(&by_old).await.status, 200);
    for (keys, old_status, new_status) in
        [(vec![&new], 400, 200), (vec![&old, &new], 200, 200), (vec![&old], 200, 400)]
    {
        followed.write("keys.json", &key_set(&keys));
        followed.reload().await;
        assert_eq!(followed.assume(&by_old).await.status, old_status);
        assert_eq!(followed.assume(&by_new).await.status, new_status);
    }
}

async fn metrics(followed: &Followed, token: &str) -> u16 {
    let mut connection = Connection::open(followed.gateway.address(Serves::Admin).unwrap()).await;
    let head = format!(
        "GET /metrics HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    connection.send(head.as_bytes()).await;
    connection.response("GET").await.status
}

#[tokio::test]
async fn a53_the_token_of_the_admin_listener_is_rotated() {
    const OLD: &str = "old-token-0123456789abcdefghijkl";
    const NEW: &str = "new-token-0123456789abcdefghijkl";
    let followed = Followed::start(Plan::new().with_file("token", OLD), false).await;
    // Guarded from here on: what reads the report has no token.
    followed.configure(|config| config["admin"] = json!({ "bearer_token_file": "token" }));
    followed.asker.ask();
    until(async || metrics(&followed, OLD).await == 200 && metrics(&followed, NEW).await == 401)
        .await;
    followed.write("token", NEW);
    followed.asker.ask();
    until(async || metrics(&followed, NEW).await == 200).await;
    assert_eq!(metrics(&followed, OLD).await, 401);
}

async fn until(holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(testkit::PATIENCE, wait).await.expect("it never held");
}

/// The gateway's answer to a request over TLS, if the handshake came to an end.
async fn over_tls(
    followed: &Followed,
    serves: Serves,
    config: std::sync::Arc<rustls::ClientConfig>,
) -> Option<Response> {
    let address = followed.gateway.address(serves).unwrap();
    let mut connection = Connection::open_tls(address, "s3.example.org", config).await.ok()?;
    connection.send(b"GET /livez HTTP/1.1\r\nhost: s3.example.org\r\n\r\n").await;
    Some(connection.response("GET").await).filter(|response| response.status != 0)
}

fn write(followed: &Followed, certificate: &Certificate) {
    followed.write("cert.pem", &certificate.certificate);
    followed.write("key.pem", &certificate.key);
}

#[tokio::test]
async fn a53_a_renewed_certificate_is_shown_to_new_connections() {
    let (old, new) = (Authority::new(), Authority::new());
    let names: &[&str] = &["s3.example.org"];
    let certificate = old.issue(names);
    let plan = Plan::new()
        .with(|config| config["listen"]["tls"] = json!({ "cert": "cert.pem", "key": "key.pem" }))
        .with_file("cert.pem", certificate.certificate)
        .with_file("key.pem", certificate.key);
    let followed = Followed::start(plan, false).await;
    assert!(over_tls(&followed, Serves::S3, old.client_config()).await.is_some());
    assert!(over_tls(&followed, Serves::S3, new.client_config()).await.is_none());
    write(&followed, &new.issue(names));
    followed.reload().await;
    assert!(over_tls(&followed, Serves::S3, old.client_config()).await.is_none());
    assert!(over_tls(&followed, Serves::S3, new.client_config()).await.is_some());
    // A key that is not the certificate's changes nothing.
    followed.write("key.pem", &old.issue(names).key);
    followed.asker.ask();
    followed.until_refused().await;
    assert!(over_tls(&followed, Serves::S3, new.client_config()).await.is_some());
}

#[tokio::test]
async fn a53_the_authority_of_the_admin_listeners_clients_is_rotated() {
    let (server, old, new) = (Authority::new(), Authority::new(), Authority::new());
    let certificate = server.issue(&["s3.example.org"]);
    let plan = Plan::new()
        .with(|config| {
            config["listen"]["tls"] = json!({ "cert": "cert.pem", "key": "key.pem" });
            config["admin"] = json!({ "client_ca_file": "ca.pem" });
        })
        .with_file("cert.pem", certificate.certificate)
        .with_file("key.pem", certificate.key)
        .with_file("ca.pem", old.pem());
    let followed = Followed::start(plan, false).await;
    let (by_old, by_new) = (old.issue(&["scraper"]), new.issue(&["scraper"]));
    let admin = async |by: &Certificate| {
        over_tls(&followed, Serves::Admin, server.client_config_with(by)).await.is_some()
    };
    assert!(admin(&by_old).await && !admin(&by_new).await);
    assert!(over_tls(&followed, Serves::Admin, server.client_config()).await.is_none());
    followed.write("ca.pem", new.pem());
    followed.asker.ask();
    until(async || admin(&by_new).await).await;
    assert!(!admin(&by_old).await);
    assert!(over_tls(&followed, Serves::S3, server.client_config()).await.is_some());
}

/// A request that the store does not answer until the test ends.
async fn held(followed: &Followed) -> Connection {
    let before = followed.plan.store.requests().len();
    followed.plan.store.push(Answer::ok().after(Duration::from_secs(600)));
    let alice = followed.login().await;
    let mut connection = Connection::open(followed.gateway.address(Serves::S3).unwrap()).await;
    connection.send(&request("GET", "/data/alice/a").sign(&alice).bytes()).await;
    followed.plan.store.wait_for_requests(before + 1).await;
    connection
}

#[tokio::test]
async fn a53_fewer_places_hold_at_once_and_for_those_who_came_before() {
    let followed = Followed::start(Plan::new(), false).await;
    let alice = followed.login().await;
    let set = async |places: usize| {
        let change =
            |config: &mut Value| config["limits"] = json!({ "requests_in_flight": places });
        followed.change(change).await
    };
    let _held = held(&followed).await;
    set(1).await;
    assert_eq!(followed.status(&alice).await, 503);
    set(2).await;
    assert_eq!(followed.status(&alice).await, 200);
    // However often it changes: who is in counts.
    for places in [1, 3, 1, 2, 1] {
        set(places).await;
    }
    assert_eq!(followed.status(&alice).await, 503);
}

#[tokio::test]
async fn the_grace_of_a_stop_is_the_one_in_force() {
    let followed = Followed::start(
        Plan::new().with(|config| config["limits"] = json!({ "shutdown_grace": "1h" })),
        false,
    )
    .await;
    let _held = held(&followed).await;
    followed.change(|config| config["limits"] = json!({ "shutdown_grace": "0s" })).await;
    let Followed { gateway, plan: _plan, .. } = followed;
    tokio::time::timeout(testkit::PATIENCE, gateway.shutdown()).await.expect("it waited");
}

/// Whoever reaches the running listener must pass the guard that was made for it.
#[tokio::test]
async fn a53_a_guard_stays_with_the_place_that_it_was_made_for() {
    const TOKEN: &str = "the-token-0123456789abcdefghijkl";
    let plan = Plan::new()
        .with(|config| config["admin"] = json!({ "bearer_token_file": "token" }))
        .with_file("token", TOKEN);
    let followed = Followed::start(plan, false).await;
    let path = followed.path("admin.socket");
    followed.configure(|config| {
        config["listen"]["admin"] = json!(format!("unix:{}", path.display()));
        config.as_object_mut().unwrap().remove("admin");
    });
    let alice = followed.login().await;
    assert_eq!(followed.status(&alice).await, 200);
    followed.write("roles/people.json", &followed.role(&[allow(&["s3:PutObject"], &["*"])]));
    followed.asker.ask();
    until(async || followed.status(&alice).await == 403).await;
    assert_eq!(metrics(&followed, "").await, 401);
    assert_eq!(metrics(&followed, TOKEN).await, 200);
}

#[tokio::test]
async fn a53_a_folder_that_is_made_anew_is_watched_again() {
    let followed = Followed::start(Plan::new(), true).await;
    let alice = followed.login().await;
    let role = |statement: &Value| followed.role(std::slice::from_ref(statement));
    let (may, may_not) =
        (role(&allow(&["s3:GetObject"], &["*"])), role(&allow(&["s3:PutObject"], &["*"])));
    // As it was, but another folder: nothing to reload.
    let before = std::fs::read_to_string(followed.path("roles/people.json")).unwrap();
    std::fs::remove_dir_all(followed.path("roles")).unwrap();
    std::fs::create_dir(followed.path("roles")).unwrap();
    followed.write("roles/people.json", &before);
    tokio::time::sleep(Duration::from_secs(1)).await;
    followed.write("roles/people.json", &may_not);
    followed.until(|report| report["ok"] == true && report["generation"] != 1).await;
    until(async || followed.status(&alice).await == 403).await;
    let mut generation = followed.report().await["generation"].as_u64().unwrap();
    for (text, status) in [(&may, 200), (&may_not, 403)] {
        std::fs::remove_dir_all(followed.path("roles")).unwrap();
        followed.until_refused().await;
        std::fs::create_dir(followed.path("roles")).unwrap();
        followed.write("roles/people.json", text);
        generation += 1;
        followed.until_generation(generation).await;
        assert_eq!(followed.status(&alice).await, status);
        let other = if status == 200 { &may_not } else { &may };
        followed.write("roles/people.json", other);
        generation += 1;
        followed.until_generation(generation).await;
        assert_ne!(followed.status(&alice).await, status);
    }
}
