//! The merchant's own notes on a payment: bounded, ordered by key, never interpreted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::text::{self, TextError};

/// At most 50 pairs; keys of 1–40 characters, values of up to 500; neither may be a card number.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(BTreeMap<Box<str>, Box<str>>);

/// Why a pair was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum MetadataError {
    /// More than [`Metadata::PAIRS_MAX`].
    #[error("has too many pairs")]
    TooMany,
    /// The key is not acceptable.
    #[error("key {0}")]
    Key(TextError),
    /// The value is not acceptable.
    #[error("value {0}")]
    Value(TextError),
}

impl Metadata {
    /// How many pairs there may be.
    pub const PAIRS_MAX: usize = 50;

    /// Adds a pair, replacing an earlier value of the key.
    pub fn insert(&mut self, key: &str, value: &str) -> Result<(), MetadataError> {
        text::check(key, 1, 40, |c| !c.is_control()).map_err(MetadataError::Key)?;
        text::check(value, 0, 500, |c| !c.is_control() || matches!(c, '\n' | '\t'))
            .map_err(MetadataError::Value)?;
        if self.0.len() >= Self::PAIRS_MAX && !self.0.contains_key(key) {
            return Err(MetadataError::TooMany);
        }
        self.0.insert(key.into(), value.into());
        Ok(())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pairs in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }
}
