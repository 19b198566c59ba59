//! The schemas in `docs/events/` say what is really sent: real events of every topic are held against them.

use std::{collections::BTreeMap, fs, path::Path};

use domain::event::Topic;
use serde_json::{Value, json};
use testkit::{http::HttpClient, schema, wait::wait_for};

use crate::{
    LIMIT,
    common::{Set, on_both_sets},
};

on_both_sets! {
    every_event_that_is_sent_keeps_its_schema,
}

async fn every_event_that_is_sent_keeps_its_schema(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    let launch = set.launch(folder.path()).with("SWELITE_AUTHORIZATION_SECONDS", "1");
    let server = launch.up().await;
    let client = HttpClient::new(server.url());
    let whole = authorize(&client, 1, json!({"orderId": "order-1"})).await;
    change(&client, "capture", whole, json!({})).await;
    change(&client, "refund", whole, json!({"amount": 400, "reason": "part"})).await;
    let part = authorize(&client, 2, json!({})).await;
    change(&client, "capture", part, json!({"amount": 300, "final": false})).await;
    change(&client, "void", part, json!({"reason": "no longer wanted"})).await;
    authorize(&client, 3, json!({"captureMode": "automatic"})).await;
    authorize(&client, 4, json!({"paymentMethod": {"type": "card", "token": "tok_lost_card"}})).await;
    // Left alone: it expires.
    authorize(&client, 5, json!({})).await;
    let events = wait_for("an event of every topic", LIMIT, async || {
        let answer = client.get("/events?limit=200").await.ok()?;
        let events = answer.json()["data"].as_array()?.clone();
        let topics: BTreeMap<&str, usize> =
            events.iter().filter_map(|event| Some((event["topic"].as_str()?, 1))).collect();
        (topics.len() == Topic::ALL.len()).then_some(events)
    })
    .await;
    for event in &events {
        let topic = event["topic"].as_str().unwrap();
        let faults = schema::faults(&read(topic), &event["envelope"]);
        assert!(faults.is_empty(), "{topic}: {faults:#?} in {event:#}");
    }
    assert!(server.stop().await.success());
}

#[test]
fn there_is_a_schema_for_every_topic_and_none_besides() {
    let mut names: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().trim_end_matches(".json").to_owned())
        .collect();
    names.sort();
    let mut topics = Topic::ALL.map(Topic::as_str);
    topics.sort_unstable();
    assert_eq!(names, topics);
    for topic in topics {
        assert_eq!(read(topic)["properties"]["type"]["const"], topic);
    }
}

async fn authorize(client: &HttpClient, number: u32, more: Value) -> u64 {
    let body = json!({"merchantId": "schemas", "amount": 1000, "currency": "KRW", "idempotencyKey": format!("key-{number}")});
    let answer = client.post("/payments/authorize", merged(body, more)).await.unwrap();
    assert!([200, 402].contains(&answer.status), "{answer:?}");
    answer.json()["paymentId"].as_u64().unwrap()
}

async fn change(client: &HttpClient, operation: &str, payment: u64, more: Value) {
    let body = merged(json!({"merchantId": "schemas"}), more);
    let answer = client.post(&format!("/payments/{operation}/{payment}"), body).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn merged(mut body: Value, more: Value) -> String {
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body.to_string()
}

fn read(topic: &str) -> Value {
    let path = folder().join(format!("{topic}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events")
}
