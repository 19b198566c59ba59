//! Reads payments, their keys and their attempts.

use domain::{
    id::{AttemptId, MerchantId, PaymentId},
    payment::Payment,
    time::Timestamp,
};
use engine::ports::{Attempt, IdempotencyRow, IdempotencyScope, StoreError, StoredKey, StoredPayment};
use rusqlite::Connection;

use super::super::{
    keys::int,
    late::{Finder, Which, key_key},
    rows::{
        Cells, ReadCells, attempt_columns, attempt_from_row, idempotency_columns, idempotency_from_row, list,
        one, payment_columns, payment_from_row, stored_key_from_row, stored_payment_from_row,
    },
};

pub(super) fn find(conn: &Connection, id: PaymentId) -> Result<Option<Payment>, StoreError> {
    let sql = concat!("SELECT ", payment_columns!(), " FROM payment WHERE id = ?1");
    one(conn, sql, [int(id.get())], payment_from_row)
}

pub(super) fn range(
    conn: &Connection,
    after: Option<PaymentId>,
    limit: usize,
) -> Result<Vec<StoredPayment>, StoreError> {
    let sql = concat!("SELECT ", payment_columns!(), " FROM payment WHERE id > ?1 ORDER BY id LIMIT ?2");
    let after = after.map_or(-1, |after| int(after.get()));
    list(conn, sql, [after, int(limit as u64)], stored_payment_from_row)
}

pub(super) fn highest(conn: &Connection) -> Result<Option<PaymentId>, StoreError> {
    let highest =
        one(conn, "SELECT max(id) FROM payment", [], |row| Cells::of("payment", row).payment_opt(0))?;
    Ok(highest.flatten())
}

pub(super) fn list_expirable(
    conn: &Connection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<(PaymentId, MerchantId)>, StoreError> {
    let sql = "SELECT id, merchant FROM payment WHERE state = 2 AND pending IS NULL AND capture_before <= ?1 \
               ORDER BY capture_before, id LIMIT ?2";
    list(conn, sql, [now.unix_ms(), int(limit as u64)], |row| {
        let cells = Cells::of("payment", row);
        Ok((cells.payment(0)?, cells.parsed(1)?))
    })
}

pub(super) fn idempotency_find(
    conn: &Connection,
    finder: &Finder,
    scope: &IdempotencyScope,
) -> Result<Option<IdempotencyRow>, StoreError> {
    let sql = concat!("SELECT ", idempotency_columns!(), " FROM idem_response_cache WHERE id = ?1");
    for id in finder.find(conn, (Which::Keys, key_key(scope)), i64::MAX, usize::MAX)? {
        let found = one(conn, sql, [id], idempotency_from_row)?.map(|(_, row)| row);
        if let Some(row) = found.filter(|row| row.scope == *scope) {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

pub(super) fn idempotency_range(
    conn: &Connection,
    after: i64,
    limit: usize,
) -> Result<Vec<StoredKey>, StoreError> {
    let sql = concat!(
        "SELECT ",
        idempotency_columns!(),
        " FROM idem_response_cache WHERE id > ?1 ORDER BY id LIMIT ?2"
    );
    list(conn, sql, [after, int(limit as u64)], stored_key_from_row)
}

pub(super) fn attempt_list_outstanding(
    conn: &Connection,
    committed_before: Timestamp,
    acquirer: Option<&str>,
    after: Option<(Timestamp, AttemptId)>,
    limit: usize,
) -> Result<Vec<Attempt>, StoreError> {
    let sql = concat!(
        "SELECT ",
        attempt_columns!(),
        " FROM attempt WHERE verdict IS NULL AND created_at <= ?1 AND (?2 IS NULL OR acquirer = ?2) \
         AND created_at >= ?3 AND (created_at, id) > (?3, ?4) ORDER BY created_at, id LIMIT ?5"
    );
    let (since, after) =
        after.map_or((-1, Vec::new()), |(at, id)| (at.unix_ms(), id.0.to_be_bytes().to_vec()));
    let params = (committed_before.unix_ms(), acquirer, since, after, int(limit as u64));
    list(conn, sql, params, attempt_from_row)
}
