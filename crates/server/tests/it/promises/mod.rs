//! What is promised on MariaDB, Kafka and Redis, each promise tried from outside through the real binary.

mod cut;
mod lost;
mod migrating;
mod partitions;
mod poison;
mod restored;
mod secured;
mod standby;
mod together;
mod woken;

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use testkit::{
    http::HttpClient,
    process::{Launch, Running},
    wait::wait_until,
};

use crate::{
    common::{all, authorize, text, verify},
    real_set::RealSet,
};

/// How long anything may take here before the test has failed. These tests run beside each other, with servers of their own.
const PATIENCE: Duration = Duration::from_secs(120);

/// A replica that takes calls and one that posts.
struct Pair {
    client: HttpClient,
    launch: Launch,
    ingest: Running,
    worker: Running,
}

impl Pair {
    /// On a set whose tables are made. No limits: they are another promise.
    async fn start(set: &RealSet, folder: &Path) -> Self {
        let launch = |name: &str| set.launch(&folder.join(name)).with("SWELITE_RATE_LIMITS", "off");
        let (launch, worker) = (launch("ingest"), launch("worker"));
        let (ingest, worker) = tokio::join!(launch.role("ingest"), worker.role("worker"));
        Self { client: HttpClient::new(ingest.url()), launch, ingest, worker }
    }

    /// The proofs, beside both.
    fn verify(&self) {
        verify(&self.launch, &self.ingest);
    }

    async fn stop(self) {
        let (ingest, worker) = tokio::join!(self.ingest.stop(), self.worker.stop());
        assert!(ingest.success() && worker.success(), "{ingest} {worker}");
    }
}

/// A payment that is authorized and captured.
async fn captured(client: &HttpClient, merchant: &str, key: &str, amount: i64) -> u64 {
    let payment = authorize(client, merchant, key, amount).await;
    let body = json!({"merchantId": merchant, "idempotencyKey": key}).to_string();
    let answer = client.post(&format!("/payments/capture/{payment}"), body).await.unwrap();
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    payment
}

/// Waits until every event is posted.
async fn drained(client: &HttpClient) {
    wait_until("every event is posted", PATIENCE, async || {
        client.get("/outbox").await.is_ok_and(|answer| answer.json()["summary"]["pending"] == 0)
    })
    .await;
}

/// The ids of the rows of a list, in order. One that occurs twice is a fault.
async fn ids(client: &HttpClient, path: &str) -> Vec<String> {
    let rows = all(client, path).await;
    let mut ids: Vec<String> = rows.iter().map(|row| field(row, "id")).collect();
    ids.sort();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "{path} shows a row twice");
    ids
}

fn field(row: &Value, name: &str) -> String {
    row[name].as_str().map_or_else(|| row[name].to_string(), str::to_owned)
}

/// One line of `/metrics`, its number.
async fn metric(url: &str, line: &str) -> Option<f64> {
    let metrics = text(&HttpClient::new(url).get("/metrics").await.unwrap().body);
    metrics.lines().find_map(|shown| shown.strip_prefix(line)?.trim().parse().ok())
}
