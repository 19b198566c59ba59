//! Replicas over MariaDB, Kafka and Redis, with load running, while one part after the other is killed, frozen or away.
//!
//! The callers' own log is the judge, as in `chaos`: nothing they were told may be lost or done twice, and at the end every event
//! is posted once. What each outage may cost them is said per step: a broker or a cache that is away costs no call.

mod town;

use std::time::Duration;

use testkit::wait::wait_until;

use self::town::{Databases, Size, Town};
use crate::{
    callers::{Crowd, Judge, STEP_LIMIT},
    common::verify,
};

/// Callers at the same time.
const CALLERS: usize = 8;
/// How long answers are timed for a percentile.
const MEASURED: Duration = Duration::from_secs(30);
/// How long an outage lasts in the short form.
const OUTAGE_SECONDS: u64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_frozen_or_away_nothing_told_is_lost_and_nothing_is_posted_twice() {
    break_everything(Size { databases: 1, scattered: false, brokers: 1, ingests: 2, workers: 2 }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes many minutes: `cargo xtask cluster` runs it"]
async fn the_same_on_clusters_of_three() {
    break_everything(Size { databases: 3, scattered: false, brokers: 3, ingests: 3, workers: 2 }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a Galera cluster: `cargo xtask cluster` runs it"]
async fn replicas_that_write_through_different_nodes_are_kept_apart_by_certification() {
    let folder = tempfile::tempdir().unwrap();
    let town = Town::start(
        folder.path(),
        Size { databases: 3, scattered: true, brokers: 1, ingests: 3, workers: 2 },
    )
    .await;
    let crowd = Crowd::start(CALLERS, &town.clients());
    crowd.judge().sees_answers_for("through three nodes at once", Duration::from_secs(30)).await;
    crowd.end(&town.clients()[0]).await;
    verify(&town.ingests[0].launch, town.ingests[0].running());
}

async fn break_everything(size: Size) {
    let folder = tempfile::tempdir().unwrap();
    let mut town = Town::start(folder.path(), size).await;
    let outage = Duration::from_secs(setting("SWELITE_OUTAGE_SECONDS").unwrap_or(OUTAGE_SECONDS));
    let crowd = Crowd::start(CALLERS, &town.clients());
    let judge = crowd.judge();
    judge.sees_answers("at the start").await;

    break_replicas(&mut town, &judge).await;
    break_servers(&mut town, &judge, outage).await;
    freeze(&town, &judge, outage).await;

    crowd.end(&town.clients()[0]).await;
    verify(&town.ingests[0].launch, town.ingests[0].running());
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
    break_redis(town, judge).await;

    let brokers = 0..town.size.brokers;
    brokers.for_each(|broker| town.kafka.kill(broker).unwrap());
    judge.sees_no_failure("Kafka away", async || judge.sees_answers_for("without Kafka", outage).await).await;
    town.kafka.restart_all().unwrap();
    if town.size.brokers > 1 {
        town.kafka.kill(0).unwrap();
        judge.sees_no_failure("a broker killed", async || judge.sees_answers("without a broker").await).await;
        town.kafka.restart(0).unwrap();
    }

    break_databases(town, judge).await;
}

/// Killed, and frozen with its connections open.
async fn break_databases(town: &mut Town, judge: &Judge) {
    town.databases.kill();
    sees_database_away(town, judge).await;
    town.databases.restart();
    judge.sees_answers("after the database came back").await;
    town.databases.freeze();
    sees_database_away(town, judge).await;
    town.databases.thaw();
    judge.sees_answers("after the database woke").await;
}

/// Of one server every caller is told that it is away; of a cluster another node serves.
async fn sees_database_away(town: &Town, judge: &Judge) {
    if let Databases::Cluster(..) = town.databases {
        judge.sees_answers("without the writing node of the database").await;
        return;
    }
    let before = judge.failed();
    wait_until("callers are told that the store is away", STEP_LIMIT, async || {
        judge.failed() >= before + CALLERS as u64
    })
    .await;
}

/// On clusters also how long answers take: the short form runs beside other tests, where that says nothing.
async fn break_redis(town: &mut Town, judge: &Judge) {
    let is_measured = town.size.databases > 1;
    let before = if is_measured { judge.p99_ms("with Redis", MEASURED).await } else { 0.0 };
    town.redis.kill().unwrap();
    judge
        .sees_no_failure("Redis away", async || {
            judge.sees_answers("without Redis").await;
            if is_measured {
                let without = judge.p99_ms("without Redis", MEASURED).await;
                assert!(without <= before * 1.5, "p99 {before:.1} ms with Redis, {without:.1} ms without");
            }
        })
        .await;
    town.redis.restart().unwrap();
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
