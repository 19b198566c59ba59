//! Query parameters, strictly: an unknown one is refused by name, and all that is wrong is said at once.

use std::{borrow::Cow, str::FromStr};

use domain::{
    id::MerchantId,
    text::looks_like_card_number,
    time::{TimeError, Timestamp},
};

use super::{
    list::FromCursor,
    problem::{FieldCode, FieldError, Problem},
};

/// The most rows of a page.
const LIMIT_MAX: usize = 200;
/// The rows of a page when the caller does not say.
const LIMIT_DEFAULT: usize = 20;

/// The query parameters of one request. Read each parameter the route knows, then [`Query::finish`].
#[derive(Debug)]
pub struct Query<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    known: Vec<&'static str>,
    errors: Vec<FieldError>,
}

impl<'a> Query<'a> {
    /// Of a request's query string.
    pub fn new(query: Option<&'a str>) -> Self {
        let text = query.unwrap_or_default();
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(name), percent_decode(value))
        });
        Self { pairs: pairs.collect(), known: Vec::new(), errors: Vec::new() }
    }

    /// A parameter that may be there once, read by `read`; what it refuses is told by the code and message it returns.
    pub fn one<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, (FieldCode, &'static str)>,
    ) -> Option<T> {
        self.known.push(name);
        let mut values = self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        let value = values.next()?;
        if values.next().is_some() {
            self.errors.push(FieldError::new(name, FieldCode::DuplicateField, "is there twice"));
            return None;
        }
        match read(value) {
            Ok(value) => Some(value),
            Err((code, message)) => {
                self.errors.push(FieldError::new(name, code, message));
                None
            }
        }
    }

    /// A parameter that may be repeated.
    pub fn many<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, (FieldCode, &'static str)>,
    ) -> Vec<T> {
        self.known.push(name);
        let mut found = Vec::new();
        for (_, value) in self.pairs.iter().filter(|(key, _)| key == name) {
            match read(value) {
                Ok(value) => found.push(value),
                Err((code, message)) => self.errors.push(FieldError::new(name, code, message)),
            }
        }
        found
    }

    /// A parameter whose type says what is acceptable.
    pub fn parsed<T: FromStr>(&mut self, name: &'static str) -> Option<T> {
        self.one(name, |text| {
            text.parse().map_err(|_| (FieldCode::InvalidFormat, "has a form that is not accepted"))
        })
    }

    /// The merchant the caller wants to be limited to.
    pub fn merchant(&mut self) -> Option<MerchantId> {
        self.parsed("merchantId")
    }

    /// A whole number in `least..=most`.
    pub fn number(&mut self, name: &'static str, least: i64, most: i64) -> Option<i64> {
        self.one(name, |text| {
            let digits = text.strip_prefix('-').unwrap_or(text);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err((FieldCode::WrongType, "is not a whole number"));
            }
            let number = text.parse().ok().filter(|number| (least..=most).contains(number));
            number.ok_or((FieldCode::OutOfRange, "is out of range"))
        })
    }

    /// An RFC 3339 time.
    pub fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        self.one(name, |text| {
            Timestamp::parse_rfc3339(text).map_err(|error| match error {
                TimeError::InvalidFormat => (FieldCode::InvalidFormat, "is not an RFC 3339 time"),
                TimeError::OutOfRange => (FieldCode::OutOfRange, "is not in the years 1970–9999"),
            })
        })
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.one(name, |text| text.parse().map_err(|_| (FieldCode::WrongType, "is not true or false")))
    }

    /// How many rows a page has.
    pub fn limit(&mut self) -> usize {
        let limit = self.number("limit", 1, LIMIT_MAX as i64);
        limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIMIT_DEFAULT)
    }

    /// Where to go on.
    pub fn cursor<C: FromCursor>(&mut self) -> Option<C> {
        self.cursor_by(C::from_cursor)
    }

    /// The same, read by `read`; it says `None` to what we never wrote.
    pub fn cursor_by<C>(&mut self, read: impl FnOnce(&str) -> Option<C>) -> Option<C> {
        self.one("cursor", |text| {
            read(text).ok_or((FieldCode::InvalidFormat, "is not a cursor of this list"))
        })
    }

    /// Whether something is wrong with a parameter already.
    pub fn is_refused(&self, name: &str) -> bool {
        self.errors.iter().any(|error| error.field == name)
    }

    /// Notes one more thing that is wrong.
    pub fn refuse(&mut self, name: &'static str, code: FieldCode, message: &'static str) {
        self.errors.push(FieldError::new(name, code, message));
    }

    /// Refuses the request if anything was wrong, an unknown parameter included.
    pub fn finish(mut self) -> Result<(), Problem> {
        for (name, _) in &self.pairs {
            if !self.known.iter().any(|known| known == name) {
                let shown = shown(name);
                self.errors.push(FieldError::new(
                    shown,
                    FieldCode::InvalidFormat,
                    "is not a parameter of this operation",
                ));
            }
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::validation(self.errors)) }
    }
}

/// A name from outside that is safe to say back: short, and never a card number.
fn shown(name: &str) -> String {
    if looks_like_card_number(name) { "…".to_owned() } else { name.chars().take(64).collect() }
}

/// `%41` and `+` undone; what is not UTF-8 afterwards becomes U+FFFD, which no parameter accepts.
pub(super) fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        let escaped = if first == b'%' { tail.get(..2).and_then(hex_pair) } else { None };
        match (first, escaped) {
            (_, Some(byte)) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', None) => bytes.push(b' '),
            (other, None) => bytes.push(other),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let text =
        std::str::from_utf8(pair).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use domain::id::PaymentId;

    use super::*;

    #[test]
    fn everything_wrong_is_named_at_once() {
        let mut query = Query::new(Some(
            "limit=0&merchantId=M%201&createdFrom=today&createdTo=1969-12-31T23:59:59Z&colour=red&status=A&status=B&orderId=1&orderId=2",
        ));
        query.limit();
        query.merchant();
        query.time("createdFrom");
        query.time("createdTo");
        query.many("status", |_| Ok(()));
        query.one("orderId", |_| Ok(()));
        let problem = query.finish().unwrap_err();
        let wrong: Vec<_> = problem.errors.iter().map(|error| (&*error.field, error.code)).collect();
        assert_eq!(
            wrong,
            [
                ("limit", FieldCode::OutOfRange),
                ("merchantId", FieldCode::InvalidFormat),
                ("createdFrom", FieldCode::InvalidFormat),
                ("createdTo", FieldCode::OutOfRange),
                ("orderId", FieldCode::DuplicateField),
                ("colour", FieldCode::InvalidFormat),
            ]
        );
    }

    #[test]
    fn numbers_are_numbers() {
        for (text, code) in [
            ("1.0", FieldCode::WrongType),
            ("", FieldCode::WrongType),
            ("99999999999999999999", FieldCode::OutOfRange),
        ] {
            let query = format!("limit={text}");
            let mut query = Query::new(Some(&query));
            query.limit();
            assert_eq!(query.finish().unwrap_err().errors[0].code, code, "{text}");
        }
    }

    #[test]
    fn escapes_are_undone_and_a_card_number_is_not_said_back() {
        let mut query = Query::new(Some("id=%31+7&4242424242424242=1"));
        assert_eq!(query.one("id", |text| Ok(text.to_owned())).as_deref(), Some("1 7"));
        let problem = query.finish().unwrap_err();
        assert!(!format!("{problem:?}").contains("4242"), "{problem:?}");
        let mut query = Query::new(Some("id=%E0%A4%A"));
        assert_eq!(query.parsed::<PaymentId>("id"), None);
        assert!(query.finish().is_err());
    }
}
