//! `attempt` rows.

use domain::{
    id::AttemptId,
    money::Money,
    payment::{DeclineCode, Verdict},
};
use engine::ports::{Attempt, IdempotencyScope, StoreError};

use super::ReadCells;

/// A verdict as its two columns.
pub(crate) fn verdict_words(verdict: Verdict) -> (&'static str, Option<&'static str>) {
    match verdict {
        Verdict::Approved => ("approved", None),
        Verdict::Declined(code) => ("declined", Some(code.as_str())),
        Verdict::Refused => ("refused", None),
    }
}

/// Reads id, payment, merchant, operation, amount, currency, token, the key's operation, the key, request id, time of birth,
/// verdict, decline code and acquirer, in this order.
pub(crate) fn attempt_from_cells(cells: &impl ReadCells) -> Result<Attempt, StoreError> {
    let merchant = cells.parsed(2)?;
    let scope = match (cells.parsed_opt(7)?, cells.parsed_opt(8)?) {
        (Some(operation), Some(key)) => Some(IdempotencyScope { merchant, operation, key }),
        (None, None) => None,
        _ => return Err(cells.corrupt(8)),
    };
    Ok(Attempt {
        id: AttemptId(u128::from_be_bytes(cells.array(0)?)),
        acquirer: cells.text(13)?.into(),
        payment: cells.payment(1)?,
        merchant: cells.parsed(2)?,
        operation: cells.parsed(3)?,
        amount: Money::new(cells.int(4)?, cells.currency(5)?),
        token: cells.parsed_opt(6)?,
        scope,
        request_id: cells.text(9)?.into(),
        created_at: cells.time(10)?,
        verdict: verdict(cells, 11, 12)?,
    })
}

fn verdict(cells: &impl ReadCells, at: usize, decline_code_at: usize) -> Result<Option<Verdict>, StoreError> {
    match cells.text_opt(at)? {
        None => Ok(None),
        Some("approved") => Ok(Some(Verdict::Approved)),
        Some("declined") => Ok(Some(Verdict::Declined(cells.parsed::<DeclineCode>(decline_code_at)?))),
        Some("refused") => Ok(Some(Verdict::Refused)),
        Some(_) => Err(cells.corrupt(at)),
    }
}
