//! `operator`, `operator_secret` and `login_attempt` rows.

use domain::id::OperatorId;
use engine::ports::{Digest, LoginAttempts, Operator, PasswordHash, Secret, SecretKind, StoreError};

use super::ReadCells;

macro_rules! operator_columns {
    () => {
        "operator.id, operator.name, operator.role, operator.password, operator.disabled_at, operator.created_at"
    };
}
macro_rules! secret_columns {
    () => {
        "operator_secret.sha256, operator_secret.kind, operator_secret.operator, operator_secret.label, \
         operator_secret.created_at, operator_secret.used_at, operator_secret.expires_at, operator_secret.ends_at"
    };
}
pub(crate) use {operator_columns, secret_columns};

/// How many columns `secret_columns!()` names.
pub(crate) const SECRET_COLUMNS: usize = 8;

/// How long a counter of tries to log in is kept after its window has begun.
pub(crate) const ATTEMPTS_KEPT_SECONDS: u32 = 24 * 60 * 60;

/// Reads `operator_columns!()` from column `at` on.
pub(crate) fn operator_from_cells(cells: &impl ReadCells, at: usize) -> Result<Operator, StoreError> {
    Ok(Operator {
        id: OperatorId::new(cells.number(at)?).ok_or_else(|| cells.corrupt(at))?,
        name: cells.parsed(at + 1)?,
        role: cells.parsed(at + 2)?,
        password: cells.text_opt(at + 3)?.map(|text| PasswordHash(text.into())),
        disabled_at: cells.time_opt(at + 4)?,
        created_at: cells.time(at + 5)?,
    })
}

/// Reads `secret_columns!()`.
pub(crate) fn secret_from_cells(cells: &impl ReadCells) -> Result<Secret, StoreError> {
    let kind = cells.text(1)?;
    let kind = SecretKind::ALL.into_iter().find(|known| known.as_str() == kind);
    let operator: Option<u64> = cells.number_opt(2)?;
    let operator = operator.map(|id| OperatorId::new(id).ok_or_else(|| cells.corrupt(2)));
    Ok(Secret {
        sha256: cells.digest(0)?,
        kind: kind.ok_or_else(|| cells.corrupt(1))?,
        operator: operator.transpose()?,
        label: cells.text_opt(3)?.map(Box::from),
        created_at: cells.time(4)?,
        used_at: cells.time(5)?,
        expires_at: cells.time(6)?,
        ends_at: cells.time(7)?,
    })
}

/// Reads `bucket, count, since`.
pub(crate) fn attempts_from_cells(cells: &impl ReadCells) -> Result<(Digest, LoginAttempts), StoreError> {
    Ok((cells.digest(0)?, LoginAttempts { count: cells.number(1)?, since: cells.time(2)? }))
}
