//! The one way from a call to its reply.
//!
//! Invariant: a client that hangs up does not cancel its command, and what the caches are owed afterwards (a charge to give
//! back, an answer to remember) is still done.

use std::sync::Arc;

use domain::{id::PaymentId, payment::Operation};
use tracing::Instrument;

use super::{Call, Payments, Reply, in_flight::InFlightGuard};
use crate::{
    commit::{Answer, Context, NextStep, Promise, Submission, Work, refused},
    error_chain,
    observe::{IdempotencyOutcome, LimitDecision, PaymentResult},
    ports::{
        Admission, Admitted, Cache, CachedAnswer, Charge, Digest, IdempotencyRow, IdempotencyScope,
        IdempotencyState, LimitAction, LimitState, Refusal, sampled,
    },
};

impl Payments {
    /// Admits a call, hands it to the committer, and waits for its answer.
    pub(super) async fn perform<R>(&self, call: Call<R>, work: impl FnOnce(R) -> Work) -> Reply {
        let Call { merchant, request, key, fingerprint, request_id, traceparent, act } = call;
        let attempt = self.context.entropy.attempt_id();
        let work = work(request);
        let parent = sampled(self.context.tracer.as_ref(), traceparent.as_deref());
        let trace = None;
        let submission =
            Submission { work, merchant, key, fingerprint, request_id, traceparent, trace, attempt, act };
        let scope = submission.scope();

        let Admitted { answer, limit, charge } = self.admit(&submission, scope.as_ref()).await;
        if let Some(copy) = answer {
            let answer = if copy.fingerprint == fingerprint {
                self.context.observer.idempotency(IdempotencyOutcome::Replayed);
                Answer::stored(copy.status, copy.body, true)
            } else {
                self.mismatch(&Asked::of(&submission))
            };
            return reply(answer, limit);
        }
        let submission = if limit.is_some_and(|state| !state.allowed) {
            match self.beyond_limit(submission, scope.as_ref()).await {
                Ok(replay_only) => replay_only,
                Err(answer) => return reply(answer, limit),
            }
        } else {
            submission
        };
        let charged = charge.is_some();
        let submission = submission.traced(self.context.tracer.as_ref(), parent);
        let answer = self.through_committer(submission, scope, charge).await;
        let limit =
            limit.map(|state| if charged && nothing_happened(&answer) { uncharged(state) } else { state });
        reply(answer, limit)
    }

    /// One question to the cache; when it is away, everything passes and keys are looked up in the store.
    async fn admit(&self, submission: &Submission, scope: Option<&IdempotencyScope>) -> Admitted {
        let action = LimitAction::of(submission.work.operation());
        let limit = self.context.settings.limits.map(|limits| limits.of(action));
        let admission = Admission { scope, merchant: &submission.merchant, action, limit };
        let admitted = self.cache.admit(admission).await;
        let decision = match &admitted {
            Ok(Admitted { answer: Some(_), .. } | Admitted { limit: None, .. }) => None,
            Ok(Admitted { limit: Some(state), .. }) if state.allowed => Some(LimitDecision::Allow),
            Ok(_) => Some(LimitDecision::Deny),
            Err(_) => limit.map(|_| LimitDecision::FailOpen),
        };
        if let Some(decision) = decision {
            self.context.observer.limit(action, decision);
        }
        admitted.unwrap_or_else(|error| {
            tracing::debug!(error = error_chain(&error), "cache is away; the call passes");
            Admitted { answer: None, limit: None, charge: None }
        })
    }

    /// The limit is used up, but a key that has its answer, or is being decided, still gets it.
    async fn beyond_limit(
        &self,
        submission: Submission,
        scope: Option<&IdempotencyScope>,
    ) -> Result<Submission, Answer> {
        let operation = submission.work.operation();
        if let Some(scope) = scope {
            let mut is_being_decided = self.in_flight.contains(scope);
            if !is_being_decided {
                if let Some(answer) = self.stored_answer(&Asked::of(&submission), scope).await {
                    return Err(answer);
                }
                // A call the cache admitted just before this one may have been on its way to the committer until now.
                is_being_decided = self.in_flight.contains(scope);
            }
            if is_being_decided {
                return Ok(Submission {
                    work: Work::ReplayOnly(operation, submission.work.payment()),
                    ..submission
                });
            }
        }
        Err(self.refuse(&Refusal::RateLimited, &Asked::of(&submission)))
    }

    /// The answer the store holds for a key, if there is one and the store can be read.
    async fn stored_answer(&self, asked: &Asked, scope: &IdempotencyScope) -> Option<Answer> {
        let find = async { self.context.store.snapshot().await?.idempotency_find(scope).await };
        let row: Option<IdempotencyRow> = find.await.unwrap_or_else(|error| {
            tracing::warn!(error = error_chain(&error), "cannot look up the key of a call that may not pass");
            None
        });
        let row = row?;
        if row.fingerprint != asked.fingerprint {
            return Some(self.mismatch(asked));
        }
        match row.state {
            IdempotencyState::Running { .. } => Some(self.refuse(&Refusal::KeyRunning, asked)),
            IdempotencyState::Final(stored) => {
                self.context.observer.idempotency(IdempotencyOutcome::Replayed);
                Some(Answer::stored(stored.status, stored.body, true))
            }
        }
    }

    /// Has the command committed; where the acquirer must be called, through the line to it.
    async fn through_committer(
        &self,
        submission: Submission,
        scope: Option<IdempotencyScope>,
        charge: Option<Charge>,
    ) -> Answer {
        let after = Aftercare {
            context: self.context.clone(),
            cache: Arc::clone(&self.cache),
            _in_flight: scope.as_ref().map(|scope| self.in_flight.enter(scope)),
            scope,
            asked: Asked::of(&submission),
            charge,
        };
        if self.context.acquirer.is_remote() {
            return self.through_acquirer(submission, after).await;
        }
        match self.queue.enqueue(submission) {
            Ok(promise) => {
                let asked = after.asked.clone();
                let waiting = Waiting::new(promise, after);
                waiting.finish().await.unwrap_or_else(|| self.refuse(&Refusal::Internal, &asked))
            }
            Err(refusal) => after.finish(Err(refusal)).await,
        }
    }

    /// A remote acquirer is called by a task of its own, so that nobody's hanging up can stop it half-way.
    async fn through_acquirer(&self, submission: Submission, after: Aftercare) -> Answer {
        let this = self.clone();
        let (asked, scope) = (after.asked.clone(), after.scope.clone());
        let ours = asked.clone();
        // A task of its own is not the caller's any more: what it logs must say whose it is.
        let whose = tracing::error_span!(
            "call", request.id = %ours.request_id, trace.id = submission.trace_id(),
            payment.id = submission.named_payment().map(tracing::field::display)
        );
        let call = async move {
            let mut answered = this.acquirer_line.run(submission).await;
            // A call the acquirer cannot take now may be a repeated one, which needs no acquirer.
            if let (Err(Refusal::Unavailable(_)), Some(scope)) = (&answered, &scope)
                && let Some(stored) = this.stored_answer(&asked, scope).await
            {
                answered = Ok(stored);
            }
            after.finish(answered).await
        };
        let task = tokio::spawn(call.instrument(whose));
        task.await.unwrap_or_else(|error| {
            tracing::error!(error = error_chain(&error), request.id = %ours.request_id, "remote call ended early");
            self.refuse(&Refusal::OutcomeUnknown, &ours)
        })
    }

    fn mismatch(&self, asked: &Asked) -> Answer {
        self.context.observer.idempotency(IdempotencyOutcome::Mismatch);
        self.refuse(&Refusal::KeyReused, asked)
    }

    fn refuse(&self, refusal: &Refusal, asked: &Asked) -> Answer {
        refused(self.context.render.as_ref(), asked.operation, refusal, asked.payment, &asked.request_id)
    }
}

/// What was asked, as far as a refusal or a stored answer needs to know.
#[derive(Clone)]
struct Asked {
    operation: Operation,
    payment: Option<PaymentId>,
    fingerprint: Digest,
    request_id: Box<str>,
}

impl Asked {
    fn of(submission: &Submission) -> Self {
        Self {
            operation: submission.work.operation(),
            payment: submission.work.payment(),
            fingerprint: submission.fingerprint,
            request_id: submission.request_id.clone(),
        }
    }
}

fn reply(answer: Answer, limit: Option<LimitState>) -> Reply {
    let retry_after_seconds = match limit {
        Some(state) if answer.status == 429 => Some(state.reset_seconds.max(1)),
        _ => answer.retry_after_seconds,
    };
    Reply { status: answer.status, body: answer.body, replayed: answer.replayed, retry_after_seconds, limit }
}

/// What is owed once a command has its answer.
struct Aftercare {
    context: Context,
    cache: Arc<dyn Cache>,
    scope: Option<IdempotencyScope>,
    asked: Asked,
    charge: Option<Charge>,
    _in_flight: Option<InFlightGuard>,
}

impl Aftercare {
    async fn finish(self, answered: Result<Answer, Refusal>) -> Answer {
        let answer = answered.unwrap_or_else(|refusal| {
            let Asked { operation, payment, request_id, .. } = &self.asked;
            refused(self.context.render.as_ref(), *operation, &refusal, *payment, request_id)
        });
        self.context.observer.payment(self.asked.operation, result_of(&answer));
        if let Some(charge) = self.charge.as_ref().filter(|_| nothing_happened(&answer)) {
            self.tell(self.cache.give_back(charge).await);
        }
        if let Some(scope) = self.scope.as_ref().filter(|_| answer.stored) {
            let (status, body) = (answer.status, answer.body.clone());
            let copy = CachedAnswer { fingerprint: self.asked.fingerprint, status, body };
            self.tell(self.cache.remember(scope, copy).await);
        }
        answer
    }

    /// The cache being away costs a copy or a charge, never a payment.
    fn tell(&self, outcome: Result<(), crate::ports::CacheError>) {
        if let Err(error) = outcome {
            tracing::debug!(error = error_chain(&error), "cache is away");
        }
    }
}

/// Such a call costs nothing: its charge is given back.
fn nothing_happened(answer: &Answer) -> bool {
    answer.replayed || answer.status == 503
}

/// Where a limit stands once a charge has been given back.
fn uncharged(state: LimitState) -> LimitState {
    LimitState { remaining: state.remaining.saturating_add(1).min(state.limit.capacity), ..state }
}

fn result_of(answer: &Answer) -> PaymentResult {
    match answer.status {
        200 => PaymentResult::Approved,
        402 => PaymentResult::Declined,
        504 => PaymentResult::Unknown,
        500.. => PaymentResult::Failed,
        _ => PaymentResult::Rejected,
    }
}

/// A command that waits for the committer. Dropped early (the client hung up), it is waited for elsewhere.
struct Waiting {
    promise: Option<Promise>,
    after: Option<Aftercare>,
}

impl Waiting {
    fn new(promise: Promise, after: Aftercare) -> Self {
        Self { promise: Some(promise), after: Some(after) }
    }

    /// What is owed is taken only once it is known what is next: until then it is still the drop's to do.
    async fn finish(mut self) -> Option<Answer> {
        let next = self.promise.as_mut()?.kept().await;
        let after = self.after.take()?;
        Some(after.finish(next.and_then(answered)).await)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let (Some(mut promise), Some(after)) = (self.promise.take(), self.after.take()) else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            drop(runtime.spawn(async move {
                let next = promise.kept().await;
                after.finish(next.and_then(answered)).await
            }));
        }
    }
}

/// An acquirer that decides at once never leaves a call to be made.
fn answered(next: NextStep) -> Result<Answer, Refusal> {
    match next {
        NextStep::Answer(answer) => Ok(answer),
        NextStep::CallAcquirer(_) => Err(Refusal::Internal),
    }
}
