//! Exactly the right alerts, in a real Prometheus, with waiting times divided.

use serde_json::json;
use tempfile::tempdir;
use testkit::{http::HttpClient, wait::wait_until};

use super::Prometheus;
use crate::{
    LIMIT,
    common::{authorize, launch},
};

#[tokio::test]
async fn a_platform_that_is_away_fires_target_down_alone_and_it_resolves() {
    let folder = tempdir().unwrap();
    let launch = launch(folder.path()).with("SWELITE_PROOF_INTERVAL_SECONDS", "1");
    let server = launch.up().await;
    let prometheus = Prometheus::watch(folder.path(), server.url()).await;
    authorize(&HttpClient::new(server.url()), "M1", "key", 1000).await;
    seen(&prometheus, "up{job=\"swelite\"} == 1").await;
    assert_eq!(prometheus.firing().await, Vec::<String>::new());
    server.kill();
    fires(&prometheus, &["TargetDown swelite"]).await;
    let server = launch.up().await;
    fires(&prometheus, &[]).await;
    assert!(server.stop().await.success());
}

#[tokio::test]
async fn an_acquirer_that_fails_burns_the_budget_of_availability_alone() {
    let folder = tempdir().unwrap();
    let server = launch(folder.path()).with("SWELITE_PROOF_INTERVAL_SECONDS", "1").up().await;
    let client = HttpClient::new(server.url());
    let prometheus = Prometheus::watch(folder.path(), server.url()).await;
    let mut sent = 0;
    wait_until("the fast burn fires", LIMIT, async || {
        for _ in 0..5 {
            sent += 1;
            let body = json!({"merchantId": "M1", "amount": 1000, "currency": "KRW", "idempotencyKey": format!("k{sent}"),
                "paymentMethod": {"type": "card", "token": "tok_processing_error"}});
            client.post("/payments/authorize", body.to_string()).await.unwrap();
        }
        prometheus.firing().await.contains(&"ErrorBudgetBurnFast availability".to_owned())
    })
    .await;
    let fired = prometheus.ask(r#"ALERTS{alertstate="firing",severity="page"}"#).await;
    assert!(fired.iter().all(|alert| alert["metric"]["slo"] == "availability"), "{fired:?}");
    let mut good = 0;
    wait_until("it resolves", LIMIT, async || {
        good += 1;
        authorize(&client, "M1", &format!("good-{good}"), 1000).await;
        !prometheus.firing().await.contains(&"ErrorBudgetBurnFast availability".to_owned())
    })
    .await;
    assert!(server.stop().await.success());
}

async fn seen(prometheus: &Prometheus, query: &str) {
    wait_until(query, LIMIT, async || !prometheus.ask(query).await.is_empty()).await;
}

/// Waits until exactly these fire.
async fn fires(prometheus: &Prometheus, names: &[&str]) {
    wait_until(&format!("exactly {names:?} fire"), LIMIT, async || prometheus.firing().await == names).await;
}
