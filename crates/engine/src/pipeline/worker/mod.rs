//! The worker: events to the ledger, exactly once in effect.
//!
//! Invariants: only this loop (and a redrive, under the same checks) posts to the ledger, and it posts what the event says,
//! nothing it worked out itself. Position, journal entries, balances and dead letters move in one transaction, so a crash
//! at any point repeats nothing and loses nothing. A store or broker that is away is waited for, for ever; it never makes a
//! dead letter.

mod apply;
mod classify;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use apply::changes_of;
pub(super) use apply::{balances_of, posted, range_of};
use classify::Classified;
pub(super) use classify::{Judgement, Parsed, judge_alone, parse};

use super::{backoff, pause};
use crate::{
    commit::{Context, error_chain},
    ports::{Broker, BrokerError, Consumer, Polled, StoreError},
};

/// Posts what the broker brings.
pub struct Worker {
    context: Context,
    broker: std::sync::Arc<dyn Broker>,
}

/// Why the worker must read on from the stored position.
enum Lost {
    /// Someone else owns the partition, or our view of it is old.
    Fenced,
    /// The loop shall end.
    Stopped,
}

impl Worker {
    /// A worker on `broker`.
    pub fn new(context: Context, broker: std::sync::Arc<dyn Broker>) -> Self {
        Self { context, broker }
    }

    /// Runs until `stop`. Runs on a thread of its own: the embedded store works inline.
    pub async fn run(self, stop: CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            match self.consume(&stop).await {
                Ok(Lost::Stopped) => return,
                Ok(Lost::Fenced) => tracing::info!("worker reads on from the stored position"),
                Err(error) => {
                    tracing::warn!(
                        error = error_chain(error.as_ref()),
                        failures,
                        "worker cannot read; trying again"
                    );
                }
            }
            failures += 1;
            pause(backoff(failures, u64::from(failures)), &stop).await;
        }
    }

    async fn consume(
        &self,
        stop: &CancellationToken,
    ) -> Result<Lost, Box<dyn std::error::Error + Send + Sync>> {
        let resume = self.context.store.snapshot().await?.partition_list().await?;
        let mut consumer = self.broker.consume(&resume).await?;
        loop {
            let Some(polled) = self.poll(consumer.as_mut(), stop).await? else { return Ok(Lost::Stopped) };
            if polled.records.is_empty() && polled.progress.is_empty() {
                continue;
            }
            self.context.observer.records_consumed(polled.records.len());
            if let Err(lost) = self.post_until_done(polled, stop).await {
                return Ok(lost);
            }
            self.context.signals.events_posted();
        }
    }

    async fn poll(
        &self,
        consumer: &mut dyn Consumer,
        stop: &CancellationToken,
    ) -> Result<Option<Polled>, BrokerError> {
        tokio::select! {
            biased;
            () = stop.cancelled() => Ok(None),
            polled = consumer.poll(self.context.settings.worker_batch_max) => polled.map(Some),
        }
    }

    /// Posts a batch whole; waits for a store that is away; when a statement is refused, posts it record by record.
    async fn post_until_done(&self, polled: Polled, stop: &CancellationToken) -> Result<(), Lost> {
        match self.post_waiting(&polled, None, stop).await {
            Ok(()) => Ok(()),
            Err(PostFailure::Lost(lost)) => Err(lost),
            Err(PostFailure::Refused(error)) => {
                tracing::warn!(
                    error = error_chain(&error),
                    records = polled.records.len(),
                    "batch was refused; posting its events one by one"
                );
                self.post_one_by_one(polled, stop).await
            }
        }
    }

    async fn post_one_by_one(&self, polled: Polled, stop: &CancellationToken) -> Result<(), Lost> {
        let Polled { records, progress } = polled;
        for record in records {
            let alone = Polled { records: vec![record], progress: Vec::new() };
            match self.post_waiting(&alone, None, stop).await {
                Ok(()) => {}
                Err(PostFailure::Lost(lost)) => return Err(lost),
                Err(PostFailure::Refused(error)) => {
                    let message = error_chain(&error);
                    tracing::error!(error = message, "event fails alone; it is parked");
                    self.post_waiting(&alone, Some(&message), stop).await.map_err(
                        |failure| match failure {
                            PostFailure::Lost(lost) => lost,
                            // Not even parking it works: read on from the stored position and try again.
                            PostFailure::Refused(_) => Lost::Fenced,
                        },
                    )?;
                }
            }
        }
        let rest = Polled { records: Vec::new(), progress };
        self.post_waiting(&rest, None, stop).await.map_err(|_| Lost::Fenced)
    }

    async fn post_waiting(
        &self,
        polled: &Polled,
        refused: Option<&str>,
        stop: &CancellationToken,
    ) -> Result<(), PostFailure> {
        let mut failures = 0;
        loop {
            let error = match self.post(polled, refused).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Fenced { .. }) => return Err(PostFailure::Lost(Lost::Fenced)),
                Err(error @ (StoreError::Statement { .. } | StoreError::Corrupt { .. })) => {
                    return Err(PostFailure::Refused(error));
                }
                // An unknown outcome is settled by the positions: the next try finds what was committed.
                Err(error @ (StoreError::Unavailable { .. } | StoreError::UnknownOutcome { .. })) => error,
            };
            failures += 1;
            tracing::warn!(error = error_chain(&error), failures, "store is away; the worker waits");
            if !pause(backoff(failures, u64::from(failures)).min(Duration::from_secs(5)), stop).await {
                return Err(PostFailure::Lost(Lost::Stopped));
            }
        }
    }

    /// One transaction: judge every record against the stored state, post what is genuine and new, move the positions.
    async fn post(&self, polled: &Polled, refused: Option<&str>) -> Result<(), StoreError> {
        let parsed: Vec<Parsed> = polled.records.iter().map(parse).collect();
        let mut batch = self.context.store.posting_open(&range_of(&parsed)).await?;
        let mut state = batch.take_state();
        let classified = Classified::of(&parsed, &mut state, refused);
        let changes = changes_of(&classified, state.now, polled.progress.clone());
        batch.commit(&changes).await?;
        classified.report(self.context.observer.as_ref(), state.now);
        Ok(())
    }
}

/// Why a batch was not posted.
enum PostFailure {
    Lost(Lost),
    Refused(StoreError),
}
