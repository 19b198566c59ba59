//! Typed ids, one registry: a `String` or an `i64` that names something never crosses a function boundary.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::text::{TextError, bounded_text};

/// The largest integer a JSON number carries exactly (2^53 − 1); no id exceeds it.
pub const ID_MAX: u64 = (1 << 53) - 1;

macro_rules! number_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// `None` above [`ID_MAX`].
            pub fn new(number: u64) -> Option<Self> {
                (number <= ID_MAX).then_some(Self(number))
            }

            /// The bare number.
            pub fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let number = u64::deserialize(deserializer)?;
                Self::new(number).ok_or_else(|| serde::de::Error::custom("number is too large"))
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let number = if plain { text.parse().ok() } else { None };
                number.and_then(Self::new).ok_or(TextError::InvalidFormat)
            }
        }
    )*};
}

number_ids! {
    /// A payment. Encodes its lane: `number mod LANES`.
    PaymentId;
    /// A dead letter row.
    DeadLetterId;
    /// An operator's account.
    OperatorId;
}

impl PaymentId {
    /// The `counter`-th payment of `lane` in a database of `lanes` lanes; `None` when the numbers are used up.
    pub fn compose(counter: u64, lane: Lane, lanes: u16) -> Option<Self> {
        assert!(lane.0 < lanes, "a number of another lane would be found in the wrong one");
        let id = counter.checked_mul(u64::from(lanes))?.checked_add(u64::from(lane.0)).and_then(Self::new);
        debug_assert!(id.is_none_or(|id| id.lane(lanes) == lane));
        id
    }

    /// The lane this payment belongs to in a database of `lanes` lanes.
    pub fn lane(self, lanes: u16) -> Lane {
        let index = self.0.checked_rem(u64::from(lanes)).unwrap_or(0);
        Lane(u16::try_from(index).unwrap_or(0))
    }
}

/// An ordered stream of events with a dense sequence and one commit at a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lane(pub u16);

impl Lane {
    /// The lane of a merchant: FNV-1a of the id's bytes, modulo `lanes`. The hash is part of the stored format:
    /// changing it would send a merchant to another lane.
    pub fn of(merchant: &MerchantId, lanes: u16) -> Self {
        const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        let hash = merchant
            .as_str()
            .bytes()
            .fold(OFFSET_BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
        let lane = Self(u16::try_from(hash.checked_rem(u64::from(lanes)).unwrap_or(0)).unwrap_or(0));
        debug_assert!(lane.0 < lanes.max(1));
        lane
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of an event in its lane, counted from 1. 0 means "before the first".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first event.
    pub const START: Self = Self(0);

    /// The following place.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event, and the journal entry it causes: its lane and its place there. Shown as `lane-seq`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EventId {
    /// The lane.
    pub lane: Lane,
    /// The place in the lane.
    pub seq: Seq,
}

/// A journal entry is named by the event that caused it, so that one event cannot cause two.
pub type JournalEntryId = EventId;

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.lane, self.seq)
    }
}

impl FromStr for EventId {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let (lane, seq) = text.split_once('-').ok_or(TextError::InvalidFormat)?;
        let lane = lane.parse().map_err(|_| TextError::InvalidFormat)?;
        let seq = seq.parse().map_err(|_| TextError::InvalidFormat)?;
        Ok(Self { lane: Lane(lane), seq: Seq(seq) })
    }
}

impl Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom("not an event id"))
    }
}

/// One try to make the acquirer do something; the acquirer's own idempotency key. 128 random bits, shown as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AttemptId(pub u128);

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for AttemptId {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hex {
            return Err(TextError::InvalidFormat);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| TextError::InvalidFormat)
    }
}

bounded_text! {
    /// Who sells: 1–32 of `A-Za-z0-9._-`. Compared as bytes.
    MerchantId, 1, 32, |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    /// The merchant's own name for an order: 1–64 characters, none of them a control character. Compared as bytes.
    OrderId, 1, 64, |c: char| !c.is_control();
    /// The caller's name for one call: 1–255 printable ASCII characters. Compared as bytes.
    IdempotencyKey, 1, 255, |c: char| c.is_ascii_graphic() || c == ' ';
    /// A stand-in for a card, made elsewhere: 1–64 of `A-Za-z0-9._-`. A card number never enters.
    CardToken, 1, 64, |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    /// Who runs the platform: 1–64 of `A-Za-z0-9._@-`. Compared as bytes.
    OperatorName, 1, 64, |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_id_knows_its_lane_whatever_the_lane_count() {
        for lanes in [1, 4, 16, 255] {
            for lane in [0, lanes - 1] {
                let id = PaymentId::compose(42, Lane(lane), lanes).unwrap();
                assert_eq!(id.lane(lanes), Lane(lane));
            }
        }
        assert_eq!(PaymentId::compose(ID_MAX, Lane(0), 2), None);
    }

    #[test]
    fn a_number_that_does_not_travel_is_none_however_it_comes() {
        assert_eq!(serde_json::from_str::<PaymentId>(&ID_MAX.to_string()).unwrap().get(), ID_MAX);
        for beyond in [ID_MAX + 1, u64::MAX] {
            assert_eq!(PaymentId::new(beyond), None);
            assert!(beyond.to_string().parse::<PaymentId>().is_err());
            assert!(serde_json::from_str::<PaymentId>(&beyond.to_string()).is_err(), "{beyond}");
        }
    }

    #[test]
    fn the_merchant_hash_is_frozen() {
        let merchant: MerchantId = "M123".parse().unwrap();
        assert_eq!(Lane::of(&merchant, 16), Lane(8));
        assert_eq!(Lane::of(&merchant, 1), Lane(0));
    }

    #[test]
    fn ids_refuse_what_they_are_not() {
        for text in ["", "-1", "+1", "1.0", "abc", "9007199254740992", "99999999999999999999"] {
            assert_eq!(text.parse::<PaymentId>(), Err(TextError::InvalidFormat), "{text}");
        }
        assert!("M 1".parse::<MerchantId>().is_err());
        assert_eq!("".parse::<MerchantId>(), Err(TextError::TooShort));
        assert_eq!("x".repeat(33).parse::<MerchantId>(), Err(TextError::TooLong));
        assert_eq!("0-17".parse::<EventId>().unwrap().seq, Seq(17));
    }
}
