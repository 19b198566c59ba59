//! Points in time, to the millisecond, in UTC.
//!
//! Invariant: a [`Timestamp`] always lies in the years 1970–9999, so that formatting and adding a setting to it cannot fail
//! half-way through a batch.

use std::fmt;

use jiff::fmt::temporal::Pieces;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// Milliseconds since 1970-01-01T00:00:00Z. Shown as RFC 3339 with milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp {
    unix_ms: i64,
}

/// 9999-12-30T22:00:00.000Z, the last time that can be shown with any offset.
const UNIX_MS_MAX: i64 = 253_402_207_200_000;

impl Timestamp {
    /// From milliseconds since the epoch; values outside 1970–9999 are clamped to the nearest end.
    pub fn from_unix_ms(unix_ms: i64) -> Self {
        Self { unix_ms: unix_ms.clamp(0, UNIX_MS_MAX) }
    }

    /// Milliseconds since the epoch.
    pub fn unix_ms(self) -> i64 {
        self.unix_ms
    }

    /// This time `seconds` later (or at the end of the year 9999).
    pub fn plus_seconds(self, seconds: u32) -> Self {
        Self::from_unix_ms(self.unix_ms.saturating_add(i64::from(seconds).saturating_mul(1000)))
    }

    /// This time `ms` later (or at the end of the year 9999).
    pub fn plus_ms(self, ms: i64) -> Self {
        Self::from_unix_ms(self.unix_ms.saturating_add(ms))
    }

    /// This time `seconds` earlier (or the epoch).
    pub fn minus_seconds(self, seconds: u32) -> Self {
        Self::from_unix_ms(self.unix_ms.saturating_sub(i64::from(seconds).saturating_mul(1000)))
    }

    /// Milliseconds from `earlier` to this; negative when `earlier` is later.
    pub fn ms_since(self, earlier: Self) -> i64 {
        self.unix_ms.saturating_sub(earlier.unix_ms)
    }

    /// Reads RFC 3339 in any offset, e.g. `2026-11-22T17:15:03.412+09:00`; what is finer than a millisecond is cut off.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimeError> {
        let unix_ms = match text.parse::<jiff::Timestamp>() {
            Ok(parsed) => parsed.as_millisecond(),
            // The parser's own range is not ours: what is a time to the eye is only too far away.
            Err(_) if is_a_time(text) => return Err(TimeError::OutOfRange),
            Err(_) => return Err(TimeError::InvalidFormat),
        };
        if !(0..=UNIX_MS_MAX).contains(&unix_ms) {
            return Err(TimeError::OutOfRange);
        }
        Ok(Self { unix_ms })
    }
}

/// The two times of a change.
///
/// Invariant: `certain` is never after `now`. What was promised until a time counts from `now`, the latest any clock has said; what
/// ends, ends by `certain`, the earliest: an end cannot be taken back, and a clock can.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    now: Timestamp,
    certain: Timestamp,
}

impl Moment {
    /// What is written with `now`, when no clock disputes that it is `certain`.
    pub fn new(now: Timestamp, certain: Timestamp) -> Self {
        Self { now, certain: certain.min(now) }
    }

    /// What a change is written with.
    pub fn now(self) -> Timestamp {
        self.now
    }

    /// What ends by now.
    pub fn certain(self) -> Timestamp {
        assert!(self.certain <= self.now);
        self.certain
    }
}

impl From<Timestamp> for Moment {
    fn from(now: Timestamp) -> Self {
        Self::new(now, now)
    }
}

/// Whether `text` has a date, a time and an offset, wherever on the line of time that is.
fn is_a_time(text: &str) -> bool {
    Pieces::parse(text).is_ok_and(|pieces| pieces.time().is_some() && pieces.offset().is_some())
}

/// Why a text is not a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum TimeError {
    /// Not RFC 3339.
    #[error("is not an RFC 3339 time")]
    InvalidFormat,
    /// Before 1970 or after 9999.
    #[error("is not in the years 1970–9999")]
    OutOfRange,
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = jiff::Timestamp::from_millisecond(self.unix_ms).map_err(|_| fmt::Error)?;
        write!(f, "{civil:.3}")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse_rfc3339(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_milliseconds_always_and_reads_them_back() {
        let second = Timestamp::from_unix_ms(1_795_331_703_000);
        assert_eq!(second.to_string(), "2026-11-22T07:15:03.000Z");
        assert_eq!(Timestamp::parse_rfc3339("2026-11-22T16:15:03+09:00"), Ok(second));
    }

    #[test]
    fn a_time_too_far_away_is_told_from_what_is_none() {
        for far in [
            "1969-12-31T23:59:59Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "9999-12-31T00:00:00-09:00",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(far), Err(TimeError::OutOfRange), "{far}");
        }
        for none in
            ["2026-11-22", "2026-11-22T16:15:03", "2026-02-30T00:00:00Z", "today", "", "9999-99-99T00:00:00Z"]
        {
            assert_eq!(Timestamp::parse_rfc3339(none), Err(TimeError::InvalidFormat), "{none}");
        }
    }

    #[test]
    fn never_leaves_its_range() {
        assert_eq!(
            Timestamp::from_unix_ms(i64::MAX).plus_seconds(u32::MAX).to_string(),
            "9999-12-30T22:00:00.000Z"
        );
        assert_eq!(Timestamp::from_unix_ms(-5).minus_seconds(9).unix_ms(), 0);
    }
}
