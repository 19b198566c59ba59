//! What a batch knows while it decides: what was loaded, and the effects of the commands decided so far.
//!
//! Invariant: commands of one batch see each other's effects, so the same key twice in one batch is one effect and one
//! replay. An effect is applied whole or (when deciding panicked) not at all.

use std::collections::{BTreeMap, HashMap};

use domain::{
    id::{AttemptId, Lane, MerchantId, OrderId, PaymentId, Seq},
    ledger::Posting,
    payment::{Payment, PaymentEvent},
    time::Moment,
};

use super::seal;
use crate::ports::{
    Attempt, AttemptWrite, AuditEntry, Changes, IdempotencyRow, IdempotencyScope, IdempotencyState,
    IdempotencyWrite, LaneState, Loaded, OutboxEvent, PaymentWrite,
};

/// What one command changes.
#[derive(Debug, Default)]
pub(super) struct Effect {
    /// The payment afterwards, and whether it was born.
    pub(super) payment: Option<PaymentWrite>,
    /// What happened to it, oldest first, and what each posts.
    pub(super) events: Vec<(PaymentEvent, Vec<Posting>)>,
    pub(super) idempotency: Option<IdempotencyWrite>,
    pub(super) attempt: Option<AttemptWrite>,
    pub(super) traceparent: Option<Box<str>>,
    /// Which operator did it.
    pub(super) audit: Option<AuditEntry>,
}

/// What a batch knows while it decides.
#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) moment: Moment,
    pub(super) lane_count: u16,
    lanes: BTreeMap<Lane, LaneState>,
    idempotency: HashMap<IdempotencyScope, IdempotencyRow>,
    payments: HashMap<PaymentId, Payment>,
    orders: HashMap<(MerchantId, OrderId), PaymentId>,
    attempts: HashMap<AttemptId, Attempt>,
    /// Payments to write; the value tells those born here.
    written: BTreeMap<PaymentId, bool>,
    events: Vec<OutboxEvent>,
    idempotency_writes: Vec<IdempotencyWrite>,
    attempt_writes: Vec<AttemptWrite>,
    audit: Vec<AuditEntry>,
}

impl Workspace {
    pub(super) fn new(loaded: Loaded, moment: Moment, lane_count: u16) -> Self {
        let Loaded { lanes, idempotency, payments, orders, attempts, .. } = loaded;
        assert!(lanes.iter().all(|lane| lane.lane.0 < lane_count));
        assert!(
            lanes.iter().all(|lane| lane.updated_at <= moment.now()),
            "the time of a lane never goes back"
        );
        debug_assert!(orders.values().all(|holder| payments.contains_key(holder)));
        Self {
            moment,
            lane_count,
            lanes: lanes.into_iter().map(|lane| (lane.lane, lane)).collect(),
            idempotency,
            payments,
            orders,
            attempts,
            written: BTreeMap::new(),
            events: Vec::new(),
            idempotency_writes: Vec::new(),
            attempt_writes: Vec::new(),
            audit: Vec::new(),
        }
    }

    pub(super) fn idempotency(&self, scope: &IdempotencyScope) -> Option<&IdempotencyRow> {
        self.idempotency.get(scope)
    }

    /// The payment, if it is this merchant's.
    pub(super) fn payment(&self, id: PaymentId, merchant: &MerchantId) -> Option<&Payment> {
        let same_lane = id.lane(self.lane_count) == Lane::of(merchant, self.lane_count);
        self.payments.get(&id).filter(|payment| same_lane && payment.merchant == *merchant)
    }

    /// The payment that holds an order.
    pub(super) fn order_holder(&self, merchant: &MerchantId, order: &OrderId) -> Option<&Payment> {
        let id = self.orders.get(&(merchant.clone(), order.clone()))?;
        self.payments.get(id).filter(|payment| !payment.frees_its_order())
    }

    pub(super) fn attempt(&self, id: AttemptId) -> Option<&Attempt> {
        self.attempts.get(&id)
    }

    /// The number the next payment of this lane would get; `None` when they are used up or the lane was not loaded.
    pub(super) fn next_payment_id(&self, lane: Lane) -> Option<PaymentId> {
        let counter = self.lanes.get(&lane)?.payment_counter.checked_add(1)?;
        PaymentId::compose(counter, lane, self.lane_count)
    }

    /// Takes an effect in: gives its events their places and remembers what must be written.
    pub(super) fn apply(&mut self, effect: Effect) {
        let Effect { payment, events, idempotency, attempt, traceparent, audit } = effect;
        assert!(events.is_empty() || payment.is_some(), "what happened, happened to a payment");
        self.audit.extend(audit);
        if let Some(write) = payment {
            self.apply_payment(write, &events, traceparent.as_deref());
        }
        if let Some(write) = idempotency {
            self.apply_idempotency(&write);
            self.idempotency_writes.push(write);
        }
        if let Some(write) = attempt {
            self.apply_attempt(&write);
            self.attempt_writes.push(write);
        }
    }

    fn apply_payment(
        &mut self,
        write: PaymentWrite,
        events: &[(PaymentEvent, Vec<Posting>)],
        traceparent: Option<&str>,
    ) {
        let PaymentWrite { mut payment, new } = write;
        let lane = payment.id.lane(self.lane_count);
        let Some(state) = self.lanes.get_mut(&lane) else {
            debug_assert!(false, "a batch decides only for lanes it has loaded");
            return;
        };
        let known = self.payments.get(&payment.id);
        assert_eq!(known.is_none(), new, "a payment is born once, and changed only as it was loaded");
        assert!(known.is_none_or(|known| known.merchant == payment.merchant));
        assert!(known.is_none_or(|known| known.authorized == payment.authorized));
        let (version, last_event) = known.map_or((0, Seq::START), |known| (known.version, known.last_event));
        assert_eq!(usize::try_from(payment.version - version).ok(), Some(events.len()));
        assert_eq!(payment.last_event, last_event);
        if new {
            state.payment_counter = state.payment_counter.saturating_add(1);
            assert_eq!(
                PaymentId::compose(state.payment_counter, lane, self.lane_count),
                Some(payment.id),
                "no number is given out twice"
            );
            if let Some(order) = &payment.order {
                self.orders.insert((payment.merchant.clone(), order.clone()), payment.id);
            }
        }
        for (event, postings) in events {
            self.events.push(seal::place(state, &mut payment, event, postings, traceparent));
        }
        assert!(payment.is_consistent());
        assert!(payment.last_event <= state.last_seq);
        self.written.entry(payment.id).or_insert(new);
        self.payments.insert(payment.id, payment);
    }

    fn apply_idempotency(&mut self, write: &IdempotencyWrite) {
        match write {
            IdempotencyWrite::Insert(row) => {
                let before = self.idempotency.insert(row.scope.clone(), row.clone());
                debug_assert!(before.is_none(), "one key has one answer");
            }
            IdempotencyWrite::Finish(scope, answer) => {
                if let Some(row) = self.idempotency.get_mut(scope) {
                    debug_assert!(matches!(row.state, IdempotencyState::Running { .. }));
                    row.state = IdempotencyState::Final(answer.clone());
                }
            }
            IdempotencyWrite::Remove(scope) => {
                let before = self.idempotency.remove(scope);
                debug_assert!(before.is_none_or(|row| matches!(row.state, IdempotencyState::Running { .. })));
            }
        }
    }

    fn apply_attempt(&mut self, write: &AttemptWrite) {
        match write {
            AttemptWrite::Insert(attempt) => {
                debug_assert!(attempt.verdict.is_none());
                let before = self.attempts.insert(attempt.id, attempt.clone());
                debug_assert!(before.is_none());
            }
            AttemptWrite::Close(id, verdict) => {
                if let Some(attempt) = self.attempts.get_mut(id) {
                    debug_assert!(attempt.verdict.is_none(), "the first outcome stands");
                    attempt.verdict = Some(*verdict);
                }
            }
        }
    }

    /// All that must be written.
    pub(super) fn into_changes(self) -> Changes {
        let Self { moment, lanes, mut payments, written, events, .. } = self;
        debug_assert!(
            events.is_sorted_by(|one, next| one.id.lane != next.id.lane || one.id.seq < next.id.seq)
        );
        debug_assert!(events.iter().all(|event| written.contains_key(&event.payment)));
        let changed = written.len();
        let lanes = lanes.into_values();
        let lanes = lanes.map(|lane| LaneState {
            batch: lane.batch.saturating_add(1),
            updated_at: moment.now(),
            ..lane
        });
        let written = written.into_iter();
        let written =
            written.filter_map(|(id, new)| payments.remove(&id).map(|payment| PaymentWrite { payment, new }));
        let written: Vec<PaymentWrite> = written.collect();
        assert_eq!(written.len(), changed, "whatever was decided is written");
        Changes {
            lanes: lanes.collect(),
            payments: written,
            events,
            idempotency: self.idempotency_writes,
            attempts: self.attempt_writes,
            audit: self.audit,
        }
    }
}
