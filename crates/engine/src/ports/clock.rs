//! Time and randomness are arguments.

use std::time::Duration;

use domain::{id::AttemptId, time::Timestamp};

/// The clocks. Tests own them.
pub trait Clock: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment; never goes back.
    fn monotonic(&self) -> Duration;
}

/// Randomness. Tests seed it.
pub trait Entropy: Send + Sync {
    /// A fresh attempt id: 128 random bits.
    fn attempt_id(&self) -> AttemptId;
}
