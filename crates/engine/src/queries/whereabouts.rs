//! What has become of an event that stands in the outbox: exactly one of five things, or it is lost.

use crate::{
    digest::sha256,
    ports::{DeadLetterFilter, DeadLetterReason, DeadLetterState, Digest, OutboxEvent, Snapshot, StoreError},
    queries::handled::Handled,
};

/// Dead letters read at once.
const LETTERS_AT_ONCE: usize = 100;

/// What has become of an event.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EventState {
    /// Its journal entry stands in the ledger.
    Posted,
    /// It was handled and carries no postings.
    WithoutPostings,
    /// It waits for the worker.
    Pending,
    /// It was put aside and waits for a person.
    Parked,
    /// It was put aside and given up.
    Discarded,
    /// It was handled and nobody knows what became of it: an incident.
    Lost,
}

/// What has become of each of `events`.
pub async fn event_states(
    snapshot: &mut dyn Snapshot,
    events: &[OutboxEvent],
) -> Result<Vec<EventState>, StoreError> {
    let handled = Handled::read(snapshot).await?;
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    let entries = snapshot.journal_find_many(&ids).await?;
    debug_assert_eq!(entries.len(), events.len());
    let mut states = Vec::with_capacity(events.len());
    for (event, entry) in events.iter().zip(entries) {
        states.push(match entry {
            Some(_) => EventState::Posted,
            None => without_entry(snapshot, event, &sha256(&event.body), &handled).await?,
        });
    }
    Ok(states)
}

/// How an event came to have no journal entry. `sha256` is that of its stored bytes.
pub async fn without_entry(
    snapshot: &mut dyn Snapshot,
    event: &OutboxEvent,
    sha256: &Digest,
    handled: &Handled,
) -> Result<EventState, StoreError> {
    if !handled.covers(event) {
        return Ok(EventState::Pending);
    }
    if !event.topic.carries_postings() {
        return Ok(EventState::WithoutPostings);
    }
    let same_bytes = DeadLetterFilter { payload_sha256: Some(*sha256), ..DeadLetterFilter::default() };
    let mut states = letters_of(snapshot, event, &same_bytes).await?;
    if states.is_empty() {
        // Bytes that were damaged when they were read are parked as they were read.
        let same_payment = DeadLetterFilter { payment: Some(event.payment), ..DeadLetterFilter::default() };
        states = letters_of(snapshot, event, &same_payment).await?;
    }
    let is_in = |wanted: &[DeadLetterState]| states.iter().any(|state| wanted.contains(state));
    if is_in(&[DeadLetterState::Open, DeadLetterState::Held]) {
        return Ok(EventState::Parked);
    }
    // One that was redriven has an entry, and this event has none.
    Ok(if is_in(&[DeadLetterState::Discarded]) { EventState::Discarded } else { EventState::Lost })
}

/// The states of the dead letters that are this event. What merely claims its place is foreign, and is not.
async fn letters_of(
    snapshot: &mut dyn Snapshot,
    event: &OutboxEvent,
    filter: &DeadLetterFilter,
) -> Result<Vec<DeadLetterState>, StoreError> {
    let (mut states, mut before) = (Vec::new(), None);
    loop {
        let page = snapshot.dead_letter_list(filter, before, LETTERS_AT_ONCE).await?;
        let genuine = page.rows.iter().filter(|letter| letter.letter.reason != DeadLetterReason::Foreign);
        let ours = genuine.filter(|letter| {
            let same_bytes = filter.payload_sha256.is_some();
            letter.letter.event.map_or(same_bytes, |place| place == event.id)
        });
        states.extend(ours.map(|letter| letter.state));
        before = page.next;
        if before.is_none() {
            return Ok(states);
        }
    }
}
