//! Brings committed events to the worker: bytes in, bytes out.

use std::error::Error;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{event::Topic, id::EventId};
use thiserror::Error;

use super::LogId;

/// Where what could not be posted is published.
pub const DEAD_LETTER_TOPIC: &str = "payment.dlq";

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
    /// The trace context it was published with; like its bytes, believed by nobody.
    pub traceparent: Option<Box<str>>,
}

/// Bytes to publish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    /// The topic's name.
    pub topic: &'static str,
    /// Which partition; `None` lets the broker choose by the key.
    pub partition: Option<i32>,
    /// The key.
    pub key: Box<str>,
    /// Attributes beside the value.
    pub headers: Vec<(&'static str, Box<str>)>,
    /// The value.
    pub payload: Bytes,
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
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Polled {
    /// From here on this consumer reads these partitions and no others. Nothing is delivered until [`Consumer::start`] has said
    /// from where on.
    Assigned(Vec<(Topic, i32)>),
    /// Records.
    Delivered(Delivery),
}

/// Records, and where to go on after them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Delivery {
    /// Records; each partition's in offset order.
    pub records: Vec<Record>,
    /// Where to resume once these records are handled; partitions that brought nothing may be among them.
    pub progress: Vec<PartitionProgress>,
}

/// Where a partition ended, and how far it had been read, when the broker was last heard of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionEnd {
    /// Of which topic.
    pub topic: Topic,
    /// Which partition.
    pub partition: i32,
    /// The offset its next record will get.
    pub end_offset: i64,
    /// The offset that is asked for next; what stands before it has been delivered, or is gone.
    pub read_offset: i64,
}

/// Reads the partitions given to this worker.
#[async_trait]
pub trait Consumer: Send {
    /// Up to about `max` records; waits a while for the first, and comes back empty when there is none. A poll that is given up
    /// passes nothing by.
    async fn poll(&mut self, max: usize) -> Result<Polled, BrokerError>;

    /// Reads the assigned partitions from these places on and forgets what was polled after them. A partition that is not named
    /// here is read from its beginning, so that a forgotten one is delivered again rather than passed by.
    async fn start(&mut self, progress: &[PartitionProgress]) -> Result<(), BrokerError>;

    /// Lets the broker know how far the store is, for displays only; the store's word is what counts.
    fn show_progress(&mut self, progress: &[PartitionProgress]);

    /// Where the assigned partitions ended a few seconds ago at most, as far as the broker has said. The embedded log has no end
    /// of its own.
    fn ends(&self) -> Vec<PartitionEnd>;

    /// Leaves the readers, so that others get its partitions at once. Comes back when the broker knows, or after a few seconds
    /// when it does not answer.
    async fn leave(self: Box<Self>);
}

/// Carries events by topic and partition.
#[async_trait]
pub trait Broker: Send + Sync {
    /// Whether events must be published by a relay; the embedded log is the outbox itself and needs none.
    fn needs_relay(&self) -> bool;

    /// Which log this is.
    async fn log_id(&self) -> Result<LogId, BrokerError>;

    /// Makes what is missing of the topics, each with this many partitions.
    async fn prepare(&self, partitions: i32) -> Result<(), BrokerError>;

    /// Publishes, and waits until all of it is acknowledged by every replica that must. On failure some of it may have been
    /// published nevertheless.
    async fn publish(&self, outgoing: Vec<Outgoing>) -> Result<(), BrokerError>;

    /// Joins the readers; the first poll that succeeds tells what was assigned.
    async fn consume(&self) -> Result<Box<dyn Consumer>, BrokerError>;
}
