//! Lists: newest first, a page at a time, with a cursor that means nothing to the caller.

use std::{ops::ControlFlow, time::Duration};

use data_encoding::BASE64URL_NOPAD;
use engine::ports::Page;
use serde::Serialize;
use utoipa::ToSchema;

use super::state::AppState;

/// One page of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    /// The rows, newest first.
    pub data: Vec<T>,
    /// Give it as `cursor` to go on; null at the end. A page may be shorter than `limit` and still go on.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// A page of the store: rows to wire, cursor to text.
    pub fn of<R, C: ToCursor>(page: Page<R, C>, row: impl FnMut(R) -> T) -> Self {
        Self {
            data: page.rows.into_iter().map(row).collect(),
            next_cursor: page.next.map(|next| next.to_cursor()),
        }
    }

    /// A list that is always whole.
    pub fn whole(data: Vec<T>) -> Self {
        Self { data, next_cursor: None }
    }
}

/// How long pages without rows are passed by before the cursor of one is answered.
const LOOK_TIME: Duration = Duration::from_millis(200);

/// Looks on from pages without rows. A store looks at so many rows a page and a filter may admit none of them: that is no news
/// for a client, who would only ask again.
pub struct Looking<'a> {
    app: &'a AppState,
    until: Duration,
}

impl<'a> Looking<'a> {
    /// From now on, for a while.
    pub fn begin(app: &'a AppState) -> Self {
        Self { app, until: app.clock.monotonic() + LOOK_TIME }
    }

    /// Whether the time is over.
    pub fn is_over(&self) -> bool {
        self.app.clock.monotonic() >= self.until
    }

    /// Breaks with a page that has a row, is the last, or came when the time was over; else says from where to read on.
    pub fn past<T, C>(&self, page: Page<T, C>) -> ControlFlow<Page<T, C>, Option<C>> {
        if !page.rows.is_empty() || page.next.is_none() || self.is_over() {
            return ControlFlow::Break(page);
        }
        ControlFlow::Continue(page.next)
    }
}

/// A place in a list that can be put into a cursor.
pub trait ToCursor {
    /// As opaque text.
    fn to_cursor(&self) -> String;
}

/// A place in a list that can be read from a cursor.
pub trait FromCursor: Sized {
    /// From opaque text; `None` when we never wrote it.
    fn from_cursor(text: &str) -> Option<Self>;
}

/// Numbers as opaque text: for cursors of one or more parts. `kind` keeps cursors of different lists apart.
pub fn cursor_encode(kind: u8, numbers: &[u64]) -> String {
    let mut bytes = Vec::with_capacity(1 + numbers.len() * 4);
    bytes.push(kind);
    for &number in numbers {
        let mut rest = number;
        while rest >= 0x80 {
            bytes.push(0x80 | (rest & 0x7f) as u8);
            rest >>= 7;
        }
        bytes.push(rest as u8);
    }
    BASE64URL_NOPAD.encode(&bytes)
}

/// The numbers of a cursor of `kind`; `None` when we never wrote it.
pub fn cursor_decode(kind: u8, text: &str) -> Option<Vec<u64>> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let (&first, mut rest) = bytes.split_first()?;
    if first != kind {
        return None;
    }
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        let (mut number, mut shift) = (0_u64, 0_u32);
        loop {
            let (&byte, tail) = rest.split_first()?;
            rest = tail;
            let part = u64::from(byte & 0x7f);
            if shift > 63 || (part << shift) >> shift != part {
                return None;
            }
            number |= part << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        numbers.push(number);
    }
    Some(numbers)
}

/// The only number of a cursor of `kind`; `None` when we never wrote it.
pub fn number_from_cursor(kind: u8, text: &str) -> Option<u64> {
    match cursor_decode(kind, text)?.as_slice() {
        [number] => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use testkit::FixedClock;

    use super::*;
    use crate::http::testing::{Behaviour, StubPayments, state_at};

    /// Reads three pages of which the last has the only row; each takes `page_ms`.
    fn look(page_ms: u64) -> Page<char, u32> {
        let clock = Arc::new(FixedClock::default());
        let app = state_at(clock.clone(), StubPayments::new(Behaviour::Hang));
        let looking = Looking::begin(&app);
        let mut from = Some(0);
        loop {
            clock.advance_ms(page_ms);
            let rows = if from == Some(2) { vec!['x'] } else { Vec::new() };
            match looking.past(Page { rows, next: from.map(|from| from + 1) }) {
                ControlFlow::Break(page) => return page,
                ControlFlow::Continue(next) => from = next,
            }
        }
    }

    #[test]
    fn pages_without_rows_are_passed_by_for_a_while() {
        assert_eq!(look(1), Page { rows: vec!['x'], next: Some(3) });
        assert_eq!(look(150), Page { rows: vec![], next: Some(2) }, "time ran out first");
    }

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_went(kind: u8, numbers: Vec<u64>) {
            let text = cursor_encode(kind, &numbers);
            prop_assert_eq!(cursor_decode(kind, &text), Some(numbers));
            prop_assert_eq!(cursor_decode(kind.wrapping_add(1), &text), None);
        }

        #[test]
        fn no_text_makes_reading_a_cursor_panic(text: String) {
            let _ = cursor_decode(1, &text);
        }
    }
}
