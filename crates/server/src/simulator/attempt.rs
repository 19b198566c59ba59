//! One attempt as it is asked, kept and listed.

use domain::{
    id::AttemptId,
    money::Currency,
    payment::{DeclineCode, Operation},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttemptRequest {
    #[serde(deserialize_with = "from_hex")]
    pub(super) attempt_id: AttemptId,
    #[serde(deserialize_with = "from_word")]
    pub(super) operation: Operation,
    pub(super) payment_id: u64,
    pub(super) amount: i64,
    pub(super) currency: Currency,
    pub(super) token: Option<Box<str>>,
}

/// What it came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Approved,
    Declined,
    Refused,
}

/// What was asked and what it came to: one line of the file and of the list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attempt {
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    pub(super) attempt_id: AttemptId,
    #[serde(serialize_with = "to_word", deserialize_with = "from_word")]
    pub(super) operation: Operation,
    pub(super) payment_id: u64,
    pub(super) amount: i64,
    pub(super) currency: Currency,
    pub(super) outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) decline_code: Option<DeclineCode>,
}

impl Attempt {
    /// Whether `other` asks for the same thing.
    pub(super) fn asks_the_same(&self, other: &Self) -> bool {
        self.operation == other.operation
            && self.payment_id == other.payment_id
            && self.amount == other.amount
            && self.currency == other.currency
    }
}

fn to_hex<S: Serializer>(id: &AttemptId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AttemptId, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    text.parse().map_err(|_| de::Error::custom("is not 32 hex digits"))
}

fn to_word<S: Serializer>(operation: &Operation, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(operation.as_str())
}

fn from_word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Operation, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    text.parse().map_err(|_| de::Error::custom("is no operation"))
}
