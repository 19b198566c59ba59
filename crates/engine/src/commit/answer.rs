//! What the committer answers: bytes for the caller, or an attempt the acquirer must be told of first.

use bytes::Bytes;
use domain::{id::PaymentId, payment::Operation};

use crate::ports::{Attempt, Outcome, Refusal, Render, Rendered};

/// What is next for a command that was committed.
#[derive(Clone, Debug)]
pub(crate) enum NextStep {
    /// Its caller gets this answer.
    Answer(Answer),
    /// The acquirer is called; the attempt is committed already.
    CallAcquirer(Box<Attempt>),
}

/// Bytes for the caller, and what the caches may do with them.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    /// Whether these are the stored bytes of an earlier call.
    pub(crate) replayed: bool,
    /// Whether the same key gets these bytes for ever.
    pub(crate) stored: bool,
    pub(crate) retry_after_seconds: Option<u32>,
}

impl Answer {
    pub(crate) fn fresh(rendered: Rendered, stored: bool, retry_after_seconds: Option<u32>) -> Self {
        Self { status: rendered.status, body: rendered.body, replayed: false, stored, retry_after_seconds }
    }

    /// The bytes an earlier call was answered with.
    pub(crate) fn stored(status: u16, body: Bytes, replayed: bool) -> Self {
        Self { status, body, replayed, stored: true, retry_after_seconds: None }
    }
}

/// An answer that says no, for calls that never reached a decision.
pub(crate) fn refused(
    render: &dyn Render,
    operation: Operation,
    refusal: &Refusal,
    payment: Option<PaymentId>,
    request_id: &str,
) -> Answer {
    let rendered = render.render(Outcome::Refused { operation, refusal, payment, request_id });
    Answer::fresh(rendered, refusal.is_final(), refusal.retry_after_seconds())
}
