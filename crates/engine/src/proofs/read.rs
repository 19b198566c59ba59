//! Reads for proofs: a row that cannot be understood is a finding of its own and does not hide the others.

use std::collections::BTreeMap;

use domain::{
    id::{EventId, Lane, PaymentId, Seq},
    payment::Payment,
};

use super::report::{Proof, Tally};
use crate::ports::{OutboxEvent, PostedEntry, Snapshot, StoreError};

/// Rows read from one snapshot.
pub(super) const RANGE: usize = 1000;

/// Up to [`RANGE`] events after `after`.
pub(super) async fn events(
    snapshot: &mut dyn Snapshot,
    lane: Lane,
    after: Seq,
    tally: &mut Tally,
) -> Result<Vec<OutboxEvent>, StoreError> {
    match snapshot.outbox_range(lane, after, RANGE).await {
        Err(StoreError::Corrupt { .. }) => {}
        read => return read,
    }
    let mut events = Vec::with_capacity(RANGE);
    for seq in following(after) {
        match snapshot.outbox_find(EventId { lane, seq }).await {
            Ok(event) => events.extend(event),
            Err(StoreError::Corrupt { what }) => tally.wrong(Proof::ChainUnbroken, what),
            Err(error) => return Err(error),
        }
    }
    Ok(events)
}

/// The journal entries after `after` up to and including `to`, which is at most [`RANGE`] places further. An entry that is there
/// but cannot be read is `None`.
pub(super) async fn entries(
    snapshot: &mut dyn Snapshot,
    lane: Lane,
    (after, to): (Seq, Seq),
    tally: &mut Tally,
) -> Result<BTreeMap<Seq, Option<PostedEntry>>, StoreError> {
    orphaned(snapshot, lane, (after, to), tally).await?;
    let seq = |entry: &PostedEntry| entry.entry.id.seq;
    match snapshot.journal_range(lane, after, RANGE).await {
        Ok(entries) => {
            let inside = entries.into_iter().take_while(|entry| seq(entry) <= to);
            return Ok(inside.map(|entry| (seq(&entry), Some(entry))).collect());
        }
        Err(StoreError::Corrupt { .. }) => {}
        Err(error) => return Err(error),
    }
    let mut entries = BTreeMap::new();
    for seq in following(after).take_while(|seq| *seq <= to) {
        match snapshot.journal_find(EventId { lane, seq }).await {
            Ok(entry) => entries.extend(entry.map(|entry| (seq, Some(entry)))),
            Err(StoreError::Corrupt { what }) => {
                tally.wrong(Proof::EntriesBalance, what);
                entries.insert(seq, None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(entries)
}

/// Notes postings whose journal entry does not exist.
pub(super) async fn orphaned(
    snapshot: &mut dyn Snapshot,
    lane: Lane,
    (after, to): (Seq, Seq),
    tally: &mut Tally,
) -> Result<(), StoreError> {
    for id in snapshot.posting_list_orphaned(lane, after, to).await? {
        tally.wrong(
            Proof::EntriesHaveEvents,
            format!("journal entry {id}: does not exist, though it has postings"),
        );
    }
    Ok(())
}

/// Payments by number; one that cannot be read is noted and left out.
pub(super) async fn payments(
    snapshot: &mut dyn Snapshot,
    ids: &[PaymentId],
    tally: &mut Tally,
) -> Result<BTreeMap<PaymentId, Option<Payment>>, StoreError> {
    match snapshot.payment_find_many(ids).await {
        Ok(found) => return Ok(ids.iter().copied().zip(found).collect()),
        Err(StoreError::Corrupt { .. }) => {}
        Err(error) => return Err(error),
    }
    let mut payments = BTreeMap::new();
    for &id in ids {
        match snapshot.payment_find(id).await {
            Ok(payment) => {
                payments.insert(id, payment);
            }
            Err(StoreError::Corrupt { what }) => tally.wrong(Proof::PaymentsReplay, what),
            Err(error) => return Err(error),
        }
    }
    Ok(payments)
}

/// An event that was looked up.
pub(super) enum Found {
    /// Its outbox row.
    Event(OutboxEvent),
    /// Its outbox row is gone; its journal entry.
    Entry(PostedEntry),
    /// Neither.
    Nothing,
    /// It is there and cannot be read; noted where it stands.
    Unreadable,
}

/// Events by id, each in the place it was asked for.
pub(super) async fn lookup(snapshot: &mut dyn Snapshot, ids: &[EventId]) -> Result<Vec<Found>, StoreError> {
    let rows = match snapshot.outbox_find_many(ids).await {
        Ok(rows) => rows,
        Err(StoreError::Corrupt { .. }) => return lookup_alone(snapshot, ids).await,
        Err(error) => return Err(error),
    };
    let gone: Vec<EventId> =
        ids.iter().zip(&rows).filter(|(_, row)| row.is_none()).map(|(id, _)| *id).collect();
    let entries = match snapshot.journal_find_many(&gone).await {
        Ok(entries) => entries,
        Err(StoreError::Corrupt { .. }) => return lookup_alone(snapshot, ids).await,
        Err(error) => return Err(error),
    };
    let mut entries = entries.into_iter();
    let found = rows.into_iter().map(|row| match row {
        Some(row) => Found::Event(row),
        None => entries.next().flatten().map_or(Found::Nothing, Found::Entry),
    });
    Ok(found.collect())
}

async fn lookup_alone(snapshot: &mut dyn Snapshot, ids: &[EventId]) -> Result<Vec<Found>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for &id in ids {
        let row = snapshot.outbox_find(id).await;
        let entry = if matches!(row, Ok(None)) { snapshot.journal_find(id).await } else { Ok(None) };
        found.push(match (row, entry) {
            (Err(StoreError::Corrupt { .. }), _) | (_, Err(StoreError::Corrupt { .. })) => Found::Unreadable,
            (Err(error), _) | (_, Err(error)) => return Err(error),
            (Ok(Some(row)), _) => Found::Event(row),
            (Ok(None), Ok(Some(entry))) => Found::Entry(entry),
            (Ok(None), Ok(None)) => Found::Nothing,
        });
    }
    Ok(found)
}

fn following(after: Seq) -> impl Iterator<Item = Seq> {
    (after.0..).take(RANGE).map(|seq| Seq(seq).next())
}
