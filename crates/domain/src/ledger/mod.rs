//! The books: accounts, postings, journal entries.
//!
//! Signs: debit +, credit −. Invariant: a [`Posting`] is balanced by construction (one debit, one credit, one amount), so every
//! [`JournalEntry`] sums to zero per currency and layer. Entries are immutable; a correction is a reversing entry and a
//! new one. This module knows nothing of payments: `posting_rules` is the one bridge.

mod account;
mod posting;

pub use account::{AccountCode, AccountId, AccountIdError, AccountType, NormalSide};
pub use posting::{JournalEntry, Layer, Posting, PostingError};
