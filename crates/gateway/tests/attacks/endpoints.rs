//! A61, and what is nobody's or the other endpoint's: STS and S3 on one port and on two.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::answer::Answer;
use testkit::client::Connection;
use testkit::signed::{Credentials, Prepared, SignedRequest};

use crate::harness::{Plan, World, login_form, noise, request, sts_post};

#[tokio::test]
async fn a61_a_thousand_logins_crowd_nobody_out() {
    let world = World::start().await;
    let first = world.login("alice").await;
    let bob = world.issuer.token("bob");
    let post = sts_post(&login_form(&world.issuer.token("alice"), "crowd"));
    let mut connections = Vec::new();
    for _ in 0..4 {
        connections.push(Connection::open(world.sts).await);
    }
    let mut last = None;
    for n in 0..1000 {
        let connection = &mut connections[n % 4];
        connection.send(&post).await;
        let response = connection.response("POST").await;
        assert_eq!(response.status, 200, "{n}: {}", response.text());
        last = Some(response);
    }
    let last = last.unwrap();
    let part = |name: &str| last.xml(name).unwrap().to_owned();
    let newest = Credentials::temporary(
        &part("AccessKeyId"),
        &part("SecretAccessKey"),
        &part("SessionToken"),
    );
    let bob = world.login_with(&bob).await;
    for (keys, who) in [(&first, "alice"), (&newest, "alice"), (&bob, "bob")] {
        let own = request("PUT", &format!("/data/{who}/k")).body("x").sign(keys);
        world.passed(&own).await;
    }
}

/// One port for both.
fn shared_port() -> Plan {
    let free = testkit::server::closed_port();
    Plan::new().with(|config| {
        config["listen"]["s3"] = free.to_string().into();
        config["listen"]["sts"] = free.to_string().into();
    })
}

#[tokio::test]
async fn a10_on_a_shared_port_each_gets_its_own() {
    let world = shared_port().start().await;
    assert_eq!(world.s3, world.sts);
    let alice = world.login("alice").await;
    world.store.put("/data/alice/k", b"x", &[]);
    world.passed(&request("GET", "/data/alice/k").sign(&alice)).await;
    // A bulk delete of a bucket in the host is posted to `/`, too.
    let document =
        "<Delete><Object><Key>alice/k</Key></Object><Object><Key>bob/k</Key></Object></Delete>";
    let digest = s3::checksum::ContentMd5::of(document.as_bytes()).to_base64();
    let delete = |host: &str, path: &str| {
        request("POST", path).host(host).header("content-md5", &digest).body(document).sign(&alice)
    };
    for sent in
        [delete("s3.example.org", "/data?delete"), delete("data.s3.example.org", "/?delete")]
    {
        let done = "<DeleteResult><Deleted><Key>alice/k</Key></Deleted></DeleteResult>";
        world.store.push_for(|request| request.method == "POST", Answer::ok().body(done));
        let (response, arrived) = world.passed(&sent).await;
        assert!(!String::from_utf8(arrived.body).unwrap().contains("bob"));
        assert!(response.text().contains("<DeleteResult"), "{}", response.text());
    }
    // What looks like both is one of them, and never more than it should be.
    for (method, target, host) in [
        ("GET", "/?Action=GetCallerIdentity", "s3.example.org"),
        ("GET", "/?Action=GetCallerIdentity&list-type=2", "data.s3.example.org"),
        ("GET", "/?list-type=2&Action=x", "data.s3.example.org"),
        ("POST", "/?Action=GetCallerIdentity&delete", "data.s3.example.org"),
        ("GET", "/?%41ction=GetCallerIdentity", "s3.example.org"),
        ("HEAD", "/?Action=GetCallerIdentity", "s3.example.org"),
        ("PUT", "/?Action=GetCallerIdentity", "s3.example.org"),
    ] {
        let before = world.store.requests().len();
        let sent = request(method, target).host(host).sign(&world.loader);
        let response = testkit::client::exchange(world.s3, &sent.bytes()).await;
        assert!(response.status >= 400, "{method} {target}: {}", response.text());
        assert_eq!(world.store.requests().len(), before, "{method} {target}");
    }
    // A signature for one service is none for the other.
    let for_sts = request("GET", "/data/alice/k").service("sts").sign(&alice);
    world.refused(&for_sts, 400, "AuthorizationHeaderMalformed").await;
    let identity = "Action=GetCallerIdentity&Version=2011-06-15";
    for (service, status) in [("sts", 200), ("s3", 403)] {
        let call = request("POST", "/")
            .host("sts.example.org")
            .service(service)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(identity)
            .sign(&alice);
        let response = testkit::client::exchange(world.sts, &call.bytes()).await;
        assert_eq!(response.status, status, "{service}: {}", response.text());
    }
}

#[tokio::test]
async fn a10_the_sts_takes_calls_and_nothing_else() {
    let world = World::start().await;
    let good = login_form(&world.issuer.token("alice"), "tests");
    for form in [
        String::new(),
        "Action=".to_owned(),
        "Action=AssumeRole".to_owned(),
        "Action=assumerolewithwebidentity".to_owned(),
        "action=AssumeRoleWithWebIdentity".to_owned(),
        format!("{good}&Action=GetCallerIdentity"),
        format!("{good}&RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fother"),
        format!("{good}&rolearn=x"),
        format!("{good}&DurationSeconds=899"),
        format!("{good}&DurationSeconds=43201"),
        format!("{good}&DurationSeconds=3600&DurationSeconds=900"),
        format!("{good}&DurationSeconds=1e4"),
        format!("{good}&ProviderId=www.amazon.com"),
        format!("{good}&x=y"),
        good.replace("2011-06-15", "2010-01-01"),
        format!("{good}&pad={}", "x".repeat(100_000)),
        "a&".repeat(5000),
        "%FF=%FF".to_owned(),
        "Action=%00".to_owned(),
        "{\"Action\":\"AssumeRoleWithWebIdentity\"}".to_owned(),
        "<xml/>".to_owned(),
    ] {
        let response = world.sts_form(&form).await;
        let start: String = form.chars().rev().take(60).collect();
        assert!((400..500).contains(&response.status), "{start}: {}", response.text());
        assert!(!response.text().contains("SecretAccessKey"), "{start}");
    }
    let whole = String::from_utf8(sts_post(&good)).unwrap();
    for odd in [
        whole.replace("POST /", "POST /data"),
        whole.replace("POST /", "POST //"),
        whole.replace("POST /", "PUT /"),
        whole.replace("POST /", "DELETE /"),
        whole.replace("POST /", "GET /"),
        whole.replace("POST /", "POST http://elsewhere/"),
        whole.replace("POST /", "POST /?Action=GetCallerIdentity"),
        whole.replace("POST /", "POST /?RoleSessionName=other"),
        whole.replace("x-www-form-urlencoded", "json"),
        whole.replace("x-www-form-urlencoded", "x-www-form-urlencoded; charset=utf-7"),
        whole.replace("content-type:", "x-content-type:"),
        whole.replace("host:", "content-encoding: gzip\r\nhost:"),
        whole.replace("host:", "content-type: text/plain\r\nhost:"),
    ] {
        let response = testkit::client::exchange(world.sts, odd.as_bytes()).await;
        let head: String = odd.chars().take(60).collect();
        assert!((400..500).contains(&response.status), "{head}: {}", response.text());
        assert!(!response.text().contains("SecretAccessKey"), "{head}");
    }
    // The S3 listener is no STS, and the other way round.
    let response = testkit::client::exchange(world.s3, &sts_post(&good)).await;
    assert!((400..500).contains(&response.status));
    let s3 = request("GET", "/data/k").sign(&world.loader);
    let response = testkit::client::exchange(world.sts, &s3.bytes()).await;
    assert!((400..500).contains(&response.status));
    assert!(world.store.requests().is_empty());
}

#[tokio::test]
async fn a04_nobody_in_particular_gets_nothing() {
    let world = World::start().await;
    world.store.put("/data/k", b"x", &[]);
    for (method, target) in [
        ("GET", "/"),
        ("GET", "/data"),
        ("GET", "/data/k"),
        ("HEAD", "/data/k"),
        ("PUT", "/data/k"),
        ("DELETE", "/data/k"),
        ("POST", "/data/k?uploads"),
    ] {
        for (name, value) in
            [("x-a", "b"), ("x-amz-security-token", "AQ"), ("x-amz-date", "20260102T030405Z")]
        {
            let bytes = format!(
                "{method} {target} HTTP/1.1\r\nhost: s3.example.org\r\ncontent-length: 0\r\n{name}: {value}\r\n\r\n"
            );
            world.bytes_refused(bytes.as_bytes(), 403, "AccessDenied").await;
        }
    }
    // Least of all HTML from somebody else's bucket.
    let html =
        b"GET /data/k?response-content-type=text%2Fhtml HTTP/1.1\r\nhost: s3.example.org\r\n\r\n";
    world.bytes_refused(html, 400, "InvalidRequest").await;
    let form = "--x\r\ncontent-disposition: form-data; name=\"key\"\r\n\r\nk\r\n--x--\r\n";
    let post = format!(
        "POST /data HTTP/1.1\r\nhost: s3.example.org\r\ncontent-type: multipart/form-data; boundary=x\r\n\
         content-length: {}\r\n\r\n{form}",
        form.len()
    );
    let response = world.send_bytes("POST", post.as_bytes()).await;
    assert!(response.status >= 400, "{}", response.text());
    world.untouched_since(0).await;
}

#[tokio::test]
async fn a04_more_parameters_and_headers_than_anybody_sends() {
    let (world, alice) = World::with_alice().await;
    let many: Vec<String> = (0..2000).map(|n| format!("p{n}=v")).collect();
    let same: Vec<String> = (0..2000).map(|_| "prefix=v".to_owned()).collect();
    let hoisted: Vec<String> = (0..500).map(|n| format!("x-amz-meta-{n}=v")).collect();
    for query in [many.join("&"), same.join("&"), "&".repeat(30_000), "=".repeat(30_000)] {
        for sent in [
            request("GET", &format!("/data?{query}")).sign(&alice),
            request("GET", &format!("/data/alice/k?{query}")).presign(&alice, 60),
        ] {
            let response = world.send(&sent).await;
            assert!(response.status >= 400, "{}", response.status);
        }
    }
    let url = request("PUT", &format!("/data/alice/k?{}", hoisted.join("&"))).body("x");
    let response = world.send(&url.presign(&alice, 60)).await;
    assert_eq!(response.status, 400, "{}", response.text());
    let meta: Value = json!("m".repeat(30_000));
    let large =
        request("PUT", "/data/alice/k").header("x-amz-meta-a", meta.as_str().unwrap()).body("x");
    let response = world.send(&large.sign(&alice)).await;
    assert!(response.status == 200 || response.status >= 400);
    let deep = "a/".repeat(500);
    world.passed(&request("PUT", &format!("/data/alice/{deep}")).body("x").sign(&alice)).await;
}

#[tokio::test]
async fn a10_stopping_lets_nothing_half_done_pass() {
    let (mut world, alice) = World::with_alice().await;
    let body = noise(400_000);
    let upload = request("PUT", "/data/alice/half").body(body).sign(&alice);
    let bytes = upload.bytes();
    let mut connection = Connection::open(world.s3).await;
    connection.send(&bytes[..bytes.len() / 2]).await;
    world
        .store
        .wait_until("the upload to begin", |requests, _| {
            requests.iter().any(|request| request.path() == "/data/alice/half")
        })
        .await;
    connection.reset();
    world.stop().await;
    world
        .store
        .wait_until("the end of it", |requests, _| {
            requests.iter().all(|request| request.arrival != testkit::server::Arrival::Arriving)
        })
        .await;
    assert!(world.store.object("/data/alice/half").is_none());
}

fn identity() -> SignedRequest {
    SignedRequest::new("POST", "/")
        .host("sts.example.org")
        .service("sts")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(IDENTITY)
}

/// Status, and code or ARN of the answer.
async fn call(world: &World, request: &Prepared) -> (u16, String) {
    let response = testkit::client::exchange(world.sts, &request.bytes()).await;
    (response.status, response.xml("Code").or(response.xml("Arn")).unwrap_or("").to_owned())
}

const IDENTITY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

#[tokio::test]
async fn a02_the_sts_takes_no_other_keys_than_s3() {
    let (world, alice) = World::with_alice().await;
    let bob = world.login("bob").await;
    let swapped = Credentials { session_token: bob.session_token.clone(), ..alice.clone() };
    let bare = Credentials { session_token: None, ..alice.clone() };
    let wrong = Credentials { secret_key: "wrong".to_owned(), ..alice.clone() };
    let nobody = Credentials::new("AKIANOBODYNOBODYNOBO", "x");
    for (keys, status, code) in [
        (&alice, 200, "arn:aws:sts::000000000000:assumed-role/people/tests"),
        (&world.loader, 200, "arn:aws:iam::000000000000:user/loader"),
        (&swapped, 403, "InvalidClientTokenId"),
        (&bare, 403, "InvalidClientTokenId"),
        (&nobody, 403, "InvalidClientTokenId"),
        (&wrong, 403, "SignatureDoesNotMatch"),
    ] {
        assert_eq!(call(&world, &identity().sign(keys)).await, (status, code.to_owned()));
    }
    // Another form than was signed, an old one, and one that names another action.
    let old = identity().at(testkit::clock::now() - 3600).sign(&alice);
    assert_eq!(call(&world, &old).await.1, "SignatureDoesNotMatch");
    let other = IDENTITY.replace("2011-06-15", "2011-06-15&");
    let length = other.len().to_string();
    let tampered = identity().sign(&alice).with_body(other);
    let tampered = tampered.with_header("content-length", &length);
    assert_eq!(call(&world, &tampered).await.1, "SignatureDoesNotMatch");
    let unsigned = identity().sign(&alice).without_header("authorization");
    assert_eq!(call(&world, &unsigned).await.0, 403);
}

#[tokio::test]
async fn a13_a_form_that_does_not_come_is_not_waited_for() {
    let world = World::start().await;
    let form = sts_post(&login_form(&world.issuer.token("alice"), "tests"));
    let mut connection = Connection::open(world.sts).await;
    connection.send(&form[..form.len() - 10]).await;
    // Until the gateway has the head, and waits.
    tokio::time::sleep(Duration::from_millis(200)).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    let response = connection.response("POST").await;
    assert!((400..500).contains(&response.status), "{}", response.status);
    assert!(!response.text().contains("SecretAccessKey"));
    // Nor is one that does not end: without a length, in chunks.
    let head = "POST / HTTP/1.1\r\nhost: sts\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                transfer-encoding: chunked\r\n\r\n";
    let chunk = format!("2000\r\n{}\r\n", "a".repeat(0x2000));
    let mut connection = Connection::open(world.sts).await;
    connection.send(head.as_bytes()).await;
    for _ in 0..20 {
        connection.send(chunk.as_bytes()).await;
    }
    let response = connection.response("POST").await;
    assert!((400..500).contains(&response.status), "{}", response.status);
    world.login("alice").await;
}
