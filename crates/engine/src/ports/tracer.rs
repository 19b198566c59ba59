//! Traces in the engine's own words: what was done for whom, when, and because of what. How a collector wants to hear it is the
//! adapter's business.
//!
//! Invariant: a call that is not sampled makes no span, and no span is told of while a lane is locked.

use std::{fmt, time::Duration};

use domain::{
    id::{EventId, PaymentId},
    payment::Operation,
};

use super::OutboxEvent;
use crate::observe::EventResult;

/// A place in a trace, as it travels from one part to the next (W3C Trace Context, version 00).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TraceContext {
    /// The trace; never 0.
    pub trace: u128,
    /// The span; never 0.
    pub span: u64,
    /// Whether somebody records it.
    pub sampled: bool,
}

impl TraceContext {
    /// Reads a `traceparent`; what is none, or of a version not known, is as good as nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut hex = |length| {
            let hex = |part: &&str| {
                part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            };
            parts.next().filter(hex)
        };
        let (version, trace, span, flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
        if version != "00" || parts.next().is_some() {
            return None;
        }
        let (trace, span) = (u128::from_str_radix(trace, 16).ok()?, u64::from_str_radix(span, 16).ok()?);
        let sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        (trace != 0 && span != 0).then_some(Self { trace, span, sampled })
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

/// A span that has begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Begun {
    /// Its place.
    pub context: TraceContext,
    /// The span it is a child of.
    pub parent: Option<u64>,
    /// When, on the tracer's clock.
    pub at: Duration,
}

impl Begun {
    /// A child of `parent` that begins now.
    pub fn child(tracer: &dyn Tracer, parent: TraceContext) -> Self {
        let context = TraceContext { span: tracer.span_id(), ..parent };
        Self { context, parent: Some(parent.span), at: tracer.now() }
    }

    /// A trace of its own, for work done for many at once; it began at `at`.
    pub fn root(tracer: &dyn Tracer, at: Duration) -> Self {
        let context = TraceContext { trace: tracer.trace_id(), span: tracer.span_id(), sampled: true };
        Self { context, parent: None, at }
    }

    /// The place it was begun below.
    pub fn parent_context(&self) -> Option<TraceContext> {
        self.parent.map(|span| TraceContext { span, ..self.context })
    }

    /// The whole span, once it is over.
    pub fn end(self, at: Duration, work: TracedWork) -> Span {
        let Self { context, parent, at: begun } = self;
        Span { context, parent, begun, ended: at, work, error: None, links: Vec::new() }
    }
}

/// A span that is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// Its place.
    pub context: TraceContext,
    /// The span it is a child of.
    pub parent: Option<u64>,
    /// When it began, on the tracer's clock.
    pub begun: Duration,
    /// When it ended.
    pub ended: Duration,
    /// What was done.
    pub work: TracedWork,
    /// A word for why it failed, if it did.
    pub error: Option<&'static str>,
    /// What it was done for, where that is many at once.
    pub links: Vec<TraceContext>,
}

/// What a span stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TracedWork {
    /// A command: from the queue to the commit that made it durable.
    Commit {
        /// What was asked.
        operation: Operation,
        /// Of which payment, where that is known.
        payment: Option<PaymentId>,
        /// By which call.
        request_id: Box<str>,
    },
    /// The transaction of many commands.
    CommitBatch {
        /// How many, sampled or not.
        commands: usize,
    },
    /// A call to a remote acquirer.
    AcquirerCall {
        /// What was asked.
        operation: Operation,
        /// For which payment.
        payment: PaymentId,
    },
    /// An event, brought to the log the worker reads.
    Publish(TracedEvent),
    /// Many events, brought there at once.
    PublishBatch {
        /// How many, sampled or not.
        events: usize,
    },
    /// An event, read from the log and dealt with.
    Consume {
        /// Which.
        event: TracedEvent,
        /// Its offset.
        offset: i64,
        /// What became of it.
        result: EventResult,
    },
    /// The journal entry of an event.
    Post(TracedEvent),
    /// The transaction of many journal entries.
    PostBatch {
        /// How many records it dealt with, sampled or not.
        records: usize,
    },
}

/// An event, as far as a span tells of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TracedEvent {
    /// The topic's name.
    pub topic: Box<str>,
    /// Which partition.
    pub partition: i32,
    /// Its place, where it has one.
    pub event: Option<EventId>,
    /// Whose it is, where that can be read.
    pub payment: Option<PaymentId>,
}

impl TracedEvent {
    /// An event on its way out of the outbox.
    pub fn of(event: &OutboxEvent, partition: i32) -> Self {
        let topic = event.topic.as_str().into();
        Self { topic, partition, event: Some(event.id), payment: Some(event.payment) }
    }
}

/// Whoever records spans.
pub trait Tracer: Send + Sync {
    /// Whether spans are wanted at all.
    fn is_on(&self) -> bool;
    /// A fresh id of a span; never 0.
    fn span_id(&self) -> u64;
    /// A fresh id of a trace; never 0.
    fn trace_id(&self) -> u128;
    /// The clock of spans: time since some fixed moment, never going back.
    fn now(&self) -> Duration;
    /// Takes spans that are over. Must not wait for anything.
    fn ended(&self, spans: Vec<Span>);
}

/// The place a `traceparent` names, if somebody records what comes of it.
pub fn sampled(tracer: &dyn Tracer, traceparent: Option<&str>) -> Option<TraceContext> {
    let text = traceparent.filter(|_| tracer.is_on())?;
    TraceContext::parse(text).filter(|context| context.sampled)
}

/// Nobody records.
#[derive(Clone, Copy, Debug, Default)]
pub struct Untraced;

impl Tracer for Untraced {
    fn is_on(&self) -> bool {
        false
    }

    fn span_id(&self) -> u64 {
        1
    }

    fn trace_id(&self) -> u128 {
        1
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn ended(&self, _: Vec<Span>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_context_is_read_and_written_alike() {
        for text in [
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000001-0000000000000001-00",
        ] {
            let context = TraceContext::parse(text).unwrap();
            assert_eq!(context.to_string(), text);
            assert_eq!(context.sampled, text.ends_with('1'));
        }
        let random = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03").unwrap();
        assert!(random.sampled, "other flags do not matter");
    }

    #[test]
    fn what_is_no_trace_context_is_nothing() {
        for bad in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceContext::parse(bad), None, "{bad}");
        }
    }
}
