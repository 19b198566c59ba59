//! MariaDB, Kafka and Redis behind the platform: a database, topics and limits of its own, for one test.

use std::{
    path::Path,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use testkit::{process::Launch, services::Shared};

/// How often tables are tried to be made before their database counts as away.
const MIGRATE_TRIES: usize = 20;
/// How `swelite` ends when something cannot be reached.
const UNREACHABLE: i32 = 3;

/// Where the three are, and what in them belongs to this test.
#[derive(Clone, Debug)]
pub(crate) struct RealSet {
    /// `host:port` of MariaDB.
    pub(crate) mariadb: (String, u16),
    /// `host:port` of every broker, with commas between.
    pub(crate) kafka: String,
    /// `host:port` of Redis.
    pub(crate) redis: (String, u16),
    /// The database, and what the names of the topics begin with.
    pub(crate) name: String,
}

impl RealSet {
    /// On the servers that tests share.
    pub(crate) fn shared() -> Self {
        Self {
            mariadb: Shared::Mariadb.host_and_port(),
            kafka: Shared::Kafka.address(),
            redis: Shared::Redis.host_and_port(),
            name: name(),
        }
    }

    /// A replica of the platform on it, its tables made.
    pub(crate) fn migrated(&self, folder: &Path) -> Launch {
        let launch = self.launch(folder);
        // A database that has only just begun, on a busy machine, is given several tries.
        let mut tries = (0..MIGRATE_TRIES).map(|_| launch.run(&["migrate"]));
        let reached = tries.find(|migrated| migrated.status.code() != Some(UNREACHABLE));
        assert!(reached.as_ref().is_some_and(|migrated| migrated.status.success()), "{reached:?}");
        launch
    }

    /// Runs statements in its database.
    pub(crate) fn sql(&self, statements: &str) -> String {
        sql_at(self.mariadb.1, Some(&self.name), statements)
    }

    /// A replica of the platform on it, with few words. Its folder is for its log only.
    pub(crate) fn launch(&self, folder: &Path) -> Launch {
        let (database, redis) = (&self.mariadb, &self.redis);
        Launch::new(env!("CARGO_BIN_EXE_swelite"), folder)
            .with("SWELITE_LOG", "warn")
            .with("PAYMENT_DB_HOST", &database.0)
            .with("PAYMENT_DB_PORT", database.1.to_string())
            .with("PAYMENT_DB_NAME", &self.name)
            .with("PAYMENT_DB_USER", "root")
            .with("KAFKA_BOOTSTRAP_SERVERS", &self.kafka)
            .with("KAFKA_TOPIC_PREFIX", format!("{}.", self.name))
            .with("REDIS_HOST", &redis.0)
            .with("REDIS_PORT", redis.1.to_string())
    }
}

/// Runs statements on a server on loopback as `root`, as an operator does; what they bring, tabs between cells.
pub(crate) fn sql_at(port: u16, database: Option<&str>, statements: &str) -> String {
    let output = Command::new("mariadb")
        .args([
            "--no-defaults",
            "--protocol=tcp",
            "--host=127.0.0.1",
            "--user=root",
            "--batch",
            "--skip-column-names",
        ])
        .arg(format!("--port={port}"))
        .args(["--execute", statements])
        .args(database)
        .output()
        .unwrap();
    assert!(output.status.success(), "{statements}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A name nobody else uses: other test programs run at the same time, on the same servers.
fn name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("it_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
