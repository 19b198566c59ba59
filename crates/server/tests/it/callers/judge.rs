//! Looks at the callers' log while things are broken around them.

use std::{sync::Arc, time::Duration};

use testkit::wait::wait_until;
use tokio::time::Instant;

use super::Log;

/// How long a step may take before the test has failed.
pub(crate) const STEP_LIMIT: Duration = Duration::from_secs(180);

/// So many answers show that the platform goes on.
const ENOUGH: u64 = 150;

/// Looks at the callers' log.
pub(crate) struct Judge {
    pub(super) log: Arc<Log>,
}

impl Judge {
    pub(crate) async fn sees_answers(&self, when: &str) {
        let enough = self.log.answered() + ENOUGH;
        let what = format!("callers get answers {when}");
        wait_until(&what, STEP_LIMIT, async || self.log.answered() >= enough).await;
        println!("{when}: {} answers so far, {} calls failed", self.log.answered(), self.log.failed());
    }

    /// The same all through a time.
    pub(crate) async fn sees_answers_for(&self, when: &str, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.sees_answers(when).await;
        }
    }

    /// Calls that failed so far.
    pub(crate) fn failed(&self) -> u64 {
        self.log.failed()
    }

    /// How long 99 of 100 of the answers of some time took, in milliseconds.
    pub(crate) async fn p99_ms(&self, when: &str, time: Duration) -> f64 {
        self.log.take_latencies();
        self.sees_answers_for(when, time).await;
        let mut latencies = self.log.take_latencies();
        latencies.sort_unstable();
        let p99 = latencies[latencies.len() * 99 / 100].as_secs_f64() * 1000.0;
        println!("{when}: p99 {p99:.1} ms of {} answers", latencies.len());
        p99
    }

    pub(crate) async fn sees_no_failure(&self, what: &str, step: impl AsyncFnOnce()) {
        let before = self.log.failed();
        step().await;
        assert_eq!(self.log.failed(), before, "calls failed with {what}");
    }
}
