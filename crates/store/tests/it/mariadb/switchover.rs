//! A server that goes on answering and takes no writes any more, because another does.

use std::{sync::Arc, time::Duration};

use engine::ports::Store;
use mysql_async::prelude::Queryable;
use store::{MariadbOptions, MariadbStore, migrate_mariadb, testing::ScratchDatabase};
use testkit::{
    FixedClock,
    services::{Life, Mariadb, free_port},
    store_suite::Scribe,
    wait::wait_until,
};

use super::support;

const PATIENCE: Duration = Duration::from_secs(20);

/// The same database on another server, as a replica holds it.
async fn replicated(options: &MariadbOptions, port: u16) -> MariadbOptions {
    let other = MariadbOptions { port, ..options.clone() };
    let mut conn = support::connect_to(options).await;
    let read = format!("SELECT timeline_id FROM `{}`.platform", options.database);
    let timeline: Vec<u8> = conn.query_first(read).await.unwrap().unwrap();
    let mut conn = support::connect_to(&other).await;
    conn.query_drop(format!("CREATE DATABASE `{}`", other.database)).await.unwrap();
    migrate_mariadb(&other, Default::default()).await.unwrap();
    let rename = format!("UPDATE `{}`.platform SET timeline_id = ?", other.database);
    conn.exec_drop(rename, (timeline,)).await.unwrap();
    other
}

/// How many payments a server holds.
async fn payments(options: &MariadbOptions) -> i64 {
    let mut conn = support::connect_to(options).await;
    conn.query_first(format!("SELECT COUNT(*) FROM `{}`.payment", options.database)).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_become_read_only_is_left_for_the_one_that_takes_writes() {
    let folder = tempfile::tempdir().unwrap();
    let start = |name: &str| Mariadb::start(&folder.path().join(name), free_port().unwrap(), Life::Owned);
    let (primary, replica) = (start("primary").unwrap(), start("replica").unwrap());
    let database = ScratchDatabase::migrated("127.0.0.1", primary.port(), 1).await;
    let other = replicated(&database.options, replica.port()).await;
    let name = &database.options.database;
    for options in [&database.options, &other] {
        // Whoever may do everything may write to a read-only server too.
        let mut conn = support::connect_to(options).await;
        let user = format!("CREATE USER swe@'127.0.0.1'; GRANT ALL ON `{name}`.* TO swe@'127.0.0.1'");
        conn.query_drop(user).await.unwrap();
    }
    let both = MariadbOptions {
        host: format!("127.0.0.1:{},127.0.0.1:{}", primary.port(), replica.port()),
        user: "swe".to_owned(),
        // Nobody finds the other server because all connections to this one are busy.
        committers: 1,
        writers: 1,
        ..database.options.clone()
    };
    for (connected, held) in [(true, 1), (false, 2)] {
        let store = Arc::new(MariadbStore::open(&both).await.unwrap());
        let scribe = Scribe { store: Arc::clone(&store) as _, clock: Arc::new(FixedClock::default()) };
        scribe.authorize(scribe.birth("M1", 100)).await;
        if connected {
            // Otherwise the committers alone have a connection to it when it stands down.
            store.partition_count(3).await.unwrap();
        }
        assert_eq!((payments(&database.options).await, payments(&other).await), (held, held - 1));

        let mut conn = support::connect_to(&database.options).await;
        conn.query_drop("SET GLOBAL read_only = ON").await.unwrap();
        let written = async || store.partition_count(3).await.is_ok();
        wait_until("writes go through the other server", PATIENCE, written).await;
        scribe.authorize(scribe.birth("M1", 100)).await;
        assert_eq!((payments(&database.options).await, payments(&other).await), (held, held));
        conn.query_drop("SET GLOBAL read_only = OFF").await.unwrap();
    }
}
