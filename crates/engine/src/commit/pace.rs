//! How fast a committer is, and whether it stands still.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::ports::Clock;

/// How long a batch takes, as a moving average, to tell how long a new command would wait.
pub(super) struct Pace {
    clock: Arc<dyn Clock>,
    stall_limit: Duration,
    batch_us: AtomicU64,
    /// Since when the present batch is under way, in milliseconds of the monotonic clock plus one; 0 when there is none.
    busy_since: AtomicU64,
}

impl Pace {
    /// Of a committer that has not committed anything yet.
    pub(super) fn new(clock: Arc<dyn Clock>, stall_limit: Duration) -> Self {
        Self { clock, stall_limit, batch_us: AtomicU64::new(0), busy_since: AtomicU64::new(0) }
    }

    /// A batch under way for longer than this has a store that must be away.
    pub(super) fn stall_limit(&self) -> Duration {
        self.stall_limit
    }

    /// A batch has taken this long.
    pub(super) fn record(&self, batch_us: u64) {
        let before = self.batch_us.load(Ordering::Relaxed);
        self.batch_us.store(before.saturating_mul(7).saturating_add(batch_us) / 8, Ordering::Relaxed);
    }

    /// A batch is under way.
    pub(super) fn begin(&self, now: Duration) {
        let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX - 1);
        self.busy_since.store(now_ms.saturating_add(1), Ordering::Relaxed);
    }

    /// None is under way.
    pub(super) fn end(&self) {
        self.busy_since.store(0, Ordering::Relaxed);
    }

    /// Whether the batch under way has taken so long that the store must be away.
    pub(super) fn is_stalled(&self) -> bool {
        let since = self.busy_since.load(Ordering::Relaxed);
        let stalled_at = Duration::from_millis(since.saturating_sub(1)).saturating_add(self.stall_limit);
        since > 0 && self.clock.monotonic() >= stalled_at
    }

    /// How long a new command would wait behind `waiting` others.
    pub(super) fn wait(&self, waiting: usize, batch_max: usize) -> Duration {
        let batches = waiting / batch_max.max(1);
        let batch_us = self.batch_us.load(Ordering::Relaxed);
        Duration::from_micros(batch_us.saturating_mul(u64::try_from(batches).unwrap_or(u64::MAX)))
    }
}
