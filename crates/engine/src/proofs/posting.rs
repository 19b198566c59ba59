//! Events against journal entries: every event is accounted for, every entry is an event's and says what it says.

use std::collections::BTreeMap;

use domain::{
    event::{Envelope, Topic},
    id::{EventId, Seq},
    ledger::{AccountCode, JournalEntry, Layer},
};

use super::{
    chain::ReadEvent,
    report::{Proof, Tally, count},
};
use crate::{
    ports::{PostedEntry, Snapshot, StoreError},
    queries::{
        handled::Handled,
        whereabouts::{EventState, without_entry},
    },
};

/// The journal entries of a range; `None` for one that cannot be read.
pub(super) type Entries = BTreeMap<Seq, Option<PostedEntry>>;

/// Compares the events of a range with the entries of the same range. Returns the events that were put aside and have no
/// entry yet.
pub(super) async fn check(
    snapshot: &mut dyn Snapshot,
    events: &[ReadEvent],
    entries: &Entries,
    handled: &Handled,
    tally: &mut Tally,
) -> Result<Vec<EventId>, StoreError> {
    let mut parked = Vec::new();
    for event in events {
        let id = event.row.id;
        if event.row.topic.moves_money() {
            tally.checked(Proof::CapturesPostedOnce, 1);
        }
        match entries.get(&id.seq) {
            Some(Some(entry)) => {
                tally.whereabouts.posted += 1;
                compare(event, entry, tally);
            }
            // It is there, and has been found wrong already.
            Some(None) => tally.whereabouts.posted += 1,
            None => match without_entry(snapshot, &event.row, &event.body_sha256, handled).await? {
                EventState::Posted => tally.whereabouts.posted += 1,
                EventState::WithoutPostings => tally.whereabouts.without_postings += 1,
                EventState::Pending => tally.whereabouts.pending += 1,
                EventState::Parked => {
                    tally.whereabouts.parked += 1;
                    parked.push(id);
                }
                EventState::Discarded => tally.whereabouts.discarded += 1,
                EventState::Lost => lose(event, tally),
            },
        }
    }
    tally.checked(Proof::EventsAccountedFor, events.len());
    check_orphans(events, entries, tally);
    Ok(parked)
}

/// What can be said of entries whose events have been pruned: they are complete, and of a topic that posts.
pub(super) fn check_pruned(entries: &Entries, tally: &mut Tally) {
    tally.checked(Proof::EntriesBalance, entries.len());
    tally.skipped(Proof::EntriesHaveEvents, count(entries.len()));
    for entry in entries.values().flatten() {
        if !entry.topic.carries_postings() {
            tally.wrong(Proof::EntriesHaveEvents, carries_none(entry));
        }
    }
}

fn lose(event: &ReadEvent, tally: &mut Tally) {
    let (id, topic) = (event.row.id, event.row.topic);
    tally.whereabouts.lost += 1;
    tally.wrong(
        Proof::EventsAccountedFor,
        format!("event {id}: {topic} was handled, and is neither posted nor parked"),
    );
    if topic.moves_money() {
        let finding = format!("event {id}: {topic} of payment {} has no journal entry", event.row.payment);
        tally.wrong(Proof::CapturesPostedOnce, finding);
    }
}

fn compare(event: &ReadEvent, entry: &PostedEntry, tally: &mut Tally) {
    tally.checked(Proof::EntriesBalance, 1);
    tally.checked(Proof::EntriesHaveEvents, 1);
    let row = &event.row;
    if !row.topic.carries_postings() {
        tally.wrong(Proof::EntriesHaveEvents, carries_none(entry));
    }
    let same_cause = entry.topic == row.topic
        && entry.entry.payment == row.payment
        && entry.payment_previous == row.payment_previous
        && entry.entry.occurred_at == row.occurred_at;
    if !same_cause {
        let finding = format!("journal entry {}: is not of the event that stands at its place", row.id);
        tally.wrong(Proof::EntriesHaveEvents, finding);
    }
    let Some(envelope) = &event.envelope else { return };
    if !posts_the_same(envelope, &entry.entry) {
        let finding = format!("journal entry {}: its postings are not those of its event", row.id);
        tally.wrong(Proof::EntriesBalance, finding);
    }
    if row.topic.moves_money() && moved(entry) != envelope.amount {
        let finding = format!(
            "journal entry {}: {} of payment {} moves {} and not {}",
            row.id,
            row.topic,
            row.payment,
            moved(entry),
            envelope.amount,
        );
        tally.wrong(Proof::CapturesPostedOnce, finding);
    }
}

fn posts_the_same(envelope: &Envelope, entry: &JournalEntry) -> bool {
    let (said, posted) = (&envelope.postings, entry.postings());
    said.len() == posted.len()
        && said.iter().zip(posted).all(|(said, posted)| {
            said.layer == posted.layer()
                && said.debit == *posted.debit()
                && said.credit == *posted.credit()
                && said.amount == posted.amount().minor_units
                && envelope.currency == posted.amount().currency
        })
}

/// How much an entry takes from (or gives back to) the acquirer in the books.
pub(super) fn moved(entry: &PostedEntry) -> i64 {
    let posted = entry.entry.postings().iter().filter(|posting| posting.layer() == Layer::Posted);
    let legs = posted.flat_map(|posting| posting.legs());
    let receivable = legs.filter(|(account, _)| account.code == AccountCode::AcquirerReceivable);
    let net = receivable.fold(0_i64, |sum, (_, delta)| sum.saturating_add(delta));
    if entry.topic == Topic::Refunded { net.saturating_neg() } else { net }
}

/// Every entry of a range is one of its events'.
pub(super) fn check_orphans(events: &[ReadEvent], entries: &Entries, tally: &mut Tally) {
    let mut places = events.iter().map(|event| event.row.id.seq).peekable();
    for (&seq, entry) in entries {
        while places.next_if(|place| *place < seq).is_some() {}
        if places.peek() != Some(&seq) {
            let shown = entry.as_ref().map_or_else(|| seq.to_string(), |entry| entry.entry.id.to_string());
            tally.wrong(Proof::EntriesHaveEvents, format!("journal entry {shown}: has no event"));
        }
    }
}

fn carries_none(entry: &PostedEntry) -> String {
    format!("journal entry {}: {} carries no postings", entry.entry.id, entry.topic)
}

/// Whether a topic takes money or gives it back.
pub(super) trait MovesMoney {
    fn moves_money(self) -> bool;
}

impl MovesMoney for Topic {
    fn moves_money(self) -> bool {
        match self {
            Self::Captured | Self::Refunded => true,
            Self::Authorized | Self::Voided | Self::Expired | Self::Declined => false,
        }
    }
}
