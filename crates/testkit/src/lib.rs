//! What tests of several crates share. Never part of the product: it appears under `[dev-dependencies]` only.
//!
//! Where to look: [`clock`] has a clock and randomness that the test owns; [`mod@store_suite`], [`mod@broker_suite`] and
//! [`mod@cache_suite`] are what every store, broker and cache must do; [`wait`] waits for conditions; [`process`] runs the real
//! binary and [`http`] speaks to it; [`away`] is a store that is not there, [`faults`] makes one fail on demand.

pub mod away;
pub mod broker_suite;
pub mod cache_suite;
pub mod clock;
pub mod faults;
pub mod http;
pub mod process;
pub mod schema;
pub mod store_suite;
pub mod wait;

pub use clock::{FixedClock, SeededEntropy};
