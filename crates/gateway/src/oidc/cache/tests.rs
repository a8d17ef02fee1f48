use super::*;
use crate::oidc::testing::{jwks, key};

fn keys(kid: &str) -> Arc<KeySet> {
    Arc::new(KeySet::parse(jwks(&[&key(kid)]).as_bytes()).unwrap())
}

fn now() -> Timestamp {
    Timestamp::from_unix(1_767_322_800)
}

fn has(kid: &'static str) -> impl Fn(&KeySet) -> bool {
    move |keys| keys.keys().iter().any(|key| key.id() == Some(kid))
}

#[tokio::test(start_paused = true)]
async fn who_joins_a_round_that_began_before_is_told_to_try_again() {
    let cache = Cache::new(None);
    cache.succeeded(0, keys("old"), now());
    let (first, second, ()) = tokio::join!(cache.find(has("x")), cache.find(has("x")), async {
        let ticket = cache.newest_ticket();
        tokio::time::sleep(Duration::from_secs(1)).await;
        cache.succeeded(ticket, keys("old"), now());
    });
    assert_eq!(first.unwrap_err(), Miss::Absent);
    assert_eq!(second.unwrap_err(), Miss::Limited);
    assert_eq!(cache.find(has("x")).await.unwrap_err(), Miss::Limited);
}

#[tokio::test(start_paused = true)]
async fn a_round_of_the_background_serves_who_waits_but_answers_no_later_ticket() {
    let cache = Cache::new(None);
    let background = cache.newest_ticket();
    let (found, absent, ()) = tokio::join!(cache.find(has("new")), cache.find(has("x")), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        cache.succeeded(background, keys("new"), now());
        cache.asked().await;
    });
    assert!(found.is_ok());
    assert_eq!(absent.unwrap_err(), Miss::Slow);
}

#[tokio::test(start_paused = true)]
async fn a_failed_round_keeps_the_keys_and_says_so() {
    let cache = Cache::new(None);
    cache.succeeded(0, keys("old"), now());
    let (missed, ()) = tokio::join!(cache.find(has("x")), async {
        cache.asked().await;
        cache.failed(cache.newest_ticket(), "down".to_owned(), now());
    });
    assert_eq!(missed.unwrap_err(), Miss::Failed);
    assert!(cache.find(has("old")).await.is_ok());
    assert_eq!(cache.history().failing, Some((now(), "down".to_owned())));
    cache.succeeded(cache.newest_ticket(), keys("new"), now());
    assert_eq!(cache.history().failing, None);
    assert_eq!((cache.history().succeeded, cache.history().failed), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a31_waiting_is_bounded_in_number_and_time() {
    let cache = Cache::new(None);
    let many = (0..MAX_WAITERS + 10).map(|_| cache.find(has("x"))).map(Box::pin);
    let mut many: Vec<_> = many.collect();
    let started = Instant::now();
    let mut misses = Vec::new();
    for find in &mut many {
        // Polled once each, so that all are under way together.
        if let std::task::Poll::Ready(miss) = futures_poll(find.as_mut()).await {
            misses.push(miss.unwrap_err());
        }
    }
    assert_eq!(misses, vec![Miss::Crowded; 10]);
    assert_eq!(many.swap_remove(0).await.unwrap_err(), Miss::Slow);
    assert_eq!(started.elapsed(), MAX_WAIT);
}

async fn futures_poll<F: Future + Unpin>(mut future: F) -> std::task::Poll<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut future).poll(context))
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn one_ticket_in_thirty_seconds() {
    let cache = Cache::new(None);
    assert_eq!((cache.draw_ticket(), cache.draw_ticket()), (Some(1), None));
    tokio::time::advance(ON_DEMAND_INTERVAL - Duration::from_millis(1)).await;
    assert_eq!(cache.draw_ticket(), None);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!((cache.draw_ticket(), cache.draw_ticket()), (Some(2), None));
}
