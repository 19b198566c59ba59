//! What a payment is at one moment, and the words for it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{CaptureMode, Metadata, Pending, PendingOperation};
use crate::{
    id::{MerchantId, OrderId, PaymentId, Seq},
    money::Money,
    text::Description,
    time::Timestamp,
};

/// One intent to move money for a merchant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payment {
    /// Its number; encodes the lane.
    pub id: PaymentId,
    /// Who sells.
    pub merchant: MerchantId,
    /// The merchant's name for the order.
    pub order: Option<OrderId>,
    /// What is sold.
    pub description: Option<Description>,
    /// The merchant's own notes.
    pub metadata: Metadata,
    /// What was asked for.
    pub authorized: Money,
    /// What was taken, ≤ authorized.
    pub captured: Money,
    /// What was given back, ≤ captured.
    pub refunded: Money,
    /// Whether a rest can still be captured, and if not, why.
    pub state: State,
    /// The call to the acquirer whose answer is outstanding.
    pub pending: Option<Pending>,
    /// Whether it was captured with its authorization.
    pub capture_mode: CaptureMode,
    /// Until when (exclusive) the rest can be captured.
    pub capture_before: Timestamp,
    /// When it was first committed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// How many events it has caused.
    pub version: u32,
    /// The place of its latest event in its lane; the events of a payment form a chain from here backwards.
    pub last_event: Seq,
}

/// Whether a rest can still be captured, and if not, why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The first authorization's answer is outstanding.
    Processing,
    /// The acquirer said no.
    Declined(Failure),
    /// A rest can be captured.
    Open,
    /// Nothing more can be captured.
    Closed(Closing),
}

/// What ended the authorization.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// A final or full capture.
    Capture,
    /// A void.
    Void,
    /// Its time ran out.
    Expiry,
}

/// Why the acquirer said no.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct Failure {
    /// The acquirer's reason.
    pub code: DeclineCode,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word on the wire and in the store.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word).ok_or(UnknownWord)
            }
        }
    };
}

/// Not one of the words this type knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("is not one of the known words")]
pub struct UnknownWord;

words! {
    /// What a payment looks like from outside. Follows from its amounts and its state.
    PaymentStatus {
        /// The first authorization's answer is outstanding.
        Processing = "PROCESSING",
        /// Reserved, nothing captured.
        Authorized = "AUTHORIZED",
        /// Something captured, a rest can still be.
        PartiallyCaptured = "PARTIALLY_CAPTURED",
        /// Captured, nothing more can be.
        Captured = "CAPTURED",
        /// Something given back.
        PartiallyRefunded = "PARTIALLY_REFUNDED",
        /// All captured money given back, nothing more can be captured.
        Refunded = "REFUNDED",
        /// Released before any capture.
        Voided = "VOIDED",
        /// Lapsed before any capture.
        Expired = "EXPIRED",
        /// The acquirer said no.
        Declined = "DECLINED",
    }
}

words! {
    /// What a caller asks of a payment.
    Operation {
        /// Reserve funds.
        Authorize = "authorize",
        /// Take reserved funds.
        Capture = "capture",
        /// Release reserved funds.
        Void = "void",
        /// Give captured funds back.
        Refund = "refund",
    }
}

words! {
    /// Why the acquirer said no.
    DeclineCode {
        /// No reason given.
        GenericDecline = "generic_decline",
        /// Not enough money or limit.
        InsufficientFunds = "insufficient_funds",
        /// Reported lost.
        LostCard = "lost_card",
        /// Reported stolen.
        StolenCard = "stolen_card",
        /// Past its date.
        ExpiredCard = "expired_card",
        /// The check digits are wrong.
        IncorrectCvc = "incorrect_cvc",
        /// The acquirer could not process it; nothing was charged.
        ProcessingError = "processing_error",
    }
}

impl DeclineCode {
    /// One sentence for a person.
    pub fn message(self) -> &'static str {
        match self {
            Self::GenericDecline => "the card was declined",
            Self::InsufficientFunds => "the card has insufficient funds",
            Self::LostCard => "the card was reported lost",
            Self::StolenCard => "the card was reported stolen",
            Self::ExpiredCard => "the card has expired",
            Self::IncorrectCvc => "the card's security code is incorrect",
            Self::ProcessingError => "the acquirer could not process the payment; nothing was charged",
        }
    }
}

impl Payment {
    /// What it looks like from outside.
    pub fn status(&self) -> PaymentStatus {
        match self.state {
            State::Processing => PaymentStatus::Processing,
            State::Declined(_) => PaymentStatus::Declined,
            State::Open => Self::status_by_amounts(self, true, PaymentStatus::Authorized),
            State::Closed(Closing::Expiry) => Self::status_by_amounts(self, false, PaymentStatus::Expired),
            State::Closed(Closing::Void | Closing::Capture) => {
                Self::status_by_amounts(self, false, PaymentStatus::Voided)
            }
        }
    }

    fn status_by_amounts(&self, open: bool, untouched: PaymentStatus) -> PaymentStatus {
        if self.captured.is_zero() {
            return untouched;
        }
        if self.refunded.is_zero() {
            return if open { PaymentStatus::PartiallyCaptured } else { PaymentStatus::Captured };
        }
        let all_back = self.refunded == self.captured && !open;
        if all_back { PaymentStatus::Refunded } else { PaymentStatus::PartiallyRefunded }
    }

    /// What can still be captured; what an outstanding capture or void has taken does not count.
    pub fn capturable(&self) -> Money {
        let rest = match self.state {
            State::Open => self.authorized.minor_units.saturating_sub(self.captured.minor_units),
            State::Processing | State::Declined(_) | State::Closed(_) => 0,
        };
        let taken = match self.pending.as_ref().map(|pending| &pending.operation) {
            Some(PendingOperation::Capture { amount, last: false }) => amount.minor_units,
            Some(PendingOperation::Capture { last: true, .. } | PendingOperation::Void { .. }) => rest,
            Some(PendingOperation::Authorize { .. } | PendingOperation::Refund { .. }) | None => 0,
        };
        Money::new(rest.saturating_sub(taken).max(0), self.authorized.currency)
    }

    /// What can still be given back; what an outstanding refund has taken does not count.
    pub fn refundable(&self) -> Money {
        let rest = self.captured.minor_units.saturating_sub(self.refunded.minor_units);
        let taken = match self.pending.as_ref().map(|pending| &pending.operation) {
            Some(PendingOperation::Refund { amount, .. }) => amount.minor_units,
            _ => 0,
        };
        Money::new(rest.saturating_sub(taken).max(0), self.authorized.currency)
    }

    /// The part of the authorization that is neither captured nor released; 0 once closed.
    pub fn held(&self) -> Money {
        match self.state {
            State::Open => {
                let rest = self.authorized.minor_units.saturating_sub(self.captured.minor_units);
                Money::new(rest, self.authorized.currency)
            }
            State::Processing | State::Declined(_) | State::Closed(_) => {
                Money::zero(self.authorized.currency)
            }
        }
    }

    /// Why the acquirer said no, if it did.
    pub fn failure(&self) -> Option<Failure> {
        match self.state {
            State::Declined(failure) => Some(failure),
            State::Processing | State::Open | State::Closed(_) => None,
        }
    }

    /// Whether another payment may use the same order id.
    pub fn frees_its_order(&self) -> bool {
        matches!(self.status(), PaymentStatus::Declined | PaymentStatus::Voided | PaymentStatus::Expired)
    }

    /// The invariant of amounts, for asserts: 0 ≤ refunded ≤ captured ≤ authorized, of one currency, and a state that fits the amounts.
    pub fn is_consistent(&self) -> bool {
        let currency = self.authorized.currency;
        let one_currency = self.captured.currency == currency && self.refunded.currency == currency;
        let ordered = 0 <= self.refunded.minor_units
            && self.refunded.minor_units <= self.captured.minor_units
            && self.captured.minor_units <= self.authorized.minor_units;
        let state_fits = match self.state {
            State::Processing | State::Declined(_) => self.captured.is_zero(),
            State::Open => self.captured != self.authorized,
            State::Closed(Closing::Capture) => self.captured.is_positive(),
            State::Closed(Closing::Void | Closing::Expiry) => self.captured != self.authorized,
        };
        one_currency && ordered && state_fits
    }
}
