//! Who moves the money: decides at once, or is called over a network and may lose its answers.

use async_trait::async_trait;
use domain::{
    id::{AttemptId, CardToken, PaymentId},
    money::Money,
    payment::{Operation, Verdict},
};

/// What is asked of an acquirer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AcquirerRequest {
    /// The acquirer's idempotency key: the same request under the same id is one request.
    pub attempt: AttemptId,
    /// What to do.
    pub operation: Operation,
    /// For which payment.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// With which card; only a first authorization has one.
    pub token: Option<CardToken>,
}

/// What came of asking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AcquirerDecision {
    /// It said so.
    Known(Verdict),
    /// No answer in time, a reset, a 5xx or an unreadable body: it may or may not have been done.
    Unknown,
}

/// What came of asking about an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inquiry {
    /// It knows.
    Known(Verdict),
    /// It has never heard of it. Not an outcome: the same request is sent again under the same id.
    NoSuchAttempt,
    /// No answer.
    Unknown,
}

/// Who moves the money.
#[async_trait]
pub trait Acquirer: Send + Sync {
    /// Its name, the owner of its receivable account.
    fn name(&self) -> &str;

    /// Who answers, and will be asked again. An attempt sent to one is never resolved by another, even one of the same name:
    /// only whom it was sent to knows what became of it.
    fn id(&self) -> &str;

    /// Whether it must be called over a network; such a one never decides at once.
    fn is_remote(&self) -> bool;

    /// Decides at once, as a pure function, without waiting; `None` from one that must be called. [`AcquirerDecision::Unknown`]
    /// makes the payment take the phases of a remote call.
    fn decide_at_once(&self, request: &AcquirerRequest) -> Option<AcquirerDecision>;

    /// Sends the request. Bounded by the acquirer's own deadline.
    async fn send(&self, request: &AcquirerRequest) -> AcquirerDecision;

    /// Asks what became of an attempt.
    async fn inquire(&self, attempt: AttemptId) -> Inquiry;
}
