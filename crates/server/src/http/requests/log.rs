//! The latest requests of this process and how fast they were, in memory of a fixed size.
//!
//! Noting a request takes one short lock and no allocation once the ring is full: it runs for every payment. Bodies, headers and
//! query strings never come here.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::http::Method;
use domain::{id::PaymentId, time::Timestamp};

use super::traffic::Traffic;

/// Requests that are remembered.
const REQUESTS_MAX: usize = 2000;

/// One request that was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Noted {
    /// When it was answered.
    pub at: Timestamp,
    /// Its method.
    pub method: Method,
    /// The template of its path; never the path itself.
    pub route: Arc<str>,
    /// The status of its answer.
    pub status: u16,
    /// How long it took.
    pub took: Duration,
    /// Its id.
    pub request_id: Arc<str>,
    /// The payment it is about: its path names it, or its answer.
    pub payment: Option<PaymentId>,
    /// Whether its answer was the stored one of an earlier call.
    pub replayed: bool,
}

/// The ring of requests, oldest first, and the counts of the last minutes.
#[derive(Debug, Default)]
pub struct RequestLog {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// How many were noted, ever: the number of the latest.
    count: u64,
    ring: VecDeque<Noted>,
    traffic: Traffic,
}

impl RequestLog {
    /// Notes an answered request.
    pub fn note(&self, noted: Noted) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.traffic.count(&noted);
        if inner.ring.len() == REQUESTS_MAX {
            inner.ring.pop_front();
        }
        inner.count += 1;
        inner.ring.push_back(noted);
        debug_assert!(inner.ring.len() <= REQUESTS_MAX);
    }

    /// Requests before number `before` that `wanted` admits, newest first, each with its number.
    pub fn list(
        &self,
        before: Option<u64>,
        limit: usize,
        wanted: impl Fn(&Noted) -> bool,
    ) -> Vec<(u64, Noted)> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let numbered = (1..=inner.count).rev().zip(inner.ring.iter().rev());
        let earlier = numbered.filter(|(number, _)| before.is_none_or(|before| *number < before));
        let wanted = earlier.filter(|(_, noted)| wanted(noted));
        wanted.take(limit).map(|(number, noted)| (number, noted.clone())).collect()
    }

    /// The counts of the last minutes.
    pub fn traffic(&self) -> Traffic {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).traffic.clone()
    }
}

#[cfg(test)]
pub(super) fn noted(route: &str, status: u16, at_ms: i64, took_ms: u64) -> Noted {
    Noted {
        at: Timestamp::from_unix_ms(at_ms),
        method: Method::POST,
        route: route.into(),
        status,
        took: Duration::from_millis(took_ms),
        request_id: "req".into(),
        payment: None,
        replayed: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_forgets_the_oldest_and_numbers_go_on() {
        let log = RequestLog::default();
        for _ in 0..REQUESTS_MAX + 5 {
            log.note(noted("/payments", 200, 0, 1));
        }
        let newest = log.list(None, 2, |_| true);
        let numbers: Vec<u64> = newest.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [2005, 2004]);
        assert_eq!(log.list(None, usize::MAX, |_| true).len(), REQUESTS_MAX);
        assert_eq!(log.list(Some(7), 10, |_| true).len(), 1, "number 6 is the oldest still there");
        assert!(log.list(None, 10, |noted| noted.status == 500).is_empty());
    }
}
