//! Brings committed events to the worker. Today there is the embedded log: the outbox table itself, read by position.
//!
//! Invariant: a consumer delivers every event of a topic after the place it resumes from, in order, once; it stops at a gap
//! rather than pass it by. Bytes go out as they were committed; nothing here reads them.

mod consumer;
mod embedded;

pub use embedded::{EmbeddedBroker, EmbeddedBrokerSettings};
