//! The one connection that writes: who has it, how a transaction on it begins and ends, and when the log is copied back.
//!
//! Committer and worker take turns through a fair lock. A transaction runs on the thread that polls it: those threads exist
//! for that, and a hop to another thread would cost more than most statements.
//!
//! The log is copied back into the database by the same connection, after the answer: the transaction that fills the log hands
//! the connection to the checkpointing thread instead of releasing it. A checkpoint that fails fails nothing else.

use std::{
    collections::HashMap,
    fs::File,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use domain::ledger::AccountId;
use engine::ports::StoreError;
use rusqlite::{Connection, hooks::Wal};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    error::{failed, leaves_the_log_in_doubt},
    late::{Added, LateIndexes},
    open::{BUSY_WAIT_MAX, Opened},
};

/// Beyond this many accounts the memory of their numbers starts anew.
const ACCOUNT_NUMBERS_MAX: usize = 100_000;

/// How long a checkpoint that must succeed holds up the next batch for the sake of readers.
const READERS_WAIT_MAX: Duration = Duration::from_millis(100);

/// The writing connection and what is remembered between its transactions.
pub(super) struct Writer {
    pub(super) conn: Connection,
    late: Arc<LateIndexes>,
    account_numbers: HashMap<AccountId, i64>,
    account_numbers_uncommitted: HashMap<AccountId, i64>,
    wal_pages: Arc<AtomicU32>,
    checkpoint_at: u32,
    checkpoint_pages: u32,
    // Released after the connection is closed: fields are dropped in this order.
    _lock: File,
}

impl Writer {
    pub(super) fn new(
        opened: Opened,
        late: Arc<LateIndexes>,
        checkpoint_pages: u32,
    ) -> rusqlite::Result<Self> {
        let Opened { mut conn, lock, .. } = opened;
        let wal_pages = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&wal_pages);
        conn.wal_hook(Some(move |_: &mut Wal, pages| {
            seen.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self {
            conn,
            late,
            account_numbers: HashMap::new(),
            account_numbers_uncommitted: HashMap::new(),
            wal_pages,
            checkpoint_at: checkpoint_pages,
            checkpoint_pages,
            _lock: lock,
        })
    }

    /// The number of an account, if it has been used since this process started.
    pub(super) fn account_number(&self, account: &AccountId) -> Option<i64> {
        self.account_numbers.get(account).or_else(|| self.account_numbers_uncommitted.get(account)).copied()
    }

    /// Remembers a number; for good only once the transaction commits.
    pub(super) fn remember_account(&mut self, account: AccountId, number: i64) {
        self.account_numbers_uncommitted.insert(account, number);
    }

    fn settle_account_numbers(&mut self) {
        if self.account_numbers.len() > ACCOUNT_NUMBERS_MAX {
            self.account_numbers.clear();
        }
        self.account_numbers.extend(self.account_numbers_uncommitted.drain());
    }

    fn needs_checkpoint(&self) -> bool {
        self.wal_pages.load(Ordering::Relaxed) >= self.checkpoint_at
    }

    /// Copies the log back. What cannot be copied (a reader still needs it, the disk is full) waits for the next time.
    fn checkpoint(&mut self) {
        let pages = self.wal_pages.load(Ordering::Relaxed);
        // Readers in turn can keep a passive checkpoint from ever starting the log anew; then it waits for them a little.
        let insistent = pages >= self.checkpoint_pages.saturating_mul(4);
        let complete = self.copy_back(insistent).unwrap_or_else(|error| {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                pages,
                "cannot checkpoint, will try again"
            );
            false
        });
        let patience = self.checkpoint_pages / 4;
        self.checkpoint_at =
            if complete { self.checkpoint_pages } else { pages.saturating_add(patience.max(1)) };
    }

    fn copy_back(&self, insistent: bool) -> rusqlite::Result<bool> {
        let mode =
            if insistent { "PRAGMA wal_checkpoint(RESTART)" } else { "PRAGMA wal_checkpoint(PASSIVE)" };
        self.conn.busy_timeout(READERS_WAIT_MAX)?;
        let copied = self.conn.query_row(mode, [], |row| {
            let (busy, log, copied): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(busy == 0 && log == copied)
        });
        self.conn.busy_timeout(BUSY_WAIT_MAX)?;
        copied
    }
}

/// A transaction on the writing connection. Dropping it rolls back.
pub(super) struct Transaction {
    writer: OwnedMutexGuard<Writer>,
    checkpoints: SyncSender<Task>,
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
        self.writer.settle_account_numbers();
        if self.writer.needs_checkpoint() {
            let checkpoints = self.checkpoints.clone();
            // When the thread has been stopped the transaction comes back in the error; dropping it frees the connection.
            drop(checkpoints.try_send(Task::Checkpoint(self)));
        }
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

enum Task {
    /// The connection, with nothing open on it.
    Checkpoint(Transaction),
    Stop,
}

/// Hands out the writing connection, one transaction at a time, first come first served.
pub(super) struct WriterQueue {
    writer: Arc<Mutex<Writer>>,
    checkpoints: SyncSender<Task>,
    thread: Option<JoinHandle<()>>,
}

impl WriterQueue {
    pub(super) fn start(writer: Writer) -> std::io::Result<Self> {
        // Room for the one transaction there can be, and for the order to stop.
        let (checkpoints, tasks) = sync_channel(2);
        let thread =
            thread::Builder::new().name("sqlite-checkpoint".to_owned()).spawn(move || run_tasks(&tasks))?;
        Ok(Self { writer: Arc::new(Mutex::new(writer)), checkpoints, thread: Some(thread) })
    }

    /// Waits for its turn and begins.
    pub(super) async fn begin(&self) -> Result<Transaction, StoreError> {
        let writer = Arc::clone(&self.writer).lock_owned().await;
        let transaction = Transaction { writer, checkpoints: self.checkpoints.clone() };
        roll_back(transaction.conn()).map_err(failed("roll back"))?;
        run(transaction.conn(), "BEGIN IMMEDIATE").map_err(failed("begin"))?;
        Ok(transaction)
    }
}

impl Drop for WriterQueue {
    fn drop(&mut self) {
        // The thread has ended by itself if nobody listens any more.
        drop(self.checkpoints.send(Task::Stop));
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the checkpointing thread panicked");
        }
    }
}

fn run_tasks(tasks: &Receiver<Task>) {
    while let Ok(Task::Checkpoint(mut transaction)) = tasks.recv() {
        transaction.writer_mut().checkpoint();
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
