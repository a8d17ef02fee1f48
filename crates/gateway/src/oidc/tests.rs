use testkit::answer::Answer;
use testkit::issuer::{DISCOVERY, FakeIssuer, JWKS};
use testkit::logs::Log;
use testkit::server::Request;
use testkit::tls::Authority;

use super::testing::{
    by_discovery, discovery, eventually, file, issuer, jwks, key, provider, publish, signed, skip,
    start, token, url,
};
use super::*;
use crate::clock::now;
use crate::config::CaBundle;
use crate::shutdown::{self, Trigger};

/// Starts the feeds and waits for the first fetch of each.
async fn providers(list: &[Provider]) -> (Arc<Providers>, Trigger) {
    let (stop, shutdown) = shutdown::channel();
    let providers = Providers::start(list, None, &shutdown);
    providers.tried(Duration::from_secs(5)).await;
    (Arc::new(providers), stop)
}

fn retryable<T: std::fmt::Debug>(result: Result<T, OidcError>) -> bool {
    matches!(result, Err(OidcError::Communication { .. }))
}

fn bundle(folder: &tempfile::TempDir, name: &str, ca: &Authority) -> Option<CaBundle> {
    Some(CaBundle { path: file(folder, name, ca.pem()), certificates: Vec::new() })
}

fn failure(providers: &Providers) -> String {
    let status = providers.status().pop().unwrap();
    status.failing.map(|(_, reason)| reason).unwrap_or_default()
}

#[tokio::test]
async fn keys_come_by_discovery_and_are_read_without_a_fetch() {
    let idp = issuer(&[&key("k1")]);
    let (providers, _stop) = providers(&[by_discovery(&idp)]).await;
    for _ in 0..100 {
        let (provider, _) = providers.resolve(&token(&idp.issuer(), "k1"), now()).await.unwrap();
        assert_eq!(provider.issuer, idp.issuer());
    }
    assert_eq!((idp.discovery_fetches(), idp.jwks_fetches()), (1, 1));
    let status = providers.status().pop().unwrap();
    assert_eq!((status.keys, status.fetched, status.failed), (Some(1), 1, 0));
}

#[tokio::test]
async fn an_unknown_issuer_costs_nothing() {
    let idp = issuer(&[&key("k1")]);
    let (providers, _stop) = providers(&[by_discovery(&idp)]).await;
    for issuer in [format!("{}/", idp.issuer()), idp.issuer().to_uppercase(), "x".repeat(9_000)] {
        let refused = providers.resolve(&token(&issuer, "k2"), now()).await;
        let Err(OidcError::UnknownIssuer(shown)) = refused else { panic!("{issuer}") };
        assert!(shown.len() <= 200);
    }
    assert_eq!(idp.jwks_fetches(), 1);
}

#[tokio::test]
async fn a31_a_flood_of_unknown_keys_costs_one_fetch_in_30_seconds() {
    let idp = issuer(&[&key("k1")]);
    let (providers, _stop) = providers(&[by_discovery(&idp)]).await;
    for round in 1..4 {
        let flood: Vec<_> = (0..1_000)
            .map(|n| {
                let (providers, issuer) = (providers.clone(), idp.issuer().clone());
                start(async move {
                    providers
                        .resolve(&token(&issuer, &format!("made-up-{n}")), now())
                        .await
                        .map(|_| ())
                })
            })
            .collect();
        let mut unknown = 0;
        for answer in flood {
            match answer.await.unwrap() {
                Err(OidcError::UnknownKey { .. }) => unknown += 1,
                answer => assert!(retryable(answer)),
            }
        }
        assert_eq!(unknown, 1, "only the one that caused the fetch may say that there is no key");
        assert_eq!(idp.jwks_fetches(), 1 + round);
        assert!(retryable(providers.resolve(&token(&idp.issuer(), "late"), now()).await));
        assert!(providers.resolve(&token(&idp.issuer(), "k1"), now()).await.is_ok());
        skip(Duration::from_secs(29)).await;
        assert!(retryable(providers.resolve(&token(&idp.issuer(), "late"), now()).await));
        assert_eq!(idp.jwks_fetches(), 1 + round);
        skip(Duration::from_secs(2)).await;
    }
}

#[tokio::test]
async fn a31_known_keys_work_on_while_the_provider_misbehaves() {
    let idp = issuer(&[&key("k1")]);
    let elsewhere = issuer(&[&key("k9")]);
    let (providers, _stop) = providers(&[by_discovery(&idp)]).await;
    let second = Duration::from_secs(1);
    let cases = [
        (Answer::ok().body_of(b' ', 256 * 1024 + 1), "sent more than 262144 bytes"),
        (Answer::ok().body_of(b' ', 600 * 1024).chunked(&[]), "sent more than 262144 bytes"),
        (Answer::redirect(302, &elsewhere.jwks_uri()), "answered 302, a redirect, which is not"),
        (Answer::status(500), "answered 500"),
        (Answer::ok().header("x", &"y".repeat(64 * 1024)), "could not be reached"),
        (Answer::ok().body("[]"), "cannot be used"),
        (Answer::ok().header("content-encoding", "gzip").body("x"), "content encoding"),
        (Answer::raw(""), "could not be reached"),
        (Answer::ok().after(3_600 * second), "did not answer within 10 s"),
        (Answer::ok().body_of(b' ', 100).drip(1, second), "did not answer within 10 s"),
    ];
    for (answer, reason) in cases {
        idp.fail_jwks(Some(answer));
        let before = idp.jwks_fetches();
        let asking = {
            let (providers, issuer) = (providers.clone(), idp.issuer().clone());
            start(async move { providers.resolve(&token(&issuer, "k9"), now()).await.map(|_| ()) })
        };
        eventually("a fetch", || idp.jwks_fetches() > before).await;
        assert!(providers.resolve(&token(&idp.issuer(), "k1"), now()).await.is_ok());
        if reason.contains("10 s") {
            skip(Duration::from_secs(11)).await;
        }
        assert!(retryable(asking.await.unwrap()), "{reason}");
        eventually(reason, || failure(&providers).contains(reason)).await;
        assert!(providers.resolve(&token(&idp.issuer(), "k1"), now()).await.is_ok());
        skip(Duration::from_secs(31)).await;
    }
    assert_eq!(elsewhere.jwks_fetches(), 0, "a redirect was followed");
}

#[tokio::test]
async fn a31_a_provider_that_is_gone_leaves_its_keys_and_blocks_no_start() {
    let idp = issuer(&[&key("k1")]);
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let absent = provider(&gone, KeySource::Uri(url(&gone)));
    let (providers, _stop) = providers(&[absent, by_discovery(&idp)]).await;
    assert!(retryable(providers.resolve(&token(&gone, "k1"), now()).await));
    assert!(providers.resolve(&token(&idp.issuer(), "k1"), now()).await.is_ok());
    let status = providers.status();
    let never: Vec<_> = status.iter().filter(|status| status.keys.is_none()).collect();
    assert_eq!(never.len(), 1);
    assert_eq!(never[0].issuer, gone);
    assert!(never[0].failing.as_ref().unwrap().1.contains("could not be reached"), "{never:?}");
}

#[tokio::test]
async fn a_provider_that_starts_after_us_is_found_without_a_login() {
    let idp = issuer(&[&key("k1")]);
    idp.fail_discovery(Some(Answer::raw("")));
    let (providers, _stop) = providers(&[by_discovery(&idp)]).await;
    assert_eq!(providers.status()[0].keys, None);
    idp.fail_discovery(None);
    skip(Duration::from_secs(1)).await;
    eventually("keys", || providers.status()[0].keys == Some(1)).await;
    assert_eq!(providers.status()[0].failing, None);
}

#[tokio::test]
async fn a32_a_rotation_refuses_no_valid_token() {
    let (old, new) = (key("old"), key("new"));
    let idp = issuer(&[&old]);
    let (providers, _stop) = providers(&[by_discovery(&idp)]).await;
    publish(&idp, &[&old, &new]);
    let rush: Vec<_> = (0..100)
        .map(|n| {
            let (providers, issuer) = (providers.clone(), idp.issuer().clone());
            let kid = if n % 2 == 0 { "new" } else { "old" };
            start(async move { providers.resolve(&token(&issuer, kid), now()).await.map(|_| ()) })
        })
        .collect();
    for answer in rush {
        assert_eq!(answer.await.unwrap(), Ok(()));
    }
    assert_eq!(idp.jwks_fetches(), 2);
    publish(&idp, &[&new]);
    skip(Duration::from_secs(301)).await;
    eventually("the background refresh", || idp.jwks_fetches() == 3).await;
    eventually("one key", || providers.status()[0].keys == Some(1)).await;
    assert_eq!(
        providers.resolve(&token(&idp.issuer(), "old"), now()).await.map(|_| ()),
        Err(OidcError::UnknownKey { issuer: idp.issuer().clone() }),
        "a key that was withdrawn works no more"
    );
}

#[tokio::test]
async fn a32_keys_without_names_rotate_too() {
    let nameless = || key("x").with_jwk(&serde_json::json!({"kid": null}));
    let (old, new) = (nameless(), nameless());
    let idp = issuer(&[&old]);
    let (providers, _stop) = providers(&[by_discovery(&idp)]).await;
    let by = |key| signed(&idp.issuer(), key);
    assert!(providers.resolve(&by(&old), now()).await.is_ok());
    publish(&idp, &[&new]);
    assert!(providers.resolve(&by(&new), now()).await.is_ok());
    assert_eq!(idp.jwks_fetches(), 2);
    assert!(retryable(providers.resolve(&by(&old), now()).await), "it could be a newer key's");
}

#[tokio::test]
async fn a32_a_flood_does_not_use_up_the_refresh_that_a_rotation_needs() {
    let (old, new) = (key("old"), key("new"));
    let idp = issuer(&[&old]);
    let (providers, _stop) = providers(&[by_discovery(&idp)]).await;
    // The refresh by the clock is due after 270 to 300 s: ask for made-up keys all the way.
    for _ in 0..8 {
        let _ = providers.resolve(&token(&idp.issuer(), "made-up"), now()).await;
        skip(Duration::from_secs(31)).await;
    }
    let _ = providers.resolve(&token(&idp.issuer(), "made-up"), now()).await;
    assert_eq!(idp.jwks_fetches(), 10);
    publish(&idp, &[&old, &new]);
    // The flood has just used up the fetch for unknown keys, so the new one must wait for the clock.
    assert!(retryable(providers.resolve(&token(&idp.issuer(), "new"), now()).await));
    skip(Duration::from_secs(53)).await;
    eventually("both keys", || providers.status()[0].keys == Some(2)).await;
    assert_eq!(idp.jwks_fetches(), 11);
    assert!(providers.resolve(&token(&idp.issuer(), "new"), now()).await.is_ok());
}

#[tokio::test]
async fn a32_the_providers_max_age_decides_when_keys_are_fetched_again() {
    let (old, new) = (key("old"), key("new"));
    let idp = issuer(&[&old]);
    idp.set_max_age(Some(90));
    let (providers, _stop) = providers(&[by_discovery(&idp)]).await;
    publish(&idp, &[&old, &new]);
    skip(Duration::from_secs(80)).await;
    assert_eq!(providers.status()[0].keys, Some(1));
    skip(Duration::from_secs(11)).await;
    eventually("both keys", || providers.status()[0].keys == Some(2)).await;
}

#[tokio::test]
async fn a25_a_discovery_document_for_another_issuer_is_not_believed() {
    let idp = issuer(&[&key("k1")]);
    for other in [format!("{}/", idp.issuer()), "https://elsewhere.example".to_owned()] {
        idp.fail_discovery(discovery(&other, &idp.jwks_uri()));
        let (providers, _stop) = providers(&[by_discovery(&idp)]).await;
        assert!(failure(&providers).contains("not for the configured"), "{}", failure(&providers));
        assert!(retryable(providers.resolve(&token(&idp.issuer(), "k1"), now()).await));
    }
    assert_eq!(idp.jwks_fetches(), 0);
    // The address of the document may be another: only what it says must agree.
    let issuer = "https://public.example.org".to_owned();
    idp.fail_discovery(discovery(&issuer, &idp.jwks_uri()));
    let behind = Provider { issuer: issuer.clone(), ..by_discovery(&idp) };
    let (providers, _stop) = providers(&[behind]).await;
    assert!(providers.resolve(&token(&issuer, "k1"), now()).await.is_ok());
}

#[tokio::test]
async fn a62_the_providers_certificate_is_for_its_host() {
    let folder = tempfile::tempdir().unwrap();
    let ca = Authority::new();
    let ca_file = bundle(&folder, "ca.pem", &ca);
    let other_ca = bundle(&folder, "other.pem", &Authority::new());
    let cases = [
        ("127.0.0.1", "127.0.0.1", &ca_file, ""),
        ("localhost", "localhost", &ca_file, ""),
        ("localhost", "127.0.0.1", &ca_file, "not valid for name"),
        ("127.0.0.2", "127.0.0.1", &ca_file, "not valid for name"),
        ("127.0.0.1", "localhost", &ca_file, "not valid for name"),
        ("other.example", "localhost", &ca_file, "not valid for name"),
        ("127.0.0.1", "127.0.0.1", &other_ca, "certificate"),
        ("127.0.0.1", "127.0.0.1", &None, "UnknownIssuer"),
    ];
    for (certified, named, ca_file, reason) in cases {
        let idp = FakeIssuer::start_tls(ca.server_config(&[certified]), named);
        // `allow_http` and a loopback address change nothing about certificates.
        let base = Provider { ca: ca_file.clone(), allow_http: true, ..by_discovery(&idp) };
        let (providers, _stop) = providers(&[base]).await;
        let failure = failure(&providers);
        assert_eq!(failure.is_empty(), reason.is_empty(), "{certified} {named}: {failure}");
        assert!(failure.contains(reason), "{certified} {named}: {failure}");
        let requests = idp.discovery_fetches();
        assert_eq!(requests, usize::from(reason.is_empty()), "nothing is sent before the check");
    }
}

#[tokio::test]
async fn the_bearer_token_is_read_anew_and_goes_to_its_host_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "token", "first\n");
    let idp = issuer(&[&key("k1")]);
    let elsewhere = issuer(&[&key("k1")]);
    let base = Provider { bearer_token_file: Some(path.clone()), ..by_discovery(&idp) };
    let (providers, _stop) = providers(std::slice::from_ref(&base)).await;
    let sent = |idp: &FakeIssuer, end: &str| {
        let of = |request: &Request| request.path().ends_with(end);
        let request = idp.requests().into_iter().rfind(of).unwrap();
        request.header("authorization").map(str::to_owned)
    };
    assert_eq!(sent(&idp, DISCOVERY).as_deref(), Some("Bearer first"));
    assert_eq!(sent(&idp, JWKS).as_deref(), Some("Bearer first"));
    std::fs::write(&path, "second").unwrap();
    let _ = providers.resolve(&token(&idp.issuer(), "k2"), now()).await;
    assert_eq!(sent(&idp, JWKS).as_deref(), Some("Bearer second"));

    // A document may not send it to another port, nor to the same host without TLS.
    idp.fail_discovery(discovery(&idp.issuer(), &elsewhere.jwks_uri()));
    elsewhere.fail_jwks(Some(Answer::status(401)));
    skip(Duration::from_secs(31)).await;
    assert!(retryable(providers.resolve(&token(&idp.issuer(), "k2"), now()).await));
    assert_eq!(sent(&elsewhere, JWKS), None);
    assert!(failure(&providers).contains("set `jwks_uri`"), "{}", failure(&providers));

    for bad in ["", "two words", "a\nb", "\u{e9}", &"x".repeat(20_000)] {
        std::fs::write(&path, bad).unwrap();
        skip(Duration::from_secs(31)).await;
        assert!(retryable(providers.resolve(&token(&idp.issuer(), "k2"), now()).await));
        let failure = failure(&providers);
        assert!(failure.contains("token`: "), "{failure}");
        assert!(bad.is_empty() || !failure.contains(bad), "{failure}");
    }
}

#[tokio::test]
async fn plain_http_stays_on_this_machine_unless_allowed_and_that_is_said_once() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let away = provider("http://id.invalid", KeySource::Uri(url("http://id.invalid/keys")));
    let (refused, _stop) = providers(std::slice::from_ref(&away)).await;
    assert!(failure(&refused).contains("`allow_http` is not set"), "{}", failure(&refused));
    let loud = || log.lines_with("whoever is on the way can log in as anybody").len();
    assert_eq!(loud(), 0);
    let allowed = [Provider { allow_http: true, ..away }];
    let (stop, shutdown) = shutdown::channel();
    let first = Providers::start(&allowed, None, &shutdown);
    let second = Providers::start(&allowed, Some(&first), &shutdown);
    second.tried(testkit::PATIENCE).await;
    assert!(failure(&second).contains("could not be reached"), "{}", failure(&second));
    assert_eq!(loud(), 1, "{}", log.text());
    stop.stop();
}

#[tokio::test]
async fn a31_a_discovery_document_has_its_own_limit() {
    let idp = issuer(&[&key("k1")]);
    idp.fail_discovery(Some(Answer::ok().body_of(b' ', 64 * 1024 + 1)));
    let (providers, _stop) = providers(&[by_discovery(&idp)]).await;
    assert!(failure(&providers).contains("sent more than 65536 bytes"), "{}", failure(&providers));
}

#[tokio::test]
async fn what_came_over_tls_does_not_lead_to_plain_http() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let ca = bundle(&folder, "ca.pem", &authority);
    let idp = FakeIssuer::start_tls(authority.server_config(&["localhost"]), "localhost");
    let plain = issuer(&[&key("k1")]);
    idp.fail_discovery(discovery(&idp.issuer(), &plain.jwks_uri()));
    let base = Provider { ca, ..by_discovery(&idp) };
    let (refused, _stop) = providers(std::slice::from_ref(&base)).await;
    assert!(failure(&refused).contains("over plain http"), "{}", failure(&refused));
    assert_eq!(plain.jwks_fetches(), 0);
    let (allowed, _stop) = providers(&[Provider { allow_http: true, ..base }]).await;
    assert!(allowed.resolve(&token(&idp.issuer(), "k1"), now()).await.is_ok());
}

#[tokio::test]
async fn keys_in_a_file_need_no_provider_and_are_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "keys.json", &jwks(&[&key("k1")]));
    let issuer = "https://id.example.org".to_owned();
    let first = KeySet::parse(jwks(&[&key("k0")]).as_bytes()).unwrap();
    let base = provider(&issuer, KeySource::File(path.clone(), Arc::new(first)));
    let (providers, _stop) = providers(&[base]).await;
    assert!(providers.resolve(&token(&issuer, "k1"), now()).await.is_ok());
    std::fs::write(&path, jwks(&[&key("k2")])).unwrap();
    assert!(providers.resolve(&token(&issuer, "k2"), now()).await.is_ok());
    std::fs::write(&path, " ".repeat(600 * 1024)).unwrap();
    skip(Duration::from_secs(31)).await;
    assert!(retryable(providers.resolve(&token(&issuer, "k3"), now()).await));
    assert!(providers.resolve(&token(&issuer, "k2"), now()).await.is_ok());
}

#[tokio::test]
async fn a_new_configuration_keeps_what_it_does_not_change() {
    let (kept, changed) = (issuer(&[&key("k1")]), issuer(&[&key("k1")]));
    let (stop, shutdown) = shutdown::channel();
    let before = [by_discovery(&kept), by_discovery(&changed)];
    let old = Providers::start(&before, None, &shutdown);
    old.tried(Duration::from_secs(5)).await;
    kept.fail_jwks(Some(Answer::raw("")));
    let keys = KeySource::Uri(url(&changed.jwks_uri()));
    let after = [by_discovery(&kept), Provider { keys, ..by_discovery(&changed) }];
    let new = Providers::start(&after, Some(&old), &shutdown);
    let watched = new.by_issuer[&changed.issuer()].feed.source.clone();
    drop(old);
    assert!(new.resolve(&token(&kept.issuer(), "k1"), now()).await.is_ok());
    assert_eq!(kept.jwks_fetches(), 1);
    new.tried(Duration::from_secs(5)).await;
    assert_eq!((changed.discovery_fetches(), changed.jwks_fetches()), (1, 2));

    // Two tasks are left; shutdown ends both, and with them what they hold.
    assert!(Arc::strong_count(&watched) > 2);
    stop.stop();
    eventually("the end of the tasks", || Arc::strong_count(&watched) == 2).await;
    skip(Duration::from_secs(600)).await;
    assert_eq!((kept.jwks_fetches(), changed.jwks_fetches()), (1, 2));
}

#[tokio::test]
async fn dropping_the_providers_ends_their_tasks() {
    let idp = issuer(&[&key("k1")]);
    let (providers, _stop) = providers(&[by_discovery(&idp)]).await;
    let source = providers.by_issuer[&idp.issuer()].feed.source.clone();
    drop(providers);
    eventually("the end of the task", || Arc::strong_count(&source) == 1).await;
}
