//! The conformance suite of the `Cache` port, run on the cache in Redis.

use std::sync::Arc;

use async_trait::async_trait;
use cache::{RedisAddress, RedisCache};
use engine::ports::Cache;
use redis::AsyncCommands;
use testkit::cache_suite::CacheUnderTest;

use super::server::{client, connected, keys, shared, timeline};

struct InRedis {
    cache: Arc<RedisCache>,
    address: RedisAddress,
    timeline: [u8; 16],
}

#[async_trait]
impl CacheUnderTest for InRedis {
    fn cache(&self) -> Arc<dyn Cache> {
        Arc::clone(&self.cache) as Arc<dyn Cache>
    }

    /// Redis lives in its own time: what would be left then is left now.
    async fn pass_seconds(&self, seconds: u32) {
        let mut client = client(&self.address).await;
        for (name, left_ms) in keys(&mut client, self.timeline).await {
            assert!(left_ms != -1, "{name} has no end");
            let left_ms = left_ms - i64::from(seconds) * 1000;
            // Not above nothing: gone.
            let _: bool = client.pexpire(&name, left_ms).await.unwrap();
        }
    }
}

async fn in_redis(answer_ttl_seconds: u32) -> InRedis {
    let (address, timeline) = (shared(), timeline());
    let cache = connected(&address, timeline, answer_ttl_seconds).await;
    InRedis { cache, address, timeline }
}

testkit::cache_suite!(in_redis);
