//! Decides one command against what the batch knows: pure, so that it can run again after a lost connection.

use domain::{
    event,
    id::{Lane, PaymentId},
    ledger::Posting,
    payment::{Birth, Command, Operation, Payment, PaymentEvent, Rejection, Verdict},
    time::Timestamp,
};

use super::{
    Answer, Context, NextStep, Submission, Work, refused,
    workspace::{Effect, Workspace},
};
use crate::{
    observe::{IdempotencyOutcome, Incident},
    payments::Authorize,
    ports::{
        AcquirerDecision, AcquirerRequest, Attempt, AttemptWrite, AuditEntry, IdempotencyRow,
        IdempotencyScope, IdempotencyState, IdempotencyWrite, Outcome, PaymentWrite, Refusal, StoredAnswer,
        payment_object,
    },
};

/// What a command comes to, and what it changes.
pub(super) struct Decision {
    pub(super) next: NextStep,
    pub(super) effect: Effect,
}

/// Decides `submission`.
pub(super) fn decide(context: &Context, workspace: &Workspace, submission: &Submission) -> Decision {
    let case = Case { context, workspace, submission, scope: submission.scope() };
    let known = case.scope.as_ref().and_then(|scope| workspace.idempotency(scope));
    match (&submission.work, known) {
        // Its key is known: by the call that it concludes.
        (Work::Conclude(attempt, verdict), _) => case.conclude(attempt, *verdict),
        (_, Some(row)) => case.known_key(row),
        (Work::Authorize(request), None) => case.authorize(request),
        (Work::OnPayment(payment, command), None) => case.on_payment(*payment, command),
        (Work::ReplayOnly(..), None) => case.refuse(&Refusal::RateLimited, None),
    }
}

struct Case<'a> {
    context: &'a Context,
    workspace: &'a Workspace,
    submission: &'a Submission,
    scope: Option<IdempotencyScope>,
}

impl Case<'_> {
    fn now(&self) -> Timestamp {
        self.workspace.moment.now()
    }

    /// The key has been used: replay, or say why not.
    fn known_key(&self, row: &IdempotencyRow) -> Decision {
        if row.fingerprint != self.submission.fingerprint {
            self.context.observer.idempotency(IdempotencyOutcome::Mismatch);
            return self.refuse(&Refusal::KeyReused, self.submission.work.payment());
        }
        match &row.state {
            IdempotencyState::Running { payment } => {
                self.context.observer.idempotency(IdempotencyOutcome::InFlight);
                self.refuse(&Refusal::KeyRunning, Some(*payment))
            }
            IdempotencyState::Final(stored) => {
                self.context.observer.idempotency(IdempotencyOutcome::Replayed);
                let answer = Answer::stored(stored.status, stored.body.clone(), true);
                Decision { next: NextStep::Answer(answer), effect: Effect::default() }
            }
        }
    }

    fn authorize(&self, request: &Authorize) -> Decision {
        let merchant = &self.submission.merchant;
        let holder = request.order.as_ref().and_then(|order| self.workspace.order_holder(merchant, order));
        if let Some(holder) = holder {
            let wait = holder.pending.is_some();
            return self.refuse(&Refusal::DuplicateOrder { wait }, Some(holder.id));
        }
        let lane = Lane::of(merchant, self.workspace.lane_count);
        let Some(id) = self.workspace.next_payment_id(lane) else {
            return self.refuse(&Refusal::Internal, None);
        };
        let birth = self.birth(id, request);
        let asked = self.ask(Operation::Authorize, id, birth.amount, Some(request.token.clone()));
        match self.context.acquirer.decide_at_once(&asked) {
            Some(AcquirerDecision::Known(verdict)) => {
                let (payment, events) = Payment::authorize(birth, verdict, self.now());
                self.decided(PaymentWrite { payment, new: true }, events, verdict)
            }
            decision => {
                let payment = Payment::processing(birth, self.submission.attempt, self.now());
                self.begin(PaymentWrite { payment, new: true }, asked, decision.is_some())
            }
        }
    }

    fn birth(&self, id: PaymentId, request: &Authorize) -> Birth {
        Birth {
            id,
            merchant: self.submission.merchant.clone(),
            order: request.order.clone(),
            description: request.description.clone(),
            metadata: request.metadata.clone(),
            amount: request.amount,
            capture_mode: request.capture_mode,
            capture_before: self.now().plus_seconds(self.context.settings.authorization_seconds),
        }
    }

    fn ask(
        &self,
        operation: Operation,
        payment: PaymentId,
        amount: domain::money::Money,
        token: Option<domain::id::CardToken>,
    ) -> AcquirerRequest {
        AcquirerRequest { attempt: self.submission.attempt, operation, payment, amount, token }
    }

    fn on_payment(&self, id: PaymentId, command: &Command) -> Decision {
        let Some(payment) = self.workspace.payment(id, &self.submission.merchant) else {
            return self.refuse(&Refusal::NotFound, Some(id));
        };
        let (after, event) = match payment.clone().apply(command, self.workspace.moment) {
            Ok(applied) => applied,
            Err(rejection) => return self.refuse(&refusal_of(&rejection), Some(id)),
        };
        let after = PaymentWrite { payment: after, new: false };
        if *command == Command::Expire {
            return self.decided(after, vec![event], Verdict::Approved);
        }
        let amount = event.change.amount(&after.payment);
        let asked = self.ask(self.submission.work.operation(), id, amount, None);
        let unchanged = || PaymentWrite { payment: payment.clone(), new: false };
        match self.context.acquirer.decide_at_once(&asked) {
            Some(AcquirerDecision::Known(Verdict::Approved)) => {
                self.decided(after, vec![event], Verdict::Approved)
            }
            // What the acquirer did not do leaves the payment as it was.
            Some(AcquirerDecision::Known(verdict)) => self.decided(unchanged(), Vec::new(), verdict),
            decision => match payment.clone().begin(command, asked.attempt, self.workspace.moment) {
                Ok(payment) => self.begin(PaymentWrite { payment, new: false }, asked, decision.is_some()),
                Err(rejection) => self.refuse(&refusal_of(&rejection), Some(id)),
            },
        }
    }

    /// The acquirer has answered a new command: the outcome, its events and the stored answer.
    fn decided(&self, write: PaymentWrite, events: Vec<PaymentEvent>, verdict: Verdict) -> Decision {
        if self.scope.is_some() {
            self.context.observer.idempotency(IdempotencyOutcome::Fresh);
        }
        let operation = self.submission.work.operation();
        let (answer, events) = self.outcome(&write.payment, events, verdict, operation);
        let idempotency = self.insert_answer(&answer, write.payment.id);
        let changed = write.new || !events.is_empty();
        assert!(write.payment.pending.is_none());
        assert!(verdict != Verdict::Approved || changed, "what the acquirer did is recorded");
        let audit = self.audit(write.payment.id, outcome_word(verdict));
        let effect = Effect {
            payment: changed.then_some(write),
            events,
            idempotency,
            attempt: None,
            traceparent: self.submission.traceparent.clone(),
            audit,
        };
        Decision { next: NextStep::Answer(answer), effect }
    }

    /// The acquirer must be called, or was and does not say: commit that before anything else happens.
    fn begin(&self, write: PaymentWrite, asked: AcquirerRequest, already_asked: bool) -> Decision {
        if self.scope.is_some() {
            self.context.observer.idempotency(IdempotencyOutcome::Fresh);
        }
        assert_eq!(write.payment.pending.as_ref().map(|pending| pending.attempt), Some(asked.attempt));
        assert_eq!(write.payment.id, asked.payment);
        let attempt = Attempt {
            id: asked.attempt,
            acquirer: self.context.acquirer.id().into(),
            payment: asked.payment,
            merchant: self.submission.merchant.clone(),
            operation: asked.operation,
            amount: asked.amount,
            token: asked.token,
            scope: self.scope.clone(),
            request_id: self.submission.request_id.clone(),
            created_at: self.now(),
            verdict: None,
        };
        let next = if already_asked {
            NextStep::Answer(self.refusal_answer(&Refusal::OutcomeUnknown, Some(asked.payment)))
        } else {
            NextStep::CallAcquirer(Box::new(attempt.clone()))
        };
        let running = self.scope.clone().map(|scope| IdempotencyRow {
            scope,
            fingerprint: self.submission.fingerprint,
            state: IdempotencyState::Running { payment: asked.payment },
        });
        let effect = Effect {
            payment: Some(write),
            events: Vec::new(),
            idempotency: running.map(IdempotencyWrite::Insert),
            attempt: Some(AttemptWrite::Insert(attempt)),
            traceparent: None,
            audit: self.audit(asked.payment, "sent"),
        };
        Decision { next, effect }
    }

    /// Records what the acquirer said. The first outcome stands.
    fn conclude(&self, attempt: &Attempt, verdict: Verdict) -> Decision {
        let stored = self.workspace.attempt(attempt.id);
        if let Some(recorded) = stored.and_then(|stored| stored.verdict) {
            return self.concluded_before(attempt, recorded, verdict);
        }
        let payment = self.workspace.payment(attempt.payment, &attempt.merchant);
        let Some((payment, _)) = payment.zip(stored) else {
            return self.refuse(&Refusal::Internal, Some(attempt.payment));
        };
        let (after, events) = payment.clone().conclude(verdict, self.now());
        assert!(after.pending.is_none());
        let (answer, events) = self.outcome(&after, events, verdict, attempt.operation);
        let idempotency = attempt.scope.clone().map(|scope| match verdict {
            Verdict::Approved | Verdict::Declined(_) => {
                IdempotencyWrite::Finish(scope, self.stored_answer(&answer, after.id))
            }
            Verdict::Refused => IdempotencyWrite::Remove(scope),
        });
        let effect = Effect {
            payment: Some(PaymentWrite { payment: after, new: false }),
            events,
            idempotency,
            attempt: Some(AttemptWrite::Close(attempt.id, verdict)),
            traceparent: self.submission.traceparent.clone(),
            // Whoever asked for it was noted when it was sent.
            audit: None,
        };
        Decision { next: NextStep::Answer(answer), effect }
    }

    fn concluded_before(&self, attempt: &Attempt, recorded: Verdict, said: Verdict) -> Decision {
        if recorded != said {
            self.context.observer.incident(Incident::ContradictingVerdicts);
            tracing::error!(
                attempt.id = %attempt.id, payment.id = %attempt.payment, ?recorded, ?said,
                "acquirer contradicts its earlier answer; the first stands"
            );
        }
        let row = attempt.scope.as_ref().and_then(|scope| self.workspace.idempotency(scope));
        let Some(IdempotencyState::Final(stored)) = row.map(|row| &row.state) else {
            return self.refuse(&Refusal::OutcomeUnknown, Some(attempt.payment));
        };
        let answer = Answer::stored(stored.status, stored.body.clone(), false);
        Decision { next: NextStep::Answer(answer), effect: Effect::default() }
    }

    /// Renders a verdict, and works out what its events post.
    fn outcome(
        &self,
        payment: &Payment,
        events: Vec<PaymentEvent>,
        verdict: Verdict,
        operation: Operation,
    ) -> (Answer, Vec<(PaymentEvent, Vec<Posting>)>) {
        let events: Vec<_> = events
            .into_iter()
            .map(|caused| {
                let postings = event::postings_of(&caused, payment, self.context.acquirer.name());
                // A change the state machine allowed is positive, of one currency, and between different accounts.
                let postings =
                    postings.unwrap_or_else(|error| panic!("postings of payment {}: {error}", payment.id));
                (caused, postings)
            })
            .collect();
        let answer = match verdict {
            Verdict::Approved => {
                let postings: Vec<Posting> =
                    events.iter().flat_map(|(_, postings)| postings.iter().cloned()).collect();
                let outcome = Outcome::Done { operation, payment, postings: &postings };
                Answer::fresh(self.context.render.render(outcome), true, None)
            }
            Verdict::Declined(code) => self.refusal_answer(&Refusal::CardDeclined(code), Some(payment.id)),
            Verdict::Refused => self.refusal_answer(&Refusal::AcquirerError, Some(payment.id)),
        };
        (answer, events)
    }

    fn refuse(&self, refusal: &Refusal, payment: Option<PaymentId>) -> Decision {
        let answer = self.refusal_answer(refusal, payment);
        let idempotency = payment.and_then(|id| self.insert_answer(&answer, id));
        Decision { next: NextStep::Answer(answer), effect: Effect { idempotency, ..Effect::default() } }
    }

    fn refusal_answer(&self, refusal: &Refusal, payment: Option<PaymentId>) -> Answer {
        let request_id = match &self.submission.work {
            Work::Conclude(attempt, _) => &attempt.request_id,
            Work::Authorize(_) | Work::OnPayment(..) | Work::ReplayOnly(..) => &self.submission.request_id,
        };
        let operation = self.submission.work.operation();
        refused(self.context.render.as_ref(), operation, refusal, payment, request_id)
    }

    /// The row that makes an answer final, if it is one and there is a key.
    fn insert_answer(&self, answer: &Answer, payment: PaymentId) -> Option<IdempotencyWrite> {
        let scope = self.scope.clone().filter(|_| answer.stored)?;
        let state = IdempotencyState::Final(self.stored_answer(answer, payment));
        Some(IdempotencyWrite::Insert(IdempotencyRow {
            scope,
            fingerprint: self.submission.fingerprint,
            state,
        }))
    }

    /// The row an operator's act leaves; a merchant's call leaves none.
    fn audit(&self, payment: PaymentId, outcome: &str) -> Option<AuditEntry> {
        let act = self.submission.act.as_ref()?;
        let action = match self.submission.work.operation() {
            Operation::Authorize => "payment.authorize",
            Operation::Capture => "payment.capture",
            Operation::Void => "payment.void",
            Operation::Refund => "payment.refund",
        };
        Some(act.did(action, payment_object(payment), outcome, self.now()))
    }

    fn stored_answer(&self, answer: &Answer, payment: PaymentId) -> StoredAnswer {
        StoredAnswer {
            status: answer.status,
            body: answer.body.clone(),
            payment: Some(payment),
            answered_at: self.now(),
        }
    }
}

/// What the audit log says came of an act.
fn outcome_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approved => "done",
        Verdict::Declined(_) => "declined",
        Verdict::Refused => "refused",
    }
}

fn refusal_of(rejection: &Rejection) -> Refusal {
    match *rejection {
        Rejection::Busy => Refusal::Busy,
        Rejection::CaptureConflict(status)
        | Rejection::VoidConflict(status)
        | Rejection::RefundConflict(status) => Refusal::Conflict(status),
        Rejection::AuthorizationExpired => Refusal::AuthorizationExpired,
        Rejection::AmountTooLarge { available } => Refusal::AmountTooLarge { available },
        Rejection::ExpectedAmountMismatch { actual } => Refusal::ExpectedAmountMismatch { actual },
        // Only the expiry loop asks, and it asks again later.
        Rejection::NotExpirable => Refusal::Busy,
    }
}
