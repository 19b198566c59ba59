//! How long a key keeps its answer.

use super::section::section;

section! {
    /// How long a key keeps its answer.
    Idempotency = "idempotency" {
        /// How long an answer is kept in the books, in seconds; at least a day.
        retention_seconds: u32 = "SWELITE_IDEMPOTENCY_SECONDS", "1296000", 86_400..=315_360_000;
        /// How long the cache keeps its copy, in seconds.
        cache_ttl_seconds: u32 = "APP_IDEMPOTENCY_CACHE_TTL_SECONDS", "600", 1..=86_400;
    }
}
