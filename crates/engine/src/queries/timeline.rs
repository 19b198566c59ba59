//! Everything that happened to a payment, newest first, in the order of places and never of clocks.
//!
//! At one place stand the event, what the worker made of it (a journal entry or a dead letter), in that order. What has not
//! been given a place yet (an outstanding call to the acquirer) comes last, so it is shown first.

use domain::{
    id::{Lane, Seq},
    payment::{Payment, Pending},
};

use super::history::{Step, history};
use crate::ports::{DeadLetter, DeadLetterFilter, OutboxEvent, PostedEntry, Snapshot, StoreError};

/// Dead letters of one payment that a timeline shows at most.
const DEAD_LETTERS_MAX: usize = 200;

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    /// A call to the acquirer is outstanding.
    AttemptPending(Pending),
    /// An event was committed. After its outbox row has been pruned only its journal entry tells of it.
    Event(OutboxEvent),
    /// Its journal entry was posted.
    Posted(PostedEntry),
    /// It was put aside, and what became of that.
    Parked(DeadLetter),
}

/// Some of a payment's timeline, newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timeline {
    /// What happened.
    pub items: Vec<Item>,
    /// Where the following page starts: the place of its first event.
    pub next: Option<Seq>,
    /// The events before this place are pruned and left nothing behind.
    pub lost: Option<domain::id::EventId>,
}

/// The items of up to `limit` events of `payment`, from its latest (or from `from`) backwards.
pub async fn timeline(
    snapshot: &mut dyn Snapshot,
    payment: &Payment,
    lane: Lane,
    from: Option<Seq>,
    limit: usize,
) -> Result<Timeline, StoreError> {
    let history = history(snapshot, payment, lane, from, limit).await?;
    let filter = DeadLetterFilter { payment: Some(payment.id), ..DeadLetterFilter::default() };
    let letters = snapshot.dead_letter_list(&filter, None, DEAD_LETTERS_MAX).await?.rows;
    let first_page = from.is_none();
    let mut items = Vec::with_capacity(history.steps.len() * 2 + letters.len());
    if first_page {
        items.extend(payment.pending.clone().map(Item::AttemptPending));
        // What only claims to be about this payment stands at no place of its own.
        items
            .extend(letters.iter().filter(|letter| letter.letter.event.is_none()).cloned().map(Item::Parked));
    }
    for step in history.steps {
        append(&mut items, step, &letters);
    }
    Ok(Timeline { items, next: history.next, lost: history.lost })
}

fn append(items: &mut Vec<Item>, step: Step, letters: &[DeadLetter]) {
    let here = letters.iter().filter(|letter| letter.letter.event == Some(step.id));
    items.extend(here.cloned().map(Item::Parked));
    items.extend(step.entry.map(Item::Posted));
    items.extend(step.event.map(Item::Event));
}
