//! What became of a batch whose COMMIT brought no answer.
//!
//! Exact, because a replica has one batch at a time on a lane: while its transaction is open somewhere it holds the lane row,
//! so locking that row on another connection waits for its end; then the replica's own row of `lane_writer` either holds the
//! batch's number or it does not, whatever others have committed since.

use std::{sync::Arc, time::Duration};

use engine::ports::{Changes, StoreError};
use tokio::time::{Instant, sleep};

use super::super::{
    connect::CATCH_UP,
    error::Failure,
    pool::Pool,
    rows::{Cells, ReadCells, int, joined, wide_literal},
};

/// What became of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    Committed,
    RolledBack,
}

/// How long is waited between two questions.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks until it is known, at least once, or until the callers have waited long enough.
pub(super) async fn fate_of(
    pool: &Arc<Pool>,
    changes: &Changes,
    instance: u128,
    until: Instant,
) -> Option<Fate> {
    loop {
        match ask(pool, changes, instance).await {
            Ok(fate) => return Some(fate),
            Err(error) => {
                tracing::warn!(
                    error = std::error::Error::source(&error),
                    "cannot ask yet what became of a commit"
                );
            }
        }
        if Instant::now() + PAUSE >= until {
            return None;
        }
        sleep(PAUSE).await;
    }
}

async fn ask(pool: &Arc<Pool>, changes: &Changes, instance: u128) -> Result<Fate, StoreError> {
    let context = "ask what became of a commit";
    let lanes = joined(changes.lanes.iter().map(|lane| lane.lane));
    let (mut session, _) = pool.lend().await?;
    let failed = |failure: Failure| failure.sort(context);
    if session.is_galera() {
        // What another node committed before must have arrived here.
        session.text(CATCH_UP).await.map_err(failed)?;
    }
    let opening = format!(
        "BEGIN; SELECT lane FROM lane FORCE INDEX (PRIMARY) WHERE lane IN ({lanes}) ORDER BY lane FOR UPDATE; \
         SELECT lane, batch FROM lane_writer WHERE instance = {} AND lane IN ({lanes})",
        wide_literal(instance)
    );
    let sets = session.begin(&opening).await.map_err(failed)?;
    let mut written = Vec::new();
    for row in sets.get(2).into_iter().flatten() {
        let cells = Cells::of("lane_writer", row);
        written.push((cells.number::<u16>(0)?, cells.int(1)?));
    }
    session.finish("ROLLBACK").await.map_err(failed)?;
    let is_there = |lane: &engine::ports::LaneState| written.contains(&(lane.lane.0, int(lane.batch)));
    Ok(if changes.lanes.iter().all(is_there) { Fate::Committed } else { Fate::RolledBack })
}
