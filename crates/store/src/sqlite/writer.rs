//! The one connection that writes: who has it, how a transaction on it begins and ends, and when the log is copied back.
//!
//! Committer and worker take turns through a fair lock. A transaction runs on the thread that polls it: those threads exist
//! for that, and a hop to another thread would cost more than most statements.
//!
//! When the log has become long, `checkpoint` copies it back.

use std::{collections::HashMap, fs::File, sync::Arc};

use domain::ledger::AccountId;
use engine::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    OpenError,
    checkpoint::{Copier, Log},
    error::{failed, leaves_the_log_in_doubt},
    late::{Added, LateIndexes},
    open::{self, Opened},
};
use crate::SqliteSettings;

/// Beyond this many accounts the memory of their numbers starts anew.
const ACCOUNT_NUMBERS_MAX: usize = 100_000;

/// The writing connection and what is remembered between its transactions.
pub(super) struct Writer {
    pub(super) conn: Connection,
    late: Arc<LateIndexes>,
    account_numbers: HashMap<AccountId, i64>,
    account_numbers_uncommitted: HashMap<AccountId, i64>,
    // Released after the connection is closed: fields are dropped in this order.
    _lock: File,
}

impl Writer {
    fn new(conn: Connection, lock: File, late: Arc<LateIndexes>) -> Self {
        let (account_numbers, account_numbers_uncommitted) = (HashMap::new(), HashMap::new());
        Self { conn, late, account_numbers, account_numbers_uncommitted, _lock: lock }
    }

    /// The number of an account, if it has been used since this process started.
    pub(super) fn account_number(&self, account: &AccountId) -> Option<i64> {
        self.account_numbers.get(account).or_else(|| self.account_numbers_uncommitted.get(account)).copied()
    }

    /// Remembers a number; for good only once the transaction commits.
    pub(super) fn remember_account(&mut self, account: AccountId, number: i64) {
        self.account_numbers_uncommitted.insert(account, number);
    }

    fn keep_account_numbers(&mut self) {
        if self.account_numbers.len() > ACCOUNT_NUMBERS_MAX {
            self.account_numbers.clear();
        }
        self.account_numbers.extend(self.account_numbers_uncommitted.drain());
    }
}

/// A transaction on the writing connection. Dropping it rolls back.
pub(super) struct Transaction {
    writer: OwnedMutexGuard<Writer>,
    copier: Arc<Copier>,
}

impl Transaction {
    pub(super) fn writer_mut(&mut self) -> &mut Writer {
        &mut self.writer
    }

    pub(super) fn conn(&self) -> &Connection {
        &self.writer.conn
    }

    /// The indexes this writer fills.
    pub(super) fn late(&self) -> &LateIndexes {
        &self.writer.late
    }

    /// Makes everything durable, or nothing.
    pub(super) fn commit(self) -> Result<(), StoreError> {
        self.commit_with(Added::default())
    }

    /// The same, with what was added to the indexes.
    pub(super) fn commit_with(mut self, added: Added) -> Result<(), StoreError> {
        let steps = self.late().write(self.conn(), added)?;
        if let Err(error) = run(&self.writer.conn, "COMMIT") {
            if leaves_the_log_in_doubt(&error) {
                abort(&error);
            }
            return Err(failed("commit")(error));
        }
        self.late().committed(steps);
        self.writer.keep_account_numbers();
        self.copier.committed();
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.writer.account_numbers_uncommitted.clear();
        if let Err(error) = roll_back(&self.writer.conn) {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot roll back");
        }
    }
}

/// Hands out the writing connection, one transaction at a time, first come first served.
pub(super) struct WriterQueue {
    // Ends before the writer is closed: the last connection to close folds the log into the database.
    copier: Arc<Copier>,
    writer: Arc<Mutex<Writer>>,
}

impl WriterQueue {
    pub(super) fn start(
        settings: &SqliteSettings,
        opened: Opened,
        late: Arc<LateIndexes>,
    ) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Database { context: "open", path: settings.database_path(), source };
        let Opened { mut conn, lock, .. } = opened;
        let log = Log::watch(&mut conn, settings.checkpoint_pages).map_err(failed)?;
        let writer = Arc::new(Mutex::new(Writer::new(conn, lock, late)));
        let copier = Copier::start(open::open_copier(settings)?, Arc::clone(&writer), log)
            .map_err(|source| OpenError::DataDir { path: settings.data_dir().to_owned(), source })?;
        Ok(Self { copier: Arc::new(copier), writer })
    }

    /// Waits for its turn and begins.
    pub(super) async fn begin(&self) -> Result<Transaction, StoreError> {
        let writer = Arc::clone(&self.writer).lock_owned().await;
        let transaction = Transaction { writer, copier: Arc::clone(&self.copier) };
        roll_back(transaction.conn()).map_err(failed("roll back"))?;
        run(transaction.conn(), "BEGIN IMMEDIATE").map_err(failed("begin"))?;
        Ok(transaction)
    }
}

fn run(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute([]).map(drop)
}

/// Some failures have rolled back already.
fn roll_back(conn: &Connection) -> rusqlite::Result<()> {
    if conn.is_autocommit() { Ok(()) } else { run(conn, "ROLLBACK") }
}

/// The log may or may not hold the batch. Whoever goes on from here could answer what recovery will not find, or repeat what it
/// will: only reading the log anew tells.
fn abort(error: &rusqlite::Error) -> ! {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "cannot write the log at commit, aborting to recover from it"
    );
    std::process::abort()
}
