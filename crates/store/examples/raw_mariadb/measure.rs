//! Time, and the server's processor time.

use std::{
    fs,
    time::{Duration, Instant},
};

/// What was measured.
#[derive(Default)]
pub(crate) struct Times {
    pub(crate) payments: u64,
    pub(crate) commits: Vec<Duration>,
    pub(crate) postings: Vec<Duration>,
}

impl Times {
    pub(crate) fn add(&mut self, other: Self) {
        self.payments += other.payments;
        self.commits.extend(other.commits);
        self.postings.extend(other.postings);
    }
}

#[expect(clippy::disallowed_methods, reason = "measuring time is what this program is for")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// `sorted` must be.
pub(crate) fn percentile_us(sorted: &[Duration], percent: usize) -> u64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0, |time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
}

/// The processor time a process has used; Linux counts it in hundredths of a second.
pub(crate) fn cpu_micros(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some((ticks(11)? + ticks(12)?) * 10_000)
}
