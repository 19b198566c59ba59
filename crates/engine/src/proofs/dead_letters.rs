//! Dead letters against their own bytes and against the ledger: a redrive posts what was parked, so that must still be what it
//! was; and what is said to be posted must be.

use domain::{
    event::Topic,
    id::{EventId, Lane, PaymentId, Seq},
};
use serde::Deserialize;

use super::{
    lane::Source,
    report::{Proof, Tally},
};
use crate::{
    digest::sha256,
    ports::{DeadLetter, DeadLetterFilter, DeadLetterReason, DeadLetterState, Snapshot, StoreError},
};

/// Letters read at once; each holds a whole record.
const LETTERS_AT_ONCE: usize = 100;

/// Checks every dead letter, newest first.
pub(super) async fn check(source: &Source, tally: &mut Tally) -> Result<(), StoreError> {
    let mut before = None;
    loop {
        let started = source.clock.monotonic();
        let mut snapshot = source.store.snapshot().await?;
        let page =
            match snapshot.dead_letter_list(&DeadLetterFilter::default(), before, LETTERS_AT_ONCE).await {
                Ok(page) => page,
                // The lists people work with show nothing behind such a row either.
                Err(StoreError::Corrupt { what }) => {
                    tally.wrong(Proof::EventsAccountedFor, what);
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
        judge_all(snapshot.as_mut(), &page.rows, tally).await?;
        drop(snapshot);
        tally.took(Proof::EventsAccountedFor, source.clock.monotonic().saturating_sub(started));
        before = page.next;
        if before.is_none() {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}

async fn judge_all(
    snapshot: &mut dyn Snapshot,
    letters: &[DeadLetter],
    tally: &mut Tally,
) -> Result<(), StoreError> {
    for letter in letters {
        if let Some(why) = judge_alone(letter) {
            tally.wrong(Proof::EventsAccountedFor, format!("dead letter {}: {why}", letter.id));
        }
    }
    let redriven: Vec<(&DeadLetter, EventId)> = letters.iter().filter_map(posted_by_redrive).collect();
    let ids: Vec<EventId> = redriven.iter().map(|(_, id)| *id).collect();
    let entries = match snapshot.journal_find_many(&ids).await {
        Ok(entries) => entries,
        // Noted where the entry itself stands.
        Err(StoreError::Corrupt { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    for ((letter, id), _) in redriven.into_iter().zip(entries).filter(|(_, entry)| entry.is_none()) {
        let finding = format!("dead letter {}: was redriven, and event {id} has no journal entry", letter.id);
        tally.wrong(Proof::EventsAccountedFor, finding);
    }
    Ok(())
}

/// A letter that is closed because its event stands in the ledger, and which event that is.
fn posted_by_redrive(letter: &DeadLetter) -> Option<(&DeadLetter, EventId)> {
    let posts = Topic::from_name(&letter.letter.topic).is_some_and(Topic::carries_postings);
    let redriven = letter.state == DeadLetterState::Redriven && posts;
    letter.letter.event.filter(|_| redriven).map(|id| (letter, id))
}

/// What of a letter is not so, whatever the ledger says.
fn judge_alone(letter: &DeadLetter) -> Option<&'static str> {
    let parked = &letter.letter;
    if sha256(&parked.payload) != parked.payload_sha256 {
        return Some("its bytes do not have the stored SHA-256");
    }
    if Head::read(&parked.payload).is_some_and(|head| head.payment_id != parked.payment) {
        return Some("is filed under another payment than its bytes name");
    }
    if letter.state != DeadLetterState::Redriven {
        return None;
    }
    if parked.reason == DeadLetterReason::Foreign {
        return Some("is foreign, and is said to be redriven");
    }
    parked.event.is_none().then_some("is said to be redriven, and names no event")
}

/// What can be read even of a version we do not know; as the worker reads it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    #[serde(rename = "version")]
    _version: u16,
    #[serde(rename = "lane")]
    _lane: Lane,
    #[serde(rename = "seq")]
    _seq: Seq,
    payment_id: Option<PaymentId>,
}

impl Head {
    fn read(payload: &[u8]) -> Option<Self> {
        serde_json::from_slice(payload).ok()
    }
}
