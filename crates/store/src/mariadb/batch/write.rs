//! What a batch writes: one bulk statement a table, then, in one last round trip, the small rows that tell it was here.

use std::collections::{BTreeMap, HashMap, HashSet};

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
            ReadCells, attempt_literal, bytes, each, int, joined, number, number_opt,
            payment as payment_number, text, text_opt, unsigned, wide_literal,
        },
        script::{Script, rows_of},
        session::Session,
    },
    load::{KeyPlace, KeyPlaces, key_hash},
};
use crate::{
    hashes::order_key,
    rows::{PaymentCells, expirable_at, verdict_words},
};

/// Answers of one batch on one lane that have a number.
const ANSWERS_MAX: i64 = 1 << 16;

macro_rules! insert_payment {
    () => {
        "INSERT INTO payment (lane, id, status, state, captured, refunded, updated_at, version, last_event, \
         decline_code, pending, expirable_at, merchant, currency, authorized, capture_mode, capture_before, \
         created_at, order_id, description, metadata, order_key) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    };
}

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
        let rows = if *new { &mut born } else { &mut changed };
        rows.push(payment_row(payment, payment.id.lane(lanes))?);
    }
    session.bulk("insert payment", insert_payment!(), born).await?;
    // An insert, because the server runs only inserts as one statement for all rows. Named are the columns that a payment can
    // change after its birth.
    let change = concat!(
        insert_payment!(),
        " ON DUPLICATE KEY UPDATE status = VALUES(status), state = VALUES(state), captured = VALUES(captured), \
         refunded = VALUES(refunded), updated_at = VALUES(updated_at), version = VALUES(version), \
         last_event = VALUES(last_event), decline_code = VALUES(decline_code), pending = VALUES(pending), \
         expirable_at = VALUES(expirable_at)"
    );
    // A row that is changed counts twice, one that was not there once.
    let expected = 2 * changed.len() as u64;
    match session.bulk("update payment", change, changed).await? {
        counted if counted == expected => Ok(()),
        counted => Err(refused("update payment", format!("counted {counted} instead of {expected}"))),
    }
}

fn payment_row(payment: &Payment, lane: Lane) -> Result<Vec<Value>, StoreError> {
    let cells = PaymentCells::of(payment)?;
    let order = payment.order.as_ref().map(|order| order.as_str());
    Ok(vec![
        number(lane.0),
        payment_number(payment.id),
        text(payment.status().as_str()),
        number(cells.state),
        number(payment.captured.minor_units),
        number(payment.refunded.minor_units),
        number(payment.updated_at.unix_ms()),
        number(payment.version),
        unsigned(payment.last_event.0),
        text_opt(cells.decline_code),
        text_opt(cells.pending.as_deref()),
        number_opt(expirable_at(payment)),
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
    ])
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
    let context = "finish idempotency key";
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
    delete_keys(session, &keys.gone).await?;
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

async fn delete_keys(session: &mut Session, gone: &[KeyPlace]) -> Result<(), StoreError> {
    let mut lanes: BTreeMap<Lane, Vec<i64>> = BTreeMap::new();
    for place in gone {
        lanes.entry(place.lane).or_default().push(place.id);
    }
    let mut script = Script::default();
    for (lane, ids) in lanes {
        script.ask_in(&format!("DELETE FROM idem_response_cache WHERE lane = {lane} AND id IN"), ids, "");
    }
    session.script(script).await.map(drop).map_err(|failure| failure.sort("finish idempotency key"))
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
    let mut closings: BTreeMap<_, Vec<String>> = BTreeMap::new();
    let mut births: Vec<Vec<Value>> = Vec::new();
    for write in writes {
        match write {
            AttemptWrite::Insert(attempt) => births.push(attempt_row(attempt)),
            AttemptWrite::Close(id, verdict) => {
                closings.entry(verdict_words(*verdict)).or_default().push(attempt_literal(*id));
            }
        }
    }
    let insert = "INSERT INTO attempt (id, payment, merchant, operation, amount, currency, token, key_operation, idem_key, \
                  request_id, created_at, verdict, decline_code, acquirer, outstanding_since) \
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    session.bulk("insert attempt", insert, births).await?;
    close_attempts(session, closings).await
}

/// A verdict is one of a few words, so they go into the text, one statement each.
async fn close_attempts(
    session: &mut Session,
    closings: BTreeMap<(&str, Option<&str>), Vec<String>>,
) -> Result<(), StoreError> {
    let context = "close attempt";
    let (mut script, mut asked) = (Script::default(), Vec::new());
    for ((verdict, code), ids) in closings {
        let code = code.map_or_else(|| "NULL".to_owned(), |code| format!("'{code}'"));
        let expected = ids.len();
        let close = format!(
            "UPDATE attempt FORCE INDEX (PRIMARY) SET verdict = '{verdict}', decline_code = {code}, \
             outstanding_since = NULL WHERE verdict IS NULL AND id IN"
        );
        script.ask_in(&close, ids, "");
        asked.push((script.ask("SELECT ROW_COUNT()"), expected));
    }
    let sets = session.script(script).await.map_err(|failure| failure.sort(context))?;
    for (asked, expected) in asked {
        let met = each("attempt", rows_of(&sets, asked), |cells| cells.number::<usize>(0))?;
        if met != [expected] {
            return Err(refused(context, format!("met {met:?} outstanding attempts instead of {expected}")));
        }
    }
    Ok(())
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
