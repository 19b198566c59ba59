//! Every number the platform shows at `/metrics`, under the names dashboards already know.
//!
//! Invariant: a merchant or payment id is never a label, and what a request touches has its handle made beforehand or kept
//! beside its route, so that counting costs no lookup by name.

mod engine_side;
mod http_side;
mod process_side;
mod proof_side;
mod trace_side;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

pub(crate) use engine_side::event_word;
pub use http_side::{HttpMetrics, RouteMetrics};
pub use process_side::ProcessMetrics;
pub use proof_side::ProofMetrics;
pub use trace_side::SpanMetrics;

/// The registry and its handles.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Requests.
    pub http: HttpMetrics,
    /// The process.
    pub process: ProcessMetrics,
    /// The proofs.
    pub proofs: ProofMetrics,
    /// Traces.
    pub spans: SpanMetrics,
    commit_batch_size: Histogram,
    commit_seconds: Histogram,
    payments: Family<PaymentLabels, Counter>,
    idempotency: Family<OutcomeLabels, Counter>,
    rate_limit_decisions: Family<LimitLabels, Counter>,
    records_consumed: Counter,
    worker_events: Family<WorkerLabels, Counter>,
    event_to_ledger_seconds: Histogram,
    incidents: Family<IncidentLabels, Counter>,
    attempts_overdue: Gauge,
    events_published: Counter,
    publish_failures: Counter,
    consumer_lag: Family<PartitionLabels, Gauge>,
    /// Events that wait for the ledger.
    pub outbox_pending: Gauge,
    /// How long the oldest of them has waited.
    pub outbox_oldest_age_seconds: Gauge,
    /// Dead letters that somebody must look at.
    pub dead_letters_open: Gauge,
    outbox_created: Counter,
    ledger_entries: Counter,
    /// What the trial balance is off by, over all currencies; anything but 0 is an incident.
    pub ledger_imbalance: Gauge,
    /// When the balances were added up last, in milliseconds of the monotonic clock; 0: never.
    balances_at_ms: AtomicU64,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct PaymentLabels {
    action: &'static str,
    result: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct LimitLabels {
    action: &'static str,
    decision: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct WorkerLabels {
    topic: &'static str,
    result: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct IncidentLabels {
    kind: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ApplicationLabels {
    application: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct PartitionLabels {
    application: &'static str,
    topic: &'static str,
    partition: i32,
}

/// The name of whatever runs the worker.
const WORKER: &str = "consumer-worker";

const BATCH_SIZES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
// 0.3 is the objective for an authorization: alerts count what is at or below it.
const SECONDS: [f64; 17] =
    [0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.3, 0.5, 1.0, 5.0, 30.0];
const LONG_SECONDS: [f64; 14] =
    [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 600.0, 3600.0];

impl Metrics {
    /// Everything at zero.
    pub fn new() -> Self {
        let registry = Registry::default();
        let mut metrics = Self {
            registry,
            http: HttpMetrics::default(),
            process: ProcessMetrics::default(),
            proofs: ProofMetrics::default(),
            spans: SpanMetrics::default(),
            commit_batch_size: Histogram::new(BATCH_SIZES),
            commit_seconds: Histogram::new(SECONDS),
            payments: Family::default(),
            idempotency: Family::default(),
            rate_limit_decisions: Family::default(),
            records_consumed: Counter::default(),
            worker_events: Family::default(),
            event_to_ledger_seconds: Histogram::new(LONG_SECONDS),
            incidents: Family::default(),
            attempts_overdue: Gauge::default(),
            events_published: Counter::default(),
            publish_failures: Counter::default(),
            consumer_lag: Family::default(),
            outbox_pending: Gauge::default(),
            outbox_oldest_age_seconds: Gauge::default(),
            dead_letters_open: Gauge::default(),
            outbox_created: Counter::default(),
            ledger_entries: Counter::default(),
            ledger_imbalance: Gauge::default(),
            balances_at_ms: AtomicU64::new(0),
        };
        metrics.register_engine();
        metrics.register_books();
        metrics.http.register(&mut metrics.registry);
        metrics.process.register(&mut metrics.registry);
        metrics.proofs.register(&mut metrics.registry);
        metrics.spans.register(&mut metrics.registry);
        metrics.begin_at_zero();
        metrics
    }

    /// How many events were committed and how many journal entries posted, ever, by what the books say. Every replica shows
    /// the same: take the largest, do not add them up.
    pub fn totals(&self, events: u64, entries: u64) {
        self.outbox_created.inner().store(events, Ordering::Relaxed);
        self.ledger_entries.inner().store(entries, Ordering::Relaxed);
    }

    /// Whether it is time to add up the balances again; who is told so does it.
    pub fn balances_due(&self, now: Duration, every: Duration) -> bool {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (now, last) = (ms(now).max(1), self.balances_at_ms.load(Ordering::Acquire));
        let due = last == 0 || now.saturating_sub(last) >= ms(every);
        due && self.balances_at_ms.compare_exchange(last, now, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// The text format of `/metrics` (OpenMetrics 1.0).
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::with_capacity(16 * 1024);
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    fn register_engine(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "commit_batch_size",
            "Commands in a committed batch",
            self.commit_batch_size.clone(),
        );
        registry.register_with_unit(
            "commit",
            "From the begin of a batch to its commit",
            Unit::Seconds,
            self.commit_seconds.clone(),
        );
        registry.register("payments", "Operations by how they ended", self.payments.clone());
        registry.register("idempotency", "Keys by what they turned out to be", self.idempotency.clone());
        registry.register(
            "rate_limit_decisions",
            "Limits by what they said; fail_open: the counters were away",
            self.rate_limit_decisions.clone(),
        );
        registry.register("incidents", "Things somebody must look at", self.incidents.clone());
        registry.register(
            "attempts_overdue",
            "Acquirer calls unknown past their bound",
            self.attempts_overdue.clone(),
        );
    }

    fn register_books(&mut self) {
        // A label set that is always there: dashboards made for the origin select on it.
        let consumed: Family<ApplicationLabels, Counter> = Family::default();
        self.records_consumed = consumed.get_or_create_owned(&ApplicationLabels { application: WORKER });
        let registry = &mut self.registry;
        registry.register(
            "kafka_consumer_fetch_manager_records_consumed",
            "Records the worker has consumed, of the embedded log too",
            consumed,
        );
        registry.register(
            "relay_events_published",
            "Events the relay has published and had acknowledged",
            self.events_published.clone(),
        );
        registry.register(
            "relay_publish_failures",
            "Times the relay could not publish and will try again",
            self.publish_failures.clone(),
        );
        registry.register(
            "kafka_consumer_fetch_manager_records_lag",
            "Records of a partition that the worker has not handled",
            self.consumer_lag.clone(),
        );
        registry.register("worker_events", "Events by what became of them", self.worker_events.clone());
        registry.register_with_unit(
            "event_to_ledger",
            "From an event to its journal entry",
            Unit::Seconds,
            self.event_to_ledger_seconds.clone(),
        );
        registry.register("outbox_pending", "Events that wait for the ledger", self.outbox_pending.clone());
        registry.register_with_unit(
            "outbox_oldest_age",
            "How long the oldest of them has waited",
            Unit::Seconds,
            self.outbox_oldest_age_seconds.clone(),
        );
        registry.register("outbox_created", "Events committed, ever", self.outbox_created.clone());
        registry.register("ledger_entries", "Journal entries posted, ever", self.ledger_entries.clone());
        registry.register("dead_letters_open", "Dead letters to look at", self.dead_letters_open.clone());
        registry.register(
            "ledger_imbalance",
            "What the trial balance is off by",
            self.ledger_imbalance.clone(),
        );
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
