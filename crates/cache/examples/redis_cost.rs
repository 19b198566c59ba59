//! What one call to the cache in Redis costs, over a real server: `cargo run --release -p cache --example redis_cost -- HOST PORT`.
//!
//! Numbers for a person who changes the cache; it asserts nothing.
#![expect(clippy::disallowed_methods, reason = "a measurement reads the real clock")]
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use cache::{RedisAddress, RedisCache, RedisCacheSettings};
use domain::{id::MerchantId, payment::Operation};
use engine::ports::{Admission, Cache, CachedAnswer, IdempotencyScope, Limit, LimitAction};

const CALLS: u32 = 400_000;
const BODY_BYTES: usize = 700;
/// The kernel counts processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let host = arguments.next().unwrap_or_else(|| "127.0.0.1".to_owned());
    let port = arguments.next().and_then(|port| port.parse().ok()).unwrap_or(6379);
    let timeout = Duration::from_secs(1);
    let address = RedisAddress { host: host.into(), port, password: None, tls: None, timeout };
    // A timeline of this run's own; everything in it ends by itself.
    let timeline = u128::from(std::process::id()).to_be_bytes();
    let settings = RedisCacheSettings { address, answer_ttl_seconds: 60, timeline };
    let cache = Arc::new(RedisCache::open(&settings).expect("an address"));
    while cache.limit_state(&merchant(0), LimitAction::Refund, limit()).await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for callers in [1, 16, 64, 256] {
        measure(&cache, Call::Admit, callers).await;
    }
    measure(&cache, Call::Remember, 64).await;
}

#[derive(Clone, Copy, Debug)]
enum Call {
    /// Of a key nobody knows, counted.
    Admit,
    /// A new copy.
    Remember,
}

impl Call {
    async fn make(self, cache: &RedisCache, n: u32) -> bool {
        let (scope, merchant) = (scope(n), merchant(n));
        match self {
            Self::Admit => {
                let (scope, action, limit) = (Some(&scope), LimitAction::Authorize, Some(limit()));
                cache.admit(Admission { scope, merchant: &merchant, action, limit }).await.is_ok()
            }
            Self::Remember => {
                let body = Bytes::from(vec![b'x'; BODY_BYTES]);
                let answer = CachedAnswer { fingerprint: [0; 32], status: 200, body };
                // Taken, not yet kept: as fast as Redis keeps them is as fast as they are taken.
                while cache.remember(&scope, answer.clone()).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                true
            }
        }
    }
}

async fn measure(cache: &Arc<RedisCache>, call: Call, callers: u32) {
    let calls = if callers == 1 { CALLS / 20 } else { CALLS };
    let (began, spent) = (Instant::now(), processor_time());
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let cache = Arc::clone(cache);
            tokio::spawn(async move {
                let mut failed = 0;
                for n in (caller..calls).step_by(callers as usize) {
                    failed += u32::from(!call.make(&cache, n).await);
                }
                failed
            })
        })
        .collect();
    let mut failed = 0;
    for task in tasks {
        failed += task.await.unwrap_or(0);
    }
    let (took, spent) = (began.elapsed(), processor_time().saturating_sub(spent));
    println!(
        "{:<10} {callers:>4} callers {:>8.0} calls/s {:>6.2} us of processor a call {failed:>6} failed",
        format!("{call:?}"),
        f64::from(calls) / took.as_secs_f64(),
        spent.as_secs_f64() * 1e6 / f64::from(calls),
    );
}

/// Of this process, user and system together (Linux).
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<u32>().ok());
    TICK * ticks.sum::<u32>()
}

fn limit() -> Limit {
    Limit { capacity: u32::MAX, window_seconds: 60 }
}

fn merchant(n: u32) -> MerchantId {
    format!("M{}", n % 1000).parse().expect("a merchant's name")
}

fn scope(n: u32) -> IdempotencyScope {
    let key = format!("0198c2f0-5a3e-7c11-9d2a-{n:012}").parse().expect("a key");
    IdempotencyScope { merchant: merchant(n), operation: Operation::Authorize, key }
}
