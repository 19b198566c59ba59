//! One reader of the embedded log: where it stands in each lane, and how it moves.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    event::Topic,
    id::{Lane, Seq},
};
use engine::ports::{
    Begun, BrokerError, Consumer, Delivery, LaneState, OutboxEvent, PartitionEnd, PartitionProgress, Polled,
    Record, Snapshot, Span, Store, StoreError, TracedEvent, TracedWork, Tracer, sampled,
};
use thiserror::Error;
use tokio::{sync::watch, time};

/// Reads every lane of a store.
pub(super) struct EmbeddedConsumer {
    store: Arc<dyn Store>,
    committed: watch::Receiver<u64>,
    poll_interval: Duration,
    /// `None` until it has been told where to start.
    lanes: Option<Vec<LaneReader>>,
    /// The lane the next poll begins with, so that a busy one cannot keep the others waiting.
    first: usize,
    tracer: Arc<dyn Tracer>,
}

/// Where the reader stands in one lane: per topic, the next place to deliver. The lane is read from the least of them on, and
/// what a topic has had already is passed over.
#[derive(Clone, Debug)]
struct LaneReader {
    lane: Lane,
    next: [u64; Topic::ALL.len()],
}

/// A place without its event: the store does not hold what it promised.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("event {found} of lane {lane} follows {after}: the outbox has a gap")]
struct OutboxGap {
    lane: Lane,
    after: Seq,
    found: Seq,
}

impl EmbeddedConsumer {
    pub(super) fn new(
        store: Arc<dyn Store>,
        committed: watch::Receiver<u64>,
        poll_interval: Duration,
        tracer: Arc<dyn Tracer>,
    ) -> Self {
        Self { store, committed, poll_interval, lanes: None, first: 0, tracer }
    }

    /// Every lane, each where `resume` says; a topic that is not named there stands at its beginning.
    async fn lanes_at(&self, resume: &[PartitionProgress]) -> Result<Vec<LaneReader>, BrokerError> {
        let mut snapshot = self.store.snapshot().await.map_err(unavailable)?;
        let lanes = snapshot.lane_list().await.map_err(unavailable)?;
        Ok(lanes.iter().map(|lane| LaneReader::new(&lane.state, resume)).collect())
    }

    /// All there is: every topic of every lane.
    async fn partitions(&self) -> Result<Vec<(Topic, i32)>, BrokerError> {
        let lanes = self.lanes_at(&[]).await?;
        let topics = |lane: &LaneReader| Topic::ALL.map(|topic| (topic, i32::from(lane.lane.0)));
        Ok(lanes.iter().flat_map(topics).collect())
    }

    async fn read(&mut self, lanes: &[LaneReader], max: usize) -> Result<Delivery, BrokerError> {
        let mut snapshot = self.store.snapshot().await.map_err(unavailable)?;
        let mut hand = Hand::new(self.tracer.as_ref());
        let mut left = max;
        // Nothing moves before everything has been read: a poll that fails half-way has not passed anything by.
        let mut lanes = lanes.to_vec();
        let (before, from) = lanes.split_at_mut(self.first);
        for lane in from.iter_mut().chain(before) {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(lane.read(snapshot.as_mut(), left, &mut hand).await?);
        }
        drop(snapshot);
        self.first = (self.first + 1) % lanes.len().max(1);
        self.lanes = Some(lanes);
        Ok(hand.over())
    }

    /// Until something was committed, but no longer than the poll interval.
    async fn wait(&mut self) {
        let fallback = time::sleep(self.poll_interval);
        tokio::pin!(fallback);
        tokio::select! {
            changed = self.committed.changed() => {
                // Without a committer in this process only the interval is left.
                if changed.is_err() {
                    fallback.await;
                }
            }
            () = &mut fallback => {}
        }
    }
}

#[async_trait]
impl Consumer for EmbeddedConsumer {
    async fn poll(&mut self, max: usize) -> Result<Polled, BrokerError> {
        let Some(lanes) = self.lanes.clone() else { return self.partitions().await.map(Polled::Assigned) };
        let max = max.max(1);
        // A commit from here on wakes the wait, even one that comes before it begins.
        self.committed.borrow_and_update();
        let delivery = self.read(&lanes, max).await?;
        if !delivery.progress.is_empty() {
            return Ok(Polled::Delivered(delivery));
        }
        self.wait().await;
        self.read(&lanes, max).await.map(Polled::Delivered)
    }

    async fn start(&mut self, progress: &[PartitionProgress]) -> Result<(), BrokerError> {
        self.lanes = Some(self.lanes_at(progress).await?);
        Ok(())
    }

    fn show_progress(&mut self, _: &[PartitionProgress]) {}

    fn ends(&self) -> Vec<PartitionEnd> {
        Vec::new()
    }

    /// Nobody else waits for its partitions.
    async fn leave(self: Box<Self>) {}
}

impl LaneReader {
    fn new(lane: &LaneState, resume: &[PartitionProgress]) -> Self {
        let mut reader = Self { lane: lane.lane, next: [0; Topic::ALL.len()] };
        for progress in resume.iter().filter(|progress| progress.partition == i32::from(lane.lane.0)) {
            let next = u64::try_from(progress.next_offset).unwrap_or(0);
            // A place the lane has not reached is of another log; the worker knows what it has handled.
            let reached = next <= lane.last_seq.next().0;
            reader.next[usize::from(progress.topic.index())] = if reached { next } else { 0 };
        }
        reader
    }

    /// Reads up to `max` events into `hand`; how many were read, passed-over ones included.
    async fn read(
        &mut self,
        snapshot: &mut dyn Snapshot,
        max: usize,
        hand: &mut Hand<'_>,
    ) -> Result<usize, BrokerError> {
        let after = self.read_to();
        let events = snapshot.outbox_range(self.lane, after, max).await.map_err(unavailable)?;
        let Some(last) = events.last() else { return Ok(0) };
        if let Some(gap) = gap_of(self.lane, after, &events)
            && !self.is_pruned(snapshot, gap).await?
        {
            return Err(BrokerError { context: "read the outbox", source: Box::new(gap) });
        }
        let (read, read_to) = (events.len(), last.id.seq);
        for event in events {
            if self.next[usize::from(event.topic.index())] <= event.id.seq.0 {
                hand.take(self.lane, event);
            }
        }
        for next in &mut self.next {
            *next = (*next).max(read_to.next().0);
        }
        hand.polled.progress.extend(self.progress());
        Ok(read)
    }

    /// The place up to which every topic has been delivered.
    fn read_to(&self) -> Seq {
        Seq(self.next.iter().copied().min().unwrap_or(0).saturating_sub(1))
    }

    /// Whether what is missing has been pruned: retention deletes a lane from its front, and only what was handled.
    async fn is_pruned(&self, snapshot: &mut dyn Snapshot, gap: OutboxGap) -> Result<bool, BrokerError> {
        let lanes = snapshot.lane_list().await.map_err(unavailable)?;
        let lane = lanes.iter().find(|lane| lane.state.lane == self.lane);
        Ok(lane.is_some_and(|lane| gap.found == lane.pruned_to.next()))
    }

    fn progress(&self) -> impl Iterator<Item = PartitionProgress> {
        let partition = i32::from(self.lane.0);
        Topic::ALL.into_iter().zip(self.next).map(move |(topic, next)| PartitionProgress {
            topic,
            partition,
            next_offset: offset(next),
        })
    }
}

/// What one poll reads, on its way to the worker.
struct Hand<'a> {
    tracer: &'a dyn Tracer,
    begun: Duration,
    polled: Delivery,
    published: Vec<(Begun, TracedEvent)>,
}

impl<'a> Hand<'a> {
    fn new(tracer: &'a dyn Tracer) -> Self {
        Self { tracer, begun: tracer.now(), polled: Delivery::default(), published: Vec::new() }
    }

    /// Makes a record of an event. A sampled one goes on below the span of its publishing, as it does through a broker.
    fn take(&mut self, lane: Lane, event: OutboxEvent) {
        let partition = i32::from(lane.0);
        let commit = sampled(self.tracer, event.traceparent.as_deref());
        let published = commit.map(|commit| Begun { at: self.begun, ..Begun::child(self.tracer, commit) });
        let traceparent = published.map(|begun| begun.context.to_string().into());
        self.published.extend(published.map(|begun| (begun, TracedEvent::of(&event, partition))));
        self.polled.records.push(Record {
            topic: event.topic.as_str().into(),
            partition,
            offset: offset(event.id.seq.0),
            place: Some(event.id),
            traceparent: traceparent.or(event.traceparent),
            payload: event.body,
        });
    }

    /// Everything has been read.
    fn over(self) -> Delivery {
        if !self.published.is_empty() {
            let ended = self.tracer.now();
            let spans = self.published.into_iter();
            let spans = spans.map(|(begun, event)| begun.end(ended, TracedWork::Publish(event)));
            self.tracer.ended(spans.collect::<Vec<Span>>());
        }
        self.polled
    }
}

/// The first place after `after` that `events` pass over.
fn gap_of(lane: Lane, after: Seq, events: &[OutboxEvent]) -> Option<OutboxGap> {
    let mut latest = after;
    for event in events {
        let found = event.id.seq;
        if found != latest.next() {
            return Some(OutboxGap { lane, after: latest, found });
        }
        latest = found;
    }
    None
}

fn offset(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

fn unavailable(source: StoreError) -> BrokerError {
    BrokerError { context: "read the outbox", source: Box::new(source) }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use domain::{id::EventId, time::Timestamp};

    use super::*;

    fn event(seq: u64) -> OutboxEvent {
        OutboxEvent {
            id: EventId { lane: Lane(3), seq: Seq(seq) },
            topic: Topic::Authorized,
            previous: Seq::START,
            payment: "1".parse().unwrap(),
            payment_previous: Seq::START,
            occurred_at: Timestamp::default(),
            body: Bytes::new(),
            sha256: [0; 32],
            traceparent: None,
        }
    }

    #[test]
    fn a_place_that_is_passed_over_is_named() {
        for (after, places, gap) in [
            (0, vec![], None),
            (0, vec![1, 2, 3], None),
            (7, vec![8], None),
            (0, vec![2], Some((0, 2))),
            (7, vec![8, 9, 11, 13], Some((9, 11))),
            (7, vec![8, 8], Some((8, 8))),
            (7, vec![7], Some((7, 7))),
        ] {
            let events: Vec<OutboxEvent> = places.iter().copied().map(event).collect();
            let found = gap_of(Lane(3), Seq(after), &events).map(|gap| (gap.after.0, gap.found.0));
            assert_eq!(found, gap, "after {after}: {places:?}");
        }
        let gap = gap_of(Lane(3), Seq(0), &[event(2)]).unwrap();
        assert_eq!(gap.to_string(), "event 2 of lane 3 follows 0: the outbox has a gap");
    }
}
