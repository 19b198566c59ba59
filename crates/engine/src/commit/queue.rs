//! The bounded queues in front of the committers, and the promise each command gets.
//!
//! Invariant: 503 means nothing happened. A command can be taken back only while it waits; once the committer has taken it, a
//! caller that stops waiting is told that the outcome is unknown.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use domain::{
    id::{AttemptId, IdempotencyKey, Lane, MerchantId, PaymentId},
    payment::{Command, Operation, Verdict},
    text::looks_like_card_number,
};
use tokio::sync::{mpsc, oneshot};

use super::Context;
use crate::{
    payments::Authorize,
    ports::{
        Attempt, Begun, Clock, Digest, IdempotencyScope, OperatorAct, Outcome, Refusal, Render, Rendered,
        TraceContext, Tracer,
    },
};

/// What the committer is asked to do.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// Give birth to a payment.
    Authorize(Box<Authorize>),
    /// A command on a payment that exists; `Expire` comes from the expiry loop only.
    OnPayment(PaymentId, Command),
    /// Answer from what is stored under the key, or refuse as limited: for a caller whose limit is used up.
    ReplayOnly(Operation, Option<PaymentId>),
    /// Record what the acquirer said.
    Settle(Box<Attempt>, Verdict),
}

impl Work {
    pub(crate) fn operation(&self) -> Operation {
        match self {
            Self::Authorize(_) => Operation::Authorize,
            Self::OnPayment(_, Command::Capture(_)) => Operation::Capture,
            Self::OnPayment(_, Command::Void(_) | Command::Expire) => Operation::Void,
            Self::OnPayment(_, Command::Refund(_)) => Operation::Refund,
            Self::ReplayOnly(operation, _) => *operation,
            Self::Settle(attempt, _) => attempt.operation,
        }
    }

    /// The payment it names; a refusal says it back.
    pub(crate) fn payment(&self) -> Option<PaymentId> {
        match self {
            Self::Authorize(_) => None,
            Self::OnPayment(payment, _) => Some(*payment),
            Self::ReplayOnly(_, payment) => *payment,
            Self::Settle(attempt, _) => Some(attempt.payment),
        }
    }
}

/// A command and everything deciding it needs.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) work: Work,
    pub(crate) merchant: MerchantId,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) fingerprint: Digest,
    pub(crate) request_id: Box<str>,
    /// What its events carry on: where it stands in a trace, or what the caller sent.
    pub(crate) traceparent: Option<Box<str>>,
    /// Its span, if it is sampled.
    pub(crate) trace: Option<Begun>,
    /// Drawn before, so that deciding stays pure; used only if an acquirer call becomes outstanding.
    pub(crate) attempt: AttemptId,
    /// The operator whose act it is; a merchant's call is nobody's.
    pub(crate) act: Option<OperatorAct>,
}

impl Submission {
    /// The payment it names, for the log and for traces: not one that is a card number somebody typed in its place.
    pub(crate) fn named_payment(&self) -> Option<PaymentId> {
        const DIGITS_13: u64 = 1_000_000_000_000;
        self.work.payment().filter(|id| id.get() < DIGITS_13 || !looks_like_card_number(&id.to_string()))
    }

    /// The trace it belongs to, for the log.
    pub(crate) fn trace_id(&self) -> Option<&str> {
        self.traceparent.as_deref()?.split('-').nth(1)
    }

    /// Begins its span below `parent`, which must be sampled; its events carry on from there.
    pub(crate) fn traced(self, tracer: &dyn Tracer, parent: Option<TraceContext>) -> Self {
        let Some(parent) = parent else { return self };
        let begun = Begun::child(tracer, parent);
        Self { traceparent: Some(begun.context.to_string().into()), trace: Some(begun), ..self }
    }

    pub(crate) fn scope(&self) -> Option<IdempotencyScope> {
        let key = self.key.clone()?;
        Some(IdempotencyScope { merchant: self.merchant.clone(), operation: self.work.operation(), key })
    }
}

/// What became of a command.
#[derive(Clone, Debug)]
pub(crate) enum Settled {
    /// It has its answer.
    Answer(Answer),
    /// Its attempt is committed; the acquirer must be called now.
    Begun(Box<Attempt>),
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

/// A queued command.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) submission: Submission,
    pub(super) deadline: Duration,
    ticket: Arc<AtomicU8>,
    reply: oneshot::Sender<Settled>,
}

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const WITHDRAWN: u8 = 2;

impl Queued {
    /// Takes it off its caller's hands; `false` when the caller has withdrawn it.
    pub(super) fn take(&self) -> bool {
        self.ticket.compare_exchange(WAITING, TAKEN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    pub(super) fn answer(self, settled: Settled) {
        // A caller that hung up has no use for its answer; its retry gets the stored one.
        drop(self.reply.send(settled));
    }
}

/// The caller's half of a queued command.
pub(crate) struct Promise {
    ticket: Arc<AtomicU8>,
    reply: oneshot::Receiver<Settled>,
    timeout: Duration,
    pace: Arc<Pace>,
}

impl Promise {
    /// What became of the command; an error says that it was taken back in time (nothing happened) or that nobody knows.
    pub(crate) async fn settled(&mut self) -> Result<Settled, Refusal> {
        let patience = self.pace.stall_limit.min(self.timeout);
        match tokio::time::timeout(patience, &mut self.reply).await {
            Ok(Ok(settled)) => return Ok(settled),
            Ok(Err(_)) => return Err(Refusal::OutcomeUnknown),
            Err(_) if self.pace.is_stalled() && self.withdraw() => return Err(Refusal::Unavailable),
            Err(_) => {}
        }
        let rest = self.timeout.saturating_sub(patience);
        match tokio::time::timeout(rest, &mut self.reply).await {
            Ok(Ok(settled)) => Ok(settled),
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

/// The way to the committers. Cloned freely; they end when the last clone is gone.
#[derive(Clone)]
pub struct CommitQueue {
    /// One a committer. A lane is always the same one's.
    ways: Arc<[Way]>,
    context: Context,
}

/// The way to one committer.
struct Way {
    sender: mpsc::Sender<Queued>,
    pace: Arc<Pace>,
}

/// A committer's end of its way.
pub(super) struct WayOut {
    pub(super) queue: mpsc::Receiver<Queued>,
    pub(super) pace: Arc<Pace>,
}

/// How long a batch takes, as a moving average, to tell how long a new command would wait.
pub(super) struct Pace {
    clock: Arc<dyn Clock>,
    stall_limit: Duration,
    batch_us: AtomicU64,
    /// Since when the present batch is under way, in milliseconds of the monotonic clock plus one; 0 when there is none.
    busy_since: AtomicU64,
}

impl Pace {
    pub(super) fn record(&self, batch_us: u64) {
        let before = self.batch_us.load(Ordering::Relaxed);
        self.batch_us.store(before.saturating_mul(7).saturating_add(batch_us) / 8, Ordering::Relaxed);
    }

    pub(super) fn begin(&self, now: Duration) {
        let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX - 1);
        self.busy_since.store(now_ms.saturating_add(1), Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.busy_since.store(0, Ordering::Relaxed);
    }

    /// Whether the batch under way has taken so long that the store must be away.
    fn is_stalled(&self) -> bool {
        let since = self.busy_since.load(Ordering::Relaxed);
        let stalled_at = Duration::from_millis(since.saturating_sub(1)).saturating_add(self.stall_limit);
        since > 0 && self.clock.monotonic() >= stalled_at
    }

    fn wait(&self, waiting: usize, batch_max: usize) -> Duration {
        let batches = waiting / batch_max.max(1);
        let batch_us = self.batch_us.load(Ordering::Relaxed);
        Duration::from_micros(batch_us.saturating_mul(u64::try_from(batches).unwrap_or(u64::MAX)))
    }
}

impl Way {
    fn new(context: &Context, waiting_max: usize) -> (Self, WayOut) {
        let (sender, queue) = mpsc::channel(waiting_max);
        let pace = Arc::new(Pace {
            clock: Arc::clone(&context.clock),
            stall_limit: context.settings.stall_limit,
            batch_us: AtomicU64::new(0),
            busy_since: AtomicU64::new(0),
        });
        (Self { sender, pace: Arc::clone(&pace) }, WayOut { queue, pace })
    }

    fn waiting(&self) -> usize {
        self.sender.max_capacity().saturating_sub(self.sender.capacity())
    }
}

impl CommitQueue {
    /// A queue to as many committers as there shall be, none without a lane; they share what may wait.
    pub(super) fn new(context: Context) -> (Self, Vec<WayOut>) {
        let lanes = usize::from(context.store.lane_count()).max(1);
        let committers = context.settings.committers.clamp(1, lanes);
        let waiting_max = context.settings.queue_max.div_ceil(committers).max(1);
        let (ways, outs): (Vec<Way>, Vec<WayOut>) =
            (0..committers).map(|_| Way::new(&context, waiting_max)).unzip();
        assert!(!ways.is_empty());
        assert!(ways.len() <= lanes, "a committer without a lane would never be asked");
        (Self { ways: ways.into(), context }, outs)
    }

    /// Queues a command, or says at once that too much waits already.
    pub(crate) fn submit(&self, submission: Submission) -> Result<Promise, Refusal> {
        let timeout = self.context.settings.command_timeout;
        let way = self.way(&submission.merchant)?;
        let Way { sender, pace } = way;
        if pace.wait(way.waiting(), self.context.settings.batch_max) > timeout / 2 {
            return Err(Refusal::Overloaded);
        }
        if pace.is_stalled() {
            return Err(Refusal::Unavailable);
        }
        let (reply, receiver) = oneshot::channel();
        let ticket = Arc::new(AtomicU8::new(WAITING));
        let deadline = self.context.clock.monotonic().saturating_add(timeout);
        let queued = Queued { submission, deadline, ticket: Arc::clone(&ticket), reply };
        match sender.try_send(queued) {
            Ok(()) => Ok(Promise { ticket, reply: receiver, timeout, pace: Arc::clone(pace) }),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Refusal::Overloaded),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Refusal::Unavailable),
        }
    }

    /// Queues a command and waits for what becomes of it; for the loops, which have no client that could hang up.
    pub(crate) async fn ask(&self, submission: Submission) -> Result<Settled, Refusal> {
        self.submit(submission)?.settled().await
    }

    /// How many commands wait.
    pub fn waiting(&self) -> usize {
        self.ways.iter().map(Way::waiting).sum()
    }

    /// The way to whoever commits this merchant's lane.
    fn way(&self, merchant: &MerchantId) -> Result<&Way, Refusal> {
        let lane = Lane::of(merchant, self.context.store.lane_count());
        // There is one: a queue has at least one committer.
        self.ways.get(committer_of(lane, self.ways.len())).ok_or(Refusal::Internal)
    }
}

/// Who commits a lane: always the same one, or a lane could have two batches at a time.
fn committer_of(lane: Lane, committers: usize) -> usize {
    usize::from(lane.0).checked_rem(committers).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_lane_has_one_committer_and_every_committer_a_lane() {
        for committers in 1..=8 {
            let of = |lanes: std::ops::Range<u16>| {
                lanes.map(|lane| committer_of(Lane(lane), committers)).collect::<BTreeSet<_>>()
            };
            assert_eq!(of(0..8), (0..committers).collect(), "{committers} committers share eight lanes");
            for lane in 0..8 {
                assert_eq!(of(lane..lane + 1).len(), 1);
            }
        }
    }
}
