//! The trial balance: debit and credit totals of the books, per account and currency. Holds are memo and never in it.
//!
//! As of a past moment, what was posted for later events is left out. Events of a lane never go back in time, so a binary
//! search finds the place where "later" begins; the shorter side of it is then read, range by range. What belongs to the
//! past can still be posted later (the worker was behind, a dead letter was redriven): then the answer grows, and says how
//! complete it is.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    id::{Lane, Seq},
    ledger::{AccountCode, Layer},
    money::Currency,
    time::Timestamp,
};

use super::{accounts::Sums, handled::Handled};
use crate::ports::{DeadLetterState, PostedEntry, Snapshot, Store, StoreError, StoredLane};

/// Journal entries read from one snapshot.
const RANGE: usize = 1000;
/// How often a trial balance is begun again because a dead letter was redriven underneath.
const TRIES: usize = 3;

/// Totals per account and currency.
pub type Totals = BTreeMap<(AccountCode, Currency), Sums>;

/// A trial balance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrialBalance {
    /// As of when.
    pub as_of: Timestamp,
    /// The lines.
    pub totals: Totals,
    /// Whether everything that had happened by then has been dealt with by the worker.
    pub complete: bool,
}

impl TrialBalance {
    /// The totals of each currency; the two sides must be equal.
    pub fn currencies(&self) -> BTreeMap<Currency, Sums> {
        let mut sums: BTreeMap<Currency, Sums> = BTreeMap::new();
        for ((_, currency), line) in &self.totals {
            let sum = sums.entry(*currency).or_default();
            sum.debit += line.debit;
            sum.credit += line.credit;
        }
        sums
    }

    /// Whether debits equal credits in every currency.
    pub fn is_balanced(&self) -> bool {
        self.currencies().values().all(|sums| sums.debit == sums.credit)
    }
}

/// The trial balance as of `now` (everything posted), or as of an earlier moment.
pub async fn trial_balance(
    store: &Arc<dyn Store>,
    as_of: Option<Timestamp>,
    now: Timestamp,
) -> Result<TrialBalance, StoreError> {
    let Some(as_of) = as_of.filter(|as_of| *as_of < now) else {
        let mut snapshot = store.snapshot().await?;
        let totals = current(snapshot.as_mut()).await?;
        let complete = is_complete(snapshot.as_mut(), now).await?;
        return Ok(TrialBalance { as_of: now, totals, complete });
    };
    let mut last = None;
    for _ in 0..TRIES {
        let redriven = redriven(store.snapshot().await?.as_mut()).await?;
        let (trial, redriven_after) = past(store, as_of).await?;
        if redriven == redriven_after {
            return Ok(trial);
        }
        last = Some(trial);
    }
    // Redrives that never stop: what was read is right up to them, and is not called complete.
    let incomplete = last.map(|trial| TrialBalance { complete: false, ..trial });
    incomplete.ok_or(StoreError::Fenced { what: "dead letters" })
}

/// Every stored balance of the books.
async fn current(snapshot: &mut dyn Snapshot) -> Result<Totals, StoreError> {
    let mut totals = Totals::new();
    for balance in snapshot.balance_list().await?.iter().filter(|balance| balance.layer == Layer::Posted) {
        totals.entry((balance.account.code, balance.account.currency)).or_default().add(balance);
    }
    Ok(totals)
}

async fn redriven(snapshot: &mut dyn Snapshot) -> Result<u64, StoreError> {
    let counts = snapshot.dead_letter_count().await?;
    Ok(counts
        .iter()
        .filter(|(state, _, _)| *state == DeadLetterState::Redriven)
        .map(|(_, _, count)| count)
        .sum())
}

/// The trial balance as of `as_of`, and how many dead letters had been redriven when the last of it was read.
async fn past(store: &Arc<dyn Store>, as_of: Timestamp) -> Result<(TrialBalance, u64), StoreError> {
    let lanes = store.snapshot().await?.lane_list().await?;
    let mut cuts = Vec::with_capacity(lanes.len());
    for lane in &lanes {
        cuts.push((lane.state.lane, cut(store, lane, as_of).await?));
    }
    let before: u64 = cuts.iter().map(|(_, cut)| cut.0).sum();
    let after: u64 = lanes.iter().map(|lane| lane.state.last_seq.0).sum::<u64>().saturating_sub(before);
    let mut totals = Totals::new();
    let mut snapshot = if before <= after {
        sum_up_to(store, &cuts, &mut totals).await?
    } else {
        let snapshot = sum_from(store, cuts, &mut totals).await?;
        subtract(snapshot, &mut totals).await?
    };
    let complete = is_complete(snapshot.as_mut(), as_of).await?;
    totals.retain(|_, sums| *sums != Sums::default());
    let redriven = redriven(snapshot.as_mut()).await?;
    Ok((TrialBalance { as_of, totals, complete }, redriven))
}

/// The last place of a lane at which nothing later than `as_of` has been posted.
async fn cut(store: &Arc<dyn Store>, lane: &StoredLane, as_of: Timestamp) -> Result<Seq, StoreError> {
    let mut snapshot = store.snapshot().await?;
    let (mut low, mut high) = (0, lane.state.last_seq.0);
    while low < high {
        let middle = low + (high - low) / 2;
        let following = snapshot.journal_range(lane.state.lane, Seq(middle), 1).await?;
        match following.first() {
            Some(entry) if entry.entry.occurred_at <= as_of => low = entry.entry.id.seq.0.min(high),
            Some(_) | None => high = middle,
        }
    }
    Ok(Seq(low))
}

/// Adds what stands up to the cuts; these entries never change.
async fn sum_up_to(
    store: &Arc<dyn Store>,
    cuts: &[(Lane, Seq)],
    totals: &mut Totals,
) -> Result<Box<dyn Snapshot>, StoreError> {
    for &(lane, cut) in cuts {
        let mut after = Seq::START;
        while after < cut {
            let entries = store.snapshot().await?.journal_range(lane, after, RANGE).await?;
            let Some(last) = entries.last() else { break };
            after = last.entry.id.seq;
            entries.iter().filter(|entry| entry.entry.id.seq <= cut).for_each(|entry| add(totals, entry));
            tokio::task::yield_now().await;
        }
    }
    store.snapshot().await
}

/// Adds what stands behind the cuts, up to the end of the returned snapshot.
async fn sum_from(
    store: &Arc<dyn Store>,
    cuts: Vec<(Lane, Seq)>,
    totals: &mut Totals,
) -> Result<Box<dyn Snapshot>, StoreError> {
    let mut places = cuts;
    loop {
        let mut snapshot = store.snapshot().await?;
        let handled = Handled::read(snapshot.as_mut()).await?;
        let lanes = snapshot.lane_list().await?;
        let mut at_end = true;
        for (lane, after) in &mut places {
            let complete_to =
                lanes.iter().find(|row| row.state.lane == *lane).map(|row| handled.complete_to(row));
            let entries = snapshot.journal_range(*lane, *after, RANGE).await?;
            // Behind an event that is still to be handled entries may yet be put in between: read those only at the end.
            let complete_to = complete_to.unwrap_or(Seq::START);
            let sure = entries.iter().take_while(|entry| entry.entry.id.seq <= complete_to);
            for entry in sure {
                add(totals, entry);
                *after = entry.entry.id.seq;
                at_end = false;
            }
        }
        if at_end {
            sum_tails(snapshot.as_mut(), &places, totals).await?;
            return Ok(snapshot);
        }
        drop(snapshot);
        tokio::task::yield_now().await;
    }
}

async fn sum_tails(
    snapshot: &mut dyn Snapshot,
    places: &[(Lane, Seq)],
    totals: &mut Totals,
) -> Result<(), StoreError> {
    for &(lane, place) in places {
        let mut after = place;
        loop {
            let entries = snapshot.journal_range(lane, after, RANGE).await?;
            let Some(last) = entries.last() else { break };
            after = last.entry.id.seq;
            entries.iter().for_each(|entry| add(totals, entry));
        }
    }
    Ok(())
}

/// Turns what came after into what was before: the balances of the snapshot minus it.
async fn subtract(
    mut snapshot: Box<dyn Snapshot>,
    later: &mut Totals,
) -> Result<Box<dyn Snapshot>, StoreError> {
    let mut totals = current(snapshot.as_mut()).await?;
    for (line, sums) in std::mem::take(later) {
        let total = totals.entry(line).or_default();
        total.debit -= sums.debit;
        total.credit -= sums.credit;
    }
    *later = totals;
    Ok(snapshot)
}

fn add(totals: &mut Totals, entry: &PostedEntry) {
    for posting in entry.entry.postings().iter().filter(|posting| posting.layer() == Layer::Posted) {
        let amount = i128::from(posting.amount().minor_units);
        let currency = posting.amount().currency;
        totals.entry((posting.debit().code, currency)).or_default().debit += amount;
        totals.entry((posting.credit().code, currency)).or_default().credit += amount;
    }
}

/// Whether no event up to `as_of` waits for the worker.
async fn is_complete(snapshot: &mut dyn Snapshot, as_of: Timestamp) -> Result<bool, StoreError> {
    let handled = Handled::read(snapshot).await?;
    for lane in snapshot.lane_list().await? {
        let complete_to = handled.complete_to(&lane);
        if complete_to < lane.state.last_seq {
            let next = snapshot.outbox_range(lane.state.lane, complete_to, RANGE).await?;
            let waiting = next.iter().find(|event| !handled.covers(event));
            if waiting.is_some_and(|event| event.occurred_at <= as_of) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
