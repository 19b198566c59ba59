//! A database of its own for each test, dropped at its end, and replicas on it.

use std::sync::Arc;

use engine::ports::InstanceId;
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
    let database = migrated(lanes).await;
    let clock = Arc::new(FixedClock::default());
    let store = open(&database).await.with_clock(Arc::clone(&clock) as _);
    StoreUnderTest { store: Arc::new(store), clock, keep: Box::new(database) }
}
