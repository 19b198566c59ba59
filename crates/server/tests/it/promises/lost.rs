//! A broker that has lost what it acknowledged, and the operator's command that mends it.

use broker::{KafkaSettings, testing};
use domain::event::Topic;
use serde_json::Value;
use testkit::{http::HttpClient, wait::wait_until};

use super::{PATIENCE, Pair, captured, drained, ids};
use crate::{common::text, real_set::RealSet};

async fn lanes(client: &HttpClient) -> Vec<Value> {
    let outbox = client.get("/outbox?limit=1").await.unwrap().json();
    outbox["summary"]["lanes"].as_array().unwrap_or_else(|| panic!("no lanes in {outbox}")).clone()
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
    wait_until("the relay has published everything", PATIENCE, async || {
        lanes(client).await.iter().all(|lane| lane["relay"]["publishedTo"] == lane["lastSeq"])
    })
    .await;
    let kafka =
        KafkaSettings { topic_prefix: format!("{}.", set.name), ..KafkaSettings::new(set.kafka.as_str()) };
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
    assert_eq!(client.get("/dead-letters").await.unwrap().json()["data"], serde_json::json!([]));
    crate::common::verify(launch, ingest);
    pair.stop().await;
}
