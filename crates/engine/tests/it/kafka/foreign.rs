//! Events that somebody else wrote to the topics, and events that cannot be posted.

use broker::{KafkaBroker, KafkaSettings, testing};
use bytes::Bytes;
use domain::{event::Topic, id::Seq};
use engine::{
    pipeline::dead_letters::{self, DeadLetterRefusal},
    ports::OperatorAct,
    ports::{Broker, DEAD_LETTER_TOPIC, DeadLetterReason, DeadLetterState, Outgoing},
};
use serde_json::{Value, json};
use testkit::wait::wait_until;

use super::{PATIENCE, app_on, dead_letters, drain, kafka};
use crate::app::App;

fn act() -> OperatorAct {
    OperatorAct {
        actor: "test".into(),
        role: domain::operator::Role::Operator,
        reason: Some("test".into()),
        request_id: "req".into(),
    }
}

/// Writes to a topic as another program would.
pub(super) async fn forge(settings: &KafkaSettings, topic: Topic, bodies: Vec<Vec<u8>>) {
    let other = KafkaBroker::new(settings.clone()).unwrap();
    let outgoing = bodies.into_iter().map(|body| Outgoing {
        topic: topic.as_str(),
        partition: Some(0),
        key: "1".into(),
        headers: Vec::new(),
        payload: Bytes::from(body),
    });
    other.publish(outgoing.collect()).await.unwrap();
}

/// The latest event of a lane, as JSON, to be changed.
async fn latest_event(app: &App) -> Value {
    let mut snapshot = app.context.store.snapshot().await.unwrap();
    let event = snapshot.outbox_list(domain::id::Lane(0), None, 1).await.unwrap().remove(0);
    serde_json::from_slice(&event.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_producer_writes_is_parked_published_and_passed_by() {
    let settings = kafka();
    let (app, _) = app_on(&settings).await;
    app.captured(1_000).await;
    drain(&app).await;
    let genuine = latest_event(&app).await;
    let (mut wrong_version, mut unbalanced) = (genuine.clone(), genuine);
    wrong_version["version"] = json!(99);
    wrong_version["seq"] = json!(1_000);
    unbalanced["seq"] = json!(1_001);
    unbalanced["postings"][0]["amount"] = json!(-5);
    let forged = vec![
        b"not json \xff".to_vec(),
        serde_json::to_vec(&wrong_version).unwrap(),
        serde_json::to_vec(&unbalanced).unwrap(),
        Vec::new(),
    ];
    forge(&settings, Topic::Captured, forged).await;
    let letters = dead_letters(&app, 4).await;
    let reasons: Vec<_> = letters.iter().rev().map(|letter| letter.letter.reason).collect();
    use DeadLetterReason::{Foreign, Schema};
    assert_eq!(reasons, [Schema, Foreign, Foreign, Schema]);

    app.captured(2_000).await;
    drain(&app).await;
    assert_eq!(app.entries_posted().await, 4, "the partition goes on");
    let published = async || {
        app.clock.advance_seconds(1);
        app.dead_letters().await.iter().all(|letter| letter.published_at.is_some())
    };
    wait_until("dead letters are published", PATIENCE, published).await;
    let seen = testing::read_all(&settings, DEAD_LETTER_TOPIC).await;
    assert_eq!(seen.len(), 4);
    let body: Value = serde_json::from_slice(&seen[0].payload).unwrap();
    assert_eq!(body["originalTopic"], "payment.captured");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_event_of_the_next_place_does_not_displace_the_real_one() {
    let settings = kafka();
    let (app, _) = app_on(&settings).await;
    app.captured(1_000).await;
    drain(&app).await;
    let mut forged = latest_event(&app).await;
    let (next, previous) = (forged["seq"].as_u64().unwrap() + 2, forged["seq"].clone());
    forged["seq"] = json!(next);
    forged["id"] = json!(format!("0-{next}"));
    forged["previousSeq"] = previous;
    forge(&settings, Topic::Captured, vec![serde_json::to_vec(&forged).unwrap()]).await;
    let letter = dead_letters(&app, 1).await.remove(0);
    assert_eq!(letter.letter.reason, DeadLetterReason::Foreign);

    app.captured(7_000).await;
    drain(&app).await;
    let real = domain::id::EventId { lane: domain::id::Lane(0), seq: Seq(next) };
    let posted = app.context.store.snapshot().await.unwrap().journal_find(real).await.unwrap().unwrap();
    assert!(posted.entry.postings().iter().all(|posting| posting.amount().minor_units == 7_000));
    assert_eq!(app.dead_letters().await.len(), 1);

    let redriven = dead_letters::redrive(&app.context, letter.id, &act()).await;
    assert!(matches!(redriven, Err(DeadLetterRefusal::Conflict(_))), "{redriven:?}");
    let discarded = dead_letters::discard(&app.context, letter.id, &act()).await.unwrap();
    assert_eq!(discarded.state, DeadLetterState::Discarded);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_genuine_event_parked_by_a_fault_is_redriven_once() {
    let settings = kafka();
    let (app, faults) = app_on(&settings).await;
    faults.refuse_postings_if(|changes| {
        let mut postings = changes.entries.iter().flat_map(|posted| posted.entry.postings());
        postings.any(|posting| posting.amount().minor_units == 13)
    });
    for amount in [12, 13, 14] {
        app.authorized(amount).await;
    }
    let letter = dead_letters(&app, 1).await.remove(0);
    assert_eq!(letter.letter.reason, DeadLetterReason::Refused);
    drain(&app).await;
    assert_eq!(app.entries_posted().await, 2);
    faults.mend();
    let redriven = dead_letters::redrive(&app.context, letter.id, &act()).await.unwrap();
    assert_eq!(redriven.state, DeadLetterState::Redriven);
    let again = dead_letters::redrive(&app.context, letter.id, &act()).await;
    assert!(matches!(again, Err(DeadLetterRefusal::Conflict(_))), "{again:?}");
    assert_eq!(app.entries_posted().await, 3);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_goes_out_with_its_attributes_and_its_payment_as_key() {
    let settings = kafka();
    let (app, _) = app_on(&settings).await;
    let payment = app.authorized(500).await;
    drain(&app).await;
    let seen = testing::read_all(&settings, Topic::Authorized.as_str()).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(String::from_utf8_lossy(&seen[0].key), payment.to_string());
    let header =
        |name: &str| seen[0].headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!((header("ce_id"), header("ce_type")), (Some("0-1"), Some("payment.authorized")));
    let body: Value = serde_json::from_slice(&seen[0].payload).unwrap();
    assert_eq!(body["paymentId"].to_string(), payment.to_string());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_any_text_is_parked_in_few_words_and_passed_by() {
    let settings = kafka();
    let (app, faults) = app_on(&settings).await;
    // What a column of text holds, and what no column may come to hold.
    faults.refuse_postings_if(|changes| {
        changes.dead_letters.iter().any(|letter| letter.message.len() > 65_535)
    });
    let card = "4111111111111111";
    let poison = [format!("\"{card}{}\"", "x".repeat(70_000)), format!("{{\"version\": \"{card}\"}}")];
    forge(&settings, Topic::Authorized, poison.map(String::into_bytes).to_vec()).await;
    for letter in dead_letters(&app, 2).await {
        let message = letter.letter.message;
        assert!(message.chars().count() <= 500 && !message.contains(card), "{message}");
    }
    app.captured(1_000).await;
    drain(&app).await;
    assert_eq!(app.entries_posted().await, 2, "the partition goes on");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_whose_row_is_refused_is_parked_without_what_was_said_about_it() {
    let settings = kafka();
    let (app, faults) = app_on(&settings).await;
    faults.refuse_postings_if(|changes| {
        let mut posts = changes.entries.iter().flat_map(|posted| posted.entry.postings());
        let refused = |message: &str| message.contains("envelope") || message.contains("statement");
        posts.any(|posting| posting.amount().minor_units == 13)
            || changes.dead_letters.iter().any(|letter| refused(&letter.message))
    });
    forge(&settings, Topic::Authorized, vec![b"not json".to_vec()]).await;
    app.authorized(13).await;
    app.authorized(14).await;
    let letters = dead_letters(&app, 2).await;
    let mut parked: Vec<_> = letters
        .iter()
        .map(|letter| (letter.letter.reason.as_str(), letter.letter.message.as_str()))
        .collect();
    parked.sort_unstable();
    let said = "the store refused the record, and what was first said about it";
    assert_eq!(parked, [("refused", said), ("schema", said)]);
    drain(&app).await;
    assert_eq!(app.entries_posted().await, 1);
    app.finish().await;
}
