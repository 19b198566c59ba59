//! The worker, Kafka and Redis stopped, one after the other, under traffic: exactly the right alerts fire, and they resolve.
//!
//! Rules, configuration and names are those of `compose.yaml`; `for:` and windows are divided, thresholds stay as they are, so an
//! event must really have waited for half a minute before anybody is called.

use std::{
    collections::BTreeSet,
    sync::Arc,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tempfile::tempdir;
use testkit::{
    http::HttpClient,
    process::{Launch, Running},
    services::{Kafka, KafkaOptions, Life, Mariadb, MariadbOptions, Redis, free_port, kafka_jars},
    wait::look_every,
};
use tokio::{sync::watch, task::JoinHandle};

use super::{Parts, Prometheus, history};
use crate::{
    common::{authorization, drained},
    real_set::RealSet,
};

/// An alert has this long to fire or to resolve: the oldest event must be 30 s old, on a machine that may be busy.
const STEP_LIMIT: Duration = Duration::from_secs(120);
/// Between two looks at what fires.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Between two payments: at a quiet hour, and by day.
const QUIET: Duration = Duration::from_secs(2);
const BUSY: Duration = Duration::from_millis(250);

#[tokio::test(flavor = "multi_thread")]
async fn worker_kafka_and_redis_away_fire_exactly_their_alerts_which_resolve() {
    let folder = tempdir().unwrap();
    let mut servers = Servers::start(folder.path());
    let set = servers.set();
    let launch = |name: &str| settings(set.launch(&folder.path().join(name)));
    set.migrated(&folder.path().join("migrate"));
    let (ingest, worker) = (launch("ingest"), launch("worker"));
    let running_ingest = ingest.role("ingest").await;
    let running_worker = worker.role("worker").await;
    let client = HttpClient::new(&ingest.url());
    let traffic = Traffic::start(client.clone());
    drained(&client).await;
    history::write(folder.path(), ingest.port(), worker.port());
    let parts = Parts::new(folder.path(), &set, ingest.port(), worker.port());
    let watch = Watch(Prometheus::watch_parts(folder.path(), &parts).await);
    watch.everything_is_seen().await;

    redis_away(&mut servers, &watch).await;
    traffic.pace(QUIET);
    let running_worker = worker_away(&worker, running_worker, &watch).await;
    traffic.pace(BUSY);
    kafka_away(&mut servers, &watch, &client).await;

    let paid = traffic.end().await;
    assert!(paid > 100, "{paid} payments are no traffic");
    assert!(running_worker.stop().await.success());
    assert!(running_ingest.stop().await.success());
}

async fn redis_away(servers: &mut Servers, watch: &Watch) {
    watch.only(&[]).await;
    servers.redis.kill().unwrap();
    watch.only(&["RateLimitFailOpen"]).await;
    servers.redis.restart().unwrap();
    watch.only_until_silent(&["RateLimitFailOpen"]).await;
}

/// Few events are late, too few to burn a budget: whoever is called is called for what is down.
async fn worker_away(launch: &Launch, worker: Running, watch: &Watch) -> Running {
    assert!(worker.stop().await.success());
    watch.only(&["OutboxStuck", "TargetDown consumer-worker"]).await;
    let worker = launch.role("worker").await;
    watch.only_until_silent(&["OutboxStuck", "TargetDown consumer-worker"]).await;
    worker
}

/// Nothing that is scraped is down. On return the backlog is posted late, and that is what merchants feel.
async fn kafka_away(servers: &mut Servers, watch: &Watch, client: &HttpClient) {
    servers.kafka.kill(0).unwrap();
    watch.only(&["OutboxStuck"]).await;
    servers.kafka.restart(0).unwrap();
    watch.once(&["ErrorBudgetBurnFast freshness", "OutboxStuck"], "ErrorBudgetBurnFast freshness").await;
    drained(client).await;
    watch.only_until_silent(&["ErrorBudgetBurnFast freshness", "OutboxStuck"]).await;
}

/// Few words, limits that are counted and never reached.
fn settings(launch: Launch) -> Launch {
    ["AUTHORIZE", "CAPTURE", "REFUND"]
        .into_iter()
        .fold(launch, |launch, action| launch.with(format!("APP_RATE_LIMIT_{action}_CAPACITY"), "1000000"))
}

/// Servers that this test may stop.
struct Servers {
    mariadb: Mariadb,
    kafka: Kafka,
    redis: Redis,
}

impl Servers {
    fn start(folder: &std::path::Path) -> Self {
        let port = || free_port().unwrap();
        // What a slow disk does is another test's matter: here it must not fire.
        let settings = vec!["innodb_flush_log_at_trx_commit=0".to_owned()];
        let options = MariadbOptions { settings, ..MariadbOptions::default() };
        let mariadb = Mariadb::start_with(&folder.join("mariadb"), port(), Life::Owned, &options).unwrap();
        let options = KafkaOptions {
            jars: kafka_jars(),
            heap: "256m".to_owned(),
            ports: vec![(port(), port())],
            further: Vec::new(),
        };
        let kafka = Kafka::start(&folder.join("kafka"), options, Life::Owned).unwrap();
        let redis = Redis::start(&folder.join("redis"), port(), Life::Owned).unwrap();
        Self { mariadb, kafka, redis }
    }

    fn set(&self) -> RealSet {
        let local = |port| ("127.0.0.1".to_owned(), port);
        RealSet {
            mariadb: local(self.mariadb.port()),
            kafka: self.kafka.bootstrap(),
            redis: local(self.redis.port()),
            name: "outages".to_owned(),
        }
    }
}

/// Payments at an even pace, whatever is away: no call may fail.
struct Traffic {
    pace: watch::Sender<Option<Duration>>,
    paid: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Traffic {
    fn start(client: HttpClient) -> Self {
        let (pace, mut paces) = watch::channel(Some(BUSY));
        let paid = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&paid);
        let task = tokio::spawn(async move {
            loop {
                let Some(between) = *paces.borrow_and_update() else { return };
                let number = count.fetch_add(1, Ordering::Relaxed);
                let body = authorization("M1", &format!("key-{number}"), 1000);
                let answer = client.post("/payments/authorize", body).await.unwrap();
                assert_eq!(answer.status, 200, "{:?}", answer.body);
                // Whoever changes the pace is not kept waiting for the old one.
                drop(tokio::time::timeout(between, paces.changed()).await);
            }
        });
        Self { pace, paid, task }
    }

    fn pace(&self, between: Duration) {
        self.pace.send_replace(Some(between));
    }

    async fn end(self) -> u64 {
        self.pace.send_replace(None);
        self.task.await.unwrap();
        self.paid.load(Ordering::Relaxed)
    }
}

/// Looks at what fires; anything that was not asked for ends the test at once.
struct Watch(Prometheus);

impl Watch {
    async fn everything_is_seen(&self) {
        look_every(LOOK_EVERY, "every target is up", STEP_LIMIT, async || {
            (self.0.ask("count(up == 1) == 5").await.len() == 1).then_some(())
        })
        .await;
    }

    /// Until all of these fire at the same time; on the way, and then, nothing else.
    async fn only(&self, names: &[&str]) {
        self.look(&format!("exactly {names:?} fire"), names, |firing| firing == names).await;
    }

    /// Until this one fires; others of `names` may fire or not.
    async fn once(&self, names: &[&str], one: &str) {
        self.look(&format!("{one} fires"), names, |firing| firing.iter().any(|name| name == one)).await;
    }

    /// Until none fires any more, and none is about to; on the way nothing but these.
    async fn only_until_silent(&self, names: &[&str]) {
        self.look(&format!("{names:?} resolve"), names, <[String]>::is_empty).await;
    }

    async fn look(&self, what: &str, allowed: &[&str], is_over: impl Fn(&[String]) -> bool) {
        let mut seen = BTreeSet::new();
        let firing = look_every(LOOK_EVERY, what, STEP_LIMIT, async || {
            let firing = self.0.firing().await;
            seen.extend(firing.iter().cloned());
            let others: Vec<&String> =
                firing.iter().filter(|name| !allowed.contains(&name.as_str())).collect();
            assert!(others.is_empty(), "{others:?} fire while waiting until {what}");
            is_over(&firing).then_some(firing)
        })
        .await;
        println!("outages: {what}: {firing:?} now, {seen:?} on the way");
    }
}
