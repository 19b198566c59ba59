//! What waits between the API and the ledger, and for how long.

use std::collections::HashMap;

use domain::{
    id::{Lane, Seq},
    time::Timestamp,
};

use super::handled::Handled;
use crate::ports::{DeadLetterReason, DeadLetterState, RelayPosition, Snapshot, StoreError, StoredLane};

/// Outbox rows looked at to count exactly what waits in a lane.
const LOOK_MAX: usize = 1000;

/// Where one lane stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LaneStatus {
    /// Which.
    pub lane: Lane,
    /// The place of its latest event.
    pub last_seq: Seq,
    /// Outbox rows up to here are gone.
    pub pruned_to: Seq,
    /// Everything up to here has been handled.
    pub handled_to: Seq,
    /// Events that wait for the worker.
    pub pending: u64,
    /// Whether `pending` was counted, or is an estimate that is never too low.
    pub exact: bool,
    /// When the oldest of them happened.
    pub oldest_pending_at: Option<Timestamp>,
    /// How many journal entries have been posted, ever.
    pub entries_posted: u64,
    /// How far it has been published and by whom, if a relay has ever taken it.
    pub relay: Option<RelayPosition>,
}

/// Where the pipeline stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PipelineStatus {
    /// Lane by lane, ascending.
    pub lanes: Vec<LaneStatus>,
    /// Dead letters by state and reason.
    pub dead_letters: Vec<(DeadLetterState, DeadLetterReason, u64)>,
}

impl PipelineStatus {
    /// Events that wait for the worker.
    pub fn pending(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.pending).sum()
    }

    /// When the oldest event that waits happened.
    pub fn oldest_pending_at(&self) -> Option<Timestamp> {
        self.lanes.iter().filter_map(|lane| lane.oldest_pending_at).min()
    }

    /// Dead letters that wait for a person.
    pub fn dead_letters_open(&self) -> u64 {
        self.dead_letters_in(DeadLetterState::Open)
    }

    /// Dead letters in a state.
    pub fn dead_letters_in(&self, state: DeadLetterState) -> u64 {
        self.dead_letters.iter().filter(|(found, _, _)| *found == state).map(|(_, _, count)| count).sum()
    }
}

/// Reads where the pipeline stands.
pub async fn pipeline_status(snapshot: &mut dyn Snapshot) -> Result<PipelineStatus, StoreError> {
    let handled = Handled::read(snapshot).await?;
    let mut relays: HashMap<Lane, RelayPosition> =
        snapshot.relay_list().await?.into_iter().map(|relay| (relay.lane, relay)).collect();
    let mut lanes = Vec::new();
    for lane in snapshot.lane_list().await? {
        let relay = relays.remove(&lane.state.lane);
        lanes.push(LaneStatus { relay, ..lane_status(snapshot, &lane, &handled).await? });
    }
    Ok(PipelineStatus { lanes, dead_letters: snapshot.dead_letter_count().await? })
}

async fn lane_status(
    snapshot: &mut dyn Snapshot,
    row: &StoredLane,
    handled: &Handled,
) -> Result<LaneStatus, StoreError> {
    let state = &row.state;
    let mut status = LaneStatus {
        lane: state.lane,
        last_seq: state.last_seq,
        pruned_to: row.pruned_to,
        handled_to: state.last_seq,
        pending: 0,
        exact: true,
        oldest_pending_at: None,
        entries_posted: row.entries_posted,
        relay: None,
    };
    let complete_to = handled.complete_to(row);
    if complete_to == state.last_seq {
        return Ok(status);
    }
    let events = snapshot.outbox_range(state.lane, complete_to, LOOK_MAX).await?;
    let seen_to = events.last().map_or(state.last_seq, |event| event.id.seq);
    let mut waiting = events.iter().filter(|event| !handled.covers(event));
    let first = waiting.next();
    let seen = u64::try_from(first.iter().count() + waiting.count()).unwrap_or(u64::MAX);
    let unseen = state.last_seq.0.saturating_sub(seen_to.0.max(handled.furthest(state.lane).0));
    status.pending = seen.saturating_add(unseen);
    status.exact = seen_to >= state.last_seq;
    status.oldest_pending_at = first.map(|event| event.occurred_at);
    status.handled_to = first.map_or(seen_to, |event| Seq(event.id.seq.0.saturating_sub(1)));
    debug_assert!(status.handled_to <= status.last_seq);
    Ok(status)
}
