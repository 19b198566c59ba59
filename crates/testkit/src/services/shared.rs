//! Where the servers are that tests share.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

/// The variable that holds the folder of Kafka's jars, for tests with brokers of their own.
pub const KAFKA_JARS: &str = "SWELITE_TEST_KAFKA_JARS";

/// The folder of Kafka's jars.
pub fn kafka_jars() -> PathBuf {
    let written = || read(&folder()?).remove(KAFKA_JARS);
    variable(KAFKA_JARS).or_else(written).map(PathBuf::from).unwrap_or_else(|| {
        panic!("no Kafka: run `cargo xtask services up`, or set {KAFKA_JARS} to the folder of its jars")
    })
}

/// A server that tests share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Shared {
    /// MariaDB, as `root` without a password.
    Mariadb,
    /// Redis.
    Redis,
    /// Kafka.
    Kafka,
}

impl Shared {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mariadb, Self::Redis, Self::Kafka];

    /// The variable that holds its address, `host:port`.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Mariadb => "SWELITE_TEST_MARIADB",
            Self::Redis => "SWELITE_TEST_REDIS",
            Self::Kafka => "SWELITE_TEST_KAFKA",
        }
    }

    /// Its address as given by the environment.
    pub fn given(self) -> Option<String> {
        variable(self.variable())
    }

    /// Its address: the one given, else the one `cargo xtask services up` wrote down. A test without its server has failed.
    pub fn address(self) -> String {
        self.given().or_else(|| read(&folder()?).remove(self.variable())).unwrap_or_else(|| {
            panic!("no server: run `cargo xtask services up`, or set {} to its host:port", self.variable())
        })
    }

    /// The same as host and port.
    pub fn host_and_port(self) -> (String, u16) {
        let address = self.address();
        let parts = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = parts.unwrap_or_else(|| panic!("{}={address} is not host:port", self.variable()));
        (host.to_owned(), port)
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are told from outside which servers to use")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The addresses written down in a folder of services, by variable.
fn read(folder: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder.join("addresses")).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// `services` in the folder cargo builds into: test programs run from somewhere below it.
fn folder() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    let folders = program.ancestors().map(|ancestor| ancestor.join("services"));
    folders.into_iter().find(|folder| folder.join("addresses").is_file())
}
