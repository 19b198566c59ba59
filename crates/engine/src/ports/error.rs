//! What can go wrong with a store, by what must be done about it.

use std::error::Error;

use thiserror::Error;

/// The underlying cause, kept for the log only.
type Source = Box<dyn Error + Send + Sync>;

/// Why the store did not do it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Away, busy or full: nothing was written, and the same call may succeed later.
    #[error("store is unavailable: {context}")]
    Unavailable {
        /// What was being done.
        context: &'static str,
        /// Why it failed.
        #[source]
        source: Source,
    },
    /// A statement was refused: nothing was written, and the same call would fail again.
    #[error("statement was refused: {context}")]
    Statement {
        /// What was being done.
        context: &'static str,
        /// Why it failed.
        #[source]
        source: Source,
    },
    /// The connection was lost around COMMIT: it may or may not have been written.
    #[error("outcome of the commit is unknown")]
    UnknownOutcome {
        /// Why it failed.
        #[source]
        source: Source,
    },
    /// A stored row cannot be understood.
    #[error("stored row is corrupt: {what}")]
    Corrupt {
        /// Table, column and row.
        what: String,
    },
    /// Someone else holds what this call needs (an epoch moved on, a row changed underneath).
    #[error("fenced off: {what}")]
    Fenced {
        /// What moved.
        what: &'static str,
    },
}

impl StoreError {
    /// Whether the same call may succeed later without anything being mended.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Statement { .. }
            | Self::UnknownOutcome { .. }
            | Self::Corrupt { .. }
            | Self::Fenced { .. } => false,
        }
    }
}
