//! Copies of the books: one consistent state, taken beside a running writer, and its way back.
//!
//! Invariant: whatever is interrupted, what stands under a final name is whole. A restored database is another timeline: its
//! next numbers lie beyond everything the lost time may have handed out, and what operators proved themselves with is void:
//! whoever ended a session or a token may have done so in the lost time.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::time::Timestamp;
use engine::ports::{AuditEntry, StoreError};
use rusqlite::{
    Connection, OpenFlags, TransactionBehavior,
    backup::{Backup, StepResult},
};
use thiserror::Error;

use super::{OpenError, migrate, open, posting};
use crate::SqliteSettings;

/// How far a restore moves the numbers of payments: farther than any lost time can have reached.
const NUMBERS_SKIPPED: i64 = 1 << 30;
/// How long a copy waits before it asks again for a lock; only recovery holds one.
const LOCK_WAIT: Duration = Duration::from_millis(50);
/// How often.
const LOCK_TRIES: u32 = 200;

/// A copy that was taken or brought back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Copy {
    /// Its size.
    pub bytes: u64,
    /// How many events its lanes have seen.
    pub events: u64,
    /// Where the books went that it took the place of.
    pub replaced: Option<PathBuf>,
}

/// Why a copy was not taken or not brought back. Nothing has changed then, but with [`CopyError::Mixed`].
#[derive(Debug, Error)]
pub enum CopyError {
    /// The books or the copy cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Something is there already.
    #[error("`{}` exists", path.display())]
    Taken {
        /// What.
        path: PathBuf,
    },
    /// A file cannot be written or moved.
    #[error("cannot {context} `{}`", path.display())]
    File {
        /// What was being done.
        context: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The copy is not what it must be.
    #[error("`{}` is damaged: {says}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite found.
        says: String,
    },
    /// The copy stands where the books were, and is not what it was: something wrote there meanwhile.
    #[error("the copy was put in place as `{}` and damaged there: a log of other books was read over it", path.display())]
    Mixed {
        /// The books that cannot be used.
        path: PathBuf,
        /// Where the books before are, whole.
        replaced: Option<PathBuf>,
    },
    /// A row could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies the books of a data directory into the new file `to`, also while they are in use.
///
/// The writer is not held up, but its log cannot be folded back meanwhile, so it grows by what is written in that time.
pub fn backup(settings: &SqliteSettings, to: &Path) -> Result<Copy, CopyError> {
    if to.exists() {
        return Err(CopyError::Taken { path: to.to_owned() });
    }
    open::check_readable(settings)?;
    let books = open::open_reader(settings)?;
    let part = with_suffix(to, ".part");
    copy(&books, &part)?;
    let copied = check(&part)?;
    put_in_place(&part, to)?;
    Ok(copied)
}

/// Puts the copy `from` in the place of a data directory's books, as another timeline.
///
/// Books that are there are refused, or with `replace` kept beside under a name of their own.
pub fn restore(
    settings: &SqliteSettings,
    from: &Path,
    replace: bool,
    now: Timestamp,
) -> Result<Copy, CopyError> {
    open::create_data_dir(settings.data_dir())?;
    let _lock = open::lock_data_dir(settings)?;
    let database = settings.database_path();
    if database.exists() && !replace {
        return Err(CopyError::Taken { path: database });
    }
    if !from.is_file() {
        return Err(OpenError::Missing { path: from.to_owned() }.into());
    }
    let source = open::connect(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let part = with_suffix(&database, ".restoring");
    copy(&source, &part)?;
    let copied = check(&part)?;
    let name = from.file_name().unwrap_or_default().to_string_lossy();
    let restored = ("books.restore", format!("backup/{name}"), None);
    move_on(&part, audit(restored, now))?;
    let replaced = if database.exists() { Some(keep(&database, now)?) } else { None };
    put_logs_aside(&database, now)?;
    let timeline = timeline(&part)?;
    put_in_place(&part, &database)?;
    let copied = Copy { replaced, ..copied };
    if self::timeline(&database).is_ok_and(|settled| settled == timeline) {
        return Ok(copied);
    }
    Err(CopyError::Mixed { path: database, replaced: copied.replaced })
}

/// Makes books that have gone back in time by other means (a disk that was brought back) another timeline.
pub fn begin_timeline(
    settings: &SqliteSettings,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<(), CopyError> {
    let database = settings.database_path();
    if !database.is_file() {
        return Err(OpenError::Missing { path: database }.into());
    }
    let _lock = open::lock_data_dir(settings)?;
    check(&database)?;
    move_on(&database, audit(("books.timeline", "platform".to_owned(), reason), now))
}

/// Everything in one read transaction: a copy made in steps would begin anew at every commit.
fn copy(books: &Connection, part: &Path) -> Result<(), CopyError> {
    remove(part)?;
    let failed = database("copy to", part);
    let mut target = Connection::open(part).map_err(&failed)?;
    let backup = Backup::new(books, &mut target).map_err(&failed)?;
    for _ in 0..LOCK_TRIES {
        match backup.step(-1).map_err(&failed)? {
            StepResult::Done => {
                drop(backup);
                // One file, which can be moved and kept without a log beside it.
                return target
                    .pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
                    .map_err(failed);
            }
            _ => wait(),
        }
    }
    let says = "the books stayed locked".to_owned();
    Err(CopyError::Damaged { path: part.to_owned(), says })
}

/// Whether it is a whole database of this program, and what it holds.
fn check(path: &Path) -> Result<Copy, CopyError> {
    let failed = database("check", path);
    let conn = open::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    open::check_ownership(&conn, path)?;
    match migrate::check(&conn, path) {
        // An older one is brought up to date when its timeline begins, or at its next start.
        Ok(()) | Err(OpenError::Older { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let says: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(&failed)?;
    if says != "ok" {
        return Err(CopyError::Damaged { path: path.to_owned(), says });
    }
    open::platform(&conn, path)?;
    let events: i64 =
        conn.query_row("SELECT sum(last_seq) FROM lane", [], |row| row.get(0)).map_err(&failed)?;
    let bytes = fs::metadata(path).map_err(file("look at", path))?.len();
    Ok(Copy { bytes, events: u64::try_from(events).unwrap_or_default(), replaced: None })
}

/// Answers and events of the time that is lost may be known outside: none of their numbers may be given out again.
fn move_on(part: &Path, entry: AuditEntry) -> Result<(), CopyError> {
    let failed = database("begin a timeline in", part);
    let mut conn = Connection::open(part).map_err(&failed)?;
    // A copy that an older program made has not all of the tables yet.
    migrate::migrate(&mut conn, part, entry.at)?;
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
    transaction.execute("UPDATE platform SET timeline_id = randomblob(16)", []).map_err(&failed)?;
    let skip = "UPDATE lane SET payment_counter = payment_counter + ?1";
    transaction.execute(skip, [NUMBERS_SKIPPED]).map_err(&failed)?;
    transaction.execute("DELETE FROM operator_secret", []).map_err(&failed)?;
    posting::audit_append(&transaction, &entry)?;
    transaction.commit().map_err(&failed)?;
    conn.close().map_err(|(_, source)| failed(source))
}

fn audit((action, object, reason): (&str, String, Option<&str>), at: Timestamp) -> AuditEntry {
    AuditEntry {
        actor: "command line".into(),
        role: None,
        action: action.into(),
        object: object.into(),
        reason: reason.map(Into::into),
        outcome: Some("done".into()),
        request_id: "restore".into(),
        at,
    }
}

/// Gives books that are to be replaced a second name, whole: their log is folded in first.
fn keep(database_path: &Path, now: Timestamp) -> Result<PathBuf, CopyError> {
    let failed = database("close", database_path);
    let conn = open::connect(database_path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    open::check_ownership(&conn, database_path)?;
    conn.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).map_err(&failed)?;
    conn.close().map_err(|(_, source)| failed(source))?;
    let kept = with_suffix(database_path, &format!(".replaced-{}", now.unix_ms()));
    fs::hard_link(database_path, &kept).map_err(file("keep the replaced books as", &kept))?;
    Ok(kept)
}

/// A log whose database is gone (a process was killed, the file was moved away) would be read over whatever takes its place.
fn put_logs_aside(database_path: &Path, now: Timestamp) -> Result<(), CopyError> {
    for suffix in ["-wal", "-shm", "-journal"] {
        let log = with_suffix(database_path, suffix);
        if log.exists() {
            let aside = with_suffix(&log, &format!(".replaced-{}", now.unix_ms()));
            fs::rename(&log, &aside).map_err(file("keep the replaced log as", &aside))?;
        }
    }
    Ok(())
}

/// Which timeline a database belongs to.
fn timeline(path: &Path) -> Result<Vec<u8>, CopyError> {
    let conn = open::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let read = conn.query_row("SELECT timeline_id FROM platform", [], |row| row.get(0));
    read.map_err(database("read the timeline of", path))
}

/// On the disk, then under its name.
fn put_in_place(part: &Path, place: &Path) -> Result<(), CopyError> {
    File::open(part).and_then(|whole| whole.sync_all()).map_err(file("write", part))?;
    fs::rename(part, place).map_err(file("move into its place", place))?;
    let folder =
        place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(file("write", folder))
}

fn remove(part: &Path) -> Result<(), CopyError> {
    match fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(file("remove", part)(error)),
        _ => Ok(()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the pause between two tries for a lock that another process holds"
)]
fn wait() {
    std::thread::sleep(LOCK_WAIT);
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn database<'p>(context: &'static str, path: &'p Path) -> impl Fn(rusqlite::Error) -> CopyError + use<'p> {
    move |source| OpenError::Database { context, path: path.to_owned(), source }.into()
}

fn file<'p>(context: &'static str, path: &'p Path) -> impl Fn(io::Error) -> CopyError + use<'p> {
    move |source| CopyError::File { context, path: path.to_owned(), source }
}
