//! Counts and durations of the last five minutes, second by second, per kind of call.

use std::time::Duration;

use super::noted::Noted;

/// Seconds that are remembered.
pub(crate) const SECONDS: usize = 300;
/// Buckets of durations: bucket `n` holds what took less than 2^n × 125 µs; the last holds the rest.
const BUCKETS: usize = 20;

/// A kind of call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Reserve funds.
    Authorize,
    /// Take reserved funds.
    Capture,
    /// Release reserved funds.
    Void,
    /// Give captured funds back.
    Refund,
    /// Everything else.
    Other,
}

impl Action {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Authorize, Self::Capture, Self::Void, Self::Refund, Self::Other];

    /// Lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
            Self::Other => "other",
        }
    }

    fn of(noted: &Noted) -> Self {
        if noted.method != axum::http::Method::POST {
            return Self::Other;
        }
        // The shop's payments are payments.
        match noted.route.split('/').skip(1).collect::<Vec<_>>()[..] {
            ["payments", "authorize"] | ["store", "orders", _, "pay"] => Self::Authorize,
            ["payments", "capture", _] => Self::Capture,
            ["payments", "void", _] => Self::Void,
            ["payments", "refund", _] | ["store", "orders", _, "refunds"] => Self::Refund,
            _ => Self::Other,
        }
    }
}

/// What happened to the calls of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Answered with success.
    pub succeeded: u32,
    /// Refused.
    pub refused: u32,
    /// Failed by us.
    pub failed: u32,
    buckets: [u32; BUCKETS],
}

impl Counts {
    /// All of them.
    pub fn total(&self) -> u32 {
        self.succeeded.saturating_add(self.refused).saturating_add(self.failed)
    }

    /// What `percent` of the calls did not take longer than: the upper end of the bucket it falls into. `None` without calls.
    pub fn percentile(&self, percent: u32) -> Option<Duration> {
        let total = self.total();
        let rank = (u64::from(total) * u64::from(percent)).div_ceil(100).max(1);
        let mut seen = 0;
        let bucket = self.buckets.iter().position(|count| {
            seen += u64::from(*count);
            seen >= rank
        });
        bucket.map(|bucket| Duration::from_micros(125 << bucket))
    }

    fn add(&mut self, other: &Self) {
        self.succeeded = self.succeeded.saturating_add(other.succeeded);
        self.refused = self.refused.saturating_add(other.refused);
        self.failed = self.failed.saturating_add(other.failed);
        for (sum, count) in self.buckets.iter_mut().zip(other.buckets) {
            *sum = sum.saturating_add(count);
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    at: i64,
    counts: [Counts; Action::ALL.len()],
}

/// The last five minutes.
#[derive(Clone, Debug)]
pub struct Traffic {
    seconds: Vec<Second>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self { seconds: vec![Second::default(); SECONDS] }
    }
}

impl Traffic {
    pub(super) fn count(&mut self, noted: &Noted) {
        let at = noted.at.unix_ms() / 1000;
        let slot = usize::try_from(at).unwrap_or(0) % SECONDS;
        let second = &mut self.seconds[slot];
        if second.at != at {
            *second = Second { at, ..Second::default() };
        }
        let counts = &mut second.counts[Action::of(noted) as usize];
        match noted.status {
            ..400 => counts.succeeded += 1,
            400..500 => counts.refused += 1,
            500.. => counts.failed += 1,
        }
        let eighths = noted.took.as_micros() / 125;
        let bucket = usize::try_from(u128::BITS - eighths.leading_zeros()).unwrap_or(BUCKETS);
        counts.buckets[bucket.min(BUCKETS - 1)] += 1;
    }

    /// What happened to calls of a kind in the `seconds` up to `now_ms`.
    pub fn over(&self, action: Action, seconds: i64, now_ms: i64) -> Counts {
        let now = now_ms / 1000;
        let mut sum = Counts::default();
        for second in self.seconds.iter().filter(|second| now - seconds < second.at && second.at <= now) {
            sum.add(&second.counts[action as usize]);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::{super::noted::noted, *};

    #[test]
    fn calls_are_counted_by_kind_and_forgotten_in_time() {
        let mut traffic = Traffic::default();
        let start = 1_000_000_000;
        for took_ms in 1..=100 {
            traffic.count(&noted("/payments/authorize", 200, start, took_ms));
        }
        traffic.count(&noted("/payments/capture/{id}", 409, start + 1000, 1));
        let counts = traffic.over(Action::Authorize, 300, start + 2000);
        assert_eq!((counts.succeeded, counts.refused, counts.failed), (100, 0, 0));
        let median = counts.percentile(50).unwrap();
        assert!(Duration::from_millis(50) <= median && median <= Duration::from_millis(100), "{median:?}");
        assert!(counts.percentile(99).unwrap() <= Duration::from_millis(200));
        assert_eq!(traffic.over(Action::Capture, 300, start + 2000).refused, 1);
        assert_eq!(traffic.over(Action::Authorize, 300, start + 300_000).total(), 0);
        assert_eq!(Counts::default().percentile(50), None);
    }

    #[test]
    fn what_a_shopper_pays_and_gets_back_counts_too() {
        let kind = |route: &str| Action::of(&noted(route, 200, 0, 1));
        assert_eq!(kind("/store/orders/{no}/pay"), Action::Authorize);
        assert_eq!(kind("/store/orders/{no}/refunds"), Action::Refund);
        assert_eq!(kind("/payments/void/{paymentId}"), Action::Void);
        assert_eq!(kind("/store/orders"), Action::Other);
        assert_eq!(kind("/dead-letters/{id}/discard"), Action::Other);
    }
}
