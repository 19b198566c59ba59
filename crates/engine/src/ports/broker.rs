//! Brings committed events to the worker: bytes in, bytes out.

use std::error::Error;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{event::Topic, id::EventId};
use thiserror::Error;

/// The broker is away or refuses; the same call may succeed later.
#[derive(Debug, Error)]
#[error("broker is unavailable: {context}")]
pub struct BrokerError {
    /// What was being done.
    pub context: &'static str,
    /// Why it failed.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

/// Bytes as they came from the broker. Nothing about them is believed yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The topic's name.
    pub topic: Box<str>,
    /// Which partition.
    pub partition: i32,
    /// Which offset.
    pub offset: i64,
    /// The value.
    pub payload: Bytes,
    /// Its lane and place, where the broker itself knows: only the embedded log does, being the outbox.
    pub place: Option<EventId>,
}

/// Where to resume a partition.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PartitionProgress {
    /// Of which topic.
    pub topic: Topic,
    /// Which partition.
    pub partition: i32,
    /// The offset to read next.
    pub next_offset: i64,
}

/// What one poll brought.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Polled {
    /// Records; each partition's in offset order.
    pub records: Vec<Record>,
    /// Where to resume once these records are handled; partitions that brought nothing may be among them.
    pub progress: Vec<PartitionProgress>,
}

/// Reads the partitions given to this worker.
#[async_trait]
pub trait Consumer: Send {
    /// Up to about `max` records; waits a while for the first, and comes back empty when there is none.
    async fn poll(&mut self, max: usize) -> Result<Polled, BrokerError>;

    /// Forgets what was polled after `progress` and reads on from there; like [`Broker::consume`], it reads what is not named
    /// there from its beginning, so that a forgotten partition is delivered again rather than passed by.
    async fn rewind(&mut self, progress: &[PartitionProgress]) -> Result<(), BrokerError>;
}

/// Carries events by topic and partition.
#[async_trait]
pub trait Broker: Send + Sync {
    /// Whether events must be published by a relay; the embedded log is the outbox itself and needs none.
    fn needs_relay(&self) -> bool;

    /// Reads on from `resume`; what is not named there is read from its beginning.
    async fn consume(&self, resume: &[PartitionProgress]) -> Result<Box<dyn Consumer>, BrokerError>;
}
