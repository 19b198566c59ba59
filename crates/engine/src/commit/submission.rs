//! What the committer is asked: one command, whose it is, and everything deciding it needs.

use domain::{
    id::{AttemptId, IdempotencyKey, MerchantId, PaymentId},
    payment::{Command, Operation, Verdict},
    text::looks_like_card_number,
};

use crate::{
    payments::Authorize,
    ports::{Attempt, Begun, Digest, IdempotencyScope, OperatorAct, TraceContext, Tracer},
};

/// What the committer is asked to do.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// Give birth to a payment.
    Authorize(Box<Authorize>),
    /// A command on a payment that exists; `Expire` comes from the expiry loop only.
    OnPayment(PaymentId, Command),
    /// Answer from what is stored under the key, or refuse as limited: for a caller whose limit is used up.
    ReplayOnly(Operation, Option<PaymentId>),
    /// Record what the acquirer said.
    Conclude(Box<Attempt>, Verdict),
}

impl Work {
    pub(crate) fn operation(&self) -> Operation {
        match self {
            Self::Authorize(_) => Operation::Authorize,
            Self::OnPayment(_, Command::Capture(_)) => Operation::Capture,
            Self::OnPayment(_, Command::Void(_) | Command::Expire) => Operation::Void,
            Self::OnPayment(_, Command::Refund(_)) => Operation::Refund,
            Self::ReplayOnly(operation, _) => *operation,
            Self::Conclude(attempt, _) => attempt.operation,
        }
    }

    /// The payment it names; a refusal says it back.
    pub(crate) fn payment(&self) -> Option<PaymentId> {
        match self {
            Self::Authorize(_) => None,
            Self::OnPayment(payment, _) => Some(*payment),
            Self::ReplayOnly(_, payment) => *payment,
            Self::Conclude(attempt, _) => Some(attempt.payment),
        }
    }
}

/// A command and everything deciding it needs.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) work: Work,
    pub(crate) merchant: MerchantId,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) fingerprint: Digest,
    pub(crate) request_id: Box<str>,
    /// What its events carry on: where it stands in a trace, or what the caller sent.
    pub(crate) traceparent: Option<Box<str>>,
    /// Its span, if it is sampled.
    pub(crate) trace: Option<Begun>,
    /// Drawn before, so that deciding stays pure; used only if an acquirer call becomes outstanding.
    pub(crate) attempt: AttemptId,
    /// The operator whose act it is; a merchant's call is nobody's.
    pub(crate) act: Option<OperatorAct>,
}

impl Submission {
    /// The payment it names, for the log and for traces: not one that is a card number somebody typed in its place.
    pub(crate) fn named_payment(&self) -> Option<PaymentId> {
        const DIGITS_13: u64 = 1_000_000_000_000;
        self.work.payment().filter(|id| id.get() < DIGITS_13 || !looks_like_card_number(&id.to_string()))
    }

    /// The trace it belongs to, for the log.
    pub(crate) fn trace_id(&self) -> Option<&str> {
        self.traceparent.as_deref()?.split('-').nth(1)
    }

    /// Begins its span below `parent`, which must be sampled; its events carry on from there.
    pub(crate) fn traced(self, tracer: &dyn Tracer, parent: Option<TraceContext>) -> Self {
        let Some(parent) = parent else { return self };
        let begun = Begun::child(tracer, parent);
        Self { traceparent: Some(begun.context.to_string().into()), trace: Some(begun), ..self }
    }

    pub(crate) fn scope(&self) -> Option<IdempotencyScope> {
        let key = self.key.clone()?;
        Some(IdempotencyScope { merchant: self.merchant.clone(), operation: self.work.operation(), key })
    }
}
