//! How an outcome looks on the wire. Rendered before the commit: the stored bytes are what is sent.

use bytes::Bytes;
use domain::{
    id::{MerchantId, OrderId, PaymentId},
    ledger::Posting,
    money::Money,
    payment::{CaptureMode, DeclineCode, Operation, Payment, PaymentStatus},
    time::Timestamp,
};

/// What a call came to.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// It was done.
    Done {
        /// What.
        operation: Operation,
        /// The payment afterwards.
        payment: &'a Payment,
        /// All postings this call causes, holds included.
        postings: &'a [Posting],
    },
    /// It was refused.
    Refused {
        /// What was asked.
        operation: Operation,
        /// Why not.
        refusal: &'a Refusal,
        /// The payment it is about, where there is one.
        payment: Option<PaymentId>,
        /// The call.
        request_id: &'a str,
    },
}

/// Why a call was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// No such payment for this merchant.
    NotFound,
    /// The acquirer said no.
    CardDeclined(DeclineCode),
    /// The status does not allow it.
    Conflict(PaymentStatus),
    /// The authorization's time ran out.
    AuthorizationExpired,
    /// Another operation on the payment is outstanding; only says "wait".
    Busy,
    /// More than is available.
    AmountTooLarge {
        /// What is.
        available: Money,
    },
    /// The caller believes another amount is refundable.
    ExpectedAmountMismatch {
        /// What is.
        actual: Money,
    },
    /// Another payment holds the order. `wait` when that payment's own outcome is outstanding.
    DuplicateOrder {
        /// Whether it may change by itself.
        wait: bool,
    },
    /// The key's acquirer call is outstanding; only says "wait".
    KeyRunning,
    /// The key was used for another request.
    KeyReused,
    /// The acquirer refused explicitly; nothing charged, the key may try again.
    AcquirerError,
    /// Nobody knows yet whether it was done.
    OutcomeUnknown,
    /// Too much waits already; nothing happened.
    Overloaded,
    /// A part of the platform is away; nothing happened.
    Unavailable(Away),
    /// The merchant's limit for this action is used up.
    RateLimited,
    /// Our fault; nothing stored.
    Internal,
}

/// Which part is away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Away {
    /// The books cannot be written: gone, too slow, or without space.
    Store,
    /// The acquirer: too many calls of it are outstanding, or were not answered.
    Acquirer,
}

impl Refusal {
    /// Whether it was decided, so that the same key gets the same answer for ever. The others may be tried again.
    pub fn is_final(&self) -> bool {
        match self {
            Self::CardDeclined(_)
            | Self::Conflict(_)
            | Self::AuthorizationExpired
            | Self::AmountTooLarge { .. }
            | Self::ExpectedAmountMismatch { .. } => true,
            Self::DuplicateOrder { wait } => !wait,
            Self::NotFound
            | Self::Busy
            | Self::KeyRunning
            | Self::KeyReused
            | Self::AcquirerError
            | Self::OutcomeUnknown
            | Self::Overloaded
            | Self::Unavailable(_)
            | Self::RateLimited
            | Self::Internal => false,
        }
    }

    /// After how many seconds to try again, for those that only say "wait".
    pub fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::Busy
            | Self::KeyRunning
            | Self::Overloaded
            | Self::Unavailable(_)
            | Self::OutcomeUnknown => Some(1),
            Self::DuplicateOrder { wait: true } => Some(1),
            Self::DuplicateOrder { wait: false }
            | Self::NotFound
            | Self::CardDeclined(_)
            | Self::Conflict(_)
            | Self::AuthorizationExpired
            | Self::AmountTooLarge { .. }
            | Self::ExpectedAmountMismatch { .. }
            | Self::KeyReused
            | Self::AcquirerError
            | Self::RateLimited
            | Self::Internal => None,
        }
    }
}

/// Bytes for the wire.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rendered {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}

/// What bytes of an outcome tell, for proofs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReadBack {
    /// It was done.
    Done(PaymentThen),
    /// It was refused, for ever.
    Refused {
        /// The payment they name, if any.
        payment: Option<PaymentId>,
        /// Why the acquirer said no, if it did.
        decline_code: Option<DeclineCode>,
    },
}

/// A payment as it was right after a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentThen {
    /// Its number.
    pub id: PaymentId,
    /// Who sells.
    pub merchant: MerchantId,
    /// The merchant's name for the order.
    pub order: Option<OrderId>,
    /// What it looked like.
    pub status: PaymentStatus,
    /// What was asked for.
    pub authorized: Money,
    /// Taken by then, in minor units.
    pub captured: i64,
    /// Given back by then, in minor units.
    pub refunded: i64,
    /// Whether it was captured with its authorization.
    pub capture_mode: CaptureMode,
    /// Until when (exclusive) it could be captured.
    pub capture_before: Timestamp,
    /// When it was first committed.
    pub created_at: Timestamp,
    /// When it had last changed: at the call.
    pub updated_at: Timestamp,
    /// How many events it had caused.
    pub version: u32,
}

/// Turns an outcome into bytes: pure, the same outcome always gives the same bytes.
pub trait Render: Send + Sync {
    /// The bytes.
    fn render(&self, outcome: Outcome<'_>) -> Rendered;

    /// The way back, for bytes that were stored: `None` when they are not those of an outcome that is stored under this status.
    fn read_back(&self, status: u16, body: &[u8]) -> Option<ReadBack>;
}
