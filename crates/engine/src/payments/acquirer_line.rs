//! The line to a remote acquirer: no call while a lane is locked; never more than its permits; none while its breaker is open.
//!
//! Invariant: an attempt is committed before it is sent, and its outcome is recorded once, whoever learns it first: the
//! caller here or the resolver.

use std::{sync::Arc, time::Duration};

use domain::payment::Verdict;
use recloser::{AsyncRecloser, Error as BreakerError, Recloser};
use tokio::sync::Semaphore;

use crate::{
    commit::{Answer, CommitQueue, Context, NextStep, Submission, Work, refused},
    ports::{
        AcquirerDecision, AcquirerRequest, Attempt, Away, Begun, Refusal, Span, TraceContext, TracedWork,
    },
};

/// Calls looked at before the breaker may open, and the share of them that must be without an answer.
const BREAKER_WINDOW: usize = 50;
const BREAKER_SHARE: f32 = 0.5;
/// How long an open breaker refuses before it lets some calls through again.
const BREAKER_WAIT: Duration = Duration::from_secs(5);
const BREAKER_TRIALS: usize = 5;

/// The line to the acquirer: its permits, its breaker, and the way to the committer.
#[derive(Clone)]
pub(crate) struct AcquirerLine {
    context: Context,
    queue: CommitQueue,
    permits: Arc<Semaphore>,
    breaker: AsyncRecloser,
}

impl AcquirerLine {
    pub(super) fn new(context: Context, queue: CommitQueue) -> Self {
        let permits = Arc::new(Semaphore::new(context.settings.acquirer_calls_max));
        let breaker = Recloser::custom()
            .error_rate(BREAKER_SHARE)
            .closed_len(BREAKER_WINDOW)
            .half_open_len(BREAKER_TRIALS)
            .open_wait(BREAKER_WAIT)
            .build();
        Self { context, queue, permits, breaker: AsyncRecloser::from(breaker) }
    }

    /// Runs a command that ends in an acquirer call, if breaker and permits allow: commit the attempt, call, commit the outcome.
    pub(super) async fn run(&self, submission: Submission) -> Result<Answer, Refusal> {
        let Ok(_permit) = self.permits.try_acquire() else {
            return Err(Refusal::Unavailable(Away::Acquirer));
        };
        let (request_id, origin) = (submission.request_id.clone(), Origin::of(&submission));
        let call = async {
            match self.queue.ask(submission).await {
                Ok(NextStep::CallAcquirer(attempt)) => self.call(attempt, &request_id, origin).await,
                Ok(NextStep::Answer(answer)) => Ok(Ok(answer)),
                Err(refusal) => Ok(Err(refusal)),
            }
        };
        match self.breaker.call(call).await {
            Ok(answered) => answered,
            Err(BreakerError::Inner(Unanswered(answer))) => Ok(answer),
            Err(BreakerError::Rejected) => Err(Refusal::Unavailable(Away::Acquirer)),
        }
    }

    async fn call(
        &self,
        attempt: Box<Attempt>,
        request_id: &str,
        origin: Origin,
    ) -> Result<Result<Answer, Refusal>, Unanswered> {
        match self.send(&attempt, &origin).await {
            AcquirerDecision::Known(verdict) => Ok(self.record(attempt, verdict, origin).await),
            AcquirerDecision::Unknown => {
                self.context.signals.attempt_unknown();
                let render = self.context.render.as_ref();
                let payment = Some(attempt.payment);
                let refusal = &Refusal::OutcomeUnknown;
                Err(Unanswered(refused(render, attempt.operation, refusal, payment, request_id)))
            }
        }
    }

    /// Sends the attempt to the acquirer, and tells of it.
    async fn send(&self, attempt: &Attempt, origin: &Origin) -> AcquirerDecision {
        let tracer = self.context.tracer.as_ref();
        let begun = origin.parent.map(|parent| Begun::child(tracer, parent));
        let decision = self.context.acquirer.send(&request_of(attempt)).await;
        if let Some(begun) = begun {
            let work = TracedWork::AcquirerCall { operation: attempt.operation, payment: attempt.payment };
            let error = matches!(decision, AcquirerDecision::Unknown).then_some("no_answer");
            tracer.ended(vec![Span { error, ..begun.end(tracer.now(), work) }]);
        }
        decision
    }

    /// Commits what the acquirer said to a call that came from `origin`.
    pub(crate) async fn record(
        &self,
        attempt: Box<Attempt>,
        verdict: Verdict,
        origin: Origin,
    ) -> Result<Answer, Refusal> {
        let submission = Submission {
            merchant: attempt.merchant.clone(),
            key: attempt.scope.as_ref().map(|scope| scope.key.clone()),
            fingerprint: [0; 32],
            request_id: attempt.request_id.clone(),
            traceparent: origin.traceparent,
            trace: None,
            attempt: attempt.id,
            act: None,
            work: Work::Conclude(attempt, verdict),
        };
        let submission = submission.traced(self.context.tracer.as_ref(), origin.parent);
        match self.queue.ask(submission).await {
            Ok(NextStep::Answer(answer)) => Ok(answer),
            Ok(NextStep::CallAcquirer(_)) => Err(Refusal::Internal),
            // The attempt is committed and the acquirer has acted: whatever kept us from recording it, "nothing happened" is untrue.
            Err(_) => Err(Refusal::OutcomeUnknown),
        }
    }
}

/// Where in a trace a call came from; nowhere for what the resolver finds out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    traceparent: Option<Box<str>>,
    parent: Option<TraceContext>,
}

impl Origin {
    fn of(submission: &Submission) -> Self {
        let parent = submission.trace.as_ref().and_then(Begun::parent_context);
        Self { traceparent: submission.traceparent.clone(), parent }
    }
}

/// The acquirer gave no answer; what the caller is told. Counts against the breaker.
struct Unanswered(Answer);

/// The request an attempt stands for; the same attempt always gives the same request.
pub(crate) fn request_of(attempt: &Attempt) -> AcquirerRequest {
    AcquirerRequest {
        attempt: attempt.id,
        operation: attempt.operation,
        payment: attempt.payment,
        amount: attempt.amount,
        token: attempt.token.clone(),
    }
}
