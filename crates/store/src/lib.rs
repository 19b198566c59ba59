//! The books in SQLite: SQL, migrations, rows to domain and back.
//!
//! Where to look: [`SqliteStore`] is the adapter; `sqlite/migrations` holds the schema, `sqlite/rows` one file a table's
//! rows, `sqlite/batch` the committer's transaction, `sqlite/posting` the worker's, `sqlite/snapshot` all reads.
//!
//! Nothing here decides anything about payments or the ledger: what is written was decided by the engine, and what is read
//! back either is the value that was written or an error that names the row.

mod hashes;
mod rows;
mod settings;
mod sqlite;
#[cfg(feature = "testing")]
pub mod testing;

pub use settings::SqliteSettings;
pub use sqlite::{OpenError, SqliteStore};
