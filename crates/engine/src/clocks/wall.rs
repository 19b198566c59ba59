//! How far a wall clock is believed: a payment's time cannot be taken back, and everything stored later is stored after it.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// How far a wall clock may be ahead of the time that has passed before it is doubted: more than the loops that refuse to act
/// by a clock that jumped call a jump, so that they see one.
pub const AHEAD_MAX_MS: i64 = 120_000;
/// How long it must stay ahead by the same before it is believed: somebody meant it.
pub(super) const PROBATION_MS: i64 = 600_000;
/// By how much "the same" may differ.
pub(super) const SAME_MS: i64 = 5_000;
const NEVER: i64 = -1;

/// What is believed of a wall clock.
///
/// Invariant: what it says is at most two minutes ahead of its time at the start plus the time passed since. A clock that leaps
/// further is followed after ten minutes. Back it may go as it likes: no stored time follows it there.
#[derive(Debug)]
pub struct WallClock {
    /// Milliseconds since 1970 when no time had passed.
    zero_ms: AtomicI64,
    /// Since when (in time passed) it is ahead, and by how much.
    ahead_since_ms: AtomicI64,
    ahead_ms: AtomicI64,
}

/// The time to go by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Believed {
    /// In milliseconds since 1970.
    pub unix_ms: i64,
    /// By how much the clock is ahead, when it begins to be doubted: said once a leap.
    pub leapt_ms: Option<i64>,
}

impl WallClock {
    /// Believes what it says when no time has passed.
    pub fn set(unix_ms: i64) -> Self {
        Self {
            zero_ms: AtomicI64::new(unix_ms),
            ahead_since_ms: AtomicI64::new(NEVER),
            ahead_ms: AtomicI64::new(0),
        }
    }

    /// The time to go by when the clock says `unix_ms` and `passed_ms` have passed.
    pub fn believe(&self, unix_ms: i64, passed_ms: i64) -> Believed {
        let expected_ms = self.zero_ms.load(Relaxed).saturating_add(passed_ms);
        let ahead_ms = unix_ms.saturating_sub(expected_ms);
        let right = Believed { unix_ms, leapt_ms: None };
        if ahead_ms <= AHEAD_MAX_MS {
            if self.ahead_since_ms.load(Relaxed) != NEVER {
                self.ahead_since_ms.store(NEVER, Relaxed);
            }
            return right;
        }
        let since_ms = self.ahead_since_ms.load(Relaxed);
        let differs = ahead_ms.saturating_sub(self.ahead_ms.load(Relaxed)).saturating_abs() > SAME_MS;
        let news = since_ms == NEVER || differs;
        if news {
            self.ahead_ms.store(ahead_ms, Relaxed);
            self.ahead_since_ms.store(passed_ms, Relaxed);
        } else if passed_ms.saturating_sub(since_ms) >= PROBATION_MS {
            self.zero_ms.store(unix_ms.saturating_sub(passed_ms), Relaxed);
            return right;
        }
        let doubted_ms = expected_ms.saturating_add(AHEAD_MAX_MS);
        assert!(doubted_ms < unix_ms, "a doubt never makes it later than the clock says");
        Believed { unix_ms: doubted_ms, leapt_ms: news.then_some(ahead_ms) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_800_000_000_000;
    const DAY_MS: i64 = 86_400_000;

    fn believe(wall: &WallClock, unix_ms: i64, passed_ms: i64) -> i64 {
        wall.believe(unix_ms, passed_ms).unix_ms
    }

    #[test]
    fn a_leap_is_not_followed_until_it_has_lasted() {
        let wall = WallClock::set(START);
        assert_eq!(believe(&wall, START + 1_000, 1_000), START + 1_000);
        let leapt = |passed_ms: i64| wall.believe(START + 8 * DAY_MS + passed_ms, passed_ms);
        let first = leapt(2_000);
        let told = Believed { unix_ms: START + 2_000 + AHEAD_MAX_MS, leapt_ms: Some(8 * DAY_MS) };
        assert_eq!(first, told);
        let second = Believed { unix_ms: START + 600_000 + AHEAD_MAX_MS, leapt_ms: None };
        assert_eq!(leapt(600_000), second, "it is said once");
        assert_eq!(leapt(603_000).unix_ms, START + 8 * DAY_MS + 603_000, "it stayed there");
        assert_eq!(leapt(604_000).unix_ms, START + 8 * DAY_MS + 604_000);
    }

    #[test]
    fn a_clock_that_comes_back_leaves_nothing_behind() {
        let wall = WallClock::set(START);
        wall.believe(START + 16 * DAY_MS, 1_000);
        assert_eq!(believe(&wall, START + 65_000, 65_000), START + 65_000);
        let again = believe(&wall, START + 16 * DAY_MS, 700_000);
        assert_eq!(again, START + 700_000 + AHEAD_MAX_MS, "another leap, another ten minutes");
    }

    #[test]
    fn drift_and_steps_back_are_followed() {
        let wall = WallClock::set(START);
        assert_eq!(believe(&wall, START + 59_000, 0), START + 59_000);
        assert_eq!(believe(&wall, START - DAY_MS, 10), START - DAY_MS);
    }
}
