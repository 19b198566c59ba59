//! Lists over all lanes. A place in such a list is a vector: one place per lane. Within a lane the order is the lane's;
//! between lanes it is the time at which things happened.

use std::collections::BTreeMap;

use domain::{
    id::{EventId, Lane, Seq},
    time::Timestamp,
};

use crate::ports::{OutboxEvent, Page, PostedEntry, Snapshot, StoreError};

/// One place per lane.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Places(pub BTreeMap<Lane, Seq>);

impl Places {
    /// The place of a lane.
    pub fn get(&self, lane: Lane) -> Option<Seq> {
        self.0.get(&lane).copied()
    }

    /// The ends of all lanes.
    pub async fn ends(snapshot: &mut dyn Snapshot) -> Result<Self, StoreError> {
        let lanes = snapshot.lane_list().await?;
        Ok(Self(lanes.into_iter().map(|lane| (lane.state.lane, lane.state.last_seq)).collect()))
    }

    /// Where a list begins in every lane. The first page fixes all of them, so that what is committed later never slips into a
    /// later page.
    pub async fn start(snapshot: &mut dyn Snapshot, before: Option<&Self>) -> Result<Self, StoreError> {
        let mut places = Self::ends(snapshot).await?;
        for (lane, place) in &mut places.0 {
            *place = before.map_or_else(|| place.next(), |before| before.get(*lane).unwrap_or(Seq::START));
        }
        Ok(places)
    }

    /// Whether every place is one that lies at or before these.
    pub fn hold(&self, places: &Self) -> bool {
        places.0.iter().all(|(lane, seq)| self.get(*lane).is_some_and(|end| *seq <= end))
    }
}

/// Something at a place.
trait Placed {
    fn id(&self) -> EventId;
    fn occurred_at(&self) -> Timestamp;
}

impl Placed for OutboxEvent {
    fn id(&self) -> EventId {
        self.id
    }

    fn occurred_at(&self) -> Timestamp {
        self.occurred_at
    }
}

impl Placed for PostedEntry {
    fn id(&self) -> EventId {
        self.entry.id
    }

    fn occurred_at(&self) -> Timestamp {
        self.entry.occurred_at
    }
}

/// Events of all lanes before `before`, newest first.
pub async fn event_list(
    snapshot: &mut dyn Snapshot,
    before: Option<&Places>,
    limit: usize,
) -> Result<Page<OutboxEvent, Places>, StoreError> {
    let start = Places::start(snapshot, before).await?;
    let mut lanes = Vec::with_capacity(start.0.len());
    for (&lane, &place) in &start.0 {
        lanes.push(snapshot.outbox_list(lane, Some(place), limit).await?);
    }
    Ok(newest_first(lanes, start, limit))
}

/// Journal entries of all lanes before `before`, newest first.
pub async fn entry_list(
    snapshot: &mut dyn Snapshot,
    before: Option<&Places>,
    limit: usize,
) -> Result<Page<PostedEntry, Places>, StoreError> {
    let start = Places::start(snapshot, before).await?;
    let mut lanes = Vec::with_capacity(start.0.len());
    for (&lane, &place) in &start.0 {
        lanes.push(snapshot.journal_list(lane, Some(place), limit).await?);
    }
    Ok(newest_first(lanes, start, limit))
}

/// Up to `limit` events after `after`, each lane's in its order, and the place after them. Lanes take turns being first, by
/// `turn`, so that a busy one does not keep the others waiting.
pub async fn events_after(
    snapshot: &mut dyn Snapshot,
    after: &Places,
    limit: usize,
    turn: usize,
) -> Result<(Vec<OutboxEvent>, Places), StoreError> {
    let mut lanes: Vec<Lane> = snapshot.lane_list().await?.into_iter().map(|lane| lane.state.lane).collect();
    let first = turn.checked_rem(lanes.len()).unwrap_or(0);
    lanes.rotate_left(first);
    let (mut events, mut places) = (Vec::new(), after.clone());
    for lane in lanes {
        let left = limit.saturating_sub(events.len());
        if left == 0 {
            break;
        }
        let found = snapshot.outbox_range(lane, after.get(lane).unwrap_or(Seq::START), left).await?;
        if let Some(last) = found.last() {
            places.0.insert(lane, last.id.seq);
        }
        events.extend(found);
    }
    Ok((events, places))
}

/// Merges lists that are each newest first, and says where the next page starts.
fn newest_first<T: Placed>(lanes: Vec<Vec<T>>, start: Places, limit: usize) -> Page<T, Places> {
    let mut next = start;
    let mut heads: Vec<_> = lanes.into_iter().map(|rows| rows.into_iter().peekable()).collect();
    let mut rows = Vec::with_capacity(limit);
    while rows.len() < limit {
        let times = heads
            .iter_mut()
            .enumerate()
            .filter_map(|(index, head)| Some((head.peek()?.occurred_at(), index)));
        let Some((_, newest)) = times.max() else { break };
        let Some(row) = heads.get_mut(newest).and_then(Iterator::next) else { break };
        next.0.insert(row.id().lane, row.id().seq);
        rows.push(row);
    }
    let more = heads.iter_mut().any(|head| head.peek().is_some()) || rows.len() == limit;
    Page { rows, next: more.then_some(next) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Row(u16, u64, i64);

    impl Placed for Row {
        fn id(&self) -> EventId {
            EventId { lane: Lane(self.0), seq: Seq(self.1) }
        }

        fn occurred_at(&self) -> Timestamp {
            Timestamp::from_unix_ms(self.2)
        }
    }

    #[test]
    fn lanes_are_merged_by_time_and_the_next_page_starts_where_each_lane_stopped() {
        let lanes = || vec![vec![Row(0, 9, 50), Row(0, 8, 10)], vec![Row(1, 3, 40), Row(1, 2, 30)]];
        let page = newest_first(lanes(), Places::default(), 3);
        let shown: Vec<_> = page.rows.iter().map(|row| (row.0, row.1)).collect();
        assert_eq!(shown, [(0, 9), (1, 3), (1, 2)]);
        let next = page.next.unwrap();
        assert_eq!((next.get(Lane(0)), next.get(Lane(1))), (Some(Seq(9)), Some(Seq(2))));
        assert_eq!(
            newest_first(lanes(), Places::default(), 9).next,
            None,
            "the end of the list has no cursor"
        );
    }
}
