//! The `Cache` port in memory. It refuses to grow: copies are bounded in bytes, open windows in number.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::id::MerchantId;
use engine::ports::{
    Admission, Admitted, Cache, CacheError, CachedAnswer, Charge, Clock, IdempotencyScope, Limit,
    LimitAction, LimitState,
};
use moka::policy::EvictionPolicy;

use crate::windows::Windows;

/// The bounds of the cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryCacheSettings {
    /// How long a copy of an answer is kept.
    pub answer_ttl_seconds: u32,
    /// How much memory copies of answers may take, keys and bookkeeping included. The least recently used go first.
    pub answers_bytes_max: u64,
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
    answers: moka::sync::Cache<IdempotencyScope, CachedAnswer>,
    windows: Windows,
    clock: Arc<dyn Clock>,
}

/// What one copy takes beside its key and body: the table's slot, two list nodes and the heap's rounding. Measured with
/// `examples/admit_cost.rs`.
const ANSWER_OVERHEAD_BYTES: usize = 400;

impl MemoryCache {
    /// An empty cache. Windows follow `clock`; copies of answers follow the system's own.
    pub fn new(settings: MemoryCacheSettings, clock: Arc<dyn Clock>) -> Self {
        let answers = moka::sync::Cache::builder()
            .time_to_live(Duration::from_secs(u64::from(settings.answer_ttl_seconds)))
            .max_capacity(settings.answers_bytes_max)
            .weigher(weight)
            // A retry comes soon after its call, so what is newest is worth most. The default policy would refuse new
            // copies once the cache is full.
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { answers, windows: Windows::new(settings.windows_max), clock }
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn admit(&self, admission: Admission<'_>) -> Result<Admitted, CacheError> {
        let Admission { scope, merchant, action, limit } = admission;
        let now = self.clock.monotonic();
        if let Some(answer) = scope.and_then(|scope| self.answers.get(scope)) {
            let standing = limit.map(|limit| self.windows.state(merchant, action, limit, now));
            // What has been answered may be answered again, whatever the limit says.
            let limit = standing.map(|state| LimitState { allowed: true, ..state });
            return Ok(Admitted { answer: Some(answer), limit, charge: None });
        }
        let Some(limit) = limit else { return Ok(Admitted { answer: None, limit: None, charge: None }) };
        let (state, window) = self
            .windows
            .charge(merchant, action, limit, now)
            .map_err(|full| CacheError { source: Box::new(full) })?;
        let charge = window.map(|window| Charge { merchant: merchant.clone(), action, window });
        Ok(Admitted { answer: None, limit: Some(state), charge })
    }

    async fn give_back(&self, charge: &Charge) -> Result<(), CacheError> {
        self.windows.give_back(charge);
        Ok(())
    }

    async fn remember(&self, scope: &IdempotencyScope, answer: CachedAnswer) -> Result<(), CacheError> {
        self.answers.insert(scope.clone(), answer);
        Ok(())
    }

    async fn limit_state(
        &self,
        merchant: &MerchantId,
        action: LimitAction,
        limit: Limit,
    ) -> Result<LimitState, CacheError> {
        Ok(self.windows.state(merchant, action, limit, self.clock.monotonic()))
    }
}

fn weight(scope: &IdempotencyScope, answer: &CachedAnswer) -> u32 {
    let names = scope.merchant.as_str().len() + scope.key.as_str().len();
    u32::try_from(names + answer.body.len() + ANSWER_OVERHEAD_BYTES).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use domain::payment::Operation;
    use testkit::FixedClock;

    use super::*;

    #[tokio::test]
    async fn copies_stay_within_their_bytes_and_the_newest_stay() {
        let settings = MemoryCacheSettings { answers_bytes_max: 1 << 20, ..MemoryCacheSettings::default() };
        let cache = MemoryCache::new(settings, Arc::new(FixedClock::default()));
        let scope = |n: u32| IdempotencyScope {
            merchant: "M1".parse().unwrap(),
            operation: Operation::Authorize,
            key: format!("key-{n}").parse().unwrap(),
        };
        for n in 0..20_000 {
            let body = Bytes::from(vec![b'x'; 600]);
            cache
                .remember(&scope(n), CachedAnswer { fingerprint: [0; 32], status: 200, body })
                .await
                .unwrap();
        }
        cache.answers.run_pending_tasks();
        assert!(cache.answers.weighted_size() <= 1 << 20, "{}", cache.answers.weighted_size());
        assert!(cache.answers.get(&scope(19_999)).is_some());
        assert!(cache.answers.get(&scope(0)).is_none());
    }
}
