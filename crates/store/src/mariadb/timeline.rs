//! Another timeline: what must be done once when the database has gone back in time, because it was brought back from a copy or
//! failed over to a server that may lack commits.
//!
//! Invariant: whatever the lost time handed out is never handed out again, and whoever still lives in it can move nothing:
//! its epochs are behind for ever. What operators proved themselves with is void: whoever ended a session or a token did so in
//! the time that is lost. Safe to repeat: it only leaves another gap.

use std::sync::Arc;

use domain::time::Timestamp;
use engine::ports::{AuditEntry, StoreError};

use super::{
    connect::{Endpoint, Purpose},
    error::MariadbError,
    migrate::{self, Standing},
    options::MariadbOptions,
    platform,
    pool::{Pool, PoolLimits},
    posting,
    rows::{Cells, ReadCells},
    session::Session,
};

/// How far numbers and epochs move: farther than any lost time can have reached.
const SKIPPED: i64 = 1 << 30;

/// Begins a timeline, and says what it is called. Refused while anybody else uses the database.
pub async fn begin_timeline(
    options: &MariadbOptions,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<[u8; 16], MariadbError> {
    options.check_authority()?;
    let limits = PoolLimits {
        connections: 1,
        wait_max: options.wait_max,
        statement_timeout: options.statement_timeout,
    };
    let pool = Pool::new(Arc::new(Endpoint::new(&options.patient())), Purpose::Write, limits);
    let connect = |source| MariadbError::Connect { address: pool.endpoint.address(), source };
    let (mut session, _) = pool.lend().await.map_err(connect)?;
    let database = || options.database.clone();
    if matches!(migrate::check(&mut session, options).await?, Standing::Empty) {
        return Err(MariadbError::Empty { database: database() });
    }
    let failed =
        |source| MariadbError::Database { context: "begin a timeline in", database: database(), source };
    let others = others(&mut session).await.map_err(failed)?;
    if others > 0 {
        return Err(MariadbError::InUse { database: database(), others });
    }
    change(&mut session, reason, now).await.map_err(failed)?;
    let begun = platform::read(&mut session).await.map_err(failed)?;
    begun.map(|platform| platform.timeline).ok_or_else(|| MariadbError::Empty { database: database() })
}

/// How many others are connected: a replica always is. (A user without the right to see others' connections sees its own
/// kind's, which replicas are.)
async fn others(session: &mut Session) -> Result<i64, StoreError> {
    let sql =
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()";
    let rows = session.rows("look for other connections", sql, Vec::new()).await?;
    rows.first().map_or(Ok(0), |row| Cells::of("processlist", row).int(0))
}

async fn change(session: &mut Session, reason: Option<&str>, now: Timestamp) -> Result<(), StoreError> {
    let context = "begin a timeline";
    let opening = format!(
        "BEGIN; SELECT lane FROM lane ORDER BY lane FOR UPDATE; \
         UPDATE platform SET timeline_id = RANDOM_BYTES(16); \
         UPDATE lane SET payment_counter = payment_counter + {SKIPPED}; \
         UPDATE worker_partition SET epoch = epoch + {SKIPPED}; \
         UPDATE relay_position SET epoch = epoch + {SKIPPED}, owner = NULL, lease_until = 0 WHERE epoch > 0; \
         DELETE FROM operator_secret"
    );
    session.begin(&opening).await.map_err(|failure| failure.sort(context))?;
    let entry = AuditEntry {
        actor: "command line".into(),
        role: None,
        action: "books.timeline".into(),
        object: "platform".into(),
        reason: reason.map(Into::into),
        outcome: Some("done".into()),
        request_id: "restore".into(),
        at: now,
    };
    posting::audit_append(session, &entry).await?;
    session.finish("COMMIT").await.map(drop).map_err(|failure| failure.sort_commit(context))
}
