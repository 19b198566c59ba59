//! Redis killed, frozen, out of reach: nobody waits for it, and it is used again when it is back.

use std::{sync::Arc, time::Duration};

use cache::{RedisAddress, RedisCache, RedisTls, inspect};
use engine::ports::{Admission, Admitted, Cache, CacheError, Limit, LimitAction};
use tempfile::TempDir;
use testkit::{
    services::{Life, Redis, free_port},
    wait::wait_until,
};
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use super::server::{PATIENCE, address, client, connected, is_there, timeline};

/// A server of the test's own.
struct Own {
    server: Redis,
    address: RedisAddress,
    _dir: TempDir,
}

impl Own {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = Redis::start(dir.path(), free_port().unwrap(), Life::Owned).unwrap();
        let address = address("127.0.0.1", server.port());
        Self { server, address, _dir: dir }
    }
}

async fn admit(cache: &RedisCache, capacity: u32) -> Result<Admitted, CacheError> {
    let merchant = "M1".parse().unwrap();
    let limit = Some(Limit { capacity, window_seconds: 60 });
    cache.admit(Admission { scope: None, merchant: &merchant, action: LimitAction::Authorize, limit }).await
}

/// Calls without end, one after the other, from `callers` at once. No call may take long, whatever becomes of the server.
fn load(cache: &Arc<RedisCache>, callers: usize, stop: &CancellationToken) -> Vec<JoinHandle<(u32, u32)>> {
    let caller = |cache: Arc<RedisCache>, stop: CancellationToken| async move {
        let (mut answered, mut failed) = (0, 0);
        while !stop.is_cancelled() {
            let call = timeout(Duration::from_secs(2), admit(&cache, u32::MAX));
            match call.await.expect("no call waits for a server that is away") {
                Ok(_) => answered += 1,
                Err(_) => failed += 1,
            }
            tokio::task::yield_now().await;
        }
        (answered, failed)
    };
    (0..callers).map(|_| tokio::spawn(caller(Arc::clone(cache), stop.clone()))).collect()
}

/// A thousand calls that would take 100 s if each waited for its time limit.
async fn a_thousand_fail_at_once(cache: &RedisCache) {
    let calls = async {
        for _ in 0..1000 {
            assert!(admit(cache, 1).await.is_err());
        }
    };
    timeout(Duration::from_secs(5), calls).await.expect("a call that cannot be made costs no time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_dies_under_load_is_missed_by_nobody_and_used_again() {
    let mut own = Own::start();
    let cache = connected(&own.address, timeline(), 60).await;
    let stop = CancellationToken::new();
    let callers = load(&cache, 16, &stop);
    for _ in 0..3 {
        own.server.kill().unwrap();
        wait_until("the cache is away", PATIENCE, async || !is_there(&cache).await).await;
        a_thousand_fail_at_once(&cache).await;
        own.server.restart().unwrap();
        wait_until("the cache is back", PATIENCE, async || is_there(&cache).await).await;
    }
    stop.cancel();
    for caller in callers {
        let (answered, failed) = caller.await.unwrap();
        assert!(answered > 0 && failed > 0, "{answered} answered, {failed} failed");
    }
    // A call from before the restart that ended late may have opened the breaker once more.
    wait_until("nothing is left of the outage", PATIENCE, async || is_there(&cache).await).await;
    let mut exactly = 0;
    for _ in 0..10 {
        exactly += u32::from(admit_as(&cache, "M2", 5).await);
    }
    assert_eq!(exactly, 5, "limits hold again");
}

async fn admit_as(cache: &RedisCache, merchant: &str, capacity: u32) -> bool {
    let merchant = merchant.parse().unwrap();
    let limit = Some(Limit { capacity, window_seconds: 60 });
    let admission = Admission { scope: None, merchant: &merchant, action: LimitAction::Authorize, limit };
    cache.admit(admission).await.expect("the cache is there").charge.is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_says_nothing_is_soon_left_alone_and_asked_again_when_it_speaks() {
    let own = Own::start();
    let cache = connected(&own.address, timeline(), 60).await;
    own.server.daemon().unwrap().freeze().unwrap();
    let asked = (0..40).map(|_| admit(&cache, 1));
    let answers = timeout(Duration::from_secs(2), futures_util::future::join_all(asked)).await;
    assert!(answers.expect("each call has its time limit").iter().all(Result::is_err));
    // The connection looks alive until its next heartbeat; it is the breaker that keeps callers away.
    let refused = admit(&cache, 1).await.unwrap_err().source.to_string();
    assert!(refused.contains("left alone"), "{refused}");
    a_thousand_fail_at_once(&cache).await;
    own.server.daemon().unwrap().thaw().unwrap();
    wait_until("the cache is back", PATIENCE, async || is_there(&cache).await).await;
    assert!(admit_as(&cache, "M2", 1).await);
}

/// The connections to a server that are not the asker's own.
async fn connections(client: &mut redis::aio::MultiplexedConnection) -> Vec<String> {
    let own: u64 = redis::cmd("CLIENT").arg("ID").query_async(client).await.unwrap();
    let list: String = redis::cmd("CLIENT").arg("LIST").query_async(client).await.unwrap();
    let ids = list.lines().filter_map(|line| line.split_once(' ')).map(|(id, _)| id.to_owned());
    ids.filter(|id| *id != format!("id={own}")).collect()
}

/// Behind its address there may be another that does: what an orderly failover leaves.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_become_a_replica_is_not_held_on_to() {
    let own = Own::start();
    let cache = connected(&own.address, timeline(), 60).await;
    assert!(admit(&cache, 1000).await.unwrap().charge.is_some());
    let mut client = client(&own.address).await;
    let before = connections(&mut client).await;
    assert_eq!(before.len(), 1);
    let replica_of = async |host: &str, port: &str| {
        let mut client = client.clone();
        let mut command = redis::cmd("REPLICAOF");
        command.arg(host).arg(port).query_async::<()>(&mut client).await.unwrap();
    };
    replica_of("127.0.0.1", "1").await;
    wait_until("another connection is made", PATIENCE, async || {
        assert!(admit(&cache, 1000).await.is_err(), "a replica counts nothing");
        let now = connections(&mut client.clone()).await;
        !now.is_empty() && now != before
    })
    .await;
    replica_of("NO", "ONE").await;
    wait_until("it counts again", PATIENCE, async || admit(&cache, 1000).await.is_ok()).await;
}

#[tokio::test]
async fn a_cache_begun_without_its_server_finds_it_later() {
    let dir = tempfile::tempdir().unwrap();
    let (path, port) = (dir.path().to_owned(), free_port().unwrap());
    let address = address("127.0.0.1", port);
    let later = tokio::task::spawn_blocking(move || Redis::start(&path, port, Life::Owned));
    let both = async { tokio::join!(connected(&address, timeline(), 60), later) };
    let (cache, server) = timeout(PATIENCE, both).await.expect("it connects by itself");
    let _server = server.unwrap().unwrap();
    assert!(admit(&cache, 1).await.unwrap().charge.is_some());
}

#[tokio::test]
async fn a_password_is_used_and_never_shown() {
    let own = Own::start();
    let mut client = client(&own.address).await;
    let mut set = redis::cmd("CONFIG");
    set.arg("SET").arg("requirepass").arg("open sesame").query_async::<()>(&mut client).await.unwrap();
    let wrong = inspect(&own.address).await.unwrap_err();
    let why = std::error::Error::source(&wrong).unwrap();
    let why = format!("{why}: {}", why.source().unwrap());
    assert!(why.contains("NOAUTH"), "{why}");
    let right = RedisAddress { password: Some("open sesame".into()), ..own.address.clone() };
    assert!(!format!("{right:?}").contains("sesame"), "{right:?}");
    assert!(!inspect(&right).await.unwrap().evicts());
    let cache = connected(&right, timeline(), 60).await;
    assert!(admit(&cache, 1).await.is_ok());
}

#[tokio::test]
async fn an_eviction_policy_that_drops_windows_is_seen() {
    let own = Own::start();
    let mut client = client(&own.address).await;
    for (policy, evicts) in [("noeviction", false), ("allkeys-lru", true), ("volatile-ttl", true)] {
        let mut set = redis::cmd("CONFIG");
        set.arg("SET").arg("maxmemory-policy").arg(policy).query_async::<()>(&mut client).await.unwrap();
        let found = inspect(&own.address).await.unwrap();
        assert_eq!((found.eviction_policy.as_str(), found.evicts()), (policy, evicts));
        assert!(!found.version.is_empty());
    }
}

#[tokio::test]
async fn an_encrypted_connection_is_never_made_in_the_clear() {
    let own = Own::start();
    let encrypted = RedisAddress { tls: Some(RedisTls::default()), ..own.address.clone() };
    let refused = timeout(PATIENCE, inspect(&encrypted)).await.expect("it does not hang");
    assert!(refused.is_err(), "a server that speaks no TLS is no partner");
}
