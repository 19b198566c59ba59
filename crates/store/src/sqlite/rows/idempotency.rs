//! `idem_response_cache` rows.

use bytes::Bytes;
use engine::ports::{IdempotencyRow, IdempotencyScope, IdempotencyState, StoreError, StoredAnswer};
use rusqlite::Row;

use super::Cells;

macro_rules! idempotency_columns {
    () => {
        "id, merchant, operation, key, fingerprint, payment, status, answered_at, body"
    };
}
pub(in crate::sqlite) use idempotency_columns;

/// Reads `idempotency_columns!()`: the row's number and what it holds.
pub(in crate::sqlite) fn idempotency_from_row(row: &Row<'_>) -> Result<(i64, IdempotencyRow), StoreError> {
    let cells = Cells::of("idem_response_cache", row);
    let scope =
        IdempotencyScope { merchant: cells.parsed(1)?, operation: cells.parsed(2)?, key: cells.parsed(3)? };
    let payment = cells.payment_opt(5)?;
    let state = match cells.number_opt(6)? {
        None => IdempotencyState::Running { payment: payment.ok_or_else(|| cells.corrupt(5))? },
        Some(status) => {
            let body = Bytes::copy_from_slice(cells.bytes(8)?);
            IdempotencyState::Final(StoredAnswer { status, body, payment, answered_at: cells.time(7)? })
        }
    };
    Ok((cells.int(0)?, IdempotencyRow { scope, fingerprint: cells.digest(4)?, state }))
}
