//! The idempotency key: in the `Idempotency-Key` header, bare or quoted, or in the body, or in both if they are equal.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName};
use domain::{
    id::IdempotencyKey,
    text::{TextError, looks_like_card_number},
};

use super::reader::Reader;
use crate::http::problem::{FieldCode, FieldError};

/// The header.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Its name in errors.
const HEADER_FIELD: &str = "Idempotency-Key";
/// The body's field.
pub(super) const BODY_FIELD: &str = "idempotencyKey";
/// The longest key in a body; a header may hold a longer one.
const BODY_LENGTH_MAX: usize = 64;

/// The key of a call. What is wrong with it is noted in `reader`.
pub(super) fn idempotency_key(reader: &mut Reader<'_>, headers: &HeaderMap) -> Option<IdempotencyKey> {
    let in_header = match header_key(headers) {
        Ok(key) => key,
        Err(error) => {
            reader.note(error);
            None
        }
    };
    let in_body = body_key(reader);
    if let (Some(header), Some(body)) = (&in_header, &in_body)
        && header != body
    {
        reader.refuse(BODY_FIELD, FieldCode::InvalidFormat, "differs from the Idempotency-Key header");
    }
    in_header.or(in_body)
}

/// The key in a body.
pub(crate) fn body_key(reader: &mut Reader<'_>) -> Option<IdempotencyKey> {
    let key = reader.parsed::<IdempotencyKey>(BODY_FIELD);
    if key.as_ref().is_some_and(|key| key.as_str().len() > BODY_LENGTH_MAX) {
        reader.refuse_text(BODY_FIELD, TextError::TooLong);
    }
    key
}

fn header_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, FieldError> {
    let mut values = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(FieldError::new(HEADER_FIELD, FieldCode::DuplicateField, "is there twice"));
    }
    let refused = |error| FieldError::text(HEADER_FIELD, error);
    let text = value.to_str().map_err(|_| refused(TextError::InvalidFormat))?;
    let key = unquote(text.trim_ascii()).ok_or_else(|| refused(TextError::InvalidFormat))?;
    if looks_like_card_number(&key) {
        return Err(refused(TextError::CardNumber));
    }
    key.parse().map(Some).map_err(refused)
}

/// A structured-field string without its quotes and escapes (RFC 9651), or a bare key as it is.
fn unquote(text: &str) -> Option<Cow<'_, str>> {
    let Some(rest) = text.strip_prefix('"') else {
        return Some(Cow::Borrowed(text));
    };
    let inner = rest.strip_suffix('"')?;
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(character) = chars.next() {
        match character {
            '\\' => plain.push(chars.next().filter(|escaped| matches!(escaped, '"' | '\\'))?),
            '"' => return None,
            other => plain.push(other),
        }
    }
    Some(Cow::Owned(plain))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn key(values: &[&str]) -> Result<Option<String>, FieldCode> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_str(value).unwrap());
        }
        header_key(&headers).map(|key| key.map(|key| key.as_str().to_owned())).map_err(|error| error.code)
    }

    #[test]
    fn a_header_key_is_bare_or_quoted() {
        assert_eq!(key(&[]), Ok(None));
        assert_eq!(key(&["abc-1"]), Ok(Some("abc-1".to_owned())));
        assert_eq!(key(&["\"abc-1\""]), Ok(Some("abc-1".to_owned())));
        assert_eq!(key(&[r#""a\"b\\c""#]), Ok(Some(r#"a"b\c"#.to_owned())));
        assert_eq!(key(&[&"k".repeat(255)]), Ok(Some("k".repeat(255))));
    }

    #[test]
    fn a_header_key_that_is_none_is_refused() {
        for (values, code) in [
            (vec![""], FieldCode::TooShort),
            (vec!["\"\""], FieldCode::TooShort),
            (vec!["\"abc"], FieldCode::InvalidFormat),
            (vec!["\"a\"b\""], FieldCode::InvalidFormat),
            (vec!["\""], FieldCode::InvalidFormat),
            (vec!["a\tb"], FieldCode::InvalidFormat),
            (vec!["4242 4242 4242 4242"], FieldCode::CardNumberNotAccepted),
            (vec!["a", "a"], FieldCode::DuplicateField),
        ] {
            assert_eq!(key(&values), Err(code), "{values:?}");
        }
        assert_eq!(key(&[&"k".repeat(256)]), Err(FieldCode::TooLong));
    }
}
