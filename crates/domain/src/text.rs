//! Text that is short, clean, and never a card number.

use thiserror::Error;

pub use crate::card_number::looks_like_card_number;

/// Why a text was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum TextError {
    /// Fewer characters than the least.
    #[error("is too short")]
    TooShort,
    /// More characters than the most.
    #[error("is too long")]
    TooLong,
    /// A character that may not stand there, or not the form asked for.
    #[error("has a form that is not accepted")]
    InvalidFormat,
    /// Thirteen to nineteen digits that pass the Luhn check.
    #[error("looks like a card number")]
    CardNumber,
}

/// Refuses a text that is too short, too long, holds a character `allowed` refuses, or could be a card number.
pub fn check(text: &str, min: usize, max: usize, allowed: impl Fn(char) -> bool) -> Result<(), TextError> {
    let length = text.chars().count();
    if length < min {
        return Err(TextError::TooShort);
    }
    if length > max {
        return Err(TextError::TooLong);
    }
    if !text.chars().all(allowed) {
        return Err(TextError::InvalidFormat);
    }
    if looks_like_card_number(text) { Err(TextError::CardNumber) } else { Ok(()) }
}

/// Declares a text type with its bounds; the only way to get one is through its check.
macro_rules! bounded_text {
    ($($(#[$doc:meta])* $name:ident, $min:literal, $max:literal, $allowed:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::TextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::text::check(text, $min, $max, $allowed)?;
                Ok(Self(text.into()))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.0, f)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
pub(crate) use bounded_text;

bounded_text! {
    /// Why something was done, in the merchant's or operator's words: 1–128 characters, no control characters.
    Reason, 1, 128, |c: char| !c.is_control();
    /// What is sold, in the merchant's words: up to 255 characters, no control characters but line feeds and tabs.
    Description, 0, 255, |c: char| !c.is_control() || matches!(c, '\n' | '\t');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters_not_bytes() {
        assert!("환".repeat(128).parse::<Reason>().is_ok());
        assert_eq!("환".repeat(129).parse::<Reason>(), Err(TextError::TooLong));
        assert_eq!("a\u{0}b".parse::<Reason>(), Err(TextError::InvalidFormat));
    }
}
