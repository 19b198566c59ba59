//! Events the broker should have brought and did not: when to have them published again.
//!
//! A hole is seen by the event after it. The latest event of a quiet topic has none after it, so the tail is watched: what the
//! relay has published and the partition, read to its end, does not hold is lost.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use domain::{
    event::Topic,
    id::{Lane, Seq},
};

use super::claims::Claims;
use crate::ports::{PartitionEnd, PartitionFence, Snapshot, StoreError};

/// Positions by lane and topic.
pub(super) type Behind = BTreeMap<(Lane, Topic), Seq>;

/// What is being waited for.
#[derive(Default)]
pub(super) struct Missing {
    /// Rewinds asked for: the position they started from, and when.
    rewound: HashMap<(Lane, Topic), (Seq, Duration)>,
    /// Positions behind the end of their topic although nothing is left to read: since when.
    behind: HashMap<(Lane, Topic), (Seq, Duration)>,
    looked_at: Option<Duration>,
}

/// Where the relay shall begin again, and the claims that give the right to say so.
pub(super) struct TailRewind {
    pub(super) rewinds: Vec<(Lane, Seq)>,
    pub(super) fences: Vec<PartitionFence>,
}

impl Missing {
    /// Where the relay shall begin again because of these holes: at once for a new one, then every `patience` while the position
    /// does not move.
    pub(super) fn rewinds_for(
        &mut self,
        holes: &Behind,
        now: Duration,
        patience: Duration,
    ) -> Vec<(Lane, Seq)> {
        let mut rewinds = Vec::new();
        for (&(lane, topic), &position) in holes {
            let asked = self.rewound.get(&(lane, topic));
            if asked.is_some_and(|(from, at)| *from == position && now.saturating_sub(*at) < patience) {
                continue;
            }
            self.rewound.insert((lane, topic), (position, now));
            rewinds.push((lane, position));
        }
        rewinds
    }

    /// Whether the tail is due to be looked at.
    pub(super) fn look_is_due(&mut self, now: Duration, patience: Duration) -> bool {
        let due = self.looked_at.is_none_or(|at| now.saturating_sub(at) >= patience / 3);
        if due {
            self.looked_at = Some(now);
        }
        due
    }

    /// What has been missing for `patience` of the tails that are `behind`.
    pub(super) fn tail_rewind(
        &mut self,
        behind: &Behind,
        (claims, partitions): (&Claims, i32),
        now: Duration,
        patience: Duration,
    ) -> Option<TailRewind> {
        self.behind.retain(|place, (position, _)| behind.get(place) == Some(position));
        let mut found = TailRewind { rewinds: Vec::new(), fences: Vec::new() };
        for (&(lane, topic), &position) in behind {
            let since = self.behind.entry((lane, topic)).or_insert((position, now));
            let claim = claims.get(topic, i32::from(lane.0) % partitions);
            if now.saturating_sub(since.1) >= patience
                && let Some(claim) = claim
            {
                since.1 = now;
                found.rewinds.push((lane, position));
                found.fences.push(claim.fence());
            }
        }
        found.fences.sort_by_key(|fence| (fence.topic, fence.partition));
        found.fences.dedup();
        (!found.rewinds.is_empty()).then_some(found)
    }
}

/// Lanes and topics whose position is behind their latest event, although the relay is past it and the partition was read to its
/// end.
pub(super) async fn behind(
    snapshot: &mut dyn Snapshot,
    ends: &[PartitionEnd],
    partitions: i32,
) -> Result<Behind, StoreError> {
    let read = ends.iter().filter(|end| end.read_offset >= end.end_offset);
    let read: HashSet<(Topic, i32)> = read.map(|end| (end.topic, end.partition)).collect();
    let relays = snapshot.relay_list().await?;
    let relays: HashMap<Lane, Seq> = relays.into_iter().map(|relay| (relay.lane, relay.seq)).collect();
    let positions = snapshot.position_list().await?;
    let positions: HashMap<(Lane, Topic), Seq> =
        positions.into_iter().map(|position| ((position.lane, position.topic), position.seq)).collect();
    let mut behind = BTreeMap::new();
    for stored in snapshot.lane_list().await? {
        let lane = stored.state.lane;
        let published = relays.get(&lane).copied().unwrap_or(Seq::START);
        for topic in Topic::ALL {
            let latest = stored.state.topics.get(topic);
            let position = positions.get(&(lane, topic)).copied().unwrap_or(Seq::START);
            // What has been pruned was handled.
            let is_behind = position < latest && latest > stored.pruned_to && published >= latest;
            if is_behind && read.contains(&(topic, i32::from(lane.0) % partitions)) {
                behind.insert((lane, topic), position);
            }
        }
    }
    Ok(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_is_asked_for_at_once_and_then_only_after_a_while_without_progress() {
        let (mut missing, patience) = (Missing::default(), Duration::from_secs(30));
        let hole = |position| BTreeMap::from([((Lane(0), Topic::Captured), Seq(position))]);
        let mut rewinds = |position, seconds| {
            let rewinds = missing.rewinds_for(&hole(position), Duration::from_secs(seconds), patience);
            rewinds.first().map(|(_, position)| position.0)
        };
        assert_eq!(rewinds(7, 100), Some(7));
        assert_eq!(rewinds(7, 101), None);
        assert_eq!(rewinds(7, 129), None);
        assert_eq!(rewinds(9, 129), Some(9), "it has moved: another hole");
        assert_eq!(rewinds(9, 158), None);
        assert_eq!(rewinds(9, 159), Some(9));
    }
}
