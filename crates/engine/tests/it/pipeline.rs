//! Events to the ledger: once, whatever stops when.

use domain::{event::Topic, id::Seq};

use crate::app::App;

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_life_is_posted_entry_by_entry() {
    let app = App::start().await;
    let payment = app.captured(10_000).await;
    assert_eq!(app.refund(payment, Some(4_000), None).await.status, 200);
    assert_eq!(app.refund(payment, None, None).await.status, 200);
    let voided = app.authorized(500).await;
    assert_eq!(app.void(voided).await.status, 200);
    app.drain().await;
    assert_eq!(app.entries_posted().await, 6);
    let mut snapshot = app.context.store.snapshot().await.unwrap();
    for balance in snapshot.balance_list().await.unwrap() {
        assert_eq!(balance.debit, balance.credit, "all money went back, all holds are gone: {balance:?}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_worker_only_makes_events_wait() {
    let mut app = App::start().await;
    app.stop_worker();
    for _ in 0..50 {
        app.captured(1_000).await;
    }
    assert_eq!(app.entries_posted().await, 0);
    app.start_worker();
    app.drain().await;
    assert_eq!(app.entries_posted().await, 100);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_everything_again_posts_nothing_twice() {
    let mut app = App::start().await;
    for _ in 0..20 {
        app.captured(1_000).await;
    }
    app.drain().await;
    app.stop_worker();
    let rewound = engine::ports::PostingChanges {
        partitions: Topic::ALL
            .map(|topic| engine::ports::PartitionProgress { topic, partition: 0, next_offset: 0 })
            .to_vec(),
        positions: Topic::ALL.map(|topic| (domain::id::Lane(0), topic, Seq::START)).to_vec(),
        ..engine::ports::PostingChanges::default()
    };
    let batch = app.context.store.posting_open(&engine::ports::PostingScope::default()).await.unwrap();
    batch.commit(&rewound).await.unwrap();
    app.start_worker();
    app.drain().await;
    assert_eq!(app.entries_posted().await, 40);
    assert!(app.dead_letters().await.is_empty(), "an event posted before is a duplicate, not a dead letter");
    app.finish().await;
}
