//! From judgements to what is written: pure.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    id::{Lane, Seq},
    ledger::{AccountId, Layer},
    time::Timestamp,
};

use super::classify::{Classified, Parsed};
use crate::ports::{BalanceDelta, PartitionProgress, PostedEntry, PostingChanges, PostingScope};

/// Places further apart than this are read as two ranges: a forged place far away must not have the whole outbox read.
const RANGE_GAP_MAX: u64 = 256;

/// The places a batch is about.
pub(in crate::pipeline) fn range_of(parsed: &[Parsed<'_>]) -> PostingScope {
    let places: BTreeSet<(Lane, Seq)> =
        parsed.iter().filter_map(|event| event.place).map(|place| (place.lane, place.seq)).collect();
    let mut ranges: Vec<(Lane, Seq, Seq)> = Vec::new();
    for (lane, seq) in places {
        match ranges.last_mut() {
            Some((of, _, last)) if *of == lane && seq.0 - last.0 <= RANGE_GAP_MAX => *last = seq,
            _ => ranges.push((lane, seq, seq)),
        }
    }
    debug_assert!(ranges.iter().all(|(_, first, last)| first <= last));
    debug_assert!(ranges.is_sorted_by(|one, next| (one.0, one.2) < (next.0, next.1)));
    PostingScope { ranges, ..PostingScope::default() }
}

/// All a batch writes.
pub(super) fn changes_of(
    classified: &Classified,
    now: Timestamp,
    partitions: Vec<PartitionProgress>,
    rewinds: Vec<(Lane, Seq)>,
) -> PostingChanges {
    let entries: Vec<PostedEntry> =
        classified.entries.iter().map(|postable| postable.clone().posted_at(now)).collect();
    debug_assert!(classified.positions.iter().all(|(lane, topic, _)| {
        classified.positions.iter().filter(|(of, at, _)| (of, at) == (lane, topic)).count() == 1
    }));
    PostingChanges {
        balances: balances_of(&entries),
        entries,
        positions: classified.positions.clone(),
        partitions,
        rewinds,
        dead_letters: classified.dead_letters.clone(),
        ..PostingChanges::default()
    }
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
    assert_eq!(
        sums.values().map(|(debit, _)| i128::from(*debit)).sum::<i128>(),
        sums.values().map(|(_, credit)| i128::from(*credit)).sum::<i128>(),
        "what is posted sums to zero"
    );
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
