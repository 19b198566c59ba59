//! The state machine run again from events alone, to prove that what is stored is what happened.

use thiserror::Error;

use super::{Payment, PaymentStatus, State};
use crate::{
    event::{Envelope, Topic},
    money::Currency,
};

/// What the events of a payment say it must look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replayed {
    /// Of every amount.
    pub currency: Currency,
    /// Asked for, in minor units.
    pub authorized: i64,
    /// Taken, in minor units.
    pub captured: i64,
    /// Given back, in minor units.
    pub refunded: i64,
    /// Whether a rest can still be captured.
    pub open: bool,
    /// What it looks like from outside.
    pub status: PaymentStatus,
    /// How many events there were.
    pub version: u32,
}

/// Events that cannot be the life of one payment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ReplayError {
    /// An event is missing, comes twice, or comes out of order.
    #[error("event {expected} of the payment is missing")]
    Gap {
        /// Which version should have come.
        expected: u32,
    },
    /// An event that could not follow.
    #[error("event {version} of the payment cannot follow what came before it")]
    Impossible {
        /// Which version that is.
        version: u32,
    },
}

/// What a replay needs of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReplayStep {
    /// What happened.
    pub topic: Topic,
    /// Which of the payment's events, counted from 1.
    pub version: u32,
    /// How much, in minor units.
    pub amount: i64,
    /// The currency of the amount.
    pub currency: Currency,
    /// Captured: whether nothing more can be.
    pub last: bool,
}

impl From<&Envelope> for ReplayStep {
    fn from(event: &Envelope) -> Self {
        let Envelope { topic, payment_version, amount, currency, last, .. } = event;
        let last = last.unwrap_or(false);
        Self { topic: *topic, version: *payment_version, amount: *amount, currency: *currency, last }
    }
}

#[derive(Clone, Copy)]
struct Books {
    currency: Currency,
    authorized: i64,
    captured: i64,
    refunded: i64,
    ended: Option<Topic>,
}

impl Replayed {
    /// Folds the events of one payment, oldest first, starting with its first.
    pub fn fold(events: impl IntoIterator<Item: Into<ReplayStep>>) -> Result<Self, ReplayError> {
        let mut books: Option<Books> = None;
        let mut version = 0_u32;
        for event in events {
            let event: ReplayStep = event.into();
            version = version.saturating_add(1);
            if event.version != version {
                return Err(ReplayError::Gap { expected: version });
            }
            let next = match books {
                None => Books::born(event),
                Some(books) => books.after(event),
            };
            books = Some(next.filter(Books::is_consistent).ok_or(ReplayError::Impossible { version })?);
        }
        let books = books.ok_or(ReplayError::Gap { expected: 1 })?;
        let Books { currency, authorized, captured, refunded, ended } = books;
        assert!(refunded <= captured);
        assert!(captured <= authorized);
        let (open, status) = (ended.is_none(), books.status());
        Ok(Self { currency, authorized, captured, refunded, open, status, version })
    }

    /// Whether the stored payment is what the events say.
    pub fn matches(&self, payment: &Payment) -> bool {
        self.currency == payment.authorized.currency
            && self.authorized == payment.authorized.minor_units
            && self.captured == payment.captured.minor_units
            && self.refunded == payment.refunded.minor_units
            && self.open == (payment.state == State::Open)
            && self.status == payment.status()
            && self.version == payment.version
    }
}

impl Books {
    fn born(event: ReplayStep) -> Option<Self> {
        let ended = match event.topic {
            Topic::Authorized => None,
            Topic::Declined => Some(Topic::Declined),
            Topic::Captured | Topic::Refunded | Topic::Voided | Topic::Expired => return None,
        };
        let ReplayStep { amount, currency, .. } = event;
        let born = Self { currency, authorized: amount, captured: 0, refunded: 0, ended };
        (amount > 0).then_some(born)
    }

    fn after(self, event: ReplayStep) -> Option<Self> {
        if event.currency != self.currency || event.amount <= 0 {
            return None;
        }
        let open = self.ended.is_none();
        let rest = self.authorized.checked_sub(self.captured)?;
        match event.topic {
            Topic::Captured if open => {
                let captured = self.captured.checked_add(event.amount)?;
                Some(Self { captured, ended: event.last.then_some(Topic::Captured), ..self })
            }
            Topic::Voided | Topic::Expired if open && event.amount == rest => {
                Some(Self { ended: Some(event.topic), ..self })
            }
            Topic::Refunded => Some(Self { refunded: self.refunded.checked_add(event.amount)?, ..self }),
            Topic::Authorized | Topic::Declined | Topic::Captured | Topic::Voided | Topic::Expired => None,
        }
    }

    fn is_consistent(&self) -> bool {
        let ordered =
            0 <= self.refunded && self.refunded <= self.captured && self.captured <= self.authorized;
        let fully_captured_has_ended = self.captured < self.authorized || self.ended.is_some();
        ordered && fully_captured_has_ended
    }

    fn status(&self) -> PaymentStatus {
        let open = self.ended.is_none();
        match (self.captured, self.refunded, self.ended) {
            (0, _, None) => PaymentStatus::Authorized,
            (0, _, Some(Topic::Declined)) => PaymentStatus::Declined,
            (0, _, Some(Topic::Expired)) => PaymentStatus::Expired,
            (0, _, Some(_)) => PaymentStatus::Voided,
            (_, 0, _) if open => PaymentStatus::PartiallyCaptured,
            (_, 0, _) => PaymentStatus::Captured,
            (captured, refunded, _) if captured == refunded && !open => PaymentStatus::Refunded,
            _ => PaymentStatus::PartiallyRefunded,
        }
    }
}
