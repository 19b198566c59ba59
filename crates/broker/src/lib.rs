//! Brings committed events to the worker: the embedded log, which is the outbox table itself read by position, or Kafka.
//!
//! Invariant: a consumer delivers every event of a topic after the place it resumes from, in order, once; the embedded log stops
//! at a gap rather than pass it by. Bytes go out as they were committed; nothing here reads them.

mod embedded;
#[cfg(feature = "kafka")]
mod kafka;

pub use embedded::{EmbeddedBroker, EmbeddedBrokerSettings};
#[cfg(all(feature = "kafka", feature = "testing"))]
pub use kafka::testing;
#[cfg(feature = "kafka")]
pub use kafka::{KafkaBroker, KafkaSecurity, KafkaSettings, Password, TopicFault};
