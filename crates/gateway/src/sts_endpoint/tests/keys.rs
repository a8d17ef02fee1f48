//! GetCallerIdentity.

use testkit::signed::{Credentials, Payload, Prepared, SignedRequest};

use super::*;

const CALL: &str = "Action=GetCallerIdentity&Version=2011-06-15";

fn user() -> Credentials {
    Credentials::new(USER_KEY, USER_SECRET)
}

fn call() -> SignedRequest {
    SignedRequest::new("POST", "/")
        .service("sts")
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .body(CALL)
}

/// What a server makes of the bytes.
fn request(prepared: &Prepared) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(prepared.method.as_str()).uri(&prepared.target);
    for (name, value) in &prepared.headers {
        request = request.header(name, value);
    }
    request.body(Full::new(prepared.body.concat().into())).unwrap()
}

async fn session(world: &World) -> Credentials {
    let answer = world.login(&world.token("alice", &json!({}))).await;
    let of = |name| answer.xml(name).unwrap();
    Credentials::temporary(of("AccessKeyId"), of("SecretAccessKey"), of("SessionToken"))
}

#[tokio::test]
async fn a_user_and_a_session_hear_who_they_are() {
    let world = World::new().await;
    for region in ["us-east-1", "aws-global", "mars-1"] {
        let answer = world.send(request(&call().region(region).sign(&user()))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.xml("Arn"), Some("arn:aws:iam::111122223333:user/loader"));
        assert_eq!(answer.xml("Account"), Some("111122223333"));
        assert!(answer.xml("UserId").unwrap().starts_with("AIDA"), "{}", answer.text());
        let facts = Facts {
            operation: Some("GetCallerIdentity"),
            auth: Some("REST-HEADER"),
            access_key_id: Some(USER_KEY.to_owned()),
            subject: Some("loader".to_owned()),
            ..Facts::default()
        };
        assert_eq!(answer.facts, facts);
    }
    let answer = world.send(request(&call().sign(&session(&world).await))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let arn = "arn:aws:sts::111122223333:assumed-role/reader/laptop";
    assert_eq!(answer.xml("Arn"), Some(arn));
    assert!(answer.xml("UserId").unwrap().ends_with(":laptop"));
    assert_eq!(answer.facts.subject.as_deref(), Some("alice"));
    assert_eq!(answer.facts.issuer, Some(world.issuer.issuer()));
    assert_eq!(answer.facts.role.as_deref(), Some(ROLE));
}

#[tokio::test]
async fn a_signed_url_says_who_signed_it() {
    let world = World::new().await;
    let empty = Payload::Claim(testkit::signed::sha256(b""));
    let get = SignedRequest::new("GET", &format!("/?{CALL}")).service("sts").payload(empty);
    let answer = world.send(request(&get.presign(&user(), 60))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.facts.auth, Some("REST-QUERY-STRING"));
}

/// `generate_presigned_url("get_caller_identity")` of botocore 1.43.11, for 900 s from
/// 2026-01-02T03:04:05Z: how clusters and vaults prove whose keys they have.
const BOTOCORE: &str = "/?Action=GetCallerIdentity&Version=2011-06-15\
&X-Amz-Algorithm=AWS4-HMAC-SHA256\
&X-Amz-Credential=AKIDEXAMPLE1234567890%2F20260102%2Feu-central-1%2Fsts%2Faws4_request\
&X-Amz-Date=20260102T030405Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
&X-Amz-Signature=25956fb1daf4d575ae885f6d6f54383d12e3650fcb7b4fee4db43b512eeb3c9f";

#[tokio::test]
async fn a03_a_signed_url_is_good_for_its_time() {
    let mut world = World::new().await;
    let get = || Request::get(BOTOCORE).header("host", "127.0.0.1:8444");
    for (seconds, good) in [(-901, false), (-900, true), (0, true), (900, true), (901, false)] {
        world.at = Some(Timestamp::from_unix(testkit::clock::FIXED + seconds));
        let answer = world.send(get().body(Full::default()).unwrap()).await;
        assert_eq!(answer.status == StatusCode::OK, good, "{seconds}: {}", answer.text());
        assert_eq!(answer.facts.error == Some(Code::SignatureDoesNotMatch), !good);
    }
}

#[tokio::test]
async fn a_call_without_a_signature_is_nobodys() {
    let world = World::new().await;
    assert_eq!(world.post(CALL).await.refused(), (403, "MissingAuthenticationToken"));
}

#[tokio::test]
async fn a02_keys_and_tokens_that_do_not_belong_together_are_refused() {
    let world = World::new().await;
    let (alice, bob) = (session(&world).await, session(&world).await);
    let mut foreign = alice.clone();
    foreign.session_token = bob.session_token.clone();
    let mut changed = alice.clone();
    changed.session_token = alice.session_token.as_ref().map(|token| {
        let last = if token.ends_with('A') { 'B' } else { 'A' };
        format!("{}{last}", &token[..token.len() - 1])
    });
    let mut bare = alice.clone();
    bare.session_token = None;
    let mut with_user = user();
    with_user.session_token = alice.session_token.clone();
    let unknown = Credentials::new("AKIAUNKNOWN", USER_SECRET);
    for credentials in [foreign, changed, bare, with_user, unknown] {
        let answer = world.send(request(&call().sign(&credentials))).await;
        assert_eq!(answer.refused(), (403, "InvalidClientTokenId"), "{:?}", answer.facts.reason);
        assert_eq!(answer.facts.access_key_id, None, "a claim is no identity");
    }
    let wrong = Credentials::new(USER_KEY, &USER_SECRET.to_lowercase());
    let answer = world.send(request(&call().sign(&wrong))).await;
    assert_eq!(answer.refused(), (403, "SignatureDoesNotMatch"));
}

#[tokio::test]
async fn a53_a_role_that_is_gone_ends_its_sessions() {
    let mut world = World::new().await;
    let credentials = session(&world).await;
    let (stop, shutdown) = shutdown::channel();
    world.snapshot = snapshot(&world.issuer, false, &shutdown);
    world.stop = stop;
    let answer = world.send(request(&call().sign(&credentials))).await;
    assert_eq!(answer.refused(), (403, "ExpiredToken"), "{:?}", answer.facts.reason);
    assert_eq!(
        world.login(&world.token("alice", &json!({}))).await.refused(),
        (403, "AccessDenied")
    );
}

#[tokio::test]
async fn a03_old_and_future_signatures_are_refused() {
    let world = World::new().await;
    let now = clock::now().unix();
    for at in [now - 905, now + 905] {
        let answer = world.send(request(&call().at(at).sign(&user()))).await;
        assert_eq!(answer.refused(), (403, "SignatureDoesNotMatch"));
        let text = if at < now { "Signature expired: " } else { "Signature not yet current: " };
        assert!(answer.text().contains(text), "{}", answer.text());
    }
    for at in [now - 880, now + 880] {
        let answer = world.send(request(&call().at(at).sign(&user()))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
}

#[tokio::test]
async fn a04_a05_a06_what_is_not_signed_or_signed_twice_is_refused() {
    let world = World::new().await;
    let signed = call().sign(&user());
    let added = signed.clone().with_header("x-amz-user-agent", "x");
    let mut twice = signed.clone();
    twice.headers.push(("authorization".to_owned(), "AWS4-HMAC-SHA256 Credential=x".to_owned()));
    let mut hosts = signed.clone();
    hosts.headers.push(("host".to_owned(), "elsewhere".to_owned()));
    let query = signed.clone().with_target("/", "/?X-Amz-Signature=0000");
    let body = signed.clone().with_body(CALL.replace("Version", "Versioo"));
    let extra = signed.clone().with_body(format!("{CALL}&"));
    let s3 = call().service("s3").sign(&user());
    for (what, prepared, status, code) in [
        ("header", added, 403, "AccessDenied"),
        ("two signatures", twice, 400, "IncompleteSignature"),
        ("two hosts", hosts, 400, "IncompleteSignature"),
        ("header and query", query, 400, "IncompleteSignature"),
        ("other parameters", body, 400, "InvalidAction"),
        ("other body", extra, 403, "SignatureDoesNotMatch"),
        ("service", s3, 403, "SignatureDoesNotMatch"),
        ("region", call().region("").sign(&user()), 400, "IncompleteSignature"),
        ("scope", call().scope("20260102/sts").sign(&user()), 400, "IncompleteSignature"),
        (
            "unsigned",
            call().payload(Payload::Claim("UNSIGNED-PAYLOAD".into())).sign(&user()),
            403,
            "SignatureDoesNotMatch",
        ),
    ] {
        let answer = world.send(request(&prepared)).await;
        assert_eq!(answer.refused(), (status, code), "{what}: {:?}", answer.facts.reason);
    }
}
