//! The calls of the project's origin, word for word, and its two promises under concurrency: one key is one payment, and
//! money goes back at most once.

use serde_json::{Value, json};
use testkit::{http::HttpClient, process::Running};
use tokio::task::JoinSet;

use crate::common::{Set, all, authorize, drained, on_both_sets, payment_id, verify};

/// The body of the origin's example, byte for byte.
const ORIGIN: &str = r#"{"merchantId":"M123","amount":10000,"currency":"KRW","idempotencyKey":"abc-123"}"#;
/// What the origin promises in an answer.
const STARRED: [&str; 7] =
    ["paymentId", "status", "amount", "currency", "createdAt", "ledgerEntries", "message"];

on_both_sets! {
    the_origins_calls_work_word_for_word,
    of_64_refunds_of_60_percent_exactly_one_succeeds,
    a_hundred_authorizations_with_one_key_are_one_payment_one_event_and_one_posting,
}

async fn the_origins_calls_work_word_for_word(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    let launch = set.with_limits(folder.path());
    let server = launch.up().await;
    let client = HttpClient::new(server.url());

    let first = client.post("/payments/authorize", ORIGIN).await.unwrap();
    assert_eq!(first.status, 200, "{:?}", first.body);
    let shown = first.json();
    assert!(STARRED.iter().all(|field| shown.get(field).is_some()), "{shown}");
    assert!(shown["paymentId"].is_u64(), "{shown}");
    assert_eq!((&shown["status"], &shown["amount"]), (&json!("AUTHORIZED"), &json!(10_000)));
    assert_eq!((&shown["currency"], &shown["ledgerEntries"]), (&json!("KRW"), &json!([])));
    assert!(!first.replayed());

    let again = client.post("/payments/authorize", ORIGIN).await.unwrap();
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert!(again.replayed());

    let other = client.post("/payments/authorize", ORIGIN.replace("10000", "10001")).await.unwrap();
    assert_eq!((other.status, &other.json()["code"]), (422, &json!("IDEMPOTENCY_KEY_REUSED")));

    let payment = payment_id(&first);
    let capture = format!("/payments/capture/{payment}");
    let captured = client.post(&capture, r#"{"merchantId":"M123"}"#).await.unwrap();
    assert_eq!(captured.status, 200, "{:?}", captured.body);
    assert_eq!(captured.json()["status"], "CAPTURED");
    assert_entry(&captured.json(), "acquirer_receivable", "merchant_pending");

    let refund = r#"{"merchantId":"M123","reason":"customer request"}"#;
    let refunded = client.post(&format!("/payments/refund/{payment}"), refund).await.unwrap();
    assert_eq!(refunded.status, 200, "{:?}", refunded.body);
    assert_eq!(refunded.json()["status"], "REFUNDED");
    assert_entry(&refunded.json(), "merchant_pending", "acquirer_receivable");

    drained(&client).await;
    assert_eq!(all(&client, "/payments").await.len(), 1, "the refused call made a payment");
    verify(&launch, &server);
}

async fn of_64_refunds_of_60_percent_exactly_one_succeeds(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    let launch = set.launch(folder.path());
    let server = launch.up().await;
    let client = HttpClient::new(server.url());
    let payment = authorize(&client, "M123", "abc-123", 10_000).await;
    let path = format!("/payments/capture/{payment}");
    assert_eq!(client.post(&path, r#"{"merchantId":"M123"}"#).await.unwrap().status, 200);

    let mut refunds = JoinSet::new();
    for number in 0..64 {
        let (client, path) = (client.clone(), format!("/payments/refund/{payment}"));
        let key = format!("refund-{number}");
        let body = json!({"merchantId": "M123", "amount": 6_000, "reason": "twice", "idempotencyKey": key});
        refunds.spawn(async move { client.post(&path, body.to_string()).await.unwrap() });
    }
    let answers = refunds.join_all().await;
    let succeeded = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(succeeded, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!((refused.status, &refused.json()["code"]), (422, &json!("AMOUNT_TOO_LARGE")));
    }
    assert_eq!(shown(&server, payment).await["refundedAmount"], 6_000);
    drained(&client).await;
    let entries = all(&client, "/ledger/entries").await;
    let refunds = entries.iter().filter(|entry| entry["topic"] == "payment.refunded").count();
    assert_eq!(refunds, 1, "money went back more than once: {entries:?}");
    verify(&launch, &server);
}

async fn a_hundred_authorizations_with_one_key_are_one_payment_one_event_and_one_posting(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    // With limits on: a hundred calls are five times the limit, but only one of them is not a replay.
    let launch = set.with_limits(folder.path());
    let server = launch.up().await;
    let client = HttpClient::new(server.url());
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let client = client.clone();
        calls.spawn(async move { client.post("/payments/authorize", ORIGIN).await.unwrap() });
    }
    let answers = calls.join_all().await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert!(statuses.iter().all(|&status| status == 200), "{statuses:?}");
    assert!(
        answers.iter().all(|answer| answer.body == answers[0].body),
        "not all answers are the same bytes"
    );
    assert_eq!(answers.iter().filter(|answer| !answer.replayed()).count(), 1, "not one was the first");
    drained(&client).await;
    for list in ["/payments", "/events", "/ledger/entries"] {
        assert_eq!(all(&client, list).await.len(), 1, "{list}");
    }
    verify(&launch, &server);
}

fn assert_entry(answer: &Value, debit: &str, credit: &str) {
    let expected = json!([{"debitAccount": debit, "creditAccount": credit, "amount": 10_000}]);
    assert_eq!(answer["ledgerEntries"], expected, "{answer}");
}

async fn shown(server: &Running, payment: u64) -> Value {
    HttpClient::new(server.url()).get(&format!("/payments/{payment}")).await.unwrap().json()
}
