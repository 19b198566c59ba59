//! The id of a call: the caller's if it is sane, else a fresh one that costs a few nanoseconds.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::http::{HeaderMap, HeaderName};
use domain::text::looks_like_card_number;

use crate::system::mix;

/// The header that carries it both ways.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const LENGTH_MAX: usize = 64;
const PREFIX: &[u8; 4] = b"req_";
/// 26 digits of 5 bits hold 128 bits.
const DIGITS: usize = 26;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The id of the call that is being answered; in every request's extensions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestId(pub Arc<str>);

/// Gives out ids. Unique within a process by a counter, and between processes by a random seed.
#[derive(Debug)]
pub(crate) struct RequestIds {
    seed: (u64, u64),
    counter: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new(seed: u128) -> Self {
        Self { seed: ((seed >> 64) as u64, seed as u64), counter: AtomicU64::new(0) }
    }

    /// The caller's id if it sent a sane one, else a fresh one.
    pub(crate) fn of(&self, headers: &HeaderMap) -> RequestId {
        let sent = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
        match sent.filter(|text| is_sane(text)) {
            Some(text) => RequestId(text.into()),
            None => RequestId(self.fresh()),
        }
    }

    fn fresh(&self) -> Arc<str> {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        // The low half is a permutation of the counter, so no two ids of a process are equal.
        let high = mix(self.seed.0 ^ count.rotate_left(32));
        let low = mix(self.seed.1.wrapping_add(count));
        let mut rest = u128::from(high) << 64 | u128::from(low);
        let mut text = [0_u8; PREFIX.len() + DIGITS];
        text[..PREFIX.len()].copy_from_slice(PREFIX);
        for digit in text[PREFIX.len()..].iter_mut().rev() {
            *digit = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        Arc::from(str::from_utf8(&text).unwrap_or_default())
    }
}

/// Short, of harmless characters, and not a card number: it goes into logs and answers.
fn is_sane(text: &str) -> bool {
    let harmless = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/' | b'+' | b'=')
    };
    (1..=LENGTH_MAX).contains(&text.len()) && text.bytes().all(harmless) && !looks_like_card_number(text)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn fresh_ids_differ_and_look_random() {
        let (one, other) = (RequestIds::new(1), RequestIds::new(2));
        let ids: HashSet<_> = (0..10_000).flat_map(|_| [one.fresh(), other.fresh()]).collect();
        assert_eq!(ids.len(), 20_000);
        assert!(ids.iter().all(|id| id.len() == 30 && is_sane(id)));
    }

    #[test]
    fn a_callers_id_is_kept_only_when_it_is_sane() {
        let ids = RequestIds::new(1);
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(X_REQUEST_ID, text.parse().unwrap());
            ids.of(&headers).0.to_string()
        };
        assert_eq!(of("trace-7_a.b:c"), "trace-7_a.b:c");
        for bad in ["", "a b", "<script>", "4242424242424242", &"x".repeat(65)] {
            assert!(of(bad).starts_with("req_"), "{bad}");
        }
    }
}
