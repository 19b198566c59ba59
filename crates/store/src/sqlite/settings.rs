//! What can be set about the embedded store. Reading it from the environment is `server::config`'s work.

use std::path::{Path, PathBuf};

/// Settings of the embedded store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SqliteSettings {
    /// The directory that holds the database; created when it is missing.
    pub data_dir: PathBuf,
    /// The writer's page cache.
    pub writer_cache_bytes: u64,
    /// Each reader's page cache.
    pub reader_cache_bytes: u64,
    /// How many snapshots there can be at one time.
    pub readers: usize,
    /// How long a snapshot may wait for one of the readers.
    pub reader_wait_ms: u64,
    /// From how many pages on the write-ahead log is copied back into the database.
    pub checkpoint_pages: u32,
    /// About how many rows' index entries wait in memory, to be merged side by side. More makes a payment cheaper in a large
    /// store, and costs memory (some 100 bytes a row) and time to open.
    pub index_lag_rows: u64,
}

impl SqliteSettings {
    /// The defaults, for the database in `data_dir`.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            writer_cache_bytes: 128 << 20,
            reader_cache_bytes: 16 << 20,
            readers: 4,
            reader_wait_ms: 2_000,
            checkpoint_pages: 1_024,
            index_lag_rows: 131_072,
        }
    }

    pub(crate) fn database_path(&self) -> PathBuf {
        self.data_dir.join("swelite.db")
    }

    pub(crate) fn lock_path(&self) -> PathBuf {
        self.data_dir.join("swelite.lock")
    }

    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }
}
