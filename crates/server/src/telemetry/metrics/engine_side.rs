//! What the engine tells, counted.

use domain::{event::Topic, payment::Operation};
use engine::{
    observe::{EventResult, IdempotencyOutcome, Incident, LimitDecision, Observer, PaymentResult},
    ports::LimitAction,
};

use super::{
    IncidentLabels, LimitLabels, Metrics, OutcomeLabels, PartitionLabels, PaymentLabels, WORKER, WorkerLabels,
};

impl Metrics {
    /// Shows every count that can happen, before it happens: a counter that begins at 1 has not risen, for whoever watches.
    pub(super) fn begin_at_zero(&self) {
        use {
            EventResult::{Duplicate, Hole, Parked, Posted, WithoutPostings},
            IdempotencyOutcome::{Fresh, InFlight, Mismatch, Replayed},
            Incident::{
                BooksAhead, ClockJump, ContradictingVerdicts, DatabaseWentBack, ForeignTimeline, OutboxGap,
                Panic,
            },
            LimitDecision::{Allow, Deny, FailOpen},
            PaymentResult::{Approved, Declined, Failed, Rejected, Unknown},
        };
        let kinds = [ForeignTimeline, ContradictingVerdicts, Panic, ClockJump, Incident::Hole, OutboxGap];
        for kind in kinds.into_iter().chain([DatabaseWentBack, BooksAhead]) {
            drop(self.incidents.get_or_create(&IncidentLabels { kind: incident_word(kind) }));
        }
        for outcome in [Fresh, Replayed, Mismatch, InFlight] {
            drop(self.idempotency.get_or_create(&OutcomeLabels { outcome: outcome_word(outcome) }));
        }
        for action in LimitAction::ALL {
            for decision in [Allow, Deny, FailOpen] {
                let labels = LimitLabels { action: action.as_str(), decision: decision_word(decision) };
                drop(self.rate_limit_decisions.get_or_create(&labels));
            }
        }
        for operation in [Operation::Authorize, Operation::Capture, Operation::Void, Operation::Refund] {
            for result in [Approved, Declined, Rejected, Unknown, Failed] {
                let labels = PaymentLabels { action: operation.as_str(), result: result_word(result) };
                drop(self.payments.get_or_create(&labels));
            }
        }
        for topic in Topic::ALL {
            for result in [Posted, WithoutPostings, Duplicate, Parked, Hole] {
                drop(
                    self.worker_events
                        .get_or_create(&WorkerLabels { topic: topic.as_str(), result: event_word(result) }),
                );
            }
        }
    }
}

impl Observer for Metrics {
    fn batch_committed(&self, commands: usize, seconds: f64) {
        self.commit_batch_size.observe(commands as f64);
        self.commit_seconds.observe(seconds);
    }

    fn payment(&self, operation: Operation, result: PaymentResult) {
        let result = result_word(result);
        self.payments.get_or_create(&PaymentLabels { action: operation.as_str(), result }).inc();
    }

    fn idempotency(&self, outcome: IdempotencyOutcome) {
        let outcome = outcome_word(outcome);
        self.idempotency.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    fn limit(&self, action: LimitAction, decision: LimitDecision) {
        let decision = decision_word(decision);
        self.rate_limit_decisions.get_or_create(&LimitLabels { action: action.as_str(), decision }).inc();
    }

    fn records_consumed(&self, count: usize) {
        self.records_consumed.inc_by(count as u64);
    }

    fn worker_events(&self, topic: Option<Topic>, result: EventResult, count: usize) {
        let result = event_word(result);
        let topic = topic.map_or("unknown", Topic::as_str);
        self.worker_events.get_or_create(&WorkerLabels { topic, result }).inc_by(count as u64);
    }

    fn event_to_ledger(&self, seconds: f64) {
        self.event_to_ledger_seconds.observe(seconds);
    }

    fn events_published(&self, count: usize) {
        self.events_published.inc_by(count as u64);
    }

    fn publish_failed(&self) {
        self.publish_failures.inc();
    }

    fn partition_lag(&self, topic: Topic, partition: i32, records: u64) {
        let lag = self.consumer_lag.get_or_create_owned(&PartitionLabels {
            application: WORKER,
            topic: topic.as_str(),
            partition,
        });
        lag.set(i64::try_from(records).unwrap_or(i64::MAX));
    }

    fn attempts_overdue(&self, count: usize) {
        self.attempts_overdue.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn incident(&self, incident: Incident) {
        let kind = incident_word(incident);
        self.incidents.get_or_create(&IncidentLabels { kind }).inc();
    }
}

fn result_word(result: PaymentResult) -> &'static str {
    match result {
        PaymentResult::Approved => "approved",
        PaymentResult::Declined => "declined",
        PaymentResult::Rejected => "rejected",
        PaymentResult::Unknown => "unknown",
        PaymentResult::Failed => "failed",
    }
}

fn outcome_word(outcome: IdempotencyOutcome) -> &'static str {
    match outcome {
        IdempotencyOutcome::Fresh => "fresh",
        IdempotencyOutcome::Replayed => "replayed",
        IdempotencyOutcome::Mismatch => "mismatch",
        IdempotencyOutcome::InFlight => "in_flight",
    }
}

fn decision_word(decision: LimitDecision) -> &'static str {
    match decision {
        LimitDecision::Allow => "allow",
        LimitDecision::Deny => "deny",
        LimitDecision::FailOpen => "fail_open",
    }
}

pub(crate) fn event_word(result: EventResult) -> &'static str {
    match result {
        EventResult::Posted => "posted",
        EventResult::WithoutPostings => "without_postings",
        EventResult::Duplicate => "duplicate",
        EventResult::Parked => "parked",
        EventResult::Hole => "hole",
    }
}

fn incident_word(incident: Incident) -> &'static str {
    match incident {
        Incident::ForeignTimeline => "foreign_timeline",
        Incident::ContradictingVerdicts => "contradicting_verdicts",
        Incident::Panic => "panic",
        Incident::ClockJump => "clock_jump",
        Incident::BooksAhead => "books_ahead",
        Incident::Hole => "hole",
        Incident::OutboxGap => "outbox_gap",
        Incident::DatabaseWentBack => "database_went_back",
    }
}
