//! The spans of a batch: one a sampled command, and one for the batch itself, which links to them.

use std::time::Duration;

use domain::id::PaymentId;

use super::{Context, promise::Queued};
use crate::ports::{Begun, Span, StoreError, TraceContext, TracedWork};

/// The spans of one batch that is being committed.
pub(super) struct BatchSpans {
    begun: Duration,
    ended: Duration,
    commands: usize,
    members: Vec<Member>,
}

struct Member {
    begun: Begun,
    work: TracedWork,
}

impl BatchSpans {
    /// Begins the batch's span; nothing when nobody in it is sampled.
    pub(super) fn begin(context: &Context, batch: &[Queued]) -> Option<Self> {
        let members: Vec<Member> = batch.iter().filter_map(member).collect();
        let some = !members.is_empty();
        let begun = if some { context.tracer.now() } else { Duration::ZERO };
        some.then_some(Self { begun, ended: begun, commands: batch.len(), members })
    }

    /// The commit is done, or has failed.
    pub(super) fn stop(&mut self, context: &Context) {
        self.ended = context.tracer.now();
    }

    /// Says which payments the commands turned out to be about.
    pub(super) fn learn(&mut self, batch: &[Queued], payments: impl Iterator<Item = Option<PaymentId>>) {
        let sampled = batch.iter().zip(payments).filter(|(queued, _)| queued.submission.trace.is_some());
        for (member, (_, found)) in self.members.iter_mut().zip(sampled) {
            if let TracedWork::Commit { payment, .. } = &mut member.work {
                *payment = found.or(*payment);
            }
        }
    }

    /// Everybody has been told: tells of the batch and of its commands.
    pub(super) fn finish(self, context: &Context, error: Option<&StoreError>) {
        let (members, batch) = self.end(context, error);
        context.tracer.ended(members.into_iter().chain([batch]).collect());
    }

    /// The batch failed, and its commands go on alone.
    pub(super) fn broken_up(self, context: &Context, error: &StoreError) {
        let (_, batch) = self.end(context, Some(error));
        context.tracer.ended(vec![batch]);
    }

    fn end(self, context: &Context, error: Option<&StoreError>) -> (Vec<Span>, Span) {
        let Self { begun, ended, commands, members } = self;
        let links: Vec<TraceContext> = members.iter().map(|member| member.begun.context).collect();
        let error = error.map(word_for);
        let members = members
            .into_iter()
            .map(|member| Span { error, ..member.begun.end(ended, member.work) })
            .collect();
        let batch = Begun::root(context.tracer.as_ref(), begun);
        (members, Span { error, links, ..batch.end(ended, TracedWork::CommitBatch { commands }) })
    }
}

fn member(queued: &Queued) -> Option<Member> {
    let submission = &queued.submission;
    let work = TracedWork::Commit {
        operation: submission.work.operation(),
        payment: submission.named_payment(),
        request_id: submission.request_id.clone(),
    };
    submission.trace.map(|begun| Member { begun, work })
}

fn word_for(error: &StoreError) -> &'static str {
    match error {
        StoreError::Unavailable { .. } => "unavailable",
        StoreError::UnknownOutcome { .. } => "unknown_outcome",
        StoreError::Fenced { .. } => "fenced",
        StoreError::Statement { .. } => "statement",
        StoreError::Corrupt { .. } => "corrupt",
    }
}
