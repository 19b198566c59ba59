//! How often a merchant may call. A fixed window: it opens at the first counted call and admits exactly the capacity.

use super::section::section;

section! {
    /// How often a merchant may call. A fixed window: it opens at the first counted call and admits exactly the capacity.
    RateLimits = "limits" {
        /// Whether limits are counted at all; `off` is announced at start.
        enabled: bool = "SWELITE_RATE_LIMITS", "on";
        /// Authorizations a window.
        authorize_capacity: u32 = "APP_RATE_LIMIT_AUTHORIZE_CAPACITY", "20", 1..=1_000_000_000;
        /// How long its window lasts, in seconds.
        authorize_window_seconds: u32 = "APP_RATE_LIMIT_AUTHORIZE_WINDOW_SECONDS", "60", 1..=86_400;
        /// Captures and voids a window.
        capture_capacity: u32 = "APP_RATE_LIMIT_CAPTURE_CAPACITY", "40", 1..=1_000_000_000;
        /// How long its window lasts, in seconds.
        capture_window_seconds: u32 = "APP_RATE_LIMIT_CAPTURE_WINDOW_SECONDS", "60", 1..=86_400;
        /// Refunds a window.
        refund_capacity: u32 = "APP_RATE_LIMIT_REFUND_CAPACITY", "20", 1..=1_000_000_000;
        /// How long its window lasts, in seconds.
        refund_window_seconds: u32 = "APP_RATE_LIMIT_REFUND_WINDOW_SECONDS", "60", 1..=86_400;
    }
}
