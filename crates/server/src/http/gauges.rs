//! Numbers that are read from the books when somebody asks for the metrics, not kept up to date between.
//!
//! A store that is away leaves them as they were: a scrape must never fail because of what it is to show.

use std::time::Duration;

use domain::time::Timestamp;
use engine::{
    ports::StoreError,
    queries::{
        pipeline_status::{LaneStatus, pipeline_status},
        trial_balance::trial_balance,
    },
};
use tokio::time::timeout;

use super::state::AppState;

/// How long a scrape waits for the books.
const TIME_LIMIT: Duration = Duration::from_secs(1);
/// How often all balances are added up at most.
const BALANCES_EVERY: Duration = Duration::from_secs(10);

/// Brings the gauges up to date.
pub(crate) async fn refresh(app: &AppState) {
    let alive_ms = i64::try_from(app.clock.monotonic().as_millis()).unwrap_or_default();
    app.metrics.process.read(Timestamp::from_unix_ms(app.clock.now().unix_ms() - alive_ms));
    app.metrics.proofs.show(&app.desk.prover.memory());
    match timeout(TIME_LIMIT, read(app)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(error = %error, "the books cannot be read for the metrics"),
        Err(_) => tracing::debug!("the books took too long for the metrics"),
    }
}

async fn read(app: &AppState) -> Result<(), StoreError> {
    let now = app.clock.now();
    let status = pipeline_status(app.store.snapshot().await?.as_mut()).await?;
    let oldest_ms = status.oldest_pending_at().map_or(0, |oldest| now.ms_since(oldest).max(0));
    app.metrics.outbox_pending.set(clamp(status.pending().into()));
    app.metrics.outbox_oldest_age_seconds.set(oldest_ms / 1000);
    let sum = |count: fn(&LaneStatus) -> u64| status.lanes.iter().map(count).sum();
    app.metrics.totals(sum(|lane| lane.last_seq.0), sum(|lane| lane.entries_posted));
    app.metrics.dead_letters_open.set(clamp(status.dead_letters_open().into()));
    if app.metrics.balances_due(app.clock.monotonic(), BALANCES_EVERY) {
        let trial = trial_balance(&app.store, None, now).await?;
        let off = trial.currencies().values().map(|sums| (sums.debit - sums.credit).abs()).sum();
        app.metrics.ledger_imbalance.set(clamp(off));
    }
    Ok(())
}

fn clamp(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
