//! Gives an event its place in the lane: sequence, predecessors, bytes, digest, chain.

use bytes::Bytes;
use domain::{
    event::{Envelope, Place},
    id::EventId,
    ledger::Posting,
    payment::{Payment, PaymentEvent},
};

use crate::{
    digest::{chain, sha256},
    ports::{LaneState, OutboxEvent},
};

/// Appends `event` of `payment` to the lane.
pub(super) fn place(
    lane: &mut LaneState,
    payment: &mut Payment,
    event: &PaymentEvent,
    postings: &[Posting],
    traceparent: Option<&str>,
) -> OutboxEvent {
    let topic = event.change.topic();
    let id = EventId { lane: lane.lane, seq: lane.last_seq.next() };
    let place = Place { id, previous: lane.topics.get(topic), payment_previous: payment.last_event };
    assert!(place.previous < id.seq);
    assert!(place.payment_previous < id.seq);
    assert_eq!(event.payment, payment.id);
    let body = Bytes::from(encode(&Envelope::seal(event, payment, place, postings)));
    assert_eq!(id.seq.0, lane.last_seq.0 + 1, "a lane is dense");
    lane.last_seq = id.seq;
    lane.topics.set(topic, id.seq);
    lane.chain_head = chain(&lane.chain_head, &body);
    payment.last_event = id.seq;
    OutboxEvent {
        id,
        topic,
        previous: place.previous,
        payment: payment.id,
        payment_previous: place.payment_previous,
        occurred_at: event.occurred_at,
        sha256: sha256(&body),
        body,
        traceparent: traceparent.map(Into::into),
    }
}

fn encode(envelope: &Envelope) -> Vec<u8> {
    let mut body = Vec::with_capacity(640);
    // Writing plain values to memory cannot fail; were it to, the command panics and is answered 500, nothing stored.
    if let Err(error) = serde_json::to_writer(&mut body, envelope) {
        panic!("encode envelope of event {}: {error}", envelope.id);
    }
    body
}
