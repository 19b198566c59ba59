//! More than one relay, more than one worker.

use std::sync::Arc;

use broker::{KafkaBroker, KafkaSettings, testing};
use domain::{event::Topic, id::Seq};
use engine::{
    commit::Context,
    pipeline::{relay::Relay, worker::Worker},
    ports::InstanceId,
};
use testkit::{faults::Holder, wait::wait_until};
use tokio_util::sync::CancellationToken;

use super::{PATIENCE, app_on, drain, kafka};
use crate::app::{App, on_a_thread_of_its_own};

fn another(app: &App) -> Context {
    Context { instance: InstanceId(99), ..app.context.clone() }
}

async fn relay_owner(app: &App) -> Option<InstanceId> {
    app.context.store.snapshot().await.unwrap().relay_list().await.unwrap().first()?.owner
}

async fn published_to(app: &App, seq: u64) {
    let published = async || {
        let relays = app.context.store.snapshot().await.unwrap().relay_list().await.unwrap();
        relays[0].seq == Seq(seq)
    };
    wait_until("the relay publishes everything", PATIENCE, published).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_silent_beyond_its_lease_is_replaced_and_moves_nothing_afterwards() {
    let settings = kafka();
    let (mut app, faults) = app_on(&settings).await;
    app.authorized(1).await;
    drain(&app).await;
    assert_eq!(relay_owner(&app).await, Some(app.context.instance));

    // The relay has read the event and is about to publish it when it freezes.
    app.stop_worker();
    faults.freeze(Holder::Relay(1));
    app.authorized(2).await;
    faults.frozen().await;
    // Whatever it has read might not be on the disk yet: nothing goes out before a commit has said so.
    assert_eq!(testing::read_all(&settings, Topic::Authorized.as_str()).await.len(), 1);
    app.clock.advance_seconds(11);
    let stop = CancellationToken::new();
    let broker = Arc::new(KafkaBroker::new(settings.clone()).unwrap());
    let second = on_a_thread_of_its_own(Relay::new(another(&app), broker).run(stop.clone()));
    let replaced = async || relay_owner(&app).await == Some(InstanceId(99));
    wait_until("another takes the lane", PATIENCE, replaced).await;
    app.authorized(3).await;
    published_to(&app, 3).await;
    faults.thaw();
    app.authorized(4).await;
    published_to(&app, 4).await;
    assert!(replaced().await, "whoever was replaced stays replaced");
    app.start_worker();
    drain(&app).await;
    app.stop_relay();
    stop.cancel();
    second.join().unwrap();
    assert_eq!(relay_owner(&app).await, None, "a relay that ends gives its lanes up");
    assert_eq!(app.entries_posted().await, 4);
    app.start_relay();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_silent_beyond_its_session_posts_nothing_afterwards() {
    let settings = kafka();
    let (app, faults) = app_on(&settings).await;
    app.authorized(1).await;
    drain(&app).await;

    // The first worker has read the event and is about to post it when it freezes.
    faults.freeze(Holder::Worker(1));
    app.authorized(2).await;
    faults.frozen().await;
    // Of another group, it gets the partitions at once, as the next worker does when the group has given the first one up.
    let elsewhere = KafkaSettings { group: format!("{}-second", settings.group), ..settings.clone() };
    let stop = CancellationToken::new();
    let worker = Worker::new(another(&app), Arc::new(KafkaBroker::new(elsewhere).unwrap()));
    let second = on_a_thread_of_its_own(worker.run(stop.clone()));
    drain(&app).await;
    assert_eq!(app.entries_posted().await, 2);
    faults.thaw();
    app.authorized(3).await;
    drain(&app).await;
    assert_eq!(app.entries_posted().await, 3);
    assert!(app.dead_letters().await.is_empty());
    stop.cancel();
    second.join().unwrap();
    app.authorized(4).await;
    drain(&app).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_the_work_and_a_new_one_takes_over_from_one_that_ended() {
    let settings = kafka();
    let (mut app, _) = app_on(&settings).await;
    app.captured(1).await;
    drain(&app).await;
    let stop = CancellationToken::new();
    let worker = Worker::new(another(&app), Arc::new(KafkaBroker::new(settings.clone()).unwrap()));
    let second = on_a_thread_of_its_own(worker.run(stop.clone()));
    let shared = async || {
        let partitions = app.context.store.snapshot().await.unwrap().partition_list().await.unwrap();
        let owned = |owner| partitions.iter().any(|row| row.owner == owner);
        owned(InstanceId(99)) && owned(app.context.instance)
    };
    wait_until("both own partitions", PATIENCE, shared).await;
    app.captured(2).await;
    drain(&app).await;
    app.stop_worker();
    app.captured(3).await;
    drain(&app).await;
    assert_eq!(app.entries_posted().await, 6);
    let group = testing::GroupWatch::begin(&settings).await;
    assert_eq!(group.members().await, 1);
    stop.cancel();
    second.join().unwrap();
    assert_eq!(group.members().await, 0, "a worker that has ended has left");
    app.start_worker();
    app.finish().await;
}
