//! Stored balances against the sum of the entries: the fold of what is complete, plus the tail, plus what was redriven, all
//! compared inside one snapshot.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    id::{EventId, Seq},
    ledger::{AccountId, Layer},
};

use super::{
    lane::LaneCheck,
    read::{self, RANGE},
    report::{Proof, Tally},
};
use crate::{
    ports::{Balance, PostedEntry, Snapshot, StoreError, StoredLane},
    queries::accounts::Sums,
};

/// The sum of journal entries of one lane.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Fold {
    posted: BTreeMap<AccountId, Sums>,
    hold: BTreeMap<AccountId, Sums>,
    entries: u64,
}

impl Fold {
    /// What a lane's stored balances and counter say.
    pub(super) fn stored(balances: &[Balance], lane: &StoredLane) -> Self {
        let mut fold = Self { entries: lane.entries_posted, ..Self::default() };
        for balance in balances.iter().filter(|balance| balance.lane == lane.state.lane) {
            fold.layer(balance.layer).entry(balance.account.clone()).or_default().add(balance);
        }
        fold
    }

    pub(super) fn add(&mut self, entry: &PostedEntry) {
        self.change(entry, 1);
        self.entries += 1;
    }

    pub(super) fn remove(&mut self, entry: &PostedEntry) {
        self.change(entry, -1);
        self.entries = self.entries.saturating_sub(1);
    }

    fn change(&mut self, entry: &PostedEntry, sign: i128) {
        for posting in entry.entry.postings() {
            let amount = sign * i128::from(posting.amount().minor_units);
            let layer = self.layer(posting.layer());
            sums_of(layer, posting.debit()).debit += amount;
            sums_of(layer, posting.credit()).credit += amount;
        }
    }

    fn layer(&mut self, layer: Layer) -> &mut BTreeMap<AccountId, Sums> {
        match layer {
            Layer::Posted => &mut self.posted,
            Layer::Hold => &mut self.hold,
        }
    }

    /// Notes every difference between the entries (`self`) and what is stored.
    fn compare(&self, stored: &Self, lane: &StoredLane, tally: &mut Tally) {
        let number = lane.state.lane;
        for (layer, ours, theirs) in
            [(Layer::Posted, &self.posted, &stored.posted), (Layer::Hold, &self.hold, &stored.hold)]
        {
            let accounts: BTreeSet<&AccountId> = ours.keys().chain(theirs.keys()).collect();
            for account in accounts {
                let (sum, balance) = (at(ours, account), at(theirs, account));
                if sum != balance {
                    let finding = format!(
                        "balance {account} {} of lane {number}: is {} / {} and its entries give {} / {}",
                        layer.as_str(),
                        balance.debit,
                        balance.credit,
                        sum.debit,
                        sum.credit
                    );
                    tally.wrong(Proof::BalancesEqualEntries, finding);
                }
            }
        }
        if self.entries != stored.entries {
            let finding = format!(
                "lane {number}: {} journal entries were posted, and {} are there",
                stored.entries, self.entries
            );
            tally.wrong(Proof::BalancesEqualEntries, finding);
        }
    }
}

/// Compares all lanes. What was put aside and is posted by now is folded in for good.
pub(super) async fn check(
    snapshot: &mut dyn Snapshot,
    lanes: &mut [LaneCheck],
    tally: &mut Tally,
) -> Result<(), StoreError> {
    let rows = snapshot.lane_list().await?;
    let balances = match snapshot.balance_list().await {
        Ok(balances) => balances,
        Err(StoreError::Corrupt { what }) => {
            tally.wrong(Proof::BalancesEqualEntries, what);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    for lane in lanes {
        let Some(row) = rows.iter().find(|row| row.state.lane == lane.lane()) else { continue };
        take_redriven(snapshot, lane).await?;
        let mut fold = lane.fold.clone();
        fold_tail(snapshot, lane, row, &mut fold, tally).await?;
        fold.compare(&Fold::stored(&balances, row), row, tally);
    }
    Ok(())
}

async fn take_redriven(snapshot: &mut dyn Snapshot, lane: &mut LaneCheck) -> Result<(), StoreError> {
    let parked: Vec<EventId> = lane.parked.iter().copied().collect();
    for ids in parked.chunks(RANGE) {
        for entry in snapshot.journal_find_many(ids).await?.into_iter().flatten() {
            lane.parked.remove(&entry.entry.id);
            lane.fold.add(&entry);
        }
    }
    Ok(())
}

async fn fold_tail(
    snapshot: &mut dyn Snapshot,
    lane: &LaneCheck,
    row: &StoredLane,
    fold: &mut Fold,
    tally: &mut Tally,
) -> Result<(), StoreError> {
    // Up to the end of the lane the ranges have looked.
    read::orphaned(snapshot, lane.lane(), (row.state.last_seq, Seq(u64::MAX)), tally).await?;
    let mut after = lane.to();
    loop {
        let entries = match snapshot.journal_range(lane.lane(), after, RANGE).await {
            Ok(entries) => entries,
            Err(StoreError::Corrupt { what }) => {
                tally.wrong(Proof::EntriesBalance, what);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let Some(last) = entries.last() else { return Ok(()) };
        after = last.entry.id.seq;
        tally.checked(Proof::BalancesEqualEntries, entries.len());
        for entry in &entries {
            fold.add(entry);
            if entry.entry.id.seq > row.state.last_seq {
                let finding = format!("journal entry {}: stands behind the end of its lane", entry.entry.id);
                tally.wrong(Proof::EntriesHaveEvents, finding);
            }
        }
    }
}

fn sums_of<'a>(layer: &'a mut BTreeMap<AccountId, Sums>, account: &AccountId) -> &'a mut Sums {
    if !layer.contains_key(account) {
        layer.insert(account.clone(), Sums::default());
    }
    layer.entry(account.clone()).or_default()
}

fn at(layer: &BTreeMap<AccountId, Sums>, account: &AccountId) -> Sums {
    layer.get(account).copied().unwrap_or_default()
}
