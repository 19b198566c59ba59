//! Copies the log back into the database: most of it beside the writer, the rest in its turn.
//!
//! The copier has a connection and a thread of its own. Its first step needs nobody's permission: batches go on while pages are
//! copied and the database is flushed, which is what takes long. Meanwhile the log grows by a few batches, so a second step,
//! with the writer's turn in hand, copies those; only then can the log start anew. A copy that fails fails nothing else.
//!
//! Two connections that write and copy damaged the database before SQLite 3.51.3; `open` refuses those.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rusqlite::{Connection, hooks::Wal};
use tokio::sync::Mutex;

use super::{open::BUSY_WAIT_MAX, writer::Writer};

/// How long a copy that must succeed holds up the next batch for the sake of readers.
const READERS_WAIT_MAX: Duration = Duration::from_millis(100);

/// How long the log is, and whether it is time to copy it back.
#[derive(Debug)]
pub(super) struct Log {
    pages: AtomicU32,
    /// From how many pages on it is copied back; higher for a while after a copy that readers held up.
    copy_at: AtomicU32,
    copying: AtomicBool,
    copy_pages: u32,
}

impl Log {
    /// Watches the log through `conn`, the one connection that writes to it.
    pub(super) fn watch(conn: &mut Connection, copy_pages: u32) -> rusqlite::Result<Arc<Self>> {
        let log = Arc::new(Self {
            pages: AtomicU32::new(0),
            copy_at: AtomicU32::new(copy_pages),
            copying: AtomicBool::new(false),
            copy_pages,
        });
        let seen = Arc::clone(&log);
        conn.wal_hook(Some(move |_: &mut Wal, pages| {
            seen.pages.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(log)
    }

    /// Whether a copy must begin now; at most one is under way.
    fn must_be_copied(&self) -> bool {
        self.pages.load(Ordering::Relaxed) >= self.copy_at.load(Ordering::Relaxed)
            && !self.copying.swap(true, Ordering::Relaxed)
    }

    fn copied(&self, complete: bool) {
        let pages = self.pages.load(Ordering::Relaxed);
        let patience = (self.copy_pages / 4).max(1);
        let copy_at = if complete { self.copy_pages } else { pages.saturating_add(patience) };
        self.copy_at.store(copy_at, Ordering::Relaxed);
        self.copying.store(false, Ordering::Relaxed);
    }
}

enum Task {
    Copy,
    Stop,
}

/// The copier's thread. Dropping it ends it.
pub(super) struct Copier {
    log: Arc<Log>,
    tasks: SyncSender<Task>,
    thread: Option<JoinHandle<()>>,
}

impl Copier {
    /// Starts it with a connection of its own.
    pub(super) fn start(
        conn: Connection,
        writer: Arc<Mutex<Writer>>,
        log: Arc<Log>,
    ) -> std::io::Result<Self> {
        // Room for the one copy there can be, and for the order to stop.
        let (sender, tasks) = sync_channel(2);
        let watched = Arc::clone(&log);
        let thread = thread::Builder::new()
            .name("sqlite-copier".to_owned())
            .spawn(move || run(&conn, &writer, &watched, &tasks))?;
        Ok(Self { log, tasks: sender, thread: Some(thread) })
    }

    /// After a commit: has the log copied back if it has become long.
    pub(super) fn committed(&self) {
        if self.log.must_be_copied() {
            // A thread that has been stopped copies nothing any more: closing the last connection does.
            drop(self.tasks.try_send(Task::Copy));
        }
    }
}

impl Drop for Copier {
    fn drop(&mut self) {
        // The thread has ended by itself if nobody listens any more.
        drop(self.tasks.send(Task::Stop));
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that copies the log back panicked");
        }
    }
}

fn run(conn: &Connection, writer: &Mutex<Writer>, log: &Log, tasks: &Receiver<Task>) {
    while let Ok(Task::Copy) = tasks.recv() {
        let complete = copy(conn, writer, log).unwrap_or_else(|error| {
            let pages = log.pages.load(Ordering::Relaxed);
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, pages, "cannot copy the log back, will try again");
            false
        });
        log.copied(complete);
    }
}

/// Whether everything was copied, so that the log starts anew.
fn copy(conn: &Connection, writer: &Mutex<Writer>, log: &Log) -> rusqlite::Result<bool> {
    checkpoint(conn, "PRAGMA wal_checkpoint(PASSIVE)")?;
    let turn = writer.blocking_lock();
    // Readers in turn can keep a passive copy from ever being complete; then it waits for them a little.
    let insistent = log.pages.load(Ordering::Relaxed) >= log.copy_pages.saturating_mul(4);
    let complete = if insistent {
        conn.busy_timeout(READERS_WAIT_MAX)?;
        let complete = checkpoint(conn, "PRAGMA wal_checkpoint(RESTART)");
        conn.busy_timeout(BUSY_WAIT_MAX)?;
        complete
    } else {
        checkpoint(conn, "PRAGMA wal_checkpoint(PASSIVE)")
    };
    drop(turn);
    complete
}

fn checkpoint(conn: &Connection, pragma: &str) -> rusqlite::Result<bool> {
    conn.prepare_cached(pragma)?.query_row([], |row| {
        let (busy, log, copied): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(busy == 0 && log == copied)
    })
}
