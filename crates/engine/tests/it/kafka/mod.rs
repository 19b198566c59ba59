//! The engine over a real Kafka: what the broker may do to events, and what must come of it.

mod foreign;
mod letters;
mod lost;
mod outage;
mod replicas;
mod went_back;

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    sync::Arc,
    time::Duration,
};

use broker::{KafkaBroker, KafkaSettings};
use engine::{
    ports::{Broker, DeadLetter},
    settings::EngineSettings,
};
use testkit::{
    faults::{Faults, faulty},
    services::Shared,
    wait::wait_until,
};

use crate::app::{App, Options};

/// How long anything may take before the test has failed: joining a group takes seconds on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the worker waits for a missing event, on the clock of the test.
const MISSING_EVENT_PATIENCE: Duration = Duration::from_secs(30);

/// Topics and a group of their own, at `bootstrap_servers`.
fn kafka_at(bootstrap_servers: impl Into<String>) -> KafkaSettings {
    // Seeded by the operating system.
    let unique = format!("test-{:x}-", RandomState::new().build_hasher().finish());
    KafkaSettings {
        topic_prefix: unique.clone(),
        group: unique,
        statistics_interval: Duration::from_millis(200),
        ..KafkaSettings::new(bootstrap_servers)
    }
}

/// The same on the shared cluster.
fn kafka() -> KafkaSettings {
    kafka_at(Shared::Kafka.address())
}

/// An engine over a cluster, and the means to make its store fail.
async fn app_on(settings: &KafkaSettings) -> (App, Arc<Faults>) {
    app_over(Arc::new(KafkaBroker::new(settings.clone()).unwrap())).await
}

/// The same, over something that stands before a cluster.
async fn app_over(broker: Arc<dyn Broker>) -> (App, Arc<Faults>) {
    let (planted, faults) = std::sync::mpsc::channel();
    let wrap = Box::new(move |inner| {
        let (store, faults) = faulty(inner);
        planted.send(faults).unwrap();
        store
    });
    let engine = EngineSettings {
        limits: None,
        relayed: true,
        partitions: 2,
        missing_event_patience: MISSING_EVENT_PATIENCE,
        ..EngineSettings::default()
    };
    let app = App::with(Options { wrap, settings: engine, broker: Some(broker), ..Options::default() }).await;
    (app, faults.recv().unwrap())
}

/// Waits until every event is posted; a joining worker may take a while.
async fn drain(app: &App) {
    wait_until("the worker handles every event", PATIENCE, async || app.is_drained().await).await;
}

/// The same while time passes, so that loops with a patience run out of it.
async fn drain_while_time_passes(app: &App) {
    let drained = async || {
        app.clock.advance_ms(100);
        app.is_drained().await
    };
    wait_until("the worker handles every event", PATIENCE, drained).await;
}

/// Waits for this many dead letters.
async fn dead_letters(app: &App, count: usize) -> Vec<DeadLetter> {
    wait_until("events are parked", PATIENCE, async || app.dead_letters().await.len() >= count).await;
    let letters = app.dead_letters().await;
    assert_eq!(letters.len(), count, "{letters:#?}");
    letters
}
