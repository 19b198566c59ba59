//! A broker that has lost what it acknowledged.

use broker::testing;
use domain::{
    event::Topic,
    id::{Lane, Seq},
    operator::Role,
};
use engine::ports::{AuditEntry, Clock};
use testkit::wait::wait_until;

use super::{PATIENCE, app_on, drain, drain_while_time_passes, kafka};
use crate::app::App;

/// Waits until the relay has published everything. Time passes: a rewind is seen when the lease is renewed.
async fn published(app: &App) {
    let all_published = async || {
        app.clock.advance_ms(100);
        let mut snapshot = app.context.store.snapshot().await.unwrap();
        let last = snapshot.lane_list().await.unwrap()[0].state.last_seq;
        snapshot.relay_list().await.unwrap().first().is_some_and(|relay| relay.seq == last)
    };
    wait_until("the relay publishes everything", PATIENCE, all_published).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_lost_before_a_later_one_are_published_again_by_themselves() {
    let settings = kafka();
    let (mut app, _) = app_on(&settings).await;
    app.authorized(1).await;
    drain(&app).await;
    app.stop_worker();
    for amount in 2..10 {
        app.authorized(amount).await;
    }
    published(&app).await;
    testing::truncate(&settings, Topic::Authorized.as_str()).await;
    app.authorized(10).await;
    published(&app).await;
    app.start_worker();
    drain_while_time_passes(&app).await;
    assert_eq!(app.entries_posted().await, 10);
    assert!(app.dead_letters().await.is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lost_last_event_of_a_quiet_topic_is_published_again_by_itself() {
    let settings = kafka();
    let (mut app, _) = app_on(&settings).await;
    let payment = app.authorized(100).await;
    drain(&app).await;
    app.stop_worker();
    assert_eq!(app.void(payment).await.status, 200);
    published(&app).await;
    testing::truncate(&settings, Topic::Voided.as_str()).await;
    app.start_worker();
    drain_while_time_passes(&app).await;
    assert_eq!(app.entries_posted().await, 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_may_have_a_lane_published_again_and_nothing_is_posted_twice() {
    let settings = kafka();
    let (app, _) = app_on(&settings).await;
    for amount in 1..=5 {
        app.authorized(amount).await;
    }
    drain(&app).await;
    testing::truncate(&settings, Topic::Authorized.as_str()).await;
    let audit = AuditEntry {
        actor: "test".into(),
        role: Some(Role::Operator),
        action: "outbox.rewind".into(),
        object: "lane/0".into(),
        reason: Some("the topic was lost".into()),
        outcome: Some("done".into()),
        request_id: "req".into(),
        at: app.clock.now(),
    };
    assert_eq!(app.context.store.relay_rewind(Lane(0), Seq(2), &audit).await.unwrap(), Some(Seq(2)));
    let again = async || {
        app.clock.advance_seconds(1);
        testing::read_all(&settings, Topic::Authorized.as_str()).await.len() >= 3
    };
    wait_until("the topic holds them again", PATIENCE, again).await;
    app.authorized(6).await;
    drain(&app).await;
    assert_eq!(app.entries_posted().await, 6);
    app.finish().await;
}
