//! Points in time, to the millisecond, in UTC.
//!
//! Invariant: a [`Timestamp`] always lies in the years 1970–9999, so that formatting and adding a setting to it cannot fail
//! half-way through a batch.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

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
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let parsed: jiff::Timestamp = text.parse().ok()?;
        let unix_ms = parsed.as_millisecond();
        (0..=UNIX_MS_MAX).contains(&unix_ms).then_some(Self { unix_ms })
    }
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
        Self::parse_rfc3339(&text).ok_or_else(|| de::Error::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_milliseconds_always_and_reads_them_back() {
        let second = Timestamp::from_unix_ms(1_795_331_703_000);
        assert_eq!(second.to_string(), "2026-11-22T07:15:03.000Z");
        assert_eq!(Timestamp::parse_rfc3339("2026-11-22T16:15:03+09:00"), Some(second));
        assert_eq!(Timestamp::parse_rfc3339("2026-11-22"), None);
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
