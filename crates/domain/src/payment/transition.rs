//! The one transition function: what each command does in each status.

use super::{
    Birth, Capture, CaptureMode, Closing, Command, DeclineCode, Payment, PaymentStatus, Pending,
    PendingOperation, Refund, Rejection, State, Verdict, Void,
};
use crate::{
    id::{AttemptId, PaymentId, Seq},
    money::Money,
    text::Reason,
    time::{Moment, Timestamp},
};

/// A past-tense fact about a payment, not yet given its place in a lane.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentEvent {
    /// Whose.
    pub payment: PaymentId,
    /// Which of its events, counted from 1.
    pub version: u32,
    /// When.
    pub occurred_at: Timestamp,
    /// What happened.
    pub change: Change,
}

/// What happened to a payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Funds were reserved.
    Authorized {
        /// How much.
        amount: Money,
    },
    /// The acquirer said no.
    Declined {
        /// Why.
        code: DeclineCode,
    },
    /// Reserved funds were taken.
    Captured {
        /// How much.
        amount: Money,
        /// How much of the hold ended: the captured amount, and with the last capture the rest too.
        released: Money,
        /// Whether nothing more can be captured.
        last: bool,
        /// Captured in all, this one included.
        captured_total: Money,
        /// Refunded in all; the fee follows what remains.
        refunded_total: Money,
    },
    /// Reserved funds were released on request.
    Voided {
        /// How much.
        released: Money,
        /// Why.
        reason: Option<Reason>,
    },
    /// Reserved funds were released because their time ran out.
    Expired {
        /// How much.
        released: Money,
    },
    /// Captured funds were given back.
    Refunded {
        /// How much.
        amount: Money,
        /// Why.
        reason: Reason,
        /// Captured in all.
        captured_total: Money,
        /// Refunded in all, this one included.
        refunded_total: Money,
    },
}

impl Payment {
    /// Gives birth to a payment the acquirer has already decided on. A refusal (502) leaves a declined payment too.
    pub fn authorize(birth: Birth, verdict: Verdict, now: Timestamp) -> (Self, Vec<PaymentEvent>) {
        let attempt = AttemptId(0);
        let (payment, events) = Self::processing(birth, attempt, now).conclude(verdict, now);
        assert!(payment.pending.is_none());
        assert!(!events.is_empty());
        (payment, events)
    }

    /// Gives birth to a payment whose acquirer call is about to be sent.
    pub fn processing(birth: Birth, attempt: AttemptId, now: Timestamp) -> Self {
        let Birth { id, merchant, order, description, metadata, amount, capture_mode, capture_before } =
            birth;
        assert!(amount.is_positive());
        let operation = PendingOperation::Authorize { amount };
        let zero = Money::zero(amount.currency);
        Self {
            id,
            merchant,
            order,
            description,
            metadata,
            authorized: amount,
            captured: zero,
            refunded: zero,
            state: State::Processing,
            pending: Some(Pending { attempt, since: now, operation }),
            capture_mode,
            capture_before,
            created_at: now,
            updated_at: now,
            version: 0,
            last_event: Seq::START,
        }
    }

    /// What `command` does at that moment: the payment afterwards and what happened, or why nothing did.
    pub fn apply(self, command: &Command, at: impl Into<Moment>) -> Result<(Self, PaymentEvent), Rejection> {
        use PaymentStatus as S;
        let at = at.into();
        let now = at.now();
        if self.pending.is_some() {
            return Err(Rejection::Busy);
        }
        let status = self.status();
        match (status, command) {
            (S::Processing, _) => Err(Rejection::Busy),

            (S::Authorized | S::PartiallyCaptured, Command::Capture(capture)) => self.capture(*capture, at),
            (S::PartiallyRefunded, Command::Capture(capture)) if self.state == State::Open => {
                self.capture(*capture, at)
            }
            (S::Expired, Command::Capture(_)) => Err(Rejection::AuthorizationExpired),
            (
                S::Captured | S::PartiallyRefunded | S::Refunded | S::Voided | S::Declined,
                Command::Capture(_),
            ) => match self.state {
                State::Closed(Closing::Expiry) => Err(Rejection::AuthorizationExpired),
                State::Processing | State::Declined(_) | State::Open | State::Closed(_) => {
                    Err(Rejection::CaptureConflict(status))
                }
            },

            (S::Authorized | S::PartiallyCaptured, Command::Void(void)) => self.void(void, now),
            (S::PartiallyRefunded, Command::Void(void)) if self.state == State::Open => self.void(void, now),
            (
                S::Captured | S::PartiallyRefunded | S::Refunded | S::Voided | S::Expired | S::Declined,
                Command::Void(_),
            ) => Err(Rejection::VoidConflict(status)),

            (S::PartiallyCaptured | S::Captured | S::PartiallyRefunded, Command::Refund(refund)) => {
                self.refund(refund, now)
            }
            (S::Authorized | S::Refunded | S::Voided | S::Expired | S::Declined, Command::Refund(_)) => {
                Err(Rejection::RefundConflict(status))
            }

            (S::Authorized | S::PartiallyCaptured | S::PartiallyRefunded, Command::Expire) => self.expire(at),
            (S::Captured | S::Refunded | S::Voided | S::Expired | S::Declined, Command::Expire) => {
                Err(Rejection::NotExpirable)
            }
        }
    }

    fn capture(mut self, capture: Capture, at: Moment) -> Result<(Self, PaymentEvent), Rejection> {
        if at.certain() >= self.capture_before {
            return Err(Rejection::AuthorizationExpired);
        }
        let available = self.held();
        let amount = Money::new(capture.amount.unwrap_or(available.minor_units), available.currency);
        if amount.minor_units > available.minor_units {
            return Err(Rejection::AmountTooLarge { available });
        }
        let event = self.record_capture(amount, capture.last, at.now());
        Ok((self, event))
    }

    fn void(mut self, void: &Void, now: Timestamp) -> Result<(Self, PaymentEvent), Rejection> {
        let released = self.held();
        assert_eq!(self.state, State::Open);
        assert!(released.is_positive());
        self.state = State::Closed(Closing::Void);
        let event = self.caused(Change::Voided { released, reason: void.reason.clone() }, now);
        Ok((self, event))
    }

    fn refund(mut self, refund: &Refund, now: Timestamp) -> Result<(Self, PaymentEvent), Rejection> {
        let available = self.refundable();
        if !available.is_positive() {
            return Err(Rejection::RefundConflict(self.status()));
        }
        if refund.expected_refundable.is_some_and(|expected| expected != available.minor_units) {
            return Err(Rejection::ExpectedAmountMismatch { actual: available });
        }
        let amount = Money::new(refund.amount.unwrap_or(available.minor_units), available.currency);
        if amount.minor_units > available.minor_units {
            return Err(Rejection::AmountTooLarge { available });
        }
        let event = self.record_refund(amount, refund.reason.clone(), now);
        Ok((self, event))
    }

    fn expire(mut self, at: Moment) -> Result<(Self, PaymentEvent), Rejection> {
        if self.state != State::Open || at.certain() < self.capture_before {
            return Err(Rejection::NotExpirable);
        }
        let released = self.held();
        assert!(released.is_positive());
        self.state = State::Closed(Closing::Expiry);
        let event = self.caused(Change::Expired { released }, at.now());
        Ok((self, event))
    }

    pub(super) fn become_authorized(mut self, now: Timestamp) -> (Self, Vec<PaymentEvent>) {
        assert_eq!(self.state, State::Processing);
        assert!(self.captured.is_zero());
        self.state = State::Open;
        let amount = self.authorized;
        let mut events = vec![self.caused(Change::Authorized { amount }, now)];
        if self.capture_mode == CaptureMode::Automatic {
            events.push(self.record_capture(amount, true, now));
        }
        (self, events)
    }

    pub(super) fn record_capture(&mut self, amount: Money, last: bool, now: Timestamp) -> PaymentEvent {
        let held = self.held();
        assert_eq!(self.state, State::Open);
        assert!(amount.is_positive());
        assert!(amount.minor_units <= held.minor_units);
        self.captured.minor_units = self.captured.minor_units.saturating_add(amount.minor_units);
        let last = last || amount == held;
        if last {
            self.state = State::Closed(Closing::Capture);
        }
        let released = if last { held } else { amount };
        assert!(amount.minor_units <= released.minor_units);
        assert_eq!(last, self.held().is_zero());
        let (captured_total, refunded_total) = (self.captured, self.refunded);
        self.caused(Change::Captured { amount, released, last, captured_total, refunded_total }, now)
    }

    pub(super) fn record_refund(&mut self, amount: Money, reason: Reason, now: Timestamp) -> PaymentEvent {
        assert!(amount.is_positive());
        assert!(amount.minor_units <= self.refundable().minor_units);
        self.refunded.minor_units = self.refunded.minor_units.saturating_add(amount.minor_units);
        let (captured_total, refunded_total) = (self.captured, self.refunded);
        self.caused(Change::Refunded { amount, reason, captured_total, refunded_total }, now)
    }

    pub(super) fn caused(&mut self, change: Change, now: Timestamp) -> PaymentEvent {
        assert!(self.version < u32::MAX, "every event has a version of its own");
        assert!(self.pending.is_none(), "nothing happens to a payment while an answer is outstanding");
        self.version = self.version.saturating_add(1);
        self.updated_at = now;
        // The last stop before the books: a bug here costs its caller a 500, never anybody money.
        assert!(self.is_consistent());
        PaymentEvent { payment: self.id, version: self.version, occurred_at: now, change }
    }
}
