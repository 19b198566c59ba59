//! Reads the known fields of a body: each once, each of its type, each within its bounds, and everything wrong at once.

use std::{borrow::Cow, ops::RangeInclusive, str::FromStr};

use domain::{
    money::Money,
    text::{TextError, looks_like_card_number},
};

use super::json::{Value, items, members};
use crate::http::problem::{Code, FieldCode, FieldError, Problem};

/// The longest unknown name that is said back.
const NAME_SHOWN_MAX: usize = 40;

/// The known members of one object and what is wrong with it so far.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    /// Dotted, with a trailing dot, or empty.
    prefix: Cow<'static, str>,
    names: &'static [&'static str],
    values: Vec<Option<Value<'a>>>,
    errors: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    /// Reads a whole body. Names that are not in `names` are ignored.
    pub(crate) fn new(body: &'a [u8], names: &'static [&'static str]) -> Result<Self, Problem> {
        let malformed = |message| Problem::new(Code::MalformedRequest, message);
        let text = std::str::from_utf8(body).map_err(|error| {
            Problem::new(
                Code::MalformedRequest,
                format!("the body is not UTF-8 at byte {}", error.valid_up_to()),
            )
        })?;
        if text.trim_ascii().is_empty() {
            return Err(malformed("the body is empty"));
        }
        Self::read(text, Cow::Borrowed(""), names).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => malformed("the body is not a JSON object"),
            _ => Problem::new(
                Code::MalformedRequest,
                format!("the body is not JSON: line {}, column {}", error.line(), error.column()),
            ),
        })
    }

    fn read(
        text: &'a str,
        prefix: Cow<'static, str>,
        names: &'static [&'static str],
    ) -> Result<Self, serde_json::Error> {
        let mut values = vec![None; names.len()];
        let mut twice = vec![false; names.len()];
        members(text, |key, value| {
            let Some(index) = names.iter().position(|name| *name == key) else { return };
            twice[index] |= values[index].is_some();
            values[index] = Some(value);
        })?;
        let mut reader = Self { prefix, names, values, errors: Vec::new() };
        for (name, _) in names.iter().zip(&twice).filter(|(_, twice)| **twice) {
            reader.refuse(name, FieldCode::DuplicateField, "is there twice");
        }
        Ok(reader)
    }

    /// The members of a field that is an object.
    pub(crate) fn object(
        &mut self,
        name: &'static str,
        prefix: &'static str,
        names: &'static [&'static str],
    ) -> Option<Self> {
        match self.value(name)? {
            Value::Object(text) => {
                let inner = Self::read(text, Cow::Borrowed(prefix), names);
                inner
                    .map_err(|_| self.refuse(name, FieldCode::InvalidFormat, "has a name that is not text"))
                    .ok()
            }
            _ => self.wrong_type(name, "is not an object"),
        }
    }

    /// The items of a field that is a list of `min` to `max` objects; one that is none is noted and left out.
    pub(crate) fn objects(
        &mut self,
        name: &'static str,
        (min, max): (usize, usize),
        names: &'static [&'static str],
    ) -> Option<Vec<Self>> {
        let Value::Array(text) = self.value(name)? else {
            return self.wrong_type(name, "is not a list");
        };
        // Its brackets were found by the same parser.
        let items = items(text).unwrap_or_default();
        if !(min..=max).contains(&items.len()) {
            self.refuse(name, FieldCode::OutOfRange, format!("must be {min} to {max} items"));
            return None;
        }
        let mut readers = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let place = format!("{name}.{index}");
            match item {
                Value::Object(text) => {
                    match Self::read(text, format!("{}{place}.", self.prefix).into(), names) {
                        Ok(reader) => readers.push(reader),
                        Err(_) => {
                            self.refuse(&place, FieldCode::InvalidFormat, "has a name that is not text");
                        }
                    }
                }
                _ => self.refuse(&place, FieldCode::WrongType, "is not an object"),
            }
        }
        Some(readers)
    }

    /// Refuses names that nobody knows: where what is not named means something, a typing error must not.
    pub(crate) fn refuse_others(&mut self, body: &[u8]) {
        let mut others = Vec::new();
        let read = members(std::str::from_utf8(body).unwrap_or_default(), |name, _| {
            if !self.names.contains(&name.as_ref()) {
                others.push(name.into_owned());
            }
        });
        debug_assert!(read.is_ok(), "it was read before");
        for name in others {
            let plain = name.len() <= NAME_SHOWN_MAX && name.bytes().all(|byte| byte.is_ascii_alphabetic());
            let shown = if plain { &name } else { "?" };
            let known = self.names.join(", ");
            self.refuse(shown, FieldCode::InvalidFormat, format!("is none of: {known}"));
        }
    }

    /// Takes over what was wrong inside an object.
    pub(crate) fn absorb(&mut self, inner: Reader<'_>) {
        self.errors.extend(inner.errors);
    }

    /// A field that is text: never a card number, checked before anything else is said about it.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<Cow<'a, str>> {
        let Value::Text(raw) = self.value(name)? else {
            return self.wrong_type(name, "is not text");
        };
        let Some(text) = Value::unquote(raw) else {
            self.refuse(name, FieldCode::InvalidFormat, "holds half a surrogate pair");
            return None;
        };
        if looks_like_card_number(&text) {
            self.refuse_text(name, TextError::CardNumber);
            return None;
        }
        Some(text)
    }

    /// A field whose type says which text is acceptable.
    pub(crate) fn parsed<T: FromStr<Err = TextError>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse_text(name, error);
                None
            }
        }
    }

    /// A field that is one of a few words.
    pub(crate) fn word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.refuse(name, FieldCode::InvalidFormat, format!("is not one of: {}", known.join(", ")));
        }
        found
    }

    /// A field that is an amount in minor units, at least `least`.
    pub(crate) fn amount(&mut self, name: &'static str, least: i64) -> Option<i64> {
        let Value::Number(written) = self.value(name)? else {
            return self.wrong_type(name, "is not an integer");
        };
        let digits = written.strip_prefix('-').unwrap_or(written);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.wrong_type(name, "is not an integer");
        }
        let amount = written.parse().ok().filter(|amount| (least..=Money::AMOUNT_MAX).contains(amount));
        if amount.is_none() {
            let message = format!("is not between {least} and {}", Money::AMOUNT_MAX);
            self.refuse(name, FieldCode::OutOfRange, message);
        }
        amount
    }

    /// A field that is true or false.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        match self.value(name)? {
            Value::Flag(flag) => Some(flag),
            _ => self.wrong_type(name, "is not true or false"),
        }
    }

    /// The raw members of a field that is an object with names of the caller's choice.
    pub(super) fn pairs(&mut self, name: &'static str) -> Option<Vec<(Cow<'a, str>, Value<'a>)>> {
        let Value::Object(text) = self.value(name)? else {
            return self.wrong_type(name, "is not an object");
        };
        let mut pairs = Vec::new();
        if members(text, |key, value| pairs.push((key, value))).is_err() {
            self.refuse(name, FieldCode::InvalidFormat, "has a name that is not text");
            return None;
        }
        Some(pairs)
    }

    /// A field that is a whole number of `range`.
    pub(crate) fn count(&mut self, name: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let number = self.amount(name, 0)?;
        let counted = u32::try_from(number).ok().filter(|number| range.contains(number));
        if counted.is_none() {
            let message = format!("is not between {} and {}", range.start(), range.end());
            self.refuse(name, FieldCode::OutOfRange, message);
        }
        counted
    }

    /// Says `REQUIRED` when a field is not there.
    pub(crate) fn require(&mut self, name: &'static str) {
        if self.value(name).is_none() {
            self.refuse(name, FieldCode::Required, "is required");
        }
    }

    /// Notes that a field is wrong.
    pub(crate) fn refuse(&mut self, name: &str, code: FieldCode, message: impl Into<Cow<'static, str>>) {
        self.errors.push(FieldError::new(format!("{}{name}", self.prefix), code, message));
    }

    /// Notes that a field's text was refused.
    pub(crate) fn refuse_text(&mut self, name: &str, error: TextError) {
        self.errors.push(FieldError::text(format!("{}{name}", self.prefix), error));
    }

    /// Notes something that is wrong outside the body.
    pub(crate) fn note(&mut self, error: FieldError) {
        self.errors.push(error);
    }

    /// `built` if nothing was wrong.
    pub(crate) fn finish<T>(self, built: Option<T>) -> Result<T, Problem> {
        match built {
            Some(built) if self.errors.is_empty() => Ok(built),
            _ => Err(Problem::validation(self.errors)),
        }
    }

    fn value(&self, name: &'static str) -> Option<Value<'a>> {
        let index = self.names.iter().position(|known| *known == name)?;
        self.values[index].filter(|value| *value != Value::Null)
    }

    fn wrong_type<T>(&mut self, name: &'static str, message: &'static str) -> Option<T> {
        self.refuse(name, FieldCode::WrongType, message);
        None
    }
}
