//! From judgements to what is written: pure.

use std::collections::BTreeMap;

use domain::{
    event::Topic,
    id::{Lane, Seq},
    ledger::{AccountId, JournalEntry, Layer},
    time::Timestamp,
};

use super::classify::{Classified, Parsed};
use crate::ports::{BalanceDelta, PartitionProgress, PostedEntry, PostingChanges, PostingScope};

/// The places a batch is about.
pub(in crate::pipeline) fn range_of(parsed: &[Parsed<'_>]) -> PostingScope {
    let mut ranges: BTreeMap<Lane, (Seq, Seq)> = BTreeMap::new();
    for place in parsed.iter().filter_map(|event| event.place) {
        let range = ranges.entry(place.lane).or_insert((place.seq, place.seq));
        range.0 = range.0.min(place.seq);
        range.1 = range.1.max(place.seq);
    }
    let ranges = ranges.into_iter().map(|(lane, (first, last))| (lane, first, last)).collect();
    PostingScope { ranges, ..PostingScope::default() }
}

/// All a batch writes.
pub(super) fn changes_of(
    classified: &Classified,
    now: Timestamp,
    partitions: Vec<PartitionProgress>,
) -> PostingChanges {
    let entries = classified.entries.iter();
    let entries: Vec<PostedEntry> =
        entries.map(|(entry, previous, topic)| posted(entry.clone(), *previous, *topic, now)).collect();
    PostingChanges {
        balances: balances_of(&entries),
        entries,
        positions: classified.positions.clone(),
        partitions,
        dead_letters: classified.dead_letters.clone(),
        ..PostingChanges::default()
    }
}

/// A journal entry with what the store keeps beside it.
pub(in crate::pipeline) fn posted(
    entry: JournalEntry,
    payment_previous: Seq,
    topic: Topic,
    now: Timestamp,
) -> PostedEntry {
    PostedEntry { entry, topic, payment_previous, posted_at: now }
}

/// What entries add to the balances, in account order.
pub(in crate::pipeline) fn balances_of(entries: &[PostedEntry]) -> Vec<BalanceDelta> {
    let mut sums: BTreeMap<(&AccountId, Lane, Layer), (i64, i64)> = BTreeMap::new();
    for posted in entries {
        for posting in posted.entry.postings() {
            let lane = posted.entry.id.lane;
            let minor_units = posting.amount().minor_units;
            let debited = sums.entry((posting.debit(), lane, posting.layer())).or_default();
            debited.0 = debited.0.saturating_add(minor_units);
            let credited = sums.entry((posting.credit(), lane, posting.layer())).or_default();
            credited.1 = credited.1.saturating_add(minor_units);
        }
    }
    let sums = sums.into_iter();
    sums.map(|((account, lane, layer), (debit, credit))| BalanceDelta {
        account: account.clone(),
        lane,
        layer,
        debit,
        credit,
    })
    .collect()
}
