//! What a caller can ask of payments: one file a use case.
//!
//! Every call is the same story: one question to the cache (is there an answer already, and may the call pass?), the command
//! to the committer, and afterwards what the caches are owed. None of it can reach the broker.

mod authorize;
mod call;
mod capture;
mod in_flight;
mod refund;
mod remote;
mod submit;
mod void;

use std::sync::Arc;

pub use call::{Authorize, Call, OnPayment, Reply};
use in_flight::InFlight;
pub(crate) use remote::{Caller, Origin, request_of};

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
    caller: Caller,
}

impl Payments {
    /// The use cases over `queue`.
    pub fn new(context: Context, cache: Arc<dyn Cache>, queue: CommitQueue) -> Self {
        let caller = Caller::new(context.clone(), queue.clone());
        Self { context, cache, queue, in_flight: Arc::default(), caller }
    }

    /// The way to the acquirer, shared with the resolver.
    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// How many commands wait for the committer.
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }
}
