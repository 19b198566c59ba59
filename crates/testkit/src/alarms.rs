//! Counts what somebody must look at, and nothing else.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use domain::{event::Topic, payment::Operation};
use engine::{
    observe::{EventResult, IdempotencyOutcome, Incident, LimitDecision, Observer, PaymentResult},
    ports::LimitAction,
};

/// What was told of incidents and of attempts that are overdue.
#[derive(Default, Debug)]
pub struct Alarms {
    incidents: Mutex<Vec<Incident>>,
    overdue: AtomicUsize,
}

impl Alarms {
    /// How many incidents of a kind there were.
    pub fn of(&self, kind: Incident) -> usize {
        self.incidents().iter().filter(|incident| **incident == kind).count()
    }

    /// How many there were of all other kinds.
    pub fn beside(&self, expected: &[Incident]) -> usize {
        self.incidents().iter().filter(|incident| !expected.contains(incident)).count()
    }

    /// How many attempts were overdue when that was last told.
    pub fn overdue(&self) -> usize {
        self.overdue.load(Ordering::SeqCst)
    }

    fn incidents(&self) -> MutexGuard<'_, Vec<Incident>> {
        self.incidents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Alarms {
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

    fn attempts_overdue(&self, attempts: usize) {
        self.overdue.store(attempts, Ordering::SeqCst);
    }

    fn incident(&self, incident: Incident) {
        self.incidents().push(incident);
    }
}
