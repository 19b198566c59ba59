//! What to do with each event: a pure judgement against the stored state.
//!
//! Invariant: nothing about a record is believed until its bytes are those of the outbox row at its place.

use std::collections::BTreeMap;

use domain::{
    event::{ENVELOPE_VERSION, Envelope, Topic},
    id::{EventId, Lane, PaymentId, Seq},
    ledger::JournalEntry,
    time::Timestamp,
};
use serde::Deserialize;

use super::message::{PARKED_PLAINLY, bounded, unreadable};
use crate::{
    digest::sha256,
    observe::{EventResult, Incident, Observer},
    ports::{DeadLetterReason, Digest, NewDeadLetter, OutboxMark, PostedEntry, PostingState, Record},
};

/// A record, and as much of it as could be read.
#[derive(Clone, Debug)]
pub(in crate::pipeline) struct Parsed<'a> {
    pub(in crate::pipeline) record: &'a Record,
    pub(in crate::pipeline) sha256: Digest,
    pub(in crate::pipeline) topic: Option<Topic>,
    /// Where it stands, or claims to.
    pub(in crate::pipeline) place: Option<EventId>,
    /// Whom it is about, where that can be read.
    pub(in crate::pipeline) payment: Option<PaymentId>,
    envelope: Result<Envelope, (DeadLetterReason, String)>,
}

/// Reads a record, believing nothing.
pub(in crate::pipeline) fn parse(record: &Record) -> Parsed<'_> {
    /// What can be read even of a version we do not know.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Head {
        version: u16,
        lane: Lane,
        seq: Seq,
        payment_id: Option<PaymentId>,
    }

    let head: Option<Head> = serde_json::from_slice(&record.payload).ok();
    let claimed = head.as_ref().map(|head| EventId { lane: head.lane, seq: head.seq });
    let version = head.as_ref().map(|head| head.version);
    let envelope = match version {
        Some(version) if version != ENVELOPE_VERSION => {
            Err((DeadLetterReason::UnknownVersion, format!("envelope version {version} is not known")))
        }
        _ => serde_json::from_slice(&record.payload)
            .map_err(|error| (DeadLetterReason::Schema, unreadable(&error))),
    };
    Parsed {
        record,
        sha256: sha256(&record.payload),
        topic: Topic::from_name(&record.topic),
        place: record.place.or(claimed),
        payment: head.and_then(|head| head.payment_id),
        envelope,
    }
}

/// What to do with an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::pipeline) enum Judgement {
    /// Post this.
    Post(Postable),
    /// Genuine, and causes no entry.
    WithoutPostings,
    /// Handled before.
    Duplicate,
    /// An event before it is missing.
    Hole,
    /// Put aside.
    Park(DeadLetterReason, String),
}

/// A genuine entry the ledger does not have yet, and what the store keeps beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::pipeline) struct Postable {
    pub(in crate::pipeline) entry: JournalEntry,
    pub(in crate::pipeline) topic: Topic,
    /// The place of the payment's event before this one.
    pub(in crate::pipeline) payment_previous: Seq,
}

impl Postable {
    /// As it is written at `now`.
    pub(in crate::pipeline) fn posted_at(self, now: Timestamp) -> PostedEntry {
        assert!(self.topic.carries_postings());
        let Self { entry, topic, payment_previous } = self;
        PostedEntry { entry, topic, payment_previous, posted_at: now }
    }
}

/// What the store refused of a record that was tried alone.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refused<'a> {
    /// To post it, and why.
    Posting(&'a str),
    /// Even to park it.
    Parking,
}

/// What a batch of records comes to.
#[derive(Debug, Default)]
pub(super) struct Classified {
    pub(super) entries: Vec<Postable>,
    pub(super) dead_letters: Vec<NewDeadLetter>,
    /// How far each lane and topic has been handled now.
    pub(super) positions: Vec<(Lane, Topic, Seq)>,
    /// Positions after which an event is missing.
    pub(super) holes: BTreeMap<(Lane, Topic), Seq>,
    counts: Vec<(Option<Topic>, EventResult)>,
    foreign_timeline: bool,
}

impl Classified {
    /// Judges records in order; each moves the position the next is judged against. `refused` parks whatever would be
    /// posted: it has failed alone.
    pub(super) fn of(parsed: &[Parsed<'_>], state: &mut PostingState, refused: Option<Refused<'_>>) -> Self {
        let mut classified = Self::default();
        for event in parsed {
            let judgement = judge(event, state);
            let judgement = match (judgement, refused) {
                (Judgement::Post(..), Some(Refused::Posting(why))) => {
                    Judgement::Park(DeadLetterReason::Refused, why.to_owned())
                }
                (Judgement::Post(..), Some(Refused::Parking)) => {
                    Judgement::Park(DeadLetterReason::Refused, PARKED_PLAINLY.to_owned())
                }
                (Judgement::Park(reason, _), Some(Refused::Parking)) => {
                    Judgement::Park(reason, PARKED_PLAINLY.to_owned())
                }
                (judgement, _) => judgement,
            };
            classified.take(event, judgement, state);
        }
        // What was missing may have come later in the same batch.
        classified.holes.retain(|place, position| position_of(state, place) == *position);
        assert_eq!(classified.counts.len(), parsed.len(), "something becomes of every record");
        classified
    }

    fn take(&mut self, event: &Parsed<'_>, judgement: Judgement, state: &mut PostingState) {
        let foreign = matches!(judgement, Judgement::Park(DeadLetterReason::Foreign, _));
        let result = match judgement {
            Judgement::Post(postable) => {
                assert_eq!(event.place, Some(postable.entry.id));
                assert_eq!(event.topic, Some(postable.topic));
                let fresh = state.posted.insert(postable.entry.id);
                assert!(fresh, "an event is posted once");
                self.entries.push(postable);
                EventResult::Posted
            }
            Judgement::WithoutPostings => EventResult::WithoutPostings,
            Judgement::Duplicate => EventResult::Duplicate,
            Judgement::Hole => {
                let place = event.place.zip(event.topic).map(|(place, topic)| (place.lane, topic));
                self.holes.extend(place.map(|place| (place, position_of(state, &place))));
                EventResult::Hole
            }
            Judgement::Park(reason, message) => {
                self.foreign_timeline |= foreign && beyond_lane(event, state);
                self.dead_letters.push(dead_letter(event, reason, message));
                EventResult::Parked
            }
        };
        self.counts.push((event.topic, result));
        if result != EventResult::Hole && !foreign {
            self.advance(event, state);
        }
    }

    /// Moves the lane's position past an event that has been dealt with; a record of no known place moves none.
    fn advance(&mut self, event: &Parsed<'_>, state: &mut PostingState) {
        let (Some(place), Some(topic)) = (event.place, event.topic) else { return };
        if !state.lanes.contains_key(&place.lane) {
            return;
        }
        let position = state.positions.entry((place.lane, topic)).or_default();
        if *position >= place.seq {
            return;
        }
        assert!(*position < place.seq);
        *position = place.seq;
        match self.positions.iter_mut().find(|(lane, of, _)| (*lane, *of) == (place.lane, topic)) {
            Some((_, _, seq)) => *seq = place.seq,
            None => self.positions.push((place.lane, topic, place.seq)),
        }
    }

    /// What became of each record, in order.
    pub(super) fn results(&self) -> impl Iterator<Item = EventResult> + '_ {
        self.counts.iter().map(|(_, result)| *result)
    }

    /// Tells whoever watches.
    pub(super) fn report(&self, observer: &dyn Observer, now: Timestamp) {
        for topic in Topic::ALL.into_iter().map(Some).chain([None]) {
            for result in [
                EventResult::Posted,
                EventResult::WithoutPostings,
                EventResult::Duplicate,
                EventResult::Parked,
                EventResult::Hole,
            ] {
                let count = self.counts.iter().filter(|counted| **counted == (topic, result)).count();
                if count > 0 {
                    observer.worker_events(topic, result, count);
                }
            }
        }
        for Postable { entry, .. } in &self.entries {
            let late_ms = u32::try_from(now.ms_since(entry.occurred_at).max(0)).unwrap_or(u32::MAX);
            observer.event_to_ledger(f64::from(late_ms) / 1000.0);
        }
        if self.counts.iter().any(|(_, result)| *result == EventResult::Hole) {
            observer.incident(Incident::Hole);
            tracing::error!(
                holes = ?self.holes,
                "an event before one that was read is missing; its topic waits until it is published again"
            );
        }
        if self.foreign_timeline {
            observer.incident(Incident::ForeignTimeline);
            tracing::error!("an event of a place the database has not reached was parked: another timeline");
        }
    }
}

fn position_of(state: &PostingState, place: &(Lane, Topic)) -> Seq {
    state.positions.get(place).copied().unwrap_or(Seq::START)
}

/// Judges an event the worker has read.
fn judge(event: &Parsed<'_>, state: &PostingState) -> Judgement {
    let (Some(topic), Some(place)) = (event.topic, event.place) else { return unplaced(event) };
    let Some((_, pruned_to)) = state.lanes.get(&place.lane) else {
        return Judgement::Park(DeadLetterReason::Schema, format!("there is no lane {}", place.lane));
    };
    if place.seq <= *pruned_to {
        return Judgement::Duplicate;
    }
    let mark = match genuine(event, topic, place, state) {
        Ok(mark) => mark,
        Err(foreign) => return foreign,
    };
    let position = position_of(state, &(place.lane, topic));
    if place.seq <= position || state.posted.contains(&place) {
        return Judgement::Duplicate;
    }
    // Below what has been pruned every event was handled.
    if mark.previous > position && mark.previous > *pruned_to {
        return Judgement::Hole;
    }
    content(event, topic, place)
}

/// Judges an event that was parked, whatever the positions say now: every other check again.
pub(in crate::pipeline) fn judge_alone(event: &Parsed<'_>, state: &PostingState) -> Judgement {
    let (Some(topic), Some(place)) = (event.topic, event.place) else { return unplaced(event) };
    if state.posted.contains(&place) {
        return Judgement::Duplicate;
    }
    match genuine(event, topic, place, state) {
        Ok(_) => content(event, topic, place),
        Err(foreign) => foreign,
    }
}

fn unplaced(event: &Parsed<'_>) -> Judgement {
    match (&event.envelope, event.topic) {
        (_, None) => Judgement::Park(
            DeadLetterReason::UnknownVersion,
            format!("topic `{}` is not known", event.record.topic),
        ),
        (Err((reason, message)), Some(_)) => Judgement::Park(*reason, message.clone()),
        (Ok(_), Some(_)) => Judgement::Park(DeadLetterReason::Schema, "event names no place".to_owned()),
    }
}

/// The outbox row whose bytes these are.
fn genuine(
    event: &Parsed<'_>,
    topic: Topic,
    place: EventId,
    state: &PostingState,
) -> Result<OutboxMark, Judgement> {
    let Some(mark) = state.outbox.get(&place) else {
        let message = format!("the outbox holds no event {place}");
        return Err(Judgement::Park(DeadLetterReason::Foreign, message));
    };
    if mark.topic == topic && mark.sha256 == event.sha256 {
        return Ok(*mark);
    }
    if event.record.place.is_some() {
        // The embedded log is the outbox: these are its own bytes, and they are not what was committed.
        let message = format!("the stored bytes of event {place} do not match their digest");
        return Err(Judgement::Park(DeadLetterReason::Schema, message));
    }
    let message = format!("the outbox holds another event at {place}");
    Err(Judgement::Park(DeadLetterReason::Foreign, message))
}

/// A genuine event: can the ledger take it?
fn content(event: &Parsed<'_>, topic: Topic, place: EventId) -> Judgement {
    let envelope = match &event.envelope {
        Ok(envelope) => envelope,
        Err((reason, message)) => return Judgement::Park(*reason, message.clone()),
    };
    let schema = |message: &str| Judgement::Park(DeadLetterReason::Schema, message.to_owned());
    if envelope.id != place || envelope.topic != topic {
        return schema("envelope is not of the place and topic it stands at");
    }
    match (envelope.journal_entry(), topic.carries_postings()) {
        (Err(error), _) => schema(&error.to_string()),
        (Ok(Some(entry)), true) => {
            let payment_previous = envelope.payment_previous_seq;
            Judgement::Post(Postable { entry, topic, payment_previous })
        }
        (Ok(None), false) => Judgement::WithoutPostings,
        (Ok(None), true) => schema("event has no postings"),
        (Ok(Some(_)), false) => schema("event has postings its topic does not carry"),
    }
}

fn beyond_lane(event: &Parsed<'_>, state: &PostingState) -> bool {
    let Some(place) = event.place else { return false };
    state.lanes.get(&place.lane).is_some_and(|(last_seq, _)| place.seq > *last_seq)
}

fn dead_letter(event: &Parsed<'_>, reason: DeadLetterReason, message: String) -> NewDeadLetter {
    NewDeadLetter {
        topic: event.record.topic.clone(),
        partition: event.record.partition,
        offset: event.record.offset,
        payload: event.record.payload.clone(),
        payload_sha256: event.sha256,
        event: event.place,
        payment: event.payment,
        reason,
        message: bounded(message),
    }
}
