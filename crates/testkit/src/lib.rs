//! What tests of several crates share. Never part of the product: it appears under `[dev-dependencies]` only.
//!
//! Where to look: [`clock`] has a clock and randomness that the test owns; [`cache_suite`] and [`store_suite`] are what
//! every cache and every store must do; [`wait`] waits for conditions; [`process`] runs the real binary and [`http`] speaks
//! to it; [`away`] is a store that is not there.

pub mod away;
pub mod cache_suite;
pub mod clock;
pub mod http;
pub mod process;
pub mod store_suite;
pub mod wait;

pub use clock::{FixedClock, SeededEntropy};
