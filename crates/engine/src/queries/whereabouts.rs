//! What has become of an event that stands in the outbox: exactly one of five things, or it is lost.

use crate::{
    digest::sha256,
    ports::{DeadLetterFilter, DeadLetterReason, DeadLetterState, Digest, OutboxEvent, Snapshot, StoreError},
    queries::handled::Handled,
};

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
    let filter = DeadLetterFilter { payload_sha256: Some(*sha256), ..DeadLetterFilter::default() };
    let letters = snapshot.dead_letter_list(&filter, None, 20).await?.rows;
    // Only these very bytes at this very place; what merely claims the place is foreign.
    let ours = letters.iter().filter(|letter| {
        letter.letter.reason != DeadLetterReason::Foreign
            && letter.letter.event.is_none_or(|claimed| claimed == event.id)
    });
    let states: Vec<DeadLetterState> = ours.map(|letter| letter.state).collect();
    let is_in = |wanted: &[DeadLetterState]| states.iter().any(|state| wanted.contains(state));
    if is_in(&[DeadLetterState::Open, DeadLetterState::Held]) {
        return Ok(EventState::Parked);
    }
    // One that was redriven has an entry, and this event has none.
    Ok(if is_in(&[DeadLetterState::Discarded]) { EventState::Discarded } else { EventState::Lost })
}
