//! Rate limits never stand between a caller and the answer to its key.

use std::sync::Arc;

use cache::{MemoryCache, MemoryCacheSettings};
use engine::{
    payments::Payments,
    ports::Limit,
    settings::{EngineSettings, Limits},
};

use crate::app::{App, Options, authorize};

fn two_a_minute() -> Options {
    let two = Limit { capacity: 2, window_seconds: 60 };
    let limits = Limits { authorize: two, capture: two, refund: two };
    let settings = EngineSettings { limits: Some(limits), ..EngineSettings::default() };
    Options { settings, ..Options::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_capacity_passes_and_a_replay_costs_nothing() {
    let app = App::with(two_a_minute()).await;
    let first = app.authorize(authorize(100, "a")).await;
    for _ in 0..5 {
        assert!(app.authorize(authorize(100, "a")).await.replayed);
    }
    assert_eq!(app.authorize(authorize(100, "b")).await.status, 200);
    assert_eq!(app.authorize(authorize(100, "c")).await.status, 429);
    let replay = app.authorize(authorize(100, "a")).await;
    assert_eq!(
        (replay.status, &replay.body),
        (200, &first.body),
        "beyond the limit a key still gets its answer"
    );
    assert_eq!(app.payments_stored().await, 2);
    app.clock.advance_seconds(60);
    assert_eq!(app.authorize(authorize(100, "c")).await.status, 200, "a new window has opened");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_turns_out_to_be_a_replay_says_that_it_cost_nothing() {
    let app = App::with(two_a_minute()).await;
    app.authorize(authorize(100, "a")).await;
    // A process beside this one, whose cache holds no copy: only the committer finds the answer.
    let cache = MemoryCache::new(MemoryCacheSettings::default(), app.clock.clone());
    let beside = Payments::new(app.context.clone(), Arc::new(cache), app.queue.clone());
    let replay = beside.authorize(authorize(100, "a")).await;
    assert_eq!((replay.replayed, replay.limit.map(|limit| limit.remaining)), (true, Some(2)));
    let fresh = beside.authorize(authorize(100, "b")).await;
    assert_eq!((fresh.replayed, fresh.limit.map(|limit| limit.remaining)), (false, Some(1)));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_calls_with_one_key_all_get_its_answer_whatever_the_limit() {
    let app = App::with(two_a_minute()).await;
    let answers =
        futures_util::future::join_all((0..30).map(|_| app.authorize(authorize(100, "same")))).await;
    assert!(
        answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body),
        "{answers:?}"
    );
    assert_eq!(app.payments_stored().await, 1);
    app.finish().await;
}
