//! What a use case is given and what it gives back.

use bytes::Bytes;
use domain::{
    id::{CardToken, IdempotencyKey, MerchantId, OrderId, PaymentId},
    money::Money,
    payment::{CaptureMode, Metadata},
    text::Description,
};

use crate::ports::{Digest, LimitState, OperatorAct};

/// One call, past the door: every value in it is valid.
#[derive(Clone, Debug)]
pub struct Call<R> {
    /// Who calls.
    pub merchant: MerchantId,
    /// What is asked.
    pub request: R,
    /// The caller's key. Authorize always has one.
    pub key: Option<IdempotencyKey>,
    /// SHA-256 of operation, payment id and the known fields as sent.
    pub fingerprint: Digest,
    /// The call's id, for logs and problems.
    pub request_id: Box<str>,
    /// W3C trace context, carried with the event.
    pub traceparent: Option<Box<str>>,
    /// The operator whose act it is; a merchant's call is nobody's.
    pub act: Option<OperatorAct>,
}

impl<R> Call<R> {
    /// The same, as an operator's act that gives this reason.
    #[must_use]
    pub fn because(self, reason: Option<&str>) -> Self {
        let act = self.act.map(|act| OperatorAct { reason: reason.map(Box::from), ..act });
        Self { act, ..self }
    }
}

/// Reserve funds.
#[derive(Clone, Debug)]
pub struct Authorize {
    /// How much; 1 to [`Money::AMOUNT_MAX`].
    pub amount: Money,
    /// The merchant's name for the order.
    pub order: Option<OrderId>,
    /// What is sold.
    pub description: Option<Description>,
    /// The merchant's own notes.
    pub metadata: Metadata,
    /// With which card.
    pub token: CardToken,
    /// Capture now or later.
    pub capture_mode: CaptureMode,
}

/// A command on a payment that exists.
#[derive(Clone, Debug)]
pub struct OnPayment<C> {
    /// Which.
    pub payment: PaymentId,
    /// What.
    pub command: C,
}

/// What goes back to the caller.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
    /// Whether these are the stored bytes of an earlier call.
    pub replayed: bool,
    /// After how many seconds to try again.
    pub retry_after_seconds: Option<u32>,
    /// Where the caller's limit stands; `None` while limits are off or the cache is away.
    pub limit: Option<LimitState>,
}
