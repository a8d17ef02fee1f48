//! The same over a socket, as the listener will serve it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use http::Response;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use testkit::client;
use testkit::logs::{Log, Secrets};
use tokio::net::TcpListener;

use super::*;
use crate::oidc::testing::{skip, start};

async fn serve(world: Arc<World>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    start(async move {
        loop {
            let (socket, peer) = listener.accept().await.unwrap();
            let world = world.clone();
            start(async move {
                let service = service_fn(|request| answer(&world, peer, request));
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), service);
                let _ = connection.await;
            });
        }
    });
    address
}

async fn answer(
    world: &World,
    peer: SocketAddr,
    request: Request<hyper::body::Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let connection = Connection { peer: Some(peer.ip()), tls: None };
    let client = Client::new(connection, request.headers(), &[]);
    let inputs = Inputs {
        snapshot: &world.snapshot,
        providers: &world.snapshot.providers,
        client: &client,
        now: clock::now(),
        request_id: "0123456789ABCDEF",
    };
    let answer = handle(inputs, request).await;
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    Ok(response)
}

fn bytes(form: &str) -> Vec<u8> {
    format!(
        "POST / HTTP/1.1\r\nhost: sts\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n\r\n{form}",
        form.len()
    )
    .into_bytes()
}

#[tokio::test]
async fn a51_a_login_leaves_no_secret_in_logs() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = Arc::new(World::new().await);
    let token = world.token("alice", &json!({}));
    let address = serve(world.clone()).await;
    let mut connection = client::Connection::open(address).await;
    connection.send(&bytes(&form(&[("WebIdentityToken", &token)]))).await;
    let response = connection.response("POST").await;
    assert_eq!(response.status, 200, "{}", response.text());
    let secrets = Secrets::new()
        .with("token", &token)
        .with("secret key", response.xml("SecretAccessKey").unwrap())
        .with("session token", response.xml("SessionToken").unwrap())
        .with("user's secret", USER_SECRET);
    let answer = world.login(&token).await;
    secrets.assert_absent("debug of an answer", &format!("{answer:?}"));
    // hyper traces nothing of bodies; what it does say is ours to keep clean all the same.
    secrets.assert_absent("log", &log.text());

    let forged = format!("{token}AAAA");
    let refused = world.login(&forged).await;
    let secrets = Secrets::new().with("forged", &forged);
    secrets.assert_absent("refusal", refused.text());
    secrets.assert_absent("reason", &format!("{:?}", refused.facts));
}

#[tokio::test]
async fn a50_a_form_that_does_not_come_is_given_up() {
    let world = Arc::new(World::new().await);
    let address = serve(world.clone()).await;
    let whole = bytes(&form(&[("WebIdentityToken", &world.token("alice", &json!({})))]));

    let mut slow = client::Connection::open(address).await;
    slow.send(&whole[..whole.len() - 1]).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    skip(Duration::from_secs(21)).await;
    let response = slow.response("POST").await;
    assert_eq!((response.status, response.code()), (400, Some("InvalidQueryParameter")));

    let mut cut = client::Connection::open(address).await;
    cut.send(&whole[..whole.len() - 1]).await;
    cut.finish_sending().await;
    assert_ne!(cut.response("POST").await.status, 200);

    let mut declared = client::Connection::open(address).await;
    let head = "POST / HTTP/1.1\r\nhost: sts\r\ncontent-length: 99999999999\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\n";
    declared.send(head.as_bytes()).await;
    let response = declared.response("POST").await;
    assert_eq!((response.status, response.code()), (400, Some("InvalidQueryParameter")));

    let mut endless = client::Connection::open(address).await;
    let head = "POST / HTTP/1.1\r\nhost: sts\r\ntransfer-encoding: chunked\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\n";
    endless.send(head.as_bytes()).await;
    let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
    for _ in 0..3 {
        endless.send(chunk.as_bytes()).await;
    }
    let response = endless.response("POST").await;
    assert_eq!((response.status, response.code()), (400, Some("InvalidQueryParameter")));

    let mut good = client::Connection::open(address).await;
    good.send(&whole).await;
    assert_eq!(good.response("POST").await.status, 200);
}

#[tokio::test]
async fn a_provider_that_is_slow_holds_up_nobody_else() {
    let world = Arc::new(World::new().await);
    let address = serve(world.clone()).await;
    let slow = testkit::answer::Answer::ok().after(Duration::from_secs(3_600));
    world.issuer.fail_jwks(Some(slow));
    let unknown = Key::new("unknown", Kind::Ed25519).token(&world.issuer.claims("alice"));
    let mut waiting = client::Connection::open(address).await;
    waiting.send(&bytes(&form(&[("WebIdentityToken", &unknown)]))).await;
    crate::oidc::testing::eventually("a fetch", || world.issuer.jwks_fetches() > 1).await;
    for _ in 0..10 {
        let mut other = client::Connection::open(address).await;
        let token = world.token("bob", &json!({}));
        other.send(&bytes(&form(&[("WebIdentityToken", &token)]))).await;
        assert_eq!(other.response("POST").await.status, 200);
    }
    skip(Duration::from_secs(11)).await;
    let response = waiting.response("POST").await;
    assert_eq!((response.status, response.code()), (400, Some("IDPCommunicationError")));
}
