//! Everything that happened to a payment, newest first, in the order of places and never of clocks.
//!
//! At one place stand the event, what the worker made of it (a journal entry or a dead letter), in that order. What has not
//! been given a place yet (an outstanding call to the acquirer) comes last, so it is shown first.
//!
//! What operators did has no place: an act stands under the event it caused, which is of the same moment, or where its own time
//! falls between events.

use domain::{
    id::{Lane, Seq},
    payment::{Payment, Pending},
};

use super::{
    acts::{Between, acts},
    history::{Step, history},
};
use crate::ports::{
    AuditEntry, DeadLetter, DeadLetterFilter, OutboxEvent, PostedEntry, Snapshot, StoreError,
};

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
    /// An operator did something with the payment, or with a dead letter of it.
    Act(AuditEntry),
}

/// Which part of a timeline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// The place of its first event; `None` for the latest.
    pub from: Option<Seq>,
    /// Events at most.
    pub limit: usize,
    /// Whether acts of operators are shown: who did what and why is not for merchants.
    pub acts: bool,
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

/// The items of up to `wanted.limit` events of `payment`, from its latest (or from `wanted.from`) backwards.
pub async fn timeline(
    snapshot: &mut dyn Snapshot,
    payment: &Payment,
    lane: Lane,
    wanted: Wanted,
) -> Result<Timeline, StoreError> {
    let history = history(snapshot, payment, lane, wanted.from, wanted.limit).await?;
    let filter = DeadLetterFilter { payment: Some(payment.id), ..DeadLetterFilter::default() };
    let letters = snapshot.dead_letter_list(&filter, None, DEAD_LETTERS_MAX).await?.rows;
    let acts = match wanted.acts {
        true => {
            let between = Between::of(snapshot, &history, lane, wanted.from).await?;
            acts(snapshot, payment.id, &letters, between).await?
        }
        false => Vec::new(),
    };
    let mut acts = acts.into_iter().peekable();
    let mut items = Vec::with_capacity(history.steps.len() * 2 + letters.len() + acts.len());
    if wanted.from.is_none() {
        items.extend(payment.pending.clone().map(Item::AttemptPending));
        // What only claims to be about this payment stands at no place of its own.
        items
            .extend(letters.iter().filter(|letter| letter.letter.event.is_none()).cloned().map(Item::Parked));
    }
    for step in history.steps {
        while let Some(later) = acts.next_if(|act| step.occurred_at().is_none_or(|at| at < act.at)) {
            items.push(Item::Act(later));
        }
        append(&mut items, step, &letters);
    }
    items.extend(acts.map(Item::Act));
    Ok(Timeline { items, next: history.next, lost: history.lost })
}

fn append(items: &mut Vec<Item>, step: Step, letters: &[DeadLetter]) {
    let here = letters.iter().filter(|letter| letter.letter.event == Some(step.id));
    items.extend(here.cloned().map(Item::Parked));
    items.extend(step.entry.map(Item::Posted));
    items.extend(step.event.map(Item::Event));
}
