//! A server whose settings are not those that most servers have: what we rely on, our sessions set themselves.

use std::sync::Arc;

use domain::{
    id::{Lane, Seq},
    payment::{Birth, Metadata},
};
use engine::ports::{BatchKeys, InstanceId, LogId};
use mysql_async::prelude::Queryable;
use store::testing::ScratchDatabase;
use testkit::{
    FixedClock,
    services::{Life, Mariadb, MariadbOptions, free_port},
    store_suite::Scribe,
};

use super::support;

const LEASE: std::time::Duration = std::time::Duration::from_secs(10);

/// What a server may be started with.
fn settings(completion: &str) -> Vec<String> {
    let settings = [
        "autocommit=0",
        "transaction_isolation=SERIALIZABLE",
        "character-set-server=latin1",
        "skip-character-set-client-handshake",
        "default-time-zone=+09:00",
        "sql_mode=ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH",
        "lower_case_table_names=1",
        "innodb_snapshot_isolation=ON",
    ];
    let completion = format!("completion_type={completion}");
    settings.into_iter().map(str::to_owned).chain([completion]).collect()
}

/// What would keep those who make and drop databases here from doing so, or can only be set while it runs.
async fn limit(database: &ScratchDatabase, is_on: bool) {
    let mut conn = support::connect(database).await;
    let (switch, rows) = (u8::from(is_on), if is_on { 1 } else { u64::MAX });
    conn.query_drop(format!(
        "SET GLOBAL sql_safe_updates = {switch}, GLOBAL sql_auto_is_null = {switch}, GLOBAL tx_read_only = {switch}, \
         GLOBAL sql_select_limit = {rows}"
    ))
    .await
    .unwrap();
    conn.disconnect().await.unwrap();
}

async fn scribe(database: &ScratchDatabase) -> Scribe {
    Scribe { store: Arc::new(support::open(database).await), clock: Arc::new(FixedClock::default()) }
}

/// Text of the greatest length, of characters of every length.
fn birth(scribe: &Scribe) -> Birth {
    let description = "결제 😀 é \\'\"`".chars().cycle().take(255).collect::<String>();
    let mut metadata = Metadata::default();
    metadata.insert("메모", "값 '; --").unwrap();
    Birth {
        description: Some(description.parse().unwrap()),
        metadata,
        order: Some("주문-😀".parse().unwrap()),
        ..scribe.birth("M1", 100)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn books_are_kept_on_a_server_that_is_set_otherwise() {
    for completion in ["CHAIN", "RELEASE"] {
        let folder = tempfile::tempdir().unwrap();
        let options = MariadbOptions { settings: settings(completion), ..MariadbOptions::default() };
        let port = free_port().unwrap();
        let mut server = Mariadb::start_with(folder.path(), port, Life::Owned, &options).unwrap();
        let database = ScratchDatabase::migrated("127.0.0.1", server.port(), 3).await;
        limit(&database, true).await;
        let scribe = scribe(&database).await;
        let payment = scribe.authorize(birth(&scribe)).await;
        let other = scribe.authorize(scribe.birth("M2", 200)).await;
        let posted = scribe.post_all().await;
        assert_eq!(posted.len(), 2, "more rows than one are read");
        let log = LogId("log".into());
        let (lane, owner) = (scribe.lane(&payment.merchant), InstanceId(7));
        let held = scribe.store.relay_claim(lane, &log, owner, LEASE).await.unwrap().unwrap();
        let moved = scribe.store.relay_move(&[(held, Seq(1))], LEASE).await.unwrap();
        assert_eq!(moved, [true]);
        scribe.store.relay_release(&held).await.unwrap();
        assert_eq!(scribe.store.partition_count(4).await.unwrap(), 4);

        // What was not committed is lost with the server.
        server.kill().unwrap();
        server.restart().unwrap();
        limit(&database, true).await;
        let scribe = self::scribe(&database).await;
        assert_eq!(scribe.payment(payment.id).await.as_ref(), Some(&payment));
        let mut snapshot = scribe.snapshot().await;
        let found = snapshot.payment_find_many(&[other.id, payment.id]).await.unwrap();
        assert_eq!(found, [Some(other), Some(payment.clone())]);
        for entry in posted {
            assert_eq!(snapshot.journal_find(entry.entry.id).await.unwrap().as_ref(), Some(&entry));
        }
        assert_eq!(snapshot.balance_list().await.unwrap().len(), 4);
        let relay = snapshot.relay_list().await.unwrap().remove(0);
        assert_eq!((relay.lane, relay.seq, relay.owner), (lane, Seq(1), None), "the lease was given up");
        assert_eq!(snapshot.lane_list().await.unwrap().len(), 3);
        drop(snapshot);
        let order = (payment.merchant.clone(), payment.order.clone().unwrap());
        let keys = BatchKeys { orders: vec![order.clone()], ..BatchKeys::default() };
        let holder = scribe.open(&payment.merchant, keys).await.loaded.orders;
        assert_eq!(holder.get(&order), Some(&payment.id));
        let lanes = [Lane(0), Lane(1), Lane(2)];
        assert!(scribe.store.batch_open(&lanes, &BatchKeys::default()).await.is_ok());
        limit(&database, false).await;
    }
}
