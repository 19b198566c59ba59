//! A database of its own for each test, dropped at its end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use domain::time::Timestamp;
use engine::ports::InstanceId;
use mysql_async::{Conn, OptsBuilder, prelude::Queryable};
use store::{MariadbOptions, MariadbStore, migrate_mariadb};
use testkit::{FixedClock, services::Shared, store_suite::StoreUnderTest};

/// A database that nobody else meets; dropping it drops it.
pub(crate) struct Database {
    pub(crate) options: MariadbOptions,
}

impl Database {
    /// An empty one on the shared server.
    pub(crate) async fn create() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (host, port) = Shared::Mariadb.host_and_port();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("swelite_test_{}_{number}", std::process::id());
        let options = MariadbOptions {
            instance: InstanceId(u128::from(number) + 1),
            ..MariadbOptions::new(host, port, name)
        };
        let database = Self { options };
        database.server(&format!("CREATE DATABASE `{}`", database.options.database)).await;
        database
    }

    /// The same with all tables.
    pub(crate) async fn migrated(lanes: u16) -> Self {
        let mut database = Self::create().await;
        database.options.lanes = lanes;
        migrate_mariadb(&database.options, Timestamp::from_unix_ms(7)).await.unwrap();
        database
    }

    /// A replica: a store of its own on this database.
    pub(crate) async fn open(&self) -> MariadbStore {
        self.open_as(self.options.instance).await
    }

    /// The same under another name.
    pub(crate) async fn open_as(&self, instance: InstanceId) -> MariadbStore {
        MariadbStore::open(&MariadbOptions { instance, ..self.options.clone() }).await.unwrap()
    }

    /// Runs a statement in the database, as an operator's tool does.
    pub(crate) async fn run(&self, sql: &str) {
        let mut conn = connect(&self.options, Some(&self.options.database)).await;
        conn.query_drop(sql).await.unwrap();
        conn.disconnect().await.unwrap();
    }

    async fn server(&self, sql: &str) {
        let mut conn = connect(&self.options, None).await;
        conn.query_drop(sql).await.unwrap();
        conn.disconnect().await.unwrap();
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let options = self.options.clone();
        let drop_it = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut conn = connect(&options, None).await;
                conn.query_drop(format!("DROP DATABASE `{}`", options.database)).await.unwrap();
                conn.disconnect().await.unwrap();
            });
        };
        // A thread of its own: whoever drops this may be in a runtime.
        let dropped = thread::spawn(drop_it).join();
        assert!(dropped.is_ok() || thread::panicking(), "the database can be dropped");
    }
}

async fn connect(options: &MariadbOptions, database: Option<&str>) -> Conn {
    let opts = OptsBuilder::default()
        .ip_or_hostname(options.host.as_str())
        .tcp_port(options.port)
        .user(Some(options.user.as_str()))
        .prefer_socket(false)
        .db_name(database);
    Conn::new(opts).await.unwrap()
}

/// A store that goes by a clock of the test's.
pub(crate) async fn store(lanes: u16) -> StoreUnderTest {
    let database = Database::migrated(lanes).await;
    let clock = Arc::new(FixedClock::default());
    let store = database.open().await.with_clock(Arc::clone(&clock) as _);
    StoreUnderTest { store: Arc::new(store), clock, keep: Box::new(database) }
}
