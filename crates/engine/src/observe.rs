//! What the engine tells whoever watches it. Every method is called on a hot path: an implementation adds to a counter and
//! returns.

use domain::{event::Topic, payment::Operation};

use crate::ports::LimitAction;

/// How an operation ended, as a label of few values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PaymentResult {
    /// Done.
    Approved,
    /// The acquirer said no.
    Declined,
    /// Refused by a rule.
    Rejected,
    /// Nobody knows yet.
    Unknown,
    /// A part of the platform failed.
    Failed,
}

/// What a key turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IdempotencyOutcome {
    /// Seen for the first time.
    Fresh,
    /// The stored answer was sent.
    Replayed,
    /// Used for another request.
    Mismatch,
    /// Its acquirer call is outstanding.
    InFlight,
}

/// What a limit said.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LimitDecision {
    /// May pass.
    Allow,
    /// May not.
    Deny,
    /// The counters were away, so it passed.
    FailOpen,
}

/// What became of an event the worker read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EventResult {
    /// Its journal entry was posted.
    Posted,
    /// It carries no postings.
    WithoutPostings,
    /// It had been handled before.
    Duplicate,
    /// It was put aside.
    Parked,
    /// An event before it is missing; it waits.
    Hole,
}

/// Something somebody must look at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Incident {
    /// An event of a place the database has not reached: another timeline.
    ForeignTimeline,
    /// An acquirer said two different things about one attempt.
    ContradictingVerdicts,
    /// A command made the code panic.
    Panic,
    /// The wall clock moved against the monotonic one.
    ClockJump,
    /// The books bear times that are ahead of the clock.
    BooksAhead,
    /// The broker has lost an event, or delivered it in the wrong order; it is published again.
    Hole,
    /// The outbox lacks an event that has not been pruned.
    OutboxGap,
    /// The database lacks events that were published: it has lost commits.
    DatabaseWentBack,
}

/// Whoever watches.
pub trait Observer: Send + Sync {
    /// A batch of `commands` was committed, `seconds` after it was begun.
    fn batch_committed(&self, commands: usize, seconds: f64);
    /// An operation was answered.
    fn payment(&self, operation: Operation, result: PaymentResult);
    /// A key was looked at.
    fn idempotency(&self, outcome: IdempotencyOutcome);
    /// A limit was asked.
    fn limit(&self, action: LimitAction, decision: LimitDecision);
    /// The broker delivered `count` records to the worker.
    fn records_consumed(&self, count: usize);
    /// The worker dealt with `count` events of a topic (`None`: a topic we do not know).
    fn worker_events(&self, topic: Option<Topic>, result: EventResult, count: usize);
    /// An event was posted this long after it happened.
    fn event_to_ledger(&self, seconds: f64);
    /// The relay published `count` events and had them acknowledged.
    fn events_published(&self, count: usize);
    /// The relay could not publish.
    fn publish_failed(&self);
    /// The partition of a topic holds this many records the worker has not handled.
    fn partition_lag(&self, topic: Topic, partition: i32, records: u64);
    /// How many attempts are unknown past their bound.
    fn attempts_overdue(&self, count: usize);
    /// Something somebody must look at.
    fn incident(&self, incident: Incident);
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn batch_committed(&self, _: usize, _: f64) {}
    fn payment(&self, _: Operation, _: PaymentResult) {}
    fn idempotency(&self, _: IdempotencyOutcome) {}
    fn limit(&self, _: LimitAction, _: LimitDecision) {}
    fn records_consumed(&self, _: usize) {}
    fn worker_events(&self, _: Option<Topic>, _: EventResult, _: usize) {}
    fn event_to_ledger(&self, _: f64) {}
    fn events_published(&self, _: usize) {}
    fn publish_failed(&self) {}
    fn partition_lag(&self, _: Topic, _: i32, _: u64) {}
    fn attempts_overdue(&self, _: usize) {}
    fn incident(&self, _: Incident) {}
}
