//! Clocks and randomness that a test owns: nothing here moves unless the test moves it, and the same seed gives the same ids.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use domain::{id::AttemptId, time::Timestamp};
use engine::ports::{Clock, Entropy};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FixedClock {
    unix_ms: AtomicI64,
    monotonic_ms: AtomicU64,
}

impl FixedClock {
    /// Stands at `now`; its monotonic side starts at zero.
    pub fn at(now: Timestamp) -> Self {
        Self { unix_ms: AtomicI64::new(now.unix_ms()), monotonic_ms: AtomicU64::new(0) }
    }

    /// Time passes: both sides move.
    pub fn advance_ms(&self, ms: u64) {
        let wall_ms = i64::try_from(ms).unwrap_or(i64::MAX);
        self.unix_ms.fetch_add(wall_ms, Ordering::SeqCst);
        self.monotonic_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Time passes, in whole seconds.
    pub fn advance_seconds(&self, seconds: u32) {
        self.advance_ms(u64::from(seconds).saturating_mul(1000));
    }

    /// Somebody sets the wall clock, back or forth; the monotonic side does not move.
    pub fn set_wall(&self, now: Timestamp) {
        self.unix_ms.store(now.unix_ms(), Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    /// Stands at 2026-11-22T00:00:00Z.
    fn default() -> Self {
        Self::at(Timestamp::from_unix_ms(1_795_305_600_000))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.unix_ms.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.monotonic_ms.load(Ordering::SeqCst))
    }
}

/// Ids that look random and are the same in every run of a test: SplitMix64 from a seed.
#[derive(Debug)]
pub struct SeededEntropy {
    state: AtomicU64,
}

impl SeededEntropy {
    /// The sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }

    /// The next 64 bits.
    pub fn next_u64(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let state = self.state.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn attempt_id(&self) -> AttemptId {
        AttemptId(u128::from(self.next_u64()) << 64 | u128::from(self.next_u64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_the_wall_clock_back_leaves_the_monotonic_side_alone() {
        let clock = FixedClock::default();
        assert_eq!(clock.now().to_string(), "2026-11-22T00:00:00.000Z");
        clock.advance_seconds(5);
        clock.set_wall(Timestamp::from_unix_ms(7));
        assert_eq!(clock.now().unix_ms(), 7);
        assert_eq!(clock.monotonic(), Duration::from_secs(5));
    }

    #[test]
    fn one_seed_gives_one_sequence_without_repeats() {
        let draw = |seed| {
            let entropy = SeededEntropy::new(seed);
            [entropy.attempt_id(), entropy.attempt_id(), entropy.attempt_id()]
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let [a, b, c] = draw(3);
        assert!(a != b && b != c && a != c);
    }
}
