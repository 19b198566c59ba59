//! Whether people may break things on purpose.

use super::section::section;

section! {
    /// Whether people may break things on purpose.
    Demo = "demo" {
        /// Lets the pages switch faults on: broker away, worker paused, cache away, acquirer slow or failing. Never where money is.
        enabled: bool = "SWELITE_DEMO", "off";
    }
}
