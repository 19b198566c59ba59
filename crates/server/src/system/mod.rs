//! The machine's clocks and its randomness: the one adapter behind the engine's `Clock` and `Entropy`. Everything else is
//! given a time or an id.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use domain::{id::AttemptId, time::Timestamp};
use engine::{
    clocks::{Believed, WallClock},
    ports::{Clock, Entropy},
};

/// The clocks and the randomness of this machine.
#[derive(Clone, Debug)]
pub struct System {
    started: Duration,
    wall: Arc<WallClock>,
}

impl System {
    /// Monotonic time counts from here.
    pub fn start() -> Self {
        Self { started: uptime(), wall: Arc::new(WallClock::set(unix_ms())) }
    }
}

impl Clock for System {
    /// Not further ahead of what the wall clock said at the start than time has passed: see [`WallClock`].
    fn now(&self) -> Timestamp {
        let passed_ms = i64::try_from(self.monotonic().as_millis()).unwrap_or(i64::MAX);
        let Believed { unix_ms, leapt_ms } = self.wall.believe(unix_ms(), passed_ms);
        if let Some(ahead_ms) = leapt_ms {
            tracing::error!(
                ahead_ms,
                "wall clock has leapt ahead; it is followed if it stays there for ten minutes"
            );
        }
        Timestamp::from_unix_ms(unix_ms)
    }

    fn monotonic(&self) -> Duration {
        uptime().saturating_sub(self.started)
    }
}

/// What the wall clock says. One set before 1970 reads as 1970: the lane rows never go back, so no stored time does either.
#[expect(clippy::disallowed_methods, reason = "the one adapter of the Clock port")]
fn unix_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

impl Entropy for System {
    fn attempt_id(&self) -> AttemptId {
        let mut bytes = [0_u8; 16];
        aws_lc_rs::rand::fill(&mut bytes)
            .expect("the operating system gives random bytes, or nothing here is safe");
        AttemptId(u128::from_be_bytes(bytes))
    }
}

impl System {
    /// What the wall clock says of the moment monotonic time counts from; for a moment, until somebody sets it.
    #[expect(clippy::disallowed_methods, reason = "the one adapter of the Clock port")]
    pub fn wall_of_zero(&self) -> SystemTime {
        SystemTime::now() - self.monotonic()
    }
}

/// Time since the machine was started, with the time it slept: a laptop that wakes has not set its clock.
#[cfg(target_os = "linux")]
fn uptime() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Time since some fixed moment.
#[cfg(not(target_os = "linux"))]
fn uptime() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// SplitMix64's last steps: a bijection of 64 bits that leaves no pattern.
pub(crate) fn mix(word: u64) -> u64 {
    let word = word.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn attempt_ids_do_not_repeat() {
        let system = System::start();
        let ids: HashSet<AttemptId> = (0..1000).map(|_| system.attempt_id()).collect();
        assert_eq!(ids.len(), 1000);
    }

    #[test]
    fn the_monotonic_clock_never_goes_back() {
        let system = System::start();
        let mut last = system.monotonic();
        for _ in 0..1000 {
            let next = system.monotonic();
            assert!(next >= last);
            last = next;
        }
        assert!(system.now().unix_ms() > 1_700_000_000_000);
    }
}
