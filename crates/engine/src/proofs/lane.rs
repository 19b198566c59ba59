//! One lane, range by range, each from a fresh snapshot.
//!
//! What the worker has handled up to its first waiting event is complete: nothing is posted there any more, except for events
//! that were put aside, which are remembered. The complete part is folded and becomes the next verified point. What
//! follows is looked at too, but begins again at the next run.

use std::{collections::BTreeSet, sync::Arc};

use domain::id::{EventId, Lane, Seq};

use super::{
    balances::Fold,
    chain::Chain,
    payments::{self, Span},
    places,
    posting::{self, Entries},
    read::{self, RANGE},
    report::{Proof, Tally},
};
use crate::{
    ports::{Clock, Snapshot, Store, StoreError, StoredLane},
    queries::handled::Handled,
};

/// Where a run gets what it reads, and its stopwatch.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
}

/// How far a lane has been verified, and what was found on the way.
#[derive(Clone)]
pub(super) struct LaneCheck {
    reader: Reader,
    /// The sum of the entries up to there.
    pub(super) fold: Fold,
    /// Events up to there that were put aside and had no entry.
    pub(super) parked: BTreeSet<EventId>,
}

/// A place in a lane and the state of the chain there.
#[derive(Clone)]
struct Reader {
    lane: Lane,
    to: Seq,
    chain: Chain,
}

/// A lane as one snapshot has it.
pub(super) struct View {
    pub(super) snapshot: Box<dyn Snapshot>,
    pub(super) row: StoredLane,
    pub(super) handled: Handled,
}

/// What to do at an event that waits for the worker.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AtWaiting {
    Stop,
    GoOn,
}

/// What a range held.
struct Ranged {
    entries: Entries,
    parked: Vec<EventId>,
}

impl LaneCheck {
    /// From the beginning of a lane.
    pub(super) fn from_start(lane: &StoredLane) -> Self {
        let reader = Reader { lane: lane.state.lane, to: Seq::START, chain: Chain::from_pruned(lane) };
        Self { reader, fold: Fold::default(), parked: BTreeSet::new() }
    }

    /// From where a lane stands now, trusting what is there.
    pub(super) async fn baseline(snapshot: &mut dyn Snapshot, lane: &StoredLane) -> Result<Self, StoreError> {
        let handled = Handled::read(snapshot).await?;
        let (number, to) = (lane.state.lane, handled.complete_to(lane));
        let mut fold = Fold::stored(&snapshot.balance_list().await?, lane);
        let mut after = to;
        loop {
            let entries = snapshot.journal_range(number, after, RANGE).await?;
            let Some(last) = entries.last() else { break };
            after = last.entry.id.seq;
            entries.iter().for_each(|entry| fold.remove(entry));
        }
        let reader = Reader { lane: number, to, chain: Chain::from_end(to, lane) };
        Ok(Self { reader, fold, parked: parked_up_to(snapshot, number, to).await? })
    }

    pub(super) fn lane(&self) -> Lane {
        self.reader.lane
    }

    pub(super) fn to(&self) -> Seq {
        self.reader.to
    }

    /// Checks and folds everything that is complete.
    pub(super) async fn fold_complete(
        &mut self,
        source: &Source,
        tally: &mut Tally,
    ) -> Result<(), StoreError> {
        loop {
            let mut view = View::take(source, self.reader.lane).await?;
            let Some(ranged) = self.reader.range(&mut view, AtWaiting::Stop, source, tally).await? else {
                return Ok(());
            };
            drop(view);
            let started = source.clock.monotonic();
            ranged.entries.values().flatten().for_each(|entry| self.fold.add(entry));
            tally.checked(Proof::BalancesEqualEntries, ranged.entries.len());
            tally.took(Proof::BalancesEqualEntries, source.clock.monotonic().saturating_sub(started));
            self.parked.extend(ranged.parked);
            tokio::task::yield_now().await;
        }
    }

    /// Checks what is not complete, to the end of the lane, without moving the verified point.
    pub(super) async fn look_ahead(&self, source: &Source, tally: &mut Tally) -> Result<(), StoreError> {
        let mut reader = self.reader.clone();
        loop {
            let mut view = View::take(source, reader.lane).await?;
            let ranged = reader.range(&mut view, AtWaiting::GoOn, source, tally).await?;
            if ranged.is_none() || reader.to >= view.row.state.last_seq {
                reader.chain.check_end(&view.row, tally);
                places::check(&mut view, tally).await?;
                reader.check_rest(view.snapshot.as_mut(), view.row.state.last_seq, tally).await?;
                return Ok(());
            }
            drop(view);
            tokio::task::yield_now().await;
        }
    }
}

impl View {
    async fn take(source: &Source, lane: Lane) -> Result<Self, StoreError> {
        let mut snapshot = source.store.snapshot().await?;
        let lanes = snapshot.lane_list().await?;
        let row = lanes.into_iter().find(|row| row.state.lane == lane);
        let row = row.ok_or_else(|| StoreError::Corrupt { what: format!("lane {lane}: is gone") })?;
        let handled = Handled::read(snapshot.as_mut()).await?;
        Ok(Self { snapshot, row, handled })
    }
}

impl Reader {
    /// Checks the next range; `None` when there is none.
    async fn range(
        &mut self,
        view: &mut View,
        at_waiting: AtWaiting,
        source: &Source,
        tally: &mut Tally,
    ) -> Result<Option<Ranged>, StoreError> {
        let View { snapshot, row, handled } = view;
        let (snapshot, pruned_to) = (snapshot.as_mut(), row.pruned_to);
        if self.to < pruned_to {
            return self.pruned_range(snapshot, pruned_to, source, tally).await.map(Some);
        }
        self.chain.pass_pruned(row, tally);
        let mut watch = Watch::new(source);
        let mut events = read::events(snapshot, self.lane, self.to, tally).await?;
        if at_waiting == AtWaiting::Stop {
            let dealt_with = events.iter().take_while(|event| handled.covers(event)).count();
            events.truncate(dealt_with);
        }
        let Some(last) = events.last() else { return Ok(None) };
        // With rows missing a range could span more places than entries are read at once.
        let to = last.id.seq.min(Seq(self.to.0 + RANGE as u64));
        events.retain(|event| event.id.seq <= to);
        let events = self.chain.follow(events, tally);
        watch.lap(Proof::ChainUnbroken, tally);
        let entries = read::entries(snapshot, self.lane, (self.to, to), tally).await?;
        let parked = posting::check(snapshot, &events, &entries, handled, tally).await?;
        watch.lap(Proof::EntriesBalance, tally);
        let span = Span { lane: self.lane, after: self.to, to };
        payments::check(snapshot, span, (&events, &entries), pruned_to, tally).await?;
        watch.lap(Proof::PaymentsReplay, tally);
        debug_assert!(to > self.to);
        self.to = to;
        Ok(Some(Ranged { entries, parked }))
    }

    /// Behind the last event there must be no entry; where events are missing at the end, there may be.
    async fn check_rest(
        &mut self,
        snapshot: &mut dyn Snapshot,
        last_seq: Seq,
        tally: &mut Tally,
    ) -> Result<(), StoreError> {
        while self.to < last_seq {
            let to = last_seq.min(Seq(self.to.0 + RANGE as u64));
            let entries = read::entries(snapshot, self.lane, (self.to, to), tally).await?;
            posting::check_orphans(&[], &entries, tally);
            self.to = to;
        }
        Ok(())
    }

    /// A range of which only the journal is left.
    async fn pruned_range(
        &mut self,
        snapshot: &mut dyn Snapshot,
        pruned_to: Seq,
        source: &Source,
        tally: &mut Tally,
    ) -> Result<Ranged, StoreError> {
        let mut watch = Watch::new(source);
        let to = pruned_to.min(Seq(self.to.0 + RANGE as u64));
        let entries = read::entries(snapshot, self.lane, (self.to, to), tally).await?;
        posting::check_pruned(&entries, tally);
        watch.lap(Proof::EntriesBalance, tally);
        let span = Span { lane: self.lane, after: self.to, to };
        payments::check(snapshot, span, (&[], &entries), pruned_to, tally).await?;
        watch.lap(Proof::PaymentsReplay, tally);
        self.to = to;
        Ok(Ranged { entries, parked: Vec::new() })
    }
}

/// Measures how long each part of a range takes.
struct Watch<'a> {
    source: &'a Source,
    since: std::time::Duration,
}

impl<'a> Watch<'a> {
    fn new(source: &'a Source) -> Self {
        Self { source, since: source.clock.monotonic() }
    }

    fn lap(&mut self, proof: Proof, tally: &mut Tally) {
        let now = self.source.clock.monotonic();
        tally.took(proof, now.saturating_sub(self.since));
        self.since = now;
    }
}

/// Events that wait for a person, as far as they stand up to `to` and have no entry.
async fn parked_up_to(
    snapshot: &mut dyn Snapshot,
    lane: Lane,
    to: Seq,
) -> Result<BTreeSet<EventId>, StoreError> {
    let places = snapshot.dead_letter_places(lane).await?;
    let mut parked: BTreeSet<EventId> = places.into_iter().filter(|id| id.seq <= to).collect();
    let ids: Vec<EventId> = parked.iter().copied().collect();
    for entry in snapshot.journal_find_many(&ids).await?.into_iter().flatten() {
        parked.remove(&entry.entry.id);
    }
    Ok(parked)
}
