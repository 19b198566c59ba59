//! When the calls of an open loop are due: evenly spaced, whether or not anybody has answered.
//!
//! The poll's own timeout counts in milliseconds, which would turn a rate into bursts; a thread that wakes the poll does not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use mio::Waker;

use crate::time;

/// How often the loop looks whether something is due.
const TICK: Duration = Duration::from_micros(250);

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
        let due = self.sent.saturating_mul(1_000_000) / self.per_second;
        if due > now_micros {
            return None;
        }
        self.sent += 1;
        Some(due)
    }
}

/// Wakes a poll at every tick until it is dropped.
pub(crate) struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts waking.
    pub(crate) fn start(waker: Waker) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) && waker.wake().is_ok() {
                time::sleep(TICK);
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It cannot panic: it only waits and wakes.
            let _ = thread.join();
        }
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
        let late: Vec<u64> = std::iter::from_fn(|| arrivals.take_due(5000)).collect();
        assert_eq!(late, [1000, 2000, 3000, 4000, 5000]);
    }
}
