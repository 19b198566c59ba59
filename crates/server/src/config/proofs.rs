//! How often the books prove themselves.

use super::section::section;

section! {
    /// How often the books prove themselves.
    Proofs = "proofs" {
        /// Time between two runs of the proofs over what is new, in seconds. `swelite ledger verify` runs all of them.
        interval_seconds: u32 = "SWELITE_PROOF_INTERVAL_SECONDS", "60", 1..=86_400;
    }
}
