//! How long what has been handled is kept. Payments and the ledger are kept for ever.

use super::section::section;

section! {
    /// How long what has been handled is kept. Payments and the ledger are kept for ever.
    Retention = "retention" {
        /// How long a posted event stays in the outbox at least, in seconds.
        outbox_seconds: u32 = "SWELITE_OUTBOX_RETENTION_SECONDS", "604800", 1..=315_360_000;
    }
}
