//! The operators' transaction: there is one writer, so it is the only one anyway.

use std::collections::HashSet;

use async_trait::async_trait;
use domain::{id::OperatorId, time::Timestamp};
use engine::ports::{
    Digest, Operator, OperatorBatch, OperatorChanges, OperatorKeys, OperatorState, Secret, SecretEnd,
    StoreError,
};
use rusqlite::{Connection, Params, params};

use super::{
    error::{failed, refused},
    keys::int,
    posting::audit_append,
    rows::{Cells, list, one},
    writer::Transaction,
};
use crate::rows::{
    ATTEMPTS_KEPT_SECONDS, SECRET_COLUMNS, attempts_from_cells, operator_columns, operator_from_cells,
    secret_columns, secret_from_cells,
};

/// An open operator transaction.
pub(super) struct SqliteOperators {
    transaction: Transaction,
    known: HashSet<OperatorId>,
    now: Timestamp,
    state: OperatorState,
}

impl SqliteOperators {
    /// Loads every operator and what `keys` names.
    pub(super) fn load(
        transaction: Transaction,
        now: Timestamp,
        keys: &OperatorKeys,
    ) -> Result<Self, StoreError> {
        let conn = transaction.conn();
        let operators = operators(conn)?;
        let secret = match &keys.secret {
            Some(sha256) => secret(conn, sha256)?.filter(|secret| secret.expires_at > now),
            None => None,
        };
        let mut attempts = Vec::new();
        for bucket in &keys.attempts {
            let sql = "SELECT bucket, count, since FROM login_attempt WHERE bucket = ?1";
            let found = one(conn, sql, [bucket], |row| attempts_from_cells(&Cells::of("login_attempt", row)));
            attempts.extend(found?);
        }
        let known = operators.iter().map(|operator| operator.id).collect();
        let state = OperatorState { now, operators, secret, attempts: attempts.into_iter().collect() };
        Ok(Self { transaction, known, now, state })
    }
}

#[async_trait]
impl OperatorBatch for SqliteOperators {
    fn take_state(&mut self) -> OperatorState {
        std::mem::take(&mut self.state)
    }

    async fn commit(self: Box<Self>, changes: &OperatorChanges) -> Result<(), StoreError> {
        let Self { transaction, known, now, .. } = *self;
        write(transaction.conn(), changes, &known, now)?;
        transaction.commit()
    }
}

/// Every operator, by name.
pub(super) fn operators(conn: &Connection) -> Result<Vec<Operator>, StoreError> {
    let sql = concat!("SELECT ", operator_columns!(), " FROM operator ORDER BY name");
    list(conn, sql, [], |row| operator_from_cells(&Cells::of("operator", row), 0))
}

/// Every secret that belongs to an operator.
pub(super) fn secrets(conn: &Connection) -> Result<Vec<Secret>, StoreError> {
    let sql = concat!(
        "SELECT ",
        secret_columns!(),
        " FROM operator_secret WHERE operator IS NOT NULL ORDER BY created_at, sha256"
    );
    list(conn, sql, [], |row| secret_from_cells(&Cells::of("operator_secret", row)))
}

/// A secret and whose it is, if it is somebody's.
pub(super) fn secret_find(
    conn: &Connection,
    sha256: &Digest,
) -> Result<Option<(Secret, Option<Operator>)>, StoreError> {
    let sql = concat!(
        "SELECT ",
        secret_columns!(),
        ", ",
        operator_columns!(),
        " FROM operator_secret LEFT JOIN operator ON operator.id = operator_secret.operator WHERE sha256 = ?1"
    );
    one(conn, sql, [sha256], |row| {
        let cells = Cells::of("operator_secret", row);
        let secret = secret_from_cells(&cells)?;
        let operator = secret.operator.map(|_| operator_from_cells(&cells, SECRET_COLUMNS)).transpose()?;
        Ok((secret, operator))
    })
}

fn secret(conn: &Connection, sha256: &Digest) -> Result<Option<Secret>, StoreError> {
    let sql = concat!("SELECT ", secret_columns!(), " FROM operator_secret WHERE sha256 = ?1");
    one(conn, sql, [sha256], |row| secret_from_cells(&Cells::of("operator_secret", row)))
}

fn write(
    conn: &Connection,
    changes: &OperatorChanges,
    known: &HashSet<OperatorId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    for operator in &changes.operators {
        write_operator(conn, operator, known.contains(&operator.id))?;
    }
    for end in &changes.ended {
        write_end(conn, end)?;
    }
    for secret in &changes.secrets {
        write_secret(conn, secret)?;
    }
    for (bucket, attempts) in &changes.attempts {
        execute(conn, "forget tries", "DELETE FROM login_attempt WHERE bucket = ?1", [bucket])?;
        if let Some(attempts) = attempts {
            let insert = "INSERT INTO login_attempt (bucket, count, since) VALUES (?1, ?2, ?3)";
            execute(conn, "count a try", insert, params![bucket, attempts.count, attempts.since.unix_ms()])?;
        }
    }
    for entry in &changes.audit {
        audit_append(conn, entry)?;
    }
    let over = "DELETE FROM operator_secret WHERE expires_at <= ?1";
    execute(conn, "delete what has run out", over, [now.unix_ms()])?;
    let old = now.minus_seconds(ATTEMPTS_KEPT_SECONDS);
    execute(conn, "forget old tries", "DELETE FROM login_attempt WHERE since < ?1", [old.unix_ms()]).map(drop)
}

fn write_operator(conn: &Connection, operator: &Operator, known: bool) -> Result<(), StoreError> {
    let sql = if known {
        "UPDATE operator SET name = ?2, role = ?3, password = ?4, disabled_at = ?5, created_at = ?6 WHERE id = ?1"
    } else {
        "INSERT INTO operator (id, name, role, password, disabled_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    };
    let row = params![
        int(operator.id.get()),
        operator.name.as_str(),
        operator.role.as_str(),
        operator.password.as_ref().map(|password| &*password.0),
        operator.disabled_at.map(|at| at.unix_ms()),
        operator.created_at.unix_ms(),
    ];
    match execute(conn, "write operator", sql, row)? {
        1 => Ok(()),
        met => Err(refused("write operator", format!("met {met} operators instead of one"))),
    }
}

fn write_end(conn: &Connection, end: &SecretEnd) -> Result<(), StoreError> {
    let context = "end secrets";
    match end {
        SecretEnd::One(sha256) => {
            execute(conn, context, "DELETE FROM operator_secret WHERE sha256 = ?1", [sha256])
        }
        SecretEnd::All(kind, operator, but) => {
            let delete =
                "DELETE FROM operator_secret WHERE kind = ?1 AND operator IS ?2 AND sha256 IS NOT ?3";
            let operator = operator.map(|operator| int(operator.get()));
            execute(conn, context, delete, params![kind.as_str(), operator, but])
        }
    }
    .map(drop)
}

fn write_secret(conn: &Connection, secret: &Secret) -> Result<(), StoreError> {
    let upsert = "INSERT INTO operator_secret (sha256, kind, operator, label, created_at, used_at, expires_at, ends_at) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
                  ON CONFLICT (sha256) DO UPDATE SET used_at = excluded.used_at, expires_at = excluded.expires_at";
    let row = params![
        secret.sha256,
        secret.kind.as_str(),
        secret.operator.map(|operator| int(operator.get())),
        secret.label,
        secret.created_at.unix_ms(),
        secret.used_at.unix_ms(),
        secret.expires_at.unix_ms(),
        secret.ends_at.unix_ms(),
    ];
    execute(conn, "write secret", upsert, row).map(drop)
}

fn execute(
    conn: &Connection,
    context: &'static str,
    sql: &str,
    params: impl Params,
) -> Result<usize, StoreError> {
    conn.prepare_cached(sql).and_then(|mut statement| statement.execute(params)).map_err(failed(context))
}
