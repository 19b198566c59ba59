//! What tests of several crates share. Never part of the product: it appears under `[dev-dependencies]` only.
//!
//! Where to look: [`clock`] has a clock and randomness that the test owns.

pub mod clock;

pub use clock::{FixedClock, SeededEntropy};
