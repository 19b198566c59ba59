//! Whether the wall clock still goes with the monotonic one. What cannot be taken back is not done by a clock that somebody set.

use std::time::Duration;

use domain::time::Timestamp;

use crate::ports::Clock;

/// How far the wall clock may move against the monotonic one.
const CLOCK_JUMP_MAX_MS: i64 = 60_000;

/// Both clocks at one moment.
pub(super) struct Steadiness {
    wall: Timestamp,
    monotonic: Duration,
}

impl Steadiness {
    /// Measures from now on.
    pub(super) fn from_now(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), monotonic: clock.monotonic() }
    }

    /// How far the wall clock has jumped since, in milliseconds, if it is further than clocks drift.
    pub(super) fn jump_ms(&self, clock: &dyn Clock) -> Option<i64> {
        let elapsed = clock.monotonic().saturating_sub(self.monotonic);
        let expected_ms = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        let jump_ms = clock.now().ms_since(self.wall).saturating_sub(expected_ms);
        (jump_ms.saturating_abs() > CLOCK_JUMP_MAX_MS).then_some(jump_ms)
    }
}
