//! What is promised of the embedded log only.

use std::time::Duration;

use broker::EmbeddedBroker;
use domain::{event::Topic, id::Seq};
use engine::ports::{
    Broker, Consumer, Delivery, OutboxCut, PartitionProgress, Polled, PostingChanges, PostingScope,
};
use tokio::time::timeout;

use crate::log::{LANE, Log, log, log_with};

/// Longer than any test runs.
const FOREVER: Duration = Duration::from_secs(3600);

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_partition_is_a_lane_and_an_offset_a_place() {
    let log = log().await;
    assert!(!log.broker.needs_relay());
    log.commit(&[Topic::Authorized, Topic::Captured]).await;
    let polled = poll(&mut start(&log.broker, &[]).await, 10).await;
    let places: Vec<_> = polled.records.iter().map(|record| (record.partition, record.offset)).collect();
    assert_eq!(places, [(0, 1), (0, 2)]);
    let named: Vec<_> = polled.records.iter().map(|record| record.place.unwrap()).collect();
    assert!(named.iter().all(|place| place.lane == LANE));
    assert_eq!(named.iter().map(|place| place.seq).collect::<Vec<_>>(), [Seq(1), Seq(2)]);
}

#[tokio::test]
async fn a_quiet_topic_moves_along_so_that_a_restart_reads_nothing_again() {
    let log = log().await;
    log.commit(&[Topic::Authorized; 5]).await;
    let polled = poll(&mut start(&log.broker, &[]).await, 10).await;
    assert_eq!(polled.progress.len(), Topic::ALL.len());
    assert!(polled.progress.iter().all(|progress| (progress.partition, progress.next_offset) == (0, 6)));
}

#[tokio::test]
async fn a_commit_wakes_a_waiting_poll_at_once() {
    let log = log_with(FOREVER);
    let mut consumer = start(&log.broker, &[]).await;
    let (polled, _) = tokio::join!(poll(&mut consumer, 10), log.commit(&[Topic::Authorized]));
    assert_eq!(polled.records.len(), 1);
}

#[tokio::test]
async fn a_commit_between_two_polls_is_not_slept_through() {
    let log = log_with(FOREVER);
    let mut consumer = start(&log.broker, &[]).await;
    for _ in 0..3 {
        log.commit(&[Topic::Authorized]).await;
        assert_eq!(poll(&mut consumer, 10).await.records.len(), 1);
    }
}

#[tokio::test]
async fn without_a_committer_in_this_process_the_interval_is_enough() {
    let log = log_with(FOREVER);
    let mut consumer = start(&log.unannounced(), &[]).await;
    assert_eq!(poll(&mut consumer, 10).await, Delivery::default());
    log.commit(&[Topic::Authorized]).await;
    assert_eq!(poll(&mut consumer, 10).await.records.len(), 1);
}

#[tokio::test]
async fn what_was_pruned_is_passed_over() {
    let log = log().await;
    log.commit(&[Topic::Authorized; 6]).await;
    prune(&log, 4).await;
    for resume in [vec![], at(3), at(5)] {
        let mut consumer = start(&log.broker, &resume).await;
        let polled = poll(&mut consumer, 10).await;
        assert_eq!(
            polled.records.iter().map(|record| record.offset).collect::<Vec<_>>(),
            [5, 6],
            "{resume:?}"
        );
    }
}

#[tokio::test]
async fn a_log_pruned_to_its_end_goes_on_with_the_next_event() {
    let log = log().await;
    log.commit(&[Topic::Authorized; 3]).await;
    prune(&log, 3).await;
    let mut consumer = start(&log.broker, &[]).await;
    assert_eq!(poll(&mut consumer, 10).await.records, []);
    log.commit(&[Topic::Captured]).await;
    assert_eq!(poll(&mut consumer, 10).await.records[0].offset, 4);
}

#[tokio::test]
async fn a_place_the_lane_has_not_reached_is_not_believed() {
    let log = log().await;
    log.commit(&[Topic::Authorized; 3]).await;
    let mut caught_up = start(&log.broker, &at(4)).await;
    assert_eq!(poll(&mut caught_up, 10).await.records, []);
    let mut beyond = start(&log.broker, &at(5)).await;
    assert_eq!(poll(&mut beyond, 10).await.records.len(), 3, "read from the beginning instead");
}

#[tokio::test]
async fn a_store_that_is_away_is_an_error_and_nothing_is_passed_by() {
    let log = log().await;
    log.commit(&[Topic::Authorized; 3]).await;
    let mut consumer = start(&log.broker, &[]).await;
    assert_eq!(poll(&mut consumer, 1).await.records.len(), 1);
    log.faults.set_away(true);
    assert!(consumer.poll(10).await.is_err());
    assert!(consumer.start(&[]).await.is_err());
    assert!(log.broker.consume().await.unwrap().poll(10).await.is_err());
    log.faults.mend();
    assert_eq!(poll(&mut consumer, 10).await.records.len(), 2);
}

#[tokio::test]
async fn a_poll_that_is_given_up_passes_nothing_by() {
    let log = log_with(FOREVER);
    let mut consumer = start(&log.broker, &[]).await;
    assert!(timeout(Duration::from_millis(1), consumer.poll(10)).await.is_err());
    log.commit(&[Topic::Authorized]).await;
    assert_eq!(poll(&mut consumer, 10).await.records.len(), 1);
}

/// A consumer that was told where to start.
async fn start(broker: &EmbeddedBroker, resume: &[PartitionProgress]) -> Box<dyn Consumer> {
    let mut consumer = broker.consume().await.unwrap();
    let all = Topic::ALL.map(|topic| (topic, 0)).to_vec();
    assert_eq!(consumer.poll(10).await.unwrap(), Polled::Assigned(all));
    consumer.start(resume).await.unwrap();
    consumer
}

async fn poll(consumer: &mut Box<dyn Consumer>, max: usize) -> Delivery {
    match timeout(PATIENCE, consumer.poll(max)).await.expect("a poll comes back").unwrap() {
        Polled::Delivered(delivery) => delivery,
        Polled::Assigned(partitions) => panic!("assigned once more: {partitions:?}"),
    }
}

/// Every topic at this place.
fn at(next_offset: i64) -> Vec<PartitionProgress> {
    let topics = Topic::ALL.into_iter();
    topics.map(|topic| PartitionProgress { topic, partition: 0, next_offset }).collect()
}

/// Lets the worker handle the whole lane, and retention delete it up to `to`.
async fn prune(log: &Log, to: u64) {
    let lanes = log.store().snapshot().await.unwrap().lane_list().await.unwrap();
    let last = lanes[0].state.last_seq;
    let posting = log.store().posting_open(&PostingScope::default()).await.unwrap();
    let positions = Topic::ALL.into_iter().map(|topic| (LANE, topic, last)).collect();
    posting.commit(&PostingChanges { positions, ..PostingChanges::default() }).await.unwrap();
    let cut = OutboxCut { lane: LANE, from: Seq::START, to: Seq(to), head: [1; 32], relayed: false };
    log.store().outbox_prune(&cut).await.unwrap();
}
