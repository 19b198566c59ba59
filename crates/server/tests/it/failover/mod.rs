//! Replicas over MariaDB, Kafka and Redis, with load running, while one part after the other is killed, frozen or away.
//!
//! The callers' own log is the judge, as in `chaos`: nothing they were told may be lost or done twice, and at the end every event
//! is posted once. What each outage may cost them is said per step: a broker or a cache that is away costs no call.

mod judge;
mod town;

use std::{sync::Arc, time::Duration};

use testkit::wait::wait_until;
use tokio::{sync::watch, task::JoinSet};

use self::{
    judge::Judge,
    town::{Databases, Size, Town},
};
use crate::{
    callers::{Audit, Caller, Log, Phase, Random, Replicas},
    common::verify,
};

/// Callers at the same time.
const CALLERS: usize = 8;
/// How long a step may take before the test has failed.
const STEP_LIMIT: Duration = Duration::from_secs(180);
/// How long an outage lasts in the short form.
const OUTAGE_SECONDS: u64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_frozen_or_away_nothing_told_is_lost_and_nothing_is_posted_twice() {
    break_everything(Size { databases: 1, brokers: 1, ingests: 2, workers: 2 }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes many minutes: `cargo xtask cluster` runs it"]
async fn the_same_on_clusters_of_three() {
    break_everything(Size { databases: 3, brokers: 3, ingests: 3, workers: 2 }).await;
}

async fn break_everything(size: Size) {
    let folder = tempfile::tempdir().unwrap();
    let mut town = Town::start(folder.path(), size).await;
    let outage = Duration::from_secs(setting("SWELITE_OUTAGE_SECONDS").unwrap_or(OUTAGE_SECONDS));
    let (phase, phases) = watch::channel(Phase { generation: 0, last: false });
    let log = Arc::new(Log::new(CALLERS));
    let mut callers = JoinSet::new();
    let mut random = Random::new(u64::from(std::process::id()));
    for number in 0..CALLERS {
        let replicas = Replicas::several(town.clients(), number);
        callers.spawn(Caller::new(number, random.fork(), replicas, Arc::clone(&log)).run(phases.clone()));
    }
    let judge = Judge { log: Arc::clone(&log) };
    judge.sees_answers("at the start").await;

    break_replicas(&mut town, &judge).await;
    break_servers(&mut town, &judge, outage).await;
    freeze(&town, &judge, outage).await;

    phase.send_replace(Phase { generation: 1, last: true });
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    let client = town.clients().remove(0);
    let mut audit = Audit::new(client.clone(), Arc::clone(&log));
    audit.at_the_end().await;
    let parked = client.get("/dead-letters").await.unwrap().json();
    assert_eq!(parked["data"], serde_json::json!([]), "nothing here was poison");
    verify(&town.ingests[0].launch, town.ingests[0].running());
    println!(
        "failover: {} answers, {} failed calls asked again; all accounted for",
        log.answered(),
        log.failed()
    );
}

async fn break_replicas(town: &mut Town, judge: &Judge) {
    town.ingests[1].kill();
    judge.sees_answers("with a replica killed").await;
    town.ingests[1].start().await;
    town.workers[0].kill();
    judge.sees_answers("with a worker killed").await;
    town.workers[0].start().await;
}

async fn break_servers(town: &mut Town, judge: &Judge, outage: Duration) {
    town.redis.kill().unwrap();
    judge.sees_no_failure("Redis away", async || judge.sees_answers("without Redis").await).await;
    town.redis.restart().unwrap();

    let brokers = 0..town.size.brokers;
    brokers.for_each(|broker| town.kafka.kill(broker).unwrap());
    judge.sees_no_failure("Kafka away", async || judge.sees_answers_for("without Kafka", outage).await).await;
    town.kafka.restart_all().unwrap();
    if town.size.brokers > 1 {
        town.kafka.kill(0).unwrap();
        judge.sees_no_failure("a broker killed", async || judge.sees_answers("without a broker").await).await;
        town.kafka.restart(0).unwrap();
    }

    let before = judge.log.failed();
    town.databases.kill();
    match town.databases {
        Databases::Single(_) => {
            wait_until("callers are told that the store is away", STEP_LIMIT, async || {
                judge.log.failed() >= before + CALLERS as u64
            })
            .await;
        }
        Databases::Cluster(..) => judge.sees_answers("with the writing node of the database killed").await,
    }
    town.databases.restart();
    judge.sees_answers("after the database came back").await;
}

/// Whoever wakes after its lease or its session ran out finds itself fenced.
async fn freeze(town: &Town, judge: &Judge, outage: Duration) {
    town.ingests[0].freeze();
    judge.sees_answers_for("with a replica frozen past its lease", outage).await;
    town.ingests[0].thaw();
    town.workers[0].freeze();
    judge.sees_answers_for("with a worker frozen past its session", outage).await;
    town.workers[0].thaw();
    judge.sees_answers("after all of it").await;
}

#[expect(clippy::disallowed_methods, reason = "how long this test runs is asked for from outside")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}
