//! When the calls of an open loop are due: evenly spaced, whether or not anybody has answered.
//!
//! The poll waits in whole milliseconds, so what is due within one may go out together. A clock that ticks faster would cost the
//! platform, which shares the processor, more than that: at 250 µs it took 13 µs of CPU a call.

use std::time::Duration;

/// The due times of an open loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrivals {
    per_second: u64,
    sent: u64,
}

impl Arrivals {
    /// `per_second` calls, from moment 0.
    pub(crate) fn new(per_second: u64) -> Self {
        Self { per_second: per_second.max(1), sent: 0 }
    }

    /// The due time of the next call, if it has come; each is handed out once.
    pub(crate) fn take_due(&mut self, now_micros: u64) -> Option<u64> {
        let due = self.next_due();
        if due > now_micros {
            return None;
        }
        self.sent += 1;
        Some(due)
    }

    /// How long nothing is due, from `now_micros` on.
    pub(crate) fn pause(&self, now_micros: u64) -> Duration {
        Duration::from_micros(self.next_due().saturating_sub(now_micros))
    }

    fn next_due(&self) -> u64 {
        self.sent.saturating_mul(1_000_000) / self.per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_are_even_and_a_late_look_finds_all_that_were_due() {
        let mut arrivals = Arrivals::new(1000);
        assert_eq!(arrivals.take_due(0), Some(0));
        assert_eq!(arrivals.take_due(999), None);
        assert_eq!(arrivals.pause(999), Duration::from_micros(1));
        assert_eq!(arrivals.pause(1001), Duration::ZERO);
        let late: Vec<u64> = std::iter::from_fn(|| arrivals.take_due(5000)).collect();
        assert_eq!(late, [1000, 2000, 3000, 4000, 5000]);
    }
}
