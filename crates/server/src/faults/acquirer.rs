//! An acquirer that can be slow or failing.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{id::AttemptId, payment::Verdict};
use engine::ports::{Acquirer, AcquirerDecision, AcquirerRequest, Inquiry};

use super::Faults;

/// Any acquirer, with faults in front of it. It counts as remote, because a slow one must be waited for outside the committer.
pub struct FaultyAcquirer {
    inner: Arc<dyn Acquirer>,
    faults: Arc<Faults>,
}

impl FaultyAcquirer {
    /// `inner`, as the switches say.
    pub fn new(inner: Arc<dyn Acquirer>, faults: Arc<Faults>) -> Self {
        Self { inner, faults }
    }
}

#[async_trait]
impl Acquirer for FaultyAcquirer {
    fn id(&self) -> &str {
        self.inner.id()
    }

    fn name(&self) -> &str {
        self.inner.name()
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn decide_at_once(&self, request: &AcquirerRequest) -> Option<AcquirerDecision> {
        let faults = self.faults.get();
        let at_once = faults.acquirer_delay_ms == 0 && faults.acquirer_error_percent == 0;
        at_once.then(|| self.inner.decide_at_once(request)).flatten()
    }

    async fn send(&self, request: &AcquirerRequest) -> AcquirerDecision {
        let faults = self.faults.get();
        tokio::time::sleep(Duration::from_millis(u64::from(faults.acquirer_delay_ms))).await;
        // The id of an attempt is random, and the same attempt fails or succeeds however often it is sent.
        if request.attempt.0 % 100 < u128::from(faults.acquirer_error_percent) {
            return AcquirerDecision::Known(Verdict::Refused);
        }
        self.inner.send(request).await
    }

    async fn inquire(&self, attempt: AttemptId) -> Inquiry {
        self.inner.inquire(attempt).await
    }
}
