//! What a batch writes. Statements are prepared once a batch and run once a row.

use domain::event::Topic;
use engine::ports::{
    Attempt, AttemptWrite, Changes, IdempotencyRow, IdempotencyScope, IdempotencyState, IdempotencyWrite,
    LaneState, OutboxEvent, PaymentWrite, StoreError,
};
use rusqlite::{CachedStatement, Connection, Params, params};

use super::{
    super::{
        error::{failed, refused},
        keys::{event_key_to_write, int},
        late::{Added, Which, key_key, merchant_key, order_key},
        posting::audit_append,
        rows::{PaymentCells, verdict_words},
        writer::Transaction,
    },
    load::IdempotencyRows,
};

/// Writes everything but the commit; what it adds to the indexes.
pub(super) fn write(
    transaction: &Transaction,
    changes: &Changes,
    idempotency: &mut IdempotencyRows,
) -> Result<Added, StoreError> {
    let conn = transaction.conn();
    let mut added = Added::default();
    write_payments(conn, &changes.payments, &mut added)?;
    append_events(conn, &changes.events)?;
    let last_row = transaction.late().last_row(Which::Keys);
    write_idempotency(
        conn,
        &changes.idempotency,
        idempotency,
        KeyAppender::new(conn, last_row, &mut added)?,
    )?;
    write_attempts(conn, &changes.attempts)?;
    write_lanes(conn, &changes.lanes)?;
    for entry in &changes.audit {
        audit_append(conn, entry)?;
    }
    Ok(added)
}

fn prepare<'c>(conn: &'c Connection, sql: &str) -> Result<CachedStatement<'c>, StoreError> {
    conn.prepare_cached(sql).map_err(failed("prepare a statement"))
}

/// Runs a statement that must change exactly one row.
fn change_one(
    statement: &mut CachedStatement<'_>,
    params: impl Params,
    context: &'static str,
) -> Result<(), StoreError> {
    match statement.execute(params).map_err(failed(context))? {
        1 => Ok(()),
        changed => Err(refused(context, format!("changed {changed} rows instead of one"))),
    }
}

fn write_payments(conn: &Connection, writes: &[PaymentWrite], added: &mut Added) -> Result<(), StoreError> {
    let mut insert = prepare(
        conn,
        "INSERT INTO payment (id, status, state, captured, refunded, updated_at, version, last_event, decline_code, \
         pending, merchant, currency, authorized, capture_mode, capture_before, created_at, order_id, description, \
         metadata) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
    )?;
    // The columns of the select list are those a payment can change after its birth.
    let mut update = prepare(
        conn,
        "UPDATE payment SET status = ?2, state = ?3, captured = ?4, refunded = ?5, updated_at = ?6, version = ?7, \
         last_event = ?8, decline_code = ?9, pending = ?10 WHERE id = ?1",
    )?;
    for PaymentWrite { payment, new } in writes {
        debug_assert!(payment.is_consistent());
        let cells = PaymentCells::of(payment)?;
        let id = int(payment.id.get());
        let status = payment.status().as_str();
        let (captured, refunded) = (payment.captured.minor_units, payment.refunded.minor_units);
        let (updated_at, last_event) = (payment.updated_at.unix_ms(), int(payment.last_event.0));
        if *new {
            let row = params![
                id,
                status,
                cells.state,
                captured,
                refunded,
                updated_at,
                payment.version,
                last_event,
                cells.decline_code,
                cells.pending,
                payment.merchant.as_str(),
                payment.authorized.currency.code(),
                payment.authorized.minor_units,
                cells.capture_mode,
                payment.capture_before.unix_ms(),
                payment.created_at.unix_ms(),
                payment.order.as_ref().map(|order| order.as_str()),
                payment.description.as_ref().map(|description| description.as_str()),
                cells.metadata,
            ];
            change_one(&mut insert, row, "insert payment")?;
            added.merchants.push((merchant_key(&payment.merchant), id));
            added
                .orders
                .extend(payment.order.as_ref().map(|order| (order_key(&payment.merchant, order), id)));
        } else {
            let row = params![
                id,
                status,
                cells.state,
                captured,
                refunded,
                updated_at,
                payment.version,
                last_event,
                cells.decline_code,
                cells.pending,
            ];
            change_one(&mut update, row, "update payment")?;
        }
    }
    Ok(())
}

fn append_events(conn: &Connection, events: &[OutboxEvent]) -> Result<(), StoreError> {
    let mut append = prepare(
        conn,
        "INSERT INTO outbox_event (id, topic, sha256, previous, payment, payment_previous, occurred_at, body, \
         traceparent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for event in events {
        let row = params![
            event_key_to_write(event.id, "append event")?,
            event.topic.index(),
            event.sha256,
            int(event.previous.0),
            int(event.payment.get()),
            int(event.payment_previous.0),
            event.occurred_at.unix_ms(),
            &*event.body,
            event.traceparent,
        ];
        change_one(&mut append, row, "append event")?;
    }
    Ok(())
}

fn write_idempotency(
    conn: &Connection,
    writes: &[IdempotencyWrite],
    rows: &mut IdempotencyRows,
    mut appender: KeyAppender<'_>,
) -> Result<(), StoreError> {
    for write in writes {
        match write {
            IdempotencyWrite::Insert(row) => {
                rows.claim(&row.scope)?;
                let id = appender.append(row)?;
                // Only a running key can be met again in the same batch.
                if matches!(row.state, IdempotencyState::Running { .. }) {
                    rows.found.insert(row.scope.clone(), id);
                }
            }
            IdempotencyWrite::Finish(scope, answer) => {
                let fingerprint = take_running(conn, scope, rows)?;
                let state = IdempotencyState::Final(answer.clone());
                // Moved to the end, so that the table stays in the order of the answers.
                appender.append(&IdempotencyRow { scope: scope.clone(), fingerprint, state })?;
            }
            IdempotencyWrite::Remove(scope) => {
                take_running(conn, scope, rows)?;
            }
        }
    }
    Ok(())
}

/// Appends idempotency rows under numbers that were never used: an index entry may outlive its row.
struct KeyAppender<'c> {
    insert: CachedStatement<'c>,
    last_row: i64,
    added: &'c mut Added,
}

impl<'c> KeyAppender<'c> {
    fn new(conn: &'c Connection, last_row: i64, added: &'c mut Added) -> Result<Self, StoreError> {
        let insert = prepare(
            conn,
            "INSERT INTO idem_response_cache (id, merchant, operation, key, fingerprint, payment, status, answered_at, \
             body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        Ok(Self { insert, last_row, added })
    }

    fn append(&mut self, row: &IdempotencyRow) -> Result<i64, StoreError> {
        self.last_row += 1;
        let (payment, answer) = match &row.state {
            IdempotencyState::Running { payment } => (Some(*payment), None),
            IdempotencyState::Final(answer) => (answer.payment, Some(answer)),
        };
        let cells = params![
            self.last_row,
            row.scope.merchant.as_str(),
            row.scope.operation.as_str(),
            row.scope.key.as_str(),
            row.fingerprint,
            payment.map(|payment| int(payment.get())),
            answer.map(|answer| answer.status),
            answer.map(|answer| answer.answered_at.unix_ms()),
            answer.map(|answer| &*answer.body),
        ];
        change_one(&mut self.insert, cells, "insert idempotency key")?;
        self.added.keys.push((key_key(&row.scope), self.last_row));
        Ok(self.last_row)
    }
}

impl IdempotencyRows {
    /// Checks that `scope` may be added.
    fn claim(&self, scope: &IdempotencyScope) -> Result<(), StoreError> {
        let why = if self.found.contains_key(scope) {
            "it exists already"
        } else if !self.looked_up.contains(&key_key(scope)) {
            "it was not looked up by this batch"
        } else {
            return Ok(());
        };
        Err(refused("insert idempotency key", why))
    }
}

/// Deletes a running key's row; its fingerprint.
fn take_running(
    conn: &Connection,
    scope: &IdempotencyScope,
    rows: &mut IdempotencyRows,
) -> Result<[u8; 32], StoreError> {
    let context = "finish idempotency key";
    let id = rows.found.remove(scope).ok_or_else(|| refused(context, "it was not found by this batch"))?;
    let mut delete = prepare(
        conn,
        "DELETE FROM idem_response_cache WHERE id = ?1 AND status IS NULL RETURNING fingerprint",
    )?;
    delete.query_row([id], |row| row.get(0)).map_err(failed(context))
}

fn write_attempts(conn: &Connection, writes: &[AttemptWrite]) -> Result<(), StoreError> {
    for write in writes {
        match write {
            AttemptWrite::Insert(attempt) => insert_attempt(conn, attempt)?,
            AttemptWrite::Close(id, verdict) => {
                let (verdict, code) = verdict_words(*verdict);
                let mut close = prepare(
                    conn,
                    "UPDATE attempt SET verdict = ?2, decline_code = ?3 WHERE id = ?1 AND verdict IS NULL",
                )?;
                change_one(&mut close, params![id.0.to_be_bytes(), verdict, code], "close attempt")?;
            }
        }
    }
    Ok(())
}

fn insert_attempt(conn: &Connection, attempt: &Attempt) -> Result<(), StoreError> {
    let mut insert = prepare(
        conn,
        "INSERT INTO attempt (id, payment, merchant, operation, amount, currency, token, key_operation, key, \
         request_id, created_at, verdict, decline_code, acquirer) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    let (verdict, decline_code) = attempt.verdict.map(verdict_words).unzip();
    let row = params![
        attempt.id.0.to_be_bytes(),
        int(attempt.payment.get()),
        attempt.merchant.as_str(),
        attempt.operation.as_str(),
        attempt.amount.minor_units,
        attempt.amount.currency.code(),
        attempt.token.as_ref().map(|token| token.as_str()),
        attempt.scope.as_ref().map(|scope| scope.operation.as_str()),
        attempt.scope.as_ref().map(|scope| scope.key.as_str()),
        attempt.request_id,
        attempt.created_at.unix_ms(),
        verdict,
        decline_code.flatten(),
        attempt.acquirer,
    ];
    change_one(&mut insert, row, "insert attempt")
}

fn write_lanes(conn: &Connection, lanes: &[LaneState]) -> Result<(), StoreError> {
    let mut update = prepare(
        conn,
        "UPDATE lane SET last_seq = ?2, authorized_seq = ?3, captured_seq = ?4, refunded_seq = ?5, voided_seq = ?6, \
         expired_seq = ?7, declined_seq = ?8, payment_counter = ?9, batch = ?10, chain_head = ?11, updated_at = ?12 \
         WHERE lane = ?1",
    )?;
    for lane in lanes {
        let topic = |topic: Topic| int(lane.topics.get(topic).0);
        let row = params![
            lane.lane.0,
            int(lane.last_seq.0),
            topic(Topic::Authorized),
            topic(Topic::Captured),
            topic(Topic::Refunded),
            topic(Topic::Voided),
            topic(Topic::Expired),
            topic(Topic::Declined),
            int(lane.payment_counter),
            int(lane.batch),
            lane.chain_head,
            lane.updated_at.unix_ms(),
        ];
        change_one(&mut update, row, "update lane")?;
    }
    Ok(())
}
