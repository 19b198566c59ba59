//! What the engine tells, counted.

use domain::{event::Topic, payment::Operation};
use engine::{
    observe::{EventResult, IdempotencyOutcome, Incident, LimitDecision, Observer, PaymentResult},
    ports::LimitAction,
};

use super::{IncidentLabels, LimitLabels, Metrics, OutcomeLabels, PaymentLabels, WorkerLabels};

impl Observer for Metrics {
    fn batch_committed(&self, commands: usize, seconds: f64) {
        self.commit_batch_size.observe(commands as f64);
        self.commit_seconds.observe(seconds);
    }

    fn payment(&self, operation: Operation, result: PaymentResult) {
        let result = match result {
            PaymentResult::Approved => "approved",
            PaymentResult::Declined => "declined",
            PaymentResult::Rejected => "rejected",
            PaymentResult::Unknown => "unknown",
            PaymentResult::Failed => "failed",
        };
        self.payments.get_or_create(&PaymentLabels { action: operation.as_str(), result }).inc();
    }

    fn idempotency(&self, outcome: IdempotencyOutcome) {
        let outcome = match outcome {
            IdempotencyOutcome::Fresh => "fresh",
            IdempotencyOutcome::Replayed => "replayed",
            IdempotencyOutcome::Mismatch => "mismatch",
            IdempotencyOutcome::InFlight => "in_flight",
        };
        self.idempotency.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    fn limit(&self, action: LimitAction, decision: LimitDecision) {
        let decision = match decision {
            LimitDecision::Allow => "allow",
            LimitDecision::Deny => "deny",
            LimitDecision::FailOpen => "fail_open",
        };
        self.rate_limit_decisions.get_or_create(&LimitLabels { action: action.as_str(), decision }).inc();
    }

    fn records_consumed(&self, count: usize) {
        self.records_consumed.inc_by(count as u64);
    }

    fn worker_events(&self, topic: Option<Topic>, result: EventResult, count: usize) {
        let result = match result {
            EventResult::Posted => "posted",
            EventResult::WithoutPostings => "without_postings",
            EventResult::Duplicate => "duplicate",
            EventResult::Parked => "parked",
            EventResult::Hole => "hole",
        };
        let topic = topic.map_or("unknown", Topic::as_str);
        self.worker_events.get_or_create(&WorkerLabels { topic, result }).inc_by(count as u64);
    }

    fn event_to_ledger(&self, seconds: f64) {
        self.event_to_ledger_seconds.observe(seconds);
    }

    fn attempts_overdue(&self, count: usize) {
        self.attempts_overdue.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn incident(&self, incident: Incident) {
        let kind = match incident {
            Incident::ForeignTimeline => "foreign_timeline",
            Incident::ContradictingVerdicts => "contradicting_verdicts",
            Incident::Panic => "panic",
            Incident::ClockJump => "clock_jump",
        };
        self.incidents.get_or_create(&IncidentLabels { kind }).inc();
    }
}
