//! Refusals the caller can act on.

use thiserror::Error;

use super::PaymentStatus;
use crate::money::Money;

/// Why a command on a payment was refused. Nothing has changed.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Rejection {
    /// An acquirer call for this payment is outstanding; only says "wait".
    #[error("another operation on the payment is outstanding")]
    Busy,
    /// The status does not allow a capture.
    #[error("the payment cannot be captured: it is {0}")]
    CaptureConflict(PaymentStatus),
    /// The status does not allow a void.
    #[error("the payment cannot be voided: it is {0}")]
    VoidConflict(PaymentStatus),
    /// The status does not allow a refund.
    #[error("the payment cannot be refunded: it is {0}")]
    RefundConflict(PaymentStatus),
    /// The authorization's time ran out.
    #[error("the authorization has expired")]
    AuthorizationExpired,
    /// More than is capturable or refundable.
    #[error("the amount exceeds the {available} that is available")]
    AmountTooLarge {
        /// What is.
        available: Money,
    },
    /// The caller believes another amount is refundable.
    #[error("the refundable amount is {actual}, not what was expected")]
    ExpectedAmountMismatch {
        /// What is.
        actual: Money,
    },
    /// Its time has not run out (only the expiry loop can see this).
    #[error("the authorization cannot expire yet")]
    NotExpirable,
}
