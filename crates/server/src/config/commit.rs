//! How commands wait for the committer and share its transactions.

use super::section::section;

section! {
    /// How commands wait for the committer and share its transactions.
    Commit = "commit" {
        /// Commands a transaction takes at most.
        batch_max: u32 = "SWELITE_BATCH_MAX", "256", 1..=10_000;
        /// Transactions that are committed side by side, each of other lanes: more of them make smaller ones, which pays only where
        /// the database is far away. One file has one lane, so one.
        committers: u32 = "SWELITE_COMMITTERS", "1", 1..=64;
        /// Commands that may wait; one more is told to come back (503).
        queue_max: u32 = "SWELITE_QUEUE_MAX", "4096", 1..=1_000_000;
        /// How long a command may wait for its commit, in milliseconds.
        timeout_ms: u32 = "SWELITE_COMMAND_TIMEOUT_MS", "5000", 50..=600_000;
        /// Events the worker posts in one transaction at most.
        worker_batch_max: u32 = "SWELITE_WORKER_BATCH_MAX", "512", 1..=10_000;
    }
}
