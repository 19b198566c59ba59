//! Where the embedded books are kept.

use std::path::PathBuf;

use super::setting::section;

section! {
    /// Where the embedded books are kept.
    Store = "store" {
        /// The directory of the embedded store. One process at a time.
        data_dir: PathBuf = "SWELITE_DATA_DIR", "./data";
        /// Ordered streams of events. Set once, when the books are created; the embedded store has exactly one.
        lanes: u16 = "SWELITE_LANES", "1", 1..=255;
    }
}
