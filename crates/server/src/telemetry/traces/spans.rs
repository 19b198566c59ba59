//! What the engine tells of, in the words of OpenTelemetry's semantic conventions.
//!
//! Never here: merchants, amounts, tokens, bodies, what callers typed.

use domain::payment::Operation;
use engine::{
    observe::EventResult,
    ports::{TracedEvent, TracedWork},
};
use opentelemetry::{KeyValue, Value, trace::SpanKind};

use super::Surroundings;
use crate::telemetry::metrics::event_word;

/// Whose span it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Service {
    /// The API, the committer and the relay.
    Ingest,
    /// The worker.
    Worker,
}

/// A piece of work as a collector knows it.
pub(super) struct Described {
    pub(super) service: Service,
    pub(super) name: String,
    pub(super) kind: SpanKind,
    /// Whether its parent is another process's, or may be.
    pub(super) parent_is_remote: bool,
    pub(super) attributes: Vec<KeyValue>,
}

/// Describes a piece of work.
pub(super) fn describe(work: TracedWork, around: &Surroundings) -> Described {
    let ingest = |name: &str, kind, attributes| Described {
        service: Service::Ingest,
        name: name.to_owned(),
        kind,
        parent_is_remote: false,
        attributes,
    };
    match work {
        TracedWork::Commit { operation, payment, request_id } => {
            let mut attributes =
                vec![of("payment.operation", operation.as_str()), of("request.id", String::from(request_id))];
            attributes.extend(payment.map(|payment| of("payment.id", payment.to_string())));
            ingest("commit", SpanKind::Internal, attributes)
        }
        TracedWork::CommitBatch { commands } => {
            ingest("commit batch", SpanKind::Client, database(around, "COMMIT", commands))
        }
        TracedWork::AcquirerCall { operation, payment } => ingest(
            &format!("acquirer {}", operation.as_str()),
            SpanKind::Client,
            acquirer(operation, payment.to_string()),
        ),
        TracedWork::Publish(event) => Described {
            parent_is_remote: true,
            attributes: messaging(&event, around, Message { kind: "send", name: "publish", offset: None }),
            ..ingest(&format!("publish {}", event.topic), SpanKind::Producer, Vec::new())
        },
        TracedWork::PublishBatch { events } => ingest(
            "publish batch",
            SpanKind::Client,
            vec![
                of("messaging.system", around.messaging),
                of("messaging.operation.type", "send"),
                of("messaging.operation.name", "publish"),
                count("messaging.batch.message_count", events),
            ],
        ),
        TracedWork::Consume { event, offset, result } => consumed(&event, around, offset, result),
        TracedWork::Post(event) => {
            let mut attributes = about(&event);
            attributes.push(of("db.collection.name", "journal_entry"));
            let name = "post".to_owned();
            let kind = SpanKind::Internal;
            Described { service: Service::Worker, name, kind, parent_is_remote: false, attributes }
        }
        TracedWork::PostBatch { records } => Described {
            service: Service::Worker,
            ..ingest("post batch", SpanKind::Client, database(around, "COMMIT", records))
        },
    }
}

fn consumed(event: &TracedEvent, around: &Surroundings, offset: i64, result: EventResult) -> Described {
    let message = Message { kind: "process", name: "consume", offset: Some(offset) };
    let mut attributes = messaging(event, around, message);
    attributes.push(of("messaging.consumer.group.name", around.consumer_group.clone()));
    attributes.push(of("event.result", event_word(result)));
    Described {
        service: Service::Worker,
        name: format!("consume {}", event.topic),
        kind: SpanKind::Consumer,
        parent_is_remote: true,
        attributes,
    }
}

/// What is done with a message.
struct Message {
    kind: &'static str,
    name: &'static str,
    offset: Option<i64>,
}

fn messaging(event: &TracedEvent, around: &Surroundings, message: Message) -> Vec<KeyValue> {
    let mut attributes = about(event);
    attributes.extend([
        of("messaging.system", around.messaging),
        of("messaging.operation.type", message.kind),
        of("messaging.operation.name", message.name),
        of("messaging.destination.name", format!("{}{}", around.topic_prefix, event.topic)),
        of("messaging.destination.partition.id", event.partition.to_string()),
    ]);
    attributes.extend(event.event.map(|event| of("messaging.message.id", event.to_string())));
    if around.is_kafka() {
        attributes
            .extend(event.payment.map(|payment| of("messaging.kafka.message.key", payment.to_string())));
        attributes.extend(message.offset.map(|offset| of("messaging.kafka.offset", offset)));
    }
    attributes
}

fn about(event: &TracedEvent) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(12);
    attributes.extend(event.payment.map(|payment| of("payment.id", payment.to_string())));
    attributes.extend(event.event.map(|event| of("event.id", event.to_string())));
    attributes
}

fn database(around: &Surroundings, operation: &'static str, batch: usize) -> Vec<KeyValue> {
    let mut attributes = vec![
        of("db.system.name", around.database),
        of("db.operation.name", operation),
        count("db.operation.batch.size", batch),
    ];
    attributes.extend(
        around
            .database_host
            .clone()
            .map(|(host, port)| [of("server.address", host), of("server.port", i64::from(port))])
            .into_iter()
            .flatten(),
    );
    attributes
}

fn acquirer(operation: Operation, payment: String) -> Vec<KeyValue> {
    vec![of("payment.operation", operation.as_str()), of("payment.id", payment)]
}

/// One attribute.
pub(super) fn of(name: &'static str, value: impl Into<Value>) -> KeyValue {
    KeyValue::new(name, value)
}

fn count(name: &'static str, number: usize) -> KeyValue {
    of(name, i64::try_from(number).unwrap_or(i64::MAX))
}
