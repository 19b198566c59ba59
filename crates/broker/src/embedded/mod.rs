//! The embedded log: a partition is a lane, an offset is a place in it.
//!
//! It keeps nothing of its own. Where to resume comes from the worker, what there is comes from the store, and a broken
//! process leaves nothing behind to clean up.

mod consumer;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use engine::ports::{Broker, BrokerError, Consumer, LogId, Outgoing, Store, Tracer, Untraced};
use tokio::sync::watch;

use self::consumer::EmbeddedConsumer;

/// How the embedded log is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EmbeddedBrokerSettings {
    /// How long a poll waits for a commit before it looks once more and comes back.
    pub poll_interval: Duration,
}

impl Default for EmbeddedBrokerSettings {
    fn default() -> Self {
        Self { poll_interval: Duration::from_millis(500) }
    }
}

/// The outbox as a broker.
pub struct EmbeddedBroker {
    store: Arc<dyn Store>,
    committed: watch::Receiver<u64>,
    settings: EmbeddedBrokerSettings,
    tracer: Arc<dyn Tracer>,
}

impl EmbeddedBroker {
    /// Reads the outbox of `store`; `committed` moves when there is more to read.
    pub fn new(
        store: Arc<dyn Store>,
        committed: watch::Receiver<u64>,
        settings: EmbeddedBrokerSettings,
    ) -> Self {
        Self { store, committed, settings, tracer: Arc::new(Untraced) }
    }

    /// Tells `tracer` of every sampled event it brings to the worker: what publishing is to a broker.
    pub fn traced(self, tracer: Arc<dyn Tracer>) -> Self {
        Self { tracer, ..self }
    }
}

#[async_trait]
impl Broker for EmbeddedBroker {
    fn needs_relay(&self) -> bool {
        false
    }

    async fn log_id(&self) -> Result<LogId, BrokerError> {
        Ok(LogId::embedded())
    }

    /// A partition is a lane, however many were wanted.
    async fn prepare(&self, _: i32) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn publish(&self, _: Vec<Outgoing>) -> Result<(), BrokerError> {
        let source = "the embedded log is the outbox: nothing is published to it".into();
        Err(BrokerError { context: "publish", source })
    }

    async fn consume(&self) -> Result<Box<dyn Consumer>, BrokerError> {
        let committed = self.committed.clone();
        let poll_interval = self.settings.poll_interval;
        let (store, tracer) = (Arc::clone(&self.store), Arc::clone(&self.tracer));
        Ok(Box::new(EmbeddedConsumer::new(store, committed, poll_interval, tracer)))
    }
}
