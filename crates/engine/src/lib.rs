//! Use cases, the lane committer, the pipeline loops, and the ports they need of the world.
//!
//! Where to look: [`payments`] has one file a use case; [`commit`] batches commands, decides them and commits them with
//! their events; [`pipeline`] carries events to the ledger; [`ports`] is all this crate asks of the outside.
//!
//! Invariant: request code cannot reach the broker. It hands commands to the committer, which commits a payment's change
//! together with its event or not at all.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]

pub mod clocks;
pub mod commit;
pub mod digest;
mod error_chain;
pub mod observe;
pub mod operators;
pub mod payments;
pub mod pipeline;
pub mod ports;
pub mod proofs;
pub mod queries;
pub mod settings;
pub mod signals;

pub use error_chain::error_chain;
