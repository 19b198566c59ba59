//! A store of its own in a directory of its own, a log on it, and a committer that tells of every commit.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use broker::{EmbeddedBroker, EmbeddedBrokerSettings};
use bytes::Bytes;
use domain::{
    event::Topic,
    id::{EventId, Lane},
};
use engine::ports::{BatchKeys, Broker, OutboxEvent, Store};
use store::{SqliteSettings, SqliteStore};
use tempfile::TempDir;
use testkit::{
    FixedClock,
    broker_suite::BrokerUnderTest,
    faults::{Faults, faulty},
    store_suite::Scribe,
};
use tokio::sync::watch;

/// The one lane of the embedded store.
pub(crate) const LANE: Lane = Lane(0);

/// How long an idle poll waits where no test waits for it.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A log to test.
pub(crate) struct Log {
    pub(crate) broker: EmbeddedBroker,
    pub(crate) scribe: Scribe,
    pub(crate) faults: Arc<Faults>,
    committed: watch::Sender<u64>,
    _directory: TempDir,
}

/// An empty log.
pub(crate) async fn log() -> Log {
    log_with(POLL_INTERVAL)
}

/// An empty log whose idle poll waits for this long.
pub(crate) fn log_with(poll_interval: Duration) -> Log {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::default());
    let store = SqliteStore::open(&SqliteSettings::new(directory.path()), clock.clone()).unwrap();
    let (store, faults) = faulty(Arc::new(store));
    let committed = watch::Sender::new(0);
    let settings = EmbeddedBrokerSettings { poll_interval };
    let broker = EmbeddedBroker::new(Arc::clone(&store), committed.subscribe(), settings);
    Log { broker, scribe: Scribe { store, clock }, faults, committed, _directory: directory }
}

impl Log {
    /// The same outbox as a log nobody tells of commits.
    pub(crate) fn unannounced(&self) -> EmbeddedBroker {
        let settings = EmbeddedBrokerSettings { poll_interval: POLL_INTERVAL };
        EmbeddedBroker::new(Arc::clone(&self.scribe.store), watch::Sender::new(0).subscribe(), settings)
    }

    /// Commits one event per topic and says so.
    pub(crate) async fn commit(&self, topics: &[Topic]) -> Vec<Bytes> {
        let merchant = "M1".parse().unwrap();
        let payment = "42".parse().unwrap();
        let mut batch = self.scribe.open(&merchant, BatchKeys::default()).await;
        let mut bodies = Vec::new();
        for &topic in topics {
            let occurred_at = batch.now();
            let lane = batch.lane();
            let (previous, seq) = (lane.topics.get(topic), lane.last_seq.next());
            lane.last_seq = seq;
            lane.topics.set(topic, seq);
            // A log never looks into a body, so it need not be an envelope.
            let body = Bytes::from(format!("{topic} {seq}\u{0}\u{7f}"));
            bodies.push(body.clone());
            batch.changes.events.push(OutboxEvent {
                id: EventId { lane: LANE, seq },
                topic,
                previous,
                payment,
                payment_previous: previous,
                occurred_at,
                body,
                sha256: [7; 32],
                traceparent: None,
            });
        }
        batch.commit().await.unwrap();
        self.committed.send_modify(|count| *count += 1);
        bodies
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.scribe.store.as_ref()
    }
}

#[async_trait]
impl BrokerUnderTest for Log {
    fn broker(&self) -> Arc<dyn Broker> {
        let settings = EmbeddedBrokerSettings { poll_interval: POLL_INTERVAL };
        Arc::new(EmbeddedBroker::new(Arc::clone(&self.scribe.store), self.committed.subscribe(), settings))
    }

    async fn publish(&self, topics: &[Topic]) -> Vec<Bytes> {
        self.commit(topics).await
    }
}
