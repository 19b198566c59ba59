//! The state machine run again from events alone, to prove that what is stored is what happened.

use thiserror::Error;

use super::{CaptureMode, Closing, DeclineCode, Failure, Payment, PaymentStatus, State};
use crate::{
    event::{Envelope, Topic},
    id::{MerchantId, OrderId},
    money::Currency,
    time::Timestamp,
};

/// What the events of a payment say it must look like.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replayed {
    /// Who sells; every event says so.
    pub merchant: MerchantId,
    /// What the authorization says; a payment that was declined at once has none.
    pub terms: Option<Terms>,
    /// Of every amount.
    pub currency: Currency,
    /// Asked for, in minor units.
    pub authorized: i64,
    /// Taken, in minor units.
    pub captured: i64,
    /// Given back, in minor units.
    pub refunded: i64,
    /// Whether a rest can still be captured, and if not, why.
    pub state: State,
    /// What it looks like from outside.
    pub status: PaymentStatus,
    /// How many events there were.
    pub version: u32,
    /// When the first of them happened: the payment is not younger.
    pub first_at: Timestamp,
    /// When the latest of them happened: the payment has not changed earlier for the last time.
    pub latest_at: Timestamp,
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

/// What an authorization was given on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    /// The merchant's name for the order.
    pub order: Option<OrderId>,
    /// Until when (exclusive) it can be captured.
    pub capture_before: Timestamp,
    /// Whether a capture followed at once.
    pub capture_mode: CaptureMode,
}

/// What a replay needs of an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplayStep {
    /// What happened.
    pub topic: Topic,
    /// Which of the payment's events, counted from 1.
    pub version: u32,
    /// When.
    pub occurred_at: Timestamp,
    /// Who sells.
    pub merchant: MerchantId,
    /// How much, in minor units.
    pub amount: i64,
    /// The currency of the amount.
    pub currency: Currency,
    /// Authorized: on what.
    pub terms: Option<Terms>,
    /// Captured: whether nothing more can be.
    pub last: bool,
    /// Declined: why.
    pub decline_code: Option<DeclineCode>,
}

impl From<&Envelope> for ReplayStep {
    fn from(event: &Envelope) -> Self {
        let terms = event.capture_before.zip(event.capture_mode);
        let terms = terms.map(|(capture_before, capture_mode)| Terms {
            order: event.order_id.clone(),
            capture_before,
            capture_mode,
        });
        Self {
            topic: event.topic,
            version: event.payment_version,
            occurred_at: event.occurred_at,
            merchant: event.merchant_id.clone(),
            amount: event.amount,
            currency: event.currency,
            terms,
            last: event.last.unwrap_or(false),
            decline_code: event.decline_code,
        }
    }
}

#[derive(Clone)]
struct Books {
    merchant: MerchantId,
    terms: Option<Terms>,
    currency: Currency,
    authorized: i64,
    captured: i64,
    refunded: i64,
    /// Never [`State::Processing`]: before its first event a payment has no books.
    state: State,
    first_at: Timestamp,
    latest_at: Timestamp,
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
        let status = books.status();
        let Books { merchant, terms, currency, authorized, captured, refunded, state, first_at, latest_at } =
            books;
        assert!(refunded <= captured);
        assert!(captured <= authorized);
        assert!(first_at <= latest_at);
        assert_ne!(state, State::Processing);
        Ok(Self {
            merchant,
            terms,
            currency,
            authorized,
            captured,
            refunded,
            state,
            status,
            version,
            first_at,
            latest_at,
        })
    }

    /// Whether the stored payment is what the events say.
    pub fn matches(&self, payment: &Payment) -> bool {
        self.difference(payment).is_none()
    }

    /// The first thing about the stored payment that is not what the events say, in words. Description and metadata stand in no
    /// event.
    pub fn difference(&self, payment: &Payment) -> Option<&'static str> {
        let terms = self.terms.as_ref();
        let order = terms.is_none_or(|terms| terms.order == payment.order);
        let capture_before = terms.is_none_or(|terms| terms.capture_before == payment.capture_before);
        let capture_mode = terms.is_none_or(|terms| terms.capture_mode == payment.capture_mode);
        let agrees = [
            ("merchant", self.merchant == payment.merchant),
            ("currency", self.currency == payment.authorized.currency),
            ("authorized amount", self.authorized == payment.authorized.minor_units),
            ("captured amount", self.captured == payment.captured.minor_units),
            ("refunded amount", self.refunded == payment.refunded.minor_units),
            ("status", self.status == payment.status()),
            ("decline code", failure(self.state) == payment.failure()),
            ("end", self.state == payment.state),
            ("version", self.version == payment.version),
            ("order", order),
            ("capture deadline", capture_before),
            ("capture mode", capture_mode),
            ("time of birth", payment.created_at <= self.first_at),
            ("time of change", payment.updated_at >= self.latest_at),
        ];
        agrees.into_iter().find(|(_, agrees)| !agrees).map(|(what, _)| what)
    }
}

fn failure(state: State) -> Option<Failure> {
    match state {
        State::Declined(failure) => Some(failure),
        State::Processing | State::Open | State::Closed(_) => None,
    }
}

impl Books {
    fn born(event: ReplayStep) -> Option<Self> {
        let state = match event.topic {
            Topic::Authorized => State::Open,
            Topic::Declined => State::Declined(Failure { code: event.decline_code? }),
            Topic::Captured | Topic::Refunded | Topic::Voided | Topic::Expired => return None,
        };
        // Whoever authorizes says on what.
        if event.terms.is_some() != (state == State::Open) {
            return None;
        }
        let ReplayStep { merchant, terms, amount, currency, occurred_at, .. } = event;
        let born = Self {
            merchant,
            terms,
            currency,
            authorized: amount,
            captured: 0,
            refunded: 0,
            state,
            first_at: occurred_at,
            latest_at: occurred_at,
        };
        (amount > 0).then_some(born)
    }

    fn after(self, event: ReplayStep) -> Option<Self> {
        let one_payment = event.currency == self.currency && event.merchant == self.merchant;
        if !one_payment || event.amount <= 0 || event.occurred_at < self.latest_at {
            return None;
        }
        let open = self.state == State::Open;
        let rest = self.authorized.checked_sub(self.captured)?;
        let next = Self { latest_at: event.occurred_at, ..self };
        let closed = |closing| State::Closed(closing);
        match event.topic {
            Topic::Captured if open => {
                let captured = next.captured.checked_add(event.amount)?;
                let state = if event.last { closed(Closing::Capture) } else { State::Open };
                Some(Self { captured, state, ..next })
            }
            Topic::Voided if open && event.amount == rest => {
                Some(Self { state: closed(Closing::Void), ..next })
            }
            Topic::Expired if open && event.amount == rest => {
                Some(Self { state: closed(Closing::Expiry), ..next })
            }
            Topic::Refunded => Some(Self { refunded: next.refunded.checked_add(event.amount)?, ..next }),
            Topic::Authorized | Topic::Declined | Topic::Captured | Topic::Voided | Topic::Expired => None,
        }
    }

    fn is_consistent(&self) -> bool {
        let ordered =
            0 <= self.refunded && self.refunded <= self.captured && self.captured <= self.authorized;
        let fully_captured_has_ended = self.captured < self.authorized || self.state != State::Open;
        ordered && fully_captured_has_ended
    }

    fn status(&self) -> PaymentStatus {
        let open = self.state == State::Open;
        match (self.captured, self.refunded, self.state) {
            (0, _, State::Processing) => PaymentStatus::Processing,
            (0, _, State::Open) => PaymentStatus::Authorized,
            (0, _, State::Declined(_)) => PaymentStatus::Declined,
            (0, _, State::Closed(Closing::Expiry)) => PaymentStatus::Expired,
            (0, _, State::Closed(_)) => PaymentStatus::Voided,
            (_, 0, _) if open => PaymentStatus::PartiallyCaptured,
            (_, 0, _) => PaymentStatus::Captured,
            (captured, refunded, _) if captured == refunded && !open => PaymentStatus::Refunded,
            _ => PaymentStatus::PartiallyRefunded,
        }
    }
}
