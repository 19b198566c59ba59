//! What is committed with a payment's change and travels to the worker: the envelope and its topics.
//!
//! Invariant: an envelope already holds its postings. The worker posts what stands here and nothing it worked out itself, so
//! the ledger cannot differ from what the API has shown.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    id::{EventId, Lane, MerchantId, OrderId, PaymentId, Seq},
    ledger::{AccountId, JournalEntry, Layer, Posting, PostingError},
    money::{Currency, Money},
    payment::{CaptureMode, Change, DeclineCode, Payment, PaymentEvent},
    posting_rules,
    text::Reason,
    time::Timestamp,
};

/// The version of the envelope this code writes and the only one it reads.
pub const ENVELOPE_VERSION: u16 = 1;

macro_rules! topics {
    ($($(#[$doc:meta])* $variant:ident = $index:literal $name:literal,)*) => {
        /// Where an event is published.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum Topic {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Topic {
            /// Every topic, in the order of [`Topic::index`].
            pub const ALL: [Self; 6] = [$(Self::$variant,)*];

            /// The name on the broker.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// A small number for it; part of the stored format.
            pub fn index(self) -> u8 {
                match self { $(Self::$variant => $index,)* }
            }

            /// The topic with this number.
            pub fn from_index(index: u8) -> Option<Self> {
                match index { $($index => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

topics! {
    /// Funds were reserved.
    Authorized = 0 "payment.authorized",
    /// Reserved funds were taken.
    Captured = 1 "payment.captured",
    /// Captured funds were given back.
    Refunded = 2 "payment.refunded",
    /// Reserved funds were released on request.
    Voided = 3 "payment.voided",
    /// Reserved funds lapsed.
    Expired = 4 "payment.expired",
    /// The acquirer said no. Carries no postings.
    Declined = 5 "payment.declined",
}

impl Topic {
    /// Whether its events cause journal entries.
    pub fn carries_postings(self) -> bool {
        match self {
            Self::Authorized | Self::Captured | Self::Refunded | Self::Voided | Self::Expired => true,
            Self::Declined => false,
        }
    }

    /// The topic of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == name)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The latest place of each topic in a lane: what `previousSeq` of the next event of that topic will say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TopicSeqs([Seq; 6]);

impl TopicSeqs {
    /// The latest place of `topic`; [`Seq::START`] before its first event.
    pub fn get(&self, topic: Topic) -> Seq {
        self.0.get(usize::from(topic.index())).copied().unwrap_or(Seq::START)
    }

    /// Records the latest place of `topic`.
    pub fn set(&mut self, topic: Topic, seq: Seq) {
        if let Some(slot) = self.0.get_mut(usize::from(topic.index())) {
            *slot = seq;
        }
    }
}

/// The place given to an event when it is committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Its lane and place.
    pub id: EventId,
    /// The place of the event of the same topic before it.
    pub previous: Seq,
    /// The place of the event of the same payment before it.
    pub payment_previous: Seq,
}

/// The body of an event. Unknown fields are ignored when reading; an unknown `version` is not understood.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// `lane-seq`.
    pub id: EventId,
    /// The topic.
    #[serde(rename = "type")]
    pub topic: Topic,
    /// Of this format.
    pub version: u16,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Its lane.
    pub lane: Lane,
    /// Its place in the lane.
    pub seq: Seq,
    /// The place of the event of the same topic before it.
    pub previous_seq: Seq,
    /// Whose.
    pub payment_id: PaymentId,
    /// Which of the payment's events, counted from 1.
    pub payment_version: u32,
    /// The place of the payment's event before it.
    pub payment_previous_seq: Seq,
    /// Who sells.
    pub merchant_id: MerchantId,
    /// How much, in minor units: authorized, asked for, captured, refunded or released.
    pub amount: i64,
    /// The currency of every amount here.
    pub currency: Currency,
    /// Authorized: the merchant's name for the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// Authorized: until when it can be captured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_before: Option<Timestamp>,
    /// Authorized: whether a capture follows at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_mode: Option<CaptureMode>,
    /// Captured: whether nothing more can be.
    #[serde(default, rename = "final", skip_serializing_if = "Option::is_none")]
    pub last: Option<bool>,
    /// Voided, refunded: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Declined: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<DeclineCode>,
    /// What it posts; empty only when the topic carries none.
    pub postings: Vec<WirePosting>,
}

/// A posting inside an envelope; the currency is the envelope's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WirePosting {
    /// Which book.
    pub layer: Layer,
    /// The account debited.
    pub debit: AccountId,
    /// The account credited.
    pub credit: AccountId,
    /// How much, in minor units.
    pub amount: i64,
}

impl Envelope {
    /// Puts `event` of `payment` (as it is after the event) into its place.
    pub fn seal(event: &PaymentEvent, payment: &Payment, place: Place, postings: &[Posting]) -> Self {
        let topic = event.change.topic();
        assert_eq!(event.payment, payment.id);
        assert!(event.version <= payment.version);
        assert!(place.previous < place.id.seq);
        assert!(place.payment_previous < place.id.seq);
        assert!(topic.carries_postings() || postings.is_empty());
        let first = matches!(event.change, Change::Authorized { .. });
        Self {
            id: place.id,
            topic,
            version: ENVELOPE_VERSION,
            occurred_at: event.occurred_at,
            lane: place.id.lane,
            seq: place.id.seq,
            previous_seq: place.previous,
            payment_id: payment.id,
            payment_version: event.version,
            payment_previous_seq: place.payment_previous,
            merchant_id: payment.merchant.clone(),
            amount: event.change.amount(payment).minor_units,
            currency: payment.authorized.currency,
            order_id: if first { payment.order.clone() } else { None },
            capture_before: first.then_some(payment.capture_before),
            capture_mode: first.then_some(payment.capture_mode),
            last: event.change.last(),
            reason: event.change.reason().cloned(),
            decline_code: event.change.decline_code(),
            postings: postings.iter().map(WirePosting::from).collect(),
        }
    }

    /// The journal entry it causes: `Ok(None)` when its topic carries no postings.
    pub fn journal_entry(&self) -> Result<Option<JournalEntry>, PostingError> {
        let postings: Result<Vec<Posting>, PostingError> =
            self.postings.iter().map(|posting| posting.to_posting(self.currency)).collect();
        Ok(JournalEntry::new(self.id, self.payment_id, self.occurred_at, postings?))
    }
}

impl WirePosting {
    fn to_posting(&self, currency: Currency) -> Result<Posting, PostingError> {
        Posting::new(self.layer, self.debit.clone(), self.credit.clone(), Money::new(self.amount, currency))
    }
}

impl From<&Posting> for WirePosting {
    fn from(posting: &Posting) -> Self {
        Self {
            layer: posting.layer(),
            debit: posting.debit().clone(),
            credit: posting.credit().clone(),
            amount: posting.amount().minor_units,
        }
    }
}

impl Change {
    /// Where it is published.
    pub fn topic(&self) -> Topic {
        match self {
            Self::Authorized { .. } => Topic::Authorized,
            Self::Declined { .. } => Topic::Declined,
            Self::Captured { .. } => Topic::Captured,
            Self::Voided { .. } => Topic::Voided,
            Self::Expired { .. } => Topic::Expired,
            Self::Refunded { .. } => Topic::Refunded,
        }
    }

    /// How much it is about: authorized, asked for, captured, refunded or released.
    pub fn amount(&self, payment: &Payment) -> Money {
        match self {
            Self::Authorized { amount } | Self::Captured { amount, .. } | Self::Refunded { amount, .. } => {
                *amount
            }
            Self::Voided { released, .. } | Self::Expired { released } => *released,
            Self::Declined { .. } => payment.authorized,
        }
    }

    fn last(&self) -> Option<bool> {
        if let Self::Captured { last, .. } = self { Some(*last) } else { None }
    }

    fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Voided { reason, .. } => reason.as_ref(),
            Self::Refunded { reason, .. } => Some(reason),
            Self::Authorized { .. }
            | Self::Declined { .. }
            | Self::Captured { .. }
            | Self::Expired { .. } => None,
        }
    }

    fn decline_code(&self) -> Option<DeclineCode> {
        if let Self::Declined { code } = self { Some(*code) } else { None }
    }
}

/// Everything an event of `payment` posts, by the rules of this version.
pub fn postings_of(
    event: &PaymentEvent,
    payment: &Payment,
    acquirer: &str,
) -> Result<Vec<Posting>, PostingError> {
    posting_rules::postings(&event.change, &payment.merchant, acquirer, crate::fee::FeePlan::default())
}
