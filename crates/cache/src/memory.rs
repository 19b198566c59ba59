//! The `Cache` port in memory. It refuses to grow: copies are bounded in bytes, open windows in number.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::id::MerchantId;
use engine::ports::{
    Admission, Admitted, Cache, CacheError, CachedAnswer, Charge, Clock, IdempotencyScope, Limit,
    LimitAction, LimitState,
};

use crate::{answers::Answers, windows::Windows};

/// The bounds of the cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryCacheSettings {
    /// How long a copy of an answer is kept.
    pub answer_ttl_seconds: u32,
    /// How much memory copies of answers may take, keys and bookkeeping included. The oldest go first.
    pub answers_bytes_max: usize,
    /// How many windows may be open at once, per action. Whoever would open one more is told the cache is away.
    pub windows_max: usize,
}

impl Default for MemoryCacheSettings {
    fn default() -> Self {
        Self { answer_ttl_seconds: 600, answers_bytes_max: 64 << 20, windows_max: 1 << 19 }
    }
}

/// Counters and short-lived copies in the memory of this process.
pub struct MemoryCache {
    answers: Answers,
    windows: Windows,
    clock: Arc<dyn Clock>,
}

impl MemoryCache {
    /// An empty cache that lives in the time of `clock`.
    pub fn new(settings: MemoryCacheSettings, clock: Arc<dyn Clock>) -> Self {
        let ttl = Duration::from_secs(u64::from(settings.answer_ttl_seconds));
        let answers = Answers::new(nanoseconds(ttl), settings.answers_bytes_max);
        Self { answers, windows: Windows::new(settings.windows_max), clock }
    }

    fn now_ns(&self) -> u64 {
        nanoseconds(self.clock.monotonic())
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn admit(&self, admission: Admission<'_>) -> Result<Admitted, CacheError> {
        let Admission { scope, merchant, action, limit } = admission;
        let now_ns = self.now_ns();
        if let Some(answer) = scope.and_then(|scope| self.answers.get(scope, now_ns)) {
            let standing = limit.map(|limit| self.windows.state(merchant, action, limit, now_ns));
            // What has been answered may be answered again, whatever the limit says.
            let limit = standing.map(|state| LimitState { allowed: true, ..state });
            return Ok(Admitted { answer: Some(answer), limit, charge: None });
        }
        let Some(limit) = limit else { return Ok(Admitted { answer: None, limit: None, charge: None }) };
        let (state, window) = self
            .windows
            .charge(merchant, action, limit, now_ns)
            .map_err(|full| CacheError { source: Box::new(full) })?;
        let charge = window.map(|window| Charge { merchant: merchant.clone(), action, window });
        Ok(Admitted { answer: None, limit: Some(state), charge })
    }

    async fn give_back(&self, charge: &Charge) -> Result<(), CacheError> {
        self.windows.give_back(charge, self.now_ns());
        Ok(())
    }

    async fn remember(&self, scope: &IdempotencyScope, answer: CachedAnswer) -> Result<(), CacheError> {
        self.answers.put(scope, answer, self.now_ns());
        Ok(())
    }

    async fn limit_state(
        &self,
        merchant: &MerchantId,
        action: LimitAction,
        limit: Limit,
    ) -> Result<LimitState, CacheError> {
        Ok(self.windows.state(merchant, action, limit, self.now_ns()))
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
