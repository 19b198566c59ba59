//! Events that another Kafka client wrote, and genuine ones that cannot be posted for a while.

use broker::{KafkaBroker, KafkaSettings, testing};
use domain::event::Topic;
use engine::ports::{Broker, DEAD_LETTER_TOPIC, Outgoing};
use serde_json::{Value, json};
use testkit::{http::HttpClient, wait::wait_until};

use super::{PATIENCE, Pair, captured, drained, field, ids};
use crate::{
    common::{all, authorize},
    real_set::RealSet,
};

fn kafka(set: &RealSet) -> KafkaSettings {
    KafkaSettings { topic_prefix: format!("{}.", set.name), ..KafkaSettings::new(set.kafka.as_str()) }
}

/// Writes to the topic of captures, as any client that may write there can.
async fn forge(set: &RealSet, partition: i32, bodies: Vec<Vec<u8>>) {
    let outgoing = bodies.into_iter().map(|body| Outgoing {
        topic: Topic::Captured.as_str(),
        partition: Some(partition),
        key: "1".into(),
        headers: Vec::new(),
        payload: body.into(),
    });
    KafkaBroker::new(kafka(set)).unwrap().publish(outgoing.collect()).await.unwrap();
}

/// Waits for this many dead letters; the first one parked comes first.
async fn letters(client: &HttpClient, count: usize) -> Vec<Value> {
    wait_until("events are parked", PATIENCE, async || all(client, "/dead-letters").await.len() >= count)
        .await;
    let mut letters = all(client, "/dead-letters").await;
    assert_eq!(letters.len(), count, "{letters:#?}");
    letters.reverse();
    letters
}

async fn act(client: &HttpClient, letter: &Value, action: &str, body: Value) -> (u16, Value) {
    let path = format!("/dead-letters/{}/{action}", field(letter, "id"));
    let answer = client.post(&path, body.to_string()).await.unwrap();
    (answer.status, answer.json())
}

/// The latest captured event, and one that looks like the next of its lane and topic but one.
async fn genuine_and_next(client: &HttpClient) -> (Value, Value) {
    let events = all(client, "/events").await;
    let latest = events.iter().find(|event| event["envelope"]["type"] == "payment.captured");
    let genuine = latest.unwrap_or_else(|| panic!("nothing was captured: {events:#?}"))["envelope"].clone();
    let seq = genuine["seq"].as_u64().unwrap();
    let mut next = genuine.clone();
    // The next authorization takes the place after the latest; the capture that follows it the one after that.
    next["seq"] = json!(seq + 2);
    next["id"] = json!(format!("{}-{}", genuine["lane"], seq + 2));
    next["previousSeq"] = json!(seq);
    (genuine, next)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_client_writes_is_parked_and_published_and_displaces_nothing() {
    let (folder, set) = (tempfile::tempdir().unwrap(), RealSet::shared());
    set.migrated(&folder.path().join("migrate"));
    let pair = Pair::start(&set, folder.path()).await;
    let client = &pair.client;
    captured(client, "M1", "first", 1_000).await;
    drained(client).await;

    let (genuine, next) = genuine_and_next(client).await;
    let (mut wrong_version, mut unbalanced, mut nobodys) =
        (genuine.clone(), genuine.clone(), genuine.clone());
    wrong_version["version"] = json!(99);
    unbalanced["postings"][0]["amount"] = json!(-5);
    // A number that no payment can have, and no column of numbers.
    nobodys["paymentId"] = json!(u64::MAX);
    let forged = [wrong_version, unbalanced, next.clone(), nobodys];
    let forged = forged.map(|event| event.to_string().into_bytes());
    let forged = [vec![b"not json \xff".to_vec()], forged.to_vec()].concat();
    let endless = format!("\"{}\"", "x".repeat(70_000)).into_bytes();
    let forged = [forged, vec![endless]].concat();
    let partition = genuine["lane"].as_i64().unwrap() % 8;
    forge(&set, i32::try_from(partition).unwrap(), forged).await;
    let parked = letters(client, 6).await;
    let reasons: Vec<String> = parked.iter().map(|letter| field(letter, "errorType")).collect();
    assert_eq!(reasons, ["schema", "foreign", "foreign", "foreign", "schema", "schema"]);

    // The real event of that place, in the same partition, behind what is parked.
    let second = captured(client, "M1", "second", 2_000).await;
    drained(client).await;
    let entry = client.get(&format!("/ledger/entries/{}", field(&next, "id"))).await.unwrap().json();
    assert_eq!(entry["paymentId"].as_u64(), Some(second), "{entry}");
    assert_eq!(ids(client, "/ledger/entries").await, ids(client, "/events").await);

    published_to_the_dlq(&set, 6).await;
    for letter in &parked {
        let (status, said) = act(client, letter, "redrive", json!({})).await;
        let is_foreign = letter["errorType"] == "foreign";
        assert_eq!(status == 409, is_foreign, "{status} {said} {letter}");
        assert_eq!(act(client, letter, "discard", json!({})).await.0, 400, "discarding needs a reason");
        assert_eq!(act(client, letter, "discard", json!({"reason": "forged"})).await.0, 200);
    }
    assert_eq!(ids(client, "/ledger/entries").await.len(), 4, "nothing forged was ever posted");
    pair.verify();
    pair.stop().await;
}

async fn published_to_the_dlq(set: &RealSet, count: usize) {
    let settings = kafka(set);
    wait_until("dead letters are published", PATIENCE, async || {
        testing::read_all(&settings, DEAD_LETTER_TOPIC).await.len() >= count
    })
    .await;
    let seen = testing::read_all(&settings, DEAD_LETTER_TOPIC).await;
    assert_eq!(seen.len(), count);
    for record in seen {
        let body: Value = serde_json::from_slice(&record.payload).unwrap();
        assert_eq!(body["originalTopic"], "payment.captured", "{body}");
        for name in ["partition", "offset", "payload", "errorType", "errorMessage", "timestamp", "attempts"] {
            assert!(!body[name].is_null(), "no {name} in {body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_genuine_event_parked_by_a_planted_fault_is_redriven_once() {
    let (folder, set) = (tempfile::tempdir().unwrap(), RealSet::shared());
    set.migrated(&folder.path().join("migrate"));
    let pair = Pair::start(&set, folder.path()).await;
    let client = &pair.client;
    set.sql(
        "CREATE TRIGGER planted BEFORE INSERT ON ledger_entry FOR EACH ROW \
         SET NEW.amount = IF(NEW.amount = 1313, NULL, NEW.amount)",
    );
    authorize(client, "M1", "before", 1_000).await;
    authorize(client, "M1", "parked", 1_313).await;
    authorize(client, "M1", "after", 2_000).await;
    let letter = letters(client, 1).await.remove(0);
    assert_eq!(letter["errorType"], "refused", "{letter}");
    drained(client).await;
    assert_eq!(ids(client, "/ledger/entries").await.len(), 2, "the others were posted");

    let (_, said) = act(client, &letter, "redrive", json!({})).await;
    assert_eq!(client.get("/dead-letters").await.unwrap().json()["data"][0]["state"], "OPEN", "{said}");
    set.sql("DROP TRIGGER planted");
    let (status, redriven) = act(client, &letter, "redrive", json!({"reason": "mended"})).await;
    assert_eq!((status, &redriven["state"]), (200, &json!("REDRIVEN")), "{redriven}");
    let (status, refused) = act(client, &letter, "redrive", json!({"reason": "again"})).await;
    assert_eq!((status, &refused["code"]), (409, &json!("DEAD_LETTER_CONFLICT")), "{refused}");
    assert_eq!(ids(client, "/ledger/entries").await, ids(client, "/events").await);
    pair.verify();
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_waits_while_its_tables_cannot_be_written_and_is_not_parked() {
    let (folder, set) = (tempfile::tempdir().unwrap(), RealSet::shared());
    set.migrated(&folder.path().join("migrate"));
    let pair = Pair::start(&set, folder.path()).await;
    let client = &pair.client;
    captured(client, "M1", "before", 1_000).await;
    drained(client).await;

    // As while a single table is being brought back, or a right has been taken away.
    set.sql("RENAME TABLE ledger_by_account TO elsewhere");
    captured(client, "M1", "meanwhile", 2_000).await;
    wait_until("the worker waits", PATIENCE, async || pair.worker.all_words().contains("the worker waits"))
        .await;
    set.sql("RENAME TABLE elsewhere TO ledger_by_account");
    drained(client).await;
    assert_eq!(all(client, "/dead-letters").await, [] as [Value; 0]);
    assert_eq!(ids(client, "/ledger/entries").await, ids(client, "/events").await);
    pair.verify();
    pair.stop().await;
}
