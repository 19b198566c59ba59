//! A command that waits, and the promise its caller holds.
//!
//! Invariant: 503 means nothing happened. A command can be taken back only while it waits; once the committer has taken it, a
//! caller that stops waiting is told that the outcome is unknown.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use tokio::sync::oneshot;

use super::{NextStep, Submission, pace::Pace};
use crate::ports::{Away, Refusal};

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const WITHDRAWN: u8 = 2;

/// A queued command.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) submission: Submission,
    pub(super) deadline: Duration,
    ticket: Arc<AtomicU8>,
    reply: oneshot::Sender<NextStep>,
}

impl Queued {
    /// A command that is waited for as long as `timeout`, and what its caller holds of it.
    pub(super) fn new(
        submission: Submission,
        timeout: Duration,
        now: Duration,
        pace: Arc<Pace>,
    ) -> (Self, Promise) {
        let (reply, receiver) = oneshot::channel();
        let ticket = Arc::new(AtomicU8::new(WAITING));
        let deadline = now.saturating_add(timeout);
        let promise = Promise { ticket: Arc::clone(&ticket), reply: receiver, timeout, pace };
        (Self { submission, deadline, ticket, reply }, promise)
    }

    /// Takes it off its caller's hands; `false` when the caller has withdrawn it.
    pub(super) fn take(&self) -> bool {
        self.ticket.compare_exchange(WAITING, TAKEN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Tells its caller.
    pub(super) fn tell(self, next: NextStep) {
        // A caller that hung up has no use for its answer; its retry gets the stored one.
        drop(self.reply.send(next));
    }
}

/// The caller's half of a queued command.
pub(crate) struct Promise {
    ticket: Arc<AtomicU8>,
    reply: oneshot::Receiver<NextStep>,
    timeout: Duration,
    pace: Arc<Pace>,
}

impl Promise {
    /// Waits for what is next for the command; an error says that it was taken back in time (nothing happened) or that nobody knows.
    pub(crate) async fn kept(&mut self) -> Result<NextStep, Refusal> {
        let patience = self.pace.stall_limit().min(self.timeout);
        match tokio::time::timeout(patience, &mut self.reply).await {
            Ok(Ok(next)) => return Ok(next),
            Ok(Err(_)) => return Err(Refusal::OutcomeUnknown),
            Err(_) if self.pace.is_stalled() && self.withdraw() => {
                return Err(Refusal::Unavailable(Away::Store));
            }
            Err(_) => {}
        }
        let rest = self.timeout.saturating_sub(patience);
        match tokio::time::timeout(rest, &mut self.reply).await {
            Ok(Ok(next)) => Ok(next),
            Ok(Err(_)) => Err(Refusal::OutcomeUnknown),
            Err(_) if self.withdraw() => Err(Refusal::Overloaded),
            Err(_) => Err(Refusal::OutcomeUnknown),
        }
    }

    /// Takes the command back: `true` when nothing has happened and nothing will.
    fn withdraw(&self) -> bool {
        self.ticket.compare_exchange(WAITING, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}
