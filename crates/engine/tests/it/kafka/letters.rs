//! The dead letter topic: what it refuses holds up no event.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use broker::{KafkaBroker, KafkaSettings, testing};
use domain::event::Topic;
use engine::ports::{Broker, BrokerError, Consumer, DEAD_LETTER_TOPIC, LogId, Outgoing};
use serde_json::{Value, json};
use testkit::wait::wait_until;

use super::{PATIENCE, app_on, app_over, dead_letters, drain, foreign::forge, kafka};
use crate::app::App;

async fn all_published(app: &App) {
    let published = async || {
        app.clock.advance_seconds(1);
        app.dead_letters().await.iter().all(|letter| letter.published_at.is_some())
    };
    wait_until("dead letters are published", PATIENCE, published).await;
}

/// Every event is on its topic once.
async fn nothing_was_published_twice(settings: &KafkaSettings, events: usize) {
    let mut seen = 0;
    for topic in Topic::ALL {
        seen += testing::read_all(settings, topic.as_str()).await.len();
    }
    assert_eq!(seen, events, "events published");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_too_large_for_the_topic_once_escaped_is_published_cut() {
    let settings = kafka();
    testing::make(&settings, DEAD_LETTER_TOPIC, 1).await;
    let (app, _) = app_on(&settings).await;
    let small = |number: usize| format!("no envelope {number}").into_bytes();
    let poison = [vec![vec![b'"'; 600_000]], (1..10).map(small).collect()].concat();
    forge(&settings, Topic::Authorized, poison).await;
    dead_letters(&app, 10).await;
    all_published(&app).await;
    let seen = testing::read_all(&settings, DEAD_LETTER_TOPIC).await;
    assert_eq!(seen.len(), 10);
    let large: Vec<Value> = seen
        .iter()
        .filter(|record| record.payload.len() > 10_000)
        .map(|record| serde_json::from_slice(&record.payload).unwrap())
        .collect();
    assert_eq!(large.len(), 1);
    assert_eq!(large[0]["payloadTruncated"], json!(true));
    assert_eq!(large[0]["payloadBytes"], json!(600_000));
    app.finish().await;
}

/// What a dead letter topic may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whim {
    /// It is forbidden.
    Refuses,
    /// It is missing: librdkafka looks for it for half a minute and more.
    Silent,
    /// It takes no payload.
    TakesNoPayload,
    Works,
}

/// A cluster with such a topic.
struct Whimsical {
    kafka: KafkaBroker,
    whim: Mutex<Whim>,
}

#[async_trait]
impl Broker for Whimsical {
    fn needs_relay(&self) -> bool {
        self.kafka.needs_relay()
    }

    async fn log_id(&self) -> Result<LogId, BrokerError> {
        self.kafka.log_id().await
    }

    async fn prepare(&self, partitions: i32) -> Result<(), BrokerError> {
        self.kafka.prepare(partitions).await
    }

    async fn publish(&self, outgoing: Vec<Outgoing>) -> Result<(), BrokerError> {
        let refused = || BrokerError { context: "publish", source: "the test wants it so".into() };
        let whim = *self.whim.lock().unwrap();
        let mut letters = outgoing.iter().filter(|one| one.topic == DEAD_LETTER_TOPIC);
        match whim {
            Whim::Refuses if letters.next().is_some() => Err(refused()),
            Whim::Silent if letters.next().is_some() => std::future::pending().await,
            Whim::TakesNoPayload
                if letters.any(|one| !one.payload.windows(10).any(|at| at == b"Truncated\"")) =>
            {
                Err(refused())
            }
            _ => self.kafka.publish(outgoing).await,
        }
    }

    async fn consume(&self) -> Result<Box<dyn Consumer>, BrokerError> {
        self.kafka.consume().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_on_once_each_whatever_the_dead_letter_topic_does() {
    for whim in [Whim::Refuses, Whim::Silent, Whim::TakesNoPayload] {
        let settings = kafka();
        let kafka = KafkaBroker::new(settings.clone()).unwrap();
        let broker = Arc::new(Whimsical { kafka, whim: Mutex::new(whim) });
        let (mut app, _) = app_over(Arc::clone(&broker) as _).await;
        app.captured(1).await;
        drain(&app).await;
        // More than one helping of them.
        let poison = (0..120).map(|number| format!("no envelope {number}").into_bytes()).collect();
        forge(&settings, Topic::Authorized, poison).await;
        wait_until("events are parked", PATIENCE, async || app.dead_letters().await.len() >= 100).await;
        for amount in 2..=20 {
            app.captured(amount).await;
            app.clock.advance_seconds(1);
            drain(&app).await;
        }
        nothing_was_published_twice(&settings, 40 + 120).await;
        if whim != Whim::TakesNoPayload {
            // Whoever waits for a topic that is silent is told when it works again: at the next start.
            *broker.whim.lock().unwrap() = Whim::Works;
            app.stop_relay();
            app.start_relay();
        }
        all_published(&app).await;
        app.finish().await;
    }
}
