//! What one call to the cache costs, in time and in memory: `cargo run --release -p cache --example admit_cost`.
//!
//! Numbers for a person who changes the cache; it asserts nothing.
#![expect(clippy::disallowed_methods, reason = "a measurement reads the real clock")]
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use cache::{MemoryCache, MemoryCacheSettings};
use domain::{id::MerchantId, payment::Operation, time::Timestamp};
use engine::ports::{Admission, Cache, CachedAnswer, Clock, IdempotencyScope, Limit, LimitAction};

const CALLS: u32 = 1_000_000;
const BODY_BYTES: usize = 700;

struct RealClock(Instant);

impl Clock for RealClock {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

#[tokio::main]
async fn main() {
    let cache =
        Arc::new(MemoryCache::new(MemoryCacheSettings::default(), Arc::new(RealClock(Instant::now()))));
    let regulars: Vec<MerchantId> = (0..1000).map(|n| merchant(&format!("M{n}"))).collect();
    let unknown = scope(&regulars[0], u32::MAX);

    measure("admit, key unknown, counted", CALLS, async |n| {
        admit(&cache, Some(&unknown), &regulars[n as usize % regulars.len()]).await;
    })
    .await;
    measure("remember, new key", CALLS, async |n| {
        let body = Bytes::from(vec![b'x'; BODY_BYTES]);
        let answer = CachedAnswer { fingerprint: [0; 32], status: 200, body };
        cache.remember(&scope(&regulars[0], n), answer).await.unwrap();
    })
    .await;
    let known = scope(&regulars[0], CALLS - 1);
    measure("admit, answer found", CALLS, async |_| admit(&cache, Some(&known), &regulars[0]).await).await;
    measure("admit, a stranger every time", 400_000, async |n| {
        admit(&cache, None, &merchant(&format!("S{n}"))).await;
    })
    .await;
    two_at_once(&cache, &regulars[0]).await;
}

async fn two_at_once(cache: &Arc<MemoryCache>, same: &MerchantId) {
    let began = Instant::now();
    let callers: Vec<_> = (0..2)
        .map(|_| {
            let (cache, same) = (Arc::clone(cache), same.clone());
            tokio::spawn(async move {
                for _ in 0..CALLS {
                    admit(&cache, None, &same).await;
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    report("admit, two callers, one merchant", 2 * CALLS, began.elapsed());
}

async fn admit(cache: &MemoryCache, scope: Option<&IdempotencyScope>, merchant: &MerchantId) {
    let limit = Some(Limit { capacity: u32::MAX, window_seconds: 60 });
    let admission = Admission { scope, merchant, action: LimitAction::Authorize, limit };
    std::hint::black_box(cache.admit(admission).await.unwrap());
}

async fn measure(what: &str, calls: u32, mut call: impl AsyncFnMut(u32)) {
    let began = Instant::now();
    for n in 0..calls {
        call(n).await;
    }
    report(what, calls, began.elapsed());
}

fn report(what: &str, calls: u32, took: Duration) {
    println!(
        "{what:<36} {:>7.0} ns a call   resident {} MiB",
        took.as_nanos() as f64 / f64::from(calls),
        resident_mib()
    );
}

/// Where the system tells it (Linux).
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn merchant(name: &str) -> MerchantId {
    name.parse().unwrap()
}

fn scope(merchant: &MerchantId, n: u32) -> IdempotencyScope {
    let key = format!("0198c2f0-5a3e-7c11-9d2a-{n:012}").parse().unwrap();
    IdempotencyScope { merchant: merchant.clone(), operation: Operation::Authorize, key }
}
