//! Rows as SQLite brings them, and the columns to ask it for.

use domain::payment::Payment;
use engine::ports::{
    Attempt, AuditEntry, DeadLetter, IdempotencyRow, LaneState, OutboxEvent, RelayPosition, StoreError,
    StoredKey, StoredPartition, StoredPayment,
};
use rusqlite::{CachedStatement, Connection, Params, Row, types::ValueRef};

use super::{error::failed, keys::event_id};
use crate::rows;
pub(in crate::sqlite) use crate::rows::{
    PaymentCells, ReadCells, account_from_cells, corrupt, dead_letter_word, lane_columns, layer_code,
    layer_from_code, payment_columns, topic_from_code, verdict_words,
};

macro_rules! attempt_columns {
    () => {
        "id, payment, merchant, operation, amount, currency, token, key_operation, key, request_id, created_at, \
         verdict, decline_code, acquirer"
    };
}
macro_rules! dead_letter_columns {
    () => {
        "id, state, reason, topic, partition, record_offset, payload_sha256, event, payment, message, attempts, \
         created_at, updated_at, note, published_at, payload"
    };
}
macro_rules! idempotency_columns {
    () => {
        "id, merchant, operation, key, fingerprint, payment, status, answered_at, body"
    };
}
macro_rules! relay_columns {
    () => {
        "lane, log, seq, epoch, owner, lease_until"
    };
}
macro_rules! partition_columns {
    () => {
        "topic, partition, log, next_offset, epoch, owner"
    };
}
macro_rules! outbox_columns {
    () => {
        concat!("id, ", $crate::rows::outbox_columns!())
    };
}
pub(in crate::sqlite) use {
    attempt_columns, dead_letter_columns, idempotency_columns, outbox_columns, partition_columns,
    relay_columns,
};

/// Reads `payment_columns!()`.
pub(in crate::sqlite) fn payment_from_row(row: &Row<'_>) -> Result<Payment, StoreError> {
    rows::payment_from_cells(&Cells::of("payment", row))
}

/// Reads `payment_columns!()` for proofs.
pub(in crate::sqlite) fn stored_payment_from_row(row: &Row<'_>) -> Result<StoredPayment, StoreError> {
    rows::stored_payment_from_cells(&Cells::of("payment", row))
}

/// Reads `attempt_columns!()`.
pub(in crate::sqlite) fn attempt_from_row(row: &Row<'_>) -> Result<Attempt, StoreError> {
    rows::attempt_from_cells(&Cells::of("attempt", row))
}

/// Reads `lane_columns!()`.
pub(in crate::sqlite) fn lane_from_row(row: &Row<'_>) -> Result<LaneState, StoreError> {
    rows::lane_from_cells(&Cells::of("lane", row))
}

/// Reads `outbox_columns!()`.
pub(in crate::sqlite) fn outbox_from_row(row: &Row<'_>) -> Result<OutboxEvent, StoreError> {
    let cells = Cells::of("outbox_event", row);
    rows::outbox_from_cells(&cells, event_id(cells.int(0)?), 1)
}

/// Reads `idempotency_columns!()`: the row's number and what it holds.
pub(in crate::sqlite) fn idempotency_from_row(row: &Row<'_>) -> Result<(i64, IdempotencyRow), StoreError> {
    let cells = Cells::of("idem_response_cache", row);
    Ok((cells.int(0)?, rows::idempotency_from_cells(&cells, 1)?))
}

/// Reads `idempotency_columns!()` for proofs: a row that cannot be understood is told and hides no other.
pub(in crate::sqlite) fn stored_key_from_row(row: &Row<'_>) -> Result<StoredKey, StoreError> {
    let cells = Cells::of("idem_response_cache", row);
    let number = cells.int(0)?;
    match rows::idempotency_from_cells(&cells, 1) {
        Ok(row) => Ok(StoredKey { number, row: Ok(row) }),
        Err(StoreError::Corrupt { what }) => Ok(StoredKey { number, row: Err(what) }),
        Err(error) => Err(error),
    }
}

/// Reads `dead_letter_columns!()`.
pub(in crate::sqlite) fn dead_letter_from_row(row: &Row<'_>) -> Result<DeadLetter, StoreError> {
    rows::dead_letter_from_cells(&Cells::of("dead_letter", row))
}

/// Reads `relay_columns!()`.
pub(in crate::sqlite) fn relay_from_row(row: &Row<'_>) -> Result<RelayPosition, StoreError> {
    rows::relay_from_cells(&Cells::of("relay_position", row))
}

/// Reads `partition_columns!()`.
pub(in crate::sqlite) fn partition_from_row(row: &Row<'_>) -> Result<StoredPartition, StoreError> {
    rows::partition_from_cells(&Cells::of("worker_partition", row))
}

/// Reads `audit_columns!()`.
pub(in crate::sqlite) fn audit_from_row(row: &Row<'_>) -> Result<(u64, AuditEntry), StoreError> {
    rows::audit_from_cells(&Cells::of("audit_log", row))
}

/// The first row a query gives.
pub(in crate::sqlite) fn one<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    decode: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = prepare(conn, sql)?;
    let mut rows = statement.query(params).map_err(failed("read"))?;
    rows.next().map_err(failed("read"))?.map(decode).transpose()
}

/// All rows a query gives.
pub(in crate::sqlite) fn list<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    decode: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = prepare(conn, sql)?;
    let mut rows = statement.query(params).map_err(failed("read"))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed("read"))? {
        found.push(decode(row)?);
    }
    Ok(found)
}

/// The cells of one row. The first column names the row in errors.
pub(in crate::sqlite) struct Cells<'r> {
    table: &'static str,
    row: &'r Row<'r>,
}

impl<'r> Cells<'r> {
    pub(in crate::sqlite) fn of(table: &'static str, row: &'r Row<'r>) -> Self {
        Self { table, row }
    }

    fn value(&self, at: usize) -> Result<ValueRef<'_>, StoreError> {
        self.row.get_ref(at).map_err(|_| self.corrupt(at))
    }
}

impl ReadCells for Cells<'_> {
    fn corrupt(&self, at: usize) -> StoreError {
        let statement = self.row.as_ref();
        let name = match self.row.get_ref(0) {
            Ok(ValueRef::Integer(number)) => number.to_string(),
            Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
            Ok(ValueRef::Blob(bytes)) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            _ => "without a name".to_owned(),
        };
        corrupt(self.table, statement.column_name(at).unwrap_or("unknown"), &name)
    }

    fn is_null(&self, at: usize) -> Result<bool, StoreError> {
        Ok(self.value(at)? == ValueRef::Null)
    }

    fn int(&self, at: usize) -> Result<i64, StoreError> {
        self.value(at)?.as_i64().map_err(|_| self.corrupt(at))
    }

    fn bytes(&self, at: usize) -> Result<&[u8], StoreError> {
        self.value(at)?.as_blob().map_err(|_| self.corrupt(at))
    }

    fn text(&self, at: usize) -> Result<&str, StoreError> {
        self.value(at)?.as_str().map_err(|_| self.corrupt(at))
    }
}

fn prepare<'c>(conn: &'c Connection, sql: &str) -> Result<CachedStatement<'c>, StoreError> {
    conn.prepare_cached(sql).map_err(failed("prepare a statement"))
}
