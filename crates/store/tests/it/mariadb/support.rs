//! A database of its own for each test, dropped at its end, and replicas on it.

use std::sync::Arc;

use engine::ports::InstanceId;
use mysql_async::prelude::Queryable;
use store::{MariadbOptions, MariadbStore, testing::ScratchDatabase};
use testkit::{FixedClock, services::Shared, store_suite::StoreUnderTest};

/// An empty database on the shared server.
pub(crate) async fn empty() -> ScratchDatabase {
    let (host, port) = Shared::Mariadb.host_and_port();
    ScratchDatabase::create(&host, port).await
}

/// One with all tables.
pub(crate) async fn migrated(lanes: u16) -> ScratchDatabase {
    let (host, port) = Shared::Mariadb.host_and_port();
    ScratchDatabase::migrated(&host, port, lanes).await
}

/// A replica: a store of its own on this database.
pub(crate) async fn open(database: &ScratchDatabase) -> MariadbStore {
    MariadbStore::open(&database.options).await.unwrap()
}

/// The same under another name.
pub(crate) async fn open_as(database: &ScratchDatabase, instance: u128) -> MariadbStore {
    let options = MariadbOptions { instance: InstanceId(instance), ..database.options.clone() };
    MariadbStore::open(&options).await.unwrap()
}

/// A store that goes by a clock of the test's.
pub(crate) async fn store(lanes: u16) -> StoreUnderTest {
    let database = Arc::new(migrated(lanes).await);
    let clock = Arc::new(FixedClock::default());
    let store = open(&database).await.with_clock(Arc::clone(&clock) as _);
    let behind = Arc::clone(&database);
    let tamper = move |sql: String| {
        let database = Arc::clone(&behind);
        Box::pin(async move { database.tamper(&sql).await }) as _
    };
    StoreUnderTest { store: Arc::new(store), clock, tamper: Box::new(tamper), keep: Box::new(database) }
}

/// A connection beside the store's, in no database.
pub(crate) async fn connect(database: &ScratchDatabase) -> mysql_async::Conn {
    connect_to(&database.options).await
}

/// The same by its address.
pub(crate) async fn connect_to(options: &MariadbOptions) -> mysql_async::Conn {
    let opts = mysql_async::OptsBuilder::default()
        .ip_or_hostname(options.host.as_str())
        .tcp_port(options.port)
        .user(Some(options.user.as_str()))
        .prefer_socket(false);
    mysql_async::Conn::new(opts).await.unwrap()
}

/// Cuts every connection to it, as a server that dies does.
pub(crate) async fn kill_all_connections(database: &ScratchDatabase) {
    let mut conn = connect(database).await;
    let options = &database.options;
    let sql = format!("SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '{}'", options.database);
    let ids: Vec<u64> = conn.query(sql).await.unwrap();
    assert!(!ids.is_empty(), "the store has connections");
    for id in ids {
        conn.query_drop(format!("KILL CONNECTION {id}")).await.unwrap();
    }
    conn.disconnect().await.unwrap();
}
