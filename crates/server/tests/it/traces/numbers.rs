//! The numbers of the contract, in every role; dashboards and alerts ask for them by these names.

use testkit::{http::HttpClient, process::Running};

use super::Traced;
use crate::common::{Set, authorize, drained, on_both_sets};

on_both_sets! { every_role_shows_the_numbers_of_the_contract, }

/// Told by whoever is asked.
const EVERYWHERE: [&str; 13] = [
    "payments_total{action=\"authorize\",result=\"approved\"}",
    "outbox_pending",
    "outbox_oldest_age_seconds",
    "commit_batch_size_count",
    "commit_seconds_count",
    "event_to_ledger_seconds_count",
    "worker_events_total{topic=\"payment.authorized\",result=\"posted\"}",
    "dead_letters_open",
    "ledger_imbalance",
    "rate_limit_decisions_total{action=\"capture\",decision=\"allow\"}",
    "idempotency_total{outcome=\"fresh\"}",
    "kafka_consumer_fetch_manager_records_consumed_total{application=\"consumer-worker\"}",
    "trace_spans_total{result=\"exported\"}",
];

async fn every_role_shows_the_numbers_of_the_contract(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    let platform = Traced::start(set, folder.path(), |launch| launch).await;
    let client = platform.client();
    authorize(&client, "M1", "k1", 1_000).await;
    drained(&client).await;
    let ingest = numbers(&platform.ingest).await;
    let worker = numbers(platform.worker.as_ref().unwrap_or(&platform.ingest)).await;
    for text in [&ingest, &worker] {
        for name in EVERYWHERE {
            value(text, name);
        }
    }
    let labels = "application=\"ingest-service\",method=\"POST\",outcome=\"SUCCESS\",status=\"200\",uri=\"/payments/authorize\"";
    assert_eq!(value(&ingest, &format!("http_server_requests_seconds_count{{{labels}}}")), "1");
    assert_eq!(value(&ingest, EVERYWHERE[0]), "1");
    // Who posts counts what it posted, whichever process that is.
    assert_eq!(value(&worker, EVERYWHERE[6]), "1");
    assert_eq!(value(&worker, EVERYWHERE[11]), "1");
}

async fn numbers(of: &Running) -> String {
    let answer = HttpClient::new(of.url()).get("/metrics").await.unwrap();
    assert_eq!(answer.status, 200);
    String::from_utf8(answer.body.to_vec()).unwrap()
}

fn value<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in\n{text}"))
}
