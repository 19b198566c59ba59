//! Making, migrating and opening a database.

use std::sync::Arc;

use domain::time::Timestamp;
use engine::ports::Store;
use store::{MariadbError, MariadbOptions, MariadbStore, Tls, migrate_mariadb};
use testkit::{FixedClock, store_suite::Scribe};

use super::support;

#[tokio::test]
async fn a_database_that_was_never_migrated_is_not_opened() {
    let database = support::empty().await;
    let opened = MariadbStore::open(&database.options).await;
    assert!(matches!(opened.map(drop), Err(MariadbError::Empty { .. })));
}

#[tokio::test]
async fn migrating_makes_a_database_that_is_not_there() {
    let database = support::empty().await;
    database.run(&format!("DROP DATABASE `{}`", database.options.database)).await;
    assert!(matches!(
        MariadbStore::open(&database.options).await.map(drop),
        Err(MariadbError::Connect { .. })
    ));
    migrate_mariadb(&database.options, now()).await.unwrap();
    assert_eq!(support::open(&database).await.lane_count(), database.options.lanes);
}

#[tokio::test]
async fn lanes_are_made_once() {
    let mut database = support::migrated(3).await;
    let timeline = support::open(&database).await.timeline_id();
    database.options.lanes = 9;
    assert_eq!(migrate_mariadb(&database.options, now()).await.unwrap(), 2);
    let store = support::open(&database).await;
    assert_eq!((store.lane_count(), store.timeline_id()), (3, timeline));
    assert_ne!(timeline, [0; 16]);
}

#[tokio::test]
async fn two_migrations_at_once_make_one_database() {
    let database = support::empty().await;
    let (one, two) =
        tokio::join!(migrate_mariadb(&database.options, now()), migrate_mariadb(&database.options, now()));
    assert_eq!((one.unwrap(), two.unwrap()), (2, 2));
    let lanes = support::open(&database).await.snapshot().await.unwrap().lane_list().await.unwrap();
    assert_eq!(lanes.len(), usize::from(database.options.lanes));
}

#[tokio::test]
async fn a_migration_that_was_cut_off_is_taken_up_again() {
    let database = support::migrated(2).await;
    for undone in ["DELETE FROM schema_migration", "DROP TABLE platform", "DROP TABLE worker_position"] {
        database.run(undone).await;
    }
    for table in ["lane", "lane_pruned", "lane_posted", "relay_position"] {
        database.run(&format!("DELETE FROM {table}")).await;
    }
    migrate_mariadb(&database.options, now()).await.unwrap();
    assert_eq!(support::open(&database).await.lane_count(), 2);
}

#[tokio::test]
async fn a_schema_that_is_not_ours_is_refused() {
    let database = support::migrated(1).await;
    database.run("INSERT INTO schema_migration VALUES (99, 'later', REPEAT('x', 32), 0)").await;
    let opened = MariadbStore::open(&database.options).await;
    assert!(matches!(opened.map(drop), Err(MariadbError::Newer { found: 99, .. })));
    let migrated = migrate_mariadb(&database.options, now()).await;
    assert!(matches!(migrated, Err(MariadbError::Newer { .. })));
    database.run("DELETE FROM schema_migration WHERE version = 99").await;
    database.run("UPDATE schema_migration SET checksum = REPEAT('x', 32)").await;
    let opened = MariadbStore::open(&database.options).await;
    assert!(matches!(opened.map(drop), Err(MariadbError::ChangedMigration { version: 1, .. })));
}

#[tokio::test]
async fn nobody_listening_is_said_at_once() {
    let port = testkit::services::free_port().unwrap();
    let options = MariadbOptions::new("127.0.0.1", port, "paydb");
    let opened = MariadbStore::open(&options).await;
    let Err(error @ MariadbError::Connect { .. }) = opened.map(drop) else { panic!("nobody is there") };
    assert_eq!(error.to_string(), format!("cannot use MariaDB at `127.0.0.1:{port}`"));
}

#[tokio::test]
async fn an_authority_that_cannot_be_read_is_named() {
    let tls = Tls::Required { ca_file: Some("/nowhere/ca.pem".into()) };
    let options = MariadbOptions { tls, ..MariadbOptions::new("127.0.0.1", 1, "paydb") };
    let opened = MariadbStore::open(&options).await.map(drop);
    let migrated = migrate_mariadb(&options, now()).await.map(drop);
    for refused in [opened, migrated] {
        let Err(error @ MariadbError::Authority { .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(error.to_string(), "cannot read `/nowhere/ca.pem`, the certificate authority of MariaDB");
    }
}

#[tokio::test]
async fn the_first_host_that_can_serve_is_used() {
    let mut database = support::migrated(1).await;
    let nobody = testkit::services::free_port().unwrap();
    let options = &mut database.options;
    options.host = format!("127.0.0.1:{nobody},{}:{}", options.host, options.port);
    let store = MariadbStore::open(&database.options).await.unwrap();
    for _ in 0..3 {
        assert_eq!(store.snapshot().await.unwrap().lane_list().await.unwrap().len(), 1);
    }
    database.options.host =
        database.options.host.split_once(',').unwrap().1.rsplit_once(':').unwrap().0.into();
}

fn now() -> Timestamp {
    Timestamp::from_unix_ms(7)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_stands_before_the_payments_there_are_is_raised_by_migrating() {
    let database = support::migrated(3).await;
    let scribe =
        Scribe { store: Arc::new(support::open(&database).await), clock: Arc::new(FixedClock::default()) };
    let payment = scribe.authorize(scribe.birth("M1", 7)).await;
    database.run("UPDATE lane SET payment_counter = 0").await;
    migrate_mariadb(&database.options, now()).await.unwrap();
    let next = scribe.authorize(scribe.birth("M1", 8)).await;
    assert!(next.id > payment.id, "no number is given out twice");
    let counters = scribe.snapshot().await.lane_list().await.unwrap();
    let counters: Vec<u64> = counters.iter().map(|lane| lane.state.payment_counter).collect();
    assert_eq!(counters.iter().sum::<u64>(), 2, "of its lane only: {counters:?}");
}
