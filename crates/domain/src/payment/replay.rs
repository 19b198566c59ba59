//! The state machine run again from events alone, to prove that what is stored is what happened.

use thiserror::Error;

use super::{Payment, PaymentStatus};
use crate::event::{Envelope, Topic};

/// What the events of a payment say it must look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replayed {
    /// Asked for, in minor units.
    pub authorized: i64,
    /// Taken, in minor units.
    pub captured: i64,
    /// Given back, in minor units.
    pub refunded: i64,
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
    /// Captured: whether nothing more can be.
    pub last: bool,
}

impl From<&Envelope> for ReplayStep {
    fn from(event: &Envelope) -> Self {
        let Envelope { topic, payment_version, amount, last, .. } = event;
        Self { topic: *topic, version: *payment_version, amount: *amount, last: last.unwrap_or(false) }
    }
}

#[derive(Clone, Copy)]
struct Books {
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
            let next = step(books, event).filter(|books| books.is_consistent());
            books = Some(next.ok_or(ReplayError::Impossible { version })?);
        }
        let books = books.ok_or(ReplayError::Gap { expected: 1 })?;
        let Books { authorized, captured, refunded, .. } = books;
        Ok(Self { authorized, captured, refunded, status: books.status(), version })
    }

    /// Whether the stored payment is what the events say.
    pub fn matches(&self, payment: &Payment) -> bool {
        self.authorized == payment.authorized.minor_units
            && self.captured == payment.captured.minor_units
            && self.refunded == payment.refunded.minor_units
            && self.status == payment.status()
            && self.version == payment.version
    }
}

fn step(books: Option<Books>, event: ReplayStep) -> Option<Books> {
    let born = |ended| Books { authorized: event.amount, captured: 0, refunded: 0, ended };
    match (books, event.topic) {
        (None, Topic::Authorized) => Some(born(None)),
        (None, Topic::Declined) => Some(born(Some(Topic::Declined))),
        (None, Topic::Captured | Topic::Refunded | Topic::Voided | Topic::Expired) => None,
        (Some(_), Topic::Authorized | Topic::Declined) => None,
        (Some(books), Topic::Captured) if books.ended.is_none() => {
            let captured = books.captured.checked_add(event.amount)?;
            let ended = event.last.then_some(Topic::Captured);
            Some(Books { captured, ended, ..books })
        }
        (Some(books), Topic::Voided | Topic::Expired) if books.ended.is_none() => {
            Some(Books { ended: Some(event.topic), ..books })
        }
        (Some(_), Topic::Captured | Topic::Voided | Topic::Expired) => None,
        (Some(books), Topic::Refunded) => {
            Some(Books { refunded: books.refunded.checked_add(event.amount)?, ..books })
        }
    }
}

impl Books {
    fn is_consistent(&self) -> bool {
        0 <= self.refunded && self.refunded <= self.captured && self.captured <= self.authorized
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
