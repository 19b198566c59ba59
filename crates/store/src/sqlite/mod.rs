//! The embedded adapter: one writer connection behind a fair lock, a few readers, one process per data directory.

mod batch;
mod checkpoint;
mod copies;
mod error;
mod keys;
mod late;
mod lease;
mod migrate;
mod open;
mod operators;
mod posting;
mod readers;
mod retention;
mod rows;
mod settings;
mod snapshot;
mod store;
mod writer;

pub use copies::{Copy, CopyError, backup, begin_timeline, restore};
pub use error::OpenError;
pub use settings::SqliteSettings;
pub use store::SqliteStore;
