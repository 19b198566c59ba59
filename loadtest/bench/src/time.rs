//! The one clock of the generator: microseconds since it began.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Counts from its creation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "measuring time is what this program is for")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Microseconds since the start.
    pub(crate) fn micros(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A number no other run has had: keys of two runs on one database must differ.
#[expect(clippy::disallowed_methods, reason = "only distinguishes runs; nothing is measured with it")]
pub(crate) fn run_number() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(0)
}

/// Waits; for the pace of arrivals and for looking again, never to guess that something is done.
#[expect(clippy::disallowed_methods, reason = "the pace of arrivals is a time")]
pub(crate) fn sleep(duration: Duration) {
    std::thread::sleep(duration);
}
