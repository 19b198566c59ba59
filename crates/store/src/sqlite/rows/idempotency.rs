//! `idem_response_cache` rows.

use aws_lc_rs::digest::{Context, SHA256};
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

/// The indexed stand-in for a scope: a caller cannot aim at one value, so rows that share it stay few.
pub(in crate::sqlite) fn key_hash(scope: &IdempotencyScope) -> i64 {
    let mut context = Context::new(&SHA256);
    context.update(scope.merchant.as_str().as_bytes());
    context.update(&[0]);
    context.update(scope.operation.as_str().as_bytes());
    context.update(&[0]);
    context.update(scope.key.as_str().as_bytes());
    let digest = context.finish();
    let mut first = [0; 8];
    first.copy_from_slice(&digest.as_ref()[..8]);
    i64::from_be_bytes(first)
}

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

#[cfg(test)]
mod tests {
    use domain::payment::Operation;

    use super::*;

    #[test]
    fn the_key_hash_is_frozen() {
        let scope = IdempotencyScope {
            merchant: "M123".parse().unwrap(),
            operation: Operation::Authorize,
            key: "order-1".parse().unwrap(),
        };
        assert_eq!(key_hash(&scope), -7_438_602_300_008_229_726);
    }
}
