//! Several replicas on one database, and connections that break at the worst time.

use std::{sync::Arc, time::Duration};

use domain::{
    id::{Lane, Seq},
    payment::{Payment, Verdict},
};
use engine::ports::{Batch, BatchKeys, Store, StoreError};
use mysql_async::prelude::Queryable;
use store::{MariadbOptions, MariadbStore, testing::ScratchDatabase};
use testkit::{
    FixedClock,
    proxy::{Cut, Proxy},
    store_suite::{OpenBatch, Scribe},
};

use super::support;

const LANE: Lane = Lane(0);

fn scribe(store: MariadbStore) -> Scribe {
    Scribe { store: Arc::new(store), clock: Arc::new(FixedClock::default()) }
}

/// Opens a batch with one new payment in it.
pub(super) async fn with_payment(scribe: &Scribe, amount: i64) -> (OpenBatch, Payment) {
    let merchant = "M1".parse().unwrap();
    let mut open = scribe.open(&merchant, BatchKeys::default()).await;
    let id = open.next_payment_id(scribe.store.lane_count());
    let birth = domain::payment::Birth { id, ..scribe.birth("M1", amount) };
    let (payment, events) = Payment::authorize(birth, Verdict::Approved, open.now());
    let payment = open.write(payment, &events, true);
    (open, payment)
}

/// One of the replicas that race.
async fn race(database: &ScratchDatabase, instance: u128, payments: i64) {
    let scribe = scribe(support::open_as(database, instance).await);
    for amount in 1..=payments {
        let (open, _) = with_payment(&scribe, amount).await;
        open.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_race_for_a_lane_leave_no_gap_and_lose_nothing() {
    let database = support::migrated(1).await;
    tokio::join!(race(&database, 11, 30), race(&database, 12, 30), race(&database, 13, 30));
    let store = support::open(&database).await;
    let mut snapshot = store.snapshot().await.unwrap();
    let events = snapshot.outbox_range(LANE, Seq::START, 1000).await.unwrap();
    let places: Vec<u64> = events.iter().map(|event| event.id.seq.0).collect();
    assert_eq!(places, (1..=90).collect::<Vec<u64>>());
    assert_eq!(snapshot.payment_range(None, 1000).await.unwrap().len(), 90);
    let lane = snapshot.lane_list().await.unwrap().remove(0).state;
    assert_eq!((lane.batch, lane.last_seq, lane.payment_counter), (90, Seq(90), 90));
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_on_different_lanes_do_not_wait_for_each_other() {
    let database = support::migrated(16).await;
    let (one, two) = (support::open_as(&database, 1).await, support::open_as(&database, 2).await);
    let keys = BatchKeys::default();
    let first = one.batch_open(&[Lane(3), Lane(1)], &BatchKeys::default()).await.unwrap();
    let second =
        tokio::time::timeout(Duration::from_secs(1), two.batch_open(&[Lane(2), Lane(0), Lane(15)], &keys));
    assert!(second.await.is_ok_and(|opened| opened.is_ok()));
    drop(first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_stays_locked_is_busy_not_lost() {
    let database = support::migrated(1).await;
    let (one, two) = (support::open_as(&database, 1).await, support::open_as(&database, 2).await);
    let held = one.batch_open(&[LANE], &BatchKeys::default()).await.unwrap();
    let refused = two.batch_open(&[LANE], &BatchKeys::default()).await.map(drop);
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    drop(held);
    assert!(two.batch_open(&[LANE], &BatchKeys::default()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_stops_frees_its_lane_within_five_seconds() {
    let database = support::migrated(1).await;
    let (one, two) = (support::open_as(&database, 1).await, support::open_as(&database, 2).await);
    let stopped = with_payment(&scribe(one), 5).await.0;
    let two = scribe(two);
    let opened = testkit::wait::wait_for("the lane is free", Duration::from_secs(9), async || {
        two.store.batch_open(&[LANE], &BatchKeys::default()).await.ok()
    });
    drop(opened.await);
    // Whoever held it finds that out, and has written nothing.
    let late = stopped.commit().await;
    assert!(matches!(late, Err(StoreError::Unavailable { .. })), "{late:?}");
    assert_eq!(two.snapshot().await.payment_range(None, 10).await.unwrap(), []);
}

/// A store behind a proxy, and the proxy.
async fn behind_proxy(database: &ScratchDatabase) -> (Scribe, Proxy) {
    let proxy = Proxy::to(&database.options.host, database.options.port).await;
    let options = MariadbOptions { host: "127.0.0.1".into(), port: proxy.port(), ..database.options.clone() };
    (scribe(MariadbStore::open(&options).await.unwrap()), proxy)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_found_committed() {
    let database = support::migrated(1).await;
    let (scribe, proxy) = behind_proxy(&database).await;
    let (open, payment) = with_payment(&scribe, 5).await;
    proxy.cut(Cut::AnswerTo("COMMIT"));
    open.commit().await.unwrap();
    assert_eq!(proxy.cuts(), 1, "the connection was cut");
    assert_eq!(scribe.payment(payment.id).await, Some(payment));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_never_arrived_is_found_not_committed() {
    let database = support::migrated(1).await;
    let (scribe, proxy) = behind_proxy(&database).await;
    let (open, payment) = with_payment(&scribe, 5).await;
    proxy.cut(Cut::Question("COMMIT"));
    let lost = open.commit().await;
    assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
    assert_eq!(proxy.cuts(), 1, "the connection was cut");
    assert_eq!(scribe.payment(payment.id).await, None);
    // Run again, it gets the same number and place.
    let (open, again) = with_payment(&scribe, 5).await;
    open.commit().await.unwrap();
    assert_eq!((again.id, again.last_event), (payment.id, payment.last_event));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_found_whatever_others_have_committed_since() {
    let database = support::migrated(1).await;
    let (scribe, proxy) = behind_proxy(&database).await;
    let (open, payment) = with_payment(&scribe, 5).await;
    // Nobody can be asked until the other replica is done.
    proxy.cut(Cut::AnswerTo("COMMIT"));
    proxy.refuse(true);
    let (committed, ()) = tokio::join!(open.commit(), async {
        testkit::wait::wait_until("the connection is cut", Duration::from_secs(5), async || proxy.cuts() > 0)
            .await;
        race(&database, 77, 3).await;
        proxy.refuse(false);
    });
    committed.unwrap();
    assert_eq!(scribe.payment(payment.id).await, Some(payment));
    let lane = scribe.snapshot().await.lane_list().await.unwrap().remove(0).state;
    assert_eq!(lane.batch, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_cannot_be_asked_for_is_unknown() {
    let database = support::migrated(1).await;
    let proxy = Proxy::to(&database.options.host, database.options.port).await;
    let options = MariadbOptions {
        host: "127.0.0.1".into(),
        port: proxy.port(),
        fate_timeout: Duration::from_millis(300),
        ..database.options.clone()
    };
    let scribe = scribe(MariadbStore::open(&options).await.unwrap());
    let (open, payment) = with_payment(&scribe, 5).await;
    proxy.cut(Cut::AnswerTo("COMMIT"));
    proxy.refuse(true);
    let unknown = open.commit().await;
    assert!(matches!(unknown, Err(StoreError::UnknownOutcome { .. })), "{unknown:?}");
    proxy.refuse(false);
    // The store goes on by itself, and nothing was lost.
    testkit::wait::wait_until("the database is back", Duration::from_secs(5), async || {
        scribe.store.snapshot().await.is_ok()
    })
    .await;
    assert_eq!(scribe.payment(payment.id).await, Some(payment));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_were_killed_are_replaced_unnoticed() {
    let database = support::migrated(1).await;
    let scribe = scribe(support::open(&database).await);
    for amount in 1..=3 {
        let (open, payment) = with_payment(&scribe, amount).await;
        open.commit().await.unwrap();
        assert_eq!(scribe.payment(payment.id).await, Some(payment));
        support::kill_all_connections(&database).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_batch_does_not_keep_its_lane() {
    let database = support::migrated(1).await;
    let store = support::open(&database).await;
    for _ in 0..20 {
        let batch: Box<dyn Batch> = store.batch_open(&[LANE], &BatchKeys::default()).await.unwrap();
        drop(batch);
    }
    let other = support::open_as(&database, 9).await;
    let keys = BatchKeys::default();
    let opened = tokio::time::timeout(Duration::from_secs(1), other.batch_open(&[LANE], &keys));
    assert!(opened.await.is_ok_and(|opened| opened.is_ok()));
}

#[tokio::test]
async fn rows_that_only_grow_are_refused_any_change() {
    let database = support::migrated(1).await;
    let scribe = scribe(support::open(&database).await);
    scribe.authorize(scribe.birth("M1", 5)).await;
    scribe.post_all().await;
    for sql in [
        "UPDATE journal_entry SET payment = 1",
        "DELETE FROM journal_entry",
        "UPDATE ledger_entry SET amount = 1",
        "DELETE FROM ledger_entry",
    ] {
        let refused = tokio::spawn({
            let options = database.options.clone();
            async move {
                let opts = mysql_async::OptsBuilder::default()
                    .ip_or_hostname(options.host.as_str())
                    .tcp_port(options.port)
                    .user(Some(options.user.as_str()))
                    .prefer_socket(false)
                    .db_name(Some(options.database.as_str()));
                mysql_async::Conn::new(opts).await.unwrap().query_drop(sql).await
            }
        });
        assert!(refused.await.unwrap().is_err(), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_connections_are_few_payments_get_them_and_not_what_is_idle() {
    let database = support::migrated(1).await;
    let (name, user) = (&database.options.database, format!("few_{}", std::process::id()));
    let grant = format!(
        "CREATE OR REPLACE USER {user}@'%' WITH MAX_USER_CONNECTIONS 3; GRANT ALL ON `{name}`.* TO {user}@'%'"
    );
    database.run(&grant).await;
    let options = MariadbOptions { user: user.clone(), ..database.options.clone() };
    let store = MariadbStore::open(&options).await.unwrap();
    // The connection that looked at the database first ends by and by.
    let views = testkit::wait::wait_for("all connections can be had", Duration::from_secs(5), async || {
        let views = tokio::join!(store.snapshot(), store.snapshot(), store.snapshot());
        Some([views.0.ok()?, views.1.ok()?, views.2.ok()?])
    })
    .await;
    let busy = store.batch_open(&[LANE], &BatchKeys::default()).await.map(drop);
    assert!(matches!(busy, Err(StoreError::Unavailable { .. })), "all are at work: {busy:?}");
    drop(views);
    let scribe = scribe(store);
    for amount in 1..=3 {
        scribe.authorize(scribe.birth("M1", amount)).await;
    }
    database.run(&format!("DROP USER {user}@'%'")).await;
}
