//! What is no longer needed goes, and nothing else.

use domain::time::Timestamp;
use engine::{pipeline::retention::prune, ports::Clock as _, settings::EngineSettings};

use crate::app::{App, Options, authorize};

const DAY_SECONDS: u32 = 24 * 3600;

fn one_day() -> Options {
    let settings = EngineSettings {
        limits: None,
        outbox_retention_seconds: DAY_SECONDS,
        idempotency_seconds: 2 * DAY_SECONDS,
        ..EngineSettings::default()
    };
    Options { settings, ..Options::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_handled_events_go_and_the_ledger_stays() {
    let app = App::with(one_day()).await;
    for _ in 0..300 {
        app.captured(100).await;
    }
    app.drain().await;
    assert_eq!(prune(&app.context).await.unwrap(), (0, 0), "nothing is old enough");
    app.clock.advance_seconds(DAY_SECONDS + 1);
    let young = app.authorized(100).await;
    app.drain().await;
    assert_eq!(prune(&app.context).await.unwrap().0, 600);
    assert_eq!(prune(&app.context).await.unwrap().0, 0);
    assert_eq!(app.entries_posted().await, 601);
    assert_eq!(app.capture(young, None, None).await.status, 200, "the chain goes on where it was cut");
    app.drain().await;
    assert_eq!(app.entries_posted().await, 602);
    assert!(app.dead_letters().await.is_empty());
    let mut snapshot = app.context.store.snapshot().await.unwrap();
    let lane = snapshot.lane_list().await.unwrap().remove(0);
    let rest = snapshot.outbox_range(lane.state.lane, lane.pruned_to, 10).await.unwrap();
    let head = rest.iter().fold(lane.pruned_head, |head, event| engine::digest::chain(&head, &event.body));
    assert_eq!(head, lane.state.chain_head);
    drop(snapshot);
    app.finish_pruned().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_worker_has_not_handled_stays_however_old() {
    let mut app = App::with(one_day()).await;
    app.stop_worker();
    app.captured(100).await;
    app.clock.advance_seconds(10 * DAY_SECONDS);
    assert_eq!(prune(&app.context).await.unwrap().0, 0);
    app.start_worker();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_for_its_time_and_then_its_key_is_free() {
    let app = App::with(one_day()).await;
    app.authorize(authorize(100, "k")).await;
    app.clock.advance_seconds(2 * DAY_SECONDS - 1);
    assert_eq!(prune(&app.context).await.unwrap().1, 0);
    app.clock.advance_seconds(2);
    assert_eq!(prune(&app.context).await.unwrap().1, 0, "nothing has been written so late");
    app.authorize(authorize(100, "later")).await;
    assert_eq!(prune(&app.context).await.unwrap().1, 1);
    app.finish_pruned().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_forward_frees_no_key() {
    let app = App::with(one_day()).await;
    let first = app.authorize(authorize(100, "k")).await;
    let right = app.clock.now();
    app.clock.set_wall(Timestamp::from_unix_ms(right.unix_ms() + 16 * i64::from(DAY_SECONDS) * 1000));
    assert_eq!(prune(&app.context).await.unwrap(), (0, 0));
    app.clock.set_wall(right);
    let again = app.authorize(authorize(100, "k")).await;
    assert_eq!((again.replayed, &again.body), (true, &first.body));
    app.finish().await;
}
