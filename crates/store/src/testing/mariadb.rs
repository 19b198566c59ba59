//! A database of its own for one test, on a server that others use too.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use domain::time::Timestamp;
use engine::ports::InstanceId;
use mysql_async::{Conn, Error, OptsBuilder, prelude::Queryable};
use tokio::time::sleep;

use crate::{MariadbOptions, migrate_mariadb};

/// The folder of a database cannot be removed yet.
const FOLDER_NOT_EMPTY: u16 = 1010;
/// How often a database is dropped, and how long after each other.
const DROPS_MAX: u32 = 50;
const DROP_PAUSE: Duration = Duration::from_millis(100);

/// A database that nobody else meets; dropping it drops it.
#[derive(Debug)]
pub struct ScratchDatabase {
    /// How to open it, as `root` without a password.
    pub options: MariadbOptions,
}

impl ScratchDatabase {
    /// An empty one.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn create(host: &str, port: u16) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("swelite_test_{}_{number}", std::process::id());
        let instance = InstanceId(u128::from(number) + 1);
        let options = MariadbOptions { instance, ..MariadbOptions::new(host, port, name) };
        run(&options, None, &format!("CREATE DATABASE `{}`", options.database)).await;
        Self { options }
    }

    /// One with all tables.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn migrated(host: &str, port: u16, lanes: u16) -> Self {
        let mut database = Self::create(host, port).await;
        database.options.lanes = lanes;
        let migrated = migrate_mariadb(&database.options, Timestamp::from_unix_ms(7)).await;
        migrated.unwrap_or_else(|error| panic!("{:?}: {error:?}", database.options));
        database
    }

    /// Runs statements in it, as an operator's tool does.
    ///
    /// # Panics
    /// When the server refuses one.
    pub async fn run(&self, sql: &str) {
        run(&self.options, Some(&self.options.database), sql).await;
    }

    /// Damages it: with nothing in the way that keeps rows from being changed.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn tamper(&self, sql: &str) {
        for trigger in super::TRIGGERS {
            self.run(&format!("DROP TRIGGER IF EXISTS {trigger}")).await;
        }
        self.run(sql).await;
    }
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        let options = self.options.clone();
        let drop_it = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a test can have a runtime");
            runtime.block_on(drop_database(&options));
        };
        // A thread of its own: whoever drops this may be in a runtime.
        let dropped = thread::spawn(drop_it).join();
        assert!(dropped.is_ok() || thread::panicking(), "the database can be dropped");
    }
}

/// InnoDB may still hold the files of a table that is dropped while an aborted connection is being cleaned up; then the folder
/// is not empty yet, and the rest goes with the next try.
async fn drop_database(options: &MariadbOptions) {
    let drop_it = format!("DROP DATABASE IF EXISTS `{}`", options.database);
    let mut conn = connect(options, None).await;
    for tries_left in (0..DROPS_MAX).rev() {
        match conn.query_drop(&drop_it).await {
            Err(Error::Server(error)) if error.code == FOLDER_NOT_EMPTY && tries_left > 0 => {
                sleep(DROP_PAUSE).await
            }
            dropped => {
                dropped.unwrap_or_else(|error| panic!("{drop_it}: {error}"));
                break;
            }
        }
    }
    conn.disconnect().await.unwrap_or_else(|error| panic!("{options:?}: {error}"));
}

async fn run(options: &MariadbOptions, database: Option<&str>, sql: &str) {
    let mut conn = connect(options, database).await;
    conn.query_drop(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    conn.disconnect().await.unwrap_or_else(|error| panic!("{options:?}: {error}"));
}

async fn connect(options: &MariadbOptions, database: Option<&str>) -> Conn {
    let opts = OptsBuilder::default()
        .ip_or_hostname(options.host.as_str())
        .tcp_port(options.port)
        .user(Some(options.user.as_str()))
        .prefer_socket(false)
        .db_name(database);
    Conn::new(opts).await.unwrap_or_else(|error| panic!("{options:?}: {error}"))
}
