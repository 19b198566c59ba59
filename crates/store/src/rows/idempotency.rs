//! `idem_response_cache` rows.

use bytes::Bytes;
use engine::ports::{IdempotencyRow, IdempotencyScope, IdempotencyState, StoreError, StoredAnswer};

use super::ReadCells;

/// Reads merchant, operation, key, fingerprint, payment, status, time of the answer and body, from column `at` on.
pub(crate) fn idempotency_from_cells(
    cells: &impl ReadCells,
    at: usize,
) -> Result<IdempotencyRow, StoreError> {
    let scope = IdempotencyScope {
        merchant: cells.parsed(at)?,
        operation: cells.parsed(at + 1)?,
        key: cells.parsed(at + 2)?,
    };
    let payment = cells.payment_opt(at + 4)?;
    let state = match cells.number_opt(at + 5)? {
        None => IdempotencyState::Running { payment: payment.ok_or_else(|| cells.corrupt(at + 4))? },
        Some(status) => {
            let (answered_at, body) = (cells.time(at + 6)?, Bytes::copy_from_slice(cells.bytes(at + 7)?));
            IdempotencyState::Final(StoredAnswer { status, body, payment, answered_at })
        }
    };
    Ok(IdempotencyRow { scope, fingerprint: cells.digest(at + 3)?, state })
}
