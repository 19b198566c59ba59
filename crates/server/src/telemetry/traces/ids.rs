//! Ids of traces and spans: unique within a process by a counter, between processes by a random seed, for a few nanoseconds.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::system::mix;

/// Gives out ids.
#[derive(Debug)]
pub(super) struct Ids {
    seed: (u64, u64),
    counter: AtomicU64,
}

impl Ids {
    pub(super) fn new(seed: u128) -> Self {
        Self { seed: ((seed >> 64) as u64, seed as u64), counter: AtomicU64::new(0) }
    }

    /// A fresh id of a trace.
    pub(super) fn trace(&self) -> u128 {
        let count = self.next();
        let (high, low) = (mix(self.seed.0 ^ count.rotate_left(32)), mix(self.seed.1.wrapping_add(count)));
        (u128::from(high) << 64 | u128::from(low)).max(1)
    }

    /// A fresh id of a span.
    pub(super) fn span(&self) -> u64 {
        mix(self.seed.0.wrapping_add(self.next())).max(1)
    }

    fn next(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_differ_within_a_process_and_between_two() {
        let both = [Ids::new(u128::MAX / 3), Ids::new(u128::MAX / 5)];
        let spans: HashSet<u64> = (0..10_000).flat_map(|_| both.each_ref().map(Ids::span)).collect();
        let traces: HashSet<u128> = (0..10_000).flat_map(|_| both.each_ref().map(Ids::trace)).collect();
        assert_eq!((spans.len(), traces.len()), (20_000, 20_000));
    }
}
