//! JSON objects member by member, each value left as it was written.
//!
//! Values stay text so that `12`, `12.0`, `1e4` and `99999999999999999999` can be told apart, and so that what nobody reads
//! costs nothing. Skipping a value needs no recursion: nesting is bounded by the body's length alone.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A value as it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Value<'a> {
    /// `null`: the same as not being there.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A number's own characters.
    Number(&'a str),
    /// A string with its quotes.
    Text(&'a str),
    /// An object with its braces.
    Object(&'a str),
    /// An array with its brackets.
    Array(&'a str),
}

impl<'a> Value<'a> {
    fn of(raw: &'a str) -> Self {
        match raw.as_bytes().first() {
            Some(b'"') => Self::Text(raw),
            Some(b'{') => Self::Object(raw),
            Some(b'[') => Self::Array(raw),
            Some(b'n') => Self::Null,
            Some(b't') => Self::Flag(true),
            Some(b'f') => Self::Flag(false),
            Some(_) | None => Self::Number(raw),
        }
    }

    /// Half a surrogate pair (`"\ud800"`) is JSON but no text: `None`.
    pub(super) fn unquote(raw: &'a str) -> Option<Cow<'a, str>> {
        let plain = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match plain {
            Some(plain) if !plain.contains('\\') => Some(Cow::Borrowed(plain)),
            _ => serde_json::from_str::<String>(raw).ok().map(Cow::Owned),
        }
    }
}

/// The items of the array that `text` is.
pub(super) fn items(text: &str) -> Result<Vec<Value<'_>>, serde_json::Error> {
    let items: Vec<&RawValue> = serde_json::from_str(text)?;
    Ok(items.into_iter().map(|raw| Value::of(raw.get())).collect())
}

/// Calls `each` with every member of the object that `text` is. `Err` when it is not one.
pub(super) fn members<'a>(
    text: &'a str,
    each: impl FnMut(Cow<'a, str>, Value<'a>),
) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Members(each).deserialize(&mut deserializer)?;
    deserializer.end()
}

struct Members<F>(F);

impl<'a, F: FnMut(Cow<'a, str>, Value<'a>)> DeserializeSeed<'a> for Members<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a, F: FnMut(Cow<'a, str>, Value<'a>)> Visitor<'a> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let raw: &'a RawValue = map.next_value()?;
            (self.0)(key, Value::of(raw.get()));
        }
        Ok(())
    }
}

/// A member's name, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'a> Deserialize<'a> for Key<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'a> Visitor<'a> for Text {
            type Value = Key<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<(String, Value<'_>)>> {
        let mut found = Vec::new();
        members(text, |key, value| found.push((key.into_owned(), value))).ok()?;
        Some(found)
    }

    #[test]
    fn values_stay_as_they_were_written_and_duplicates_stay_two() {
        let found =
            read(r#" {"a": 1e4 , "a":99999999999999999999,"b":"x\u0041","c":null,"d":{"e":[1]},"f":[{}]} "#);
        let expected = [
            ("a", Value::Number("1e4")),
            ("a", Value::Number("99999999999999999999")),
            ("b", Value::Text(r#""x\u0041""#)),
            ("c", Value::Null),
            ("d", Value::Object(r#"{"e":[1]}"#)),
            ("f", Value::Array("[{}]")),
        ];
        assert_eq!(found.unwrap(), expected.map(|(key, value)| (key.to_owned(), value)));
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        for text in [
            "",
            "1",
            "[]",
            "null",
            "\"a\"",
            "{",
            "{}{}",
            "{} x",
            "{\"a\"}",
            "{a:1}",
            "{\"a\":01}",
            "{\"\\ud800\":1}",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_value_nobody_reads_may_be_as_deep_as_it_likes() {
        let deep = format!("{{\"x\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
        assert_eq!(read(&deep).unwrap().len(), 1);
    }

    #[test]
    fn text_is_unquoted_only_when_it_is_text() {
        assert_eq!(Value::unquote(r#""\uc6d0 \"\n""#).as_deref(), Some("원 \"\n"));
        assert_eq!(Value::unquote(r#""\ud83d\ude00""#).as_deref(), Some("😀"));
        assert_eq!(Value::unquote(r#""\ud800""#), None);
    }
}
