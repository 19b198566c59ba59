//! Whether there are numbers.

use super::section::section;

section! {
    /// The numbers at `/metrics`.
    Metrics = "metrics" {
        /// Whether what happens is counted. Off is for measuring what counting costs: dashboards and alerts then see nothing.
        enabled: bool = "SWELITE_METRICS", "on";
    }
}
