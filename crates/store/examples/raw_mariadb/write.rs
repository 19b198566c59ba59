//! The statements, and the rows made into values: what the store writes for an authorization.

use domain::{id::Lane, payment::Payment};
use engine::ports::{IdempotencyState, IdempotencyWrite, LaneState, OutboxEvent};
use mysql_async::{Params, Value};

use crate::rows::Made;

pub(crate) const PAYMENT: &str = "INSERT INTO payment (lane, id, status, state, captured, refunded, updated_at, version, \
     last_event, decline_code, pending, expirable_at, merchant, currency, authorized, capture_mode, capture_before, \
     created_at, order_id, description, metadata, order_key) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
pub(crate) const EVENT: &str = "INSERT INTO outbox_event (lane, seq, topic, sha256, previous, payment, payment_previous, \
     occurred_at, body, traceparent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
pub(crate) const ANSWER: &str = "INSERT INTO idem_response_cache (lane, id, merchant, operation, idem_key, key_hash, \
     fingerprint, payment, status, answered_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
pub(crate) const ENTRY: &str = "INSERT INTO journal_entry (lane, seq, topic, payment, payment_previous, occurred_at, \
     posted_at) VALUES (?, ?, ?, ?, ?, ?, ?)";
pub(crate) const POSTING: &str = "INSERT INTO ledger_entry (lane, seq, line, layer, debit_account, credit_account, amount) \
     VALUES (?, ?, ?, ?, ?, ?, ?)";
pub(crate) const BALANCE: &str = "INSERT INTO account_balance (account, lane, layer, debit, credit) \
     VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE debit = debit + VALUES(debit), credit = credit + VALUES(credit)";

/// The two accounts of every posting here.
pub(crate) const ACCOUNTS: [i64; 2] = [1, 2];

pub(crate) fn payment(it: &Payment, lane: Lane) -> Params {
    let order = it.order.as_ref().map(|order| order.as_str());
    row([
        int(u64::from(lane.0)),
        int(it.id.get()),
        text(it.status().as_str()),
        Value::Int(2),
        Value::Int(0),
        Value::Int(0),
        Value::Int(it.updated_at.unix_ms()),
        Value::Int(1),
        int(it.last_event.0),
        Value::NULL,
        Value::NULL,
        Value::Int(it.capture_before.unix_ms()),
        text(it.merchant.as_str()),
        text(it.authorized.currency.code()),
        Value::Int(it.authorized.minor_units),
        Value::Int(0),
        Value::Int(it.capture_before.unix_ms()),
        Value::Int(it.created_at.unix_ms()),
        order.map_or(Value::NULL, text),
        Value::NULL,
        Value::NULL,
        order.map_or(Value::NULL, |_| int(it.id.get().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1)),
    ])
}

pub(crate) fn event(it: &OutboxEvent) -> Params {
    row([
        int(u64::from(it.id.lane.0)),
        int(it.id.seq.0),
        Value::Int(0),
        bytes(&it.sha256),
        int(it.previous.0),
        int(it.payment.get()),
        Value::Int(0),
        Value::Int(it.occurred_at.unix_ms()),
        bytes(&it.body),
        it.traceparent.as_deref().map_or(Value::NULL, text),
    ])
}

/// `at` tells the answers of one batch apart.
pub(crate) fn answer(it: &IdempotencyWrite, lane: &LaneState, at: i64) -> Option<Params> {
    let IdempotencyWrite::Insert(it) = it else { return None };
    let IdempotencyState::Final(given) = &it.state else { return None };
    Some(row([
        int(u64::from(lane.lane.0)),
        Value::Int((lane.batch.cast_signed() << 16) + at),
        text(it.scope.merchant.as_str()),
        text(it.scope.operation.as_str()),
        text(it.scope.key.as_str()),
        // Spread as a hash is.
        bytes(&it.fingerprint[..16]),
        bytes(&it.fingerprint),
        given.payment.map_or(Value::NULL, |payment| int(payment.get())),
        Value::Int(i64::from(given.status)),
        Value::Int(given.answered_at.unix_ms()),
        bytes(&given.body),
    ]))
}

pub(crate) fn entry(made: &Made) -> Params {
    let it = &made.event;
    row([
        int(u64::from(it.id.lane.0)),
        int(it.id.seq.0),
        Value::Int(0),
        int(it.payment.get()),
        Value::Int(0),
        Value::Int(it.occurred_at.unix_ms()),
        Value::Int(it.occurred_at.unix_ms()),
    ])
}

pub(crate) fn postings(made: &Made) -> Vec<Params> {
    let place = made.event.id;
    let lines = (0_i64..).zip(&made.postings).map(|(line, posting)| {
        let [debit, credit] = ACCOUNTS.map(Value::Int);
        let amount = Value::Int(posting.amount().minor_units);
        let (lane, seq) = (int(u64::from(place.lane.0)), int(place.seq.0));
        row([lane, seq, Value::Int(line), Value::Int(1), debit, credit, amount])
    });
    lines.collect()
}

pub(crate) fn balance(account: i64, lane: Lane, count: usize) -> Params {
    let count = int(count as u64);
    row([Value::Int(account), int(u64::from(lane.0)), Value::Int(1), count.clone(), count])
}

fn row<const N: usize>(values: [Value; N]) -> Params {
    Params::Positional(values.into())
}

fn int(number: u64) -> Value {
    Value::Int(number.cast_signed())
}

fn text(value: &str) -> Value {
    bytes(value.as_bytes())
}

fn bytes(value: &[u8]) -> Value {
    Value::Bytes(value.to_vec())
}
