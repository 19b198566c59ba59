//! The worker: events to the ledger, exactly once in effect.
//!
//! Invariants: only this loop (and a redrive, under the same checks) posts to the ledger, and it posts what the event says,
//! nothing it worked out itself. Position, journal entries, balances and dead letters move in one transaction, so a crash
//! at any point repeats nothing and loses nothing. A store or broker that is away is waited for, for ever; it never makes a
//! dead letter.

mod apply;
mod classify;

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use domain::event::Topic;
use tokio_util::sync::CancellationToken;

use apply::changes_of;
pub(super) use apply::{balances_of, posted, range_of};
use classify::Classified;
pub(super) use classify::{Judgement, Parsed, judge_alone, parse};

use super::{backoff, pause};
use crate::{
    commit::{Context, error_chain},
    ports::{
        Broker, BrokerError, Consumer, Delivery, LogId, PartitionClaim, PartitionFence, PartitionProgress,
        Polled, PostingScope, StoreError,
    },
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
        let log = self.broker.log_id().await?;
        let mut consumer = self.broker.consume().await?;
        let mut claims = Claims::default();
        loop {
            let delivery = match self.poll(consumer.as_mut(), stop).await? {
                None => return Ok(Lost::Stopped),
                Some(Polled::Assigned(partitions)) => {
                    claims = self.claim(&log, &partitions).await?;
                    consumer.start(&claims.progress()).await?;
                    continue;
                }
                Some(Polled::Delivered(delivery)) => delivery,
            };
            if delivery.records.is_empty() && delivery.progress.is_empty() {
                continue;
            }
            self.context.observer.records_consumed(delivery.records.len());
            let Some(fences) = claims.fences_of(&delivery) else { return Ok(Lost::Fenced) };
            let progress = delivery.progress.clone();
            if let Err(lost) = self.post_until_done(delivery, &fences, stop).await {
                return Ok(lost);
            }
            consumer.show_progress(&progress);
            self.context.signals.events_posted();
        }
    }

    async fn claim(&self, log: &LogId, partitions: &[(Topic, i32)]) -> Result<Claims, StoreError> {
        let claims = self.context.store.partition_claim(log, self.context.instance, partitions).await?;
        Ok(Claims(claims.into_iter().map(|claim| ((claim.topic, claim.partition), claim)).collect()))
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
    async fn post_until_done(
        &self,
        delivery: Delivery,
        fences: &[PartitionFence],
        stop: &CancellationToken,
    ) -> Result<(), Lost> {
        match self.post_waiting(&Posting { delivery: &delivery, fences, refused: None }, stop).await {
            Ok(()) => Ok(()),
            Err(PostFailure::Lost(lost)) => Err(lost),
            Err(PostFailure::Refused(error)) => {
                tracing::warn!(
                    error = error_chain(&error),
                    records = delivery.records.len(),
                    "batch was refused; posting its events one by one"
                );
                self.post_one_by_one(delivery, fences, stop).await
            }
        }
    }

    async fn post_one_by_one(
        &self,
        delivery: Delivery,
        fences: &[PartitionFence],
        stop: &CancellationToken,
    ) -> Result<(), Lost> {
        let Delivery { records, progress } = delivery;
        for record in records {
            let alone = Delivery { records: vec![record], progress: Vec::new() };
            let posting = Posting { delivery: &alone, fences, refused: None };
            match self.post_waiting(&posting, stop).await {
                Ok(()) => {}
                Err(PostFailure::Lost(lost)) => return Err(lost),
                Err(PostFailure::Refused(error)) => {
                    let message = error_chain(&error);
                    tracing::error!(error = message, "event fails alone; it is parked");
                    let parking = Posting { refused: Some(&message), ..posting };
                    self.post_waiting(&parking, stop).await.map_err(|failure| match failure {
                        PostFailure::Lost(lost) => lost,
                        // Not even parking it works: read on from the stored position and try again.
                        PostFailure::Refused(_) => Lost::Fenced,
                    })?;
                }
            }
        }
        let rest = Delivery { records: Vec::new(), progress };
        self.post_waiting(&Posting { delivery: &rest, fences, refused: None }, stop)
            .await
            .map_err(|_| Lost::Fenced)
    }

    async fn post_waiting(&self, posting: &Posting<'_>, stop: &CancellationToken) -> Result<(), PostFailure> {
        let mut failures = 0;
        loop {
            let error = match self.post(posting).await {
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
    async fn post(&self, posting: &Posting<'_>) -> Result<(), StoreError> {
        let Posting { delivery, fences, refused } = *posting;
        let parsed: Vec<Parsed> = delivery.records.iter().map(parse).collect();
        let scope = PostingScope { partitions: fences.to_vec(), ..range_of(&parsed) };
        let mut batch = self.context.store.posting_open(&scope).await?;
        let mut state = batch.take_state();
        let classified = Classified::of(&parsed, &mut state, refused);
        let changes = changes_of(&classified, state.now, delivery.progress.clone());
        batch.commit(&changes).await?;
        classified.report(self.context.observer.as_ref(), state.now);
        Ok(())
    }
}

/// The claims this worker posts under.
#[derive(Default)]
struct Claims(HashMap<(Topic, i32), PartitionClaim>);

impl Claims {
    /// Where to read on.
    fn progress(&self) -> Vec<PartitionProgress> {
        let known = self.0.values().filter_map(|claim| {
            let next_offset = claim.next_offset?;
            Some(PartitionProgress { topic: claim.topic, partition: claim.partition, next_offset })
        });
        known.collect()
    }

    /// What a delivery may be posted under; `None` when it holds a partition that was not claimed.
    fn fences_of(&self, delivery: &Delivery) -> Option<Vec<PartitionFence>> {
        let partitions: BTreeSet<(Topic, i32)> =
            delivery.progress.iter().map(|progress| (progress.topic, progress.partition)).collect();
        partitions.iter().map(|partition| self.0.get(partition).map(PartitionClaim::fence)).collect()
    }
}

/// One try to post.
#[derive(Clone, Copy)]
struct Posting<'a> {
    delivery: &'a Delivery,
    fences: &'a [PartitionFence],
    /// Why its one event failed alone, when it did.
    refused: Option<&'a str>,
}

/// Why a batch was not posted.
enum PostFailure {
    Lost(Lost),
    Refused(StoreError),
}
