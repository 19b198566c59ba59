//! What the worker has dealt with, by its positions: one per lane and topic.

use std::collections::HashMap;

use domain::{
    event::Topic,
    id::{EventId, Lane, Seq},
};

use crate::ports::{LanePosition, OutboxEvent, Snapshot, StoreError, StoredLane};

/// The worker's positions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Handled(HashMap<(Lane, Topic), Seq>);

impl Handled {
    /// As the snapshot has them.
    pub async fn read(snapshot: &mut dyn Snapshot) -> Result<Self, StoreError> {
        Ok(snapshot.position_list().await?.into_iter().collect())
    }

    /// Handled up to here.
    pub fn position(&self, lane: Lane, topic: Topic) -> Seq {
        self.0.get(&(lane, topic)).copied().unwrap_or(Seq::START)
    }

    /// Whether the worker is past the event of this topic at this place.
    pub fn is_past(&self, id: EventId, topic: Topic) -> bool {
        id.seq <= self.position(id.lane, topic)
    }

    /// Whether the worker is past this event.
    pub fn covers(&self, event: &OutboxEvent) -> bool {
        self.is_past(event.id, event.topic)
    }

    /// The place up to which nothing of a lane waits any more. It may be further in truth: between a topic's events others stand.
    pub fn complete_to(&self, lane: &StoredLane) -> Seq {
        let state = &lane.state;
        let behind = Topic::ALL.into_iter().filter_map(|topic| {
            let position = self.position(state.lane, topic);
            (position < state.topics.get(topic)).then_some(position)
        });
        behind.min().unwrap_or(state.last_seq)
    }

    /// The furthest place of a lane the worker has handled.
    pub fn furthest(&self, lane: Lane) -> Seq {
        Topic::ALL.into_iter().map(|topic| self.position(lane, topic)).max().unwrap_or(Seq::START)
    }
}

impl FromIterator<LanePosition> for Handled {
    fn from_iter<I: IntoIterator<Item = LanePosition>>(positions: I) -> Self {
        Self(positions.into_iter().map(|position| ((position.lane, position.topic), position.seq)).collect())
    }
}
