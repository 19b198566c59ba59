//! The books in SQLite or MariaDB: SQL, migrations, rows to domain and back.
//!
//! Where to look: [`SqliteStore`] and [`MariadbStore`] are the adapters. Each has its schema in `migrations`, the committer's
//! transaction in `batch`, the worker's in `posting`, all reads in `snapshot`; `rows` decodes one file a table, for both.
//!
//! Nothing here decides anything about payments or the ledger: what is written was decided by the engine, and what is read
//! back either is the value that was written or an error that names the row.

mod hashes;
#[cfg(feature = "mariadb")]
mod mariadb;
mod rows;
mod sqlite;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "mariadb")]
pub use mariadb::{
    DurabilityFault, LANES_DEFAULT, MariadbError, MariadbOptions, MariadbStore, Tls,
    begin_timeline as begin_mariadb_timeline, durability_faults, migrate as migrate_mariadb,
};
pub use sqlite::{Copy, CopyError, OpenError, SqliteSettings, SqliteStore, backup, begin_timeline, restore};
