//! The platform on MariaDB, Kafka and Redis: servers of its own on the disk that is measured, one replica that takes calls and
//! one that posts.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{
    platform::{self, Platform, Start},
    services,
    shell::Step,
};

/// What a measured platform calls its database and its topics.
const NAME: &str = "bench";

/// What `docs/OPERATIONS.md` recommends, as far as this machine goes. Every commit is flushed, as it is without these lines.
const DATABASE: [&str; 5] = [
    "innodb_buffer_pool_size=2G",
    "innodb_log_file_size=2G",
    "innodb_log_buffer_size=64M",
    "innodb_io_capacity=2000",
    "innodb_flush_neighbors=0",
];

/// The servers and the worker; dropping it ends the worker, [`RealSet::down`] the servers.
pub(crate) struct RealSet {
    folder: PathBuf,
    variables: Vec<(String, String)>,
    worker: Option<Platform>,
}

impl RealSet {
    /// Starts the servers and makes the tables.
    pub(crate) fn up(root: &Path, swelite: &Path, data_dir: &Path) -> Result<Self> {
        let folder = data_dir.join("services");
        let addresses = services::up_with(root, &folder, &DATABASE)?;
        let variables = variables(&addresses)?;
        let mut migrate = Step::new(&swelite.to_string_lossy(), root).arguments(["migrate"]);
        for (name, value) in &variables {
            migrate = migrate.variable(name, value);
        }
        migrate.run()?;
        Ok(Self { folder, variables, worker: None })
    }

    /// What a replica must be told.
    pub(crate) fn variables(&self) -> Vec<(&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// Host and port of the database server.
    pub(super) fn database(&self) -> Result<(&str, &str)> {
        let value = |wanted: &str| {
            let found = self.variables.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_str()).with_context(|| format!("{wanted} is not set"))
        };
        Ok((value("PAYMENT_DB_HOST")?, value("PAYMENT_DB_PORT")?))
    }

    /// The database server's process.
    pub(super) fn database_process(&self) -> Result<u32> {
        let processes = services::processes(&self.folder);
        let found = processes.into_iter().find(|(name, _)| *name == "mariadb");
        found.map(|(_, pid)| pid).context("MariaDB does not run here")
    }

    /// Starts the replica that posts.
    pub(crate) fn start_worker(&mut self, swelite: &Path, data_dir: &Path) -> Result<()> {
        let log = data_dir.join("worker.log");
        let start = Start {
            binary: swelite,
            role: "worker",
            data_dir,
            port: platform::free_port(18_090)?,
            variables: &self.variables(),
            log: Some(&log),
        };
        self.worker = Some(Platform::start_with(&start, |_| ())?);
        Ok(())
    }

    /// What the generator must be told to see every part.
    pub(super) fn parts(&self) -> Vec<String> {
        let mut processes = services::processes(&self.folder);
        let mut arguments = Vec::new();
        if let Some(worker) = &self.worker {
            processes.push(("worker", worker.pid()));
            arguments.extend(["--worker".to_owned(), format!("127.0.0.1:{}", worker.port())]);
        }
        for (name, pid) in processes {
            arguments.extend(["--part".to_owned(), format!("{name}={pid}")]);
        }
        arguments
    }

    /// Ends everything that was started here.
    pub(crate) fn down(mut self) -> Result<()> {
        if let Some(worker) = self.worker.take() {
            worker.stop()?;
        }
        services::down(&self.folder)
    }
}

/// What a replica must be told to find the servers at these addresses.
pub(crate) fn variables(addresses: &[(&str, String)]) -> Result<Vec<(String, String)>> {
    let address = |variable: &str| {
        let found = addresses.iter().find(|(name, _)| *name == variable).map(|(_, address)| address.as_str());
        found.with_context(|| format!("no address in {variable}"))
    };
    let parts = |variable: &str| {
        let address = address(variable)?;
        address.rsplit_once(':').with_context(|| format!("{address} is not host:port"))
    };
    let (database, redis) = (parts("SWELITE_TEST_MARIADB")?, parts("SWELITE_TEST_REDIS")?);
    let topics = format!("{NAME}.");
    let all = [
        ("SWELITE_RATE_LIMITS", "off"),
        ("SWELITE_LOG", "warn"),
        ("PAYMENT_DB_HOST", database.0),
        ("PAYMENT_DB_PORT", database.1),
        ("PAYMENT_DB_NAME", NAME),
        ("PAYMENT_DB_USER", "root"),
        ("KAFKA_BOOTSTRAP_SERVERS", address("SWELITE_TEST_KAFKA")?),
        ("KAFKA_TOPIC_PREFIX", &topics),
        ("REDIS_HOST", redis.0),
        ("REDIS_PORT", redis.1),
    ];
    Ok(all.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
}
