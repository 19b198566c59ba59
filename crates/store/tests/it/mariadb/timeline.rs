//! A database that goes back in time: what it gives out afterwards, and whoever still lives in the lost time.

use std::sync::Arc;

use domain::{id::Lane, time::Timestamp};
use engine::ports::{Store, StoreError};
use mysql_async::prelude::Queryable;
use store::{MariadbError, MariadbStore, begin_mariadb_timeline, testing::ScratchDatabase};
use testkit::{FixedClock, store_suite::Scribe, wait::wait_until};

use super::support;

const SKIPPED: u64 = 1 << 30;

fn scribe(store: MariadbStore) -> Scribe {
    Scribe { store: Arc::new(store), clock: Arc::new(FixedClock::default()) }
}

/// Begins one as soon as the last connection is gone.
async fn begin(database: &ScratchDatabase) {
    support::kill_all_connections(database).await;
    let now = Timestamp::from_unix_ms(9);
    wait_until("a timeline begins", std::time::Duration::from_secs(10), async || {
        begin_mariadb_timeline(&database.options, Some("a test"), now).await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_and_epochs_begin_beyond_everything_the_lost_time_gave_out() {
    let database = support::migrated(2).await;
    let before = scribe(support::open(&database).await);
    let payment = before.authorize(before.birth("M1", 5)).await;
    let log = engine::ports::LogId("log".into());
    let lease = std::time::Duration::from_secs(60);
    let old = before.store.relay_claim(Lane(0), &log, engine::ports::InstanceId(5), lease).await;
    let old = old.unwrap().unwrap();
    let timeline = before.store.snapshot().await.unwrap().platform().await.unwrap().timeline;
    let secrets = "INSERT INTO operator_secret VALUES (REPEAT('s', 32), 'session', NULL, NULL, 0, 0, 9e15, 9e15), \
                   (REPEAT('t', 32), 'token', NULL, NULL, 0, 0, 9e15, 9e15)";
    database.run(secrets).await;
    begin(&database).await;

    let after = scribe(support::open(&database).await);
    let platform = after.store.snapshot().await.unwrap().platform().await.unwrap();
    assert_ne!(platform.timeline, timeline);
    let count = format!("SELECT COUNT(*) FROM `{}`.operator_secret", database.options.database);
    let good: Option<u64> = support::connect(&database).await.query_first(count).await.unwrap();
    assert_eq!(good, Some(0), "what was ended in the lost time must not be good again");
    for lane in after.store.snapshot().await.unwrap().lane_list().await.unwrap() {
        assert!(lane.state.payment_counter >= SKIPPED, "{lane:?}");
    }
    assert_eq!(after.payment(payment.id).await, Some(payment), "what is there stays");
    let moved = after.store.relay_move(&[(old, old.position)], lease).await.unwrap();
    assert_eq!(moved, [false], "a lease of the lost time moves nothing");
    let new = after.store.relay_claim(Lane(0), &log, engine::ports::InstanceId(6), lease).await;
    assert!(new.unwrap().is_some_and(|new| new.epoch > old.epoch + SKIPPED), "{old:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_timeline_begins_while_a_replica_is_connected() {
    let database = support::migrated(1).await;
    let replica = support::open(&database).await;
    assert!(replica.snapshot().await.is_ok(), "it is at work");
    let refused = begin_mariadb_timeline(&database.options, None, Timestamp::from_unix_ms(9)).await;
    assert!(matches!(refused, Err(MariadbError::InUse { others: 1.., .. })), "{refused:?}");
    assert!(replica.snapshot().await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_slept_through_a_restore_is_refused_until_it_is_started_anew() {
    let database = support::migrated(1).await;
    let sleeper = support::open(&database).await;
    assert!(sleeper.snapshot().await.is_ok(), "it is at work");
    begin(&database).await;
    for _ in 0..2 {
        let refused = sleeper.snapshot().await.map(drop);
        let Err(StoreError::Unavailable { source, .. }) = refused else { panic!("{refused:?}") };
        let said = source.to_string();
        assert!(said.contains("another timeline") || said.contains("a moment ago"), "{said}");
    }
    assert!(support::open(&database).await.snapshot().await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_numbered_anew_after_a_failover() {
    let database = support::migrated(1).await;
    let it = scribe(support::open(&database).await);
    it.authorize(it.birth("M1", 5)).await;
    it.post_all().await;
    // The server that took over had given the same accounts other numbers.
    for changed in [
        "UPDATE account SET id = id + 1000 ORDER BY id DESC",
        "UPDATE ledger_entry SET debit_account = debit_account + 1000, credit_account = credit_account + 1000",
        "UPDATE ledger_by_account SET account = account + 1000",
        "UPDATE account_balance SET account = account + 1000",
    ] {
        database.tamper(changed).await;
    }
    support::kill_all_connections(&database).await;
    it.authorize(it.birth("M1", 7)).await;
    let posted = it.post_all().await;
    let mut snapshot = it.snapshot().await;
    for entry in posted {
        let found = snapshot.journal_find(entry.entry.id).await.unwrap().expect("the entry is there");
        assert_eq!(found.entry, entry.entry);
    }
}
