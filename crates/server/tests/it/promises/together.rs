//! Two replicas and one merchant: limits are counted once, exactly, and nothing counted stays for ever.

use std::process::Command;

use futures_util::future::join_all;
use testkit::{
    http::HttpClient,
    services::{Life, Redis, free_port},
};

use crate::{
    common::{authorization, text},
    real_set::RealSet,
};

/// What one merchant may do in an hour here.
const CAPACITY: usize = 50;

async fn statuses(clients: &[HttpClient], keys: std::ops::Range<usize>) -> Vec<(usize, u16)> {
    let calls = keys.map(|key| async move {
        let body = authorization("M1", &format!("k{key}"), 10);
        (key, clients[key % clients.len()].post("/payments/authorize", body).await.unwrap().status)
    });
    join_all(calls).await
}

/// Keys in Redis without an end.
fn endless(redis: &Redis) -> String {
    let script = "local endless = {} for _, key in ipairs(redis.call('KEYS', '*')) do \
                  if redis.call('TTL', key) == -1 then table.insert(endless, key) end end \
                  return {#redis.call('KEYS', '*'), endless}";
    let port = redis.port().to_string();
    let said = Command::new("redis-cli").args(["-p", &port, "EVAL", script, "0"]).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    text(&said.stdout)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_count_one_merchant_once_and_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let redis = Redis::start(&folder.path().join("redis"), free_port().unwrap(), Life::Owned).unwrap();
    let set = RealSet { redis: ("127.0.0.1".to_owned(), redis.port()), ..RealSet::shared() };
    set.migrated(&folder.path().join("migrate"));
    let launch = |name: &str| {
        set.launch(&folder.path().join(name))
            // A busy machine is no outage: what is not counted in time would pass uncounted.
            .with("REDIS_TIMEOUT_MS", "5000")
            .with("APP_RATE_LIMIT_AUTHORIZE_CAPACITY", CAPACITY.to_string())
            .with("APP_RATE_LIMIT_AUTHORIZE_WINDOW_SECONDS", "3600")
    };
    let launches = [launch("one"), launch("two")];
    let (one, two) = tokio::join!(launches[0].role("ingest"), launches[1].role("ingest"));
    let clients = [one.url(), two.url()].map(HttpClient::new);

    let first = statuses(&clients, 0..3 * CAPACITY).await;
    let count = |wanted: u16| first.iter().filter(|(_, status)| *status == wanted).count();
    assert_eq!((count(200), count(429)), (CAPACITY, 2 * CAPACITY), "{first:?}");
    // A repeated call costs nothing, on the other replica too; a new one is still too many.
    let other = [clients[1].clone(), clients[0].clone()];
    for (key, status) in first {
        assert_eq!(statuses(&other, key..key + 1).await, [(key, status)]);
    }
    let said = endless(&redis);
    let mut lines = said.lines();
    assert!(lines.next().and_then(|keys| keys.parse::<usize>().ok()).is_some_and(|keys| keys > 0), "{said}");
    assert!(lines.all(|line| line.trim().is_empty()), "keys without an end: {said}");
    let (one, two) = tokio::join!(one.stop(), two.stop());
    assert!(one.success() && two.success());
}
