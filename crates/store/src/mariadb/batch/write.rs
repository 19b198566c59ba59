//! What a batch writes: one bulk statement a table, then, in one last round trip, the small rows that tell it was here.

use std::collections::{HashMap, HashSet};

use domain::{event::Topic, id::Lane, payment::Payment};
use engine::ports::{
    Attempt, AttemptWrite, Changes, IdempotencyRow, IdempotencyScope, IdempotencyState, IdempotencyWrite,
    OutboxEvent, PaymentWrite, StoreError,
};
use mysql_async::Value;

use super::{
    super::{
        error::refused,
        posting::audit_append,
        rows::{
            bytes, int, joined, number, number_opt, payment as payment_number, text, text_opt, unsigned,
            wide_literal,
        },
        session::Session,
    },
    load::{KeyPlace, KeyPlaces, key_hash},
};
use crate::{
    hashes::order_key,
    rows::{PaymentCells, verdict_words},
};

/// Answers of one batch on one lane that have a number.
const ANSWERS_MAX: i64 = 1 << 16;

/// Writes everything but lane rows and the commit.
pub(super) async fn write(
    session: &mut Session,
    changes: &Changes,
    places: &mut KeyPlaces,
    lanes: u16,
) -> Result<(), StoreError> {
    write_payments(session, &changes.payments, lanes).await?;
    append_events(session, &changes.events).await?;
    write_idempotency(session, changes, places, lanes).await?;
    write_attempts(session, &changes.attempts).await?;
    for entry in &changes.audit {
        audit_append(session, entry).await?;
    }
    Ok(())
}

/// The last round trip: lane rows, this replica's own rows beside them, COMMIT. Nothing in it but numbers.
pub(super) fn closing(changes: &Changes, instance: u128) -> String {
    let lanes = changes.lanes.iter().map(|lane| {
        let topic = |topic: Topic| int(lane.topics.get(topic).0);
        let head: String = lane.chain_head.iter().map(|byte| format!("{byte:02x}")).collect();
        format!(
            "({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, x'{head}', {})",
            lane.lane,
            int(lane.last_seq.0),
            topic(Topic::Authorized),
            topic(Topic::Captured),
            topic(Topic::Refunded),
            topic(Topic::Voided),
            topic(Topic::Expired),
            topic(Topic::Declined),
            int(lane.payment_counter),
            int(lane.batch),
            lane.updated_at.unix_ms(),
        )
    });
    let instance = wide_literal(instance);
    let writers = changes.lanes.iter().map(|lane| {
        format!("({}, {instance}, {}, {})", lane.lane, int(lane.batch), lane.updated_at.unix_ms())
    });
    format!(
        "INSERT INTO lane (lane, last_seq, authorized_seq, captured_seq, refunded_seq, voided_seq, expired_seq, \
         declined_seq, payment_counter, batch, chain_head, updated_at) VALUES {} \
         ON DUPLICATE KEY UPDATE last_seq = VALUES(last_seq), authorized_seq = VALUES(authorized_seq), \
         captured_seq = VALUES(captured_seq), refunded_seq = VALUES(refunded_seq), voided_seq = VALUES(voided_seq), \
         expired_seq = VALUES(expired_seq), declined_seq = VALUES(declined_seq), \
         payment_counter = VALUES(payment_counter), batch = VALUES(batch), chain_head = VALUES(chain_head), \
         updated_at = VALUES(updated_at); \
         INSERT INTO lane_writer (lane, instance, batch, written_at) VALUES {} \
         ON DUPLICATE KEY UPDATE batch = VALUES(batch), written_at = VALUES(written_at); \
         COMMIT",
        joined(lanes),
        joined(writers),
    )
}

async fn write_payments(
    session: &mut Session,
    writes: &[PaymentWrite],
    lanes: u16,
) -> Result<(), StoreError> {
    let (mut born, mut changed) = (Vec::with_capacity(writes.len()), Vec::new());
    for PaymentWrite { payment, new } in writes {
        debug_assert!(payment.is_consistent());
        let lane = payment.id.lane(lanes);
        if *new {
            born.push(born_payment(payment, lane)?);
        } else {
            changed.push(changed_payment(payment, lane)?);
        }
    }
    let insert = "INSERT INTO payment (lane, id, status, state, captured, refunded, updated_at, version, last_event, \
                  decline_code, pending, expirable_at, merchant, currency, authorized, capture_mode, capture_before, \
                  created_at, order_id, description, metadata, order_key) \
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    session.bulk("insert payment", insert, born).await?;
    // The columns named are those a payment can change after its birth.
    let update = "UPDATE payment SET status = ?, state = ?, captured = ?, refunded = ?, updated_at = ?, version = ?, \
                  last_event = ?, decline_code = ?, pending = ?, expirable_at = ? WHERE lane = ? AND id = ?";
    let expected = changed.len() as u64;
    match session.bulk("update payment", update, changed).await? {
        met if met == expected => Ok(()),
        met => Err(refused("update payment", format!("met {met} payments instead of {expected}"))),
    }
}

/// What a payment can change after its birth.
fn state_of(payment: &Payment) -> Result<(Vec<Value>, PaymentCells), StoreError> {
    let cells = PaymentCells::of(payment)?;
    // Only a payment in state "open" without anything outstanding can expire.
    let expirable = cells.state == OPEN && cells.pending.is_none();
    let values = vec![
        text(payment.status().as_str()),
        number(cells.state),
        number(payment.captured.minor_units),
        number(payment.refunded.minor_units),
        number(payment.updated_at.unix_ms()),
        number(payment.version),
        unsigned(payment.last_event.0),
        text_opt(cells.decline_code),
        text_opt(cells.pending.as_deref()),
        number_opt(expirable.then(|| payment.capture_before.unix_ms())),
    ];
    Ok((values, cells))
}

/// The number of the state in which a payment can expire.
const OPEN: i64 = 2;

fn born_payment(payment: &Payment, lane: Lane) -> Result<Vec<Value>, StoreError> {
    let (state, cells) = state_of(payment)?;
    let mut row = vec![number(lane.0), payment_number(payment.id)];
    row.extend(state);
    let order = payment.order.as_ref().map(|order| order.as_str());
    row.extend([
        text(payment.merchant.as_str()),
        text(payment.authorized.currency.code()),
        number(payment.authorized.minor_units),
        number(cells.capture_mode),
        number(payment.capture_before.unix_ms()),
        number(payment.created_at.unix_ms()),
        text_opt(order),
        text_opt(payment.description.as_ref().map(|description| description.as_str())),
        text_opt(cells.metadata.as_deref()),
        number_opt(order.map(|order| order_key(payment.merchant.as_str(), order))),
    ]);
    Ok(row)
}

fn changed_payment(payment: &Payment, lane: Lane) -> Result<Vec<Value>, StoreError> {
    let (mut row, _) = state_of(payment)?;
    row.extend([number(lane.0), payment_number(payment.id)]);
    Ok(row)
}

async fn append_events(session: &mut Session, events: &[OutboxEvent]) -> Result<(), StoreError> {
    let append = "INSERT INTO outbox_event (lane, seq, topic, sha256, previous, payment, payment_previous, occurred_at, \
                  body, traceparent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let row = |event: &OutboxEvent| {
        vec![
            number(event.id.lane.0),
            unsigned(event.id.seq.0),
            number(event.topic.index()),
            bytes(&event.sha256),
            unsigned(event.previous.0),
            payment_number(event.payment),
            unsigned(event.payment_previous.0),
            number(event.occurred_at.unix_ms()),
            bytes(&event.body),
            text_opt(event.traceparent.as_deref()),
        ]
    };
    session.bulk("append event", append, events.iter().map(row).collect()).await.map(drop)
}

/// What comes of the changes to idempotency rows: the rows that go and those that are added.
#[derive(Default)]
struct KeyChanges {
    gone: Vec<KeyPlace>,
    added: Vec<IdempotencyRow>,
}

/// Takes the changes in order. A running key that gets its answer moves to the end, so that a lane's rows stay in the order of
/// their answers.
fn key_changes(writes: &[IdempotencyWrite], places: &mut KeyPlaces) -> Result<KeyChanges, StoreError> {
    let context = "settle idempotency key";
    let mut changes = KeyChanges::default();
    // Rows that exist only in this batch so far, by their index in `added`.
    let mut fresh: HashMap<IdempotencyScope, usize> = HashMap::new();
    let mut dropped = HashSet::new();
    for write in writes {
        match write {
            IdempotencyWrite::Insert(row) => {
                if places.contains_key(&row.scope) || fresh.contains_key(&row.scope) {
                    return Err(refused("insert idempotency key", "it exists already"));
                }
                fresh.insert(row.scope.clone(), changes.added.len());
                changes.added.push(row.clone());
            }
            IdempotencyWrite::Finish(scope, _) | IdempotencyWrite::Remove(scope) => {
                let fingerprint = match fresh.remove(scope) {
                    Some(at) if is_running(&changes.added[at]) => {
                        dropped.insert(at);
                        changes.added[at].fingerprint
                    }
                    Some(_) => return Err(refused(context, "it has its answer already")),
                    None => {
                        let place = places.remove(scope).filter(|place| place.running);
                        let place = place.ok_or_else(|| refused(context, "it is not running"))?;
                        changes.gone.push(place);
                        place.fingerprint
                    }
                };
                if let IdempotencyWrite::Finish(scope, answer) = write {
                    let state = IdempotencyState::Final(answer.clone());
                    fresh.insert(scope.clone(), changes.added.len());
                    changes.added.push(IdempotencyRow { scope: scope.clone(), fingerprint, state });
                }
            }
        }
    }
    let mut at = 0;
    changes.added.retain(|_| {
        at += 1;
        !dropped.contains(&(at - 1))
    });
    Ok(changes)
}

fn is_running(row: &IdempotencyRow) -> bool {
    matches!(row.state, IdempotencyState::Running { .. })
}

async fn write_idempotency(
    session: &mut Session,
    changes: &Changes,
    places: &mut KeyPlaces,
    lanes: u16,
) -> Result<(), StoreError> {
    let keys = key_changes(&changes.idempotency, places)?;
    let gone = keys.gone.iter().map(|place| vec![number(place.lane.0), number(place.id)]);
    let delete = "DELETE FROM idem_response_cache WHERE lane = ? AND id = ?";
    session.bulk("settle idempotency key", delete, gone.collect()).await?;
    let mut next: HashMap<Lane, i64> =
        changes.lanes.iter().map(|lane| (lane.lane, int(lane.batch).saturating_mul(ANSWERS_MAX))).collect();
    let mut rows = Vec::with_capacity(keys.added.len());
    for row in &keys.added {
        let lane = Lane::of(&row.scope.merchant, lanes);
        let id =
            next.get_mut(&lane).ok_or_else(|| refused("insert idempotency key", "its lane is not open"))?;
        rows.push(key_row(row, lane, *id));
        *id += 1;
    }
    let insert = "INSERT INTO idem_response_cache (lane, id, merchant, operation, idem_key, key_hash, fingerprint, payment, \
                  status, answered_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    session.bulk("insert idempotency key", insert, rows).await.map(drop)
}

fn key_row(row: &IdempotencyRow, lane: Lane, id: i64) -> Vec<Value> {
    let (payment, answer) = match &row.state {
        IdempotencyState::Running { payment } => (Some(*payment), None),
        IdempotencyState::Final(answer) => (answer.payment, Some(answer)),
    };
    vec![
        number(lane.0),
        number(id),
        text(row.scope.merchant.as_str()),
        text(row.scope.operation.as_str()),
        text(row.scope.key.as_str()),
        bytes(&key_hash(&row.scope).to_be_bytes()),
        bytes(&row.fingerprint),
        payment.map_or(Value::NULL, payment_number),
        number_opt(answer.map(|answer| i64::from(answer.status))),
        number_opt(answer.map(|answer| answer.answered_at.unix_ms())),
        answer.map_or(Value::NULL, |answer| bytes(&answer.body)),
    ]
}

async fn write_attempts(session: &mut Session, writes: &[AttemptWrite]) -> Result<(), StoreError> {
    let mut closings = Vec::new();
    let mut births: Vec<Vec<Value>> = Vec::new();
    for write in writes {
        match write {
            AttemptWrite::Insert(attempt) => births.push(attempt_row(attempt)),
            AttemptWrite::Close(id, verdict) => {
                let (verdict, code) = verdict_words(*verdict);
                closings.push(vec![text(verdict), text_opt(code), bytes(&id.0.to_be_bytes())]);
            }
        }
    }
    let insert = "INSERT INTO attempt (id, payment, merchant, operation, amount, currency, token, key_operation, idem_key, \
                  request_id, created_at, verdict, decline_code, acquirer, outstanding_since) \
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    session.bulk("insert attempt", insert, births).await?;
    let close = "UPDATE attempt SET verdict = ?, decline_code = ?, outstanding_since = NULL \
                 WHERE id = ? AND verdict IS NULL";
    let expected = closings.len() as u64;
    match session.bulk("close attempt", close, closings).await? {
        met if met == expected => Ok(()),
        met => Err(refused("close attempt", format!("met {met} outstanding attempts instead of {expected}"))),
    }
}

fn attempt_row(attempt: &Attempt) -> Vec<Value> {
    let (verdict, decline_code) = attempt.verdict.map(verdict_words).unzip();
    vec![
        bytes(&attempt.id.0.to_be_bytes()),
        payment_number(attempt.payment),
        text(attempt.merchant.as_str()),
        text(attempt.operation.as_str()),
        number(attempt.amount.minor_units),
        text(attempt.amount.currency.code()),
        text_opt(attempt.token.as_ref().map(|token| token.as_str())),
        text_opt(attempt.scope.as_ref().map(|scope| scope.operation.as_str())),
        text_opt(attempt.scope.as_ref().map(|scope| scope.key.as_str())),
        text(&attempt.request_id),
        number(attempt.created_at.unix_ms()),
        text_opt(verdict),
        text_opt(decline_code.flatten()),
        text(&attempt.acquirer),
        number_opt(attempt.verdict.is_none().then(|| attempt.created_at.unix_ms())),
    ]
}
