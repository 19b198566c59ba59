//! A payment's events, newest first: from its latest event back along the chain that every event continues.
//!
//! An event whose outbox row has been pruned is known by its journal entry. One that left none (a decline, or an event that
//! was discarded) ends the walk there; the history says how many are missing and never makes one up.

use domain::{
    id::{EventId, Lane, PaymentId, Seq},
    payment::Payment,
    time::Timestamp,
};

use crate::ports::{OutboxEvent, PostedEntry, Snapshot, StoreError};

/// One event of a payment, as far as it is still known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Its lane and place.
    pub id: EventId,
    /// Its outbox row; `None` once pruned.
    pub event: Option<OutboxEvent>,
    /// Its journal entry; `None` while not posted, or when it carries no postings.
    pub entry: Option<PostedEntry>,
}

/// Some of a payment's events, newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History {
    /// The events.
    pub steps: Vec<Step>,
    /// Where the following page starts.
    pub next: Option<Seq>,
    /// A link of the chain that is neither in the outbox nor in the journal; what came before it is unknown.
    pub lost: Option<EventId>,
}

impl Step {
    /// The place of the event of the same payment before it.
    pub fn payment_previous(&self) -> Option<Seq> {
        let by_event = self.event.as_ref().map(|event| event.payment_previous);
        by_event.or_else(|| self.entry.as_ref().map(|entry| entry.payment_previous))
    }

    /// When it happened.
    pub(super) fn occurred_at(&self) -> Option<Timestamp> {
        let by_event = self.event.as_ref().map(|event| event.occurred_at);
        by_event.or_else(|| self.entry.as_ref().map(|entry| entry.entry.occurred_at))
    }

    fn payment(&self) -> Option<PaymentId> {
        let by_event = self.event.as_ref().map(|event| event.payment);
        by_event.or_else(|| self.entry.as_ref().map(|entry| entry.entry.payment))
    }
}

/// Up to `limit` events of `payment`, from its latest (or from `from`) backwards.
///
/// `from` comes from outside: a place that is not this payment's shows nothing.
pub async fn history(
    snapshot: &mut dyn Snapshot,
    payment: &Payment,
    lane: Lane,
    from: Option<Seq>,
    limit: usize,
) -> Result<History, StoreError> {
    let mut history = History { steps: Vec::new(), next: None, lost: None };
    let mut place = from.unwrap_or(payment.last_event);
    while place != Seq::START {
        if history.steps.len() == limit {
            history.next = Some(place);
            break;
        }
        let step = step(snapshot, EventId { lane, seq: place }).await?;
        let Some(previous) = step.payment_previous().filter(|_| step.payment() == Some(payment.id)) else {
            history.lost = Some(step.id);
            break;
        };
        // The chain only ever goes back; a link that does not would walk for ever.
        if previous >= place {
            return Err(StoreError::Corrupt {
                what: format!("event {}: follows {previous}, which is not before it", step.id),
            });
        }
        history.steps.push(step);
        place = previous;
    }
    debug_assert!(history.steps.len() <= limit);
    Ok(history)
}

/// The event at a place, as far as it is still known.
pub(super) async fn step(snapshot: &mut dyn Snapshot, id: EventId) -> Result<Step, StoreError> {
    let event = snapshot.outbox_find(id).await?;
    let entry = snapshot.journal_find(id).await?;
    Ok(Step { id, event, entry })
}
