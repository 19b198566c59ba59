//! A broker that has lost what it acknowledged: what the worker notices by itself, and the operator's command.

use broker::{KafkaSettings, testing};
use domain::event::Topic;
use serde_json::{Value, json};
use testkit::{http::HttpClient, process::Running, wait::wait_until};

use super::{PATIENCE, Pair, captured, drained, ids, metric};
use crate::{
    common::{authorize, text},
    real_set::RealSet,
};

async fn lanes(client: &HttpClient) -> Vec<Value> {
    let outbox = client.get("/outbox?limit=1").await.unwrap().json();
    outbox["summary"]["lanes"].as_array().unwrap_or_else(|| panic!("no lanes in {outbox}")).clone()
}

async fn published(client: &HttpClient) {
    wait_until("the relay has published everything", PATIENCE, async || {
        lanes(client).await.iter().all(|lane| lane["relay"]["publishedTo"] == lane["lastSeq"])
    })
    .await;
}

fn kafka(set: &RealSet) -> KafkaSettings {
    KafkaSettings { topic_prefix: format!("{}.", set.name), ..KafkaSettings::new(set.kafka.as_str()) }
}

/// Nobody rewinds anything here. The worker is away while events are lost, so that it cannot have fetched them already.
#[tokio::test(flavor = "multi_thread")]
async fn a_hole_and_a_lost_tail_are_noticed_and_healed_by_the_worker_itself() {
    let (folder, set) = (tempfile::tempdir().unwrap(), RealSet::shared());
    set.migrated(&folder.path().join("migrate"));
    let kafka = kafka(&set);
    let Pair { client, launch, ingest, worker } = Pair::start(&set, folder.path()).await;
    let again = set.launch(&folder.path().join("worker"));
    let payment = captured(&client, "M1", "posted", 1_000).await;
    drained(&client).await;
    assert!(worker.stop().await.success());

    // The latest event of a topic that stays quiet: no later one shows that it is missing.
    let refund = json!({"merchantId": "M1", "idempotencyKey": "tail", "reason": "returned"}).to_string();
    let refunded = client.post(&format!("/payments/refund/{payment}"), refund).await.unwrap();
    assert_eq!(refunded.status, 200, "{:?}", refunded.body);
    published(&client).await;
    testing::truncate(&kafka, Topic::Refunded.as_str()).await;
    let worker = again.role("worker").await;
    drained(&client).await;
    assert!(holes(&worker).await > 0.0, "an incident tells of the lost tail");
    assert!(worker.stop().await.success());

    // Events before one that is there.
    authorize(&client, "M1", "hole", 1_000).await;
    published(&client).await;
    testing::truncate(&kafka, Topic::Authorized.as_str()).await;
    authorize(&client, "M1", "behind the hole", 1_000).await;
    published(&client).await;
    let worker = again.role("worker").await;
    drained(&client).await;
    assert!(holes(&worker).await > 0.0, "an incident tells of the hole");

    let posted = ids(&client, "/ledger/entries").await;
    assert_eq!((posted.len(), posted), (5, ids(&client, "/events").await));
    assert_eq!(client.get("/dead-letters").await.unwrap().json()["data"], json!([]));
    crate::common::verify(&launch, &ingest);
    Pair { client, launch, ingest, worker }.stop().await;
}

/// How often this worker has raised the alarm of a missing event.
async fn holes(worker: &Running) -> f64 {
    metric(worker.url(), r#"incidents_total{kind="hole"}"#).await.unwrap_or(0.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_truncated_topic_lost_is_posted_after_a_rewind_and_nothing_twice() {
    let (folder, set) = (tempfile::tempdir().unwrap(), RealSet::shared());
    set.migrated(&folder.path().join("migrate"));
    let pair = Pair::start(&set, folder.path()).await;
    let client = &pair.client;
    for number in 0..10 {
        captured(client, &format!("M{number}"), "posted", 1_000).await;
    }
    drained(client).await;
    let Pair { ingest, worker, launch, .. } = &pair;
    worker.freeze();
    for number in 0..10 {
        captured(client, &format!("M{number}"), "lost", 1_000).await;
    }
    published(client).await;
    let kafka = kafka(&set);
    // The last event of every lane is among them: no later one will show that it is missing.
    testing::truncate(&kafka, Topic::Authorized.as_str()).await;
    testing::truncate(&kafka, Topic::Captured.as_str()).await;
    worker.thaw();
    for lane in lanes(client).await {
        let number = lane["lane"].to_string();
        let rewound = launch.run(&["outbox", "rewind", "--lane", &number, "--to", "0", "--reason", "lost"]);
        assert!(rewound.status.success(), "{}", text(&rewound.stderr));
    }
    drained(client).await;
    let posted = ids(client, "/ledger/entries").await;
    assert_eq!((posted.len(), posted), (40, ids(client, "/events").await));
    assert_eq!(client.get("/dead-letters").await.unwrap().json()["data"], json!([]));
    crate::common::verify(launch, ingest);
    pair.stop().await;
}
