//! A dead letter as clients see it.

use std::str;

use data_encoding::BASE64;
use domain::{
    id::{DeadLetterId, EventId, PaymentId},
    time::Timestamp,
};
use engine::ports::DeadLetter;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::hex;

/// An event that will not succeed unaided.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeadLetter)]
pub(crate) struct DeadLetterView {
    /// Its number.
    #[schema(value_type = u64)]
    id: DeadLetterId,
    /// `OPEN`, `HELD`, `REDRIVEN` or `DISCARDED`.
    state: &'static str,
    /// Where it came from.
    #[schema(example = "payment.captured")]
    original_topic: String,
    /// Which partition.
    partition: i32,
    /// Which offset.
    offset: i64,
    /// Its bytes.
    payload: String,
    /// How they are written here: `utf-8`, or `base64` for bytes that are no text.
    payload_encoding: &'static str,
    /// SHA-256 of its bytes, in hex.
    payload_sha256: String,
    /// Why, as a word: `schema`, `unknown_version`, `foreign` or `refused`.
    error_type: &'static str,
    /// Why, as a sentence.
    error_message: String,
    /// When it was put aside.
    #[schema(value_type = String, format = DateTime)]
    timestamp: Timestamp,
    /// The event it is, or claims to be.
    #[schema(value_type = Option<String>)]
    event_id: Option<EventId>,
    /// The payment it is about, or claims to be.
    #[schema(value_type = Option<u64>)]
    payment_id: Option<PaymentId>,
    /// How often it was tried, the first time included.
    attempts: u32,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Why it was held or discarded, or why the last redrive failed.
    note: Option<String>,
}

impl DeadLetterView {
    /// Of a stored dead letter.
    pub(crate) fn of(letter: &DeadLetter) -> Self {
        let parked = &letter.letter;
        let (payload, payload_encoding) = match str::from_utf8(&parked.payload) {
            Ok(text) => (text.to_owned(), "utf-8"),
            Err(_) => (BASE64.encode(&parked.payload), "base64"),
        };
        Self {
            id: letter.id,
            state: letter.state.as_str(),
            original_topic: parked.topic.clone().into(),
            partition: parked.partition,
            offset: parked.offset,
            payload,
            payload_encoding,
            payload_sha256: hex(&parked.payload_sha256),
            error_type: parked.reason.as_str(),
            error_message: parked.message.clone(),
            timestamp: letter.created_at,
            event_id: parked.event,
            payment_id: parked.payment,
            attempts: letter.attempts,
            updated_at: letter.updated_at,
            note: letter.note.clone(),
        }
    }
}
