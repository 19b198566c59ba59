//! The spans of what the worker handles: for a sampled event one that it was consumed and below it one that it was posted; for the
//! whole batch one that links to the postings.
//!
//! Only what has been committed is told of: a try that failed is tried again, here or elsewhere.

use std::time::Duration;

use super::Parsed;
use crate::{
    observe::EventResult,
    ports::{Begun, Record, Span, TraceContext, TracedEvent, TracedWork, Tracer, sampled},
};

/// The spans of one batch that is being posted.
pub(super) struct PostSpans {
    delivered: Duration,
    begun: Duration,
    ended: Duration,
    /// By the records' places in the batch: where they were published.
    members: Vec<(usize, TraceContext)>,
}

impl PostSpans {
    /// Begins them; nothing when no record is sampled.
    pub(super) fn begin(tracer: &dyn Tracer, records: &[Record], delivered: Duration) -> Option<Self> {
        if !tracer.is_on() {
            return None;
        }
        let published = records
            .iter()
            .enumerate()
            .filter_map(|(index, record)| Some((index, sampled(tracer, record.traceparent.as_deref())?)));
        let members: Vec<_> = published.collect();
        let begun = tracer.now();
        (!members.is_empty()).then_some(Self { delivered, begun, ended: begun, members })
    }

    /// The transaction is committed.
    pub(super) fn stop(&mut self, tracer: &dyn Tracer) {
        self.ended = tracer.now();
    }

    /// Tells of every member, and of the batch.
    pub(super) fn tell(
        self,
        tracer: &dyn Tracer,
        parsed: &[Parsed<'_>],
        results: impl Iterator<Item = EventResult>,
    ) {
        let Self { delivered, begun, ended, members } = self;
        let results: Vec<EventResult> = results.collect();
        let mut spans = Vec::with_capacity(members.len() * 2 + 1);
        let mut links = Vec::with_capacity(members.len());
        for (index, published) in members {
            let (Some(handled), Some(result)) = (parsed.get(index), results.get(index)) else { continue };
            let event = traced(handled);
            let consumed = Begun { at: delivered, ..Begun::child(tracer, published) };
            if *result == EventResult::Posted {
                let posted = Begun { at: begun, ..Begun::child(tracer, consumed.context) };
                links.push(posted.context);
                spans.push(posted.end(ended, TracedWork::Post(event.clone())));
            } else {
                links.push(consumed.context);
            }
            let offset = handled.record.offset;
            spans.push(consumed.end(ended, TracedWork::Consume { event, offset, result: *result }));
        }
        let work = TracedWork::PostBatch { records: parsed.len() };
        spans.push(Span { links, ..Begun::root(tracer, begun).end(ended, work) });
        tracer.ended(spans);
    }
}

fn traced(handled: &Parsed<'_>) -> TracedEvent {
    TracedEvent {
        topic: handled.record.topic.clone(),
        partition: handled.record.partition,
        event: handled.place,
        payment: handled.payment,
    }
}
