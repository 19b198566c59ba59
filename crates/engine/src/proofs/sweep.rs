//! Over all payments, by number: each row is consistent and has the latest event it says it has. The ranges of the lanes check
//! the rest; this finds the payment that no event tells of.

use std::collections::BTreeMap;

use domain::{
    id::{EventId, ID_MAX, Lane, PaymentId},
    payment::{Payment, PaymentStatus},
    time::Timestamp,
};

use super::{
    lane::Source,
    read::{self, Found, RANGE},
    report::{Proof, Tally},
};
use crate::ports::{Snapshot, StoreError, StoredLane, StoredPayment};

/// When the payment looked at last was born, lane by lane: numbers are given out in the order of time.
type Births = BTreeMap<Lane, (PaymentId, Timestamp)>;

/// Checks every payment row.
pub(super) async fn payments(source: &Source, tally: &mut Tally) -> Result<(), StoreError> {
    let (mut after, mut limit) = (None, RANGE);
    let mut births = Births::new();
    loop {
        let started = source.clock.monotonic();
        let mut snapshot = source.store.snapshot().await?;
        match snapshot.payment_range(after, limit).await {
            Ok(payments) => {
                let Some(last) = payments.last() else { return Ok(()) };
                after = Some(last.payment.id);
                check(snapshot.as_mut(), &payments, &mut births, tally).await?;
            }
            // One row of these cannot be read: one by one until it is met, then behind it.
            Err(StoreError::Corrupt { .. }) if limit > 1 => limit = 1,
            Err(StoreError::Corrupt { what }) => {
                tally.wrong(Proof::PaymentsReplay, what);
                after = Some(behind_unreadable(snapshot.as_mut(), after).await?);
                limit = RANGE;
            }
            Err(error) => return Err(error),
        }
        drop(snapshot);
        tally.took(Proof::PaymentsReplay, source.clock.monotonic().saturating_sub(started));
        tokio::task::yield_now().await;
    }
}

async fn check(
    snapshot: &mut dyn Snapshot,
    payments: &[StoredPayment],
    births: &mut Births,
    tally: &mut Tally,
) -> Result<(), StoreError> {
    let lanes = snapshot.lane_list().await?;
    let lane_count = u16::try_from(lanes.len()).unwrap_or(u16::MAX);
    let (mut ids, mut with_events) = (Vec::with_capacity(payments.len()), Vec::with_capacity(payments.len()));
    for StoredPayment { payment, misfiled } in payments {
        let lane = payment.id.lane(lane_count);
        if payment.version > 0 {
            ids.push(EventId { lane, seq: payment.last_event });
            with_events.push(payment);
        }
        let row = lanes.iter().find(|row| row.state.lane == lane);
        if !is_possible(payment, row) || Lane::of(&payment.merchant, lane_count) != lane {
            tally.wrong(Proof::PaymentsReplay, format!("payment {}: its row contradicts itself", payment.id));
        }
        if let Some(column) = misfiled {
            let finding = format!("payment {}: column {column} is not what the payment gives", payment.id);
            tally.wrong(Proof::PaymentsReplay, finding);
        }
        let born = (payment.id, payment.created_at);
        if let Some((before, at)) = births.insert(lane, born).filter(|(_, at)| *at > payment.created_at) {
            let finding = format!(
                "payment {}: was born at {}, before payment {before} at {at}",
                payment.id, payment.created_at
            );
            tally.wrong(Proof::PaymentsReplay, finding);
        }
    }
    let found = read::lookup(snapshot, &ids).await?;
    for ((payment, id), found) in with_events.into_iter().zip(&ids).zip(found) {
        if !is_latest_of(payment, *id, &found, &lanes) {
            tally.wrong(
                Proof::PaymentsReplay,
                format!("payment {}: its latest event is not {id}", payment.id),
            );
        }
    }
    Ok(())
}

/// Whether a row can be a payment, whatever its events say.
fn is_possible(payment: &Payment, lane: Option<&StoredLane>) -> bool {
    let born = payment.version > 0 || payment.status() == PaymentStatus::Processing;
    let waits = payment.pending.is_some() || payment.status() != PaymentStatus::Processing;
    let since = payment.pending.as_ref().map_or(payment.updated_at, |pending| pending.since);
    let in_order = payment.created_at <= since && since <= payment.updated_at;
    let not_later = lane.is_none_or(|lane| payment.updated_at <= lane.state.updated_at);
    payment.is_consistent() && born && waits && in_order && not_later
}

fn is_latest_of(payment: &Payment, id: EventId, found: &Found, lanes: &[StoredLane]) -> bool {
    let lane = lanes.iter().find(|lane| lane.state.lane == id.lane);
    let pruned = lane.is_some_and(|lane| id.seq <= lane.pruned_to);
    match found {
        Found::Event(row) => row.payment == payment.id,
        Found::Entry(entry) => pruned && entry.entry.payment == payment.id,
        Found::Nothing => pruned,
        // Noted where the event itself stands.
        Found::Unreadable => true,
    }
}

/// The number of the unreadable payment that follows `after`, so that reading can go on behind it.
async fn behind_unreadable(
    snapshot: &mut dyn Snapshot,
    after: Option<PaymentId>,
) -> Result<PaymentId, StoreError> {
    // Reading on from `low` meets the unreadable row, reading on from `high` does not: steps that double, then halve.
    let mut low = after.map_or(0, PaymentId::get);
    let (mut high, mut step) = (low, 1_u64);
    loop {
        high = high.saturating_add(step).min(ID_MAX);
        step = step.saturating_mul(2);
        if high == ID_MAX || is_readable(snapshot, high).await? {
            break;
        }
        low = high;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if is_readable(snapshot, middle).await? { high = middle } else { low = middle }
    }
    PaymentId::new(high)
        .ok_or_else(|| StoreError::Corrupt { what: "payment: number out of range".to_owned() })
}

async fn is_readable(snapshot: &mut dyn Snapshot, after: u64) -> Result<bool, StoreError> {
    match snapshot.payment_range(PaymentId::new(after), 1).await {
        Ok(_) => Ok(true),
        Err(StoreError::Corrupt { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
