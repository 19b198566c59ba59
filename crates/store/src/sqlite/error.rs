//! What SQLite says, sorted by what must be done about it.

use std::{io, path::PathBuf};

use engine::ports::StoreError;
use rusqlite::{Error, ErrorCode};
use thiserror::Error;

/// Why a data directory cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// It cannot be made, read or written.
    #[error("cannot use data directory `{}`", path.display())]
    DataDir {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Another process has it open.
    #[error("data directory `{}` is in use by another process", path.display())]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// There is nothing to read.
    #[error("data directory `{}` holds no database", path.display())]
    Missing {
        /// Which.
        path: PathBuf,
    },
    /// The database does not do what it was asked.
    #[error("cannot {context} database `{}`", path.display())]
    Database {
        /// What was being done.
        context: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: Error,
    },
    /// A file of that name exists and was not made by this program.
    #[error("`{}` is not a database of this program", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// The database was written by a newer version of this program.
    #[error("database `{}` has schema version {found}, this program knows versions up to {known}", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// What it has.
        found: u32,
        /// What is known.
        known: u32,
    },
    /// A migration that was applied is not the one this program holds.
    #[error("migration {version} of database `{}` is not the one this program knows", path.display())]
    ChangedMigration {
        /// Which file.
        path: PathBuf,
        /// Which migration.
        version: u32,
    },
    /// The schema is behind and a read-only opening may not change it.
    #[error("database `{}` has schema version {found} and needs version {known}: start the server once", path.display())]
    Older {
        /// Which file.
        path: PathBuf,
        /// What it has.
        found: u32,
        /// What is needed.
        known: u32,
    },
    /// The SQLite linked in has known ways to lose data.
    #[error("SQLite {found} is too old: at least {needed} is needed")]
    SqliteTooOld {
        /// What is linked in.
        found: String,
        /// What is needed.
        needed: &'static str,
    },
    /// A row that opening depends on cannot be understood.
    #[error("cannot read database `{}`", path.display())]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: StoreError,
    },
}

/// Sorts a failure before COMMIT: nothing has been written.
pub(super) fn failed(context: &'static str) -> impl Fn(Error) -> StoreError {
    move |error| sort(context, error)
}

/// A statement that did not do what it must have done.
pub(super) fn refused(context: &'static str, why: impl Into<String>) -> StoreError {
    StoreError::Statement { context, source: why.into().into() }
}

/// Whether the log could not be written for another reason than a full disk; after that only recovery knows what it holds.
pub(super) fn leaves_the_log_in_doubt(error: &Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
}

fn sort(context: &'static str, error: Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::OutOfMemory
            | ErrorCode::ReadOnly
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::OperationInterrupted,
        ) => StoreError::Unavailable { context, source: error.into() },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt {
            what: format!("database file, found while it was asked to {context}: {error}"),
        },
        _ => StoreError::Statement { context, source: error.into() },
    }
}
