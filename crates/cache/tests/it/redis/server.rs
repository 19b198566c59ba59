//! A Redis server to test with, seen past the cache.

use std::{sync::Arc, time::Duration};

use cache::{RedisAddress, RedisCache, RedisCacheSettings};
use domain::id::MerchantId;
use engine::ports::{Cache, Limit, LimitAction};
use redis::{AsyncCommands, aio::MultiplexedConnection};
use testkit::{services::Shared, wait::wait_until};

/// How long anything may take before the test has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// The server that tests share. Many tests at once may keep it busy; only those that take it away judge how long a call waits.
pub(super) fn shared() -> RedisAddress {
    let (host, port) = Shared::Redis.host_and_port();
    RedisAddress { timeout: PATIENCE, ..address(&host, port) }
}

/// A server at `host` and `port`, with usual settings.
pub(super) fn address(host: &str, port: u16) -> RedisAddress {
    RedisAddress { host: host.into(), port, password: None, tls: None, timeout: Duration::from_millis(100) }
}

/// A cache beside the books of `timeline`, once it is connected.
pub(super) async fn connected(
    address: &RedisAddress,
    timeline: [u8; 16],
    answer_ttl_seconds: u32,
) -> Arc<RedisCache> {
    let settings = RedisCacheSettings { address: address.clone(), answer_ttl_seconds, timeline };
    let cache = Arc::new(RedisCache::open(&settings).expect("the address is right"));
    wait_until("the cache is connected", PATIENCE, async || is_there(&cache).await).await;
    cache
}

/// Whether the cache answers.
pub(super) async fn is_there(cache: &RedisCache) -> bool {
    let nobody: MerchantId = "nobody".parse().unwrap();
    let limit = Limit { capacity: 1, window_seconds: 1 };
    cache.limit_state(&nobody, LimitAction::Refund, limit).await.is_ok()
}

/// A timeline of its own: tests that share a server do not meet.
pub(super) fn timeline() -> [u8; 16] {
    use std::hash::{BuildHasher, RandomState};
    std::array::from_fn(|at| RandomState::new().hash_one(at).to_be_bytes()[0])
}

/// A client of its own, to look at what the cache keeps.
pub(super) async fn client(address: &RedisAddress) -> MultiplexedConnection {
    let client = redis::Client::open((&*address.host, address.port)).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

/// Every key of a timeline, with the ms it has left; -1 is for ever.
pub(super) async fn keys(client: &mut MultiplexedConnection, timeline: [u8; 16]) -> Vec<(String, i64)> {
    let hex: String = timeline.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut found = Vec::new();
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(format!("*{hex}*")).arg("COUNT").arg(1000);
        let (next, names): (u64, Vec<String>) = scan.query_async(client).await.unwrap();
        for name in names {
            let left_ms: i64 = client.pttl(&name).await.unwrap();
            found.push((name, left_ms));
        }
        cursor = next;
        if cursor == 0 {
            return found;
        }
    }
}
