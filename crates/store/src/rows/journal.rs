//! The small codes and account columns that journal, ledger and balance rows share.

use domain::{
    event::Topic,
    ledger::{AccountCode, AccountId, Layer},
};
use engine::ports::StoreError;

use super::ReadCells;

/// The number a layer is stored as.
pub(crate) fn layer_code(layer: Layer) -> i64 {
    match layer {
        Layer::Posted => 0,
        Layer::Hold => 1,
    }
}

pub(crate) fn layer_from_code(cells: &impl ReadCells, at: usize) -> Result<Layer, StoreError> {
    match cells.int(at)? {
        0 => Ok(Layer::Posted),
        1 => Ok(Layer::Hold),
        _ => Err(cells.corrupt(at)),
    }
}

pub(crate) fn topic_from_code(cells: &impl ReadCells, at: usize) -> Result<Topic, StoreError> {
    Topic::from_index(cells.number(at)?).ok_or_else(|| cells.corrupt(at))
}

/// Reads `code, owner, currency` from column `at` on.
pub(crate) fn account_from_cells(cells: &impl ReadCells, at: usize) -> Result<AccountId, StoreError> {
    let code = AccountCode::from_code(cells.number(at)?).ok_or_else(|| cells.corrupt(at))?;
    let (owner, currency) = (cells.text(at + 1)?, cells.currency(at + 2)?);
    if owner.contains(':') {
        return Err(cells.corrupt(at + 1));
    }
    Ok(AccountId::new(code, owner, currency))
}
