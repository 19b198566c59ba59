//! What can be set about the MariaDB store. Reading it from the environment is `server::config`'s work.

use std::{fmt, fs::File, path::PathBuf, time::Duration};

use engine::ports::InstanceId;

use super::error::MariadbError;

/// Whether the connection is encrypted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tls {
    /// It is not.
    Off,
    /// It must be, and the server must show a certificate for its name.
    Required {
        /// The authority that signed it, a PEM file; `None` trusts the public ones.
        ca_file: Option<PathBuf>,
    },
}

/// Settings of the MariaDB store.
#[derive(Clone, PartialEq, Eq)]
pub struct MariadbOptions {
    /// The server. Several, with commas between, are the nodes of one cluster: all is written through the first that can
    /// take it.
    pub host: String,
    /// Its port, the same on every host; a host may also bring its own, as `host:port`.
    pub port: u16,
    /// The database.
    pub database: String,
    /// Who asks.
    pub user: String,
    /// How that is proved.
    pub password: Option<String>,
    /// Whether the connection is encrypted.
    pub tls: Tls,
    /// How many lanes a new database gets; one that exists keeps what it has.
    pub lanes: u16,
    /// Names this replica: drawn at random when the process starts, never kept.
    pub instance: InstanceId,
    /// Connections for committers: twice as many as there are committers.
    pub committers: usize,
    /// Connections for the worker, the relay and all other writes.
    pub writers: usize,
    /// Connections for snapshots. Reads can use up these and no others.
    pub readers: usize,
    /// How long a call may wait for one of the connections of its kind.
    pub wait_max: Duration,
    /// How long it may take to connect.
    pub connect_timeout: Duration,
    /// How long one round trip may take; longer than the server lets a statement wait for a lock (2 s).
    pub statement_timeout: Duration,
    /// How long after a COMMIT was sent its outcome, if no answer came, is asked about before the callers are told so.
    pub fate_timeout: Duration,
}

/// How many lanes a new database gets when nobody says.
pub const LANES_DEFAULT: u16 = 4;

impl MariadbOptions {
    /// The defaults, for a database on a host.
    pub fn new(host: impl Into<String>, port: u16, database: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port,
            database: database.into(),
            user: "root".to_owned(),
            password: None,
            tls: Tls::Off,
            lanes: LANES_DEFAULT,
            instance: InstanceId(0),
            committers: 2,
            writers: 4,
            readers: 8,
            wait_max: Duration::from_millis(750),
            connect_timeout: Duration::from_millis(500),
            statement_timeout: Duration::from_secs(3),
            fate_timeout: Duration::from_millis(800),
        }
    }

    /// The same for whoever has the time to wait for a busy server: at a start, and for an operator's command.
    pub(super) fn patient(&self) -> Self {
        Self { connect_timeout: self.connect_timeout.max(Duration::from_secs(5)), ..self.clone() }
    }

    /// What would otherwise be met by every connection, without a word about which file it is.
    pub(super) fn check_authority(&self) -> Result<(), MariadbError> {
        let Tls::Required { ca_file: Some(path) } = &self.tls else { return Ok(()) };
        let opened = File::open(path).map(drop);
        opened.map_err(|source| MariadbError::Authority { path: path.clone(), source })
    }

    /// The hosts in their order, each with its port.
    pub(super) fn hosts(&self) -> Vec<(String, u16)> {
        let split = |host: &str| match host.rsplit_once(':') {
            Some((name, port)) if !name.contains(':') && port.parse::<u16>().is_ok() => {
                (name.to_owned(), port.parse().unwrap_or(self.port))
            }
            _ => (host.to_owned(), self.port),
        };
        self.host.split(',').map(str::trim).filter(|host| !host.is_empty()).map(split).collect()
    }
}

impl fmt::Debug for MariadbOptions {
    /// Leaves the password out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, database, user, lanes, .. } = self;
        write!(f, "MariadbOptions({user}@{host}:{port}/{database}, {lanes} lanes)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_come_in_their_order_with_their_ports() {
        let options = MariadbOptions::new("a, b:3307,::1,", 3306, "paydb");
        let expected = [("a", 3306), ("b", 3307), ("::1", 3306)].map(|(host, port)| (host.to_owned(), port));
        assert_eq!(options.hosts(), expected);
    }

    #[test]
    fn a_password_is_never_shown() {
        let password = Some("geheim".to_owned());
        let options = MariadbOptions { password, ..MariadbOptions::new("a", 3306, "paydb") };
        assert!(!format!("{options:?}").contains("geheim"));
    }
}
