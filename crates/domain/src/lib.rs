//! Payments, money and the ledger: everything that can be decided without waiting.
//!
//! Nothing in this crate reads a clock, draws a random number, or performs I/O. Time and ids are arguments, every
//! operation on money is checked, and the same input always gives the same output; that is what lets the committer
//! decide a batch again after a lost connection and lets the worker derive what the API has already shown.
//!
//! Where to look: [`payment`] is the state machine, [`ledger`] the chart of accounts and the postings,
//! [`posting_rules`] the one bridge between the two, [`event`] what is committed and travels.

#![deny(
    clippy::float_arithmetic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used
)]
#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "a test that panics has failed, which is its job"
    )
)]

mod card_number;
pub mod event;
pub mod fee;
pub mod id;
pub mod ledger;
pub mod money;
pub mod operator;
pub mod payment;
pub mod posting_rules;
pub mod text;
pub mod time;
