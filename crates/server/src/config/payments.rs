//! The life of a payment.

use super::section::section;

section! {
    /// The life of a payment.
    Payments = "payments" {
        /// How long an authorization can be captured, in seconds.
        authorization_seconds: u32 = "SWELITE_AUTHORIZATION_SECONDS", "604800", 1..=31_536_000;
    }
}
