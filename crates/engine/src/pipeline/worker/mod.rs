//! The worker: events to the ledger, exactly once in effect.
//!
//! Invariants: only this loop (and a redrive, under the same checks) posts to the ledger, and it posts what the event says,
//! nothing it worked out itself. Position, journal entries, balances and dead letters move in one transaction, so a crash
//! at any point repeats nothing and loses nothing. A store or broker that is away is waited for, for ever; it never makes a
//! dead letter.

mod changes;
mod claims;
mod classify;
mod message;
mod missing;
mod spans;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::event::Topic;
use tokio_util::sync::CancellationToken;

use changes::changes_of;
pub(super) use changes::{balances_of, range_of};
use claims::Claims;
use classify::{Classified, Refused};
pub(super) use classify::{Judgement, Parsed, judge_alone, parse};
pub(super) use message::bounded;
use missing::Missing;
use spans::PostSpans;

use super::{backoff, make_topics, pause};
use crate::{
    commit::Context,
    error_chain,
    observe::Incident,
    ports::{
        Broker, BrokerError, Consumer, Delivery, LogId, PartitionEnd, PartitionFence, Polled, PostingChanges,
        PostingScope, StoreError,
    },
};

/// Posts what the broker brings.
pub struct Worker {
    context: Context,
    broker: Arc<dyn Broker>,
    missing: Mutex<Missing>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Why the worker must read on from the stored position.
enum Lost {
    /// Someone else owns the partition, or our view of it is old.
    Fenced,
    /// The loop shall end.
    Stopped,
}

impl Worker {
    /// A worker on `broker`.
    pub fn new(context: Context, broker: Arc<dyn Broker>) -> Self {
        Self { context, broker, missing: Mutex::default() }
    }

    /// Runs until `stop`. Runs on a thread of its own: the embedded store works inline.
    pub async fn run(self, stop: CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            match self.consume(&stop, &mut failures).await {
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

    async fn consume(&self, stop: &CancellationToken, failures: &mut u32) -> Result<Lost, Failure> {
        let log = self.broker.log_id().await?;
        let partitions = self.prepare().await?;
        let mut consumer = self.broker.consume().await?;
        let ended = self.read(consumer.as_mut(), (&log, partitions), stop, failures).await;
        consumer.leave().await;
        ended
    }

    async fn read(
        &self,
        consumer: &mut dyn Consumer,
        (log, partitions): (&LogId, i32),
        stop: &CancellationToken,
        failures: &mut u32,
    ) -> Result<Lost, Failure> {
        let mut claims = Claims::default();
        loop {
            let delivery = match self.poll(consumer, stop).await? {
                None => return Ok(Lost::Stopped),
                Some(Polled::Assigned(partitions)) => {
                    claims = self.claim(log, &partitions).await?;
                    consumer.start(&claims.progress()).await?;
                    continue;
                }
                Some(Polled::Delivered(delivery)) => delivery,
            };
            if let Err(error) = self.watch_tail(&claims, &consumer.ends(), partitions).await {
                tracing::warn!(error = error_chain(&error), "cannot look for events that are missing");
            }
            if delivery.records.is_empty() && delivery.progress.is_empty() {
                continue;
            }
            self.context.observer.records_consumed(delivery.records.len());
            let Some(fences) = claims.fences_of(&delivery) else { return Ok(Lost::Fenced) };
            let terms = Terms { fences: &fences, delivered: self.context.tracer.now() };
            let progress = delivery.progress.clone();
            if let Err(lost) = self.post_until_done(delivery, terms, stop).await {
                return Ok(lost);
            }
            claims.advance(&progress);
            consumer.show_progress(&progress);
            *failures = 0;
            self.context.signals.events_posted();
        }
    }

    /// Makes the topics; how many partitions each has. The embedded log has one a lane, and none to make.
    async fn prepare(&self) -> Result<i32, Failure> {
        if !self.broker.needs_relay() {
            return Ok(1);
        }
        make_topics(&self.context, self.broker.as_ref()).await
    }

    async fn claim(&self, log: &LogId, partitions: &[(Topic, i32)]) -> Result<Claims, StoreError> {
        let claims = self.context.store.partition_claim(log, self.context.instance, partitions).await?;
        Ok(Claims::new(claims))
    }

    /// Tells how far behind each partition is, and has published again what the broker should have brought and did not.
    async fn watch_tail(
        &self,
        claims: &Claims,
        ends: &[PartitionEnd],
        partitions: i32,
    ) -> Result<(), StoreError> {
        let (now, patience) = self.patience();
        if ends.is_empty() || !self.missing().look_is_due(now, patience) {
            return Ok(());
        }
        for end in ends {
            let Some(claim) = claims.get(end.topic, end.partition) else { continue };
            // Records before where reading stands are gone when they were not delivered.
            let next = if end.read_offset >= end.end_offset {
                end.end_offset
            } else {
                claim.next_offset.unwrap_or(0)
            };
            let records = u64::try_from(end.end_offset.saturating_sub(next)).unwrap_or(0);
            self.context.observer.partition_lag(end.topic, end.partition, records);
        }
        let mut snapshot = self.context.store.snapshot().await?;
        let behind = missing::behind(snapshot.as_mut(), ends, partitions).await?;
        drop(snapshot);
        let Some(tail) = self.missing().tail_rewind(&behind, (claims, partitions), now, patience) else {
            return Ok(());
        };
        self.context.observer.incident(Incident::Hole);
        tracing::error!(lanes = ?tail.rewinds, "the latest events of a topic are missing; they are published again");
        let scope = PostingScope { partitions: tail.fences, ..PostingScope::default() };
        let batch = self.context.store.posting_open(&scope).await?;
        batch.commit(&PostingChanges { rewinds: tail.rewinds, ..PostingChanges::default() }).await
    }

    fn patience(&self) -> (Duration, Duration) {
        (self.context.clock.monotonic(), self.context.settings.missing_event_patience)
    }

    fn missing(&self) -> MutexGuard<'_, Missing> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
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
        terms: Terms<'_>,
        stop: &CancellationToken,
    ) -> Result<(), Lost> {
        match self.post_waiting(&Try { delivery: &delivery, terms, refused: None }, stop).await {
            Ok(()) => Ok(()),
            Err(PostFailure::Lost(lost)) => Err(lost),
            Err(PostFailure::Refused(error)) => {
                tracing::warn!(
                    error = error_chain(&error),
                    records = delivery.records.len(),
                    "batch was refused; posting its events one by one"
                );
                self.post_one_by_one(delivery, terms, stop).await
            }
        }
    }

    async fn post_one_by_one(
        &self,
        delivery: Delivery,
        terms: Terms<'_>,
        stop: &CancellationToken,
    ) -> Result<(), Lost> {
        let Delivery { records, progress } = delivery;
        for record in records {
            let alone = Delivery { records: vec![record], progress: Vec::new() };
            let first = Try { delivery: &alone, terms, refused: None };
            match self.post_waiting(&first, stop).await {
                Ok(()) => {}
                Err(PostFailure::Lost(lost)) => return Err(lost),
                Err(PostFailure::Refused(error)) => {
                    let why = error_chain(&error);
                    tracing::error!(error = why, "event fails alone; it is parked");
                    self.park(first, &why, stop).await?;
                }
            }
        }
        let rest = Delivery { records: Vec::new(), progress };
        self.post_waiting(&Try { delivery: &rest, terms, refused: None }, stop)
            .await
            .map_err(|_| Lost::Fenced)
    }

    /// Parks an event that failed alone; when the store refuses that too, without what was to be said about it.
    async fn park(&self, first: Try<'_>, why: &str, stop: &CancellationToken) -> Result<(), Lost> {
        for refused in [Refused::Posting(why), Refused::Parking] {
            let parking = Try { refused: Some(refused), ..first };
            match self.post_waiting(&parking, stop).await {
                Ok(()) => return Ok(()),
                Err(PostFailure::Lost(lost)) => return Err(lost),
                Err(PostFailure::Refused(error)) => {
                    tracing::error!(error = error_chain(&error), "an event cannot be parked");
                }
            }
        }
        // Not even that works: read on from the stored position and try again.
        Err(Lost::Fenced)
    }

    async fn post_waiting(&self, this: &Try<'_>, stop: &CancellationToken) -> Result<(), PostFailure> {
        let mut failures = 0;
        loop {
            let error = match self.post(this).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Fenced { .. }) => return Err(PostFailure::Lost(Lost::Fenced)),
                Err(error @ (StoreError::Statement { .. } | StoreError::Corrupt { .. })) => {
                    return Err(PostFailure::Refused(error));
                }
                // An unknown outcome is made out by the positions: the next try finds what was committed.
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
    async fn post(&self, this: &Try<'_>) -> Result<(), StoreError> {
        let Try { delivery, terms, refused } = *this;
        let mut spans = PostSpans::begin(self.context.tracer.as_ref(), &delivery.records, terms.delivered);
        let parsed: Vec<Parsed> = delivery.records.iter().map(parse).collect();
        let scope = PostingScope { partitions: terms.fences.to_vec(), ..range_of(&parsed) };
        let mut batch = self.context.store.posting_open(&scope).await?;
        let mut state = batch.take_state();
        let classified = Classified::of(&parsed, &mut state, refused);
        let (now, patience) = self.patience();
        let rewinds = self.missing().rewinds_for(&classified.holes, now, patience);
        let changes = changes_of(&classified, state.now, delivery.progress.clone(), rewinds);
        batch.commit(&changes).await?;
        if let Some(spans) = &mut spans {
            spans.stop(self.context.tracer.as_ref());
        }
        classified.report(self.context.observer.as_ref(), state.now);
        if let Some(spans) = spans {
            spans.tell(self.context.tracer.as_ref(), &parsed, classified.results());
        }
        Ok(())
    }
}

/// What records are posted under.
#[derive(Clone, Copy)]
struct Terms<'a> {
    fences: &'a [PartitionFence],
    /// When they were delivered, on the tracer's clock.
    delivered: Duration,
}

/// One try to post.
#[derive(Clone, Copy)]
struct Try<'a> {
    delivery: &'a Delivery,
    terms: Terms<'a>,
    /// Why its one event failed alone, when it did.
    refused: Option<Refused<'a>>,
}

/// Why a batch was not posted.
enum PostFailure {
    Lost(Lost),
    Refused(StoreError),
}
