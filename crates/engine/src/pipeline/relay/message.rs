//! What an event and a dead letter look like on the broker: bytes as they were committed, CloudEvents attributes beside them.

use std::borrow::Cow;

use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use serde::Serialize;

use crate::ports::{DEAD_LETTER_TOPIC, DeadLetter, OutboxEvent, Outgoing};

/// Who speaks, in CloudEvents' words.
const SOURCE: &str = "/payment-swelite";

/// As much of a parked payload goes to the dead letter topic, in bytes as they are written there: well below what a broker takes
/// of one record (a megabyte, unless it is set otherwise).
const PAYLOAD_BYTES_MAX: usize = 500_000;

/// An event: the same bytes that were committed. Whoever reads it carries on from `traceparent`.
pub(super) fn of_event(event: &OutboxEvent, partition: i32, traceparent: Option<Box<str>>) -> Outgoing {
    let mut headers = Vec::with_capacity(7);
    headers.push(("ce_id", event.id.to_string().into_boxed_str()));
    headers.push(("ce_type", event.topic.as_str().into()));
    headers.push(("ce_source", SOURCE.into()));
    headers.push(("ce_time", event.occurred_at.to_string().into_boxed_str()));
    headers.push(("ce_specversion", "1.0".into()));
    headers.push(("content-type", "application/json".into()));
    headers.extend(traceparent.map(|traceparent| ("traceparent", traceparent)));
    Outgoing {
        topic: event.topic.as_str(),
        partition: Some(partition),
        key: event.payment.to_string().into_boxed_str(),
        headers,
        payload: event.body.clone(),
    }
}

/// A dead letter as it is published.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PublishedLetter<'a> {
    original_topic: &'a str,
    partition: i32,
    offset: i64,
    /// Text as it is; bytes that are no text in base 64, and then `payloadEncoding` says so.
    payload: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_encoding: Option<&'static str>,
    /// There when `payload` is only the beginning of it.
    #[serde(flatten)]
    cut: Option<Cut>,
    error_type: &'static str,
    error_message: &'a str,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    attempts: u32,
}

/// How to find the whole of a payload that was cut.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cut {
    payload_truncated: bool,
    /// How many bytes there are.
    payload_bytes: usize,
    /// SHA-256 of all of them, in hex: `GET /dead-letters/{id}` has them.
    payload_sha256: String,
}

/// A dead letter, for whoever watches the dead letter topic.
pub(super) fn of_dead_letter(letter: &DeadLetter) -> Result<Outgoing, serde_json::Error> {
    published(letter, PAYLOAD_BYTES_MAX)
}

/// The same with none of its payload, only where to find it.
pub(super) fn without_payload(letter: &DeadLetter) -> Result<Outgoing, serde_json::Error> {
    published(letter, 0)
}

fn published(letter: &DeadLetter, payload_bytes_max: usize) -> Result<Outgoing, serde_json::Error> {
    let parked = &letter.letter;
    let (payload, payload_encoding, cut) = match std::str::from_utf8(&parked.payload) {
        Ok(text) => {
            let beginning = beginning(text, payload_bytes_max);
            (Cow::Borrowed(beginning), None, beginning.len() < text.len())
        }
        Err(_) => {
            let beginning = parked.payload.get(..payload_bytes_max / 4 * 3).unwrap_or(&parked.payload);
            (BASE64.encode(beginning).into(), Some("base64"), beginning.len() < parked.payload.len())
        }
    };
    let cut = cut.then(|| Cut {
        payload_truncated: true,
        payload_bytes: parked.payload.len(),
        payload_sha256: HEXLOWER.encode(&parked.payload_sha256),
    });
    let body = PublishedLetter {
        original_topic: &parked.topic,
        partition: parked.partition,
        offset: parked.offset,
        payload,
        payload_encoding,
        cut,
        error_type: parked.reason.as_str(),
        error_message: &parked.message,
        timestamp: letter.created_at.to_string(),
        event_id: parked.event.map(|event| event.to_string()),
        attempts: letter.attempts,
    };
    let id = format!("dead-letter-{}", letter.id);
    let key = parked.payment.map_or_else(|| id.clone(), |payment| payment.to_string());
    Ok(Outgoing {
        topic: DEAD_LETTER_TOPIC,
        partition: None,
        key: key.into(),
        headers: vec![
            ("ce_id", id.into()),
            ("ce_type", DEAD_LETTER_TOPIC.into()),
            ("ce_source", SOURCE.into()),
            ("ce_time", letter.created_at.to_string().into()),
            ("ce_specversion", "1.0".into()),
            ("content-type", "application/json".into()),
        ],
        payload: Bytes::from(serde_json::to_vec(&body)?),
    })
}

/// As much of a text as takes no more than `bytes_max` once it is a JSON string.
fn beginning(text: &str, bytes_max: usize) -> &str {
    let written = |char: char| match char {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        char => char.len_utf8(),
    };
    let mut left = bytes_max;
    let too_far = text.char_indices().find(|(_, char)| match left.checked_sub(written(*char)) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    too_far.map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use domain::{
        event::Topic,
        id::{DeadLetterId, EventId, Lane, Seq},
        time::Timestamp,
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::ports::{DeadLetterReason, DeadLetterState, NewDeadLetter};

    #[test]
    fn an_event_goes_out_as_it_was_committed_with_its_attributes_beside_it() {
        let event = OutboxEvent {
            id: EventId { lane: Lane(3), seq: Seq(17) },
            topic: Topic::Captured,
            previous: Seq(9),
            payment: "42".parse().unwrap(),
            payment_previous: Seq(5),
            occurred_at: Timestamp::from_unix_ms(1_795_305_600_123),
            body: Bytes::from_static(b"{\"as\": \"committed\"}"),
            sha256: [0; 32],
            traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into()),
        };
        let outgoing = of_event(&event, 1, event.traceparent.clone());
        assert_eq!((outgoing.topic, outgoing.partition, &*outgoing.key), ("payment.captured", Some(1), "42"));
        assert_eq!(outgoing.payload, event.body);
        let headers: Vec<(&str, &str)> =
            outgoing.headers.iter().map(|(key, value)| (*key, &**value)).collect();
        assert_eq!(
            headers,
            [
                ("ce_id", "3-17"),
                ("ce_type", "payment.captured"),
                ("ce_source", "/payment-swelite"),
                ("ce_time", "2026-11-22T00:00:00.123Z"),
                ("ce_specversion", "1.0"),
                ("content-type", "application/json"),
                ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            ]
        );
    }

    fn letter(payload: impl Into<Bytes>) -> DeadLetter {
        DeadLetter {
            id: DeadLetterId::new(5).unwrap(),
            letter: NewDeadLetter {
                topic: "payment.captured".into(),
                partition: 2,
                offset: 9,
                payload: payload.into(),
                payload_sha256: [0; 32],
                event: None,
                payment: None,
                reason: DeadLetterReason::Schema,
                message: "envelope cannot be read".to_owned(),
            },
            state: DeadLetterState::Open,
            attempts: 1,
            created_at: Timestamp::from_unix_ms(1_795_305_600_000),
            updated_at: Timestamp::from_unix_ms(1_795_305_600_000),
            note: None,
            published_at: None,
        }
    }

    #[test]
    fn a_dead_letter_goes_out_with_what_was_parked_and_why() {
        let outgoing = of_dead_letter(&letter("not json")).unwrap();
        assert_eq!((outgoing.topic, &*outgoing.key), ("payment.dlq", "dead-letter-5"));
        let body: Value = serde_json::from_slice(&outgoing.payload).unwrap();
        assert_eq!(
            body,
            json!({
                "originalTopic": "payment.captured", "partition": 2, "offset": 9, "payload": "not json",
                "errorType": "schema", "errorMessage": "envelope cannot be read",
                "timestamp": "2026-11-22T00:00:00.000Z", "attempts": 1,
            })
        );
    }

    #[test]
    fn bytes_that_are_no_text_go_out_in_base_64() {
        let outgoing = of_dead_letter(&letter(vec![0xff, 0x00])).unwrap();
        let body: Value = serde_json::from_slice(&outgoing.payload).unwrap();
        assert_eq!((&body["payload"], &body["payloadEncoding"]), (&json!("/wA="), &json!("base64")));
    }

    #[test]
    fn what_no_broker_would_take_goes_out_cut_and_says_where_the_whole_of_it_is() {
        let texts = ["\"", "\u{1}", "가", "x", "\n"].map(|text| text.repeat(600_000).into_bytes());
        for payload in [texts.to_vec(), vec![vec![0xff; 600_000]]].concat() {
            let (count, first) = (payload.len(), payload[0]);
            let outgoing = of_dead_letter(&letter(payload)).unwrap();
            assert!(
                (499_000..501_000).contains(&outgoing.payload.len()),
                "{first}: {}",
                outgoing.payload.len()
            );
            let body: Value = serde_json::from_slice(&outgoing.payload).unwrap();
            assert_eq!((&body["payloadTruncated"], &body["payloadBytes"]), (&json!(true), &json!(count)));
            assert_eq!(body["payloadSha256"], "00".repeat(32));
        }
        let none = without_payload(&letter("not json")).unwrap();
        let body: Value = serde_json::from_slice(&none.payload).unwrap();
        assert_eq!((&body["payload"], &body["payloadBytes"]), (&json!(""), &json!(8)));
    }
}
