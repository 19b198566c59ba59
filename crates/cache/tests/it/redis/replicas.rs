//! What several processes see that share one Redis, and what is left in it.

use std::sync::Arc;

use bytes::Bytes;
use cache::RedisCache;
use domain::{id::MerchantId, payment::Operation};
use engine::ports::{Admission, Admitted, Cache, CachedAnswer, IdempotencyScope, Limit, LimitAction};
use testkit::cache_suite::remembered;

use super::server::{client, connected, keys, shared, timeline};

const MINUTE: Limit = Limit { capacity: 100, window_seconds: 60 };

fn merchant(name: &str) -> MerchantId {
    name.parse().unwrap()
}

fn scope(key: &str) -> IdempotencyScope {
    IdempotencyScope { merchant: merchant("M1"), operation: Operation::Authorize, key: key.parse().unwrap() }
}

fn answer() -> CachedAnswer {
    CachedAnswer { fingerprint: [7; 32], status: 200, body: Bytes::from_static(b"{}") }
}

async fn admit(cache: &RedisCache, merchant: &MerchantId, scope: Option<&IdempotencyScope>) -> Admitted {
    let admission = Admission { scope, merchant, action: LimitAction::Authorize, limit: Some(MINUTE) };
    cache.admit(admission).await.expect("the cache is there")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_replicas_count_once_and_exactly() {
    let timeline = timeline();
    let replicas = [connected(&shared(), timeline, 60).await, connected(&shared(), timeline, 60).await];
    let calls: Vec<_> = (0..16)
        .map(|number| {
            let replica = Arc::clone(&replicas[number % 2]);
            tokio::spawn(async move {
                let mut kept = 0;
                for turn in 0..40 {
                    let admitted = admit(&replica, &merchant("M1"), None).await;
                    match admitted.charge {
                        // Every third is given back, and may be used by whoever asks next.
                        Some(charge) if turn % 3 == 0 => replica.give_back(&charge).await.unwrap(),
                        Some(_) => kept += 1,
                        None => assert!(!admitted.limit.unwrap().allowed),
                    }
                }
                kept
            })
        })
        .collect();
    let mut kept = 0;
    for call in calls {
        kept += call.await.unwrap();
    }
    let standing = replicas[0].limit_state(&merchant("M1"), LimitAction::Authorize, MINUTE).await.unwrap();
    assert_eq!((kept, standing.remaining), (100, 0), "what was kept is what is counted, on both");
}

#[tokio::test]
async fn a_replica_finds_the_answer_another_gave_and_charges_nothing() {
    let timeline = timeline();
    let (one, other) = (connected(&shared(), timeline, 60).await, connected(&shared(), timeline, 60).await);
    let charge = admit(&one, &merchant("M1"), Some(&scope("k"))).await.charge.unwrap();
    remembered(one.as_ref(), &scope("k"), answer()).await;
    let found = admit(&other, &merchant("M1"), Some(&scope("k"))).await;
    assert_eq!((found.answer, found.charge), (Some(answer()), None));
    other.give_back(&charge).await.unwrap();
    let standing = one.limit_state(&merchant("M1"), LimitAction::Authorize, MINUTE).await.unwrap();
    assert_eq!(standing.remaining, 100, "a charge is given back wherever it was made");
}

#[tokio::test]
async fn another_timeline_sees_nothing_of_this_one() {
    let (here, there) =
        (connected(&shared(), timeline(), 60).await, connected(&shared(), timeline(), 60).await);
    admit(&here, &merchant("M1"), None).await;
    remembered(here.as_ref(), &scope("k"), answer()).await;
    let found = admit(&there, &merchant("M1"), Some(&scope("k"))).await;
    assert_eq!((found.answer, found.limit.unwrap().remaining), (None, 99));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_key_has_an_end_at_every_moment() {
    let timeline = timeline();
    let cache = connected(&shared(), timeline, 60).await;
    let callers: Vec<_> = (0..8)
        .map(|number| {
            let cache = Arc::clone(&cache);
            tokio::spawn(async move {
                for turn in 0..100 {
                    let merchant = merchant(&format!("M{}", (number + turn) % 5));
                    let charge = admit(&cache, &merchant, Some(&scope(&format!("k{turn}")))).await.charge;
                    if let Some(charge) = charge.filter(|_| turn % 2 == 0) {
                        cache.give_back(&charge).await.unwrap();
                        // Once more, as a confused caller would.
                        cache.give_back(&charge).await.unwrap();
                    }
                    cache.remember(&scope(&format!("k{number}-{turn}")), answer()).await.unwrap();
                }
            })
        })
        .collect();
    let mut client = client(&shared()).await;
    let mut looked = 0;
    while looked == 0 || callers.iter().any(|caller| !caller.is_finished()) {
        for (name, left_ms) in keys(&mut client, timeline).await {
            assert!(left_ms != -1, "{name} has no end");
            assert!(left_ms <= 60_000, "{name} lives longer than it may");
            looked += 1;
        }
    }
    for caller in callers {
        caller.await.unwrap();
    }
    assert!(keys(&mut client, timeline).await.iter().all(|(_, left_ms)| *left_ms != -1));
}

#[tokio::test]
async fn scripts_a_server_has_forgotten_are_sent_again() {
    let cache = connected(&shared(), timeline(), 60).await;
    let mut client = client(&shared()).await;
    redis::cmd("SCRIPT").arg("FLUSH").query_async::<()>(&mut client).await.unwrap();
    let charge = admit(&cache, &merchant("M1"), None).await.charge.unwrap();
    cache.give_back(&charge).await.unwrap();
}
