//! How far the wall clock is believed: a payment's time cannot be taken back, and everything stored later is stored after it.

use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::Duration,
};

/// How far the wall clock may be ahead of the time that has passed before it is doubted: more than the loops that refuse to act
/// by a clock that jumped call a jump, so that they see one.
const AHEAD_MAX_MS: i64 = 120_000;
/// How long it must stay ahead by the same before it is believed: somebody meant it.
const PROBATION_MS: i64 = 600_000;
/// By how much "the same" may differ.
const SAME_MS: i64 = 5_000;
const NEVER: i64 = -1;

/// What is believed of the wall clock.
///
/// Invariant: what it says is at most two minutes ahead of its time at the start plus the time passed since. A clock that leaps
/// further is followed after ten minutes. Back it may go as it likes: no stored time follows it there.
#[derive(Debug)]
pub(super) struct WallClock {
    /// Milliseconds since 1970 when no time had passed.
    zero_ms: AtomicI64,
    /// Since when (in time passed) it is ahead, and by how much.
    ahead_since_ms: AtomicI64,
    ahead_ms: AtomicI64,
}

impl WallClock {
    /// Believes what it says at the start.
    pub(super) fn set(unix_ms: i64) -> Self {
        Self {
            zero_ms: AtomicI64::new(unix_ms),
            ahead_since_ms: AtomicI64::new(NEVER),
            ahead_ms: AtomicI64::new(0),
        }
    }

    /// The time to go by when the clock says `unix_ms` and `passed_ms` have passed.
    pub(super) fn believe(&self, unix_ms: i64, passed_ms: i64) -> i64 {
        let expected_ms = self.zero_ms.load(Relaxed).saturating_add(passed_ms);
        let ahead_ms = unix_ms.saturating_sub(expected_ms);
        if ahead_ms <= AHEAD_MAX_MS {
            if self.ahead_since_ms.load(Relaxed) != NEVER {
                self.ahead_since_ms.store(NEVER, Relaxed);
            }
            return unix_ms;
        }
        let since_ms = self.ahead_since_ms.load(Relaxed);
        let differs = ahead_ms.saturating_sub(self.ahead_ms.load(Relaxed)).saturating_abs() > SAME_MS;
        if since_ms == NEVER || differs {
            self.ahead_ms.store(ahead_ms, Relaxed);
            self.ahead_since_ms.store(passed_ms, Relaxed);
            tracing::error!(
                ahead_ms,
                "wall clock has leapt ahead; it is followed if it stays there for ten minutes"
            );
        } else if passed_ms.saturating_sub(since_ms) >= PROBATION_MS {
            self.zero_ms.store(unix_ms.saturating_sub(passed_ms), Relaxed);
            return unix_ms;
        }
        expected_ms.saturating_add(AHEAD_MAX_MS)
    }
}

/// Time since the machine was started, with the time it slept: a laptop that wakes has not set its clock.
#[cfg(target_os = "linux")]
pub(super) fn uptime() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Time since some fixed moment.
#[cfg(not(target_os = "linux"))]
pub(super) fn uptime() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_800_000_000_000;
    const DAY_MS: i64 = 86_400_000;

    #[test]
    fn a_leap_is_not_followed_until_it_has_lasted() {
        let wall = WallClock::set(START);
        assert_eq!(wall.believe(START + 1_000, 1_000), START + 1_000);
        let leapt = |passed_ms: i64| wall.believe(START + 8 * DAY_MS + passed_ms, passed_ms);
        assert_eq!(leapt(2_000), START + 2_000 + AHEAD_MAX_MS);
        assert_eq!(leapt(600_000), START + 600_000 + AHEAD_MAX_MS);
        assert_eq!(leapt(603_000), START + 8 * DAY_MS + 603_000, "it stayed there");
        assert_eq!(leapt(604_000), START + 8 * DAY_MS + 604_000);
    }

    #[test]
    fn a_clock_that_comes_back_leaves_nothing_behind() {
        let wall = WallClock::set(START);
        wall.believe(START + 16 * DAY_MS, 1_000);
        assert_eq!(wall.believe(START + 65_000, 65_000), START + 65_000);
        let again = wall.believe(START + 16 * DAY_MS, 700_000);
        assert_eq!(again, START + 700_000 + AHEAD_MAX_MS, "another leap, another ten minutes");
    }

    #[test]
    fn drift_and_steps_back_are_followed() {
        let wall = WallClock::set(START);
        assert_eq!(wall.believe(START + 59_000, 0), START + 59_000);
        assert_eq!(wall.believe(START - DAY_MS, 10), START - DAY_MS);
    }
}
