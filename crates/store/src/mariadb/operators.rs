//! The operators' transaction: the lock on the one `platform` row makes it the only one over all replicas.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use domain::{id::OperatorId, time::Timestamp};
use engine::ports::{
    Digest, Operator, OperatorBatch, OperatorChanges, OperatorKeys, OperatorState, Secret, SecretEnd,
    StoreError,
};
use mysql_async::Value;

use super::{
    error::refused,
    pool::Pool,
    posting::audit_append,
    rows::{bytes, each, number, number_opt, text, text_opt, unsigned},
    script::{NOW, Script, rows_of},
    session::Session,
};
use crate::rows::{
    ATTEMPTS_KEPT_SECONDS, ReadCells, SECRET_COLUMNS, attempts_from_cells, operator_columns,
    operator_from_cells, secret_columns, secret_from_cells,
};

/// An open operator transaction.
pub(super) struct MariadbOperators {
    session: Session,
    known: HashSet<OperatorId>,
    now: Timestamp,
    state: OperatorState,
}

impl MariadbOperators {
    /// Takes the lock and loads every operator and what `keys` names. `script` holds what precedes the transaction.
    pub(super) async fn open(
        pool: &Arc<Pool>,
        keys: &OperatorKeys,
        mut script: Script,
    ) -> Result<Self, StoreError> {
        let context = "open operators";
        script.ask("BEGIN");
        script.ask("SELECT id FROM platform WHERE id = 1 FOR UPDATE");
        let clock = script.ask(NOW);
        let operators = script.ask(concat!("SELECT ", operator_columns!(), " FROM operator ORDER BY name"));
        let secrets = concat!("SELECT ", secret_columns!(), " FROM operator_secret WHERE sha256 IN");
        let secret = script.ask_in(secrets, keys.secret.iter().map(literal), "");
        let attempts = "SELECT bucket, count, since FROM login_attempt WHERE bucket IN";
        let attempts = script.ask_in(attempts, keys.attempts.iter().map(literal), "");
        let (session, sets) = pool.begin(context, script.sql()).await?;
        let now = each("clock", rows_of(&sets, clock), |cells| cells.time(0))?.pop();
        let now = now.ok_or_else(|| refused(context, "the server gave no time"))?;
        let operators = each("operator", rows_of(&sets, operators), |cells| operator_from_cells(cells, 0))?;
        let secret = each("operator_secret", rows_of(&sets, secret), secret_from_cells)?.pop();
        let attempts = each("login_attempt", rows_of(&sets, attempts), attempts_from_cells)?;
        let known = operators.iter().map(|operator| operator.id).collect();
        let secret = secret.filter(|secret| secret.expires_at > now);
        let state = OperatorState { now, operators, secret, attempts: attempts.into_iter().collect() };
        Ok(Self { session, known, now, state })
    }
}

#[async_trait]
impl OperatorBatch for MariadbOperators {
    fn take_state(&mut self) -> OperatorState {
        std::mem::take(&mut self.state)
    }

    async fn commit(self: Box<Self>, changes: &OperatorChanges) -> Result<(), StoreError> {
        let Self { mut session, known, now, .. } = *self;
        write(&mut session, changes, &known, now).await?;
        session.commit().await
    }
}

/// Every operator, by name.
pub(super) async fn operators(session: &mut Session) -> Result<Vec<Operator>, StoreError> {
    let sql = concat!("SELECT ", operator_columns!(), " FROM operator ORDER BY name");
    let rows = session.rows("list operators", sql, Vec::new()).await?;
    each("operator", &rows, |cells| operator_from_cells(cells, 0))
}

/// Every secret that belongs to an operator.
pub(super) async fn secrets(session: &mut Session) -> Result<Vec<Secret>, StoreError> {
    let sql = concat!(
        "SELECT ",
        secret_columns!(),
        " FROM operator_secret WHERE operator IS NOT NULL ORDER BY created_at, sha256"
    );
    each("operator_secret", &session.rows("list secrets", sql, Vec::new()).await?, secret_from_cells)
}

/// A secret and whose it is, if it is somebody's.
pub(super) async fn secret_find(
    session: &mut Session,
    sha256: &Digest,
) -> Result<Option<(Secret, Option<Operator>)>, StoreError> {
    let sql = concat!(
        "SELECT ",
        secret_columns!(),
        ", ",
        operator_columns!(),
        " FROM operator_secret LEFT JOIN operator ON operator.id = operator_secret.operator WHERE sha256 = ?"
    );
    let rows = session.rows("find a secret", sql, vec![bytes(sha256)]).await?;
    let mut found = each("operator_secret", &rows, |cells| {
        let secret = secret_from_cells(cells)?;
        let operator = secret.operator.map(|_| operator_from_cells(cells, SECRET_COLUMNS)).transpose()?;
        Ok((secret, operator))
    })?;
    Ok(found.pop())
}

async fn write(
    session: &mut Session,
    changes: &OperatorChanges,
    known: &HashSet<OperatorId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    for operator in &changes.operators {
        write_operator(session, operator, known.contains(&operator.id)).await?;
    }
    for end in &changes.ended {
        write_end(session, end).await?;
    }
    for secret in &changes.secrets {
        write_secret(session, secret).await?;
    }
    for (bucket, attempts) in &changes.attempts {
        let delete = "DELETE FROM login_attempt WHERE bucket = ?";
        session.change("forget tries", delete, vec![bytes(bucket)]).await?;
        if let Some(attempts) = attempts {
            let insert = "INSERT INTO login_attempt (bucket, count, since) VALUES (?, ?, ?)";
            let row = vec![bytes(bucket), number(attempts.count), number(attempts.since.unix_ms())];
            session.change("count a try", insert, row).await?;
        }
    }
    for entry in &changes.audit {
        audit_append(session, entry).await?;
    }
    let over = "DELETE FROM operator_secret WHERE expires_at <= ?";
    session.change("delete what has run out", over, vec![number(now.unix_ms())]).await?;
    let old = now.minus_seconds(ATTEMPTS_KEPT_SECONDS).unix_ms();
    let forget = "DELETE FROM login_attempt WHERE since < ?";
    session.change("forget old tries", forget, vec![number(old)]).await.map(drop)
}

async fn write_operator(session: &mut Session, operator: &Operator, known: bool) -> Result<(), StoreError> {
    let sql = if known {
        "UPDATE operator SET name = ?, role = ?, password = ?, disabled_at = ?, created_at = ? WHERE id = ?"
    } else {
        "INSERT INTO operator (name, role, password, disabled_at, created_at, id) VALUES (?, ?, ?, ?, ?, ?)"
    };
    let row = vec![
        text(operator.name.as_str()),
        text(operator.role.as_str()),
        text_opt(operator.password.as_ref().map(|password| &*password.0)),
        number_opt(operator.disabled_at.map(|at| at.unix_ms())),
        number(operator.created_at.unix_ms()),
        unsigned(operator.id.get()),
    ];
    match session.change("write operator", sql, row).await? {
        1 => Ok(()),
        met => Err(refused("write operator", format!("met {met} operators instead of one"))),
    }
}

async fn write_end(session: &mut Session, end: &SecretEnd) -> Result<(), StoreError> {
    let (sql, row) = match end {
        SecretEnd::One(sha256) => ("DELETE FROM operator_secret WHERE sha256 = ?", vec![bytes(sha256)]),
        SecretEnd::All(kind, operator, but) => (
            "DELETE FROM operator_secret WHERE kind = ? AND operator <=> ? AND NOT (sha256 <=> ?)",
            vec![
                text(kind.as_str()),
                operator.map_or(Value::NULL, |operator| unsigned(operator.get())),
                but.as_ref().map_or(Value::NULL, |but| bytes(but)),
            ],
        ),
    };
    session.change("end secrets", sql, row).await.map(drop)
}

async fn write_secret(session: &mut Session, secret: &Secret) -> Result<(), StoreError> {
    let upsert = "INSERT INTO operator_secret (sha256, kind, operator, label, created_at, used_at, expires_at, ends_at) \
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?) \
                  ON DUPLICATE KEY UPDATE used_at = VALUES(used_at), expires_at = VALUES(expires_at)";
    let row = vec![
        bytes(&secret.sha256),
        text(secret.kind.as_str()),
        secret.operator.map_or(Value::NULL, |operator| unsigned(operator.get())),
        text_opt(secret.label.as_deref()),
        number(secret.created_at.unix_ms()),
        number(secret.used_at.unix_ms()),
        number(secret.expires_at.unix_ms()),
        number(secret.ends_at.unix_ms()),
    ];
    session.change("write secret", upsert, row).await.map(drop)
}

/// A hash as a literal: hex digits only.
fn literal(sha256: &Digest) -> String {
    let hex: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{hex}'")
}
