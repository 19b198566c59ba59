//! The spans of what the relay publishes: one a sampled event, and one for the whole batch, which links to them.

use std::time::Duration;

use domain::id::Lane;

use crate::{
    commit::Context,
    ports::{Begun, OutboxEvent, Span, TracedEvent, TracedWork, Tracer, sampled},
};

/// The spans of one batch that is being published.
#[derive(Default)]
pub(super) struct PublishSpans {
    begun: Duration,
    members: Vec<(Begun, TracedEvent)>,
}

impl PublishSpans {
    /// The trace context an event goes out with: that of its publishing, below its commit, if it is sampled.
    pub(super) fn trace(
        &mut self,
        tracer: &dyn Tracer,
        event: &OutboxEvent,
        partition: i32,
    ) -> Option<Box<str>> {
        let Some(commit) = sampled(tracer, event.traceparent.as_deref()) else {
            return event.traceparent.clone();
        };
        let begun = Begun::child(tracer, commit);
        self.members.push((begun, TracedEvent::of(event, partition)));
        Some(begun.context.to_string().into())
    }

    /// Forgets the events of lanes that are not `held`.
    pub(super) fn keep(&mut self, held: impl Fn(Lane) -> bool) {
        self.members.retain(|(_, event)| event.event.is_none_or(|event| held(event.lane)));
    }

    /// Publishing begins now.
    pub(super) fn begin(&mut self, context: &Context) {
        if !self.members.is_empty() {
            self.begun = context.tracer.now();
        }
    }

    /// Publishing is over. What failed may have arrived nevertheless, so it is told of as well.
    pub(super) fn end(self, context: &Context, events: usize, published: bool) {
        let Self { begun, members } = self;
        if members.is_empty() {
            return;
        }
        let ended = context.tracer.now();
        let error = (!published).then_some("unacknowledged");
        let links = members.iter().map(|(member, _)| member.context).collect();
        let batch =
            Begun::root(context.tracer.as_ref(), begun).end(ended, TracedWork::PublishBatch { events });
        let batch = Span { error, links, ..batch };
        let members = members.into_iter().map(|(member, event)| {
            let member = Begun { at: begun, ..member };
            Span { error, ..member.end(ended, TracedWork::Publish(event)) }
        });
        context.tracer.ended(members.chain([batch]).collect());
    }
}
