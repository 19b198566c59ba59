//! No query without data: of no panel, of no rule.

use std::{fs, time::Duration};

use serde_json::{Value, json};
use tempfile::tempdir;
use testkit::{http::HttpClient, process::Launch};

use super::{Parts, Prometheus, deploy};
use crate::{
    common::{authorization, authorize, launch},
    real_set::RealSet,
};

/// What only the servers of the real set show: the embedded set has no exporters and no partitions.
const OF_THE_REAL_SET: [&str; 3] = ["mysql_", "redis_", "kafka_consumer_fetch_manager_records_lag"];
/// Traffic goes on for at most this many rounds of about half a second.
const ROUNDS: usize = 90;

#[tokio::test]
async fn every_query_of_every_panel_and_rule_has_data() {
    let folder = tempdir().unwrap();
    let server = launch(folder.path()).with("SWELITE_PROOF_INTERVAL_SECONDS", "1").up().await;
    let prometheus = Prometheus::watch(folder.path(), server.url()).await;
    let mut queries = panel_queries();
    queries.retain(|query| !OF_THE_REAL_SET.iter().any(|name| query.contains(name)));
    have_data(&prometheus, queries, &HttpClient::new(server.url())).await;
    assert!(server.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_real_set_none_is_left_out() {
    let folder = tempdir().unwrap();
    let set = RealSet::shared();
    let settings = |launch: Launch| {
        launch.with("SWELITE_RATE_LIMITS", "off").with("SWELITE_PROOF_INTERVAL_SECONDS", "1")
    };
    let ingest = settings(set.migrated(&folder.path().join("ingest")));
    let worker = settings(set.launch(&folder.path().join("worker")));
    let running = [ingest.role("ingest").await, worker.role("worker").await];
    let parts = Parts::new(folder.path(), &set, ingest.port(), worker.port());
    let prometheus = Prometheus::watch_parts(folder.path(), &parts).await;
    have_data(&prometheus, panel_queries(), &HttpClient::new(&ingest.url())).await;
    for role in running {
        assert!(role.stop().await.success());
    }
}

/// Traffic until every one of these, and every recording rule, has had data.
async fn have_data(prometheus: &Prometheus, queries: Vec<String>, client: &HttpClient) {
    let mut missing = queries;
    missing.extend(recorded(prometheus).await);
    assert!(missing.len() > 60, "only {} queries found", missing.len());
    let mut pace = tokio::time::interval(Duration::from_millis(500));
    for round in 0..ROUNDS {
        pace.tick().await;
        traffic(client, round).await;
        let mut empty = Vec::new();
        for query in missing {
            if !has_data(&prometheus.ask(&query).await) {
                empty.push(query);
            }
        }
        missing = empty;
        if missing.is_empty() {
            break;
        }
    }
    assert!(missing.is_empty(), "without data:\n{}", missing.join("\n"));
}

/// Something of everything that dashboards show.
async fn traffic(client: &HttpClient, round: usize) {
    let capture = json!({"merchantId": "M1"}).to_string();
    let refund = json!({"merchantId": "M1", "reason": "test"}).to_string();
    let key = format!("key-{round}");
    let payment = authorize(client, "M1", &key, 1000).await;
    authorize(client, "M1", &key, 1000).await;
    for (path, body, status) in [
        ("/payments/authorize".to_owned(), authorization("M1", &key, 2000), 422),
        (format!("/payments/capture/{payment}"), capture.clone(), 200),
        (format!("/payments/capture/{payment}"), capture, 409),
        (format!("/payments/refund/{payment}"), refund, 200),
        ("/payments/authorize".to_owned(), with_token(&key, "tok_decline"), 402),
        ("/payments/authorize".to_owned(), with_token(&key, "tok_processing_error"), 502),
    ] {
        let answer = client.post(&path, body).await.unwrap();
        assert_eq!(answer.status, status, "{path}: {:?}", answer.body);
    }
}

fn with_token(key: &str, token: &str) -> String {
    json!({"merchantId": "M1", "amount": 1000, "currency": "KRW", "idempotencyKey": format!("{key}-{token}"),
        "paymentMethod": {"type": "card", "token": token}})
    .to_string()
}

fn has_data(result: &[Value]) -> bool {
    result.iter().any(|series| series["value"][1].as_str().is_some_and(|value| value != "NaN"))
}

/// Every query of every panel, its variables filled in.
fn panel_queries() -> Vec<String> {
    let mut queries = Vec::new();
    for entry in fs::read_dir(deploy("grafana/dashboards")).unwrap() {
        let board: Value = serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap()).unwrap();
        let panels = board["panels"].as_array().unwrap().iter();
        let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
        queries.extend(
            targets
                .map(|target| target["expr"].as_str().unwrap())
                .map(|expr| expr.replace("$window", "5m").replace("$__rate_interval", "1m")),
        );
    }
    queries
}

/// Every recording rule, for each objective it is recorded for; all rules must be well.
async fn recorded(prometheus: &Prometheus) -> Vec<String> {
    let rules = prometheus.client.get("/api/v1/rules").await.unwrap().json();
    let groups = rules["data"]["groups"].as_array().unwrap().clone();
    let mut queries = Vec::new();
    for rule in groups.iter().flat_map(|group| group["rules"].as_array().unwrap()) {
        assert_ne!(rule["health"], "err", "{rule}");
        if rule["type"] == "recording" {
            let name = rule["name"].as_str().unwrap();
            let objective = rule["labels"]["slo"].as_str().unwrap();
            queries.push(format!("{name}{{slo=\"{objective}\"}}"));
        }
    }
    queries
}
