//! A call to a remote acquirer that has been sent and not been answered.
//!
//! A payment has at most one. Its amount counts as taken, any other command is told to wait, and expiry passes it by. The
//! outcome is recorded whenever it comes: a recorded outcome ignores `capture_before`.

use serde::{Deserialize, Serialize};

use super::{
    Change, Closing, Command, DeclineCode, Failure, Operation, Payment, PaymentEvent, Rejection, State,
};
use crate::{
    id::AttemptId,
    money::Money,
    text::Reason,
    time::{Moment, Timestamp},
};

/// The outstanding call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// The acquirer's idempotency key, in hex.
    #[serde(with = "attempt_hex")]
    pub attempt: AttemptId,
    /// When it was committed, before it was sent.
    pub since: Timestamp,
    /// What was asked.
    pub operation: PendingOperation,
}

/// What was asked, with nothing left open.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingOperation {
    /// Reserve (and, with automatic capture, take) this much.
    Authorize {
        /// How much.
        #[serde(with = "money_pair")]
        amount: Money,
    },
    /// Take this much.
    Capture {
        /// How much.
        #[serde(with = "money_pair")]
        amount: Money,
        /// Whether the rest is released.
        last: bool,
    },
    /// Release the rest.
    Void {
        /// How much.
        #[serde(with = "money_pair")]
        amount: Money,
        /// Why.
        reason: Option<Reason>,
    },
    /// Give this much back.
    Refund {
        /// How much.
        #[serde(with = "money_pair")]
        amount: Money,
        /// Why.
        reason: Reason,
    },
}

impl PendingOperation {
    /// The word for it.
    pub fn operation(&self) -> Operation {
        match self {
            Self::Authorize { .. } => Operation::Authorize,
            Self::Capture { .. } => Operation::Capture,
            Self::Void { .. } => Operation::Void,
            Self::Refund { .. } => Operation::Refund,
        }
    }

    /// How much money it is about.
    pub fn amount(&self) -> Money {
        match self {
            Self::Authorize { amount }
            | Self::Capture { amount, .. }
            | Self::Void { amount, .. }
            | Self::Refund { amount, .. } => *amount,
        }
    }
}

/// What an acquirer said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Yes.
    Approved,
    /// No, and why.
    Declined(DeclineCode),
    /// Explicitly refused, nothing charged; the caller may try again under the same key.
    Refused,
}

impl Payment {
    /// Marks `command` as sent to the acquirer, if it would be accepted now.
    pub fn begin(
        self,
        command: &Command,
        attempt: AttemptId,
        at: impl Into<Moment>,
    ) -> Result<Self, Rejection> {
        let at = at.into();
        let now = at.now();
        let (_, event) = self.clone().apply(command, at)?;
        let operation = match event.change {
            Change::Captured { amount, last, .. } => PendingOperation::Capture { amount, last },
            Change::Voided { released, reason } => PendingOperation::Void { amount: released, reason },
            Change::Refunded { amount, reason, .. } => PendingOperation::Refund { amount, reason },
            Change::Authorized { .. } | Change::Declined { .. } | Change::Expired { .. } => {
                return Err(Rejection::NotExpirable);
            }
        };
        assert!(self.pending.is_none());
        assert!(operation.amount().is_positive());
        let pending = Pending { attempt, since: now, operation };
        Ok(Self { pending: Some(pending), updated_at: now, ..self })
    }

    /// Records what the acquirer said to the outstanding call. Without one, nothing happens and no event is caused.
    pub fn conclude(mut self, verdict: Verdict, now: Timestamp) -> (Self, Vec<PaymentEvent>) {
        let Some(pending) = self.pending.take() else { return (self, Vec::new()) };
        self.updated_at = now;
        let code = match verdict {
            Verdict::Approved => return self.conclude_approved(pending.operation, now),
            Verdict::Declined(code) => code,
            Verdict::Refused => DeclineCode::ProcessingError,
        };
        match pending.operation {
            PendingOperation::Authorize { .. } => {
                assert_eq!(self.state, State::Processing);
                self.state = State::Declined(Failure { code });
                let event = self.caused(Change::Declined { code }, now);
                (self, vec![event])
            }
            // What was not done leaves the payment as it was.
            PendingOperation::Capture { .. }
            | PendingOperation::Void { .. }
            | PendingOperation::Refund { .. } => (self, Vec::new()),
        }
    }

    fn conclude_approved(mut self, operation: PendingOperation, now: Timestamp) -> (Self, Vec<PaymentEvent>) {
        let event = match operation {
            PendingOperation::Authorize { .. } => return self.become_authorized(now),
            PendingOperation::Capture { amount, last } => self.record_capture(amount, last, now),
            PendingOperation::Void { reason, .. } => {
                let released = self.held();
                assert!(released.is_positive());
                self.state = State::Closed(Closing::Void);
                self.caused(Change::Voided { released, reason }, now)
            }
            PendingOperation::Refund { amount, reason } => self.record_refund(amount, reason, now),
        };
        (self, vec![event])
    }
}

mod attempt_hex {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::id::AttemptId;

    pub(super) fn serialize<S: Serializer>(id: &AttemptId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AttemptId, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

mod money_pair {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::money::{Currency, Money};

    pub(super) fn serialize<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
        (money.minor_units, money.currency).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
        let (minor_units, currency) = <(i64, Currency)>::deserialize(deserializer)?;
        Ok(Money::new(minor_units, currency))
    }
}
