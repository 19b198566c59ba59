//! What MariaDB says, sorted by what must be done about it.

use std::{fmt, io, path::PathBuf, time::Duration};

use engine::ports::StoreError;
use mysql_async::{DriverError, Error};
use thiserror::Error as ThisError;

/// Why a database cannot be opened or migrated.
#[derive(Debug, ThisError)]
pub enum MariadbError {
    /// No server can be reached, or none lets us in.
    #[error("cannot use MariaDB at `{address}`")]
    Connect {
        /// Where.
        address: String,
        /// Why not.
        #[source]
        source: StoreError,
    },
    /// The server is not one this program can keep its promises on.
    #[error("MariaDB at `{address}` is {found}: at least {needed} is needed")]
    ServerTooOld {
        /// Where.
        address: String,
        /// What it says it is.
        found: String,
        /// What is needed.
        needed: &'static str,
    },
    /// The database has no tables of this program.
    #[error("database `{database}` is empty: run `swelite migrate` once")]
    Empty {
        /// Which.
        database: String,
    },
    /// The schema is behind.
    #[error(
        "database `{database}` has schema version {found} and needs version {known}: run `swelite migrate`"
    )]
    Older {
        /// Which.
        database: String,
        /// What it has.
        found: u32,
        /// What is needed.
        known: u32,
    },
    /// The database was written by a newer version of this program.
    #[error("database `{database}` has schema version {found}, this program knows versions up to {known}")]
    Newer {
        /// Which.
        database: String,
        /// What it has.
        found: u32,
        /// What is known.
        known: u32,
    },
    /// A migration that was applied is not the one this program holds.
    #[error("migration {version} of database `{database}` is not the one this program knows")]
    ChangedMigration {
        /// Which database.
        database: String,
        /// Which migration.
        version: u32,
    },
    /// Another process is migrating and does not end.
    #[error("database `{database}` is being migrated by another process")]
    Busy {
        /// Which.
        database: String,
    },
    /// Others are connected to it.
    #[error("database `{database}` is in use: it has {others} other connections")]
    InUse {
        /// Which.
        database: String,
        /// How many.
        others: i64,
    },
    /// The file of the certificate authority cannot be read.
    #[error("cannot read `{path}`, the certificate authority of MariaDB")]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A setting that cannot be.
    #[error("{0}")]
    Setting(&'static str),
    /// The database does not do what it was asked.
    #[error("cannot {context} database `{database}`")]
    Database {
        /// What was being done.
        context: &'static str,
        /// Which.
        database: String,
        /// Why not.
        #[source]
        source: StoreError,
    },
}

/// Why a round trip brought no answer to use.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server answered with an error; the connection is whole.
    Server(mysql_async::ServerError),
    /// The connection is gone, or nobody knows what travels on it.
    Lost(Error),
    /// No answer in time.
    Late(Duration),
}

/// No answer in time.
#[derive(Debug)]
struct Late(Duration);

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer within {} ms", self.0.as_millis())
    }
}

impl std::error::Error for Late {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Server(error) => Self::Server(error),
            error => Self::Lost(error),
        }
    }
}

impl Failure {
    /// Whether the connection cannot be used any more.
    pub(super) fn lost_connection(&self) -> bool {
        !matches!(self, Self::Server(_))
    }

    /// Whether the host takes no writes now, although it answers: it has become a replica, or has lost its cluster. Another may.
    pub(super) fn host_stood_down(&self) -> bool {
        matches!(self, Self::Server(error) if matches!(error.code, NO_CLUSTER | READ_ONLY | READ_ONLY_MODE))
    }

    /// Whether it is certain that the transaction it happened in was not committed, even at COMMIT: the server chose it as the
    /// victim of a deadlock or of a certification conflict, or had done so before, or a lock was not to be had, or it is read-only.
    pub(super) fn rolled_back(&self) -> bool {
        matches!(self, Self::Server(error)
            if matches!(error.code, LOCK_DEADLOCK | LOCK_WAIT_TIMEOUT | NO_SUCH_SAVEPOINT | READ_ONLY))
    }

    /// The error for the caller, when nothing has been written.
    pub(super) fn sort(self, context: &'static str) -> StoreError {
        match self {
            Self::Server(error) if is_transient(error.code) => {
                StoreError::Unavailable { context, source: error.into() }
            }
            Self::Server(error) => StoreError::Statement { context, source: error.into() },
            Self::Lost(Error::Driver(
                error @ (DriverError::PacketTooLarge
                | DriverError::BulkExecute(_)
                | DriverError::Params(_)
                | DriverError::StmtParamsMismatch { .. }
                | DriverError::StmtParamsNumberExceedsLimit { .. }),
            )) => StoreError::Statement { context, source: error.into() },
            Self::Lost(error) => StoreError::Unavailable { context, source: error.into() },
            Self::Late(limit) => StoreError::Unavailable { context, source: Late(limit).into() },
        }
    }

    /// The error for the caller, when it happened where a lost answer leaves the outcome open: at COMMIT, or at a statement that
    /// is a transaction by itself.
    pub(super) fn sort_commit(self, context: &'static str) -> StoreError {
        match self {
            Self::Server(_) => self.sort(context),
            Self::Lost(_) | Self::Late(_) => StoreError::UnknownOutcome { source: self.into_source() },
        }
    }

    /// The cause alone.
    pub(super) fn into_source(self) -> Box<dyn std::error::Error + Send + Sync> {
        match self {
            Self::Server(error) => error.into(),
            Self::Lost(error) => error.into(),
            Self::Late(limit) => Late(limit).into(),
        }
    }
}

/// The error of a write under the lock of a lane on a cluster, where every new key is the lane's next. One that exists already was
/// written through another node and had not reached this one when the lane was read: read again, it will have.
pub(super) fn in_lane(error: StoreError) -> StoreError {
    match error {
        StoreError::Statement { context, source }
            if source
                .downcast_ref::<mysql_async::ServerError>()
                .is_some_and(|error| error.code == DUPLICATE_KEY) =>
        {
            StoreError::Unavailable { context, source }
        }
        error => error,
    }
}

const DUPLICATE_KEY: u16 = 1062;
/// The savepoint of a transaction's beginning went with the transaction.
const NO_SUCH_SAVEPOINT: u16 = 1305;
const NO_CLUSTER: u16 = 1047;
const READ_ONLY: u16 = 1290;
const READ_ONLY_MODE: u16 = 1836;
const LOCK_WAIT_TIMEOUT: u16 = 1205;
const LOCK_DEADLOCK: u16 = 1213;

/// Whether the same call may succeed later without anything being changed in it: the server, its state or what it lets us do is in
/// the way, not what was asked. An event that meets such an error is waited with, never parked.
fn is_transient(code: u16) -> bool {
    matches!(
        code,
        LOCK_WAIT_TIMEOUT
            | LOCK_DEADLOCK
            | NO_SUCH_SAVEPOINT
            // What the operating system says of a file (EE_…): no room, no descriptor, no memory.
            | 1..=999
            // Disk full, out of memory or of room for locks or rows, or a file that cannot be read or written.
            | 1016 | 1021 | 1023 | 1026 | 1030 | 1037 | 1038 | 1041 | 1114 | 1135 | 1206 | 1637
            // Another transaction changed the row since this one's view; the commit could not be certified.
            | 1020 | 1180
            // A table was changed under a view of it, or under a statement that was prepared.
            | 1412 | 1615
            // Too many connections, of all or of this user, or too many prepared statements.
            | 1040 | 1203 | 1226 | 1461
            // Not (yet) part of a cluster that may write; read-only; shutting down.
            | NO_CLUSTER | 1053 | READ_ONLY | 1792 | READ_ONLY_MODE
            // The connection was killed or cut, or the statement was.
            | 1152 | 1158
            ..=1161 | 1184 | 1317 | 1927 | 1969 | 3024 | 4031
            // Not let in now, or not to this table: a user or a database that is being made, changed or restored.
            | 1044 ..=1046 | 1049 | 1129 | 1130 | 1142 | 1143 | 1146 | 1227 | 1370 | 1698 | 1820 | 1862 | 4151
            // A binary log that cannot take what is written.
            | 1598 | 1665
    )
}

/// What the server itself said, by its number; nothing when it said nothing.
pub(super) fn word_of_server(error: &StoreError) -> Option<u16> {
    let (StoreError::Unavailable { source, .. } | StoreError::Statement { source, .. }) = error else {
        return None;
    };
    source.downcast_ref::<mysql_async::ServerError>().map(|error| error.code)
}

/// Whether the server, or what it allows this user, has no connection left.
pub(super) fn is_too_many(error: &StoreError) -> bool {
    matches!(word_of_server(error), Some(1040 | 1203 | 1226))
}

/// A statement that did not do what it must have done.
pub(super) fn refused(context: &'static str, why: impl Into<String>) -> StoreError {
    StoreError::Statement { context, source: why.into().into() }
}

/// The database cannot be asked now.
pub(super) fn unavailable(context: &'static str, why: &'static str) -> StoreError {
    StoreError::Unavailable { context, source: why.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(code: u16) -> Failure {
        Failure::Server(mysql_async::ServerError {
            code,
            message: "so it is".to_owned(),
            state: "HY000".to_owned(),
        })
    }

    #[test]
    fn what_may_succeed_later_is_told_from_what_never_will() {
        for code in [1205, 1213, 1047, 1180, 1040, 1290, 1317, 1020] {
            assert!(matches!(server(code).sort("write"), StoreError::Unavailable { .. }), "{code}");
        }
        // No room, too many prepared statements, a table that was changed, is not ours to write to, or is not there.
        for code in [3, 28, 1030, 1461, 1412, 1615, 1142, 1143, 1046, 1146] {
            assert!(matches!(server(code).sort("write"), StoreError::Unavailable { .. }), "{code}");
        }
        // A duplicate, data too long, out of range, no such column.
        for code in [1062, 1406, 1264, 1054, 4025] {
            assert!(matches!(server(code).sort("write"), StoreError::Statement { .. }), "{code}");
        }
        assert!(matches!(Failure::Late(Duration::ZERO).sort("write"), StoreError::Unavailable { .. }));
    }

    #[test]
    fn a_key_that_exists_in_a_lane_is_of_another_node_and_read_again() {
        assert!(matches!(in_lane(server(1062).sort("append event")), StoreError::Unavailable { .. }));
        for code in [1406, 1264] {
            assert!(
                matches!(in_lane(server(code).sort("append event")), StoreError::Statement { .. }),
                "{code}"
            );
        }
        assert!(matches!(in_lane(refused("append event", "so it is")), StoreError::Statement { .. }));
    }

    #[test]
    fn a_host_that_answers_and_takes_no_writes_is_told_from_one_that_is_busy() {
        for code in [1047, 1290, 1836] {
            assert!(server(code).host_stood_down(), "{code}");
            assert!(matches!(server(code).sort("write"), StoreError::Unavailable { .. }), "{code}");
        }
        assert!(!server(1205).host_stood_down());
        assert!(!server(1792).host_stood_down());
    }

    #[test]
    fn only_a_victim_of_a_conflict_is_certainly_rolled_back() {
        assert!(server(1213).rolled_back());
        assert!(server(1305).rolled_back());
        assert!(server(1205).rolled_back());
        assert!(server(1290).rolled_back());
        assert!(!server(1047).rolled_back());
        assert!(!server(1180).rolled_back());
        assert!(!Failure::Late(Duration::ZERO).rolled_back());
    }
}
