//! Damages a store on purpose, behind the back of whoever has it open, so that proofs can be shown to fail. Never part of the
//! product: it is behind the feature `testing`.

#[cfg(feature = "mariadb")]
mod mariadb;

use rusqlite::Connection;

#[cfg(feature = "mariadb")]
pub use mariadb::ScratchDatabase;

use crate::SqliteSettings;

/// What keeps ledger rows from being changed.
const TRIGGERS: [&str; 6] = [
    "journal_entry_is_never_updated",
    "journal_entry_is_never_deleted",
    "ledger_entry_is_never_updated",
    "ledger_entry_is_never_deleted",
    "audit_log_is_never_updated",
    "audit_log_is_never_deleted",
];

/// Runs `sql` on the database of a data directory, with nothing in its way.
///
/// # Panics
/// When the database refuses it, or when it changes nothing: a test that damages nothing proves nothing.
pub fn tamper(settings: &SqliteSettings, sql: &str) {
    let conn = Connection::open(settings.database_path()).expect("the database can be opened");
    conn.busy_timeout(std::time::Duration::from_secs(10)).expect("a busy timeout can be set");
    for trigger in TRIGGERS {
        conn.execute_batch(&format!("DROP TRIGGER IF EXISTS {trigger}")).expect("the trigger can be dropped");
    }
    let before = conn.total_changes();
    conn.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    assert!(conn.total_changes() > before, "nothing was changed by: {sql}");
}
