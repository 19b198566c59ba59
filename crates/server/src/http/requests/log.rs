//! The latest requests of this process and how fast they were, in memory of a fixed size.
//!
//! Noting a request takes one short lock and no allocation once the ring is full: it runs for every payment. Headers and query
//! strings never come here. Bodies do, without their secrets, only of the latest calls and only while somebody watches.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{noted::Noted, traffic::Traffic};

/// Requests that are remembered.
const REQUESTS_MAX: usize = 2000;
/// Of so many of them the bodies are remembered too.
const BODIES_MAX: usize = 200;
/// How long bodies are kept after somebody looked at the log. Longer than a page waits between two looks.
const WATCHED: Duration = Duration::from_secs(60);

/// The ring of requests, oldest first, and the counts of the last minutes.
#[derive(Debug, Default)]
pub struct RequestLog {
    inner: Mutex<Inner>,
    /// Until when somebody watches, in milliseconds of the monotonic clock.
    watched_until: AtomicU64,
}

#[derive(Debug, Default)]
struct Inner {
    /// How many were noted, ever: the number of the latest.
    count: u64,
    ring: VecDeque<Noted>,
    /// The numbers of those whose bodies are remembered, oldest first.
    with_bodies: VecDeque<u64>,
    traffic: Traffic,
}

impl Inner {
    /// Remembers that the latest has bodies, and forgets those of the oldest that had.
    fn note_bodies(&mut self) {
        self.with_bodies.push_back(self.count);
        if self.with_bodies.len() <= BODIES_MAX {
            return;
        }
        let Some(oldest) = self.with_bodies.pop_front() else { return };
        // The ring ends with number `count`; one that has left it took its bodies along.
        let from_end = usize::try_from(self.count - oldest).unwrap_or(usize::MAX);
        if let Some(at) = self.ring.len().checked_sub(from_end.saturating_add(1)) {
            self.ring[at].bodies = None;
        }
    }
}

impl RequestLog {
    /// Somebody looks at the log: bodies are worth keeping for a while.
    pub fn watch(&self, now: Duration) {
        let until = u64::try_from((now + WATCHED).as_millis()).unwrap_or(u64::MAX);
        self.watched_until.fetch_max(until, Ordering::Relaxed);
    }

    /// Whether somebody has looked lately.
    pub fn is_watched(&self, now: Duration) -> bool {
        now.as_millis() < u128::from(self.watched_until.load(Ordering::Relaxed))
    }

    /// Notes an answered request.
    pub fn note(&self, noted: Noted) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.traffic.count(&noted);
        if inner.ring.len() == REQUESTS_MAX {
            inner.ring.pop_front();
        }
        inner.count += 1;
        let has_bodies = noted.bodies.is_some();
        inner.ring.push_back(noted);
        if has_bodies {
            inner.note_bodies();
        }
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
mod tests {
    use super::{
        super::{bodies::Bodies, noted::noted},
        *,
    };

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

    #[test]
    fn only_the_latest_bodies_are_remembered() {
        let log = RequestLog::default();
        let said = |status| Noted { bodies: Some(Bodies::default()), ..noted("/payments", status, 0, 1) };
        for _ in 0..BODIES_MAX {
            log.note(said(200));
            log.note(noted("/payments", 404, 0, 1));
        }
        let with = |log: &RequestLog| log.list(None, usize::MAX, |noted| noted.bodies.is_some()).len();
        assert_eq!(with(&log), BODIES_MAX);
        log.note(said(201));
        assert_eq!(with(&log), BODIES_MAX);
        let (oldest, noted) = log.list(None, usize::MAX, |noted| noted.bodies.is_some()).pop().unwrap();
        assert_eq!((oldest, noted.status), (3, 200), "the first has lost them");
        for _ in 0..REQUESTS_MAX {
            log.note(super::super::noted::noted("/payments", 404, 0, 1));
        }
        log.note(said(202));
        assert_eq!(with(&log), 1, "those that left the ring are gone, and nobody else's");
    }

    #[test]
    fn it_is_watched_for_a_while_after_a_look() {
        let (log, look) = (RequestLog::default(), Duration::from_secs(1000));
        assert!(!log.is_watched(Duration::ZERO));
        log.watch(look);
        assert!(log.is_watched(look + WATCHED - Duration::from_millis(1)));
        assert!(!log.is_watched(look + WATCHED));
    }
}
