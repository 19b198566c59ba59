//! What a caller can ask of payments: one file a use case.
//!
//! Every call is the same story: one question to the cache (is there an answer already, and may the call pass?), the command
//! to the committer, and afterwards what the caches are owed. None of it can reach the broker.

mod acquirer_line;
mod authorize;
mod call;
mod capture;
mod in_flight;
mod perform;
mod refund;
mod void;

use std::sync::Arc;

pub(crate) use acquirer_line::{AcquirerLine, Origin, request_of};
pub use call::{Authorize, Call, OnPayment, Reply};
use in_flight::InFlight;

use crate::{
    commit::{CommitQueue, Context},
    ports::Cache,
};

/// The use cases.
#[derive(Clone)]
pub struct Payments {
    context: Context,
    cache: Arc<dyn Cache>,
    queue: CommitQueue,
    in_flight: Arc<InFlight>,
    acquirer_line: AcquirerLine,
}

impl Payments {
    /// The use cases over `queue`.
    pub fn new(context: Context, cache: Arc<dyn Cache>, queue: CommitQueue) -> Self {
        let acquirer_line = AcquirerLine::new(context.clone(), queue.clone());
        Self { context, cache, queue, in_flight: Arc::default(), acquirer_line }
    }

    /// The line to the acquirer, shared with the resolver.
    pub(crate) fn acquirer_line(&self) -> &AcquirerLine {
        &self.acquirer_line
    }

    /// How many commands wait for the committer.
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }
}
