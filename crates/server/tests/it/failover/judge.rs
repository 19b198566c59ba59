//! Looks at the callers' log while things are broken around them.

use std::{sync::Arc, time::Duration};

use testkit::wait::wait_until;
use tokio::time::Instant;

use super::STEP_LIMIT;
use crate::callers::Log;

/// So many answers show that the platform goes on.
const ENOUGH: u64 = 150;

/// Looks at the callers' log.
pub(super) struct Judge {
    pub(super) log: Arc<Log>,
}

impl Judge {
    pub(super) async fn sees_answers(&self, when: &str) {
        let enough = self.log.answered() + ENOUGH;
        let what = format!("callers get answers {when}");
        wait_until(&what, STEP_LIMIT, async || self.log.answered() >= enough).await;
        println!(
            "failover: {when}: {} answers so far, {} calls failed",
            self.log.answered(),
            self.log.failed()
        );
    }

    /// The same all through a time.
    pub(super) async fn sees_answers_for(&self, when: &str, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.sees_answers(when).await;
        }
    }

    pub(super) async fn sees_no_failure(&self, what: &str, step: impl AsyncFnOnce()) {
        let before = self.log.failed();
        step().await;
        assert_eq!(self.log.failed(), before, "calls failed with {what}");
    }
}
