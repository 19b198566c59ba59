//! An event as clients see it.

use domain::{
    id::{EventId, PaymentId},
    time::Timestamp,
};
use engine::ports::OutboxEvent;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::http::hex;

/// An event that was committed with the change it tells of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event)]
pub(crate) struct EventView {
    /// Lane and place in it.
    #[schema(value_type = String, example = "0-17")]
    id: EventId,
    /// Where it is published.
    #[schema(example = "payment.authorized")]
    topic: &'static str,
    /// Its lane.
    lane: u16,
    /// Its place in the lane.
    seq: u64,
    /// The place of the event of the same topic before it.
    previous_seq: u64,
    /// The payment it is about.
    #[schema(value_type = u64)]
    payment_id: PaymentId,
    /// The place of the payment's event before it.
    payment_previous_seq: u64,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    /// SHA-256 of the envelope's bytes, in hex.
    sha256: String,
    /// W3C trace context of the request that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    /// The event itself, as it travels; null when its stored bytes are not JSON.
    #[schema(value_type = Object)]
    envelope: Option<Box<RawValue>>,
}

impl EventView {
    /// Of an outbox row.
    pub(crate) fn of(event: &OutboxEvent) -> Self {
        Self {
            id: event.id,
            topic: event.topic.as_str(),
            lane: event.id.lane.0,
            seq: event.id.seq.0,
            previous_seq: event.previous.0,
            payment_id: event.payment,
            payment_previous_seq: event.payment_previous.0,
            occurred_at: event.occurred_at,
            sha256: hex(&event.sha256),
            traceparent: event.traceparent.as_deref().map(str::to_owned),
            envelope: serde_json::from_slice(&event.body).ok(),
        }
    }
}
