//! No query without data: of no panel, of no rule.

use std::{fs, time::Duration};

use serde_json::{Value, json};
use tempfile::tempdir;
use testkit::http::HttpClient;

use super::{Prometheus, deploy};
use crate::common::{authorization, authorize, launch};

/// What only exporters of MariaDB and Redis show: the embedded set has neither.
const OF_THE_REAL_SET: [&str; 2] = ["mysql_", "redis_"];
/// Traffic goes on for at most this many rounds of about half a second.
const ROUNDS: usize = 90;

#[tokio::test]
async fn every_query_of_every_panel_and_rule_has_data() {
    let folder = tempdir().unwrap();
    let server = launch(folder.path()).with("SWELITE_PROOF_INTERVAL_SECONDS", "1").up().await;
    let client = HttpClient::new(server.url());
    let prometheus = Prometheus::watch(folder.path(), server.url()).await;
    let mut missing = panel_queries();
    missing.extend(recorded(&prometheus).await);
    assert!(missing.len() > 60, "only {} queries found", missing.len());
    let mut pace = tokio::time::interval(Duration::from_millis(500));
    for round in 0..ROUNDS {
        pace.tick().await;
        traffic(&client, round).await;
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
    assert!(server.stop().await.success());
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
    queries.retain(|query| !OF_THE_REAL_SET.iter().any(|name| query.contains(name)));
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
