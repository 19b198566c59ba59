//! What can be asked of a payment. Every value here has already passed the door.

use serde::{Deserialize, Serialize};

use super::Metadata;
use crate::{
    id::{MerchantId, OrderId, PaymentId},
    money::Money,
    text::{Description, Reason},
    time::Timestamp,
};

/// Whether money is taken with the authorization or by a later call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureMode {
    /// A capture call follows.
    #[default]
    Manual,
    /// Captured in full with the authorization.
    Automatic,
}

/// Everything a payment is born with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Birth {
    /// Its number.
    pub id: PaymentId,
    /// Who sells.
    pub merchant: MerchantId,
    /// The merchant's name for the order.
    pub order: Option<OrderId>,
    /// What is sold.
    pub description: Option<Description>,
    /// The merchant's own notes.
    pub metadata: Metadata,
    /// What is asked for; positive.
    pub amount: Money,
    /// Capture now or later.
    pub capture_mode: CaptureMode,
    /// Until when (exclusive) it can be captured.
    pub capture_before: Timestamp,
}

/// Everything that can be asked of a payment after its birth.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Take reserved funds.
    Capture(Capture),
    /// Release reserved funds.
    Void(Void),
    /// Give captured funds back.
    Refund(Refund),
    /// Release reserved funds because their time ran out.
    Expire,
}

/// Take reserved funds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capture {
    /// In minor units; all that is capturable when absent.
    pub amount: Option<i64>,
    /// Whether the rest is released.
    pub last: bool,
}

/// Release reserved funds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Void {
    /// Why.
    pub reason: Option<Reason>,
}

/// Give captured funds back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refund {
    /// In minor units; all that is refundable when absent.
    pub amount: Option<i64>,
    /// Why.
    pub reason: Reason,
    /// What the caller believes is refundable; another value is refused.
    pub expected_refundable: Option<i64>,
}
