//! The lane committer: take what waits, load what it needs, decide in memory, write in one transaction, answer.
//!
//! Invariants: nothing is answered before its commit; a key has one effect and one answer, also within a batch; the
//! event and the answer commit with the payment they belong to or not at all. A lone command waits for nothing; requests
//! that arrive while a commit is on its way to disk form the next batch.

mod answer;
mod committer;
mod decide;
mod pace;
mod promise;
mod queue;
mod seal;
mod spans;
mod submission;
mod workspace;

use std::sync::Arc;

pub(crate) use answer::{Answer, NextStep, refused};
pub use committer::Committer;
pub(crate) use promise::Promise;
pub use queue::CommitQueue;
pub(crate) use submission::{Submission, Work};

use crate::{
    observe::Observer,
    ports::{Acquirer, Clock, Entropy, InstanceId, Render, Store, Tracer},
    settings::EngineSettings,
    signals::Signals,
};

/// Everything the engine's parts share.
#[derive(Clone)]
pub struct Context {
    /// This run of this process.
    pub instance: InstanceId,
    /// The books.
    pub store: Arc<dyn Store>,
    /// Who moves the money.
    pub acquirer: Arc<dyn Acquirer>,
    /// How an outcome looks on the wire.
    pub render: Arc<dyn Render>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Whoever watches.
    pub observer: Arc<dyn Observer>,
    /// Whoever records traces.
    pub tracer: Arc<dyn Tracer>,
    /// Wake-ups.
    pub signals: Arc<Signals>,
    /// The limits.
    pub settings: Arc<EngineSettings>,
}
