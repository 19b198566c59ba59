//! Which field is wrong, and in which way.

use std::borrow::Cow;

use domain::text::TextError;
use serde::Serialize;
use utoipa::ToSchema;

/// In which way a field is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FieldCode {
    /// It must be there.
    Required,
    /// Not the JSON type it must have; 12.0, 1e4 and "12" are not integers.
    WrongType,
    /// Fewer characters than the least.
    TooShort,
    /// More characters than the most.
    TooLong,
    /// A number below the least or above the most.
    OutOfRange,
    /// Not the form it must have, or not one of the known words.
    InvalidFormat,
    /// Not an upper-case ISO 4217 code.
    UnknownCurrency,
    /// It is there twice.
    DuplicateField,
    /// It could be a card number; cards are named by tokens only.
    CardNumberNotAccepted,
}

/// One wrong field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct FieldError {
    /// Its dotted name, e.g. `paymentMethod.token`.
    #[schema(value_type = String, example = "paymentMethod.token")]
    pub field: Cow<'static, str>,
    /// In which way.
    pub code: FieldCode,
    /// The same for a person; never the value itself.
    #[schema(value_type = String)]
    pub message: Cow<'static, str>,
}

impl FieldError {
    /// A wrong field.
    pub fn new(
        field: impl Into<Cow<'static, str>>,
        code: FieldCode,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }

    /// A text the domain refused.
    pub fn text(field: impl Into<Cow<'static, str>>, error: TextError) -> Self {
        let (code, message) = match error {
            TextError::TooShort => (FieldCode::TooShort, "is too short"),
            TextError::TooLong => (FieldCode::TooLong, "is too long"),
            TextError::InvalidFormat => (FieldCode::InvalidFormat, "has a form that is not accepted"),
            TextError::CardNumber => {
                (FieldCode::CardNumberNotAccepted, "looks like a card number; send a token instead")
            }
        };
        Self::new(field, code, message)
    }
}
