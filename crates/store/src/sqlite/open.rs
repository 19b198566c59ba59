//! Opens a data directory: makes it, locks it, checks what is in it, brings it up to date.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
    time::Duration,
};

use domain::time::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, config::DbConfig, params};

use super::{
    OpenError,
    keys::LANES_MAX,
    migrate,
    rows::{Cells, ReadCells, corrupt},
};
use crate::SqliteSettings;

/// 3.51.3: older ones can damage the database when a checkpoint and a commit meet (the "WAL-reset" fault).
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// "SWEL", in the header of every database this program makes.
const APPLICATION_ID: i64 = 0x5357_454c;

/// How many lanes a new database gets. One writer commits one batch at a time: more lanes would only split batches.
const LANES_AT_CREATION: u16 = 1;

/// How long a statement waits for a lock that another connection holds; in this process only recovery takes any.
pub(super) const BUSY_WAIT_MAX: Duration = Duration::from_secs(1);

/// What a database is, fixed when it was created.
#[derive(Clone, Copy, Debug)]
pub(super) struct Platform {
    pub(super) lanes: u16,
    pub(super) timeline_id: [u8; 16],
}

/// An opened writer connection with what it holds.
pub(super) struct Opened {
    pub(super) conn: Connection,
    pub(super) lock: File,
    pub(super) platform: Platform,
}

/// Opens for writing; the only process to do so.
pub(super) fn open_writer(settings: &SqliteSettings, now: Timestamp) -> Result<Opened, OpenError> {
    check_sqlite_version()?;
    create_data_dir(settings.data_dir())?;
    let lock = lock_data_dir(settings)?;
    let path = settings.database_path();
    let failed = |source| OpenError::Database { context: "open", path: path.clone(), source };
    let mut conn = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    check_ownership(&conn, &path)?;
    configure_writer(&conn, settings).map_err(failed)?;
    migrate::migrate(&mut conn, &path, now)?;
    create_platform(&mut conn, now).map_err(failed)?;
    raise_counter(&conn).map_err(failed)?;
    let platform = platform(&conn, &path)?;
    Ok(Opened { conn, lock, platform })
}

/// Opens for copying the log back, beside the writer of this process.
pub(super) fn open_copier(settings: &SqliteSettings) -> Result<Connection, OpenError> {
    let path = settings.database_path();
    let conn = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let failed = |source| OpenError::Database { context: "open", path: path.clone(), source };
    conn.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    conn.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(())).map_err(failed)?;
    Ok(conn)
}

/// Opens for reading, beside whatever process writes.
pub(super) fn open_reader(settings: &SqliteSettings) -> Result<Connection, OpenError> {
    let path = settings.database_path();
    let failed = |source| OpenError::Database { context: "open", path: path.clone(), source };
    let conn = connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.pragma_update(None, "query_only", true).map_err(failed)?;
    conn.pragma_update(None, "cache_size", cache_kib(settings.reader_cache_bytes)).map_err(failed)?;
    conn.pragma_update(None, "temp_store", "MEMORY").map_err(failed)?;
    Ok(conn)
}

/// What a read-only opening must find before it may read.
pub(super) fn check_readable(settings: &SqliteSettings) -> Result<Platform, OpenError> {
    check_sqlite_version()?;
    let path = settings.database_path();
    if !path.is_file() {
        return Err(OpenError::Missing { path: settings.data_dir().to_owned() });
    }
    let conn = open_reader(settings)?;
    check_ownership(&conn, &path)?;
    migrate::check(&conn, &path)?;
    platform(&conn, &path)
}

fn check_sqlite_version() -> Result<(), OpenError> {
    if rusqlite::version_number() >= SQLITE_VERSION_MIN {
        return Ok(());
    }
    Err(OpenError::SqliteTooOld { found: rusqlite::version().to_owned(), needed: "3.51.3" })
}

pub(super) fn create_data_dir(path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::DataDir { path: path.to_owned(), source };
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(failed)
}

pub(super) fn lock_data_dir(settings: &SqliteSettings) -> Result<File, OpenError> {
    let path = settings.data_dir();
    let failed = |source: io::Error| OpenError::DataDir { path: path.to_owned(), source };
    let lock = File::options().create(true).append(true).open(settings.lock_path()).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    let failed = |source| OpenError::Database { context: "open", path: path.to_owned(), source };
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(failed)?;
    conn.busy_timeout(BUSY_WAIT_MAX).map_err(failed)?;
    conn.set_prepared_statement_cache_capacity(128);
    // Without it a bound LIMIT makes SQLite plan the statement anew at every run, which costs more than running it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed)?;
    Ok(conn)
}

/// Nothing is written into a file that is somebody else's.
pub(super) fn check_ownership(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |source: rusqlite::Error| match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => OpenError::Foreign { path: path.to_owned() },
        _ => OpenError::Database { context: "open", path: path.to_owned(), source },
    };
    let id: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(failed)?;
    let tables: i64 =
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    if id == APPLICATION_ID || tables == 0 {
        Ok(())
    } else {
        Err(OpenError::Foreign { path: path.to_owned() })
    }
}

fn configure_writer(conn: &Connection, settings: &SqliteSettings) -> rusqlite::Result<()> {
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    // The log is copied back by a connection of its own: see `checkpoint`.
    conn.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    // After a time of heavy load the log file gives its space back.
    let log_bytes_max = i64::from(settings.checkpoint_pages) * 4 * 4096;
    conn.pragma_update_and_check(None, "journal_size_limit", log_bytes_max, |_| Ok(()))?;
    conn.pragma_update(None, "cache_size", cache_kib(settings.writer_cache_bytes))?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // The schema declares no foreign keys: rows that belong together are written by one transaction.
    conn.pragma_update(None, "foreign_keys", false)
}

/// SQLite takes a negative cache size as kibibytes.
fn cache_kib(bytes: u64) -> i64 {
    -i64::try_from(bytes >> 10).unwrap_or(i64::MAX)
}

fn create_platform(conn: &mut Connection, now: Timestamp) -> rusqlite::Result<()> {
    let transaction = conn.transaction()?;
    let exists = transaction.query_row("SELECT 1 FROM platform", [], |_| Ok(())).optional()?.is_some();
    if !exists {
        // SQLite's generator is seeded by the operating system; a timeline only has to differ from every other one.
        let insert =
            "INSERT INTO platform (id, lanes, timeline_id, created_at) VALUES (1, ?1, randomblob(16), ?2)";
        transaction.execute(insert, params![LANES_AT_CREATION, now.unix_ms()])?;
        for lane in 0..LANES_AT_CREATION {
            let insert = "INSERT INTO lane VALUES (?1, 0, 0, 0, 0, 0, 0, 0, 0, 0, zeroblob(32), 0)";
            transaction.execute(insert, [lane])?;
            transaction.execute("INSERT INTO lane_pruned VALUES (?1, 0, zeroblob(32))", [lane])?;
            transaction.execute("INSERT INTO lane_posted VALUES (?1, 0)", [lane])?;
        }
    }
    transaction.commit()
}

/// Raises the counter of the lane to the highest number that stands there: a number given out twice is refused by the payment that
/// has it, and with it everything else. Only somebody who changed or restored rows by hand needs it.
fn raise_counter(conn: &Connection) -> rusqlite::Result<()> {
    let highest: Option<i64> = conn.query_row("SELECT max(id) FROM payment", [], |row| row.get(0))?;
    let Some(highest) = highest else { return Ok(()) };
    let lanes = i64::from(LANES_AT_CREATION);
    let raise = "UPDATE lane SET payment_counter = ?1 WHERE lane = ?2 AND payment_counter < ?1";
    if conn.execute(raise, [highest / lanes, highest % lanes])? > 0 {
        tracing::error!(
            highest,
            "the counter of payments stood before a payment that exists; it was raised: find out who changed it"
        );
    }
    Ok(())
}

pub(super) fn platform(conn: &Connection, path: &Path) -> Result<Platform, OpenError> {
    let unreadable = |source| OpenError::Corrupt { path: path.to_owned(), source };
    let found = super::rows::one(conn, "SELECT id, lanes, timeline_id FROM platform", [], |row| {
        let cells = Cells::of("platform", row);
        let lanes = cells.number(1)?;
        let in_range = (1..=LANES_MAX).contains(&lanes);
        if in_range { Ok(Platform { lanes, timeline_id: cells.array(2)? }) } else { Err(cells.corrupt(1)) }
    });
    found.map_err(unreadable)?.ok_or_else(|| unreadable(corrupt("platform", "id", "1")))
}
