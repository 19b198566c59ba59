//! The relay: outbox → broker, at least once, in the order of each lane.
//!
//! Invariants: a position moves only after every event up to it was acknowledged, and only from where it was read (a rewind, or
//! another relay, meanwhile: the move does not happen). A lane's events are read densely, so none is passed by. Nothing is
//! published that the store could still lose: a database may show a commit before it is on the disk, so between reading and
//! publishing a position is moved, and a commit that returns has made durable whatever was read before it. A broker or store
//! that is away is waited for, for ever; nobody who pays notices. Events never wait for dead letters, which are published beside
//! them.

mod dead_letters;
mod message;
mod spans;

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::id::{Lane, Seq};
use tokio_util::sync::CancellationToken;

use self::{dead_letters::DeadLetters, spans::PublishSpans};
use super::{backoff, make_topics, pause, wake};
use crate::{
    commit::Context,
    error_chain,
    observe::Incident,
    ports::{Broker, LogId, OutboxEvent, Outgoing, RelayLease, Snapshot, StoreError},
};

/// How long a quiet relay waits before it looks again: other processes commit without waking it.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Under load a relay begins again after this long at the soonest: what every commit cost it would be spent on few events.
const GATHER: Duration = Duration::from_millis(40);
/// However long the broker has been away, it is tried again this soon.
const BACKOFF_MAX: Duration = Duration::from_secs(2);

type Failure = Box<dyn Error + Send + Sync>;

/// Publishes the lanes whose leases it holds.
pub struct Relay {
    context: Context,
    broker: Arc<dyn Broker>,
    held: BTreeMap<Lane, RelayLease>,
    /// Published and acknowledged beyond the position of `held`, which follows with the next move.
    ahead: BTreeMap<Lane, Seq>,
    /// The farthest this process ever published: a lane that ends before it has gone back in time.
    reached: BTreeMap<Lane, Seq>,
    /// When leases were last asked for, on the monotonic clock.
    claimed_at: Option<Duration>,
    /// Whoever holds the first lane publishes the dead letters.
    holds_first_lane: Arc<AtomicBool>,
}

/// Where events go.
struct Log {
    id: LogId,
    partitions: i32,
}

/// What is about to be published.
#[derive(Default)]
struct Outbox {
    messages: Vec<(Lane, Outgoing)>,
    spans: PublishSpans,
}

impl Outbox {
    /// Forgets the lanes that are not `held`.
    fn keep(&mut self, held: impl Fn(Lane) -> bool) {
        self.messages.retain(|(lane, _)| held(*lane));
        self.spans.keep(held);
    }
}

impl Relay {
    /// A relay to `broker`.
    pub fn new(context: Context, broker: Arc<dyn Broker>) -> Self {
        Self {
            context,
            broker,
            held: BTreeMap::new(),
            ahead: BTreeMap::new(),
            reached: BTreeMap::new(),
            claimed_at: None,
            holds_first_lane: Arc::default(),
        }
    }

    /// Runs until `stop`, then gives its lanes up. Runs on a thread of its own: the embedded store works inline.
    pub async fn run(self, stop: CancellationToken) {
        let (context, broker) = (self.context.clone(), Arc::clone(&self.broker));
        let letters = DeadLetters::new(context, broker, Arc::clone(&self.holds_first_lane));
        tokio::join!(self.publish_events(stop.clone()), letters.run(stop));
    }

    async fn publish_events(mut self, stop: CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            if let Err(error) = self.publish_until_failure(&stop, &mut failures).await {
                failures += 1;
                self.context.observer.publish_failed();
                tracing::warn!(
                    error = error_chain(error.as_ref()),
                    failures,
                    "relay cannot publish; events wait"
                );
                // What the store holds now is known only once the leases have been asked for again.
                self.held.clear();
                self.ahead.clear();
                self.claimed_at = None;
                self.holds_first_lane.store(false, Ordering::Relaxed);
                pause(backoff(failures, u64::from(failures)).min(BACKOFF_MAX), &stop).await;
            }
        }
        if let Err(error) = self.follow(Vec::new()).await {
            tracing::warn!(error = error_chain(&error), "the latest events may be published once more");
        }
        for lease in self.held.values() {
            if let Err(error) = self.context.store.relay_release(lease).await {
                tracing::warn!(error = error_chain(&error), "a lane is free only when its lease runs out");
            }
        }
    }

    async fn publish_until_failure(
        &mut self,
        stop: &CancellationToken,
        failures: &mut u32,
    ) -> Result<(), Failure> {
        let log = self.log().await?;
        let mut committed = self.context.signals.committed();
        while !stop.is_cancelled() {
            // A commit from here on wakes the wait, even one that comes before it begins.
            committed.borrow_and_update();
            let begun = self.context.clock.monotonic();
            self.claim(&log.id).await?;
            let published = self.publish(&log).await?;
            self.holds_first_lane.store(self.held.contains_key(&Lane(0)), Ordering::Relaxed);
            *failures = 0;
            if published == 0 {
                wake(&mut committed, LOOK_EVERY, stop).await;
            } else if published < self.context.settings.relay_batch_max {
                let spent = self.context.clock.monotonic().saturating_sub(begun);
                pause(GATHER.saturating_sub(spent), stop).await;
            }
        }
        Ok(())
    }

    /// Which log this is, with its topics made.
    async fn log(&self) -> Result<Log, Failure> {
        let id = self.broker.log_id().await?;
        let partitions = make_topics(&self.context, self.broker.as_ref()).await?;
        Ok(Log { id, partitions })
    }

    /// Renews what is held and takes what is free, several times within a lease; what was lost is asked for at once.
    async fn claim(&mut self, log: &LogId) -> Result<(), StoreError> {
        let (now, lease) = (self.context.clock.monotonic(), self.context.settings.relay_lease);
        if self.claimed_at.is_some_and(|at| now.saturating_sub(at) < lease / 4) {
            return Ok(());
        }
        self.follow(Vec::new()).await?;
        for lane in (0..self.context.store.lane_count()).map(Lane) {
            let claimed = self.context.store.relay_claim(lane, log, self.context.instance, lease).await?;
            match claimed {
                Some(claimed) => {
                    if self.held.insert(lane, claimed).is_none() {
                        tracing::info!(%lane, epoch = claimed.epoch, position = %claimed.position, "relay took a lane");
                    }
                }
                None => drop(self.held.remove(&lane)),
            }
        }
        self.claimed_at = Some(now);
        Ok(())
    }

    /// Publishes the next events of every lane held; how many there were.
    async fn publish(&mut self, log: &Log) -> Result<usize, Failure> {
        let (mut outgoing, mut read) = (Outbox::default(), Vec::new());
        let mut snapshot = self.context.store.snapshot().await?;
        for lane in snapshot.lane_list().await? {
            let (lane, last) = (lane.state.lane, lane.state.last_seq);
            self.watch(lane, last);
            let Some(lease) = self.held.get(&lane) else { continue };
            let after = self.ahead.get(&lane).copied().unwrap_or(lease.position);
            if last > after
                && let Some(to) = self.read(snapshot.as_mut(), (lane, after), log, &mut outgoing).await?
            {
                read.push((lane, to));
            }
        }
        drop(snapshot);
        self.follow(read.iter().map(|(lane, _)| *lane).collect()).await?;
        // A lane that was lost meanwhile is for another to publish.
        outgoing.keep(|lane| self.held.contains_key(&lane));
        if outgoing.messages.is_empty() {
            return Ok(0);
        }
        let Outbox { messages, mut spans } = outgoing;
        let count = messages.len();
        spans.begin(&self.context);
        let published = self.broker.publish(messages.into_iter().map(|(_, event)| event).collect()).await;
        spans.end(&self.context, count, published.is_ok());
        published?;
        self.context.observer.events_published(count);
        for (lane, to) in read.into_iter().filter(|(lane, _)| self.held.contains_key(lane)) {
            self.ahead.insert(lane, to);
            let reached = self.reached.entry(lane).or_insert(to);
            *reached = (*reached).max(to);
        }
        Ok(count)
    }

    /// Raises the alarm when a lane ends before what was published of it.
    fn watch(&mut self, lane: Lane, last: Seq) {
        let Some(reached) = self.reached.get_mut(&lane).filter(|reached| **reached > last) else { return };
        self.context.observer.incident(Incident::DatabaseWentBack);
        tracing::error!(%lane, published = %reached, %last, "the database lacks events that were published: it has gone back in time");
        *reached = last;
    }

    /// The next events of one lane; the place of the last.
    async fn read(
        &self,
        snapshot: &mut dyn Snapshot,
        (lane, after): (Lane, Seq),
        log: &Log,
        outgoing: &mut Outbox,
    ) -> Result<Option<Seq>, StoreError> {
        let batch_max = self.context.settings.relay_batch_max;
        let events = snapshot.outbox_range(lane, after, batch_max).await?;
        let dense = dense(after, &events);
        if dense < events.len() {
            self.context.observer.incident(Incident::OutboxGap);
            tracing::error!(%lane, %after, "the outbox has a gap; the lane is published up to it");
        }
        let partition = i32::from(lane.0) % log.partitions;
        let tracer = self.context.tracer.as_ref();
        for event in &events[..dense] {
            let traceparent = outgoing.spans.trace(tracer, event, partition);
            outgoing.messages.push((lane, message::of_event(event, partition, traceparent)));
        }
        let to = events[..dense].last().map(|event| event.id.seq);
        assert!(to.is_none_or(|to| to.0 == after.0 + dense as u64), "a lane is published without a gap");
        Ok(to)
    }

    /// Moves the positions of what has been published, and touches those of `also`, all in one commit.
    async fn follow(&mut self, also: Vec<Lane>) -> Result<(), StoreError> {
        let lanes: BTreeSet<Lane> = self.ahead.keys().copied().chain(also).collect();
        let to = |lease: &RelayLease| self.ahead.get(&lease.lane).copied().unwrap_or(lease.position);
        let held = lanes.iter().filter_map(|lane| self.held.get(lane));
        let moves: Vec<(RelayLease, Seq)> = held.map(|lease| (*lease, to(lease))).collect();
        self.ahead.clear();
        assert!(moves.iter().all(|(lease, to)| *to >= lease.position), "a relay moves forward only");
        if moves.is_empty() { Ok(()) } else { self.advance(&moves).await }
    }

    async fn advance(&mut self, moves: &[(RelayLease, Seq)]) -> Result<(), StoreError> {
        let moved = self.context.store.relay_move(moves, self.context.settings.relay_lease).await?;
        assert_eq!(moved.len(), moves.len());
        for ((lease, to), moved) in moves.iter().zip(moved) {
            if moved {
                self.held.insert(lease.lane, RelayLease { position: *to, ..*lease });
            } else {
                tracing::info!(lane = %lease.lane, "a lane was rewound or taken over; reading it anew");
                self.held.remove(&lease.lane);
                self.claimed_at = None;
            }
        }
        Ok(())
    }
}

/// How many of `events` follow `after` without a gap.
fn dense(after: Seq, events: &[OutboxEvent]) -> usize {
    let mut latest = after;
    let follows = |event: &&OutboxEvent| {
        let follows = event.id.seq == latest.next();
        latest = event.id.seq;
        follows
    };
    events.iter().take_while(follows).count()
}
