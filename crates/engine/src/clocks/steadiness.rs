//! Whether the wall clock still goes with the monotonic one. What cannot be taken back is not done by a clock that somebody set,
//! until it has stayed there for ten minutes: then it was meant.

use std::time::Duration;

use domain::time::Timestamp;

use super::{
    ms,
    wall::{PROBATION_MS, SAME_MS},
};
use crate::ports::Clock;

/// How far the wall clock may move against the monotonic one.
const CLOCK_JUMP_MAX_MS: i64 = 60_000;

/// Both clocks at one moment, and since when they differ.
#[derive(Debug)]
pub(crate) struct Steadiness {
    wall: Timestamp,
    monotonic: Duration,
    /// The jump that was seen, and when it was.
    jumped: Option<(i64, Duration)>,
}

/// Whether a loop may act by the wall clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stance {
    /// It may.
    Steady,
    /// It may again: the clock has stayed where it was set.
    Settled,
    /// It may not.
    Jumped {
        /// How far.
        ms: i64,
        /// Whether this jump is seen for the first time.
        news: bool,
    },
}

impl Steadiness {
    /// Measures from now on.
    pub(crate) fn from_now(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), monotonic: clock.monotonic(), jumped: None }
    }

    /// What the clocks say now.
    pub(crate) fn look(&mut self, clock: &dyn Clock) -> Stance {
        let (wall, monotonic) = (clock.now(), clock.monotonic());
        let expected_ms = ms(monotonic.saturating_sub(self.monotonic));
        let jump_ms = wall.ms_since(self.wall).saturating_sub(expected_ms);
        if jump_ms.saturating_abs() <= CLOCK_JUMP_MAX_MS {
            self.jumped = None;
            return Stance::Steady;
        }
        let same =
            self.jumped.filter(|(seen_ms, _)| seen_ms.saturating_sub(jump_ms).saturating_abs() <= SAME_MS);
        match same {
            Some((_, since)) if ms(monotonic.saturating_sub(since)) >= PROBATION_MS => {
                *self = Self { wall, monotonic, jumped: None };
                Stance::Settled
            }
            Some(_) => Stance::Jumped { ms: jump_ms, news: false },
            None => {
                self.jumped = Some((jump_ms, monotonic));
                Stance::Jumped { ms: jump_ms, news: true }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const MINUTE_MS: i64 = 60_000;

    /// Both clocks in milliseconds, moved by hand.
    struct Hands(Mutex<(i64, u64)>);

    impl Hands {
        fn pass(&self, minutes: u64) {
            let mut hands = self.0.lock().unwrap();
            hands.0 += MINUTE_MS * i64::try_from(minutes).unwrap();
            hands.1 += 60_000 * minutes;
        }

        fn set(&self, by_minutes: i64) {
            self.0.lock().unwrap().0 += by_minutes * MINUTE_MS;
        }
    }

    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            Timestamp::from_unix_ms(self.0.lock().unwrap().0)
        }

        fn monotonic(&self) -> Duration {
            Duration::from_millis(self.0.lock().unwrap().1)
        }
    }

    fn jumped(minutes: i64, news: bool) -> Stance {
        Stance::Jumped { ms: minutes * MINUTE_MS, news }
    }

    #[test]
    fn a_jump_is_told_once_and_over_when_it_has_lasted() {
        for by in [-90, 90] {
            let hands = Hands(Mutex::new((1_800_000_000_000, 0)));
            let mut steadiness = Steadiness::from_now(&hands);
            hands.pass(5);
            assert_eq!(steadiness.look(&hands), Stance::Steady);
            hands.set(by);
            assert_eq!(steadiness.look(&hands), jumped(by, true));
            hands.pass(9);
            assert_eq!(steadiness.look(&hands), jumped(by, false));
            hands.pass(1);
            assert_eq!(steadiness.look(&hands), Stance::Settled);
            assert_eq!(steadiness.look(&hands), Stance::Steady, "it is measured from there");
            hands.set(-by);
            assert_eq!(steadiness.look(&hands), jumped(-by, true), "back is another jump");
        }
    }

    #[test]
    fn a_clock_that_comes_back_or_goes_on_jumping_begins_anew() {
        let hands = Hands(Mutex::new((1_800_000_000_000, 0)));
        let mut steadiness = Steadiness::from_now(&hands);
        hands.set(90);
        assert_eq!(steadiness.look(&hands), jumped(90, true));
        hands.pass(9);
        hands.set(5);
        assert_eq!(steadiness.look(&hands), jumped(95, true));
        hands.pass(9);
        assert_eq!(steadiness.look(&hands), jumped(95, false), "ten minutes count from the last of them");
        hands.set(-95);
        assert_eq!(steadiness.look(&hands), Stance::Steady);
    }
}
