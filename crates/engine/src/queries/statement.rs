//! An account's statement over all lanes. Within a lane the order is the lane's; between lanes it is the time at which things
//! happened. A place in a statement is a vector: one place per lane.

use std::{collections::BTreeMap, iter::Peekable, vec::IntoIter};

use domain::id::{EventId, Lane, Seq};

use crate::ports::{AccountEntry, AccountFilter, Page, Snapshot, StoreError};

/// A posting of a lane: its entry and its line. What is read comes before it.
pub type LinePlace = (Seq, u32);

/// Where a lane has no more to give.
const BEGINNING: LinePlace = (Seq::START, 0);

/// One place per lane.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StatementPlaces(pub BTreeMap<Lane, LinePlace>);

/// Postings of the books that `filter` admits, of all lanes before `before`, newest first.
pub async fn statement(
    snapshot: &mut dyn Snapshot,
    filter: &AccountFilter,
    before: Option<&StatementPlaces>,
    limit: usize,
) -> Result<Page<AccountEntry, StatementPlaces>, StoreError> {
    let start = start(snapshot, before).await?;
    let mut lanes = Vec::with_capacity(start.0.len());
    for (&lane, &(seq, line)) in &start.0 {
        if (seq, line) != BEGINNING {
            let page = snapshot.account_entry_list(filter, (EventId { lane, seq }, line), limit).await?;
            lanes.push(LaneRows::new(lane, page));
        }
    }
    Ok(newest_first(lanes, start, limit))
}

/// Where each lane begins. The first page fixes all of them, so that what is committed later never slips into a later page.
async fn start(
    snapshot: &mut dyn Snapshot,
    before: Option<&StatementPlaces>,
) -> Result<StatementPlaces, StoreError> {
    let lanes = snapshot.lane_list().await?;
    let places = lanes.iter().map(|stored| {
        let (lane, end) = (stored.state.lane, (stored.state.last_seq.next(), 0));
        (lane, before.map_or(end, |before| before.0.get(&lane).copied().unwrap_or(BEGINNING)))
    });
    Ok(StatementPlaces(places.collect()))
}

/// What was read of a lane, and from where it can be read on.
struct LaneRows {
    lane: Lane,
    rows: Peekable<IntoIter<AccountEntry>>,
    rest: Option<LinePlace>,
}

impl LaneRows {
    fn new(lane: Lane, page: Page<AccountEntry, (EventId, u32)>) -> Self {
        let rest = page.next.map(|(entry, line)| (entry.seq, line));
        Self { lane, rows: page.rows.into_iter().peekable(), rest }
    }

    /// Nothing is left of what was read, but something may come.
    fn is_unknown(&mut self) -> bool {
        self.rest.is_some() && self.rows.peek().is_none()
    }

    /// The next posting: both of its sides when both were asked for.
    fn next_line(&mut self) -> Option<(LinePlace, Vec<AccountEntry>)> {
        let first = self.rows.next()?;
        let place = (first.entry.seq, first.line);
        let mut sides = vec![first];
        while let Some(other) = self.rows.next_if(|next| (next.entry.seq, next.line) == place) {
            sides.push(other);
        }
        Some((place, sides))
    }
}

/// Merges lanes that are each newest first, and says where the next page starts. A lane that was looked through in part only
/// may go on with the newest of all, so the page ends there.
fn newest_first(
    mut lanes: Vec<LaneRows>,
    start: StatementPlaces,
    limit: usize,
) -> Page<AccountEntry, StatementPlaces> {
    let (mut next, mut rows) = (start, Vec::with_capacity(limit));
    while rows.len() < limit && !lanes.iter_mut().any(LaneRows::is_unknown) {
        let times = lanes.iter_mut().enumerate();
        let times = times.filter_map(|(index, lane)| Some((lane.rows.peek()?.occurred_at, index)));
        let Some((_, newest)) = times.max() else { break };
        let Some(lane) = lanes.get_mut(newest) else { break };
        let Some((place, sides)) = lane.next_line() else { break };
        next.0.insert(lane.lane, place);
        rows.extend(sides);
    }
    for lane in &mut lanes {
        if lane.rows.peek().is_none() {
            next.0.insert(lane.lane, lane.rest.unwrap_or(BEGINNING));
        }
    }
    let goes_on = next.0.values().any(|place| *place != BEGINNING);
    Page { rows, next: goes_on.then_some(next) }
}

#[cfg(test)]
mod tests {
    use domain::{
        event::Topic,
        id::PaymentId,
        ledger::{AccountCode, AccountId},
        money::Currency,
        time::Timestamp,
    };

    use super::*;

    fn entry(lane: u16, seq: u64, line: u32, at: i64) -> AccountEntry {
        let account = AccountId::new(AccountCode::MerchantPending, "M1", Currency::KRW);
        AccountEntry {
            entry: EventId { lane: Lane(lane), seq: Seq(seq) },
            line,
            payment: PaymentId::new(1).unwrap(),
            topic: Topic::Captured,
            account: account.clone(),
            counterpart: account,
            amount: 1,
            occurred_at: Timestamp::from_unix_ms(at),
        }
    }

    fn lane(lane: u16, rows: Vec<AccountEntry>, rest: Option<LinePlace>) -> LaneRows {
        LaneRows { lane: Lane(lane), rows: rows.into_iter().peekable(), rest }
    }

    fn shown(page: &Page<AccountEntry, StatementPlaces>) -> Vec<(u16, u64, u32)> {
        page.rows.iter().map(|row| (row.entry.lane.0, row.entry.seq.0, row.line)).collect()
    }

    fn places(places: &[(u16, LinePlace)]) -> StatementPlaces {
        StatementPlaces(places.iter().map(|(lane, place)| (Lane(*lane), *place)).collect())
    }

    #[test]
    fn lanes_are_merged_by_time_and_each_goes_on_where_it_stopped() {
        let lanes = || {
            vec![
                lane(0, vec![entry(0, 9, 1, 50), entry(0, 8, 0, 10)], None),
                lane(1, vec![entry(1, 3, 1, 40), entry(1, 3, 0, 40)], Some((Seq(3), 0))),
            ]
        };
        let start = places(&[(0, (Seq(10), 0)), (1, (Seq(4), 0)), (2, BEGINNING)]);
        let page = newest_first(lanes(), start.clone(), 2);
        assert_eq!(shown(&page), [(0, 9, 1), (1, 3, 1)]);
        assert_eq!(page.next, Some(places(&[(0, (Seq(9), 1)), (1, (Seq(3), 1)), (2, BEGINNING)])));
        // Lane 1 has been read as far as here: what it goes on with may be newer than the last of lane 0.
        let page = newest_first(lanes(), start, 9);
        assert_eq!(shown(&page), [(0, 9, 1), (1, 3, 1), (1, 3, 0)]);
        assert_eq!(page.next, Some(places(&[(0, (Seq(9), 1)), (1, (Seq(3), 0)), (2, BEGINNING)])));
    }

    #[test]
    fn both_sides_of_a_posting_stay_on_a_page_and_the_end_has_no_cursor() {
        let lanes = vec![lane(0, vec![entry(0, 9, 1, 50), entry(0, 9, 1, 50)], None)];
        let page = newest_first(lanes, places(&[(0, (Seq(10), 0))]), 1);
        assert_eq!(shown(&page), [(0, 9, 1), (0, 9, 1)]);
        assert_eq!(page.next, None);
    }
}
