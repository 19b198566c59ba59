//! The conformance suite of the `Cache` port, run on the cache in memory.

use std::sync::Arc;

use async_trait::async_trait;
use cache::{MemoryCache, MemoryCacheSettings};
use engine::ports::Cache;
use testkit::{FixedClock, cache_suite::CacheUnderTest};

struct InMemory {
    cache: Arc<MemoryCache>,
    clock: Arc<FixedClock>,
}

#[async_trait]
impl CacheUnderTest for InMemory {
    fn cache(&self) -> Arc<dyn Cache> {
        Arc::clone(&self.cache) as Arc<dyn Cache>
    }

    async fn pass_seconds(&self, seconds: u32) {
        self.clock.advance_seconds(seconds);
    }
}

async fn in_memory(answer_ttl_seconds: u32) -> InMemory {
    let clock = Arc::new(FixedClock::default());
    let settings = MemoryCacheSettings { answer_ttl_seconds, ..MemoryCacheSettings::default() };
    InMemory { cache: Arc::new(MemoryCache::new(settings, clock.clone())), clock }
}

testkit::cache_suite!(in_memory);
